//! What FROM and WITH have beyond sqlparser: `t *`, ROWS FROM, an alias behind USING, SEARCH and CYCLE.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token as Fed;

use super::super::feed::{Feed, Role};
use super::super::marks::Mark;
use super::super::token::TokenKind;
use super::super::words::Class;

impl Feed<'_> {
    /// `FROM t *`, the elder way to say that it is not ONLY. True when that is what the star at `at` is.
    pub(super) fn drop_inheritance_star(&mut self, at: usize) -> bool {
        let Some(mut name) = at.checked_sub(1).filter(|&name| self.kind(name).is_some_and(TokenKind::is_ident)) else {
            return false;
        };
        while name > 1 && self.kind(name - 1) == Some(TokenKind::Dot) {
            name -= 2;
        }
        let before = self.keyword_before(name);
        let reserved = matches!(self.known[name].class, Some(Class::Reserved | Class::TypeOrFunction));
        let table = matches!(before, Keyword::UPDATE | Keyword::TABLE)
            || self.is_fed_as_select(name)
            || !reserved && self.is_in_from(name);
        if table {
            self.drop(at..at + 1);
        }
        table
    }

    /// True for the name behind a TABLE that is fed as SELECT.
    fn is_fed_as_select(&self, name: usize) -> bool {
        name > 0 && self.word(name - 1) == Keyword::TABLE && matches!(self.roles[name - 1], Role::Instead(_))
    }

    /// `ROWS FROM (f(a), g(b) AS (c int))` as one function of functions.
    pub(super) fn shim_rows_from(&mut self, at: usize) {
        let open = at + 2;
        let item = self.is_in_from(at) || self.word_before(at) == Keyword::LATERAL && self.is_in_from(at - 1);
        if !item || self.word(at + 1) != Keyword::FROM || self.kind(open) != Some(TokenKind::LeftParen) {
            return;
        }
        let close = self.partner(open);
        self.drop(at..at + 2);
        self.add(open, Mark::RowsFrom.token(), None);
        let mut start = open + 1;
        for at in self.flat_list(open + 1, close) {
            if self.kind(at) == Some(TokenKind::Comma) {
                start = at + 1;
            } else if self.keyword(at) == Keyword::AS && self.kind(at + 1) == Some(TokenKind::LeftParen) {
                self.add(start, Mark::ColumnsOf.token(), None);
                self.add(start, Fed::LParen, None);
                self.drop(at..at + 1);
                self.define_columns(at + 1);
            }
        }
    }

    /// `(c int, d text)` behind a function as further arguments: `, c => NULL::int, d => NULL::text)`.
    fn define_columns(&mut self, open: usize) {
        let close = self.partner(open);
        self.replace(open, Fed::Comma);
        let mut start = open + 1;
        while start < close {
            let end = self.item_end(start, close);
            self.roles[start] = Role::Name;
            self.add(start + 1, Fed::RArrow, None);
            let type_end = self.type_argument(start + 1, false);
            self.drop(type_end..end);
            start = end + 1;
        }
    }

    /// `FROM f(a) AS (b int)` is `FROM f(a) AS f (b int)`.
    pub(super) fn name_definitions(&mut self, at: usize) {
        let Some(close) = at.checked_sub(1).filter(|&close| self.kind(close) == Some(TokenKind::RightParen)) else {
            return;
        };
        let Some(name) = self.partner(close).checked_sub(1) else { return };
        let mut start = name;
        while start > 1 && self.kind(start - 1) == Some(TokenKind::Dot) {
            start -= 2;
        }
        let item = self.is_in_from(start) || self.word_before(start) == Keyword::LATERAL;
        if item && self.kind(name).is_some_and(TokenKind::is_ident) {
            let alias = self.convert(name, Keyword::NoKeyword);
            self.add(at + 1, alias, None);
        }
    }

    /// `USING (a, b) AS j`: the alias goes into the list, behind a mark.
    pub(super) fn shim_using_alias(&mut self, using: usize) {
        let open = using + 1;
        let close = self.partner(open);
        let list = self.kind(open) == Some(TokenKind::LeftParen)
            && (open + 1..close).all(|at| {
                self.kind(at)
                    .is_some_and(|kind| if (at - open) % 2 == 1 { kind.is_ident() } else { kind == TokenKind::Comma })
            });
        if !list || self.keyword(close + 1) != Keyword::AS {
            return;
        }
        let Some(alias) = self.tokens.get(close + 2).filter(|token| token.kind.is_ident()) else { return };
        let span = alias.span;
        self.add(close, Fed::Comma, None);
        self.add(close, Mark::JoinAlias.token(), None);
        self.add(close, Fed::Period, None);
        let alias = self.convert(close + 2, Keyword::NoKeyword);
        self.add(close, alias, Some(span));
        self.drop(close + 1..close + 3);
    }

    /// `WITH x (a) AS (…) SEARCH DEPTH FIRST BY a SET b CYCLE a SET c USING d` as `WITH x (a, b, c, d) AS (…)`. What both go by
    /// are columns of `x` by the names that these have outside.
    pub(super) fn shim_search(&mut self, at: usize) {
        let Some(query) = at.checked_sub(1).filter(|&close| self.kind(close) == Some(TokenKind::RightParen)) else {
            return;
        };
        let mut added = Vec::new();
        let mut end = at;
        if self.is(at, "search") && (self.is(at + 1, "depth") || self.is(at + 1, "breadth")) && self.is(at + 2, "first")
        {
            let Some(set) = self.set_behind(at + 4) else { return };
            added.push(set + 1);
            end = set + 2;
        }
        if self.is(end, "cycle") {
            let Some(set) = self.set_behind(end + 1) else { return };
            // `TO` and `DEFAULT` have a literal each, of a type of some words at most.
            let using = (set + 2..set + 32).find(|&at| self.word(at) == Keyword::USING);
            let Some(using) = using else { return };
            added.extend([set + 1, using + 1]);
            end = using + 2;
        }
        if added.is_empty() || end > self.tokens.len() {
            return;
        }
        self.drop(at..end);
        let mut head = self.partner(query);
        while matches!(self.word_before(head), Keyword::MATERIALIZED | Keyword::NOT) {
            head -= 1;
        }
        if self.word_before(head) != Keyword::AS {
            return;
        }
        let Some(behind_name) = head.checked_sub(1).filter(|&as_word| as_word > 0) else { return };
        let listed = self.kind(behind_name - 1) == Some(TokenKind::RightParen);
        let place = if listed { behind_name - 1 } else { behind_name };
        if !listed {
            self.add(place, Fed::LParen, None);
        }
        for (i, column) in added.into_iter().enumerate() {
            if listed || i > 0 {
                self.add(place, Fed::Comma, None);
            }
            let name = self.convert(column, Keyword::NoKeyword);
            self.add(place, name, Some(self.tokens[column].span));
            self.add(place, Mark::Added.token(), None);
        }
        if !listed {
            self.add(place, Fed::RParen, None);
        }
    }

    /// The SET behind a list of names.
    fn set_behind(&self, mut at: usize) -> Option<usize> {
        while self.kind(at).is_some_and(TokenKind::is_ident) {
            match self.kind(at + 1) {
                Some(TokenKind::Comma) => at += 2,
                _ => return Some(at + 1).filter(|&set| self.word(set) == Keyword::SET),
            }
        }
        None
    }

    /// `(f(a)).*` and `t.*::text`: all fields of a value, or the row itself. sqlparser knows the star only behind names, and only
    /// where an item of a list ends.
    pub(super) fn shim_star(&mut self, at: usize) -> bool {
        let Some(value) = at.checked_sub(2).filter(|_| self.kind(at - 1) == Some(TokenKind::Dot)) else { return false };
        let goes_on = matches!(self.kind(at + 1), Some(TokenKind::ColonColon | TokenKind::Operator))
            || matches!(self.keyword(at + 1), Keyword::IS | Keyword::IN | Keyword::AND | Keyword::OR | Keyword::NOT);
        let mut start = value;
        while start > 1 && self.kind(start - 1) == Some(TokenKind::Dot) {
            start -= 2;
        }
        let goes_on = goes_on || start > 0 && self.kind(start - 1) == Some(TokenKind::Operator);
        // `a.* IS DISTINCT FROM t.*`
        let goes_on = goes_on || start > 1 && self.keyword(start - 2) == Keyword::DISTINCT;
        // `GROUP BY t.*`, `(t.*, 1)`
        let in_parens = self.kind(at + 1) == Some(TokenKind::RightParen)
            || start > 0 && self.kind(start - 1) == Some(TokenKind::LeftParen);
        let goes_on = match self.clauses[at] {
            Keyword::GROUP | Keyword::ORDER => true,
            Keyword::NoKeyword => goes_on || in_parens,
            _ => goes_on,
        };
        let after_value = matches!(self.kind(value), Some(TokenKind::RightParen | TokenKind::RightBracket));
        if !after_value && !goes_on {
            return false;
        }
        self.drop(at..at + 1);
        self.add(at, Mark::Star.token(), None);
        true
    }
}
