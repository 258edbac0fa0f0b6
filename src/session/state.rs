//! What a session's names mean at the moment: search path, temporary tables, the settings that change how text is read.
//!
//! It follows the wire: an effect counts when the server reports success, a rolled-back transaction takes its effects with it,
//! and what can no longer be told becomes unknown, never a guess. Pure; `answer` feeds it, `opening` asks it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::rewrite::{Context, Effect};
use crate::wire::error::Unit;
use crate::wire::message::Transaction;
use crate::wire::options::schemas;

/// The encoding of the texts that the client sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Encoding {
    /// `UTF8`, or `SQL_ASCII`: whatever it is, the server takes it as it comes.
    Unicode,
    /// Any other, of which we know that ASCII texts are what they seem.
    Other,
}

/// The names of one session.
#[derive(Debug)]
pub(super) struct State {
    current: Arc<Context>,
    /// Temporary tables that end with the transaction.
    until_commit: Vec<String>,
    /// As a rollback would leave them.
    committed: Names,
    /// As `RESET` and `DISCARD ALL` leave them.
    initial: Option<Arc<[String]>>,
    since_commit: Since,
    failed: bool,
    /// Servers from 18 on report the search path whenever it changes; then this is the last word.
    reported: Option<Arc<[String]>>,
    encoding: Encoding,
    unit: Unit,
    transaction: Transaction,
}

/// The part of a [`Context`] that a transaction can change.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Names {
    search_path: Option<Arc<[String]>>,
    temporary: BTreeSet<String>,
}

/// What happened to the names since the last commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Since {
    Nothing,
    Changed,
    /// A ROLLBACK came, of everything or to a savepoint: which of them, the next status tells.
    RolledBack,
}

impl State {
    /// As a session begins: `asked` is the search path of the startup packet.
    pub(super) fn new(user: Arc<str>, asked: Option<&str>, catalog: &Catalog) -> Self {
        let initial = if let Some(list) = asked {
            schemas(list).map(Into::into)
        } else {
            let path = catalog.role_search_paths.get(user.as_ref()).unwrap_or(&catalog.search_path);
            Some(path.as_slice().into())
        };
        let current = Context {
            user,
            search_path: initial.clone(),
            temporary: BTreeSet::new(),
            temporary_may_change: false,
            standard_conforming_strings: true,
        };
        Self {
            committed: Names::of(&current),
            current: Arc::new(current),
            until_commit: Vec::new(),
            initial,
            since_commit: Since::Nothing,
            failed: false,
            reported: None,
            encoding: Encoding::Unicode,
            unit: Unit::Characters,
            transaction: Transaction::Idle,
        }
    }

    /// For the next statement.
    pub(super) fn context(&self) -> Arc<Context> {
        self.current.clone()
    }

    pub(super) const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What the server's positions count.
    pub(super) const fn unit(&self) -> Unit {
        self.unit
    }

    pub(super) const fn transaction(&self) -> Transaction {
        self.transaction
    }

    /// A `ParameterStatus` came.
    pub(super) fn reported(&mut self, name: &str, value: &str) {
        match name {
            "standard_conforming_strings" => {
                Arc::make_mut(&mut self.current).standard_conforming_strings = value != "off";
            }
            "client_encoding" => {
                let unicode = matches!(value, "UTF8" | "UNICODE" | "SQL_ASCII");
                self.encoding = if unicode { Encoding::Unicode } else { Encoding::Other };
            }
            "server_encoding" => {
                self.unit = if value == "SQL_ASCII" { Unit::Bytes } else { Unit::Characters };
            }
            "search_path" => {
                self.reported = schemas(value).map(Into::into);
                Arc::make_mut(&mut self.current).search_path.clone_from(&self.reported);
            }
            _ => {}
        }
    }

    /// A statement succeeded, with this tag and this effect.
    pub(super) fn completed(&mut self, tag: &str, effect: &Effect) {
        match tag {
            "COMMIT" | "PREPARE TRANSACTION" => self.commit(),
            "ROLLBACK" => self.rolled_back(),
            "DISCARD ALL" => self.apply(&Effect::Discard),
            "DISCARD TEMP" => Arc::make_mut(&mut self.current).temporary.clear(),
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
        match status {
            Transaction::Idle => {
                if self.failed || self.since_commit == Since::RolledBack {
                    Arc::make_mut(&mut self.current).search_path.clone_from(&self.committed.search_path);
                    Arc::make_mut(&mut self.current).temporary.clone_from(&self.committed.temporary);
                }
                for name in std::mem::take(&mut self.until_commit) {
                    Arc::make_mut(&mut self.current).temporary.remove(&name);
                }
                self.commit();
                self.failed = false;
            }
            Transaction::Open => {
                // Back at a savepoint. What was set behind it is gone, what was set before it is not.
                if self.since_commit == Since::RolledBack {
                    self.since_commit = Since::Changed;
                }
                self.failed = false;
            }
            Transaction::Failed => {}
        }
        if let Some(path) = &self.reported {
            Arc::make_mut(&mut self.current).search_path = Some(path.clone());
            if status == Transaction::Idle {
                self.committed.search_path = Some(path.clone());
            }
        }
    }

    fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::None => return,
            Effect::SearchPath(path) => Arc::make_mut(&mut self.current).search_path = Some(path.as_slice().into()),
            Effect::Unsure => Arc::make_mut(&mut self.current).search_path = None,
            Effect::DefaultSearchPath => Arc::make_mut(&mut self.current).search_path.clone_from(&self.initial),
            Effect::Discard => {
                Arc::make_mut(&mut self.current).search_path.clone_from(&self.initial);
                Arc::make_mut(&mut self.current).temporary.clear();
            }
            Effect::Temporary(name) => {
                Arc::make_mut(&mut self.current).temporary.insert(name.clone());
            }
            Effect::TemporaryUntilCommit(name) => {
                Arc::make_mut(&mut self.current).temporary.insert(name.clone());
                self.until_commit.push(name.clone());
            }
            Effect::Dropped(names) => {
                if names.iter().all(|name| !self.current.temporary.contains(name)) {
                    return;
                }
                Arc::make_mut(&mut self.current).temporary.retain(|name| !names.contains(name));
            }
        }
        self.since_commit = Since::Changed;
    }

    fn rolled_back(&mut self) {
        if self.since_commit != Since::Nothing {
            Arc::make_mut(&mut self.current).search_path = None;
            self.since_commit = Since::RolledBack;
        }
    }

    fn commit(&mut self) {
        if self.since_commit != Since::Nothing {
            self.committed = Names::of(&self.current);
            self.since_commit = Since::Nothing;
        }
    }
}

impl Names {
    fn of(context: &Context) -> Self {
        Self { search_path: context.search_path.clone(), temporary: context.temporary.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> State {
        State::new("ann".into(), Some("public"), &Catalog::default())
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
        state.completed("SET", &set("a"));
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("a".into()));
        state.completed("RESET", &Effect::DefaultSearchPath);
        assert_eq!(path(&state), Some("public".into()));
        state.completed("SET", &Effect::Unsure);
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), None);
        state.completed("DISCARD ALL", &Effect::None);
        assert_eq!(path(&state), Some("public".into()));
    }

    #[test]
    fn a_rollback_takes_its_effects_with_it() {
        let mut state = fresh();
        state.completed("BEGIN", &Effect::None);
        state.ready(Transaction::Open);
        state.completed("SET", &set("a"));
        state.completed("CREATE TABLE", &Effect::Temporary("t".into()));
        state.ready(Transaction::Open);
        assert_eq!(path(&state), Some("a".into()));
        state.completed("ROLLBACK", &Effect::None);
        assert_eq!(path(&state), None, "until the status tells what was rolled back");
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("public".into()));
        assert!(state.context().temporary.is_empty());
    }

    #[test]
    fn a_failed_implicit_transaction_is_a_rollback() {
        let mut state = fresh();
        state.completed("SET", &set("a"));
        state.failed();
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("public".into()));
        state.completed("SET", &set("a"));
        state.completed("COMMIT", &Effect::None);
        state.completed("SET", &set("b"));
        state.failed();
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), Some("a".into()), "what an explicit COMMIT in the same text has kept");
    }

    #[test]
    fn behind_a_savepoint_it_is_unknown_until_the_end() {
        let mut state = fresh();
        state.completed("SET", &set("a"));
        state.ready(Transaction::Open);
        state.failed();
        state.ready(Transaction::Failed);
        state.completed("ROLLBACK", &Effect::None);
        state.ready(Transaction::Open);
        assert_eq!(path(&state), None);
        state.completed("COMMIT", &Effect::None);
        state.ready(Transaction::Idle);
        assert_eq!(path(&state), None);
        let mut untouched = fresh();
        untouched.ready(Transaction::Open);
        untouched.completed("ROLLBACK", &Effect::None);
        untouched.ready(Transaction::Open);
        assert_eq!(path(&untouched), Some("public".into()), "nothing was set, so nothing is lost");
    }

    #[test]
    fn a_report_is_the_last_word() {
        let mut state = fresh();
        state.reported("search_path", "\"$user\", public");
        state.completed("SET", &Effect::Unsure);
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
        assert_eq!((state.encoding(), state.unit()), (Encoding::Other, Unit::Bytes));
        assert!(!state.context().standard_conforming_strings);
    }
}
