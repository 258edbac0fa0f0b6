//! What a statement does to its session's own names, read off its tokens.

use super::configure::{configures, plain_string};
use super::plan::{Effect, Identity};
use crate::sql::lexer::{LexOptions, lex};
use crate::sql::token::{Token, TokenKind};

/// The effect of one statement when it succeeds.
#[must_use]
pub fn effect(source: &str, tokens: &[Token]) -> Effect {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    if is(0, "set") {
        return set(source, tokens);
    }
    if is(0, "reset") {
        return reset(source, tokens);
    }
    if is(0, "discard") && is(1, "all") {
        return Effect::Discard;
    }
    if is(0, "discard") && (is(1, "temp") || is(1, "temporary")) {
        return Effect::DiscardTemporary;
    }
    if is(0, "rollback") || is(0, "abort") {
        let to_savepoint = (1..tokens.len().min(3)).any(|at| is(at, "to"));
        let prepared = is(1, "prepared");
        return if prepared { Effect::None } else { Effect::RolledBack { to_savepoint } };
    }
    if is(0, "create") {
        return match configures(source, tokens) {
            Effect::None => create(source, tokens),
            unsure => unsure,
        };
    }
    if is(0, "explain") {
        return explained(source, tokens);
    }
    if is(0, "declare") {
        // What it calls is called when rows are fetched, whatever was set meanwhile.
        let harmless = configures(source, tokens) == Effect::None;
        return if harmless { Effect::None } else { Effect::Unread { names: true, tables: false } };
    }
    if is(0, "do") {
        return in_body(source, tokens);
    }
    if is(0, "prepare") {
        let name = tokens.get(1).and_then(|t| t.ident(source)).map(String::from);
        let transaction = is(1, "transaction") && tokens.len() == 3;
        return name.filter(|_| !transaction).map_or(Effect::None, Effect::Prepared);
    }
    if is(0, "drop") {
        return dropped(source, tokens);
    }
    if is(0, "alter") {
        // ALTER ROLE … SET search_path concerns later sessions.
        return renamed(source, tokens);
    }
    match configures(source, tokens) {
        Effect::None => into(source, tokens),
        effect => effect,
    }
}

/// `EXPLAIN`, which does what the statement behind it does if it is to ANALYZE.
fn explained(source: &str, tokens: &[Token]) -> Effect {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    let begins = |at: &usize| ["create", "select", "with", "execute"].iter().any(|word| is(*at, word));
    let Some(inner) = (1..tokens.len()).find(begins) else { return Effect::None };
    let Some(analyze) = (1..inner).find(|&at| is(at, "analyze") || is(at, "analyse")) else { return Effect::None };
    let effect = effect(source, &tokens[inner..]);
    let next = tokens.get(analyze + 1).map(|t| t.kind);
    let is_plain = analyze == 1 || matches!(next, Some(TokenKind::Comma | TokenKind::RightParen));
    let is_on = is_plain || is(analyze + 1, "true") || is(analyze + 1, "on");
    match effect {
        Effect::None => Effect::None,
        effect if is_on => effect,
        _ => Effect::Unread { names: true, tables: true },
    }
}

/// The effect of executing what a `PREPARE name AS …` has prepared.
#[must_use]
pub fn effect_of_prepared(source: &str) -> Effect {
    let Ok(tokens) = lex(source, LexOptions::default()) else { return Effect::Unsure };
    configures(source, &tokens)
}

/// Words that begin statements whose effect depends on no literal, see [`reads_literals`].
const PLAIN: [&str; 12] =
    ["select", "with", "values", "table", "insert", "update", "delete", "merge", "begin", "commit", "end", "rollback"];

/// True when what a statement does may depend on the values of its literals, other than those that [`super::configure::names_setting`].
#[must_use]
pub fn reads_literals(source: &str, tokens: &[Token]) -> bool {
    let first = tokens.iter().find(|t| t.kind != TokenKind::LeftParen);
    let is_plain = first.is_some_and(|t| PLAIN.iter().any(|word| t.is_keyword(source, word)));
    !is_plain || tokens.iter().any(|t| t.ident(source).as_deref() == Some("set_config"))
}

/// The prepared statement that a statement executes: `EXECUTE name`, alone or behind EXPLAIN or CREATE TABLE … AS.
#[must_use]
pub fn executed(source: &str, tokens: &[Token]) -> Option<String> {
    let first = |word: &&str| tokens.first().is_some_and(|t| t.is_keyword(source, word));
    if !["execute", "explain", "create"].iter().any(first) {
        return None;
    }
    let at = tokens.iter().position(|t| t.is_keyword(source, "execute"))?;
    tokens.get(at + 1)?.ident(source).map(String::from)
}

/// True for what ends a transaction or goes back in it.
#[must_use]
pub fn ends_transaction(source: &str, tokens: &[Token]) -> bool {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    ["rollback", "abort", "commit", "end"].iter().any(|word| is(0, word)) || (is(0, "prepare") && is(1, "transaction"))
}

/// `DO $$ … $$`: what the body itself says; what it puts together at run time nobody can see.
fn in_body(source: &str, tokens: &[Token]) -> Effect {
    let bodies = tokens.iter().filter_map(|t| t.string_value(source));
    for body in bodies {
        let Ok(inner) = lex(&body, LexOptions::default()) else { return Effect::Unsure };
        let creates = (0..inner.len()).filter(|&at| inner[at].is_keyword(&body, "create"));
        if let Some(effect) = creates.map(|at| create(&body, &inner[at..])).find(|effect| *effect != Effect::None) {
            return effect;
        }
        let begins = |at: usize| {
            let before = at.checked_sub(1).and_then(|before| inner.get(before));
            before.is_none_or(|t| {
                let opens = ["begin", "then", "else", "loop"].iter().any(|word| t.is_keyword(&body, word));
                opens || t.kind == TokenKind::Semicolon
            })
        };
        let sets = |at: usize| match () {
            () if inner[at].is_keyword(&body, "set") => set(&body, &inner[at..]),
            () if inner[at].is_keyword(&body, "reset") => reset(&body, &inner[at..]),
            () => Effect::None,
        };
        let is_set = (0..inner.len()).any(|at| begins(at) && sets(at) != Effect::None);
        let is_named = inner.iter().any(|t| t.is_keyword(&body, "search_path"));
        if is_set || is_named || configures(&body, &inner) != Effect::None {
            return Effect::Unsure;
        }
    }
    Effect::None
}

fn set(source: &str, tokens: &[Token]) -> Effect {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    let local = is(1, "local");
    let at = if local || (is(1, "session") && !is(2, "authorization")) { 2 } else { 1 };
    let setting = setting(source, tokens, at);
    let two_words = is(at, "session") && is(at + 1, "authorization");
    let which = match setting.as_deref() {
        _ if two_words => Some(Identity::Session),
        Some("session_authorization") => Some(Identity::Session),
        Some("role") => Some(Identity::Role),
        _ => None,
    };
    if let Some(which) = which {
        let name = if two_words { at + 2 } else { at + 1 };
        let name = if is(name, "to") || tokens.get(name).is_some_and(|t| t.is_operator(source, "=")) {
            name + 1
        } else {
            name
        };
        // In quotes they are roles of that name.
        let other = !(is(name, "none") || is(name, "default"));
        return Effect::Role { which, other, local };
    }
    let schema = is(at, "schema");
    if !schema && setting.as_deref() != Some("search_path") {
        return Effect::None;
    }
    if is(at + 1, "from") && is(at + 2, "current") {
        // As it is now; SET LOCAL … TO would say the same.
        return Effect::None;
    }
    let values = at + if schema { 1 } else { 2 };
    if is(values, "default") {
        return if local { Effect::LocalUnsure } else { Effect::DefaultSearchPath };
    }
    let path: Option<Vec<String>> = tokens
        .get(values..)
        .unwrap_or_default()
        .iter()
        .filter(|t| t.kind != TokenKind::Comma)
        .map(|t| t.ident(source).map(String::from).or_else(|| plain_string(t.text(source))))
        .collect();
    match (path.filter(|p| !p.is_empty()), local) {
        (Some(path), false) => Effect::SearchPath(path),
        (Some(path), true) => Effect::LocalSearchPath(path),
        (None, false) => Effect::Unsure,
        (None, true) => Effect::LocalUnsure,
    }
}

fn reset(source: &str, tokens: &[Token]) -> Effect {
    let back = |which| Effect::Role { which, other: false, local: false };
    match setting(source, tokens, 1).as_deref() {
        Some("search_path" | "all") => Effect::DefaultSearchPath,
        Some("role") => back(Identity::Role),
        Some("session" | "session_authorization") => back(Identity::Session),
        _ => Effect::None,
    }
}

/// The name of a setting, which is the same in any case, also in quotes.
fn setting(source: &str, tokens: &[Token], at: usize) -> Option<String> {
    Some(tokens.get(at)?.ident(source)?.to_ascii_lowercase())
}

fn create(source: &str, tokens: &[Token]) -> Effect {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    let mut at = 1;
    let mut temporary = false;
    while ["or", "replace", "global", "local", "unlogged", "recursive", "temp", "temporary"].iter().any(|w| is(at, w)) {
        temporary |= is(at, "temp") || is(at, "temporary");
        at += 1;
    }
    if !["table", "view"].iter().any(|w| is(at, w)) {
        return Effect::None;
    }
    let view = is(at, "view");
    at += 1;
    if is(at, "if") {
        at += 3;
    }
    match created(source, tokens, at, temporary, view) {
        Effect::Temporary(name) if drops_on_commit(source, tokens) => Effect::TemporaryUntilCommit(name),
        effect => effect,
    }
}

fn drops_on_commit(source: &str, tokens: &[Token]) -> bool {
    tokens
        .windows(3)
        .any(|w| w.iter().zip(["on", "commit", "drop"]).all(|(token, word)| token.is_keyword(source, word)))
}

/// `ALTER TABLE [IF EXISTS] [ONLY] a RENAME TO b`.
fn renamed(source: &str, tokens: &[Token]) -> Effect {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    let Some(at) = (2..tokens.len()).find(|&at| is(at, "rename") && is(at + 1, "to")) else { return Effect::None };
    let name = |at: usize| tokens.get(at).and_then(|t| t.ident(source)).map(String::from);
    // ALTER INDEX renames whatever has that name.
    let kinds = ["table", "view", "index", "sequence", "materialized", "foreign"];
    match (kinds.iter().any(|kind| is(1, kind)), name(at - 1), name(at + 2)) {
        (true, Some(from), Some(to)) => Effect::Renamed { from, to },
        _ => Effect::None,
    }
}

/// `DROP TABLE [IF EXISTS] a, b`: without a schema, a temporary table is found first.
fn dropped(source: &str, tokens: &[Token]) -> Effect {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    let cascade = is(1, "owned") || (1..tokens.len()).any(|at| is(at, "cascade"));
    if !is(1, "table") && !is(1, "view") {
        return if cascade { Effect::Dropped { names: Vec::new(), cascade } } else { Effect::None };
    }
    let mut at = if is(2, "if") { 4 } else { 2 };
    let mut names = Vec::new();
    while let Some(name) = tokens.get(at).and_then(|t| t.ident(source)) {
        if tokens.get(at + 1).is_some_and(|t| t.kind == TokenKind::Dot) {
            names.extend(
                tokens.get(at + 2).filter(|_| name == "pg_temp").and_then(|t| t.ident(source)).map(String::from),
            );
            at += 2;
        } else {
            names.push(name.into_owned());
        }
        if tokens.get(at + 1).is_none_or(|t| t.kind != TokenKind::Comma) {
            break;
        }
        at += 2;
    }
    Effect::Dropped { names, cascade }
}

/// `SELECT … INTO [TEMP] [TABLE] name`.
fn into(source: &str, tokens: &[Token]) -> Effect {
    let first = tokens.iter().find(|t| t.kind != TokenKind::LeftParen);
    if !first.is_some_and(|t| ["select", "with"].iter().any(|w| t.is_keyword(source, w))) {
        return Effect::None;
    }
    let Some(at) = tokens.iter().position(|t| t.is_keyword(source, "into")) else { return Effect::None };
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    let mut at = at + 1;
    let mut temporary = false;
    while ["local", "global", "temp", "temporary", "table"].iter().any(|w| is(at, w)) {
        temporary |= is(at, "temp") || is(at, "temporary");
        at += 1;
    }
    created(source, tokens, at, temporary, false)
}

fn created(source: &str, tokens: &[Token], at: usize, temporary: bool, view: bool) -> Effect {
    let ident = |at: usize| tokens.get(at).and_then(|t| t.ident(source)).map(String::from);
    let dotted = tokens.get(at + 1).is_some_and(|t| t.kind == TokenKind::Dot);
    match (dotted, temporary) {
        (true, _) if ident(at).as_deref() == Some("pg_temp") => ident(at + 2).map(Effect::Temporary),
        (true, _) => None,
        (false, true) => ident(at).map(Effect::Temporary),
        (false, false) => ident(at).map(|name| Effect::Created { name, view }),
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lexer::{LexOptions, lex};

    fn of(sql: &str) -> Effect {
        effect(sql, &lex(sql, LexOptions { standard_conforming_strings: true }).expect("lexes"))
    }

    #[test]
    fn what_changes_the_meaning_of_names_is_seen() {
        let path = |names: &[&str]| Effect::SearchPath(names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(of("SET search_path = a, \"B\", 'c'"), path(&["a", "B", "c"]));
        assert_eq!(of("set session SEARCH_PATH to a"), path(&["a"]));
        assert_eq!(of("SET SCHEMA 'x'"), path(&["x"]));
        assert_eq!(of("SET LOCAL search_path FROM CURRENT"), Effect::None);
        assert_eq!(of("SET LOCAL search_path = a"), Effect::LocalSearchPath(vec!["a".into()]));
        assert_eq!(of("SET search_path TO DEFAULT"), Effect::DefaultSearchPath);
        let role = |which, other, local| Effect::Role { which, other, local };
        assert_eq!(of("SET ROLE x"), role(Identity::Role, true, false));
        assert_eq!(of("SET LOCAL ROLE TO 'none'"), role(Identity::Role, true, true));
        assert_eq!(of("SET ROLE = NONE"), role(Identity::Role, false, false));
        assert_eq!(of("RESET ROLE"), role(Identity::Role, false, false));
        assert_eq!(of("SET SESSION AUTHORIZATION x"), role(Identity::Session, true, false));
        assert_eq!(of("SET SESSION AUTHORIZATION DEFAULT"), role(Identity::Session, false, false));
        assert_eq!(of("SELECT set_config('search_path', 'a', false)"), Effect::Unsure);
        assert_eq!(of("SELECT pg_catalog.set_config('search_path', '', false)"), path(&[]));
        assert_eq!(of("select SET_CONFIG('search_path', '', true)"), Effect::LocalSearchPath(Vec::new()));
        assert_eq!(of("SELECT set_config('search_path', '', false) FROM t"), Effect::Unsure);
        let one = |name| of(&format!("SELECT set_config(name, 'x, y', false) FROM pg_settings WHERE name = '{name}'"));
        assert_eq!((one("restrict_nonsystem_relation_kind"), one("role")), (Effect::None, Effect::Unsure));
        assert_eq!(of("SELECT set_config('search_path', $1, true), set_config('x', $2, false)"), Effect::LocalUnsure);
        let both = "SELECT set_config('search_path', $1, true), set_config('search_path', $2, false)";
        assert_eq!(of(both), Effect::Unsure);
        assert_eq!(of("SET \"Search_Path\" = a"), path(&["a"]));
        assert_eq!(of("SET session_authorization = 'x'"), role(Identity::Session, true, false));
        assert_eq!(of("SET LOCAL \"ROLE\" TO x"), role(Identity::Role, true, true));
        assert_eq!(of("RESET \"search_path\""), Effect::DefaultSearchPath);
        assert_eq!(of("RESET \"role\""), role(Identity::Role, false, false));
        assert_eq!(of("SELECT set_config('Role', 'x', false)"), role(Identity::Role, true, false));
        assert_eq!(of("SELECT set_config($1, $2, true)"), Effect::LocalUnsure);
        assert_eq!(of("SELECT set_config('app.tenant', $1, false), 'role'"), Effect::None);
        assert_eq!(of("UPDATE pg_settings SET setting = 'x' WHERE name LIKE 'search%'"), Effect::Unsure);
        assert_eq!(of("DO $$ BEGIN SET ROLE x; END $$"), Effect::Unsure);
        assert_eq!(of("DO $$ BEGIN UPDATE t SET role = 1; END $$"), Effect::None);
        assert_eq!(of("PREPARE S(int) AS SELECT $1"), Effect::Prepared("s".into()));
        assert_eq!(of("PREPARE TRANSACTION 'x'"), Effect::None);
        assert_eq!(of("DISCARD ALL"), Effect::Discard);
        assert_eq!(of("discard temporary"), Effect::DiscardTemporary);
        assert_eq!(of("DISCARD PLANS"), Effect::None);
        for (text, to_savepoint) in [
            ("ROLLBACK", false),
            ("ABORT WORK AND CHAIN", false),
            ("ROLLBACK TO a", true),
            ("ROLLBACK TRANSACTION TO SAVEPOINT \"to\"", true),
        ] {
            assert_eq!(of(text), Effect::RolledBack { to_savepoint }, "{text}");
        }
        assert_eq!(of("ROLLBACK PREPARED 'x'"), Effect::None);
        assert_eq!(of("CREATE TEMP TABLE IF NOT EXISTS Solver (a int)"), Effect::Temporary("solver".into()));
        assert_eq!(of("CREATE TABLE pg_temp.solver (a int)"), Effect::Temporary("solver".into()));
        assert_eq!(of("SELECT 1 INTO TEMPORARY solver"), Effect::Temporary("solver".into()));
        let until_commit = Effect::TemporaryUntilCommit("solver".into());
        assert_eq!(of("CREATE TEMP TABLE solver ON COMMIT DROP AS SELECT 1"), until_commit);
        assert_eq!(
            of("DROP TABLE IF EXISTS public.a, solver, pg_temp.b CASCADE"),
            Effect::Dropped { names: vec!["solver".into(), "b".into()], cascade: true }
        );
        assert_eq!(of("DROP SCHEMA a CASCADE"), Effect::Dropped { names: Vec::new(), cascade: true });
        assert_eq!(of("CREATE TABLE solver (a int)"), Effect::Created { name: "solver".into(), view: false });
        assert_eq!(of("CREATE TABLE a.solver (a int)"), Effect::None);
        assert_eq!(of("CREATE VIEW v AS SELECT 1"), Effect::Created { name: "v".into(), view: true });
        for text in [
            "EXPLAIN (ANALYZE) CREATE TEMP TABLE t AS SELECT 1",
            "EXPLAIN (COSTS off, ANALYZE on) SELECT 1 INTO TEMP t",
            "EXPLAIN ANALYZE VERBOSE CREATE TEMP TABLE t AS EXECUTE s",
            "(SELECT 1 INTO TEMP t) UNION ALL SELECT 2",
        ] {
            assert_eq!(of(text), Effect::Temporary("t".into()), "{text}");
        }
        assert_eq!(of("EXPLAIN CREATE TEMP TABLE t AS SELECT 1"), Effect::None);
        let unread = |tables| Effect::Unread { names: true, tables };
        assert_eq!(of("EXPLAIN (ANALYZE 0) CREATE TEMP TABLE t AS SELECT 1"), unread(true));
        assert_eq!(of("DECLARE c CURSOR FOR SELECT set_config('search_path', 'a', false)"), unread(false));
        assert_eq!(of("DECLARE c CURSOR FOR SELECT 1"), Effect::None);
        assert_eq!(of("ALTER INDEX foo RENAME TO solver"), Effect::Renamed { from: "foo".into(), to: "solver".into() });
        let renamed = Effect::Renamed { from: "foo".into(), to: "solver".into() };
        assert_eq!(of("ALTER TABLE IF EXISTS pg_temp.foo RENAME TO solver"), renamed);
        assert_eq!(of("ALTER TABLE foo RENAME COLUMN a TO b"), Effect::None);
        assert_eq!(of("SET work_mem = 1"), Effect::None);
        assert_eq!(of("DO $$ BEGIN CREATE TEMP TABLE solver (a int); END $$"), Effect::Temporary("solver".into()));
        assert_eq!(of("DO $$ BEGIN PERFORM set_config('search_path', 'a', false); END $$"), Effect::Unsure);
    }
}
