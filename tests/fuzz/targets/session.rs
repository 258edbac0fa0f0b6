//! A whole session, from its first byte, against a server that follows a script: both ends say frames or anything else, in
//! pieces, in any order. It must end when both have ended; it must not panic; frames stay whole, and without a mapping they
//! stay the same.
#![no_main]

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use arbitrary::Arbitrary;
use arc_swap::ArcSwap;
use exonym::backend::hosts::Hosts;
use exonym::metrics::Metrics;
use exonym::rewrite::World;
use exonym::session::{Address, Backend, Limits, Route, Shared, serve_client};
use exonym::wire::frame::{self, Header, Sender};
use exonym::{catalog, mapping};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tokio::time::timeout;

/// Longer than every wait of a session that both ends have left.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the server waits for a client that it has not answered.
const IMPATIENCE: Duration = Duration::from_millis(20);

#[derive(Arbitrary, Debug)]
struct Script {
    mapped: bool,
    /// Statements above a kilobyte are not held.
    narrow: bool,
    opening: Opening,
    turns: Vec<Turn>,
}

#[derive(Arbitrary, Debug)]
enum Opening {
    Plain,
    Encrypted { ssl: bool, gss: bool },
    Raw(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
struct Turn {
    server: bool,
    said: Said,
    /// The length of the first piece; the rest follows in one.
    cut: u8,
    waits: u8,
}

#[derive(Arbitrary, Debug)]
enum Said {
    Statement { which: u8, extended: bool, name: u8 },
    Frame { tag: u8, body: Vec<u8> },
    Usual { which: u8 },
    Error { sqlstate: u8, position: u16 },
    Raw(Vec<u8>),
}

const STATEMENTS: [&str; 14] = [
    "SELECT kwh FROM log",
    "SELECT 1",
    "SELECT kwh, rating FROM log WHERE day = $1; SELECT phone FROM customers",
    "SELECT kwh FROM",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SET search_path = a",
    "CREATE TEMP TABLE log (kwh int)",
    "PREPARE s AS SELECT kwh FROM log",
    "EXECUTE s",
    "COPY log FROM STDIN",
    "DEALLOCATE ALL",
    "",
];

/// Client and server frames that a session is made of.
const USUAL: [(&[u8], &[u8]); 13] = [
    (b"B\0\0\0\x0c\0\0\0\0\0\0\0\0", b"2\0\0\0\x04"),
    (b"D\0\0\0\x06P\0", b"n\0\0\0\x04"),
    (b"E\0\0\0\x09\0\0\0\0\0", b"C\0\0\0\x0dSELECT 1\0"),
    (b"S\0\0\0\x04", b"Z\0\0\0\x05I"),
    (b"H\0\0\0\x04", b"Z\0\0\0\x05T"),
    (b"c\0\0\0\x04", b"G\0\0\0\x07\0\0\0"),
    (b"f\0\0\0\x05\0", b"Z\0\0\0\x05E"),
    (b"d\0\0\0\x05x", b"d\0\0\0\x05x"),
    (b"X\0\0\0\x04", b"1\0\0\0\x04"),
    (b"C\0\0\0\x06S\0", b"3\0\0\0\x04"),
    (b"p\0\0\0\x05\0", b"R\0\0\0\x08\0\0\0\0"),
    (b"D\0\0\0\x06S\0", b"K\0\0\0\x0c\0\0\0\x01\0\0\0\x02"),
    (b"S\0\0\0\x04", b"S\0\0\0\x16search_path\0public\0"),
];

const SQLSTATES: [&str; 5] = ["42P01", "42703", "0A000", "08P01", "57P01"];

struct Stage {
    runtime: Runtime,
    listener: UnixListener,
    directory: TempDir,
}

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::new(stage());
}

fn stage() -> Stage {
    // Every turn sees what its predecessor has caused.
    let runtime = Builder::new_current_thread().enable_all().event_interval(1).build().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("server");
    let listener = runtime.block_on(async { UnixListener::bind(path) }).expect("a socket");
    Stage { runtime, listener, directory }
}

static WORLDS: LazyLock<[Arc<World>; 2]> = LazyLock::new(|| {
    let mapping = mapping::file::parse("m.toml", include_str!("legacy.toml")).expect("a good mapping");
    let catalog = Arc::new(catalog::file::parse(include_str!("current.toml"), "c.toml").expect("a good catalog"));
    let mapped = World::new(1, vec![Arc::new(mapping)], Arc::clone(&catalog));
    [Arc::new(World::new(1, Vec::new(), catalog)), Arc::new(mapped)]
});

fuzz_target!(|script: Script| {
    STAGE.with_borrow(|stage| {
        let played = async { timeout(PATIENCE, play(stage, &script)).await };
        let (to_server, to_client) = stage.runtime.block_on(played).expect("it ends when both ends have");
        check(&script, &to_server, &to_client);
    });
});

async fn play(stage: &Stage, script: &Script) -> (Vec<u8>, Vec<u8>) {
    let (mut client, far) = UnixStream::pair().expect("a pair");
    let mut served = tokio::spawn(serve_client(far, shared(stage, script)));
    let opening = opening(script);
    let _ = client.write_all(&opening).await;
    let (mut from_proxy, to_proxy) = client.into_split();
    // What may be no opening at all must not leave both ends waiting for the other.
    let mut to_proxy = matches!(script.opening, Opening::Plain).then_some(to_proxy);
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        let _ = from_proxy.read_to_end(&mut heard).await;
        heard
    });
    // A refused client never gets that far.
    let server = tokio::select! {
        biased;
        accepted = stage.listener.accept() => accepted.ok().map(|(server, _)| server),
        _ = &mut served => None,
    };
    let Some(server) = server else {
        return (Vec::new(), heard.await.unwrap_or_default());
    };
    let (mut from_exonym, mut to_exonym) = server.into_split();
    let mut got = tokio::spawn(async move {
        let mut got = Vec::new();
        let _ = from_exonym.read_to_end(&mut got).await;
        got
    });
    for turn in &script.turns {
        let bytes = bytes(turn);
        let (first, rest) = bytes.split_at(usize::from(turn.cut).min(bytes.len()));
        for piece in [first, rest] {
            let _ = match (turn.server, &mut to_proxy) {
                (true, _) => to_exonym.write_all(piece).await,
                (false, Some(to_proxy)) => to_proxy.write_all(piece).await,
                (false, None) => Ok(()),
            };
            for _ in 0..turn.waits % 8 {
                yield_now().await;
            }
        }
    }
    drop(to_proxy);
    // The server goes when its client is gone, or when it is tired of waiting for one whose next statement waits for an answer.
    let to_server = timeout(IMPATIENCE, &mut got).await;
    drop(to_exonym);
    let to_server = match to_server {
        Ok(to_server) => to_server,
        Err(_) => got.await,
    };
    let _ = served.await;
    (to_server.unwrap_or_default(), heard.await.unwrap_or_default())
}

fn shared(stage: &Stage, script: &Script) -> Arc<Shared> {
    let metrics = Arc::new(Metrics::new());
    let backend = Backend {
        name: "b".into(),
        hosts: Arc::new(Hosts::one(Address::Unix(stage.directory.path().join("server")))),
        terms: ArcSwap::default(),
        database: "d".into(),
        auth: None,
    };
    let world = Arc::clone(&WORLDS[usize::from(script.mapped)]);
    let route = Route::new("d".into(), "d".into(), Arc::new(backend), world, &metrics);
    let max_statement_bytes = if script.narrow { 1024 } else { 1 << 20 };
    let limits = Limits { max_statement_bytes, startup_timeout: Duration::from_millis(500), ..Limits::default() };
    Arc::new(Shared::new([Arc::new(route)], metrics, limits))
}

fn opening(script: &Script) -> Vec<u8> {
    let mut out = Vec::new();
    match &script.opening {
        Opening::Raw(bytes) => return bytes.clone(),
        // Without waiting for the answer these are refused, which is a case too.
        Opening::Encrypted { ssl, gss } => {
            for (asked, code) in [(ssl, 80_877_103_u32), (gss, 80_877_104)] {
                if *asked {
                    out.extend_from_slice(&8_u32.to_be_bytes());
                    out.extend_from_slice(&code.to_be_bytes());
                }
            }
        }
        Opening::Plain => {}
    }
    out.extend_from_slice(STARTUP);
    out
}

const STARTUP: &[u8] = b"\0\0\0\x1b\0\x03\0\0user\0u\0database\0d\0\0";

fn bytes(turn: &Turn) -> Vec<u8> {
    let mut out = Vec::new();
    match &turn.said {
        Said::Statement { which, extended, name } => {
            let text = STATEMENTS[usize::from(*which) % STATEMENTS.len()];
            if *extended {
                let name = [b"", &b"s"[..], b"a longer name"][usize::from(*name) % 3];
                frame::write(&mut out, b'P', |out| {
                    out.extend_from_slice(name);
                    out.push(0);
                    out.extend_from_slice(text.as_bytes());
                    out.extend_from_slice(&[0, 0, 0]);
                });
            } else {
                frame::write(&mut out, b'Q', |out| {
                    out.extend_from_slice(text.as_bytes());
                    out.push(0);
                });
            }
        }
        Said::Usual { which } => {
            let (client, server) = USUAL[usize::from(*which) % USUAL.len()];
            out.extend_from_slice(if turn.server { server } else { client });
        }
        Said::Frame { tag, body } => frame::write(&mut out, *tag, |out| out.extend_from_slice(body)),
        Said::Error { sqlstate, position } => frame::write(&mut out, b'E', |out| {
            let sqlstate = SQLSTATES[usize::from(*sqlstate) % SQLSTATES.len()];
            let fields = format!("SERROR\0VERROR\0C{sqlstate}\0Mcolumn \"kwh\" does not exist\0P{position}\0\0");
            out.extend_from_slice(fields.as_bytes());
        }),
        Said::Raw(bytes) => out.extend_from_slice(bytes),
    }
    out
}

/// Frames that came in whole go out whole, and those of sessions without a mapping as they came.
fn check(script: &Script, to_server: &[u8], to_client: &[u8]) {
    let is_whole = |turn: &Turn| {
        let sender = if turn.server { Sender::Server } else { Sender::Client };
        let bytes = bytes(turn);
        matches!(Header::read(sender, &bytes), Ok(Some(header)) if header.total() == bytes.len())
    };
    if !script.turns.iter().all(is_whole) || !matches!(script.opening, Opening::Plain) {
        return;
    }
    let frames = to_server.strip_prefix(STARTUP).unwrap_or_default();
    for (sender, mut rest) in [(Sender::Client, frames), (Sender::Server, to_client)] {
        // What is cut off at the end of a session was never the beginning of another frame.
        while let Ok(Some(header)) = Header::read(sender, rest) {
            let Some(after) = rest.get(header.total()..) else { return };
            rest = after;
        }
        assert!(rest.len() < frame::HEADER, "no frame to {sender:?}: {rest:?}");
    }
    if !script.mapped {
        let said: Vec<u8> = script.turns.iter().filter(|t| !t.server).flat_map(bytes).collect();
        assert!(said.starts_with(frames), "the server got something else");
    }
}
