//! Clients that go in the middle of something, that dribble, that come all at once, and that do not read.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::support::place::Place;
use super::support::postgres::{Postgres, shared};
use super::support::program::{Proxy, eventually};
use super::support::proxy::Setup;
use super::support::raw::{self, Raw};
use super::{all_places_are_free, scripted};

#[test]
fn a_statement_that_is_cut_off_is_never_executed() {
    let server = shared();
    let database = server.database("cut_off");
    server.sql(database, "CREATE TABLE t (a text)");
    let proxy = Setup::to(server.port, database).start();
    let query = raw::query("INSERT INTO t VALUES ('all of it')");
    let extended = [raw::extended("INSERT INTO t VALUES ($1)", &["all of it"]), raw::sync()].concat();
    for message in [&query, &extended] {
        // The last byte is what makes it whole: of the second, that of Sync.
        for cut in (1..message.len()).step_by(3) {
            let mut client = Raw::login(proxy.port, "postgres", database);
            client.send(&message[..cut]);
            if cut % 2 == 0 {
                // With a reset instead of an end.
                socket2::SockRef::from(&client.stream).set_linger(Some(Duration::ZERO)).expect("a socket");
            }
            drop(client);
        }
    }
    all_places_are_free(&proxy);
    let sessions = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'");
    eventually("on the server too", || {
        let left = server.sql("postgres", &sessions);
        if left.trim() == "0" { Ok(()) } else { Err(left) }
    });
    assert_eq!(server.sql(database, "SELECT count(*) FROM t").trim(), "0");
}

#[test]
fn bytes_may_come_one_by_one_from_both_ends() {
    let server = shared();
    let database = server.database("one_by_one");
    let dribble = scripted(move |mut client| {
        let mut upstream = TcpStream::connect(("127.0.0.1", shared().port)).expect("it listens");
        let mut from_client = client.try_clone().expect("a handle");
        let mut to_server = upstream.try_clone().expect("a handle");
        thread::spawn(move || {
            let _ = std::io::copy(&mut from_client, &mut to_server);
            let _ = to_server.shutdown(Shutdown::Write);
        });
        client.set_nodelay(true).expect("a socket");
        let mut byte = [0];
        while upstream.read(&mut byte).is_ok_and(|n| n == 1) && client.write_all(&byte).is_ok() {}
    });
    let proxy = Setup::to(dribble, database).start();
    let mut slow = Raw::connect(proxy.port);
    let mut straight = Raw::connect(server.port);
    let login = raw::startup(&[("user", "postgres"), ("database", database)]);
    slow.trickle(&login);
    straight.send(&login);
    slow.until(b'Z');
    straight.until(b'Z');
    let said = [
        raw::query("SELECT i, repeat('x', i) FROM generate_series(1, 50) i; SELECT 1/0"),
        raw::extended("SELECT $1::text", &["wort"]),
        raw::sync(),
    ]
    .concat();
    slow.trickle(&said);
    straight.send(&said);
    assert_eq!(slow.until_ready(2), straight.until_ready(2));
}

#[test]
fn five_hundred_clients_at_once_are_all_answered() {
    let place = Place::new("five_hundred");
    let proxy = place.serve_limited("max_connections = 150");
    let clients: Vec<_> = (0..500)
        .map(|_| {
            let port = proxy.port;
            thread::Builder::new()
                .stack_size(128 * 1024)
                .spawn(move || {
                    let mut client = Raw::connect(port);
                    client.send(&raw::startup(&[("user", "postgres"), ("database", "five_hundred")]));
                    let last = std::iter::from_fn(|| client.frame()).find(|f| matches!(f.tag, b'Z' | b'E'));
                    let last = last.expect("an answer");
                    if last.tag == b'E' {
                        return last.field(b'C').expect("a code");
                    }
                    let answer = raw::rows(&client.query("SELECT sum(consumption_kwh) FROM log"));
                    assert_eq!(answer, ["6.5"]);
                    "served".to_owned()
                })
                .expect("a thread")
        })
        .collect();
    let ends: Vec<String> = clients.into_iter().map(|client| client.join().expect("answered")).collect();
    let served = ends.iter().filter(|end| *end == "served").count();
    assert!(served >= 150, "{served} were served");
    assert!(ends.iter().all(|end| end == "served" || end == "53300"), "{ends:?}");
    // The admin port answers whatever the door does, and nothing is left behind.
    eventually("all are gone", || match proxy.metric("exonym_connections") {
        Some(open) if open < 0.5 => Ok(()),
        other => Err(format!("{other:?}")),
    });
    assert!(!proxy.log().contains("panicked"), "{}", proxy.log());
}

#[test]
fn a_client_that_never_reads_costs_nothing_and_stops_only_itself() {
    let place = Place::new("never_reads");
    let proxy = place.serve_limited("drain_timeout = \"100ms\"");
    let mut other = Raw::login(proxy.port, "postgres", "never_reads");
    other.query("SELECT repeat('x', 1000) FROM generate_series(1, 10000)");
    let before = resident(&proxy);
    let mut deaf = Raw::login(proxy.port, "postgres", "never_reads");
    deaf.send(&raw::query("SELECT repeat('x', 10000) FROM generate_series(1, 100000)"));
    let blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'never_reads' AND wait_event = 'ClientWrite'";
    eventually("the server waits for its reader", || {
        let count = shared().sql("postgres", blocked);
        if count.trim() == "1" { Ok(()) } else { Err(count) }
    });
    assert_eq!(raw::rows(&other.query("SELECT 'others go on'")), ["others go on"]);
    let grown = resident(&proxy).saturating_sub(before);
    assert!(grown < 1024, "{grown} KiB more for a gigabyte that nobody reads");
}

#[test]
fn a_server_that_watches_its_clients_sees_ours_go() {
    let server = Postgres::start(&["client_connection_check_interval=100ms"]);
    let proxy = Setup::to(server.port, "postgres").start();
    let mut client = Raw::login(proxy.port, "postgres", "postgres");
    client.send(&raw::query("SELECT 'watched', pg_sleep(3600)"));
    let running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT ''watched''%'";
    let wait_for = |expected: &str| {
        eventually("as expected", || {
            let count = server.sql("postgres", running);
            if count.trim() == expected { Ok(()) } else { Err(count) }
        });
    };
    wait_for("1");
    drop(client);
    wait_for("0");
    drop(proxy);
}

#[test]
fn a_slow_reader_of_a_copy_gets_all_of_it_and_costs_nothing() {
    let place = Place::new("reads_slowly");
    let proxy = place.serve();
    let mut other = Raw::login(proxy.port, "postgres", "reads_slowly");
    other.query("SELECT repeat('x', 1000) FROM generate_series(1, 10000)");
    let before = resident(&proxy);
    let mut slow = Raw::login(proxy.port, "postgres", "reads_slowly");
    let (rows, width) = (40_000, 1_000);
    slow.send(&raw::query(&format!("COPY (SELECT repeat('y', {width}) FROM generate_series(1, {rows})) TO STDOUT")));
    let mut got = vec![0; 16 * 1024];
    let mut bytes = Vec::new();
    let begun = Instant::now();
    let mut most = 0;
    while begun.elapsed() < Duration::from_millis(1500) {
        let n = slow.stream.read(&mut got).expect("it is open");
        bytes.extend_from_slice(&got[..n]);
        most = most.max(resident(&proxy).saturating_sub(before));
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(raw::rows(&other.query("SELECT 'others go on'")), ["others go on"]);
    assert!(bytes.len() < rows * width / 2, "it is slow: {}", bytes.len());
    // Of 40 MB.
    assert!(most < 8 * 1024, "{most} KiB more for a reader that takes its time");
    slow.stream.shutdown(Shutdown::Write).expect("it is open");
    slow.stream.read_to_end(&mut bytes).expect("to the end");
    let mut lines = 0;
    let mut rest = bytes.as_slice();
    let mut tags = Vec::new();
    while let Some((header, after)) = rest.split_first_chunk::<5>() {
        let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
        let (body, after) = after.split_at(usize::try_from(length).expect("it fits") - 4);
        if header[0] == b'd' {
            assert!(body.len() == width + 1 && body[..width].iter().all(|b| *b == b'y'), "a line that is none");
            lines += 1;
        } else {
            tags.push(char::from(header[0]));
        }
        rest = after;
    }
    assert_eq!((lines, tags.iter().collect::<String>().as_str()), (rows, "HcCZ"));
}

/// KiB of memory that the proxy has.
fn resident(proxy: &Proxy) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", proxy.pid())).expect("it runs");
    let line = status.lines().find(|l| l.starts_with("VmRSS")).expect("Linux").to_owned();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number")
}
