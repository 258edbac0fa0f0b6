//! Whether a client's certificate will do, as a Postgres server judges it: signed by one of the authorities, all of them in their time.
//!
//! Chains are rustls's to build; what `roots` knows better is added here. Who shows none is not judged: `session` says so in
//! the session's own words, as a server does.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::roots::Roots;

/// Judges the certificates of clients.
#[derive(Debug)]
pub(super) struct Admission {
    chain: Arc<dyn ClientCertVerifier>,
    roots: Roots,
    provider: Arc<CryptoProvider>,
}

impl Admission {
    /// Trusts what `roots` have signed.
    pub(super) fn new(roots: Roots, provider: Arc<CryptoProvider>) -> Result<Self, VerifierBuilderError> {
        let chain = verifier(Arc::clone(&roots.anchors), &provider)?;
        Ok(Self { chain, roots, provider })
    }
}

impl ClientCertVerifier for Admission {
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let steps = self.roots.steps(intermediates);
        let verified = self.chain.verify_client_cert(end_entity, &steps, now)?;
        let Some(valid) = self.roots.valid_at(now) else { return Ok(verified) };
        let timely = verifier(valid, &self.provider).map(|chain| chain.verify_client_cert(end_entity, &steps, now));
        timely.ok().and_then(Result::ok).ok_or_else(|| CertificateError::Expired.into())
    }

    fn offer_client_auth(&self) -> bool {
        self.chain.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.chain.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

fn verifier(
    roots: Arc<RootCertStore>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, VerifierBuilderError> {
    WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider)).allow_unauthenticated().build()
}
