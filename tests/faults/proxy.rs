//! Proxies that are killed, and proxies whose log leads nowhere.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::support::place::Place;
use super::support::postgres::shared;
use super::support::program::eventually;
use super::support::raw::{self, Raw};

#[test]
fn a_proxy_that_is_killed_leaves_no_session_and_no_half_transaction() {
    let place = Place::new("proxy_killed");
    let proxy = place.serve();
    let mut client = Raw::login(proxy.port, "postgres", "proxy_killed");
    client.query("BEGIN");
    client.query("INSERT INTO log VALUES (3, 3)");
    proxy.signal("KILL");
    assert!(client.rest().is_empty(), "the end, and nothing else");
    no_session_is_left("proxy_killed");
    assert_eq!(shared().sql("proxy_killed", "SELECT count(*) FROM log").trim(), "2");
}

fn no_session_is_left(database: &str) {
    let sessions = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'");
    eventually("no session is left", || {
        let left = shared().sql("postgres", &sessions);
        if left.trim() == "0" { Ok(()) } else { Err(left) }
    });
}

/// Rows of one statement.
const ROWS: usize = 200;

#[test]
fn a_proxy_that_is_killed_under_load_leaves_no_half_of_a_statement() {
    let place = Place::new("proxy_killed_busy");
    let database = "proxy_killed_busy";
    shared().sql(database, "CREATE TABLE batch (id int, row int, text text)");
    let proxy = place.serve();
    let port = proxy.port;
    // Each client sends statements of some 80 kB, one behind the other, and tells which were acknowledged.
    let clients: Vec<_> = (0..8)
        .map(|n| {
            thread::spawn(move || {
                let mut client = Raw::login(port, "postgres", database);
                let mut done = Vec::new();
                for round in 0.. {
                    let id = n * 1_000_000 + round;
                    let text = "y".repeat(400);
                    let values: Vec<String> = (0..ROWS).map(|row| format!("({id}, {row}, '{text}')")).collect();
                    let sql = format!("INSERT INTO batch VALUES {}", values.join(", "));
                    let bytes = match n % 2 {
                        0 => raw::query(&sql),
                        _ => [raw::extended(&sql, &[]), raw::sync()].concat(),
                    };
                    if std::io::Write::write_all(&mut client.stream, &bytes).is_err() {
                        break;
                    }
                    match std::iter::from_fn(|| client.frame()).find(|f| f.tag == b'Z') {
                        Some(_) => done.push(id),
                        None => break,
                    }
                }
                done
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(700));
    proxy.signal("KILL");
    let acknowledged: Vec<i32> = clients.into_iter().flat_map(|client| client.join().expect("no panic")).collect();
    assert!(acknowledged.len() > 8, "there was load: {}", acknowledged.len());
    no_session_is_left(database);
    let halves =
        "SELECT count(*) FROM (SELECT FROM batch GROUP BY id HAVING count(*) <> 200 OR min(length(text)) <> 400) h";
    assert_eq!(shared().sql(database, halves).trim(), "0");
    let kept = shared().sql(database, "SELECT DISTINCT id FROM batch");
    let kept: std::collections::HashSet<i32> = kept.lines().map(|id| id.parse().expect("a number")).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|id| !kept.contains(id)).collect();
    assert!(lost.is_empty(), "acknowledged, and not there: {lost:?}");
    assert!(kept.len() <= acknowledged.len() + 8, "each had one on its way at most");
}

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_log_that_cannot_be_written_keeps_nobody_from_being_served() {
    let place = Place::new("log_full");
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let (port, admin) = (free(), free());
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has a disk that is always full");
    let mut command = Command::new(env!("CARGO_BIN_EXE_exonym"));
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--admin", &format!("127.0.0.1:{admin}")]);
    command.args(["--to", &place.url(), "--mappings", &place.text_path("mappings")]);
    command.env("EXONYM_LOG", "trace").stdin(Stdio::null()).stdout(Stdio::null()).stderr(full);
    let mut running = Running(command.spawn().expect("exonym runs"));
    let ask = || {
        // It may not listen yet.
        TcpStream::connect(("127.0.0.1", port)).map_err(|e| e.to_string())?;
        let mut client = Raw::connect(port);
        client.send(&raw::startup(&[("user", "postgres"), ("database", "log_full")]));
        let end = std::iter::from_fn(|| client.frame()).find(|f| matches!(f.tag, b'Z' | b'E'));
        match end {
            Some(frame) if frame.tag == b'Z' => Ok(client),
            other => Err(format!("{other:?}")),
        }
    };
    drop(eventually("serving", ask));
    // All that is worth a line: logins, refusals, reloads, ends.
    for _ in 0..30 {
        let mut client = ask().expect("it serves");
        assert_eq!(raw::rows(&client.query("SELECT sum(consumption_kwh) FROM log")), ["6.5"]);
        assert_eq!(raw::tags(&client.query("SELECT consumption_kwh, nope FROM log")), "EZ");
        drop(client);
        let mut lost = Raw::connect(port);
        lost.send(&raw::startup(&[("user", "postgres"), ("database", "never")]));
        assert_eq!(raw::tags(&lost.rest()), "E");
    }
    place.write("mappings/app.toml", "nonsense");
    let signalled = Command::new("kill").args(["-s", "HUP", &running.0.id().to_string()]).status();
    assert!(signalled.expect("kill can be run").success());
    let mut client = ask().expect("it serves");
    assert_eq!(raw::rows(&client.query("SELECT sum(consumption_kwh) FROM log")), ["6.5"]);
    drop(client);
    let ended = Command::new("kill").args(["-s", "TERM", &running.0.id().to_string()]).status();
    assert!(ended.expect("kill can be run").success());
    let status = eventually("ended", || running.0.try_wait().expect("our child").ok_or_else(|| "it runs".to_owned()));
    assert!(status.success(), "{status}");
}
