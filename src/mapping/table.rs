//! `[tables.<legacy>]`: what one file says of a table, key by key. What that makes together is `whole`'s question.

use std::collections::BTreeSet;

use super::whole::{Given, Said};
use super::{Column, Star, codes, column, file, names, query, write};
use crate::text::Span;
use crate::text::toml::{self, Document, Shape, Text};

/// What `body` says of the table.
pub(super) fn read<'d>(document: &'d Document<'d>, legacy: &str, span: Span, body: toml::Table<'d>) -> Said {
    let given = given(document, &body);
    let renamed = body.string("table");
    let current = renamed.as_ref().and_then(|text| names::read(document, text));
    if let Some(text) = renamed.filter(|_| current.is_some()) {
        names::warn_of_dot(document, text.value, text.span);
    }
    let star = body.string("star").and_then(|text| star(document, &text));
    let layout = body.strings("layout");
    check_layout(document, layout.as_deref());
    let filter = body.string("where").and_then(|text| column::expression(document, "where", &text));
    let query = body.string("query").and_then(|text| query::read(document, &text));
    let insert = body.string("insert").and_then(|text| write::insert(document, &text));
    let bigquery = write::bigquery(&body, &["query", "insert", "where"], &[]);
    let override_real = body.boolean("override").map(|flag| flag.value);
    let columns = body.table("columns").map_or_else(Vec::new, |listed| columns(document, &listed));
    let all_known =
        body.close_with(|key| ["clients", "deprecated", "sunset", "on_use"].contains(&key).then(file::not_yet));
    Said {
        legacy: legacy.into(),
        given,
        current,
        star,
        layout: layout.map(|names| names.iter().map(|text| text.value.to_owned()).collect()),
        filter,
        query,
        insert,
        bigquery,
        override_real,
        columns,
        replacing: Vec::new(),
        all_known,
        source: document.source().clone(),
        span,
    }
}

/// The keys that the table has, with values of their type, be these right or wrong.
fn given(document: &Document<'_>, body: &toml::Table<'_>) -> Vec<Given> {
    let known = ["table", "where", "columns", "layout", "star", "query", "insert", "bigquery", "override"];
    let key = |key: &'static str| {
        let value = body.value(key)?;
        let (right, empty) = match (key, &value.shape) {
            ("columns" | "bigquery", Shape::Table(inner)) => (true, inner.entries().is_empty()),
            ("layout", Shape::Array(_)) | ("override", Shape::Boolean(_)) => (true, false),
            ("columns" | "bigquery" | "layout" | "override", _) => (false, false),
            (_, shape) => (matches!(shape, Shape::String(_)), false),
        };
        right.then(|| Given { key, empty, source: document.source().clone(), span: value.span })
    };
    known.into_iter().filter_map(key).collect()
}

/// The legacy columns of a table, or of any.
pub(super) fn columns<'d>(document: &'d Document<'d>, listed: &toml::Table<'d>) -> Vec<Column> {
    listed.entries().into_iter().filter_map(|entry| one_column(document, listed, entry)).collect()
}

fn one_column<'d>(document: &'d Document<'d>, columns: &toml::Table<'d>, entry: toml::Entry<'d>) -> Option<Column> {
    let named = names::check(document, entry.key, entry.span);
    if named {
        names::note_upper_case(document, entry.key, entry.span);
    }
    let column = match entry.value.shape {
        Shape::String(text) => column::renamed(document, entry.key, entry.span, &text),
        Shape::Table(body) => column::read(document, entry.key, entry.span, body),
        _ => columns.wrong(entry.key, &entry.value, "the name of the current column, or a table that says more"),
    };
    column.filter(|_| named)
}

fn star(document: &Document<'_>, text: &Text<'_>) -> Option<Star> {
    let known = [("legacy", Star::Legacy), ("physical", Star::Physical), ("both", Star::Both)];
    let found = known.iter().find(|(word, _)| *word == text.value).map(|(_, star)| *star);
    if found.is_none() {
        let guess = crate::text::nearest::did_you_mean(text.value, known.map(|(word, _)| word));
        let list = "known are `legacy`, `physical` and `both`";
        let help = guess.map_or_else(|| list.to_owned(), |guess| format!("{guess} {list}"));
        let message = format!("`star` knows no `{}`", text.value);
        document.error(codes::BAD_VALUE, text.span, message, "", help);
    }
    found
}

fn check_layout(document: &Document<'_>, layout: Option<&[Text<'_>]>) {
    let mut seen = BTreeSet::new();
    for text in layout.unwrap_or_default() {
        if !names::check(document, text.value, text.span) {
            continue;
        }
        if !seen.insert(text.value) {
            let message = format!("`{}` stands twice in `layout`", text.value);
            document.error(
                codes::LAYOUT_TWICE,
                text.span,
                message,
                "the second time",
                "a table has each of its columns once",
            );
        }
    }
}
