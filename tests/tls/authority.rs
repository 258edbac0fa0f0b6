//! An authority of our own, and what it signs, in files of a temporary directory.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};

/// An authority; its files live as long as it does.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    directory: tempfile::TempDir,
    /// Its own certificate.
    pub(crate) root: PathBuf,
}

/// Where a certificate and its key lie.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// When a certificate is valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Valid {
    Now,
    Past,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        Self::made(name, |_| {})
    }

    /// One that is in some way special.
    pub(crate) fn made(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names are good names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("signed");
        let directory = tempfile::tempdir().expect("a directory");
        // A server that runs as another user reads here, too.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        let root = directory.path().join("ca.crt");
        fs::write(&root, certificate.pem()).expect("writable");
        fs::write(directory.path().join("ca.key"), key.serialize_pem()).expect("writable");
        Self { issuer: Issuer::new(params, key), directory, root }
    }

    /// A file beside its own.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Signs a certificate for `names` (host names and addresses, the first also the common name), as `<file>.crt` and `<file>.key`.
    pub(crate) fn sign(&self, file: &str, names: &[&str], valid: Valid) -> Pair {
        let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())
            .expect("names are good names");
        params.distinguished_name.push(DnType::CommonName, names[0]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        if valid == Valid::Past {
            params.not_before = (SystemTime::now() - Duration::from_secs(20 * 86400)).into();
            params.not_after = (SystemTime::now() - Duration::from_secs(86400)).into();
        }
        self.sign_as(file, &params)
    }

    /// Signs a certificate of any kind.
    pub(crate) fn sign_as(&self, file: &str, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        self.write(file, &certificate.pem(), &key.serialize_pem())
    }

    /// Writes a certificate that signs itself.
    pub(crate) fn sign_itself(&self, file: &str, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("signed");
        self.write(file, &certificate.pem(), &key.serialize_pem())
    }

    /// Writes a list of what is revoked, that is up to date or past, as `<file>.crl`.
    pub(crate) fn revoke(&self, file: &str, serials: &[u64], valid: Valid) -> PathBuf {
        let now = SystemTime::now();
        let day = Duration::from_secs(86400);
        let until = if valid == Valid::Past { now - day } else { now + day };
        let list = CertificateRevocationListParams {
            this_update: (now - 2 * day).into(),
            next_update: until.into(),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: serials
                .iter()
                .map(|serial| RevokedCertParams {
                    serial_number: SerialNumber::from(*serial),
                    revocation_time: (now - 2 * day).into(),
                    reason_code: None,
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let path = self.file(&format!("{file}.crl"));
        fs::write(&path, list.signed_by(&self.issuer).expect("signed").pem().expect("PEM")).expect("writable");
        path
    }

    /// Writes a pair; its key is for its owner only.
    pub(crate) fn write(&self, file: &str, certificate: &str, key: &str) -> Pair {
        let pair = Pair { certificate: self.file(&format!("{file}.crt")), key: self.file(&format!("{file}.key")) };
        fs::write(&pair.certificate, certificate).expect("writable");
        fs::write(&pair.key, key).expect("writable");
        fs::set_permissions(&pair.key, fs::Permissions::from_mode(0o600)).expect("it is ours");
        pair
    }
}

/// Gives a file to whom `like` belongs: a server accepts only a key of its own user or of root.
pub(crate) fn give(file: &Path, like: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    let owner = fs::metadata(like).expect("it is there");
    let own = fs::metadata(file).expect("it is there");
    if own.uid() != owner.uid() {
        chown(file, Some(owner.uid()), Some(owner.gid())).expect("root may give it away");
    }
}
