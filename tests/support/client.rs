//! A Postgres client that hides nothing: it writes the messages it is told to and hands back each one that comes.
//!
//! It does not retry, does not pool and keeps no state beyond the socket. The oracle uses it to see what drivers keep to
//! themselves: OIDs, modifiers, formats, all fields of an error, and the order of it all.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// What the server side said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Message {
    /// `T`.
    Columns(Vec<Column>),
    /// `D`; none is NULL.
    Row(Vec<Option<Vec<u8>>>),
    /// `C`: the command tag.
    Complete(String),
    /// `E`.
    Error(Fields),
    /// `N`.
    Notice(Fields),
    /// `t`: type OIDs of the parameters.
    ParameterTypes(Vec<u32>),
    /// `S`: name and value.
    Parameter(String, String),
    /// `Z`: `I`, `T` or `E`.
    Ready(char),
    /// Anything else, by its first byte: `1`, `2`, `3`, `n`, `s`, `I`, …
    Other(char),
}

/// One column of `T`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) table: u32,
    pub(crate) attribute: i16,
    pub(crate) oid: u32,
    pub(crate) length: i16,
    pub(crate) modifier: i32,
    pub(crate) format: i16,
}

/// The fields of an error or a notice, by their letter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<(char, String)>);

impl Fields {
    /// One field.
    pub(crate) fn get(&self, letter: char) -> Option<&str> {
        self.0.iter().find(|(l, _)| *l == letter).map(|(_, text)| text.as_str())
    }
}

/// How parameters and results are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Text,
    Binary,
}

impl Format {
    const fn code(self) -> i16 {
        match self {
            Self::Text => 0,
            Self::Binary => 1,
        }
    }
}

/// A parameter as it goes into Bind.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) format: Format,
    pub(crate) bytes: Option<Vec<u8>>,
}

/// One connection; what is written stays here until [`Client::send`].
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    out: Vec<u8>,
}

impl Client {
    /// Logs in without a password.
    pub(crate) fn connect(port: u16, database: &str, application: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut client = Self { stream: BufReader::new(stream), out: Vec::new() };
        let mut body = 196_608_i32.to_be_bytes().to_vec();
        for (name, value) in [("user", "postgres"), ("database", database), ("application_name", application)] {
            put_string(&mut body, name);
            put_string(&mut body, value);
        }
        body.push(0);
        client.out.extend((i32::try_from(body.len()).expect("short") + 4).to_be_bytes());
        client.out.extend(body);
        client.send()?;
        match client.until_ready()?.into_iter().find_map(|m| if let Message::Error(e) = m { Some(e) } else { None }) {
            Some(error) => Err(io::Error::other(format!("login: {error:?}"))),
            None => Ok(client),
        }
    }

    /// `Q`.
    pub(crate) fn query(&mut self, sql: &str) {
        self.message(b'Q', |body| put_string(body, sql));
    }

    /// `P`.
    pub(crate) fn parse(&mut self, name: &str, sql: &str, types: &[u32]) {
        self.message(b'P', |body| {
            put_string(body, name);
            put_string(body, sql);
            put_count(body, types.len());
            for oid in types {
                body.extend(oid.to_be_bytes());
            }
        });
    }

    /// `B`, all results in one format.
    pub(crate) fn bind(&mut self, portal: &str, statement: &str, values: &[Value], results: Format) {
        self.message(b'B', |body| {
            put_string(body, portal);
            put_string(body, statement);
            put_count(body, values.len());
            for value in values {
                body.extend(value.format.code().to_be_bytes());
            }
            put_count(body, values.len());
            for value in values {
                match &value.bytes {
                    None => body.extend((-1_i32).to_be_bytes()),
                    Some(bytes) => {
                        body.extend(i32::try_from(bytes.len()).expect("short").to_be_bytes());
                        body.extend(bytes);
                    }
                }
            }
            put_count(body, 1);
            body.extend(results.code().to_be_bytes());
        });
    }

    /// `D` for a statement (`S`) or a portal (`P`).
    pub(crate) fn describe(&mut self, kind: u8, name: &str) {
        self.message(b'D', |body| {
            body.push(kind);
            put_string(body, name);
        });
    }

    /// `E`; 0 rows means all.
    pub(crate) fn execute(&mut self, portal: &str, rows: i32) {
        self.message(b'E', |body| {
            put_string(body, portal);
            body.extend(rows.to_be_bytes());
        });
    }

    /// `C` for a statement (`S`) or a portal (`P`).
    pub(crate) fn close(&mut self, kind: u8, name: &str) {
        self.message(b'C', |body| {
            body.push(kind);
            put_string(body, name);
        });
    }

    /// `S`.
    pub(crate) fn sync(&mut self) {
        self.message(b'S', |_| ());
    }

    /// Sends what was written.
    pub(crate) fn send(&mut self) -> io::Result<()> {
        let out = std::mem::take(&mut self.out);
        self.stream.get_mut().write_all(&out)
    }

    /// Sends, and reads up to and with the next `Z`.
    pub(crate) fn exchange(&mut self) -> io::Result<Vec<Message>> {
        self.send()?;
        self.until_ready()
    }

    /// Reads up to and with the next `Z`; an error after which the server hangs up ends it too.
    pub(crate) fn until_ready(&mut self) -> io::Result<Vec<Message>> {
        let mut messages = Vec::new();
        loop {
            let message = self.read()?;
            let fatal = matches!(&message, Message::Error(e) if e.get('V').is_some_and(|v| v != "ERROR"));
            if message == Message::Other('G') {
                // Nobody has data for it; without an answer the server would wait for ever.
                self.message(b'f', |body| put_string(body, "no data"));
                self.send()?;
            }
            let last = fatal || matches!(message, Message::Ready(_));
            messages.push(message);
            if last {
                return Ok(messages);
            }
        }
    }

    /// Reads one message.
    pub(crate) fn read(&mut self) -> io::Result<Message> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head)?;
        let length = i32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let length = usize::try_from(length - 4).map_err(io::Error::other)?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(decode(head[0], &mut Cursor(&body)))
    }

    fn message(&mut self, kind: u8, write: impl FnOnce(&mut Vec<u8>)) {
        let mut body = Vec::new();
        write(&mut body);
        self.out.push(kind);
        self.out.extend((i32::try_from(body.len()).expect("short") + 4).to_be_bytes());
        self.out.extend(body);
    }
}

fn put_string(body: &mut Vec<u8>, text: &str) {
    body.extend(text.as_bytes());
    body.push(0);
}

fn put_count(body: &mut Vec<u8>, count: usize) {
    body.extend(i16::try_from(count).expect("few").to_be_bytes());
}

fn decode(kind: u8, body: &mut Cursor<'_>) -> Message {
    match kind {
        b'T' => {
            let count = body.i16();
            let column = |body: &mut Cursor<'_>| Column {
                name: body.string(),
                table: body.u32(),
                attribute: body.i16(),
                oid: body.u32(),
                length: body.i16(),
                modifier: i32::from_be_bytes(body.array()),
                format: body.i16(),
            };
            Message::Columns((0..count).map(|_| column(body)).collect())
        }
        b'D' => {
            let count = body.i16();
            let value = |body: &mut Cursor<'_>| {
                let length = i32::from_be_bytes(body.array());
                usize::try_from(length).ok().map(|length| body.take(length).to_vec())
            };
            Message::Row((0..count).map(|_| value(body)).collect())
        }
        b'C' => Message::Complete(body.string()),
        b'E' => Message::Error(fields(body)),
        b'N' => Message::Notice(fields(body)),
        b't' => {
            let count = body.i16();
            Message::ParameterTypes((0..count).map(|_| body.u32()).collect())
        }
        b'S' => Message::Parameter(body.string(), body.string()),
        b'Z' => Message::Ready(char::from(body.take(1)[0])),
        other => Message::Other(char::from(other)),
    }
}

fn fields(body: &mut Cursor<'_>) -> Fields {
    let mut fields = Vec::new();
    loop {
        let letter = body.take(1)[0];
        if letter == 0 {
            return Fields(fields);
        }
        fields.push((char::from(letter), body.string()));
    }
}

/// What is left of a message; running over its end is a bug of whoever wrote it, and panics.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take(&mut self, length: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().expect("as long as asked for")
    }

    fn i16(&mut self) -> i16 {
        i16::from_be_bytes(self.array())
    }

    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    fn string(&mut self) -> String {
        let end = self.0.iter().position(|b| *b == 0).expect("a string ends with a zero");
        let text = String::from_utf8_lossy(self.take(end)).into_owned();
        self.take(1);
        text
    }
}
