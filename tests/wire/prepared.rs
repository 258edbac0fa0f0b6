//! Prepared statements, the search path and the catalog under them: each is executed in the meaning that it was prepared in, or not.

use std::sync::Arc;

use exonym::rewrite::World;

use super::support::postgres;
use super::support::raw::{self, Frame, Raw};
use super::twin::{MAPPING, proxy};

const ASK: &str = "SELECT consumption_kwh FROM consumption_log";

fn run(statement: &str) -> Vec<u8> {
    [raw::bind("", statement, &[]), raw::execute(""), raw::sync()].concat()
}

fn ask(client: &mut Raw, bytes: &[u8]) -> Vec<Frame> {
    client.send(bytes);
    client.until(b'Z')
}

/// The answer of asyncpg's, pgjdbc's and pgx's choice: they prepare again when they see it.
fn assert_heals(frames: &[Frame], what: &str) {
    let error = raw::error(frames);
    let field = |kind| error.field(kind).unwrap_or_default();
    assert_eq!((field(b'C'), field(b'R')), ("0A000".into(), "RevalidateCachedQuery".into()), "{what}: {error:?}");
    assert_eq!(field(b'M'), "cached plan must not change result type", "{what}");
    assert!(field(b'H').contains("prepare it again"), "{what}: {error:?}");
    assert!(raw::rows(frames).is_empty(), "{what}: {frames:?}");
}

/// The server cuts a name at 63 bytes, and would find a statement that is not known here by the name that came.
#[test]
fn a_name_longer_than_what_is_waited_for_ends_the_session() {
    let (_proxy, mut client) = proxy("prepared_long_name");
    ask(&mut client, &[raw::parse(&"q".repeat(63), ASK), raw::sync()].concat());
    client.query("SET search_path = other");
    let long = "q".repeat(40_000);
    client.send(&[raw::bind("", &long, &[]), raw::execute(""), raw::sync()].concat());
    let frames = client.rest();
    assert!(raw::rows(&frames).is_empty(), "{frames:?}");
    let (_proxy, mut client) = proxy("prepared_long_portal");
    ask(&mut client, &[raw::parse("s", "SET search_path = other"), raw::sync()].concat());
    let portal = "p".repeat(40_000);
    client.send(&[raw::bind(&portal, "s", &[]), raw::execute(&portal[..63]), raw::sync(), raw::query(ASK)].concat());
    let frames = client.rest();
    assert!(raw::rows(&frames).is_empty(), "{frames:?}");
}

#[test]
fn a_statement_that_means_another_table_now_is_to_be_prepared_again() {
    let (_proxy, mut client) = proxy("prepared_path");
    ask(&mut client, &[raw::parse("s", ASK), raw::sync()].concat());
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["mapped"]);
    client.query("SET search_path = other");
    let refused = ask(&mut client, &run("s"));
    assert_heals(&refused, "rewritten, and now real");
    assert_eq!(raw::tags(&refused), "EZ");
    // The server tells the types of the parameters first, which nobody can know here.
    let described = ask(&mut client, &[raw::frame(b'D', b"Ss\0"), raw::sync()].concat());
    assert_heals(&described, "described");
    assert_eq!(raw::tags(&described), "EZ");
    // As a driver heals.
    let again =
        [raw::close_statement("s"), raw::parse("s", ASK), raw::bind("", "s", &[]), raw::execute(""), raw::sync()];
    assert_eq!(raw::rows(&ask(&mut client, &again.concat())), ["real"]);
    client.query("SET search_path = third");
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["third"], "its text is the same there");
    client.query("RESET search_path");
    assert_heals(&ask(&mut client, &run("s")), "untouched, and now rewritten");
    client.query("SET search_path = other");
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["real"], "back where it was prepared");
}

#[test]
fn it_is_refused_in_its_place() {
    let (_proxy, mut client) = proxy("prepared_place");
    ask(&mut client, &[raw::parse("s", ASK), raw::sync()].concat());
    let change = raw::extended("SET search_path = other", &[]);
    // All of it on its way at once, with a Sync between and without one.
    let frames = {
        client.send(&[change.clone(), raw::sync(), run("s"), raw::query("SELECT 1")].concat());
        client.until_ready(3)
    };
    assert_heals(&frames[..frames.len() - 4], "behind a Sync");
    assert_eq!(raw::rows(&client.query("RESET search_path; SELECT 2")), ["2"]);
    let frames = ask(&mut client, &[change, raw::bind("", "s", &[]), raw::execute(""), raw::sync()].concat());
    assert_heals(&frames, "behind nothing");
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["mapped"], "the error took the change back");
    client.query("BEGIN; SET search_path = other");
    assert_heals(&ask(&mut client, &run("s")), "in a transaction");
    assert_eq!(raw::error(&ask(&mut client, &run("s"))).field(b'C').as_deref(), Some("25P02"));
    client.query("ROLLBACK");
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["mapped"]);
    // Parameters of many bytes go nowhere.
    ask(&mut client, &[raw::parse("p", &format!("{ASK} WHERE kwh_consumed <> $1")), raw::sync()].concat());
    client.query("SET search_path = other");
    let big = "x".repeat(3_000_000);
    let frames = ask(&mut client, &[raw::bind("", "p", &[&big]), raw::execute(""), raw::sync()].concat());
    assert_heals(&frames, "with a large parameter");
    assert_eq!(raw::rows(&client.query("SELECT 3")), ["3"]);
}

#[test]
fn statements_prepared_by_sql_and_temporary_tables_count_too() {
    let (_proxy, mut client) = proxy("prepared_sql");
    client.query(&format!("PREPARE s AS {ASK}"));
    assert_eq!(raw::rows(&client.query("EXECUTE s")), ["mapped"]);
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["mapped"], "by the protocol");
    ask(&mut client, &[raw::parse("runs", "EXECUTE s"), raw::sync()].concat());
    client.query("SET search_path = other");
    assert_heals(&client.query("EXECUTE s"), "EXECUTE");
    assert_heals(&ask(&mut client, &run("s")), "prepared by SQL, bound by the protocol");
    assert_heals(&ask(&mut client, &run("runs")), "an EXECUTE that was prepared");
    assert_heals(&client.query("EXPLAIN EXECUTE s"), "EXPLAIN");
    assert_heals(&ask(&mut client, &[raw::extended("EXECUTE s", &[]), raw::sync()].concat()), "EXECUTE, extended");
    client.query("DEALLOCATE s");
    client.query(&format!("PREPARE s AS {ASK}"));
    assert_eq!(raw::rows(&client.query("EXECUTE s")), ["real"]);
    client.query("DISCARD ALL");
    client.query(&format!("PREPARE s AS {ASK}"));
    client.query("CREATE TEMP TABLE consumption_log AS SELECT 'temporary'::text AS kwh_consumed");
    assert_heals(&client.query("EXECUTE s"), "a temporary table hides it");
    client.query("DROP TABLE consumption_log");
    assert_eq!(raw::rows(&client.query("EXECUTE s")), ["mapped"]);
}

#[test]
fn a_new_mapping_leaves_what_was_prepared_alone() {
    let (proxy, mut client) = proxy("prepared_reload");
    ask(&mut client, &[raw::parse("s", ASK), raw::sync()].concat());
    client.query(&format!("PREPARE q AS {ASK}"));
    let old = proxy.route.world.load_full();
    let mapping = MAPPING.replace("consumption_kwh =", "legacy_kwh =");
    let mapping = Arc::new(exonym::mapping::file::parse("test.toml", &mapping).expect("a good mapping"));
    proxy.route.world.store(Arc::new(World::new(old.generation + 1, vec![mapping], old.catalog.clone())));
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["mapped"]);
    client.query("SET application_name = 'x'; SET search_path = public, other");
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["mapped"]);
    assert_eq!(raw::rows(&client.query("EXECUTE q")), ["mapped"]);
}

#[test]
fn a_table_that_the_transaction_has_changed_is_not_rewritten_before_it_ends() {
    let (_proxy, mut client) = proxy("prepared_ddl");
    let code = |frames: &[Frame]| raw::error(frames).field(b'C').unwrap_or_default();
    client.query("BEGIN; ALTER TABLE consumption_log ADD a int");
    let refused = client.query(ASK);
    assert_eq!(code(&refused), "0A000");
    assert!(raw::error(&refused).field(b'H').is_some_and(|h| h.contains("commit first")), "{refused:?}");
    client.query("ROLLBACK");
    assert_eq!(raw::rows(&client.query(ASK)), ["mapped"]);
    client.query("BEGIN; ALTER TABLE consumption_log ADD a int");
    assert_eq!(raw::rows(&client.query("SELECT kwh_consumed FROM consumption_log")), ["mapped"], "in current names");
    client.query("ROLLBACK");
    // In the same text, in the same pipeline, and prepared before.
    assert_eq!(code(&client.query(&format!("ALTER TABLE consumption_log ADD a int; {ASK}"))), "0A000");
    let alter = "ALTER TABLE consumption_log ADD a int";
    assert_eq!(
        code(&ask(&mut client, &[raw::extended(alter, &[]), raw::extended(ASK, &[]), raw::sync()].concat())),
        "0A000"
    );
    ask(&mut client, &[raw::parse("alter", alter), raw::sync()].concat());
    client.query("BEGIN");
    ask(&mut client, &run("alter"));
    assert_eq!(code(&client.query(ASK)), "0A000");
    client.query("ROLLBACK");
    // What changes something else, or only reads the table, is in nobody's way.
    for harmless in [
        "ALTER TABLE unrelated ADD b int",
        "CREATE TABLE made AS SELECT * FROM consumption_log",
        "CREATE INDEX ON consumption_log (kwh_consumed)",
    ] {
        client.query(&format!("BEGIN; {harmless}"));
        assert_eq!(raw::rows(&client.query(ASK)), ["mapped"], "{harmless}");
        client.query("ROLLBACK");
    }
}

#[test]
fn what_the_server_reads_only_when_it_is_executed_is_looked_at_then() {
    let (_proxy, mut client) = proxy("prepared_late");
    let copy = format!("COPY ({ASK}) TO STDOUT");
    client.query(&format!("PREPARE s AS {ASK}"));
    for statement in [copy.as_str(), "EXECUTE s"] {
        client.query("BEGIN");
        ask(&mut client, &[raw::parse("c", statement), raw::bind("pc", "c", &[]), raw::sync()].concat());
        client.query("SET LOCAL search_path = other");
        assert_heals(&ask(&mut client, &[raw::execute("pc"), raw::sync()].concat()), statement);
        client.query("ROLLBACK");
        client.query("BEGIN");
        ask(&mut client, &[raw::bind("pc", "c", &[]), raw::sync()].concat());
        let frames = ask(&mut client, &[raw::execute("pc"), raw::sync()].concat());
        assert!(!raw::tags(&frames).contains('E'), "{statement}: {frames:?}");
        client.query("ROLLBACK");
        ask(&mut client, &[raw::close_statement("c"), raw::sync()].concat());
    }
    // What is read when it is bound goes on as it was.
    client.query("BEGIN");
    ask(&mut client, &[raw::parse("q", ASK), raw::bind("pq", "q", &[]), raw::sync()].concat());
    client.query("SET LOCAL search_path = other");
    assert_eq!(raw::rows(&ask(&mut client, &[raw::execute("pq"), raw::sync()].concat())), ["mapped"]);
}

#[test]
fn a_table_that_comes_to_stand_before_the_mapped_one_makes_it_another_statement() {
    let (proxy, mut client) = proxy("prepared_before");
    proxy.refresh(postgres::shared().port, "prepared_before");
    let hiding =
        "CREATE TABLE postgres.consumption_log AS SELECT 'mine'::text AS consumption_kwh, 'm'::text AS kwh_consumed";
    ask(&mut client, &[raw::parse("s", ASK), raw::sync()].concat());
    client.query(&format!("PREPARE q AS {ASK}"));
    client.query("CREATE SCHEMA postgres");
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["mapped"], "it is empty");
    client.query(&format!("BEGIN; {hiding}"));
    assert_heals(&ask(&mut client, &run("s")), "in its transaction");
    client.query("ROLLBACK");
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["mapped"], "it was taken back");
    client.query(hiding);
    assert_heals(&ask(&mut client, &run("s")), "by the protocol");
    assert_heals(&client.query("EXECUTE q"), "by SQL");
    assert_eq!(raw::rows(&client.query(ASK)), ["mine"]);
    client.query("DROP TABLE postgres.consumption_log");
    assert_eq!(raw::rows(&ask(&mut client, &run("s"))), ["mapped"]);
}
