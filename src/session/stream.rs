//! The two legs of a session: sockets, their options, and how a backend is reached.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// A socket of either kind, to a client or to a server.
#[derive(Debug)]
pub enum Socket {
    /// TCP.
    Tcp(TcpStream),
    /// A unix socket.
    Unix(UnixStream),
}

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

/// The one server among those of an [`Address`] that a session ended up with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Peer {
    /// TCP.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

impl Socket {
    pub(super) fn is_encrypted(&self) -> bool {
        let _ = self;
        false
    }
    pub(super) fn own_certificate(&self) -> Option<&[u8]> {
        let _ = self;
        None
    }
    pub(super) fn peer_certificate(&self) -> Option<&[u8]> {
        let _ = self;
        None
    }

    /// Sends small frames at once and notices a peer that is gone: after two minutes of silence on an idle connection, and,
    /// if `unacknowledged` is given, when sent data waits that long.
    ///
    /// A reader that pauses also leaves data waiting, and Linux ends its connection too: so there is no such limit unless told.
    pub(super) fn set_options(&self, unacknowledged: Option<Duration>) -> io::Result<()> {
        let Self::Tcp(stream) = self else { return Ok(()) };
        stream.set_nodelay(true)?;
        let socket = SockRef::from(stream);
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(60))
            .with_interval(Duration::from_secs(15))
            .with_retries(4);
        socket.set_tcp_keepalive(&keepalive)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(unacknowledged)?;
        #[cfg(not(target_os = "linux"))]
        let _ = unacknowledged;
        Ok(())
    }
}

impl Address {
    /// Opens a connection and tells to whom.
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
    /// Opens another connection to the same server.
    pub(super) async fn connect(&self) -> io::Result<Socket> {
        Ok(match self {
            Self::Tcp(address) => Socket::Tcp(TcpStream::connect(address).await?),
            Self::Unix(path) => Socket::Unix(UnixStream::connect(path).await?),
        })
    }
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Self {
        Self::Tcp(stream)
    }
}

impl From<UnixStream> for Socket {
    fn from(stream: UnixStream) -> Self {
        Self::Unix(stream)
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
