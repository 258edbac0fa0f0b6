//! Statements around a query: `EXPLAIN …`, `PREPARE p AS …`, `DECLARE c CURSOR FOR …`, `COPY (…) TO`, `CREATE TABLE/VIEW … AS …`.
//!
//! What is around never names a mapped column, so only the query inside is opened; it is found by its tokens, since the
//! grammar's tree of the outer statement is neither needed nor always to be had.

use std::ops::Range;

use crate::sql::token::{Token, TokenKind};

/// What a statement is to the rewriter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A query, alone or inside of another statement, at these tokens.
    Query(Range<usize>),
    /// INSERT, UPDATE, DELETE, MERGE, COPY of a table; alone or inside of another statement.
    Write,
    /// Anything else.
    Other,
}

/// A reader over the tokens of one statement.
struct Reader<'a> {
    source: &'a str,
    tokens: &'a [Token],
}

/// Finds the query in a statement.
#[must_use]
pub fn shape(source: &str, tokens: &[Token]) -> Shape {
    Reader { source, tokens }.shape(0..tokens.len())
}

impl Reader<'_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|t| t.is_keyword(self.source, word))
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    fn begins_query(&self, at: usize) -> bool {
        let mut at = at;
        while self.kind(at) == Some(TokenKind::LeftParen) {
            at += 1;
        }
        self.is_any(at, &["select", "with", "values", "table"])
    }

    fn shape(&self, range: Range<usize>) -> Shape {
        let start = range.start;
        if self.begins_query(start) {
            return if self.writes_with(&range) { Shape::Write } else { Shape::Query(range) };
        }
        if self.is_any(start, &["insert", "update", "delete", "merge"]) {
            return Shape::Write;
        }
        if self.is(start, "explain") {
            return self.shape(self.after_explain(start + 1)..range.end);
        }
        if self.is(start, "copy") {
            return self.copy(range);
        }
        if self.is_any(start, &["prepare", "declare", "create"]) {
            return self.introduced(range);
        }
        Shape::Other
    }

    /// `WITH … INSERT/UPDATE/DELETE/MERGE`: the main statement behind the CTEs writes.
    fn writes_with(&self, range: &Range<usize>) -> bool {
        if !self.is(range.start, "with") {
            return false;
        }
        let mut at = range.start + 1;
        while at < range.end {
            if self.kind(at) == Some(TokenKind::LeftParen) {
                at = self.after_parens(at);
            } else if self.is_any(at, &["insert", "update", "delete", "merge"])
                && self.kind(at - 1) == Some(TokenKind::RightParen)
            {
                return true;
            } else {
                at += 1;
            }
        }
        false
    }

    /// The first token behind a group in parentheses.
    fn after_parens(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                TokenKind::LeftParen => depth += 1,
                TokenKind::RightParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.tokens.len()
    }

    fn after_explain(&self, mut at: usize) -> usize {
        if self.kind(at) == Some(TokenKind::LeftParen) && !self.begins_query(at) {
            return self.after_parens(at);
        }
        while self.is_any(at, &["analyze", "analyse", "verbose"]) {
            at += 1;
        }
        at
    }

    fn copy(&self, range: Range<usize>) -> Shape {
        let open = range.start + 1;
        if self.kind(open) != Some(TokenKind::LeftParen) {
            return Shape::Write;
        }
        let close = self.after_parens(open).saturating_sub(1).max(open + 1);
        self.shape(open + 1..close)
    }

    /// A query behind a top-level AS or FOR.
    fn introduced(&self, range: Range<usize>) -> Shape {
        let word = if self.is(range.start, "declare") { "for" } else { "as" };
        if self.is(range.start, "create") && !self.creates_relation(&range) {
            return Shape::Other;
        }
        let mut at = range.start + 1;
        while at < range.end {
            if self.kind(at) == Some(TokenKind::LeftParen) {
                at = self.after_parens(at);
                continue;
            }
            let inner = at + 1;
            if self.is(at, word)
                && (self.begins_query(inner) || self.is_any(inner, &["insert", "update", "delete", "merge"]))
            {
                return self.shape(inner..self.without_suffix(inner..range.end));
            }
            at += 1;
        }
        Shape::Other
    }

    /// CREATE … TABLE or VIEW: a function's or rule's AS begins something else.
    fn creates_relation(&self, range: &Range<usize>) -> bool {
        const BEFORE: [&str; 9] =
            ["or", "replace", "global", "local", "temp", "temporary", "unlogged", "recursive", "materialized"];
        let kind = (range.start + 1..range.end).find(|&at| !self.is_any(at, &BEFORE));
        kind.is_some_and(|at| self.is_any(at, &["table", "view"]))
    }

    /// The query without `WITH [NO] DATA` or `WITH [CASCADED|LOCAL] CHECK OPTION` behind it.
    fn without_suffix(&self, range: Range<usize>) -> usize {
        let back = |n: usize| range.end.checked_sub(n).filter(|&at| at > range.start);
        let is = |n: usize, word: &str| back(n).is_some_and(|at| self.is(at, word));
        let no_data = is(1, "data") && is(2, "no") && is(3, "with");
        let check = is(1, "option") && is(2, "check");
        let length = match () {
            () if is(1, "data") && is(2, "with") => 2,
            () if no_data || (check && is(3, "with")) => 3,
            () if check && (is(3, "cascaded") || is(3, "local")) && is(4, "with") => 4,
            () => 0,
        };
        range.end - length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lexer::{LexOptions, lex};

    fn inner(sql: &str) -> String {
        let tokens = lex(sql, LexOptions { standard_conforming_strings: true }).expect("lexes");
        match shape(sql, &tokens) {
            Shape::Query(range) => sql[tokens[range.start].span.start..tokens[range.end - 1].span.end].to_owned(),
            Shape::Write => "write".into(),
            Shape::Other => "other".into(),
        }
    }

    #[test]
    fn the_query_inside_is_found() {
        for sql in [
            "SELECT 1",
            "EXPLAIN SELECT 1",
            "EXPLAIN (ANALYZE, COSTS OFF) SELECT 1",
            "explain analyze verbose SELECT 1",
            "PREPARE p (int, text) AS SELECT 1",
            "DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT 1",
            "COPY (SELECT 1) TO STDOUT WITH (FORMAT csv)",
            "CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1 WITH NO DATA",
            "CREATE OR REPLACE VIEW v (a) WITH (security_barrier) AS SELECT 1 WITH LOCAL CHECK OPTION",
            "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1 WITH DATA",
            "EXPLAIN CREATE TABLE t AS SELECT 1",
        ] {
            assert_eq!(inner(sql), "SELECT 1", "{sql}");
        }
        assert_eq!(inner("EXPLAIN (SELECT 1)"), "(SELECT 1)");
        assert_eq!(
            inner("WITH a AS (DELETE FROM t RETURNING x) SELECT 1"),
            "WITH a AS (DELETE FROM t RETURNING x) SELECT 1"
        );
    }

    #[test]
    fn everything_else_is_not_opened() {
        assert_eq!(inner("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a"), "write");
        assert_eq!(inner("COPY t FROM STDIN"), "write");
        assert_eq!(inner("PREPARE p AS UPDATE t SET a = 1"), "write");
        assert_eq!(inner("CREATE TABLE t (a int GENERATED ALWAYS AS (1) STORED)"), "other");
        assert_eq!(inner("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"), "other");
        assert_eq!(inner("CREATE TABLE t AS EXECUTE p"), "other");
    }
}
