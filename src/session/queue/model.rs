//! Tests alone: a model of the server that the queue of replies is held against, in every order in which messages and answers can cross.
//!
//! The server reads what was forwarded and answers; each answer says which message it is for, and the queue has to say the same.

use std::collections::VecDeque;
use std::time::Instant;

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::expected::{Entry, Expected, Name};
use super::Queue;

/// A message of the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Said {
    /// A query; false for one that fails.
    Query(bool),
    /// One that reads copy data.
    QueryCopy(Copy),
    Parse(bool),
    Execute,
    /// One that reads copy data.
    ExecuteCopy(Copy),
    FunctionCall(bool),
    Sync,
    Data,
    CopyDone,
    CopyFail,
}

/// How a COPY ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Copy {
    Well,
    /// Behind its beginning, before anything is read.
    AtOnce,
    /// When the first data are read.
    AtData,
    /// When all of it has been read.
    AtEnd,
}

/// What the server does with what comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Answering,
    Skipping,
    Copying {
        of: usize,
        end: Copy,
        simple: bool,
    },
    /// It has ended the session.
    Gone,
}

/// An answer, and the message that it is for.
type Answer = (u8, usize);

struct Server {
    mode: Mode,
    sent: VecDeque<Answer>,
}

impl Server {
    fn say(&mut self, answers: &[u8], of: usize) {
        self.sent.extend(answers.iter().map(|tag| (*tag, of)));
    }

    fn hear(&mut self, said: Said, of: usize) {
        match self.mode {
            Mode::Gone => {}
            Mode::Skipping if said != Said::Sync => {}
            Mode::Answering | Mode::Skipping => self.answer(said, of),
            Mode::Copying { of: copy, end, simple } => match (said, end) {
                (Said::Data, Copy::AtData) | (Said::CopyDone, Copy::AtEnd) | (Said::CopyFail, _) => {
                    self.fail(copy, simple);
                }
                (Said::Sync | Said::Data, _) => {}
                (Said::CopyDone, _) => {
                    self.say(if simple { b"CZ" } else { b"C" }, copy);
                    self.mode = Mode::Answering;
                }
                _ => self.mode = Mode::Gone,
            },
        }
    }

    fn answer(&mut self, said: Said, of: usize) {
        self.mode = Mode::Answering;
        match said {
            Said::Query(true) => self.say(b"CZ", of),
            Said::QueryCopy(end) => self.copy(end, of, true),
            Said::ExecuteCopy(end) => self.copy(end, of, false),
            Said::Parse(true) => self.say(b"1", of),
            Said::Parse(false) => self.fail(of, false),
            Said::Execute => self.say(b"C", of),
            Said::FunctionCall(true) => self.say(b"VZ", of),
            Said::Query(false) | Said::FunctionCall(false) => self.fail(of, true),
            Said::Sync => self.say(b"Z", of),
            Said::Data | Said::CopyDone | Said::CopyFail => {}
        }
    }

    fn copy(&mut self, end: Copy, of: usize, simple: bool) {
        self.say(b"G", of);
        self.mode = Mode::Copying { of, end, simple };
        if end == Copy::AtOnce {
            self.fail(of, simple);
        }
    }

    fn fail(&mut self, of: usize, simple: bool) {
        self.say(if simple { b"EZ" } else { b"E" }, of);
        self.mode = if simple { Mode::Answering } else { Mode::Skipping };
    }
}

fn forward(queue: &mut Queue, said: Said, of: usize) {
    let name: Name = of.to_string().into_bytes().into();
    let what = match said {
        Said::Query(_) | Said::QueryCopy(_) => {
            Expected::Query { planned: None, done: 0, failed: false, gives_up: Some(name) }
        }
        Said::Parse(_) => Expected::Parse { name, planned: None },
        Said::Execute | Said::ExecuteCopy(_) => Expected::Execute { portal: name },
        Said::FunctionCall(_) => Expected::FunctionCall,
        Said::Sync => Expected::Sync,
        Said::CopyDone | Said::CopyFail => Expected::CopyEnd,
        Said::Data => return queue.sent_data(),
    };
    queue.push(Entry::new(what, Instant::now()));
}

/// The message that the queue takes the next answer for, where it is one that matters.
fn head(queue: &mut Queue) -> Option<usize> {
    let name = match &queue.head()?.what {
        Expected::Query { gives_up, .. } => gives_up.clone(),
        Expected::Parse { name, .. } => Some(name.clone()),
        Expected::Execute { portal } => Some(portal.clone()),
        _ => None,
    };
    String::from_utf8(name?.into()).ok()?.parse().ok()
}

/// As `conversation` does it.
fn take(queue: &mut Queue, tag: u8) {
    match tag {
        b'1' => drop(queue.take(|what| matches!(what, Expected::Parse { .. }))),
        b'C' => match &mut queue.head().expect("it is answered").what {
            Expected::Query { done, .. } => {
                *done += 1;
                queue.answered();
            }
            _ => drop(queue.take(|_| true)),
        },
        b'V' => queue.answered(),
        b'G' => queue.copy_in(),
        b'E' => drop(queue.failed()),
        _ => {
            if !queue.takes_uncertain() {
                drop(queue.ready());
            }
        }
    }
}

fn copy() -> impl Strategy<Value = Copy> {
    prop_oneof![Just(Copy::Well), Just(Copy::AtOnce), Just(Copy::AtData), Just(Copy::AtEnd)]
}

/// What belongs together.
fn run() -> impl Strategy<Value = Vec<Said>> {
    let end = || prop_oneof![4 => Just(Said::CopyDone), 1 => Just(Said::CopyFail)];
    let syncs = |most| (0..=most).prop_map(|n: usize| vec![Said::Sync; n]);
    let extended = (any::<bool>(), copy(), syncs(2usize), syncs(1), 1usize..3, end(), syncs(2)).prop_map(
        |(parses, copy, before, among, data, end, behind)| {
            let mut all = Vec::from_iter(parses.then_some(Said::Parse(true)));
            all.push(Said::ExecuteCopy(copy));
            all.extend(before);
            all.extend(vec![Said::Data; data]);
            all.extend(among);
            all.push(end);
            all.extend(behind);
            all
        },
    );
    let simple = (copy(), syncs(2), 0usize..3, end(), syncs(2)).prop_map(|(copy, before, data, end, behind)| {
        let mut all = vec![Said::QueryCopy(copy)];
        all.extend(before);
        all.extend(vec![Said::Data; data]);
        all.push(end);
        all.extend(behind);
        all
    });
    prop_oneof![
        2 => extended,
        1 => simple,
        2 => any::<bool>().prop_map(|well| vec![Said::Query(well)]),
        1 => any::<bool>().prop_map(|well| vec![Said::FunctionCall(well)]),
        3 => (any::<bool>(), syncs(2)).prop_map(|(well, syncs)| [vec![Said::Parse(well), Said::Execute], syncs].concat()),
        // Somebody who does not know that it is a COPY, which happens to fail.
        1 => Just(vec![Said::ExecuteCopy(Copy::AtOnce), Said::Sync, Said::Parse(true), Said::Execute, Said::Sync]),
    ]
}

/// True when copy data, which may fail, stands behind a Sync, or around one, and no Sync behind it.
fn may_tear(said: &[Said]) -> bool {
    let is_end = |said: &Said| matches!(said, Said::CopyDone | Said::CopyFail);
    (0..said.len()).filter(|&at| matches!(said[at], Said::ExecuteCopy(_))).any(|at| {
        let (data, behind) = said[at + 1..].split_at(said[at + 1..].iter().position(is_end).unwrap_or_default());
        data.contains(&Said::Sync) && behind.get(1).is_some_and(|next| *next != Said::Sync)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn each_answer_belongs_to_its_message_however_they_cross(
        runs in proptest::collection::vec(run(), 1..8),
        order in proptest::collection::vec(any::<Index>(), 200),
    ) {
        let said: Vec<Said> = runs.concat();
        let may_tear = may_tear(&said);
        let mut queue = Queue::default();
        let mut server = Server { mode: Mode::Answering, sent: VecDeque::new() };
        let (mut forwarded, mut heard) = (0, 0);
        // Three things go on side by side: messages are forwarded, the server reads them, its answers are accepted.
        for turn in order.iter().map(|index| index.index(3)).chain([0, 1, 2].into_iter().cycle()) {
            match turn {
                0 if forwarded < said.len() => {
                    forward(&mut queue, said[forwarded], forwarded);
                    forwarded += 1;
                }
                1 if heard < forwarded => {
                    server.hear(said[heard], heard);
                    heard += 1;
                }
                2 if queue.is_torn() => {
                    prop_assert!(may_tear, "{:?}", &said);
                    return Ok(());
                }
                2 => if let Some((tag, of)) = server.sent.pop_front() {
                    if !matches!(tag, b'Z' | b'V') && !matches!(said[of], Said::FunctionCall(_)) {
                        prop_assert_eq!(head(&mut queue), Some(of), "{:?} of {:?}", char::from(tag), &said);
                    }
                    take(&mut queue, tag);
                },
                _ => {}
            }
            if heard == said.len() && server.sent.is_empty() || server.mode == Mode::Gone {
                break;
            }
        }
        if server.mode == Mode::Answering && said.last() == Some(&Said::Sync) {
            prop_assert!(queue.is_empty(), "{:?} of {:?}", &queue, &said);
        }
    }
}
