//! What a statement costs: nothing legacy in it, planned before, planned with other literals, planned now; beside sqlparser's own
//! tokenize and parse. Then what a full cache of plans takes.
//!
//! `cargo bench --bench plan`. The targets are in `README.md`.

use std::cell::Cell;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion};
use exonym::rewrite::{Cache, Context, Known, World, plan};
use exonym::text::{Edit, Edits, Span};
use exonym::{catalog, mapping};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

const POINT: &str = "SELECT consumption_kwh FROM consumption_log WHERE log_id = $1 LIMIT 1";

const AGGREGATE: &str = "SELECT date_trunc('hour', c.timestamp) AS h, c.user_id, avg(c.consumption_kwh), max(c.total_cost) \
    FROM consumption_log c WHERE c.timestamp >= $1 AND c.timestamp < $2 AND c.user_id = ANY($3) \
    GROUP BY h, c.user_id HAVING avg(c.consumption_kwh) > 1 ORDER BY h DESC, c.user_id LIMIT 100";

const JOIN: &str = "WITH daily AS (SELECT user_id, record_date, sum(consumption_kwh) AS kwh FROM consumption_log \
    WHERE timestamp >= timestamp '2025-01-01' GROUP BY user_id, record_date) \
    SELECT d.user_id, d.record_date, d.kwh, p.predicted_consumption, p.created_at, f.rating, f.created_at AS rated_at \
    FROM daily d JOIN ai_predictions p ON p.user_id = d.user_id \
    LEFT JOIN LATERAL (SELECT rating, created_at FROM feedback_log WHERE feedback_log.user_id = d.user_id \
    ORDER BY created_at DESC LIMIT 1) f ON true \
    WHERE EXISTS (SELECT 1 FROM feedback_log WHERE user_id = d.user_id AND rating = 4) \
    AND d.kwh > (SELECT avg(consumption_kwh) FROM consumption_log WHERE user_id = d.user_id) \
    ORDER BY d.record_date, p.created_at";

/// What most services send most of the time.
const NOTHING_LEGACY: &str = "SELECT a.aid, a.abalance, b.filler FROM pgbench_accounts a JOIN pgbench_branches b USING (bid) \
    WHERE a.aid BETWEEN $1 AND $2 ORDER BY a.aid";

fn benches(c: &mut Criterion) {
    let world = world();
    let context = Arc::new(Context::new("service", &["public".to_owned()]));
    for (name, sql) in texts() {
        let sql = sql.as_str();
        let mut group = c.benchmark_group(name);
        assert!(plan(&world, &context, sql).sql.is_some(), "{sql}");
        group.bench_function("sqlparser tokenize and parse", |b| {
            b.iter(|| Parser::parse_sql(&PostgreSqlDialect {}, black_box(sql)).expect("parses"));
        });
        group.bench_function("plan cold", |b| b.iter(|| plan(&world, &context, black_box(sql))));
        let cache = Cache::new();
        group.bench_function("plan cached", |b| b.iter(|| cache.plan(&world, &context, black_box(sql))));
        let edits = edits(&world, &context, sql);
        group.bench_function("splice", |b| b.iter(|| edits.splice(black_box(sql))));
        group.finish();
    }
    for (name, text) in with_literals() {
        literals(c, name, text, &world, &context);
    }
    for (name, sql) in
        [("nothing legacy", NOTHING_LEGACY.to_owned()), ("nothing legacy, 47 KB", NOTHING_LEGACY.repeat(290))]
    {
        assert!(!world.concerns(sql.as_bytes()));
        c.bench_function(name, |b| b.iter(|| world.concerns(black_box(sql.as_bytes()))));
    }
}

/// A text with a number in its literals, which is another one each time.
type Numbered = fn(u32) -> String;

/// What is sent by those who put their values into the text.
fn with_literals() -> [(&'static str, Numbered); 3] {
    [("point with literals", point), ("aggregate with literals", aggregate), ("dashboard with literals", panels)]
}

fn point(number: u32) -> String {
    format!("SELECT consumption_kwh FROM consumption_log WHERE log_id = {number}")
}

fn aggregate(number: u32) -> String {
    format!(
        "SELECT date_trunc('hour', c.timestamp) AS h, c.user_id, avg(c.consumption_kwh), max(c.total_cost) \
         FROM consumption_log c WHERE c.timestamp >= '2025-01-01' AND c.timestamp < '2025-07-01' AND c.user_id = {number} \
         GROUP BY h, c.user_id HAVING avg(c.consumption_kwh) > 1 ORDER BY h DESC LIMIT 10000"
    )
}

fn panels(number: u32) -> String {
    let series = |user: u32| {
        format!(
            "SELECT 'user {user}' AS series, date_trunc('day', l.timestamp) AS day, sum(l.consumption_kwh) AS kwh, \
             count(*) FILTER (WHERE l.total_cost > 9) AS dear FROM consumption_log l WHERE l.user_id = {user} \
             AND l.timestamp BETWEEN '2025-01-01 00:00' AND '2025-02-01 00:00' GROUP BY 1, 2"
        )
    };
    let all: Vec<String> = (number..number + 7).map(series).collect();
    format!("SELECT * FROM ({}) AS panels ORDER BY series, day", all.join(" UNION ALL "))
}

/// Each text is a new one, and differs from those before in literals alone.
fn literals(c: &mut Criterion, name: &str, text: Numbered, world: &World, context: &Arc<Context>) {
    let number = Cell::new(10_000_000);
    let next = || text(number.replace(number.get() + 1));
    let cache = Cache::new();
    let first: Vec<Known> = (0..3).map(|_| cache.plan(world, context, &next()).known).collect();
    assert_eq!(first, [Known::Nothing, Known::Nothing, Known::Outline], "{name}");
    let mut group = c.benchmark_group(format!("{name}, {} bytes", next().len()));
    let sql = next();
    group.bench_function("sqlparser tokenize and parse", |b| {
        b.iter(|| Parser::parse_sql(&PostgreSqlDialect {}, black_box(&sql)).expect("parses"));
    });
    group.bench_function("plan cold", |b| b.iter(|| plan(world, context, black_box(&sql))));
    group.bench_function("plan of a shape", |b| {
        b.iter_batched_ref(next, |sql| cache.plan(world, context, black_box(sql)), BatchSize::SmallInput);
    });
    group.finish();
}

/// What a full cache takes, by its own count and by what the process holds. Every text has an outline of its own.
fn memory() {
    let (world, context) = (world(), Arc::new(Context::new("service", &["public".to_owned()])));
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
        let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
        pages * 4096 / (1024 * 1024)
    };
    for (name, text) in with_literals() {
        let (cache, before) = (Cache::new(), resident());
        let mut texts = 0_u32;
        let mut last = 0;
        while texts < 20_000 || last < cache.bytes() {
            last = cache.bytes();
            for _ in 0..5_000 {
                let sql = format!("{} -- {texts}", text(texts));
                drop(cache.plan(&world, &context, &sql));
                texts += 1;
            }
        }
        let (counted, taken) = (cache.bytes() / (1024 * 1024), resident().saturating_sub(before));
        println!(
            "a full cache, {name}: {counted} MiB by its own count, {taken} MiB more in the process, after {texts} texts"
        );
    }
}

/// What a dashboard sends: one series for each of some devices.
fn dashboard() -> String {
    let series = |user: usize| {
        format!(
            "SELECT 'user {user}' AS series, date_trunc('day', l.timestamp) AS day, sum(l.consumption_kwh) AS kwh, \
             count(*) FILTER (WHERE l.total_cost > 10) AS dear FROM consumption_log l \
             WHERE l.user_id = {user} AND l.timestamp BETWEEN $1 AND $2 GROUP BY 1, 2"
        )
    };
    let all: Vec<String> = (1..=8).map(series).collect();
    format!("SELECT * FROM ({}) AS panels ORDER BY series, day", all.join(" UNION ALL "))
}

/// What a mapper of objects sends for everything on a page that grew.
fn keys() -> String {
    let mut text = "SELECT log_id, consumption_kwh FROM consumption_log WHERE log_id IN (100000".to_owned();
    for key in 100_001..106_000 {
        write!(text, ", {key}").expect("a string");
    }
    text + ")"
}

/// The texts with their names, shortest first.
fn texts() -> [(&'static str, String); 5] {
    [
        ("point", POINT.to_owned()),
        ("aggregate", AGGREGATE.to_owned()),
        ("join", JOIN.to_owned()),
        ("dashboard", dashboard()),
        ("keys", keys()),
    ]
}

/// The edits of a plan, read back from its map.
fn edits(world: &World, context: &Context, sql: &str) -> Edits {
    let plan = plan(world, context, sql);
    let spliced = plan.sql.expect("it is rewritten");
    let mut edits = Edits::new();
    for (source, to) in plan.map.pairs() {
        let span = Span::new(source.start, source.end);
        edits.push(Edit { span, text: to.text(&spliced).to_owned() }).expect("a plan's edits are disjoint");
    }
    edits
}

fn world() -> World {
    let (catalog_toml, mapping_toml) =
        (include_str!("../tests/rewrite/catalog.toml"), include_str!("../tests/rewrite/mapping.toml"));
    let catalog = catalog::file::parse(catalog_toml, "catalog.toml").expect("the catalog is good");
    let mapping = mapping::file::parse("mapping.toml", mapping_toml).expect("the mapping is good");
    World::new(1, vec![Arc::new(mapping)], Arc::new(catalog))
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    benches(&mut criterion);
    criterion.final_summary();
    memory();
}
