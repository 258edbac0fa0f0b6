//! Where the items of a select list end, found in the tokens: the tree's spans of expressions leave out parts of them.

use crate::sql::token::{Token, TokenKind};

/// Words that begin the clause after a select list. All of them are reserved, so none of them is a bare column or label.
const CLAUSES: [&str; 14] = [
    "from",
    "where",
    "group",
    "having",
    "window",
    "union",
    "intersect",
    "except",
    "order",
    "limit",
    "offset",
    "fetch",
    "for",
    "into",
];

/// The end of each item, in bytes, of the select list whose SELECT `tokens` begin with.
#[must_use]
pub fn ends(source: &str, tokens: &[Token]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut last = None;
    let mut depth = 0_usize;
    for at in list_start(source, tokens)..tokens.len() {
        let token = &tokens[at];
        match token.kind {
            TokenKind::LeftParen | TokenKind::LeftBracket => depth += 1,
            TokenKind::RightParen | TokenKind::RightBracket if depth > 0 => depth -= 1,
            TokenKind::RightParen | TokenKind::Semicolon => break,
            TokenKind::Comma if depth == 0 => {
                ends.extend(last.take());
                continue;
            }
            _ if depth == 0 && begins_clause(source, tokens, at) => break,
            _ => {}
        }
        last = Some(token.span.end);
    }
    ends.extend(last);
    ends
}

/// The token after `SELECT`, `SELECT ALL`, `SELECT DISTINCT` or `SELECT DISTINCT ON (…)`.
fn list_start(source: &str, tokens: &[Token]) -> usize {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    if is(1, "all") {
        return 2;
    }
    if !is(1, "distinct") {
        return 1;
    }
    if !is(2, "on") {
        return 2;
    }
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(3) {
        match token.kind {
            TokenKind::LeftParen => depth += 1,
            TokenKind::RightParen => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// A reserved word begins a clause, unless it is a label (`AS from`), a field (`t.order`), or a part of an operator or of an
/// aggregate (`IS DISTINCT FROM`, `WITHIN GROUP`).
fn begins_clause(source: &str, tokens: &[Token], at: usize) -> bool {
    let token = &tokens[at];
    if !CLAUSES.iter().any(|word| token.is_keyword(source, word)) {
        return false;
    }
    let Some(before) = at.checked_sub(1).map(|i| &tokens[i]) else { return true };
    let inside = before.kind == TokenKind::Dot
        || before.is_keyword(source, "as")
        || (token.is_keyword(source, "from") && before.is_keyword(source, "distinct"))
        || (token.is_keyword(source, "group") && before.is_keyword(source, "within"));
    !inside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lexer::{LexOptions, lex};

    fn items(sql: &str) -> Vec<String> {
        let tokens = lex(sql, LexOptions { standard_conforming_strings: true }).expect("lexes");
        let mut start = 0;
        ends(sql, &tokens)
            .into_iter()
            .map(|end| {
                let item =
                    sql[start..end].rsplit("SELECT ").next().unwrap_or_default().trim_start_matches(", ").to_owned();
                start = end;
                item
            })
            .collect()
    }

    #[test]
    fn items_end_where_the_next_begins() {
        assert_eq!(items("SELECT a, f(b, c) FROM t"), ["a", "f(b, c)"]);
        assert_eq!(
            items("SELECT a IS DISTINCT FROM b, 1 AS from, t.order FROM t"),
            ["a IS DISTINCT FROM b", "1 AS from", "t.order"]
        );
        assert_eq!(items("SELECT mode() WITHIN GROUP (ORDER BY a), 1 GROUP BY a").len(), 2);
        assert_eq!(items("SELECT DISTINCT ON (a, b) a, b FROM t").len(), 2);
        assert_eq!(items("SELECT ARRAY[a, b], c) AND (d").len(), 2);
        assert_eq!(items("SELECT extract(epoch FROM a), b UNION SELECT 1, 2").len(), 2);
    }
}
