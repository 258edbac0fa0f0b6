//! Servers that die: one process of them, or all at once, in each state of a session.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::support::postgres::{Postgres, as_postgres};
use super::support::program::{Proxy, eventually};
use super::support::proxy::Setup;
use super::support::raw::{self, Raw};
use super::{all_places_are_free, codes, rest_if_whole};

/// SQLSTATEs that a client may be told when its server dies: by the server itself, or by the proxy.
const DEATHS: [&str; 4] = ["57P01", "57P02", "57P03", "08006"];

/// Bytes that lead into a state, and the last frame of it that comes by itself.
type State = (&'static str, Vec<u8>, Option<u8>);

/// All states of a session behind its login.
fn states() -> Vec<State> {
    let rows = "SELECT repeat('x', 1000) FROM generate_series(1, 100000)";
    let step = |sql: &str| [raw::extended(sql, &[]), raw::sync()].concat();
    let pipeline = ["SELECT 1", "SELECT pg_sleep(60)", "SELECT 2"].map(step).concat();
    let flush = raw::frame(b'H', b"");
    let series = raw::parse("", "SELECT generate_series(1, 10)");
    let two_rows = raw::frame(b'E', &[0, 0, 0, 0, 2]);
    let parsed = [raw::parse("s", "INSERT INTO t VALUES ('never')"), flush.clone()].concat();
    let executed = [raw::extended("INSERT INTO t VALUES ('never')", &[]), flush.clone()].concat();
    let suspended = [series, raw::bind("", "", &[]), two_rows, flush.clone()].concat();
    let copy_in = [raw::extended("COPY t FROM STDIN", &[]), flush].concat();
    vec![
        ("idle", raw::query("SELECT 1"), Some(b'Z')),
        ("in a transaction", raw::query("BEGIN; INSERT INTO t VALUES ('never')"), Some(b'Z')),
        ("in a failed transaction", raw::query("BEGIN; SELECT 1 / 0"), Some(b'Z')),
        ("in a statement", raw::query("SELECT pg_sleep(60)"), None),
        ("parsed, before its Sync", parsed, Some(b'1')),
        ("executed, before its Sync", executed, Some(b'C')),
        ("in a suspended portal", suspended, Some(b's')),
        ("in a pipeline", pipeline, Some(b'Z')),
        ("in a result", raw::query(rows), Some(b'D')),
        ("in COPY from the client", raw::query("COPY t FROM STDIN"), Some(b'G')),
        ("in COPY from the client, extended", copy_in, Some(b'G')),
        ("in COPY to the client", raw::query(&format!("COPY ({rows}) TO STDOUT")), Some(b'd')),
    ]
}

fn server() -> Postgres {
    let server = Postgres::start(&["password_encryption=scram-sha-256"]);
    server.sql("postgres", "CREATE TABLE t (a text); CREATE ROLE by_scram LOGIN PASSWORD 'x'");
    server.prepend_hba("host all by_scram 127.0.0.1/32 scram-sha-256");
    server
}

/// A session in that state.
fn reach(port: u16, (_, bytes, until): &State) -> Raw {
    let mut client = Raw::login(port, "postgres", "postgres");
    client.send(bytes);
    if let Some(tag) = until {
        client.until(*tag);
    }
    client
}

/// A client in the middle of its login.
fn log_in_halfway(port: u16) -> Raw {
    let mut client = Raw::connect(port);
    client.send(&raw::startup(&[("user", "by_scram"), ("database", "postgres")]));
    client.until(b'R');
    client
}

/// Sees the end of a session whose server has died.
fn assert_told(client: &mut Raw, state: &str) {
    let begun = Instant::now();
    let (frames, is_whole) = rest_if_whole(client);
    assert!(begun.elapsed() < Duration::from_secs(10), "{state}: {:?}", begun.elapsed());
    let told = codes(&frames);
    // Cut in the middle of a row nobody can be told anything.
    assert!(!is_whole || told.iter().any(|code| DEATHS.contains(&code.as_str())), "{state}: {frames:?}");
    assert!(is_whole || state.contains("result") || state.contains("COPY to"), "{state}");
}

fn kill(pid: &str) {
    let killed = as_postgres(Path::new("/bin/kill")).args(["-KILL", pid]).status();
    assert!(killed.expect("kill can be run").success());
}

#[test]
fn a_server_process_that_is_killed_in_any_state_is_told_at_once() {
    let server = server();
    let proxy = Setup::to(server.port, "postgres").start();
    let mut recoveries = 0;
    // After a kill all sessions end, and the server recovers.
    let mut recovered = || {
        recoveries += 1;
        eventually("recovered", || {
            let log = fs::read_to_string(server.directory.join("log")).unwrap_or_default();
            if log.matches("ready to accept connections").count() >= recoveries { Ok(()) } else { Err(log) }
        });
    };
    for state in states() {
        recovered();
        let mut client = Raw::login(proxy.port, "postgres", "postgres");
        let pid = raw::rows(&client.query("SELECT pg_backend_pid()")).remove(0);
        client.send(&state.1);
        if let Some(tag) = state.2 {
            client.until(tag);
        }
        kill(&pid);
        assert_told(&mut client, state.0);
    }
    recovered();
    let mut client = log_in_halfway(proxy.port);
    kill(&process_of(&server, "by_scram"));
    assert_told(&mut client, "in the login");
    recovered();
    assert_eq!(server.sql("postgres", "SELECT count(*) FROM t").trim(), "0");
    all_places_are_free(&proxy);
}

#[test]
fn a_server_that_shuts_down_at_once_is_told_in_every_state() {
    let server = server();
    let proxy = Setup::to(server.port, "postgres").start();
    let states = states();
    let mut clients: Vec<Raw> = states.iter().map(|state| reach(proxy.port, state)).collect();
    let mut halfway = log_in_halfway(proxy.port);
    server.crash();
    for (client, state) in clients.iter_mut().zip(&states) {
        assert_told(client, state.0);
    }
    assert_told(&mut halfway, "in the login");
    all_places_are_free(&proxy);
    let mut late = Raw::connect(proxy.port);
    late.send(&raw::startup(&[("user", "postgres"), ("database", "postgres")]));
    assert_eq!(codes(&late.rest()), ["57P03"]);
}

#[test]
fn a_server_that_dies_while_the_proxy_drains_holds_nothing_up() {
    for is_killed in [true, false] {
        let server = server();
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
        fs::write(directory.path().join("m.toml"), "[mapping]\nname = \"m\"\n").expect("ours");
        let mappings = directory.path().to_str().expect("UTF-8").to_owned();
        let mut proxy = Proxy::start(&["--to", &url, "--mappings", &mappings]);
        proxy.wait_until_ready();
        let busy: Vec<State> =
            states().into_iter().filter(|s| !matches!(s.0, "idle" | "parsed, before its Sync")).collect();
        let mut clients: Vec<Raw> = busy.iter().map(|state| reach(proxy.port, state)).collect();
        let pid =
            server.sql("postgres", "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' LIMIT 1");
        proxy.signal("TERM");
        proxy.wait_for_message("draining");
        let begun = Instant::now();
        if is_killed {
            kill(pid.trim());
        } else {
            server.crash();
        }
        for (client, state) in clients.iter_mut().zip(&busy) {
            assert_told(client, state.0);
        }
        assert!(proxy.wait().success(), "{}", proxy.log());
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        assert!(!proxy.log().contains("panicked"), "{}", proxy.log());
    }
}

/// The server's process whose title names that user.
fn process_of(server: &Postgres, user: &str) -> String {
    let postmaster = server.postmaster();
    eventually("there", || {
        let parent = format!("PPid:\t{postmaster}\n");
        let mut processes = fs::read_dir("/proc").expect("Linux").map_while(Result::ok);
        let found = processes.find(|process| {
            let read = |file: &str| fs::read_to_string(process.path().join(file)).unwrap_or_default();
            read("status").contains(&parent) && read("cmdline").contains(user)
        });
        let found = found.ok_or_else(|| format!("no child of {postmaster}"))?;
        Ok(found.file_name().to_string_lossy().into_owned())
    })
}
