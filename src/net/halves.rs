//! The two directions of a socket, to be used side by side by one task.
//!
//! A plain socket is read and written at once without a lock. TLS is one state machine for both, which `tokio::io::split` guards.
//! A session takes its sockets apart with [`Socket::halves`] when it starts to relay.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{tcp, unix};

use super::direct;
use super::socket::Socket;

/// What comes from the other end.
#[derive(Debug)]
pub enum Reader<'a> {
    /// TCP.
    Tcp(tcp::ReadHalf<'a>),
    /// A unix socket.
    Unix(unix::ReadHalf<'a>),
    /// TLS.
    Tls(tokio::io::ReadHalf<&'a mut Socket>),
}

/// What goes to the other end.
#[derive(Debug)]
pub enum Writer<'a> {
    /// TCP.
    Tcp(tcp::WriteHalf<'a>),
    /// A unix socket.
    Unix(unix::WriteHalf<'a>),
    /// TLS.
    Tls(tokio::io::WriteHalf<&'a mut Socket>),
}

impl Socket {
    /// Both directions.
    pub fn halves(&mut self) -> (Reader<'_>, Writer<'_>) {
        match self {
            Self::Tcp(stream) => {
                let (from, to) = stream.split();
                (Reader::Tcp(from), Writer::Tcp(to))
            }
            Self::Unix(stream) => {
                let (from, to) = stream.split();
                (Reader::Unix(from), Writer::Unix(to))
            }
            Self::Tls(_) => {
                let (from, to) = tokio::io::split(self);
                (Reader::Tls(from), Writer::Tls(to))
            }
        }
    }
}

impl AsyncRead for Reader<'_> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(from) if buf.initialized().len() == buf.capacity() => direct::poll_read(from.as_ref(), cx, buf),
            Self::Tcp(from) => Pin::new(from).poll_read(cx, buf),
            Self::Unix(from) => Pin::new(from).poll_read(cx, buf),
            Self::Tls(from) => Pin::new(from).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Writer<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(to) => direct::poll_write(to.as_ref(), cx, buf),
            Self::Unix(to) => Pin::new(to).poll_write(cx, buf),
            Self::Tls(to) => Pin::new(to).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(to) => Pin::new(to).poll_flush(cx),
            Self::Unix(to) => Pin::new(to).poll_flush(cx),
            Self::Tls(to) => Pin::new(to).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(to) => Pin::new(to).poll_shutdown(cx),
            Self::Unix(to) => Pin::new(to).poll_shutdown(cx),
            Self::Tls(to) => Pin::new(to).poll_shutdown(cx),
        }
    }
}
