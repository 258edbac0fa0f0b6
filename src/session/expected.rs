//! One message of the client that awaits its answer: what it is, and what is known of it.
//!
//! `opening` makes them, `queue` keeps them in order. Pure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::planned::Planned;
use super::words::Hints;

/// The name of a statement or a portal; empty for the unnamed one.
pub(super) type Name = Box<[u8]>;

/// A statement or a portal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Named {
    Statement(Name),
    Portal(Name),
}

/// What will be answered.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    /// The startup packet: everything until the first Z.
    Login,
    /// A Query, of which so many statements are done; it may give up a statement that was prepared through the protocol.
    Query {
        planned: Option<Arc<Planned>>,
        done: usize,
        /// It failed; only Z is to come.
        failed: bool,
        gives_up: Option<Name>,
    },
    Parse {
        name: Name,
        planned: Option<Arc<Planned>>,
    },
    Bind {
        portal: Name,
        statement: Name,
    },
    /// A Bind that was sent with the name of no statement, or an Execute with that of no portal.
    Refused(Arc<Planned>),
    Describe(Named),
    Execute {
        portal: Name,
    },
    Close(Named),
    Sync,
    FunctionCall,
    /// `CopyDone` or `CopyFail`, which only tells where copy data ended.
    CopyEnd,
}

/// One message that awaits its answer.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) what: Expected,
    pub(super) note: Note,
}

/// What is known of a message whatever its kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    /// What it may change for the statements behind it.
    pub(super) hints: Hints,
    /// When it reached the proxy.
    pub(super) arrived: Instant,
    /// How long the proxy kept it.
    pub(super) kept: Duration,
}

/// What the statements before may still change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Unsettled {
    /// True when the server will tell more without being asked further: it has a Sync or a Query before it.
    pub(super) must_wait: bool,
    /// Behind those: the server tells when the client sends its Sync, which must not be waited for.
    pub(super) open: Hints,
}

impl Entry {
    /// One that was forwarded without being kept.
    pub(super) fn new(what: Expected, arrived: Instant) -> Self {
        Self { what, note: Note { hints: Hints::default(), arrived, kept: Duration::ZERO } }
    }

    /// True when it may prepare a statement of which something is known.
    pub(super) const fn prepares(&self) -> bool {
        self.note.hints.prepares || matches!(self.what, Expected::Parse { planned: Some(_), .. })
    }
}

impl Expected {
    /// True when its answer ends with Z.
    pub(super) const fn brings_ready(&self) -> bool {
        matches!(self, Self::Login | Self::Query { .. } | Self::Sync | Self::FunctionCall)
    }
}
