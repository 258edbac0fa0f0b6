//! Faults of all kinds: servers, clients and proxies that are killed, connections that are cut or dribble, servers that talk nonsense.
//! Nothing hangs, nothing is half-executed, nobody is left without a word.

mod support;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use support::place::Place;
use support::postgres::{Postgres, as_postgres, shared};
use support::program::eventually;
use support::proxy::Setup;
use support::raw::{self, Raw};

/// SQLSTATEs that a client may be told when its server dies: by the server itself, or by the proxy.
const DEATHS: [&str; 4] = ["57P01", "57P02", "57P03", "08006"];

fn codes(frames: &[raw::Frame]) -> Vec<String> {
    frames.iter().filter(|f| f.tag == b'E').filter_map(|f| f.field(b'C')).collect()
}

#[test]
fn a_server_that_is_killed_in_any_state_is_told_at_once() {
    let server = Postgres::start(&[]);
    server.sql("postgres", "CREATE TABLE t (a text)");
    let proxy = Setup::to(server.port, "postgres").start();
    let rows = "SELECT repeat('x', 1000) FROM generate_series(1, 100000)";
    let pipeline =
        ["SELECT 1", "SELECT pg_sleep(60)", "SELECT 2"].map(|sql| [raw::extended(sql, &[]), raw::sync()].concat());
    let states: [(&str, Vec<u8>, Option<u8>); 7] = [
        ("idle", raw::query("SELECT 1"), Some(b'Z')),
        ("in a transaction", raw::query("BEGIN"), Some(b'Z')),
        ("in a statement", raw::query("SELECT pg_sleep(60)"), None),
        ("in a result", raw::query(rows), Some(b'D')),
        ("in COPY from the client", raw::query("COPY t FROM STDIN"), Some(b'G')),
        ("in COPY to the client", raw::query(&format!("COPY ({rows}) TO STDOUT")), Some(b'd')),
        ("in a pipeline", pipeline.concat(), Some(b'Z')),
    ];
    for (recovered, (state, bytes, until)) in states.into_iter().enumerate() {
        // After a kill all sessions end, and the server recovers.
        eventually("recovered", || {
            let log = std::fs::read_to_string(server.directory.join("log")).unwrap_or_default();
            if log.matches("ready to accept connections").count() > recovered { Ok(()) } else { Err(log) }
        });
        let mut client = Raw::login(proxy.port, "postgres", "postgres");
        let pid = raw::rows(&client.query("SELECT pg_backend_pid()")).remove(0);
        client.send(&bytes);
        if let Some(tag) = until {
            client.until(tag);
        }
        let killed = as_postgres(Path::new("/bin/kill")).args(["-KILL", &pid]).status();
        assert!(killed.expect("kill can be run").success());
        let begun = Instant::now();
        let (frames, is_whole) = rest_if_whole(&mut client);
        assert!(begun.elapsed() < Duration::from_secs(10), "{state}: {:?}", begun.elapsed());
        let told = codes(&frames);
        // Cut in the middle of a row nobody can be told anything.
        assert!(!is_whole || told.iter().any(|code| DEATHS.contains(&code.as_str())), "{state}: {told:?}");
        assert!(is_whole || state.contains("result") || state.contains("COPY to"), "{state}");
    }
    eventually("all places are free", || {
        let open = proxy.metric("exonym_connections");
        if open < 0.5 { Ok(()) } else { Err(open.to_string()) }
    });
}

/// Whole frames to the end of the stream, and whether it ended between two of them.
fn rest_if_whole(client: &mut Raw) -> (Vec<raw::Frame>, bool) {
    let mut bytes = Vec::new();
    let _ = client.stream.read_to_end(&mut bytes);
    let mut frames = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((header, after)) = rest.split_first_chunk::<5>() {
        let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
        let Some((body, after)) = after.split_at_checked(usize::try_from(length).expect("it fits") - 4) else { break };
        frames.push(raw::Frame { tag: header[0], body: body.to_vec() });
        rest = after;
    }
    (frames, rest.is_empty())
}

#[test]
fn a_proxy_that_is_killed_leaves_no_session_and_no_half_transaction() {
    let place = Place::new("proxy_killed");
    let proxy = place.serve();
    let mut client = Raw::login(proxy.port, "postgres", "proxy_killed");
    client.query("BEGIN");
    client.query("INSERT INTO log VALUES (3, 3)");
    proxy.signal("KILL");
    assert!(client.rest().is_empty(), "the end, and nothing else");
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'proxy_killed' AND pid <> pg_backend_pid()";
    eventually("no session is left", || {
        let left = shared().sql("proxy_killed", sessions);
        if left.trim() == "0" { Ok(()) } else { Err(left) }
    });
    assert_eq!(shared().sql("proxy_killed", "SELECT count(*) FROM log").trim(), "2");
}

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
    eventually("all sessions end", || {
        let open = proxy.metric("exonym_connections");
        if open < 0.5 { Ok(()) } else { Err(open.to_string()) }
    });
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
fn what_a_broken_server_says_ends_the_session_with_a_word() {
    let ok = [raw::frame(b'R', &[0; 4]), raw::frame(b'Z', b"I")].concat();
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("garbage", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "08P01"),
        ("a length below four", vec![b'R', 0, 0, 0, 3], "08P01"),
        ("a negative length", vec![b'R', 0xff, 0xff, 0xff, 0xff], "08P01"),
        ("an end in the login", raw::frame(b'R', &[0, 0, 0, 3]), "08006"),
        ("an end after the login", ok, "08006"),
    ];
    for (what, says, expected) in cases {
        let port = scripted(move |mut client| {
            let mut packet = [0; 1024];
            let _ = client.read(&mut packet);
            let _ = client.write_all(&says);
        });
        let proxy = Setup::to(port, "d").start();
        let mut client = Raw::connect(proxy.port);
        client.send(&raw::startup(&[("user", "u"), ("database", "d")]));
        let frames = client.rest();
        assert_eq!(codes(&frames), [expected], "{what}: {frames:?}");
    }
}

#[test]
fn a_row_of_a_claimed_gigabyte_takes_no_memory_and_its_cut_no_place() {
    let port = scripted(|mut client| {
        let mut packet = [0; 1024];
        let _ = client.read(&mut packet);
        let begin = [raw::frame(b'R', &[0; 4]), raw::frame(b'Z', b"I"), vec![b'D', 0x3f, 0xff, 0xff, 0xff, 0, 1]];
        let _ = client.write_all(&begin.concat());
        thread::sleep(Duration::from_millis(300));
    });
    let proxy = Setup::to(port, "d").start();
    let mut client = Raw::connect(proxy.port);
    client.send(&raw::startup(&[("user", "u"), ("database", "d")]));
    let (frames, is_whole) = rest_if_whole(&mut client);
    assert_eq!((raw::tags(&frames).as_str(), is_whole), ("RZ", false), "cut where the server cut it");
    eventually("the place is free", || {
        let open = proxy.metric("exonym_connections");
        if open < 0.5 { Ok(()) } else { Err(open.to_string()) }
    });
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
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", proxy.pid())).expect("it runs");
        let line = status.lines().find(|l| l.starts_with("VmRSS")).expect("Linux").to_owned();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("a number")
    };
    let mut other = Raw::login(proxy.port, "postgres", "never_reads");
    other.query("SELECT repeat('x', 1000) FROM generate_series(1, 10000)");
    let before = resident();
    let mut deaf = Raw::login(proxy.port, "postgres", "never_reads");
    deaf.send(&raw::query("SELECT repeat('x', 10000) FROM generate_series(1, 100000)"));
    let blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'never_reads' AND wait_event = 'ClientWrite'";
    eventually("the server waits for its reader", || {
        let count = shared().sql("postgres", blocked);
        if count.trim() == "1" { Ok(()) } else { Err(count) }
    });
    assert_eq!(raw::rows(&other.query("SELECT 'others go on'")), ["others go on"]);
    let grown = resident().saturating_sub(before);
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

/// A server that does the same with each connection; its port.
fn scripted(script: impl Fn(TcpStream) + Send + Clone + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let script = script.clone();
            thread::spawn(move || script(client));
        }
    });
    port
}
