//! SQL text → tokens, by the rules of Postgres's own scanner (`src/backend/parser/scan.l`), in one linear pass.
//!
//! Those rules decide what is a name at all: comments nest, `$tag$…$tag$` hides everything, `U&"r\0061ting"` is `rating`,
//! operators are the longest run of symbols. sqlparser's tokenizer differs in several of them, so its parser gets these tokens.
//! Nothing is judged here but the token itself; grammar is `parse`'s business.

use super::literal::{self, is_space};
use super::token::{Token, TokenKind};
use crate::text::Span;

/// What the session's settings change about tokens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LexOptions {
    /// `standard_conforming_strings`: a backslash in `'…'` is an ordinary character.
    pub standard_conforming_strings: bool,
}

impl Default for LexOptions {
    fn default() -> Self {
        Self { standard_conforming_strings: true }
    }
}

/// The text is not SQL from some byte on; Postgres rejects it too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct LexError {
    /// Where the token that cannot be read begins.
    pub at: usize,
    /// What is wrong with it.
    pub message: &'static str,
}

/// All tokens of `source`, in order. What lies between them is white space and comments.
pub fn lex(source: &str, options: LexOptions) -> Result<Vec<Token>, LexError> {
    // A token and the space behind it take about five bytes in real statements.
    let mut tokens = Vec::with_capacity(source.len() / 5 + 4);
    for token in Tokens::of(source, options) {
        tokens.push(token?);
    }
    Ok(tokens)
}

/// The tokens of a text one by one, up to its end or its first error.
pub struct Tokens<'a>(Lexer<'a>);

impl<'a> Tokens<'a> {
    /// Those of `source`.
    #[must_use]
    pub fn of(source: &'a str, options: LexOptions) -> Self {
        Self(Lexer { source, bytes: source.as_bytes(), at: 0, options, run: Run::default() })
    }
}

impl Iterator for Tokens<'_> {
    type Item = Result<Token, LexError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().transpose()
    }
}

struct Lexer<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    options: LexOptions,
    run: Run,
}

/// A maximal run of operator characters up to a comment in it, looked at once: to cut `+-+-+-…` token by token without this
/// would take quadratic time.
#[derive(Default)]
struct Run {
    end: usize,
    /// Past the last character that is neither `+` nor `-`.
    trimmed: usize,
    /// Past the last character that lets an operator end in `+` or `-`.
    special: usize,
}

const fn is_ident_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

const fn is_ident_part(byte: u8) -> bool {
    is_ident_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// [`is_ident_part`] of each byte: most bytes of a statement are asked.
const IDENT_PARTS: [bool; 256] = {
    // `$`, digits, letters, `_`, letters, and what is no ASCII.
    let ranges = [(0x24, 0x24), (0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a), (0x80, 0xff)];
    let mut parts = [false; 256];
    let mut range = 0;
    while range < ranges.len() {
        let (mut byte, last) = ranges[range];
        while byte <= last {
            parts[byte] = true;
            byte += 1;
        }
        range += 1;
    }
    parts
};

const fn is_operator(byte: u8) -> bool {
    is_special(byte) || matches!(byte, b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=')
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b'~' | b'!' | b'@' | b'#' | b'^' | b'&' | b'|' | b'`' | b'?' | b'%')
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Option<Token>, LexError> {
        if !self.skip_space()? {
            return Ok(None);
        }
        let start = self.at;
        let kind = self.token()?;
        Ok(Some(Token { kind, span: Span::new(start, self.at) }))
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn error<T>(&self, message: &'static str) -> Result<T, LexError> {
        Err(LexError { at: self.at, message })
    }

    /// Moves to the next token; false at the end of the text.
    fn skip_space(&mut self) -> Result<bool, LexError> {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(byte), _) if is_space(byte) => self.at += 1,
                (Some(b'-'), Some(b'-')) => self.at = literal::line_end(self.bytes, self.at),
                (Some(b'/'), Some(b'*')) => self.block_comment()?,
                (next, _) => return Ok(next.is_some()),
            }
        }
    }

    fn block_comment(&mut self) -> Result<(), LexError> {
        let mut depth = 0_usize;
        let mut at = self.at;
        while let Some(byte) = self.bytes.get(at) {
            match (byte, self.bytes.get(at + 1)) {
                (b'/', Some(b'*')) => {
                    depth += 1;
                    at += 2;
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    at += 2;
                    if depth == 0 {
                        self.at = at;
                        return Ok(());
                    }
                }
                _ => at += 1,
            }
        }
        self.error("unterminated comment")
    }

    fn token(&mut self) -> Result<TokenKind, LexError> {
        let byte = self.bytes[self.at];
        let quote = self.peek(1) == Some(b'\'');
        let single = match byte {
            b'e' | b'E' if quote => return self.string(TokenKind::EscapeString, 1, true),
            b'b' | b'B' if quote => return self.string(TokenKind::BitString, 1, false),
            b'x' | b'X' if quote => return self.string(TokenKind::HexString, 1, false),
            b'n' | b'N' if quote => return self.plain_string(TokenKind::NationalString, 1),
            b'u' | b'U' if self.peek(1) == Some(b'&') && matches!(self.peek(2), Some(b'\'' | b'"')) => {
                return self.unicode();
            }
            b'\'' => return self.plain_string(TokenKind::String, 0),
            b'"' => return self.quoted_ident(),
            b'$' => return self.dollar(),
            b'0'..=b'9' => return self.number(),
            b'.' if self.peek(1).is_some_and(|b| b.is_ascii_digit()) => return self.number(),
            b'.' if self.peek(1) == Some(b'.') => return Ok(self.take(TokenKind::DotDot, 2)),
            b':' if self.peek(1) == Some(b':') => return Ok(self.take(TokenKind::ColonColon, 2)),
            b':' if self.peek(1) == Some(b'=') => return Ok(self.take(TokenKind::Assign, 2)),
            b'(' => TokenKind::LeftParen,
            b')' => TokenKind::RightParen,
            b'[' => TokenKind::LeftBracket,
            b']' => TokenKind::RightBracket,
            b',' => TokenKind::Comma,
            b';' => TokenKind::Semicolon,
            b'.' => TokenKind::Dot,
            b':' => TokenKind::Colon,
            _ if is_ident_start(byte) => return Ok(self.word()),
            _ if is_operator(byte) => return Ok(self.operator()),
            _ => return self.error("character that begins no token"),
        };
        Ok(self.take(single, 1))
    }

    fn take(&mut self, kind: TokenKind, bytes: usize) -> TokenKind {
        self.at += bytes;
        kind
    }

    fn word(&mut self) -> TokenKind {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| !IDENT_PARTS[usize::from(*byte)]).unwrap_or(rest.len());
        TokenKind::Word
    }

    fn plain_string(&mut self, kind: TokenKind, prefix: usize) -> Result<TokenKind, LexError> {
        if self.options.standard_conforming_strings {
            return self.string(kind, prefix, false);
        }
        let start = self.at;
        self.string(kind, prefix, true)?;
        // Without a backslash both readings are the same.
        Ok(if self.bytes[start..self.at].contains(&b'\\') { TokenKind::EscapeString } else { kind })
    }

    fn string(&mut self, kind: TokenKind, prefix: usize, escapes: bool) -> Result<TokenKind, LexError> {
        let mut open = self.at + prefix;
        loop {
            let Some(end) = literal::close(self.bytes, open, escapes) else {
                return self.error("unterminated quoted string");
            };
            let Some(next) = literal::reopen(self.bytes, end) else {
                self.at = end;
                return Ok(kind);
            };
            open = next;
        }
    }

    fn quoted_ident(&mut self) -> Result<TokenKind, LexError> {
        match literal::close(self.bytes, self.at, false) {
            None => self.error("unterminated quoted identifier"),
            Some(end) if end == self.at + 2 => self.error("zero-length delimited identifier"),
            Some(end) => {
                self.at = end;
                Ok(TokenKind::QuotedIdent)
            }
        }
    }

    /// `U&'…'` and `U&"…"`; a `UESCAPE '…'` behind it becomes part of the token, as Postgres merges the two before its grammar.
    fn unicode(&mut self) -> Result<TokenKind, LexError> {
        let start = self.at;
        let kind = if self.peek(2) == Some(b'"') {
            self.at += 2;
            self.quoted_ident()?;
            TokenKind::UnicodeIdent
        } else if self.options.standard_conforming_strings {
            self.string(TokenKind::UnicodeString, 2, false)?
        } else {
            return self.error("string constant with Unicode escapes needs standard_conforming_strings");
        };
        self.uescape()?;
        if literal::unicode(&self.source[start..self.at]).is_none() {
            return Err(LexError { at: start, message: "invalid Unicode escape" });
        }
        Ok(kind)
    }

    fn uescape(&mut self) -> Result<(), LexError> {
        let end = self.at;
        if !self.skip_space()? || !self.bytes[self.at..].get(..7).is_some_and(|w| w.eq_ignore_ascii_case(b"uescape")) {
            self.at = end;
            return Ok(());
        }
        self.at += 7;
        if self.peek(0).is_some_and(is_ident_part) {
            self.at = end;
            return Ok(());
        }
        let found = self.skip_space()? && self.peek(0) == Some(b'\'');
        let open = self.at;
        if found {
            self.string(TokenKind::String, 0, false)?;
        }
        match &self.bytes[open..self.at] {
            [b'\'', mark, b'\''] if !mark.is_ascii_hexdigit() && !is_space(*mark) && !b"+'\"".contains(mark) => Ok(()),
            _ => Err(LexError { at: open, message: "invalid Unicode escape character" }),
        }
    }

    fn dollar(&mut self) -> Result<TokenKind, LexError> {
        let rest = &self.bytes[self.at + 1..];
        if rest.first().is_some_and(u8::is_ascii_digit) {
            self.at += 1 + rest.iter().take_while(|b| b.is_ascii_digit()).count();
            if self.peek(0).is_some_and(is_ident_start) {
                return self.error("trailing junk after parameter");
            }
            return Ok(TokenKind::Param);
        }
        let tag = match rest.first() {
            Some(byte) if is_ident_start(*byte) => {
                rest.iter().take_while(|b| is_ident_part(**b) && **b != b'$').count()
            }
            _ => 0,
        };
        if rest.get(tag) != Some(&b'$') {
            return self.error("character that begins no token");
        }
        let body = self.at + tag + 2;
        match self.source[body..].find(&self.source[self.at..body]) {
            Some(end) => {
                self.at = body + end + tag + 2;
                Ok(TokenKind::DollarString)
            }
            None => self.error("unterminated dollar-quoted string"),
        }
    }

    fn number(&mut self) -> Result<TokenKind, LexError> {
        let start = self.at;
        let radix: Option<fn(&u8) -> bool> = match (self.peek(0), self.peek(1)) {
            (Some(b'0'), Some(b'x' | b'X')) => Some(u8::is_ascii_hexdigit),
            (Some(b'0'), Some(b'o' | b'O')) => Some(|b| matches!(b, b'0'..=b'7')),
            (Some(b'0'), Some(b'b' | b'B')) => Some(|b| matches!(b, b'0' | b'1')),
            _ => None,
        };
        if let Some(digit) = radix {
            self.at += 2;
            if self.peek(0) == Some(b'_') {
                self.at += 1;
            }
            if !self.digits(digit) {
                return Err(LexError { at: start, message: "invalid integer" });
            }
        } else {
            self.digits(u8::is_ascii_digit);
            // `1..2` is a range of two integers.
            if self.peek(0) == Some(b'.') && self.peek(1) != Some(b'.') {
                self.at += 1;
                self.digits(u8::is_ascii_digit);
            }
            let sign = usize::from(matches!(self.peek(1), Some(b'+' | b'-')));
            let exponent = matches!(self.peek(0), Some(b'e' | b'E'));
            if exponent && self.peek(1 + sign).is_some_and(|b| b.is_ascii_digit()) {
                self.at += 1 + sign;
                self.digits(u8::is_ascii_digit);
            }
        }
        if self.peek(0).is_some_and(is_ident_start) {
            return Err(LexError { at: start, message: "trailing junk after numeric literal" });
        }
        Ok(TokenKind::Number)
    }

    /// Takes `1_000`: digits, single underscores between them. False when there is no digit here.
    fn digits(&mut self, digit: fn(&u8) -> bool) -> bool {
        let start = self.at;
        while let Some(byte) = self.peek(0) {
            let joins = byte == b'_' && self.at > start && self.peek(1).is_some_and(|b| digit(&b));
            if !digit(&byte) && !joins {
                break;
            }
            self.at += 1;
        }
        self.at > start
    }

    /// The longest run of symbols, up to a comment; `+` and `-` at its end belong to it only if it holds a symbol that SQL's own
    /// operators do not have: `*-` is two operators, `@-` is one.
    fn operator(&mut self) -> TokenKind {
        if self.at >= self.run.end {
            self.run = self.measure();
        }
        let end = if self.run.special > self.at { self.run.end } else { self.run.trimmed.max(self.at + 1) };
        self.at = end;
        TokenKind::Operator
    }

    fn measure(&self) -> Run {
        let mut run = Run::default();
        let mut at = self.at;
        while let Some(&byte) = self.bytes.get(at) {
            let comment = matches!((byte, self.bytes.get(at + 1)), (b'-', Some(b'-')) | (b'/', Some(b'*')));
            if !is_operator(byte) || comment {
                break;
            }
            at += 1;
            if is_special(byte) {
                run.special = at;
            }
            if !matches!(byte, b'+' | b'-') {
                run.trimmed = at;
            }
        }
        run.end = at;
        run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_part_of_a_name_or_not() {
        for byte in 0..=u8::MAX {
            assert_eq!(IDENT_PARTS[usize::from(byte)], is_ident_part(byte), "{byte:#x}");
        }
    }
}
