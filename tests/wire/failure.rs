//! Ends of all kinds: of the server, of the client, of the proxy's own life; and readers that do not read.

use std::time::{Duration, Instant};

use super::support::postgres::{self, Postgres};
use super::support::proxy::{Proxy, Setup};
use super::support::raw::{self, Raw};
use super::support::tap::Tap;

fn proxy(database: &str) -> (Proxy, Raw) {
    let server = postgres::shared();
    server.database(database);
    let proxy = Setup::to(server.port, database).start();
    let client = Raw::login(proxy.port, "postgres", database);
    (proxy, client)
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < until, "{what}: never");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_dies_in_a_copy_ends_the_session_with_its_last_words() {
    let server = Postgres::start(&[]);
    server.sql("postgres", "CREATE TABLE t (a text)");
    let proxy = Setup::to(server.port, "postgres").start();
    let mut client = Raw::login(proxy.port, "postgres", "postgres");
    let mut idle = Raw::login(proxy.port, "postgres", "postgres");
    client.send(&raw::query("COPY t FROM STDIN"));
    client.until(b'G');
    client.send(&raw::frame(b'd', b"one\n"));
    server.crash();
    let frames = client.rest();
    let error = raw::error(&frames);
    assert!(matches!(error.field(b'C').as_deref(), Some("57P01" | "57P02" | "08006")), "{error:?}");
    assert!(!idle.rest().is_empty(), "an idle session is told too");
    eventually("the places of dead sessions are free", || proxy.metric("exonym_connections") < 0.5);
}

#[test]
fn what_is_skipped_behind_copy_data_is_never_guessed() {
    let (_proxy, mut client) = proxy("failure_torn");
    client.query("CREATE TABLE t (a int)");
    let copy = [raw::parse("", "COPY t FROM STDIN"), raw::bind("", "", &[]), raw::execute(""), raw::sync()].concat();
    let data = [raw::frame(b'd', b"bad\n"), raw::frame(b'c', b"")].concat();
    // With a Sync behind the data it is clear which of them are answered.
    client.send(&[&copy[..], &data, &raw::sync(), &raw::extended("SELECT 1", &[]), &raw::sync()].concat());
    let frames = client.until_ready(2);
    assert_eq!(raw::tags(&frames), "12GEZ12TDCZ", "{frames:?}");
    // Without it the answers alone do not tell whether the server has read the first one as a part of the data.
    client.send(&[&copy[..], &data, &raw::extended("SELECT 1", &[]), &raw::sync()].concat());
    let frames = client.rest();
    assert_eq!(raw::tags(&frames), "12GEE", "{frames:?}");
    let last = frames.last().expect("the last word");
    assert_eq!(last.field(b'C').as_deref(), Some("08P01"), "{last:?}");
}

#[test]
fn a_server_process_that_is_killed_is_never_a_silent_end() {
    let server = Postgres::start(&[]);
    let proxy = Setup::to(server.port, "postgres").start();
    let mut client = Raw::login(proxy.port, "postgres", "postgres");
    let pid = raw::rows(&client.query("SELECT pg_backend_pid()")).remove(0);
    let killed = postgres::as_postgres(std::path::Path::new("/bin/kill")).args(["-KILL", &pid]).status();
    assert!(killed.expect("kill can be run").success());
    let frames = client.rest();
    assert_eq!(raw::error(&frames).field(b'C').as_deref(), Some("08006"), "{frames:?}");
}

#[test]
fn a_client_that_goes_away_takes_its_server_session_with_it() {
    let (proxy, mut client) = proxy("failure_gone");
    client.send(&raw::query("SELECT pg_sleep(0.5)"));
    drop(client);
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'failure_gone'";
    eventually("the server session ends", || postgres::shared().sql("postgres", sessions).trim() == "0");
    eventually("the place is free", || proxy.metric("exonym_connections") < 0.5);
}

#[test]
fn a_client_that_has_finished_sending_still_gets_its_answers() {
    let (_proxy, mut client) = proxy("failure_half");
    client.send(&[raw::query("SELECT pg_sleep(0.2), 'late'"), raw::query("SELECT 'last'")].concat());
    client.finish_sending();
    let frames = client.rest();
    assert_eq!(raw::tags(&frames), "TDCZTDCZ");
}

#[test]
fn garbage_of_a_client_is_the_servers_to_judge() {
    let (_proxy, mut client) = proxy("failure_garbage");
    let mut straight = Raw::login(postgres::shared().port, "postgres", "failure_garbage");
    for end in [&mut client, &mut straight] {
        end.send(&[raw::query("SELECT 1"), b"\x16\x03\x01 hello".to_vec()].concat());
    }
    assert_eq!(client.rest(), straight.rest());
}

#[test]
fn a_reader_that_pauses_stops_the_server_and_fills_nothing() {
    let server = postgres::shared();
    let database = server.database("failure_slow");
    let tap = Tap::before(server.port);
    let proxy = Setup::to(tap.port, database).start();
    let mut client = Raw::login(proxy.port, "postgres", database);
    // 200 MB, of which nothing is read yet.
    client.send(&raw::query("SELECT repeat('x', 10000) FROM generate_series(1, 20000)"));
    let passed = tap.recording(0).settled();
    // Four sockets' buffers, which the system lets grow to some megabytes each, and ours.
    assert!(passed < 40_000_000, "{passed} bytes were taken from the server for a client that reads nothing");
    let frames = client.until(b'Z');
    assert_eq!(frames.iter().filter(|f| f.tag == b'D').count(), 20_000);
}

#[test]
fn a_writer_is_stopped_while_the_server_does_not_read() {
    let server = postgres::shared();
    let database = server.database("failure_lock");
    server.sql(database, "CREATE TABLE t (a text)");
    let proxy = Setup::to(server.port, database).start();
    let mut holder = Raw::login(server.port, "postgres", database);
    holder.query("BEGIN; LOCK t");
    let mut client = Raw::login(proxy.port, "postgres", database);
    let row = raw::frame(b'd', format!("{}\n", "x".repeat(10_000)).as_bytes());
    let mut writer = client.stream.try_clone().expect("a handle");
    let copy = [raw::query("COPY t FROM STDIN"), row.repeat(5_000), raw::frame(b'c', &[])].concat();
    let sending = std::thread::spawn(move || std::io::Write::write_all(&mut writer, &copy));
    let before = || proxy.metric("exonym_bytes_total{direction=\"from_client\",route=\"failure_lock\"}");
    let mut last = -1.0;
    eventually("the proxy stops reading", || {
        std::thread::sleep(Duration::from_millis(300));
        let now = before();
        let same = (now - last).abs() < 0.5;
        last = now;
        same
    });
    assert!(last < 30_000_000.0, "{last} bytes were taken from the client for a server that reads nothing");
    holder.query("COMMIT");
    let frames = client.until(b'Z');
    assert_eq!(raw::tags(&frames), "GCZ");
    sending.join().expect("no panic").expect("all of it was read");
}

#[test]
fn draining_ends_sessions_when_their_transactions_end() {
    let (proxy, mut idle) = proxy("failure_drain");
    let mut busy = Raw::login(proxy.port, "postgres", "failure_drain");
    busy.query("BEGIN");
    busy.query("CREATE TABLE kept (a int)");
    proxy.shared.drain();
    let frames = idle.rest();
    assert_eq!(raw::error(&frames).field(b'C').as_deref(), Some("57P01"));
    busy.query("INSERT INTO kept VALUES (1)");
    busy.send(&raw::query("COMMIT"));
    let frames = busy.rest();
    assert_eq!(raw::tags(&frames), "CZE", "the transaction ends, then the session");
    assert_eq!(postgres::shared().sql("failure_drain", "SELECT count(*) FROM kept"), "1\n");
    let mut late = Raw::connect(proxy.port);
    late.send(&raw::startup(&[("user", "postgres"), ("database", "failure_drain")]));
    assert_eq!(raw::error(&late.rest()).field(b'C').as_deref(), Some("57P03"));
}
