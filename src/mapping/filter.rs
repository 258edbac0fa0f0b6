//! `where = { "= 4" = "feedback_useful IS TRUE" }`: a comparison with a legacy column, and the condition over current columns that says
//! the same, so that an index can serve it.
//!
//! The left side is one of `=`, `<>`, `<`, `<=`, `>`, `>=` with a number, a string, `true` or `false`, or `IS NULL`, or `IS NOT NULL`. That both
//! sides agree is the author's word; only their grammar is judged here.

use super::{Comparison, Filter, Literal, Test, codes, column};
use crate::sql::{self, LexOptions, Token, TokenKind};
use crate::text::Span;
use crate::text::toml::{Document, Shape, Table};

/// The entries of `where`, in the order of the file; what is wrong with the others is reported.
pub(super) fn read<'d>(document: &'d Document<'d>, body: &Table<'d>) -> Vec<Filter> {
    let mut filters: Vec<Filter> = Vec::new();
    for entry in body.entries() {
        let Shape::String(condition) = entry.value.shape else {
            let _: Option<()> = body.wrong(entry.key, &entry.value, "a condition, as a string");
            continue;
        };
        let test = test(entry.key);
        if test.is_none() {
            let help =
                "write an operator and a literal: `\"= 4\"`, `\"<> 'web'\"`, `\">= 0.5\"`, `\"= true\"`, `\"IS NULL\"`";
            let message = format!("`{}` is no comparison with a literal", entry.key);
            document.error(codes::BAD_FILTER, entry.span, message, "", help);
        }
        let condition = column::expression(document, "where", &condition);
        let (Some(test), Some(condition)) = (test, condition) else { continue };
        if filters.iter().any(|f| f.test == test) {
            let help = "one comparison has one condition: remove the other";
            let message = format!("`{}` says the same as an entry above it", entry.key);
            document.error(codes::BAD_FILTER, entry.span, message, "the second time", help);
            continue;
        }
        filters.push(Filter { test, condition, span: entry.span });
    }
    filters
}

/// `= 4`, `<> 'x'`, `IS NULL`.
fn test(text: &str) -> Option<Test> {
    let tokens = sql::lex(text, LexOptions::default()).ok()?;
    // A comment would be lost, and whoever wrote it may have meant something.
    let gaps = text.len() - tokens.iter().map(|t| t.span.len()).sum::<usize>();
    if gaps > text.bytes().filter(u8::is_ascii_whitespace).count() {
        return None;
    }
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|t: &Token| t.is_keyword(text, word));
    if word(0, "is") {
        return match tokens.len() {
            2 if word(1, "null") => Some(Test::IsNull),
            3 if word(1, "not") && word(2, "null") => Some(Test::IsNotNull),
            _ => None,
        };
    }
    let (first, rest) = tokens.split_first()?;
    let (comparison, minus) = comparison(first, text)?;
    match rest {
        [sign, number] if !minus && sign.is_operator(text, "-") && sign.span.end == number.span.start => {
            Some(Test::Compare(comparison, literal(number, text, true)?))
        }
        [value] => Some(Test::Compare(comparison, literal(value, text, minus)?)),
        _ => None,
    }
}

/// The operator; `=-4` is one operator for the lexer, and a sign here.
fn comparison(token: &Token, text: &str) -> Option<(Comparison, bool)> {
    if token.kind != TokenKind::Operator {
        return None;
    }
    let symbol = token.text(text);
    let (symbol, minus) = symbol.strip_suffix('-').map_or((symbol, false), |symbol| (symbol, true));
    let comparison = match symbol {
        "=" => Comparison::Equal,
        "<>" | "!=" => Comparison::NotEqual,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => return None,
    };
    Some((comparison, minus))
}

fn literal(token: &Token, text: &str, minus: bool) -> Option<Literal> {
    match token.kind {
        TokenKind::Number => {
            let digits = token.text(text);
            // `0x1F` and `1_000` are not numbers to every server.
            let plain = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
            plain.then(|| Literal::Number(if minus { format!("-{digits}") } else { digits.to_owned() }))
        }
        TokenKind::String | TokenKind::EscapeString if !minus => {
            token.string_value(text).map(|value| Literal::Text(value.into_owned()))
        }
        TokenKind::Word if !minus && token.is_keyword(text, "true") => Some(Literal::Boolean(true)),
        TokenKind::Word if !minus && token.is_keyword(text, "false") => Some(Literal::Boolean(false)),
        _ => None,
    }
}

/// Where a `where` may stand: the other kinds know their own inverse.
pub(super) fn needs_it(document: &Document<'_>, legacy: &str, at: Span) {
    let message = format!("`where` of `{legacy}` says what its kind knows by itself");
    let help = "remove it; it is for `read` and `json`, whose inverse nobody can tell";
    document.error(codes::SEVERAL_KINDS, at, message, "", help);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_with_a_literal_are_read_and_nothing_else_is() {
        let number = |digits: &str| Literal::Number(digits.into());
        for (text, expected) in [
            ("= 4", Test::Compare(Comparison::Equal, number("4"))),
            ("=4", Test::Compare(Comparison::Equal, number("4"))),
            ("= -4", Test::Compare(Comparison::Equal, number("-4"))),
            ("=-4", Test::Compare(Comparison::Equal, number("-4"))),
            ("!= 0.5", Test::Compare(Comparison::NotEqual, number("0.5"))),
            ("<> 'it''s'", Test::Compare(Comparison::NotEqual, Literal::Text("it's".into()))),
            (">= 1e3", Test::Compare(Comparison::GreaterOrEqual, number("1e3"))),
            ("= TRUE", Test::Compare(Comparison::Equal, Literal::Boolean(true))),
            ("is null", Test::IsNull),
            ("IS NOT NULL", Test::IsNotNull),
        ] {
            assert_eq!(test(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "4",
            "= ",
            "= a",
            "= 4 5",
            "~ 'x'",
            "= 4 -- x",
            "= /* x */ 4",
            "= - 4",
            "= $1",
            "IS",
            "IS TRUE",
            "=- '4'",
            "= 0x1F",
        ] {
            assert_eq!(test(text), None, "{text}");
        }
    }
}
