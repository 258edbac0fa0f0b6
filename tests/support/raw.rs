//! A client that speaks frames and nothing else, so that tests see and send every byte.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// No reply in this time is a failure, and says so, instead of a test that hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// One frame of the server.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) tag: u8,
    pub(crate) body: Vec<u8>,
}

/// A raw connection, over TCP or whatever else bytes go through.
#[derive(Debug)]
pub(crate) struct Raw<S = TcpStream> {
    pub(crate) stream: S,
    /// Every byte that came, in order.
    pub(crate) received: Vec<u8>,
    /// Process id and secret, after the login.
    pub(crate) key: Vec<u8>,
}

impl Raw {
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("somebody listens there");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        stream.set_nodelay(true).expect("a socket takes nodelay");
        Self::over(stream)
    }

    /// Connects and logs in as a trusted user.
    pub(crate) fn login(port: u16, user: &str, database: &str) -> Self {
        let mut raw = Self::connect(port);
        raw.log_in(user, database);
        raw
    }

    pub(crate) fn finish_sending(&self) {
        self.stream.shutdown(Shutdown::Write).expect("it is open");
    }
}

impl<S: Read + Write> Raw<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self { stream, received: Vec::new(), key: Vec::new() }
    }

    /// Logs in as a trusted user.
    pub(crate) fn log_in(&mut self, user: &str, database: &str) {
        self.send(&startup(&[("user", user), ("database", database)]));
        let frames = self.until(b'Z');
        self.key = frames.into_iter().find(|f| f.tag == b'K').expect("a login gives a key").body;
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the other end reads");
        self.stream.flush().expect("the other end reads");
    }

    /// Sends one byte at a time.
    pub(crate) fn trickle(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.send(&[*byte]);
        }
    }

    /// The next frame; none at the end of the stream, whether or not TLS was ended first.
    pub(crate) fn frame(&mut self) -> Option<Frame> {
        let mut header = [0; 5];
        if !self.fill(&mut header) {
            return None;
        }
        let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
        let mut body = vec![0; usize::try_from(length).expect("it fits") - 4];
        assert!(self.fill(&mut body), "the stream ends inside of a frame of type {:?}", char::from(header[0]));
        Some(Frame { tag: header[0], body })
    }

    /// Frames up to and with the next one of that type.
    pub(crate) fn until(&mut self, tag: u8) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            let Some(frame) = self.frame() else { panic!("the stream ends before {:?}: {frames:?}", char::from(tag)) };
            frames.push(frame);
            if frames.last().is_some_and(|f| f.tag == tag) {
                return frames;
            }
        }
    }

    /// Frames up to and with the n-th `ReadyForQuery`.
    pub(crate) fn until_ready(&mut self, n: usize) -> Vec<Frame> {
        (0..n).flat_map(|_| self.until(b'Z')).collect()
    }

    /// Everything up to the end of the stream.
    pub(crate) fn rest(&mut self) -> Vec<Frame> {
        std::iter::from_fn(|| self.frame()).collect()
    }

    /// Sends a simple query and returns what answers it.
    pub(crate) fn query(&mut self, sql: &str) -> Vec<Frame> {
        self.send(&query(sql));
        self.until(b'Z')
    }

    fn fill(&mut self, buffer: &mut [u8]) -> bool {
        let mut had = 0;
        while had < buffer.len() {
            match self.stream.read(&mut buffer[had..]) {
                Ok(0) => return false,
                Ok(n) => {
                    self.received.extend_from_slice(&buffer[had..had + n]);
                    had += n;
                }
                Err(e) if matches!(e.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => return false,
                Err(e) => panic!("nothing came: {e}"),
            }
        }
        true
    }
}

impl Frame {
    /// A field of an error or a notice.
    pub(crate) fn field(&self, kind: u8) -> Option<String> {
        self.body.split(|b| *b == 0).find_map(|f| {
            let (k, value) = f.split_first()?;
            (*k == kind).then(|| String::from_utf8_lossy(value).into_owned())
        })
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.body).replace('\0', "·");
        write!(f, "{}[{}]", char::from(self.tag), text.chars().take(200).collect::<String>())
    }
}

/// The types of the frames, as a word: `1 2 D C Z` is `12DCZ`.
pub(crate) fn tags(frames: &[Frame]) -> String {
    frames.iter().map(|f| char::from(f.tag)).collect()
}

/// The first column of every row, as text.
pub(crate) fn rows(frames: &[Frame]) -> Vec<String> {
    let first = |f: &Frame| {
        let length = f.body.get(2..6).map(|b| i32::from_be_bytes([b[0], b[1], b[2], b[3]]))?;
        let length = usize::try_from(length).ok()?;
        Some(String::from_utf8_lossy(f.body.get(6..6 + length)?).into_owned())
    };
    frames.iter().filter(|f| f.tag == b'D').map(|f| first(f).unwrap_or_default()).collect()
}

/// The names of the columns of the first result.
pub(crate) fn columns(frames: &[Frame]) -> Vec<String> {
    let Some(description) = frames.iter().find(|f| f.tag == b'T') else { return Vec::new() };
    let mut rest = &description.body[2..];
    let mut names = Vec::new();
    while let Some(end) = rest.iter().position(|b| *b == 0) {
        names.push(String::from_utf8_lossy(&rest[..end]).into_owned());
        rest = &rest[end + 19..];
    }
    names
}

/// Takes the table and the number of each column out of a row description: those are of one database.
pub(crate) fn without_origin(description: &mut [u8]) {
    let mut at = 2;
    while let Some(length) = description.get(at..).and_then(|rest| rest.iter().position(|b| *b == 0)) {
        at += length + 1;
        description[at..at + 6].fill(0);
        at += 18;
    }
}

/// The one error among the frames.
pub(crate) fn error(frames: &[Frame]) -> &Frame {
    frames.iter().find(|f| f.tag == b'E').unwrap_or_else(|| panic!("no error among {frames:?}"))
}

pub(crate) fn startup(parameters: &[(&str, &str)]) -> Vec<u8> {
    startup_in(0x3_0000, parameters)
}

/// In that version of the protocol; 3.2 is `0x3_0002`.
pub(crate) fn startup_in(version: u32, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    for (name, value) in parameters {
        body.extend_from_slice(&cstr(name));
        body.extend_from_slice(&cstr(value));
    }
    body.push(0);
    let mut packet = u32::try_from(body.len() + 4).expect("small").to_be_bytes().to_vec();
    packet.extend_from_slice(&body);
    packet
}

pub(crate) fn cancel(key: &[u8]) -> Vec<u8> {
    let mut packet = u32::try_from(key.len() + 8).expect("small").to_be_bytes().to_vec();
    packet.extend_from_slice(&80_877_102_u32.to_be_bytes());
    packet.extend_from_slice(key);
    packet
}

pub(crate) fn frame(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    out.extend_from_slice(&u32::try_from(body.len() + 4).expect("small").to_be_bytes());
    out.extend_from_slice(body);
    out
}

pub(crate) fn query(sql: &str) -> Vec<u8> {
    frame(b'Q', &cstr(sql))
}

pub(crate) fn parse(name: &str, sql: &str) -> Vec<u8> {
    frame(b'P', &[cstr(name), cstr(sql), vec![0, 0]].concat())
}

pub(crate) fn bind(portal: &str, statement: &str, parameters: &[&str]) -> Vec<u8> {
    let mut body = [cstr(portal), cstr(statement), vec![0, 0]].concat();
    body.extend_from_slice(&u16::try_from(parameters.len()).expect("few").to_be_bytes());
    for parameter in parameters {
        body.extend_from_slice(&u32::try_from(parameter.len()).expect("small").to_be_bytes());
        body.extend_from_slice(parameter.as_bytes());
    }
    body.extend_from_slice(&[0, 0]);
    frame(b'B', &body)
}

pub(crate) fn describe_portal(name: &str) -> Vec<u8> {
    frame(b'D', &[b"P".to_vec(), cstr(name)].concat())
}

pub(crate) fn execute(portal: &str) -> Vec<u8> {
    frame(b'E', &[cstr(portal), vec![0; 4]].concat())
}

pub(crate) fn close_statement(name: &str) -> Vec<u8> {
    frame(b'C', &[b"S".to_vec(), cstr(name)].concat())
}

pub(crate) fn sync() -> Vec<u8> {
    frame(b'S', &[])
}

/// Parse, Bind, Describe and Execute of the unnamed statement.
pub(crate) fn extended(sql: &str, parameters: &[&str]) -> Vec<u8> {
    [parse("", sql), bind("", "", parameters), describe_portal(""), execute("")].concat()
}

fn cstr(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}
