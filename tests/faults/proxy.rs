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

/// A program whose log is elsewhere; it ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `exonym serve` with its log there; the ports of its doors.
fn logging_to(place: &Place, log: impl Into<Stdio>) -> (Running, u16) {
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let (port, admin) = (free(), free());
    let mut command = Command::new(env!("CARGO_BIN_EXE_exonym"));
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--admin", &format!("127.0.0.1:{admin}")]);
    command.args(["--to", &place.url(), "--mappings", &place.text_path("mappings")]);
    command.env("EXONYM_LOG", "trace").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    (Running(command.spawn().expect("exonym runs")), port)
}

impl Running {
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status();
        assert!(sent.expect("kill can be run").success());
    }

    fn ends_well(&mut self) {
        self.signal("TERM");
        let status = eventually("ended", || self.0.try_wait().expect("our child").ok_or_else(|| "it runs".to_owned()));
        assert!(status.success(), "{status}");
    }
}

/// Logs in, if it listens already.
fn try_login(port: u16, database: &str) -> Result<Raw, String> {
    TcpStream::connect(("127.0.0.1", port)).map_err(|e| e.to_string())?;
    let mut client = Raw::connect(port);
    client.send(&raw::startup(&[("user", "postgres"), ("database", database)]));
    let end = std::iter::from_fn(|| client.frame()).find(|f| matches!(f.tag, b'Z' | b'E'));
    if end.as_ref().is_some_and(|f| f.tag == b'Z') { Ok(client) } else { Err(format!("{end:?}")) }
}

/// A login that is worth a line, and no more.
fn refused(port: u16) {
    let mut client = Raw::connect(port);
    client.send(&raw::startup(&[("user", "postgres"), ("database", "never")]));
    assert_eq!(raw::tags(&client.rest()), "E");
}

/// All that is worth a line: logins, refusals, reloads, ends.
fn give_it_to_log(running: &Running, place: &Place, port: u16, rounds: usize) {
    let ask = |client: &mut Raw| raw::rows(&client.query("SELECT sum(consumption_kwh) FROM log"));
    for _ in 0..rounds {
        let mut client = try_login(port, &place.database).expect("it serves");
        assert_eq!(ask(&mut client), ["6.5"]);
        assert_eq!(raw::tags(&client.query("SELECT consumption_kwh, nope FROM log")), "EZ");
        drop(client);
        refused(port);
    }
    place.write("mappings/app.toml", "nonsense");
    running.signal("HUP");
    let mut client = try_login(port, &place.database).expect("it serves");
    assert_eq!(ask(&mut client), ["6.5"]);
}

#[test]
fn a_log_on_a_full_disk_keeps_nobody_from_being_served() {
    let place = Place::new("log_full");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has a disk that is always full");
    let (mut running, port) = logging_to(&place, full);
    drop(eventually("serving", || try_login(port, "log_full")));
    give_it_to_log(&running, &place, port, 30);
    running.ends_well();
}

#[test]
fn a_log_that_nobody_reads_keeps_nobody_from_being_served() {
    let place = Place::new("log_unread");
    let (mut running, port) = logging_to(&place, Stdio::piped());
    drop(eventually("serving", || try_login(port, "log_unread")));
    // More than a pipe and a queue hold.
    (0..2000).for_each(|_| refused(port));
    give_it_to_log(&running, &place, port, 30);
    let mut unread = running.0.stderr.take().expect("piped");
    // Whoever reads again is told what he missed.
    let reader = thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut unread, &mut text).map(|_| text)
    });
    drop(try_login(port, "log_unread").expect("it serves"));
    running.ends_well();
    let text = reader.join().expect("no panic").expect("text");
    assert!(text.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "lines are whole");
    assert!(text.contains("log lines are lost"), "{} lines", text.lines().count());
    assert!(text.contains("draining"), "the last lines are there");
}
