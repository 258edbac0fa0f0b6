//! A text without its literals: what all texts have in common that differ in literals alone.
//!
//! In place of each string and each plain number stands one byte that says of which kind it is; spacing and comments stay. That
//! byte begins no token of its own, so an outline says where the tokens of a text are, and that two texts with one outline have
//! the same tokens but for the values of these. Literals whose value the grammar could depend on stay in the outline.
//! `cache` looks plans up by it, `template` moves places between texts with the same outline.

use super::configure;
use crate::sql::lexer::{LexOptions, Tokens};
use crate::sql::token::{Token, TokenKind};
use crate::text::Span;

/// The outline of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outline {
    /// The text, with a byte for each hole.
    pub text: String,
    /// Where literals were, in the order of the text.
    pub holes: Vec<Hole>,
}

/// Where a literal was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hole {
    /// The byte of the outline that stands for it.
    pub at: usize,
    /// Its bytes in the text.
    pub span: Span,
}

/// Digits of the longest numbers that are left out: whole ones that fit into every integer of the grammar.
const DIGITS: usize = 9;

impl Outline {
    /// The outline of `source`; none for what cannot be cut into tokens.
    #[must_use]
    pub fn of(source: &str, options: LexOptions) -> Option<Self> {
        let mut text = String::with_capacity(source.len());
        let mut holes = Vec::new();
        let mut taken = 0;
        for token in Tokens::of(source, options) {
            let token = token.ok()?;
            let Some(mark) = mark(source, token) else { continue };
            text.push_str(&source[taken..token.span.start]);
            holes.push(Hole { at: text.len(), span: token.span });
            text.push(mark);
            taken = token.span.end;
        }
        text.push_str(&source[taken..]);
        Some(Self { text, holes })
    }

    /// Where byte `at` of the text is in the outline; none for a place inside of a literal.
    #[must_use]
    pub fn place(&self, at: usize) -> Option<usize> {
        let next = self.holes.partition_point(|hole| hole.span.end <= at);
        if self.holes.get(next).is_some_and(|hole| hole.span.start < at) {
            return None;
        }
        let before = next.checked_sub(1).and_then(|i| self.holes.get(i));
        Some(before.map_or(at, |hole| hole.at + 1 + (at - hole.span.end)))
    }

    /// Where byte `at` of the outline is in the text.
    #[must_use]
    pub fn byte(&self, at: usize) -> usize {
        let next = self.holes.partition_point(|hole| hole.at < at);
        let before = next.checked_sub(1).and_then(|i| self.holes.get(i));
        before.map_or(at, |hole| hole.span.end + (at - hole.at - 1))
    }

    /// The same for a range.
    #[must_use]
    pub fn span(&self, span: Span) -> Span {
        Span::new(self.byte(span.start), self.byte(span.end))
    }
}

/// What stands for a literal; none for a token that stays.
fn mark(source: &str, token: Token) -> Option<char> {
    match token.kind {
        TokenKind::String | TokenKind::EscapeString if configure::names_setting(token.text(source)) => None,
        TokenKind::String => Some('\u{1}'),
        // Without `standard_conforming_strings` it may begin like the one above. What stands before it may have to be told from it.
        TokenKind::EscapeString if source.as_bytes()[token.span.start] == b'\'' => Some('\u{5}'),
        TokenKind::EscapeString => Some('\u{2}'),
        TokenKind::Number => number(token.text(source).as_bytes()),
        _ => None,
    }
}

/// Whole numbers are read as such for the sizes of types and the like, others are not.
fn number(text: &[u8]) -> Option<char> {
    let whole = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let fraction = text.get(whole + 1..).unwrap_or_default();
    match text.get(whole) {
        None => (whole <= DIGITS).then_some('\u{3}'),
        Some(b'.') if whole > 0 && !fraction.is_empty() => fraction.iter().all(u8::is_ascii_digit).then_some('\u{4}'),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(source: &str) -> Outline {
        Outline::of(source, LexOptions::default()).expect("it lexes")
    }

    #[test]
    fn texts_that_differ_in_literals_have_one_outline() {
        let one = outline("SELECT 'a', E'\\n', 1, 2.5 -- 'c'\nFROM t1 WHERE x = 'it''s'");
        let other = outline("SELECT '', e'', 123, 12.75 -- 'c'\nFROM t1 WHERE x = 'a'\n'b'");
        assert_eq!(one.text, other.text);
        assert_eq!(one.holes.len(), 5);
    }

    #[test]
    fn what_may_decide_about_the_rest_stays() {
        for (one, other) in [
            ("SELECT 1", "SELECT 1.0"),
            ("SELECT 1e3", "SELECT 2e3"),
            ("SELECT 0x1F", "SELECT 0x20"),
            ("SELECT 1_000", "SELECT 2_000"),
            ("SELECT 1.", "SELECT 2."),
            ("SELECT .1", "SELECT .2"),
            ("SELECT 12345678901", "SELECT 12345678902"),
            ("SELECT 'a'", "SELECT E'a'"),
            ("SELECT $$a$$", "SELECT $$b$$"),
            ("SELECT B'1'", "SELECT B'0'"),
            ("SELECT 'a'", "SELECT 'SEARCH_path'"),
            ("SELECT -1", "SELECT 1"),
            ("SELECT 'a' 'b'", "SELECT 'a'"),
            ("SELECT \"a\"", "SELECT \"b\""),
            ("SELECT /* 'a' */ 1", "SELECT /* 'b' */ 1"),
        ] {
            assert_ne!(outline(one).text, outline(other).text, "{one} · {other}");
        }
    }

    #[test]
    fn places_go_there_and_back() {
        let source = "SELECT 'abc'1,'ü', 2 FROM t WHERE a=12.5";
        let outline = outline(source);
        let inside = |at: usize| outline.holes.iter().any(|hole| hole.span.start < at && at < hole.span.end);
        for at in 0..=source.len() {
            match outline.place(at) {
                Some(place) => assert_eq!(outline.byte(place), at, "{at}"),
                None => assert!(inside(at), "{at}"),
            }
        }
        assert!((0..source.len()).any(inside));
    }
}
