//! `$.predicted.hours[0]."k e y"` → the steps of a path into a JSON document.
//!
//! A step is `.key`, `."key"`, `["key"]`, `['key']` or `[0]`. Wildcards and filters have no single value to give, and are errors.
//! `$` alone is the whole document.

use crate::text::Span;

/// What cannot be read, and where in the path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct BadPath {
    pub(super) at: Span,
    pub(super) message: &'static str,
}

/// The steps from the root.
pub(super) fn parse(path: &str) -> Result<Vec<String>, BadPath> {
    if !path.starts_with('$') {
        let first = path.chars().next().map_or(0, char::len_utf8);
        return Err(BadPath { at: Span::new(0, first), message: "a path begins with `$`" });
    }
    let mut steps = Vec::new();
    let mut at = 1;
    while at < path.len() {
        let (step, taken) = step(&path[at..])
            .map_err(|bad| BadPath { at: Span::new(at + bad.at.start, at + bad.at.end), message: bad.message })?;
        steps.push(step);
        at += taken;
    }
    Ok(steps)
}

/// The step that `rest` begins with, and its length.
fn step(rest: &str) -> Result<(String, usize), BadPath> {
    match rest.as_bytes() {
        [b'.', b'"', ..] => quoted(rest, 1),
        [b'.', b'.', ..] => bad(rest, 1, "`..` would give many values"),
        [b'.' | b'[', b'*', ..] => bad(rest, 1, "`*` would give many values"),
        [b'.', ..] => bare(rest),
        [b'[', b'"' | b'\'', ..] => {
            let (key, end) = quoted(rest, 1)?;
            close(rest, end).map(|end| (key, end))
        }
        [b'[', b'0'..=b'9', ..] => index(rest),
        [b'[', b'?', ..] => bad(rest, 1, "a filter would give many values"),
        [b'[', ..] => bad(rest, 1, "an index (`[0]`) or a quoted key (`[\"key\"]`) goes here"),
        _ => bad(rest, 0, "a step begins with `.` or `[`"),
    }
}

fn bad<T>(rest: &str, at: usize, message: &'static str) -> Result<T, BadPath> {
    // A caret cannot stand under the end of a line.
    let len = rest[at..].chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
    Err(BadPath { at: Span::new(at, at + len), message })
}

fn bare(rest: &str) -> Result<(String, usize), BadPath> {
    let is_key = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let end = rest[1..].find(|c| !is_key(c)).map_or(rest.len(), |len| len + 1);
    match rest[1..end].chars().next() {
        None => bad(rest, 1, "a key goes here; one with other than letters, digits and `_` is quoted: `.\"a key\"`"),
        Some(c) if c.is_ascii_digit() => {
            bad(rest, 1, "a key that begins with a digit is quoted, and an index has brackets")
        }
        Some(_) => Ok((rest[1..end].to_owned(), end)),
    }
}

/// A quoted key whose quote stands at `open`; the length includes what stands before it.
fn quoted(rest: &str, open: usize) -> Result<(String, usize), BadPath> {
    let quote = rest.as_bytes()[open];
    let mut escaped = false;
    let end = rest.bytes().enumerate().skip(open + 1).find_map(|(at, byte)| {
        let closes = byte == quote && !escaped;
        escaped = byte == b'\\' && quote == b'"' && !escaped;
        closes.then_some(at)
    });
    let Some(end) = end else { return bad(rest, open, "this quote is not closed") };
    let key = match quote {
        b'"' => serde_json::from_str(&rest[open..=end]).ok(),
        _ => Some(rest[open + 1..end].to_owned()),
    };
    match key {
        // The text of a Postgres path cannot hold a zero byte, nor can a key of jsonb.
        Some(key) if !key.contains('\0') => Ok((key, end + 1)),
        _ => Err(BadPath { at: Span::new(open, end + 1), message: "this key has an escape that JSON does not have" }),
    }
}

fn index(rest: &str) -> Result<(String, usize), BadPath> {
    let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
    let text = &rest[1..=digits];
    let Ok(number) = text.parse::<i32>() else {
        return Err(BadPath { at: Span::new(1, 1 + digits), message: "no list is that long" });
    };
    close(rest, 1 + digits).map(|end| (number.to_string(), end))
}

fn close(rest: &str, at: usize) -> Result<usize, BadPath> {
    if rest[at..].starts_with(']') { Ok(at + 1) } else { bad(rest, at, "`]` goes here") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_into_steps() {
        for (path, steps) in [
            ("$", vec![]),
            ("$.consumption", vec!["consumption"]),
            ("$.a.b[0].\"k e y\"", vec!["a", "b", "0", "k e y"]),
            ("$[\"a\\\"b\"]['c\"d'][007]", vec!["a\"b", "c\"d", "7"]),
            ("$.größe.\"\\u00e9\".\"\"", vec!["größe", "é", ""]),
        ] {
            assert_eq!(
                parse(path).as_deref(),
                Ok(&steps.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
                "{path}"
            );
        }
    }

    #[test]
    fn errors_stand_under_the_offending_character() {
        for (path, under) in [
            ("", ""),
            ("a.b", "a"),
            ("$a", "a"),
            ("$.", ""),
            ("$.a..b", "."),
            ("$.a.*", "*"),
            ("$[*]", "*"),
            ("$.a[", ""),
            ("$.a[-1]", "-"),
            ("$.a[0", ""),
            ("$.a[0x]", "x"),
            ("$.1a", "1"),
            ("$.é-ö", "-"),
            ("$.\"a", "\""),
            ("$.\"a\\q\"", "\"a\\q\""),
            ("$.\"\\u0000\"", "\"\\u0000\""),
            ("$['a\"]", "'"),
            ("$[?(@.x)]", "?"),
            ("$[99999999999]", "99999999999"),
        ] {
            let bad = parse(path).expect_err(path);
            assert_eq!(bad.at.text(path), under, "{path}: {}", bad.message);
        }
    }
}
