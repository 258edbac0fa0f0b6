//! One direction of a session: bytes that arrived, how far they are accepted, and their way out.
//!
//! What goes on unchanged is written from the buffer that it was read into. Only when a frame is replaced are it and the
//! rest of its batch put together in `out`, so that one read still makes one write.
//!
//! ```text
//! buffer  │ passed ──────▶│ at hand ───────────────▶ │ room
//! out     │ empty, or everything accepted so far, and then `passed` is 0
//! ```

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::buffer::Buffer;
use super::everyday::Walked;
use super::shortcut::{Handed, Slip};
use crate::wire::frame::{BadFrame, HEADER, Header, Sender};

/// Above this the memory for replaced frames is given back.
const LARGEST_KEPT: usize = 64 * 1024;

/// Bytes of one direction.
#[derive(Debug)]
pub(super) struct Lane<R, W> {
    from: R,
    to: W,
    sender: Sender,
    buffer: Buffer,
    passed: usize,
    out: Vec<u8>,
    /// Bytes of a frame that has begun to pass and has not arrived yet.
    streaming: usize,
    /// Bytes of a frame in whose place another one went, and that have not arrived yet.
    dropping: usize,
    /// What is at hand is known not to be everyday.
    is_special: bool,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Lane<R, W> {
    /// `buffer` may have bytes already, which are the first.
    pub(super) fn new(sender: Sender, from: R, to: W, buffer: Buffer) -> Self {
        Self { from, to, sender, buffer, passed: 0, out: Vec::new(), streaming: 0, dropping: 0, is_special: false }
    }

    /// What has arrived and is not accepted yet.
    pub(super) fn at_hand(&self) -> &[u8] {
        self.buffer.unread_from(self.passed)
    }

    /// The same, to be changed in place.
    pub(super) fn at_hand_mut(&mut self) -> &mut [u8] {
        self.buffer.unread_mut().get_mut(self.passed..).unwrap_or_default()
    }

    /// The header of the frame at hand.
    pub(super) fn header(&self) -> Result<Option<Header>, BadFrame> {
        Header::read(self.sender, self.at_hand())
    }

    /// The body of the frame at hand, as far as it has arrived.
    pub(super) fn body(&self, header: Header) -> &[u8] {
        header.body_in(self.at_hand())
    }

    /// True when the frame at hand is there to its last byte.
    pub(super) fn is_whole(&self, header: Header) -> bool {
        self.at_hand().len() >= header.total()
    }

    /// Accepts `n` bytes as they came.
    pub(super) fn pass(&mut self, n: usize) {
        if self.out.is_empty() {
            self.passed += n;
        } else {
            self.copy(n);
        }
    }

    /// Accepts `n` bytes behind what is put together.
    #[cold]
    fn copy(&mut self, n: usize) {
        self.out.extend_from_slice(self.buffer.unread().get(..n).unwrap_or_default());
        self.buffer.consume(n);
    }

    /// Accepts the frame at hand as it came, also what of it is still to arrive.
    pub(super) fn pass_frame(&mut self, header: Header) {
        let n = header.total();
        if n <= self.at_hand().len() {
            self.pass(n);
        } else {
            self.streaming = n;
            self.pass_streaming();
        }
    }

    /// True, once, when the shorter way has seen that what is at hand is not everyday.
    pub(super) fn take_special(&mut self) -> bool {
        std::mem::take(&mut self.is_special)
    }

    /// Accepts as far as a walk over what is at hand has come.
    pub(super) fn pass_walked(&mut self, walked: Walked) {
        self.pass(walked.accepted);
        self.streaming = walked.beyond;
    }

    /// Accepts what has arrived of a frame that is passing. False when the frame goes on behind it.
    pub(super) fn pass_streaming(&mut self) -> bool {
        self.streaming == 0 && self.dropping == 0 || self.go_on_streaming()
    }

    #[cold]
    fn go_on_streaming(&mut self) -> bool {
        if self.dropping > 0 {
            self.drop_streaming();
            return self.dropping == 0;
        }
        let n = self.streaming.min(self.at_hand().len());
        self.streaming -= n;
        self.pass(n);
        self.streaming == 0
    }

    /// Lets `write` put a frame in the place of the one at hand, whose bytes are dropped, also those still to arrive.
    pub(super) fn replace_streaming(&mut self, header: Header, write: impl FnOnce(&mut Vec<u8>)) {
        self.add(write);
        self.dropping = header.total();
        self.drop_streaming();
    }

    fn drop_streaming(&mut self) {
        let n = self.dropping.min(self.at_hand().len());
        self.dropping -= n;
        self.compose();
        self.buffer.consume(n);
    }

    /// Drops the whole frame at hand and lets `write` put another in its place.
    pub(super) fn replace_frame(&mut self, header: Header, write: impl FnOnce(&mut Vec<u8>, &[u8])) {
        self.compose();
        let frame = self.buffer.unread().get(HEADER..header.total()).unwrap_or_default();
        write(&mut self.out, frame);
        self.buffer.consume(header.total());
    }

    /// Puts a frame of our own behind what is accepted.
    pub(super) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.compose();
        write(&mut self.out);
    }

    /// True between frames.
    pub(super) fn is_at_boundary(&self) -> bool {
        self.streaming == 0 && self.dropping == 0 && self.at_hand().is_empty()
    }

    /// True when everything accepted is written and ends with a frame. (A write that was broken off leaves what is accepted.)
    pub(super) fn has_sent_whole_frames(&self) -> bool {
        self.streaming == 0 && self.passed == 0 && self.out.is_empty()
    }

    /// Writes what is accepted. Returns how many bytes that was.
    pub(super) async fn flush(&mut self) -> io::Result<usize> {
        let written = self.passed + self.out.len();
        if written > 0 {
            poll_fn(|cx| self.poll_write(cx)).await?;
        }
        Ok(written)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.passed > 0 {
            let bytes = self.buffer.unread().get(..self.passed).unwrap_or_default();
            let n = some(ready!(Pin::new(&mut self.to).poll_write(cx, bytes))?)?;
            self.buffer.consume(n);
            self.passed -= n;
        }
        while !self.out.is_empty() {
            let n = some(ready!(Pin::new(&mut self.to).poll_write(cx, &self.out))?)?;
            self.out.drain(..n);
            if self.out.capacity() > LARGEST_KEPT && self.out.is_empty() {
                self.out = Vec::new();
            }
        }
        Pin::new(&mut self.to).poll_flush(cx)
    }

    /// Reads once, after everything accepted has been flushed; `whole` bytes at hand are needed to go on. 0 is the end.
    ///
    /// While the beginning of a frame is waited for, the shorter way may take it, if `slip` is there to be told; what that leaves comes
    /// with what it has accepted.
    pub(super) async fn read(&mut self, whole: usize, slip: Option<&Slip>) -> io::Result<usize> {
        debug_assert!(self.passed == 0 && self.out.is_empty(), "what is accepted must not wait for what is to come");
        let Some(slip) = slip.filter(|_| self.is_at_boundary() && self.buffer.is_at_rest()) else {
            return self.buffer.read_from(&mut self.from, whole).await;
        };
        // What is read the shorter way needs no room here.
        self.rest();
        let _waits = slip.wait();
        poll_fn(|cx| match slip.take() {
            Some(handed) => Poll::Ready(handed.map(|handed| self.go_on_with(handed))),
            None => self.buffer.poll_first(&mut self.from, cx),
        })
        .await
    }

    fn go_on_with(&mut self, handed: Handed) -> usize {
        self.buffer = handed.buffer;
        (self.passed, self.streaming) = (handed.accepted, handed.beyond);
        self.is_special = handed.is_special;
        handed.read
    }

    /// Gives back the memory that only a busy session needs.
    pub(super) fn rest(&mut self) {
        self.buffer.rest();
        self.out = Vec::new();
    }

    /// Ends the stream towards the receiver.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        self.to.shutdown().await
    }

    /// The two streams.
    pub(super) fn streams(&mut self) -> (&mut R, &mut W) {
        (&mut self.from, &mut self.to)
    }

    fn compose(&mut self) {
        if self.passed > 0 {
            self.out.extend_from_slice(self.buffer.unread().get(..self.passed).unwrap_or_default());
            self.buffer.consume(self.passed);
            self.passed = 0;
        }
    }
}

/// How many bytes were written; none is no progress, and nobody would be woken to try again.
fn some(written: usize) -> io::Result<usize> {
    if written == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(written) }
}
