//! What a session's names mean at the moment: search path, role, temporary tables, the settings that change how text is read.
//!
//! It follows the wire: an effect counts when the server reports success, a rolled-back transaction takes its effects with it,
//! what is set for a transaction ends with it, and what can no longer be told becomes unknown, never a guess. Pure; `answer` feeds
//! it, `opening` asks it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::encoding::Encoding;
use super::names::{Acts, Names, Part, Path};
use super::words::Back;
use crate::catalog::Catalog;
use crate::rewrite::{Context, Effect, Identity};
use crate::wire::error::Unit;
use crate::wire::message::Transaction;
use crate::wire::options::schemas;

/// What no transaction may hold, and in a pipeline commits at once whatever was before it.
const COMMITS: [&str; 8] = [
    "ALTER SYSTEM",
    "COMMIT PREPARED",
    "CREATE DATABASE",
    "CREATE TABLESPACE",
    "DROP DATABASE",
    "DROP TABLESPACE",
    "ROLLBACK PREPARED",
    "VACUUM",
];

/// The same in some of their forms.
const MAY_COMMIT: [&str; 10] = [
    "ALTER SUBSCRIPTION",
    "ALTER TABLE",
    "ANALYZE",
    "CALL",
    "CLUSTER",
    "CREATE INDEX",
    "CREATE SUBSCRIPTION",
    "DROP INDEX",
    "DROP SUBSCRIPTION",
    "REINDEX",
];

/// The names of one session.
#[derive(Debug)]
pub(super) struct State {
    /// What the rest say, for the next statement; another `Arc` only where it says something else.
    context: Arc<Context>,
    names: Names,
    /// How often it has said something else than before.
    moves: u64,
    /// As a rollback would leave them.
    committed: Names,
    /// As `RESET` and `DISCARD ALL` leave it.
    initial: Path,
    initial_role: Acts,
    /// What the transaction has changed, also if it is as before again.
    touched: BTreeSet<Part>,
    /// Something may differ from what the last transaction left. Hardly ever: then all else need not be looked at.
    is_stirred: bool,
    savepoint: Savepoint,
    rolled_back: RolledBack,
    failed: bool,
    /// What was changed may have been committed, although no transaction has ended.
    kept: bool,
    /// Servers from 18 on report the search path whenever it changes; at the end of a message that is the last word.
    reported: Option<Path>,
    encoding: Encoding,
    unit: Unit,
    transaction: Transaction,
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

impl State {
    /// As a session begins: `asked` is the search path of the startup packet, and `another` tells of a role there.
    pub(super) fn new(user: Arc<str>, asked: Option<&str>, another: bool, catalog: &Catalog) -> Self {
        let initial: Path = if let Some(list) = asked {
            schemas(list).map(Into::into)
        } else {
            let path = catalog.role_search_paths.get(user.as_ref()).unwrap_or(&catalog.search_path);
            Some(path.as_slice().into())
        };
        let given = &catalog.given_roles;
        let another = another || given.contains(user.as_ref()) || given.contains("");
        let initial_role = if another { Acts::Another } else { Acts::Itself };
        let names = Names::with(initial.clone(), initial_role);
        let context = Context {
            user,
            search_path: names.effective_path().clone(),
            temporary: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            changed: BTreeSet::new(),
            moving: BTreeSet::new(),
            temporary_may_change: false,
            provisional: false,
            standard_conforming_strings: true,
        };
        Self {
            context: Arc::new(context),
            committed: names.clone(),
            names,
            moves: 0,
            initial,
            initial_role,
            touched: BTreeSet::new(),
            is_stirred: false,
            savepoint: Savepoint::None,
            rolled_back: RolledBack::No,
            failed: false,
            kept: false,
            reported: None,
            encoding: Encoding::Unicode,
            unit: Unit::Characters,
            transaction: Transaction::Idle,
        }
    }

    /// For the next statement.
    pub(super) fn context(&self) -> Arc<Context> {
        self.context.clone()
    }

    /// Another number for each context, so that one comparison tells that nothing has moved.
    pub(super) const fn moves(&self) -> u64 {
        self.moves
    }

    pub(super) const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What the server's positions count.
    pub(super) fn unit(&self) -> Unit {
        // Where each byte is a character, both are the same.
        if self.encoding == Encoding::SingleByte { Unit::Characters } else { self.unit }
    }

    pub(super) const fn transaction(&self) -> Transaction {
        self.transaction
    }

    /// A `ParameterStatus` came.
    pub(super) fn reported(&mut self, name: &str, value: &str) {
        match name {
            "standard_conforming_strings" => {
                let on = value != "off";
                if self.context.standard_conforming_strings != on {
                    Arc::make_mut(&mut self.context).standard_conforming_strings = on;
                }
            }
            "client_encoding" => self.encoding = Encoding::named(value),
            "server_encoding" => {
                self.unit = if value == "SQL_ASCII" { Unit::Bytes } else { Unit::Characters };
            }
            "search_path" => {
                let path: Path = schemas(value).map(Into::into);
                self.reported = Some(path.clone());
                self.names.local_path = Some(path);
                self.is_stirred = true;
                self.settle();
            }
            _ => {}
        }
    }

    /// A statement succeeded, with this tag and this effect. `back` is what is known of a ROLLBACK that was not read.
    pub(super) fn completed(&mut self, tag: &str, effect: &Effect, back: Back) {
        let back = match effect {
            Effect::RolledBack { to_savepoint: true } => Back::ToSavepoint,
            Effect::RolledBack { to_savepoint: false } => Back::Whole,
            _ => back,
        };
        match tag {
            "COMMIT" | "PREPARE TRANSACTION" => self.end(),
            // A COMMIT of a transaction that has failed is one, too.
            "ROLLBACK" => self.roll_back(back),
            "SAVEPOINT" if self.savepoint == Savepoint::None => {
                self.savepoint = Savepoint::Same;
                self.is_stirred = true;
            }
            "DISCARD ALL" => {
                self.apply(&Effect::Discard);
                self.end();
            }
            tag if COMMITS.contains(&tag) => self.end(),
            tag if MAY_COMMIT.contains(&tag) => self.kept |= !self.touched.is_empty(),
            "DISCARD TEMP" => self.apply(&Effect::DiscardTemporary),
            _ => {}
        }
        self.apply(effect);
    }

    /// A statement failed.
    pub(super) const fn failed(&mut self) {
        self.failed = true;
    }

    /// The server is ready, in this status.
    pub(super) fn ready(&mut self, status: Transaction) {
        self.transaction = status;
        let rolled_back = std::mem::replace(&mut self.rolled_back, RolledBack::No);
        if !self.is_stirred && rolled_back == RolledBack::No && (status == Transaction::Idle || self.reported.is_none())
        {
            self.failed = false;
            return;
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
        if let Some(path) = &self.reported {
            if status == Transaction::Idle {
                self.committed.path.clone_from(path);
                self.names.path.clone_from(path);
            } else {
                self.names.local_path = Some(path.clone());
                self.is_stirred = true;
            }
        }
        self.settle();
        self.is_stirred &= status != Transaction::Idle;
    }

    fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::None | Effect::Prepared(_) | Effect::RolledBack { .. } => {}
            Effect::Unread { names, tables } => self.change(|all| all.unread(*names, *tables)),
            Effect::DiscardTemporary => self.change(Names::without_temporary),
            Effect::SearchPath(path) => self.change(|names| names.set_path(Some(path.as_slice().into()))),
            Effect::LocalSearchPath(path) => {
                self.change(|names| names.local_path = Some(Some(path.as_slice().into())));
            }
            Effect::Unsure => self.change(|names| names.set_path(None)),
            Effect::LocalUnsure => self.change(|names| names.local_path = Some(None)),
            Effect::DefaultSearchPath => {
                let initial = self.initial.clone();
                self.change(|names| names.set_path(initial));
            }
            Effect::Role { which, other, local } => {
                let back = if *which == Identity::Role { self.initial_role } else { Acts::Itself };
                let acts = if *other { Acts::Another } else { back };
                self.change(|names| names.act(*which, acts, *local));
            }
            Effect::Discard => {
                let (initial, role) = (self.initial.clone(), self.initial_role);
                self.change(|names| *names = Names::with(initial, role));
            }
            Effect::Temporary(name) => self.change(|names| {
                names.temporary.insert(name.clone());
            }),
            Effect::TemporaryUntilCommit(name) => self.change(|names| {
                names.temporary.insert(name.clone());
                names.until_commit.insert(name.clone());
            }),
            Effect::Created { name, view } => {
                let may_be = self.context.may_be_temporary(*view);
                self.change(|names| names.create(name, may_be));
            }
            Effect::Renamed { from, to } => self.change(|names| names.rename(from, to)),
            Effect::Dropped { names: gone, cascade } => self.change(|names| names.drop(gone, *cascade)),
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Names)) {
        let before = self.names.clone();
        change(&mut self.names);
        if before != self.names {
            self.is_stirred = true;
            self.touched.extend(self.names.differences(&before));
            if self.savepoint != Savepoint::None {
                self.savepoint = Savepoint::Changed;
            }
            if self.rolled_back == RolledBack::Somewhere {
                self.rolled_back = RolledBack::AndMore;
            }
        }
        self.settle();
    }

    fn roll_back(&mut self, back: Back) {
        match (back, self.savepoint) {
            // All savepoints are as it is now; or none is known, and then it is one that was made out of sight.
            (Back::ToSavepoint, Savepoint::Same) => {}
            (Back::ToSavepoint, _) => self.lose(),
            // Without a savepoint, also AND CHAIN, or with a BEGIN behind it.
            (Back::Whole, _) | (Back::Unknown, Savepoint::None) => self.restore(),
            (Back::Unknown, _) => {
                self.rolled_back = RolledBack::Somewhere;
                self.settle();
            }
        }
    }

    /// The transaction has ended well.
    fn end(&mut self) {
        self.kept = false;
        self.failed = false;
        if !self.is_stirred {
            return;
        }
        self.names.end_transaction();
        self.committed.clone_from(&self.names);
        self.savepoint = Savepoint::None;
        self.touched.clear();
        self.settle();
    }

    /// The transaction has been taken back.
    fn restore(&mut self) {
        self.kept = false;
        self.failed = false;
        self.names.clone_from(&self.committed);
        self.savepoint = Savepoint::None;
        self.touched.clear();
        self.settle();
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
        self.settle();
    }

    /// Makes the context say what is known.
    fn settle(&mut self) {
        let unsure = self.rolled_back != RolledBack::No;
        let in_doubt = |parts: &[Part]| unsure && parts.iter().any(|part| self.touched.contains(part));
        let names = [Part::Path, Part::LocalPath, Part::Role, Part::LocalRole];
        let path = if in_doubt(&names) { &None } else { self.names.effective_path() };
        let may_change = self.names.temporary_unsure || in_doubt(&[Part::Temporary]);
        let same = self.context.search_path == *path
            && self.context.temporary_may_change == may_change
            && self.context.temporary == self.names.temporary
            && self.context.doubtful == self.names.doubtful
            && self.context.provisional != self.touched.is_empty();
        if !same {
            self.moves += 1;
            let context = Arc::make_mut(&mut self.context);
            context.search_path.clone_from(path);
            context.temporary_may_change = may_change;
            context.temporary.clone_from(&self.names.temporary);
            context.doubtful.clone_from(&self.names.doubtful);
            context.provisional = !self.touched.is_empty();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> State {
        State::new("ann".into(), Some("public"), false, &Catalog::default())
    }

    fn path(state: &State) -> Option<String> {
        state.context().search_path.as_ref().map(|p| p.join(", "))
    }

    fn set(name: &str) -> Effect {
        Effect::SearchPath(vec![name.into()])
    }

    #[test]
    fn a_path_that_was_set_stays_and_reset_brings_back_the_first() {
        let mut state = fresh();
        state.completed("SET", &set("a"), Back::Unknown);
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("a".into()));
        state.completed("RESET", &Effect::DefaultSearchPath, Back::Unknown);
        assert_eq!(path(&state), Some("public".into()));
        state.completed("SET", &Effect::Unsure, Back::Unknown);
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), None);
        state.completed("DISCARD ALL", &Effect::None, Back::Unknown);
        assert_eq!(path(&state), Some("public".into()));
    }

    #[test]
    fn a_rollback_takes_its_effects_with_it() {
        let mut state = fresh();
        state.completed("BEGIN", &Effect::None, Back::Unknown);
        state.ready(Transaction::Open);
        state.completed("SET", &set("a"), Back::Unknown);
        state.completed("CREATE TABLE", &Effect::Temporary("t".into()), Back::Unknown);
        state.ready(Transaction::Open);
        assert_eq!(path(&state), Some("a".into()));
        state.completed("ROLLBACK", &Effect::None, Back::Unknown);
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("public".into()));
        assert!(state.context().temporary.is_empty());
    }

    #[test]
    fn a_failed_implicit_transaction_is_a_rollback() {
        let mut state = fresh();
        state.completed("SET", &set("a"), Back::Unknown);
        state.failed();
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("public".into()));
        state.completed("SET", &set("a"), Back::Unknown);
        state.completed("COMMIT", &Effect::None, Back::Unknown);
        state.completed("SET", &set("b"), Back::Unknown);
        state.failed();
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("a".into()), "what an explicit COMMIT in the same text has kept");
    }

    #[test]
    fn behind_a_savepoint_it_is_unknown_until_the_end() {
        let mut state = fresh();
        state.completed("SAVEPOINT", &Effect::None, Back::Unknown);
        state.completed("SET", &set("a"), Back::Unknown);
        state.ready(Transaction::Open);
        state.failed();
        state.ready(Transaction::Failed);
        state.completed("ROLLBACK", &Effect::None, Back::ToSavepoint);
        state.ready(Transaction::Open);
        assert_eq!(path(&state), None);
        state.completed("COMMIT", &Effect::None, Back::Unknown);
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), None);
        let mut local = fresh();
        local.ready(Transaction::Open);
        local.completed("SET", &Effect::LocalSearchPath(vec!["a".into()]), Back::Unknown);
        local.completed("SAVEPOINT", &Effect::None, Back::Unknown);
        local.completed("SET", &Effect::LocalSearchPath(vec!["public".into()]), Back::Unknown);
        local.completed("ROLLBACK", &Effect::None, Back::ToSavepoint);
        assert_eq!(path(&local), None);
        local.completed("COMMIT", &Effect::None, Back::Unknown);
        local.ready(Transaction::Idle);
        assert_eq!(path(&local), Some("public".into()), "what was local is over");
        let mut twice = fresh();
        twice.ready(Transaction::Open);
        twice.completed("SET", &set("a"), Back::Unknown);
        twice.completed("SAVEPOINT", &Effect::None, Back::Unknown);
        twice.completed("SET", &set("public"), Back::Unknown);
        twice.completed("ROLLBACK", &Effect::None, Back::ToSavepoint);
        assert_eq!(path(&twice), None, "it is as it was, but not as it was at the savepoint");
        let mut untouched = fresh();
        untouched.ready(Transaction::Open);
        untouched.completed("ROLLBACK", &Effect::None, Back::Unknown);
        untouched.ready(Transaction::Open);
        assert_eq!(path(&untouched), Some("public".into()), "nothing was set, so nothing is lost");
    }

    #[test]
    fn a_savepoint_that_was_made_after_all_that_was_set_brings_it_back() {
        let mut state = fresh();
        state.ready(Transaction::Open);
        state.completed("SET", &Effect::LocalSearchPath(vec!["a".into()]), Back::Unknown);
        state.completed("SAVEPOINT", &Effect::None, Back::Unknown);
        state.failed();
        state.ready(Transaction::Failed);
        state.completed("ROLLBACK", &Effect::None, Back::ToSavepoint);
        state.ready(Transaction::Open);
        assert_eq!(path(&state), Some("a".into()));
        // A rollback of which nobody knows where it leads.
        state.completed("ROLLBACK", &Effect::None, Back::Unknown);
        assert_eq!(path(&state), None);
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("public".into()));
    }

    #[test]
    fn what_is_local_ends_with_the_transaction() {
        let mut state = fresh();
        let local = |name: &str| Effect::LocalSearchPath(vec![name.into()]);
        state.ready(Transaction::Open);
        state.completed("SET", &set("a"), Back::Unknown);
        state.completed("SET", &local("b"), Back::Unknown);
        state.completed("SET", &Effect::Role { which: Identity::Role, other: true, local: true }, Back::Unknown);
        assert_eq!(path(&state), None, "another role may use other schemas");
        state.completed("COMMIT", &Effect::None, Back::Unknown);
        assert_eq!(path(&state), Some("a".into()));
        state.completed("SET", &local("b"), Back::Unknown);
        state.completed("ROLLBACK", &Effect::None, Back::Unknown);
        assert_eq!(path(&state), Some("a".into()), "AND CHAIN");
        let set_config = Effect::LocalUnsure;
        state.completed("SELECT 1", &set_config, Back::Unknown);
        assert_eq!(path(&state), None);
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("a".into()));
    }

    #[test]
    fn a_temporary_table_until_commit_is_not_what_a_rollback_brings_back() {
        let mut state = fresh();
        state.ready(Transaction::Open);
        state.completed("CREATE TABLE", &Effect::TemporaryUntilCommit("t".into()), Back::Unknown);
        state.completed("COMMIT", &Effect::None, Back::Unknown);
        state.ready(Transaction::Idle);
        state.ready(Transaction::Open);
        state.completed("CREATE TABLE", &Effect::Temporary("u".into()), Back::Unknown);
        state.completed("ROLLBACK", &Effect::None, Back::Unknown);
        state.ready(Transaction::Idle);
        assert!(state.context().temporary.is_empty());
    }

    #[test]
    fn temporary_tables_behind_a_savepoint_may_be_gone() {
        let mut state = fresh();
        state.ready(Transaction::Open);
        state.completed("SAVEPOINT", &Effect::None, Back::Unknown);
        state.completed("CREATE TABLE", &Effect::Temporary("t".into()), Back::Unknown);
        state.completed("ROLLBACK", &Effect::None, Back::ToSavepoint);
        assert!(state.context().temporary_may_change);
        state.completed("ROLLBACK", &Effect::None, Back::Unknown);
        state.ready(Transaction::Idle);
        assert!(!state.context().temporary_may_change && state.context().temporary.is_empty());
    }

    #[test]
    fn a_report_is_the_last_word() {
        let mut state = fresh();
        state.reported("search_path", "\"$user\", public");
        state.completed("SET", &Effect::Unsure, Back::Unknown);
        assert_eq!(path(&state), None);
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("$user, public".into()));
    }

    #[test]
    fn settings_that_change_how_text_is_read() {
        let mut state = fresh();
        state.reported("client_encoding", "LATIN1");
        state.reported("standard_conforming_strings", "off");
        state.reported("server_encoding", "SQL_ASCII");
        assert_eq!((state.encoding(), state.unit()), (Encoding::SingleByte, Unit::Characters));
        state.reported("client_encoding", "UTF8");
        assert_eq!((state.encoding(), state.unit()), (Encoding::Unicode, Unit::Bytes));
        assert!(!state.context().standard_conforming_strings);
    }
}
