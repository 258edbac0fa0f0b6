//! One leg of a session during its login: whole frames in, bytes out, and what has been read stays for the relay.

use std::future::pending;
use std::io;

use tokio::io::AsyncWriteExt as _;

use super::super::buffer::Buffer;
use crate::net::Socket;
use crate::wire::frame::{BadFrame, HEADER, Header, Sender};

/// Frames of a login are held whole; none that is opened is longer than this.
const LONGEST: usize = 64 * 1024;

/// A socket and what has been read from it.
#[derive(Debug)]
pub(in crate::session) struct Leg {
    pub(in crate::session) socket: Socket,
    pub(in crate::session) buffer: Buffer,
    sender: Sender,
    /// Bytes that have been read.
    pub(super) read: usize,
}

/// Why there is no frame.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoFrame {
    /// The stream has ended, maybe inside of a frame.
    #[error("the connection was closed")]
    Ended,
    /// What came is none.
    #[error(transparent)]
    Garbage(#[from] BadFrame),
    /// It is longer than anything that belongs to a login.
    #[error("a message of {0} bytes during the login")]
    TooLong(usize),
}

impl Leg {
    /// The end that `sender` speaks from.
    pub(in crate::session) fn new(socket: Socket, sender: Sender) -> Self {
        Self { socket, buffer: Buffer::default(), sender, read: 0 }
    }

    /// Waits until the next frame is there to its last byte; it is not taken.
    pub(super) async fn frame(&mut self) -> Result<Header, NoFrame> {
        loop {
            let header = Header::read(self.sender, self.buffer.unread())?;
            let whole = header.map_or(HEADER, Header::total);
            if whole > LONGEST {
                return Err(NoFrame::TooLong(whole));
            }
            if let Some(header) = header.filter(|_| self.buffer.unread().len() >= whole) {
                return Ok(header);
            }
            match self.buffer.read_from(&mut self.socket, whole).await {
                Ok(n) if n > 0 => self.read += n,
                Ok(_) | Err(_) => return Err(NoFrame::Ended),
            }
        }
    }

    /// Waits until the other end has closed. What it says before stays to be read, as far as that can be held.
    pub(super) async fn ended(&mut self) {
        loop {
            let unread = self.buffer.unread().len();
            if unread >= LONGEST {
                return pending().await;
            }
            match self.buffer.read_from(&mut self.socket, unread + HEADER).await {
                Ok(n) if n > 0 => self.read += n,
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Waits until the other end has closed and said nothing more before it; if it says something, for ever.
    pub(super) async fn left(&mut self) {
        let room = self.buffer.unread().len() + HEADER;
        match self.buffer.read_from(&mut self.socket, room).await {
            Ok(n) if n > 0 => {
                self.read += n;
                pending::<()>().await;
            }
            Ok(_) | Err(_) if room > HEADER => pending::<()>().await,
            Ok(_) | Err(_) => {}
        }
    }

    /// The first whole frame of this type among what has been read.
    pub(super) fn find(&self, tag: u8) -> Option<&[u8]> {
        let mut rest = self.buffer.unread();
        while let Ok(Some(header)) = Header::read(self.sender, rest) {
            let (frame, after) = rest.split_at_checked(header.total())?;
            if header.tag == tag {
                return Some(frame);
            }
            rest = after;
        }
        None
    }

    /// The frame that is there, header included.
    pub(super) fn bytes(&self, header: Header) -> &[u8] {
        self.buffer.unread().get(..header.total()).unwrap_or_default()
    }

    /// Its body.
    pub(super) fn body(&self, header: Header) -> &[u8] {
        self.bytes(header).get(HEADER..).unwrap_or_default()
    }

    /// Takes it: the relay will not see it.
    pub(super) fn take(&mut self, header: Header) {
        self.buffer.consume(header.total());
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes).await?;
        self.socket.flush().await
    }
}
