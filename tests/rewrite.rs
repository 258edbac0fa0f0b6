//! Statements as data: `tests/rewrite/*.sql` hold legacy statements and what becomes of them.
//!
//! `UPDATE=1 cargo test --test rewrite` writes the results anew; read the difference before you commit it. Beside the expected
//! text each case must hold what every rewrite has to: bytes that no edit covers are the client's own, positions map there and
//! back, comments and spacing change nothing, and an empty mapping leaves everything alone.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use exonym::rewrite::{Context, Outcome, Plan, World, plan};
use exonym::sql::{LexOptions, Token, lex};
use exonym::{catalog, mapping};

#[test]
fn statements_become_what_the_cases_say() {
    let world = world();
    let mut failed = String::new();
    for path in files() {
        let text = fs::read_to_string(&path).expect("a case file can be read");
        let cases: Vec<&str> = text.split("\n\n").map(str::trim).filter(|c| !c.is_empty()).collect();
        let mut written = String::new();
        for case in cases {
            let statement = legacy_part(case);
            let _ = write!(written, "{statement}\n{}\n\n", outcome(&world, statement));
        }
        let written = format!("{}\n", written.trim_end());
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &written).expect("a case file can be written");
        } else if written != text {
            let _ = writeln!(failed, "{}:\n{}", path.display(), difference(&text, &written));
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn what_no_edit_covers_stays_and_maps_there_and_back() {
    let world = world();
    for_each_case(|source| {
        let plan = plan(&world, &context(), source);
        let Some(sql) = &plan.sql else { return };
        for (at, byte) in source.bytes().enumerate() {
            let Some(to) = plan.map.to_spliced(at) else { continue };
            assert_eq!(sql.as_bytes()[to], byte, "{source}\n{sql}");
            assert_eq!(plan.map.to_source(to), at, "{source}\n{sql}");
        }
    });
}

#[test]
fn an_empty_mapping_changes_nothing() {
    let nothing = World::new(1, Vec::new(), world().catalog.clone());
    for_each_case(|source| {
        assert!(!nothing.concerns(source.as_bytes()));
        let plan = plan(&nothing, &context(), source);
        assert!(plan.sql.is_none(), "{source}");
    });
}

#[test]
fn the_second_rewrite_finds_nothing_to_do_or_what_a_moved_service_would_mean() {
    let world = world();
    for_each_case(|source| {
        let first = plan(&world, &context(), source);
        let rewritten = first.statements.iter().all(|s| s.outcome == Outcome::Rewritten);
        // Swapped names mean the other column each time, and a star grows by its own labels.
        let stable = !source.contains("swapped") && !source.contains('*');
        if let (Some(sql), true, true) = (&first.sql, rewritten, stable) {
            let second = plan(&world, &context(), sql);
            assert!(second.sql.is_none() || is_refused(&second), "{source}\n{sql}\n{:?}", second.sql);
        }
    });
}

#[test]
fn comments_and_spacing_do_not_change_the_decision() {
    let world = world();
    for_each_case(|source| {
        let spaced = spaced_out(source);
        let (one, other) = (plan(&world, &context(), source), plan(&world, &context(), &spaced));
        let words = |plan: &Plan, source: &str| match &plan.sql {
            _ if is_refused(plan) => vec!["refused".to_owned()],
            Some(sql) => texts(sql),
            None => texts(source),
        };
        assert_eq!(words(&one, source), words(&other, &spaced), "{source}\n{spaced}");
    });
}

fn world() -> World {
    let catalog = catalog::file::parse(&read("catalog.toml"), "catalog.toml").expect("the catalog is good");
    let mapping = mapping::file::parse("mapping.toml", &read("mapping.toml")).expect("the mapping is good");
    World::new(1, vec![Arc::new(mapping)], Arc::new(catalog))
}

fn context() -> Context {
    Context::new("service", &["$user".to_owned(), "public".to_owned()])
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rewrite")
}

fn read(name: &str) -> String {
    fs::read_to_string(directory().join(name)).expect("a file of the cases can be read")
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory())
        .expect("the cases are there")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn for_each_case(mut check: impl FnMut(&str)) {
    for path in files() {
        let text = fs::read_to_string(path).expect("a case file can be read");
        text.split("\n\n").map(|case| legacy_part(case.trim())).filter(|s| !s.is_empty()).for_each(&mut check);
    }
}

/// The statement of a case: all up to the first line of its result.
fn legacy_part(case: &str) -> &str {
    let end = case.find("\n=> ").unwrap_or(case.len());
    case[..end].trim_end()
}

fn outcome(world: &World, source: &str) -> String {
    let plan = plan(world, &context(), source);
    let mut out = String::new();
    for statement in &plan.statements {
        if let Some(refusal) = &statement.refusal {
            let place = refusal.at.map_or_else(String::new, |at| format!(" at byte {at}"));
            let _ = writeln!(out, "=> refused {}{place}: {}", refusal.sqlstate, refusal.message);
        } else if statement.outcome != Outcome::Rewritten {
            let _ = writeln!(out, "=> {}", statement.outcome.label());
        }
    }
    if let (Some(sql), false) = (&plan.sql, is_refused(&plan)) {
        let _ = writeln!(out, "=> {sql}");
    }
    out.trim_end().to_owned()
}

fn is_refused(plan: &Plan) -> bool {
    plan.statements.iter().any(|s| s.outcome == Outcome::Refused)
}

fn tokens(source: &str) -> Vec<Token> {
    lex(source, LexOptions { standard_conforming_strings: true }).expect("a case lexes")
}

fn texts(source: &str) -> Vec<String> {
    tokens(source).iter().map(|t| t.text(source).to_owned()).collect()
}

/// The statement with a comment and a newline between any two tokens.
fn spaced_out(source: &str) -> String {
    tokens(source).iter().map(|t| t.text(source)).collect::<Vec<_>>().join(" /* rating */\n-- customers\n")
}

fn difference(expected: &str, found: &str) -> String {
    let changed = found.split("\n\n").filter(|case| !expected.contains(case.trim()));
    changed.fold(String::new(), |all, case| all + "now:\n" + case + "\n")
}
