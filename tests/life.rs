//! The life of `exonym serve` under clients that do not stop: drain, deadline, replacement, too few descriptors, a login that hangs.

mod support;

use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::place::{MAPPING, Place};
use support::postgres::shared;
use support::program::{Proxy, eventually};
use support::raw::{self, Raw};

/// How a client met its end.
fn last_word(client: &mut Raw) -> String {
    client.rest().last().and_then(|f| (f.tag == b'E').then(|| f.field(b'C'))?).unwrap_or_else(|| "nothing".into())
}

/// Asks until the session ends, and tells the SQLSTATE that it ended with.
fn ask_until_told(mut client: Raw) -> String {
    use std::io::Write as _;
    while client.stream.write_all(&raw::query("SELECT 1")).is_ok() {
        while let Some(frame) = client.frame() {
            match frame.tag {
                b'Z' => break,
                b'E' => return frame.field(b'C').unwrap_or_default(),
                _ => {}
            }
        }
    }
    "nothing".into()
}

#[test]
fn under_load_every_client_is_told_that_the_proxy_drains() {
    let place = Place::new("drain_load");
    let mut proxy = place.serve();
    let port = proxy.port;
    let clients: Vec<_> = (0..40).map(|_| Raw::login(port, "postgres", "drain_load")).collect();
    let working: Vec<_> = clients.into_iter().map(|client| thread::spawn(move || ask_until_told(client))).collect();
    thread::sleep(Duration::from_millis(200));
    proxy.signal("TERM");
    for client in working {
        assert_eq!(client.join().expect("no panic"), "57P01");
    }
    assert!(proxy.wait().success(), "{}", proxy.log());
}

#[test]
fn clients_are_taken_until_the_balancer_has_heard() {
    let place = Place::new("drain_delay");
    let mut proxy = place.serve_limited("drain_delay = \"1s\"");
    let begun = Instant::now();
    proxy.signal("TERM");
    eventually("unready", || match proxy.get("/readyz") {
        (503, why) if why.contains("draining") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    if begun.elapsed() < Duration::from_millis(800) {
        assert_eq!(proxy.sql("drain_delay", "SELECT 1"), "1", "it goes on serving");
    }
    assert!(proxy.wait().success(), "{}", proxy.log());
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn at_the_deadline_what_runs_is_cancelled_and_everyone_is_told() {
    let place = Place::new("drain_end");
    shared().sql("drain_end", "CREATE TABLE t (a text)");
    let mut proxy = place.serve_limited("drain_timeout = \"300ms\"");
    let login = || Raw::login(proxy.port, "postgres", "drain_end");
    let mut in_transaction = login();
    in_transaction.query("BEGIN");
    in_transaction.query("INSERT INTO t VALUES ('never')");
    let mut running = login();
    running.send(&raw::query("SELECT 'drain_end', pg_sleep(3600)"));
    let mut copying = login();
    copying.send(&raw::query("COPY t FROM STDIN"));
    copying.until(b'G');
    copying.send(&raw::frame(b'd', b"half\n"));
    let mut deaf = login();
    deaf.send(&raw::query("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"));
    eventually("running", || {
        let count =
            shared().sql("drain_end", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT ''drain_end''%'");
        if count.trim() == "1" { Ok(()) } else { Err(count) }
    });
    let begun = Instant::now();
    proxy.signal("TERM");
    assert_eq!(last_word(&mut in_transaction), "57P01");
    let frames = running.rest();
    let codes: Vec<_> = frames.iter().filter(|f| f.tag == b'E').filter_map(|f| f.field(b'C')).collect();
    assert_eq!(codes, ["57014", "57P01"], "{frames:?}");
    assert_eq!(last_word(&mut copying), "57P01");
    assert!(proxy.wait().success(), "{}", proxy.log());
    assert!(begun.elapsed() < Duration::from_secs(7), "{:?}", begun.elapsed());
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'drain_end' AND pid <> pg_backend_pid()";
    eventually("gone from the server", || {
        let count = shared().sql("drain_end", left);
        if count.trim() == "0" { Ok(()) } else { Err(count) }
    });
    assert_eq!(shared().sql("drain_end", "SELECT count(*) FROM t").trim(), "0");
}

#[test]
fn a_pipeline_without_its_sync_is_waited_for() {
    let place = Place::new("drain_pipeline");
    shared().sql("drain_pipeline", "CREATE TABLE t (a text)");
    let mut proxy = place.serve();
    let mut client = Raw::login(proxy.port, "postgres", "drain_pipeline");
    client.send(&[raw::extended("INSERT INTO t VALUES ('kept')", &[]), raw::frame(b'H', b"")].concat());
    client.until(b'C');
    proxy.signal("TERM");
    eventually("draining", || match proxy.get("/readyz") {
        (503, _) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    client.send(&raw::sync());
    client.until(b'Z');
    assert_eq!(last_word(&mut client), "57P01");
    assert!(proxy.wait().success(), "{}", proxy.log());
    assert_eq!(shared().sql("drain_pipeline", "SELECT a FROM t").trim(), "kept");
}

#[test]
fn one_process_replaces_another_while_clients_come() {
    let place = Place::new("replaced");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let text = std::fs::read_to_string(place.configure("")).expect("ours");
    let directory = place.directory.path().display();
    let listen =
        format!("[listen]\npostgres = [\"127.0.0.1:{port}\", \"unix:{directory}:7000\"]\nreuse_port = true\n[limits]");
    place.write("exonym.toml", &text.replace("[limits]", &listen));
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exonym"));
        command.args(["serve", "--admin", "127.0.0.1:0", "--config", &place.text_path("exonym.toml")]);
        let proxy = Proxy::run(command);
        proxy.wait_until_ready();
        proxy
    };
    let mut old = start();
    let mut kept = Raw::login(port, "postgres", "replaced");
    kept.query("BEGIN");
    let stop = AtomicBool::new(false);
    let (served, refused) = thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|i| {
                let (stop, place) = (&stop, &place);
                scope.spawn(move || {
                    let mut served = 0;
                    let mut refused = Vec::new();
                    while !stop.load(Ordering::SeqCst) {
                        let directory = place.directory.path();
                        match come(|| if i % 2 == 0 { over_tcp(port) } else { over_unix(directory) }) {
                            Ok(()) => served += 1,
                            Err(why) => refused.push(why),
                        }
                    }
                    (served, refused)
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(200));
        let new = start();
        old.signal("TERM");
        old.wait_for_message("draining");
        thread::sleep(Duration::from_millis(500));
        assert!(old.is_running(), "its transaction goes on");
        kept.send(&raw::query("COMMIT"));
        assert_eq!(raw::tags(&kept.rest()), "CZE");
        assert!(old.wait().success(), "{}", old.log());
        thread::sleep(Duration::from_millis(200));
        stop.store(true, Ordering::SeqCst);
        let outcome = clients.into_iter().map(|c| c.join().expect("no panic")).fold((0, Vec::new()), |mut all, one| {
            all.0 += one.0;
            all.1.extend(one.1);
            all
        });
        assert!(place.path(".s.PGSQL.7000").exists(), "the old one leaves the new one's socket");
        drop(new);
        outcome
    });
    assert!(served > 50, "{served} were served");
    assert!(refused.is_empty(), "{served} were served and {} not: {}", refused.len(), refused[0]);
}

/// The one thing that may come in the way: the old process says that it ends. Coming again has to work at once.
fn come(connect: impl Fn() -> Result<Greeted, String>) -> Result<(), String> {
    match connect()? {
        Greeted::Served => Ok(()),
        Greeted::ToldToComeAgain => match connect()? {
            Greeted::Served => Ok(()),
            Greeted::ToldToComeAgain => Err("told twice to come again".into()),
        },
    }
}

enum Greeted {
    Served,
    ToldToComeAgain,
}

fn over_tcp(port: u16) -> Result<Greeted, String> {
    let stream = TcpStream::connect(("127.0.0.1", port)).map_err(|e| e.to_string())?;
    greet(stream)
}

fn over_unix(directory: &std::path::Path) -> Result<Greeted, String> {
    let path = directory.join(".s.PGSQL.7000");
    greet(std::os::unix::net::UnixStream::connect(path).map_err(|e| format!("unix: {e}"))?)
}

/// Logs in.
fn greet(mut stream: impl std::io::Read + std::io::Write) -> Result<Greeted, String> {
    stream.write_all(&raw::startup(&[("user", "postgres"), ("database", "replaced")])).map_err(|e| e.to_string())?;
    let mut got = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Err(format!("closed after {:?}", String::from_utf8_lossy(&got))),
            Ok(n) => got.extend_from_slice(&buffer[..n]),
            Err(e) => return Err(format!("{e} after {:?}", String::from_utf8_lossy(&got))),
        }
        // ReadyForQuery, idle.
        if got.ends_with(b"Z\0\0\0\x05I") {
            return Ok(Greeted::Served);
        }
        if got.windows(5).any(|w| w == b"57P01" || w == b"57P03") {
            return Ok(Greeted::ToldToComeAgain);
        }
    }
}

#[test]
fn silent_clients_take_neither_the_admin_port_nor_reloads_nor_sessions() {
    let place = Place::new("silent");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_exonym"), "serve"]);
    command.args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    command.args(["--config", &place.configure("startup_timeout = \"1h\"\ncatalog_refresh = \"1h\"\nthreads = 1")]);
    let proxy = Proxy::run(command);
    proxy.wait_until_ready();
    let warned = proxy.wait_for_message("the limit of open files is too low for `max_connections`");
    let most = warned["sessions"].as_u64().expect("a number");
    let mut session = Raw::login(proxy.port, "postgres", "silent");
    let silent: Vec<_> = (0..100).map(|_| TcpStream::connect(("127.0.0.1", proxy.port)).expect("accepted")).collect();
    let too_many = "exonym_logins_total{outcome=\"too_many\"}";
    // The admin port answers all the time.
    eventually("all met", || {
        let turned_away = proxy.metric(too_many).unwrap_or_default();
        if (turned_away - (100.0 - f64::from(u32::try_from(most).expect("few")))).abs() < 0.5 {
            Ok(())
        } else {
            Err(format!("{turned_away} of 100, with {most} places"))
        }
    });
    // Not even for a moment was there none left.
    assert!(!proxy.log().contains("cannot accept clients"), "{}", proxy.log());
    assert_eq!(proxy.metric("exonym_connections_opening").map(|n| n.round().to_string()), Some(most.to_string()));
    assert_eq!(proxy.metric("exonym_connections").map(|n| n.round().to_string()), Some("1".to_owned()));
    place.write("mappings/app.toml", &MAPPING.replace("consumption_kwh", "usage"));
    proxy.signal("HUP");
    proxy.wait_for_message("mappings reloaded");
    let frames = session.query("SELECT usage FROM log");
    assert_eq!(raw::rows(&frames), ["2.5", "4"], "{frames:?}");
    let mut client = Raw::connect(proxy.port);
    let told = client.rest();
    assert_eq!(raw::error(&told).field(b'C').as_deref(), Some("53300"), "{told:?}");
    assert!(raw::error(&told).field(b'H').is_some_and(|hint| hint.contains("open files")), "{told:?}");
    drop(silent);
    eventually("serving again", || {
        let output = proxy.psql("silent", "SELECT 1");
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    });
}

#[test]
fn a_server_that_never_answers_the_login_is_not_waited_for() {
    let place = Place::new("mute");
    let relay = MuteLater::before(shared().port);
    let url = format!("postgres://postgres@127.0.0.1:{}/mute?sslmode=disable", relay.port);
    let proxy = Proxy::start(&["--config", &place.configure_for("startup_timeout = \"500ms\"", &url)]);
    proxy.wait_until_ready();
    relay.mute.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    let mut client = Raw::connect(proxy.port);
    client.send(&raw::startup(&[("user", "postgres"), ("database", "mute")]));
    assert_eq!(last_word(&mut client), "57014");
    assert!((500..3000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    let outcome = "exonym_logins_total{outcome=\"timed_out\"}";
    eventually("counted", || proxy.metric(outcome).filter(|n| *n > 0.5).ok_or_else(|| proxy.get("/metrics").1));
}

#[test]
fn a_second_signal_ends_logins_on_their_way_without_a_panic() {
    let place = Place::new("forced");
    let relay = MuteLater::before(shared().port);
    let url = format!("postgres://postgres@127.0.0.1:{}/forced?sslmode=disable", relay.port);
    let mut proxy = Proxy::start(&["--config", &place.configure_for("", &url)]);
    proxy.wait_until_ready();
    relay.mute.store(true, Ordering::SeqCst);
    let mut clients: Vec<_> = (0..3).map(|_| Raw::connect(proxy.port)).collect();
    for client in &mut clients {
        client.send(&raw::startup(&[("user", "postgres"), ("database", "forced")]));
    }
    thread::sleep(Duration::from_millis(200));
    proxy.signal("TERM");
    proxy.wait_for_message("draining");
    proxy.signal("TERM");
    let _ = proxy.wait();
    assert!(!proxy.log().contains("panicked"), "{}", proxy.log());
}

/// A relay to a server that takes connections and then says nothing, once it is told to.
struct MuteLater {
    port: u16,
    mute: std::sync::Arc<AtomicBool>,
}

impl MuteLater {
    fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let mute = std::sync::Arc::new(AtomicBool::new(false));
        let is_mute = mute.clone();
        thread::spawn(move || {
            let mut silent = Vec::new();
            for client in listener.incoming().map_while(Result::ok) {
                if is_mute.load(Ordering::SeqCst) {
                    silent.push(client);
                    continue;
                }
                let server = TcpStream::connect(("127.0.0.1", server)).expect("it listens");
                for (mut from, mut to) in
                    [(client.try_clone().expect("a handle"), server.try_clone().expect("a handle")), (server, client)]
                {
                    thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(std::net::Shutdown::Write);
                    });
                }
            }
        });
        Self { port, mute }
    }
}
