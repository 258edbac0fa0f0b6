//! From a byte of a TOML string's value to the bytes of its literal: a caret inside of a string must stand under the offending letter.
//!
//! `"a\u00e9b"` has the value `aéb`, whose `b` is byte 3 of the value and byte 8 of the literal. The four kinds of literal are walked
//! as the parser reads them; where the walk and the parser's value disagree there is no place, and the caller points at the whole literal.

use crate::text::Span;

/// Where the bytes `part` of `value` stand in `literal`, which includes its quotes.
pub(super) fn place(literal: &str, value: &str, part: Span) -> Option<Span> {
    let pieces = pieces(literal)?;
    let walked: usize = pieces.iter().map(|p| p.value_len).sum();
    if walked != value.len() {
        return None;
    }
    let start_of = |at: usize| {
        let mut offset = 0;
        for piece in &pieces {
            if piece.value_len > 0 && at < offset + piece.value_len {
                return piece.span.start + if piece.verbatim { at - offset } else { 0 };
            }
            offset += piece.value_len;
        }
        pieces.last().map_or(literal.len(), |p| p.span.end)
    };
    let end_of = |at: usize| {
        let mut offset = 0;
        for piece in &pieces {
            if piece.value_len > 0 && at <= offset + piece.value_len {
                return if piece.verbatim { piece.span.start + (at - offset) } else { piece.span.end };
            }
            offset += piece.value_len;
        }
        pieces.last().map_or(literal.len(), |p| p.span.end)
    };
    let start = start_of(part.start);
    let end = if part.is_empty() { start } else { end_of(part.end).max(start) };
    (literal.is_char_boundary(start) && literal.is_char_boundary(end)).then(|| Span::new(start, end))
}

/// A run of the literal and the number of bytes that it gives.
struct Run {
    span: Span,
    value_len: usize,
    /// Each byte stands for itself.
    verbatim: bool,
}

fn pieces(literal: &str) -> Option<Vec<Run>> {
    let (quote, escapes) = match literal.get(..3) {
        Some(q @ "\"\"\"") if literal.len() >= 6 => (q, true),
        Some(q @ "'''") if literal.len() >= 6 => (q, false),
        _ => match literal.get(..1)? {
            q @ "\"" => (q, true),
            q @ "'" => (q, false),
            _ => return None,
        },
    };
    let mut start = quote.len();
    // A literal that the parser has recovered from may lack its end.
    let body = literal.get(start..)?.strip_suffix(quote)?;
    let end = start + body.len();
    if quote.len() == 3 {
        // A newline right after the opening quotes is not part of the value.
        start += if body.starts_with("\r\n") { 2 } else { usize::from(body.starts_with('\n')) };
    }
    let mut runs = Vec::new();
    let mut at = start;
    while at < end {
        let rest = &literal[at..end];
        let plain = rest.find(|c| escapes && c == '\\').unwrap_or(rest.len());
        if plain > 0 {
            runs.push(Run { span: Span::new(at, at + plain), value_len: plain, verbatim: true });
            at += plain;
            continue;
        }
        let (taken, value_len) = escape(rest)?;
        runs.push(Run { span: Span::new(at, at + taken), value_len, verbatim: false });
        at += taken;
    }
    Some(runs)
}

/// Bytes of the literal and of the value for what begins with a backslash.
fn escape(rest: &str) -> Option<(usize, usize)> {
    let hex = |digits: usize| {
        let code = u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?;
        Some((2 + digits, char::from_u32(code)?.len_utf8()))
    };
    match rest.as_bytes() {
        [b'\\', b'x', ..] => hex(2),
        [b'\\', b'u', ..] => hex(4),
        [b'\\', b'U', ..] => hex(8),
        [b'\\', b' ' | b'\t' | b'\n' | b'\r', ..] => {
            // A backslash at the end of a line swallows all white space up to the next letter.
            let white = rest[1..].find(|c: char| !c.is_ascii_whitespace()).unwrap_or(rest.len() - 1);
            Some((1 + white, 0))
        }
        [b'\\', _, ..] if rest.is_char_boundary(2) => Some((2, 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Codes, Document};
    use super::*;
    use crate::text::diagnostic::Source;

    const CODES: Codes = Codes { syntax: "T1", duplicate: "T2", unknown: "T3", wrong_type: "T4", missing: "T5" };

    /// Each `b` of the value must be found as a `b` of the literal.
    fn check(literal: &str) -> usize {
        let source = Source { name: "t".into(), text: format!("key = {literal}").into() };
        let document = Document::parse(&source, CODES);
        let root = document.root();
        let Some(text) = root.string("key") else { return 0 };
        if !document.findings.borrow().is_empty() {
            // Not TOML: what the parser recovered has no one-to-one literal.
            return 0;
        }
        for (at, c) in text.value.char_indices().filter(|(_, c)| *c == 'b') {
            let place = text.place(Span::new(at, at + c.len_utf8()));
            let found = place.text(&source.text);
            assert!(found == "b" || found.starts_with('\\'), "{literal:?}: byte {at} is {found:?}");
        }
        text.value.matches('b').count()
    }

    #[test]
    fn every_byte_of_a_value_is_found_in_its_literal() {
        for literal in [
            "\"aéb\"",
            "\"a\\u00e9b\\tb\\U0001F600b\"",
            "'a\\b'",
            "'''\nab'''",
            "'''\r\nab\r\nb'''",
            "\"\"\"\na\\\n   \n  b\"b\"\" b\"\"\"",
            "\"\"\"a\r\nb\\  \r\n   b\"\"\"",
            "\"\\x62b\\eb\"",
            "''''b'''",
        ] {
            assert!(check(literal) > 0, "{literal:?}");
        }
    }

    #[test]
    fn a_literal_without_its_end_has_no_places() {
        for literal in ["\"$\u{487}", "\"", "\"a"] {
            assert_eq!(place(literal, "b", Span::new(0, 1)), None, "{literal:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_literal_has_its_places(body in "[ab\\\\nu0061x \r\n\"'é]{0,30}", quote in "\"|'|\"\"\"|'''") {
            check(&format!("{quote}{body}{quote}"));
        }
    }
}
