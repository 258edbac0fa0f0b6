//! The places that clients take: one before their startup packet, another one as sessions, and no more of either than there is room for.
//!
//! ```text
//! accepted ─▶ opening: one descriptor ─▶ session: two, its server's too ─▶ gone
//!        └─▶ turned away                └─▶ too many
//! ```
//! Of both there are as many as `max_connections`, or as a third of the file descriptors that clients may have: so whoever says nothing takes
//! no session's, and nobody those that the admin port and reloads need. `app` tells how many descriptors there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::route::Shared;
use crate::metrics::Ended;

/// So many clients at a time are turned away with a word; it takes a moment until that has arrived.
const TOLD: usize = 8;

/// Who is where.
#[derive(Debug)]
pub(super) struct Seats {
    /// How many may be opening, and how many may have a session.
    most: AtomicUsize,
    opening: AtomicUsize,
    sessions: AtomicUsize,
    turned_away: AtomicUsize,
}

/// The place of one client.
#[derive(Debug)]
pub(super) struct Seat {
    shared: Arc<Shared>,
    row: Row,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Row {
    /// Its startup packet has not come.
    Opening,
    /// It has, or is about to get, its server.
    Session,
    /// There was no place; it is told.
    TurnedAway,
}

/// A session from its login to its end, wherever it goes: it keeps its seat and counts how it ended.
pub(super) struct Stay {
    seat: Seat,
    /// As long as nobody has said otherwise, something has failed that is logged where it did.
    ended: Ended,
    /// What lasts as long as the session.
    _company: Box<dyn Send>,
}

impl Seats {
    pub(super) fn new(most: usize) -> Self {
        let none = || AtomicUsize::new(0);
        Self { most: AtomicUsize::new(most), opening: none(), sessions: none(), turned_away: none() }
    }

    /// Clients and their servers shall not have more open files than that.
    pub(super) fn fit_into(&self, open_files: usize) {
        self.most.fetch_min((open_files.saturating_sub(TOLD) / 3).max(1), Ordering::Relaxed);
    }

    /// How many sessions there may be.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    fn of(&self, row: Row) -> &AtomicUsize {
        match row {
            Row::Opening => &self.opening,
            Row::Session => &self.sessions,
            Row::TurnedAway => &self.turned_away,
        }
    }
}

impl Seat {
    /// A place for a client that has just been accepted.
    pub(super) fn at_the_door(shared: &Arc<Shared>) -> Option<Self> {
        Self::take(shared, Row::Opening)
    }

    /// Where no place is left: one from which a client is told.
    pub(super) fn outside(shared: &Arc<Shared>) -> Option<Self> {
        Self::take(shared, Row::TurnedAway)
    }

    /// Becomes that of a session, if there is one; else it stays where it is.
    pub(super) fn sit_down(&mut self) -> bool {
        let Some(seat) = Self::take(&self.shared, Row::Session) else { return false };
        *self = seat;
        true
    }

    fn take(shared: &Arc<Shared>, row: Row) -> Option<Self> {
        let most = if row == Row::TurnedAway { TOLD } else { shared.seats.most() };
        let one_more = |taken: usize| (taken < most).then_some(taken + 1);
        shared.seats.of(row).fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        let seat = Self { shared: Arc::clone(shared), row };
        seat.gauge().inspect(|gauge| gauge.inc());
        Some(seat)
    }

    fn gauge(&self) -> Option<&prometheus::IntGauge> {
        match self.row {
            Row::Opening => Some(&self.shared.metrics.opening),
            Row::Session => Some(&self.shared.metrics.connections),
            Row::TurnedAway => None,
        }
    }
}

impl Stay {
    pub(super) fn new(seat: Seat, company: Box<dyn Send>) -> Self {
        Self { seat, ended: Ended::ServerGone, _company: company }
    }

    /// It ends like this.
    pub(super) fn ends(mut self, ended: Ended) {
        self.ended = ended;
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.seat.shared.metrics.ended(self.ended).inc();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shared.seats.of(self.row).fetch_sub(1, Ordering::Relaxed);
        self.gauge().inspect(|gauge| gauge.dec());
    }
}
