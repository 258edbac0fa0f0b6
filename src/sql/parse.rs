//! Tokens → sqlparser's tree of exactly one statement, query or expression.
//!
//! The tree is read, never printed: what is wanted of it is structure and the places of names. Each place is a range of bytes of
//! the source, because the tokens that the parser gets say so ([`span`]).
//!
//! A tree that comes out of here was made from every token; what sqlparser would misread is either led past it by `feed` or
//! reported as [`Unparsed`]. Text that could stall or kill the process is never parsed at all.

use super::dialect::Postgres;
use sqlparser::ast::{Expr, Ident, Query, Statement};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Span as Place, Token as Fed};

use super::feed::{self, Goal};
use super::limits;
use super::token::Token;
use super::words;
use crate::text::Span;

/// Why there is no tree.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Unparsed {
    /// The byte of the source where it was noticed.
    pub at: Option<usize>,
    /// What was noticed.
    pub message: String,
    /// Of which kind it is.
    pub reason: Reason,
}

/// The kinds of [`Unparsed`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// It is not SQL, or SQL that this parser does not know.
    Grammar,
    /// It is longer than what may be parsed.
    TooLarge,
    /// It is nested deeper than what may be parsed.
    TooDeep,
}

/// The one statement that `tokens` (of `source`, without its `;`) are.
pub fn statement(source: &str, tokens: &[Token]) -> Result<Statement, Unparsed> {
    all(source, tokens, Goal::Statement, Parser::parse_statement)
}

/// The one query that `tokens` are.
pub fn query(source: &str, tokens: &[Token]) -> Result<Box<Query>, Unparsed> {
    all(source, tokens, Goal::Query, Parser::parse_query)
}

/// The one expression that `tokens` are.
pub fn expression(source: &str, tokens: &[Token]) -> Result<Expr, Unparsed> {
    all(source, tokens, Goal::Query, Parser::parse_expr)
}

/// Runs `f` with a stack on which the tree of a statement of `tokens` tokens can be parsed, walked and dropped. A tree that
/// leaves it must be small: sqlparser's drop is recursive.
pub fn with_stack<R>(tokens: usize, f: impl FnOnce() -> R) -> R {
    let need = limits::stack(tokens);
    stacker::maybe_grow(need, need, f)
}

/// The bytes of `ident` in the source; none for one that sqlparser made up.
#[must_use]
pub fn span(ident: &Ident) -> Option<Span> {
    span_of(ident.span)
}

/// The bytes that `place` of a tree from here stands for; none for an empty place.
#[must_use]
pub fn span_of(place: Place) -> Option<Span> {
    let start = usize::try_from(place.start.column.checked_sub(1)?).ok()?;
    let end = usize::try_from(place.end.column.checked_sub(1)?).ok()?;
    (start < end).then(|| Span::new(start, end))
}

/// Parses with `rule` and insists that nothing is left: sqlparser's own loop over statements stops without a word at `END`.
fn all<T>(
    source: &str,
    tokens: &[Token],
    goal: Goal,
    rule: impl FnOnce(&mut Parser<'static>) -> Result<T, ParserError>,
) -> Result<T, Unparsed> {
    limits::length(tokens)?;
    let known = words::all(source, tokens);
    limits::depth(source, tokens, &known)?;
    with_stack(tokens.len(), || {
        let fed = feed::feed(source, tokens, known, goal)?;
        let mut parser = Parser::new(&Postgres).with_recursion_limit(limits::RECURSION).with_tokens_with_locations(fed);
        let tree = rule(&mut parser).map_err(|error| unparsed(&parser, error))?;
        let next = parser.peek_token_ref();
        if next.token == Fed::EOF {
            return Ok(tree);
        }
        let at = span_of(next.span).map(|span| span.start);
        Err(Unparsed {
            at,
            message: format!("expected the end of the statement, found {}", next.token),
            reason: Reason::Grammar,
        })
    })
}

/// sqlparser's error, with the place of the token it stopped at instead of its line and column, which mean nothing here.
fn unparsed(parser: &Parser<'static>, error: ParserError) -> Unparsed {
    let at = span_of(parser.peek_token_ref().span).map(|span| span.start);
    match error {
        ParserError::RecursionLimitExceeded => {
            Unparsed { at, message: "it is nested too deep to be parsed".into(), reason: Reason::TooDeep }
        }
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => {
            let message = text.split(" at Line: ").next().unwrap_or_default().to_owned();
            Unparsed { at, message, reason: Reason::Grammar }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lexer::{LexOptions, lex};

    fn parse(source: &str) -> Result<String, Unparsed> {
        let tokens = lex(source, LexOptions::default()).expect("lexes");
        with_stack(tokens.len(), || statement(source, &tokens).map(|tree| tree.to_string()))
    }

    #[test]
    fn statements_parse_as_postgres_reads_them() {
        for (source, tree) in [
            ("SELECT a FROM ONLY t", "SELECT a FROM t"),
            ("UPDATE ONLY (s.t) SET a = 1", "UPDATE s.t SET a = 1"),
            ("SELECT f(x) END FROM a.b", "SELECT f(x) AS END FROM a.b"),
            ("SELECT CASE WHEN a THEN 1 END end FROM b", "SELECT CASE WHEN a THEN 1 END AS end FROM b"),
            ("SELECT interval FROM t", "SELECT interval FROM t"),
            ("SELECT interval '1 day'", "SELECT INTERVAL '1 day'"),
            ("SELECT date \"d\" FROM t", "SELECT date AS \"d\" FROM t"),
            ("SELECT date 'd' FROM t", "SELECT DATE 'd' FROM t"),
            ("SELECT U&\"d\\0061t\" FROM t", "SELECT \"dat\" FROM t"),
            ("SELECT 0x1F, 0b101, 0o17 FROM t", "SELECT 0x1F, 0b101, 0o17 FROM t"),
            ("SELECT 'a'\n'b' FROM t", "SELECT 'ab' FROM t"),
            ("SELECT f(a := 1)", "SELECT f(a => 1)"),
            ("SELECT a FROM t qualify", "SELECT a FROM t qualify"),
            ("SELECT a::timestamp with time zone FROM t", "SELECT a::TIMESTAMP WITH TIME ZONE FROM t"),
        ] {
            assert_eq!(parse(source).as_deref(), Ok(tree), "{source}");
        }
    }

    #[test]
    fn what_would_be_misread_is_unparsed() {
        for source in [
            "SELECT name 'lit' FROM t",
            "SELECT WHERE false",
            "SELECT INTO t FROM s",
            "SELECT 1 + 2 FROM t WHERE a END",
            "SELECT a FROM t; SELECT b FROM t",
        ] {
            assert!(parse(source).is_err(), "{source} became {:?}", parse(source));
        }
    }
}
