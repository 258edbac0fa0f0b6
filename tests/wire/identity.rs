//! With nothing mapped, or nothing mapped named, every byte in both directions is the same as without the proxy.
//!
//! A tap between proxy and server records what passes there; it must be what the client sent and what the client got.

use std::time::Duration;

use super::support::postgres;
use super::support::proxy::{Proxy, Setup};
use super::support::raw::{self, Raw, tags};
use super::support::tap::{Recording, Tap};

/// A proxy before a tap before the server.
struct Between {
    proxy: Proxy,
    tap: Tap,
    database: &'static str,
}

/// What a client does, sent at once or byte by byte, and how many Z it brings.
struct Script {
    name: &'static str,
    bytes: Vec<u8>,
    ready: usize,
}

fn between(database: &'static str, mapping: &str) -> Between {
    let server = postgres::shared();
    server.database(database);
    server.sql(
        database,
        "CREATE TABLE t (id int PRIMARY KEY, name text);
         CREATE FUNCTION warn() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'hm'; RETURN 1; END $$;",
    );
    let tap = Tap::before(server.port);
    let mut setup = Setup::to(tap.port, database);
    if !mapping.is_empty() {
        setup.map(server.port, mapping);
    }
    Between { proxy: setup.start(), tap, database }
}

impl Between {
    fn login(&self) -> Raw {
        Raw::login(self.proxy.port, "postgres", self.database)
    }
}

/// Compares what the client sent and got with what passed between proxy and server.
fn assert_same(sent: &[u8], client: &Raw, recording: &Recording, what: &str) {
    let to_server = recording.up.lock().expect("no panic");
    let to_client = recording.down.lock().expect("no panic");
    assert!(*to_server == sent, "{what}: the server got\n{}\ninstead of\n{}", show(&to_server), show(sent));
    let got = &client.received;
    assert!(*to_client == *got, "{what}: the client got\n{}\ninstead of\n{}", show(got), show(&to_client));
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "·").chars().take(2000).collect()
}

fn flush() -> Vec<u8> {
    raw::frame(b'H', &[])
}

fn copy_data(text: &str) -> Vec<u8> {
    raw::frame(b'd', text.as_bytes())
}

fn execute_some(portal: &str, rows: u32) -> Vec<u8> {
    raw::frame(b'E', &[portal.as_bytes(), &[0], &rows.to_be_bytes()[..]].concat())
}

fn script(name: &'static str, ready: usize, parts: &[Vec<u8>]) -> Script {
    Script { name, bytes: parts.concat(), ready }
}

#[allow(clippy::too_many_lines, reason = "a list of cases")]
fn scripts() -> Vec<Script> {
    use raw::{bind, close_statement, describe_portal, execute, extended, parse, query, sync};
    let copy_done = || raw::frame(b'c', &[]);
    let big = "x".repeat(300_000);
    vec![
        script("simple", 1, &[query("SELECT 1, 'a', NULL")]),
        script("several statements", 1, &[query("SELECT 1; SELECT 2; BEGIN; INSERT INTO t VALUES (1); COMMIT")]),
        script("empty texts", 3, &[query(""), query(";;"), query("-- only a comment")]),
        script("no columns", 1, &[query("SELECT FROM t")]),
        script("notice", 1, &[query("SELECT warn()")]),
        script("notice with a position", 1, &[query("SET escape_string_warning = on; SELECT '\\n' AS a, E'\\n'")]),
        script("errors", 3, &[query("SELEC 1"), query("SELECT nope FROM t"), query("SELECT 1; SELECT 1/0; SELECT 2")]),
        script("failed block", 4, &[query("BEGIN"), query("SELECT 1/0"), query("SELECT 1"), query("ROLLBACK")]),
        script("large text and row", 1, &[query(&format!("SELECT '{big}'"))]),
        script(
            "settings",
            4,
            &[
                query("SET application_name = 'x'"),
                query("SET search_path = public, pg_catalog; RESET search_path"),
                query("SET ROLE postgres; DISCARD ALL"),
                query("CREATE TEMP TABLE temporary (a int); DROP TABLE temporary"),
            ],
        ),
        script("extended", 1, &[extended("SELECT $1::int + 1", &["41"]), sync()]),
        script(
            "named",
            2,
            &[
                parse("s", "SELECT generate_series(1, $1::int)"),
                raw::frame(b'D', b"Ss\0"),
                sync(),
                bind("p", "s", &["5"]),
                describe_portal("p"),
                execute_some("p", 2),
                execute_some("p", 2),
                execute("p"),
                raw::frame(b'C', b"Pp\0"),
                close_statement("s"),
                close_statement("never"),
                sync(),
            ],
        ),
        script(
            "pipeline that fails midway",
            4,
            &[
                extended("SELECT 1", &[]),
                extended("SELECT nope", &[]),
                extended("SELECT 2", &[]),
                query("SELECT 'skipped'"),
                sync(),
                extended("SELECT 3", &[]),
                sync(),
                sync(),
                query("SELECT 4"),
            ],
        ),
        script(
            "errors at each step",
            5,
            &[
                [parse("", "SELEC"), bind("", "", &[]), sync()].concat(),
                [parse("", "SELECT $1::int"), bind("", "", &["x"]), execute(""), sync()].concat(),
                [bind("", "never", &[]), sync()].concat(),
                [execute("never"), sync()].concat(),
                [raw::frame(b'D', b"Xz\0"), sync()].concat(),
            ],
        ),
        script(
            "malformed messages",
            4,
            &[
                raw::frame(b'Q', b"SELECT 1"),
                raw::frame(b'Q', b"SELECT 1\0 2\0"),
                [raw::frame(b'P', b"a\0SELECT 1\0"), sync()].concat(),
                [raw::frame(b'B', b"\0"), sync()].concat(),
            ],
        ),
        script(
            "copy in",
            2,
            &[
                query("COPY t FROM STDIN"),
                copy_data("100\tone\n10"),
                copy_data("1\ttwo\n"),
                copy_done(),
                query("SELECT count(*) FROM t; DELETE FROM t"),
            ],
        ),
        script(
            "copy in with sync and flush inside",
            2,
            &[
                query("COPY t FROM STDIN"),
                sync(),
                copy_data("100\tone\n"),
                flush(),
                copy_done(),
                query("DELETE FROM t"),
            ],
        ),
        script(
            "copy that fails, and its late data",
            2,
            &[
                query("COPY t FROM STDIN"),
                copy_data("not a number\tone\n"),
                copy_data("5\tfive\n"),
                copy_done(),
                query("SELECT count(*) FROM t"),
            ],
        ),
        script(
            "copy that the client fails",
            2,
            &[
                query("COPY t FROM STDIN"),
                copy_data("1\tone\n"),
                raw::frame(b'f', b"changed my mind\0"),
                query("SELECT count(*) FROM t"),
            ],
        ),
        script(
            "copy in, extended, as libpq sends it",
            2,
            &[
                parse("", "COPY t FROM STDIN"),
                bind("", "", &[]),
                describe_portal(""),
                execute(""),
                sync(),
                copy_data("7\tseven\n"),
                copy_done(),
                sync(),
                query("DELETE FROM t"),
            ],
        ),
        script(
            "copy in, extended, fails",
            2,
            &[
                extended("COPY t FROM STDIN", &[]),
                sync(),
                copy_data("seven\tseven\n"),
                copy_done(),
                sync(),
                query("SELECT count(*) FROM t"),
            ],
        ),
        script(
            "two copies in one text",
            1,
            &[
                query("COPY t FROM STDIN; COPY t FROM STDIN; DELETE FROM t"),
                copy_data("1\ta\n"),
                copy_done(),
                copy_data("2\tb\n"),
                copy_done(),
            ],
        ),
        script(
            "copy out",
            2,
            &[
                query("COPY (SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i) TO STDOUT"),
                extended("COPY (SELECT generate_series(1, 10)) TO STDOUT", &[]),
                sync(),
            ],
        ),
        // int4abs(-7), oid 1397: a text argument, a text result.
        script(
            "function call",
            2,
            &[
                raw::frame(b'F', &[&1397_u32.to_be_bytes()[..], &[0, 0, 0, 1, 0, 0, 0, 2], b"-7", &[0, 0]].concat()),
                raw::frame(b'F', &[&1_u32.to_be_bytes()[..], &[0, 0, 0, 0, 0, 0]].concat()),
            ],
        ),
        script(
            "other encodings",
            3,
            &[
                query("SET client_encoding = 'LATIN1'"),
                raw::frame(b'Q', b"SELECT 'stra\xdfe', length('stra\xdfe')\0"),
                query("RESET client_encoding"),
            ],
        ),
        script("invalid UTF-8", 1, &[raw::frame(b'Q', b"SELECT '\xff\xfe'\0")]),
        script("listen and notify itself", 2, &[query("LISTEN ch; NOTIFY ch, 'payload'"), query("UNLISTEN *")]),
        script("many small statements", 600, &[query("SELECT 1").repeat(600)]),
        script("many small pipelines", 300, &[[extended("SELECT 1", &[]), sync()].concat().repeat(300)]),
    ]
}

fn play(between: &Between, trickle: bool, mapping: &str) {
    for (n, script) in scripts().into_iter().filter(|s| !trickle || s.bytes.len() < 5000).enumerate() {
        let mut client = between.login();
        let mut sent = raw::startup(&[("user", "postgres"), ("database", between.database)]);
        if trickle {
            client.trickle(&script.bytes);
        } else {
            client.send(&script.bytes);
        }
        sent.extend_from_slice(&script.bytes);
        client.until_ready(script.ready);
        client.send(&raw::frame(b'X', &[]));
        sent.extend_from_slice(&raw::frame(b'X', &[]));
        assert!(client.rest().is_empty(), "{}: something came behind the last Z", script.name);
        let what = format!("{} (trickle: {trickle}, mapping: {mapping:?})", script.name);
        assert_same(&sent, &client, &between.tap.recording(n), &what);
    }
}

#[test]
fn every_byte_is_the_same_with_an_empty_mapping() {
    play(&between("identity_empty", ""), false, "");
}

#[test]
fn every_byte_is_the_same_when_nothing_mapped_is_named() {
    let mapping = "[mapping]\nname = \"m\"\n[tables.consumption_log.columns]\nconsumption_kwh = \"kwh\"\n";
    postgres::shared();
    play(&between("identity_unnamed", mapping), false, mapping);
}

#[test]
fn every_byte_is_the_same_in_fragments_of_one() {
    play(&between("identity_trickle", ""), true, "");
}

#[test]
fn unknown_protocol_options_and_minor_versions_are_the_servers_to_answer() {
    let between = between("identity_grease", "");
    let mut body = ((3 << 16) | 0x270f_u32).to_be_bytes().to_vec();
    body.extend_from_slice(b"user\0postgres\0database\0identity_grease\0_pq_.greased\0\xff1\0\0");
    let mut sent = u32::try_from(body.len() + 4).expect("small").to_be_bytes().to_vec();
    sent.extend_from_slice(&body);
    let mut client = Raw::connect(between.proxy.port);
    client.send(&sent);
    let frames = client.until(b'Z');
    assert!(tags(&frames).starts_with('v'), "{frames:?}");
    assert_same(&sent, &client, &between.tap.recording(0), "greased startup");
}

#[test]
fn a_notification_arrives_while_the_session_idles() {
    let between = between("identity_notify", "");
    let mut client = between.login();
    client.query("LISTEN ch");
    postgres::shared().sql(between.database, "NOTIFY ch, 'from elsewhere'");
    let frames = client.until(b'A');
    assert!(format!("{frames:?}").contains("from elsewhere"), "{frames:?}");
}

#[test]
fn half_a_pipeline_is_answered_without_a_sync() {
    let between = between("identity_flush", "");
    let mut client = between.login();
    client.send(&[raw::parse("", "SELECT 1"), raw::bind("", "", &[]), flush()].concat());
    assert_eq!(tags(&client.until(b'2')), "12");
    // An error must not wait for the Sync either.
    client.send(&[raw::execute("never"), flush()].concat());
    client.until(b'E');
    client.send(&raw::sync());
    assert_eq!(tags(&client.until(b'Z')), "Z");
}

#[test]
fn a_pipeline_without_end_keeps_going() {
    let between = between("identity_long", "");
    let mut client = between.login();
    let mut writer = client.stream.try_clone().expect("a handle");
    let mut pipeline = raw::extended("SELECT 1", &[]).repeat(20_000);
    pipeline.extend(raw::extended("SELECT 1/0", &[]));
    pipeline.extend(raw::extended("SELECT 2", &[]).repeat(20_000));
    pipeline.extend(raw::sync());
    let sending = std::thread::spawn(move || std::io::Write::write_all(&mut writer, &pipeline));
    let frames = client.until(b'Z');
    assert_eq!(frames.iter().filter(|f| f.tag == b'C').count(), 20_000);
    assert_eq!(raw::error(&frames).field(b'C').as_deref(), Some("22012"));
    sending.join().expect("no panic").expect("all of it was read");
    assert_eq!(raw::rows(&client.query("SELECT 'still here'")), ["still here"]);
}

#[test]
fn a_row_of_a_hundred_megabytes_streams() {
    let between = between("identity_large", "");
    let mut client = between.login();
    client.stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a socket takes a timeout");
    let frames = client.query("SELECT repeat('x', 100000000)");
    assert_eq!(frames.iter().find(|f| f.tag == b'D').map(|f| f.body.len()), Some(100_000_006));
}
