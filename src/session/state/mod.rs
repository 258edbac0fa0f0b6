//! What a session's names mean at the moment: search path, role, temporary tables, the settings that change how text is read.
//!
//! It follows the wire: an effect counts when the server reports success, a rolled-back transaction takes its effects with it,
//! what is set for a transaction ends with it, and what can no longer be told becomes unknown, never a guess. Pure; `answer` feeds
//! it, `opening` asks it.

mod effect;

use std::sync::Arc;

use super::encoding::Encoding;
use super::history::History;
use super::names::{Acts, Names, Part, Path};
use crate::catalog::Catalog;
use crate::rewrite::Context;
use crate::wire::error::Unit;
use crate::wire::message::Transaction;
use crate::wire::options::schemas;

/// The names of one session. What each answer touches comes first, and together.
#[derive(Debug)]
#[repr(C)]
pub(super) struct State {
    transaction: Transaction,
    encoding: Encoding,
    unit: Unit,
    /// The client has said it itself.
    is_asked: bool,
    initial_role: Acts,
    /// Servers from 18 on report the search path whenever it changes; at the end of a message that is the last word.
    reported: Option<Path>,
    history: History,
    /// What the rest say, for the next statement; another `Arc` only where it says something else.
    context: Arc<Context>,
    /// How often it has said something else than before.
    moves: u64,
    /// As `RESET` and `DISCARD ALL` leave it.
    initial: Path,
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
            "search_path" => self.report_path(schemas(value).map(Into::into)),
            _ => {}
        }
    }

    /// A search path was reported that is too long to be read.
    pub(super) fn path_is_unreadable(&mut self) {
        self.report_path(None);
    }

    fn report_path(&mut self, path: Path) {
        self.reported = Some(path.clone());
        self.history.report(path);
        self.settle();
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
pub(super) mod tests {
    use super::super::words::Back;
    use super::*;
    use crate::rewrite::{Effect, Identity};

    pub(super) fn fresh() -> State {
        State::new("ann", Some("public"), false, &Catalog::default())
    }

    pub(super) fn path(state: &State) -> Option<String> {
        state.context().search_path.as_ref().map(|p| p.join(", "))
    }

    pub(super) fn set(name: &str) -> Effect {
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
