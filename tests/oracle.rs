//! The oracle is Postgres itself: a statement sent straight to the legacy schema, and sent through Exonym to the current one,
//! must be answered alike, message by message.
//!
//! The cases are data, in `tests/oracle/*.sql`; one test per way of sending them. `EXONYM_CASE=part of a name` runs few.

mod support;

use std::fmt::Write as _;
use std::io;
use std::sync::{PoisonError, RwLock};

use support::cases::{Case, Expect, Rows, Step, Straight};
use support::client::{Client, Format, Message, Value};
use support::{binary, cases, twins};

/// How a case travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// Query.
    Simple,
    /// Parse, Bind, Describe, Execute, Sync at once, all in text: `PQexecParams`.
    Text,
    /// Prepared and described first, then bound with what was described, all in binary: tokio-postgres, asyncpg.
    Binary,
    /// All steps sent before the first answer is read; portals fetched in portions, statements executed twice.
    Pipelined,
    /// The same with one Sync behind all steps: nothing that they do to the session is settled before the last is sent.
    OneSync,
}

#[test]
fn simple() {
    run_all(Mode::Simple, "simple");
}

#[test]
fn extended_text() {
    run_all(Mode::Text, "text");
}

#[test]
fn extended_binary() {
    run_all(Mode::Binary, "binary");
}

#[test]
fn one_sync() {
    run_all(Mode::OneSync, "onesync");
}

#[test]
fn pipelined() {
    run_all(Mode::Pipelined, "pipelined");
}

fn run_all(mode: Mode, protocol: &str) {
    let wanted = std::env::var("EXONYM_CASE").unwrap_or_default();
    let cases = cases::load(&twins::root().join("tests/oracle"));
    let mut failures = Vec::new();
    let mut ran = 0;
    for (number, case) in cases.iter().enumerate() {
        let by_query = case.steps.iter().all(|s| s.parameters.is_empty());
        let fits = case.protocols.is_empty() || case.protocols.iter().any(|p| p == protocol);
        let differs = match mode {
            Mode::Simple => by_query,
            Mode::OneSync => case.steps.len() > 1,
            _ => true,
        };
        if !case.name.contains(&wanted) || !fits || !differs {
            continue;
        }
        ran += 1;
        let application = format!("{protocol}-{number}");
        if let Err(difference) = run(case, mode, &application) {
            failures.push(report(case, protocol, &application, &difference));
        }
    }
    assert!(ran > 0, "no case is called like `{wanted}`");
    assert!(failures.is_empty(), "{}\n{} of {ran} cases differ ({protocol})", failures.join("\n"), failures.len());
}

/// What one side answered to one step.
#[derive(Default)]
struct Answer {
    /// Everything but rows.
    messages: Vec<String>,
    /// Rows, each with the number of its result.
    rows: Vec<(usize, Vec<Option<Vec<u8>>>)>,
}

fn run(case: &Case, mode: Mode, application: &str) -> Result<(), String> {
    // Cases that write and roll back hold locks that would make others wait, or fail.
    static WRITING: RwLock<()> = RwLock::new(());
    let _alone = case.rollback.then(|| WRITING.write().unwrap_or_else(PoisonError::into_inner));
    let _together = (!case.rollback).then(|| WRITING.read().unwrap_or_else(PoisonError::into_inner));
    let twins = twins::shared();
    let database = match case.straight {
        Straight::Legacy => twins::LEGACY,
        Straight::Current => twins::CURRENT,
    };
    let texts: Vec<&str> = case.steps.iter().map(straight_text).collect();
    let expected =
        side(twins.server.port, database, "straight", case, &texts, mode).map_err(|e| format!("straight: {e}"))?;
    let texts: Vec<&str> = case.steps.iter().map(|s| s.sql.as_str()).collect();
    let got =
        side(twins.proxy.port, twins::CURRENT, application, case, &texts, mode).map_err(|e| format!("through: {e}"))?;

    for (sql, (expected, got)) in before(case).zip(expected.before.iter().zip(&got.before)) {
        compare(&Step::default(), expected, got).map_err(|e| format!("at `{sql}`: {e}"))?;
    }
    let whole = [whole(&case.steps)];
    let steps = if mode == Mode::OneSync { &whole[..] } else { &case.steps };
    for (number, (step, (expected, got))) in steps.iter().zip(expected.steps.iter().zip(&got.steps)).enumerate() {
        let refused = |code: &String| got.messages.iter().any(|m| m.starts_with(&format!("error ERROR {code} ")));
        if step.refusals.iter().any(refused) {
            return Ok(());
        }
        compare(step, expected, got).map_err(|e| format!("step {}: {e}", number + 1))?;
    }
    if case.straight == Straight::Current {
        return Ok(());
    }
    let step = Step { rows: Rows::InOrder, sql: AFTERWARDS.into(), ..Step::default() };
    compare(&step, &expected.after, &got.after).map_err(|e| format!("afterwards: {e}"))
}

/// All steps as one: an error in one ends them all, so it refuses when any of them does. What a step does to the session cannot
/// be waited for before the Sync: a loud error is as good as the answer then, another answer is not.
fn whole(steps: &[Step]) -> Step {
    let expect = steps.iter().map(|s| &s.expect).find(|e| matches!(e, Expect::Refused(_)));
    Step {
        expect: expect.cloned().unwrap_or(Expect::Same),
        refusals: vec!["0A000".into(), "42P01".into()],
        rows: if steps.iter().any(|s| s.rows == Rows::Any) { Rows::Any } else { Rows::AnyOrder },
        any_notices: steps.iter().any(|s| s.any_notices),
        ..Step::default()
    }
}

/// All that one side answered to one case.
struct Side {
    before: Vec<Answer>,
    steps: Vec<Answer>,
    after: Answer,
}

/// Whatever happened, the session goes on.
const AFTERWARDS: &str = "ROLLBACK; SELECT rating, count(*) FROM public.feedback_log GROUP BY rating ORDER BY rating";

fn before(case: &Case) -> impl Iterator<Item = &str> {
    case.set.iter().map(String::as_str).chain(case.rollback.then_some("BEGIN"))
}

fn side(port: u16, database: &str, application: &str, case: &Case, texts: &[&str], mode: Mode) -> io::Result<Side> {
    let mut client = Client::connect(port, database, application)?;
    let before = before(case).map(|sql| ask_simply(&mut client, sql)).collect::<io::Result<_>>()?;
    let steps = send(&mut client, case, texts, mode)?;
    let after = ask_simply(&mut client, AFTERWARDS)?;
    Ok(Side { before, steps, after })
}

/// A refused text is an error in its place: the straight side gets one that fails there too.
fn straight_text(step: &Step) -> &str {
    match (&step.expect, &step.sent_as) {
        (_, Some(text)) => text,
        (Expect::Refused(_), None) => "SELECT * FROM a_relation_that_is_not_there",
        _ => &step.sql,
    }
}

fn ask_simply(client: &mut Client, sql: &str) -> io::Result<Answer> {
    client.query(sql);
    Ok(digest(client.exchange()?))
}

fn send(client: &mut Client, case: &Case, texts: &[&str], mode: Mode) -> io::Result<Vec<Answer>> {
    let mut answers = Vec::new();
    for (number, (step, sql)) in case.steps.iter().zip(texts).enumerate() {
        let types: Vec<u32> = step.parameters.iter().map(|p| p.0).collect();
        match mode {
            Mode::Simple => answers.push(ask_simply(client, sql)?),
            Mode::Text => {
                client.parse("", sql, &types);
                client.bind("", "", &as_text(step), Format::Text);
                client.describe(b'P', "");
                client.execute("", 0);
                client.sync();
                answers.push(digest(client.exchange()?));
            }
            Mode::Binary => answers.push(send_described(client, step, &format!("s{number}"), sql, &types)?),
            Mode::Pipelined | Mode::OneSync => {
                let name = format!("s{number}");
                client.parse(&name, sql, &types);
                client.describe(b'S', &name);
                // What gives no rows can be executed only once.
                if reads(sql) {
                    client.bind("in portions", &name, &as_text(step), Format::Text);
                    client.describe(b'P', "in portions");
                    client.execute("in portions", 2);
                    client.execute("in portions", 0);
                    client.close(b'P', "in portions");
                }
                client.bind("", &name, &as_text(step), Format::Binary);
                client.execute("", 0);
                client.close(b'S', &name);
                if mode == Mode::Pipelined {
                    client.sync();
                }
            }
        }
    }
    if mode == Mode::OneSync {
        client.sync();
        answers.push(digest(client.exchange()?));
    }
    if mode == Mode::Pipelined {
        client.send()?;
        for _ in texts {
            answers.push(digest(client.until_ready()?));
        }
    }
    Ok(answers)
}

/// True for what can be read in portions, and again.
fn reads(sql: &str) -> bool {
    let word =
        sql.trim_start_matches(['(', ' ', '\n']).split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    ["SELECT", "WITH", "VALUES", "TABLE", "FETCH", "SHOW"].contains(&word.to_ascii_uppercase().as_str())
}

/// Two round trips: parameters are encoded as the answer to Describe says.
fn send_described(client: &mut Client, step: &Step, name: &str, sql: &str, types: &[u32]) -> io::Result<Answer> {
    client.parse(name, sql, types);
    client.describe(b'S', name);
    client.sync();
    let mut messages = client.exchange()?;
    let described =
        messages.iter().find_map(|m| if let Message::ParameterTypes(t) = m { Some(t.clone()) } else { None });
    if let Some(described) = described {
        let encode = |(oid, (_, text)): (&u32, &(u32, Option<String>))| match text {
            None => Value { format: Format::Binary, bytes: None },
            Some(text) => match binary::encode(*oid, text) {
                Some(bytes) => Value { format: Format::Binary, bytes: Some(bytes) },
                None => Value { format: Format::Text, bytes: Some(text.clone().into_bytes()) },
            },
        };
        let values: Vec<Value> = described.iter().zip(&step.parameters).map(encode).collect();
        client.bind("", name, &values, Format::Binary);
        client.describe(b'P', "");
        client.execute("", 0);
        client.close(b'S', name);
        client.sync();
        messages.extend(client.exchange()?);
    }
    Ok(digest(messages))
}

fn as_text(step: &Step) -> Vec<Value> {
    let value =
        |(_, text): &(u32, Option<String>)| Value { format: Format::Text, bytes: text.clone().map(String::into_bytes) };
    step.parameters.iter().map(value).collect()
}

fn digest(messages: Vec<Message>) -> Answer {
    let mut answer = Answer::default();
    let mut result = 0;
    for message in messages {
        let line = match message {
            Message::Row(row) => {
                answer.rows.push((result, row));
                continue;
            }
            Message::Columns(columns) => {
                let mut line = String::from("columns");
                for c in columns {
                    let _ = write!(line, " | {:?} {} {} {} {}", c.name, c.oid, c.length, c.modifier, c.format);
                }
                line
            }
            Message::Complete(tag) => {
                result += 1;
                format!("complete {tag}")
            }
            Message::Error(fields) | Message::Notice(fields) => {
                let field = |letter| fields.get(letter).unwrap_or("-").to_owned();
                let kind = if field('V') == "ERROR" || field('V') == "FATAL" { "error" } else { "notice" };
                // What stands behind the bar is for the reader of a failure.
                let place = format!("{kind} {} {} at {}", field('V'), field('C'), field('P'));
                format!("{place} ¦ {} {} {}", field('M'), field('D'), field('H'))
            }
            Message::ParameterTypes(types) => format!("parameters {types:?}"),
            Message::Parameter(name, value) => format!("setting {name} = {value}"),
            Message::Ready(status) => format!("ready {status}"),
            Message::Other(kind) => format!("message {kind}"),
        };
        answer.messages.push(line);
    }
    answer
}

fn compare(step: &Step, expected: &Answer, got: &Answer) -> Result<(), String> {
    // One of the codes that we may refuse with stands for the one that the straight side gave to a relation that is not there.
    let refused = |code: &str, ours: bool| match &step.expect {
        Expect::Refused(codes) if ours && codes.iter().any(|c| c == code) => "refused".to_owned(),
        Expect::Refused(_) if !ours && code == "42P01" => "refused".to_owned(),
        _ => code.to_owned(),
    };
    let comparable = |line: &String, ours: bool| {
        let line = line.split(" ¦ ").next().unwrap_or_default();
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["complete", command, ..] if step.rows == Rows::Any => format!("complete {command}"),
            ["error", severity, code, "at", position] => {
                let code = refused(code, ours);
                let any = matches!(step.expect, Expect::Refused(_));
                format!("error {severity} {code} at {}", if any { "any" } else { position })
            }
            _ => line.to_owned(),
        }
    };
    if let Expect::Refused(codes) = &step.expect {
        // The server's own refusal of a name that it does not have comes where it likes.
        let theirs = |code: &&String| got.messages.iter().any(|m| m.starts_with(&format!("error ERROR {code} ")));
        if codes.iter().skip(1).any(|code| theirs(&code)) && expected.messages.last() == got.messages.last() {
            return Ok(());
        }
    }
    let counts = |line: &&String| !(step.any_notices && line.starts_with("notice "));
    let messages =
        |answer: &Answer, ours| answer.messages.iter().filter(counts).map(|m| comparable(m, ours)).collect::<Vec<_>>();
    if messages(expected, false) != messages(got, true) {
        return Err(format!(
            "the messages differ\n  straight:\n    {}\n  through:\n    {}",
            expected.messages.join("\n    "),
            got.messages.join("\n    ")
        ));
    }
    if step.rows == Rows::Any {
        return Ok(());
    }
    let rows = |answer: &Answer| {
        let mut rows = answer.rows.clone();
        if step.rows == Rows::AnyOrder {
            rows.sort();
        }
        rows
    };
    let (expected, got) = (rows(expected), rows(got));
    if expected == got {
        return Ok(());
    }
    let first = expected.iter().zip(&got).position(|(a, b)| a != b).unwrap_or(expected.len().min(got.len()));
    let show =
        |rows: &[(usize, Vec<Option<Vec<u8>>>)]| rows.iter().skip(first).take(5).map(printed).collect::<String>();
    Err(format!(
        "the rows differ ({} straight, {} through), first at {}\n  straight:\n{}  through:\n{}",
        expected.len(),
        got.len(),
        first + 1,
        show(&expected),
        show(&got)
    ))
}

fn printed((result, row): &(usize, Vec<Option<Vec<u8>>>)) -> String {
    let value = |v: &Option<Vec<u8>>| match v {
        None => "NULL".to_owned(),
        Some(bytes) => String::from_utf8(bytes.clone()).unwrap_or_else(|_| format!("{bytes:02x?}")),
    };
    format!("    {result}: {}\n", row.iter().map(value).collect::<Vec<_>>().join(" | "))
}

fn report(case: &Case, protocol: &str, application: &str, difference: &str) -> String {
    let mut text = format!("\n=== {} ({}, {protocol})\n", case.name, case.file);
    for step in &case.steps {
        let _ = writeln!(text, "{}\n--", step.sql);
    }
    let _ = writeln!(text, "{difference}");
    for arrived in twins::shared().arrived(application) {
        let _ = writeln!(text, "  arrived: {arrived}");
    }
    text
}
