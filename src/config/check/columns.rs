//! Columns of one mapped table: do their targets exist, are they shadowed, does `SELECT *` come out right.

use std::collections::BTreeMap;

use super::{column_standing, full_name, place, types};
use crate::catalog::{Catalog, Relation};
use crate::mapping::shadow::Standing;
use crate::mapping::{Column, Kind, Mapping, Star, Table, VALUE, codes};
use crate::text::diagnostic::Source;
use crate::text::nearest::did_you_mean;
use crate::text::{Diagnostic, Severity, Span};

/// Everything that is wrong between the columns of `table` and `relation`, its current table.
pub(super) fn check(mapping: &Mapping, table: &Table, relation: &Relation) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for column in &table.columns {
        let missing = missing(mapping, table, column, relation);
        if missing.is_empty() {
            findings.extend(shadowed(table, column, relation));
            findings.extend(types::of_column(mapping, table, column, relation));
        }
        findings.extend(missing);
    }
    findings.extend(condition(mapping, table, relation));
    findings.extend(layout(mapping, table, relation));
    findings.extend(star(table, relation));
    findings
}

/// `[columns]`: is there a table that has what they read, and can they read it.
pub(super) fn of_any_table(mapping: &Mapping, catalog: &Catalog) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for column in &mapping.columns {
        let mut having =
            catalog.relations.iter().filter(|r| r.schema == mapping.schema).filter(|r| has(column, r)).peekable();
        if having.peek().is_none() {
            let known = catalog.relations.iter().filter(|r| r.schema == mapping.schema).flat_map(|r| &r.columns);
            let missing = column.kind.columns().next().unwrap_or_default();
            let help = did_you_mean(missing, known.map(|c| c.name.as_str()))
                .unwrap_or_else(|| "write what it means now, or remove it".to_owned());
            let message = format!("no table of schema `{}` has what `{}` reads", mapping.schema, column.legacy);
            let finding = Diagnostic::warning(codes::NO_SUCH_TABLE, message).at(&column.source, column.span);
            findings.push(finding.label("this entry is never followed").help(help));
        }
        let mut lacking = having.filter(|r| r.column(&column.legacy).is_none());
        let nameless = Table::unlisted("");
        let wrong = |relation: &Relation| types::of_column(mapping, &nameless, column, relation);
        findings.extend(lacking.find_map(wrong));
    }
    findings
}

/// True when `relation` has everything that `column` reads.
fn has(column: &Column, relation: &Relation) -> bool {
    column.kind.columns().all(|name| relation.column(name).is_some())
}

/// The key under which a column names what it reads.
fn key(kind: &Kind) -> &'static str {
    match kind {
        Kind::Expression(_) => "read",
        Kind::Constant(_) => "constant",
        _ => "column",
    }
}

fn missing(mapping: &Mapping, table: &Table, column: &Column, relation: &Relation) -> Vec<Diagnostic> {
    let mut seen = Vec::new();
    let mut findings = Vec::new();
    let read = column.kind.columns().map(|name| (name, key(&column.kind)));
    let compared = column.filters.iter().flat_map(|f| f.condition.columns()).map(|name| (name, "where"));
    let set = column.writes.iter().flat_map(|w| std::iter::once(w.column.as_str()).chain(w.value.columns()));
    let set = set.filter(|name| *name != VALUE).map(|name| (name, "write"));
    for (name, key) in read.chain(compared).chain(set).filter(|(name, _)| relation.column(name).is_none()) {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let help = match table.column(name) {
            Some(legacy) => format!(
                "`{name}` is a legacy name; write what it means now{}",
                legacy.kind.columns().next().map(|now| format!(", `{now}`")).unwrap_or_default()
            ),
            None => did_you_mean(name, relation.columns.iter().map(|c| c.name.as_str())).unwrap_or_else(|| {
                let names: Vec<_> = relation.columns.iter().map(|c| format!("`{}`", c.name)).collect();
                format!("`{}` has {}", full_name(relation), names.join(", "))
            }),
        };
        let message = format!("column `{name}` of `{}` does not exist", full_name(relation));
        let (source, span) = place(mapping, table, &["columns", &column.legacy, key]);
        findings.push(
            Diagnostic::error(codes::NO_COLUMN, message)
                .at(source, word(source, span, name))
                .label(match key {
                    "where" => "this condition cannot be used".to_owned(),
                    "write" => format!("`{}` could not be written", column.legacy),
                    _ => format!("statements that name `{}` are refused", column.legacy),
                })
                .help(help),
        );
    }
    findings
}

/// Columns of the table's own `where`.
fn condition(mapping: &Mapping, table: &Table, relation: &Relation) -> Option<Diagnostic> {
    let missing = table.filter.as_ref()?.columns().find(|name| relation.column(name).is_none())?;
    let help = did_you_mean(missing, relation.columns.iter().map(|c| c.name.as_str()));
    let help = help.unwrap_or_else(|| "the names in `where` are current names".to_owned());
    let message = format!("column `{missing}` of `{}` does not exist", full_name(relation));
    let finding = Diagnostic::error(codes::NO_COLUMN, message);
    let (source, span) = place(mapping, table, &["where"]);
    let effect = format!("statements on `{}` go on as they came, and fail", table.legacy);
    Some(finding.at(source, word(source, span, missing)).label(effect).help(help))
}

/// Where `name` stands in the text under `span` as a word of its own; all of it when it does not, as with escapes.
fn word(source: &Source, span: Span, name: &str) -> Span {
    let text = span.text(&source.text);
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let whole = |at: &usize| !text[..*at].ends_with(part) && !text[at + name.len()..].starts_with(part);
    let found = text.match_indices(name).map(|(at, _)| at).find(whole);
    found.map_or(span, |at| Span::new(span.start + at, span.start + at + name.len()))
}

fn shadowed(table: &Table, column: &Column, relation: &Relation) -> Option<Diagnostic> {
    let legacy = &column.legacy;
    let real = format!("{}.{legacy}", full_name(relation));
    let finding = match column_standing(table, column, relation) {
        Standing::Free | Standing::Overridden => return None,
        Standing::Shadowed => Diagnostic::warning(
            codes::SHADOWED_COLUMN,
            format!("`{real}` really exists, and is used as it is"),
        )
        .label("this entry is never followed")
        .help("if the mapping is to win, say so with `override = true`; otherwise remove the entry, or the column"),
        Standing::Followed(heir) => {
            let message = format!("`{real}` really exists, and is what `{heir}` means now");
            let means = column.kind.columns().next().map_or("a constant".to_owned(), |now| format!("`{now}`"));
            Diagnostic::new(Severity::Note, codes::SWAPPED, message)
                .label(format!("so `{legacy}` is {means}, not the real column of that name"))
        }
    };
    Some(finding.at(&column.source, column.span))
}

fn layout(mapping: &Mapping, table: &Table, relation: &Relation) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for name in table.layout.iter().flatten() {
        let global = |name: &str| mapping.columns.iter().any(|c| *c.legacy == *name && has(c, relation));
        if table.column(name).is_some() || relation.column(name).is_some() || global(name) {
            continue;
        }
        let legacy = table.columns.iter().map(|c| c.legacy.as_ref());
        let known = relation.columns.iter().map(|c| c.name.as_str()).chain(legacy);
        let help = did_you_mean(name, known).unwrap_or_else(|| {
            format!("write what `{name}` means now under `columns`, or, if nothing does, `{name} = {{ constant = … }}`")
        });
        let message = format!(
            "`{name}` is neither a legacy column of `{}` nor a column of `{}`",
            table.legacy,
            full_name(relation)
        );
        let (source, span) = place(mapping, table, &["layout", name]);
        findings.push(
            Diagnostic::error(codes::NO_LAYOUT_COLUMN, message)
                .at(source, span)
                .label(format!("so `SELECT *` from `{}` is refused", table.legacy))
                .help(help),
        );
    }
    findings
}

/// Without a `layout`, renamed columns stand among the current ones under their legacy names: a real column may have that name too.
fn star(table: &Table, relation: &Relation) -> Option<Diagnostic> {
    let renames_only = table.columns.iter().all(|c| matches!(c.kind, Kind::Rename { .. }));
    let legacy = table.star.map_or(renames_only, |star| star == Star::Legacy);
    if !legacy || table.layout.is_some() {
        return None;
    }
    let shown = |current: &str| {
        let names = |c: &&Column| {
            matches!(&c.kind, Kind::Rename { column } if column == current)
                && !column_standing(table, c, relation).is_shadowed()
        };
        table.columns.iter().find(names).map_or_else(|| current.to_owned(), |c| c.legacy.to_string())
    };
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for column in &relation.columns {
        *count.entry(shown(&column.name)).or_default() += 1;
    }
    let (name, _) = count.into_iter().find(|(_, count)| *count > 1)?;
    let message = format!("`SELECT *` from `{}` would give `{name}` twice", table.legacy);
    let (source, span) = table.column(&name).map_or((&table.source, table.span), |c| (&c.source, c.span));
    let finding = Diagnostic::error(codes::STAR_TWICE, message).at(source, span);
    let label = format!("`{}` has a column of that name too", full_name(relation));
    Some(finding.label(label).help("give the legacy order of the columns: `layout = [\"…\", …]`"))
}
