//! Whether a server's certificate will do, as libpq judges it.
//!
//! | `sslmode`                  | signed by | name |
//! |----------------------------|-----------|------|
//! | below `verify-ca`, no root | anybody   | any  |
//! | below `verify-full`        | a root    | any  |
//! | `verify-full`              | a root    | ours |
//!
//! Chains are rustls's to build; that what they end in is in its time, which rustls does not ask, is looked at here. Beside them libpq takes two kinds of certificates that rustls refuses, and so does this: one that
//! is itself a root and vouches for itself, of whichever version, and one that has its host in the common name only. What only its
//! key is asked of may be any certificate; that the server has that key is proven in every case.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use spki::ObjectIdentifier;
use spki::der::asn1::BitStringRef;
use spki::der::{Decode as _, Reader as _, SliceReader};

use super::names::{self, Verdict};
use super::pem;
use super::roots::Roots;
use super::x509::{self, Certificate, Unproven};

/// Judges the certificates of one backend.
#[derive(Debug)]
pub(super) struct Judge {
    /// Without it anybody's certificate is good; that its key is there is proven in any case.
    pub(super) trust: Option<Trust>,
    pub(super) checks_name: bool,
    pub(super) provider: Arc<CryptoProvider>,
}

/// Whom to trust.
#[derive(Debug)]
pub(super) struct Trust {
    chain: Arc<WebPkiServerVerifier>,
    roots: Roots,
    revocations: Vec<CertificateRevocationListDer<'static>>,
}

/// Certificates that are refused for what they are. rustls carries it to whoever explains it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unfit {
    /// Before version 3, and not a root itself.
    Version(u8),
    /// `CA:TRUE`, and not a root itself.
    Authority,
    /// Signed by a root whose time is over, or has not come.
    Outdated,
}

/// What a server shows, and as whom.
struct Shown<'a> {
    end_entity: &'a CertificateDer<'a>,
    /// From it to a root.
    steps: &'a [CertificateDer<'a>],
    host: &'a ServerName<'a>,
}

impl Trust {
    /// Trusts `roots`, and what they have signed and is not in the file `revoked`.
    pub(super) fn new(
        roots: Roots,
        revoked: Option<&Path>,
        place: &Path,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, pem::Error> {
        let revocations = revoked.map(pem::revocations).transpose()?.unwrap_or_default();
        let chain = verifier(Arc::clone(&roots.anchors), &revocations, provider).map_err(|e| pem::Error::Unusable {
            path: revoked.unwrap_or(place).into(),
            source: Error::General(e.to_string()),
        })?;
        Ok(Self { chain, roots, revocations })
    }

    /// True if a chain ends in a root whose time it is.
    fn is_timely(&self, shown: &Shown<'_>, now: UnixTime, provider: &Arc<CryptoProvider>) -> bool {
        let Some(anchors) = self.roots.valid_at(now) else { return true };
        // Without any root there is none.
        let Ok(chain) = verifier(anchors, &self.revocations, provider) else { return false };
        let verdict = chain.verify_server_cert(shown.end_entity, shown.steps, shown.host, &[], now);
        verdict.is_ok() || verdict.is_err_and(|error| is_about_name(&error))
    }

    /// True if no authority that may have vouched for the certificate is held to certain names. Such limits are on alternative names
    /// as much as on the common one, but rustls looks at the former only.
    fn is_unlimited(&self, shown: &Shown<'_>) -> bool {
        std::iter::once(shown.end_entity).chain(shown.steps).all(|der| {
            let Ok(certificate) = Certificate::read(der) else { return false };
            let issuers = self.roots.anchors.roots.iter().filter(|root| *root.subject == *certificate.issuer);
            matches!(certificate.extension(x509::NAME_CONSTRAINTS), Ok(None))
                && issuers.into_iter().all(|root| root.name_constraints.is_none())
        })
    }
}

impl Judge {
    /// A certificate that is a root by itself. That it is among them says whom it is of; the rest is what OpenSSL asks of it: that it
    /// has signed itself, is in its time, and is for servers. Not when there are revocation lists: rustls would have to look at them.
    fn is_good_root(&self, certificate: &Certificate<'_>, host: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
        use CertificateError::{
            BadEncoding, ExpiredContext, InvalidPurpose, NotValidForName, NotValidYetContext,
            UnhandledCriticalExtension,
        };
        certificate.has_signed_itself(self.provider.signature_verification_algorithms.all).map_err(unproven)?;
        let (not_before, not_after) = certificate.validity().map_err(|_| BadEncoding)?;
        if now < not_before {
            return Err(NotValidYetContext { time: now, not_before }.into());
        }
        if now > not_after {
            return Err(ExpiredContext { time: now, not_after }.into());
        }
        for extension in certificate.extensions().map_err(|_| BadEncoding)? {
            let is_fit = match extension.id {
                x509::KEY_USAGE => signs_handshakes(extension.value),
                x509::EXTENDED_KEY_USAGE => is_for_servers(extension.value),
                x509::BASIC_CONSTRAINTS | x509::ALTERNATIVE_NAME => Ok(true),
                _ if extension.is_critical => return Err(UnhandledCriticalExtension.into()),
                // Even where it is not said to be critical.
                x509::NAME_CONSTRAINTS => return Err(UnhandledCriticalExtension.into()),
                _ => Ok(true),
            };
            if !is_fit.map_err(|_| BadEncoding)? {
                return Err(InvalidPurpose.into());
            }
        }
        if self.checks_name && names::verdict(certificate, host).map_err(|_| BadEncoding)? == Verdict::Another {
            return Err(NotValidForName.into());
        }
        Ok(())
    }

    /// What is to be said of a certificate that rustls does not take.
    fn second_look(
        &self,
        trust: &Trust,
        der: &CertificateDer<'_>,
        host: &ServerName<'_>,
        now: UnixTime,
        error: Error,
    ) -> Result<(), Error> {
        let Ok(certificate) = Certificate::read(der) else { return Err(error) };
        let is_root = certificate.issuer == certificate.subject && trust.roots.contains(der);
        if is_root && trust.revocations.is_empty() {
            return self.is_good_root(&certificate, host, now);
        }
        let unfit = match &error {
            _ if certificate.version < 3 => Unfit::Version(certificate.version),
            Error::InvalidCertificate(CertificateError::Other(_)) if certificate.is_authority() == Ok(true) => {
                Unfit::Authority
            }
            _ => return Err(error),
        };
        Err(CertificateError::Other(OtherError(Arc::new(unfit))).into())
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(trust) = &self.trust else { return Ok(ServerCertVerified::assertion()) };
        let steps = trust.roots.steps(intermediates);
        let shown = Shown { end_entity, steps: &steps, host: server_name };
        match trust.chain.verify_server_cert(end_entity, &steps, server_name, ocsp_response, now) {
            Ok(_) => {}
            // The name is looked at last: everything else is as it should be.
            Err(error) if is_about_name(&error) => {
                let by_common_name = || {
                    let verdict = Certificate::read(end_entity).and_then(|c| names::verdict(&c, server_name));
                    verdict == Ok(Verdict::Common) && trust.is_unlimited(&shown)
                };
                if self.checks_name && !by_common_name() {
                    return Err(error);
                }
            }
            Err(error) => {
                self.second_look(trust, end_entity, server_name, now, error)?;
                return Ok(ServerCertVerified::assertion());
            }
        }
        if !trust.is_timely(&shown, now, &self.provider) {
            return Err(CertificateError::Other(OtherError(Arc::new(Unfit::Outdated))).into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        if ParsedCertificate::try_from(cert).is_ok() {
            return verify_tls12_signature(message, cert, dss, known);
        }
        let certificate = Certificate::read(cert).map_err(|_| CertificateError::BadEncoding)?;
        // A scheme of TLS 1.2 says the hash; which curve is the key's, the key says.
        let of_scheme = known.mapping.iter().find(|(scheme, _)| *scheme == dss.scheme);
        let fitting = of_scheme.map_or(&[][..], |(_, algorithms)| *algorithms);
        certificate.has_signed(message, dss.signature(), fitting.iter().copied()).map_err(unproven)?;
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        if ParsedCertificate::try_from(cert).is_ok() {
            return verify_tls13_signature(message, cert, dss, known);
        }
        let certificate = Certificate::read(cert).map_err(|_| CertificateError::BadEncoding)?;
        verify_tls13_signature_with_raw_key(message, &SubjectPublicKeyInfoDer::from(certificate.key), dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl Unfit {
    /// It, if that is why a certificate is refused.
    pub(super) fn of(error: &CertificateError) -> Option<Self> {
        let CertificateError::Other(OtherError(why)) = error else { return None };
        why.downcast_ref().copied()
    }

    /// What now.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Version(_) => {
                "sign it again with an extension, as subjectAltName, which makes it version 3 (openssl x509 -req -extfile), \
                 or use sslmode=require without `sslrootcert`"
            }
            Self::Authority => {
                "if it signs itself, name that very certificate as `sslrootcert`, without `sslcrl`; else sign one without CA:TRUE"
            }
            Self::Outdated => {
                "renew the authority in `sslrootcert`, or give the server a certificate of another one there"
            }
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => {
                write!(
                    f,
                    "the server's certificate is of X.509 version {version}, and only one of version 3 can be checked"
                )
            }
            Self::Authority => f.write_str("the server shows the certificate of an authority (CA:TRUE) as its own"),
            Self::Outdated => {
                f.write_str("the authority that signed the server's certificate has expired, or is not valid yet")
            }
        }
    }
}

impl std::error::Error for Unfit {}

/// Builds chains to these roots.
fn verifier(
    roots: Arc<RootCertStore>,
    revocations: &[CertificateRevocationListDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, VerifierBuilderError> {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider));
    if revocations.is_empty() {
        return verifier.build();
    }
    verifier.with_crls(revocations.iter().cloned()).enforce_revocation_expiration().build()
}

fn is_about_name(error: &Error) -> bool {
    use CertificateError::{NotValidForName, NotValidForNameContext};
    matches!(error, Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
}

fn unproven(why: Unproven) -> Error {
    match why {
        Unproven::Wrong => CertificateError::BadSignature.into(),
        Unproven::Unknown => Error::General("its key or its signature is of a kind that is not supported".into()),
    }
}

/// A BIT STRING; the bit for digital signatures (0), key encipherment (2) or key agreement (4) has to be in it.
fn signs_handshakes(value: &[u8]) -> spki::der::Result<bool> {
    let bits = BitStringRef::from_der(value)?;
    Ok([0, 2, 4].into_iter().any(|bit| bits.get(bit) == Some(true)))
}

/// A SEQUENCE OF OBJECT IDENTIFIER.
fn is_for_servers(value: &[u8]) -> spki::der::Result<bool> {
    const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
    SliceReader::new(value)?.sequence(|purposes| {
        let mut is_for_servers = false;
        while !purposes.is_finished() {
            is_for_servers |= ObjectIdentifier::decode(purposes)? == SERVER_AUTH;
        }
        Ok(is_for_servers)
    })
}
