//! Sessions with TLS on both legs, as bytes and as libpq.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::authority::{Authority, Valid};
use super::door;
use super::encrypted::{Dress, Encrypted};
use super::libpq;
use super::server::{secured, through};
use super::support::postgres;
use super::support::proxy::Setup;
use super::support::raw::{self, Raw};
use super::support::slicer;
use super::support::tap::Tap;

/// Longest record that libpq's asynchronous interface takes in with one read.
const LONGEST_RECORD: usize = 8192;
const APPLICATION_DATA: u8 = 23;

fn rows(session: &mut Encrypted, sql: &str) -> Vec<String> {
    session.send(&raw::query(sql));
    raw::rows(&session.until(b'Z'))
}

#[test]
fn records_to_clients_are_at_most_8_kib() {
    let authority = Authority::new("door");
    let proxy = door::proxy("session_records", &door::settings(&authority.sign("door", &["localhost"], Valid::Now)));
    let mut session = Encrypted::log_in_to(proxy.port, &Dress::new(&authority.root), "session_records");
    let sql = "SELECT repeat('x', 100000) FROM generate_series(1, 50)";
    let got = rows(&mut session, sql);
    assert!(got.len() == 50 && got.iter().all(|row| row.len() == 100_000));
    let longest = session.stream.0.sock.seen.iter().map(|(_, length)| *length).max().unwrap_or_default();
    assert!(longest <= LONGEST_RECORD, "{longest}");
    let full = session.stream.0.sock.seen.iter().filter(|(kind, n)| *kind == APPLICATION_DATA && *n == longest).count();
    assert!(full > 500, "bytes come in few records, {full} of them of {longest}");
}

#[test]
fn a_client_that_begins_with_tls_names_the_protocol() {
    let authority = Authority::new("door");
    let proxy = door::proxy("session_alpn", &door::settings(&authority.sign("door", &["localhost"], Valid::Now)));
    let usual = Dress::new(&authority.root);
    let alpn = |alpn: &[&'static str], is_direct| Dress { alpn: alpn.to_vec(), is_direct, ..usual.clone() };
    for (dress, agreed) in [
        (alpn(&["postgresql"], true), Some("postgresql")),
        (alpn(&["http/1.1", "postgresql"], true), Some("postgresql")),
        (alpn(&["postgresql"], false), Some("postgresql")),
        (alpn(&[], false), None),
    ] {
        let session = Encrypted::log_in_to(proxy.port, &dress, "session_alpn");
        let protocol = session.stream.0.conn.alpn_protocol().map(String::from_utf8_lossy);
        assert_eq!(protocol.as_deref(), agreed, "{dress:?}");
    }
    for dress in [alpn(&["http/1.1"], true), alpn(&["http/1.1"], false), alpn(&[], true)] {
        let error = Encrypted::handshake(proxy.port, &dress).expect_err("no protocol in common");
        assert!(error.to_string().contains("NoApplicationProtocol"), "{dress:?}: {error}");
    }
    // The first byte of a handshake, and nothing of one behind it.
    let mut client = TcpStream::connect(("127.0.0.1", proxy.port)).expect("it listens");
    client.write_all(&[22, 3, 1, 0, 4, 9, 0, 0, 0]).expect("it reads");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).expect("closed");
    assert!(matches!(answer.first(), None | Some(21)), "an alert or nothing: {answer:?}");
}

#[test]
fn what_is_sent_before_the_answer_to_an_ssl_request_is_refused() {
    let authority = Authority::new("door");
    let proxy = door::proxy("session_behind", &door::settings(&authority.sign("door", &["localhost"], Valid::Now)));
    let startup = raw::startup(&[("user", "postgres"), ("database", "session_behind")]);
    let mut client = Raw::connect(proxy.port);
    client.send(&[&[0, 0, 0, 8, 4, 210, 22, 47], &startup[..]].concat());
    let frames = client.rest();
    assert_eq!(raw::error(&frames).field(b'M').as_deref(), Some("received unencrypted data after SSL request"));
    // And plain bytes where TLS was agreed on are no session either.
    let mut client = Raw::connect(proxy.port);
    client.send(&[0, 0, 0, 8, 4, 210, 22, 47]);
    let mut answer = [0];
    client.stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(answer, *b"S");
    client.send(&startup);
    let mut rest = Vec::new();
    let _ = client.stream.read_to_end(&mut rest);
    assert_ne!(rest.first(), Some(&b'R'), "{rest:?}");
}

#[test]
fn bytes_behind_the_servers_yes_are_no_session() {
    // What an attacker would put in front of the server's handshake: answers to a login that never took place.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 8];
            stream.read_exact(&mut request).expect("a request");
            let injected = [raw::frame(b'R', &[0; 4]), raw::frame(b'Z', b"I")].concat();
            let _ = stream.write_all(&[b"S", &injected[..]].concat());
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    let proxy = through(port, "sslmode=require").expect("good settings");
    let mut client = Raw::connect(proxy.port);
    client.send(&raw::startup(&[("user", "postgres"), ("database", "postgres")]));
    let frames = client.rest();
    assert_eq!(raw::tags(&frames), "E", "{frames:?}");
    assert!(frames[0].field(b'M').is_some_and(|m| m.contains("no TLS with the server")), "{frames:?}");
}

#[test]
fn sessions_in_tiny_pieces_and_half_closed_get_everything() {
    let authority = Authority::new("door");
    let proxy = door::proxy("session_pieces", &door::settings(&authority.sign("door", &["localhost"], Valid::Now)));
    let usual = Dress::new(&authority.root);
    let tiny = Dress { fragment: Some(40), trickles: true, ..usual.clone() };
    let mut session = Encrypted::log_in_to(proxy.port, &tiny, "session_pieces");
    let long = "y".repeat(3000);
    assert_eq!(rows(&mut session, &format!("SELECT '{long}'")), [long]);
    // Whoever has said everything gets the whole answer, by close_notify or without it.
    for is_said in [true, false] {
        let mut session = Encrypted::log_in_to(proxy.port, &usual, "session_pieces");
        session.send(&raw::query("SELECT repeat('z', 1000) FROM generate_series(1, 2000), pg_sleep(0.2)"));
        if is_said {
            session.close_notify();
        } else {
            session.cut();
        }
        let frames = session.rest();
        assert_eq!(raw::rows(&frames).len(), 2000, "said: {is_said}");
        assert_eq!(frames.last().map(|f| f.tag), Some(b'Z'), "said: {is_said}");
    }
    let until = Instant::now() + Duration::from_secs(10);
    drop(session);
    while proxy.metric("exonym_connections") > 0.5 {
        assert!(Instant::now() < until, "sessions whose client has left go on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn bytes_come_one_by_one_from_both_ends_in_tls() {
    let secured = secured();
    let proxy = through(slicer::before(secured.server.port), "sslmode=require").expect("good settings");
    let authority = Authority::new("door");
    door::open(&proxy, &door::settings(&authority.sign("door", &["localhost"], Valid::Now)));
    let dress = Dress { trickles: true, ..Dress::new(&authority.root) };
    let said = [
        raw::query("SELECT i, repeat('x', i) FROM generate_series(1, 60) i; SELECT 1/0"),
        raw::extended("SELECT $1::text, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &["wort"]),
        raw::sync(),
        raw::query("COPY (SELECT generate_series(1, 50)) TO STDOUT"),
    ]
    .concat();
    let play = |port: u16, dress: &Dress| {
        let mut session = Encrypted::log_in_to(port, dress, "postgres");
        session.send(&said);
        (0..3).flat_map(|_| session.until(b'Z')).collect::<Vec<_>>()
    };
    let straight = play(secured.server.port, &Dress::new(&secured.authority.root));
    assert_eq!(play(slicer::before(proxy.port), &dress), straight);
    assert_eq!(raw::tags(&straight).matches('Z').count(), 3);
}

#[test]
fn libpq_streams_copies_and_cancels_over_tls_on_both_legs() {
    let secured = secured();
    let tap = Tap::before(secured.server.port);
    let proxy = through(tap.port, "sslmode=require").expect("good settings");
    let authority = Authority::new("door");
    let pair = authority.sign("door", &["localhost"], Valid::Now);
    door::open(&proxy, &door::settings(&pair));
    let root = authority.root.display();
    let common = format!("host=localhost port={} user=postgres dbname=postgres", proxy.port);
    let dsns = [
        format!("{common} sslmode=verify-full sslrootcert={root}"),
        format!("{common} sslmode=verify-full sslrootcert={root} sslnegotiation=direct"),
        format!("{common} sslmode=require ssl_max_protocol_version=TLSv1.2"),
    ];
    for (dsn, said) in dsns.iter().zip(libpq::run("traffic.py", &dsns)) {
        assert_eq!(said["rows"], 3_000, "{dsn}: {said}");
        assert_eq!(said["copied_in"], said["copied_out"], "{dsn}: {said}");
        assert_eq!(said["pipelined"], 2000, "{dsn}: {said}");
        assert_eq!(said["cancelled"], "57014", "{dsn}: {said}");
        assert!(said["cancel_failed"].is_null(), "{dsn}: {said}");
        assert_eq!(said["server_ssl"], true, "{dsn}: {said}");
    }
    // The session, and the request to cancel: both ask the server for TLS first.
    for n in 0..2 {
        let up = tap.recording(n).up.lock().expect("no panic").clone();
        assert_eq!(up.get(..8), Some(&[0, 0, 0, 8, 4, 210, 22, 47][..]), "connection {n}");
        assert_eq!(up.get(8), Some(&22), "connection {n} goes on in TLS");
    }
}

#[test]
fn old_libpq_comes_in_too() {
    let authority = Authority::new("door");
    let proxy = door::proxy("session_old", &door::settings(&authority.sign("door", &["localhost"], Valid::Now)));
    let script = "\\copy (SELECT repeat('a', 1000) FROM generate_series(1, 20000)) TO '/dev/null'\nSELECT ssl FROM pg_stat_ssl LIMIT 0;\n\\conninfo\n";
    let mut psql = std::process::Command::new(postgres::bin("psql"))
        .args(["-X", "-q", "-A", "-t", "-d"])
        .arg(format!("host=localhost port={} user=postgres dbname=session_old sslmode=require", proxy.port))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("psql can be run");
    psql.stdin.take().expect("piped").write_all(script.as_bytes()).expect("it reads");
    let output = psql.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("protocol: TLSv1.3"), "{said}");
}

#[test]
fn whatever_ends_a_connection_is_said_in_tls_first() {
    let authority = Authority::new("door");
    let server = postgres::shared();
    server.database("session_ends");
    let mut setup = Setup::to(server.port, "session_ends");
    setup.limits.startup_timeout = Duration::from_secs(2);
    let proxy = setup.start();
    door::open(&proxy, &door::settings(&authority.sign("door", &["localhost"], Valid::Now)));
    let dress = Dress::new(&authority.root);
    for (what, packet) in [
        ("a startup packet that is too long", &[0, 1, 0, 0, 0, 3, 0, 0][..]),
        ("one that is too short", &[0, 0, 0, 7, 0, 3, 0]),
        ("one without end", b"\0\0\0\x0c\0\x03\0\0user"),
        ("a request to cancel what is not there", b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02"),
        ("nothing, until the login is late", b""),
    ] {
        let mut client = Encrypted::handshake(proxy.port, &dress).expect("a handshake");
        client.send(packet);
        let told: Vec<_> = client.rest();
        assert!(told.len() <= 1, "{what}: {told:?}");
        assert!(client.is_ended_in_tls(), "{what}");
    }
    let mut client = Encrypted::handshake(proxy.port, &dress).expect("a handshake");
    client.send(&raw::startup(&[("user", "postgres"), ("database", "not_there")]));
    assert_eq!(raw::error(&client.rest()).field(b'C').as_deref(), Some("3D000"));
    assert!(client.is_ended_in_tls());
    let mut session = Encrypted::log_in_to(proxy.port, &dress, "session_ends");
    session.send(&raw::frame(b'X', &[]));
    assert!(session.rest().is_empty() && session.is_ended_in_tls());
}

/// OpenSSL's client, that asks to negotiate anew when it reads an `R`.
#[test]
fn negotiating_anew_is_refused_at_once_as_by_postgres() {
    let authority = Authority::new("door");
    let pair = authority.sign("door", &["localhost"], Valid::Now);
    let proxy = door::proxy("session_anew", &door::settings(&pair));
    for (who, port) in [("Postgres", secured().server.port), ("Exonym", proxy.port)] {
        let mut client = Command::new("openssl")
            .args(["s_client", "-starttls", "postgres", "-tls1_2", "-connect", &format!("127.0.0.1:{port}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("openssl can be run; tests/run installs it");
        let begun = Instant::now();
        let mut input = client.stdin.take().expect("it is piped");
        // Heard only when the handshake is done, which is not seen from here.
        let mut output = client.stdout.take().expect("it is piped");
        let mut said = Vec::new();
        let mut some = [0; 4096];
        while !String::from_utf8_lossy(&said).contains("Verify return code") {
            let n = output.read(&mut some).expect("readable");
            assert!(n > 0, "{who}: {}", String::from_utf8_lossy(&said));
            said.extend_from_slice(&some[..n]);
        }
        input.write_all(b"R\n").expect("it reads");
        let ended = client.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("no renegotiation"), "{who}: {said}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{who}: {:?}", begun.elapsed());
    }
}
