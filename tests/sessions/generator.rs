//! Makes a session from a number, the same one each time.
//!
//! Each session uses a few words of each kind, so that they meet again and again: what goes wrong takes three or four of them.

use super::seed::Seed;
use super::{Batch, Message, Part, Session, Statement, words};

/// The kinds of statements, and how often each comes in a session that has all of them.
const KINDS: &[(Kind, usize)] = &[
    (Kind::Read, 42),
    (Kind::Setting, 16),
    (Kind::Temporary, 10),
    (Kind::Transaction, 19),
    (Kind::Error, 4),
    (Kind::Prepared, 10),
    (Kind::Cursor, 4),
    (Kind::Migration, 8),
    (Kind::Empty, 1),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Setting,
    Temporary,
    Transaction,
    Error,
    Prepared,
    Cursor,
    Migration,
    Empty,
}

struct Generator {
    seed: Seed,
    /// What this session says, by kind.
    reads: Vec<&'static str>,
    settings: Vec<&'static str>,
    temporary: Vec<&'static str>,
    cursors: Vec<&'static str>,
    /// The kinds of this session, each as often as it comes.
    kinds: Vec<Kind>,
    /// Names of prepared statements so far, by protocol and by SQL: those of other sessions never come again, those of this one do.
    named: Vec<(String, bool)>,
    prepared: Vec<(String, bool)>,
}

/// The session of that number.
pub(crate) fn session(number: u64) -> Session {
    let mut seed = Seed::new(number);
    let migrates = seed.chance(15);
    let mut reads = some(&mut seed, words::READS, 9);
    if migrates {
        reads.truncate(3);
        reads.extend(some(&mut seed, words::MOVING, 5));
    }
    let settings = some(&mut seed, words::SETTINGS, 8);
    let temporary = some(&mut seed, words::TEMPORARY, 8);
    let cursors = some(&mut seed, words::CURSORS, 5);
    let mut kinds = Vec::new();
    for &(kind, often) in KINDS {
        let always = matches!(kind, Kind::Read | Kind::Transaction);
        let wanted = if kind == Kind::Migration { migrates } else { always || seed.chance(55) };
        kinds.extend(std::iter::repeat_n(kind, if wanted { often } else { 0 }));
    }
    let startup = startup(&mut seed);
    let limited = seed.chance(15);
    let mut generator =
        Generator { seed, reads, settings, temporary, cursors, kinds, named: Vec::new(), prepared: Vec::new() };
    let batches = (0..3 + generator.seed.below(10)).map(|_| generator.batch()).collect();
    Session { startup, limited, migrates, batches }
}

fn some(seed: &mut Seed, words: &'static [&'static str], most: usize) -> Vec<&'static str> {
    (0..=seed.below(most)).map(|_| *seed.pick(words)).collect()
}

fn startup(seed: &mut Seed) -> Vec<(String, String)> {
    const ALL: [(&str, &str); 7] = [
        ("user", "plain"),
        ("search_path", "other"),
        ("search_path", "closed, public"),
        ("SEARCH_PATH", "other, public"),
        ("client_encoding", "LATIN1"),
        ("standard_conforming_strings", "off"),
        ("options", "-c search_path=other"),
    ];
    let mut parameters: Vec<(String, String)> = Vec::new();
    if seed.chance(25) {
        let (name, value) = seed.pick(&ALL);
        parameters.push(((*name).into(), (*value).into()));
    }
    if parameters.first().is_some_and(|(name, _)| name != "user") && seed.chance(30) {
        parameters.push(("user".into(), "plain".into()));
    }
    parameters
}

impl Generator {
    fn batch(&mut self) -> Batch {
        let count = *self.seed.pick(&[1, 1, 1, 2, 3, 4]);
        (0..count).map(|_| self.message()).collect()
    }

    fn message(&mut self) -> Message {
        match self.seed.below(20) {
            0..=8 => Message::Query(vec![self.statement()]),
            9..=11 => Message::Query((0..2 + self.seed.below(4)).map(|_| self.statement()).collect()),
            12 => self.copy_in(),
            _ => Message::Series((0..=self.seed.below(5)).flat_map(|_| self.run()).collect()),
        }
    }

    /// A simple query that reads copy data once or twice.
    fn copy_in(&mut self) -> Message {
        let copy = || Statement { text: "COPY public.sink FROM STDIN".into(), reads: false };
        let (mut query, mut data) = (Vec::new(), Vec::new());
        for _ in 0..=self.seed.below(2) {
            query.extend((0..self.seed.below(2)).map(|_| self.statement()));
            query.push(copy());
            query.extend((0..self.seed.below(2)).map(|_| self.statement()));
            data.extend(self.data());
        }
        Message::CopyIn { query, data }
    }

    fn data(&mut self) -> Vec<String> {
        let row = *self.seed.pick(&["d 1\\tx\\n", "d 1\\tx\\n", "d bad\\n"]);
        let end = *self.seed.pick(&["c", "c", "c", "f no"]);
        vec![row.into(), end.into()]
    }

    /// What belongs together in the extended protocol.
    fn run(&mut self) -> Vec<Part> {
        let part = |line: String, reads| Part { line, reads };
        match self.seed.below(20) {
            0..=9 => {
                let statement = self.statement();
                let reads = statement.reads;
                let mut parts = vec![part(format!("P | {}", statement.text), reads), part("B |".into(), reads)];
                if self.seed.chance(50) {
                    parts.push(part("D P".into(), reads));
                }
                parts.push(self.execute("", reads));
                parts
            }
            10..=12 => {
                let statement = self.statement();
                let name = self.name('n', self.named.len());
                self.named.push((name.clone(), statement.reads));
                vec![part(format!("P {name} | {}", statement.text), false)]
            }
            13..=17 if !self.named.is_empty() => {
                let (name, reads) = self.seed.pick(&self.named).clone();
                let portal = *self.seed.pick(&["", "", "p1", "p2"]);
                let mut parts =
                    vec![part(format!("B {portal} | {name}").replace("  ", " "), reads && portal.is_empty())];
                parts.push(self.execute(portal, reads));
                if !portal.is_empty() && self.seed.chance(60) {
                    parts.push(part(format!("C P {portal}"), false));
                }
                parts
            }
            13..=14 => {
                let mut lines = vec!["P | COPY public.sink FROM STDIN".into(), "B |".into(), "E".into()];
                lines.extend(self.data());
                lines.into_iter().map(|line| part(line, false)).collect()
            }
            15 => vec![self.execute("p1", false)],
            16..=18 if !self.named.is_empty() => {
                let name = self.seed.pick(&self.named).0.clone();
                let kind = *self.seed.pick(&["C S", "D S"]);
                vec![part(format!("{kind} {name}"), kind == "D S")]
            }
            _ => vec![part("H".into(), true)],
        }
    }

    fn execute(&mut self, portal: &str, reads: bool) -> Part {
        let rows = if self.seed.chance(15) { "| 1" } else { "" };
        Part { line: format!("E {portal} {rows}").replace("  ", " ").trim_end().to_owned(), reads }
    }

    /// A new name, or one that was given before.
    fn name(&mut self, letter: char, given: usize) -> String {
        let number = if given > 0 && self.seed.chance(25) { self.seed.below(given) } else { given };
        format!("{letter}{number}")
    }

    fn statement(&mut self) -> Statement {
        let kind = self.kinds[self.seed.below(self.kinds.len())];
        let (text, reads) = match kind {
            Kind::Read => ((*self.seed.pick(&self.reads)).to_owned(), true),
            Kind::Setting => ((*self.seed.pick(&self.settings)).to_owned(), false),
            Kind::Temporary => ((*self.seed.pick(&self.temporary)).to_owned(), false),
            Kind::Transaction => ((*self.seed.pick(words::TRANSACTION)).to_owned(), false),
            Kind::Error => ((*self.seed.pick(words::ERRORS)).to_owned(), true),
            Kind::Cursor => ((*self.seed.pick(&self.cursors)).to_owned(), false),
            Kind::Migration => ((*self.seed.pick(words::MIGRATIONS)).to_owned(), false),
            Kind::Empty => ((*self.seed.pick(words::EMPTY)).to_owned(), true),
            Kind::Prepared => self.by_sql(),
        };
        Statement { text, reads }
    }

    /// `PREPARE`, `EXECUTE` and `DEALLOCATE`.
    fn by_sql(&mut self) -> (String, bool) {
        let other = "SELECT set_config('search_path', 'other', false)";
        if self.prepared.is_empty() || self.seed.chance(35) {
            let name = self.name('e', self.prepared.len());
            let changes = self.seed.chance(8);
            let text = if changes { other } else { *self.seed.pick(&self.reads) };
            self.prepared.push((name.clone(), !changes));
            return (format!("PREPARE {name} AS {text}"), false);
        }
        let (name, reads) = self.seed.pick(&self.prepared).clone();
        match self.seed.below(20) {
            0 => ("DEALLOCATE ALL".into(), false),
            1..=2 => (format!("DEALLOCATE {name}"), false),
            3 => (format!("CREATE TEMP TABLE made AS EXECUTE {name}"), false),
            // A name of one protocol is known to the other, too.
            4 if !self.named.is_empty() => (format!("EXECUTE {}", self.seed.pick(&self.named).0), false),
            _ => (format!("EXECUTE {name}"), reads),
        }
    }
}
