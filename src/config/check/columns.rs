//! Columns of one mapped table: do their targets exist, are they shadowed, does `SELECT *` come out right.

use std::collections::BTreeMap;

use super::{column_standing, full_name, place, types};
use crate::catalog::Relation;
use crate::mapping::shadow::Standing;
use crate::mapping::{Column, Kind, Mapping, Star, Table, codes};
use crate::text::nearest::did_you_mean;
use crate::text::{Diagnostic, Severity, Span};

/// Everything that is wrong between the columns of `table` and `relation`, its current table.
pub(super) fn check(mapping: &Mapping, table: &Table, relation: &Relation) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for column in &table.columns {
        let missing = missing(mapping, table, column, relation);
        if missing.is_empty() {
            findings.extend(shadowed(mapping, table, column, relation));
            findings.extend(types::of_column(mapping, table, column, relation));
        }
        findings.extend(missing);
    }
    findings.extend(layout(mapping, table, relation));
    findings.extend(star(mapping, table, relation));
    findings
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
    for (name, key) in read.chain(compared).filter(|(name, _)| relation.column(name).is_none()) {
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
        findings.push(
            Diagnostic::error(codes::NO_COLUMN, message)
                .at(&mapping.source, word(mapping, place(mapping, table, &["columns", &column.legacy, key]), name))
                .label(match key {
                    "where" => "this condition cannot be used".to_owned(),
                    _ => format!("statements that name `{}` are refused", column.legacy),
                })
                .help(help),
        );
    }
    findings
}

/// Where `name` stands in the text under `span` as a word of its own; all of it when it does not, as with escapes.
fn word(mapping: &Mapping, span: Span, name: &str) -> Span {
    let text = span.text(&mapping.source.text);
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let whole = |at: &usize| !text[..*at].ends_with(part) && !text[at + name.len()..].starts_with(part);
    let found = text.match_indices(name).map(|(at, _)| at).find(whole);
    found.map_or(span, |at| Span::new(span.start + at, span.start + at + name.len()))
}

fn shadowed(mapping: &Mapping, table: &Table, column: &Column, relation: &Relation) -> Option<Diagnostic> {
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
    Some(finding.at(&mapping.source, column.span))
}

fn layout(mapping: &Mapping, table: &Table, relation: &Relation) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for name in table.layout.iter().flatten() {
        if table.column(name).is_some() || relation.column(name).is_some() {
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
        findings.push(
            Diagnostic::error(codes::NO_LAYOUT_COLUMN, message)
                .at(&mapping.source, place(mapping, table, &["layout", name]))
                .label(format!("so `SELECT *` from `{}` is refused", table.legacy))
                .help(help),
        );
    }
    findings
}

/// Without a `layout`, renamed columns stand among the current ones under their legacy names: a real column may have that name too.
fn star(mapping: &Mapping, table: &Table, relation: &Relation) -> Option<Diagnostic> {
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
    let span = table.column(&name).map_or(table.span, |c| c.span);
    let finding = Diagnostic::error(codes::STAR_TWICE, message).at(&mapping.source, span);
    let label = format!("`{}` has a column of that name too", full_name(relation));
    Some(finding.label(label).help("give the legacy order of the columns: `layout = [\"…\", …]`"))
}
