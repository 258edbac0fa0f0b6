//! Legacy names over a hypertable, before a real `TimescaleDB` where the server has one.
//!
//! Where it has none, a table of partitions and a `time_bucket` of our own stand in, and the test says so; what only the extension
//! answers is then not asked.

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use serde_json::Value;
use support::cases::{self, Case, Step};
use support::postgres::{self, Postgres};
use support::proxy::{Proxy, Setup};
use support::raw::{self, Frame, Raw};

const LEGACY: &str = "energy_legacy";
const CURRENT: &str = "energy";

/// Both databases, and the proxy before the current one.
struct Energy {
    server: Postgres,
    proxy: Proxy,
    has_extension: bool,
}

impl Energy {
    fn start() -> Self {
        let found = postgres::shared()
            .sql("postgres", "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'");
        let has_extension = found.trim() == "1";
        let preload: &[&str] = if has_extension {
            &["shared_preload_libraries=timescaledb", "timescaledb.telemetry_level=off"]
        } else {
            &[]
        };
        let server = Postgres::start(preload);
        if !has_extension {
            // Not through `eprintln!`, which a test that passes keeps to itself.
            let _ = writeln!(
                std::io::stderr(),
                "\nno TimescaleDB here: a partitioned table and a `time_bucket` of ours stand in, and hypertables.sql is not run"
            );
        }
        let text =
            |name: &str| fs::read_to_string(format!("tests/timescale/{name}.sql")).expect("it is in the repository");
        let extension = "SET client_min_messages = error; CREATE EXTENSION timescaledb;\n";
        let before = if has_extension { extension.to_owned() } else { text("time_bucket") };
        let hypertable = "SELECT create_hypertable('measurements', 'timestamp', chunk_time_interval => interval '7 days', migrate_data => true);";
        let legacy =
            [before.as_str(), &text("sample"), &text("legacy"), if has_extension { hypertable } else { "" }].concat();
        server.sql(server.database(LEGACY), &legacy);
        let table = text(if has_extension { "hypertable" } else { "partitions" });
        server.sql(server.database(CURRENT), &[before.as_str(), &text("sample"), &table, "ANALYZE;"].concat());
        let mut setup = Setup::to(server.port, CURRENT);
        setup.map(server.port, &fs::read_to_string("tests/timescale/mapping.toml").expect("it is in the repository"));
        Self { proxy: setup.start(), server, has_extension }
    }

    fn clients(&self) -> (Raw, Raw) {
        let straight = Raw::login(self.server.port, "postgres", LEGACY);
        (straight, Raw::login(self.proxy.port, "postgres", CURRENT))
    }
}

/// The answer to a step, without what belongs to one database.
fn answer(client: &mut Raw, step: &Step, is_extended: bool) -> Vec<Frame> {
    if is_extended {
        let values: Vec<&str> = step.parameters.iter().map(|(_, v)| v.as_deref().expect("no NULL here")).collect();
        client.send(&[raw::extended(&step.sql, &values), raw::sync()].concat());
    } else {
        client.send(&raw::query(&step.sql));
    }
    let mut frames = client.until(b'Z');
    for frame in &mut frames {
        match frame.tag {
            b'T' => raw::without_origin(&mut frame.body),
            b'E' => frame.body = frame.field(b'C').unwrap_or_default().into_bytes(),
            _ => {}
        }
    }
    frames
}

fn differences(energy: &Energy, case: &Case) -> String {
    let mut failed = String::new();
    for is_extended in [false, true] {
        if !is_extended && case.steps.iter().any(|step| !step.parameters.is_empty()) {
            continue;
        }
        let (mut straight, mut through) = energy.clients();
        let begin = case.rollback.then_some("BEGIN");
        for sql in case.set.iter().map(String::as_str).chain(begin) {
            straight.query(sql);
            through.query(sql);
        }
        for step in &case.steps {
            let (expected, got) = (answer(&mut straight, step, is_extended), answer(&mut through, step, is_extended));
            if expected != got || raw::tags(&expected).contains('E') {
                let _ = writeln!(failed, "{}: {}\n  straight {expected:?}\n  through {got:?}", case.name, step.sql);
            }
        }
    }
    failed
}

#[test]
fn dashboards_are_answered_as_on_the_legacy_schema_and_read_no_more_chunks() {
    let energy = Energy::start();
    let all = cases::load(&support::twins::root().join("tests/timescale/cases"));
    let run = all.iter().filter(|case| energy.has_extension || case.file != "hypertables.sql");
    let mut failed: String = run.map(|case| differences(&energy, case)).collect();
    failed.push_str(&chunks(&energy));
    assert!(failed.is_empty(), "{failed}");
}

/// (in legacy names, by hand in current ones)
const FILTERS: [(&str, &str); 6] = [
    ("record_date = '2025-01-20'", "time >= '2025-01-20 00:00:00+00' AND time < '2025-01-21 00:00:00+00'"),
    (
        "record_date BETWEEN '2025-01-19' AND date '2025-01-23'",
        "time >= '2025-01-19 00:00:00+00' AND time < '2025-01-24 00:00:00+00'",
    ),
    ("record_date < '2025-01-08'", "time < '2025-01-08 00:00:00+00'"),
    (
        "record_date IN ('2025-01-08', '2025-02-20')",
        "time >= '2025-01-08 00:00:00+00' AND time < '2025-01-09 00:00:00+00' OR time >= '2025-02-20 00:00:00+00' AND time < '2025-02-21 00:00:00+00'",
    ),
    ("timestamp >= '2025-02-24 00:00:00+00'", "time >= '2025-02-24 00:00:00+00'"),
    (
        "record_date = '2025-01-20' AND power_w > 1000",
        "time >= '2025-01-20 00:00:00+00' AND time < '2025-01-21 00:00:00+00' AND power_kw > 1",
    ),
];

/// A filter reads the chunks that the one by hand reads, in the same way, planned for its values and for any.
fn chunks(energy: &Energy) -> String {
    let mut through = Raw::login(energy.proxy.port, "postgres", CURRENT);
    let mut straight = Raw::login(energy.server.port, "postgres", CURRENT);
    let mut failed = String::new();
    let mut compare = |filter: &str, got: &[String], expected: &[String], most: usize| {
        if got != expected || expected.is_empty() || expected.len() > most {
            let _ = writeln!(failed, "{filter}\n  by hand {expected:?}\n  through {got:?}");
        }
    };
    for (legacy, current) in FILTERS {
        let got = scans(&mut through, &format!("SELECT count(*) FROM measurements WHERE {legacy}"));
        let expected = scans(&mut straight, &format!("SELECT count(*) FROM energy_measurements WHERE {current}"));
        compare(legacy, &got, &expected, 3);
    }
    for mode in ["custom", "generic"] {
        let day = "time >= $1::timestamp AT TIME ZONE 'UTC' AND time < ($1 + 1)::timestamp AT TIME ZONE 'UTC'";
        let prepare = |client: &mut Raw, from: &str| {
            client.query(&format!("SET plan_cache_mode = force_{mode}_plan"));
            client.query(&format!("PREPARE {mode} (date) AS SELECT count(*) FROM {from}"));
            scans(client, &format!("EXECUTE {mode} ('2025-01-20')"))
        };
        let got = prepare(&mut through, "measurements WHERE record_date = $1::date");
        let expected = prepare(&mut straight, &format!("energy_measurements WHERE {day}"));
        compare(mode, &got, &expected, 2);
    }
    failed
}

/// The tables that a plan reads when it is run, and how.
fn scans(client: &mut Raw, sql: &str) -> Vec<String> {
    let frames = client.query(&format!("EXPLAIN (FORMAT JSON) {sql}"));
    let json: Value = serde_json::from_str(&raw::rows(&frames).concat()).unwrap_or_else(|e| panic!("{e}: {frames:?}"));
    let mut found = Vec::new();
    collect(&json[0]["Plan"], &mut found);
    found
}

fn collect(node: &Value, found: &mut Vec<String>) {
    let field = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
    if let Some(relation) = node.get("Relation Name").and_then(Value::as_str) {
        found.push(format!("{} {relation} {}", field("Node Type"), field("Index Name")));
    }
    for child in node.get("Plans").and_then(Value::as_array).into_iter().flatten() {
        collect(child, found);
    }
}
