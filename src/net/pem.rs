//! Certificates and keys out of PEM files, and what is wrong with those.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use super::x509::Certificate;

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
    /// PEM around something that is none.
    #[error("the {what} in `{}` is cut off or damaged; copy the file again", path.display())]
    Damaged {
        /// Such as `certificate`.
        what: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// A certificate of our own from before version 3.
    #[error(
        "the certificate `{}` is of X.509 version {version}, and to show it in TLS it has to be of version 3; sign it again with an extension, \
         as subjectAltName (openssl x509 -req -extfile)", path.display()
    )]
    Version {
        /// Where.
        path: PathBuf,
        /// 1 or 2.
        version: u8,
    },
    /// A key of our own that cannot sign.
    #[error(
        "the private key `{}` cannot be used: the key of its certificate is {kind}, and keys are RSA of 2048 to 4096 bits, ECDSA on P-256 or \
         P-384, or Ed25519; make another, and a certificate for it", path.display()
    )]
    Kind {
        /// Where.
        path: PathBuf,
        /// Such as `RSA of 1024 bits`.
        kind: String,
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
    /// Only what other authorities have signed.
    #[error(
        "`{}` holds no authority that signs itself; add the one at the root of those that are there, for chains are followed to it", path.display()
    )]
    NoRoot {
        /// Where.
        path: PathBuf,
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
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let why = match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            format!("it is cut off, for `-----END {}-----` is missing; copy it again", text(end_marker))
        }
        pem::Error::IllegalSectionStart { line } => {
            format!("`{}` begins nothing; it has to be as `-----BEGIN CERTIFICATE-----`", text(line).trim_end())
        }
        pem::Error::Base64Decode(_) => "what stands between BEGIN and END is not base64; copy it again".to_owned(),
        other => other.to_string(),
    };
    Error::Malformed { path: path.into(), why }
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
    pub(super) fn certificate(&self) -> Arc<CertificateDer<'static>> {
        Arc::new(self.chain.first().expect("a file without certificates is refused").clone())
    }
}

/// What rustls says about a pair, in terms of its files. `shown` is the certificate.
pub(super) fn of_pair(certificate: &Path, key: &Path, shown: &CertificateDer<'_>, error: rustls::Error) -> Error {
    let Ok(read) = Certificate::read(shown) else {
        return Error::Damaged { what: "certificate", path: certificate.into() };
    };
    match error {
        rustls::Error::InconsistentKeys(_) => Error::NoPair { certificate: certificate.into(), key: key.into() },
        _ if read.version < 3 => Error::Version { path: certificate.into(), version: read.version },
        // The key could not be read; it says no more.
        rustls::Error::General(_) => match read.unfit_key() {
            Ok(Some(kind)) => Error::Kind { path: key.into(), kind },
            Ok(None) | Err(_) => Error::Damaged { what: "private key", path: key.into() },
        },
        source => Error::Unusable { path: certificate.into(), source },
    }
}
