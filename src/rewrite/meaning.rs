//! What a legacy column means in one database, as SQL.
//!
//! `record_date = { column = "timestamp_utc", date = true }` becomes `(({q}.timestamp_utc AT TIME ZONE 'UTC')::date)`, where
//! `{q}` is the alias at hand. The text is made once for each world; a statement only fills in the alias.

use std::borrow::Cow;
use std::sync::Arc;

use super::inverse::Inverse;
use crate::catalog::{Column as RealColumn, Relation, RelationKind};
use crate::mapping::{Column, Constant, Decimal, Filter, Kind, Mapping, Pair, Piece, type_name};
use crate::sql::names;

/// What one column name of a mapped table stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// A column of both namings.
    Real,
    /// A column that only the current naming has.
    Current,
    /// A legacy column, by its place in `Table::replacements`.
    Mapped(usize),
    /// A legacy column whose current column does not exist: its name.
    Broken(String),
}

/// The SQL for one legacy column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replacement {
    /// The legacy name.
    pub legacy: Arc<str>,
    /// The kind's word, for metrics.
    pub kind: &'static str,
    /// What it reads, for hints: `kwh_consumed`.
    pub became: Arc<str>,
    /// Text and columns in turn; a computed one stands in parentheses.
    pub pieces: Vec<Piece>,
    /// False when it may give a value for a row that is not there: a constant, an expression with a default.
    pub is_strict: bool,
    /// True for a computed column that is a condition: the planner may turn such a one round (`NOT (n = 0)` is `n <> 0`).
    pub is_condition: bool,
    /// What a filter on it says of its column.
    pub inverse: Option<Inverse>,
    /// Its type, where that is not the type of the column that it is.
    pub type_name: Option<String>,
    /// The declared type if it has a modifier, such as `numeric(10,2)`: a CASE around the value would lose it.
    pub modified_type: Option<String>,
}

/// How a row that is there differs from one that an outer join made up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Presence {
    /// This column is never NULL.
    Column(String),
    /// A view has no such column: the row itself.
    Row,
}

/// A replacement for one place: its text, and where in it the columns stand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filled<'w> {
    /// SQL.
    pub text: String,
    /// (byte of the text where a reference begins, the column's stored name); none for the whole row.
    pub references: Vec<(usize, Option<Cow<'w, str>>)>,
}

impl Replacement {
    /// The current column when this is nothing but another name of it.
    #[must_use]
    pub fn renamed(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Column(column)] => Some(column),
            _ => None,
        }
    }

    /// True when it reads no column at all: nothing in it says of which query level it is.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.pieces.iter().all(|p| matches!(p, Piece::Text(_)))
    }

    /// True when its text reads differently without `standard_conforming_strings`.
    #[must_use]
    pub fn needs_conforming_strings(&self) -> bool {
        self.pieces.iter().any(|p| matches!(p, Piece::Text(text) if text.contains('\\')))
    }

    /// The SQL with each column qualified by `qualifier` (SQL, quoted where needed). On the nullable side of an outer join,
    /// `presence` tells a missing row: `CASE WHEN f.feedback_id IS NOT NULL THEN … END`.
    #[must_use]
    pub fn fill<'w>(&'w self, qualifier: &str, presence: Option<&'w Presence>) -> Filled<'w> {
        let guard = presence.filter(|_| !self.is_strict);
        let mut filled = Filled::default();
        if let Some(presence) = guard {
            filled.text.push_str(if self.modified_type.is_some() { "((CASE WHEN " } else { "(CASE WHEN " });
            match presence {
                Presence::Column(column) => {
                    filled.push_column(qualifier, Cow::Borrowed(column));
                    filled.text.push_str(" IS NOT NULL");
                }
                Presence::Row => {
                    filled.references.push((filled.text.len(), None));
                    filled.text.push_str(qualifier);
                    filled.text.push_str(" IS DISTINCT FROM NULL");
                }
            }
            filled.text.push_str(" THEN ");
        }
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.text.push_str(text),
                Piece::Column(column) => filled.push_column(qualifier, Cow::Borrowed(column)),
            }
        }
        match (guard, &self.modified_type) {
            (Some(_), Some(type_name)) => filled.text.extend([" END)::", type_name, ")"]),
            (Some(_), None) => filled.text.push_str(" END)"),
            (None, _) => {}
        }
        filled
    }
}

impl<'w> Filled<'w> {
    /// Text and columns in turn.
    pub fn of(pieces: Vec<Piece>, qualifier: &str) -> Self {
        let mut filled = Self::default();
        for piece in pieces {
            match piece {
                Piece::Text(text) => filled.text.push_str(&text),
                Piece::Column(column) => filled.push_column(qualifier, column.into()),
            }
        }
        filled
    }

    /// Puts `before` in front of it and `after` behind it.
    pub fn enclose(&mut self, before: &str, after: &str) {
        self.text = format!("{before}{}{after}", self.text);
        for (at, _) in &mut self.references {
            *at += before.len();
        }
    }

    /// Appends `qualifier.column`.
    pub fn push_column(&mut self, qualifier: &str, column: Cow<'w, str>) {
        let start = self.text.len();
        self.text.push_str(qualifier);
        self.text.push('.');
        self.text.push_str(&names::quote(&column));
        self.references.push((start, Some(column)));
    }
}

/// What tells that a row of `relation` is there.
#[must_use]
pub fn presence(relation: &Relation) -> Presence {
    let never_null = relation.columns.iter().find(|c| c.not_null).map(|c| c.name.clone());
    match (never_null, relation.kind) {
        (Some(column), _) => Presence::Column(column),
        (None, RelationKind::View) => Presence::Row,
        (None, _) => Presence::Column("tableoid".into()),
    }
}

/// The SQL for one legacy column over `relation`; the missing current column otherwise.
pub fn replacement(mapping: &Mapping, column: &Column, relation: &Relation) -> Result<Replacement, String> {
    if let Some(missing) = column.kind.columns().find(|c| relation.column(c).is_none()) {
        return Err(missing.to_owned());
    }
    let real = column.kind.columns().next().and_then(|c| relation.column(c));
    let pieces = pieces(mapping, column, real);
    let mut columns: Vec<&str> = column.kind.columns().collect();
    columns.sort_unstable();
    columns.dedup();
    let became = if columns.is_empty() { "a constant".into() } else { columns.join(", ") };
    let is_strict = !matches!(column.kind, Kind::Constant(_) | Kind::Expression(_));
    // Only `values` has no type but that of its column, and may be a condition all the same.
    let result = column.type_name.as_deref().or_else(|| real.map(|r| r.type_name.as_str()));
    Ok(Replacement {
        legacy: column.legacy.clone(),
        kind: column.kind.name(),
        became: became.into(),
        pieces,
        is_strict,
        is_condition: !matches!(column.kind, Kind::Rename { .. }) && result == Some("boolean"),
        inverse: inverse(mapping, column, relation),
        type_name: result_type(column, real.map_or("", |r| r.type_name.as_str())),
        modified_type: column.type_name.clone().filter(|name| name.contains('(')),
    })
}

fn pieces(mapping: &Mapping, column: &Column, real: Option<&RealColumn>) -> Vec<Piece> {
    let declared = column.type_name.as_deref();
    let real_type = real.map_or("", |r| r.type_name.as_str());
    let text = |t: String| Piece::Text(t);
    match &column.kind {
        Kind::Rename { column: current } => match declared.filter(|d| !same_type(d, real_type)) {
            None => vec![Piece::Column(current.clone())],
            Some(cast) => vec![text("(".into()), Piece::Column(current.clone()), text(format!("::{cast})"))],
        },
        Kind::Date { column: current } => {
            let cast = declared.unwrap_or("date");
            let (open, close) = if has_time_zone(real_type) {
                ("((", format!(" AT TIME ZONE {})::date", names::quote_string(&mapping.zone)))
            } else {
                ("(", "::date".to_owned())
            };
            let close = if same_type(cast, "date") { close } else { format!("{close}::{cast}") };
            vec![text(open.into()), Piece::Column(current.clone()), text(format!("{close})"))]
        }
        Kind::Linear { column: current, factor, offset } => {
            linear(current, factor.as_ref(), offset.as_ref(), declared, real_type)
        }
        Kind::Values { column: current, values } => chosen(current, values, declared, real_type),
        Kind::Json { column: current, path } => {
            let cast = declared.unwrap_or("text");
            let as_text = !same_type(cast, "json") && !same_type(cast, "jsonb");
            let operator = if as_text { "#>>" } else { "#>" };
            let path = names::quote_string(&array_literal(path));
            // A document of type json yields json; the declared type may be the other one.
            let same = same_type(cast, if as_text { "text" } else { real_type });
            let (open, close) = if same { ("(", ")".to_owned()) } else { ("((", format!(")::{cast})")) };
            vec![text(open.into()), Piece::Column(current.clone()), text(format!(" {operator} {path}{close}"))]
        }
        Kind::Constant(constant) => vec![text(constant_sql(constant, declared))],
        Kind::Expression(template) => {
            let (open, close) = declared.map_or(("(", ")".to_owned()), |cast| ("((", format!(")::{cast})")));
            let inner = template.pieces.iter().cloned();
            std::iter::once(text(open.into())).chain(inner).chain([text(close)]).collect()
        }
    }
}

/// The type of what is read, unless it is `real_type` by itself.
fn result_type(column: &Column, real_type: &str) -> Option<String> {
    let own = match &column.kind {
        Kind::Rename { .. } | Kind::Values { .. } | Kind::Expression(_) => None,
        Kind::Date { .. } => Some("date"),
        Kind::Linear { factor, offset, .. } => Some(match linear_type(factor.as_ref(), offset.as_ref(), real_type) {
            (_, Some(cast)) => cast,
            (base, None) if is_binary(base) => base,
            _ => "numeric",
        }),
        Kind::Json { .. } => Some("text"),
        Kind::Constant(constant) => Some(constant_parts(constant).1),
    };
    column.type_name.as_deref().or(own).map(ToOwned::to_owned)
}

/// `((q.power_kw * 1000 + 5)::numeric(12,2))`. Whole numbers are computed as `numeric`, where they neither overflow nor lose a fraction, and
/// binary ones in double precision.
fn linear(
    current: &str,
    factor: Option<&Decimal>,
    offset: Option<&Decimal>,
    declared: Option<&str>,
    real_type: &str,
) -> Vec<Piece> {
    let (base, own) = linear_type(factor, offset, real_type);
    let is_binary = is_binary(base);
    let number = |d: &Decimal| if is_binary { format!("{}::double precision", d.sql()) } else { d.sql() };
    let mut rest = String::from(if is_whole_number(base) { "::numeric" } else { "" });
    for (operator, decimal) in [(" * ", factor), (" + ", offset)] {
        if let Some(decimal) = decimal {
            rest.push_str(operator);
            rest.push_str(&number(decimal));
        }
    }
    let (open, close) = match declared.or(own).filter(|cast| *cast != "double precision" || !is_binary) {
        Some(cast) => ("((", format!(")::{cast})")),
        None => ("(", ")".to_owned()),
    };
    vec![Piece::Text(open.into()), Piece::Column(current.to_owned()), Piece::Text(rest + &close)]
}

/// The type of the column without its modifier, and that which the result is cast to when none is declared.
fn linear_type<'t>(
    factor: Option<&Decimal>,
    offset: Option<&Decimal>,
    real_type: &'t str,
) -> (&'t str, Option<&'t str>) {
    let base = real_type.split('(').next().unwrap_or_default().trim_end();
    let is_whole = [factor, offset].into_iter().flatten().all(Decimal::is_whole);
    (base, (base == "real" || (is_whole_number(base) && is_whole)).then_some(base))
}

fn is_whole_number(base: &str) -> bool {
    matches!(base, "smallint" | "integer" | "bigint")
}

fn is_binary(base: &str) -> bool {
    matches!(base, "real" | "double precision")
}

/// `(CASE q.estado WHEN 'activo' THEN 'active'::text ELSE q.estado END)`. Every type can be written as text and read from it, so that is
/// the way for values that the map does not have from one type to another.
fn chosen(current: &str, values: &[Pair], declared: Option<&str>, real_type: &str) -> Vec<Piece> {
    let result = declared.unwrap_or(real_type);
    let mut whens = String::new();
    for Pair { legacy, current } in values {
        let (when, then) = (names::quote_string(current), names::quote_string(legacy));
        whens.extend([" WHEN ", &when, " THEN ", &then, "::", result]);
    }
    whens.push_str(" ELSE ");
    let end = if same_type(result, real_type) { " END)".to_owned() } else { format!("::text::{result} END)") };
    let column = || Piece::Column(current.to_owned());
    vec![Piece::Text("(CASE ".into()), column(), Piece::Text(whens), column(), Piece::Text(end)]
}

/// How the column is undone; none where the expression itself serves a filter, or nothing else does.
fn inverse(mapping: &Mapping, column: &Column, relation: &Relation) -> Option<Inverse> {
    let declared = column.type_name.as_deref();
    let real_type = column.kind.columns().next().and_then(|c| relation.column(c)).map_or("", |r| r.type_name.as_str());
    match &column.kind {
        Kind::Date { column: current } => {
            let zone = has_time_zone(real_type).then_some(mapping.zone.as_str());
            real_type.starts_with("timestamp").then(|| Inverse::of_day(current, zone))
        }
        Kind::Linear { column: current, factor, offset } => {
            Inverse::of_linear(current, real_type, declared, factor.as_ref(), offset.as_ref())
        }
        Kind::Values { column: current, values } => Some(Inverse::of_values(current, real_type, declared, values)),
        _ => {
            let is_there = |filter: &&Filter| filter.condition.columns().all(|c| relation.column(c).is_some());
            let filters: Vec<Filter> = column.filters.iter().filter(is_there).cloned().collect();
            (!filters.is_empty()).then_some(Inverse::Given(filters))
        }
    }
}

/// `timestamp with time zone`, with or without a precision.
fn has_time_zone(type_name: &str) -> bool {
    let name = type_name.trim().to_ascii_lowercase();
    name.starts_with("timestamptz") || (name.starts_with("timestamp") && name.ends_with("with time zone"))
}

/// A cast, never a bare literal: `ORDER BY 1` would sort by the first output column.
fn constant_sql(constant: &Constant, declared: Option<&str>) -> String {
    let (value, own_type) = constant_parts(constant);
    format!("({value}::{})", declared.unwrap_or(own_type))
}

/// The literal and its type.
fn constant_parts(constant: &Constant) -> (String, &'static str) {
    match constant {
        Constant::Text(value) => (names::quote_string(value), "text"),
        Constant::Integer(value) if i32::try_from(*value).is_ok() => (format!("'{value}'"), "integer"),
        Constant::Integer(value) => (format!("'{value}'"), "bigint"),
        Constant::Float(value) => (format!("'{value}'"), "double precision"),
        Constant::Boolean(value) => (format!("'{value}'"), "boolean"),
    }
}

/// `{"a","b c"}`: each element quoted, so that no character of a key has a meaning.
fn array_literal(path: &[String]) -> String {
    let quoted: Vec<String> =
        path.iter().map(|step| format!("\"{}\"", step.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    format!("{{{}}}", quoted.join(","))
}

/// True when both spell the same type, typmod included.
#[must_use]
pub fn same_type(one: &str, other: &str) -> bool {
    let canonical = |name: &str| type_name::canonical(name).unwrap_or_else(|_| name.to_owned());
    one == other || canonical(one) == canonical(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_aliases_are_the_same_type_and_typmods_are_not() {
        assert!(same_type("timestamptz", "timestamp with time zone"));
        assert!(same_type("numeric(10, 2)", "decimal(10,2)"));
        assert!(!same_type("numeric(10,2)", "numeric"));
        assert!(same_type("int4[]", "integer[]"));
    }

    #[test]
    fn json_paths_are_quoted_twice() {
        assert_eq!(array_literal(&["a".into(), "b\"c".into()]), r#"{"a","b\"c"}"#);
    }
}
