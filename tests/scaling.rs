//! Nothing that decides about a statement is quadratic: four times the statement is about four times the work.
//!
//! Work is what the thread spent on a CPU, not what a clock says, so that a busy machine does not matter; and a shape passes as soon as one
//! of several measurements shows it, which never happens to what is quadratic: that takes sixteen times as long each time.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use exonym::rewrite::{Context, Outcome, World, plan};
use exonym::{catalog, mapping};

/// Far from four, far from sixteen.
const AT_MOST: u64 = 9;
/// How often a shape may be measured.
const ATTEMPTS: usize = 8;
/// Nanoseconds from which on two measurements can be compared: the scheduler counts in ticks.
const ENOUGH: u64 = 30_000_000;

/// A statement of `head`, `part` so many times, and `tail`.
struct Text {
    head: &'static str,
    part: &'static str,
    tail: &'static str,
    times: usize,
    outcome: Outcome,
}

const fn text(head: &'static str, part: &'static str, tail: &'static str, times: usize) -> Text {
    Text { head, part, tail, times, outcome: Outcome::Rewritten }
}

/// The larger ones: 1 MB in a list, 10,000 rows, 1,000 columns and more.
const TEXTS: [Text; 18] = [
    text("SELECT consumption_kwh FROM consumption_log WHERE user_id IN (1", ",12345678901", ")", 20_000),
    text("SELECT 1 FROM consumption_log WHERE record_date IN ('2025-01-01'", ", '2025-01-01'", ")", 10_000),
    text(
        "SELECT 1 FROM consumption_log WHERE record_date = ANY (ARRAY[date '2025-01-01'",
        ", '2025-01-01'",
        "])",
        10_000,
    ),
    text("SELECT 1 FROM feedback_log WHERE rating <> ALL ('{1", ",2", "}')", 40_000),
    text(
        "SELECT consumption_kwh FROM consumption_log c JOIN (VALUES (1, 'a')",
        ", (2, 'b')",
        ") v(a, b) ON v.a = c.user_id",
        2_500,
    ),
    text("SELECT consumption_kwh", ", consumption_kwh", " FROM consumption_log", 2_500),
    text("SELECT total_cost AS a", ", total_cost + consumption_kwh AS b", " FROM consumption_log", 2_500),
    text("SELECT count(*) FROM feedback_log GROUP BY created_at", ", created_at", "", 2_500),
    text("SELECT 1 FROM feedback_log ORDER BY rating", ", created_at", "", 2_500),
    text("SELECT rating", ", created_at", " FROM feedback_log GROUP BY 1, 2 ORDER BY 1, 2", 2_500),
    text(
        "SELECT 1 FROM consumption_log WHERE record_date = '2025-01-01'",
        " AND '2025-01-01' <= record_date",
        "",
        1_000,
    ),
    text("SELECT 1 FROM feedback_log WHERE rating = 1", " OR rating = 2", "", 1_000),
    text("SELECT CASE", " WHEN consumption_kwh > 1 THEN total_cost", " END FROM consumption_log", 2_000),
    text(
        "SELECT consumption_kwh FROM consumption_log",
        " UNION ALL SELECT consumption_kwh FROM consumption_log",
        "",
        400,
    ),
    text("", "SELECT consumption_kwh FROM consumption_log; ", "SELECT 1", 1_000),
    text(
        "SELECT f(consumption_kwh",
        ", (SELECT max(rating) FROM feedback_log f WHERE f.user_id = c.user_id)",
        ") FROM consumption_log c",
        500,
    ),
    text("SELECT json_build_object('a', c", ", 'b', consumption_kwh", ") FROM consumption_log c", 2_500),
    text(
        "WITH a AS (SELECT consumption_kwh FROM consumption_log)",
        ", b AS (SELECT total_cost FROM consumption_log)",
        " SELECT 1",
        200,
    ),
];

#[test]
fn four_times_the_statement_is_four_times_the_work() {
    let world = world(&read("catalog.toml"), &read("mapping.toml"));
    let mut failed = String::new();
    for Text { head, part, tail, times, outcome } in TEXTS {
        let of = |times: usize| format!("{head}{}{tail}", part.repeat(times));
        measure(&format!("{head}{part}…{tail}"), &world, outcome, [of(times), of(4 * times)], &mut failed);
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn levels_of_nesting_are_walked_once() {
    let world = world(&read("catalog.toml"), &read("mapping.toml"));
    let mut failed = String::new();
    let wide = ", consumption_kwh + total_cost AS b".repeat(40);
    for (open, close) in [
        ("SELECT * FROM (", ") a"),
        ("SELECT consumption_kwh FROM consumption_log WHERE EXISTS (", ")"),
        ("SELECT (", ") AS a FROM consumption_log"),
        ("SELECT 1 FROM consumption_log, LATERAL (", ") a"),
        ("WITH a AS (", ") SELECT consumption_kwh AS c FROM consumption_log, (SELECT 1 FROM a) b"),
    ] {
        let of = |depth: usize| {
            let inner = format!("SELECT user_id{wide} FROM consumption_log");
            format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
        };
        measure(open, &world, Outcome::Rewritten, [of(10), of(40)], &mut failed);
    }
    // Deeper than what is parsed: judged by the words.
    let of = |depth: usize| {
        format!("SELECT kwh_consumed FROM consumption_log WHERE {}1{} > 0", "(".repeat(depth), ")".repeat(depth))
    };
    measure("parentheses", &world, Outcome::Unparsed, [of(250), of(1_000)], &mut failed);
    assert!(failed.is_empty(), "{failed}");
}

/// What depends on how many columns a table has.
#[test]
fn four_times_the_columns_are_four_times_the_work() {
    let mut failed = String::new();
    let wide = |count: usize| {
        let mut catalog = "[[relations]]\nschema = \"public\"\nname = \"now\"\nkind = \"table\"\n".to_owned();
        let mut mapping = "[mapping]\nname = \"wide\"\n[tables.wide]\ntable = \"now\"\n".to_owned();
        for at in 0..count {
            let _ = writeln!(catalog, "[[relations.columns]]\nname = \"now_{at}\"\ntype = \"text\"");
            let _ = writeln!(mapping, "columns.was_{at} = \"now_{at}\"");
        }
        world(&catalog, &mapping)
    };
    let (few, many) = (wide(400), wide(1_600));
    for sql in [
        "SELECT * FROM wide",
        "SELECT a.*, b.* FROM wide a, wide b",
        "SELECT to_jsonb(w) FROM wide w",
        "SELECT x.a FROM wide AS x (a)",
        "SELECT * FROM wide a JOIN wide b USING (was_1)",
        "SELECT * FROM wide a NATURAL JOIN wide b",
        "SELECT count(*) FROM wide w GROUP BY w",
    ] {
        for world in [&few, &many] {
            assert_eq!(outcome(world, sql), Outcome::Rewritten, "{sql}");
        }
        is_linear(sql, |often| work(&few, sql, often), |often| work(&many, sql, often), &mut failed);
    }
    assert!(failed.is_empty(), "{failed}");
}

fn measure(what: &str, world: &World, expected: Outcome, [small, large]: [String; 2], failed: &mut String) {
    for sql in [&small, &large] {
        let got = outcome(world, sql);
        assert_eq!(got, expected, "{what}: {} bytes", sql.len());
    }
    is_linear(what, |often| work(world, &small, often), |often| work(world, &large, often), failed);
}

fn is_linear(what: &str, small: impl Fn(u32) -> u64, large: impl Fn(u32) -> u64, failed: &mut String) {
    let mut often = 1;
    while small(often) < ENOUGH {
        often *= 2;
    }
    let mut seen = Vec::new();
    for _ in 0..ATTEMPTS {
        let (small, large) = (small(often), large(often));
        if large <= AT_MOST * small {
            println!("{:>6} µs, {:>6} µs: {}", small / 1000, large / 1000, what.chars().take(100).collect::<String>());
            return;
        }
        seen.push((small, large));
    }
    let _ = writeln!(failed, "{what}: {seen:?} ns");
}

/// The nanoseconds that this thread spends on a CPU to plan the statement so often.
fn work(world: &World, sql: &str, often: u32) -> u64 {
    let before = spent();
    (0..often).for_each(|_| drop(plan(world, &context(), sql)));
    spent() - before
}

fn spent() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts what a thread runs");
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).expect("nanoseconds come first")
}

fn outcome(world: &World, sql: &str) -> Outcome {
    let plan = plan(world, &context(), sql);
    let first = plan.statements.first().expect("it names a mapped table");
    assert!(first.refusal.is_none(), "{:?}: {}", first.refusal, sql.chars().take(200).collect::<String>());
    first.outcome
}

fn world(catalog: &str, mapping: &str) -> World {
    let catalog = catalog::file::parse(catalog, "catalog.toml").expect("the catalog is good");
    let mapping = mapping::file::parse("mapping.toml", mapping).expect("the mapping is good");
    World::new(1, vec![Arc::new(mapping)], Arc::new(catalog))
}

fn context() -> Context {
    Context::new("service", &["public".to_owned()])
}

fn read(name: &str) -> String {
    let path = format!("{}/tests/rewrite/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).expect("a file of the cases can be read")
}
