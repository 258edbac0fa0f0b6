//! The replies that are still to come, in order: what each answer belongs to.
//!
//! Each message that the server answers puts an entry in before it is forwarded; the answers take them out.
//!
//! ```text
//! client   P  B  D  E  S  Q ▶            error at B: D and E are skipped by the server and dropped here,
//! server        ◀ 1  2  T  D…C  Z  …     up to S, whose Z ends the skipping
//! ```
//! The server alone decides to skip; this only mirrors it. COPY from the client has rules of its own (`copy`). Pure; `model` holds it
//! against all orders in which messages and answers can cross.

mod copy;
#[cfg(test)]
mod model;
#[cfg(test)]
mod said;

use std::collections::VecDeque;
use std::time::Instant;

use super::expected::{Entry, Expected, Unsettled};
use super::words::Hints;

/// Entries that may wait before the client is no longer read. More than fit unflushed into the server's send buffer
/// (8 KiB, 5 bytes each), or a client that sends neither Sync nor Flush would wait for answers that never leave the server.
pub(super) const LONGEST: usize = 2048;

/// The entries of one session.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: VecDeque<Entry>,
    phase: Phase,
    /// The client has begun a pipeline, which is a transaction, and its Sync is still to come.
    is_open: bool,
    /// Entries that nothing answers.
    copy_ends: usize,
    /// Entries with hints, so that the usual answer costs nothing.
    hinted: usize,
    /// Entries that may prepare a statement of which something is known.
    preparing: usize,
    /// Copy data has been sent since the newest message but Syncs.
    data: bool,
    /// Syncs in front of the copy data that the head reads, if it does, and among it.
    inside: usize,
    /// The head has failed since: a `Z` may come for each of so many, which belongs to no entry.
    uncertain: usize,
    /// Copy data has failed behind a Sync, and what comes behind it is no Sync: nobody can tell whether the server skips it.
    is_torn: bool,
    /// What has been answered and may be taken back, as its transaction goes on; settings are reported at its end, too.
    provisional: Hints,
}

/// What the server does with what comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Phase {
    /// Everything is answered.
    #[default]
    Answering,
    /// An extended statement failed, and its Sync has not been sent yet.
    Skipping,
    /// Data is read for COPY, and the client has not ended it yet.
    CopyIn,
}

impl Queue {
    /// A queue that awaits the login.
    pub(super) fn at_login(now: Instant) -> Self {
        let mut queue = Self::default();
        queue.push(Entry::new(Expected::Login, now));
        queue
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.phase == Phase::Answering && !self.is_open
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() - self.copy_ends >= LONGEST
    }

    /// The client sent a message that will be answered, unless the server skips it.
    pub(super) fn push(&mut self, entry: Entry) {
        match (self.phase, &entry.what) {
            (Phase::Skipping, Expected::Sync) => self.phase = Phase::Answering,
            (Phase::Skipping, what) => {
                self.is_torn |= self.uncertain > 0 && !matches!(what, Expected::CopyEnd);
                return;
            }
            (Phase::CopyIn, Expected::Sync) => {
                self.inside += 1;
                return;
            }
            (Phase::CopyIn, Expected::CopyEnd) => {
                self.phase = Phase::Answering;
                return;
            }
            // It ends the session, or COPY has failed before it read anything: then those Syncs are answered.
            (Phase::CopyIn, _) => {
                self.phase = Phase::Answering;
                self.answer_inside(entry.note.arrived);
            }
            // Outside of COPY it is ignored by the server; only behind what can read data it may tell where that has ended.
            (Phase::Answering, Expected::CopyEnd) => {
                if !self.may_end_copy() {
                    return;
                }
                self.copy_ends += 1;
            }
            _ => {}
        }
        self.data &= matches!(entry.what, Expected::Sync | Expected::CopyEnd);
        self.is_open = match entry.what {
            Expected::CopyEnd => self.is_open,
            ref what => !what.brings_ready(),
        };
        self.hinted += usize::from(entry.note.hints.any());
        self.preparing += usize::from(entry.prepares());
        self.entries.push_back(entry);
    }

    /// What the next answer belongs to.
    pub(super) fn head(&mut self) -> Option<&mut Entry> {
        while matches!(self.entries.front(), Some(Entry { what: Expected::CopyEnd, .. })) {
            self.entries.pop_front();
            self.copy_ends -= 1;
        }
        self.entries.front_mut()
    }

    /// Something else than `Z` came for the head: what was uncertain is over.
    pub(super) fn answered(&mut self) {
        (self.inside, self.uncertain) = (0, 0);
    }

    /// Takes the head out if the answer fits it.
    pub(super) fn take(&mut self, fits: impl FnOnce(&Expected) -> bool) -> Option<Entry> {
        let head = self.head()?;
        if !fits(&head.what) {
            return None;
        }
        self.answered();
        self.pop()
    }

    /// The server failed on the head. Returns it if that is its whole answer.
    pub(super) fn failed(&mut self) -> Option<Entry> {
        let has_read_nothing = self.phase == Phase::CopyIn && !self.data;
        if self.phase == Phase::CopyIn {
            self.phase = Phase::Answering;
        }
        self.uncertain = std::mem::take(&mut self.inside);
        if let Expected::Query { failed, .. } = &mut self.head()?.what {
            *failed = true;
        }
        if self.head()?.what.brings_ready() {
            return None;
        }
        let failed = self.pop();
        let mut behind = self.entries.iter().map(|entry| &entry.what).filter(|what| !matches!(what, Expected::CopyEnd));
        let ends = behind.next().is_none_or(|what| matches!(what, Expected::Sync));
        self.is_torn |= self.uncertain > 0 && !has_read_nothing && !ends;
        while self.entries.front().is_some_and(|entry| !matches!(entry.what, Expected::Sync)) {
            self.pop();
        }
        if let Some(failed) = failed.as_ref().filter(|_| has_read_nothing) {
            self.answer_inside(failed.note.arrived);
        }
        if self.entries.is_empty() {
            self.phase = Phase::Skipping;
        }
        failed
    }

    /// A Z came. Returns what it ends.
    pub(super) fn ready(&mut self) -> Option<Entry> {
        // Without a Sync in sight it belongs to one that was sent in front of copy data which then failed at once.
        self.phase = Phase::Answering;
        let ended = std::iter::from_fn(|| self.pop()).find(|entry| entry.what.brings_ready());
        self.is_open &= !self.entries.is_empty();
        ended
    }

    /// No transaction is open: what was answered stays.
    pub(super) fn settled(&mut self) {
        self.provisional = Hints::default();
    }

    /// True when no entry may still change anything, and nothing that was answered may be taken back.
    pub(super) fn is_settled(&self) -> bool {
        self.hinted == 0 && !self.provisional.any()
    }

    /// True when no entry may prepare a statement of which something is known.
    pub(super) const fn prepares_nothing(&self) -> bool {
        self.preparing == 0
    }

    /// From the last one that was sent to the one whose answer is next.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev()
    }

    /// True when nobody can tell any more which answer belongs to what.
    pub(super) const fn is_torn(&self) -> bool {
        self.is_torn
    }

    /// What the entries may still change.
    pub(super) fn unsettled(&self) -> Unsettled {
        if self.is_settled() {
            return Unsettled::default();
        }
        let mut any_closed = false;
        let (mut closed, mut open) = (Hints::default(), Hints::default());
        for entry in self.entries.iter().rev() {
            any_closed |= entry.what.brings_ready();
            let part = if any_closed { &mut closed } else { &mut open };
            *part = part.with(entry.note.hints);
        }
        let must_wait = closed.changes() || (self.provisional.changes() && any_closed);
        // The end of a transaction takes back what was changed in it, if it is a rollback or has failed.
        open.names |= open.ends && self.provisional.names;
        open.lexing |= open.ends && self.provisional.lexing;
        Unsettled { must_wait, open }
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.preparing -= usize::from(entry.prepares());
        if entry.note.hints.any() {
            self.hinted -= 1;
            self.provisional = self.provisional.with(entry.note.hints);
        }
        self.copy_ends -= usize::from(matches!(entry.what, Expected::CopyEnd));
        if self.entries.is_empty() {
            if self.entries.capacity() > 64 {
                self.entries = VecDeque::new();
            }
            // The next one takes the same place, which is warm in the processor's cache, and not the next place of the ring.
            self.entries.clear();
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::expected::{Name, Note};
    use super::said::{push, queue, shape};
    use super::*;

    #[test]
    fn an_error_skips_to_the_sync_that_was_sent() {
        let mut queue = queue("PBDESQ");
        assert!(queue.take(|w| matches!(w, Expected::Parse { .. })).is_some());
        assert!(matches!(queue.failed().map(|e| e.what), Some(Expected::Bind { .. })));
        assert_eq!(shape(&queue), "SQ");
        assert!(matches!(queue.ready().map(|e| e.what), Some(Expected::Sync)));
        assert_eq!(shape(&queue), "Q");
    }

    #[test]
    fn an_error_skips_to_the_sync_that_is_yet_to_be_sent() {
        let mut queue = queue("PBE");
        queue.failed();
        push(&mut queue, "PBEQ");
        assert_eq!(shape(&queue), "", "the server ignores them, simple queries too");
        assert!(!queue.is_empty(), "its Sync is still missing");
        push(&mut queue, "SPB");
        assert_eq!(shape(&queue), "SPB");
    }

    #[test]
    fn a_pipeline_is_a_transaction_until_its_sync() {
        let mut queue = queue("PE");
        drop((queue.take(|_| true), queue.take(|_| true)));
        assert!(!queue.is_empty(), "all is answered, nothing is committed");
        push(&mut queue, "S");
        queue.ready();
        assert!(queue.is_empty());
    }

    #[test]
    fn an_error_in_a_simple_query_ends_with_its_own_ready() {
        let mut queue = queue("QQ");
        assert!(queue.failed().is_none());
        assert!(queue.ready().is_some());
        assert_eq!(shape(&queue), "Q");
    }

    fn hinted(queue: &mut Queue, tag: &str, hints: Hints) {
        push(queue, tag);
        queue.entries.back_mut().expect("just pushed").note.hints = hints;
        queue.hinted += 1;
    }

    const NAMES: Hints = Hints { names: true, catalog: false, lexing: false, ends: false, ..Hints::NONE };
    const ENDS: Hints = Hints { names: false, catalog: false, lexing: false, ends: true, ..Hints::NONE };

    #[test]
    fn what_is_closed_is_waited_for_until_nothing_can_take_it_back() {
        let mut queue = queue("P");
        hinted(&mut queue, "E", NAMES);
        assert_eq!(queue.unsettled(), Unsettled { must_wait: false, open: NAMES });
        push(&mut queue, "SPES");
        assert_eq!(queue.unsettled(), Unsettled { must_wait: true, open: Hints::default() });
        queue.ready();
        assert!(queue.unsettled().must_wait, "what comes behind may still roll it back");
        queue.ready();
        assert_eq!(queue.unsettled(), Unsettled::default(), "now there is nothing to wait for");
    }

    #[test]
    fn the_end_of_a_transaction_makes_unsure_what_was_changed_in_it() {
        let mut queue = queue("");
        hinted(&mut queue, "Q", NAMES);
        queue.ready();
        hinted(&mut queue, "E", ENDS);
        assert!(queue.unsettled().open.names);
        queue.settled();
        assert!(!queue.unsettled().open.names, "a transaction that changed nothing may end as it likes");
    }

    fn preparing() -> Entry {
        let entry = Entry::new(Expected::Execute { portal: Name::default() }, Instant::now());
        Entry { note: Note { hints: Hints { prepares: true, ..Hints::NONE }, ..entry.note }, ..entry }
    }

    proptest! {
        #[test]
        fn no_order_of_messages_and_answers_breaks_it(steps in proptest::collection::vec("[QPBDECSFcL]|p|1|!|G|Z|x", 0..200)) {
            let mut queue = Queue::default();
            for step in &steps {
                match step.as_str() {
                    "1" => drop(queue.take(|w| matches!(w, Expected::Parse { .. }))),
                    "x" => drop(queue.take(|_| true)),
                    "!" => drop(queue.failed()),
                    "G" => queue.copy_in(),
                    "Z" => drop(queue.ready()),
                    "p" => queue.push(preparing()),
                    tag => push(&mut queue, tag),
                }
                let _ = queue.unsettled();
                let ends = queue.entries.iter().filter(|e| matches!(e.what, Expected::CopyEnd)).count();
                prop_assert!(ends == queue.copy_ends);
                prop_assert!(queue.entries.iter().filter(|e| e.note.hints.any()).count() == queue.hinted);
                prop_assert!(queue.entries.iter().filter(|e| e.prepares()).count() == queue.preparing);
            }
            // A Sync and its Z always bring both ends together again.
            while queue.ready().is_some() {}
            prop_assert!(queue.is_empty());
        }
    }
}
