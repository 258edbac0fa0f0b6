//! Mappings held against a catalog, as data: `tests/check/NAME.toml` against `NAME.catalog.toml`, or `shop.catalog.toml` when it has none
//! of its own; what was found is `NAME.out`, `UPDATE=1` rewrites it.
//!
//! Each case also holds check against the rewriter: what check calls missing or shadowed is exactly what the rewriter does not rewrite.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use exonym::catalog::{self, Catalog};
use exonym::config::check::{against, against_server};
use exonym::mapping::{Mapping, codes, file, shadow};
use exonym::rewrite::{World, check_queries};
use exonym::text::Diagnostic;
use exonym::text::diagnostic::render;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check")
}

fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the folder of the cases");
    let mut files: Vec<_> = entries.map(|e| e.expect("readable").path()).collect();
    files
        .retain(|path| path.to_string_lossy().ends_with(".toml") && !path.to_string_lossy().ends_with(".catalog.toml"));
    files.sort();
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn catalog_of(case: &Path) -> Catalog {
    let own = case.with_extension("catalog.toml");
    let path = if own.exists() { own } else { folder().join("shop.catalog.toml") };
    let name = path.to_string_lossy();
    catalog::file::parse(&read(&path), &name).unwrap_or_else(|bad| panic!("{name}:\n{}", render(&bad, false)))
}

#[test]
fn every_case_has_its_findings() {
    let mut differ = Vec::new();
    let mut seen = BTreeSet::new();
    for case in cases() {
        let name = case.file_name().expect("a file").to_string_lossy().into_owned();
        let mapping = file::parse(&name, &read(&case)).unwrap_or_else(|bad| panic!("{name}:\n{}", render(&bad, false)));
        let catalog = Arc::new(catalog_of(&case));
        let mut findings = against(&mapping, &catalog);
        findings.extend(check_queries(&mapping, &catalog));
        seen.extend(findings.iter().map(|f| f.code));
        agrees_with_the_rewriter(&name, mapping, &catalog, &findings);

        let out = render(&findings, false);
        let expected = case.with_extension("out");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &out).expect("writable");
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != out {
            differ.push(format!("--- {name}\n{out}"));
        }
    }
    assert!(differ.is_empty(), "not as expected (UPDATE=1 accepts):\n{}", differ.join("\n"));
    let on_server = [codes::NO_ZONE];
    let unseen: Vec<_> = codes::ALL
        .iter()
        .map(|(code, _)| *code)
        .filter(|c| c.starts_with("M1") && !seen.contains(c) && !on_server.contains(c))
        .collect();
    assert!(unseen.is_empty(), "no case for {unseen:?}");
}

/// The names in a mapping that check says are not rewritten are those that the rewriter does not rewrite.
fn agrees_with_the_rewriter(name: &str, mapping: Mapping, catalog: &Catalog, findings: &[Diagnostic]) {
    let mapping = Arc::new(mapping);
    let world = World::new(1, vec![Arc::clone(&mapping)], Arc::new(catalog.clone()));
    let at =
        |code: &str, span| findings.iter().any(|f| f.code == code && f.at.as_ref().is_some_and(|(_, s)| *s == span));
    for table in &mapping.tables {
        let bound = world.tables().iter().find(|t| t.legacy == table.legacy);
        if table.query.is_some() {
            let lines = |span: exonym::text::Span| mapping.source.text[..span.start].lines().count();
            let own =
                |f: &&Diagnostic| f.message.contains(&format!("`{}`", table.legacy)) && f.code == codes::QUERY_UNBOUND;
            let faulty = findings.iter().any(|f| own(&f)) || at(codes::SHADOWED_TABLE, table.span);
            assert_eq!(bound.is_none(), faulty, "{name}: {}, line {}", table.legacy, lines(table.span));
            continue;
        }
        let relation = catalog.relation(&mapping.schema, &table.current);
        let real = catalog.relation(&mapping.schema, &table.legacy).is_some();
        assert_eq!(
            shadow::of_table(&mapping, table, real).is_shadowed(),
            at(codes::SHADOWED_TABLE, table.span),
            "{name}: {}",
            table.legacy
        );
        let unfiltered = |name: &str| relation.is_some_and(|r| r.column(name).is_none());
        let no_rows = table.filter.as_ref().is_some_and(|f| f.columns().any(unfiltered));
        if relation.is_none() || no_rows || at(codes::SHADOWED_TABLE, table.span) {
            assert!(bound.is_none(), "{name}: {} is bound", table.legacy);
            continue;
        }
        let served = |legacy: &str| bound.is_some_and(|t| t.replacements.iter().any(|r| &*r.legacy == legacy));
        for column in &table.columns {
            let shadowed = at(codes::SHADOWED_COLUMN, column.span);
            let missing = column.kind.columns().any(|c| relation.is_some_and(|r| r.column(c).is_none()));
            assert_eq!(served(&column.legacy), !shadowed && !missing, "{name}: {}.{}", table.legacy, column.legacy);
        }
    }
}

#[test]
fn what_a_server_does_not_know_stands_under_its_name() {
    let text =
        "[mapping]\nzone = \"Europe/Madrit\"\n[tables.swapped.columns]\nx = { column = \"a\", type = \"moood\" }\n";
    let mapping = file::parse("m.toml", text).expect("nothing is wrong with it offline");
    let catalog = catalog_of(&folder().join("m.toml"));
    let places = |zones: &[&str], types: &[&str]| -> Vec<_> {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let found = against_server(&mapping, &catalog, &owned(zones), &owned(types));
        found.iter().map(|f| (f.code, f.line_column())).collect()
    };
    let at_type = Some((4, 28));
    assert_eq!(
        places(&["Europe/Madrit"], &["moood"]),
        [(codes::NO_ZONE, Some((2, 8))), (codes::UNKNOWN_TYPE, at_type)]
    );
    assert_eq!(places(&[], &[]), [(codes::TYPE_DIFFERS, at_type)]);
    let guessed: Vec<_> = against(&mapping, &catalog).iter().map(|f| (f.code, f.line_column())).collect();
    assert_eq!(guessed, [(codes::UNKNOWN_TYPE, at_type)]);
}
