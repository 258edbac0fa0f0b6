//! Clauses of a query: `ONLY`, locks, frames, labels called `end`, `TABLE t`, empty select lists, nested grouping sets.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token as Fed;

use super::super::feed::{Feed, Role};
use super::super::marks::Mark;
use super::super::token::TokenKind;
use super::super::words::follows_select_list;
use super::word;

impl Feed<'_> {
    /// `((SELECT 1) UNION SELECT 2)`: parentheses around all of a statement.
    pub(super) fn drop_outer_parens(&mut self) {
        let mut range = 0..self.tokens.len();
        while range.len() > 1 && self.kind(range.start) == Some(TokenKind::LeftParen) {
            if self.partner(range.start) != range.end - 1 {
                break;
            }
            self.roles[range.start] = Role::Dropped;
            self.roles[range.end - 1] = Role::Dropped;
            range = range.start + 1..range.end - 1;
        }
    }

    /// `x = ((SELECT 1) UNION SELECT 2)` is `x = (WITH nothing AS (SELECT 1) (SELECT 1) UNION SELECT 2)`, and so is `x = ANY (VALUES (1))`:
    /// sqlparser knows a query among expressions by its first word.
    pub(super) fn shim_set_operation(&mut self, at: usize) {
        let Some(first) = (at + 1..self.tokens.len()).find(|&at| self.kind(at) != Some(TokenKind::LeftParen)) else {
            return;
        };
        let close = self.partner(at + 1).saturating_add(1);
        let behind = self.keyword(close);
        let combines = matches!(behind, Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT);
        let begins_query =
            matches!(self.word(first), Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::TABLE);
        if first > at + 1 && begins_query && self.keyword_before(at) == Keyword::IN && self.is_operand(close) {
            // `x IN ((SELECT 1), 2)`: taken for a query by its first words.
            self.add(at + 1, Fed::Plus, None);
            return;
        }
        let is_query = match self.word(first) {
            Keyword::VALUES if first == at + 1 => self.is_compared(at),
            Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::TABLE => first > at + 1 && combines,
            _ => false,
        };
        if is_query && self.roles[at] == Role::Itself {
            self.add(at + 1, word(Keyword::WITH), None);
            self.add(at + 1, Mark::Nothing.token(), None);
            self.add(at + 1, word(Keyword::AS), None);
            self.add(at + 1, Fed::LParen, None);
            self.add(at + 1, word(Keyword::SELECT), None);
            self.add(at + 1, Fed::Number("1".into(), false), None);
            self.add(at + 1, Fed::RParen, None);
        }
    }

    /// True when what ends before `behind` is an operand, and no query to which something is added or which is all there is.
    fn is_operand(&self, behind: usize) -> bool {
        use Keyword::{EXCEPT, FETCH, FOR, INTERSECT, LIMIT, OFFSET, ORDER, UNION};
        let adds = matches!(self.keyword(behind), UNION | INTERSECT | EXCEPT | ORDER | LIMIT | OFFSET | FETCH | FOR);
        !adds && self.kind(behind).is_some_and(|kind| kind != TokenKind::RightParen)
    }

    /// True when an operator stands before the parenthesis at `open`, or ANY, ALL or IN.
    fn is_compared(&self, open: usize) -> bool {
        let before = self.keyword_before(open);
        let quantified = matches!(before, Keyword::ANY | Keyword::ALL | Keyword::SOME | Keyword::IN);
        quantified || open > 0 && self.kind(open - 1) == Some(TokenKind::Operator)
    }

    /// `SELECT f(x) end FROM t`: an `END` that closes no CASE is a label.
    pub(super) fn free_labels_called_end(&mut self) {
        let mut open = Vec::new();
        for at in self.query.clone() {
            match (self.tokens[at].kind, self.keyword(at)) {
                (TokenKind::LeftParen, _) => open.push(false),
                (TokenKind::RightParen, _) => while open.pop() == Some(true) {},
                (_, Keyword::CASE) => open.push(true),
                (_, Keyword::END) if open.last() == Some(&true) => {
                    open.pop();
                }
                (_, Keyword::END) => self.roles[at] = Role::Name,
                _ => {}
            }
        }
    }

    /// `FROM ONLY t`: sqlparser reads a table called `only` with the alias `t`. The word is reserved in Postgres, so it can be
    /// no name there.
    pub(super) fn drop_only(&mut self, at: usize) {
        let clause = matches!(
            self.word_before(at),
            Keyword::FROM | Keyword::JOIN | Keyword::UPDATE | Keyword::USING | Keyword::INTO | Keyword::TABLE
        );
        let item = matches!(self.kind(at.wrapping_sub(1)), Some(TokenKind::Comma | TokenKind::LeftParen));
        if !clause && !item {
            return;
        }
        self.roles[at] = Role::Dropped;
        if self.kind(at + 1) == Some(TokenKind::LeftParen) {
            let close = self.partner(at + 1);
            let inside = self.tokens.get(at + 2..close).unwrap_or_default();
            if inside.iter().all(|token| token.kind.is_ident() || token.kind == TokenKind::Dot)
                && close < self.tokens.len()
            {
                self.roles[at + 1] = Role::Dropped;
                self.roles[close] = Role::Dropped;
            }
        }
    }

    /// `FOR NO KEY UPDATE`, `FOR KEY SHARE`: as strong as their elders for the rewriter. `OF a, b`: as two clauses.
    pub(super) fn shim_lock(&mut self, at: usize) {
        let strength = match [self.word(at + 1), self.word(at + 2), self.word(at + 3)] {
            [Keyword::NO, Keyword::KEY, Keyword::UPDATE] => at + 3,
            [Keyword::KEY, Keyword::SHARE, _] => at + 2,
            [Keyword::UPDATE | Keyword::SHARE, ..] => at + 1,
            // It locks nothing.
            [Keyword::READ, Keyword::ONLY, _] => return self.drop(at..at + 3),
            _ => return,
        };
        self.drop(at + 1..strength);
        self.roles[strength] = Role::Itself;
        if self.word(strength + 1) != Keyword::OF {
            return;
        }
        let mut next = self.name_end(strength + 2);
        while self.kind(next) == Some(TokenKind::Comma) {
            self.roles[next] = Role::Dropped;
            for keyword in [Keyword::FOR, Keyword::UPDATE, Keyword::OF] {
                self.add(next, word(keyword), None);
            }
            next = self.name_end(next + 1);
        }
    }

    /// `SELECT a INTO LOCAL TEMP TABLE t`: a word that says nothing.
    pub(super) fn drop_local(&mut self, into: usize) {
        let temporary = matches!(self.word(into + 2), Keyword::TEMP | Keyword::TEMPORARY);
        if temporary && (self.is(into + 1, "local") || self.is(into + 1, "global")) {
            self.drop(into + 1..into + 2);
        }
    }

    /// `… EXCLUDE TIES)`: the end of a window's frame.
    pub(super) fn drop_frame_exclusion(&mut self, at: usize) {
        let end = match [self.word(at + 1), self.word(at + 2)] {
            [Keyword::CURRENT, Keyword::ROW] => at + 3,
            [Keyword::GROUP | Keyword::TIES, _] => at + 2,
            [Keyword::NO, _] if self.is(at + 2, "others") => at + 3,
            _ => return,
        };
        if self.kind(end) == Some(TokenKind::RightParen) {
            self.drop(at..end);
        }
    }

    /// `TABLE t` is `SELECT * FROM t`; the word SELECT stands where TABLE does, which tells the two apart.
    pub(super) fn shim_table_query(&mut self, at: usize) {
        let before = self.keyword_before(at);
        if !matches!(before, Keyword::INTO | Keyword::TEMP | Keyword::TEMPORARY | Keyword::UNLOGGED) {
            self.replace(at, word(Keyword::SELECT));
            self.add(at + 1, Fed::Mul, None);
            self.add(at + 1, word(Keyword::FROM), None);
        }
    }

    /// `SELECT WHERE a` is `SELECT FROM (VALUES (1)) AS nothing (nothing) WHERE a`, of whose only column nobody knows the name.
    pub(super) fn shim_empty_select(&mut self, select: usize) {
        let at = if self.keyword(select + 1) == Keyword::ALL { select + 2 } else { select + 1 };
        let ends = matches!(self.kind(at), None | Some(TokenKind::RightParen | TokenKind::Semicolon));
        if !(ends || follows_select_list(self.keyword(at))) {
            return;
        }
        self.add(at, word(Keyword::FROM), None);
        self.add(at, Fed::LParen, None);
        self.add(at, word(Keyword::VALUES), None);
        self.add(at, Fed::LParen, None);
        self.add(at, Fed::Number("1".into(), false), None);
        self.add(at, Fed::RParen, None);
        self.add(at, Fed::RParen, None);
        self.add(at, word(Keyword::AS), None);
        self.add(at, Mark::Nothing.token(), None);
        self.add(at, Fed::LParen, None);
        self.add(at, Mark::Nothing.token(), None);
        self.add(at, Fed::RParen, None);
    }

    /// `GROUPING SETS (a, GROUPING SETS (b, c))` is `GROUPING SETS (a, b, c)`.
    pub(super) fn flatten_grouping_sets(&mut self, at: usize, open: Option<&usize>) {
        let inside = open.is_some_and(|&open| open > 1 && self.word(open - 1) == Keyword::SETS);
        if !inside || self.word(at + 1) != Keyword::SETS || self.kind(at + 2) != Some(TokenKind::LeftParen) {
            return;
        }
        let close = self.partner(at + 2);
        self.drop(at..at + 3);
        self.drop(close..close + 1);
    }

    /// `FETCH FIRST (a) ROWS WITH TIES` is `LIMIT (a)` but for the ties.
    pub(super) fn shim_fetch(&mut self, at: usize) {
        let behind = self.partner(at + 2) + 1;
        let end = match self.word(behind + 1) {
            Keyword::ONLY => behind + 2,
            Keyword::WITH => behind + 3,
            _ => return,
        };
        self.replace(at, word(Keyword::LIMIT));
        self.drop(at + 1..at + 2);
        self.drop(behind..end);
    }

    /// `ORDER BY a USING ~<~`: which order it is names nothing.
    pub(super) fn drop_order_operator(&mut self, at: usize) {
        if self.kind(at + 1) == Some(TokenKind::Operator) {
            self.drop(at..at + 2);
        } else if self.keyword(at + 1) == Keyword::OPERATOR && self.kind(at + 2) == Some(TokenKind::LeftParen) {
            let close = self.partner(at + 2);
            self.drop(at..close + 1);
        }
    }
}
