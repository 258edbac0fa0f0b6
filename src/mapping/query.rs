//! `query = "SELECT …"`: a legacy table that is a query now.
//!
//! Its names are current names; unqualified tables are those of the mapping's schema. The text will stand in FROM, in parentheses, so it
//! is one query that only reads. Whether its tables and columns exist needs a catalog (`rewrite::body`).

use super::codes;
use crate::sql::{self, LexOptions, Token, TokenKind};
use crate::text::Span;
use crate::text::toml::{Document, Text};

/// A query in current names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// Its text, without a semicolon and without `--` comments.
    pub text: String,
    /// The identifiers in it: a table that it reads is among them.
    pub words: Vec<String>,
}

/// The query that `text` is; reports what is none.
pub(super) fn read(document: &Document<'_>, text: &Text<'_>) -> Option<Query> {
    match check(text.value) {
        Ok(words) => Some(Query { text: text.value.to_owned(), words }),
        Err((at, message)) => {
            let help = "write one `SELECT`, `WITH … SELECT` or `VALUES` in current names, which only reads";
            let place = if at.is_empty() { text.span } else { text.place(at) };
            document.error(codes::BAD_QUERY, place, "`query` cannot stand for a table", &message, help);
            None
        }
    }
}

/// The identifiers of a query that may stand in FROM; otherwise what is wrong, and where.
fn check(text: &str) -> Result<Vec<String>, (Span, String)> {
    let at = |at: usize| Span::new(at, at + text[at..].chars().next().map_or(0, char::len_utf8));
    let tokens = sql::lex(text, LexOptions::default()).map_err(|e| (at(e.at), e.message.to_owned()))?;
    let mut end = 0;
    for token in &tokens {
        if let Some(dashes) = text[end..token.span.start].find("--") {
            return Err((
                Span::new(end + dashes, end + dashes + 2),
                "a `--` comment would swallow what follows".into(),
            ));
        }
        end = token.span.end;
    }
    if let Some(dashes) = text[end..].find("--") {
        return Err((Span::new(end + dashes, end + dashes + 2), "a `--` comment would swallow what follows".into()));
    }
    if let Some((token, what)) = tokens.iter().enumerate().find_map(|(i, t)| Some((t, forbidden(text, &tokens, i)?))) {
        return Err((token.span, what.to_owned()));
    }
    sql::parse::with_stack(tokens.len(), || {
        sql::parse::query(text, &tokens).map(drop).map_err(|bad| (at(bad.at.unwrap_or(0).min(text.len())), bad.message))
    })?;
    let mut words: Vec<String> = tokens.iter().filter_map(|t| t.ident(text)).map(String::from).collect();
    words.sort_unstable();
    words.dedup();
    Ok(words)
}

/// What has no place in a query that stands for a table.
fn forbidden(text: &str, tokens: &[Token], at: usize) -> Option<&'static str> {
    let is = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|t| words.iter().any(|w| t.is_keyword(text, w)));
    let begins = at == 0 || tokens[at - 1].kind == TokenKind::LeftParen;
    match tokens[at].kind {
        TokenKind::Semicolon => Some("a query has no `;`"),
        TokenKind::Param => Some("a parameter has no value here"),
        _ if begins && is(at, &["insert", "update", "delete", "merge"]) => Some("this writes"),
        _ if is(at, &["into"]) => Some("this makes a table"),
        _ if is(at, &["for"]) && is(at + 1, &["update", "share", "no", "key"]) => Some("this locks rows"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_queries_that_read_stand_for_tables() {
        for text in [
            "SELECT a FROM t",
            "WITH x AS (SELECT 1) SELECT * FROM x",
            "VALUES (1)",
            "(SELECT 1)",
            "TABLE t",
            "SELECT 1 /* x */",
        ] {
            assert!(check(text).is_ok(), "{text}: {:?}", check(text));
        }
        for (text, under) in [
            ("", ""),
            ("SELECT 1;", ";"),
            ("SELECT $1", "$1"),
            ("SELECT 1 -- x", "--"),
            ("SELECT 1 FROM t FOR UPDATE", "FOR"),
            ("SELECT 1 INTO t", "INTO"),
            ("INSERT INTO t VALUES (1)", "INSERT"),
            ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "DELETE"),
            ("SELECT 'a", "'"),
            ("EXPLAIN SELECT 1", "E"),
        ] {
            let (at, message) = check(text).expect_err(text);
            assert_eq!(at.text(text), under, "{text}: {message}");
        }
        assert_eq!(check("SELECT a, \"B\" FROM T").expect("a query"), ["B", "a", "from", "select", "t"]);
    }
}
