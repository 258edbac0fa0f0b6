//! TLS towards clients: what the door shows them, and the handshake in which it does.
//!
//! As a Postgres server does it: 1.2 and 1.3, no sessions to resume, ALPN `postgresql` where the client asks for it, and always
//! where it begins with TLS instead of asking.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{Acceptor, NoServerSessionStorage};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::{LazyConfigAcceptor, TlsStream};

use super::admission::Admission;
use super::pem::{self, Error, Pair};
use super::roots::Roots;
use super::socket::{Certificate, Socket};
use crate::config::DoorTls;

/// The protocol's name in ALPN.
pub(super) const ALPN: &[u8] = b"postgresql";

/// A client of libpq's asynchronous interface reads up to 8 KiB and then waits for the socket: what TLS has decrypted beyond
/// that, it never asks for. So no record is longer, the 29 bytes around its contents included. rustls counts 5 of them.
const LONGEST_RECORD: usize = 8192 - 24;

/// `no_application_protocol`, fatal, in a record of its own.
const NO_PROTOCOL: [u8; 7] = [21, 3, 3, 0, 2, 2, 120];

/// What clients are shown.
#[derive(Debug)]
pub struct Door {
    config: Arc<ServerConfig>,
    certificate: Certificate,
    /// Only encrypted sessions are served, except over a unix socket.
    pub is_required: bool,
    /// Each client has to show a certificate; one that is not trusted ends the handshake.
    pub wants_certificate: bool,
}

/// How a client has begun TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// It asked (`SSLRequest`) and was told yes.
    Asked,
    /// With its first byte: then it has to name the protocol, or another protocol's client could be led here.
    Direct,
}

impl Door {
    /// Reads certificate, key and authority.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn load(settings: &DoorTls) -> Result<Self, Error> {
        let provider = provider();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("ring has suites for both versions");
        let builder = match &settings.client_ca {
            Some(path) => {
                let unusable = |e: rustls::server::VerifierBuilderError| Error::Unusable {
                    path: path.clone(),
                    source: rustls::Error::General(e.to_string()),
                };
                let admission = Admission::new(Roots::read(path)?, provider).map_err(unusable)?;
                builder.with_client_cert_verifier(Arc::new(admission))
            }
            None => builder.with_no_client_auth(),
        };
        let pair = Pair::read(&settings.certificate, &settings.key)?;
        let certificate = pair.certificate();
        let mut config = builder
            .with_single_cert(pair.chain, pair.key)
            .map_err(|e| pem::of_pair(&settings.certificate, &settings.key, &certificate, e))?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.max_fragment_size = Some(LONGEST_RECORD);
        // A resumed session would outlive a change of certificates and authorities, and libpq never asks for one.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            config: Arc::new(config),
            certificate,
            is_required: settings.is_required,
            wants_certificate: settings.client_ca.is_some(),
        })
    }

    /// The files that it comes from.
    pub fn files(settings: &DoorTls) -> Vec<PathBuf> {
        [Some(&settings.certificate), Some(&settings.key), settings.client_ca.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }

    /// Does the handshake. Nothing of what the client says in it has been read before.
    ///
    /// # Errors
    /// The client left, does not trust us, or says what is no TLS; it has been sent an alert then.
    pub async fn accept(&self, stream: TcpStream, start: Start) -> io::Result<Socket> {
        let mut begun = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        if start == Start::Direct && begun.client_hello().alpn().is_none() {
            begun.io.write_all(&NO_PROTOCOL).await?;
            begun.io.shutdown().await?;
            let message = "direct TLS without ALPN; a client that begins with TLS has to offer `postgresql`";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let stream = begun.into_stream(Arc::clone(&self.config)).await?;
        Ok(Socket::tls(TlsStream::Server(stream), Some(Arc::clone(&self.certificate))))
    }
}

/// The cryptography of all our TLS.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
