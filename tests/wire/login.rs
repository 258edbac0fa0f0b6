//! Everything before the first statement: encryption requests, routes, every way to log in, cancel requests.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use exonym::session::Address;

use super::support::postgres::{self, Postgres};
use super::support::proxy::{Proxy, Setup};
use super::support::raw::{self, Raw};

const SSL: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
const GSS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 48];

fn proxy(database: &str) -> Proxy {
    let server = postgres::shared();
    server.database(database);
    Setup::to(server.port, database).start()
}

fn read_byte(client: &mut Raw) -> u8 {
    let mut byte = [0];
    client.stream.read_exact(&mut byte).expect("an answer");
    byte[0]
}

/// The error that a connection gets for its first bytes.
fn refused(proxy: &Proxy, bytes: &[u8]) -> raw::Frame {
    let mut client = Raw::connect(proxy.port);
    client.send(bytes);
    let frames = client.rest();
    assert_eq!(frames.len(), 1, "{frames:?}");
    assert_eq!(frames[0].field(b'V').as_deref(), Some("FATAL"));
    frames[0].clone()
}

fn psql(host: &str, port: u16, user: &str, database: &str, password: &str, sql: &str) -> Output {
    Command::new(postgres::bin("psql"))
        .args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-w",
            "-h",
            host,
            "-p",
            &port.to_string(),
            "-U",
            user,
            "-d",
            database,
            "-c",
            sql,
        ])
        .env("PGPASSWORD", password)
        .output()
        .expect("psql can be run")
}

#[test]
fn encryption_requests_are_declined_in_either_order() {
    let proxy = proxy("login_ssl");
    for requests in [&[SSL, GSS][..], &[GSS, SSL], &[SSL], &[GSS]] {
        let mut client = Raw::connect(proxy.port);
        for request in requests {
            client.send(request);
            assert_eq!(read_byte(&mut client), b'N');
        }
        client.send(&raw::startup(&[("user", "postgres"), ("database", "login_ssl")]));
        client.until(b'Z');
    }
    let mut client = Raw::connect(proxy.port);
    client.send(&SSL);
    assert_eq!(read_byte(&mut client), b'N');
    client.send(&SSL);
    assert_eq!(client.rest()[0].field(b'C').as_deref(), Some("0A000"), "once is enough");
}

#[test]
fn plaintext_behind_an_encryption_request_is_refused() {
    let proxy = proxy("login_injected");
    let startup = raw::startup(&[("user", "postgres"), ("database", "login_injected")]);
    for request in [SSL, GSS] {
        let error = refused(&proxy, &[&request[..], &startup].concat());
        assert_eq!(error.field(b'C').as_deref(), Some("08P01"));
        assert!(error.field(b'M').is_some_and(|m| m.contains("unencrypted data")), "{error:?}");
    }
}

#[test]
fn a_startup_packet_may_arrive_byte_by_byte_but_not_take_forever() {
    let server = postgres::shared();
    server.database("login_slow");
    let mut setup = Setup::to(server.port, "login_slow");
    setup.limits.startup_timeout = Duration::from_millis(500);
    let proxy = setup.start();
    let startup = raw::startup(&[("user", "postgres"), ("database", "login_slow")]);
    let mut client = Raw::connect(proxy.port);
    client.trickle(&startup);
    client.until(b'Z');
    let mut late = Raw::connect(proxy.port);
    late.send(&startup[..10]);
    assert!(late.rest().is_empty());
    assert!((proxy.metric("exonym_logins_total{outcome=\"timed_out\"}") - 1.0).abs() < f64::EPSILON);
}

#[test]
fn an_unknown_database_is_refused_with_the_routes_that_there_are() {
    let proxy = proxy("login_known");
    let error = refused(&proxy, &raw::startup(&[("user", "postgres"), ("database", "elsewhere")]));
    assert_eq!(error.field(b'C').as_deref(), Some("3D000"));
    assert_eq!(error.field(b'M').as_deref(), Some("database \"elsewhere\" does not exist"));
    assert_eq!(error.field(b'H').as_deref(), Some("exonym has routes for \"login_known\""));
    let error = refused(&proxy, &raw::startup(&[("user", "login_unknown")]));
    assert_eq!(
        error.field(b'M').as_deref(),
        Some("database \"login_unknown\" does not exist"),
        "the user is the default"
    );
}

#[test]
fn physical_replication_needs_no_route_of_its_own() {
    let proxy = proxy("login_replication");
    let system = |port| {
        let mut client = Raw::connect(port);
        client.send(&raw::startup(&[("user", "postgres"), ("database", "replication"), ("replication", "true")]));
        client.until(b'Z');
        client.send(&raw::query("IDENTIFY_SYSTEM"));
        client.until(b'Z')
    };
    let (straight, through) = (system(postgres::shared().port), system(proxy.port));
    // The position in the WAL moves on.
    let shape = |frames: &[raw::Frame]| frames.iter().map(|f| f.tag).collect::<Vec<_>>();
    assert_eq!(shape(&straight), shape(&through));
    assert_eq!(straight[0], through[0]);
}

#[test]
fn a_backend_that_is_not_there_is_said_so() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let proxy = Setup::to(free, "gone").start();
    let error = refused(&proxy, &raw::startup(&[("user", "postgres"), ("database", "gone")]));
    assert_eq!(error.field(b'C').as_deref(), Some("57P03"));
    assert!(error.field(b'M').is_some_and(|m| m.contains("\"warehouse\" cannot be reached")), "{error:?}");
    assert!((proxy.metric("exonym_logins_total{outcome=\"unreachable\"}") - 1.0).abs() < f64::EPSILON);
}

#[test]
fn sessions_beyond_the_limit_are_refused_and_their_places_come_back() {
    let server = postgres::shared();
    server.database("login_limit");
    let mut setup = Setup::to(server.port, "login_limit");
    setup.limits.max_connections = 2;
    let proxy = setup.start();
    let first = Raw::login(proxy.port, "postgres", "login_limit");
    let _second = Raw::login(proxy.port, "postgres", "login_limit");
    let startup = raw::startup(&[("user", "postgres"), ("database", "login_limit")]);
    assert_eq!(refused(&proxy, &startup).field(b'C').as_deref(), Some("53300"));
    drop(first);
    let until = Instant::now() + Duration::from_secs(10);
    while proxy.metric("exonym_connections") > 1.5 {
        assert!(Instant::now() < until, "the place of a session that ended is not free");
        std::thread::sleep(Duration::from_millis(10));
    }
    Raw::login(proxy.port, "postgres", "login_limit");
}

#[test]
fn every_way_to_log_in_is_relayed() {
    let server = Postgres::start(&[]);
    server.sql(
        "postgres",
        "CREATE ROLE by_trust LOGIN;
         CREATE ROLE by_password LOGIN PASSWORD 'pässword';
         CREATE ROLE by_scram LOGIN PASSWORD 'pässword';
         SET password_encryption = md5;
         CREATE ROLE by_md5 LOGIN PASSWORD 'pässword';",
    );
    server.prepend_hba(
        "host all by_password 127.0.0.1/32 password\nhost all by_md5 127.0.0.1/32 md5\n\
         host all by_scram 127.0.0.1/32 scram-sha-256\nhost all by_nobody 127.0.0.1/32 reject",
    );
    let proxy = Setup::to(server.port, "postgres").start();
    let as_user = |user, password| psql("127.0.0.1", proxy.port, user, "postgres", password, "SELECT current_user");
    for user in ["by_trust", "by_password", "by_md5", "by_scram"] {
        let output = as_user(user, "pässword");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{user}\n"), "{said}");
    }
    for user in ["by_password", "by_md5", "by_scram", "by_nobody"] {
        let through = as_user(user, "wrong");
        let straight = psql("127.0.0.1", server.port, user, "postgres", "wrong", "SELECT 1");
        let without_port =
            |output: &Output, port: u16| String::from_utf8_lossy(&output.stderr).replace(&port.to_string(), "PORT");
        assert_eq!(without_port(&through, proxy.port), without_port(&straight, server.port));
        assert!(!through.status.success());
    }
    assert!((proxy.metric("exonym_logins_total{outcome=\"accepted\"}") - 4.0).abs() < f64::EPSILON);
    assert!((proxy.metric("exonym_logins_total{outcome=\"rejected\"}") - 4.0).abs() < f64::EPSILON);
}

#[test]
fn unix_sockets_on_both_ends_and_another_database_behind() {
    let server = postgres::shared();
    server.database("login_real");
    let mut setup = Setup::to(server.port, "login_alias");
    setup.server_database = "login_real".into();
    setup.address = Address::Unix(server.directory.join(format!(".s.PGSQL.{}", server.port)));
    let proxy = setup.start();
    let host = proxy.socket_directory.display().to_string();
    let output = psql(&host, proxy.port, "postgres", "login_alias", "", "SELECT current_database()");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "login_real\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_cancel_request_ends_the_statement_of_its_session_and_no_other() {
    let proxy = proxy("login_cancel");
    let mut client = Raw::login(proxy.port, "postgres", "login_cancel");
    let mut other = Raw::login(proxy.port, "postgres", "login_cancel");
    client.send(&raw::query("SELECT pg_sleep(60)"));
    other.send(&raw::query("SELECT pg_sleep(1)"));
    wait_until_active(2, "login_cancel");
    let mut cancel = Raw::connect(proxy.port);
    cancel.send(&raw::cancel(&client.key));
    assert!(cancel.rest().is_empty(), "a server says nothing to a cancel request");
    assert_eq!(raw::error(&client.until(b'Z')).field(b'C').as_deref(), Some("57014"));
    assert_eq!(raw::tags(&other.until(b'Z')), "TDCZ");
    // The session goes on.
    assert_eq!(raw::rows(&client.query("SELECT 'alive'")), ["alive"]);
}

#[test]
fn a_cancel_request_with_an_unknown_key_is_closed_without_a_word() {
    let proxy = proxy("login_unknown_key");
    let mut client = Raw::login(proxy.port, "postgres", "login_unknown_key");
    client.send(&raw::query("SELECT pg_sleep(0.5)"));
    let mut wrong = client.key.clone();
    let last = wrong.last_mut().expect("it has bytes");
    *last = last.wrapping_add(1);
    let mut cancel = Raw::connect(proxy.port);
    cancel.send(&raw::cancel(&wrong));
    assert!(cancel.rest().is_empty());
    assert_eq!(raw::tags(&client.until(b'Z')), "TDCZ");
    // The key of a session that has ended leads nowhere either.
    let key = client.key.clone();
    client.send(&raw::frame(b'X', &[]));
    assert!(client.rest().is_empty());
    let mut cancel = Raw::connect(proxy.port);
    cancel.send(&raw::cancel(&key));
    assert!(cancel.rest().is_empty());
}

#[test]
fn a_health_check_that_only_connects_leaves_no_trace() {
    let proxy = proxy("login_health");
    for _ in 0..5 {
        let client = Raw::connect(proxy.port);
        client.finish_sending();
        let mut nothing = Vec::new();
        (&client.stream).read_to_end(&mut nothing).expect("it is closed");
        assert!(nothing.is_empty());
    }
    let mut half = Raw::connect(proxy.port);
    half.stream.write_all(&[0, 0]).expect("it listens");
    half.finish_sending();
    assert!(half.rest().is_empty());
    assert!((proxy.metric("exonym_connections") - 0.0).abs() < f64::EPSILON);
}

fn wait_until_active(sessions: usize, database: &str) {
    let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND wait_event = 'PgSleep'");
    let until = Instant::now() + Duration::from_secs(10);
    while postgres::shared().sql("postgres", &sql).trim() != sessions.to_string() {
        assert!(Instant::now() < until, "the statements never ran");
        std::thread::sleep(Duration::from_millis(20));
    }
}
