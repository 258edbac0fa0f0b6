//! `factor = 1000`, `offset = -273.15`: decimal numbers, digit by digit.
//!
//! A number of TOML is a binary float to most readers; here its digits are taken from the text, since `numeric` columns keep them all.

use super::codes;
use crate::text::toml::{Document, Shape, Table, Value};

/// A decimal number as SQL writes it: digits, perhaps a sign in front, a point, an exponent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decimal(String);

impl Decimal {
    /// The number that `text` is: `12`, `-0.5`, `1e3`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let text = text.strip_prefix('+').unwrap_or(text);
        let known = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
        let sound = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(known);
        // Far outside of these bounds nothing is exact any more, and nobody measures so.
        let value = text.parse::<f64>().ok().filter(|_| sound)?;
        let mantissa_is_zero =
            digits.split(['e', 'E']).next().is_some_and(|m| m.bytes().all(|b| matches!(b, b'0' | b'.')));
        (mantissa_is_zero || (1e-300..=1e300).contains(&value.abs())).then(|| Self(text.to_owned()))
    }

    /// True for a number without a fraction.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        !whole.contains(['e', 'E']) && fraction.bytes().all(|b| b == b'0')
    }

    /// True for zero, however it is written.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.parse::<f64>() == Ok(0.0)
    }

    /// True when it is less than zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.starts_with('-') && !self.is_zero()
    }

    /// A literal of SQL that can stand behind any operator.
    #[must_use]
    pub fn sql(&self) -> String {
        if self.0.starts_with('-') { format!("({})", self.0) } else { self.0.clone() }
    }

    /// Its digits, sign in front.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The decimal number that `key` holds; reports what is none.
pub(super) fn read<'d>(document: &Document<'d>, body: &Table<'d>, key: &str, value: &Value<'d>) -> Option<Decimal> {
    let written = value.span.text(&document.source().text).replace('_', "");
    let number = match &value.shape {
        Shape::Integer(number) => Decimal::parse(&number.to_string()),
        Shape::Float(_) => Decimal::parse(&written),
        Shape::TooBig(digits) => Decimal::parse(digits),
        Shape::String(text) => Decimal::parse(text.value),
        _ => return body.wrong(key, value, "a number"),
    };
    if number.is_none() {
        let help = "write it as in `1000`, `-273.15`, `1e-3`";
        document.error(codes::BAD_NUMBER, value.span, format!("`{key}` is not a decimal number"), "", help);
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        for (text, sql) in [
            ("1000", "1000"),
            ("+1.50", "1.50"),
            ("-0.001", "(-0.001)"),
            ("1e3", "1e3"),
            ("12345678901234567890.000000000000000001", "12345678901234567890.000000000000000001"),
        ] {
            assert_eq!(Decimal::parse(text).map(|d| d.sql()).as_deref(), Some(sql), "{text}");
        }
        for text in ["", "-", "+-1", "--1", "1.2.3", "0x10", "inf", "nan", "1 ", "1e", "1e999", "1e-999", ".5", "a"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn whole_negative_and_zero() {
        let decimal = |text| Decimal::parse(text).expect(text);
        assert!(decimal("10").is_whole() && decimal("-10.00").is_whole());
        assert!(!decimal("0.5").is_whole() && !decimal("1e3").is_whole());
        assert!(decimal("0.000").is_zero() && decimal("-0").is_zero() && !decimal("0.1").is_zero());
        assert!(decimal("-1").is_negative() && !decimal("-0").is_negative() && !decimal("1").is_negative());
    }
}
