//! `power_w > 5000` as `power_kw >= …`, beside the comparison itself.
//!
//! Numbers are rounded on their way: by a factor that is no power of two, by the legacy type. So the range is a little wider
//! than what is asked for, and the comparison stays. The range is in the type of the column, or no index would serve it.

use super::{Form, Operand, Predicate};
use crate::mapping::Decimal;

/// A number with a factor and an offset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Linear {
    column: String,
    of: Of,
    /// As SQL.
    factor: String,
    offset: String,
    /// True where a greater legacy value is a smaller current one.
    falls: bool,
    /// How far from its place rounding may take a legacy value, in its own size.
    relative: &'static str,
    /// The same in units: what the legacy type cuts off, and what the offset loses.
    absolute: String,
    /// Operands up to here are computed with; what is beyond has no bound.
    limit: String,
}

/// What the column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Of {
    Integers,
    Decimals,
    Floats,
}

/// One end of a range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Lower,
    Upper,
}

impl Linear {
    pub(super) fn new(
        column: &str,
        real_type: &str,
        type_name: Option<&str>,
        factor: Option<&Decimal>,
        offset: Option<&Decimal>,
    ) -> Option<Self> {
        let of = kind(real_type)?;
        let legacy = type_name.unwrap_or(real_type);
        let cut = match kind(legacy)? {
            Of::Integers => 1.0,
            Of::Floats => 0.0,
            Of::Decimals => scale(legacy).map_or(0.0, |digits| 10_f64.powi(-digits)),
        };
        let relative = if legacy == "real" || real_type == "real" { 1e-5 } else { 1e-9 };
        let number = |decimal: Option<&Decimal>, other: f64| decimal.map_or(Some(other), |d| d.as_str().parse().ok());
        let (by, plus): (f64, f64) = (number(factor, 1.0)?, number(offset, 0.0)?);
        let reach = if of == Of::Integers { 1e15 } else { 1e290 };
        let limit = reach * by.abs().min(1.0);
        // NaN is the greatest number on both sides, so it would be at the wrong end of a falling range.
        let falls = by < 0.0;
        if plus.abs() > limit || (falls && of != Of::Integers) {
            return None;
        }
        Some(Self {
            column: column.to_owned(),
            of,
            factor: factor.map_or_else(|| "1".into(), Decimal::sql),
            offset: offset.map_or_else(|| "0".into(), Decimal::sql),
            falls,
            relative: if relative > 1e-6 { "0.00001" } else { "0.000000001" },
            absolute: format!("{:e}", cut + plus.abs() * relative),
            limit: format!("{limit:e}"),
        })
    }

    pub(super) fn turn(&self, predicate: &Predicate) -> Option<Form> {
        if let Predicate::Null { negated } = predicate {
            return Some(super::null(&self.column, *negated));
        }
        if let Predicate::Any(array) = predicate {
            return self.among(array);
        }
        let ends = |(from, to): (Option<&Operand>, Option<&Operand>)| {
            let (low, high) = if self.falls { (to, from) } else { (from, to) };
            [low.map(|low| (">=", self.end(End::Lower, low))), high.map(|high| ("<=", self.end(End::Upper, high)))]
        };
        let ranges = super::around(predicate)?.into_iter().map(ends).collect();
        Some(Form::Also(super::one_of(&self.column, ranges)))
    }

    /// The range of an array's elements. An end that is NULL is none, which only `numeric` has no word for.
    fn among(&self, array: &Operand) -> Option<Form> {
        if self.of == Of::Decimals {
            return None;
        }
        let [least, greatest] = super::ends_of(array, ["NULL"; 2]).map(Operand::computed);
        let (low, high) = if self.falls { (greatest, least) } else { (least, greatest) };
        let range = [Some((">=", self.end(End::Lower, &low))), Some(("<=", self.end(End::Upper, &high)))];
        Some(Form::Also(super::one_of(&self.column, vec![range])))
    }

    /// Where the column's values end, computed so that it cannot fail.
    fn end(&self, end: End, operand: &Operand) -> String {
        let Self { factor, offset, relative, absolute, limit, .. } = self;
        let (type_name, suffix) = match self.of {
            Of::Floats => ("double precision", "::double precision"),
            Of::Integers | Of::Decimals => ("numeric", ""),
        };
        let value = format!("({})::{type_name}", operand.sql);
        // In legacy numbers, the lower end of a falling range is its upper one.
        let (choice, sign) = if (end == End::Lower) == self.falls { ("greatest", "+") } else { ("least", "-") };
        let moved = format!(
            "({choice}({value} * (1 - {relative}{suffix}), {value} * (1 + {relative}{suffix})) - {offset}{suffix} {sign} {absolute}{suffix}) / {factor}{suffix}"
        );
        // `numeric` reaches further than anybody writes; the others could overflow.
        let (bound, beyond) = match (self.of, end) {
            (Of::Decimals, _) => return format!("({moved})"),
            (Of::Integers, End::Lower) => (format!("floor({moved})::bigint"), "'-9223372036854775808'::bigint"),
            (Of::Integers, End::Upper) => (format!("ceil({moved})::bigint"), "9223372036854775807"),
            (Of::Floats, End::Lower) => (moved, "'-Infinity'::double precision"),
            // Nothing is greater.
            (Of::Floats, End::Upper) => (moved, "'NaN'::double precision"),
        };
        format!("(CASE WHEN {value} BETWEEN -{limit}{suffix} AND {limit}{suffix} THEN {bound} ELSE {beyond} END)")
    }
}

/// What kind of number a type is.
fn kind(type_name: &str) -> Option<Of> {
    match type_name.split('(').next().unwrap_or_default().trim() {
        "smallint" | "integer" | "bigint" => Some(Of::Integers),
        "numeric" => Some(Of::Decimals),
        "real" | "double precision" => Some(Of::Floats),
        _ => None,
    }
}

/// The digits behind the point that a type keeps; none for all of them.
fn scale(type_name: &str) -> Option<i32> {
    let (_, modifier) = type_name.trim_end_matches(')').split_once('(')?;
    modifier.split_once(',').map_or(Some(0), |(_, scale)| scale.trim().parse().ok())
}
