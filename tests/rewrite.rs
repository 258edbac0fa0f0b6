//! Statements as data: `tests/rewrite/*.sql` hold legacy statements and what becomes of them.
//!
//! `UPDATE=1 cargo test --test rewrite` writes the results anew; read the difference before you commit it. Beside the expected
//! text each case must hold what every rewrite has to: bytes that no edit covers are the client's own, positions map there and
//! back, comments and spacing change nothing, an empty mapping leaves everything alone, and with other literals in its place it
//! is planned as it is when nobody has seen it before.

#[path = "support/literals.rs"]
mod literals;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use exonym::rewrite::{Cache, Context, Known, Outcome, Plan, World, plan};
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

#[test]
fn texts_that_differ_in_literals_share_a_plan_that_each_of_them_would_get() {
    let (world, context, cache) = (world(), Arc::new(context()), Cache::new());
    let (mut dice, mut told, mut texts) = (literals::Dice(7), 0, 0);
    let mut check = |source: &str| {
        told += literals::check(&world, &context, &cache, source, 12, &mut dice);
        texts += 1;
    };
    for_each_case(&mut check);
    LITERALS.into_iter().for_each(&mut check);
    assert!(told > texts, "{told} of {texts} with twelve others each were told by others");
}

/// Statements in which literals stand where they may matter.
const LITERALS: [&str; 22] = [
    "SELECT consumption_kwh, 'a' FROM consumption_log WHERE user_id = 5 AND consumption_kwh > 1.5 LIMIT 10",
    "SELECT 'x'AS a,consumption_kwh,2.5 FROM consumption_log WHERE'x'='y'AND 1<consumption_kwh",
    "SELECT record_date FROM consumption_log WHERE record_date = '2025-01-01' AND user_id = 7",
    "SELECT 1 FROM consumption_log WHERE record_date IN ('2025-01-01', '2025-01-02') OR user_id = 7",
    "SELECT 1 FROM consumption_log WHERE record_date BETWEEN '2025-01-01' AND '2025-01-02'::date + 1",
    "SELECT 1 FROM consumption_log c WHERE '2025-01-01' > c.record_date AND NOT (c.record_date = date '2025-01-02')",
    "SELECT 1 FROM consumption_log WHERE record_date = CAST('2025-01-01' AS varchar(10))::date",
    "SELECT record_date, count(*) FROM consumption_log GROUP BY 1 ORDER BY 1 LIMIT 3",
    "SELECT created_at, feedback_type, count(*) FROM feedback_log GROUP BY ROLLUP (1, 2)",
    "SELECT rating, user_id, 'x' FROM feedback_log GROUP BY GROUPING SETS ((1), (2), (1, 2)) HAVING count(*) > 1",
    "SELECT a, b FROM swapped WHERE a = 1; SELECT b FROM swapped WHERE b = 'x'; SELECT '1'",
    "BEGIN; SELECT rating FROM feedback_log WHERE user_id = 1; COMMIT",
    "SELECT 'x', created_at FROM feedback_log f JOIN ai_predictions p USING (user_id) WHERE 'y' = 'z'",
    "SELECT 'x'; SELECT created_at FROM feedback_log f JOIN ai_predictions p USING (user_id); SELECT a FROM swapped, 'b'",
    "SELECT set_config('app.name', 'x', false), consumption_kwh FROM consumption_log",
    "SELECT 'search_path', consumption_kwh FROM consumption_log WHERE user_id = 5; SELECT a FROM swapped",
    "SET search_path = 'x'; SELECT consumption_kwh FROM consumption_log",
    "INSERT INTO consumption_log (user_id, kwh_consumed) VALUES (1, 2.5); SELECT consumption_kwh FROM consumption_log",
    "UPDATE consumption_log SET consumption_kwh = 1 WHERE user_id = 5",
    "EXPLAIN (ANALYZE 1) SELECT consumption_kwh FROM consumption_log WHERE user_id = 5",
    "SELECT consumption_kwh::numeric(10, 2), 'a'::varchar(3), E'\\n' FROM consumption_log TABLESAMPLE system (10) LIMIT 1 OFFSET 2",
    "SELECT (ARRAY[1, 2])[1:2], timestamp '2025-01-01', interval '1 day', consumption_kwh FROM consumption_log",
];

#[test]
fn a_plan_is_shared_where_it_depends_on_no_literal_that_differs() {
    use Known::{Nothing, Outline, Text};

    let (world, context) = (world(), Arc::new(context()));
    let known = |texts: &[&str]| {
        let cache = Cache::new();
        texts.iter().map(|text| cache.plan(&world, &context, text).known).collect::<Vec<_>>()
    };
    let by =
        |user: &str| format!("SELECT consumption_kwh FROM consumption_log WHERE user_id = {user} AND 'n{user}' <> ''");
    let users: Vec<String> = ["1", "22", "333", "333", "333", "4444", "123456789012"].into_iter().map(by).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    // The first is planned, the second proves it; what comes twice is known by its text from then on.
    assert_eq!(known(&users), [Nothing, Nothing, Outline, Outline, Text, Outline, Nothing]);
    let on = |day: &str, user: &str| {
        format!("SELECT consumption_kwh FROM consumption_log WHERE record_date = '{day}' AND user_id = {user}")
    };
    let days = [
        on("2025-01-01", "1"),
        on("2025-01-01", "2"),
        on("2025-01-01", "3"),
        on("2025-01-02", "3"),
        on("2025-01-02", "4"),
    ];
    let days: Vec<&str> = days.iter().map(String::as_str).collect();
    assert_eq!(known(&days), [Nothing, Nothing, Outline, Nothing, Outline]);
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
