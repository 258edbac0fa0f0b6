//! Bytes read and not yet gone: next to nothing while a session idles, grown for one large frame, given back afterwards.
//!
//! A session that idles waits with no room of its own. What arrives first is read into room that all sessions of a thread share,
//! and what was read is copied, a message or two, into a little room that sessions hand to each other. Both are warm in the
//! processor's cache, as room of each session's own would not be. Only while more comes than that is a buffer read into directly.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// What a buffer has for a message or two.
const LITTLE: usize = 512;

/// So many little rooms are kept for the next session that needs one.
const SPARE: usize = 16;

/// What a buffer keeps while its session streams.
const BUSY: usize = 32 * 1024;

/// Above this a buffer is given back as soon as it is empty.
const LARGEST_KEPT: usize = 256 * 1024;

thread_local! {
    static SHARED: RefCell<Room> = RefCell::new(Room { bytes: vec![0; BUSY], spare: Vec::with_capacity(SPARE) });
}

/// What the sessions of a thread share.
#[derive(Debug)]
pub(super) struct Room {
    /// What is read into.
    bytes: Vec<u8>,
    /// Little rooms, empty.
    spare: Vec<Vec<u8>>,
}

/// Unread bytes, with room behind them.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// Unread bytes and room, all of it initialised, which the room is only once.
    store: Vec<u8>,
    /// What lies before it is consumed.
    start: usize,
    /// What lies behind it is room.
    end: usize,
}

/// Lets `work` use what the sessions of this thread share.
pub(super) fn with_room<T>(work: impl FnOnce(&mut Room) -> T) -> T {
    SHARED.with_borrow_mut(work)
}

impl Room {
    /// What is read into.
    pub(super) fn bytes(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Those of its bytes for a session to keep.
    pub(super) fn keep(&mut self, from: usize, to: usize) -> Buffer {
        let mut buffer = Buffer::default();
        self.fill(&mut buffer, from, to);
        buffer
    }

    /// Puts those of its bytes into a buffer where nothing is unread.
    fn fill(&mut self, buffer: &mut Buffer, from: usize, to: usize) {
        let read = self.bytes.get(from..to).unwrap_or_default();
        if buffer.store.len() < read.len().max(LITTLE) {
            buffer.store = if read.len() <= LITTLE { self.spare.pop().unwrap_or_default() } else { Vec::new() };
            buffer.store.resize(read.len().max(LITTLE), 0);
        }
        buffer.store[..read.len()].copy_from_slice(read);
        (buffer.start, buffer.end) = (0, read.len());
    }
}

impl Buffer {
    /// What has been read and not been consumed.
    pub(super) fn unread(&self) -> &[u8] {
        self.unread_from(0)
    }

    /// The same behind the first `n` bytes of it.
    pub(super) fn unread_from(&self, n: usize) -> &[u8] {
        self.store.get(self.start + n..self.end).unwrap_or_default()
    }

    /// The same as [`Self::unread`], to be changed in place.
    pub(super) fn unread_mut(&mut self) -> &mut [u8] {
        &mut self.store[self.start..self.end]
    }

    /// Forgets the first `n` unread bytes.
    pub(super) fn consume(&mut self, n: usize) {
        self.start += n;
        debug_assert!(self.start <= self.end, "only what was read can be consumed");
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.store.len() > LARGEST_KEPT {
                self.store = vec![0; BUSY];
            }
        }
    }

    /// Reads once, making room so that a frame of `whole` bytes can become complete; 0 is the end of the stream.
    ///
    /// Room grows with what has arrived, not with what a header claims.
    pub(super) async fn read_from<R: AsyncRead + Unpin>(&mut self, from: &mut R, whole: usize) -> io::Result<usize> {
        if self.is_at_rest() {
            return poll_fn(|cx| self.poll_first(from, cx)).await;
        }
        self.make_room(whole);
        poll_fn(|cx| {
            let mut room = ReadBuf::new(&mut self.store[self.end..]);
            ready!(Pin::new(&mut *from).poll_read(cx, &mut room))?;
            let n = room.filled().len();
            self.end += n;
            Poll::Ready(Ok(n))
        })
        .await
    }

    /// Gives its room away if nothing is unread.
    pub(super) fn rest(&mut self) {
        if self.end == 0 && !self.store.is_empty() {
            let store = std::mem::take(&mut self.store);
            if store.len() == LITTLE {
                SHARED.with_borrow_mut(|shared| {
                    if shared.spare.len() < SPARE {
                        shared.spare.push(store);
                    }
                });
            }
        }
    }

    /// True when nothing is unread, and no more room is kept than for a message or two.
    pub(super) const fn is_at_rest(&self) -> bool {
        self.end == 0 && self.store.len() <= LITTLE
    }

    /// Reads into the shared room, as nothing is unread.
    pub(super) fn poll_first<R: AsyncRead + Unpin>(
        &mut self,
        from: &mut R,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        with_room(|shared| {
            let mut room = ReadBuf::new(&mut shared.bytes);
            ready!(Pin::new(from).poll_read(cx, &mut room))?;
            let n = room.filled().len();
            shared.fill(self, 0, n);
            Poll::Ready(Ok(n))
        })
    }

    fn make_room(&mut self, whole: usize) {
        let unread = self.end - self.start;
        let size = self.store.len();
        if self.start > 0 && (self.end == size || self.start + whole > size) {
            self.store.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, unread);
        }
        let wanted = if whole > size { whole.min((2 * unread).max(BUSY)) } else { size.max(BUSY) };
        // There is always room for one byte more, or a read of nothing would look like the end.
        let wanted = wanted.max(unread + 1);
        if wanted > size {
            self.store.reserve_exact(wanted - size);
            self.store.resize(wanted, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
    }

    #[test]
    fn a_large_frame_grows_it_and_its_end_shrinks_it() {
        let bytes = vec![7; 3_000_000];
        let mut from = &bytes[..];
        let mut buffer = Buffer::default();
        while buffer.unread().len() < bytes.len() {
            let had = buffer.unread().len();
            assert!(run(buffer.read_from(&mut from, bytes.len())).expect("reads") > 0);
            assert!(buffer.store.capacity() <= (2 * had).max(BUSY), "room grows with what arrived");
        }
        buffer.consume(bytes.len());
        assert_eq!(buffer.store.capacity(), BUSY);
        buffer.rest();
        assert_eq!(buffer.store.capacity(), 0);
    }

    proptest! {
        #[test]
        fn bytes_come_out_as_they_went_in(steps in proptest::collection::vec((0usize..9000, 0usize..20_000), 1..60)) {
            let bytes: Vec<u8> = (0..=250u8).cycle().take(200_000).collect();
            let mut from = &bytes[..];
            let mut buffer = Buffer::default();
            let mut taken = 0;
            for (consume, whole) in steps {
                run(buffer.read_from(&mut from, whole)).expect("reads");
                let n = consume.min(buffer.unread().len());
                prop_assert_eq!(&buffer.unread()[..n], &bytes[taken..taken + n]);
                buffer.consume(n);
                taken += n;
                if n % 2 == 0 {
                    buffer.rest();
                }
            }
        }
    }
}
