//! The client's direction: statements are opened, everything else goes on.
//!
//! ```text
//! Q P      held until whole, decided, sent as they came or with another text
//! B        its front is read for the two names; the parameters stream
//! D E C    read for the name; the server may read the statement anew, which is `stale`'s
//! S F c f  change what is expected
//! d H X p  pass
//! ```
//! What is everyday may be relayed without coming by here (`shortcut`). Frames of any length stream in pieces; only what is opened
//! waits for its end, and a statement beyond `max_statement_bytes` is searched while it streams (`flood`).

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite};

use super::conversation::{Phase, name};
use super::decide::{self, Decision};
use super::everyday::{self, Stop};
use super::expected::{Entry, Expected, Note};
use super::flood::Flood;
use super::lane::Lane;
use super::relay::Session;
use super::words::{Hints, deallocated};
use crate::rewrite::changed_by;
use crate::wire::frame::{HEADER, Header};
use crate::wire::message::{self, Parse};

/// The front of a Bind in which both names must end to be known.
pub(super) const LONGEST_NAMES: usize = 16 * 1024;

/// How the client's direction ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ClientEnd {
    /// The client sends nothing more; what it asked for is still answered.
    Finished,
    /// The connection to the client is broken.
    Gone,
    /// The server takes nothing more; it may have left a last word.
    ServerDeaf,
}

/// The client's direction of one session.
pub(super) struct Opening<'a, R, W> {
    pub(super) lane: Lane<R, W>,
    pub(super) session: &'a Session,
    /// When the bytes at hand arrived.
    pub(super) arrived: Instant,
    pub(super) flood: Option<Flood>,
}

/// What to do after a step.
pub(super) enum Step {
    /// Another frame may be at hand.
    Again,
    /// So many bytes must be at hand to go on.
    Need(usize),
    /// The server will not understand what comes; it ends the session itself.
    Garbage,
}

impl<'a, R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Opening<'a, R, W> {
    pub(super) fn new(lane: Lane<R, W>, session: &'a Session) -> Self {
        Self { lane, session, arrived: Instant::now(), flood: None }
    }

    /// Reads until the client ends.
    pub(super) async fn run(&mut self) -> ClientEnd {
        loop {
            let step = match self.walk() {
                Some(step) => step,
                None => match self.step().await {
                    Ok(step) => step,
                    Err(_) => return ClientEnd::ServerDeaf,
                },
            };
            let whole = match step {
                Step::Again => continue,
                Step::Need(whole) => whole,
                Step::Garbage => {
                    // The server closes too, with a last word of its own or without one.
                    self.session.lock().phase = Phase::Ending;
                    return self.end_server().await;
                }
            };
            if self.lane.flush().await.is_err() {
                return ClientEnd::ServerDeaf;
            }
            if self.lane.is_at_boundary() {
                self.lane.rest();
            }
            // What floods is no frame's beginning, whatever it looks like.
            let slip = (self.flood.is_none() && self.session.is_near).then_some(&self.session.from_client);
            match self.lane.read(whole, slip).await {
                Ok(0) => {
                    // Half a frame goes on too: the server never executes it, and says what it thinks of it.
                    self.lane.pass(self.lane.at_hand().len());
                    self.session.lock().phase = Phase::Ending;
                    return self.end_server().await;
                }
                Ok(n) => self.session.route.counters.from_client.inc_by(u64::try_from(n).unwrap_or_default()),
                Err(_) => return ClientEnd::Gone,
            }
            self.arrived = Instant::now();
        }
    }

    /// The client's own stream, for what is left in it.
    pub(super) fn client_stream(&mut self) -> &mut R {
        self.lane.streams().0
    }

    async fn end_server(&mut self) -> ClientEnd {
        if self.lane.flush().await.is_err() || self.lane.shutdown().await.is_err() {
            return ClientEnd::ServerDeaf;
        }
        ClientEnd::Finished
    }

    /// Accepts everything at hand that needs neither a decision nor a wait. None when the frame at hand is one for [`Self::step`].
    fn walk(&mut self) -> Option<Step> {
        if self.flood.is_some() || self.lane.take_special() {
            return None;
        }
        if !self.lane.pass_streaming() {
            return Some(Step::Need(1));
        }
        let conversation = &mut self.session.lock();
        let walked = everyday::from_client(self.session, conversation, self.lane.at_hand(), self.arrived);
        self.lane.pass_walked(walked);
        match walked.stop {
            Stop::Need(whole) => Some(Step::Need(whole)),
            Stop::Special => None,
        }
    }

    /// Goes on with the frame at hand.
    async fn step(&mut self) -> io::Result<Step> {
        if self.flood.is_some() {
            return Ok(self.stream_flood());
        }
        let header = match self.lane.header() {
            Ok(Some(header)) => header,
            Ok(None) => return Ok(Step::Need(HEADER)),
            Err(bad) => {
                tracing::debug!(%bad, "the client sent no frame");
                self.lane.pass(self.lane.at_hand().len().min(HEADER));
                return Ok(Step::Garbage);
            }
        };
        self.make_room().await?;
        match header.tag {
            b'Q' | b'P' if header.body > self.session.shared.limits.max_statement_bytes => Ok(self.begin_flood(header)),
            b'Q' | b'P' if !self.lane.is_whole(header) => Ok(Step::Need(header.total())),
            b'Q' => self.query(header).await,
            b'P' => self.parse(header).await,
            b'B' => self.bind(header).await,
            b'E' => self.execute(header).await,
            b'D' => self.describe(header).await,
            _ => Ok(Step::Again),
        }
    }

    /// Waits while too many answers are outstanding.
    async fn make_room(&mut self) -> io::Result<()> {
        while self.session.lock().queue.is_full() {
            self.lane.flush().await?;
            self.session.progress().await;
        }
        Ok(())
    }

    async fn query(&mut self, header: Header) -> io::Result<Step> {
        let decision = self.decide(header).await?;
        let decision = if decision.hints.prepares { decision.prepared(Vec::new()) } else { decision };
        let planned = decision.planned.clone();
        let gives_up = message::query(self.lane.body(header)).and_then(deallocated);
        let mut tables = self.changed_tables(header, &decision).await;
        let mut conversation = self.session.lock();
        for run in planned.iter().flat_map(|planned| &planned.runs) {
            tables.extend(conversation.changes_of(&run.name).1);
        }
        conversation.changes_tables(tables);
        drop(conversation);
        self.expect_kept(Expected::Query { planned, done: 0, failed: false, gives_up }, decision.hints);
        match decision.sql() {
            Some(sql) => self.lane.replace_frame(header, |out, _| message::write_query(out, &sql)),
            None => self.lane.pass_frame(header),
        }
        Ok(Step::Again)
    }

    async fn parse(&mut self, header: Header) -> io::Result<Step> {
        let decision = self.decide(header).await?;
        let statement = message::parse(self.lane.body(header)).map(|parse| name(parse.name)).unwrap_or_default();
        let tables = self.changed_tables(header, &decision).await;
        let decision = decision.prepared(tables);
        let planned = decision.planned.clone();
        if let Some(planned) = &planned {
            self.session.lock().changing |= planned.changes_something() || planned.is_read_late();
        }
        self.expect_kept(Expected::Parse { name: statement, planned }, Hints::default());
        match decision.sql() {
            Some(sql) => self.lane.replace_frame(header, |out, body| {
                if let Some(parse) = message::parse(body) {
                    message::write_parse(out, Parse { text: &sql, ..parse });
                }
            }),
            None => self.lane.pass_frame(header),
        }
        Ok(Step::Again)
    }

    /// The decision for the text of the whole frame at hand.
    async fn decide(&mut self, header: Header) -> io::Result<Decision> {
        let session = self.session;
        let Some(found) = text(header, self.lane.body(header)) else { return Ok(Decision::default()) };
        let look = decide::look(session, found).await;
        let parsed = header.tag == b'P';
        let runs = if look.hints.executes { self.runs(found).await } else { Vec::new() };
        let mut executed = Hints::default();
        let mut moving = BTreeSet::new();
        if !runs.is_empty() {
            let found = found.to_vec();
            // What is parsed by itself is looked at when it is bound, and when it is executed.
            if !parsed && let Some(refused) = self.refuse_runs(&runs, &found, look.hints).await? {
                return Ok(refused);
            }
            let conversation = session.lock();
            for run in &runs {
                let changes = conversation.changes_of(&run.name).0;
                executed = executed.with(changes);
                if changes.names || changes.catalog {
                    moving.insert(String::from_utf8_lossy(&run.name).into_owned());
                }
            }
        }
        if !look.is_worth_planning() {
            return Ok(Decision { hints: look.hints, planned: None }.running(runs, executed));
        }
        if look.legacy {
            self.settle().await?;
        }
        // Flushing may have moved the frame, never changed it.
        let Some(found) = text(header, self.lane.body(header)) else { return Ok(Decision::default()) };
        Ok(decide::decide(session, look, found, parsed, moving).await.running(runs, executed))
    }

    /// Waits until what came before has shown what it changes, as far as the server tells without being asked, and until a catalog that
    /// some session has changed is read again.
    pub(super) async fn settle(&mut self) -> io::Result<()> {
        loop {
            let ticket = {
                let mut conversation = self.session.lock();
                // How the client writes is told at the end of the login.
                let queue = &conversation.queue;
                // While the server reads copy data it would wait for us: whatever else comes now, it ends the session.
                let unsettled =
                    conversation.phase == Phase::Login || queue.unsettled().must_wait && !queue.reads_copy();
                let change = self.session.route.refresh.unserved_change(conversation.waited_for);
                conversation.waited_for = change.filter(|_| !unsettled).unwrap_or(conversation.waited_for);
                if unsettled { None } else { Some(change) }
            };
            match ticket {
                Some(None) => return Ok(()),
                Some(Some(ticket)) => {
                    self.lane.flush().await?;
                    let limit = self.session.shared.limits.refresh_timeout;
                    self.session.route.refresh.wait(ticket, limit).await;
                }
                None => {
                    self.lane.flush().await?;
                    self.session.progress().await;
                }
            }
        }
    }

    /// Mapped tables that the text of the frame at hand changes.
    async fn changed_tables(&self, header: Header, decision: &Decision) -> Vec<Arc<str>> {
        let found = text(header, self.lane.body(header)).filter(|_| decision.hints.catalog);
        let Some(text) = found else { return Vec::new() };
        let context = self.session.lock().context();
        let world = self.session.route.world.load_full();
        decide::apart(text, move |text| changed_by(&world, &context, &String::from_utf8_lossy(text))).await
    }

    /// A message that was kept for its decision will be answered.
    fn expect_kept(&mut self, what: Expected, hints: Hints) {
        let note = Note { hints, arrived: self.arrived, kept: self.arrived.elapsed() };
        let mut conversation = self.session.lock();
        conversation.moves(hints);
        conversation.queue.push(Entry { what, note });
    }
}

/// The statement in a whole Query or Parse; none when it is malformed, which the server will say.
fn text(header: Header, body: &[u8]) -> Option<&[u8]> {
    if header.tag == b'Q' { message::query(body) } else { message::parse(body).map(|parse| parse.text) }
}
