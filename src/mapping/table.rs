//! `[tables.<legacy>]`: the table's own keys, and what its columns are together.

use std::collections::{BTreeMap, BTreeSet};

use super::{Column, Kind, Star, Table, codes, column, file, names, query, write};
use crate::text::toml::{self, Document, Shape, Text};
use crate::text::{Diagnostic, Span};

/// The table that `body` describes; none when it has errors.
pub(super) fn read<'d>(document: &'d Document<'d>, legacy: &str, span: Span, body: toml::Table<'d>) -> Option<Table> {
    let renamed = body.string("table");
    let current = match &renamed {
        Some(text) => names::read(document, text),
        None => Some(legacy.to_owned()),
    };
    if let Some(text) = renamed.filter(|_| current.is_some()) {
        names::warn_of_dot(document, text.value, text.span);
    }
    let star = body.string("star").and_then(|text| star(document, &text));
    let layout = body.strings("layout");
    let condition = body.string("where");
    let filter = condition.as_ref().and_then(|text| column::expression(document, "where", text));
    let virtual_table = body.string("query");
    let query = virtual_table.as_ref().and_then(|text| query::read(document, text));
    let rows = body.string("insert");
    let insert = rows.as_ref().and_then(|text| write::insert(document, text));
    if let (Some(rows), None) = (&rows, &virtual_table) {
        let help = "remove it: rows of a table that is no query go into that table";
        document.error(codes::TABLE_TWICE, rows.span, format!("`{legacy}` has `insert` and no `query`"), "", help);
    }
    let bigquery = write::bigquery(&body, &["query", "insert", "where"], &[]);
    check_source(document, &body, legacy, current.as_deref(), condition.as_ref(), virtual_table.as_ref());
    let override_real = body.boolean("override").is_some_and(|flag| flag.value);
    let listed = body.table("columns");
    let empty = listed.as_ref().is_none_or(|columns| columns.entries().is_empty());
    let columns = listed.map_or_else(Vec::new, |listed| columns(document, &listed));
    let all_known =
        body.close_with(|key| ["clients", "deprecated", "sunset", "on_use"].contains(&key).then(file::not_yet));

    check_layout(document, layout.as_deref());
    check_star(document, legacy, span, star, layout.is_some(), &columns);
    if all_known && renamed.is_none() && empty && layout.is_none() && virtual_table.or(condition).is_none() {
        document.report(
            Diagnostic::warning(codes::NO_EFFECT, format!("`{legacy}` has neither another name nor legacy columns"))
                .at(document.source(), span)
                .help("give it `table = \"…\"` or `columns`, or remove it: tables that did not change need no entry"),
        );
    }
    let layout = layout.map(|names| names.iter().map(|text| text.value.to_owned()).collect());
    let current = current?;
    Some(Table {
        legacy: legacy.into(),
        current,
        star,
        layout,
        filter,
        query,
        insert,
        bigquery,
        override_real,
        columns,
        span,
    })
}

/// A table is another one, part of another one, or a query.
fn check_source(
    document: &Document<'_>,
    body: &toml::Table<'_>,
    legacy: &str,
    current: Option<&str>,
    condition: Option<&Text<'_>>,
    query: Option<&Text<'_>>,
) {
    let other = ["table", "where", "columns", "layout", "star"].into_iter().find(|key| body.has(key));
    if let (Some(query), Some(other)) = (query, other) {
        let message = format!("`{legacy}` has both `query` and `{other}`");
        let help =
            format!("remove `{other}`: the query's own select list says which columns there are, and in which order");
        document.error(codes::TABLE_TWICE, query.span, message, "", help);
    } else if let (Some(condition), true) = (condition, current == Some(legacy)) {
        let message = format!("`{legacy}` would be a part of itself");
        let help = "`where` is for a legacy table whose rows are in a table of another name now: add `table = \"…\"`";
        document.error(codes::TABLE_TWICE, condition.span, message, "all rows have this name already", help);
    }
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

/// Finds what `SELECT *` could not give, or would not.
fn check_star(
    document: &Document<'_>,
    table: &str,
    span: Span,
    star: Option<Star>,
    has_layout: bool,
    columns: &[Column],
) {
    let renames_only = columns.iter().all(|c| matches!(c.kind, Kind::Rename { .. }));
    let legacy = star.map_or(renames_only, |star| star == Star::Legacy);
    if has_layout || !legacy {
        return;
    }
    let mut renames: BTreeMap<&str, Vec<&Column>> = BTreeMap::new();
    for column in columns {
        match &column.kind {
            Kind::Rename { column: current } => renames.entry(current).or_default().push(column),
            kind => document.report(
                Diagnostic::warning(
                    codes::STAR_LEAVES_OUT,
                    format!("`SELECT *` from `{table}` leaves `{}` out", column.legacy),
                )
                .at(document.source(), column.span)
                .label(format!("a column of kind {} has no place among the current ones", kind.name()))
                .help("give the legacy order of the columns: `layout = [\"…\", …]`"),
            ),
        }
    }
    for (current, columns) in renames.iter().filter(|(_, columns)| columns.len() > 1) {
        let list: Vec<_> = columns.iter().map(|c| format!("`{}`", c.legacy)).collect();
        let message =
            format!("{} all stand for `{current}`, and `SELECT *` from `{table}` gives it once", list.join(", "));
        let at = columns.last().map_or(span, |c| c.span);
        document.error(
            codes::STAR_AMBIGUOUS,
            at,
            message,
            "under which name?",
            "give the columns that the legacy table had, in their order: `layout = [\"…\", …]`; or `star = \"physical\"`",
        );
    }
}
