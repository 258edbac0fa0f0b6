//! Mapping files as data: `tests/mapping/NAME.toml` is read, and what was found in it is `NAME.out`; `UPDATE=1` rewrites those. Files that
//! extend others are `tests/mapping/packs/NAME/own.toml`, with those beside them, and `own.out`.
//!
//! Beside the expectation each case holds the properties of all of them: every finding has a place, a known code and, when it is an error,
//! a remedy; the same file with CRLF line ends has the same findings at the same places; an error means no mapping.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use exonym::mapping::{Column, Decimal, Kind, Mapping, Piece, Template, codes, file, packs};
use exonym::text::diagnostic::{Source, render};
use exonym::text::{Diagnostic, Severity};
use proptest::prelude::*;

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.map(|e| e.expect("readable").path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    files
}

#[test]
fn every_case_has_its_findings() {
    let mut differ = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let cases = cases("mapping");
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    for case in cases {
        let name = case.file_name().expect("a file").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&case).expect("UTF-8");
        let (mapping, findings) = file::read(&name, &text);
        seen.extend(findings.iter().map(|f| f.code));
        properties(&name, &text, mapping.as_ref(), &findings);

        let mut out = render(&findings, false);
        if let Some(mapping) = &mapping {
            out.push_str(&shown(mapping));
        }
        let expected = case.with_extension("out");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &out).expect("writable");
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != out {
            differ.push(format!("--- {name}\n{out}"));
        }
    }
    assert!(differ.is_empty(), "not as expected (UPDATE=1 accepts):\n{}", differ.join("\n"));
    // Findings of two files together, and those that need a catalog, have tests of their own.
    let elsewhere = |code: &str| code.starts_with("M03") || code.starts_with("M1");
    let unseen: Vec<_> = codes::ALL.iter().filter(|(code, _)| !seen.contains(code) && !elsewhere(code)).collect();
    assert!(unseen.is_empty(), "no case for {unseen:?}");
}

#[test]
fn every_case_of_packs_has_its_findings() {
    let (mut differ, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
    let mut own = Vec::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mapping/packs")).expect("is there")
    {
        own.push(entry.expect("readable").path().join("own.toml"));
    }
    own.sort();
    for own in own {
        let folder = own.parent().expect("a folder");
        let (files, id) = pack_files(folder, &own);
        let (mapping, findings) = packs::read(&files, &id);
        seen.extend(findings.iter().map(|f| f.code));
        assert_eq!(mapping.is_none(), findings.iter().any(|f| f.severity == Severity::Error), "{}", own.display());
        for (source, span) in findings.iter().map(|f| f.at.as_ref().expect("a place")) {
            assert!(source.text.get(span.start..span.end).is_some(), "{}: {span:?}", source.name);
        }
        let mut out = render(&findings, false);
        if let Some(mapping) = &mapping {
            out.push_str(&shown(mapping));
            assert!(in_its_file(mapping), "{}", own.display());
        }
        let expected = own.with_extension("out");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &out).expect("writable");
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != out {
            differ.push(format!("--- {}\n{out}", own.display()));
        }
    }
    assert!(differ.is_empty(), "not as expected (UPDATE=1 accepts):\n{}", differ.join("\n"));
    for code in [codes::NO_PACK, codes::PACK_TWICE, codes::PACK_CYCLE, codes::PACKS_DISAGREE, codes::PACK_OVERRULED] {
        assert!(seen.contains(code), "no case for {code}");
    }
}

/// A file and all that it extends, called as they are from the folder.
fn pack_files(folder: &Path, own: &Path) -> (packs::Files, PathBuf) {
    let mut files = packs::Files::default();
    let id = |path: &Path| path.canonicalize().expect("is there");
    let mut unread = vec![own.to_owned()];
    while let Some(path) = unread.pop() {
        let name = id(&path).strip_prefix(id(folder)).expect("in the folder").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let source = Source { name: name.into(), text: text.into() };
        for name in packs::named(&source) {
            let pack = path.parent().expect("a folder").join(name.trim_end_matches(".toml").to_owned() + ".toml");
            let missing = packs::Missing { message: format!("there is no `{name}`"), help: "none".into() };
            let found = if pack.is_file() { Ok(id(&pack)) } else { Err(missing) };
            if found.as_ref().is_ok_and(|pack| files.get(pack).is_none() && *pack != id(&path)) {
                unread.push(pack);
            }
            files.link(&id(&path), &name, found);
        }
        files.add(id(&path), source);
    }
    let id = id(own);
    (files, id)
}

/// Each column stands in the file that it says it stands in.
fn in_its_file(mapping: &Mapping) -> bool {
    let columns = mapping.tables.iter().flat_map(|t| &t.columns).chain(&mapping.columns);
    let mut places = columns
        .map(|c| (&c.legacy, &c.source, c.span))
        .chain(mapping.tables.iter().map(|t| (&t.legacy, &t.source, t.span)));
    places.all(|(name, source, span)| {
        source.text.get(span.start..span.end).is_some_and(|text| text.trim_matches('"') == &**name)
    })
}

fn properties(name: &str, text: &str, mapping: Option<&Mapping>, findings: &[Diagnostic]) {
    let errors = findings.iter().any(|f| f.severity == Severity::Error);
    assert_eq!(mapping.is_none(), errors, "{name}: a mapping or errors");
    assert_eq!(file::parse(name, text).is_ok(), !errors, "{name}");
    for finding in findings {
        let (source, span) = finding.at.as_ref().unwrap_or_else(|| panic!("{name}: {finding:?} has no place"));
        assert!(source.text.get(span.start..span.end).is_some(), "{name}: {finding:?} cuts a character");
        assert!(codes::ALL.iter().any(|(code, _)| *code == finding.code), "{name}: {} is not listed", finding.code);
        let says = finding.help.is_some() || !finding.label.is_empty() || finding.code == codes::NOT_TOML;
        assert!(says, "{name}: {finding:?} has no remedy");
        let message = &finding.message;
        assert!(
            !message.ends_with('.') && !message.starts_with(|c: char| c.is_ascii_uppercase())
                || message.starts_with("not TOML"),
            "{message}"
        );
    }
    if !text.contains('\r') {
        let places = |findings: &[Diagnostic]| findings.iter().map(|f| (f.code, f.line_column())).collect::<Vec<_>>();
        let (_, with_crlf) = file::read(name, &text.replace('\n', "\r\n"));
        assert_eq!(places(findings), places(&with_crlf), "{name} with CRLF");
    }
}

/// Columns in braces.
fn sql(template: &Template) -> String {
    template.pieces.iter().fold(String::new(), |out, piece| match piece {
        Piece::Text(text) => out + text,
        Piece::Column(name) => out + "{" + name + "}",
    })
}

/// A mapping, one line a name.
fn shown(mapping: &Mapping) -> String {
    let mut out = format!("mapping {} schema={} zone={}\n", mapping.name, mapping.schema, mapping.zone);
    for table in &mapping.tables {
        let _ = write!(out, "  table {} -> {}", table.legacy, table.current);
        let star = table.star.map(|star| format!(" star={star:?}")).unwrap_or_default();
        if let Some(filter) = &table.filter {
            let _ = write!(out, " where {}", sql(filter));
        }
        if let Some(query) = &table.query {
            let _ = write!(out, " query {:?}", query.text);
        }
        if let Some(insert) = &table.insert {
            let _ = write!(out, " insert {insert:?}");
        }
        if let Some(bigquery) = &table.bigquery {
            let _ = write!(out, " {bigquery:?}");
        }
        let layout = table.layout.as_ref().map(|layout| format!(" layout={layout:?}")).unwrap_or_default();
        let _ = writeln!(out, "{star}{}{layout}", if table.override_real { " override" } else { "" });
        columns(&mut out, &table.columns);
    }
    if !mapping.columns.is_empty() {
        out.push_str("  any table\n");
        columns(&mut out, &mapping.columns);
    }
    out
}

fn columns(out: &mut String, columns: &[Column]) {
    for column in columns {
        let what = match &column.kind {
            Kind::Rename { column } | Kind::Date { column } => column.clone(),
            Kind::Linear { column, factor, offset } => {
                let sql = |d: &Option<Decimal>| d.as_ref().map_or("-".into(), Decimal::sql);
                format!("{column} * {} + {}", sql(factor), sql(offset))
            }
            Kind::Values { column, values } => {
                let pairs: Vec<_> = values.iter().map(|p| format!("{:?}={:?}", p.legacy, p.current)).collect();
                format!("{column} {}", pairs.join(" "))
            }
            Kind::Json { column, path } => format!("{column} {path:?}"),
            Kind::Constant(constant) => format!("{constant:?}"),
            Kind::Expression(template) => sql(template),
        };
        let type_name = column.type_name.as_deref().map(|name| format!(" :: {name}")).unwrap_or_default();
        let over = if column.override_real { " override" } else { "" };
        let _ = writeln!(out, "    {} = {} {what}{type_name}{over}", column.legacy, column.kind.name());
        for write in &column.writes {
            let _ = writeln!(out, "      write {} = {}", write.column, sql(&write.value));
        }
        if let Some(bigquery) = &column.bigquery {
            let _ = writeln!(out, "      {bigquery:?}");
        }
        for filter in &column.filters {
            let _ = writeln!(out, "      where {:?}: {}", filter.test, sql(&filter.condition));
        }
    }
}

/// `docs/mapping.md` as a user reads it.
const DOCS: &str = include_str!("../docs/mapping.md");

#[test]
fn the_docs_list_exactly_the_codes_that_there_are() {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| M")?.strip_suffix(" |")?.splitn(2, " | ");
        Some((format!("M{}", cells.next()?), cells.next()?.to_owned()))
    };
    let listed: Vec<_> = DOCS.lines().filter_map(row).collect();
    let mut there: Vec<_> =
        codes::ALL.iter().map(|(code, meaning)| ((*code).to_owned(), (*meaning).to_owned())).collect();
    there.sort();
    assert_eq!(listed, there);
    let unique: std::collections::BTreeSet<_> = there.iter().map(|(code, _)| code).collect();
    assert_eq!(unique.len(), there.len(), "a code stands twice");
}

#[test]
fn the_examples_in_the_docs_are_mappings() {
    let blocks: Vec<_> =
        DOCS.split("```toml\n").skip(1).map(|rest| rest.split("```").next().expect("an end")).collect();
    assert!(blocks.len() >= 4);
    for block in blocks {
        let (mapping, findings) = file::read("docs.toml", block);
        assert!(mapping.is_some() && findings.is_empty(), "{block}\n{}", render(&findings, false));
    }
}

#[test]
fn the_docs_tell_of_every_key() {
    // The file's own words: what it lists as known where a key is not.
    let probe = "x = 1\n[mapping]\nx = 1\n[tables.t]\nx = 1\n[tables.t.columns]\nx = { x = 1 }\n";
    let (_, findings) = file::read("probe.toml", probe);
    let lists: Vec<&str> =
        findings.iter().filter_map(|f| f.help.as_deref()?.split_once("known here: ").map(|(_, list)| list)).collect();
    assert_eq!(lists.len(), 4, "{findings:?}");
    for key in lists.iter().flat_map(|list| list.split(", ")).map(|key| key.trim_matches('`')) {
        let told = [format!("`{key}`"), format!("`{key} = "), format!("`[{key}]`"), format!("`[{key}.")];
        assert!(told.iter().any(|told| DOCS.contains(told.as_str())), "docs/mapping.md does not tell of `{key}`");
    }
}

const GOOD: &str = include_str!("mapping/everything.toml");

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn reading_never_panics(text in any::<String>()) {
        let (mapping, findings) = file::read("any.toml", &text);
        prop_assert_eq!(mapping.is_none(), findings.iter().any(|f| f.severity == Severity::Error));
        let _ = render(&findings, false);
    }

    #[test]
    fn nor_does_reading_a_good_file_that_was_damaged(
        cuts in prop::collection::vec((0..GOOD.len(), 0..12_usize, "[\"'{}\\[\\]=.,$\\\\#\r\n a(é;-]{0,3}"), 1..4)
    ) {
        let mut text = GOOD.to_owned();
        for (at, len, put) in cuts {
            let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let (from, to) = (boundary(at), boundary(at + len));
            text.replace_range(from..to, &put);
        }
        let (mapping, findings) = file::read("damaged.toml", &text);
        prop_assert_eq!(mapping.is_none(), findings.iter().any(|f| f.severity == Severity::Error), "{}", text);
        for (source, span) in findings.iter().filter_map(|f| f.at.as_ref()) {
            prop_assert!(source.text.get(span.start..span.end).is_some(), "{}", text);
        }
        let _ = render(&findings, false);
    }
}
