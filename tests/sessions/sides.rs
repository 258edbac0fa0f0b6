//! The two databases, the proxies before one of them, and a session played to both at once.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::judge::{self, Compared, END, SILENCE, Verdict};
use super::{Message, Session};
use crate::support::postgres::Postgres;
use crate::support::proxy::{Proxy, Setup};
use crate::support::raw::{self, Frame, Raw};

/// Legacy and current, for each of those that play at the same time.
pub(crate) const DATABASES: [[&str; 2]; 3] = [
    ["sessions_legacy_1", "sessions_current_1"],
    ["sessions_legacy_2", "sessions_current_2"],
    ["sessions_legacy_3", "sessions_current_3"],
];
const COMMON: &str = include_str!("common.sql");
/// The table that some sessions change; `kwh` is `kwh_consumed` in the current database.
const MOVING: &str = "
    DROP VIEW IF EXISTS watching, other.watching, reader.watching CASCADE;
    DROP TABLE IF EXISTS public.moving, public.moved, other.moving, public.copy, other.copy, reader.copy CASCADE;
    CREATE TABLE moving (id int, kwh int, note text);
    INSERT INTO moving SELECT i, 40 + i, 'm' || i FROM generate_series(1, 3) i;
    GRANT ALL ON moving TO PUBLIC;";
/// What puts both sides into the same state behind an answer of one of them alone. A temporary schema stays for as long as the
/// connection, and decides whether the server looks at prepared statements again: then both have one.
const CLEAR: [&str; 4] = ["ROLLBACK", "DISCARD ALL", "CREATE TEMP TABLE cleared ()", "DROP TABLE pg_temp.cleared"];

/// Where the sessions are played.
pub(crate) struct Sides {
    proxy: Proxy,
    limited: Proxy,
    admin: [Raw; 2],
    /// An answer that takes longer is none.
    pub(crate) patience: Duration,
    legacy: &'static str,
    current: &'static str,
    /// The server's port.
    server: u16,
}

/// How a session went.
#[derive(Default)]
pub(crate) struct Played {
    pub(crate) compared: Compared,
    /// Batches that were answered alike.
    pub(crate) same: usize,
    pub(crate) refused: Vec<String>,
    pub(crate) lenient: usize,
    /// Batches behind which both sides were put into the same state, and how.
    pub(crate) cleared: Vec<(usize, &'static [&'static str])>,
    pub(crate) difference: Option<Difference>,
}

/// Where the answers part.
pub(crate) struct Difference {
    pub(crate) kind: String,
    batch: usize,
    at: usize,
    straight: Vec<Frame>,
    through: Vec<Frame>,
}

struct End {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Sides {
    pub(crate) fn start(server: &Postgres, [legacy, current]: [&'static str; 2]) -> Self {
        for (database, own, moving) in
            [(legacy, include_str!("legacy.sql"), MOVING.to_owned()), (current, include_str!("current.sql"), moved())]
        {
            server.database(database);
            server.sql(database, &format!("SET client_min_messages = warning; {own} {COMMON} {moving}"));
        }
        let start = |limit: Option<usize>| {
            let mut setup = Setup::to(server.port, current);
            setup.map(server.port, include_str!("mapping.toml"));
            setup.limits.max_statement_bytes = limit.unwrap_or(setup.limits.max_statement_bytes);
            let proxy = setup.start();
            proxy.refresh(server.port, current);
            proxy
        };
        let mut admin = [legacy, current].map(|database| Raw::login(server.port, "postgres", database));
        for one in &mut admin {
            one.query("SET client_min_messages = warning");
        }
        let (proxy, limited) = (start(None), start(Some(2000)));
        Self { proxy, limited, admin, patience: Duration::from_secs(20), legacy, current, server: server.port }
    }

    /// Sends all of a session to both sides, until their answers part.
    pub(crate) fn play(&mut self, session: &Session) -> Played {
        if session.migrates {
            self.restore(session);
        }
        let port = if session.limited { self.limited.port } else { self.proxy.port };
        let mut played = Played::default();
        let mut straight = End::open(self.server, self.legacy, session, self.patience);
        let mut through = End::open(port, self.current, session, self.patience);
        for (number, batch) in session.batches.iter().enumerate() {
            let bytes: Vec<u8> = batch.iter().flat_map(Message::bytes).collect();
            let (one, other) = exchange(&mut straight, &mut through, &bytes, batch.len());
            match judge::compare(&one, &other, &mut played.compared) {
                Verdict::Same => played.same += 1,
                Verdict::Invalid => break,
                Verdict::Different { kind, at } => {
                    played.difference = Some(Difference { kind, batch: number, at, straight: one, through: other });
                    break;
                }
                verdict => {
                    match verdict {
                        Verdict::Refused(why) => played.refused.push(why),
                        _ => played.lenient += 1,
                    }
                    let reads = batch.iter().all(Message::reads);
                    if session.migrates && !reads {
                        // What was committed on one side alone stays.
                        break;
                    }
                    let states = (judge::status(&one), judge::status(&other));
                    let how: &'static [&'static str] = match states {
                        (Some(b'I'), Some(b'I')) if reads => continue,
                        (Some(_), Some(_)) if reads => &CLEAR[..1],
                        _ => &CLEAR,
                    };
                    played.cleared.push((number, how));
                    let bytes: Vec<u8> = how.iter().flat_map(|text| raw::query(text)).collect();
                    let (mut one, mut other) = exchange(&mut straight, &mut through, &bytes, how.len());
                    // What was rolled back, and what was set back, is what differed.
                    for frames in [&mut one, &mut other] {
                        frames.retain(|f| !matches!(f.tag, b'N' | b'S'));
                    }
                    if let Verdict::Different { kind, at } = judge::compare(&one, &other, &mut Compared::default()) {
                        let kind = format!("clearing: {kind}");
                        played.difference = Some(Difference { kind, batch: number, at, straight: one, through: other });
                        break;
                    }
                }
            }
            if one.iter().any(|f| f.tag == END) {
                break;
            }
        }
        // A table that is still being changed by a session on its way out would hold up the next one.
        straight.finish();
        through.finish();
        played
    }

    /// Makes the table that sessions change anew.
    fn restore(&mut self, session: &Session) {
        for (admin, sql) in self.admin.iter_mut().zip([MOVING.to_owned(), moved()]) {
            let frames = admin.query(&sql);
            assert!(frames.iter().all(|f| f.tag != b'E'), "{frames:?}");
        }
        let proxy = if session.limited { &self.limited } else { &self.proxy };
        proxy.read_again(self.server, self.current);
    }
}

/// The same table in current names.
fn moved() -> String {
    MOVING.replace("kwh", "kwh_consumed")
}

/// The same bytes to both, then the answers of both up to that many `ReadyForQuery`.
fn exchange(straight: &mut End, through: &mut End, bytes: &[u8], ready: usize) -> (Vec<Frame>, Vec<Frame>) {
    straight.send(bytes);
    through.send(bytes);
    (straight.answers(ready), through.answers(ready))
}

impl End {
    fn open(port: u16, database: &str, session: &Session, patience: Duration) -> Self {
        let stream = Raw::connect(port).stream;
        stream.set_read_timeout(Some(patience)).expect("a socket takes a timeout");
        let mut this = Self { stream, buffer: Vec::new() };
        let mut parameters = vec![("database", database)];
        parameters.extend(session.startup.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        if parameters.iter().all(|(name, _)| *name != "user") {
            parameters.push(("user", "postgres"));
        }
        this.send(&raw::startup(&parameters));
        let frames = this.answers(1);
        assert_eq!(judge::status(&frames), Some(b'I'), "no login: {frames:?}");
        this
    }

    /// A server that has ended takes nothing more; what it said before is compared.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    fn answers(&mut self, mut ready: usize) -> Vec<Frame> {
        let mut frames = Vec::new();
        while ready > 0 {
            let frame = self.frame();
            match frame.tag {
                b'Z' => ready -= 1,
                SILENCE | END => ready = 0,
                _ => {}
            }
            // The server's lexer warns of backslashes, in each text that it gets: so it does of what Exonym put in the place of one.
            if frame.tag != b'N' || frame.field(b'C').as_deref() != Some("22P06") {
                frames.push(frame);
            }
        }
        frames
    }

    fn frame(&mut self) -> Frame {
        loop {
            if let Some(header) = self.buffer.get(1..5) {
                let length = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
                let end = usize::try_from(length).expect("it fits") + 1;
                if self.buffer.len() >= end {
                    let frame = Frame { tag: self.buffer[0], body: self.buffer[5..end].to_vec() };
                    self.buffer.drain(..end);
                    return frame;
                }
            }
            let mut some = [0; 8192];
            let tag = match self.stream.read(&mut some) {
                Ok(n) if n > 0 => {
                    self.buffer.extend_from_slice(&some[..n]);
                    continue;
                }
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => SILENCE,
                _ => END,
            };
            return Frame { tag, body: Vec::new() };
        }
    }

    fn finish(mut self) {
        self.send(&raw::frame(b'X', &[]));
        while !matches!(self.frame().tag, SILENCE | END) {}
    }
}

impl Difference {
    /// The answers around the place where they part.
    pub(crate) fn show(&self) -> String {
        let part = |frames: &[Frame]| {
            let mut text = String::new();
            for (number, frame) in frames.iter().enumerate().skip(self.at.saturating_sub(3)).take(7) {
                let _ = writeln!(text, "    {} {frame:?}", if number == self.at { '>' } else { ' ' });
            }
            text
        };
        format!(
            "{} in batch {}\n  straight {}\n{}  through {}\n{}",
            self.kind,
            self.batch + 1,
            raw::tags(&self.straight),
            part(&self.straight),
            raw::tags(&self.through),
            part(&self.through)
        )
    }
}
