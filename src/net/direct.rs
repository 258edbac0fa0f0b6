//! A plain socket read and written by the system calls themselves.
//!
//! The C library brackets each `send` and `recv` of a process with threads by two atomic operations, for threads that could be
//! cancelled meanwhile, and there are none. That is a tenth of what a relayed message costs outside of the kernel. [`super::halves`]
//! calls this for TCP; whether a socket is ready is tokio's to know.

use std::io;
use std::task::{Context, Poll, ready};

use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::{Interest, ReadBuf};
use tokio::net::TcpStream;

/// Reads once into room that has been initialised; 0 is the end.
pub(super) fn poll_read(stream: &TcpStream, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    loop {
        ready!(stream.poll_read_ready(cx))?;
        let room = buf.initialize_unfilled();
        let mut read = None;
        let outcome = stream.try_io(Interest::READABLE, || {
            let (n, _) = recv(stream, &mut *room, RecvFlags::empty())?;
            read = Some(n);
            // Less than there is room for was all there is: so says the kernel's interface to edge-triggered readiness, and to try
            // again would be a call for nothing.
            if 0 < n && n < room.len() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match (read, outcome) {
            (Some(n), _) => {
                buf.advance(n);
                return Poll::Ready(Ok(()));
            }
            (None, Err(error)) if error.kind() != io::ErrorKind::WouldBlock => return Poll::Ready(Err(error)),
            (None, _) => {}
        }
    }
}

/// Writes once.
pub(super) fn poll_write(stream: &TcpStream, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    loop {
        // Nearly always there is room.
        let mut written = None;
        let outcome = stream.try_io(Interest::WRITABLE, || {
            let n = send(stream, bytes, SendFlags::NOSIGNAL)?;
            written = Some(n);
            if n < bytes.len() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match (written, outcome) {
            (Some(n), _) => return Poll::Ready(Ok(n)),
            (None, Err(error)) if error.kind() != io::ErrorKind::WouldBlock => return Poll::Ready(Err(error)),
            (None, _) => ready!(stream.poll_write_ready(cx))?,
        }
    }
}
