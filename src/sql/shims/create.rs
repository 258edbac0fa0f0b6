//! What stands around the query of CREATE TABLE and CREATE VIEW.

use sqlparser::keywords::Keyword;

use super::super::feed::Feed;
use super::super::token::TokenKind;

impl Feed<'_> {
    /// `CREATE MATERIALIZED VIEW v WITH (timescaledb.continuous) AS`: options name no column.
    pub(super) fn shim_utility_word(&mut self, at: usize) {
        let options = self.keyword(at) == Keyword::WITH && self.kind(at + 1) == Some(TokenKind::LeftParen);
        let creates = self.word(0) == Keyword::CREATE && at < self.query.start && self.query.start < self.tokens.len();
        if options && creates {
            let close = self.partner(at + 1);
            if close < self.query.start {
                self.drop(at..close + 1);
            }
        }
    }

    /// `CREATE VIEW … WITH CHECK OPTION`, `CREATE TABLE … AS … WITH NO DATA`
    pub(super) fn drop_view_option(&mut self, at: usize) {
        let creates = self.word(0) == Keyword::CREATE;
        let ends = |word: Keyword| self.tokens.len() <= at + 4 && self.known.last().is_some_and(|k| k.keyword == word);
        let says = matches!(
            self.word(at + 1),
            Keyword::DATA | Keyword::NO | Keyword::CHECK | Keyword::LOCAL | Keyword::CASCADED
        );
        if creates && says && (ends(Keyword::DATA) || ends(Keyword::OPTION)) {
            self.drop(at..self.tokens.len());
        }
    }

    /// `CREATE TABLE t (a) USING heap TABLESPACE s AS SELECT …`: all that is said of the table itself.
    pub(super) fn drop_table_details(&mut self) {
        let end = self.query.start;
        if self.word(0) != Keyword::CREATE || end >= self.tokens.len() || self.query.is_empty() {
            return;
        }
        let table = (1..6).find(|&at| matches!(self.word(at), Keyword::TABLE | Keyword::VIEW));
        let Some(table) =
            table.filter(|&at| self.word(at) == Keyword::TABLE || self.word(at - 1) == Keyword::MATERIALIZED)
        else {
            return;
        };
        let name = if self.word(table + 1) == Keyword::IF { table + 4 } else { table + 1 };
        let behind = self.name_end(name);
        if behind < end && self.word(end - 1) == Keyword::AS {
            self.drop(behind..end - 1);
        }
    }
}
