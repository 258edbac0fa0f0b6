//! What a comparison with a computed column says of the column that it is computed from, so that an index on that one serves.
//!
//! The comparison as it would stand without this is the definition. [`Form::Instead`] has the same value for every row, NULL
//! included; [`Form::Also`] is NULL where the definition is NULL and true where it is true, so that both together have the
//! definition's value. Which comparisons there are, and where they may be turned round, `filter` knows.

mod day;

use crate::mapping::Piece;

/// How a legacy column is undone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Inverse {
    /// The day of a timestamp.
    Day(day::Day),
}

/// What stands for a comparison, or beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// In its place.
    Instead(Vec<Piece>),
    /// Behind it, with AND.
    Also(Vec<Piece>),
}

/// The operators that an ordered type has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Comparison {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
}

/// What a column is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Operand {
    /// As SQL, on one line and free of comments.
    pub(super) sql: String,
    /// The string when it is nothing but a literal, and the type that is written before or behind it.
    pub(super) string: Option<(String, Option<String>)>,
}

/// A comparison with one column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Predicate {
    /// `column < x`
    Compared(Comparison, Operand),
    /// `column BETWEEN low AND high`
    Between { low: Operand, high: Operand, negated: bool },
    /// `column IN (…)`
    In { list: Vec<Operand>, negated: bool },
    /// `column IS NOT DISTINCT FROM x`
    Same(Operand),
}

impl Comparison {
    /// The same with its sides exchanged.
    pub(super) const fn mirrored(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::LtEq => Self::GtEq,
            Self::Gt => Self::Lt,
            Self::GtEq => Self::LtEq,
            Self::Eq | Self::NotEq => self,
        }
    }
}

impl Predicate {
    /// What the column is compared with.
    fn operands(&self) -> impl Iterator<Item = &Operand> {
        let (list, low, high): (&[Operand], _, _) = match self {
            Self::Compared(_, operand) | Self::Same(operand) => (&[], Some(operand), None),
            Self::Between { low, high, .. } => (&[], Some(low), Some(high)),
            Self::In { list, .. } => (list, None, None),
        };
        list.iter().chain(low).chain(high)
    }
}

impl Inverse {
    /// Day of `column`, a timestamp with a time zone in `zone` or one without.
    pub(super) fn of_day(column: &str, zone: Option<&str>) -> Self {
        Self::Day(day::Day::new(column, zone))
    }

    /// What the predicate says of the current column; none when the plain form has to do.
    pub(super) fn turn(&self, predicate: &Predicate) -> Option<Form> {
        match self {
            Self::Day(day) => day.turn(predicate),
        }
    }

    /// The current column that is NULL exactly where the legacy one is.
    pub(super) fn null_with(&self) -> &str {
        match self {
            Self::Day(day) => day.column(),
        }
    }

    /// What was done, for explanations.
    pub(super) const fn rule(&self) -> &'static str {
        match self {
            Self::Day(_) => "range of the day",
        }
    }
}
