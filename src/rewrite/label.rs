//! The name of an unnamed output column, after Postgres's `FigureColnameInternal` (`parse_target.c`).
//!
//! `SELECT max(x), y::date, CASE … END` gives `max`, `y`, `case`. A rewritten reference would change such names, so the walk asks
//! which reference a name comes from and adds `AS` where it was replaced.

use sqlparser::ast::{
    AccessExpr, DataType, Expr, FunctionArguments, ObjectName, Query, SelectItem, SetExpr, TrimWhereField,
};

use crate::sql::marks::Mark;
use crate::sql::{names, parse};

/// An output name and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// `?column?` when there is no better one.
    pub name: String,
    /// The start of the column reference that gave it.
    pub from: Option<usize>,
}

/// How much a name is worth: a type's name gives way to the name of what is cast.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Weak,
    Strong,
}

type Figured = Option<(String, Option<usize>, Strength)>;

/// The name that Postgres gives to an output column with this expression.
#[must_use]
pub fn label(expr: &Expr) -> Label {
    let (name, from) = figure(expr).map_or_else(|| ("?column?".to_owned(), None), |(name, from, _)| (name, from));
    Label { name, from }
}

/// The name of a query's first output column; none when a star hides it.
#[must_use]
pub fn first_label(query: &Query) -> Option<String> {
    let mut body = query.body.as_ref();
    loop {
        match body {
            SetExpr::SetOperation { left, .. } => body = left.as_ref(),
            SetExpr::Query(inner) => body = inner.body.as_ref(),
            SetExpr::Select(select) => {
                return match select.projection.first()? {
                    SelectItem::UnnamedExpr(expr) if !is_star(expr) => Some(label(expr).name),
                    SelectItem::ExprWithAlias { alias, .. } => Some(names::ident(alias).into_owned()),
                    _ => None,
                };
            }
            SetExpr::Values(_) => return Some("column1".into()),
            _ => return None,
        }
    }
}

/// A name that the expression's own kind gives.
fn strong(name: &str) -> (String, Option<usize>, Strength) {
    (name.to_owned(), None, Strength::Strong)
}

fn figure(expr: &Expr) -> Figured {
    match expr {
        Expr::Identifier(ident) => {
            Some((names::ident(ident).into_owned(), parse::span(ident).map(|s| s.start), Strength::Strong))
        }
        Expr::CompoundIdentifier(parts) => {
            let start = parts.first().and_then(parse::span).map(|s| s.start);
            let last = parts.iter().rev().find(|part| !Mark::Star.is(part))?;
            Some((names::ident(last).into_owned(), start, Strength::Strong))
        }
        Expr::CompoundFieldAccess { root, access_chain } => access(root, access_chain),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => figure(inner),
        Expr::Cast { expr, data_type, .. } => {
            figure(expr).filter(|f| f.2 == Strength::Strong).or_else(|| type_name(data_type))
        }
        Expr::TypedString(typed) => type_name(&typed.data_type),
        Expr::Interval(_) => Some(("interval".into(), None, Strength::Weak)),
        Expr::Function(function) => {
            // `rating(t)`, a column of `t`.
            let start = function.name.0.first().and_then(|part| parse::span(part.as_ident()?)).map(|span| span.start);
            function_name(&function.name).map(|(name, _, strength)| (name, start, strength))
        }
        Expr::Case { else_result, .. } => {
            let of_else = else_result.as_deref().and_then(figure).filter(|f| f.2 == Strength::Strong);
            of_else.or_else(|| Some(("case".into(), None, Strength::Weak)))
        }
        Expr::Exists { .. } => Some(strong("exists")),
        Expr::Subquery(query) => Some(strong(&first_label(query).unwrap_or_else(|| "?column?".into()))),
        Expr::Array(_) => Some(strong("array")),
        Expr::Tuple(_) => Some(strong("row")),
        Expr::AtTimeZone { .. } => Some(strong("timezone")),
        Expr::Extract { .. } => Some(strong("extract")),
        Expr::Ceil { .. } => Some(strong("ceil")),
        Expr::Floor { .. } => Some(strong("floor")),
        Expr::Position { .. } => Some(strong("position")),
        Expr::Substring { shorthand, .. } => Some(strong(if *shorthand { "substr" } else { "substring" })),
        Expr::Trim { trim_where, .. } => Some(strong(match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            Some(TrimWhereField::Both) | None => "btrim",
        })),
        Expr::Overlay { .. } => Some(strong("overlay")),
        _ => None,
    }
}

/// `t.col[1]` is named `col`, `(x).field` is named `field`, `x[1]` like `x`.
fn access(root: &Expr, chain: &[AccessExpr]) -> Figured {
    let last_field = chain.iter().rev().find_map(|step| match step {
        AccessExpr::Dot(Expr::Identifier(field)) => Some(names::ident(field).into_owned()),
        _ => None,
    });
    let Some(field) = last_field else { return figure(root) };
    let start = match root {
        Expr::Identifier(ident) => parse::span(ident).map(|s| s.start),
        Expr::CompoundIdentifier(parts) => parts.first().and_then(parse::span).map(|s| s.start),
        // `(t).a`, where the row is found by its name.
        Expr::Nested(row) => figure(row).and_then(|(_, from, _)| from),
        _ => None,
    };
    Some((field, start, Strength::Strong))
}

fn function_name(name: &ObjectName) -> Figured {
    let last = name.0.last()?.as_ident()?;
    let name = names::ident(last);
    // `current_timestamp(3)` and `ARRAY(SELECT …)` come as functions too, under their own words.
    Some((name.into_owned(), None, Strength::Strong))
}

/// The internal name of a type, which is what a cast gives.
fn type_name(data_type: &DataType) -> Figured {
    let name = match data_type {
        DataType::Array(sqlparser::ast::ArrayElemTypeDef::SquareBracket(inner, _)) => return type_name(inner),
        DataType::Custom(name, _) => return function_name(name).map(|(n, from, _)| (n, from, Strength::Weak)),
        other => internal_name(&other.to_string()),
    };
    Some((name, None, Strength::Weak))
}

fn internal_name(spelled: &str) -> String {
    let lower = spelled.to_ascii_lowercase();
    let base = lower.split(['(', '[']).next().unwrap_or_default().trim();
    let with_zone = lower.contains("with time zone") && !lower.contains("without");
    match base.split_whitespace().next().unwrap_or_default() {
        "int" | "integer" | "int4" => "int4",
        "bigint" | "int8" => "int8",
        "smallint" | "int2" => "int2",
        "double" | "float" | "float8" => "float8",
        "real" | "float4" => "float4",
        "boolean" | "bool" => "bool",
        "decimal" | "numeric" | "dec" => "numeric",
        "varchar" => "varchar",
        "character" | "char" if lower.contains("varying") => "varchar",
        "character" | "char" => "bpchar",
        "timestamp" if with_zone => "timestamptz",
        "time" if with_zone => "timetz",
        "bit" if lower.contains("varying") => "varbit",
        other => return other.to_owned(),
    }
    .to_owned()
}

/// True for an expression that gives all fields of a value, as many columns: `(f(x)).*`, `(t.*)`.
#[must_use]
pub fn is_star(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_star(inner),
        Expr::CompoundIdentifier(parts) => parts.last().is_some_and(|last| Mark::Star.is(last)),
        Expr::CompoundFieldAccess { access_chain, .. } => {
            matches!(access_chain.last(), Some(AccessExpr::Dot(Expr::Identifier(field))) if Mark::Star.is(field))
        }
        _ => false,
    }
}

/// True for `ROW(…)`.
#[must_use]
pub fn is_row(name: &ObjectName) -> bool {
    matches!(name.0.as_slice(), [part] if part.as_ident().is_some_and(|i| i.quote_style.is_none() && names::ident(i) == "row"))
}

/// True for the functions that call what they make after their arguments.
#[must_use]
pub fn names_its_arguments(name: &ObjectName) -> bool {
    let called = name.0.last().and_then(|p| p.as_ident()).map(names::ident);
    called.is_some_and(|called| matches!(&*called, "xmlforest" | "xmlattributes"))
}

/// True when a function call is `count(…)`: it counts rows that are not null and never shows what is in them.
#[must_use]
pub fn is_count(name: &ObjectName, args: &FunctionArguments) -> bool {
    let named_count = name.0.last().and_then(|p| p.as_ident()).is_some_and(|i| names::ident(i) == "count");
    let plain =
        matches!(args, FunctionArguments::List(list) if list.duplicate_treatment.is_none() && list.args.len() == 1);
    named_count && plain
}
