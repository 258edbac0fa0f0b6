//! The terms on which a server is spoken to: which ways there are to it, plain or TLS, and each of them gone.
//!
//! ```text
//! sslmode      disable   allow         prefer        require, verify-ca, verify-full
//! ways, tried  plain     plain, TLS    TLS, plain    TLS
//! ```
//! As in libpq the second way is gone when the first does not lead there, or leads to a server that turns the session away
//! because of the way it came. That is for whoever sends the startup packet to see: `session`, and `backend` for its own.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::{CertificateError, ClientConfig, SupportedProtocolVersion, version};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, TlsStream};

use super::address::{Address, Peer};
use super::door::{ALPN, provider};
use super::judge::{Judge, Trust, Unfit};
use super::pem::{self, Error, Pair};
use super::roots::Roots;
use super::socket::{Certificate, Socket};
use crate::config::{self, BackendTls, SslMode, TlsVersion};

/// What a client sends to ask for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// How a backend is to be spoken to; the default is plain.
#[derive(Debug, Default)]
pub struct Terms {
    tls: Option<Encrypted>,
}

#[derive(Debug)]
struct Encrypted {
    mode: SslMode,
    is_direct: bool,
    config: Arc<ClientConfig>,
    own: Option<Certificate>,
    /// For messages.
    roots: Option<String>,
}

/// One way to a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// As it is.
    Plain,
    /// In TLS.
    Tls,
}

/// Why there is no TLS with a server: the source of the [`io::Error`] that [`Terms::connect`] ends with.
#[derive(Debug)]
pub struct Refusal {
    what: String,
    /// What now.
    pub hint: &'static str,
}

impl Terms {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn load(settings: &BackendTls) -> Result<Self, Error> {
        if settings.mode == SslMode::Disable {
            return Ok(Self::default());
        }
        let provider = provider();
        let trust = match &settings.roots {
            None => None,
            Some(roots) => {
                let (found, place) = match roots {
                    config::Roots::System => (Roots::of_system()?, "system".as_ref()),
                    config::Roots::File(path) => (Roots::read(path)?, path.as_path()),
                };
                Some(Trust::new(found, settings.revoked.as_deref(), place, &provider)?)
            }
        };
        let judge = Judge { trust, checks_name: settings.mode == SslMode::VerifyFull, provider: Arc::clone(&provider) };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(settings))
            .expect("ring has suites for both versions")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(judge));
        let (mut config, own) = match &settings.own {
            None => (builder.with_no_client_auth(), None),
            Some((certificate, key)) => {
                let pair = Pair::read(certificate, key)?;
                let own = pair.certificate();
                let config = builder.with_client_auth_cert(pair.chain, pair.key);
                (config.map_err(|e| pem::of_pair(certificate, key, &own, e))?, Some(own))
            }
        };
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.enable_sni = !settings.hides_name;
        // Postgres resumes nothing.
        config.resumption = Resumption::disabled();
        let (mode, is_direct) = (settings.mode, settings.is_direct);
        let roots = settings.roots.as_ref().map(config::Roots::to_string);
        Ok(Self { tls: Some(Encrypted { mode, is_direct, config: Arc::new(config), own, roots }) })
    }

    /// The files that they come from.
    #[must_use]
    pub fn files(settings: &BackendTls) -> Vec<PathBuf> {
        if settings.mode == SslMode::Disable {
            return Vec::new();
        }
        let own = settings.own.iter().flat_map(|(certificate, key)| [certificate.as_path(), key]);
        let roots = settings.roots.iter().filter_map(config::Roots::file);
        own.chain(roots).chain(settings.revoked.as_deref()).map(PathBuf::from).collect()
    }

    /// The ways to a server, in the order in which they are to be tried.
    #[must_use]
    pub fn ways(&self, to: &Address) -> &'static [Way] {
        let mode = self.tls.as_ref().filter(|_| matches!(to, Address::Tcp { .. })).map(|tls| tls.mode);
        match mode {
            None | Some(SslMode::Disable) => &[Way::Plain],
            Some(SslMode::Allow) => &[Way::Plain, Way::Tls],
            Some(SslMode::Prefer) => &[Way::Tls, Way::Plain],
            Some(SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => &[Way::Tls],
        }
    }

    /// Goes one way. Where TLS is preferred and the server has none, this one becomes plain.
    ///
    /// # Errors
    /// Nobody listens, or a [`Refusal`] of TLS.
    pub async fn connect(self: &Arc<Self>, to: &Address, way: Way) -> io::Result<(Socket, Peer)> {
        let (socket, peer) = to.connect().await?;
        match (socket, peer, to, way) {
            (Socket::Tcp(stream), Peer::Tcp(address), Address::Tcp { host, .. }, Way::Tls) => {
                let socket = self.encrypt(stream, host).await?;
                let host = Arc::clone(host);
                let tls = Peer::Tls { address, host, terms: Arc::clone(self) };
                let peer = if socket.is_encrypted() { tls } else { Peer::Tcp(address) };
                Ok((socket, peer))
            }
            (socket, peer, ..) => Ok((socket, peer)),
        }
    }

    /// What TLS says about an error of a connection, in terms of the settings.
    #[must_use]
    pub fn explain(&self, error: io::Error) -> io::Error {
        match &self.tls {
            Some(tls) => tls.explain(&error),
            None => error,
        }
    }

    /// Does the handshake on a new connection to `host`.
    pub(super) async fn encrypt(&self, stream: TcpStream, host: &str) -> io::Result<Socket> {
        let Some(tls) = &self.tls else { return Ok(Socket::Tcp(stream)) };
        stream.set_nodelay(true)?;
        tls.handshake(stream, host).await
    }
}

impl Encrypted {
    async fn handshake(&self, mut stream: TcpStream, host: &str) -> io::Result<Socket> {
        if !self.is_direct {
            stream.write_all(&SSL_REQUEST).await?;
            // Not a byte more: what else has come was sent before there was TLS, and may be another's. It ends the handshake.
            match stream.read_u8().await? {
                b'S' => {}
                b'N' if self.mode == SslMode::Prefer => return Ok(Socket::Tcp(stream)),
                b'N' => {
                    let what = format!("the server has no TLS, and sslmode={} asks for it", self.mode);
                    return Err(refusal(what, "turn `ssl` on there, or use a weaker sslmode for this backend"));
                }
                // An error message. It came before TLS, so nobody knows whose words it has.
                _ => {
                    let what = "the server answers a request for TLS with an error".to_owned();
                    return Err(refusal(what, "look into the server's log"));
                }
            }
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            refusal(format!("`{host}` is no name that a certificate can be for"), "use a host name or an address")
        })?;
        let stream = TlsConnector::from(Arc::clone(&self.config))
            .connect(name, stream)
            .await
            .map_err(|error| self.explain(&error))?;
        if self.is_direct && stream.get_ref().1.alpn_protocol() != Some(ALPN) {
            let what = "the server did not agree on the protocol `postgresql` (ALPN) in direct TLS".to_owned();
            return Err(refusal(what, "leave out `sslnegotiation=direct`: it takes Postgres 17 or newer"));
        }
        Ok(Socket::tls(TlsStream::Client(stream), self.own.clone()))
    }

    /// What went wrong in a handshake, in terms of the settings.
    fn explain(&self, error: &io::Error) -> io::Error {
        let Some(why) = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) else {
            let what = format!("the server ended the TLS handshake: {error}");
            let hint = if self.is_direct {
                "direct TLS takes Postgres 17 or newer; else leave out `sslnegotiation=direct`"
            } else {
                "look into the server's log"
            };
            return refusal(what, hint);
        };
        let trusted = self.roots.as_deref().map(|roots| format!(", sslrootcert={roots}")).unwrap_or_default();
        let no_tls = format!("no TLS with the server (sslmode={}{trusted})", self.mode);
        if let rustls::Error::InvalidCertificate(why) = why
            && let Some(unfit) = Unfit::of(why)
        {
            return refusal(format!("{no_tls}: {unfit}"), unfit.hint());
        }
        let hint = match why {
            rustls::Error::InvalidCertificate(why) => match why {
                CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                    "`sslrootcert` has to hold the authority that signed the server's certificate"
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    "write the host of the URL as the certificate has it, or use sslmode=verify-ca"
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "give the server a new certificate"
                }
                CertificateError::Revoked => "give the server a certificate that is not in `sslcrl`",
                _ => "look at the server's certificate: openssl x509 -text",
            },
            rustls::Error::AlertReceived(_) => {
                "the server's log says why it refuses; it may want `sslcert` and `sslkey`, or other versions of TLS"
            }
            _ => "look into the server's log",
        };
        refusal(format!("{no_tls}: {why}"), hint)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// The refusal that an error of [`Terms::connect`] comes from, if it is one.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref().and_then(|source| source.downcast_ref())
    }
}

fn refusal(what: String, hint: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, Refusal { what, hint })
}

fn versions(settings: &BackendTls) -> Vec<&'static SupportedProtocolVersion> {
    [(TlsVersion::V12, &version::TLS12), (TlsVersion::V13, &version::TLS13)]
        .into_iter()
        .filter(|(version, _)| settings.oldest.is_none_or(|oldest| oldest <= *version))
        .filter(|(version, _)| settings.newest.is_none_or(|newest| newest >= *version))
        .map(|(_, supported)| supported)
        .collect()
}
