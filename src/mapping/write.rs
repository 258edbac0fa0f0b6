//! `write = { feedback_useful = "CASE $value WHEN 4 THEN true … END" }`: what a write of a legacy column sets, by current column.
//!
//! And what is kept beside it for later: `insert` of a table that is a query, and the `bigquery` forms of either. All of it is judged as far as
//! its text goes, so that a file says today what will be wrong with it.

use super::{Template, codes, column, names};
use crate::sql::{self, LexOptions, Token, TokenKind};
use crate::text::Span;
use crate::text::toml::{Document, Shape, Table, Text};

/// What one current column is set to when a legacy one is written.
#[derive(Clone, PartialEq, Debug)]
pub struct Write {
    /// The current column.
    pub column: String,
    /// SQL; the written value is the column [`VALUE`] in it.
    pub value: Template,
    /// The key in the file.
    pub span: Span,
}

/// What stands for the written value in [`Write::value`].
pub const VALUE: &str = "$value";

/// Forms for `BigQuery`, word for word: where the dialects differ.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BigQuery {
    /// `read`, `query` or `insert`, and its text.
    pub texts: Vec<(String, String)>,
    /// `write` and `where`: (which, key, text).
    pub tables: Vec<(String, String, String)>,
}

/// The entries of `write`; what is wrong with the others is reported.
pub(super) fn read<'d>(document: &'d Document<'d>, body: &Table<'d>) -> Vec<Write> {
    let mut writes = Vec::new();
    for entry in body.entries() {
        let named = names::check(document, entry.key, entry.span);
        let Shape::String(text) = entry.value.shape else {
            let _: Option<()> = body.wrong(entry.key, &entry.value, "SQL for the current column, as a string");
            continue;
        };
        if let (Some(value), true) = (value(document, &text), named) {
            writes.push(Write { column: entry.key.to_owned(), value, span: entry.span });
        }
    }
    writes
}

/// The expression with each `$value` in it as a column of that name.
fn value(document: &Document<'_>, text: &Text<'_>) -> Option<Template> {
    let places: Vec<usize> = text.value.match_indices(VALUE).map(|(at, _)| at).collect();
    let quoted = text.value.replace(VALUE, "\"$value\"");
    let tokens = sql::lex(&quoted, LexOptions::default()).unwrap_or_default();
    let is_value = |t: &&Token| t.kind == TokenKind::QuotedIdent && t.text(&quoted) == "\"$value\"";
    if !tokens.is_empty() && tokens.iter().filter(is_value).count() != places.len() {
        let help = "write it as it is, `$value`: it has the type of the legacy column";
        document.error(codes::READ_FORBIDDEN, text.span, "`$value` stands in quotes, or in a longer word", "", help);
        return None;
    }
    // Each of them was two bytes shorter where its author wrote it.
    let own = |at: usize| {
        let before = places.iter().enumerate().filter(|(n, place)| **place + 2 * n < at).count();
        at.saturating_sub(2 * before)
    };
    column::expression_at(document, "write", text, &quoted, own)
}

/// Checks `insert`, a statement over `$rows`.
pub(super) fn insert(document: &Document<'_>, text: &Text<'_>) -> Option<String> {
    let quoted = text.value.replace("$rows", "\"$rows\"");
    let tokens = sql::lex(&quoted, LexOptions::default()).unwrap_or_default();
    let begins = tokens.first().is_some_and(|t| t.is_keyword(&quoted, "insert") || t.is_keyword(&quoted, "with"));
    let parsed = sql::parse::with_stack(tokens.len(), || sql::parse::statement(&quoted, &tokens).is_ok());
    let is_over_rows = tokens.iter().any(|t| t.kind == TokenKind::QuotedIdent && t.text(&quoted) == "\"$rows\"");
    if begins && parsed && is_over_rows {
        return Some(text.value.to_owned());
    }
    let label = match (begins && parsed, is_over_rows) {
        (true, false) => "it says nothing of `$rows`",
        _ => "this is no INSERT",
    };
    let help =
        "write one `INSERT INTO … SELECT … FROM $rows AS r …`, where `$rows` has the columns of the legacy table";
    document.error(codes::BAD_QUERY, text.span, "`insert` cannot fan rows out", label, help);
    None
}

/// `bigquery.read` and the like; `texts` and `tables` are the keys that may stand there.
pub(super) fn bigquery<'d>(body: &Table<'d>, texts: &[&'d str], tables: &[&'d str]) -> Option<BigQuery> {
    let dialect = body.table("bigquery")?;
    let mut found = BigQuery::default();
    for &key in texts {
        found.texts.extend(dialect.string(key).map(|text| (key.to_owned(), text.value.to_owned())));
    }
    for &key in tables {
        let Some(inner) = dialect.table(key) else { continue };
        for entry in inner.entries() {
            match entry.value.shape {
                Shape::String(text) => {
                    found.tables.push((key.to_owned(), entry.key.to_owned(), text.value.to_owned()));
                }
                _ => drop(inner.wrong::<()>(entry.key, &entry.value, "a string")),
            }
        }
    }
    dialect.close();
    Some(found)
}
