//! A catalog as a file: what `exonym catalog dump` writes and `exonym rewrite --catalog` reads.
//!
//! JSON by default, one line for each relation so that a diff of two dumps reads well; TOML when the name ends in `.toml`,
//! for those who write one by hand. No IO: the caller brings the text.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::Catalog;
use crate::text::diagnostic::Source;
use crate::text::{Diagnostic, Span};

/// Reads a catalog; `name` is what the file is called, its extension tells the format.
///
/// # Errors
/// All that is wrong with the text, each with its place where one is known.
pub fn parse(text: &str, name: &str) -> Result<Catalog, Vec<Diagnostic>> {
    let source = Source { name: name.into(), text: Arc::from(text) };
    let is_toml = Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    let catalog = if is_toml { from_toml(&source) } else { from_json(&source) }?;
    let findings = contradictions(&catalog, &source);
    if findings.is_empty() { Ok(catalog.indexed()) } else { Err(findings) }
}

/// Writes a catalog as JSON that [`parse`] reads.
#[must_use]
pub fn to_json(catalog: &Catalog) -> String {
    let mut fields = vec![
        field("database", &catalog.database),
        field("server_version", &catalog.server_version),
        field("search_path", &catalog.search_path),
    ];
    if !catalog.role_search_paths.is_empty() {
        fields.push(field("role_search_paths", &catalog.role_search_paths));
    }
    if !catalog.given_roles.is_empty() {
        fields.push(field("given_roles", &catalog.given_roles));
    }
    if !catalog.unusable_schemas.is_empty() {
        fields.push(field("unusable_schemas", &catalog.unusable_schemas));
    }
    fields.push(list("relations", &catalog.relations));
    fields.push(list("functions", &catalog.functions));
    format!("{{\n{}\n}}\n", fields.join(",\n"))
}

fn field(name: &str, value: &impl Serialize) -> String {
    format!("  \"{name}\": {}", json(value))
}

fn list(name: &str, items: &[impl Serialize]) -> String {
    if items.is_empty() {
        return format!("  \"{name}\": []");
    }
    let lines: Vec<String> = items.iter().map(|item| format!("    {}", json(item))).collect();
    format!("  \"{name}\": [\n{}\n  ]", lines.join(",\n"))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings, numbers, lists and maps with string keys are always JSON")
}

fn from_toml(source: &Source) -> Result<Catalog, Vec<Diagnostic>> {
    toml::from_str(&source.text).map_err(|error| {
        let span = error.span().map_or(Span::at(0), Span::from);
        malformed(source, error.message(), span)
    })
}

fn from_json(source: &Source) -> Result<Catalog, Vec<Diagnostic>> {
    serde_json::from_str(&source.text).map_err(|error| {
        let text = error.to_string();
        // The place is drawn; serde_json repeats it in its words.
        let message = text.split(" at line ").next().unwrap_or(&text);
        malformed(source, message, Span::at(byte_of(&source.text, error.line(), error.column())))
    })
}

fn malformed(source: &Source, message: &str, span: Span) -> Vec<Diagnostic> {
    let finding = Diagnostic::error("K001", format!("not a catalog: {}", message.trim()))
        .at(source, span)
        .help("`exonym catalog dump` writes a catalog file from a live server");
    vec![finding]
}

/// The byte at a line and column as `serde_json` counts them: both from 1, the column in bytes; 0 when there is none.
fn byte_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// What a server cannot have: two relations of one name, two columns of one name. They are about the whole file, as serde keeps no
/// places of single values.
fn contradictions(catalog: &Catalog, source: &Source) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut report = |code, message| findings.push(Diagnostic::error(code, message).at(source, Span::at(0)));
    let mut relations = HashSet::new();
    for relation in &catalog.relations {
        let name = format!("{}.{}", relation.schema, relation.name);
        if !relations.insert((&relation.schema, &relation.name)) {
            report("K002", format!("relation `{name}` stands twice"));
        }
        let mut columns = HashSet::new();
        for column in relation.columns.iter().filter(|c| !columns.insert(&c.name)) {
            report("K003", format!("column `{}` of `{name}` stands twice", column.name));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Column, Function, Relation, RelationKind, Yields};

    fn sample() -> Catalog {
        Catalog {
            database: "smartwatt".into(),
            server_version: 150_018,
            search_path: vec!["app".into(), "public".into()],
            role_search_paths: [("bob".to_owned(), vec!["bob".to_owned()])].into(),
            given_roles: ["eve".to_owned()].into(),
            unusable_schemas: [("bob".to_owned(), ["staff".to_owned()].into())].into(),
            relations: vec![Relation {
                schema: "public".into(),
                name: "log".into(),
                kind: RelationKind::View,
                columns: vec![Column { name: "kwh".into(), type_name: "numeric(10,2)".into(), not_null: true }],
                definition: Some("SELECT \"kwh\"\n  FROM raw".into()),
            }],
            functions: vec![Function {
                schema: "public".into(),
                name: "f".into(),
                yields: Yields::Value,
                columns: Vec::new(),
                body: Some("select 1".into()),
            }],
            ..Catalog::default()
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let catalog = sample().indexed();
        assert_eq!(parse(&to_json(&catalog), "catalog.json").expect("our own output"), catalog);
        let toml = toml_of(&catalog);
        assert_eq!(parse(&toml, "catalog.toml").expect("the same as TOML"), catalog);
    }

    /// There is no writer for TOML in the program, as nobody needs one; by hand it looks like this.
    fn toml_of(catalog: &Catalog) -> String {
        let mut out = format!(
            "database = {:?}\nserver_version = {}\nsearch_path = [\"app\", \"public\"]\n",
            catalog.database, catalog.server_version
        );
        out.push_str("role_search_paths = { bob = [\"bob\"] }\ngiven_roles = [\"eve\"]\n");
        out.push_str("unusable_schemas = { bob = [\"staff\"] }\n");
        out.push_str("[[relations]]\nschema = \"public\"\nname = \"log\"\nkind = \"view\"\n");
        out.push_str("columns = [{ name = \"kwh\", type = \"numeric(10,2)\", not_null = true }]\n");
        out.push_str("definition = \"SELECT \\\"kwh\\\"\\n  FROM raw\"\n");
        out.push_str("[[functions]]\nschema = \"public\"\nname = \"f\"\nyields = \"value\"\nbody = \"select 1\"\n");
        out
    }

    #[test]
    fn errors_point_at_their_place() {
        let text = "{\n  \"relations\": [\n    {\"schema\": \"é\", \"nam\": 1}\n  ]\n}\n";
        let findings = parse(text, "c.json").expect_err("unknown field");
        assert_eq!(findings[0].line_column().map(|p| p.0), Some(3), "{findings:?}");
        assert!(findings[0].message.contains("unknown field `nam`"), "{}", findings[0].message);
        let findings = parse("[[relations]]\nschema = 5\n", "c.toml").expect_err("a number");
        assert_eq!(findings[0].line_column().map(|p| p.0), Some(2), "{findings:?}");
        assert!(parse("{", "c.json").is_err());
        assert!(parse("", "c.json").is_err());
    }

    #[test]
    fn all_contradictions_are_told_at_once() {
        let mut catalog = sample();
        let mut twin = catalog.relations[0].clone();
        twin.columns.push(twin.columns[0].clone());
        catalog.relations.push(twin);
        let codes: Vec<_> = parse(&to_json(&catalog), "c.json").expect_err("twins").iter().map(|d| d.code).collect();
        assert_eq!(codes, ["K002", "K003"]);
    }
}
