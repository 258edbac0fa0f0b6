//! Log lines on their way to standard error, written by a thread of their own.
//!
//! A pipe whose reader has stopped reading blocks whoever writes to it, for as long as that takes: sessions must not be that. So lines
//! queue up; where the queue is full they are lost, and how many is said when there is room again. A full disk loses them, too.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait; some 200 bytes each.
const QUEUE: usize = 1024;

/// How long the end of the process waits for lines that nobody reads.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where log lines go.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    queue: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
}

/// At its end, what has been logged is written.
#[derive(Debug)]
pub(super) struct Written(SyncSender<Entry>);

/// One line, put together.
#[derive(Debug)]
pub(super) struct Line<'a> {
    bytes: Vec<u8>,
    lines: &'a Lines,
}

#[derive(Debug)]
enum Entry {
    Line(Vec<u8>),
    /// Everything before this has been written.
    Mark(SyncSender<()>),
}

/// Starts the thread that writes.
pub(super) fn start() -> io::Result<(Lines, Written)> {
    let (queue, entries) = sync_channel(QUEUE);
    let lost = Arc::new(AtomicU64::new(0));
    let lines = Lines { queue: queue.clone(), lost: Arc::clone(&lost) };
    thread::Builder::new().name("log".into()).spawn(move || write(&entries, &lost))?;
    Ok((lines, Written(queue)))
}

fn write(entries: &Receiver<Entry>, lost: &AtomicU64) {
    for entry in entries {
        match entry {
            // What cannot be written is lost, and said nowhere.
            Entry::Line(bytes) => drop(io::stderr().write_all(&bytes)),
            Entry::Mark(done) => drop(done.send(())),
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lines = lost, "standard error took nothing for a while; log lines are lost");
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { bytes: Vec::new(), lines: self }
    }
}

impl io::Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if self.lines.queue.try_send(Entry::Line(std::mem::take(&mut self.bytes))).is_err() {
            self.lines.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let (done, is_done) = sync_channel(1);
        // A full queue moves or it does not: either way there is no more to be done than to wait a little.
        if self.0.try_send(Entry::Mark(done)).is_ok() {
            let _ = is_done.recv_timeout(PATIENCE);
        }
    }
}
