//! The shorter way through a session: what is everyday in each frame is read and written at once, where the sockets are.
//!
//! A session's directions wait most of the time, each with nothing at hand. What comes then is read into room that the thread's sessions
//! share, walked over, and written to the other end, and the direction never hears of it: neither it nor its task is touched, which
//! with many sessions would have to come from memory that has gone cold. All else is handed to the direction, with what is accepted
//! of it already, and that goes on as if it had read it itself.
//!
//! ```text
//! readable ─▶ is the direction waiting for a frame? ─▶ read ─▶ everyday, whole ─▶ written ─▶ done
//!                └─ no: it is called                       └─ else: handed over, and it is called
//! ```

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::buffer::{Buffer, Room, with_room};
use super::everyday::{self, Stop};
use super::relay::Session;
use crate::net::{End, NearSocket, Shortcut};

/// Reads at a time; then others have their turn.
const MOST_READS: usize = 4;

/// The direction has bytes at hand, or is about something.
const BUSY: u8 = 0;
/// It waits for the beginning of a frame.
const WAITS: u8 = 1;
/// Something was handed to it.
const HANDED: u8 = 2;

/// What a direction and the shorter way leave each other. On one thread; it is shared only because a session may be moved to it.
#[derive(Debug, Default)]
pub(super) struct Slip {
    state: AtomicU8,
    /// Boxed, as it is seldom there and would lie among what each message touches.
    handed: Mutex<Option<Box<io::Result<Handed>>>>,
}

/// What was read for a direction.
#[derive(Debug)]
pub(super) struct Handed {
    /// What of it is not written yet.
    pub(super) buffer: Buffer,
    /// So many bytes of that are accepted.
    pub(super) accepted: usize,
    /// So many bytes of the last accepted frame have not arrived yet.
    pub(super) beyond: usize,
    /// What is behind the accepted bytes is not everyday.
    pub(super) is_special: bool,
    /// Bytes that were read.
    pub(super) read: usize,
}

/// While it lives the direction waits.
pub(super) struct Waits<'a>(&'a Slip);

/// One direction.
struct Way<'a> {
    end: End,
    slip: &'a Slip,
    from: &'a NearSocket,
    to: &'a NearSocket,
    now: Instant,
}

impl Slip {
    /// The direction begins to wait.
    pub(super) fn wait(&self) -> Waits<'_> {
        // What was handed over and not taken yet comes first.
        let _ = self.state.compare_exchange(BUSY, WAITS, Ordering::Relaxed, Ordering::Relaxed);
        Waits(self)
    }

    /// What was handed over.
    pub(super) fn take(&self) -> Option<io::Result<Handed>> {
        if self.state.load(Ordering::Relaxed) != HANDED {
            return None;
        }
        self.state.store(BUSY, Ordering::Relaxed);
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).take().map(|handed| *handed)
    }

    fn is_waited_for(&self) -> bool {
        self.state.load(Ordering::Relaxed) == WAITS
    }

    fn hand(&self, handed: io::Result<Handed>) {
        *self.handed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(handed));
        self.state.store(HANDED, Ordering::Relaxed);
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        // What was handed over meanwhile is kept.
        let _ = self.0.state.compare_exchange(WAITS, BUSY, Ordering::Relaxed, Ordering::Relaxed);
    }
}

impl Shortcut for Session {
    fn goes(&self, end: End, from: &NearSocket, to: &NearSocket, now: Instant) -> bool {
        let slip = match end {
            End::First => &self.from_client,
            End::Second => &self.from_server,
        };
        if !slip.is_waited_for() {
            return false;
        }
        let way = Way { end, slip, from, to, now };
        // A bug must cost one session, not all of a thread.
        catch_unwind(AssertUnwindSafe(|| with_room(|room| self.relay(&way, room)))).unwrap_or_else(|_| {
            tracing::error!(route = %self.route.name, "the relay of a message panicked; its session was ended");
            slip.hand(Err(io::Error::other("a panic")));
            false
        })
    }
}

impl Session {
    /// Relays what is there. False when the direction has to be called.
    fn relay(&self, way: &Way<'_>, room: &mut Room) -> bool {
        for _ in 0..MOST_READS {
            match way.from.receive(room.bytes()) {
                Ok(None) => return true,
                // It sees the end itself.
                Ok(Some(0)) => return false,
                Ok(Some(n)) => {
                    if let Some(handed) = self.pass(way, room, n) {
                        way.slip.hand(Ok(handed));
                        return false;
                    }
                }
                Err(error) => {
                    way.slip.hand(Err(error));
                    return false;
                }
            }
            if !way.from.is_readable() {
                return true;
            }
        }
        false
    }

    /// Passes the first `n` bytes of the room on. What is returned is left of them.
    fn pass(&self, way: &Way<'_>, room: &mut Room, n: usize) -> Option<Handed> {
        let bytes = room.bytes().get(..n).unwrap_or_default();
        let mut conversation = self.lock();
        let walked = match way.end {
            End::First => everyday::from_client(self, &mut conversation, bytes, way.now),
            End::Second => {
                let walked = everyday::from_server(self, &mut conversation, bytes, way.now);
                conversation.progress.happens();
                walked
            }
        };
        drop(conversation);
        // What cannot be written now the direction finds out, too.
        let sent = if walked.is_all_of(bytes) { way.to.send(bytes).ok().flatten().unwrap_or(0) } else { 0 };
        let count = |n: usize| u64::try_from(n).unwrap_or_default();
        match way.end {
            // What is handed over is counted where it is read, and where it is written.
            End::First if sent == n => self.route.counters.from_client.inc_by(count(n)),
            End::Second if sent > 0 => self.route.counters.to_client.inc_by(count(sent)),
            End::First | End::Second => {}
        }
        (sent < n).then(|| Handed {
            buffer: room.keep(sent, n),
            accepted: walked.accepted - sent,
            beyond: walked.beyond,
            is_special: walked.stop == Stop::Special,
            read: n,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;

    use super::super::stage::{
        Closes, FROM_CLIENT, FROM_SERVER, LEGACY, NOTHING, cut, frames, session, start_near, through_sockets,
    };
    use crate::wire::frame::write;
    use crate::wire::message::write_query;

    fn runner(cases: u32) -> TestRunner {
        TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() })
    }

    #[test]
    fn any_frames_in_any_pieces_go_the_shorter_way_as_they_came() {
        let runtime = start_near();
        // More than the sockets hold, and than is read at a time.
        let frames = (frames(FROM_CLIENT, 0..9_000), frames(FROM_SERVER, 0..9_000));
        let all =
            (frames, proptest::collection::vec(1usize..3000, 0..40), prop::sample::select(vec![10usize, 1_000_000]));
        let outcome = runner(100).run(&all, |((client, server), lengths, limit)| {
            let pieces = (cut(&client, &lengths), cut(&server, &lengths));
            let session = session(NOTHING, limit);
            let (at_server, at_client) = through_sockets(&runtime, session, &pieces.0, &pieces.1, Closes::Late);
            prop_assert!(client == at_server && server == at_client);
            Ok(())
        });
        outcome.expect("each byte arrives");
    }

    #[test]
    fn statements_of_all_kinds_are_answered_in_their_order() {
        const STATEMENTS: [&str; 4] = ["SELECT 1", "SELECT 'a', 2 FROM t", "SET search_path = a", "CREATE TABLE u ()"];
        let runtime = start_near();
        let statement = (prop::sample::select(&STATEMENTS[..]), 0usize..400);
        let statements = prop_oneof![
            proptest::collection::vec(statement.clone(), 1..2),
            proptest::collection::vec(statement, 2..30),
        ];
        // An answer may fit into one read, and not into one write.
        let lengths = prop_oneof![1usize..500, 500usize..30_000];
        let outcome = runner(60).run(&(statements, lengths), |(statements, length)| {
            let (mut client, mut server) = (Vec::new(), Vec::new());
            let ready = |out: &mut Vec<u8>| write(out, b'Z', |out| out.push(b'I'));
            ready(&mut server);
            for (statement, rows) in statements {
                write_query(&mut client, statement.as_bytes());
                (0..rows).for_each(|_| write(&mut server, b'D', |out| out.extend_from_slice(&[0; 40])));
                write(&mut server, b'C', |out| out.extend_from_slice(b"SELECT 1\0"));
                ready(&mut server);
            }
            let cut = |bytes: &[u8]| cut(bytes, &vec![length; bytes.len() / length]);
            let session = session(LEGACY, 1000);
            let shared = session.shared.clone();
            let got = through_sockets(&runtime, session, &cut(&client), &cut(&server), Closes::Late);
            prop_assert!(got.0 == client && got.1 == server);
            let counted = shared.metrics.gather();
            let bytes = |direction: &str, n: usize| {
                let name = format!("exonym_bytes_total{{direction=\"{direction}\",route=\"d\"}} {n}\n");
                counted.contains(&name)
            };
            prop_assert!(bytes("from_client", client.len()) && bytes("to_client", server.len()), "{}", counted);
            Ok(())
        });
        outcome.expect("each answer is for its statement");
    }
}
