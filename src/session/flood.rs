//! A statement larger than may be held: it is searched while it streams, and spoilt on the way if it says something legacy, or may
//! execute a prepared statement whose names have moved.
//!
//! The server executes nothing before a message's last byte. So the bytes go on as they come until a legacy name shows up;
//! from there on they are zeros, which ends the text early and leaves bytes behind it: the server calls such a message
//! malformed (08P01), in its place in the pipeline, and that answer becomes the refusal.
//!
//! ```text
//! INSERT INTO other VALUES (…), (…), … , (SELECT x FROM consumption_log)
//! INSERT INTO other VALUES (…), (…), … , (SE␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀
//! ```

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use super::conversation::name;
use super::decide::{self, Decision};
use super::everyday;
use super::expected::{Expected, Name};
use super::opening::{LONGEST_NAMES, Opening, Step};
use super::planned::Planned;
use super::relay::Session;
use super::words::Hints;
use crate::rewrite::all_tables;
use crate::wire::frame::{HEADER, Header};

/// What is kept of the bytes that have gone, to find a name that arrives in two pieces. Names end at 63 bytes.
const OVERLAP: usize = 256;

/// One such statement.
#[derive(Debug)]
pub(super) struct Flood {
    /// The name that a Parse gives; none for a Query.
    statement: Option<Name>,
    remaining: usize,
    tail: Vec<u8>,
    hints: Hints,
    spoilt: bool,
}

impl Flood {
    /// One of which `remaining` bytes are still to come.
    pub(super) fn new(statement: Option<Name>, remaining: usize) -> Self {
        Self { statement, remaining, tail: Vec::new(), hints: Hints::default(), spoilt: false }
    }

    /// Looks at the bytes at hand and spoils them if need be. Returns how many of them belong to this statement.
    pub(super) fn inspect(&mut self, session: &Session, at_hand: &mut [u8]) -> usize {
        let n = self.remaining.min(at_hand.len());
        let (bytes, _) = at_hand.split_at_mut(n);
        self.remaining -= n;
        if !self.spoilt {
            self.tail.extend_from_slice(bytes);
            let world = session.route.world.load();
            let look = decide::look_at(&session.shared, &world, &self.tail);
            self.hints = self.hints.with(look.hints);
            self.spoilt = look.legacy || look.hints.executes && session.lock().may_execute_other_text();
            self.tail.drain(..self.tail.len().saturating_sub(OVERLAP));
        }
        if self.spoilt {
            bytes.fill(0);
        }
        n
    }

    /// True when all of it has been seen.
    pub(super) const fn is_over(&self) -> bool {
        self.remaining == 0
    }

    /// What is to be expected of it.
    pub(super) fn finish(self, session: &Session) -> (Expected, Hints) {
        let limit = session.shared.limits.max_statement_bytes;
        let planned = if self.spoilt {
            Some(Planned::spoilt(
                "54000",
                format!(
                    "a statement in legacy names, or one that executes such a statement, must not be larger than {limit} bytes"
                ),
                "use COPY or parameters for data, or raise `max_statement_bytes`",
            ))
        } else {
            (self.hints.names || self.hints.catalog).then(|| Planned::unread(self.hints))
        };
        let planned = planned.map(Arc::new);
        let what = match self.statement {
            Some(name) => Expected::Parse { name, planned },
            None => Expected::Query { planned, done: 0, failed: false, gives_up: None },
        };
        (what, self.hints)
    }
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Opening<'_, R, W> {
    /// One begins with the frame at hand.
    pub(super) fn begin_flood(&mut self, header: Header) -> Step {
        let body = self.lane.body(header);
        let mut front = HEADER;
        let mut statement = None;
        if header.tag == b'P' {
            let Some(end) = body.iter().position(|&b| b == 0) else {
                if body.len() < LONGEST_NAMES {
                    return Step::Need(self.lane.at_hand().len() + 1);
                }
                // No driver makes such a name.
                return Step::Garbage;
            };
            statement = Some(name(body.get(..end).unwrap_or_default()));
            front += end + 1;
        }
        self.flood = Some(Flood::new(statement, header.total() - front));
        self.lane.pass(front);
        Step::Again
    }

    /// More of it is at hand.
    pub(super) fn stream_flood(&mut self) -> Step {
        let Some(flood) = &mut self.flood else { return Step::Again };
        let n = flood.inspect(self.session, self.lane.at_hand_mut());
        if n == 0 {
            return Step::Need(1);
        }
        if flood.is_over() {
            let flood = self.flood.take();
            if let Some((mut what, hints)) = flood.map(|f| f.finish(self.session)) {
                if hints.catalog {
                    let all = all_tables(&self.session.route.world.load());
                    self.session.lock().changes_tables(all);
                }
                if let Expected::Parse { planned, .. } = &mut what {
                    let decision = Decision { hints, planned: planned.take() };
                    *planned = decision.prepared(Vec::new()).planned;
                    self.session.lock().changing |= hints.any();
                }
                everyday::expect(&mut self.session.lock(), what, hints, self.arrived);
            }
        }
        self.lane.pass(n);
        Step::Again
    }
}
