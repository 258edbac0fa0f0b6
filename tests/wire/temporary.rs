//! Temporary tables that come and go where nobody can see it: no row of one table is ever taken for a row of another.

use super::support::postgres;
use super::support::proxy::{Proxy, Setup};
use super::support::raw::{self, Raw};

/// `amt` of `orders` is `importe` of `pedidos`.
const MAPPING: &str =
    "[mapping]\nname = \"m\"\n[tables.orders]\ntable = \"pedidos\"\n[tables.orders.columns]\namt = \"importe\"\n";

const ASK: &str = "SELECT amt FROM orders";
const TEMPORARY: &str = "CREATE TEMP TABLE pedidos AS SELECT 8 AS importe";

/// What may be answered: the row of the mapped table, or a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Or {
    Refused,
    Nothing,
}

fn proxy(database: &str) -> (Proxy, Raw) {
    let server = postgres::shared();
    server.database(database);
    server.sql(database, "CREATE TABLE pedidos (importe int); INSERT INTO pedidos VALUES (10); CREATE SCHEMA other");
    let mut setup = Setup::to(server.port, database);
    setup.limits.max_statement_bytes = 1000;
    setup.map(server.port, MAPPING);
    let proxy = setup.start();
    let client = Raw::login(proxy.port, "postgres", database);
    (proxy, client)
}

/// A schema in which the legacy name is real, beside a table of the current one: whoever reads that says 8.
fn add_swapped(proxy: &Proxy, database: &str) {
    let server = postgres::shared();
    server.sql(
        database,
        "CREATE SCHEMA swapped; CREATE TABLE swapped.orders AS SELECT 10 AS amt;
         CREATE TABLE swapped.pedidos AS SELECT 8 AS importe",
    );
    proxy.read_again(server.port, database);
}

/// A simple query in other letters than UTF-8's.
fn query_bytes(client: &mut Raw, text: &[u8]) -> Vec<raw::Frame> {
    client.send(&raw::frame(b'Q', &[text, &[0]].concat()));
    client.until(b'Z')
}

fn assert_right(frames: &[raw::Frame], or: Or, what: &str) {
    let rows = raw::rows(frames);
    let refused = || raw::error(frames).field(b'C').as_deref() == Some("0A000");
    assert!(rows == ["10"] || (or == Or::Refused && rows.is_empty() && refused()), "{what}: {frames:?}");
}

#[test]
fn a_temporary_table_of_the_current_name_is_not_read() {
    let (_proxy, mut client) = proxy("temporary_current");
    client.query(TEMPORARY);
    assert_right(&client.query(ASK), Or::Refused, "made");
    client.query("DROP TABLE pedidos");
    assert_right(&client.query(ASK), Or::Nothing, "dropped");
    client.query("CREATE TEMP TABLE zz AS SELECT 8 AS importe; ALTER TABLE zz RENAME TO pedidos");
    assert_right(&client.query(ASK), Or::Refused, "renamed");
}

#[test]
fn one_that_is_made_in_a_text_that_nobody_can_read_counts() {
    let (proxy, _) = proxy("temporary_unread");
    let long = " ".repeat(2000);
    for made in [
        TEMPORARY.to_owned(),
        "CREATE TEMP TABLE zz AS SELECT 8 AS importe; ALTER TABLE zz RENAME TO pedidos".to_owned(),
        "SET search_path = pg_temp, public; CREATE TABLE pedidos AS SELECT 8 AS importe".to_owned(),
    ] {
        let mut client = Raw::login(proxy.port, "postgres", "temporary_unread");
        client.query(&format!("{made}{long}"));
        assert_right(&client.query(ASK), Or::Refused, &made);
        client.query("DISCARD ALL");
        assert_right(&client.query(ASK), Or::Nothing, &made);

        client.query("SET client_encoding = 'EUC_JP'");
        query_bytes(&mut client, &[made.as_bytes(), b" /* \xa4\xa2 */"].concat());
        assert_right(&client.query(ASK), Or::Refused, &made);
    }
    let mut client = Raw::login(proxy.port, "postgres", "temporary_unread");
    client.query(&format!("INSERT INTO pg_temp.nothing SELECT 'no table is called so'{long}"));
    client.query("SET client_encoding = 'EUC_JP'");
    query_bytes(&mut client, b"SELECT '\xa4\xa2'");
    assert_right(&client.query(ASK), Or::Nothing, "what changes nothing");
}

#[test]
fn a_table_that_is_changed_in_a_text_that_nobody_can_read_is_not_asked_in_its_transaction() {
    let (_proxy, mut client) = proxy("temporary_changed");
    client.query("BEGIN; SET LOCAL client_encoding = 'EUC_JP'");
    query_bytes(&mut client, b"ALTER TABLE pedidos ADD was int; UPDATE pedidos SET importe = 8 /* \xa4\xa2 */");
    assert_right(&client.query(ASK), Or::Refused, "read as it can be");
    client.query("ROLLBACK");
    client.query("BEGIN");
    let long = " ".repeat(2000);
    client.query(&format!("ALTER TABLE pedidos RENAME TO p; CREATE TABLE pedidos AS SELECT 8 AS importe{long}"));
    assert_right(&client.query(ASK), Or::Refused, "too long");
    assert_right(&client.query(&format!("ROLLBACK; {ASK}")), Or::Nothing, "taken back before");
    assert_right(&client.query(ASK), Or::Nothing, "taken back");
    client.query("BEGIN; ALTER TABLE pedidos ADD was int");
    let rows = raw::rows(&client.query(&format!("COMMIT; {ASK}")));
    assert!(rows.is_empty(), "the catalog is not read again yet: {rows:?}");
}

#[test]
fn one_that_goes_in_the_same_pipeline_hides_nothing_behind_its_end() {
    let (proxy, _) = proxy("temporary_pipeline");
    let made = "CREATE TEMP TABLE orders AS SELECT 7 AS amt";
    for (before, end) in [
        (made.to_owned(), "DISCARD TEMP"),
        (made.to_owned(), "DISCARD ALL"),
        (format!("BEGIN; {made}"), "ROLLBACK"),
        ("BEGIN; CREATE TEMP TABLE orders ON COMMIT DROP AS SELECT 7 AS amt".to_owned(), "COMMIT"),
    ] {
        let mut client = Raw::login(proxy.port, "postgres", "temporary_pipeline");
        client.query(&before);
        assert_eq!(raw::rows(&client.query(ASK)), ["7"], "{before}");
        client.send(&[raw::extended(end, &[]), raw::extended(ASK, &[]), raw::sync()].concat());
        assert_right(&client.until(b'Z'), Or::Refused, end);
        client.query("ROLLBACK");
        if !end.starts_with("DISCARD") {
            client.query(&before);
            assert_right(&client.query(&format!("{end}; {ASK}")), Or::Refused, end);
        }
    }
}

#[test]
fn a_prepared_statement_is_not_executed_in_another_meaning_by_a_text_that_is_too_long() {
    let (proxy, mut client) = proxy("temporary_executed");
    postgres::shared().sql(
        "temporary_executed",
        "CREATE SCHEMA swapped; CREATE TABLE swapped.orders AS SELECT 7 AS amt;
         CREATE TABLE swapped.pedidos AS SELECT 8 AS importe",
    );
    proxy.refresh(postgres::shared().port, "temporary_executed");
    client.query(&format!("PREPARE s AS {ASK}"));
    let long = " ".repeat(2000);
    assert_eq!(raw::rows(&client.query(&format!("EXECUTE s{long}"))), ["10"], "nothing has changed");
    client.query("SET search_path = swapped");
    let frames = client.query(&format!("{long}EXECUTE s{long}"));
    assert!(raw::rows(&frames).is_empty(), "{frames:?}");
    assert_eq!(raw::rows(&client.query("SELECT 'execute s'")), ["execute s"]);
    client.query("SET search_path = public");
    assert_eq!(raw::rows(&client.query("EXECUTE s")), ["10"]);
}

#[test]
fn a_migration_under_a_prepared_statement_makes_it_one_to_be_prepared_again() {
    let (proxy, mut client) = proxy("temporary_migration");
    let server = postgres::shared();
    proxy.refresh(server.port, "temporary_migration");
    server.sql("temporary_migration", "ALTER TABLE pedidos RENAME TO orders; ALTER TABLE orders RENAME importe TO amt");
    client.query("CREATE TABLE seen (a int); DROP TABLE seen");
    assert_right(&client.query(ASK), Or::Nothing, "before");
    let run = [raw::bind("", "s", &[]), raw::execute(""), raw::sync()].concat();
    client.send(&[raw::parse("s", ASK), run.clone()].concat());
    assert_right(&client.until(b'Z'), Or::Nothing, "prepared");
    server
        .sql("temporary_migration", "ALTER TABLE orders RENAME TO pedidos; ALTER TABLE pedidos RENAME amt TO importe");
    // Nobody has told the proxy: the server's first error does.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        client.send(&run);
        let error = raw::error(&client.until(b'Z')).field(b'C').unwrap_or_default();
        if error == "0A000" {
            break;
        }
        assert!(error == "42P01" && std::time::Instant::now() < deadline, "{error}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    client.send(&[raw::close_statement("s"), raw::parse("s", ASK), run].concat());
    assert_right(&client.until(b'Z'), Or::Nothing, "prepared again");
}

#[test]
fn behind_the_execution_of_what_changes_names_nothing_is_guessed() {
    let (proxy, _) = proxy("temporary_moving");
    add_swapped(&proxy, "temporary_moving");
    let set = "SELECT set_config('search_path', 'swapped', false)";
    let mut client = Raw::login(proxy.port, "postgres", "temporary_moving");
    let rows = raw::rows(&client.query(&format!("PREPARE e AS {set}; EXECUTE e; {ASK}")));
    assert!(!rows.contains(&"8".to_owned()), "{rows:?}");
    for executes in ["CREATE TEMP TABLE made AS EXECUTE e", "EXPLAIN ANALYZE EXECUTE e"] {
        let mut client = Raw::login(proxy.port, "postgres", "temporary_moving");
        client.query(&format!("PREPARE e AS {set}"));
        let rows = raw::rows(&client.query(&format!("{executes}; {ASK}")));
        assert!(!rows.contains(&"8".to_owned()), "{executes}: {rows:?}");
        assert!(!raw::rows(&client.query(ASK)).contains(&"8".to_owned()), "{executes}, and then");
    }
    let mut client = Raw::login(proxy.port, "postgres", "temporary_moving");
    client.send(&[raw::parse("e", "SET search_path = swapped"), raw::sync()].concat());
    client.until(b'Z');
    let rows = raw::rows(&client.query(&format!("EXECUTE e; {ASK}")));
    assert!(!rows.contains(&"8".to_owned()), "{rows:?}");
    // What changes nothing is no reason to refuse.
    let mut client = Raw::login(proxy.port, "postgres", "temporary_moving");
    assert_right(
        &client.query(&format!("PREPARE e AS SELECT 1 WHERE false; EXECUTE e; {ASK}")),
        Or::Nothing,
        "harmless",
    );
}

#[test]
fn what_is_made_in_other_ways_counts_too() {
    let (proxy, _) = proxy("temporary_ways");
    let shared = postgres::shared();
    shared.sql("temporary_ways", "CREATE TABLE away (id int); INSERT INTO away VALUES (1)");
    proxy.read_again(shared.port, "temporary_ways");
    let made = "SELECT 7 AS amt";
    for said in [
        vec!["EXPLAIN (ANALYZE) SELECT 7 AS amt INTO TEMP orders"],
        vec!["PREPARE s AS SELECT 7 AS amt", "EXPLAIN (ANALYZE) CREATE TEMP TABLE orders AS EXECUTE s"],
        vec!["PREPARE s AS SELECT 7 AS amt", "CREATE TEMP TABLE orders AS EXECUTE s"],
        vec!["CREATE TEMP TABLE q AS SELECT 7 AS amt", "ALTER INDEX q RENAME TO orders"],
        vec!["(SELECT 7 AS amt INTO TEMP orders)"],
    ] {
        let mut client = Raw::login(proxy.port, "postgres", "temporary_ways");
        for text in &said {
            client.query(text);
        }
        assert_eq!(raw::rows(&client.query(ASK)), ["7"], "{said:?}, and not what {made} is not");
    }
    let mut client = Raw::login(proxy.port, "postgres", "temporary_ways");
    client.query("EXPLAIN CREATE TEMP TABLE orders AS SELECT 7 AS amt");
    assert_right(&client.query(ASK), Or::Nothing, "only explained");
}

#[test]
fn a_cursor_does_what_it_does_when_it_is_fetched_from() {
    let (proxy, mut client) = proxy("temporary_cursor");
    add_swapped(&proxy, "temporary_cursor");
    let declare = "DECLARE c CURSOR FOR SELECT set_config('search_path', 'swapped', false)";
    client.query(&format!("BEGIN; {declare}; SET search_path = public"));
    client.query("FETCH c");
    let rows = raw::rows(&client.query(ASK));
    assert!(!rows.contains(&"8".to_owned()), "{rows:?}");
    client.query("ROLLBACK");
    assert_right(&client.query(ASK), Or::Nothing, "all of it is taken back");
    let rows = raw::rows(&client.query(&format!("BEGIN; {declare}; SET search_path = public; FETCH c; {ASK}; COMMIT")));
    assert!(!rows.contains(&"8".to_owned()), "{rows:?}");
}

#[test]
fn a_statement_prepared_behind_a_setting_of_its_text_means_what_it_meant_there() {
    let (proxy, _) = proxy("temporary_prepared");
    add_swapped(&proxy, "temporary_prepared");
    for (text, then) in [
        ("SET LOCAL search_path = swapped; PREPARE p AS SELECT amt FROM orders", ""),
        ("BEGIN; SET LOCAL search_path = swapped; PREPARE p AS SELECT amt FROM orders; COMMIT", ""),
        ("SET search_path = swapped; PREPARE p AS SELECT amt FROM orders", "RESET ALL"),
        ("BEGIN; CREATE TEMP TABLE orders (amt int) ON COMMIT DROP; PREPARE p AS SELECT amt FROM orders; COMMIT", ""),
    ] {
        let mut client = Raw::login(proxy.port, "postgres", "temporary_prepared");
        client.query(text);
        client.query(then);
        assert_right(&client.query("EXECUTE p"), Or::Refused, text);
    }
}

#[test]
fn columns_of_a_table_that_is_changed_in_the_transaction_are_the_servers_to_find() {
    let (proxy, mut client) = proxy("temporary_altered");
    let shared = postgres::shared();
    shared.sql("temporary_altered", "CREATE TABLE away (id int); INSERT INTO away VALUES (1)");
    proxy.read_again(shared.port, "temporary_altered");
    client.query("BEGIN; ALTER TABLE away ADD amt text; UPDATE away SET amt = 'away'");
    let frames = client.query("SELECT (SELECT amt FROM away WHERE id = 1) FROM orders");
    let rows = raw::rows(&frames);
    assert!(rows.is_empty() || rows == ["away"], "{frames:?}");
}
