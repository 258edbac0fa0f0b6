//! One mapping file → what it says: `[mapping]`, `[tables.…]` one by one, and `[columns]`.
//!
//! Every error of a file is found in one go. Only what the text itself shows is judged here; whether tables and columns exist is
//! `config::check`'s question. `docs/mapping.md` says what the keys mean. The files that it extends are `packs`' business.

use std::path::Path;

use super::whole::Said;
use super::{Column, Introspection, Mapping, codes, names, packs, table};
use crate::text::diagnostic::Source;
use crate::text::toml::{Codes, Document, Shape, Text};
use crate::text::{Diagnostic, Severity};

pub(super) const CODES: Codes = Codes {
    syntax: codes::NOT_TOML,
    duplicate: codes::KEY_TWICE,
    unknown: codes::UNKNOWN_KEY,
    wrong_type: codes::WRONG_TYPE,
    missing: codes::MISSING_KEY,
};

/// What one file says.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) source: Source,
    /// `[mapping] name`, or the file's own.
    pub(super) name: String,
    pub(super) schema: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) introspection: Option<Introspection>,
    pub(super) tables: Vec<Said>,
    pub(super) columns: Vec<Column>,
}

/// The mapping that `text` is, unless it has errors; findings that are no errors are left out. `name` is what to call the file, which
/// extends no other.
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
    let mut files = packs::Files::default();
    let path = Path::new(name);
    files.add(path.to_owned(), Source { name: name.into(), text: text.into() });
    packs::read(&files, path)
}

/// What a document says. Where that is wrong it has an error, and what is returned may lack it.
pub(super) fn part(document: &Document<'_>) -> Part {
    let root = document.root();
    let mut part = Part {
        source: document.source().clone(),
        name: stem(&document.source().name).to_owned(),
        schema: None,
        zone: None,
        introspection: None,
        tables: Vec::new(),
        columns: Vec::new(),
    };
    if let Some(head) = root.table("mapping") {
        if let Some(name) = head.string("name").and_then(|text| names::read(document, &text)) {
            part.name = name;
        }
        part.schema = head.string("schema").and_then(|text| names::read(document, &text));
        part.zone =
            head.string("zone").filter(|text| super::zone::check(document, text)).map(|text| text.value.to_owned());
        part.introspection = head.string("introspection").and_then(|text| introspection(document, &text));
        // Read by `packs`.
        let _ = head.value(packs::KEY);
        head.close();
    }
    if let Some(tables) = root.table("tables") {
        part.tables = tables.entries().into_iter().filter_map(|entry| one_table(document, &tables, entry)).collect();
    }
    if let Some(columns) = root.table("columns") {
        part.columns = table::columns(document, &columns);
        for column in &part.columns {
            fits_some_tables(document, column);
        }
    }
    root.close_with(|key| (key == "clients").then(not_yet));
    part
}

fn introspection(document: &Document<'_>, text: &Text<'_>) -> Option<Introspection> {
    let known = Introspection::ALL.map(|chosen| (chosen.word(), chosen));
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
fn fits_some_tables(document: &Document<'_>, column: &Column) {
    let wrong = |message: String, help: &str| document.error(codes::GLOBAL_COLUMN, column.span, message, "", help);
    if column.kind.columns().next().is_none() {
        let message = format!("`{}` reads no column, so every table would have it", column.legacy);
        wrong(message, "write it under the `columns` of its tables");
    } else if column.override_real || column.kind.columns().any(|name| *name == *column.legacy) {
        let message = format!("`{}` is for tables that have no column of that name", column.legacy);
        wrong(message, "write it under the `columns` of its tables, if the mapping is to win there");
    }
}

fn one_table<'d>(
    document: &'d Document<'d>,
    tables: &crate::text::toml::Table<'d>,
    entry: crate::text::toml::Entry<'d>,
) -> Option<Said> {
    let Shape::Table(body) = entry.value.shape else {
        return tables.wrong(entry.key, &entry.value, "a table");
    };
    let legacy = names::check(document, entry.key, entry.span);
    if legacy {
        names::warn_of_dot(document, entry.key, entry.span);
        names::note_upper_case(document, entry.key, entry.span);
    }
    let said = table::read(document, entry.key, entry.span, body);
    legacy.then_some(said)
}

/// What to say of a key that other files of this kind may have.
pub(super) fn not_yet() -> String {
    "this version does not understand it; a file that has it cannot be used".to_owned()
}

/// `mappings/smartwatt.toml` is called `smartwatt` unless it says otherwise.
fn stem(file: &str) -> &str {
    Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or(file)
}
