//! What `sql` makes of each text, for `judge.py` to compare with Postgres's own grammar.
//!
//! Reads one JSON string a line: SQL. Writes one JSON object a line: its tokens, and for each statement in it either every
//! identifier of the tree with its path and place, or why there is no tree. `cargo run --example grammar < texts.jsonl`

use std::io::{self, BufRead as _, BufWriter, Write as _};
use std::ops::Range;

use exonym::sql::{LexOptions, Token, lex, parse, split};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let source: String = serde_json::from_str(&line?)?;
        serde_json::to_writer(&mut out, &dump(&source))?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn dump(source: &str) -> Value {
    let tokens = match lex(source, LexOptions::default()) {
        Ok(tokens) => tokens,
        Err(error) => return json!({ "error": error.message, "at": error.at }),
    };
    let places: Vec<_> = tokens.iter().map(|t| json!([t.span.start, t.span.end, format!("{:?}", t.kind)])).collect();
    let statements: Vec<_> =
        split::statements(source, &tokens).into_iter().map(|range| statement(source, &tokens, range)).collect();
    json!({ "tokens": places, "statements": statements })
}

fn statement(source: &str, tokens: &[Token], range: Range<usize>) -> Value {
    let tokens = &tokens[range];
    let (start, end) = (tokens[0].span.start, tokens[tokens.len() - 1].span.end);
    let drawn = parse::with_stack(tokens.len(), || {
        parse::statement(source, tokens).map(|tree| format!("{tree:?}")).map_err(|error| error.to_string())
    });
    match drawn {
        Ok(tree) => json!({ "start": start, "end": end, "idents": idents(&tree) }),
        Err(message) => json!({ "start": start, "end": end, "unparsed": message }),
    }
}

/// Every `Ident { …, span: Span(Location(1,8)..Location(1,9)) }` in a tree's `Debug` form, with the names that enclose it. The
/// form is uniform, so this needs to know no node.
fn idents(tree: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut value = "";
    let mut rest = tree;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '(' | '{' | '[' => {
                if word == "Span" {
                    let (place, tail) = place(rest);
                    if path.iter().rev().nth(1).is_some_and(|name| name == "Ident") {
                        let place = place.map_or(Value::Null, |p| json!([p.start - 1, p.end - 1]));
                        let path = path[..path.len() - 2].join(".");
                        found.push(json!({ "path": path, "place": place, "value": value }));
                    }
                    rest = tail;
                } else {
                    path.push(std::mem::take(&mut word));
                }
                word.clear();
            }
            ')' | '}' | ']' => {
                field(&mut path);
                path.pop();
            }
            '"' | '\'' => {
                let tail = literal_end(rest, c);
                if path.last().is_some_and(|name| name == ":value") {
                    value = &rest[..rest.len() - tail.len() - 1];
                }
                rest = tail;
            }
            ':' => {
                field(&mut path);
                path.push(format!(":{}", std::mem::take(&mut word)));
            }
            ',' => {
                field(&mut path);
                word.clear();
            }
            ' ' => {}
            c => word.push(c),
        }
    }
    found
}

/// Leaves the field that the path is in.
fn field(path: &mut Vec<String>) {
    if path.last().is_some_and(|name| name.starts_with(':')) {
        path.pop();
    }
}

/// What follows a string or a character whose opening quote was read.
fn literal_end(text: &str, quote: char) -> &str {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return &text[at + 1..],
            _ => {}
        }
    }
    ""
}

/// Reads `Location(1,8)..Location(1,9))` or `Location(empty)…)`; none for an empty place.
fn place(text: &str) -> (Option<Range<usize>>, &str) {
    let mut depth = 1;
    let end = text.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    let (inner, tail) = text.split_at(end.unwrap_or(text.len()));
    let numbers: Vec<usize> =
        inner.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
    let place = match numbers[..] {
        [1, start, 1, end] => Some(start..end),
        _ => None,
    };
    (place, tail.get(1..).unwrap_or_default())
}
