//! What sqlparser would read, and read wrong: refused before it gets to the parser.
//!
//! Each of these parses without an error into a tree that Postgres would not make. Where leaving a token out cures it, there is a
//! shim instead.

use sqlparser::keywords::Keyword;

use super::feed::Feed;
use super::parse::Unparsed;
use super::token::TokenKind;
use super::words::{Class, follows_select_list};

impl Feed<'_> {
    /// Refuses what sqlparser would misread or whose names its tree does not hold.
    pub(super) fn refuse(&self) -> Result<(), Unparsed> {
        for at in self.query.clone() {
            let before = self.keyword_before(at);
            match self.keyword(at) {
                // `SELECT INTO t FROM u`: read as a column called `into`.
                Keyword::INTO if self.is_after_select(at) => {
                    return self.unparsed(at, "an empty select list before INTO is not supported");
                }
                // `FROM current_date`: read as a table of that name.
                _ if self.is_in_from(at) && self.is_value_function(at) => {
                    return self.unparsed(at, "a function without parentheses in FROM is not supported");
                }
                // `SELECT a and FROM t`: a label for Postgres, and the end of the list is lost.
                next if joins_operands(before) && ends_expression(next) => {
                    return self.unparsed(at, "an operator as a label is not supported");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// `current_date` and its like, which are called without parentheses.
    fn is_value_function(&self, at: usize) -> bool {
        let reserved = matches!(self.known[at].class, Some(Class::Reserved | Class::TypeOrFunction));
        if !reserved || self.kind(at + 1) == Some(TokenKind::LeftParen) {
            return false;
        }
        let name = self.tokens[at].text(self.source).to_ascii_lowercase();
        name.starts_with("current_") || name.starts_with("localtime") || name.ends_with("user")
    }

    /// True behind `SELECT` and `SELECT ALL`.
    fn is_after_select(&self, at: usize) -> bool {
        let before = self.keyword_before(at);
        before == Keyword::SELECT || before == Keyword::ALL && self.keyword_before(at - 1) == Keyword::SELECT
    }

    /// True when a table is named at `at`. The FROM of `extract(day FROM x)` and `x IS DISTINCT FROM y` names none.
    pub(super) fn is_in_from(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        match self.keyword(before) {
            Keyword::FROM => {
                self.clauses[before] != Keyword::NoKeyword && self.word_before(before) != Keyword::DISTINCT
            }
            Keyword::JOIN => true,
            _ => self.kind(before) == Some(TokenKind::Comma) && self.clauses[before] == Keyword::FROM,
        }
    }
}

/// Words between two operands.
const fn joins_operands(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::COLLATE
            | Keyword::AND
            | Keyword::OR
            | Keyword::NOT
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::BETWEEN
            | Keyword::IS
            | Keyword::IN
    )
}

/// Reserved words that can only stand behind an expression.
const fn ends_expression(keyword: Keyword) -> bool {
    follows_select_list(keyword)
        || matches!(
            keyword,
            Keyword::FROM
                | Keyword::INTO
                | Keyword::ON
                | Keyword::USING
                | Keyword::AS
                | Keyword::WHEN
                | Keyword::THEN
                | Keyword::ELSE
                | Keyword::END
                | Keyword::RETURNING
        )
}
