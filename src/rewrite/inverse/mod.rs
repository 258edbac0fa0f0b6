//! What a comparison with a computed column says of the column that it is computed from, so that an index on that one serves.
//!
//! The comparison as it would stand without this is the definition. [`Form::Instead`] has the same value for every row, NULL
//! included; [`Form::Also`] is NULL where the definition is NULL and true where it is true, so that both together have the
//! definition's value. Which comparisons there are, and where they may be turned round, `filter` knows.

mod day;
mod given;
mod linear;
mod values;

use crate::mapping::{Comparison, Decimal, Filter, Literal, Pair, Piece};

/// How a legacy column is undone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Inverse {
    /// The day of a timestamp.
    Day(day::Day),
    /// A number with a factor and an offset.
    Linear(linear::Linear),
    /// A value under another name.
    Values(values::Values),
    /// Conditions that the mapping's author gives.
    Given(Vec<Filter>),
}

/// What stands for a comparison, or beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// In its place.
    Instead(Vec<Piece>),
    /// Behind it, with AND.
    Also(Vec<Piece>),
}

/// What a column is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Operand {
    /// As SQL, on one line and free of comments.
    pub(super) sql: String,
    /// Its value when it is nothing but a literal.
    pub(super) literal: Option<Literal>,
    /// The type that is written before or behind that.
    pub(super) type_name: Option<String>,
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
    /// `column = ANY (x)`, where the array's elements are not known.
    Any(Operand),
    /// `column IS NOT DISTINCT FROM x`
    Same(Operand),
    /// `column IS NULL`
    Null { negated: bool },
}

impl Operand {
    /// Something that the server computes.
    pub(super) const fn computed(sql: String) -> Self {
        Self { sql, literal: None, type_name: None }
    }

    /// The text of a string literal without a type of its own, or of the types named.
    fn text(&self, types: &[&str]) -> Option<&str> {
        match (&self.literal, &self.type_name) {
            (Some(Literal::Text(text)), None) => Some(text),
            (Some(Literal::Text(text)), Some(name)) if types.contains(&name.as_str()) => Some(text),
            _ => None,
        }
    }
}

impl Predicate {
    /// What the column is compared with.
    pub(super) fn operands(&self) -> impl Iterator<Item = &Operand> {
        let (list, low, high): (&[Operand], _, _) = match self {
            Self::Compared(_, operand) | Self::Same(operand) | Self::Any(operand) => (&[], Some(operand), None),
            Self::Between { low, high, .. } => (&[], Some(low), Some(high)),
            Self::In { list, .. } => (list, None, None),
            Self::Null { .. } => (&[], None, None),
        };
        list.iter().chain(low).chain(high)
    }
}

impl Inverse {
    /// Day of `column`, a timestamp with a time zone in `zone` or one without.
    pub(super) fn of_day(column: &str, zone: Option<&str>) -> Self {
        Self::Day(day::Day::new(column, zone))
    }

    /// `column × factor + offset` as `type_name`; none for types that are no numbers.
    pub(super) fn of_linear(
        column: &str,
        real_type: &str,
        type_name: Option<&str>,
        factor: Option<&Decimal>,
        offset: Option<&Decimal>,
    ) -> Option<Self> {
        linear::Linear::new(column, real_type, type_name, factor, offset).map(Self::Linear)
    }

    /// Each of `pairs` in `column`, read as `type_name`.
    pub(super) fn of_values(column: &str, real_type: &str, type_name: Option<&str>, pairs: &[Pair]) -> Self {
        Self::Values(values::Values::new(column, real_type, type_name, pairs))
    }

    /// What the predicate says of the current column; none when the plain form has to do.
    pub(super) fn turn(&self, predicate: &Predicate) -> Option<Form> {
        match self {
            Self::Day(day) => day.turn(predicate),
            Self::Linear(linear) => linear.turn(predicate),
            Self::Values(values) => values.turn(predicate),
            Self::Given(filters) => given::turn(filters, predicate),
        }
    }

    /// True when what it gives is NULL where the plain form is; otherwise it may be false instead.
    pub(super) const fn keeps_null(&self) -> bool {
        !matches!(self, Self::Given(_))
    }

    /// What was done, for explanations.
    pub(super) const fn rule(&self) -> &'static str {
        match self {
            Self::Day(_) => "range of the day",
            Self::Linear(_) => "range without factor and offset",
            Self::Values(_) => "current value",
            Self::Given(_) => "where",
        }
    }
}

/// `column IS NULL`, for kinds that are NULL where their column is.
fn null(column: &str, negated: bool) -> Form {
    let test = if negated { " IS NOT NULL)" } else { " IS NULL)" };
    Form::Instead(vec![Piece::Text("(".into()), Piece::Column(column.to_owned()), Piece::Text(test.into())])
}

/// The ends of a range as SQL, with the operators that compare the column with them.
type Ends = [Option<(&'static str, String)>; 2];

/// `column >= … AND column < … OR …`, in parentheses where there are several.
fn one_of(column: &str, ranges: Vec<Ends>) -> Vec<Piece> {
    let alternatives = ranges.len() > 1;
    let mut pieces = Vec::new();
    let mut before = if alternatives { "(" } else { "" };
    for range in ranges {
        for (operator, end) in range.into_iter().flatten() {
            pieces.extend([Piece::Text(before.into()), Piece::Column(column.to_owned())]);
            pieces.push(Piece::Text(format!(" {operator} {end}")));
            before = " AND ";
        }
        before = " OR ";
    }
    pieces.extend(alternatives.then(|| Piece::Text(")".into())));
    pieces
}

/// More alternatives than these are not worth their text.
const ALTERNATIVES: usize = 16;

/// Of arrays with more elements than these nothing is said.
const ELEMENTS: usize = 32;

/// The least and the greatest element of an array that is not known; `otherwise` where there is none, or where there are elements for which
/// no end may be said: too many, in more dimensions than one, NULL. Nothing in it fails, and all of it is computed before a scan begins.
fn ends_of(array: &Operand, otherwise: [&str; 2]) -> [String; 2] {
    let array = format!("({})", array.sql);
    let elements: Vec<String> = (1..=ELEMENTS).map(|at| format!("{array}[{at}]")).collect();
    let elements = elements.join(", ");
    let end = |choice: &str, otherwise: &str| {
        format!(
            "(CASE WHEN array_ndims({array}) = 1 AND array_lower({array}, 1) = 1 AND cardinality({array}) <= {ELEMENTS} \
             AND num_nulls(VARIADIC {array}) = 0 THEN {choice}({elements}) ELSE {otherwise} END)"
        )
    };
    [end("least", otherwise[0]), end("greatest", otherwise[1])]
}

/// What a predicate says as ranges between operands, each with its ends: at most wider than it, and NULL or true where it is NULL.
fn around(predicate: &Predicate) -> Option<Vec<(Option<&Operand>, Option<&Operand>)>> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    Some(match predicate {
        Predicate::Compared(Equal, operand) => vec![(Some(operand), Some(operand))],
        Predicate::Compared(Less | LessOrEqual, operand) => vec![(None, Some(operand))],
        Predicate::Compared(Greater | GreaterOrEqual, operand) => vec![(Some(operand), None)],
        Predicate::Between { low, high, negated: false } => vec![(Some(low), Some(high))],
        Predicate::In { list, negated: false } if list.len() <= ALTERNATIVES => {
            list.iter().map(|operand| (Some(operand), Some(operand))).collect()
        }
        // It is true for NULL, where a range is not: only a literal surely is none.
        Predicate::Same(operand) if operand.literal.is_some() => vec![(Some(operand), Some(operand))],
        _ => return None,
    })
}
