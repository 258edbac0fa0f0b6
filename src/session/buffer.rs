//! Bytes read and not yet gone: grown for one large frame, given back afterwards.
//!
//! Small while a session idles, larger while it streams, and as large as a frame that must be whole only while it is at hand.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What a buffer keeps while its session streams.
const BUSY: usize = 32 * 1024;

/// Above this a buffer is given back as soon as it is empty.
const LARGEST_KEPT: usize = 256 * 1024;

/// Unread bytes, with room behind them.
#[derive(Debug)]
pub(super) struct Buffer {
    store: Vec<u8>,
    start: usize,
    end: usize,
    idle: usize,
}

impl Buffer {
    /// Empty; `idle` bytes are what it keeps while nothing happens.
    pub(super) fn new(idle: usize) -> Self {
        Self { store: vec![0; idle], start: 0, end: 0, idle }
    }

    /// What has been read and not been consumed.
    pub(super) fn unread(&self) -> &[u8] {
        &self.store[self.start..self.end]
    }

    /// The same, to be changed in place.
    pub(super) fn unread_mut(&mut self) -> &mut [u8] {
        &mut self.store[self.start..self.end]
    }

    /// Forgets the first `n` unread bytes.
    pub(super) fn consume(&mut self, n: usize) {
        self.start += n;
        debug_assert!(self.start <= self.end, "only what was read can be consumed");
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            if self.store.len() > LARGEST_KEPT {
                self.store = vec![0; BUSY];
            }
        }
    }

    /// Reads once, making room so that a frame of `whole` bytes can become complete; 0 is the end of the stream.
    ///
    /// Room grows with what has arrived, not with what a header claims.
    pub(super) async fn read_from<R: AsyncRead + Unpin>(&mut self, from: &mut R, whole: usize) -> io::Result<usize> {
        self.make_room(whole);
        let n = from.read(&mut self.store[self.end..]).await?;
        self.end += n;
        Ok(n)
    }

    /// Shrinks to the idle size if nothing is unread.
    pub(super) fn rest(&mut self) {
        if self.start == self.end && self.store.len() > self.idle {
            *self = Self::new(self.idle);
        }
    }

    fn make_room(&mut self, whole: usize) {
        let unread = self.end - self.start;
        let was_filled = self.end == self.store.len();
        if self.start > 0 && (was_filled || self.start + whole > self.store.len()) {
            self.store.copy_within(self.start..self.end, 0);
            self.start = 0;
            self.end = unread;
        }
        let size = self.store.len();
        let wanted = if whole > size {
            whole.min((2 * unread).max(BUSY))
        } else if was_filled && size < BUSY {
            BUSY
        } else {
            size
        };
        // There is always room for one byte more, or a read of nothing would look like the end.
        let wanted = wanted.max(unread + 1);
        if wanted > size {
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
        let mut buffer = Buffer::new(4096);
        while buffer.unread().len() < bytes.len() {
            let had = buffer.unread().len();
            assert!(run(buffer.read_from(&mut from, bytes.len())).expect("reads") > 0);
            assert!(buffer.store.len() <= (2 * had).max(BUSY), "room grows with what arrived");
        }
        buffer.consume(bytes.len());
        assert_eq!(buffer.store.len(), BUSY);
        buffer.rest();
        assert_eq!(buffer.store.len(), 4096);
    }

    proptest! {
        #[test]
        fn bytes_come_out_as_they_went_in(steps in proptest::collection::vec((0usize..9000, 0usize..20_000), 1..60)) {
            let bytes: Vec<u8> = (0..=250u8).cycle().take(200_000).collect();
            let mut from = &bytes[..];
            let mut buffer = Buffer::new(64);
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
