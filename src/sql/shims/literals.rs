//! Literals of any type, and where types, dotted names and items of lists end.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token as Fed;

use super::super::feed::{Feed, Role};
use super::super::token::TokenKind;
use super::super::words::Class;

impl Feed<'_> {
    /// `x::text COLLATE "C"`: it is a cast anyway, and sqlparser knows no collation behind one.
    pub(super) fn drop_collation(&mut self, cast: usize) {
        let at = self.type_end(cast + 1);
        if self.keyword(at) == Keyword::COLLATE {
            let end = self.name_end(at + 1);
            self.drop(at..end);
        }
    }

    /// Where the type that begins at `at` ends: `timestamp(3) with time zone`, `s.t[]`.
    pub(super) fn type_end(&self, at: usize) -> usize {
        let mut end = self.name_end(at);
        if matches!(self.word(end), Keyword::PRECISION | Keyword::VARYING) {
            end += 1;
        }
        if self.kind(end) == Some(TokenKind::LeftParen) {
            end = self.partner(end) + 1;
        }
        let zone = matches!(self.word(end), Keyword::WITH | Keyword::WITHOUT);
        if zone && self.word(end + 1) == Keyword::TIME && self.word(end + 2) == Keyword::ZONE {
            end += 3;
        }
        while self.kind(end) == Some(TokenKind::LeftBracket) {
            end = self.partner(end) + 1;
        }
        end.min(self.tokens.len())
    }

    /// Where the dotted name that begins at `at` ends.
    pub(super) fn name_end(&self, at: usize) -> usize {
        let mut end = at + 1;
        while self.kind(end) == Some(TokenKind::Dot) {
            end += 2;
        }
        end.min(self.tokens.len())
    }

    /// `inet '10.0.0.1'`: sqlparser would read a column with a string for its label. Fed as `'10.0.0.1'::inet`, which is the same.
    pub(super) fn shim_string(&mut self, at: usize) {
        let mut start = at;
        while start > 0 && self.is_type_word(start - 1) {
            start -= 1;
            if start == 0 || self.kind(start - 1) != Some(TokenKind::Dot) {
                self.cast_literal(start, at);
                return;
            }
            start -= 1;
        }
        // `RANGE '1 day'::interval PRECEDING`: sqlparser takes a plain string there for all of the bound.
        let bound = matches!(
            self.keyword_before(at),
            Keyword::BETWEEN | Keyword::AND | Keyword::RANGE | Keyword::ROWS | Keyword::GROUPS
        );
        let cast =
            bound && self.kind(at) == Some(TokenKind::String) && self.kind(at + 1) == Some(TokenKind::ColonColon);
        if cast && matches!(self.keyword(self.type_end(at + 2)), Keyword::PRECEDING | Keyword::FOLLOWING) {
            let value = self.tokens[at].string_value(self.source).unwrap_or_default().into_owned();
            self.replace(at, Fed::EscapedStringLiteral(value));
        }
    }

    /// A word that can only be the name of a type when a string follows. Keywords are left to sqlparser.
    pub(super) fn is_type_word(&self, at: usize) -> bool {
        let behind_dot = at > 0 && self.kind(at - 1) == Some(TokenKind::Dot);
        match self.kind(at) {
            Some(TokenKind::QuotedIdent | TokenKind::UnicodeIdent) => true,
            Some(TokenKind::Word) => {
                let may_be = matches!(self.known[at].class, None | Some(Class::Unreserved));
                behind_dot || may_be && self.roles[at] == Role::Name
            }
            _ => false,
        }
    }

    /// True when a string follows the type that begins there.
    pub(super) fn is_literal_type(&self, at: usize) -> bool {
        self.kind(self.type_end(at)).is_some_and(TokenKind::is_string)
    }

    pub(super) fn cast_literal(&mut self, start: usize, string: usize) {
        if !self.begins_operand(start) {
            return;
        }
        let value = self.convert(string, Keyword::NoKeyword);
        // A plain string: it begins the operand now.
        let value = match value {
            Fed::EscapedStringLiteral(value) if self.kind(string) == Some(TokenKind::String) => {
                Fed::SingleQuotedString(value)
            }
            other => other,
        };
        self.replace(string, value);
        self.add(string + 1, Fed::DoubleColon, None);
        for at in start..string {
            let token = self.convert(at, Keyword::NoKeyword);
            self.add(string + 1, token, Some(self.tokens[at].span));
        }
        self.drop(start..string);
    }

    /// The tokens in `from..to` that are in no further parentheses.
    pub(super) fn flat(&self, from: usize, to: usize) -> impl Iterator<Item = usize> {
        let behind = move |&at: &usize| {
            let opens = matches!(self.kind(at), Some(TokenKind::LeftParen | TokenKind::LeftBracket));
            Some(if opens { self.partner(at).max(at) + 1 } else { at + 1 })
        };
        std::iter::successors(Some(from), behind).take_while(move |&at| at < to)
    }

    /// The same at once, for what changes them.
    pub(super) fn flat_list(&self, from: usize, to: usize) -> Vec<usize> {
        self.flat(from, to).collect()
    }

    /// Where the item of a list ends that begins at `from`: at a comma, or where the list does.
    pub(super) fn item_end(&self, from: usize, to: usize) -> usize {
        self.flat(from, to).find(|&at| self.kind(at) == Some(TokenKind::Comma)).unwrap_or(to)
    }
}
