//! What a mapping takes for granted of Postgres, asked of a real one: how it spells types, how it reads time zones, and that what `read`
//! is cut into still means the same when its columns are qualified.

mod support;

use exonym::backend::introspect::introspect;
use exonym::config::Config;
use exonym::mapping::type_name::{built_in_names, canonical, is_built_in};
use exonym::mapping::{Kind, Piece, file};
use support::postgres::shared;

const TYPES: &[&str] = &[
    "int",
    "int2",
    "int4",
    "int8",
    "smallint",
    "bigint",
    "bool",
    "float",
    "float(10)",
    "float(24)",
    "float(25)",
    "float4",
    "float8",
    "double precision",
    "real",
    "numeric",
    "numeric(10)",
    "numeric(10,2)",
    "dec(4,1)",
    "numeric(3,-2)",
    "text",
    "varchar",
    "varchar(20)",
    "character varying",
    "char",
    "char(3)",
    "character",
    "nchar(2)",
    "bpchar(4)",
    "bpchar",
    "\"char\"",
    "name",
    "bit",
    "bit(4)",
    "bit varying",
    "bit varying(7)",
    "varbit",
    "timestamp",
    "timestamptz",
    "timestamp(3)",
    "timestamptz(0)",
    "timestamp(2) with time zone",
    "timestamp without time zone",
    "time",
    "timetz",
    "time(1)",
    "timetz(2)",
    "date",
    "interval",
    "interval(3)",
    "interval year",
    "interval day to second",
    "interval day to second(3)",
    "interval minute to second",
    "json",
    "jsonb",
    "uuid",
    "bytea",
    "money",
    "inet",
    "cidr",
    "xml",
    "text[]",
    "int[3]",
    "int[][]",
    "numeric(10,2)[]",
    "timestamptz[]",
    "varchar(5) array",
    "oid",
    "point",
    "tsvector",
    "int4range",
    "pg_catalog.int4",
    "pg_catalog.timestamptz",
    "mood",
    "\"Mood\"",
    "app.unit",
    "mood[]",
];

#[test]
fn types_are_spelled_as_the_server_spells_them() {
    let database = shared().database("spelled");
    let columns: Vec<_> = TYPES.iter().enumerate().map(|(n, name)| format!("c{n} {name}")).collect();
    shared().sql(
        database,
        &format!(
            "CREATE TYPE mood AS ENUM ('x'); CREATE TYPE \"Mood\" AS ENUM ('x'); CREATE SCHEMA app; CREATE TYPE app.unit AS ENUM ('x');
             CREATE TABLE t ({});",
            columns.join(", ")
        ),
    );
    let url = format!("postgres://postgres@127.0.0.1:{}/{database}", shared().port);
    let backend = Config::direct(&url, None, Vec::new()).expect("a good URL").backends.remove(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let catalog = runtime.block_on(introspect(&backend, database)).expect("the catalog");
    let table = catalog.relation("public", "t").expect("was created");
    for (written, column) in TYPES.iter().zip(&table.columns) {
        let spelled = canonical(written).unwrap_or_else(|bad| panic!("{written}: {}", bad.message));
        // The reader of the catalog sees types outside of `pg_catalog` with their schema.
        let real = column.type_name.strip_prefix("public.").unwrap_or(&column.type_name);
        assert_eq!(spelled, real, "{written}");
        assert_eq!(canonical(&spelled).as_deref(), Ok(&*spelled), "{written}");
        let own = !["mood", "Mood", "unit"].iter().any(|name| real.contains(name));
        assert_eq!(is_built_in(&spelled), own, "{spelled}");
    }
    let names = built_in_names()
        .iter()
        .map(|name| format!("SELECT to_regtype($q${name}$q$)"))
        .collect::<Vec<_>>()
        .join(" UNION ALL ");
    assert_eq!(
        shared().sql(database, &format!("SELECT count(*) FROM ({names}) t (name) WHERE name IS NULL")).trim(),
        "0"
    );
}

#[test]
fn an_offset_is_read_with_the_sign_turned_round() {
    let at = |zone: &str| {
        shared()
            .sql("postgres", &format!("SELECT timestamptz '2025-01-01 12:00+00' AT TIME ZONE '{zone}'"))
            .trim()
            .to_owned()
    };
    assert_eq!(at("+02:00"), "2025-01-01 10:00:00");
    assert_eq!(at("UTC+2"), "2025-01-01 10:00:00");
    // What the message about offsets proposes.
    assert_eq!(at("Etc/GMT-2"), "2025-01-01 14:00:00");
    assert_eq!(at("Etc/GMT+5"), "2025-01-01 07:00:00");
}

#[test]
fn expressions_mean_the_same_once_their_columns_are_qualified() {
    let database = shared().database("templates");
    shared().sql(
        database,
        "CREATE TYPE address AS (street text, zip int[]);
         CREATE TABLE t (id int, x int, y numeric, \"Z z\" int, timestamp timestamptz, time interval, days int, hours int, name text, nfc text,
                         \"user\" text, useful bool, home address, tags text[], doc jsonb, date date, value real, year int, epoch timestamptz);
         INSERT INTO t SELECT n, n, n / 3.0, -n, '2025-01-01 00:00+00'::timestamptz + n * interval '7 h', n * interval '1 min', n, n, 'n' || n, 'é',
                              'u' || n, CASE n % 3 WHEN 0 THEN true WHEN 1 THEN false END, ROW('s' || n, ARRAY[n, 2])::address,
                              ARRAY['a', 'n' || n], jsonb_build_object('k', jsonb_build_array(n)), date '2025-01-01' + n, n / 7.0, 2000 + n,
                              to_timestamp(n * 1000)
         FROM generate_series(1, 9) n;",
    );
    for read in [
        "CASE WHEN x > 3 THEN y ELSE \"Z z\" END",
        "timestamp::date - interval '1 day'",
        "EXTRACT(epoch FROM time) / 3600.0 + EXTRACT(year FROM epoch)",
        "current_user || ':' || \"user\" || coalesce(name, 'x')",
        "(home).street || (home).zip[x % 2 + 1]",
        "make_interval(days => days, hours := hours)",
        "normalize(nfc, NFD) || nfc",
        "trim(both 'n' from name) || substring(name from 1 for x) || position('n' in name) || overlay(name placing 'zz' from 1 for 1)",
        "x IN (days, 1) AND y BETWEEN 0 AND value * 3 OR name LIKE 'n%' ESCAPE '!' OR useful IS NOT DISTINCT FROM false",
        "name = ANY (tags) AND ARRAY[name, 'a'] && tags",
        "(doc #>> '{k,0}')::int + (doc -> 'k' ->> 0)::int /* both */ - x",
        "timestamp AT TIME ZONE 'UTC' + time * 2",
        "date + days || date '2025-01-01'::text",
        "(name COLLATE \"C\") < 'n5' AND value::numeric(6,3) IS NOT NULL",
        "ROW(x, y) < ROW(3, 1) OR (x, y) = (1, y)",
        "year % 10 + ceil(value)::int + greatest(x, year, 3) - nullif(x, 2)",
        "interval '1 day' * days + time",
    ] {
        let text = format!("[tables.t.columns.c]\ntype = \"text\"\nread = '''{read}'''\n");
        let mapping = file::parse("t.toml", &text).unwrap_or_else(|bad| panic!("{read}: {bad:?}"));
        let Kind::Expression(template) = &mapping.tables[0].columns[0].kind else { panic!("{read}") };
        let qualified = template.pieces.iter().fold(String::new(), |out, piece| match piece {
            Piece::Text(text) => out + text,
            Piece::Column(name) => out + "q.\"" + &name.replace('"', "\"\"") + "\"",
        });
        let run = |expr: &str, from: &str| {
            let output = shared()
                .try_sql(database, &format!("SET timezone = 'UTC'; SELECT id, ({expr})::text FROM {from} ORDER BY id"));
            (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
        };
        // Beside a second table with the same columns an unqualified name that was left would be ambiguous.
        assert_eq!(run(read, "t"), run(&qualified, "(SELECT * FROM t) q"), "{read}");
        let (plain, beside) = (
            run(read, "t").0,
            shared().try_sql(database, &format!("SELECT {qualified} FROM t q, t other")).status.success(),
        );
        assert_eq!(plain, beside, "{read} became {qualified}");
    }
}
