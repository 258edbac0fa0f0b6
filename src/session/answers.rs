//! The server's direction: rows stream, the few frames that tell something are opened.
//!
//! ```text
//! Z S K C      held until whole; all of them are small
//! E            held until whole: its position, its hint or all of it may have to change
//! N            only when it answers a text that was changed
//! 1 2 3 n T s I G W   noticed by their tag
//! D d t H c A R v V   pass
//! ```
//! All of them but E, N and K are everyday, and may be relayed without coming by here (`shortcut`).

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite};

use super::called::{Either, either, when_called};
use super::cancel::Key;
use super::conversation::{Conversation, Phase};
use super::everyday::{self, LONGEST_OPENED, Stop};
use super::lane::Lane;
use super::relay::Session;
use super::route::Life;
use crate::wire::error::{Report, fatal};
use crate::wire::frame::{HEADER, Header};
use crate::wire::message;

/// Errors about texts that went as they came have nothing to change in them: longer ones are not held.
const LONGEST_ERROR: usize = 64 * 1024;

/// How the server's direction ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ServerEnd {
    /// Everything that the server sent has reached the client, last words included.
    Finished,
    /// The server broke off; the client has been told.
    Lost,
    /// The client takes nothing more.
    ClientDeaf,
    /// Nothing is under way, and the proxy wants to end: the client is still to be told.
    Drained,
    /// The server has not let the client in for too long.
    Late,
}

/// The server's direction of one session.
pub(super) struct Answers<'a, R, W> {
    lane: Lane<R, W>,
    session: &'a Session,
}

/// Why walking through the bytes at hand ended.
enum Step {
    /// So many bytes must be at hand to go on.
    Need(usize),
    /// What came is no frame.
    Garbage,
    /// Nobody can tell what the next answer belongs to.
    Torn,
}

/// What is under way, once all that has been accepted is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rest {
    /// Something is to be answered or passed on.
    None,
    /// Nothing but a transaction that is open.
    Quiet,
    /// Nothing.
    Idle,
}

impl<'a, R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Answers<'a, R, W> {
    pub(super) fn new(lane: Lane<R, W>, session: &'a Session) -> Self {
        Self { lane, session }
    }

    /// Relays until the server ends, or until a drained session has nothing more to do.
    pub(super) async fn run(&mut self) -> ServerEnd {
        let mut life = *self.session.shared.life.borrow();
        let mut next = pin!(self.session.shared.life_after(life));
        let mut shortened = when_called(next.as_mut());
        loop {
            let (step, rest) = self.walk();
            if self.flush().await.is_err() {
                return ServerEnd::ClientDeaf;
            }
            let whole = match step {
                Step::Need(whole) => whole,
                Step::Garbage => {
                    let report = fatal("08P01", "the backend sent what is not the Postgres protocol", None);
                    return self.end_with(|out| report.write(out)).await.lost();
                }
                Step::Torn => {
                    let message = "exonym cannot tell what the server skips behind copy data that failed";
                    let hint = "send the Sync behind the copy data, not only in front of it";
                    let report = fatal("08P01", message, Some(hint));
                    return self.end_with(|out| report.write(out)).await;
                }
            };
            if rest == Rest::Idle {
                self.lane.rest();
            }
            // The client may have said something while its answers were written.
            match life {
                Life::Draining if self.rest() == Rest::Idle => return ServerEnd::Drained,
                Life::Over if self.rest() != Rest::None => return ServerEnd::Drained,
                Life::Serving | Life::Draining | Life::Over => {}
            }
            // A busy session comes by when it is answered; only a quiet one has to be woken, or one whose answers may take the shorter way.
            // That is for as long as none of them is the last.
            let slip = (life == Life::Serving && self.session.is_near).then_some(&self.session.from_server);
            let read = if rest == Rest::None && slip.is_none() {
                self.lane.read(whole, None).await
            } else {
                match either(pin!(self.lane.read(whole, slip)), Pin::new(&mut shortened)).await {
                    Either::First(read) => read,
                    Either::Second(shorter) => {
                        life = shorter;
                        drop(shortened);
                        next.set(self.session.shared.life_after(life));
                        shortened = when_called(next.as_mut());
                        continue;
                    }
                }
            };
            match read {
                Ok(n) if n > 0 => {}
                // A reset is an end too: what was sent before it has been read.
                Ok(_) | Err(_) => return self.server_ended().await,
            }
        }
    }

    /// Tells the client `report` and ends its stream, unless the client is in the middle of a frame: it would take the report for a
    /// part of that. What the server has sent of its next frame is dropped.
    pub(super) async fn say(&mut self, report: &Report<'_>) -> io::Result<()> {
        if self.lane.has_sent_whole_frames() {
            self.lane.add(|out| report.write(out));
            self.flush().await?;
        }
        self.lane.shutdown().await
    }

    fn rest(&self) -> Rest {
        self.rest_of(&self.session.lock())
    }

    fn rest_of(&self, conversation: &Conversation) -> Rest {
        if !self.lane.is_at_boundary() || !conversation.is_quiet() {
            Rest::None
        } else if conversation.is_idle() {
            Rest::Idle
        } else {
            Rest::Quiet
        }
    }

    /// The stream towards the client.
    pub(super) fn client_stream(&mut self) -> &mut W {
        self.lane.streams().1
    }

    /// Accepts everything at hand that can be accepted.
    fn walk(&mut self) -> (Step, Rest) {
        let session = self.session;
        let mut conversation = session.lock();
        let now = Instant::now();
        let step = loop {
            if !self.lane.pass_streaming() {
                break Step::Need(1);
            }
            let walked = everyday::from_server(session, &mut conversation, self.lane.at_hand(), now);
            self.lane.pass_walked(walked);
            match walked.stop {
                Stop::Need(whole) => break Step::Need(whole),
                Stop::Special => {}
            }
            if let Some(step) = self.special(&mut conversation, now) {
                break step;
            }
        };
        conversation.progress.happens();
        let rest = self.rest_of(&conversation);
        (step, rest)
    }

    /// Accepts the frame at hand, which may have to change; or says why not.
    fn special(&mut self, conversation: &mut Conversation, now: Instant) -> Option<Step> {
        let header = match self.lane.header() {
            Ok(Some(header)) => header,
            Ok(None) => return Some(Step::Need(HEADER)),
            Err(bad) => {
                tracing::warn!(%bad, backend = %self.session.route.backend.name, "the backend sent no frame");
                return Some(Step::Garbage);
            }
        };
        if must_be_whole(header, conversation, self.session) && !self.lane.is_whole(header) {
            return Some(Step::Need(header.total()));
        }
        // What has come so far goes to the client, as it belongs to what has failed.
        if conversation.queue.is_torn() {
            return Some(Step::Torn);
        }
        let body = self.lane.body(header);
        let mut instead = Vec::new();
        match header.tag {
            b'E' => conversation.failed(body, now, &mut instead),
            b'N' => conversation.noticed(body, &mut instead),
            b'K' => self.enter(body),
            tag => conversation.answer(tag, body, now),
        }
        if instead.is_empty() {
            self.lane.pass_frame(header);
        } else {
            // An error that is too long to be waited for may have come in part.
            self.lane.replace_streaming(header, |out| out.extend_from_slice(&instead));
        }
        None
    }

    #[cold]
    fn enter(&self, body: &[u8]) {
        if let Some((pid, secret)) = message::key_data(body) {
            self.session.enter(Key { pid, secret: secret.into() });
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        let n = self.lane.flush().await?;
        if n > 0 {
            self.session.route.counters.to_client.inc_by(u64::try_from(n).unwrap_or_default());
        }
        Ok(())
    }

    async fn server_ended(&mut self) -> ServerEnd {
        let expected = self.session.lock().phase == Phase::Ending;
        let whole_frames = self.lane.is_at_boundary();
        let rest = self.lane.at_hand().len();
        self.lane.pass(rest);
        if expected || !whole_frames {
            let end = self.end_with(|_| ()).await;
            return if expected { end } else { end.lost() };
        }
        let message = format!("backend \"{}\" closed the connection unexpectedly", self.session.route.backend.name);
        let hint = "the database server probably terminated abnormally before or while processing the request";
        let report = fatal("08006", &message, Some(hint));
        self.end_with(|out| report.write(out)).await.lost()
    }

    async fn end_with(&mut self, last: impl FnOnce(&mut Vec<u8>)) -> ServerEnd {
        self.lane.add(last);
        if self.flush().await.is_err() || self.lane.shutdown().await.is_err() {
            return ServerEnd::ClientDeaf;
        }
        ServerEnd::Finished
    }
}

impl ServerEnd {
    /// The same end where the server is to blame.
    fn lost(self) -> Self {
        if self == Self::Finished { Self::Lost } else { self }
    }
}

/// True for special frames that are opened to their end.
fn must_be_whole(header: Header, conversation: &mut Conversation, session: &Session) -> bool {
    match header.tag {
        b'K' => header.body <= LONGEST_OPENED,
        // A server may quote the statement that it complains about.
        b'E' if conversation.head_is_changed() => {
            header.body <= LONGEST_ERROR.saturating_add(session.shared.limits.max_statement_bytes)
        }
        b'E' => header.body <= LONGEST_ERROR,
        b'N' => header.body <= LONGEST_ERROR && conversation.head_is_changed(),
        _ => false,
    }
}

impl Session {
    /// Makes the session reachable for cancel requests.
    fn enter(&self, key: Key) {
        let mut own = self.key.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.shared.sessions.enter(key.clone(), Arc::clone(&self.peer));
        *own = Some(key);
    }
}
