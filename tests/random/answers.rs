//! What two sides answer to a query, and whether that is the same.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use crate::support::client::{Client, Column, Format, Message, Value};

/// The hint to an error of the server over a legacy name.
const UNPARSED: &str = "exonym could not parse this statement and sent it as it came, in its legacy names";

/// What one side said to a query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    Rows {
        parameters: Vec<u32>,
        columns: Vec<Column>,
        rows: Vec<Vec<Option<Vec<u8>>>>,
        tag: String,
    },
    Error {
        code: String,
        message: String,
    },
    /// The connection ended.
    Lost(String),
}

/// How two answers compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Same,
    /// Both fail in the same way.
    SameError,
    /// It was refused, with this message; names are left out of it.
    Refused(String),
    /// Only the legacy schema refuses it: a column that follows from those it groups by, a constant where no column may stand.
    Lenient,
    /// The plan decides whether such a query fails or times out.
    Undefined,
    /// By what they differ.
    Different(String),
}

pub(crate) fn answer(client: &mut Client, sql: &str, values: &[String]) -> Answer {
    if values.is_empty() {
        client.query(sql);
    } else {
        let values: Vec<Value> =
            values.iter().map(|text| Value { format: Format::Text, bytes: Some(text.clone().into_bytes()) }).collect();
        client.parse("", sql, &[]);
        client.describe(b'S', "");
        client.bind("", "", &values, Format::Text);
        client.describe(b'P', "");
        client.execute("", 0);
        client.sync();
    }
    match client.exchange() {
        Ok(messages) => digest(messages),
        Err(error) => Answer::Lost(error.to_string()),
    }
}

pub(crate) fn compare(straight: &Answer, through: &Answer, sql: &str) -> Verdict {
    let different = |how: &str| Verdict::Different(how.to_owned());
    match (straight, through) {
        (Answer::Error { code, .. }, _) | (_, Answer::Error { code, .. }) if is_undefined(code) => Verdict::Undefined,
        (Answer::Error { code: one, .. }, Answer::Error { code: other, .. }) if one == other => Verdict::SameError,
        (Answer::Error { .. }, Answer::Error { code, .. }) if code == "0A000" => Verdict::SameError,
        (Answer::Error { .. }, Answer::Error { message, .. }) if message.ends_with(UNPARSED) => Verdict::SameError,
        // A query with two errors: what has no one meaning is told before anything else.
        (Answer::Error { .. }, Answer::Error { code, .. }) if code == "42702" => Verdict::SameError,
        // Grouping is what the server looks at last.
        (Answer::Error { code, .. }, Answer::Error { .. }) | (Answer::Error { .. }, Answer::Error { code, .. })
            if code == "42803" =>
        {
            Verdict::SameError
        }
        (Answer::Error { code: one, .. }, Answer::Error { code: other, .. }) => different(&format!("{one} {other}")),
        (Answer::Rows { .. }, Answer::Error { code, message, .. }) if code == "0A000" => {
            Verdict::Refused(nameless(message))
        }
        // What cannot be parsed is the server's to refuse.
        (Answer::Rows { .. }, Answer::Error { code, message }) if code == "42P01" && message.ends_with(UNPARSED) => {
            Verdict::Refused("not parsed".into())
        }
        // A derived table has no primary key that other columns follow from.
        (Answer::Rows { .. }, Answer::Error { code, .. }) if code == "42803" => Verdict::Refused("42803".into()),
        (Answer::Rows { .. }, Answer::Error { code, .. }) => different(&format!("rows {code}")),
        // The last one: a FULL JOIN over what is a constant in the current schema.
        (Answer::Error { code, .. }, Answer::Rows { .. }) if ["42803", "42P10", "0A000"].contains(&code.as_str()) => {
            Verdict::Lenient
        }
        (Answer::Error { code, .. }, Answer::Rows { .. }) => different(&format!("{code} rows")),
        (Answer::Rows { columns: one, .. }, Answer::Rows { columns: other, .. }) if one != other => {
            different("columns")
        }
        (Answer::Rows { parameters: one, .. }, Answer::Rows { parameters: other, .. }) if one != other => {
            different("parameters")
        }
        (Answer::Rows { rows: one, tag: tag_one, .. }, Answer::Rows { rows: other, tag: tag_other, .. }) => {
            if tag_one != tag_other {
                return different("number of rows");
            }
            let (mut one, mut other) = (one.clone(), other.clone());
            if !is_ordered(sql) {
                one.sort();
                other.sort();
            }
            if one == other { Verdict::Same } else { different("rows") }
        }
        _ => different("the connection"),
    }
}

/// Errors that come only to those who evaluate what a plan may leave out, and the end of patience.
fn is_undefined(code: &str) -> bool {
    code.starts_with("22") || code == "57014" || code == "21000"
}

/// The generator ends an ORDER BY of a whole query with all positions: then ties are equal rows.
fn is_ordered(sql: &str) -> bool {
    let end = sql.rfind("ORDER BY ").unwrap_or(0);
    !sql[end..].contains(')') && end > 0
}

pub(crate) fn shown(answer: &Answer) -> String {
    let Answer::Rows { parameters, columns, rows, tag } = answer else { return format!("{answer:?}") };
    let columns: Vec<String> =
        columns.iter().map(|c| format!("{} {} {} {}", c.name, c.oid, c.length, c.modifier)).collect();
    let value = |v: &Option<Vec<u8>>| v.as_ref().map_or("NULL".into(), |v| String::from_utf8_lossy(v).into_owned());
    let row = |r: &Vec<Option<Vec<u8>>>| format!("\n  {}", r.iter().map(value).collect::<Vec<_>>().join(" | "));
    let rows: String = rows.iter().take(12).map(row).collect();
    format!("{tag} {parameters:?} {columns:?}{rows}")
}

fn digest(messages: Vec<Message>) -> Answer {
    let (mut own, mut described, mut rows, mut tag) = (Vec::new(), Vec::new(), Vec::new(), String::new());
    for message in messages {
        match message {
            Message::Columns(columns) => described = columns,
            Message::Row(row) => rows.push(row),
            Message::Complete(command) => tag = command,
            Message::ParameterTypes(types) => own = types,
            Message::Error(fields) => {
                let field = |letter| fields.get(letter).unwrap_or_default().to_owned();
                let message = format!("{} ¦ {}", field('M'), field('H'));
                return Answer::Error { code: field('C'), message };
            }
            _ => {}
        }
    }
    // Of which table a column is cannot be the same in two databases, nor can the number of a type that a user made.
    let unplaced = |c: Column| Column { table: 0, attribute: 0, oid: if c.oid < 16384 { c.oid } else { 0 }, ..c };
    let columns = described.into_iter().map(unplaced).collect();
    Answer::Rows { parameters: own, columns, rows, tag }
}

/// A message without the names in it.
fn nameless(message: &str) -> String {
    let message = message.split(" ¦ ").next().unwrap_or_default();
    message.split('`').enumerate().map(|(i, part)| if i % 2 == 1 { "…" } else { part }).collect()
}
