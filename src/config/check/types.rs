//! Types: does a declared one exist, does a cast to it change values, can the kind work on the column at all.

use std::collections::BTreeSet;

use super::{full_name, place};
use crate::catalog::{Catalog, Relation};
use crate::mapping::type_name::{built_in_names, canonical, is_built_in};
use crate::mapping::{Column, Kind, Mapping, Pair, Table, codes, is_value};
use crate::text::nearest::did_you_mean;
use crate::text::{Diagnostic, Severity, Span};

/// Everything that is wrong with the type of one column whose targets exist.
pub(super) fn of_column(mapping: &Mapping, table: &Table, column: &Column, relation: &Relation) -> Option<Diagnostic> {
    let (Kind::Rename { column: current }
    | Kind::Date { column: current }
    | Kind::Linear { column: current, .. }
    | Kind::Values { column: current, .. }
    | Kind::Json { column: current, .. }) = &column.kind
    else {
        return None;
    };
    let real = &relation.column(current)?.type_name;
    // A type that is not Postgres's own may be a domain over a fitting one.
    let real = canonical(real).unwrap_or_else(|_| real.clone());
    let (source, at) = place(mapping, table, &["columns", &column.legacy, "column"]);
    let name = format!("{}.{current}", full_name(relation));
    let finding = match &column.kind {
        Kind::Date { .. } if is_built_in(&real) && !has_day(&real) => {
            Diagnostic::error(codes::NO_TIMESTAMP, format!("`{name}` has no day: it is of type `{real}`"))
                .at(source, at)
                .label("`date = true` needs a date or a timestamp")
                .help("name the column that holds the time, or write the conversion as `read`")
        }
        Kind::Json { .. } if is_built_in(&real) && !matches!(real.as_str(), "json" | "jsonb") => {
            Diagnostic::error(codes::NO_JSON, format!("`{name}` is no JSON: it is of type `{real}`"))
                .at(source, at)
                .label("`json` needs a column of type `json` or `jsonb`")
                .help(format!(
                    "name the column that holds the document, or write it as `read`, such as `({current}::jsonb) #>> …`"
                ))
        }
        Kind::Linear { .. } if is_built_in(&real) && !is_number(&real) => {
            Diagnostic::error(codes::NO_NUMBER, format!("`{name}` is no number: it is of type `{real}`"))
                .at(source, at)
                .label("`factor` and `offset` need a number")
                .help("name the column that holds the number, or write the conversion as `read`")
        }
        Kind::Linear { factor, offset, .. } => {
            let fraction = [factor, offset].into_iter().flatten().any(|number| !number.is_whole());
            let integer = |name: &str| matches!(name, "smallint" | "integer" | "bigint");
            let declared = column.type_name.as_deref();
            let (label, help) = match declared {
                None if fraction && integer(&real) => (
                    format!("`{}` has a fraction, and is read as `numeric`", column.legacy),
                    "say which type the legacy column had, such as `type = \"numeric\"` or `type = \"double precision\"`",
                ),
                _ => return None,
            };
            Diagnostic::warning(codes::FRACTION, format!("`{name}` is of type `{real}`"))
                .at(&column.source, column.span)
                .label(label)
                .help(help)
        }
        Kind::Values { values, .. } => return chosen(mapping, table, column, values, &name, &real),
        Kind::Rename { .. } => return differs(mapping, table, column, &name, &real),
        _ => return None,
    };
    Some(finding)
}

fn is_number(real: &str) -> bool {
    let base = real.split('(').next().unwrap_or_default();
    matches!(base, "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision")
}

/// Values that the column, or the legacy type, cannot have.
fn chosen(
    mapping: &Mapping,
    table: &Table,
    column: &Column,
    values: &[Pair],
    name: &str,
    real: &str,
) -> Option<Diagnostic> {
    let (source, at) = place(mapping, table, &["columns", &column.legacy, "values"]);
    let error = |message: String| Diagnostic::error(codes::NO_VALUE, message).at(source, at);
    if matches!(real, "json" | "xml") {
        let help = "name a column that holds one value, or write the comparison as `read`";
        let finding = error(format!("`{name}` is of type `{real}`, whose values cannot be compared"));
        return Some(finding.label("`values` needs a column that can").help(help));
    }
    if let Some(pair) = values.iter().find(|pair| !is_value(&pair.current, real)) {
        let finding = error(format!("`{}` is no value of `{name}`, which is of type `{real}`", pair.current));
        return Some(finding.label(format!("for `{}`", pair.legacy)).help("write the value that the column has now"));
    }
    if column.type_name.is_none() && !is_built_in(real) {
        let message = format!("the legacy values of `{}` may be none of `{real}`, the type of `{name}`", column.legacy);
        let finding = Diagnostic::warning(codes::NO_VALUE, message).at(source, at);
        let help = "say which type the legacy column had: `type = \"text\"`, or this one when it has both the legacy and the current values";
        return Some(finding.label("only the server knows them").help(help));
    }
    // A declared type was looked at when the file was read.
    let pair = values.iter().find(|pair| column.type_name.is_none() && !is_value(&pair.legacy, real))?;
    let finding = error(format!("`{}` is no value of `{real}`, the type of `{name}`", pair.legacy));
    Some(finding.label("a legacy value").help("say which type the legacy column had: `type = \"text\"`"))
}

fn has_day(real: &str) -> bool {
    real == "date" || real.starts_with("timestamp")
}

fn differs(mapping: &Mapping, table: &Table, column: &Column, name: &str, real: &str) -> Option<Diagnostic> {
    let declared = column.type_name.as_deref().filter(|declared| *declared != real)?;
    let keeps = keeps_every_value(real, declared);
    let severity = if keeps { Severity::Note } else { Severity::Warning };
    let message = format!("`{}` is declared as `{declared}`, and `{name}` is `{real}`", column.legacy);
    let label = if keeps {
        "read through a cast, which every value survives"
    } else {
        "read through a cast, which may fail or lose something"
    };
    let help = "if the legacy column had the type of the current one, leave `type` out: a cast hides the column from its indexes";
    let (source, span) = place(mapping, table, &["columns", &column.legacy, "type"]);
    Some(Diagnostic::new(severity, codes::TYPE_DIFFERS, message).at(source, span).label(label).help(help))
}

/// True when a cast from one type to the other neither fails nor rounds, for any value.
fn keeps_every_value(from: &str, to: &str) -> bool {
    let base = |name: &str| name.split('(').next().unwrap_or_default().to_owned();
    if to == "text" || to == "character varying" {
        return true;
    }
    match base(from).as_str() {
        "smallint" => matches!(to, "integer" | "bigint" | "numeric" | "real" | "double precision"),
        "integer" => matches!(to, "bigint" | "numeric" | "double precision"),
        "bigint" | "numeric" => to == "numeric",
        "real" => to == "double precision",
        _ => false,
    }
}

/// The declared types that are none of Postgres's own, each once.
#[must_use]
pub fn declared_types(mapping: &Mapping) -> BTreeSet<&str> {
    let columns = mapping.tables.iter().flat_map(|t| &t.columns).chain(&mapping.columns);
    let declared = columns.filter_map(|c| c.type_name.as_deref());
    declared.filter(|name| !is_built_in(name)).collect()
}

/// Declared types that neither Postgres nor a column of the catalog has.
pub(super) fn unknown(mapping: &Mapping, catalog: &Catalog) -> Vec<Diagnostic> {
    let columns = || catalog.relations.iter().flat_map(|r| &r.columns);
    let element = |name: &str| name.trim_end_matches("[]").rsplit('.').next().unwrap_or_default().to_owned();
    let seen =
        |name: &str| columns().any(|c| canonical(&c.type_name).is_ok_and(|real| element(&real) == element(name)));
    let doubtful: Vec<_> = declared_types(mapping).into_iter().filter(|name| !seen(name)).collect();
    findings(mapping, &doubtful, |name| {
        Diagnostic::warning(
            codes::UNKNOWN_TYPE,
            format!("neither Postgres nor a column of the catalog is known to have the type `{name}`"),
        )
    })
}

/// What to say of declared types and of the zone that a server was asked for and does not know.
pub(super) fn unknown_on_server(mapping: &Mapping, zones: &[String], types: &[String]) -> Vec<Diagnostic> {
    let types: Vec<_> = types.iter().map(String::as_str).collect();
    let mut all = findings(mapping, &types, |name| {
        Diagnostic::error(codes::UNKNOWN_TYPE, format!("the server has no type `{name}`"))
    });
    if zones.contains(&mapping.zone) {
        let (source, span) = mapping.place(&["mapping", "zone"]).unwrap_or((&mapping.source, Span::default()));
        let help =
            "`SELECT name FROM pg_timezone_names` lists those that it knows; names are written as in `Europe/Madrid`";
        let message = format!("the server knows no time zone `{}`", mapping.zone);
        all.push(Diagnostic::error(codes::NO_ZONE, message).at(source, span).help(help));
    }
    all
}

fn findings(mapping: &Mapping, types: &[&str], finding: impl Fn(&str) -> Diagnostic) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let global = Table { columns: mapping.columns.clone(), ..Table::unlisted("") };
    let tables = mapping.tables.iter().chain([&global]);
    for (table, column) in tables.flat_map(|table| table.columns.iter().map(move |column| (table, column))) {
        let Some(name) = column.type_name.as_deref().filter(|name| types.contains(name)) else { continue };
        let guess = did_you_mean(name, built_in_names().iter().copied());
        let help = guess
            .unwrap_or_else(|| "write it as in a cast; a type outside of the search path needs its schema".to_owned());
        let (source, span) = place(mapping, table, &["columns", &column.legacy, "type"]);
        findings.push(finding(name).at(source, span).help(help));
    }
    findings
}
