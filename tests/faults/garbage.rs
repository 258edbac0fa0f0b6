//! Servers that talk nonsense, in each state of a session.

use std::io::{Read as _, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::support::program::eventually;
use super::support::proxy::Setup;
use super::support::raw::{self, Raw};
use super::{all_places_are_free, codes, rest_if_whole, scripted};

/// Panics of the proxies in this process.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if thread::current().name().is_some_and(|name| name.contains("tokio")) {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            usual(info);
        }));
    });
}

#[test]
fn what_a_broken_server_says_ends_the_session_with_a_word() {
    let ok = [raw::frame(b'R', &[0; 4]), raw::frame(b'Z', b"I")].concat();
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("garbage", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "08P01"),
        ("a length below four", vec![b'R', 0, 0, 0, 3], "08P01"),
        ("a negative length", vec![b'R', 0xff, 0xff, 0xff, 0xff], "08P01"),
        ("an end in the login", raw::frame(b'R', &[0, 0, 0, 3]), "08006"),
        ("an end after the login", ok, "08006"),
    ];
    for (what, says, expected) in cases {
        let port = scripted(move |mut client| {
            let mut packet = [0; 1024];
            let _ = client.read(&mut packet);
            let _ = client.write_all(&says);
        });
        let proxy = Setup::to(port, "d").start();
        let mut client = Raw::connect(proxy.port);
        client.send(&raw::startup(&[("user", "u"), ("database", "d")]));
        let frames = client.rest();
        assert_eq!(codes(&frames), [expected], "{what}: {frames:?}");
    }
}

#[test]
fn a_row_of_a_claimed_gigabyte_takes_no_memory_and_its_cut_no_place() {
    let port = scripted(|mut client| {
        let mut packet = [0; 1024];
        let _ = client.read(&mut packet);
        let begin = [raw::frame(b'R', &[0; 4]), raw::frame(b'Z', b"I"), vec![b'D', 0x3f, 0xff, 0xff, 0xff, 0, 1]];
        let _ = client.write_all(&begin.concat());
        thread::sleep(Duration::from_millis(300));
    });
    let proxy = Setup::to(port, "d").start();
    let mut client = Raw::connect(proxy.port);
    client.send(&raw::startup(&[("user", "u"), ("database", "d")]));
    let (frames, is_whole) = rest_if_whole(&mut client);
    assert_eq!((raw::tags(&frames).as_str(), is_whole), ("RZ", false), "cut where the server cut it");
    eventually("the place is free", || {
        let open = proxy.metric("exonym_connections");
        if open < 0.5 { Ok(()) } else { Err(open.to_string()) }
    });
}

/// So many kinds of nonsense have no frame in them.
const NO_FRAMES: usize = 6;

/// A state: what the client sends, what the server answers before the nonsense, and how that ends for the client.
struct State {
    name: &'static str,
    client: Vec<u8>,
    server: Vec<u8>,
    until: Option<u8>,
}

fn states() -> Vec<State> {
    let row = [raw::frame(b'T', &[0, 0]), raw::frame(b'D', &[0, 0])].concat();
    let copy = |tag: u8| raw::frame(tag, &[0, 0, 0]);
    let parsed = [raw::parse("s", "SELECT 1"), raw::frame(b'H', b"")].concat();
    let state = |name, client, server, until| State { name, client, server, until };
    vec![
        state("idle", Vec::new(), Vec::new(), None),
        state("in a statement", raw::query("SELECT 1"), Vec::new(), None),
        state("in a result", raw::query("SELECT 1"), row, Some(b'D')),
        state("parsed", parsed, raw::frame(b'1', b""), Some(b'1')),
        state("in a portal", [raw::extended("SELECT 1", &[]), raw::sync()].concat(), raw::frame(b's', b""), Some(b's')),
        state("in COPY from the client", raw::query("COPY t FROM STDIN"), copy(b'G'), Some(b'G')),
        state("in COPY to the client", raw::query("COPY t TO STDOUT"), copy(b'H'), Some(b'H')),
        state("in COPY both ways", raw::query("START_REPLICATION"), copy(b'W'), Some(b'W')),
    ]
}

#[test]
fn nonsense_in_any_state_ends_the_session_or_passes() {
    count_panics();
    let nonsense: [(&str, Vec<u8>); 12] = [
        ("another protocol", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("zeros", vec![0; 64]),
        ("ones", vec![0xff; 64]),
        ("a length below four", vec![b'D', 0, 0, 0, 3]),
        ("a length of nothing", vec![b'Z', 0, 0, 0, 0]),
        ("a negative length", vec![b'D', 0x80, 0, 0, 0]),
        ("a header alone", vec![b'D', 0, 0]),
        ("a state that is none", raw::frame(b'Z', b"Q")),
        ("an empty state", raw::frame(b'Z', b"")),
        ("answers to what nobody asked", [b'1', b'2', b'3', b'n', b's', b'I'].map(|t| raw::frame(t, b"")).concat()),
        (
            "the end of what never began",
            [raw::frame(b'C', b"SELECT 1\0"), raw::frame(b'Z', b"I"), raw::frame(b'Z', b"I")].concat(),
        ),
        (
            "broken bodies",
            [b'S', b'E', b'N', b'T', b'D', b'A', b'K', b'G', b'v', b't'].map(|t| raw::frame(t, b"\xff")).concat(),
        ),
    ];
    for state in states() {
        for (at, (what, bytes)) in nonsense.iter().enumerate() {
            let before = [raw::frame(b'R', &[0; 4]), raw::frame(b'Z', b"I")].concat();
            let (answer, bytes) = (state.server.clone(), bytes.clone());
            let has_frames = at >= NO_FRAMES;
            let asks = !state.client.is_empty();
            let port = scripted(move |mut client| {
                let mut packet = [0; 4096];
                let _ = client.read(&mut packet);
                let _ = client.write_all(&before);
                if asks {
                    let _ = client.read(&mut packet);
                }
                let _ = client.write_all(&[&answer[..], &bytes].concat());
                // What is no frame at all ends the session although this end stays.
                if !has_frames {
                    let _ = client.read_to_end(&mut Vec::new());
                }
            });
            let proxy = Setup::to(port, "d").start();
            let mut client = Raw::connect(proxy.port);
            client.send(&raw::startup(&[("user", "u"), ("database", "d")]));
            client.until(b'Z');
            if asks {
                client.send(&state.client);
            }
            if let Some(tag) = state.until {
                client.until(tag);
            }
            let begun = Instant::now();
            let (frames, is_whole) = rest_if_whole(&mut client);
            let name = state.name;
            assert!(begun.elapsed() < Duration::from_secs(10), "{name}, {what}: {:?}", begun.elapsed());
            // What has the form of a frame may pass; after that, or instead of it, the client is told.
            let told = codes(&frames);
            assert!(has_frames || told == ["08P01"], "{name}, {what}: {frames:?}");
            assert!(!is_whole || !told.is_empty(), "{name}, {what}: {frames:?}");
            drop(client);
            all_places_are_free(&proxy);
            assert_eq!(PANICS.load(Ordering::SeqCst), 0, "{name}, {what}");
        }
    }
}
