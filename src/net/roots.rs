//! The authorities that certificates are held against, of a file or of the system.
//!
//! A chain has to end in one that signs itself, as for OpenSSL; what else lies beside those are only steps to them. And it has to be in its time, for
//! which rustls does not ask. `judge` asks for servers' certificates, `admission` for clients'.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::pem::{self, Error};
use super::x509::Certificate;

/// Authorities.
#[derive(Clone, Debug)]
pub(super) struct Roots {
    /// What chains end in.
    pub(super) anchors: Arc<RootCertStore>,
    /// The same, as the certificates that they are.
    certificates: Vec<CertificateDer<'static>>,
    /// What others have signed.
    steps: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// Those of a file.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let (certificates, steps) = sorted(pem::certificates(path)?);
        let mut anchors = RootCertStore::empty();
        for certificate in &certificates {
            anchors.add(certificate.clone()).map_err(|source| match Certificate::read(certificate) {
                Ok(_) => Error::Unusable { path: path.into(), source },
                Err(_) => Error::Damaged { what: "certificate", path: path.into() },
            })?;
        }
        if anchors.is_empty() {
            return Err(Error::NoRoot { path: path.into() });
        }
        Ok(Self { anchors: Arc::new(anchors), certificates, steps })
    }

    /// Those that the system trusts; what of them cannot be read is as if it were not there.
    pub(super) fn of_system() -> Result<Self, Error> {
        let found = rustls_native_certs::load_native_certs();
        let (certificates, steps) = sorted(found.certs);
        let mut anchors = RootCertStore::empty();
        let (taken, _) = anchors.add_parsable_certificates(certificates.iter().cloned());
        if taken == 0 {
            return Err(Error::NoSystemRoots(found.errors.into_iter().next()));
        }
        Ok(Self { anchors: Arc::new(anchors), certificates, steps })
    }

    /// True for a certificate that is itself one of those in which chains end.
    pub(super) fn contains(&self, der: &CertificateDer<'_>) -> bool {
        self.certificates.contains(der)
    }

    /// The steps that were shown, and our own.
    pub(super) fn steps<'a>(&self, shown: &'a [CertificateDer<'a>]) -> Cow<'a, [CertificateDer<'a>]> {
        if self.steps.is_empty() {
            return Cow::Borrowed(shown);
        }
        shown.iter().cloned().chain(self.steps.iter().cloned()).collect()
    }

    /// What chains may end in at that moment, if that is not all.
    pub(super) fn valid_at(&self, now: UnixTime) -> Option<Arc<RootCertStore>> {
        let is_valid = |der: &&CertificateDer<'static>| {
            let validity = Certificate::read(der).and_then(|certificate| certificate.validity());
            // One that cannot be read is for others to judge.
            validity.map_or(true, |(from, to)| (from..=to).contains(&now))
        };
        if self.certificates.iter().all(|der| is_valid(&der)) {
            return None;
        }
        let mut anchors = RootCertStore::empty();
        anchors.add_parsable_certificates(self.certificates.iter().filter(is_valid).cloned());
        Some(Arc::new(anchors))
    }
}

type Certificates = Vec<CertificateDer<'static>>;

/// Those that sign themselves, and the others.
fn sorted(certificates: Certificates) -> (Certificates, Certificates) {
    certificates.into_iter().partition(|der| {
        // What cannot be read is told where the former are used.
        Certificate::read(der).map_or(true, |certificate| certificate.issuer == certificate.subject)
    })
}
