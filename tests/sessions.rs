//! Random sessions: what Postgres answers a client of the legacy schema, batch by batch, Exonym has to answer over the current one.
//!
//! A session is a function of its number ([`sessions::generator`]): search paths, roles, temporary tables, transactions, savepoints,
//! prepared statements of both kinds, cursors, copies, encodings, errors and migrations, in simple queries of one and several
//! statements and in pipelines. Each batch goes to both sides in one write. The answers are the same, or Exonym refuses with a hint;
//! then both sides are put into the same state and the session goes on. Anything else – other rows, another SQLSTATE, a marker,
//! silence – is made smaller and printed as a case for `tests/frames/`.
//!
//! They are played before the machine's Postgres and before Postgres 18, which reports its search path. `EXONYM_SESSIONS=20000:7`
//! plays that many from number 7 on; `1:n` plays the one that was printed.

#[path = "sessions/mod.rs"]
mod sessions;
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use sessions::sides::{DATABASES, Difference, Played, Sides};
use sessions::{generator, smaller};
use support::postgres::{Postgres, Version};

/// How many sessions are played when nobody says otherwise.
const SESSIONS: u64 = 120;
/// How many differences are made smaller and printed.
const SHOWN: usize = 12;
/// Batches that are refused although the legacy side answers them, in percent: about 4 are. Nobody's client changes its role, its
/// search path and its temporary tables as often as these do, nor all in one write; a rule that refused too much would show at once.
const REFUSED_AT_MOST: usize = 7;
/// Rows that were the same, for each session: about 12 are. Refusals and errors alone would prove nothing.
const ROWS_AT_LEAST: u64 = 6;

#[derive(Default)]
struct Counts {
    same: usize,
    rows: usize,
    errors: usize,
    vain: usize,
    lenient: usize,
    differ: usize,
    /// Refusals by their message, each with the first session that has it.
    refused: BTreeMap<String, (usize, u64)>,
}

#[test]
fn random_sessions_answer_alike() {
    let (count, first) = wanted();
    play(Version::Installed, count, first);
}

#[test]
fn random_sessions_answer_alike_before_postgres_18() {
    let (count, first) = wanted();
    // Others than those of the other server, unless some are asked for.
    play(Version::Eighteen, count, if std::env::var_os("EXONYM_SESSIONS").is_some() { first } else { first + count });
}

fn play(version: Version, count: u64, first: u64) {
    // Compiling the queries for the catalog takes longer than they do.
    let server = Postgres::start_as(version, &["jit=off"]);
    server.sql("postgres", "CREATE ROLE reader LOGIN; CREATE ROLE plain LOGIN");
    let counts = Mutex::new(Counts::default());
    let next = AtomicU64::new(first);
    thread::scope(|scope| {
        for databases in DATABASES {
            let (counts, next, server) = (&counts, &next, &server);
            scope.spawn(move || {
                let mut sides = Sides::start(server, databases);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= first + count || counts.lock().expect("nobody panics").differ >= SHOWN {
                        return;
                    }
                    play_one(version, number, &mut sides, counts);
                }
            });
        }
    });
    let counts = counts.into_inner().expect("nobody panics");
    println!("{version:?}: {}", counts.summary(count, first));
    assert!(counts.differ == 0, "{} of {count} sessions from number {first} on differ", counts.differ);
    let refused = counts.refused();
    let batches = counts.same + refused;
    // A few sessions that somebody plays again say nothing about shares.
    if count >= SESSIONS {
        assert!(refused * 100 <= batches * REFUSED_AT_MOST, "{refused} of {batches} batches are refused");
        let least = usize::try_from(count * ROWS_AT_LEAST).expect("it fits");
        assert!(counts.rows >= least, "only {} rows were compared", counts.rows);
    }
}

fn play_one(version: Version, number: u64, sides: &mut Sides, counts: &Mutex<Counts>) {
    let played = sides.play(&generator::session(number));
    if let Some(difference) = &played.difference {
        println!("session {number}, before {version:?}: {}", difference.kind);
        println!("{}", report(sides, number, difference));
    }
    counts.lock().expect("nobody panics").add(number, played);
    if number.is_multiple_of(500) {
        println!("about session {number}, before {version:?}");
    }
}

/// `EXONYM_SESSIONS=<count>[:<first number>]`.
fn wanted() -> (u64, u64) {
    let text = std::env::var("EXONYM_SESSIONS").unwrap_or_default();
    let (count, first) = text.split_once(':').unwrap_or((&text, "1"));
    (count.parse().unwrap_or(SESSIONS), first.parse().expect("EXONYM_SESSIONS=<count>:<first number>"))
}

/// The smallest session that fails as this one does, as a script, and both answers.
fn report(sides: &mut Sides, number: u64, first: &Difference) -> String {
    let patience = std::mem::replace(&mut sides.patience, Duration::from_secs(5));
    let small = smaller::smallest(generator::session(number), Duration::from_secs(90), |session| {
        sides.play(session).difference.is_some_and(|d| d.kind == first.kind)
    });
    let played = sides.play(&small);
    sides.patience = patience;
    let script = small.script(&format!("random session {number}"), &played.cleared);
    let how =
        played.difference.map_or_else(|| format!("it did not come again; it was\n{}", first.show()), |d| d.show());
    format!("{script}\n{how}")
}

impl Counts {
    fn add(&mut self, number: u64, played: Played) {
        self.differ += usize::from(played.difference.is_some());
        self.same += played.same;
        self.rows += played.compared.rows;
        self.errors += played.compared.errors;
        self.vain += played.compared.vain;
        self.lenient += played.lenient;
        for why in played.refused {
            self.refused.entry(why).or_insert((0, number)).0 += 1;
        }
    }

    fn refused(&self) -> usize {
        self.refused.values().map(|(count, _)| count).sum()
    }

    fn summary(&self, count: u64, first: u64) -> String {
        let refused = self.refused();
        let share = refused * 1000 / (self.same + refused).max(1);
        let mut text = format!("{count} sessions from number {first} on: {} batches answered alike, with ", self.same);
        let _ = write!(
            text,
            "{} rows and {} errors; {} refusals of what fails anyway, ",
            self.rows, self.errors, self.vain
        );
        let _ = write!(
            text,
            "{} on the current side only, {refused} refused ({}.{} %)",
            self.lenient,
            share / 10,
            share % 10
        );
        for (why, (count, number)) in &self.refused {
            let _ = write!(text, "\n  refused {count}, first in {number}: {why}");
        }
        text
    }
}
