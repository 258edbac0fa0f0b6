//! Where a server listens, and the one server that a session ended up with.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::{TcpStream, UnixStream};

use super::socket::Socket;
use super::terms::Terms;
use crate::config;

/// Where a server listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// Host name or address, and port.
    Tcp {
        /// Resolved at each connect.
        host: Arc<str>,
        /// Such as 5432.
        port: u16,
    },
    /// The socket file, such as `/run/postgresql/.s.PGSQL.5432`.
    Unix(PathBuf),
}

/// The one server among those of an [`Address`] that a session ended up with, and how it is spoken to.
#[derive(Clone, Debug)]
pub enum Peer {
    /// TCP.
    Tcp(SocketAddr),
    /// TLS over TCP.
    Tls {
        /// Where.
        address: SocketAddr,
        /// As whom it has to identify itself.
        host: Arc<str>,
        /// How.
        terms: Arc<Terms>,
    },
    /// A unix socket.
    Unix(PathBuf),
}

impl From<&config::Address> for Address {
    fn from(written: &config::Address) -> Self {
        match written {
            config::Address::Tcp { host, port } => Self::Tcp { host: host.as_str().into(), port: *port },
            unix @ config::Address::Unix { .. } => Self::Unix(unix.socket().unwrap_or_default()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Address {
    /// Opens a plain connection and tells to whom.
    ///
    /// # Errors
    /// Nobody listens, or the name does not resolve.
    pub(super) async fn connect(&self) -> io::Result<(Socket, Peer)> {
        match self {
            Self::Tcp { host, port } => {
                let stream = TcpStream::connect((host.as_ref(), *port)).await?;
                let peer = Peer::Tcp(stream.peer_addr()?);
                Ok((Socket::Tcp(stream), peer))
            }
            Self::Unix(path) => Ok((Socket::Unix(UnixStream::connect(path).await?), Peer::Unix(path.clone()))),
        }
    }
}

impl Peer {
    /// Opens another connection of the same kind to the same server.
    ///
    /// # Errors
    /// It does not listen any more, or not with TLS.
    pub async fn connect(&self) -> io::Result<Socket> {
        match self {
            Self::Tcp(address) => Ok(Socket::Tcp(TcpStream::connect(address).await?)),
            Self::Tls { address, host, terms } => terms.encrypt(TcpStream::connect(address).await?, host).await,
            Self::Unix(path) => Ok(Socket::Unix(UnixStream::connect(path).await?)),
        }
    }
}
