//! What a session's names are, were when its transaction began, and may be when that ends.
//!
//! A rollback brings back what was; one to a savepoint loses what nobody wrote down; what commits by itself keeps it. Pure;
//! `state` tells it what the server has done, and asks.

use std::collections::BTreeSet;

use super::names::{Acts, Names, Part, Path};
use super::words::Back;
use crate::rewrite::Identity;
use crate::wire::message::Transaction;

/// The names of one session, with what the end of its transaction may make of them. What each answer touches comes first.
#[derive(Debug)]
#[repr(C)]
pub(super) struct History {
    /// Something may differ from what the last transaction left. Hardly ever: then all else need not be looked at.
    is_stirred: bool,
    rolled_back: RolledBack,
    failed: bool,
    /// What was changed may have been committed, although no transaction has ended.
    kept: bool,
    savepoint: Savepoint,
    names: Names,
    /// As a rollback would leave them.
    committed: Names,
    /// What the transaction has changed, also if it is as before again.
    touched: BTreeSet<Part>,
}

/// What has happened since the first savepoint of the transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Savepoint {
    None,
    /// Nothing: so all savepoints have the names of now.
    Same,
    Changed,
}

/// A ROLLBACK of which only the next status tells whether it was one to a savepoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RolledBack {
    No,
    Somewhere,
    /// And something was changed behind it.
    AndMore,
}

impl History {
    /// A session begins with these.
    pub(super) fn new(names: Names) -> Self {
        Self {
            committed: names.clone(),
            names,
            touched: BTreeSet::new(),
            is_stirred: false,
            savepoint: Savepoint::None,
            rolled_back: RolledBack::No,
            failed: false,
            kept: false,
        }
    }

    /// Those of now.
    pub(super) const fn names(&self) -> &Names {
        &self.names
    }

    /// True when the end of the transaction may take something back.
    pub(super) fn is_provisional(&self) -> bool {
        !self.touched.is_empty()
    }

    /// True when a rollback may just have taken one of these back.
    pub(super) fn is_in_doubt(&self, parts: &[Part]) -> bool {
        self.rolled_back != RolledBack::No && parts.iter().any(|part| self.touched.contains(part))
    }

    /// A statement has changed them.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Names)) {
        let before = self.names.clone();
        change(&mut self.names);
        if before == self.names {
            return;
        }
        self.is_stirred = true;
        self.touched.extend(self.names.differences(&before));
        if self.savepoint != Savepoint::None {
            self.savepoint = Savepoint::Changed;
        }
        if self.rolled_back == RolledBack::Somewhere {
            self.rolled_back = RolledBack::AndMore;
        }
    }

    /// A savepoint was made.
    pub(super) fn save(&mut self) {
        if self.savepoint == Savepoint::None {
            self.savepoint = Savepoint::Same;
            self.is_stirred = true;
        }
    }

    /// What was changed may have been committed on the way.
    pub(super) fn may_be_kept(&mut self) {
        self.kept |= self.is_provisional();
    }

    /// A statement failed.
    pub(super) const fn failed(&mut self) {
        self.failed = true;
    }

    /// A ROLLBACK was done.
    pub(super) fn roll_back(&mut self, back: Back) {
        match (back, self.savepoint) {
            // All savepoints are as it is now; or none is known, and then it is one that was made out of sight.
            (Back::ToSavepoint, Savepoint::Same) => {}
            (Back::ToSavepoint, _) => self.lose(),
            // Without a savepoint, also AND CHAIN, or with a BEGIN behind it.
            (Back::Whole, _) | (Back::Unknown, Savepoint::None) => self.restore(),
            (Back::Unknown, _) => self.rolled_back = RolledBack::Somewhere,
        }
    }

    /// The transaction has ended well.
    pub(super) fn end(&mut self) {
        self.kept = false;
        self.failed = false;
        if self.is_stirred {
            self.names.end_transaction();
            self.committed.clone_from(&self.names);
            self.savepoint = Savepoint::None;
            self.touched.clear();
        }
    }

    /// The server is ready, in this status, and has said that this is the search path, if it says so at all. False when nothing
    /// can be another than before.
    pub(super) fn ready(&mut self, status: Transaction, reported: Option<&Path>) -> bool {
        let rolled_back = std::mem::replace(&mut self.rolled_back, RolledBack::No);
        let is_idle = status == Transaction::Idle;
        if !self.is_stirred && rolled_back == RolledBack::No && (is_idle || reported.is_none()) {
            self.failed = false;
            return false;
        }
        match status {
            Transaction::Idle if rolled_back == RolledBack::AndMore || (self.failed && self.kept) => {
                self.lose();
                self.end();
            }
            Transaction::Idle if self.failed || rolled_back == RolledBack::Somewhere => self.restore(),
            Transaction::Idle => self.end(),
            // What was set behind the savepoint is gone, what was set before it is not.
            Transaction::Open if rolled_back != RolledBack::No => self.lose(),
            Transaction::Open | Transaction::Failed => {}
        }
        // What ends a failed transaction says so itself.
        self.failed = false;
        self.is_stirred &= !is_idle;
        match reported {
            Some(path) if is_idle => {
                self.committed.path.clone_from(path);
                self.names.path.clone_from(path);
            }
            Some(path) => self.report(path.clone()),
            None => {}
        }
        true
    }

    /// The server says that this is the search path, for as long as the transaction goes on.
    pub(super) fn report(&mut self, path: Path) {
        self.names.local_path = Some(path);
        self.is_stirred = true;
    }

    /// The transaction has been taken back.
    fn restore(&mut self) {
        self.kept = false;
        self.failed = false;
        self.names.clone_from(&self.committed);
        self.savepoint = Savepoint::None;
        self.touched.clear();
    }

    /// Some of what was set in this transaction is gone, and nobody here knows what.
    fn lose(&mut self) {
        self.is_stirred = true;
        let touched = |part| self.touched.contains(&part);
        if touched(Part::Path) {
            self.names.set_path(None);
        }
        if touched(Part::LocalPath) {
            self.names.local_path = Some(None);
        }
        if touched(Part::Role) {
            self.names.act(Identity::Session, Acts::Another, false);
        }
        if touched(Part::LocalRole) {
            self.names.act(Identity::Session, Acts::Another, true);
        }
        self.names.temporary_unsure |= touched(Part::Temporary);
    }
}
