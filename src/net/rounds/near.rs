//! A socket of such a thread: read and written by the system calls themselves, waited for in the thread's own rounds.
//!
//! The system tells of a socket once for each change. Until a call falls short it may be tried again; and only the thread itself
//! hears of changes, between two rounds, so that none can be missed.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsRawFd as _, RawFd};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use mio::event::Event;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Here;

/// After so many full reads others have their turn.
const FULL_READS: u8 = 16;

/// A plain TCP socket on its thread.
#[derive(Debug)]
pub struct Near {
    socket: Rc<NearSocket>,
    here: Here,
    key: usize,
}

/// What comes from its other end.
#[derive(Debug)]
pub struct NearReader<'a>(&'a Near);

/// What goes there.
#[derive(Debug)]
pub struct NearWriter<'a>(&'a Near);

/// A shorter way from one socket to another, tried before the task is called that reads from the first.
pub trait Shortcut {
    /// Something may have come at `now` from that end, of which `from` is the socket; `to` is the other one. False when the task has to
    /// be called all the same.
    fn goes(&self, end: End, from: &NearSocket, to: &NearSocket, now: Instant) -> bool;
}

/// One of two sockets with a shortcut between them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The one that was given first.
    First,
    /// The other one.
    Second,
}

/// The socket itself, and what is known of it.
///
/// In this order and place what each message touches is one line of the processor's cache; what only a task that waits needs is the next
/// one. With many sessions each of them has gone cold when its next message comes.
#[repr(C, align(64))]
pub struct NearSocket {
    socket: TcpStream,
    /// It is worth trying to read.
    readable: Cell<bool>,
    /// It is worth trying to write.
    writable: Cell<bool>,
    /// Nothing more will come than what is there, and nothing more will be told.
    ended: Cell<bool>,
    /// Reads in a row that took all that there was room for.
    full_reads: Cell<u8>,
    short: RefCell<Option<Short>>,
    reader: RefCell<Option<Waker>>,
    writer: RefCell<Option<Waker>>,
}

/// A shortcut that begins at a socket.
struct Short {
    cut: Rc<dyn Shortcut>,
    end: End,
    to: Rc<NearSocket>,
}

impl fmt::Debug for NearSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NearSocket").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl NearSocket {
    pub(super) fn new(socket: TcpStream) -> Self {
        let yes = || Cell::new(true);
        Self {
            socket,
            readable: yes(),
            writable: yes(),
            ended: Cell::new(false),
            full_reads: Cell::new(0),
            short: RefCell::default(),
            reader: RefCell::default(),
            writer: RefCell::default(),
        }
    }

    pub(super) fn descriptor(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// The system tells of a change, at `now`.
    pub(super) fn happened(&self, event: &Event, now: Instant) {
        if event.is_read_closed() || event.is_write_closed() || event.is_error() {
            self.ended.set(true);
        }
        if event.is_readable() || self.ended.get() {
            self.readable.set(true);
            if !self.is_shortened(now) {
                call(&self.reader);
            }
        }
        // With each change it also says whether there is room.
        if (event.is_writable() || self.ended.get()) && !self.writable.replace(true) {
            call(&self.writer);
        }
    }

    /// True when what has come took the shorter way.
    fn is_shortened(&self, now: Instant) -> bool {
        self.short.borrow().as_ref().is_some_and(|short| short.cut.goes(short.end, self, &short.to, now))
    }

    /// True while more may be there to be read.
    pub fn is_readable(&self) -> bool {
        self.readable.get()
    }

    /// Reads what is there; none when nothing is, and 0 at the end.
    ///
    /// # Errors
    /// Those of the system.
    pub fn receive(&self, room: &mut [u8]) -> io::Result<Option<usize>> {
        while self.readable.get() {
            match recv(&self.socket, &mut *room, RecvFlags::empty()) {
                Ok((n, _)) => {
                    let is_full = n == room.len();
                    // Less than there is room for was all there is; but of an end that came with it nothing will be told again.
                    self.readable.set(is_full || n == 0 || self.ended.get());
                    return Ok(Some(n));
                }
                Err(Errno::AGAIN) => self.readable.set(false),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Writes as much as there is room for; none when there is no room.
    ///
    /// # Errors
    /// Those of the system.
    pub fn send(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        while self.writable.get() {
            match send(&self.socket, bytes, SendFlags::NOSIGNAL) {
                Ok(n) => {
                    self.writable.set(n == bytes.len() || self.ended.get());
                    return Ok(Some(n));
                }
                Err(Errno::AGAIN) => self.writable.set(false),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}

/// Calls who waits, who stays known: it is nearly always the same one that waits again.
fn call(waiting: &RefCell<Option<Waker>>) {
    if let Some(waker) = &*waiting.borrow() {
        waker.wake_by_ref();
    }
}

fn wait(waiting: &RefCell<Option<Waker>>, context: &Context<'_>) {
    let mut waiting = waiting.borrow_mut();
    if !waiting.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
        *waiting = Some(context.waker().clone());
    }
}

impl Near {
    pub(super) fn new(socket: Rc<NearSocket>, here: Here, key: usize) -> Self {
        Self { socket, here, key }
    }

    /// Both directions.
    pub fn halves(&self) -> (NearReader<'_>, NearWriter<'_>) {
        (NearReader(self), NearWriter(self))
    }

    /// From now on what comes from either is offered to `shortcut` first.
    pub fn shorten(&self, other: &Self, shortcut: &Rc<impl Shortcut + 'static>) {
        let short = |end, to: &Self| Some(Short { cut: shortcut.clone(), end, to: to.socket.clone() });
        self.socket.short.replace(short(End::First, other));
        other.socket.short.replace(short(End::Second, self));
    }

    fn read(&self, context: &Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let socket = &*self.socket;
        if socket.full_reads.get() >= FULL_READS {
            socket.full_reads.set(0);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let room = buf.initialize_unfilled();
        match socket.receive(room) {
            Ok(Some(n)) => {
                socket.full_reads.set(if n == room.len() { socket.full_reads.get() + 1 } else { 0 });
                buf.advance(n);
                Poll::Ready(Ok(()))
            }
            Ok(None) => {
                wait(&socket.reader, context);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn write(&self, context: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.socket.send(bytes) {
            Ok(Some(n)) => Poll::Ready(Ok(n)),
            Ok(None) => {
                wait(&self.socket.writer, context);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl Drop for Near {
    fn drop(&mut self) {
        // They hold each other.
        self.socket.short.take();
        self.here.forget(&self.socket, self.key);
    }
}

impl AsyncRead for NearReader<'_> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.read(cx, buf)
    }
}

impl AsyncWrite for NearWriter<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0.write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.socket.socket.shutdown(Shutdown::Write))
    }
}
