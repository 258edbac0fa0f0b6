//! What a text costs when it is seen for the first time: own lexer, own lexer and parser, and sqlparser alone.
//!
//! `cargo bench --bench parse`. The five texts go from a point query to an insert of a thousand rows.

// Criterion's macro makes a public function without documentation.
#![allow(missing_docs)]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use exonym::sql::{LexOptions, lex, parse};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

const POINT: &str = "SELECT id, name, consumption_kwh FROM consumption_log WHERE id = $1";

const AGGREGATE: &str = "SELECT time_bucket('1 hour', l.timestamp) AS bucket, l.device_id, avg(l.consumption_kwh) AS mean, \
    max(l.power_w) FILTER (WHERE l.status = 'active') AS peak FROM consumption_log l JOIN devices d ON d.id = l.device_id \
    WHERE l.record_date = '2025-01-01' AND d.site = $1 GROUP BY 1, 2 ORDER BY bucket DESC LIMIT 100";

fn dashboard() -> String {
    let mut sql = String::from("WITH span AS (SELECT $1::timestamptz AS low, $2::timestamptz AS high)");
    for n in 0..4 {
        write!(
            sql,
            ", part_{n} AS (SELECT date_trunc('day', c.timestamp AT TIME ZONE 'UTC') AS day, c.user_id, sum(c.consumption_kwh) AS kwh, \
             count(*) FILTER (WHERE c.rating >= {n}) AS rated, row_number() OVER (PARTITION BY c.user_id ORDER BY c.timestamp DESC) AS rank \
             FROM consumption_log AS c, span WHERE c.timestamp BETWEEN span.low AND span.high AND c.status IN ('active', 'paused') \
             GROUP BY 1, 2, c.timestamp HAVING sum(c.consumption_kwh) > {n}.5)"
        )
        .expect("a string");
    }
    sql.push_str(
        " SELECT coalesce(p0.day, p1.day) AS day, u.name, CASE WHEN p0.kwh > p1.kwh THEN 'up' WHEN p0.kwh < p1.kwh THEN 'down' \
         ELSE 'same' END AS trend, round((p0.kwh - p1.kwh)::numeric, 2) AS delta, u.payload #>> '{address,city}' AS city \
         FROM part_0 p0 FULL JOIN part_1 p1 USING (day, user_id) LEFT JOIN users u ON u.id = p0.user_id \
         WHERE p0.rank = 1 AND EXISTS (SELECT 1 FROM part_2 p2 WHERE p2.user_id = u.id) ORDER BY day NULLS LAST, u.name",
    );
    sql
}

fn insert() -> String {
    let columns: Vec<_> = (1..=20).map(|n| format!("column_{n}")).collect();
    let parameters: Vec<_> = (1..=20).map(|n| format!("${n}")).collect();
    format!("INSERT INTO consumption_log ({}) VALUES ({}) RETURNING id", columns.join(", "), parameters.join(", "))
}

fn rows() -> String {
    let rows: Vec<_> = (0..1000).map(|n| format!("('2025-01-01 00:00:{:02}', {n}, {n}.5, 'active')", n % 60)).collect();
    format!("INSERT INTO consumption_log (timestamp, device_id, consumption_kwh, status) VALUES {}", rows.join(", "))
}

fn texts(criterion: &mut Criterion) {
    let texts = [
        ("point", POINT.to_owned()),
        ("aggregate", AGGREGATE.to_owned()),
        ("dashboard", dashboard()),
        ("insert", insert()),
        ("rows", rows()),
    ];
    let mut group = criterion.benchmark_group("parse");
    for (name, text) in &texts {
        let tokens = lex(text, LexOptions::default()).expect("lexes");
        parse::with_stack(tokens.len(), || drop(parse::statement(text, &tokens).expect("parses")));
        group.throughput(Throughput::Bytes(u64::try_from(text.len()).expect("a short text")));
        group.bench_with_input(BenchmarkId::new("lex", name), text, |bencher, text| {
            bencher.iter(|| lex(black_box(text), LexOptions::default()).expect("lexes").len());
        });
        group.bench_with_input(BenchmarkId::new("lex and parse", name), text, |bencher, text| {
            bencher.iter(|| {
                let tokens = lex(black_box(text), LexOptions::default()).expect("lexes");
                parse::with_stack(tokens.len(), || drop(parse::statement(text, &tokens).expect("parses")));
            });
        });
        group.bench_with_input(BenchmarkId::new("sqlparser", name), text, |bencher, text| {
            bencher.iter(|| Parser::parse_sql(&PostgreSqlDialect {}, black_box(text)).expect("parses").len());
        });
    }
    group.finish();
}

criterion_group!(benches, texts);
criterion_main!(benches);
