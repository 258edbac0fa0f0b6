//! Plays the scripts of `tests/frames/`: sends each line, waits where it says so, and gives what came on each connection.
//!
//! Nothing here knows what is right; `tests/frames.rs` compares.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::raw::{self, Frame, Raw};
use super::script::{self, Script, Step};

/// No answer in this time is a failure, and says so.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the bytes of a case are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pace {
    AsItStands,
    ByteByByte,
    InOneWrite,
}

/// Where it goes.
pub(crate) struct Target<'a> {
    pub(crate) port: u16,
    pub(crate) database: &'a str,
    pub(crate) bad: &'a str,
    /// Where a superuser prepares and watches.
    pub(crate) server: u16,
    /// What is put back before each script.
    pub(crate) reset: &'a str,
}

/// What came on each connection, in the order of their first lines.
pub(crate) type Answers = Vec<(String, Vec<Frame>)>;

/// Plays a script; what went wrong names the line.
pub(crate) fn play(script: &Script, target: &Target<'_>, pace: Pace) -> Result<Answers, String> {
    let mut admin = Raw::login(target.server, "postgres", target.database);
    admin.query(target.reset);
    let mut connections: Vec<Connection> = Vec::new();
    let mut later: Vec<u8> = Vec::new();
    for line in &script.lines {
        let step = line.step(target.bad);
        let known = connections.iter().position(|c| c.name == line.connection);
        if let Step::Startup(version, parameters) = &step {
            assert!(known.is_none(), "{}: it has begun already", line.at);
            connections.push(Connection::open(&line.connection, target, *version, parameters)?);
            continue;
        }
        let index = if let Some(index) = known {
            index
        } else {
            connections.push(Connection::open(&line.connection, target, script::VERSION, &[])?);
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
    fn open(name: &str, target: &Target<'_>, version: u32, parameters: &[(String, String)]) -> Result<Self, String> {
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
        this.send(&raw::startup_in(version, &all), Pace::AsItStands)?;
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
            Step::Startup(..) | Step::Sql(_) | Step::Poll(_) => unreachable!("done by the caller"),
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
