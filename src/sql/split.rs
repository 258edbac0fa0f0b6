//! Tokens → statements: where one ends and the next begins.
//!
//! A simple query may hold several. Each is parsed for itself, so that one that cannot be parsed does not spoil its neighbours.
//! A `;` inside of parentheses (`CREATE RULE … DO (…; …)`) or of a `BEGIN ATOMIC … END` body does not end a statement.

use std::ops::Range;

use super::token::{Token, TokenKind};

/// The token ranges of the statements of `source`, without their `;`; empty statements are left out.
#[must_use]
pub fn statements(source: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut parens = 0_usize;
    let mut body = Body::None;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::LeftParen => parens += 1,
            TokenKind::RightParen => parens = parens.saturating_sub(1),
            TokenKind::Word if parens == 0 => body.word(source, &tokens[start..=at]),
            TokenKind::Semicolon if parens == 0 && !body.is_open() => {
                if start < at {
                    found.push(start..at);
                }
                start = at + 1;
                body = Body::None;
            }
            _ => {}
        }
    }
    if start < tokens.len() {
        found.push(start..tokens.len());
    }
    found
}

/// How far a statement is into the body of a function in SQL syntax.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    /// The statement does not create a routine, or its body has not begun.
    None,
    /// `CREATE FUNCTION` or `CREATE PROCEDURE` was read.
    Routine,
    /// Inside of `BEGIN ATOMIC`, with this many `END` to come: each `CASE` brings one.
    Open(usize),
}

impl Body {
    const fn is_open(self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// Takes the last of `read`, the words and tokens of the statement so far.
    fn word(&mut self, source: &str, read: &[Token]) {
        let [before @ .., last] = read else { return };
        let is = |word: &str| last.is_keyword(source, word);
        let behind = |word: &str| before.last().is_some_and(|t| t.is_keyword(source, word));
        // A label may be called `end` or `case`: `SELECT 1 AS end`.
        let label = behind("as") || before.last().is_some_and(|t| t.kind == TokenKind::Dot);
        match *self {
            Self::None if is("function") || is("procedure") => {
                let replaces = before.len() == 3 && before[1].is_keyword(source, "or");
                if (before.len() == 1 || replaces) && before[0].is_keyword(source, "create") {
                    *self = Self::Routine;
                }
            }
            Self::Routine if is("atomic") && behind("begin") => *self = Self::Open(1),
            Self::Open(depth) if is("case") && !label => *self = Self::Open(depth + 1),
            Self::Open(1) if is("end") && !label => *self = Self::Routine,
            Self::Open(depth) if is("end") && !label => *self = Self::Open(depth - 1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lexer::{LexOptions, lex};

    fn split(source: &str) -> Vec<&str> {
        let tokens = lex(source, LexOptions::default()).expect("lexes");
        let text = |range: Range<usize>| &source[tokens[range.start].span.start..tokens[range.end - 1].span.end];
        statements(source, &tokens).into_iter().map(text).collect()
    }

    #[test]
    fn semicolons_end_statements_only_at_the_top() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (" ; ;; -- ;", &[]),
            ("SELECT 1", &["SELECT 1"]),
            (";SELECT ';' ; SELECT $$;$$;", &["SELECT ';'", "SELECT $$;$$"]),
            (
                "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
                &["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"],
            ),
            ("BEGIN; SELECT 1; END; SELECT 2", &["BEGIN", "SELECT 1", "END", "SELECT 2"]),
            (
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 1 AS end; END; SELECT 2",
                &[
                    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 1 AS end; END",
                    "SELECT 2",
                ],
            ),
            (
                "create or replace procedure p() begin atomic end; select 1",
                &["create or replace procedure p() begin atomic end", "select 1"],
            ),
            ("SELECT 1); SELECT 2", &["SELECT 1)", "SELECT 2"]),
            ("SELECT (1; SELECT 2", &["SELECT (1; SELECT 2"]),
        ];
        for (source, expected) in cases {
            assert_eq!(split(source), *expected, "{source}");
        }
    }
}
