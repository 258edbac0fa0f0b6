//! Names that no client can write, for what sqlparser's tree has no place for.
//!
//! `shims` feeds them, with an empty place, around the names of such syntax, so that every name of the statement stands in the
//! tree and is bound by the walk over it. `rewrite` asks which mark a name is.
//!
//! | in SQL | in the tree |
//! |---|---|
//! | `ROWS FROM (f(a), g(b) AS (c int))` | `RowsFrom(f(a), ColumnsOf(g(b), c => NULL::int))` |
//! | `JOIN t USING (a) AS j` | `JOIN t USING (a, JoinAlias.j)` |
//! | `WITH x (a) AS (…) SEARCH DEPTH FIRST BY a SET b` | `WITH x (a, b Added) AS (…)` |
//! | `(f(a)).*`, `t.* = …` | `(f(a)).Star`, `t.Star = …` |
//! | `INSERT INTO t VALUES (1) ON CONFLICT (f(a)) WHERE b DO …` | `INSERT INTO t (Nothing) PARTITION (f(a), b) VALUES (1) ON CONFLICT DO …`, without `Nothing` where it has columns |
//! | `SELECT WHERE a` | `SELECT FROM (VALUES (1)) AS Nothing (Nothing) WHERE a` |

use sqlparser::ast::{Ident, ObjectName};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use super::parse;

/// What a name stands for that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// The function whose arguments are the functions of ROWS FROM.
    RowsFrom,
    /// The function whose first argument is a function of ROWS FROM, and whose others are the columns that it is said to have.
    ColumnsOf,
    /// The qualifier of the alias of a join's merged columns, in the list of these.
    JoinAlias,
    /// The type of a column that SEARCH or CYCLE adds to a CTE.
    Added,
    /// The field of a value that is all its fields.
    Star,
    /// The one row without columns that a SELECT without FROM is over; the columns of an INSERT that lists none.
    Nothing,
}

impl Mark {
    /// Its spelling; no text from a client holds a zero byte.
    const fn spelling(self) -> &'static str {
        match self {
            Self::RowsFrom => "\0rows from",
            Self::ColumnsOf => "\0columns of",
            Self::JoinAlias => "\0join alias",
            Self::Added => "\0added",
            Self::Star => "\0star",
            Self::Nothing => "\0nothing",
        }
    }

    /// The mark as a token.
    pub(super) fn token(self) -> Token {
        Token::Word(Word { value: self.spelling().into(), quote_style: Some('"'), keyword: Keyword::NoKeyword })
    }

    /// True when `ident` is this mark.
    #[must_use]
    pub fn is(self, ident: &Ident) -> bool {
        ident.value == self.spelling() && parse::span(ident).is_none()
    }

    /// True when `name` is this mark alone.
    #[must_use]
    pub fn names(self, name: &ObjectName) -> bool {
        matches!(name.0.as_slice(), [part] if part.as_ident().is_some_and(|ident| self.is(ident)))
    }
}
