//! Quoted things: where they end and what they stand for.
//!
//! `lexer` asks for ends, `token` for values. The two agree because both walk the same pieces: a literal that goes on over a
//! newline (`'a'⏎'b'` is `'ab'`) is several pieces between quotes.

use std::borrow::Cow;
use std::ops::Range;

/// The byte past the closing quote of what opens at `open`, or none when it never closes. A doubled quote does not close;
/// with `escapes`, neither does one behind a backslash.
pub(super) fn close(bytes: &[u8], open: usize, escapes: bool) -> Option<usize> {
    let quote = bytes[open];
    let mut at = open + 1;
    while let Some(&byte) = bytes.get(at) {
        if byte == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return Some(at + 1);
            }
            at += 1;
        } else if byte == b'\\' && escapes {
            at += 1;
        }
        at += 1;
    }
    None
}

/// Where the literal that closed before `at` opens again: the quote behind white space with a newline in it. Line comments
/// may stand there too, block comments may not.
pub(super) fn reopen(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut newline = false;
    loop {
        match bytes.get(at)? {
            b'\n' | b'\r' => newline = true,
            byte if is_space(*byte) => {}
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                // The newline that ends the comment is the next byte.
                at = line_end(bytes, at) - 1;
            }
            b'\'' if newline => return Some(at),
            _ => return None,
        }
        at += 1;
    }
}

/// The end of the line that holds `at`: its newline, or the end of the text.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|b| matches!(b, b'\n' | b'\r')).map_or(bytes.len(), |n| at + n)
}

/// White space as Postgres's scanner has it; a non-breaking space is a letter there.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// The name in `"…"`.
pub(super) fn quoted_ident(text: &str) -> Cow<'_, str> {
    undouble(&text[1..text.len() - 1], "\"\"", "\"")
}

/// The value of a string without escapes, whatever its prefix.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let mut pieces = pieces(text, false);
    if pieces.len() == 1 {
        return undouble(&text[pieces.remove(0)], "''", "'");
    }
    Cow::Owned(pieces.into_iter().map(|piece| undouble(&text[piece], "''", "'")).collect())
}

/// The value of `$tag$…$tag$`.
pub(super) fn dollar(text: &str) -> &str {
    let tag = text[1..].find('$').map_or(0, |n| n + 2);
    text.get(tag..text.len() - tag).unwrap_or_default()
}

/// The value of `E'…'`; none for an escape that Postgres rejects or that makes no UTF-8.
pub(super) fn escaped(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    for piece in pieces(text, true) {
        let mut rest = &text.as_bytes()[piece];
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            match byte {
                b'\'' => {
                    // The second of a doubled quote.
                    rest = &rest[1..];
                    out.push(byte);
                }
                b'\\' => rest = escape(rest, &mut out)?,
                _ => out.push(byte),
            }
        }
    }
    String::from_utf8(out).ok()
}

/// The value of `U&'…'` or `U&"…"`, its `UESCAPE '…'` obeyed; none when an escape in it is not valid.
pub(super) fn unicode(text: &str) -> Option<String> {
    let pieces = pieces(text, false);
    let end = pieces.last()?.end + 1;
    let mark = if end == text.len() { '\\' } else { text[..text.len() - 1].chars().next_back()? };
    let quote = &text[2..3];
    let double = if quote == "\"" { "\"\"" } else { "''" };
    let body: String = pieces.into_iter().map(|piece| undouble(&text[piece], double, quote)).collect();
    let mut out = String::with_capacity(body.len());
    let mut high = None;
    let mut rest = body.as_str();
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let unit = if c != mark {
            None
        } else if let Some(tail) = rest.strip_prefix(mark) {
            rest = tail;
            None
        } else {
            let (digits, tail) = match rest.strip_prefix('+') {
                Some(tail) => (tail.get(..6)?, &tail[6..]),
                None => (rest.get(..4)?, &rest[4..]),
            };
            rest = tail;
            Some(hex(digits.as_bytes())?)
        };
        push_unit(&mut out, &mut high, unit, c)?;
    }
    high.is_none().then_some(out)
}

/// The pieces between quotes, from the first quote on; there is at least one in a token.
fn pieces(text: &str, escapes: bool) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut open = bytes.iter().position(|b| matches!(b, b'\'' | b'"'));
    let mut found = Vec::with_capacity(1);
    while let Some(at) = open {
        let Some(end) = close(bytes, at, escapes) else { break };
        found.push(at + 1..end - 1);
        open = if bytes[at] == b'"' { None } else { reopen(bytes, end) };
    }
    found
}

fn undouble<'a>(text: &'a str, double: &str, single: &str) -> Cow<'a, str> {
    if text.contains(double) { Cow::Owned(text.replace(double, single)) } else { Cow::Borrowed(text) }
}

/// Reads what stands behind a backslash; gives what follows it.
fn escape<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&kind, tail) = rest.split_first()?;
    let run = |most: usize, radix: u32| {
        rest.iter().skip(usize::from(radix == 16)).take(most).take_while(|b| char::from(**b).is_digit(radix)).count()
    };
    let simple = match kind {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'0'..=b'7' => {
            let n = run(3, 8);
            let value = rest[..n].iter().fold(0_u32, |v, b| v * 8 + u32::from(b - b'0'));
            // Postgres keeps the low byte.
            out.push(u8::try_from(value & 0xff).ok().filter(|b| *b != 0)?);
            return Some(&rest[n..]);
        }
        b'x' if run(2, 16) > 0 => {
            let n = run(2, 16);
            out.push(u8::try_from(hex(&tail[..n])?).ok().filter(|b| *b != 0)?);
            return Some(&tail[n..]);
        }
        b'u' | b'U' => return escape_unicode(kind, tail, out),
        _ => kind,
    };
    out.push(simple);
    Some(tail)
}

/// Reads the digits of `\u0061` or `\U00000061`, and of the low surrogate that must follow a high one.
fn escape_unicode<'a>(kind: u8, tail: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let width = if kind == b'u' { 4 } else { 8 };
    let unit = hex(tail.get(..width)?)?;
    let mut rest = &tail[width..];
    let code = if (0xd800..0xdc00).contains(&unit) {
        let (head, more) = rest.split_at_checked(2)?;
        let width = match head {
            b"\\u" => 4,
            b"\\U" => 8,
            _ => return None,
        };
        let low = hex(more.get(..width)?)?;
        rest = &more[width..];
        pair(unit, low)?
    } else {
        unit
    };
    let c = char::from_u32(code).filter(|c| *c != '\0')?;
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Some(rest)
}

/// Adds one character of a `U&` body: `unit` when it was escaped, else `plain`.
fn push_unit(out: &mut String, high: &mut Option<u32>, unit: Option<u32>, plain: char) -> Option<()> {
    match (high.take(), unit) {
        (None, None) => out.push(plain),
        (None, Some(unit)) if (0xd800..0xdc00).contains(&unit) => *high = Some(unit),
        (None, Some(unit)) => out.push(char::from_u32(unit).filter(|c| *c != '\0')?),
        (Some(high), Some(low)) => out.push(char::from_u32(pair(high, low)?)?),
        (Some(_), None) => return None,
    }
    Some(())
}

fn pair(high: u32, low: u32) -> Option<u32> {
    (0xdc00..0xe000).contains(&low).then(|| 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        value.checked_mul(16)?.checked_add(digit)
    })
}
