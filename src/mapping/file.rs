//! A mapping file → a checked [`Mapping`]: `[mapping]`, and `[tables.…]` one by one.
//!
//! Every error of a file is found in one go. Only what the text itself shows is judged here; whether tables and columns exist is
//! `config::check`'s question. `docs/mapping.md` says what the keys mean.

use std::path::Path;
use std::sync::Arc;

use super::{Column, Introspection, Mapping, Table, codes, names, table};
use crate::text::diagnostic::Source;
use crate::text::toml::{Codes, Document, Shape, Text};
use crate::text::{Diagnostic, Severity};

const CODES: Codes = Codes {
    syntax: codes::NOT_TOML,
    duplicate: codes::KEY_TWICE,
    unknown: codes::UNKNOWN_KEY,
    wrong_type: codes::WRONG_TYPE,
    missing: codes::MISSING_KEY,
};

/// The mapping that `text` is, unless it has errors; findings that are no errors are left out. `name` is what to call the file.
pub fn parse(name: &str, text: &str) -> Result<Mapping, Vec<Diagnostic>> {
    let (mapping, mut findings) = read(name, text);
    mapping.ok_or_else(|| {
        findings.retain(|f| f.severity == Severity::Error);
        findings
    })
}

/// Like [`parse`], with everything that was found: errors, for which there is no mapping, and warnings and notes, which do no harm to it.
#[must_use]
pub fn read(name: &str, text: &str) -> (Option<Mapping>, Vec<Diagnostic>) {
    let source = Source { name: name.into(), text: text.into() };
    let document = Document::parse(&source, CODES);
    let mapping = mapping(&document);
    let findings = document.finish();
    let broken = findings.iter().any(|f| f.severity == Severity::Error);
    (mapping.filter(|_| !broken), findings)
}

fn mapping(document: &Document<'_>) -> Option<Mapping> {
    let root = document.root();
    let mut mapping = Mapping {
        name: Arc::from(stem(&document.source().name)),
        schema: "public".to_owned(),
        zone: "UTC".to_owned(),
        introspection: Introspection::default(),
        tables: Vec::new(),
        columns: Vec::new(),
        source: document.source().clone(),
    };
    let mut sound = true;
    if let Some(head) = root.table("mapping") {
        if let Some(name) = head.string("name") {
            sound &= names::read(document, &name).is_some_and(|name| {
                mapping.name = name.into();
                true
            });
        }
        if let Some(schema) = head.string("schema") {
            sound &= names::read(document, &schema).is_some_and(|schema| {
                mapping.schema = schema;
                true
            });
        }
        if let Some(zone) = head.string("zone") {
            sound &= super::zone::check(document, &zone);
            zone.value.clone_into(&mut mapping.zone);
        }
        if let Some(text) = head.string("introspection") {
            sound &= introspection(document, &text).is_some_and(|chosen| {
                mapping.introspection = chosen;
                true
            });
        }
        head.close_with(|key| (key == "extends").then(not_yet));
    }
    if let Some(tables) = root.table("tables") {
        mapping.tables = tables.entries().into_iter().filter_map(|entry| one_table(document, &tables, entry)).collect();
    }
    if let Some(columns) = root.table("columns") {
        mapping.columns = table::columns(document, &columns);
        for column in &mapping.columns {
            sound &= fits_some_tables(document, column);
        }
    }
    root.close_with(|key| (key == "clients").then(not_yet));
    sound.then_some(mapping)
}

fn introspection(document: &Document<'_>, text: &Text<'_>) -> Option<Introspection> {
    let known = [("legacy", Introspection::Legacy), ("current", Introspection::Current), ("both", Introspection::Both)];
    let found = known.iter().find(|(word, _)| *word == text.value).map(|(_, chosen)| *chosen);
    if found.is_none() {
        let guess = crate::text::nearest::did_you_mean(text.value, known.map(|(word, _)| word));
        let list = "known are `legacy`, `current` and `both`";
        let help = guess.map_or_else(|| list.to_owned(), |guess| format!("{guess} {list}"));
        let message = format!("`introspection` knows no `{}`", text.value);
        document.error(codes::BAD_VALUE, text.span, message, "", help);
    }
    found
}

/// What tells which tables have a column of `[columns]` is that they have what it reads, and lack its name.
fn fits_some_tables(document: &Document<'_>, column: &Column) -> bool {
    let wrong = |message: String, label: &str, help: &str| {
        document.error(codes::GLOBAL_COLUMN, column.span, message, label, help);
        false
    };
    if column.kind.columns().next().is_none() {
        let message = format!("`{}` reads no column, so every table would have it", column.legacy);
        return wrong(message, "", "write it under the `columns` of its tables");
    }
    if column.override_real || column.kind.columns().any(|name| *name == *column.legacy) {
        let message = format!("`{}` is for tables that have no column of that name", column.legacy);
        return wrong(message, "", "write it under the `columns` of its tables, if the mapping is to win there");
    }
    true
}

fn one_table<'d>(
    document: &'d Document<'d>,
    tables: &crate::text::toml::Table<'d>,
    entry: crate::text::toml::Entry<'d>,
) -> Option<Table> {
    let Shape::Table(body) = entry.value.shape else {
        return tables.wrong(entry.key, &entry.value, "a table");
    };
    let legacy = names::check(document, entry.key, entry.span);
    if legacy {
        names::warn_of_dot(document, entry.key, entry.span);
        names::note_upper_case(document, entry.key, entry.span);
    }
    table::read(document, entry.key, entry.span, body).filter(|_| legacy)
}

/// What to say of a key that other files of this kind may have.
pub(super) fn not_yet() -> String {
    "this version does not understand it; a file that has it cannot be used".to_owned()
}

/// `mappings/smartwatt.toml` is called `smartwatt` unless it says otherwise.
fn stem(file: &str) -> &str {
    Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or(file)
}
