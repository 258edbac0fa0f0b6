//! Filters on computed columns reach what serves a filter on the column itself, and answer as the plain form does.

mod support;

use std::fmt::Write as _;

use serde_json::Value;
use support::postgres::{self, Postgres};
use support::proxy::{Proxy, Setup};
use support::raw::{self, Raw};

/// A year of readings in a partition for each month, with the indexes that somebody who writes current names has.
const READINGS: &str = "
    CREATE TABLE readings (id int, at timestamptz, local timestamp, kw double precision, cents int, price numeric(12,4), estado text,
                           useful boolean) PARTITION BY RANGE (at);
    SELECT format('CREATE TABLE readings_%s PARTITION OF readings FOR VALUES FROM (%L) TO (%L)', to_char(m, 'MM'),
                  m AT TIME ZONE 'UTC', (m + interval '1 month') AT TIME ZONE 'UTC')
    FROM generate_series(timestamp '2025-01-01', '2025-12-01', '1 month') AS m \\gexec
    INSERT INTO readings
    SELECT n, t, t AT TIME ZONE 'UTC', n / 1000.0, n, n / 10000.0, 'state ' || n % 1000, nullif(n % 1000, 0) = 1
    FROM (SELECT n, timestamptz '2025-01-01 00:00:00+00' + n * interval '5 minutes' AS t FROM generate_series(0, 105000) AS n) AS s;
    CREATE INDEX readings_at ON readings (at);
    CREATE INDEX readings_local ON readings (local);
    CREATE INDEX readings_kw ON readings (kw);
    CREATE INDEX readings_cents ON readings (cents);
    CREATE INDEX readings_price ON readings (price);
    CREATE INDEX readings_estado ON readings (estado);
    CREATE INDEX readings_useful ON readings (id) WHERE useful;
    VACUUM ANALYZE readings";

const READINGS_MAPPING: &str = "
    [mapping]
    name = \"readings\"
    [tables.legacy_readings]
    table = \"readings\"
    layout = [\"id\", \"day\", \"local_day\", \"watts\", \"euros\", \"price_f\", \"status\", \"rating\"]
    [tables.legacy_readings.columns]
    day = { column = \"at\", date = true }
    local_day = { column = \"local\", date = true }
    watts = { column = \"kw\", factor = 1000 }
    euros = { column = \"cents\", factor = 0.01, type = \"numeric(10,2)\" }
    price_f = { column = \"price\", factor = 1.8, offset = 32 }
    status = { column = \"estado\", values = { active = \"state 7\", inactive = \"state 8\" } }
    [tables.legacy_readings.columns.rating]
    type = \"integer\"
    read = \"CASE WHEN useful THEN 4 ELSE 2 END\"
    where = { \"= 4\" = \"useful\" }";

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
    ("watts > 104990", "kw > 104.990"),
    ("watts = 5000", "kw = 5"),
    ("price_f < 32.01", "price < (32.01 - 32) / 1.8"),
    ("euros BETWEEN 1 AND 1.05", "cents BETWEEN 100 AND 105"),
    (
        "day = ANY ('{2025-03-05,2025-07-05}')",
        "at >= '2025-03-05 00:00:00+00' AND at < '2025-03-06 00:00:00+00' OR at >= '2025-07-05 00:00:00+00' AND at < '2025-07-06 00:00:00+00'",
    ),
    ("day = ANY (ARRAY['2025-03-05']::date[])", "at >= '2025-03-05 00:00:00+00' AND at < '2025-03-06 00:00:00+00'"),
    ("day = ANY (ARRAY[date '2025-03-05'])", "at >= '2025-03-05 00:00:00+00' AND at < '2025-03-06 00:00:00+00'"),
    ("status = ANY (ARRAY['active', 'inactive'])", "estado IN ('state 7', 'active', 'state 8', 'inactive')"),
    ("status = ANY ('{active}'::text[])", "estado IN ('state 7', 'active')"),
    ("watts = ANY (ARRAY[5000, 6000])", "kw = 5 OR kw = 6"),
    ("rating = ANY (ARRAY[4])", "useful"),
    ("status = 'active'", "estado IN ('state 7', 'active')"),
    ("status IN ('active', 'inactive')", "estado IN ('state 7', 'active', 'state 8', 'inactive')"),
    ("status IS NULL", "estado IS NULL"),
    ("rating = 4", "useful"),
    ("4 = rating AND id < 50000", "useful AND id < 50000"),
    ("local_day = '2025-03-05'", "local >= '2025-03-05' AND local < '2025-03-06'"),
    ("local_day < '2025-01-03' AND day < '2025-01-03'", "local < '2025-01-03' AND at < '2025-01-03 00:00:00+00'"),
];

/// The same with parameters, prepared: (in legacy names, by hand, the values).
const PREPARED: &[(&str, &str, &str)] = &[
    ("watts = $1", "kw = $1 / 1000", "5000"),
    ("status = $1", "estado IN (CASE $1 WHEN 'active' THEN 'state 7' ELSE $1 END, $1)", "'active'"),
    ("euros < $1", "cents < ($1 * 100)::int", "1.50"),
    (
        "day = $1",
        "at >= $1::timestamp AT TIME ZONE 'UTC' AND at < ($1 + 1)::timestamp AT TIME ZONE 'UTC'",
        "'2025-03-05'",
    ),
    ("watts = ANY ($1)", "kw BETWEEN 5 AND 6", "'{5000,6000}'::double precision[]"),
    ("status = ANY ($1)", "estado = ANY ($1) OR estado = ANY (ARRAY['state 7'])", "'{active}'::text[]"),
    ("euros = ANY ($1)", "cents BETWEEN (($1)[1] * 100)::int AND (($1)[2] * 100)::int", "'{1.50,1.60}'::numeric[]"),
    (
        "day = ANY ($1)",
        "at >= ($1)[1]::timestamp AT TIME ZONE 'UTC' AND at < (($1)[2] + 1)::timestamp AT TIME ZONE 'UTC'",
        "'{2025-03-05,2025-03-07}'::date[]",
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
                let types = match values {
                    _ if values.contains("::") => values.split("::").nth(1).expect("a type"),
                    _ if values.contains(',') => "date, date",
                    _ if values.contains('-') => "date",
                    _ if values.contains('\'') => "text",
                    _ if values.contains('.') => "numeric",
                    _ => "double precision",
                };
                let prepared = client
                    .query(&format!("PREPARE {mode}{number} ({types}) AS SELECT count(*) FROM {table} WHERE {filter}"));
                assert_eq!(raw::tags(&prepared), "CZ", "{filter}: {prepared:?}");
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

/// Filters beside what needs all columns of the table: (in legacy names, by hand in current ones).
const BESIDE: &[(&str, &str)] = &[
    (
        "SELECT count(r::text) FROM legacy_readings r WHERE r.day = '2025-03-05'",
        "SELECT count(r::text) FROM readings r WHERE at >= '2025-03-05 00:00:00+00' AND at < '2025-03-06 00:00:00+00'",
    ),
    (
        "SELECT count((r).rating) FROM legacy_readings r WHERE r.watts = 5000 AND r IS NOT NULL",
        "SELECT count(useful) FROM readings r WHERE kw = 5 AND NOT r IS NULL",
    ),
    (
        "SELECT count(x.c) FROM legacy_readings AS x (a, b, c) WHERE (x.b >= '2025-12-29' AND x.c IS NOT NULL)",
        "SELECT count(local) FROM readings WHERE at >= '2025-12-29 00:00:00+00' AND local IS NOT NULL",
    ),
    (
        "SELECT count(x.h) FROM legacy_readings AS x (a, b, c, d, e, f, g, h) WHERE 'active' = x.g AND x.a > 0",
        "SELECT count(useful) FROM readings WHERE estado IN ('state 7', 'active') AND id > 0",
    ),
];

/// The same with parameters: (types, in legacy names, by hand, values).
const BESIDE_PREPARED: &[(&str, &str, &str, &str)] = &[
    (
        "date",
        "SELECT count(x.c) FROM legacy_readings AS x (a, b, c) WHERE $1 = x.b AND x.c IS NOT NULL",
        "SELECT count(local) FROM readings WHERE at >= $1::timestamp AT TIME ZONE 'UTC' AND at < ($1 + 1)::timestamp AT TIME ZONE 'UTC' AND local IS NOT NULL",
        "'2025-03-05'",
    ),
    (
        "double precision, double precision",
        "SELECT count(x.f) FROM legacy_readings AS x (a, b, c, d, e, f, g, h) WHERE x.d BETWEEN $1 AND $2",
        "SELECT count(price) FROM readings WHERE kw BETWEEN $1 / 1000 AND $2 / 1000",
        "5000, 6000",
    ),
    (
        "text[]",
        "SELECT count(x.h) FROM legacy_readings AS x (a, b, c, d, e, f, g, h) WHERE x.g = ANY ($1)",
        "SELECT count(useful) FROM readings WHERE estado = ANY ($1) OR estado = ANY (ARRAY['state 7'])",
        "'{active}'",
    ),
];

#[test]
fn a_filter_with_parameters_beside_column_aliases_uses_that_scan_too() {
    let server = postgres::shared();
    server.sql(server.database("filters_beside_prepared"), READINGS);
    let (_proxy, mut through, mut straight) =
        proxy_over(server, "filters_beside_prepared", &[READINGS_MAPPING.to_owned()]);
    for mode in ["force_custom_plan", "force_generic_plan"] {
        for (number, (types, legacy, current, values)) in BESIDE_PREPARED.iter().enumerate() {
            let plan = |client: &mut Raw, sql: &str| {
                client.query(&format!("SET plan_cache_mode = {mode}"));
                let prepared = client.query(&format!("PREPARE {mode}{number} ({types}) AS {sql}"));
                assert_eq!(raw::tags(&prepared), "CZ", "{sql}: {prepared:?}");
                scans(&client.query(&format!("EXPLAIN (FORMAT JSON) EXECUTE {mode}{number} ({values})")))
            };
            let (got, expected) = (plan(&mut through, legacy), plan(&mut straight, current));
            assert!(expected.iter().any(|scan| scan.contains("Index")), "{current}: {expected:?}");
            assert_eq!(got, expected, "{legacy} ({mode})");
        }
    }
}

#[test]
fn a_filter_beside_rows_and_column_aliases_uses_that_scan_too() {
    let server = postgres::shared();
    server.sql(server.database("filters_beside"), READINGS);
    let (_proxy, mut through, mut straight) = proxy_over(server, "filters_beside", &[READINGS_MAPPING.to_owned()]);
    for (legacy, current) in BESIDE {
        let explain = |sql: &str| format!("EXPLAIN (FORMAT JSON) {sql}");
        let (got, expected) = (scans(&through.query(&explain(legacy))), scans(&straight.query(&explain(current))));
        assert!(expected.iter().any(|scan| scan.contains("Index")), "{current}: {expected:?}");
        assert_eq!(got, expected, "{legacy}");
    }
}

/// A mapped column, what it is by hand, and what it is compared with.
struct Kind<'a> {
    mapping: String,
    table: String,
    plain: String,
    operands: &'a [&'a str],
}

/// `@` is the column, `#` and `%` are operands.
const SHAPES: [&str; 19] = [
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
    "@ = ANY (ARRAY[#, %])",
    "@ <> ALL (ARRAY[#, %])",
    "@ = SOME (ARRAY[#])",
    "NOT @ = ANY (ARRAY[#, %]) OR @ != ALL (ARRAY[%])",
    "@ IS NULL OR @ = #",
    "@ IS NOT NULL AND NOT @ > #",
];

/// Asks for the rows for which each filter is true, and for which NOT of it is, by the column's name and by its plain form.
fn assert_alike(database: &'static str, rows: &str, base: &str, kinds: &[Kind<'_>], zones: &[&str]) {
    let server = postgres::shared();
    server.sql(server.database(database), rows);
    let mappings: Vec<String> = kinds.iter().map(|kind| kind.mapping.clone()).collect();
    let (_proxy, mut through, mut straight) = proxy_over(server, database, &mappings);
    let mut failed = String::new();
    for session in zones {
        for client in [&mut through, &mut straight] {
            client.query(&format!("SET timezone = '{session}'"));
        }
        for (kind, shape) in kinds.iter().flat_map(|kind| SHAPES.map(|shape| (kind, shape))) {
            let filters = |column: &str| -> Vec<String> {
                let filter = |(i, operand): (usize, &&str)| {
                    let other = kind.operands[(i + 3) % kind.operands.len()];
                    shape.replace('@', column).replace('#', operand).replace('%', other)
                };
                kind.operands.iter().enumerate().map(filter).collect()
            };
            let expected = counts(&mut straight, base, &filters(&kind.plain));
            let got = counts(&mut through, &kind.table, &filters("legacy"));
            for (at, (expected, got)) in expected.iter().zip(&got).enumerate().filter(|(_, (a, b))| a != b) {
                let _ = writeln!(
                    failed,
                    "{} in {session}: {} gives {got} for {expected}",
                    kind.plain,
                    filters("legacy")[at]
                );
            }
            assert_eq!(expected.len(), got.len(), "{}", kind.plain);
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

/// For each filter, how many rows it selects and which, and how many NOT of it does; or the error.
fn counts(client: &mut Raw, table: &str, filters: &[String]) -> Vec<String> {
    let count = |filter: &String| {
        format!(
            "SELECT (SELECT count(*) || ' ' || coalesce(sum(id), 0) FROM {table} WHERE {filter}) || ', not: ' || \
             (SELECT count(*) FROM {table} WHERE NOT ({filter}))"
        )
    };
    // All in one message: a round trip for each would take minutes. An error would end it.
    let text: Vec<String> = filters.iter().map(count).collect();
    let answer = client.query(&text.join("; "));
    if raw::tags(&answer).contains('E') {
        let single = |text: &String| {
            let answer = client.query(text);
            let error = answer.iter().find(|frame| frame.tag == b'E').and_then(|frame| frame.field(b'C'));
            error.unwrap_or_else(|| raw::rows(&answer).concat())
        };
        return text.iter().map(single).collect();
    }
    raw::rows(&answer)
}

/// Zones in which a day is not always one range, and what was done to their clocks then.
const ZONES: [&str; 9] = [
    "UTC",
    "America/Havana",
    "America/St_Johns",
    "America/Juneau",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Asia/Manila",
    "America/Sao_Paulo",
    "Antarctica/Troll",
];

/// The hours around such changes, the ends of both types, and no time at all.
const INSTANTS: &str = "
    CREATE TABLE instants (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz);
    INSERT INTO instants (at)
    SELECT t FROM unnest(ARRAY['2024-11-03', '2010-11-07', '1867-10-18', '2011-12-30', '2011-12-31', '1993-08-21', '1844-12-31', '2018-02-18', '2018-11-04',
                               '2024-10-27', '0001-01-01', '1900-01-01', '9999-01-01']::timestamptz[]) AS day,
                  generate_series(day - interval '30 hours', day + interval '30 hours', '29 minutes 59 seconds') AS t;
    INSERT INTO instants (at) VALUES ('infinity'), ('-infinity'), (NULL), ('4713-11-27 BC 12:00:00+00'),
                                     ('294276-12-28 00:00:00+00'), ('4700-01-01 BC')";

const DAYS: [&str; 20] = [
    "'2024-11-03'",
    "'2010-11-06'",
    "'1867-10-18'",
    "'2011-12-30'",
    "'2011-12-31'",
    "'1844-12-31'",
    "'1993-08-22'",
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
    "'2011-12-30'::timestamptz",
    "timestamp '2010-11-06 00:00:00'",
];

#[test]
fn filters_on_days_answer_as_the_plain_form_does() {
    let kind = |(number, zone): (usize, &&str)| Kind {
        mapping: format!(
            "[mapping]\nname = \"zone{number}\"\nzone = \"{zone}\"\n[tables.days{number}]\ntable = \"instants\"\n\
             layout = [\"id\", \"legacy\"]\n[tables.days{number}.columns]\nlegacy = {{ column = \"at\", date = true }}\n"
        ),
        table: format!("days{number}"),
        plain: format!("((at AT TIME ZONE '{zone}')::date)"),
        operands: &DAYS,
    };
    let kinds: Vec<Kind<'_>> = ZONES.iter().enumerate().map(kind).collect();
    assert_alike("filters_days", INSTANTS, "instants", &kinds, &["UTC", "America/Havana", "Pacific/Apia"]);
}

/// Numbers of every type around nothing, around what is rounded, and at the ends.
const NUMBERS: &str = "
    CREATE TABLE numbers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, f double precision, r real, n numeric, d numeric(10,2),
                          i int, s smallint, b bigint, t text, v varchar(20));
    INSERT INTO numbers (f, r, n, d, i, s, b, t, v)
    SELECT x, x, x, x, x, x, x, x::int, 'v' || x::int FROM unnest(ARRAY[0, 1, -1, 5, 5.0001, 4.9999, 0.1, 0.3, 1000, 32, -40, 2.5, 3.5]) AS x;
    INSERT INTO numbers (f, r, n) VALUES ('infinity', 'infinity', 'NaN'), ('-infinity', '-infinity', 1e40), ('NaN', 'NaN', -1e-40),
                                         (1e-300, 1e-30, 1e300), (1e300, 1e30, 0), (NULL, NULL, NULL);
    INSERT INTO numbers (i, s, b) VALUES (2147483, 32, 9007199254740993), (-2147483, -32, -9007199254740993);
    INSERT INTO numbers (t, v) VALUES ('activo', 'Wind'), ('active', 'wind'), ('7', 'sun'), (NULL, NULL), ('', ''), ('x', 'Sonne')";

const NUMERALS: [&str; 16] = [
    "5",
    "5000",
    "'5000'",
    "-40",
    "0",
    "41.0000",
    "0.1 + 0.2",
    "300",
    "2.5::real",
    "NULL",
    "1e9",
    "9007199254740993000",
    "32::smallint",
    "'infinity'::double precision",
    "'NaN'::double precision",
    "1e299::double precision",
];

const WORDS: [&str; 10] = [
    "'active'",
    "'activo'",
    "'wind'",
    "'Wind'",
    "'7'",
    "''",
    "NULL",
    "'running'::text",
    "'x'::varchar(5)",
    "'sun'::varchar(2)",
];

#[test]
fn filters_on_numbers_and_names_answer_as_the_plain_form_does() {
    // (column, keys of the mapping, the plain form, operands)
    let columns: [(&str, &str, &str, &[&str]); 11] = [
        ("f", "factor = 1000", "(f * 1000::double precision)", &NUMERALS),
        ("f", "factor = -1.8, offset = 32", "(f * (-1.8)::double precision + 32::double precision)", &NUMERALS),
        ("r", "factor = 0.001", "((r * 0.001::double precision)::real)", &NUMERALS),
        ("n", "factor = 1000, offset = -273.15", "(n * 1000 + (-273.15))", &NUMERALS),
        ("d", "factor = 0.01, type = \"numeric(10,2)\"", "((d * 0.01)::numeric(10,2))", &NUMERALS),
        ("i", "factor = 1000", "((i::numeric * 1000)::integer)", &NUMERALS),
        ("s", "factor = 0.5, type = \"integer\"", "((s::numeric * 0.5)::integer)", &NUMERALS),
        ("b", "factor = -3, type = \"double precision\"", "((b::numeric * (-3))::double precision)", &NUMERALS),
        (
            "t",
            "values = { active = \"activo\", running = \"x\" }",
            "(CASE t WHEN 'activo' THEN 'active'::text WHEN 'x' THEN 'running'::text ELSE t END)",
            &WORDS,
        ),
        (
            "v",
            "values = { wind = \"Wind\", sun = \"Sonne\" }",
            "(CASE v WHEN 'Wind' THEN 'wind'::character varying(20) WHEN 'Sonne' THEN 'sun'::character varying(20) ELSE v END)",
            &WORDS,
        ),
        (
            "i",
            "type = \"text\", values = { active = 5, '7' = 0 }",
            "(CASE i WHEN '5' THEN 'active'::text WHEN '0' THEN '7'::text ELSE i::text::text END)",
            &WORDS,
        ),
    ];
    let kind = |(number, (column, keys, plain, operands)): (usize, &(&str, &str, &str, &'static [&'static str]))| {
        Kind {
            mapping: format!(
                "[mapping]\nname = \"kind{number}\"\n[tables.kind{number}]\ntable = \"numbers\"\nlayout = [\"id\", \"legacy\"]\n\
             [tables.kind{number}.columns]\nlegacy = {{ column = \"{column}\", {keys} }}\n"
            ),
            table: format!("kind{number}"),
            plain: (*plain).into(),
            operands,
        }
    };
    let kinds: Vec<Kind<'_>> = columns.iter().enumerate().map(kind).collect();
    assert_alike("filters_kinds", NUMBERS, "numbers", &kinds, &["UTC"]);
}

/// Arrays of every form, as text: with NULL, without elements, of two dimensions, from another index on, longer than what is looked at.
fn arrays(elements: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = elements.iter().map(|element| format!("\"{element}\"")).collect();
    let mut all: Vec<String> = quoted.iter().map(|one| format!("{{{one}}}")).collect();
    all.extend(quoted.windows(2).map(|two| format!("{{{}}}", two.join(","))));
    all.extend(quoted.windows(2).map(|two| format!("{{{},NULL}}", two.join(","))));
    all.extend(quoted.windows(2).map(|two| format!("{{{{{}}},{{{}}}}}", two[0], two[1])));
    all.extend(quoted.windows(2).map(|two| format!("[0:1]={{{}}}", two.join(","))));
    all.extend(["{}".to_owned(), "{NULL}".to_owned(), format!("{{{}}}", quoted.join(","))]);
    all.push(format!("{{{}}}", vec![quoted[0].as_str(); 33].join(",")));
    all
}

#[test]
fn filters_on_arrays_answer_as_the_plain_form_does() {
    let days = [
        "2024-11-03",
        "2010-11-06",
        "2011-12-30",
        "1844-12-31",
        "infinity",
        "-infinity",
        "5874897-12-31",
        "4713-11-25 BC",
    ];
    let numbers = ["5000", "-40", "0", "41.0000", "300", "NaN", "Infinity", "-Infinity", "1e299", "2.5"];
    let whole = ["5000", "-40", "0", "300", "2147483647", "-2147483648"];
    let words = ["active", "activo", "wind", "7", "", "x", "NULL"];
    // (table, column, keys, the plain form, the type of an element), elements
    let columns: [([&str; 5], &[&str]); 8] = [
        (["instants", "at", "date = true", "((at AT TIME ZONE 'Pacific/Apia')::date)", "date"], &days),
        (["instants", "at", "date = true", "((at AT TIME ZONE 'Pacific/Apia')::date)", "timestamptz"], &days[..6]),
        (["numbers", "f", "factor = 1000", "(f * 1000::double precision)", "double precision"], &numbers),
        (
            [
                "numbers",
                "f",
                "factor = -1.8, offset = 32",
                "(f * (-1.8)::double precision + 32::double precision)",
                "double precision",
            ],
            &numbers,
        ),
        (["numbers", "d", "factor = 0.01, type = \"numeric(10,2)\"", "((d * 0.01)::numeric(10,2))", "numeric"], &whole),
        (["numbers", "i", "factor = 1000", "((i::numeric * 1000)::integer)", "integer"], &whole),
        (
            [
                "numbers",
                "b",
                "factor = -3, type = \"double precision\"",
                "((b::numeric * (-3))::double precision)",
                "double precision",
            ],
            &numbers,
        ),
        (
            [
                "numbers",
                "t",
                "values = { active = \"activo\", running = \"x\" }",
                "(CASE t WHEN 'activo' THEN 'active'::text WHEN 'x' THEN 'running'::text ELSE t END)",
                "text",
            ],
            &words,
        ),
    ];
    assert_arrays_alike(&columns);
}

/// Asks with each array as a parameter and as a literal: ((table, column, keys, the plain form, the type of an element), elements).
fn assert_arrays_alike(columns: &[([&str; 5], &[&str])]) {
    let server = postgres::shared();
    server.sql(server.database("filters_arrays"), &format!("{INSTANTS}; {NUMBERS}"));
    let mapping = |(number, ([table, column, keys, ..], _)): (usize, &([&str; 5], &[&str]))| {
        format!(
            "[mapping]\nname = \"array{number}\"\nzone = \"Pacific/Apia\"\n[tables.array{number}]\ntable = \"{table}\"\nlayout = [\"id\", \"legacy\"]\n\
             [tables.array{number}.columns]\nlegacy = {{ column = \"{column}\", {keys} }}\n"
        )
    };
    let mappings: Vec<String> = columns.iter().enumerate().map(mapping).collect();
    let (_proxy, mut through, mut straight) = proxy_over(server, "filters_arrays", &mappings);
    let mut failed = String::new();
    for (number, ([table, _, _, plain, of], elements)) in columns.iter().enumerate() {
        let prepared = |column: &str, table: &str, types: &str| {
            format!(
                "PREPARE p{number} {types} AS SELECT (SELECT count(*) || ' ' || coalesce(sum(id), 0) FROM {table} WHERE {column} = ANY ($1)) || ', not: ' || \
                 (SELECT count(*) FROM {table} WHERE NOT ({column} = ANY ($1) AND id > 0)) || ', all: ' || (SELECT count(*) FROM {table} WHERE {column} <> ALL ($1))"
            )
        };
        let types = format!("({of}[])");
        let legacy = through.query(&prepared("legacy", &format!("array{number}"), &types));
        let current = straight.query(&prepared(plain, table, &types));
        assert_eq!(
            (raw::tags(&legacy), raw::tags(&current)),
            ("CZ".into(), "CZ".into()),
            "{plain}: {legacy:?} {current:?}"
        );
        let all = arrays(elements);
        let values = all.iter().map(|text| format!("'{text}'")).chain(["NULL".to_owned()]);
        for value in values {
            let ask = |client: &mut Raw, mode: &str| {
                client.query(&format!("SET plan_cache_mode = force_{mode}_plan"));
                let answer = client.query(&format!("EXECUTE p{number}({value})"));
                let error = answer.iter().find(|frame| frame.tag == b'E').and_then(|frame| frame.field(b'C'));
                error.unwrap_or_else(|| raw::rows(&answer).concat())
            };
            let expected = ask(&mut straight, "custom");
            for mode in ["custom", "generic"] {
                let got = ask(&mut through, mode);
                if got != expected {
                    let _ = writeln!(failed, "{plain} = ANY ({value}::{of}[]) ({mode}) gives {got} for {expected}");
                }
            }
            // The same as a literal.
            let asked = |column: &str, table: &str| {
                format!(
                    "SELECT count(*) FROM {table} WHERE {column} = ANY ({value}::{of}[]) AND NOT {column} <> ALL ({value})"
                )
            };
            let got = raw::rows(&through.query(&asked("legacy", &format!("array{number}"))));
            let expected = raw::rows(&straight.query(&asked(plain, table)));
            if got != expected {
                let _ = writeln!(failed, "{plain} = ANY ({value}::{of}[]) gives {got:?} for {expected:?}");
            }
        }
    }
    assert!(failed.is_empty(), "{failed}");
}
