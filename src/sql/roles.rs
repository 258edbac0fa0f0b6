//! Which words of a statement are syntax, and which are names that look like it.
//!
//! sqlparser reads `SELECT interval FROM t` as an interval literal and `FROM t final` as another database's syntax. Postgres has
//! rules for where a keyword can be a name ([`Class`]); with these and a look at the neighbours each word is decided before the
//! parser sees it. Where both are possible to this look, the word stays what sqlparser makes of it.

use std::ops::Range;

use sqlparser::keywords::Keyword;

use super::feed::{Feed, Role};
use super::token::TokenKind;
use super::words::{Class, Known};

impl Feed<'_> {
    /// Decides for each word whether it may be syntax.
    pub(super) fn classify(&mut self) {
        for at in 0..self.tokens.len() {
            if self.kind(at) == Some(TokenKind::Word) && !self.may_be_syntax(at) {
                self.roles[at] = Role::Name;
            }
        }
    }

    /// The tokens of the query in this statement: all of them, or what EXPLAIN, PREPARE, DECLARE, CREATE … AS or COPY hold.
    pub(super) fn find_query(&self) -> Range<usize> {
        let end = self.tokens.len();
        let first = (0..end).find(|at| self.kind(*at) != Some(TokenKind::LeftParen)).unwrap_or(end);
        if begins_query(self.word(first)) {
            return 0..end;
        }
        match self.word(first) {
            Keyword::COPY if self.kind(first + 1) == Some(TokenKind::LeftParen) => first + 2..self.partner(first + 1),
            Keyword::CREATE => self.find_at_top(first, |before| before == Keyword::AS)..end,
            Keyword::EXPLAIN | Keyword::PREPARE | Keyword::DECLARE => {
                let opens = |before| {
                    let plain = [Keyword::AS, Keyword::FOR, Keyword::EXPLAIN, Keyword::ANALYZE, Keyword::VERBOSE];
                    before == Keyword::NoKeyword || plain.contains(&before)
                };
                self.find_at_top(first, opens)..end
            }
            _ => end..end,
        }
    }

    /// The first token outside of parentheses that begins a query and whose neighbour before `opens` accepts.
    fn find_at_top(&self, mut at: usize, opens: impl Fn(Keyword) -> bool) -> usize {
        while at < self.tokens.len() {
            let paren = self.kind(at) == Some(TokenKind::LeftParen);
            let begins = begins_query(self.word(at)) || paren && begins_query(self.word(at + 1));
            if begins && at > 0 && opens(self.word(at - 1)) {
                return at;
            }
            at = if paren { self.partner(at) } else { at + 1 };
        }
        at
    }

    fn may_be_syntax(&self, at: usize) -> bool {
        let Known { class, keyword, in_query, is_type } = self.known[at];
        let before = self.word_before(at);
        let call = self.kind(at + 1) == Some(TokenKind::LeftParen);
        if at > 0 && self.kind(at - 1) == Some(TokenKind::Dot) {
            return false;
        }
        if !self.query.contains(&at) || self.is_extract_field(at) {
            return true;
        }
        if is_type && self.is_type_here(at) {
            return true;
        }
        match class {
            None => keyword == Keyword::BERNOULLI && before == Keyword::TABLESAMPLE,
            Some(Class::Unreserved) => match keyword {
                Keyword::PARTITION => self.word(at + 1) == Keyword::BY,
                Keyword::OPERATOR | Keyword::CUBE | Keyword::ROLLUP => call,
                Keyword::BY => matches!(
                    before,
                    Keyword::GROUP | Keyword::ORDER | Keyword::PARTITION | Keyword::FIRST | Keyword::MATCHED
                ),
                Keyword::ZONE => before == Keyword::TIME,
                Keyword::ESCAPE | Keyword::RANGE | Keyword::ROWS | Keyword::GROUPS => !self.is_operand_here(at),
                // Of a column of JSON_TABLE; elsewhere a type or a name.
                Keyword::PATH => !self.begins_operand(at) && self.kind(at + 1).is_some_and(TokenKind::is_string),
                Keyword::VALUE => matches!(before, Keyword::JSON | Keyword::USER | Keyword::SYSTEM),
                _ => in_query,
            },
            Some(Class::ColumnName) => match keyword {
                Keyword::BETWEEN => true,
                Keyword::VALUES => call || before == Keyword::DEFAULT,
                Keyword::GROUPING => call || self.word(at + 1) == Keyword::SETS,
                Keyword::PRECISION => before == Keyword::DOUBLE,
                Keyword::JSON => matches!(before, Keyword::IS | Keyword::NOT | Keyword::FORMAT),
                Keyword::ROW => call || self.is_row_count(at),
                _ => call && !is_type,
            },
            Some(Class::TypeOrFunction) => match keyword {
                Keyword::LEFT | Keyword::RIGHT | Keyword::FULL | Keyword::INNER | Keyword::CROSS => !call,
                Keyword::BINARY | Keyword::VERBOSE | Keyword::FREEZE | Keyword::COLLATION | Keyword::AUTHORIZATION => {
                    false
                }
                _ => true,
            },
            Some(Class::Reserved) => true,
        }
    }

    /// `SET rows = 1`: what follows shows that the word is an operand.
    fn is_operand_here(&self, at: usize) -> bool {
        let symbol = self.kind(at + 1) == Some(TokenKind::Operator)
            && !matches!(self.operator(at + 1), Some("+" | "-" | "@" | "~"));
        symbol
            || matches!(
                self.kind(at + 1),
                Some(TokenKind::Dot | TokenKind::ColonColon | TokenKind::LeftBracket | TokenKind::Comma)
            )
    }

    /// `CURRENT ROW`, `OFFSET 1 ROW`, `FETCH FIRST ROW ONLY`
    fn is_row_count(&self, at: usize) -> bool {
        let before = self.word_before(at);
        matches!(before, Keyword::CURRENT | Keyword::FIRST | Keyword::NEXT)
            || matches!(self.word(at + 1), Keyword::ONLY | Keyword::WITH)
            || before == Keyword::NoKeyword && self.word(at + 1) == Keyword::FETCH
    }

    /// `extract(epoch FROM …)`
    fn is_extract_field(&self, at: usize) -> bool {
        at > 1 && self.kind(at - 1) == Some(TokenKind::LeftParen) && self.word(at - 2) == Keyword::EXTRACT
    }

    /// `SELECT date "d"` is a column with a label, `date '…'` is a literal, and `x::date` a cast.
    fn is_type_here(&self, at: usize) -> bool {
        let mut next = at + 1;
        if self.kind(next) == Some(TokenKind::LeftParen) {
            // `timestamp(3)`, `numeric(10, 2)`
            next += 1;
            while matches!(self.kind(next), Some(TokenKind::Number | TokenKind::Comma)) {
                next += 1;
            }
            next += 1;
        }
        let literal = self.kind(next).is_some_and(TokenKind::is_string);
        let before = self.word_before(at);
        let cast = at > 0 && self.kind(at - 1) == Some(TokenKind::ColonColon);
        let goes_on = match self.word(at) {
            Keyword::DOUBLE => self.word(next) == Keyword::PRECISION,
            Keyword::TIME if before == Keyword::AT => self.word(next) == Keyword::ZONE,
            Keyword::TIME | Keyword::TIMESTAMP => {
                let mut zone = [self.word(next), self.word(next + 1), self.word(next + 2)];
                zone[0] = if zone[0] == Keyword::WITHOUT { Keyword::WITH } else { zone[0] };
                zone == [Keyword::WITH, Keyword::TIME, Keyword::ZONE]
                    || matches!(before, Keyword::WITH | Keyword::WITHOUT) && self.word(next) == Keyword::ZONE
            }
            _ => self.word(next) == Keyword::VARYING,
        };
        literal || cast || before == Keyword::AS || goes_on
    }
}

const fn begins_query(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::SELECT
            | Keyword::WITH
            | Keyword::VALUES
            | Keyword::TABLE
            | Keyword::INSERT
            | Keyword::UPDATE
            | Keyword::DELETE
            | Keyword::MERGE
    )
}
