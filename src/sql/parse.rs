//! Tokens → sqlparser's tree of exactly one statement, query or expression.
//!
//! The tree is read, never printed: what is wanted of it is structure and the places of names. Each place is a range of bytes of
//! the source, because the tokens that the parser gets say so ([`span`]).
//!
//! A tree that comes out of here was made from every token; what sqlparser would misread is either led past it by `feed` or
//! reported as [`Unparsed`]. Text that could stall or kill the process is never parsed at all.

use sqlparser::ast::{Expr, Ident, Query, Statement};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Span as Place, Token as Fed};

use super::dialect;
use super::feed::{self, Goal};
use super::limits;
use super::token::{Token, TokenKind};
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
        let mut parser = Parser::new(dialect::of(goal))
            .with_recursion_limit(limits::recursion(goal))
            .with_tokens_with_locations(fed);
        let tree = rule(&mut parser).map_err(|error| unparsed(source, tokens, &parser, error))?;
        let next = parser.peek_token_ref();
        if next.token == Fed::EOF {
            return Ok(tree);
        }
        match span_of(next.span) {
            Some(span) => Err(not_understood(source, tokens, Some(span), "expected the end of the statement")),
            None => Err(not_understood(source, tokens, None, "this syntax is not supported")),
        }
    })
}

/// sqlparser's error. Its own text may quote literals, which are nobody's business, and gives a line and a column that mean
/// nothing here; kept is what it expected.
fn unparsed(source: &str, tokens: &[Token], parser: &Parser<'static>, error: ParserError) -> Unparsed {
    let next = span_of(parser.peek_token_ref().span);
    let text = match error {
        ParserError::RecursionLimitExceeded => {
            let message = "it is nested too deep to be parsed".into();
            return Unparsed { at: next.map(|span| span.start), message, reason: Reason::TooDeep };
        }
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => text,
    };
    let column = text.rsplit_once(", Column: ").and_then(|(_, column)| column.parse::<usize>().ok());
    let at = column.map_or(if text.ends_with("EOF") { None } else { next }, |column| Some(Span::at(column - 1)));
    let expected = match text.split(", found").next() {
        Some(expected) if expected.len() < text.len() && expected.starts_with("Expected") => {
            format!("expected{}", expected["Expected".len()..].trim_start_matches(':'))
        }
        _ => "this syntax is not supported".to_owned(),
    };
    not_understood(source, tokens, at, &expected)
}

/// What was expected, and the kind of the token found in its place.
fn not_understood(source: &str, tokens: &[Token], at: Option<Span>, expected: &str) -> Unparsed {
    let found = at.and_then(|at| tokens.iter().find(|token| token.span.start == at.start));
    let found = match found {
        None => "the end".to_owned(),
        Some(token) if token.kind.is_string() => "a string".to_owned(),
        Some(token) if token.kind == TokenKind::Number => "a number".to_owned(),
        Some(token) => format!("`{}`", token.text(source)),
    };
    let message = format!("{expected}, found {found}");
    Unparsed { at: at.map(|at| at.start), message, reason: Reason::Grammar }
}

#[cfg(test)]
mod tests {
    use sqlparser::ast::Spanned;

    use super::*;
    use crate::sql::lexer::{LexOptions, lex};

    fn parse(source: &str) -> Result<Statement, Unparsed> {
        statement(source, &lex(source, LexOptions::default()).expect("lexes"))
    }

    #[test]
    fn places_are_bytes_of_the_source() {
        let source = "/* ä */ SELECT \"größe\"\n, 'ü'::t FROM 名前";
        let Ok(Statement::Query(query)) = parse(source) else { panic!("a query") };
        let select = query.body.as_select().expect("a select");
        let text = |place| span_of(place).map(|span| span.text(source));
        assert_eq!(text(select.projection[0].span()), Some("\"größe\""));
        assert_eq!(text(select.projection[1].span()), Some("'ü'"));
        assert_eq!(text(select.from[0].span()), Some("名前"));
        assert_eq!(text(Place::empty()), None);
    }

    #[test]
    fn errors_say_where_and_quote_no_literal() {
        for (source, at, message) in [
            ("SELECT a FROM t WHERE a = 1 'secret'", Some(28), "expected the end of the statement, found a string"),
            ("SELECT f(a, 'x' 'secret')", Some(16), "expected ), found a string"),
            ("SELECT (1", None, "expected ), found the end"),
            ("INSERT INTO t VALUES (1) ON CONFLICT DO 12345", Some(40), "expected UPDATE, found a number"),
            ("REINDEX TABLE t", Some(0), "expected an SQL statement, found `REINDEX`"),
        ] {
            let error = parse(source).expect_err("is not understood");
            assert_eq!((error.at, error.message.as_str()), (at, message), "{source}");
        }
    }
}
