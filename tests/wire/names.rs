//! What a session's own statements change: search path, temporary tables, the catalog itself.

use std::time::Duration;

use super::support::postgres::{self, Postgres, Version};
use super::support::proxy::{Setup, read_catalog};
use super::support::raw::{self, Raw};
use super::twin::{MAPPING, proxy};

/// Asks for the legacy name: from `public` the answer is rewritten, the table in `other` has it for real.
const ASK: &str = "SELECT consumption_log.consumption_kwh FROM consumption_log";

/// What the session sees, by the simple and by the extended protocol.
fn seen(client: &mut Raw) -> String {
    let simple = client.query(ASK);
    client.send(&[raw::extended(ASK, &[]), raw::sync()].concat());
    let extended = client.until(b'Z');
    let answer = |frames: &[raw::Frame]| match raw::rows(frames).first() {
        Some(row) => row.clone(),
        None => raw::error(frames).field(b'C').unwrap_or_default(),
    };
    assert_eq!(answer(&simple), answer(&extended));
    answer(&simple)
}

/// Servers from 18 on report the path, however long it is.
#[test]
fn a_search_path_that_is_too_long_to_be_read_is_not_known() {
    let server = Postgres::start_as(Version::Eighteen, &[]);
    server.sql(
        "postgres",
        "CREATE TABLE consumption_log (kwh_consumed text); INSERT INTO consumption_log VALUES ('mapped');
         CREATE SCHEMA other; CREATE TABLE other.consumption_log (consumption_kwh text, kwh_consumed text);
         INSERT INTO other.consumption_log VALUES ('real', 'another');",
    );
    let mut setup = Setup::to(server.port, "postgres");
    setup.map(server.port, MAPPING);
    let proxy = setup.start();
    let mut client = Raw::login(proxy.port, "postgres", "postgres");
    let ask = "SELECT consumption_kwh FROM consumption_log";
    for schemas in [100, 9_000, 12_000, 100_000] {
        client.query("SET search_path = public");
        assert_eq!(raw::rows(&client.query(ask)), ["mapped"]);
        let path = format!("(SELECT string_agg('x' || g, ',') FROM generate_series(1, {schemas}) g)");
        client.query(&format!("SELECT length(set_config('search_path', 'other,' || {path}, false))"));
        let frames = client.query(ask);
        assert!(
            matches!(raw::rows(&frames).as_slice(), [real] if real == "real") || raw::tags(&frames) == "EZ",
            "{frames:?}"
        );
    }
}

#[test]
fn the_search_path_is_followed() {
    let (_proxy, mut client) = proxy("names_path");
    assert_eq!(seen(&mut client), "mapped");
    client.query("SET search_path = other");
    assert_eq!(seen(&mut client), "real");
    client.query("RESET search_path");
    assert_eq!(seen(&mut client), "mapped");
    client.query("BEGIN");
    client.query("SET search_path = other");
    assert_eq!(seen(&mut client), "real");
    client.query("ROLLBACK");
    assert_eq!(seen(&mut client), "mapped", "a rollback takes it back");
    client.query("SET search_path = other; SELECT 1/0");
    assert_eq!(seen(&mut client), "mapped", "so does the end of an implicit transaction that failed");
    client.send(&[raw::extended("SET search_path = other", &[]), raw::sync()].concat());
    client.until(b'Z');
    assert_eq!(seen(&mut client), "real");
    client.query("DISCARD ALL");
    assert_eq!(seen(&mut client), "mapped");
}

#[test]
fn a_search_path_of_the_startup_packet_counts() {
    let (proxy, _) = proxy("names_startup");
    for parameters in
        [("options", "-c search_path=other"), ("search_path", "other"), ("options", "--search-path=other")]
    {
        let mut client = Raw::connect(proxy.port);
        client.send(&raw::startup(&[("user", "postgres"), ("database", "names_startup"), parameters]));
        client.until(b'Z');
        assert_eq!(seen(&mut client), "real", "{parameters:?}");
    }
}

#[test]
fn a_pipelined_change_is_waited_for_where_the_server_tells() {
    let (_proxy, mut client) = proxy("names_pipelined");
    // Two simple queries sent at once: the second is decided when the first is answered.
    client.send(&[raw::query("SET search_path = other"), raw::query(ASK)].concat());
    assert_eq!(raw::rows(&client.until_ready(2)), ["real"]);
    client.send(&[raw::query("SET search_path = nonsense; SELECT 1/0"), raw::query(ASK)].concat());
    assert_eq!(raw::rows(&client.until_ready(2)), ["real"]);
    // The same with a Sync between them, and with a statement that was prepared before.
    client.send(&[raw::parse("home", "SET search_path = public"), raw::sync()].concat());
    client.until(b'Z');
    let change = [raw::bind("", "home", &[]), raw::execute(""), raw::sync()].concat();
    client.send(&[change, raw::extended(ASK, &[]), raw::sync()].concat());
    assert_eq!(raw::rows(&client.until_ready(2)), ["mapped"]);
    // Set, and rolled back before the statement, all of it on its way at once.
    for round in 0..20 {
        let step = |sql: &str| [raw::extended(sql, &[]), raw::sync()].concat();
        let rolled_back = ["BEGIN", "SET search_path = other", "ROLLBACK", ASK].map(step).concat();
        client.send(&rolled_back);
        assert_eq!(raw::rows(&client.until_ready(4)), ["mapped"], "{round}");
        let failed = [raw::extended("SET search_path = other", &[]), step("SELECT 1/0"), step(ASK)].concat();
        client.send(&failed);
        assert_eq!(raw::rows(&client.until_ready(2)), ["mapped"], "{round}");
    }
}

#[test]
fn behind_a_change_in_the_same_pipeline_nothing_is_guessed() {
    let (_proxy, mut client) = proxy("names_unsure");
    // Without a Sync the server does not tell, so the answer must be right or an error, never the other table's.
    client.send(&[raw::extended("SET search_path = other", &[]), raw::extended(ASK, &[]), raw::sync()].concat());
    let frames = client.until(b'Z');
    let rows = raw::rows(&frames);
    assert!(rows == ["real"] || rows.is_empty(), "{frames:?}");
    assert_eq!(frames.last().map(|f| f.body.clone()), Some(b"I".to_vec()));
    client.query("SET search_path = other");
    let star = raw::extended("SELECT * FROM consumption_log", &[]);
    client.send(&[raw::extended("SET search_path = public", &[]), star, raw::sync()].concat());
    let frames = client.until(b'Z');
    let columns = raw::columns(&frames);
    assert!(columns.is_empty() || columns == ["consumption_kwh"], "{frames:?}");
}

#[test]
fn temporary_tables_hide_mapped_ones() {
    let (_proxy, mut client) = proxy("names_temporary");
    let made = client.query("CREATE TEMP TABLE consumption_log AS SELECT 'temporary'::text AS kwh_consumed");
    assert_eq!(raw::tags(&made), "CZ", "{made:?}");
    assert_eq!(seen(&mut client), "42703", "it is asked for what it does not have, not for what the mapped one has");
    client.query("DISCARD ALL");
    assert_eq!(seen(&mut client), "mapped");
}

#[test]
fn a_change_of_the_catalog_is_seen_by_the_next_statement() {
    let server = postgres::shared();
    let database = server.database("names_catalog");
    server.sql(database, "CREATE TABLE consumption_log (kwh_consumed text); INSERT INTO consumption_log VALUES ('x')");
    let mut setup = Setup::to(server.port, database);
    setup.map(server.port, MAPPING);
    setup.limits.refresh_timeout = Duration::from_secs(10);
    let proxy = setup.start();
    proxy.refresh(server.port, "names_catalog");
    let mut client = Raw::login(proxy.port, "postgres", database);
    for round in 0..3 {
        assert_eq!(raw::rows(&client.query(ASK)), ["x"], "{round}: by its legacy name");
        client.query("ALTER TABLE consumption_log RENAME kwh_consumed TO consumption_kwh");
        assert_eq!(raw::rows(&client.query(ASK)), ["x"], "{round}: now it is real");
        client.query("BEGIN; ALTER TABLE consumption_log RENAME consumption_kwh TO kwh_consumed");
        client.query("COMMIT");
    }
    // Pipelined, too.
    let back = "ALTER TABLE consumption_log RENAME kwh_consumed TO consumption_kwh";
    client.send(&[raw::query(back), raw::query(ASK)].concat());
    assert_eq!(raw::rows(&client.until_ready(2)), ["x"]);
}

#[test]
fn who_logs_in_behind_a_change_of_settings_begins_with_them() {
    let (proxy, mut client) = proxy("names_settings");
    let server = postgres::shared();
    server.sql("postgres", "CREATE ROLE names_settled LOGIN; GRANT names_settled TO CURRENT_USER");
    server.sql("names_settings", "GRANT USAGE ON SCHEMA other TO names_settled; GRANT SELECT ON ALL TABLES IN SCHEMA public, other TO names_settled");
    let fresh = || seen(&mut Raw::login(proxy.port, "names_settled", "names_settings"));
    assert_eq!(fresh(), "mapped");
    // Nobody reads the catalog: what they begin with is not known.
    client.query("ALTER ROLE names_settled SET search_path = other");
    assert_eq!(fresh(), if server.version() < 18 { "0A000" } else { "real" });
    proxy.refresh(server.port, "names_settings");
    for round in 0..5 {
        client.query("ALTER ROLE names_settled SET search_path = public");
        assert_eq!(fresh(), "mapped", "{round}");
        client.query("BEGIN; ALTER ROLE names_settled SET search_path = other");
        client.query("COMMIT");
        assert_eq!(fresh(), "real", "{round}");
        client.query("ALTER ROLE names_settled RESET search_path");
        client.query("ALTER DATABASE names_settings SET search_path = other");
        assert_eq!(fresh(), "real", "{round}");
        client.query("ALTER DATABASE names_settings RESET search_path");
    }
}

#[test]
fn a_role_in_any_spelling_makes_the_search_path_unknown_until_it_is_reset() {
    let (proxy, mut client) = proxy("names_role");
    let server = postgres::shared();
    let database = "names_role";
    server.sql(
        database,
        "CREATE ROLE names_other; CREATE ROLE names_given LOGIN; GRANT names_other TO names_given;
         ALTER ROLE names_given SET role = names_other",
    );
    for (set, reset) in [
        ("SET session_authorization = 'names_other'", "RESET session_authorization"),
        ("SET \"ROLE\" TO 'names_other'", "RESET \"role\""),
        ("SELECT set_config('role', 'names_other', false)", "SET role = none"),
    ] {
        client.query(set);
        assert_eq!(seen(&mut client), "0A000", "{set}");
        client.query(reset);
        assert_eq!(seen(&mut client), "mapped", "{reset}");
    }
    client.query("UPDATE pg_settings SET setting = 'other' WHERE name LIKE 'search%'");
    // Newer servers tell what it is now.
    assert_eq!(seen(&mut client), if server.version() < 18 { "0A000" } else { "real" });
    for (name, value) in [("role", "names_other"), ("options", "-c role=names_other")] {
        let mut client = Raw::connect(proxy.port);
        client.send(&raw::startup(&[("user", "postgres"), ("database", database), (name, value)]));
        client.until(b'Z');
        assert_eq!(seen(&mut client), "0A000", "{name}");
    }
    let catalog = proxy.runtime().block_on(read_catalog(server.port, database));
    assert!(catalog.given_roles.contains("names_given"), "{:?}", catalog.given_roles);
}

#[test]
fn what_may_be_temporary_is_not_rewritten() {
    let (_proxy, mut client) = proxy("names_doubtful");
    let temporary = "SELECT 'temporary'::text AS kwh_consumed";
    // A view is temporary when what it reads is.
    client.query(&format!("CREATE TEMP TABLE base AS {temporary}"));
    client.query("CREATE VIEW consumption_log AS SELECT * FROM base");
    assert_eq!(seen(&mut client), "0A000");
    client.query("DROP VIEW consumption_log");
    assert_eq!(seen(&mut client), "mapped");
    // What goes with another one.
    client.query("CREATE TEMP VIEW consumption_log AS SELECT * FROM base");
    assert_eq!(seen(&mut client), "42703");
    client.query("DROP TABLE base CASCADE");
    assert_eq!(seen(&mut client), "0A000");
    client.query("DISCARD ALL");
    assert_eq!(seen(&mut client), "mapped");
    client.query(&format!("EXPLAIN (ANALYZE) CREATE TEMP TABLE consumption_log AS {temporary}"));
    assert_eq!(seen(&mut client), "42703");
    client.query("SET search_path = public, pg_temp");
    assert_eq!(seen(&mut client), "0A000", "the temporary one comes last");
    client.query("DISCARD ALL");
    client.query("SET search_path = pg_temp, public");
    assert_eq!(seen(&mut client), "mapped");
    client.query(&format!("CREATE TABLE consumption_log AS {temporary}"));
    assert_eq!(seen(&mut client), "0A000");
}

#[test]
fn a_schema_that_the_transaction_has_changed_may_change_any_table() {
    let (_proxy, mut client) = proxy("names_schema");
    client.query("BEGIN; ALTER SCHEMA other RENAME TO postgres");
    assert_eq!(raw::error(&client.query(ASK)).field(b'C').as_deref(), Some("0A000"));
    client.query("ROLLBACK");
    assert_eq!(seen(&mut client), "mapped");
    client.query("BEGIN; CREATE SCHEMA another");
    assert_eq!(seen(&mut client), "mapped", "what is new is empty");
    client.query("ROLLBACK");
}
