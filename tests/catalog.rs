//! Reading the catalog of a real Postgres, and writing it with `exonym catalog dump`.

mod support;

use std::process::{Command, Output};
use std::time::Duration;

use exonym::backend::introspect::{Error, introspect};
use exonym::catalog::{Catalog, RelationKind, Yields, file};
use exonym::config::{Backend, Config, Login, Secret};
use support::postgres::shared;

const SCHEMA: &str = r#"
    CREATE TABLE log (id serial PRIMARY KEY, kwh numeric(10,2) NOT NULL, gone int, "Odd ""Name" text[], at timestamptz(3));
    ALTER TABLE log DROP COLUMN gone;
    CREATE TABLE nothing ();
    CREATE TABLE parted (a int) PARTITION BY LIST (a);
    CREATE TABLE part_1 PARTITION OF parted FOR VALUES IN (1);
    CREATE VIEW v AS SELECT kwh AS k FROM log;
    CREATE MATERIALIZED VIEW mv AS SELECT kwh FROM log;
    CREATE SCHEMA app;
    CREATE TABLE app.log (id int);
    CREATE SCHEMA _timescaledb_internal;
    CREATE TABLE _timescaledb_internal._hyper_1_1_chunk (a int);
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE TABLE typed (m mood, j jsonb, d double precision);
    CREATE TYPE pair AS (a int, b text);
    CREATE DOMAIN pair_domain AS pair;
    CREATE FUNCTION f_table() RETURNS TABLE (x int, y text) LANGUAGE sql AS 'SELECT 1, NULL::text';
    CREATE FUNCTION f_set() RETURNS SETOF log LANGUAGE sql AS 'SELECT * FROM log';
    CREATE FUNCTION f_out(OUT z int) LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION f_unnamed(int, OUT int, OUT b int) LANGUAGE sql AS 'SELECT 1, 2';
    CREATE FUNCTION f_record() RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2';
    CREATE FUNCTION f_domain() RETURNS pair_domain LANGUAGE sql AS 'SELECT NULL::pair_domain';
    CREATE FUNCTION f_value() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION f_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.kwh := 1; RETURN NEW; END';
    CREATE PROCEDURE p(INOUT a int, INOUT b int) LANGUAGE plpgsql AS 'BEGIN a := b; END';
"#;

/// What the server says that FROM sees of each function: the catalog must agree with it.
const FROM_SEES: [(&str, &str); 6] = [
    ("f_table", "f_table()"),
    ("f_set", "f_set()"),
    ("f_out", "f_out() AS an_alias"),
    ("f_unnamed", "f_unnamed(1)"),
    ("f_domain", "f_domain()"),
    ("json_each", "json_each('{}')"),
];

fn backend(database: &str, user: &str) -> Backend {
    let url = format!("postgres://{user}@127.0.0.1:{}/{database}", shared().port);
    Config::direct(&url, None, Vec::new()).expect("a good URL").backends.remove(0)
}

fn read(database: &str, user: &str) -> Result<Catalog, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(introspect(&backend(database, user), database))
}

fn dump(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exonym")).args(["catalog", "dump"]).args(args).output().expect("exonym can be run")
}

#[test]
fn relations_have_their_columns_in_order_with_their_types() {
    let database = shared().database("relations");
    shared().sql(database, SCHEMA);
    let catalog = read(database, "postgres").expect("a readable server");
    let log = catalog.relation("public", "log").expect("log");
    let columns: Vec<_> = log.columns.iter().map(|c| (c.name.as_str(), c.type_name.as_str(), c.not_null)).collect();
    assert_eq!(
        columns,
        [
            ("id", "integer", true),
            ("kwh", "numeric(10,2)", true),
            ("Odd \"Name", "text[]", false),
            ("at", "timestamp(3) with time zone", false),
        ]
    );
    let kind = |name| catalog.relation("public", name).map(|r| r.kind);
    assert_eq!(kind("log"), Some(RelationKind::Table));
    assert_eq!(kind("parted"), Some(RelationKind::Partitioned));
    assert_eq!(kind("part_1"), Some(RelationKind::Table));
    assert_eq!(kind("mv"), Some(RelationKind::MaterializedView));
    let view = catalog.relation("public", "v").expect("v");
    assert_eq!(view.kind, RelationKind::View);
    let definition = view.definition.as_deref().expect("its text");
    assert!(definition.contains("public.log"), "names are qualified, whatever the search path: {definition}");
    assert!(catalog.relation("public", "nothing").is_some_and(|r| r.columns.is_empty()));
    assert_eq!(catalog.relations_named("log").count(), 2);
    assert!(catalog.relation("pg_catalog", "pg_class").is_some_and(|r| r.column("relname").is_some()));
    assert!(catalog.relation("information_schema", "columns").is_some_and(|r| r.column("column_name").is_some()));
    assert!(catalog.relation("_timescaledb_internal", "_hyper_1_1_chunk").is_none());
    let typed = catalog.relation("public", "typed").expect("typed");
    let types: Vec<_> = typed.columns.iter().map(|c| c.type_name.as_str()).collect();
    assert_eq!(types, ["public.mood", "jsonb", "double precision"]);
    assert!(catalog.server_version > 100_000);
    assert_eq!(catalog.database, database);
}

#[test]
fn functions_yield_what_from_sees_of_them() {
    let database = shared().database("functions");
    shared().sql(database, SCHEMA);
    let catalog = read(database, "postgres").expect("a readable server");
    let function = |name: &str| {
        let found: Vec<_> = catalog.functions_named(name).collect();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        found[0]
    };
    for (name, from) in FROM_SEES {
        // A view records the names that the server itself gives.
        let sees = shared().sql(
            database,
            &format!(
                "CREATE TEMP VIEW seen AS SELECT * FROM {from}; \
                 SELECT attname FROM pg_attribute WHERE attrelid = 'seen'::regclass ORDER BY attnum"
            ),
        );
        let sees: Vec<_> = sees.lines().collect();
        assert_eq!(function(name).columns, sees, "{name}");
        assert_eq!(function(name).yields, Yields::Columns, "{name}");
    }
    assert_eq!((function("f_record").yields, function("f_record").columns.len()), (Yields::Columns, 0));
    assert_eq!(function("json_populate_recordset").columns.len(), 0);
    for name in ["f_value", "f_trigger", "p"] {
        assert_eq!(function(name).yields, Yields::Value, "{name}");
    }
    assert!(function("f_trigger").body.as_deref().is_some_and(|b| b.contains("NEW.kwh")));
    assert!(function("json_each").body.is_none());
    for name in ["unnest", "generate_series", "now"] {
        assert_eq!(catalog.functions_named(name).count(), 0, "{name} gives one column, under its alias");
    }
}

#[test]
fn search_paths_come_from_server_database_and_role() {
    let database = shared().database("paths");
    shared().sql(database, "CREATE ROLE path_plain LOGIN; CREATE ROLE path_own LOGIN; CREATE ROLE path_here LOGIN;");
    assert_eq!(read(database, "path_plain").expect("readable").search_path, ["$user", "public"]);
    shared().sql(
        database,
        "ALTER DATABASE paths SET search_path = app, \"Weird, \"\"S\"; \
         ALTER ROLE path_own SET search_path = own; ALTER ROLE path_here SET search_path = everywhere; \
         ALTER ROLE path_here IN DATABASE paths SET search_path = ''; \
         ALTER ROLE path_plain IN DATABASE postgres SET search_path = elsewhere;",
    );
    // Whoever reads sees the same, whatever its own search path is.
    let first = read(database, "postgres").expect("readable");
    for user in ["path_plain", "path_own", "path_here"] {
        assert_eq!(read(database, user).expect("readable"), first, "{user}");
    }
    assert_eq!(first.search_path, ["app", "Weird, \"S"]);
    assert_eq!(first.role_search_paths["path_own"], ["own"]);
    assert!(first.role_search_paths["path_here"].is_empty());
    assert!(!first.role_search_paths.contains_key("path_plain"));
}

#[test]
fn a_hostile_search_path_changes_nothing() {
    let database = shared().database("hostile");
    shared().sql(
        database,
        "CREATE ROLE hostile_reader LOGIN; CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC; \
         CREATE TABLE evil.pg_class (oid oid, relname name); CREATE TABLE public.real (a int); \
         CREATE FUNCTION evil.caught(name, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''caught''; END'; \
         CREATE FUNCTION evil.caught(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''caught''; END'; \
         CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.caught); \
         CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.caught); \
         CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''caught''; END'; \
         ALTER ROLE hostile_reader SET search_path = evil, pg_catalog;",
    );
    let catalog = read(database, "hostile_reader").expect("nothing of evil's is called");
    assert!(catalog.relation("public", "real").is_some());
}

#[test]
fn a_login_that_fails_says_what_to_configure() {
    let mut wrong = backend("postgres", "nobody_of_that_name");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let error = runtime.block_on(introspect(&wrong, "postgres")).expect_err("no such role");
    assert!(matches!(error, Error::Login { .. }), "{error:?}");
    assert!(error.to_string().contains("nobody_of_that_name") && error.to_string().contains("introspect ="), "{error}");
    wrong.introspect = Some(Login { user: "u".into(), password: Some(Secret::Environment("EXONYM_NOT_SET".into())) });
    let error = runtime.block_on(introspect(&wrong, "postgres")).expect_err("no password");
    assert!(error.to_string().contains("`EXONYM_NOT_SET`"), "{error}");
    let closed =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port nobody listens on");
    wrong = Config::direct(&format!("postgres://{closed}/d"), None, Vec::new()).expect("a good URL").backends.remove(0);
    wrong.connect_timeout = Duration::from_secs(5);
    let error = runtime.block_on(introspect(&wrong, "d")).expect_err("nobody listens");
    assert!(matches!(error, Error::Connect { .. }) && error.to_string().contains(&closed.to_string()), "{error}");
}

#[test]
fn a_password_is_taken_from_where_the_configuration_says() {
    let server = support::postgres::Postgres::start(&[]);
    server.sql("postgres", "CREATE ROLE reader LOGIN PASSWORD 's3cret with space'");
    server.prepend_hba("host all reader 127.0.0.1/32 scram-sha-256");
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("exonym.toml");
    std::fs::write(directory.path().join("password"), "s3cret with space\n").expect("writable");
    let text = format!(
        "mappings = []\n[backends.b]\nkind = \"postgres\"\nurl = \"postgres://127.0.0.1:{}/postgres\"\n\
         introspect = {{ user = \"reader\", password = \"file:password\" }}\n[[routes]]\ndatabase = \"d\"\nbackend = \"b\"\n",
        server.port
    );
    std::fs::write(&config, text).expect("writable");
    let path = config.to_str().expect("UTF-8");
    let output = dump(&["--config", path]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(directory.path().join("password"), "wrong\n").expect("writable");
    let output = dump(&["--config", path]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("password authentication failed for user \"reader\""), "{said}");
}

#[test]
fn dump_writes_what_the_loader_reads() {
    let database = shared().database("dumped");
    shared().sql(database, SCHEMA);
    let url = format!("postgres://postgres@127.0.0.1:{}/{database}", shared().port);
    let output = dump(&["--from", &url]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let loaded = file::parse(&text, "catalog.json").expect("its own output");
    assert_eq!(loaded, read(database, "postgres").expect("readable"));
    // One line for each relation, those of users first: a diff of two dumps is readable.
    assert!(text.lines().any(|l| l.contains("\"name\":\"log\"") && l.contains("numeric(10,2)")), "{text}");
    let small = dump(&["--from", &url, "--without-system"]);
    let small = String::from_utf8(small.stdout).expect("UTF-8");
    assert!(small.len() < 10_000, "{}", small.len());
    assert!(!small.contains("\"schema\":\"pg_catalog\""), "{small}");
    assert!(file::parse(&small, "catalog.json").expect("its own output").relation("public", "log").is_some());
}
