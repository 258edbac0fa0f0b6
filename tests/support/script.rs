//! Reads the case files of `tests/frames/`: what clients send, frame by frame, in a small language.
//!
//! ```text
//! == a name, unique in all files
//! names: legacy            straight to the legacy twin, through to the current one
//! refused: A | B           `{bad}` is A through Exonym, which refuses it, and B straight, which the server refuses
//! mask: rows copy          what of the answers differs by itself
//! large                    not byte by byte
//! since: 18, why            not played against older servers, and why
//! before: 18, why           not played against that one and newer ones, and why
//! startup: name=value      beside user and database; `startup-3.2:` in that version of the protocol
//! b: startup: …            the same for the connection `b`
//!
//! Q text                   P name | 23 25 | text       P name | text
//! B portal | name | 1 | \N D S name   D P portal       E portal | rows
//! C S name    C P portal   F oid | argument            d data   f reason   c S H X
//! hex 51 00 …              any bytes                   close    no more is sent
//! wait Z 2                 reads up to the second Z    wait end
//! cancel   cancel wrong    on a connection of its own  b: Q …   on another connection
//! sql text                 by a superuser elsewhere    poll text, until it gives `t`; `{pid a}` is a process id
//! ```
//! In texts, `\n \t \\ \xHH` are bytes, `{x*9}` is `x` nine times, `{1..9}` is `$1, $2, …, $9`.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::fs;
use std::path::Path;

use super::raw;

/// One case.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each may stand without the others")]
pub(crate) struct Script {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) legacy: bool,
    /// Refused by Exonym, and by the server.
    pub(crate) refused: Option<(String, String)>,
    pub(crate) mask_rows: bool,
    pub(crate) mask_copy: bool,
    pub(crate) large: bool,
    servers: Servers,
    pub(crate) lines: Vec<Line>,
}

/// Which servers a case is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Servers {
    All,
    Since18,
    Before18,
}

/// The version of the protocol that clients ask for unless told otherwise.
pub(crate) const VERSION: u32 = 0x3_0000;

/// One line: a connection and what is done on it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) connection: String,
    pub(crate) text: String,
    pub(crate) at: String,
}

/// What a line does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Startup(u32, Vec<(String, String)>),
    Send(Vec<u8>),
    Wait(u8, usize),
    WaitEnd,
    Close,
    Cancel { wrong: bool },
    Sql(String),
    Poll(String),
}

/// All cases of a directory, in the order of file names.
pub(crate) fn load(directory: &Path) -> Vec<Script> {
    let mut paths: Vec<_> = fs::read_dir(directory)
        .expect("the case files are there")
        .map(|entry| entry.expect("it is listed").path())
        .collect();
    paths.sort();
    let mut scripts: Vec<Script> = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a case file is UTF-8");
        let file = path.file_name().expect("a file").to_string_lossy().into_owned();
        for (number, line) in text.lines().enumerate() {
            let at = format!("{file}:{}", number + 1);
            if let Some(name) = line.strip_prefix("== ") {
                assert!(scripts.iter().all(|s| s.name != name), "{at}: the name is taken");
                scripts.push(Script::new(name, &file));
            } else if !line.trim().is_empty() && !line.starts_with('#') {
                scripts.last_mut().unwrap_or_else(|| panic!("{at}: a line before the first case")).take(line, &at);
            }
        }
    }
    scripts
}

impl Script {
    fn new(name: &str, file: &str) -> Self {
        Self {
            name: name.into(),
            file: file.into(),
            legacy: false,
            refused: None,
            mask_rows: false,
            mask_copy: false,
            large: false,
            servers: Servers::All,
            lines: Vec::new(),
        }
    }

    fn take(&mut self, line: &str, at: &str) {
        if line == "names: legacy" {
            self.legacy = true;
        } else if line == "large" {
            self.large = true;
        } else if let Some(servers) = servers(line) {
            self.servers = servers;
        } else if let Some(both) = line.strip_prefix("refused: ") {
            let (ours, theirs) = both.split_once(" | ").unwrap_or_else(|| panic!("{at}: `refused: A | B`"));
            self.refused = Some((ours.into(), theirs.into()));
        } else if let Some(what) = line.strip_prefix("mask: ") {
            self.mask_rows |= what.contains("rows");
            self.mask_copy |= what.contains("copy");
        } else {
            let own = line.get(1..3) == Some(": ") && line.as_bytes()[0].is_ascii_lowercase();
            let (connection, text) = if own { (&line[..1], &line[3..]) } else { ("a", line) };
            self.lines.push(Line { connection: connection.into(), text: text.into(), at: at.into() });
        }
    }

    /// True when it is to be played against Postgres 18, or against an older server.
    pub(crate) const fn is_for(&self, is_18: bool) -> bool {
        match self.servers {
            Servers::All => true,
            Servers::Since18 => is_18,
            Servers::Before18 => !is_18,
        }
    }

    /// True when one connection does it all and nothing happens in between: then it can be sent in one write.
    pub(crate) fn is_alone(&self) -> bool {
        let alone = |line: &Line| {
            let verb = line.text.split(' ').next().unwrap_or_default();
            line.connection == "a"
                && !verb.starts_with("startup")
                && !["cancel", "sql", "poll", "close"].contains(&verb)
        };
        self.lines.iter().all(alone)
    }
}

impl Line {
    /// What it does, with `bad` in the place of `{bad}`.
    pub(crate) fn step(&self, bad: &str) -> Step {
        let text = self.text.replace("{bad}", bad);
        let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let fields: Vec<Vec<u8>> = rest.split('|').map(|field| bytes(field.trim())).collect();
        let name = |n: usize| [fields.get(n).cloned().unwrap_or_default(), vec![0]].concat();
        let frame = |tag: u8, body: Vec<u8>| Step::Send(raw::frame(tag, &body));
        match verb {
            verb if verb.starts_with("startup") => Step::Startup(
                version(verb),
                rest.split("; ").filter_map(|p| p.split_once('=')).map(|(n, v)| (n.into(), v.into())).collect(),
            ),
            "Q" => frame(b'Q', [bytes(rest), vec![0]].concat()),
            "P" => frame(b'P', parse(rest)),
            "B" => frame(b'B', [name(0), name(1), values(fields.get(2..).unwrap_or_default()), vec![0, 0]].concat()),
            "D" | "C" => {
                let (kind, of) = rest.split_once(' ').unwrap_or((rest, ""));
                frame(verb.as_bytes()[0], [kind.as_bytes(), &bytes(of), &[0]].concat())
            }
            "E" => {
                let rows = rest.split_once('|').map_or(0, |(_, rows)| rows.trim().parse::<u32>().expect("a number"));
                frame(b'E', [name(0), rows.to_be_bytes().to_vec()].concat())
            }
            "F" => {
                let oid: u32 = rest.split('|').next().and_then(|oid| oid.trim().parse().ok()).expect("an oid");
                let arguments = values(fields.get(1..).unwrap_or_default());
                frame(b'F', [oid.to_be_bytes().to_vec(), arguments, vec![0, 0]].concat())
            }
            "d" => frame(b'd', bytes(rest)),
            "f" => frame(b'f', name(0)),
            "c" | "S" | "H" | "X" => frame(verb.as_bytes()[0], Vec::new()),
            "hex" => Step::Send(hex(rest)),
            "wait" if rest == "end" => Step::WaitEnd,
            "wait" => {
                let (tag, n) = rest.split_once(' ').unwrap_or((rest, "1"));
                Step::Wait(tag.as_bytes()[0], n.parse().expect("a number"))
            }
            "close" => Step::Close,
            "cancel" => Step::Cancel { wrong: rest == "wrong" },
            "sql" => Step::Sql(rest.into()),
            "poll" => Step::Poll(rest.into()),
            other => panic!("{}: no verb `{other}`", self.at),
        }
    }
}

/// `since: 18, why` and `before: 18, why`.
fn servers(line: &str) -> Option<Servers> {
    let (which, servers) = [("since: 18, ", Servers::Since18), ("before: 18, ", Servers::Before18)]
        .into_iter()
        .find(|(start, _)| line.starts_with(start))?;
    assert!(line.len() > which.len(), "`{line}` wants a reason");
    Some(servers)
}

/// That of `startup:` or `startup-3.2:`.
fn version(verb: &str) -> u32 {
    let Some(version) = verb.trim_end_matches(':').strip_prefix("startup-") else { return VERSION };
    let (major, minor) = version.split_once('.').expect("such as 3.2");
    let number = |text: &str| text.parse::<u32>().expect("a number");
    (number(major) << 16) | number(minor)
}

/// `name | types | text`, `name | text`: the text may hold bars itself, types are numbers alone.
fn parse(rest: &str) -> Vec<u8> {
    let (name, rest) = rest.split_once('|').expect("P name | text");
    let (types, text) = match rest.split_once('|') {
        Some((types, text)) if types.split_whitespace().all(|t| t.parse::<u32>().is_ok()) => (types, text),
        _ => ("", rest),
    };
    let types: Vec<u32> = types.split_whitespace().map(|t| t.parse().expect("a number")).collect();
    let count = u16::try_from(types.len()).expect("few").to_be_bytes();
    let types: Vec<u8> = types.iter().flat_map(|t| t.to_be_bytes()).collect();
    [bytes(name.trim()), vec![0], bytes(text.trim()), vec![0], count.to_vec(), types].concat()
}

/// Formats (all text), count and values of a Bind or a `FunctionCall`.
fn values(fields: &[Vec<u8>]) -> Vec<u8> {
    let fields: Vec<Vec<u8>> = match fields {
        // `7 x 9` is nine times 7.
        [one] if one.windows(3).any(|w| w == b" x ") => {
            let text = String::from_utf8(one.clone()).expect("plain");
            let (value, n) = text.split_once(" x ").expect("looked for");
            vec![value.as_bytes().to_vec(); n.parse().expect("a number")]
        }
        _ => fields.to_vec(),
    };
    let mut out = vec![0, 0];
    out.extend_from_slice(&u16::try_from(fields.len()).expect("at most 65535").to_be_bytes());
    for field in &fields {
        if field == b"NULL" {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
        } else {
            out.extend_from_slice(&u32::try_from(field.len()).expect("small").to_be_bytes());
            out.extend_from_slice(field);
        }
    }
    out
}

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("two digits")).collect()
}

/// A text with its escapes and repetitions made bytes.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '\\' {
            let (byte, length) = match rest.as_bytes().get(1) {
                Some(b'n') => (b'\n', 2),
                Some(b't') => (b'\t', 2),
                Some(b'x') => (u8::from_str_radix(&rest[2..4], 16).expect("two digits"), 4),
                _ => (b'\\', 2),
            };
            out.push(byte);
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        if let Some((made, after)) = rest.strip_prefix('{').and_then(repetition) {
            out.extend_from_slice(made.as_bytes());
            rest = after;
            continue;
        }
        out.extend_from_slice(&rest.as_bytes()[..first.len_utf8()]);
        rest = &rest[first.len_utf8()..];
    }
    out
}

fn repetition(text: &str) -> Option<(String, &str)> {
    let (inside, after) = text.split_once('}')?;
    if let Some((what, n)) = inside.rsplit_once('*') {
        return Some((what.repeat(n.parse().ok()?), after));
    }
    let (from, to) = inside.split_once("..")?;
    let (from, to): (u32, u32) = (from.parse().ok()?, to.parse().ok()?);
    Some(((from..=to).map(|n| format!("${n}")).collect::<Vec<_>>().join(", "), after))
}
