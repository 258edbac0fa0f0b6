//! Filters on computed columns reach what serves a filter on the column itself, and answer as the plain form does.

mod support;

use std::fmt::Write as _;

use serde_json::Value;
use support::postgres::{self, Postgres};
use support::proxy::{Proxy, Setup};
use support::raw::{self, Raw};

/// A year of readings in a partition for each month, with the indexes that somebody who writes current names has.
const READINGS: &str = "
    CREATE TABLE readings (id int, at timestamptz, local timestamp) PARTITION BY RANGE (at);
    SELECT format('CREATE TABLE readings_%s PARTITION OF readings FOR VALUES FROM (%L) TO (%L)', to_char(m, 'MM'),
                  m AT TIME ZONE 'UTC', (m + interval '1 month') AT TIME ZONE 'UTC')
    FROM generate_series(timestamp '2025-01-01', '2025-12-01', '1 month') AS m \\gexec
    INSERT INTO readings
    SELECT n, t, t AT TIME ZONE 'UTC'
    FROM (SELECT n, timestamptz '2025-01-01 00:00:00+00' + n * interval '5 minutes' AS t FROM generate_series(0, 105000) AS n) AS s;
    CREATE INDEX readings_at ON readings (at);
    CREATE INDEX readings_local ON readings (local);
    VACUUM ANALYZE readings";

const READINGS_MAPPING: &str = "
    [mapping]
    name = \"readings\"
    [tables.legacy_readings]
    table = \"readings\"
    layout = [\"id\", \"day\", \"local_day\"]
    [tables.legacy_readings.columns]
    day = { column = \"at\", date = true }
    local_day = { column = \"local\", date = true }";

/// (in legacy names, by hand in current ones)
const SCANS: &[(&str, &str)] = &[
    ("day = '2025-03-05'", "at >= '2025-03-05 00:00:00+00' AND at < '2025-03-06 00:00:00+00'"),
    ("'2025-03-05' = legacy_readings.day", "at >= '2025-03-05 00:00:00+00' AND at < '2025-03-06 00:00:00+00'"),
    ("day < '2025-01-03'", "at < '2025-01-03 00:00:00+00'"),
    ("day <= date '2025-01-03'", "at < '2025-01-04 00:00:00+00'"),
    ("day > '2025-12-29'::date", "at >= '2025-12-30 00:00:00+00'"),
    ("day >= '2025-12-29'", "at >= '2025-12-29 00:00:00+00'"),
    ("day BETWEEN '2025-03-05' AND '2025-03-07'", "at >= '2025-03-05 00:00:00+00' AND at < '2025-03-08 00:00:00+00'"),
    (
        "day IN ('2025-03-05', '2025-07-05')",
        "at >= '2025-03-05 00:00:00+00' AND at < '2025-03-06 00:00:00+00' OR at >= '2025-07-05 00:00:00+00' AND at < '2025-07-06 00:00:00+00'",
    ),
    ("day IS NULL", "at IS NULL"),
    ("NOT (day >= '2025-01-03')", "NOT (at >= '2025-01-03 00:00:00+00')"),
    ("local_day = '2025-03-05'", "local >= '2025-03-05' AND local < '2025-03-06'"),
    ("local_day < '2025-01-03' AND day < '2025-01-03'", "local < '2025-01-03' AND at < '2025-01-03 00:00:00+00'"),
];

/// The same with a parameter, prepared: (in legacy names, by hand, the values).
const PREPARED: &[(&str, &str, &str)] = &[
    (
        "day = $1",
        "at >= $1::timestamp AT TIME ZONE 'UTC' AND at < ($1 + 1)::timestamp AT TIME ZONE 'UTC'",
        "'2025-03-05'",
    ),
    (
        "day BETWEEN $1 AND $2",
        "at >= $1::timestamp AT TIME ZONE 'UTC' AND at < ($2 + 1)::timestamp AT TIME ZONE 'UTC'",
        "'2025-03-05', '2025-03-07'",
    ),
];

/// What a plan does, node by node: `Index Scan readings_03 readings_03_at_idx`.
fn scans(explained: &[raw::Frame]) -> Vec<String> {
    fn collect(node: &Value, found: &mut Vec<String>) {
        let field = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
        let kind = field("Node Type");
        if !matches!(kind, "Aggregate" | "Append" | "Gather") {
            found.push(format!("{kind} {} {}", field("Relation Name"), field("Index Name")));
        }
        for child in node.get("Plans").and_then(Value::as_array).into_iter().flatten() {
            collect(child, found);
        }
    }
    let rows = raw::rows(explained);
    let json: Value = serde_json::from_str(&rows.concat()).unwrap_or_else(|e| panic!("{e}: {explained:?}"));
    let mut found = Vec::new();
    collect(&json[0]["Plan"], &mut found);
    found
}

fn proxy_over(server: &Postgres, database: &str, mappings: &[String]) -> (Proxy, Raw, Raw) {
    let mut setup = Setup::to(server.port, database);
    for mapping in mappings {
        setup.map(server.port, mapping);
    }
    let proxy = setup.start();
    let through = Raw::login(proxy.port, "postgres", database);
    (proxy, through, Raw::login(server.port, "postgres", database))
}

#[test]
fn a_filter_uses_the_scan_of_the_one_written_by_hand() {
    let server = postgres::shared();
    server.sql(server.database("filters_scans"), READINGS);
    let (_proxy, mut through, mut straight) = proxy_over(server, "filters_scans", &[READINGS_MAPPING.to_owned()]);
    let explain =
        |filter: &str, table: &str| format!("EXPLAIN (FORMAT JSON) SELECT count(*) FROM {table} WHERE {filter}");
    let mut failed = String::new();
    for (legacy, current) in SCANS {
        let (got, expected) = (
            scans(&through.query(&explain(legacy, "legacy_readings"))),
            scans(&straight.query(&explain(current, "readings"))),
        );
        assert!(
            expected.iter().any(|scan| scan.contains("Index") || scan.contains("Result")),
            "{current}: {expected:?}"
        );
        if got != expected {
            let _ = writeln!(failed, "{legacy}\n  by hand {expected:?}\n  through {got:?}");
        }
    }
    for mode in ["force_custom_plan", "force_generic_plan"] {
        for (number, (legacy, current, values)) in PREPARED.iter().enumerate() {
            let plan = |client: &mut Raw, filter: &str, table: &str| {
                client.query(&format!("SET plan_cache_mode = {mode}"));
                let prepare =
                    format!("PREPARE {mode}{number} (date, date) AS SELECT count(*) FROM {table} WHERE {filter}");
                client.query(
                    &prepare.replace(" (date, date)", if values.contains(',') { " (date, date)" } else { " (date)" }),
                );
                scans(&client.query(&format!("EXPLAIN (FORMAT JSON) EXECUTE {mode}{number} ({values})")))
            };
            let (got, expected) =
                (plan(&mut through, legacy, "legacy_readings"), plan(&mut straight, current, "readings"));
            if got != expected {
                let _ = writeln!(failed, "{legacy} ({mode})\n  by hand {expected:?}\n  through {got:?}");
            }
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

/// Zones in which a day is not always one range, and what was done to their clocks then.
const ZONES: [&str; 8] = [
    "UTC",
    "America/Havana",
    "America/St_Johns",
    "America/Juneau",
    "Pacific/Apia",
    "Asia/Manila",
    "America/Sao_Paulo",
    "Antarctica/Troll",
];

/// The hours around such changes, the ends of both types, and no time at all.
const INSTANTS: &str = "
    CREATE TABLE instants (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz);
    INSERT INTO instants (at)
    SELECT t FROM unnest(ARRAY['2024-11-03', '2010-11-07', '1867-10-18', '2011-12-30', '1844-12-31', '2018-02-18', '2018-11-04',
                               '2024-10-27', '0001-01-01', '1900-01-01', '9999-01-01']::timestamptz[]) AS day,
                  generate_series(day - interval '30 hours', day + interval '30 hours', '29 minutes 59 seconds') AS t;
    INSERT INTO instants (at) VALUES ('infinity'), ('-infinity'), (NULL), ('4713-11-27 BC 12:00:00+00'),
                                     ('294276-12-28 00:00:00+00'), ('4700-01-01 BC')";

const DAYS: [&str; 17] = [
    "'2024-11-03'",
    "'2010-11-06'",
    "'1867-10-18'",
    "'2011-12-30'",
    "'1844-12-31'",
    "'2018-02-17'",
    "'2018-11-04'",
    "'2024-10-27'::date + 0",
    "'0001-01-01'",
    "'5874897-12-31'",
    "'infinity'",
    "date '-infinity' + 0",
    "'4713-11-25 BC'",
    "date '9999-01-01' + 1",
    "NULL",
    "timestamptz '2024-11-03 05:00:00+00'",
    "timestamp '2010-11-06 00:00:00'",
];

/// `@` is the column, `#` and `%` are days.
const SHAPES: [&str; 14] = [
    "@ = #",
    "# < @",
    "@ < #",
    "@ <= #",
    "@ > #",
    "@ >= #",
    "@ <> #",
    "@ IS NOT DISTINCT FROM #",
    "@ IS DISTINCT FROM #",
    "@ BETWEEN # AND %",
    "@ NOT BETWEEN # AND %",
    "@ IN (#, %)",
    "@ NOT IN (#, %)",
    "@ IS NULL OR @ = #",
];

#[test]
fn a_filter_answers_as_the_plain_form_does() {
    let server = postgres::shared();
    server.sql(server.database("filters_values"), INSTANTS);
    let mapping = |(number, zone): (usize, &&str)| {
        format!(
            "[mapping]\nname = \"zone{number}\"\nzone = \"{zone}\"\n[tables.days{number}]\ntable = \"instants\"\n\
             layout = [\"id\", \"day\"]\n[tables.days{number}.columns]\nday = {{ column = \"at\", date = true }}\n"
        )
    };
    let mappings: Vec<String> = ZONES.iter().enumerate().map(mapping).collect();
    let (_proxy, mut through, mut straight) = proxy_over(server, "filters_values", &mappings);
    let mut failed = String::new();
    for session in ["UTC", "America/Havana", "Asia/Tokyo"] {
        for client in [&mut through, &mut straight] {
            client.query(&format!("SET timezone = '{session}'"));
        }
        for (number, zone) in ZONES.iter().enumerate() {
            for shape in SHAPES {
                // All days in one statement: a round trip for each would take minutes.
                let query = |column: &str, table: &str| {
                    let count = |(i, day): (usize, &&str)| {
                        let filter =
                            shape.replace('@', column).replace('#', day).replace('%', DAYS[(i + 3) % DAYS.len()]);
                        format!(
                            "(SELECT count(*) || ' ' || coalesce(sum(id), 0) FROM {table} WHERE {filter}), \
                             (SELECT count(*) FROM {table} WHERE NOT ({filter}))"
                        )
                    };
                    let counts: Vec<String> = DAYS.iter().enumerate().map(count).collect();
                    format!("SELECT concat_ws('|', {})", counts.join(", "))
                };
                let expected = straight.query(&query(&format!("((at AT TIME ZONE '{zone}')::date)"), "instants"));
                let got = through.query(&query("day", &format!("days{number}")));
                let (expected, got) = (values(&expected), values(&got));
                for (at, (expected, got)) in expected.iter().zip(&got).enumerate().filter(|(_, (a, b))| a != b) {
                    let _ = writeln!(
                        failed,
                        "{zone}, session in {session}: {shape} with {}: {got} for {expected}",
                        DAYS[at / 2]
                    );
                }
                assert_eq!(expected.len(), got.len(), "{zone} {shape}: {got:?}");
            }
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

/// The values of the only row.
fn values(frames: &[raw::Frame]) -> Vec<String> {
    let rows = raw::rows(frames);
    assert_eq!(rows.len(), 1, "{frames:?}");
    rows[0].split('|').map(ToOwned::to_owned).collect()
}
