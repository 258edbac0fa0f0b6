//! Own tokens → the tokens that sqlparser's parser is fed with.
//!
//! Each carries its bytes as a place on line 1 (`column = byte + 1`), so that every place in the tree is a range of the source.
//! Since nothing is ever printed from the tree, tokens that name nothing may be left out or replaced where sqlparser would
//! stumble over them. A token that names a column, a table or an alias is always fed as it is; where that is not possible the
//! statement is reported as unparsed.
//!
//! `roles` decides which words are syntax, `shims` what is left out or replaced; here both are carried out.

use std::ops::Range;

use sqlparser::ast::DollarQuotedString;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span as Place, Token as Fed, TokenWithSpan, Word};

use super::operators;
use super::parse::{Reason, Unparsed};
use super::token::{Token, TokenKind};
use super::words::{Class, Known};
use crate::text::Span;

/// What the parser gets for `tokens`, of which `known` is known; fails where no honest feed is possible.
pub(super) fn feed(
    source: &str,
    tokens: &[Token],
    known: Vec<Known>,
    goal: Goal,
) -> Result<Vec<TokenWithSpan>, Unparsed> {
    let mut feed = Feed::new(source, tokens, known);
    if goal == Goal::Statement {
        feed.query = feed.find_query();
    }
    feed.classify();
    feed.clauses = feed.clauses();
    feed.refuse()?;
    feed.shim()?;
    Ok(feed.emit())
}

/// What the tokens are to be parsed as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Goal {
    /// A statement of any kind.
    Statement,
    /// A query or a part of one.
    Query,
}

/// What becomes of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// It is fed as what it is; a word with its keyword.
    Itself,
    /// A word that is a name here, whatever keyword it looks like.
    Name,
    /// It is left out.
    Dropped,
    /// Another token is fed in its place, the one there in [`Feed::instead`].
    Instead(usize),
}

/// A statement on its way to the parser.
pub(super) struct Feed<'a> {
    pub(super) source: &'a str,
    pub(super) tokens: &'a [Token],
    /// What is known of each token as a word.
    pub(super) known: Vec<Known>,
    pub(super) roles: Vec<Role>,
    /// Tokens fed in place of others.
    instead: Vec<Fed>,
    /// The tokens of the query in the statement; outside of it, in `CREATE TABLE` and the like, words are as sqlparser has them.
    pub(super) query: Range<usize>,
    /// For each parenthesis and bracket its partner; for one without partner the end of the statement.
    partners: Vec<usize>,
    /// For each token of the query the last keyword before it, inside of the same parentheses, that begins a clause.
    pub(super) clauses: Vec<Keyword>,
    /// Tokens fed in addition, each in front of the token at its index.
    added: Vec<(usize, TokenWithSpan)>,
    /// Tokens that are fed in front of an earlier one.
    moved: Vec<(Range<usize>, usize)>,
}

/// No more tokens than these are left out in one go before an operand.
const FAR: usize = 256;

impl<'a> Feed<'a> {
    fn new(source: &'a str, tokens: &'a [Token], known: Vec<Known>) -> Self {
        Self {
            source,
            tokens,
            known,
            roles: vec![Role::Itself; tokens.len()],
            instead: Vec::new(),
            query: 0..tokens.len(),
            partners: partners(tokens),
            clauses: Vec::new(),
            added: Vec::new(),
            moved: Vec::new(),
        }
    }

    /// What the token at `at` is; none outside of the statement.
    pub(super) fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    /// The keyword that the word at `at` looks like, syntax or not.
    pub(super) fn word(&self, at: usize) -> Keyword {
        self.known.get(at).map_or(Keyword::NoKeyword, |known| known.keyword)
    }

    /// The keyword that the word before `at` looks like.
    pub(super) fn word_before(&self, at: usize) -> Keyword {
        at.checked_sub(1).map_or(Keyword::NoKeyword, |at| self.word(at))
    }

    /// The keyword at `at` if it is syntax.
    pub(super) fn keyword(&self, at: usize) -> Keyword {
        if self.roles.get(at) == Some(&Role::Itself) { self.known[at].keyword } else { Keyword::NoKeyword }
    }

    /// The keyword before `at` if it is syntax.
    pub(super) fn keyword_before(&self, at: usize) -> Keyword {
        at.checked_sub(1).map_or(Keyword::NoKeyword, |at| self.keyword(at))
    }

    /// The parenthesis or bracket that belongs to the one at `at`; the end of the statement when there is none.
    pub(super) fn partner(&self, at: usize) -> usize {
        self.partners.get(at).copied().unwrap_or(self.tokens.len())
    }

    /// The symbol of the operator at `at`.
    pub(super) fn operator(&self, at: usize) -> Option<&'a str> {
        self.tokens.get(at).filter(|token| token.kind == TokenKind::Operator).map(|token| token.text(self.source))
    }

    /// The token before `at` that is not left out: `XMLROOT(a, VERSION b)`, `t.* = u.*`.
    pub(super) fn fed_before(&self, at: usize) -> Option<usize> {
        (0..at).rev().take(FAR).find(|&before| self.roles[before] != Role::Dropped)
    }

    /// True when an operand begins at `at`: what stands before it cannot end one.
    pub(super) fn begins_operand(&self, at: usize) -> bool {
        let Some(before) = self.fed_before(at) else { return at < FAR };
        match self.tokens[before].kind {
            _ if self.is_fed_as(before, &Fed::Comma) => true,
            TokenKind::LeftParen
            | TokenKind::LeftBracket
            | TokenKind::Comma
            | TokenKind::Operator
            | TokenKind::Assign
            | TokenKind::Colon => true,
            // `OPERATOR(pg_catalog.+)`
            TokenKind::RightParen => self.word_before(self.partner(before)) == Keyword::OPERATOR,
            TokenKind::Word if self.roles[before] == Role::Itself => match self.known[before].class {
                Some(Class::Reserved) => !is_operand(self.known[before].keyword),
                Some(Class::TypeOrFunction) => {
                    matches!(self.known[before].keyword, Keyword::LIKE | Keyword::ILIKE | Keyword::IS)
                }
                Some(Class::Unreserved) => match self.known[before].keyword {
                    Keyword::BY | Keyword::ESCAPE | Keyword::RANGE | Keyword::ROWS | Keyword::GROUPS => true,
                    // `AT TIME ZONE`, and not the end of a type.
                    Keyword::ZONE => before > 1 && self.word(before - 2) == Keyword::AT,
                    _ => false,
                },
                Some(Class::ColumnName) => self.known[before].keyword == Keyword::BETWEEN,
                None => false,
            },
            _ => false,
        }
    }

    /// True when the string at `at` may be taken for the label of what stands before it, which it never is in Postgres.
    fn looks_like_label(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).filter(|_| self.query.contains(&at)) else { return false };
        self.keyword(before) == Keyword::AS || !self.begins_operand(at) && !self.ends_type(before)
    }

    /// True for the end of a type's keywords: `date '…'`, `timestamp(3) with time zone '…'`.
    fn ends_type(&self, at: usize) -> bool {
        let begins =
            |at: usize| self.known.get(at).is_some_and(|known| known.is_type) && self.roles[at] == Role::Itself;
        match self.keyword(at) {
            Keyword::PRECISION | Keyword::VARYING => true,
            Keyword::ZONE => at > 1 && matches!(self.word(at - 2), Keyword::WITH | Keyword::WITHOUT),
            _ if self.kind(at) == Some(TokenKind::RightParen) => self.partner(at).checked_sub(1).is_some_and(begins),
            _ => begins(at),
        }
    }

    /// Leaves the tokens of `range` out, as far as there are.
    pub(super) fn drop(&mut self, range: Range<usize>) {
        for role in self.roles.iter_mut().take(range.end).skip(range.start) {
            *role = Role::Dropped;
        }
    }

    /// Feeds `token` in place of the one at `at`.
    pub(super) fn replace(&mut self, at: usize, token: Fed) {
        self.roles[at] = Role::Instead(self.instead.len());
        self.instead.push(token);
    }

    /// True when `token` is fed in place of the one at `at`.
    fn is_fed_as(&self, at: usize, token: &Fed) -> bool {
        matches!(self.roles[at], Role::Instead(index) if self.instead[index] == *token)
    }

    /// Feeds `token` with the place `span` in front of the token at `at`; an empty place is none in the tree.
    pub(super) fn add(&mut self, at: usize, token: Fed, span: Option<Span>) {
        let span = span.map_or_else(Place::empty, place);
        self.added.push((at, TokenWithSpan { token, span }));
    }

    /// Feeds the tokens of `range`, and what is added in it, in front of the earlier one at `to`.
    pub(super) fn move_to(&mut self, range: Range<usize>, to: usize) {
        self.moved.push((range, to));
    }

    /// How many ranges are moved.
    pub(super) fn moves(&self) -> usize {
        self.moved.len()
    }

    /// Refuses the statement because of the token at `at`.
    pub(super) fn unparsed<T>(&self, at: usize, message: &str) -> Result<T, Unparsed> {
        let at = self.tokens.get(at).map(|token| token.span.start);
        Err(Unparsed { at, message: message.to_owned(), reason: Reason::Grammar })
    }

    fn clauses(&self) -> Vec<Keyword> {
        let mut clauses = Vec::with_capacity(self.tokens.len());
        let mut outer = Vec::new();
        let mut now = Keyword::NoKeyword;
        for at in 0..self.tokens.len() {
            match self.tokens[at].kind {
                TokenKind::LeftParen => {
                    clauses.push(now);
                    outer.push(std::mem::replace(&mut now, Keyword::NoKeyword));
                    continue;
                }
                TokenKind::RightParen => now = outer.pop().unwrap_or(now),
                _ => {}
            }
            clauses.push(now);
            if begins_clause(self.keyword(at)) {
                now = self.keyword(at);
            }
        }
        clauses
    }

    fn emit(mut self) -> Vec<TokenWithSpan> {
        let mut fed = Vec::with_capacity(self.tokens.len() + self.added.len());
        // Stable: what was added first at an index stays first.
        self.added.sort_by_key(|(at, _)| *at);
        let mut added = std::mem::take(&mut self.added).into_iter().peekable();
        // Where the tokens begin that are moved, where they go, and where they end with what is added behind them.
        let mut moves: Vec<[usize; 3]> = vec![[usize::MAX; 3]; self.moved.len()];
        for at in 0..=self.tokens.len() {
            for ((range, to), place) in self.moved.iter().zip(&mut moves) {
                for (index, place) in [range.start, *to].into_iter().zip(place) {
                    if index == at {
                        *place = fed.len();
                    }
                }
            }
            // Not `next_if`, which moves the token out and back to look at it.
            while added.peek().is_some_and(|(index, _)| *index <= at) {
                fed.extend(added.next().map(|(_, token)| token));
            }
            for ((range, _), place) in self.moved.iter().zip(&mut moves) {
                if range.end == at {
                    place[2] = fed.len();
                }
            }
            let Some(token) = self.tokens.get(at) else { break };
            let converted = match self.roles[at] {
                Role::Itself => self.convert(at, self.known[at].keyword),
                Role::Name => self.convert(at, Keyword::NoKeyword),
                Role::Dropped => continue,
                Role::Instead(index) => self.instead[index].clone(),
            };
            fed.push(TokenWithSpan { token: converted, span: place(token.span) });
        }
        fed.extend(added.map(|(_, token)| token));
        for [start, to, end] in moves {
            if to <= start && start <= end && end <= fed.len() {
                fed[to..end].rotate_right(end - start);
            }
        }
        fed
    }

    /// sqlparser's token for the one at `at`, with `keyword` if it is a word.
    pub(super) fn convert(&self, at: usize, keyword: Keyword) -> Fed {
        let token = &self.tokens[at];
        let text = token.text(self.source);
        let value = || token.string_value(self.source).unwrap_or_default().into_owned();
        match token.kind {
            TokenKind::Word => Fed::Word(Word { value: text.to_owned(), quote_style: None, keyword }),
            TokenKind::QuotedIdent | TokenKind::UnicodeIdent => Fed::Word(Word {
                value: token.ident(self.source).unwrap_or_default().into_owned(),
                quote_style: Some('"'),
                keyword: Keyword::NoKeyword,
            }),
            TokenKind::String if self.looks_like_label(at) => Fed::EscapedStringLiteral(value()),
            TokenKind::String => Fed::SingleQuotedString(value()),
            TokenKind::EscapeString => Fed::EscapedStringLiteral(value()),
            TokenKind::UnicodeString => Fed::UnicodeStringLiteral(value()),
            TokenKind::BitString => Fed::SingleQuotedByteStringLiteral(value()),
            TokenKind::HexString => Fed::HexStringLiteral(value()),
            TokenKind::NationalString => Fed::NationalStringLiteral(value()),
            TokenKind::DollarString => Fed::DollarQuotedString(DollarQuotedString { value: value(), tag: None }),
            TokenKind::Number => Fed::Number(text.to_owned(), false),
            TokenKind::Param => Fed::Placeholder(text.to_owned()),
            TokenKind::Operator => operators::token(text),
            TokenKind::LeftParen => Fed::LParen,
            TokenKind::RightParen => Fed::RParen,
            TokenKind::LeftBracket => Fed::LBracket,
            TokenKind::RightBracket => Fed::RBracket,
            TokenKind::Comma => Fed::Comma,
            TokenKind::Semicolon => Fed::SemiColon,
            TokenKind::Dot => Fed::Period,
            // sqlparser has no ranges.
            TokenKind::DotDot => Fed::Char('.'),
            TokenKind::Colon => Fed::Colon,
            TokenKind::ColonColon => Fed::DoubleColon,
            // The older way to write `=>`.
            TokenKind::Assign => Fed::RArrow,
        }
    }
}

/// For each parenthesis and bracket the index of its partner, or the number of tokens, as for other tokens.
fn partners(tokens: &[Token]) -> Vec<usize> {
    let mut partners = vec![tokens.len(); tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::LeftParen | TokenKind::LeftBracket => open.push(at),
            TokenKind::RightParen | TokenKind::RightBracket => {
                if let Some(opened) = open.pop() {
                    partners[opened] = at;
                    partners[at] = opened;
                }
            }
            _ => {}
        }
    }
    partners
}

/// The place of `span`: line 1, columns from 1, end exclusive.
fn place(span: Span) -> Place {
    let location = |byte: usize| Location { line: 1, column: u64::try_from(byte).map_or(u64::MAX, |byte| byte + 1) };
    Place { start: location(span.start), end: location(span.end) }
}

const fn begins_clause(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::SELECT
            | Keyword::FROM
            | Keyword::WHERE
            | Keyword::GROUP
            | Keyword::HAVING
            | Keyword::WINDOW
            | Keyword::ORDER
            | Keyword::LIMIT
            | Keyword::OFFSET
            | Keyword::FETCH
            | Keyword::VALUES
            | Keyword::SET
            | Keyword::DELETE
    )
}

/// Reserved words that are or end an operand.
const fn is_operand(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::NULL
            | Keyword::TRUE
            | Keyword::FALSE
            | Keyword::END
            | Keyword::DEFAULT
            | Keyword::USER
            | Keyword::CURRENT_CATALOG
            | Keyword::CURRENT_DATE
            | Keyword::CURRENT_ROLE
            | Keyword::CURRENT_TIME
            | Keyword::CURRENT_TIMESTAMP
            | Keyword::CURRENT_USER
            | Keyword::LOCALTIME
            | Keyword::LOCALTIMESTAMP
            | Keyword::SESSION_USER
            | Keyword::SYSTEM_USER
    )
}
