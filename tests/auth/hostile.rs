//! What no client should say during a login: refused as Postgres refuses it, and never let in.

use std::io::Read as _;
use std::net::TcpListener;
use std::time::Duration;

use exonym::config::{BackendTls, SslMode};
use exonym::net::Terms;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};

use super::client::{PASSWORD, ask, choose, refusal, sasl, server, users};
use super::support::proxy::{Proxy, Setup};
use super::support::raw::{self, Raw};

/// What a client makes of its right last message.
type Change = fn(&str) -> String;

fn proxy() -> Proxy {
    let mut setup = Setup::to(server().port, "postgres");
    setup.auth = Some(users(server(), &["ann"]));
    setup.start()
}

/// The error for a client that answers the offer like this.
fn first(proxy: &Proxy, answer: &[u8]) -> (String, String) {
    let (mut client, _) = ask(proxy.port, "ann");
    client.send(answer);
    said(&mut client)
}

fn said(client: &mut Raw) -> (String, String) {
    let error = refusal(client);
    (error.field(b'C').expect("a code"), error.field(b'M').expect("a message"))
}

#[test]
fn first_answers_that_are_none() {
    let proxy = proxy();
    let scram = |message: &[u8]| choose("SCRAM-SHA-256", message);
    let long = [b"n,,n=,r=".to_vec(), vec![b'x'; 1100]].concat();
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("another mechanism", choose("SCRAM-SHA-1", b"n,,n=,r=x"), "08P01"),
        ("the mechanism that needs TLS", choose("SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,,n=,r=x"), "08P01"),
        ("channel binding with the mechanism that has none", scram(b"p=tls-server-end-point,,n=,r=x"), "08P01"),
        ("an unknown flag", scram(b"x,,n=,r=x"), "08P01"),
        ("somebody else's name", scram(b"n,a=postgres,n=,r=x"), "0A000"),
        ("an extension", scram(b"n,,m=x,n=,r=x"), "0A000"),
        ("no name", scram(b"n,,r=x"), "08P01"),
        ("no nonce", scram(b"n,,n="), "08P01"),
        ("an empty nonce", scram(b"n,,n=,r="), "08P01"),
        ("a nonce of other characters", scram("n,,n=,r=ä".as_bytes()), "08P01"),
        ("a zero byte", scram(b"n,,n=,r=x\0"), "08P01"),
        ("nothing", scram(b""), "08P01"),
        ("too much", scram(&long), "08P01"),
        ("a length that is not its own", raw::frame(b'p', b"SCRAM-SHA-256\0\0\0\0\x09n,,"), "08P01"),
        ("a password", raw::frame(b'p', b"hunter2\0"), "08P01"),
        ("a query", raw::query("SELECT 1"), "08P01"),
        ("no frame", vec![0xff; 20], "08P01"),
        ("a frame beyond all limits", [&b"p"[..], &[0x7f, 0, 0, 0]].concat(), "08P01"),
    ];
    for (what, answer, sqlstate) in cases {
        let (code, message) = first(&proxy, answer);
        assert_eq!(&code, sqlstate, "{what}: {message}");
    }
    assert!((proxy.metric("exonym_logins_total{outcome=\"accepted\"}") - 0.0).abs() < f64::EPSILON);
}

#[test]
fn last_answers_that_are_none() {
    let proxy = proxy();
    let cases: &[(&str, Change, &str)] = &[
        ("a proof with one bit changed", |m| flip(m), "28P01"),
        ("no proof", |m| m.split(",p=").next().unwrap_or_default().into(), "08P01"),
        ("half a proof", |m| m[..m.len() - 8].into(), "08P01"),
        ("another nonce", |m| m.replacen("r=", "r=x", 1), "08P01"),
        ("the client's nonce alone", |m| format!("c=biws,r=x{}", &m[m.find(",p=").unwrap_or_default()..]), "08P01"),
        ("another flag", |m| m.replacen("c=biws", "c=eSws", 1), "08P01"),
        ("something behind the proof", |m| format!("{m},x=y"), "08P01"),
        ("something between", |m| m.replacen(",p=", ",x=y,p=", 1), "28P01"),
        ("too much", |m| m.replacen(",p=", &format!(",x={},p=", "y".repeat(1100)), 1), "08P01"),
        ("nothing", |_| String::new(), "08P01"),
    ];
    for (what, change, sqlstate) in cases {
        let (mut client, _) = ask(proxy.port, "ann");
        let mut scram = ScramSha256::new(PASSWORD.as_bytes(), ChannelBinding::unsupported());
        client.send(&choose("SCRAM-SHA-256", scram.message()));
        scram.update(&sasl(&mut client, 11)).expect("a challenge");
        let right = String::from_utf8(scram.message().to_vec()).expect("text");
        client.send(&raw::frame(b'p', change(&right).as_bytes()));
        let (code, message) = said(&mut client);
        assert_eq!(&code, sqlstate, "{what}: {message}");
    }
    // Unchanged it is right; and it may come in pieces, with the first statement behind it.
    let (mut client, _) = ask(proxy.port, "ann");
    let mut scram = ScramSha256::new(PASSWORD.as_bytes(), ChannelBinding::unsupported());
    client.trickle(&choose("SCRAM-SHA-256", scram.message()));
    scram.update(&sasl(&mut client, 11)).expect("a challenge");
    client.send(&[raw::frame(b'p', scram.message()), raw::query("SELECT 'early'")].concat());
    scram.finish(&sasl(&mut client, 12)).expect("the signature");
    client.until(b'Z');
    assert_eq!(raw::rows(&client.until(b'Z')), ["early"]);
}

#[test]
fn a_first_message_may_be_asked_for() {
    let proxy = proxy();
    let (mut client, _) = ask(proxy.port, "ann");
    let mut scram = ScramSha256::new(PASSWORD.as_bytes(), ChannelBinding::unsupported());
    client.send(&raw::frame(b'p', b"SCRAM-SHA-256\0\xff\xff\xff\xff"));
    assert!(sasl(&mut client, 11).is_empty());
    client.send(&raw::frame(b'p', scram.message()));
    scram.update(&sasl(&mut client, 11)).expect("a challenge");
    client.send(&raw::frame(b'p', scram.message()));
    scram.finish(&sasl(&mut client, 12)).expect("the signature");
    client.until(b'Z');
}

#[test]
fn who_leaves_while_the_server_says_nothing_leaves_it_at_once() {
    let tls = |mode| Terms::load(&BackendTls { mode, ..BackendTls::default() }).expect("no files");
    // Before the server has said whether it speaks TLS, and before it has said how to log in.
    for mode in [SslMode::Require, SslMode::Disable] {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut setup = Setup::to(silent.local_addr().expect("bound").port(), "postgres");
        setup.auth = Some(users(server(), &["ann"]));
        setup.terms = tls(mode);
        let proxy = setup.start();
        let mut client = Raw::connect(proxy.port);
        client.send(&raw::startup(&[("user", "ann"), ("database", "postgres")]));
        let (mut connection, _) = silent.accept().expect("the proxy comes");
        connection.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        let mut first = [0; 1024];
        assert!(connection.read(&mut first).expect("it says something") > 0);
        drop(client);
        assert_eq!(connection.read(&mut first).ok(), Some(0), "{mode:?}");
    }
}

fn flip(message: &str) -> String {
    let at = message.find(",p=").expect("a proof") + 3;
    let first = if message.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{first}{}", &message[..at], &message[at + 1..])
}
