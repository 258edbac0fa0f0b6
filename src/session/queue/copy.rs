//! COPY from the client, seen from the queue: where its data end, and what a Sync among them brings.
//!
//! Within COPY a Sync brings no Z (libpq sends one behind Execute before it knows that there is a COPY), unless the COPY fails before
//! it reads. Pure.

use std::time::Instant;

use super::super::expected::{Entry, Expected};
use super::{Phase, Queue};

/// So many COPY of one text can have their data sent before the first is answered.
const MOST_COPIES: usize = 64;

impl Queue {
    /// The client sent copy data.
    pub(in crate::session) const fn sent_data(&mut self) {
        self.data = true;
    }

    /// True when the newest entry can read data that ends here: a text may hold several COPY, and nothing else more than one.
    pub(super) fn may_end_copy(&self) -> bool {
        let ends =
            self.entries.iter().rev().take_while(|entry| matches!(entry.what, Expected::CopyEnd)).take(MOST_COPIES);
        let ends = ends.count();
        match self.entries.iter().rev().nth(ends).map(|entry| &entry.what) {
            Some(Expected::Query { .. }) => ends < MOST_COPIES,
            Some(Expected::Execute { .. } | Expected::Sync) => ends == 0,
            _ => false,
        }
    }

    /// True when a `Z` that comes now belongs to one of the Syncs that were taken for a part of copy data: nothing else has come
    /// for the head, whose answer does not begin with it.
    pub(in crate::session) fn takes_uncertain(&mut self) -> bool {
        let begins_otherwise = |entry: &mut Entry| match entry.what {
            Expected::Query { done, failed, .. } => done == 0 && !failed,
            Expected::Sync | Expected::Login => false,
            _ => true,
        };
        // Those of Syncs are as many as there are: which is whose makes no difference.
        let ours = self.uncertain > 0 && self.head().is_none_or(begins_otherwise);
        self.uncertain -= usize::from(ours);
        if ours && self.entries.is_empty() {
            // What has failed need not be skipped any more.
            (self.phase, self.is_open) = (Phase::Answering, false);
        }
        ours
    }

    /// The server reads copy data for the head. Of the Syncs in front of the data nobody knows whether it reads them so, or fails
    /// before it reads anything and answers them all.
    pub(in crate::session) fn copy_in(&mut self) {
        if self.head().is_none() {
            return;
        }
        self.answered();
        let syncs = self.entries.iter().skip(1).take_while(|entry| matches!(entry.what, Expected::Sync)).count();
        match self.entries.get(1 + syncs).map(|entry| &entry.what) {
            None => self.phase = Phase::CopyIn,
            Some(Expected::CopyEnd) => {
                self.copy_ends -= 1;
                drop(self.entries.remove(1 + syncs));
            }
            // Inside of copy data that ends the session: if it goes on, nothing was read.
            Some(_) => return,
        }
        drop(self.entries.drain(1..=syncs));
        self.inside = syncs;
    }

    /// The Syncs in front of copy data are no part of it.
    pub(super) fn answer_inside(&mut self, arrived: Instant) {
        let syncs = std::mem::take(&mut self.inside) + std::mem::take(&mut self.uncertain);
        self.entries.extend(std::iter::repeat_n(Entry::new(Expected::Sync, arrived), syncs));
    }

    /// True while the server reads copy data: it answers nothing else before it has ended.
    pub(in crate::session) fn reads_copy(&self) -> bool {
        self.phase == Phase::CopyIn
    }
}

#[cfg(test)]
mod tests {
    use super::super::said::{push, queue, shape};
    use super::*;

    #[test]
    fn a_sync_before_copy_data_brings_no_ready() {
        let mut sync_first = queue("PBDES");
        for _ in 0..3 {
            sync_first.pop();
        }
        sync_first.copy_in();
        assert_eq!(shape(&sync_first), "E");
        push(&mut sync_first, "ScS");
        assert_eq!(shape(&sync_first), "ES", "the one inside is swallowed, the one behind is not");

        let mut data_first = queue("EScSQ");
        data_first.copy_in();
        assert_eq!(shape(&data_first), "ESQ");
    }

    #[test]
    fn a_copy_that_fails_skips_to_the_sync_behind_its_data() {
        let mut sent = queue("ES");
        sent.sent_data();
        sent.copy_in();
        sent.failed();
        push(&mut sent, "cSQ");
        assert_eq!(shape(&sent), "SQ");
        let mut unsent = queue("ES");
        unsent.copy_in();
        unsent.failed();
        push(&mut unsent, "PSQ");
        assert_eq!(shape(&unsent), "SPSQ", "nothing was there to be read");
    }

    #[test]
    fn a_copy_that_fails_before_it_reads_leaves_its_first_sync_to_be_answered() {
        for (tail, head) in [("Q", 'Q'), ("PS", 'P')] {
            let mut queue = queue(&format!("EScS{tail}"));
            queue.copy_in();
            queue.failed();
            assert!(!queue.takes_uncertain() && queue.ready().is_some(), "the Sync behind the data stands for either");
            assert!(queue.takes_uncertain(), "nothing has come for the next message");
            assert_eq!(shape(&queue).chars().next(), Some(head));
            assert!(!queue.takes_uncertain(), "there was one");
        }
        let mut read = queue("EScSPQ");
        read.copy_in();
        read.failed();
        read.ready();
        read.take(|w| matches!(w, Expected::Parse { .. }));
        assert!(!read.takes_uncertain(), "the server has gone on: it had read the first one");
    }

    #[test]
    fn a_ready_that_the_swallowed_sync_did_bring_ends_the_skipping() {
        let mut queue = queue("ES");
        queue.copy_in();
        queue.failed();
        queue.ready();
        push(&mut queue, "Q");
        assert_eq!(shape(&queue), "Q");
    }

    #[test]
    fn late_ends_of_copy_are_nothing() {
        let mut queue = queue("ccQcccPcPcEcSc");
        assert_eq!(shape(&queue), "QcccPPEcSc");
        assert_eq!(queue.entries.len() - queue.copy_ends, 5, "what is never answered holds nothing up");
        push(&mut queue, &"c".repeat(1000));
        assert_eq!(queue.copy_ends, 5, "and takes no room");
        push(&mut queue, &format!("Q{}", "c".repeat(1000)));
        assert_eq!(queue.copy_ends, 5 + MOST_COPIES);
        queue.failed();
        queue.ready();
        queue.ready();
        queue.ready();
        assert!(queue.head().is_none());
        let mut queue = self::queue("ccQccc");
        queue.failed();
        queue.ready();
        assert!(queue.head().is_none());
        assert!(queue.is_empty());
    }
}
