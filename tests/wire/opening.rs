//! First packets, good and bad: what the server answers straight is what it answers through the proxy.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::support::postgres;
use super::support::proxy::Setup;
use super::support::raw::{self, Frame, Raw};

const SSL: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A startup packet of that version.
fn startup(major: u16, minor: u16, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut packet = raw::startup(parameters);
    packet[4..6].copy_from_slice(&major.to_be_bytes());
    packet[6..8].copy_from_slice(&minor.to_be_bytes());
    packet
}

/// A packet of that code.
fn packet(code: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 8).expect("small");
    [&length.to_be_bytes(), &code.to_be_bytes(), body].concat()
}

/// All that comes back, up to `ReadyForQuery` or the end: single bytes as frames without a body, the server's own places left out.
fn answers(port: u16, writes: &[&[u8]]) -> Vec<String> {
    let mut client = Raw::connect(port);
    let (last, before) = writes.split_last().expect("something is sent");
    let mut shown = Vec::new();
    for bytes in before {
        client.send(bytes);
        let mut byte = [0];
        client.stream.read_exact(&mut byte).expect("an answer to a request for encryption");
        shown.push(char::from(byte[0]).to_string());
    }
    client.send(last);
    while let Some(frame) = client.frame() {
        if let Some(text) = show(&frame) {
            shown.push(text);
        }
        if frame.tag == b'Z' {
            return shown;
        }
    }
    shown.push("end".into());
    shown
}

fn show(frame: &Frame) -> Option<String> {
    match frame.tag {
        b'E' => {
            let message = frame.field(b'M').unwrap_or_default();
            // Which minor versions a server speaks is its own; before it is asked, we tell those that there are.
            let message = message.split(": server supports").next().unwrap_or_default().to_owned();
            Some(format!("E {:?} {:?} {:?} {message}", frame.field(b'S'), frame.field(b'V'), frame.field(b'C')))
        }
        // Keys differ.
        b'K' => Some("K".into()),
        // In the order of a table of the server.
        b'S' => None,
        _ => Some(format!("{frame:?}")),
    }
}

#[test]
fn the_first_packets_are_answered_as_by_the_server() {
    let server = postgres::shared();
    server.database("opening");
    let proxy = Setup::to(server.port, "opening").start();
    let parameters = [("user", "postgres"), ("database", "opening")];
    let good = raw::startup(&parameters);
    let unknown = [("user", "postgres"), ("database", "opening"), ("_pq_.unheard", "of"), ("_pq_.too", "")];
    let http = b"GET / HTTP/1.1\r\nHost: db\r\n\r\n";
    let cases: Vec<(&str, Vec<&[u8]>)> = Vec::from([
        ("3.0", vec![&good[..]]),
        // A server that is built with GSSAPI goes on with that: it is compared nowhere here.
        ("SSL", vec![&SSL, &good]),
        ("HTTP", vec![http]),
        ("all ones", vec![&[0xff; 8]]),
    ]);
    let owned: Vec<(&str, Vec<u8>)> = vec![
        ("3.2", startup(3, 2, &parameters)),
        ("3.9999", startup(3, 9999, &parameters)),
        ("unknown options", startup(3, 0, &unknown)),
        ("3.9999 with unknown options", startup(3, 9999, &unknown)),
        ("0.0", startup(0, 0, &parameters)),
        ("4.0", startup(4, 0, &parameters)),
        ("longer than is allowed", 10_005_u32.to_be_bytes().iter().copied().chain([0, 3, 0, 0]).collect()),
        ("shorter than its own length", vec![0, 0, 0, 7, 0, 3, 0]),
        ("no user", packet(3 << 16, b"database\0opening\0\0")),
        ("nothing at all", packet(3 << 16, b"\0")),
        ("no terminator", packet(3 << 16, b"user\0postgres\0database\0opening")),
        ("more behind the terminator", packet(3 << 16, b"user\0postgres\0\0database\0opening\0\0")),
        ("a key that is too short", packet(80_877_102, &[0, 0, 0, 1, 0, 0, 0])),
        ("a key of nobody", packet(80_877_102, &[0, 0, 0, 1, 0, 0, 0, 0])),
    ];
    let with_body = packet(80_877_103, b"x");
    let twice: Vec<(&str, Vec<&[u8]>)> =
        vec![("SSL twice", vec![&SSL, &SSL]), ("SSL with a body", vec![&with_body, &good])];
    let owned = owned.iter().map(|(name, bytes)| (*name, vec![&bytes[..]]));
    for (name, writes) in cases.into_iter().chain(twice).chain(owned) {
        println!("{name}");
        let straight = answers(server.port, &writes);
        assert_eq!(straight, answers(proxy.port, &writes), "{name}: straight, and through");
    }
}

#[test]
fn clients_from_before_protocol_3_are_told_in_their_own_protocol() {
    let server = postgres::shared();
    server.database("opening_old");
    let proxy = Setup::to(server.port, "opening_old").start();
    for (major, minor) in [(2, 0), (1, 0), (2, 5)] {
        let packet = startup(major, minor, &[("user", "postgres"), ("database", "opening_old")]);
        let answer = |port| {
            let mut client = Raw::connect(port);
            client.send(&packet);
            let mut bytes = Vec::new();
            client.stream.read_to_end(&mut bytes).expect("closed");
            let text = String::from_utf8(bytes).expect("UTF-8");
            // The minor versions are the server's own.
            let (before, after) = text.split_once(": server supports 3.0 to 3.").unwrap_or_else(|| panic!("{text:?}"));
            (before.to_owned(), after.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned())
        };
        assert_eq!(answer(server.port), answer(proxy.port), "{major}.{minor}");
    }
}

/// A server that lets everybody in, gives out keys of that length, and tells which cancel request it got.
fn server_with_key(length: usize) -> (u16, thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
    let port = listener.local_addr().expect("it is bound").port();
    let key: Vec<u8> = [0, 0, 0, 7].into_iter().chain((1u8..=255).cycle().take(length)).collect();
    let served = thread::spawn(move || {
        let (mut session, _) = listener.accept().expect("a session");
        read_packet(&mut session);
        let greeting = [raw::frame(b'R', &[0; 4]), raw::frame(b'K', &key), raw::frame(b'Z', b"I")].concat();
        session.write_all(&greeting).expect("it listens");
        let (mut cancel, _) = listener.accept().expect("a cancel request");
        read_packet(&mut cancel)
    });
    (port, served)
}

fn read_packet(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("a length");
    let rest = usize::try_from(u32::from_be_bytes(length)).expect("small") - 4;
    let mut packet = length.to_vec();
    packet.resize(4 + rest, 0);
    stream.read_exact(&mut packet[4..]).expect("a packet");
    packet
}

#[test]
fn keys_of_every_length_cancel() {
    for length in [4, 5, 32, 255, 256] {
        let (port, served) = server_with_key(length);
        let proxy = Setup::to(port, "d").start();
        let client = Raw::login(proxy.port, "u", "d");
        assert_eq!(client.key.len(), 4 + length);
        let request = raw::cancel(&client.key);
        let mut cancel = Raw::connect(proxy.port);
        cancel.send(&request);
        assert!(cancel.rest().is_empty());
        assert_eq!(served.join().expect("no panic"), request, "{length}");
    }
}
