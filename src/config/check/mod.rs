//! A mapping held against a catalog: what it names and does not exist, what is shadowed, what changes its type.
//!
//! Pure; `cli::check` and whoever reloads mappings call it. What the mapping file alone shows was found by `mapping::file`. The rules are
//! those that the rewriter follows (`mapping::shadow`, `rewrite::World`): a finding says what happens to a statement, not what might.

mod columns;
mod objects;
mod types;

use crate::catalog::{Catalog, Relation};
use crate::mapping::shadow::{self, Standing};
use crate::mapping::{Column, Mapping, Table, codes};
use crate::text::diagnostic::Source;
use crate::text::nearest::{did_you_mean, nearest};
use crate::text::{Diagnostic, Span};

pub use types::declared_types;

/// Everything that is wrong between `mapping` and `catalog`, in the order of the file.
#[must_use]
pub fn against(mapping: &Mapping, catalog: &Catalog) -> Vec<Diagnostic> {
    compare(mapping, catalog, types::unknown(mapping, catalog))
}

/// The same, with the word of a server on the time zones and types that it was asked for: those that it does not know.
#[must_use]
pub fn against_server(mapping: &Mapping, catalog: &Catalog, zones: &[String], types: &[String]) -> Vec<Diagnostic> {
    compare(mapping, catalog, types::unknown_on_server(mapping, zones, types))
}

fn compare(mapping: &Mapping, catalog: &Catalog, unknown: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let objects = objects::all(catalog);
    for table in &mapping.tables {
        if table.query.is_some() {
            findings.extend(shadowed_table(mapping, table, catalog));
            continue;
        }
        match catalog.relation(&mapping.schema, &table.current) {
            None => findings.push(missing_table(mapping, table, catalog)),
            Some(relation) => {
                findings.extend(shadowed_table(mapping, table, catalog));
                findings.extend(columns::check(mapping, table, relation));
                findings.extend(objects::check(mapping, table, relation, catalog, &objects));
            }
        }
    }
    findings.extend(columns::of_any_table(mapping, catalog));
    // What there is to say of a type that does not exist has been said.
    findings.retain(|f| f.code != codes::TYPE_DIFFERS || unknown.iter().all(|u| u.at != f.at));
    findings.extend(unknown);
    findings.sort_by_key(|f| f.at.as_ref().map(|(_, span)| span.start));
    findings
}

/// Where the value at `keys` of the table stands, and in which file; the nearest thing above it that does.
fn place<'m>(mapping: &'m Mapping, table: &'m Table, keys: &[&str]) -> (&'m Source, Span) {
    // `[columns]` of the file has no table around it.
    let own = mapping.tables.iter().any(|t| t.legacy == table.legacy).then_some(["tables", &*table.legacy]);
    let path: Vec<&str> = own.into_iter().flatten().chain(keys.iter().copied()).collect();
    let column = match keys {
        ["columns", name, ..] => table.column(name).or_else(|| mapping.columns.iter().find(|c| *c.legacy == **name)),
        _ => None,
    };
    // A column is what one file says of it.
    column.map(|column| column.place(&path)).or_else(|| mapping.place(&path)).unwrap_or((&table.source, table.span))
}

fn missing_table(mapping: &Mapping, table: &Table, catalog: &Catalog) -> Diagnostic {
    let (schema, current) = (&mapping.schema, &table.current);
    let in_schema = || catalog.relations.iter().filter(|r| r.schema == *schema).map(|r| r.name.as_str());
    let elsewhere: Vec<_> = catalog.relations_named(current).map(|r| format!("`{}`", r.schema)).collect();
    let schemas = || catalog.relations.iter().map(|r| r.schema.as_str());
    let help = if !elsewhere.is_empty() {
        format!("there is one in schema {}: set `[mapping] schema`, one file for each schema", elsewhere.join(", "))
    } else if in_schema().next().is_none() {
        let guess = nearest(schema, schemas()).map(|s| format!("; did you mean `{s}`?")).unwrap_or_default();
        format!("schema `{schema}` has no table at all{guess}")
    } else if let Some(guess) = did_you_mean(current, in_schema()) {
        guess
    } else {
        "give the name that the table has now, `table = \"…\"`, or remove the entry".to_owned()
    };
    let effect = format!("statements on `{}` go on as they came, and fail", table.legacy);
    let (source, span) = place(mapping, table, &["table"]);
    Diagnostic::error(codes::NO_TABLE, format!("table `{schema}.{current}` does not exist"))
        .at(source, span)
        .label(effect)
        .help(help)
}

fn shadowed_table(mapping: &Mapping, table: &Table, catalog: &Catalog) -> Option<Diagnostic> {
    let name = format!("{}.{}", mapping.schema, table.legacy);
    let finding = match table_standing(mapping, table, catalog) {
        Standing::Free | Standing::Overridden => return None,
        Standing::Shadowed => {
            Diagnostic::warning(codes::SHADOWED_TABLE, format!("`{name}` really exists, and is used as it is"))
                .label(match table.query {
                    Some(_) => "its query is never used".to_owned(),
                    None => format!("statements on it never reach `{}`", table.current),
                })
                .help(
                    "if the mapping is to win, say so with `override = true`; otherwise remove the entry, or the table",
                )
        }
        Standing::Followed(heir) => {
            let message = format!("`{name}` really exists, and is what `{heir}` means now");
            Diagnostic::new(crate::text::Severity::Note, codes::SWAPPED, message)
                .label(format!("so `{}` is `{}`, not the real table of that name", table.legacy, table.current))
        }
    };
    Some(finding.at(&table.source, table.span))
}

fn table_standing<'m>(mapping: &'m Mapping, table: &Table, catalog: &Catalog) -> Standing<'m> {
    shadow::of_table(mapping, table, catalog.relation(&mapping.schema, &table.legacy).is_some())
}

fn column_standing<'m>(table: &'m Table, column: &Column, relation: &Relation) -> Standing<'m> {
    shadow::of_column(table, column, relation.column(&column.legacy).is_some())
}

/// `public.consumption_log`.
fn full_name(relation: &Relation) -> String {
    format!("{}.{}", relation.schema, relation.name)
}
