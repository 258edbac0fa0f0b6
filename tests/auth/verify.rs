//! The server lets in whoever comes, as with `trust`, `peer` or our own certificate; `auth` verifies who comes.

use std::time::{Duration, Instant};

use exonym::session::Address;
use postgres_protocol::authentication::sasl::ChannelBinding;

use super::client::{PASSWORD, ask, choose, log_in, outcome, query, sasl, server, users};
use super::support::postgres::Postgres;
use super::support::proxy::{Proxy, Setup};
use super::support::raw;

fn proxy(auth: exonym::session::Source) -> Proxy {
    let mut setup = Setup::to(server().port, "postgres");
    setup.auth = Some(auth);
    setup.start()
}

fn wrong(user: &str) -> Result<String, String> {
    Err(format!("FATAL:  password authentication failed for user \"{user}\""))
}

#[test]
fn a_users_file_lets_in_who_is_in_it() {
    let proxy = proxy(users(server(), &["ann", "by_scram"]));
    assert_eq!(outcome(proxy.port, "ann", PASSWORD, ""), Ok("ann".into()));
    assert_eq!(outcome(proxy.port, "ann", "wrong", ""), wrong("ann"));
    assert_eq!(outcome(proxy.port, "in_time", PASSWORD, ""), wrong("in_time"), "not in the file");
    assert_eq!(outcome(proxy.port, "no_such_role", PASSWORD, ""), wrong("no_such_role"));
    // Whom the server asks itself is none of our business.
    assert_eq!(outcome(proxy.port, "by_scram", PASSWORD, ""), Ok("by_scram".into()));
    assert_eq!(outcome(proxy.port, "by_scram", "wrong", ""), wrong("by_scram"));
    assert!((proxy.metric("exonym_logins_total{outcome=\"accepted\"}") - 2.0).abs() < f64::EPSILON);
    assert!((proxy.metric("exonym_logins_total{outcome=\"rejected\"}") - 4.0).abs() < f64::EPSILON);
}

#[test]
fn the_server_is_asked_for_verifiers() {
    let proxy = proxy(query(server(), "postgres", None));
    for (user, expected) in [
        ("ann", Ok("ann".to_owned())),
        ("in_time", Ok("in_time".to_owned())),
        ("late", wrong("late")),
        ("nobody", wrong("nobody")),
        ("bare", wrong("bare")),
        ("old", wrong("old")),
        ("no_such_role", wrong("no_such_role")),
    ] {
        assert_eq!(outcome(proxy.port, user, PASSWORD, ""), expected, "{user}");
    }
    assert_eq!(outcome(proxy.port, "ann", "wrong", ""), wrong("ann"));
}

#[test]
fn a_function_is_asked_by_a_role_that_may_read_nothing_else() {
    let by_function = proxy(query(server(), "reader", Some("SELECT $1, public.exonym_verifier($1)")));
    assert_eq!(outcome(by_function.port, "ann", PASSWORD, ""), Ok("ann".into()));
    assert_eq!(outcome(by_function.port, "ann", "wrong", ""), wrong("ann"));
    assert_eq!(outcome(by_function.port, "postgres", PASSWORD, ""), wrong("postgres"));
    // The usual query is beyond its rights: then nobody is let in.
    let by_table = proxy(query(server(), "reader", None));
    let refused = outcome(by_table.port, "ann", PASSWORD, "").expect_err("no verifier");
    assert!(
        refused.contains("exonym cannot look up the verifier") && refused.contains("[backends.warehouse]"),
        "{refused}"
    );
}

#[test]
fn a_changed_password_counts_at_once_and_a_lost_connection_is_made_again() {
    let own = Postgres::start(&[]);
    own.sql("postgres", "CREATE ROLE ann LOGIN PASSWORD 'first'");
    let mut setup = Setup::to(own.port, "postgres");
    setup.auth = Some(query(&own, "postgres", None));
    let proxy = setup.start();
    assert_eq!(outcome(proxy.port, "ann", "first", ""), Ok("ann".into()));
    own.sql("postgres", "ALTER ROLE ann PASSWORD 'second'");
    assert_eq!(outcome(proxy.port, "ann", "first", ""), wrong("ann"));
    assert_eq!(outcome(proxy.port, "ann", "second", ""), Ok("ann".into()));
    let cut = own.sql(
        "postgres",
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'exonym catalog'",
    );
    assert_eq!(cut.trim(), "1", "one connection asks for everyone");
    assert_eq!(outcome(proxy.port, "ann", "second", ""), Ok("ann".into()));
}

#[test]
fn a_unix_socket_behind_lets_in_only_who_is_verified() {
    let server = server();
    let mut setup = Setup::to(server.port, "postgres");
    setup.address = Address::Unix(server.directory.join(format!(".s.PGSQL.{}", server.port)));
    setup.auth = Some(users(server, &["ann"]));
    let proxy = setup.start();
    assert_eq!(outcome(proxy.port, "ann", PASSWORD, ""), Ok("ann".into()));
    assert_eq!(outcome(proxy.port, "postgres", "", ""), Err("fe_sendauth: no password supplied".into()));
}

#[test]
fn the_session_behind_a_verified_login_is_the_servers_own() {
    let proxy = proxy(users(server(), &["ann"]));
    for binding in [ChannelBinding::unsupported(), ChannelBinding::unrequested()] {
        let frames = log_in(proxy.port, "ann", PASSWORD, binding).expect("the right password");
        assert_eq!(frames[0].body, [0; 4], "let in");
        assert!(raw::tags(&frames).ends_with("KZ"), "{frames:?}");
    }
    let error = log_in(proxy.port, "ann", "wrong", ChannelBinding::unsupported()).expect_err("the wrong password");
    assert_eq!(error.field(b'C').as_deref(), Some("28P01"));
}

#[test]
fn who_does_not_exist_is_not_told_from_who_does() {
    let proxy = proxy(users(server(), &["ann"]));
    let challenge = |user| {
        let (mut client, offer) = ask(proxy.port, user);
        assert_eq!(offer, "SCRAM-SHA-256", "the client has no TLS");
        client.send(&choose("SCRAM-SHA-256", b"n,,n=,r=clientnonce"));
        let text = String::from_utf8(sasl(&mut client, 11)).expect("text");
        let (nonce, work) = text.split_once(",s=").expect("nonce and salt");
        assert!(nonce.starts_with("r=clientnonce") && nonce.len() > 30, "{text}");
        work.to_owned()
    };
    let (known, unknown, other) = (challenge("ann"), challenge("no_such_role"), challenge("somebody"));
    assert_eq!(known.len(), unknown.len());
    assert_eq!(known, challenge("ann"));
    assert_eq!(unknown, challenge("no_such_role"));
    assert_ne!(unknown, other);
}

#[test]
fn a_login_takes_no_longer_than_it_may() {
    for auth in [None, Some(users(server(), &["ann"]))] {
        let mut setup = Setup::to(server().port, "postgres");
        setup.limits.startup_timeout = Duration::from_millis(700);
        let user = if auth.is_some() { "ann" } else { "by_scram" };
        setup.auth = auth;
        let proxy = setup.start();
        let begun = Instant::now();
        let (mut client, _) = ask(proxy.port, user);
        let frames = client.rest();
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_eq!(raw::error(&frames).field(b'C').as_deref(), Some("57014"));
        let counted = || (proxy.metric("exonym_logins_total{outcome=\"timed_out\"}") - 1.0).abs() < f64::EPSILON;
        while !counted() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the login is not counted");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    // Who is in stays in.
    let mut setup = Setup::to(server().port, "postgres");
    setup.limits.startup_timeout = Duration::from_millis(300);
    setup.auth = Some(users(server(), &["ann"]));
    let proxy = setup.start();
    let mut client = raw::Raw::connect(proxy.port);
    client.send(&raw::startup(&[("user", "by_scram"), ("database", "postgres")]));
    drop(client);
    let output = std::process::Command::new(super::support::postgres::bin("psql"))
        .args([
            "-X",
            "-A",
            "-t",
            "-h",
            "127.0.0.1",
            "-U",
            "ann",
            "-d",
            "postgres",
            "-c",
            "SELECT pg_sleep(0.8)",
            "-c",
            "SELECT 'still here'",
        ])
        .args(["-p", &proxy.port.to_string()])
        .env("PGPASSWORD", PASSWORD)
        .output()
        .expect("psql can be run");
    assert!(String::from_utf8_lossy(&output.stdout).contains("still here"), "{output:?}");
}
