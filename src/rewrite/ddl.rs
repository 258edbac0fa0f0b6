//! Tables that a text changes: until the transaction ends, nobody but this session can see what became of them.
//!
//! The catalog is read by another connection, so a statement in legacy names of such a table would be decided on what was before.
//! What only makes a table for itself (CREATE TABLE x AS SELECT … FROM t, CREATE INDEX … ON t) changes nothing for the names of t.

use std::sync::Arc;

use super::{Context, World};
use crate::mapping::Table;
use crate::sql::token::{Token, TokenKind};

/// All mapped tables, by their legacy names.
#[must_use]
pub fn all_tables(world: &World) -> Vec<Arc<str>> {
    let unlisted = world.tables().iter().filter(|t| t.unlisted).map(|t| t.legacy.clone());
    tables(world).map(|t| t.legacy.clone()).chain(unlisted).collect()
}

/// Those that one statement changes in this context, and whatever else it may change.
pub(super) fn changes(world: &World, context: &Context, text: &str, tokens: &[Token]) -> Vec<Arc<str>> {
    if changes_schema(text, tokens) {
        return all_tables(world);
    }
    let names = changed_names(context, text, tokens);
    let is_changed = |t: &&Table| {
        names.iter().any(|name| {
            let is_read = t.query.as_ref().is_some_and(|query| query.words.contains(name));
            *t.legacy == **name || t.current == *name || is_read
        })
    };
    let mapped = tables(world).filter(is_changed).map(|t| t.legacy.clone());
    mapped.chain(names.iter().map(|name| name.as_str().into())).collect()
}

fn tables(world: &World) -> impl Iterator<Item = &Table> {
    world.mappings.iter().flat_map(|m| &m.tables)
}

/// True when any table may be another one behind it. A schema that is new has nothing but what the statement says.
fn changes_schema(text: &str, tokens: &[Token]) -> bool {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(text, word));
    let whole = is(1, "schema") || is(1, "owned") || is(1, "extension");
    whole && (is(0, "alter") || is(0, "drop"))
}

/// The names in a statement that may be tables which it changes.
fn changed_names(context: &Context, text: &str, tokens: &[Token]) -> Vec<String> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(text, word));
    let dot = |at: usize| tokens.get(at).is_some_and(|t| t.kind == TokenKind::Dot);
    let is_temporary = |at: usize| {
        let name = || tokens[at].ident(text);
        let hides = |name: &str| context.temporary.contains(name) && !context.is_doubtful(name);
        if dot(at - 1) { at > 1 && is(at - 2, "pg_temp") } else { !dot(at + 1) && name().is_some_and(|n| hides(&n)) }
    };
    let all = |from: usize| {
        let lasting = (from..tokens.len()).filter(|&at| !is_temporary(at));
        lasting.filter_map(|at| tokens[at].ident(text)).map(String::from).collect()
    };
    let one = |at: usize| last_part(text, tokens, at).into_iter().collect();
    if is(0, "alter") && (2..tokens.len().min(8)).any(is_temporary) {
        return Vec::new();
    }
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
    let first = (0..tokens.len()).find(|&at| tokens[at].kind != TokenKind::LeftParen).unwrap_or_default();
    let queries = is(first, "select") || is(first, "with");
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
        let mut context = Context::new("ann", &["public".into()]);
        context.temporary.insert("tmp".into());
        let of = |text: &str| {
            let mut mapped = super::super::changed_by(&world, &context, text);
            mapped.retain(|name| **name == *"log");
            mapped.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        for text in [
            "ALTER TABLE log ADD a int",
            "DROP TABLE IF EXISTS public.logs",
            "CREATE TABLE IF NOT EXISTS public.log (a int)",
            "CREATE VIEW log AS SELECT 1",
            "SELECT 1 AS a INTO log",
            "ALTER TABLE x RENAME TO log",
        ] {
            assert_eq!(of(text), ["log"], "{text}");
        }
        for text in [
            "CREATE TABLE x AS SELECT * FROM log",
            "CREATE INDEX ON log (a)",
            "CREATE TEMP TABLE log (a int)",
            "INSERT INTO log VALUES (1)",
            "SELECT * INTO x FROM log",
            "ALTER TABLE x ADD a int",
            "SELECT 'alter' FROM log",
            "DROP TABLE IF EXISTS pg_temp.log, pg_temp.logs",
            "ALTER TABLE IF EXISTS ONLY pg_temp.other RENAME TO log",
        ] {
            assert!(of(text).is_empty(), "{text}");
        }
        assert_eq!(of("ALTER SCHEMA other RENAME TO ann"), ["log"]);
        assert!(of("CREATE SCHEMA other").is_empty());
        assert_eq!(of("SELECT 1; ALTER TABLE log ADD a int"), ["log"]);
        assert_eq!(of("SELECT 'unfinished"), ["log"]);
    }
}
