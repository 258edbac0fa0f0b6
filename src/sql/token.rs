//! One lexical unit of SQL text: what it is and where it stands. White space and comments are no tokens.
//!
//! A token owns no text; everything is asked with the source it was lexed from. `lexer` makes them, `split`, `parse` and the
//! rewriter's token rules read them.

use std::borrow::Cow;

use super::literal;
use crate::text::Span;

/// A token of some source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes, quotes and prefix included; never empty.
    pub span: Span,
}

/// What a token is, as Postgres's own scanner sees it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenKind {
    /// A keyword or an unquoted identifier; only the grammar can tell which.
    Word,
    /// `"…"`
    QuotedIdent,
    /// `U&"…"`, with its `UESCAPE '…'` when there is one.
    UnicodeIdent,
    /// `'…'` in which a backslash is an ordinary character. Like every string it may go on over a newline: `'a'⏎'b'`.
    String,
    /// A string in which a backslash escapes: `E'…'`, and `'…\…'` when `standard_conforming_strings` is off.
    EscapeString,
    /// `U&'…'`, with its `UESCAPE '…'` when there is one.
    UnicodeString,
    /// `B'…'`
    BitString,
    /// `X'…'`
    HexString,
    /// `N'…'`
    NationalString,
    /// `$$…$$` or `$tag$…$tag$`
    DollarString,
    /// `1`, `1.5e3`, `.5`, `0x1F`, `1_000`; the sign is an operator.
    Number,
    /// `$1`
    Param,
    /// Any operator by the rule of the longest match, `=>`, `=`, `*` and `<` among them.
    Operator,
    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `[`
    LeftBracket,
    /// `]`
    RightBracket,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// `:`
    Colon,
    /// `::`
    ColonColon,
    /// `:=`
    Assign,
}

/// Postgres keeps this many bytes of an identifier (`NAMEDATALEN - 1`).
const IDENT_BYTES: usize = 63;

impl TokenKind {
    /// True for every form of a string literal, bit strings included.
    #[must_use]
    pub const fn is_string(self) -> bool {
        matches!(
            self,
            Self::String
                | Self::EscapeString
                | Self::UnicodeString
                | Self::BitString
                | Self::HexString
                | Self::NationalString
                | Self::DollarString
        )
    }

    /// True for every form of an identifier; a [`TokenKind::Word`] may still be a keyword.
    #[must_use]
    pub const fn is_ident(self) -> bool {
        matches!(self, Self::Word | Self::QuotedIdent | Self::UnicodeIdent)
    }
}

impl Token {
    /// Its bytes in the source that it was lexed from.
    #[must_use]
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        self.span.text(source)
    }

    /// True for the unquoted word `word`, whatever its case.
    #[must_use]
    pub fn is_keyword(&self, source: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(source).eq_ignore_ascii_case(word)
    }

    /// True for the operator `symbol`.
    #[must_use]
    pub fn is_operator(&self, source: &str, symbol: &str) -> bool {
        self.kind == TokenKind::Operator && self.text(source) == symbol
    }

    /// The name that Postgres reads here, if this is an identifier: folded when unquoted, unescaped when quoted, cut to 63 bytes.
    #[must_use]
    pub fn ident<'a>(&self, source: &'a str) -> Option<Cow<'a, str>> {
        let text = self.text(source);
        let value = match self.kind {
            TokenKind::Word => fold(text),
            TokenKind::QuotedIdent => literal::quoted_ident(text),
            TokenKind::UnicodeIdent => Cow::Owned(literal::unicode(text)?),
            _ => return None,
        };
        Some(truncate(value))
    }

    /// The text that a string literal stands for; none for other tokens, and for escapes that Postgres would reject.
    /// A bit string gives its digits.
    #[must_use]
    pub fn string_value<'a>(&self, source: &'a str) -> Option<Cow<'a, str>> {
        let text = self.text(source);
        match self.kind {
            TokenKind::String | TokenKind::BitString | TokenKind::HexString | TokenKind::NationalString => {
                Some(literal::plain(text))
            }
            TokenKind::EscapeString => literal::escaped(text).map(Cow::Owned),
            TokenKind::UnicodeString => literal::unicode(text).map(Cow::Owned),
            TokenKind::DollarString => Some(Cow::Borrowed(literal::dollar(text))),
            _ => None,
        }
    }
}

/// An unquoted identifier as Postgres stores it, not yet cut: only ASCII letters fold in a UTF-8 database.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The first 63 bytes, or a few less so that no character is cut in two.
pub(super) fn truncate(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.len() <= IDENT_BYTES {
        return name;
    }
    let end = (0..=IDENT_BYTES).rev().find(|&at| name.is_char_boundary(at)).unwrap_or(0);
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(&name[..end]),
        Cow::Owned(mut name) => {
            name.truncate(end);
            Cow::Owned(name)
        }
    }
}
