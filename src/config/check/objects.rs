//! Views and functions whose text still names something legacy: they run on the server, where the proxy does not reach.
//!
//! ```text
//! CREATE FUNCTION daily() … AS $$ SELECT sum(consumption_kwh) FROM consumption_log $$     still runs, and fails
//! CREATE VIEW v AS SELECT kwh_consumed AS consumption_kwh FROM consumption_log              fine: the legacy name is only a label
//! ```
//!
//! A body may be in any language, so its words are looked at, not its grammar: a finding is a warning that a person has to judge. Strings
//! that hold more than a word are looked into as well, for dynamic SQL.

use std::collections::BTreeSet;

use super::{column_standing, full_name, table_standing};
use crate::catalog::{Catalog, Relation};
use crate::mapping::shadow::Standing;
use crate::mapping::{Column, Mapping, Table, codes};
use crate::sql::{self, LexOptions, Token, TokenKind};
use crate::text::Diagnostic;

/// A view or a function, and the words in its text.
pub(super) struct Object {
    kind: &'static str,
    name: String,
    words: Words,
}

/// All that the catalog has the text of. Overloads have one name, and one entry is enough for them.
pub(super) fn all(catalog: &Catalog) -> Vec<Object> {
    let views = catalog.relations.iter().filter_map(|r| Some(("view", full_name(r), r.definition.as_deref()?)));
    let functions = catalog.functions.iter();
    let functions =
        functions.filter_map(|f| Some(("function", format!("{}.{}", f.schema, f.name), f.body.as_deref()?)));
    let mut objects: Vec<Object> = Vec::new();
    for (kind, name, text) in views.chain(functions) {
        match objects.last_mut().filter(|last| last.kind == kind && last.name == name) {
            Some(last) => last.words.read(text, 0),
            None => objects.push(Object { kind, name, words: Words::of(text) }),
        }
    }
    objects
}

/// A warning for each object that names legacy names of `table`.
pub(super) fn check(
    mapping: &Mapping,
    table: &Table,
    relation: &Relation,
    catalog: &Catalog,
    objects: &[Object],
) -> Vec<Diagnostic> {
    let free = |c: &&Column| column_standing(table, c, relation) == Standing::Free;
    let legacy: Vec<&str> =
        table.columns.iter().filter(free).map(|c| &*c.legacy).filter(|c| relation.column(c).is_none()).collect();
    let renamed = table.current != *table.legacy && table_standing(mapping, table, catalog) == Standing::Free;
    let finding = |object: &Object| {
        let words = &object.words;
        let has_table = renamed && words.tables.contains(&*table.legacy);
        let near = words.tables.contains(&*table.legacy) || words.tables.contains(&*table.current);
        let columns: Vec<&str> = legacy.iter().copied().filter(|column| near && words.names(column)).collect();
        let names_any = has_table || !columns.is_empty();
        names_any.then(|| finding(table, object, has_table, &columns))
    };
    objects.iter().filter_map(finding).collect()
}

fn finding(table: &Table, object: &Object, has_table: bool, columns: &[&str]) -> Diagnostic {
    let names: Vec<String> = has_table
        .then_some(&*table.legacy)
        .into_iter()
        .chain(columns.iter().copied())
        .map(|n| format!("`{n}`"))
        .collect();
    let now = |column: &&str| {
        let column = table.column(column)?;
        let reads: Vec<_> = column.kind.columns().map(|c| format!("`{c}`")).collect();
        (!reads.is_empty()).then(|| format!("`{}` is {} now", column.legacy, reads.join(", ")))
    };
    let renamed = has_table.then(|| format!("`{}` is `{}` now", table.legacy, table.current));
    let meanings: Vec<String> = renamed.into_iter().chain(columns.iter().filter_map(now)).collect();
    let of = if has_table || columns.is_empty() { String::new() } else { format!(" of `{}`", table.legacy) };
    let first = columns.first().and_then(|c| table.column(c));
    let (source, span) = first.map_or((&table.source, table.span), |c| (&c.source, c.span));
    Diagnostic::warning(
        codes::STILL_NAMED,
        format!("{} `{}` seems to name {}{of} still", object.kind, object.name, names.join(", ")),
    )
    .at(source, span)
    .label("what runs on the server is not rewritten")
    .help(format!("look at its text, and write the current names there: {}", meanings.join("; ")))
}

/// The words of a text, by what they may name.
#[derive(Default)]
struct Words {
    /// Words where a table may stand.
    tables: BTreeSet<String>,
    /// Words where a column may stand.
    columns: BTreeSet<String>,
    /// Labels, which the text defines itself.
    labels: BTreeSet<String>,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self::default();
        words.read(text, 0);
        words
    }

    /// True when the text may name a column `name` that it does not define.
    fn names(&self, name: &str) -> bool {
        self.columns.contains(name) && !self.labels.contains(name)
    }

    fn read(&mut self, text: &str, depth: usize) {
        for (part, tokens) in lexable(text) {
            for at in 0..tokens.len() {
                self.token(part, &tokens, at, depth);
            }
        }
    }

    fn token(&mut self, text: &str, tokens: &[Token], at: usize, depth: usize) {
        let token = &tokens[at];
        if token.kind.is_string() {
            // A body in a body, or a statement that is put together: `EXECUTE 'SELECT …'`. Three levels are more than anyone writes.
            let inner = token.string_value(text).filter(|value| depth < 3 && is_statement(value));
            if let Some(inner) = inner {
                self.read(&inner, depth + 1);
            }
            return;
        }
        let Some(name) = token.ident(text) else { return };
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let after = tokens.get(at + 1);
        let is = |token: Option<&Token>, words: &str| token.is_some_and(|t| is_one_of(words, t, text));
        let kind = |token: Option<&Token>, kind| token.is_some_and(|t| t.kind == kind);
        if is(before, "as") {
            // `CAST(x AS timestamp)` ends like a label, and may be neither.
            if !kind(after, TokenKind::RightParen) {
                self.labels.insert(name.into_owned());
            }
            return;
        }
        let qualifies = kind(after, TokenKind::Dot);
        if qualifies || is(before, BEFORE_TABLES) || kind(before, TokenKind::Dot) || kind(before, TokenKind::Comma) {
            self.tables.insert(name.clone().into_owned());
        }
        // `timestamp '…'`, `::timestamp`, `f(timestamp …)` are types and functions; `log l` and `at timestamp;` follow another name.
        let literal = after.is_some_and(|t| t.kind.is_string());
        let cast = kind(before, TokenKind::ColonColon) || is(after, "with without");
        let call = kind(after, TokenKind::LeftParen) || kind(after, TokenKind::LeftBracket);
        let follows_name = before.is_some_and(|t| t.kind.is_ident() && !is_one_of(BEFORE_COLUMNS, t, text));
        if !(qualifies || literal || cast || call || follows_name) {
            self.columns.insert(name.into_owned());
        }
    }
}

/// Words after which a table may stand.
const BEFORE_TABLES: &str = "from join into update only table using truncate copy lock exists";
/// Words after which a column may stand.
const BEFORE_COLUMNS: &str =
    "all and any between by case distinct else elsif end exists from having if ilike in into is like not on or
    over perform return returning select set similar then to when where while";

fn is_one_of(words: &str, token: &Token, text: &str) -> bool {
    words.split_ascii_whitespace().any(|word| token.is_keyword(text, word))
}

/// True for a string that is more than a value: it says what to do with a table.
fn is_statement(text: &str) -> bool {
    let has = |word: &str| text.split(|c: char| !c.is_alphanumeric()).any(|w| w.eq_ignore_ascii_case(word));
    ["select", "insert", "update", "delete", "merge", "copy", "from", "where"].into_iter().any(has)
}

/// The text in parts that are SQL's tokens: where it is not, as in other languages, from the next line on.
fn lexable(text: &str) -> Vec<(&str, Vec<Token>)> {
    /// An apostrophe in a comment of another language makes the rest unreadable, and each is looked at to the end of the text.
    const MOST_PARTS: usize = 200;
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() && parts.len() < MOST_PARTS {
        let (part, next) = match sql::lex(rest, LexOptions::default()) {
            Ok(_) => (rest, rest.len()),
            Err(error) => {
                (&rest[..error.at], rest[error.at..].find('\n').map_or(rest.len(), |line| error.at + line + 1))
            }
        };
        parts.push((part, sql::lex(part, LexOptions::default()).unwrap_or_default()));
        rest = &rest[next..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_types_labels_and_comments() {
        let named = |text: &str| Words::of(text).names("timestamp");
        for text in [
            "SELECT timestamp FROM log",
            "SELECT max(timestamp) FROM log WHERE timestamp > now()",
            "BEGIN RETURN QUERY SELECT l.timestamp FROM log l; END",
            "EXECUTE 'SELECT timestamp FROM log'",
            "EXECUTE format($q$ SELECT timestamp FROM %I $q$, 'log')",
            "x = \"don't\" # not SQL's comment\nplpy.execute(\"SELECT timestamp FROM log\")\nSELECT timestamp",
            "SELECT CAST(a AS timestamp), timestamp FROM log ORDER BY timestamp;",
        ] {
            assert!(named(text), "{text}");
        }
        for text in [
            "SELECT kwh FROM log -- timestamp",
            "SELECT at::timestamp, timestamp '2025-01-01', timestamp(0) '2025-01-01' FROM log",
            "DECLARE at timestamp; until timestamp with time zone; BEGIN END",
            "SELECT timestamp_utc AS timestamp FROM log ORDER BY timestamp",
            "SELECT CAST(at AS timestamp) FROM log",
            "SELECT doc->>'timestamp' FROM log",
        ] {
            assert!(!named(text), "{text}");
        }
    }
}
