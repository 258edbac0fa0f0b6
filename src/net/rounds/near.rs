//! A socket of such a thread: read and written by the system calls themselves, waited for in the thread's own rounds.
//!
//! The system tells of a socket once for each change. Until a call falls short it may be tried again; and only the thread itself
//! hears of changes, between two rounds, so that none can be missed.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use mio::event::Event;
use mio::net::TcpStream;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Here;

/// After so many full reads others have their turn.
const FULL_READS: u8 = 16;

/// A plain TCP socket on its thread.
#[derive(Debug)]
pub struct Near {
    socket: TcpStream,
    state: Rc<State>,
    here: Here,
    key: usize,
}

/// What comes from its other end.
#[derive(Debug)]
pub struct NearReader<'a>(&'a Near);

/// What goes there.
#[derive(Debug)]
pub struct NearWriter<'a>(&'a Near);

/// What is known of it.
#[derive(Debug)]
pub(super) struct State {
    /// It is worth trying to read.
    readable: Cell<bool>,
    /// It is worth trying to write.
    writable: Cell<bool>,
    /// Nothing more will come than what is there, and nothing more will be told.
    ended: Cell<bool>,
    /// Reads in a row that took all that there was room for.
    full_reads: Cell<u8>,
    reader: RefCell<Option<Waker>>,
    writer: RefCell<Option<Waker>>,
}

impl Default for State {
    fn default() -> Self {
        let yes = || Cell::new(true);
        Self {
            readable: yes(),
            writable: yes(),
            ended: Cell::new(false),
            full_reads: Cell::new(0),
            reader: RefCell::default(),
            writer: RefCell::default(),
        }
    }
}

impl State {
    /// The system tells of a change.
    pub(super) fn happened(&self, event: &Event) {
        if event.is_read_closed() || event.is_write_closed() || event.is_error() {
            self.ended.set(true);
        }
        if event.is_readable() || self.ended.get() {
            self.readable.set(true);
            call(&self.reader);
        }
        // With each change it also says whether there is room.
        if (event.is_writable() || self.ended.get()) && !self.writable.replace(true) {
            call(&self.writer);
        }
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
    pub(super) fn new(socket: TcpStream, state: Rc<State>, here: Here, key: usize) -> Self {
        Self { socket, state, here, key }
    }

    /// Both directions.
    pub fn halves(&self) -> (NearReader<'_>, NearWriter<'_>) {
        (NearReader(self), NearWriter(self))
    }

    fn read(&self, context: &Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let state = &*self.state;
        if state.full_reads.get() >= FULL_READS {
            state.full_reads.set(0);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        while state.readable.get() {
            let room = buf.initialize_unfilled();
            match recv(&self.socket, &mut *room, RecvFlags::empty()) {
                Ok((n, _)) => {
                    let is_full = n == room.len();
                    state.full_reads.set(if is_full { state.full_reads.get() + 1 } else { 0 });
                    // Less than there is room for was all there is; but of an end that came with it nothing will be told again.
                    state.readable.set(is_full || n == 0 || state.ended.get());
                    buf.advance(n);
                    return Poll::Ready(Ok(()));
                }
                Err(Errno::AGAIN) => state.readable.set(false),
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
        wait(&state.reader, context);
        Poll::Pending
    }

    fn write(&self, context: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let state = &*self.state;
        while state.writable.get() {
            match send(&self.socket, bytes, SendFlags::NOSIGNAL) {
                Ok(n) => {
                    state.writable.set(n == bytes.len() || state.ended.get());
                    return Poll::Ready(Ok(n));
                }
                Err(Errno::AGAIN) => state.writable.set(false),
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
        wait(&state.writer, context);
        Poll::Pending
    }
}

impl Drop for Near {
    fn drop(&mut self) {
        self.here.forget(&mut self.socket, self.key);
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
        Poll::Ready(self.0.socket.shutdown(Shutdown::Write))
    }
}
