//! What a client is asked tells nobody who exists; and what it is told when it cannot be verified, or its server is gone.

use std::process::Command;
use std::time::{Duration, Instant};

use super::channel::Client;
use super::client::{PASSWORD, ask, choose, outcome, sasl, server, users};
use super::matrix::Stage;
use super::support::postgres::Postgres;
use super::support::program::eventually;
use super::support::proxy::{Proxy, Setup};
use super::support::raw::{self, Raw};

/// Salt and iterations of a challenge.
fn work(challenge: Vec<u8>) -> String {
    let text = String::from_utf8(challenge).expect("text");
    let (_, work) = text.split_once(",s=").expect("nonce and salt");
    work.to_owned()
}

/// What a user is asked for who can bind, which Exonym verifies.
fn asked_here(proxy: &Proxy, user: &str) -> String {
    let mut client = Client::ask_as(proxy.port, user);
    client.raw.send(&choose("SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,,n=,r=clientnonce"));
    work(client.sasl(11))
}

/// What a user is asked for who cannot, which goes through to the server.
fn asked_there(proxy: &Proxy, user: &str) -> String {
    let mut client = Client::ask_as(proxy.port, user);
    client.raw.send(&choose("SCRAM-SHA-256", b"n,,n=,r=clientnonce"));
    work(client.sasl(11))
}

#[test]
fn the_same_is_asked_by_whoever_asks_of_those_who_exist_and_those_who_do_not() {
    let stage = Stage::new();
    stage.server.sql(
        "postgres",
        "SET password_encryption = 'scram-sha-256';
         CREATE ROLE not_in_file LOGIN PASSWORD 'x'; CREATE ROLE late LOGIN PASSWORD 'x' VALID UNTIL '2020-01-01';
         CREATE ROLE changed LOGIN PASSWORD 'old'; CREATE ROLE bare LOGIN;
         SET password_encryption = md5; CREATE ROLE hashed LOGIN PASSWORD 'x'",
    );
    let roles = ["as_scram", "changed", "late", "not_in_file", "bare", "hashed", "no_such_role"];
    stage.server.prepend_hba(&format!("host all {} 127.0.0.1/32 scram-sha-256", roles.join(",")));
    let known = || users(&stage.server, &["as_scram", "changed", "late"]);
    for leg in ["plain", "tls"] {
        // Two processes, or one before and after it was started again.
        let (proxy, other) = (stage.proxy(leg, Some(known())), stage.proxy(leg, Some(known())));
        stage.server.sql("postgres", "SET password_encryption = 'scram-sha-256'; ALTER ROLE changed PASSWORD 'new'");
        for role in roles {
            let here = asked_here(&proxy, role);
            assert_eq!(here, asked_there(&proxy, role), "{leg}, {role}");
            assert_eq!(here, asked_here(&other, role), "{leg}, {role}");
        }
        assert_ne!(asked_here(&proxy, "bare"), asked_here(&proxy, "no_such_role"), "{leg}");
    }
}

/// A startup packet of a user whose name is no UTF-8.
fn startup_of_bytes(user: &[u8]) -> Vec<u8> {
    let usual = raw::startup(&[("user", &"u".repeat(user.len())), ("database", "postgres")]);
    let (before, after) = usual.split_at(8 + b"user\0".len());
    [before, user, &after[user.len()..]].concat()
}

#[test]
fn a_name_that_is_not_utf_8_is_named_legibly() {
    let mut setup = Setup::to(server().port, "postgres");
    setup.auth = Some(users(server(), &["ann"]));
    let proxy = setup.start();
    let mut client = Raw::connect(proxy.port);
    client.send(&startup_of_bytes(b"j\xfcrgen"));
    client.until(b'R');
    client.send(&choose("SCRAM-SHA-256", b"n,,n=,r=x"));
    let told = client.rest();
    let error = raw::error(&told);
    assert_eq!(error.field(b'C').as_deref(), Some("28000"));
    let message = error.field(b'M').unwrap_or_default();
    assert_eq!(message, "exonym cannot verify user \"j\\xfcrgen\": the name is not UTF-8");
    assert!(error.field(b'H').is_some_and(|hint| hint.contains("UTF-8")), "{told:?}");
}

#[test]
fn a_name_of_many_letters_is_verified() {
    let own = Postgres::start(&[]);
    own.sql("postgres", "CREATE ROLE \"jürgen ☃\" LOGIN PASSWORD 'pässword'");
    let mut setup = Setup::to(own.port, "postgres");
    setup.auth = Some(super::client::query(&own, "postgres", None));
    let proxy = setup.start();
    assert_eq!(outcome(proxy.port, "'jürgen ☃'", PASSWORD, ""), Ok("jürgen ☃".into()));
    let wrong = outcome(proxy.port, "'jürgen ☃'", "wrong", "");
    assert_eq!(wrong, Err("FATAL:  password authentication failed for user \"jürgen ☃\"".into()));
}

/// The server's processes for sessions that are in their login.
fn authenticating(server: &Postgres, user: &str) -> Vec<String> {
    let postmaster = server.postmaster().to_string();
    let output = Command::new("ps").args(["-o", "pid=,args=", "--ppid", &postmaster]).output().expect("ps can be run");
    let text = String::from_utf8_lossy(&output.stdout);
    let found = text.lines().filter(|line| line.contains(user) && line.contains("authentication"));
    found.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn a_server_that_ends_while_the_client_is_waited_for_is_noticed() {
    let stage = Stage::new();
    for leg in ["plain", "tls"] {
        let proxy = stage.proxy(leg, Some(users(&stage.server, &["as_scram"])));
        let before = Client::ask_as(proxy.port, "as_scram");
        let mut during = Client::ask_as(proxy.port, "as_scram");
        during.raw.send(&choose("SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,,n=,r=clientnonce"));
        during.sasl(11);
        let processes = authenticating(&stage.server, "as_scram");
        assert_eq!(processes.len(), 2, "{processes:?}");
        assert!(Command::new("kill").args(&processes).status().expect("kill can be run").success());
        let begun = Instant::now();
        for mut client in [before, during] {
            let told = client.raw.rest();
            assert_eq!(raw::error(&told).field(b'C').as_deref(), Some("08006"), "{leg}: {told:?}");
            assert!(begun.elapsed() < Duration::from_secs(3), "{leg}: {:?}", begun.elapsed());
        }
    }
}

#[test]
fn a_session_that_the_server_ends_before_it_is_verified_is_told_why() {
    let own = Postgres::start(&[]);
    own.sql("postgres", "CREATE ROLE ann LOGIN PASSWORD 'x'");
    let mut setup = Setup::to(own.port, "postgres");
    setup.auth = Some(users(&own, &["ann"]));
    let proxy = setup.start();
    let (mut client, _) = ask(proxy.port, "ann");
    client.send(&choose("SCRAM-SHA-256", b"n,,n=,r=clientnonce"));
    sasl(&mut client, 11);
    eventually("let in by the server", || {
        let ended =
            own.sql("postgres", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'ann'");
        if ended.trim() == "1" { Ok(()) } else { Err(ended) }
    });
    let begun = Instant::now();
    assert_eq!(raw::tags(&client.rest()), "E");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
