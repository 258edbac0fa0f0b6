//! The two legs of a session: sockets, plain or TLS, and their options.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustls::ConnectionCommon;
use rustls_pki_types::CertificateDer;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsStream;

/// The time between two questions to a silent peer.
const QUESTIONS: Duration = Duration::from_secs(15);

/// A socket of any kind, to a client or to a server.
///
/// What is written to a TLS socket is on its way only after a flush.
#[derive(Debug)]
pub enum Socket {
    /// TCP.
    Tcp(TcpStream),
    /// A unix socket.
    Unix(UnixStream),
    /// TLS over TCP. Boxed: plain sessions shall not carry its weight.
    Tls(Box<Tls>),
}

/// A TLS connection whose handshake is done.
#[derive(Debug)]
pub struct Tls {
    stream: TlsStream<TcpStream>,
    own: Option<Certificate>,
}

/// A certificate in DER, shared by all sessions that present it.
pub type Certificate = Arc<CertificateDer<'static>>;

impl Socket {
    /// A TLS connection after its handshake, and the certificate that we have presented in it, if any.
    pub(super) fn tls(stream: TlsStream<TcpStream>, own: Option<Certificate>) -> Self {
        Self::Tls(Box::new(Tls { stream, own }))
    }

    /// True for TLS.
    pub fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The certificate that the other end has presented, if it is TLS and there was one: a server's always is.
    pub fn peer_certificate(&self) -> Option<&CertificateDer<'static>> {
        let Self::Tls(tls) = self else { return None };
        tls.stream.get_ref().1.peer_certificates()?.first()
    }

    /// The certificate that we have presented: on the leg to a client always when it is TLS, towards a server the client
    /// certificate, which need not have been asked for.
    pub fn own_certificate(&self) -> Option<&CertificateDer<'static>> {
        let Self::Tls(tls) = self else { return None };
        tls.own.as_deref()
    }

    /// The address of the other end; none for a unix socket.
    pub fn peer_address(&self) -> Option<SocketAddr> {
        self.tcp().and_then(|stream| stream.peer_addr().ok())
    }

    /// Sends small frames at once and notices a peer that is gone: one that has been silent for `keepalive` is asked every 15 seconds,
    /// and given up after four questions; and, if `unacknowledged` is given, when sent data waits that long.
    ///
    /// A reader that pauses also leaves data waiting, and Linux ends its connection too: so there is no such limit unless told.
    ///
    /// # Errors
    /// When the connection is gone already.
    pub fn set_options(&self, keepalive: Option<Duration>, unacknowledged: Option<Duration>) -> io::Result<()> {
        let Some(stream) = self.tcp() else { return Ok(()) };
        stream.set_nodelay(true)?;
        let socket = SockRef::from(stream);
        if let Some(silence) = keepalive {
            let keepalive =
                TcpKeepalive::new().with_time(silence).with_interval(silence.min(QUESTIONS)).with_retries(4);
            socket.set_tcp_keepalive(&keepalive)?;
        }
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(unacknowledged)?;
        #[cfg(not(target_os = "linux"))]
        let _ = unacknowledged;
        Ok(())
    }

    /// Waits for bytes and copies the first of them without taking them; 0 is the end. A unix socket is not looked into,
    /// for it never has to be.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn peek(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.peek(into).await,
            Self::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
            Self::Tls(tls) => {
                let bytes = match tls.stream.fill_buf().await {
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                    outcome => outcome?,
                };
                let n = bytes.len().min(into.len());
                into[..n].copy_from_slice(&bytes[..n]);
                Ok(n)
            }
        }
    }

    /// Sends what there is room for in a new plain socket, which is more than a few words.
    pub fn say_at_once(&self, bytes: &[u8]) {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        // Who is gone already need not hear it.
        let _ = match self {
            Self::Tcp(stream) => send(stream, bytes, flags),
            Self::Unix(stream) => send(stream, bytes, flags),
            Self::Tls(_) => Ok(0),
        };
    }

    /// Returns when the other end has closed and said nothing before it; if it says something, never. Nothing of that is taken.
    pub async fn left(&mut self) {
        let mut byte = [0];
        let peeked = match self {
            Self::Unix(stream) => {
                let peek = || Ok(recv(&*stream, &mut byte, RecvFlags::PEEK)?.0);
                stream.async_io(Interest::READABLE, peek).await
            }
            Self::Tcp(_) | Self::Tls(_) => self.peek(&mut byte).await,
        };
        if peeked.is_ok_and(|n| n > 0) {
            pending::<()>().await;
        }
    }

    fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Tcp(stream) => Some(stream),
            Self::Unix(_) => None,
            Self::Tls(tls) => Some(tls.stream.get_ref().0),
        }
    }
}

impl Tls {
    /// Sends what TLS itself has to say, as far as it goes out at once. `also` says more.
    ///
    /// Nobody is woken for the rest: a socket knows one task that waits to write, and that is the direction which writes.
    fn say_at_once(&mut self, also: impl FnOnce(&mut rustls::CommonState)) {
        struct AtOnce<'a>(&'a TcpStream);
        impl io::Write for AtOnce<'_> {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.try_write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        fn say<Data>(
            stream: &TcpStream,
            connection: &mut ConnectionCommon<Data>,
            also: impl FnOnce(&mut rustls::CommonState),
        ) {
            also(connection);
            while connection.wants_write() && connection.write_tls(&mut AtOnce(stream)).is_ok_and(|n| n > 0) {}
        }
        match &mut self.stream {
            TlsStream::Client(stream) => {
                let (stream, connection) = stream.get_mut();
                say(stream, connection, also);
            }
            TlsStream::Server(stream) => {
                let (stream, connection) = stream.get_mut();
                say(stream, connection, also);
            }
        }
    }
}

/// Whatever the reason is for which a connection is dropped, the other end is told in TLS first, or it would have to take the end for an attack.
/// What does not go out at once is not waited for.
impl Drop for Tls {
    fn drop(&mut self) {
        self.say_at_once(rustls::CommonState::send_close_notify);
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
            Self::Tls(tls) => {
                let read = Pin::new(&mut tls.stream).poll_read(cx, buf);
                // What is read may have to be answered by TLS itself, as a request to negotiate again is with a no. Whoever reads may have
                // nothing to write for long.
                if tls.stream.get_ref().1.wants_write() {
                    tls.say_at_once(|_| ());
                }
                match read {
                    // Many clients close without saying so in TLS first. Postgres takes that as an end, and the protocol has its own
                    // means to tell a whole message from half of one.
                    Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                    outcome => outcome,
                }
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(&mut tls.stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(tls) => Pin::new(&mut tls.stream).poll_flush(cx),
        }
    }

    /// Ends our direction. Over TLS that is said in TLS first, and the other direction goes on.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(&mut tls.stream).poll_shutdown(cx),
        }
    }
}
