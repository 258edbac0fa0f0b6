//! `record_date = '2025-01-01'` as a range of the timestamp whose day it is.
//!
//! Days written as `YYYY-MM-DD` become plain ranges where a day in that zone is one range of instants. It is not in a zone that
//! sets its clocks back at midnight: there, and for parameters and expressions, the range is a little wider than the day and
//! the comparison stays beside it. Such a bound must never fail (a `date` reaches further than a `timestamp`, in both
//! directions) and must be NULL where what it is made from is.

use super::{ALTERNATIVES, Form, Operand, Predicate};
use crate::mapping::{Comparison, Piece};
use crate::sql::names;

/// The day of a timestamp.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Day {
    column: String,
    /// Where its days are; none for a timestamp without a time zone.
    zone: Option<String>,
}

/// A day of the years 1 to 9999 that has a next one there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// The ends of a range: from, and up to but without.
type Range = (Option<Date>, Option<Date>);

/// Zones whose clocks are never set.
const FIXED: [&str; 9] = ["utc", "etc/utc", "gmt", "etc/gmt", "uct", "etc/uct", "zulu", "etc/zulu", "greenwich"];

impl Day {
    pub(super) fn new(column: &str, zone: Option<&str>) -> Self {
        Self { column: column.to_owned(), zone: zone.map(ToOwned::to_owned) }
    }

    pub(super) fn turn(&self, predicate: &Predicate) -> Option<Form> {
        if let Predicate::Null { negated } = predicate {
            return Some(super::null(&self.column, *negated));
        }
        let dates: Option<Vec<Date>> = predicate.operands().map(Date::of).collect();
        match dates.filter(|_| self.is_exact()) {
            Some(dates) => self.exact(predicate, &dates),
            None => self.around(predicate),
        }
    }

    /// True when every day is one range of instants, from its midnight to the next.
    fn is_exact(&self) -> bool {
        self.zone.as_ref().is_none_or(|zone| FIXED.contains(&zone.to_ascii_lowercase().as_str()))
    }

    fn exact(&self, predicate: &Predicate, dates: &[Date]) -> Option<Form> {
        let day = |date: &Date| (Some(*date), Some(date.next()));
        let (ranges, negated) = match (predicate, dates) {
            (Predicate::Compared(comparison, _), [date]) => {
                (vec![range(*comparison, *date)], *comparison == Comparison::NotEqual)
            }
            (Predicate::Between { negated, .. }, [low, high]) => (vec![(Some(*low), Some(high.next()))], *negated),
            (Predicate::In { negated, .. }, list) if list.len() <= ALTERNATIVES => {
                (list.iter().map(day).collect(), *negated)
            }
            (Predicate::In { negated: false, .. }, list) => {
                let ends = (list.iter().min().copied(), list.iter().max().map(|date| date.next()));
                return Some(Form::Also(self.midnights(vec![ends])));
            }
            // Unlike the ranges, it is never NULL.
            (Predicate::Same(_), [date]) => return Some(Form::Also(self.midnights(vec![day(date)]))),
            _ => return None,
        };
        let mut pieces = self.midnights(ranges);
        pieces.insert(0, Piece::Text(if negated { "(NOT (" } else { "(" }.into()));
        pieces.push(Piece::Text(if negated { "))" } else { ")" }.into()));
        Some(Form::Instead(pieces))
    }

    fn midnights(&self, ranges: Vec<Range>) -> Vec<Piece> {
        let midnight = |date: Date| self.in_zone(&format!("timestamp '{date}'"));
        let ends = |(from, to): Range| [from.map(|from| (">=", midnight(from))), to.map(|to| ("<", midnight(to)))];
        super::one_of(&self.column, ranges.into_iter().map(ends).collect())
    }

    /// A range that holds at least the day, beside the comparison itself.
    fn around(&self, predicate: &Predicate) -> Option<Form> {
        if let Predicate::Any(array) = predicate {
            return Some(self.among(array));
        }
        let ends = |(from, to): (Option<&Operand>, Option<&Operand>)| {
            [from.map(|from| (">=", self.lower(from))), to.map(|to| ("<=", self.upper(to)))]
        };
        let ranges = super::around(predicate)?.into_iter().map(ends).collect();
        Some(Form::Also(super::one_of(&self.column, ranges)))
    }

    /// The same for the elements of an array. They may be times, see [`is_day`].
    fn among(&self, array: &Operand) -> Form {
        let known = "BETWEEN date '1900-01-01' AND date '9999-01-01'";
        let [from, to] = super::ends_of(array, ["NULL"; 2]).map(|end| format!("{end}::date"));
        let from = format!("(CASE WHEN {from} {known} THEN {from} - 1 ELSE date '-infinity' END)::timestamp");
        let to = format!("(CASE WHEN {to} {known} THEN {to} + 2 ELSE date 'infinity' END)::timestamp");
        let range = [Some((">=", self.beside(&from, '-'))), Some(("<=", self.beside(&to, '+')))];
        Form::Also(super::one_of(&self.column, vec![range]))
    }

    /// No instant of that day is earlier. Before 1900 clocks were set by whole days.
    fn lower(&self, operand: &Operand) -> String {
        let from = Date::of(operand).filter(|date| date.year >= 1900).map_or_else(
            || {
                let day = format!("({})::date", operand.sql);
                format!(
                    "(CASE WHEN {day} < date '1900-01-01' THEN date '-infinity' WHEN {day} > date '9999-01-01' \
                     THEN date '9999-01-01' ELSE {day}{} END)::timestamp",
                    if is_day(operand) { "" } else { " - 1" }
                )
            },
            |date| format!("timestamp '{date}'"),
        );
        self.beside(&from, '-')
    }

    /// No instant of that day is later.
    fn upper(&self, operand: &Operand) -> String {
        let to = Date::of(operand).filter(|date| date.year >= 1900).map_or_else(
            || {
                let day = format!("({})::date", operand.sql);
                format!(
                    "(CASE WHEN {day} < date '1900-01-01' THEN date '1900-01-03' WHEN {day} > date '9999-01-01' \
                     THEN date 'infinity' ELSE {day} + {} END)::timestamp",
                    if is_day(operand) { 1 } else { 2 }
                )
            },
            |date| format!("timestamp '{}'", date.next()),
        );
        self.beside(&to, '+')
    }

    /// A midnight, and as far beside it as clocks have been set since 1900. Instants are moved, not times on the clock: those before a
    /// day that was left out (`Pacific/Apia`, 2011-12-30) have never been.
    fn beside(&self, midnight: &str, sign: char) -> String {
        let midnight = self.in_zone(midnight);
        if self.is_exact() { midnight } else { format!("({midnight} {sign} interval '3 hours')") }
    }

    /// A timestamp of the zone, as the column has it.
    fn in_zone(&self, timestamp: &str) -> String {
        match &self.zone {
            Some(zone) => format!("({timestamp} AT TIME ZONE {})", names::quote_string(zone)),
            None => format!("({timestamp})"),
        }
    }
}

/// The days for which a comparison is true; for `<>`, those for which it is not.
const fn range(comparison: Comparison, date: Date) -> Range {
    match comparison {
        Comparison::Equal | Comparison::NotEqual => (Some(date), Some(date.next())),
        Comparison::Less => (None, Some(date)),
        Comparison::LessOrEqual => (None, Some(date.next())),
        Comparison::Greater => (Some(date.next()), None),
        Comparison::GreaterOrEqual => (Some(date), None),
    }
}

/// True when the operand surely is a `date`. Where a session's zone has left out a day, a time is a day beside what it is compared as.
fn is_day(operand: &Operand) -> bool {
    let rest = operand.sql.to_ascii_lowercase();
    let rest = rest.strip_prefix("current_date").map(|rest| rest.trim_start_matches([' ', '+', '-']).to_owned());
    operand.text(&["date"]).is_some()
        || rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
        || is_cast_parameter(&operand.sql)
}

/// True for `$1::date`. What a parameter is without a cast, the client may say.
fn is_cast_parameter(sql: &str) -> bool {
    let number = sql.strip_prefix('$').and_then(|rest| rest.split_once("::"));
    number.is_some_and(|(number, name)| {
        number.trim_end().bytes().all(|b| b.is_ascii_digit()) && name.trim().eq_ignore_ascii_case("date")
    })
}

impl Date {
    /// The day that a literal surely is, whatever `DateStyle` says.
    fn of(operand: &Operand) -> Option<Self> {
        let text = operand.text(&["date"])?;
        let is_shaped = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        if !is_shaped {
            return None;
        }
        let date =
            Self { year: text[..4].parse().ok()?, month: text[5..7].parse().ok()?, day: text[8..].parse().ok()? };
        let exists = (1..=12).contains(&date.month) && (1..=date.days_of_month()).contains(&date.day);
        (exists && (1..9999).contains(&date.year)).then_some(date)
    }

    const fn days_of_month(self) -> u8 {
        match self.month {
            4 | 6 | 9 | 11 => 30,
            2 if self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400)) => 29,
            2 => 28,
            _ => 31,
        }
    }

    const fn next(self) -> Self {
        if self.day < self.days_of_month() {
            Self { day: self.day + 1, ..self }
        } else if self.month < 12 {
            Self { month: self.month + 1, day: 1, ..self }
        } else {
            Self { year: self.year + 1, month: 1, day: 1 }
        }
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Literal;

    fn shown(zone: Option<&str>, predicate: &Predicate) -> String {
        let (before, pieces) = match Day::new("at", zone).turn(predicate) {
            Some(Form::Instead(pieces)) => ("", pieces),
            Some(Form::Also(pieces)) => ("… AND ", pieces),
            None => return "…".into(),
        };
        pieces.iter().fold(before.to_owned(), |out, piece| match piece {
            Piece::Text(text) => out + text,
            Piece::Column(name) => out + name,
        })
    }

    fn literal(text: &str) -> Operand {
        Operand { sql: format!("'{text}'"), literal: Some(Literal::Text(text.into())), type_name: None }
    }

    #[test]
    fn a_day_of_a_fixed_zone_is_a_range() {
        let of = |how, text| shown(None, &Predicate::Compared(how, literal(text)));
        assert_eq!(
            of(Comparison::Equal, "2024-02-28"),
            "(at >= (timestamp '2024-02-28') AND at < (timestamp '2024-02-29'))"
        );
        assert_eq!(of(Comparison::LessOrEqual, "2023-12-31"), "(at < (timestamp '2024-01-01'))");
        assert_eq!(
            of(Comparison::NotEqual, "2100-02-28"),
            "(NOT (at >= (timestamp '2100-02-28') AND at < (timestamp '2100-03-01')))"
        );
        let zoned = shown(Some("UTC"), &Predicate::Compared(Comparison::Greater, literal("2024-02-29")));
        assert_eq!(zoned, "(at >= (timestamp '2024-03-01' AT TIME ZONE 'UTC'))");
    }

    #[test]
    fn where_clocks_are_set_the_comparison_stays() {
        let day = Predicate::Compared(Comparison::Equal, literal("2024-02-28"));
        assert_eq!(
            shown(Some("America/Havana"), &day),
            "… AND at >= ((timestamp '2024-02-28' AT TIME ZONE 'America/Havana') - interval '3 hours') \
             AND at <= ((timestamp '2024-02-29' AT TIME ZONE 'America/Havana') + interval '3 hours')"
        );
    }

    #[test]
    fn a_parameter_is_a_day_where_it_is_cast_to_one() {
        let parameter = |sql: &str| {
            let operand = Operand { sql: sql.into(), literal: None, type_name: None };
            shown(Some("UTC"), &Predicate::Compared(Comparison::GreaterOrEqual, operand)).contains(" - 1 ")
        };
        assert!(!parameter("$1::date") && !parameter("$12 :: DATE"));
        assert!(parameter("$1") && parameter("$1 + $2::date") && parameter("$1::date::timestamptz"));
    }

    #[test]
    fn what_is_surely_no_day_is_left_to_the_server() {
        for text in
            ["2024-02-30", "2023-02-29", "2024-13-01", "0000-01-01", "9999-12-31", "2024-2-01", "infinity", "20240201"]
        {
            assert!(Date::of(&literal(text)).is_none(), "{text}");
        }
        assert!(Date::of(&literal("2024-02-29")).is_some());
        assert_eq!(shown(None, &Predicate::Compared(Comparison::NotEqual, literal("infinity"))), "…");
    }
}
