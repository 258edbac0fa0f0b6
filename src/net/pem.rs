//! Certificates and keys out of PEM files, and what is wrong with those.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

/// Files that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or not for us.
    #[error("cannot read the {what} `{}`", path.display())]
    Unreadable {
        /// Such as `private key`.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not PEM, or other things in PEM.
    #[error("`{}` holds no {what} in PEM{}", path.display(), if *encrypted { ", but an encrypted key; decrypt it, for nobody is there to type its password" } else { "" })]
    Missing {
        /// Such as `private key`.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// There is a key, under a password.
        encrypted: bool,
    },
    /// PEM that ends in its middle, and such.
    #[error("`{}` is not well-formed PEM: {why}", path.display())]
    Malformed {
        /// Where.
        path: PathBuf,
        /// What.
        why: String,
    },
    /// The two do not belong together.
    #[error("the private key `{}` does not belong to the certificate `{}`", key.display(), certificate.display())]
    NoPair {
        /// Where the certificate is.
        certificate: PathBuf,
        /// Where the key is.
        key: PathBuf,
    },
    /// What TLS itself says about them.
    #[error("`{}` cannot be used for TLS", path.display())]
    Unusable {
        /// Where.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// No authority can be taken from the system.
    #[error("the system's trusted certificates cannot be read; set `SSL_CERT_FILE`, or name a file as `sslrootcert`")]
    NoSystemRoots(#[source] Option<rustls_native_certs::Error>),
}

/// The certificates of a file, in its order: a chain begins with the one that it is about.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    all(path, "certificate")
}

/// The revocation lists of a file.
pub(super) fn revocations(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, Error> {
    all(path, "certificate revocation list")
}

/// Authorities, as what chains end in, and as the certificates that they are.
#[derive(Clone, Debug)]
pub(super) struct Roots {
    pub(super) anchors: Arc<RootCertStore>,
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

/// The authorities of a file.
pub(super) fn authorities(path: &Path) -> Result<Roots, Error> {
    let mut anchors = RootCertStore::empty();
    let certificates = certificates(path)?;
    for certificate in &certificates {
        anchors.add(certificate.clone()).map_err(|source| Error::Unusable { path: path.into(), source })?;
    }
    Ok(Roots { anchors: Arc::new(anchors), certificates })
}

/// The authorities that the system trusts; what of them cannot be read is as if it were not there.
pub(super) fn system_authorities() -> Result<Roots, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut anchors = RootCertStore::empty();
    let (taken, _) = anchors.add_parsable_certificates(found.certs.iter().cloned());
    if taken == 0 {
        return Err(Error::NoSystemRoots(found.errors.into_iter().next()));
    }
    Ok(Roots { anchors: Arc::new(anchors), certificates: found.certs })
}

/// The first private key of a file.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    const WHAT: &str = "private key";
    let text = read(path, WHAT)?;
    warn_if_exposed(path);
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) => {
            let has = |needle: &[u8]| text.windows(needle.len()).any(|w| w == needle);
            let encrypted = has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED");
            Err(Error::Missing { what: WHAT, path: path.into(), encrypted })
        }
        Err(error) => Err(malformed(path, &error)),
    }
}

fn all<T: PemObject>(path: &Path, what: &'static str) -> Result<Vec<T>, Error> {
    let text = read(path, what)?;
    let found: Vec<T> = T::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|e| malformed(path, &e))?;
    if found.is_empty() {
        return Err(Error::Missing { what, path: path.into(), encrypted: false });
    }
    Ok(found)
}

fn read(path: &Path, what: &'static str) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Unreadable { what, path: path.into(), source })
}

fn malformed(path: &Path, error: &pem::Error) -> Error {
    Error::Malformed { path: path.into(), why: error.to_string() }
}

/// What Postgres refuses; here it is said, for in containers such files are often mounted so that all may read them.
fn warn_if_exposed(path: &Path) {
    let Ok(file) = fs::metadata(path) else { return };
    // Root's own keys may be shared with the group that services run in.
    let allowed = if file.uid() == 0 { 0o640 } else { 0o600 };
    if file.mode() & 0o777 & !allowed != 0 {
        let mode = format!("{:04o}", file.mode() & 0o7777);
        tracing::warn!(file = %path.display(), mode, "others may read this private key; take that right away: chmod {allowed:04o}");
    }
}

/// A chain and its key.
pub(super) struct Pair {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Pair {
    pub(super) fn read(certificate: &Path, key_file: &Path) -> Result<Self, Error> {
        Ok(Self { chain: certificates(certificate)?, key: key(key_file)? })
    }

    /// The certificate that the chain is about.
    pub(super) fn certificate(&self) -> Option<Arc<CertificateDer<'static>>> {
        self.chain.first().cloned().map(Arc::new)
    }
}

/// What rustls says about a pair, in terms of its files.
pub(super) fn of_pair(certificate: &Path, key: &Path, error: rustls::Error) -> Error {
    match error {
        rustls::Error::InconsistentKeys(_) => Error::NoPair { certificate: certificate.into(), key: key.into() },
        source => Error::Unusable { path: certificate.into(), source },
    }
}
