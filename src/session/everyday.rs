//! Frames that need neither a decision nor a wait, from both ends: nearly all.
//!
//! A walk goes over the bytes at hand, tells the conversation what each frame is, and says how far it came. What it does not understand
//! is for `opening` and `answers`, which call this, as `shortcut` does. Pure but for what is counted.

use std::time::Instant;

use super::conversation::{Conversation, Phase, name};
use super::decide;
use super::executing::{Before, Place};
use super::expected::{Entry, Expected, Name, Named, Note};
use super::opening::LONGEST_NAMES;
use super::relay::Session;
use super::words::{Hints, deallocated};
use crate::wire::frame::{HEADER, Header, Sender};
use crate::wire::message::{self, Target};

/// Nothing that is opened is longer, from any server there is.
pub(super) const LONGEST_OPENED: usize = 64 * 1024;

/// How far a walk came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Walked {
    /// Bytes that may go on.
    pub(super) accepted: usize,
    /// Bytes of the last accepted frame that have not arrived yet; they may go on, too.
    pub(super) beyond: usize,
    pub(super) stop: Stop,
}

/// Why it ended there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// So many bytes must be at hand to go on.
    Need(usize),
    /// What comes next is no frame, or one that is not everyday.
    Special,
}

impl Walked {
    /// True when all of `bytes` may go on, and with them a frame ends.
    pub(super) const fn is_all_of(self, bytes: &[u8]) -> bool {
        self.accepted == bytes.len() && self.beyond == 0
    }

    const fn at(accepted: usize, stop: Stop) -> Self {
        Self { accepted, beyond: 0, stop }
    }

    /// A frame was accepted that goes on for so many bytes.
    const fn streaming(accepted: usize, beyond: usize) -> Self {
        Self { accepted, beyond, stop: Stop::Need(1) }
    }
}

/// Goes over what a client has sent, which arrived then, from the beginning of a frame.
pub(super) fn from_client(
    session: &Session,
    conversation: &mut Conversation,
    bytes: &[u8],
    arrived: Instant,
) -> Walked {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let header = match Header::read(Sender::Client, rest) {
            Ok(Some(header)) => header,
            Ok(None) => return Walked::at(at, Stop::Need(HEADER)),
            Err(_) => return Walked::at(at, Stop::Special),
        };
        if is_answered(header.tag) && conversation.queue.is_full() {
            return Walked::at(at, Stop::Special);
        }
        let body = header.body_in(rest);
        let is_whole = body.len() == header.body;
        match header.tag {
            b'Q' | b'P' if is_whole => match plain(session, header.tag, body) {
                Some(plain) => expect(conversation, plain, Hints::default(), arrived),
                None => return Walked::at(at, Stop::Special),
            },
            b'Q' | b'P' => return Walked::at(at, Stop::Special),
            b'D' | b'E' | b'C' if !is_whole => return Walked::at(at, Stop::Need(header.total())),
            b'E' if conversation.changing && is_read_late(body, conversation) => {
                return Walked::at(at, Stop::Special);
            }
            b'D' if is_described_anew(body, conversation) => return Walked::at(at, Stop::Special),
            b'B' => {
                let (portal, statement) = match bound(header, body) {
                    Ok(names) => names,
                    Err(more) => return Walked::at(at, Stop::Need(more)),
                };
                if !matches!(conversation.before_executing(&statement, Place::Alone), Before::Nothing) {
                    return Walked::at(at, Stop::Special);
                }
                expect(conversation, Expected::Bind { portal, statement }, Hints::default(), arrived);
            }
            b'd' => conversation.queue.sent_data(),
            tag => other(tag, body, conversation, arrived),
        }
        at += header.total();
        if at > bytes.len() {
            return Walked::streaming(bytes.len(), at - bytes.len());
        }
    }
}

/// Goes over what the server has sent, which is answered `now`, from the beginning of a frame.
pub(super) fn from_server(session: &Session, conversation: &mut Conversation, bytes: &[u8], now: Instant) -> Walked {
    let mut at = 0;
    let mut rows = 0;
    let walked = loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let header = match Header::read(Sender::Server, rest) {
            Ok(Some(header)) => header,
            Ok(None) => break Walked::at(at, Stop::Need(HEADER)),
            Err(_) => break Walked::at(at, Stop::Special),
        };
        match header.tag {
            // Nearly all of a long answer is these.
            b'D' => rows += 1,
            b'd' => {}
            b'E' | b'N' | b'K' => break Walked::at(at, Stop::Special),
            tag => {
                let body = header.body_in(rest);
                let is_held = matches!(tag, b'Z' | b'S' | b'C') && header.body <= LONGEST_OPENED;
                if is_held && body.len() < header.body {
                    break Walked::at(at, Stop::Need(header.total()));
                }
                if conversation.queue.is_torn() {
                    break Walked::at(at, Stop::Special);
                }
                conversation.answer(tag, body, now);
            }
        }
        at += header.total();
        if at > bytes.len() {
            break Walked::streaming(bytes.len(), at - bytes.len());
        }
    };
    if rows > 0 {
        session.shared.metrics.rows.inc_by(rows);
    }
    walked
}

/// A statement that says nothing in legacy names and changes nothing for those behind it, as nearly all.
fn plain(session: &Session, tag: u8, body: &[u8]) -> Option<Expected> {
    if body.len() > session.shared.limits.max_statement_bytes {
        return None;
    }
    if tag == b'Q' {
        let text = message::query(body).filter(|text| decide::is_plain(session, text))?;
        return Some(Expected::Query { planned: None, done: 0, failed: false, gives_up: deallocated(text) });
    }
    let parse = message::parse(body).filter(|parse| decide::is_plain(session, parse.text))?;
    Some(Expected::Parse { name: name(parse.name), planned: None })
}

/// The client sent a message of which nothing need be decided; of one that is malformed nothing is known.
pub(super) fn other(tag: u8, body: &[u8], conversation: &mut Conversation, arrived: Instant) {
    let (what, hints) = match tag {
        b'D' => (Expected::Describe(named(body)), Hints::default()),
        b'C' => (Expected::Close(named(body)), Hints::default()),
        b'E' => {
            let portal = name(message::execute(body).unwrap_or_default());
            let (hints, tables) = conversation.changes_of_portal(&portal);
            if !tables.is_empty() {
                conversation.changes_tables(tables);
            }
            (Expected::Execute { portal }, hints)
        }
        b'S' => (Expected::Sync, Hints::default()),
        b'F' => (Expected::FunctionCall, Hints::default()),
        b'c' | b'f' => (Expected::CopyEnd, Hints::default()),
        b'X' => {
            conversation.phase = Phase::Ending;
            return;
        }
        b'd' => return conversation.queue.sent_data(),
        _ => return,
    };
    expect(conversation, what, hints, arrived);
}

/// A message that was forwarded when it arrived will be answered.
pub(super) fn expect(conversation: &mut Conversation, what: Expected, hints: Hints, arrived: Instant) {
    let entry = Entry::new(what, arrived);
    conversation.moves(hints);
    conversation.queue.push(Entry { note: Note { hints, ..entry.note }, ..entry });
}

/// The portal and the statement that a Bind names; or how many bytes must be at hand to know.
pub(super) fn bound(header: Header, body: &[u8]) -> Result<(Name, Name), usize> {
    let known = message::bind(body);
    if known.is_none() && body.len() < header.body.min(LONGEST_NAMES) {
        let more = (HEADER + 2 * body.len().max(32)).min(header.total());
        return Err(more);
    }
    // Malformed or absurd: the server decides; nothing is known of such a statement.
    Ok(known.map_or((Name::default(), b"\xff"[..].into()), |(p, s)| (name(p), name(s))))
}

/// True when a statement is described that may mean another thing now, which the server would find out here.
fn is_described_anew(body: &[u8], conversation: &Conversation) -> bool {
    if conversation.knows_nothing() {
        return false;
    }
    let Some(Target::Statement(given)) = message::target(body) else { return false };
    !matches!(conversation.before_executing(&name(given), Place::Alone), Before::Nothing)
}

/// True when a portal is executed whose statement the server reads only now, and that has to be looked at.
fn is_read_late(body: &[u8], conversation: &Conversation) -> bool {
    let portal = name(message::execute(body).unwrap_or_default());
    !matches!(conversation.before_running(&portal), Before::Nothing)
}

/// What a Describe or a Close is about. What is malformed is about nothing that is known.
fn named(body: &[u8]) -> Named {
    match message::target(body) {
        Some(Target::Statement(given)) => Named::Statement(name(given)),
        Some(Target::Portal(given)) => Named::Portal(name(given)),
        None => Named::Portal(Name::default()),
    }
}

/// True for messages that are answered one by one: the server's send buffer bounds how many of those can be outstanding.
const fn is_answered(tag: u8) -> bool {
    matches!(tag, b'Q' | b'P' | b'B' | b'D' | b'E' | b'C' | b'S' | b'F')
}
