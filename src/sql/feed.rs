//! Own tokens → the tokens that sqlparser's parser is fed with.
//!
//! Each carries its bytes as a place on line 1 (`column = byte + 1`), so that every place in the tree is a range of the source.
//! Since nothing is ever printed from the tree, tokens that name nothing may be left out or replaced where sqlparser would
//! stumble over them. A token that names a column, a table or an alias is always fed as it is; where that is not possible the
//! statement is reported as unparsed.

use sqlparser::ast::DollarQuotedString;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span as Place, Token as Fed, TokenWithSpan, Word};

use super::operators;
use super::parse::{Reason, Unparsed};
use super::token::{Token, TokenKind};
use super::words::{self, Class, Known};
use crate::text::Span;

/// What the parser gets for `tokens`; fails where no honest feed is possible.
pub(super) fn feed(source: &str, tokens: &[Token]) -> Result<Vec<TokenWithSpan>, Unparsed> {
    let mut feed = Feed::new(source, tokens);
    feed.classify();
    feed.refuse_empty_select_lists()?;
    feed.drop_only();
    feed.free_labels_called_end();
    Ok(feed.emit())
}

/// What becomes of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    /// It is fed as what it is; a word with its keyword.
    Itself,
    /// A word that is a name here, whatever keyword it looks like.
    Name,
    /// It is left out.
    Dropped,
}

struct Feed<'a> {
    source: &'a str,
    tokens: &'a [Token],
    /// What is known of each token as a word; the default for others.
    known: Vec<Known>,
    roles: Vec<Role>,
}

const NOT_A_WORD: Known = Known { class: None, keyword: Keyword::NoKeyword };

impl<'a> Feed<'a> {
    fn new(source: &'a str, tokens: &'a [Token]) -> Self {
        let known = |token: &Token| match token.kind {
            TokenKind::Word => words::known(token.text(source)),
            _ => NOT_A_WORD,
        };
        Self { source, tokens, known: tokens.iter().map(known).collect(), roles: vec![Role::Itself; tokens.len()] }
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    /// The keyword at `at`; none outside of the statement and for what is a name.
    fn keyword(&self, at: usize) -> Keyword {
        match self.roles.get(at) {
            Some(Role::Itself) => self.known[at].keyword,
            _ => Keyword::NoKeyword,
        }
    }

    fn before(&self, at: usize) -> Keyword {
        at.checked_sub(1).map_or(Keyword::NoKeyword, |at| self.keyword(at))
    }

    /// Decides for each word whether it may be syntax.
    fn classify(&mut self) {
        for at in 0..self.tokens.len() {
            if self.tokens[at].kind == TokenKind::Word && !self.may_be_syntax(at) {
                self.roles[at] = Role::Name;
            }
        }
    }

    fn may_be_syntax(&self, at: usize) -> bool {
        let Known { class, keyword } = self.known[at];
        if at > 0 && self.tokens[at - 1].kind == TokenKind::Dot {
            return false;
        }
        if is_type(keyword) {
            return self.is_type_here(at);
        }
        match class {
            None => is_syntax_of_utilities(keyword),
            Some(Class::Unreserved) => !is_foreign_syntax(keyword),
            Some(_) => true,
        }
    }

    /// A type's name is also an ordinary name: `SELECT date "d"` is a column with a label, `date '…'` is a literal.
    fn is_type_here(&self, at: usize) -> bool {
        let mut next = at + 1;
        if self.kind(next) == Some(TokenKind::LeftParen) {
            // `timestamp(3)`, `numeric(10, 2)`
            while matches!(self.kind(next), Some(TokenKind::LeftParen | TokenKind::Number | TokenKind::Comma)) {
                next += 1;
            }
            next += 1;
        }
        if self.kind(next).is_some_and(TokenKind::is_string) {
            return true;
        }
        let before = at.checked_sub(1);
        let follows =
            before.is_some_and(|b| self.tokens[b].kind == TokenKind::ColonColon || self.keyword(b) == Keyword::AS);
        let goes_on = self.known.get(next).is_some_and(|known| {
            matches!(known.keyword, Keyword::PRECISION | Keyword::VARYING | Keyword::WITH | Keyword::WITHOUT)
        });
        let zone = matches!(self.before(at), Keyword::WITH | Keyword::WITHOUT | Keyword::AT);
        follows || goes_on || zone || self.is_utility()
    }

    fn is_utility(&self) -> bool {
        let query = [Keyword::SELECT, Keyword::WITH, Keyword::VALUES, Keyword::TABLE];
        let dml = [Keyword::INSERT, Keyword::UPDATE, Keyword::DELETE, Keyword::MERGE];
        let first = self.known.iter().zip(self.tokens).find(|(_, token)| token.kind != TokenKind::LeftParen);
        first.is_none_or(|(known, _)| !query.contains(&known.keyword) && !dml.contains(&known.keyword))
    }

    /// `SELECT WHERE false`: sqlparser reads a column called `where`.
    fn refuse_empty_select_lists(&self) -> Result<(), Unparsed> {
        for at in 1..self.tokens.len() {
            let ends_list = matches!(
                self.keyword(at),
                Keyword::INTO
                    | Keyword::WHERE
                    | Keyword::GROUP
                    | Keyword::HAVING
                    | Keyword::WINDOW
                    | Keyword::UNION
                    | Keyword::INTERSECT
                    | Keyword::EXCEPT
                    | Keyword::ORDER
                    | Keyword::LIMIT
                    | Keyword::OFFSET
                    | Keyword::FETCH
                    | Keyword::FOR
            );
            if ends_list && matches!(self.before(at), Keyword::SELECT | Keyword::ALL) {
                return Err(self.unparsed(at, "an empty select list is not supported"));
            }
        }
        Ok(())
    }

    /// `FROM ONLY t`: sqlparser reads a table called `only` with the alias `t`. The word is reserved in Postgres, so it can be
    /// no name there.
    fn drop_only(&mut self) {
        for at in 1..self.tokens.len() {
            let list = self.tokens[at - 1].kind == TokenKind::Comma;
            let clause = matches!(
                self.before(at),
                Keyword::FROM | Keyword::JOIN | Keyword::UPDATE | Keyword::USING | Keyword::INTO
            );
            if self.keyword(at) != Keyword::ONLY || !(list || clause) {
                continue;
            }
            self.roles[at] = Role::Dropped;
            if self.kind(at + 1) == Some(TokenKind::LeftParen) {
                self.drop_parens(at + 1);
            }
        }
    }

    /// Drops the parentheses of `ONLY (schema.t)`.
    fn drop_parens(&mut self, open: usize) {
        let name = |kind: TokenKind| kind.is_ident() || kind == TokenKind::Dot;
        let close = (open + 1..self.tokens.len()).find(|at| !name(self.tokens[*at].kind));
        if let Some(close) = close.filter(|at| self.kind(*at) == Some(TokenKind::RightParen)) {
            self.roles[open] = Role::Dropped;
            self.roles[close] = Role::Dropped;
        }
    }

    /// `SELECT f(x) end FROM t`: an `END` that closes no CASE is a label.
    fn free_labels_called_end(&mut self) {
        let mut open = Vec::new();
        for at in 0..self.tokens.len() {
            match (self.tokens[at].kind, self.keyword(at)) {
                (TokenKind::LeftParen, _) => open.push(false),
                (TokenKind::RightParen, _) => while open.pop() == Some(true) {},
                (_, Keyword::CASE) => open.push(true),
                (_, Keyword::END) if open.last() == Some(&true) => {
                    open.pop();
                }
                (_, Keyword::END) if at > 0 && !self.is_utility() => self.roles[at] = Role::Name,
                _ => {}
            }
        }
    }

    fn emit(&self) -> Vec<TokenWithSpan> {
        let mut fed = Vec::with_capacity(self.tokens.len());
        for (at, token) in self.tokens.iter().enumerate() {
            if self.roles[at] != Role::Dropped {
                fed.push(TokenWithSpan { token: self.convert(at), span: place(token.span) });
            }
        }
        fed
    }

    fn convert(&self, at: usize) -> Fed {
        let token = &self.tokens[at];
        let text = token.text(self.source);
        match token.kind {
            TokenKind::Word => Fed::Word(Word { value: text.to_owned(), quote_style: None, keyword: self.keyword(at) }),
            TokenKind::QuotedIdent | TokenKind::UnicodeIdent => Fed::Word(Word {
                value: token.ident(self.source).unwrap_or_default().into_owned(),
                quote_style: Some('"'),
                keyword: Keyword::NoKeyword,
            }),
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
            TokenKind::Assign => Fed::RArrow,
            _ => self.convert_string(at),
        }
    }

    fn convert_string(&self, at: usize) -> Fed {
        let token = &self.tokens[at];
        let value = token.string_value(self.source).unwrap_or_default().into_owned();
        match token.kind {
            TokenKind::String if !self.could_be_alias(at) => Fed::SingleQuotedString(value),
            TokenKind::DollarString => Fed::DollarQuotedString(DollarQuotedString { value, tag: None }),
            TokenKind::UnicodeString => Fed::UnicodeStringLiteral(value),
            TokenKind::BitString => Fed::SingleQuotedByteStringLiteral(value),
            TokenKind::HexString => Fed::HexStringLiteral(value),
            TokenKind::NationalString => Fed::NationalStringLiteral(value),
            _ => Fed::EscapedStringLiteral(value),
        }
    }

    /// sqlparser takes a plain string behind an expression or a table for an alias; Postgres never does.
    fn could_be_alias(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        match self.tokens[before].kind {
            TokenKind::Word => self.keyword(before) == Keyword::NoKeyword,
            kind => !matches!(
                kind,
                TokenKind::LeftParen
                    | TokenKind::LeftBracket
                    | TokenKind::Comma
                    | TokenKind::Operator
                    | TokenKind::Assign
            ),
        }
    }

    fn unparsed(&self, at: usize, message: &str) -> Unparsed {
        Unparsed { at: Some(self.tokens[at].span.start), message: message.to_owned(), reason: Reason::Grammar }
    }
}

/// The place of `span`: line 1, columns from 1, end exclusive.
fn place(span: Span) -> Place {
    let location = |byte: usize| Location { line: 1, column: u64::try_from(byte).map_or(u64::MAX, |byte| byte + 1) };
    Place { start: location(span.start), end: location(span.end) }
}

/// Keywords with which sqlparser begins a type and which are ordinary names too.
fn is_type(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::BIGINT
            | Keyword::BIT
            | Keyword::BOOL
            | Keyword::BOOLEAN
            | Keyword::BYTEA
            | Keyword::CHAR
            | Keyword::CHARACTER
            | Keyword::DATE
            | Keyword::DEC
            | Keyword::DECIMAL
            | Keyword::DOUBLE
            | Keyword::FLOAT
            | Keyword::FLOAT4
            | Keyword::FLOAT8
            | Keyword::INT
            | Keyword::INT2
            | Keyword::INT4
            | Keyword::INT8
            | Keyword::INTEGER
            | Keyword::INTERVAL
            | Keyword::JSON
            | Keyword::JSONB
            | Keyword::NUMERIC
            | Keyword::REAL
            | Keyword::REGCLASS
            | Keyword::SMALLINT
            | Keyword::TEXT
            | Keyword::TIME
            | Keyword::TIMESTAMP
            | Keyword::TIMESTAMPTZ
            | Keyword::TIMETZ
            | Keyword::UUID
            | Keyword::VARBIT
            | Keyword::VARCHAR
    )
}

/// Words that are no keywords of Postgres but part of its statements, where sqlparser wants its keyword.
fn is_syntax_of_utilities(keyword: Keyword) -> bool {
    matches!(keyword, Keyword::BERNOULLI | Keyword::FORMAT)
}

/// Unreserved words of Postgres that mean something to sqlparser in a query and nothing to Postgres.
fn is_foreign_syntax(keyword: Keyword) -> bool {
    matches!(keyword, Keyword::GLOBAL | Keyword::VIEW)
}
