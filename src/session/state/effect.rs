//! What a statement that has succeeded makes of the session's names: by its tag, and by its effect where it was read.

use super::super::names::{Acts, Names};
use super::super::words::Back;
use super::State;
use crate::rewrite::{Effect, Identity};

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

impl State {
    /// A statement succeeded, with this tag and this effect. `back` is what is known of a ROLLBACK that was not read.
    pub(in crate::session) fn completed(&mut self, tag: &str, effect: &Effect, back: Back) {
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

    pub(super) fn apply(&mut self, effect: &Effect) {
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
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fresh, path, set};
    use super::*;
    use crate::wire::message::Transaction;

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
}
