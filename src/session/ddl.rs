//! Tables that a text changes: until the transaction ends, nobody but this session can see what became of them.
//!
//! The catalog is read by another connection, so a statement in legacy names of such a table would be decided on what was before.
//! What only makes a table for itself (CREATE TABLE x AS SELECT … FROM t, CREATE INDEX … ON t) changes nothing for the names of t.

use std::sync::Arc;

use crate::mapping::Table;
use crate::rewrite::World;
use crate::sql::split::statements;
use crate::sql::token::{Token, TokenKind};
use crate::sql::{LexOptions, lex};

/// A statement that changes a mapped table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Change {
    /// Its place in the text.
    pub(super) turn: usize,
    /// The legacy name of the table.
    pub(super) table: Arc<str>,
}

/// The mapped tables that a text changes, by their legacy names.
pub(super) fn changes(world: &World, text: &[u8]) -> Vec<Change> {
    let text = String::from_utf8_lossy(text);
    let tables = || world.mappings.iter().flat_map(|m| &m.tables);
    let Ok(tokens) = lex(&text, LexOptions::default()) else {
        return tables().map(|t| Change { turn: 0, table: t.legacy.clone() }).collect();
    };
    let mut found = Vec::new();
    for (turn, range) in statements(&text, &tokens).into_iter().enumerate() {
        let tokens = &tokens[range];
        if changes_schema(&text, tokens) {
            found.extend(tables().map(|t| Change { turn, table: t.legacy.clone() }));
            continue;
        }
        for name in changed_names(&text, tokens) {
            let is_it = |t: &&Table| *t.legacy == *name || t.current == name;
            found.extend(tables().filter(is_it).map(|t| Change { turn, table: t.legacy.clone() }));
        }
    }
    found
}

/// True when any table may be another one behind it. A schema that is new has nothing but what the statement says.
fn changes_schema(text: &str, tokens: &[Token]) -> bool {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(text, word));
    let whole = is(1, "schema") || is(1, "owned") || is(1, "extension");
    whole && (is(0, "alter") || is(0, "drop"))
}

/// The names in a statement that may be tables which it changes.
fn changed_names(text: &str, tokens: &[Token]) -> Vec<String> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(text, word));
    let all = |from: usize| tokens.iter().skip(from).filter_map(|t| t.ident(text)).map(String::from).collect();
    let one = |at: usize| last_part(text, tokens, at).into_iter().collect();
    if is(0, "alter") || is(0, "drop") {
        return all(1);
    }
    if is(0, "create") {
        let kinds = ["table", "view", "schema"];
        let Some(at) = (1..tokens.len().min(6)).find(|&at| kinds.iter().any(|kind| is(at, kind))) else {
            return Vec::new();
        };
        // Tables that hide others are followed by themselves.
        if (1..at).any(|at| is(at, "temp") || is(at, "temporary")) {
            return Vec::new();
        }
        return if is(at, "schema") { all(at) } else { one(if is(at + 1, "if") { at + 4 } else { at + 1 }) };
    }
    let into = (1..tokens.len()).find(|&at| is(at, "into") && !is(at - 1, "insert"));
    let queries = is(0, "select") || is(0, "with");
    match into.filter(|_| queries) {
        Some(at) if is(at + 1, "temp") || is(at + 1, "temporary") => Vec::new(),
        Some(at) if is(at + 1, "table") || is(at + 1, "unlogged") => one(at + 2),
        Some(at) => one(at + 1),
        None => Vec::new(),
    }
}

/// The last part of the name that begins at `at`.
fn last_part(text: &str, tokens: &[Token], at: usize) -> Option<String> {
    let mut at = at;
    while tokens.get(at + 1).is_some_and(|t| t.kind == TokenKind::Dot) {
        at += 2;
    }
    tokens.get(at)?.ident(text).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_is_told_from_what_is_only_read() {
        let mapping = "[mapping]\nname = \"m\"\n[tables.log]\ntable = \"logs\"\n[tables.log.columns]\nkwh = \"k\"\n";
        let mapping = crate::mapping::file::parse("m.toml", mapping).expect("a good mapping");
        let world = World::new(1, vec![Arc::new(mapping)], Arc::default());
        let of = |text: &str| changes(&world, text.as_bytes()).iter().map(|c| c.turn).collect::<Vec<_>>();
        for text in [
            "ALTER TABLE log ADD a int",
            "DROP TABLE IF EXISTS public.logs",
            "CREATE TABLE IF NOT EXISTS public.log (a int)",
            "CREATE VIEW log AS SELECT 1",
            "SELECT 1 AS a INTO log",
            "ALTER TABLE x RENAME TO log",
        ] {
            assert_eq!(of(text), [0], "{text}");
        }
        for text in [
            "CREATE TABLE x AS SELECT * FROM log",
            "CREATE INDEX ON log (a)",
            "CREATE TEMP TABLE log (a int)",
            "INSERT INTO log VALUES (1)",
            "SELECT * INTO x FROM log",
            "ALTER TABLE x ADD a int",
            "SELECT 'alter' FROM log",
        ] {
            assert!(of(text).is_empty(), "{text}");
        }
        assert_eq!(of("ALTER SCHEMA other RENAME TO ann"), [0]);
        assert!(of("CREATE SCHEMA other").is_empty());
        assert_eq!(of("SELECT 1; ALTER TABLE log ADD a int"), [1]);
    }
}
