//! What a session's names mean at the moment: search path, role, temporary tables, the settings that change how text is read.
//!
//! It follows the wire: an effect counts when the server reports success, a rolled-back transaction takes its effects with it,
//! what is set for a transaction ends with it, and what can no longer be told becomes unknown, never a guess. Pure; `answer` feeds
//! it, `opening` asks it.

use std::sync::Arc;

use super::encoding::Encoding;
use super::history::History;
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
    /// How often it has said something else than before.
    moves: u64,
    history: History,
    /// As `RESET` and `DISCARD ALL` leave it.
    initial: Path,
    /// The client has said it itself.
    is_asked: bool,
    initial_role: Acts,
    /// Servers from 18 on report the search path whenever it changes; at the end of a message that is the last word.
    reported: Option<Path>,
    encoding: Encoding,
    unit: Unit,
    transaction: Transaction,
}

impl State {
    /// As a session begins: `asked` is the search path of the startup packet, and `another` tells of a role there.
    pub(super) fn new(user: &str, asked: Option<&str>, another: bool, catalog: &Catalog) -> Self {
        let initial: Path = if let Some(list) = asked {
            schemas(list).map(Into::into)
        } else {
            let path = catalog.role_search_paths.get(user).unwrap_or(&catalog.search_path);
            Some(path.as_slice().into())
        };
        // Only a statement leaves a session without any path, see `Context::is_of_a_tool`.
        let initial = initial.map(|path| if path.is_empty() { [String::new()].into() } else { path });
        let given = &catalog.given_roles;
        let another = another || given.contains(user) || given.contains("");
        let initial_role = if another { Acts::Another } else { Acts::Itself };
        let names = Names::with(initial.clone(), initial_role);
        let context = Context { search_path: names.effective_path().clone(), ..Context::new(user, &[]) };
        Self {
            context: Arc::new(context),
            moves: 0,
            history: History::new(names),
            initial,
            is_asked: asked.is_some(),
            initial_role,
            reported: None,
            encoding: Encoding::Unicode,
            unit: Unit::Characters,
            transaction: Transaction::Idle,
        }
    }

    /// The settings that the session has begun with are others than the catalog has shown, perhaps.
    pub(super) fn begins_unsure(&mut self) {
        if !self.is_asked {
            self.initial = None;
        }
        self.initial_role = Acts::Another;
        let (initial, role) = (self.initial.clone(), self.initial_role);
        self.history = History::new(Names::with(initial, role));
        if let Some(path) = self.reported.clone() {
            self.history.report(path);
        }
        self.settle();
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
                self.history.report(path);
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
            "ROLLBACK" => {
                self.history.roll_back(back);
                self.settle();
            }
            "SAVEPOINT" => self.history.save(),
            "DISCARD ALL" => {
                self.apply(&Effect::Discard);
                self.end();
            }
            tag if COMMITS.contains(&tag) => self.end(),
            tag if MAY_COMMIT.contains(&tag) => self.history.may_be_kept(),
            "DISCARD TEMP" => self.apply(&Effect::DiscardTemporary),
            _ => {}
        }
        self.apply(effect);
    }

    /// A statement failed.
    pub(super) const fn failed(&mut self) {
        self.history.failed();
    }

    /// The server is ready, in this status.
    pub(super) fn ready(&mut self, status: Transaction) {
        self.transaction = status;
        if self.history.ready(status, self.reported.as_ref()) {
            self.settle();
        }
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
        self.history.change(change);
        self.settle();
    }

    fn end(&mut self) {
        self.history.end();
        self.settle();
    }

    /// Makes the context say what is known.
    fn settle(&mut self) {
        let names = self.history.names();
        let paths = [Part::Path, Part::LocalPath, Part::Role, Part::LocalRole];
        let path = if self.history.is_in_doubt(&paths) { &None } else { names.effective_path() };
        let may_change = names.temporary_unsure || self.history.is_in_doubt(&[Part::Temporary]);
        let provisional = self.history.is_provisional();
        let same = self.context.search_path == *path
            && self.context.temporary_may_change == may_change
            && self.context.temporary == names.temporary
            && self.context.doubtful == names.doubtful
            && self.context.provisional == provisional;
        if !same {
            self.moves += 1;
            let context = Arc::make_mut(&mut self.context);
            context.search_path.clone_from(path);
            context.temporary_may_change = may_change;
            context.temporary.clone_from(&names.temporary);
            context.doubtful.clone_from(&names.doubtful);
            context.provisional = provisional;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> State {
        State::new("ann", Some("public"), false, &Catalog::default())
    }

    fn path(state: &State) -> Option<String> {
        state.context().search_path.as_ref().map(|p| p.join(", "))
    }

    fn set(name: &str) -> Effect {
        Effect::SearchPath(vec![name.into()])
    }

    #[test]
    fn settings_that_may_have_changed_leave_nothing_certain_but_what_is_said() {
        let mut state = State::new("ann", None, false, &Catalog::default());
        state.begins_unsure();
        assert_eq!(path(&state), None);
        state.completed("SET", &set("a"), Back::Unknown);
        state.completed("SET", &Effect::Role { which: Identity::Role, other: false, local: false }, Back::Unknown);
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), None, "another role may still be acting");
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
