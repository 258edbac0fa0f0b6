//! INSERT, UPDATE, MERGE and COPY.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token as Fed;

use super::super::feed::{Feed, Role};
use super::super::marks::Mark;
use super::super::parse::Unparsed;
use super::super::token::TokenKind;
use super::super::words::Class;
use super::word;

/// So many expressions of ON CONFLICT find a place; a statement has one or two.
const MOVES: usize = 16;

impl Feed<'_> {
    /// The clause ON CONFLICT whose ON stands at `at`.
    pub(super) fn shim_conflict(&mut self, at: usize) -> Result<(), Unparsed> {
        // `INSERT INTO t SELECT 1 ON CONFLICT …`: sqlparser would take ON for the label of `1`.
        if self.clauses[at] == Keyword::SELECT {
            self.add(at, word(Keyword::WHERE), None);
            self.add(at, word(Keyword::TRUE), None);
        }
        let open = at + 2;
        if self.kind(open) != Some(TokenKind::LeftParen) {
            return Ok(());
        }
        let close = self.partner(open);
        let predicate = self.keyword(close + 1) == Keyword::WHERE;
        self.drop_target_details(open, close);
        if !predicate && self.are_plain_targets(open, close) {
            return Ok(());
        }
        let source = self.insert_source(at).filter(|_| self.moves() < MOVES);
        let end = self.flat(close + 1, self.tokens.len()).find(|&at| self.word(at) == Keyword::DO);
        let (Some((source, listed)), Some(end)) = (source, end) else {
            return self.unparsed(at, "an expression in ON CONFLICT is not supported here");
        };
        if predicate {
            self.replace(close, Fed::Comma);
            self.drop(close + 1..close + 2);
            self.add(end, Fed::RParen, None);
        }
        if !listed {
            self.add(open, Fed::LParen, None);
            self.add(open, Mark::Nothing.token(), None);
            self.add(open, Fed::RParen, None);
        }
        self.add(open, word(Keyword::PARTITION), None);
        self.move_to(open..end, source);
        Ok(())
    }

    /// True when all of the targets are names.
    fn are_plain_targets(&self, open: usize, close: usize) -> bool {
        self.flat(open + 1, close).all(|at| {
            self.roles[at] == Role::Dropped
                || self
                    .kind(at)
                    .is_some_and(|kind| kind.is_ident() || kind == TokenKind::Comma || kind == TokenKind::Dot)
        })
    }

    /// Collations and classes of operators behind the targets name nothing.
    fn drop_target_details(&mut self, open: usize, close: usize) {
        let mut start = open + 1;
        while start < close {
            let end = self.item_end(start, close);
            // A name, a call or parentheses; then the rest.
            let mut behind = start;
            if self.kind(behind) != Some(TokenKind::LeftParen) {
                behind = self.name_end(behind);
            }
            if self.kind(behind) == Some(TokenKind::LeftParen) {
                behind = self.partner(behind) + 1;
            }
            self.drop(behind..end);
            start = end + 1;
        }
    }

    /// Where the rows of the INSERT begin that the ON CONFLICT at `at` belongs to, behind its list of columns if it has one.
    fn insert_source(&self, at: usize) -> Option<(usize, bool)> {
        let into =
            (1..at).rev().find(|&into| self.word(into) == Keyword::INTO && self.word(into - 1) == Keyword::INSERT)?;
        let mut source = self.name_end(into + 1);
        if self.keyword(source) == Keyword::AS {
            source += 2;
        }
        let listed = self.kind(source) == Some(TokenKind::LeftParen) && !begins_rows(self.word(source + 1));
        let listed = listed && self.kind(source + 1) != Some(TokenKind::LeftParen);
        if listed {
            source = self.partner(source) + 1;
        }
        // `DEFAULT VALUES` has no place for more.
        (source < at && self.keyword(source) != Keyword::DEFAULT).then_some((source, listed))
    }

    /// `INSERT INTO t (VALUES (1))`: sqlparser would read a list of columns.
    pub(super) fn shim_insert(&mut self, into: usize) {
        let open = self.name_end(into + 1);
        if self.kind(open) == Some(TokenKind::LeftParen) && self.word(open + 1) == Keyword::VALUES {
            let close = self.partner(open);
            if matches!(self.keyword(close + 1), Keyword::ON | Keyword::RETURNING)
                || self.kind(close + 1).is_none_or(|kind| kind == TokenKind::RightParen)
            {
                self.drop(open..open + 1);
                self.drop(close..close + 1);
            }
        }
    }

    /// `MERGE … INSERT DEFAULT VALUES`
    pub(super) fn shim_default_values(&mut self, at: usize) {
        if matches!(self.keyword_before(at), Keyword::INSERT) && self.word(at + 1) == Keyword::VALUES {
            self.drop(at..at + 1);
            self.add(at + 2, Fed::LParen, None);
            self.add(at + 2, word(Keyword::NULL), None);
            self.add(at + 2, Fed::RParen, None);
        }
    }

    /// `UPDATE t SET a[1] = 2`, `INSERT INTO t (a[1:2])`: a subscript that names nothing is left out.
    pub(super) fn shim_target(&mut self, at: usize, open: Option<&usize>) -> Result<(), Unparsed> {
        let Some(start) = self.target_start(at, open) else { return Ok(()) };
        let close = self.partner(at);
        let names = |at: usize| self.kind(at).is_some_and(TokenKind::is_ident) && self.keyword(at) != Keyword::NULL;
        let opens = |at: usize| matches!(self.kind(at), Some(TokenKind::LeftParen));
        if (at..close).any(|at| names(at) || opens(at)) {
            return self.unparsed(start, "an expression as the subscript of a column that is written is not supported");
        }
        self.drop(at..close + 1);
        Ok(())
    }

    /// Where the column begins that is written to, if the subscript at `at` is one of such a column.
    fn target_start(&self, at: usize, open: Option<&usize>) -> Option<usize> {
        let mut start = at;
        loop {
            start = start.checked_sub(1)?;
            match self.kind(start)? {
                TokenKind::RightBracket => start = self.partner(start),
                TokenKind::Dot => {}
                kind if kind.is_ident() => {
                    let dotted = start > 0 && self.kind(start - 1) == Some(TokenKind::Dot);
                    if !dotted {
                        break;
                    }
                }
                _ => return None,
            }
        }
        let before = start.checked_sub(1)?;
        if self.keyword(before) == Keyword::SET {
            return Some(start);
        }
        let in_set = self.kind(before) == Some(TokenKind::Comma) && self.clauses[before] == Keyword::SET;
        (in_set || open.is_some_and(|&open| self.opens_column_list(open))).then_some(start)
    }

    /// True for the parenthesis behind INSERT INTO, a table and its alias.
    fn opens_column_list(&self, open: usize) -> bool {
        // `a.b.c AS d` are seven tokens.
        for before in (open.saturating_sub(8)..open).rev() {
            match self.keyword(before) {
                Keyword::INTO => return true,
                Keyword::AS => {}
                Keyword::VALUES => return false,
                _ if self.kind(before) == Some(TokenKind::Word)
                    && self.known[before].class == Some(Class::Reserved) =>
                {
                    return false;
                }
                _ if self.kind(before).is_some_and(|kind| kind.is_ident() || kind == TokenKind::Dot) => {}
                _ => return false,
            }
        }
        false
    }

    /// `COPY t (a) FROM STDIN WITH (FORMAT csv, FORCE_NULL (a))`: of the options, those that name columns.
    pub(super) fn shim_copy(&mut self) {
        if self.word(0) != Keyword::COPY {
            return;
        }
        if self.is(1, "binary")
            && self.kind(2).is_some_and(TokenKind::is_ident)
            && !self.is(2, "from")
            && !self.is(2, "to")
        {
            self.drop(1..2);
            return;
        }
        let mut at = if self.kind(1) == Some(TokenKind::LeftParen) { self.partner(1) + 1 } else { self.name_end(1) };
        if self.kind(at) == Some(TokenKind::LeftParen) {
            at = self.partner(at) + 1;
        }
        // FROM or TO, and the place; `PROGRAM 'x'` are two.
        let place = at + if self.is(at + 1, "program") { 3 } else { 2 };
        let open = if self.word(place) == Keyword::WITH { place + 1 } else { place };
        if self.kind(open) != Some(TokenKind::LeftParen) {
            // The elder form. FORCE names columns, WHERE holds an expression.
            let names = |at: usize| self.is(at, "force") && self.operator(at + 2) != Some("*") || self.is(at, "where");
            if !(open..self.tokens.len()).any(names) {
                self.drop(place..self.tokens.len());
            }
            return;
        }
        if self.partner(open) + 1 < self.tokens.len() {
            return;
        }
        self.drop_copy_options(place, open);
    }

    fn drop_copy_options(&mut self, place: usize, open: usize) {
        let close = self.partner(open);
        let mut kept = 0;
        let mut start = open + 1;
        while start < close {
            let end = self.item_end(start, close);
            let names = self.tokens[start].text(self.source).to_ascii_lowercase();
            if names.starts_with("force_") && self.kind(start + 1) == Some(TokenKind::LeftParen) {
                if kept == 0 && start > open + 1 {
                    self.drop(start - 1..start);
                }
                kept += 1;
            } else {
                self.drop(start..end);
                if start > open + 1 {
                    self.drop(start - 1..start);
                }
            }
            start = end + 1;
        }
        if kept == 0 {
            self.drop(place..close + 1);
        }
    }
}

const fn begins_rows(keyword: Keyword) -> bool {
    matches!(keyword, Keyword::SELECT | Keyword::VALUES | Keyword::WITH | Keyword::TABLE)
}
