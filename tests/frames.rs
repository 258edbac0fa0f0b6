//! The same frames to the server itself and to the proxy before it: each byte of the answers that may be compared is compared.
//!
//! The cases stand in `tests/frames/`, their language in `support/script.rs`. A case in plain names goes through with an empty
//! mapping and with one for tables that it does not name; a case in legacy names goes straight to a database in legacy names; a case
//! with a refusal compares an error of Exonym's with one of the server's in the same place. All of them as they stand, byte by byte in
//! both directions, and in one write. `EXONYM_CASE=part of a name` runs some of them.

#[path = "support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::postgres::Postgres;
use support::proxy::Setup;
use support::raw::{self, Frame, Raw};
use support::script::{self, Script, Step};
use support::slicer;

/// What both databases have, and what is put back before each run.
const FIXTURE: &str = "
    CREATE TABLE t (id int PRIMARY KEY, name text);
    CREATE FUNCTION warn() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'hm'; RETURN 1; END $$;
    CREATE VIEW v AS SELECT 1 AS a;
    CREATE SCHEMA other;
    CREATE TABLE other.meter_log (id int, kwh text, kwh_consumed text);
    INSERT INTO other.meter_log VALUES (1, 'other', 'other, in the current name');
    CREATE SCHEMA reader; CREATE TABLE reader.meter_log (id int, kwh text); INSERT INTO reader.meter_log VALUES (1, 'reader');
    CREATE SCHEMA closed; CREATE TABLE closed.meter_log (id int, kwh text, kwh_consumed text);
    INSERT INTO closed.meter_log VALUES (1, 'closed', 'closed, in the current name');
    GRANT ALL ON SCHEMA public, other, reader TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA public, other, reader TO PUBLIC;";
const RESET: &str = "TRUNCATE t; INSERT INTO t SELECT i, 'n' || i FROM generate_series(1, 5) i";
const LEGACY: &str = "frames_legacy";
const CURRENT: &str = "frames_current";
/// `ghost` is a column that the warehouse lacks, so that naming it is refused.
const MAPPING: &str = "[mapping]\nname = \"m\"\n[tables.meter_log.columns]\nkwh = \"kwh_consumed\"\nghost = \"gone\"\n";
const UNRELATED: &str = "[mapping]\nname = \"m\"\n[tables.consumption_log.columns]\nconsumption_kwh = \"kwh\"\n";

/// No answer in this time is a failure, and says so.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the bytes of a case are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pace {
    AsItStands,
    ByteByByte,
    InOneWrite,
}

/// Where it goes.
struct Target<'a> {
    port: u16,
    database: &'a str,
    bad: &'a str,
    /// Where a superuser prepares and watches.
    server: u16,
}

/// What came on each connection, in the order of their first lines.
type Answers = Vec<(String, Vec<Frame>)>;

#[test]
fn every_reply_is_what_the_server_would_say() {
    let server = Postgres::start(&["wal_level=logical", "max_wal_senders=10", "max_replication_slots=10"]);
    for (database, column) in [(LEGACY, "kwh"), (CURRENT, "kwh_consumed")] {
        server.database(database);
        server.sql(
            database,
            &format!(
                "CREATE TABLE meter_log (id int PRIMARY KEY, {column} numeric, note text);
            INSERT INTO meter_log SELECT i, i * 10, 'n' || i FROM generate_series(1, 3) i; {FIXTURE}"
            ),
        );
    }
    server.sql("postgres", "CREATE ROLE reader LOGIN; CREATE ROLE plain LOGIN");
    server.prepend_hba("host replication all 127.0.0.1/32 trust");
    let slices = slicer::before(server.port);
    let start = |port: u16, database: &str, mapping: &str| {
        let mut setup = Setup::to(port, database);
        if !mapping.is_empty() {
            setup.map(server.port, mapping);
        }
        setup.start()
    };
    let plain =
        [("empty mapping", start(server.port, LEGACY, "")), ("other mapping", start(server.port, LEGACY, UNRELATED))];
    let plain_sliced = [("empty mapping", start(slices, LEGACY, ""))];
    let mapped = [("mapped", start(server.port, CURRENT, MAPPING))];
    let mapped_sliced = [("mapped", start(slices, CURRENT, MAPPING))];

    let wanted = std::env::var("EXONYM_CASE").unwrap_or_default();
    let scripts = script::load(&support::twins::root().join("tests/frames"));
    let mut failures = String::new();
    let mut ran = 0;
    for script in scripts.iter().filter(|s| s.name.contains(&wanted)) {
        ran += 1;
        let is_mapped = script.legacy || script.refused.is_some();
        let straight = if script.refused.is_some() { CURRENT } else { LEGACY };
        let (ours, theirs) = script.refused.as_ref().map_or(("", ""), |(ours, theirs)| (ours, theirs));
        let at_once = if is_mapped { &mapped[..] } else { &plain[..] };
        let sliced = if is_mapped { &mapped_sliced } else { &plain_sliced };
        let mut paces = vec![(Pace::AsItStands, at_once)];
        if !script.large {
            paces.push((Pace::ByteByByte, &sliced[..]));
        }
        if script.is_alone() {
            paces.push((Pace::InOneWrite, at_once));
        }
        for (pace, proxies) in paces {
            // A fragment is no other message: the server itself need not be bothered byte by byte.
            let pace_straight = if pace == Pace::ByteByByte { Pace::AsItStands } else { pace };
            let target = Target { port: server.port, database: straight, bad: theirs, server: server.port };
            let expected = play(script, &target, pace_straight);
            for (which, proxy) in proxies {
                let database = if is_mapped { CURRENT } else { LEGACY };
                let target = Target { port: proxy.port, database, bad: ours, server: server.port };
                let got = play(script, &target, pace);
                if let Some(difference) = compare(script, &expected, &got) {
                    let _ =
                        writeln!(failures, "\n=== {} ({}; {which}, {pace:?})\n{difference}", script.name, script.file);
                }
            }
        }
    }
    assert!(ran > 0, "no case is called like `{wanted}`");
    assert!(failures.is_empty(), "{failures}\nof {ran} cases");
}

/// One connection and a thread that takes whatever comes.
struct Connection {
    name: String,
    stream: TcpStream,
    pid: u32,
    key: Vec<u8>,
    inbox: Arc<Inbox>,
    /// Frames before this one have been waited for.
    seen: usize,
    ended: bool,
}

#[derive(Default)]
struct Inbox {
    frames: Mutex<(Vec<Frame>, bool)>,
    more: Condvar,
}

fn play(script: &Script, target: &Target<'_>, pace: Pace) -> Result<Answers, String> {
    let mut admin = Raw::login(target.server, "postgres", target.database);
    admin.query(RESET);
    let mut connections: Vec<Connection> = Vec::new();
    let mut later: Vec<u8> = Vec::new();
    for line in &script.lines {
        let step = line.step(target.bad);
        let known = connections.iter().position(|c| c.name == line.connection);
        if let Step::Startup(parameters) = &step {
            assert!(known.is_none(), "{}: it has begun already", line.at);
            connections.push(Connection::open(&line.connection, target, parameters)?);
            continue;
        }
        let index = if let Some(index) = known {
            index
        } else {
            connections.push(Connection::open(&line.connection, target, &[])?);
            connections.len() - 1
        };
        let failed = |why: String| format!("{}: `{}`: {why}", line.at, line.text);
        match (pace, step) {
            (_, Step::Sql(sql)) => drop(admin.query(&with_pids(&sql, &connections))),
            (_, Step::Poll(sql)) => poll(&mut admin, &with_pids(&sql, &connections)).map_err(failed)?,
            (Pace::InOneWrite, Step::Send(bytes)) => later.extend_from_slice(&bytes),
            (Pace::InOneWrite, _) => {}
            (_, step) => connections[index].step(step, pace, target).map_err(failed)?,
        }
    }
    if !later.is_empty() {
        connections[0].send(&later, pace).map_err(|why| format!("the whole: {why}"))?;
    }
    connections.into_iter().map(Connection::finish).collect()
}

fn with_pids(sql: &str, connections: &[Connection]) -> String {
    connections.iter().fold(sql.to_owned(), |sql, c| sql.replace(&format!("{{pid {}}}", c.name), &c.pid.to_string()))
}

fn poll(admin: &mut Raw, sql: &str) -> Result<(), String> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if raw::rows(&admin.query(sql)) == ["t"] {
            return Ok(());
        }
    }
    Err("it never became true".into())
}

impl Connection {
    fn open(name: &str, target: &Target<'_>, parameters: &[(String, String)]) -> Result<Self, String> {
        let raw = Raw::connect(target.port);
        let mut all = vec![("user", "postgres"), ("database", target.database)];
        for (name, value) in parameters {
            all.retain(|(n, _)| n != name);
            if !value.is_empty() {
                all.push((name, value));
            }
        }
        raw.stream.set_read_timeout(None).expect("a socket takes none");
        let stream = raw.stream.try_clone().expect("a handle");
        let inbox = Arc::new(Inbox::default());
        let mut this =
            Self { name: name.into(), stream, pid: 0, key: Vec::new(), inbox: inbox.clone(), seen: 0, ended: false };
        thread::spawn(move || take_in(raw, &inbox));
        this.send(&raw::startup(&all), Pace::AsItStands)?;
        // Until it is ready, or refused.
        this.wait(|frames| frames.iter().position(|f| matches!(f.tag, b'Z' | b'E')).map(|at| at + 1))?;
        let frames = this.inbox.frames.lock().expect("no panic");
        if let Some(key) = frames.0.iter().find(|f| f.tag == b'K') {
            this.key.clone_from(&key.body);
            this.pid = u32::from_be_bytes([key.body[0], key.body[1], key.body[2], key.body[3]]);
        }
        drop(frames);
        Ok(this)
    }

    fn step(&mut self, step: Step, pace: Pace, target: &Target<'_>) -> Result<(), String> {
        match step {
            Step::Send(bytes) => self.send(&bytes, pace),
            Step::Wait(tag, n) => self.wait(|frames| {
                frames.iter().enumerate().filter(|(_, f)| f.tag == tag).nth(n - 1).map(|(at, _)| at + 1)
            }),
            Step::WaitEnd => self.end(),
            Step::Close => self.stream.shutdown(Shutdown::Write).map_err(|e| e.to_string()),
            Step::Cancel { wrong } => {
                let mut key = self.key.clone();
                if let Some(last) = key.last_mut().filter(|_| wrong) {
                    *last ^= 1;
                }
                let mut other = Raw::connect(target.port);
                other.send(&raw::cancel(&key));
                let said = other.rest();
                if said.is_empty() { Ok(()) } else { Err(format!("a cancel was answered: {said:?}")) }
            }
            Step::Startup(_) | Step::Sql(_) | Step::Poll(_) => unreachable!("done by the caller"),
        }
    }

    fn send(&mut self, bytes: &[u8], pace: Pace) -> Result<(), String> {
        let written = if pace == Pace::ByteByByte {
            bytes.iter().try_for_each(|byte| self.stream.write_all(&[*byte]))
        } else {
            self.stream.write_all(bytes)
        };
        // A server that has ended takes nothing more; what it said before is compared.
        match written {
            Err(e) if !self.inbox.frames.lock().expect("no panic").1 => {
                self.end().map_err(|_| format!("it takes nothing: {e}"))
            }
            _ => Ok(()),
        }
    }

    /// Waits until `found` tells the end of what was waited for, among the frames that came since the last time.
    fn wait(&mut self, found: impl Fn(&[Frame]) -> Option<usize>) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        let mut frames = self.inbox.frames.lock().expect("no panic");
        loop {
            if let Some(end) = found(&frames.0[self.seen..]) {
                self.seen += end;
                return Ok(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if frames.1 || left.is_zero() {
                let what = if frames.1 { "the stream ended" } else { "it never came" };
                return Err(format!("{what}, behind {:?}", &frames.0[self.seen..]));
            }
            frames = self.inbox.more.wait_timeout(frames, left).expect("no panic").0;
        }
    }

    fn end(&mut self) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        let mut frames = self.inbox.frames.lock().expect("no panic");
        while !frames.1 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("no end, behind {:?}", frames.0));
            }
            frames = self.inbox.more.wait_timeout(frames, left).expect("no panic").0;
        }
        self.ended = true;
        Ok(())
    }

    fn finish(mut self) -> Result<(String, Vec<Frame>), String> {
        if !self.ended {
            let _ = self.stream.write_all(&raw::frame(b'X', &[]));
            self.end().map_err(|why| format!("at the end of `{}`: {why}", self.name))?;
        }
        let frames = std::mem::take(&mut self.inbox.frames.lock().expect("no panic").0);
        Ok((self.name, frames))
    }
}

fn take_in(mut raw: Raw, inbox: &Inbox) {
    loop {
        let frame = raw.frame();
        let mut frames = inbox.frames.lock().expect("no panic");
        match frame {
            Some(frame) => frames.0.push(frame),
            None => frames.1 = true,
        }
        inbox.more.notify_all();
        if frames.1 {
            return;
        }
    }
}

/// What differs, if anything.
fn compare(script: &Script, expected: &Result<Answers, String>, got: &Result<Answers, String>) -> Option<String> {
    let (expected, got) = match (expected, got) {
        (Ok(expected), Ok(got)) => (expected, got),
        (Err(why), _) => return Some(format!("straight: {why}")),
        (_, Err(why)) => return Some(format!("through: {why}")),
    };
    for ((name, expected), (_, got)) in expected.iter().zip(got) {
        let comparable = |frames: &[Frame]| -> Vec<Frame> { frames.iter().filter_map(|f| masked(script, f)).collect() };
        let (left, right) = (comparable(expected), comparable(got));
        if let Some(at) = (0..left.len().max(right.len())).find(|&at| left.get(at) != right.get(at)) {
            let show = |frames: &[Frame]| {
                let part = frames.iter().skip(at.saturating_sub(2)).take(6);
                part.map(|f| format!("    {f:?}")).collect::<Vec<_>>().join(
                    "
",
                )
            };
            return Some(format!(
                "on `{name}` from frame {at} on ({} straight, {} through)\n  straight\n{}\n  through\n{}",
                raw::tags(&left),
                raw::tags(&right),
                show(&left),
                show(&right)
            ));
        }
        let markers = got.iter().filter(|f| f.tag == b'E').filter_map(|f| f.field(b'M'));
        if let Some(shown) = markers.into_iter().find(|m| m.contains("exonym: ") || m.contains("exonym_refuses")) {
            return Some(format!("a marker shows: {shown}"));
        }
    }
    None
}

/// A frame as far as both sides must agree; none for what comes as it likes.
fn masked(script: &Script, frame: &Frame) -> Option<Frame> {
    let mut body = frame.body.clone();
    let other_names = script.legacy || script.refused.is_some();
    match frame.tag {
        b'K' => body.clear(),
        b'A' => body[..4].fill(0),
        b'D' if script.mask_rows => body.clear(),
        b'd' if script.mask_copy => return None,
        b'T' if other_names => without_origin(&mut body),
        b'E' if script.refused.is_some() => {
            body =
                [b'S', b'V', b'C'].iter().map(|f| frame.field(*f).unwrap_or_default() + " ").collect::<String>().into();
        }
        b'E' if script.legacy => {
            let fields = [b'S', b'V', b'C', b'P'];
            body = fields.iter().map(|f| frame.field(*f).unwrap_or_default() + " ").collect::<String>().into();
        }
        _ => {}
    }
    Some(Frame { tag: frame.tag, body })
}

/// The table and the number of each column, which are those of one database.
fn without_origin(description: &mut [u8]) {
    let mut at = 2;
    while let Some(length) = description.get(at..).and_then(|rest| rest.iter().position(|b| *b == 0)) {
        at += length + 1;
        description[at..at + 6].fill(0);
        at += 18;
    }
}
