//! The types of a query's columns, as far as its text and the catalog tell them: what [`super::introspect`] shows of a table that is a query.
//!
//! A column has its own type, a cast the one that it names, and a few functions and operators of the server have a type by their
//! arguments. Of anything else none is told; nothing here decides how a statement is rewritten.

use sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, SelectItem,
    SetExpr, UnaryOperator, Value,
};

use super::walk::{Bound, Place, Walk};
use crate::sql::{names, parse};

/// The types of the output columns of a query that `walk` has walked in current names, without its own text changed.
pub(super) fn types(walk: &Walk<'_>) -> Vec<Option<String>> {
    parse::with_stack(walk.tokens.len(), || {
        let query = parse::query(walk.source, walk.tokens);
        query.ok().and_then(|query| of_query(walk, &query)).unwrap_or_default()
    })
}

fn of_query(walk: &Walk<'_>, query: &Query) -> Option<Vec<Option<String>>> {
    of_set(walk, &query.body)
}

fn of_set(walk: &Walk<'_>, set: &SetExpr) -> Option<Vec<Option<String>>> {
    match set {
        SetExpr::Query(query) => of_query(walk, query),
        SetExpr::Select(select) => select
            .projection
            .iter()
            .map(|item| match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(of_expr(walk, expr)),
                _ => None,
            })
            .collect(),
        SetExpr::SetOperation { left, right, .. } => {
            let (left, right) = (of_set(walk, left)?, of_set(walk, right)?);
            Some(
                left.into_iter()
                    .zip(right)
                    .map(|(left, right)| left.filter(|left| right.as_ref() == Some(left)))
                    .collect(),
            )
        }
        _ => None,
    }
}

fn of_expr(walk: &Walk<'_>, expr: &Expr) -> Option<String> {
    match expr {
        Expr::Nested(inner) => of_expr(walk, inner),
        Expr::Identifier(name) => of_column(walk, parse::span(name)?.start),
        Expr::CompoundIdentifier(parts) => of_column(walk, parse::span(parts.first()?)?.start),
        Expr::Cast { data_type, .. } => Some(written(data_type)),
        Expr::Function(function) => of_function(walk, function),
        Expr::Case { conditions, else_result, .. } => {
            let results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
            let is_null = |result: &&Expr| matches!(result, Expr::Value(value) if value.value == Value::Null);
            same(results.filter(|result| !is_null(result)).map(|result| of_expr(walk, result)))
        }
        Expr::Subquery(query) => match of_query(walk, query)?.as_slice() {
            [one] => one.clone(),
            _ => None,
        },
        Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::Exists { .. }
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::UnaryOp { op: UnaryOperator::Not, .. } => Some("boolean".into()),
        Expr::BinaryOp { left, op, right } => of_operator(walk, left, op, right),
        _ => None,
    }
}

fn of_operator(walk: &Walk<'_>, left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<String> {
    match op {
        BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::Lt
        | BinaryOperator::LtEq
        | BinaryOperator::Gt
        | BinaryOperator::GtEq
        | BinaryOperator::And
        | BinaryOperator::Or => Some("boolean".into()),
        BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply | BinaryOperator::Divide => {
            const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "real", "double precision", "numeric"];
            let sides = [left, right].map(|side| of_expr(walk, side).map(without_modifier));
            same(sides.into_iter()).filter(|name| NUMBERS.contains(&name.as_str()))
        }
        _ => None,
    }
}

/// What the reference that begins at that byte binds to.
fn of_column(walk: &Walk<'_>, at: usize) -> Option<String> {
    let is_it = |(place, _): &&(Place, Bound<'_>)| *place == Place::Source(at);
    let Bound::Column(source, column) = &walk.bound.iter().find(is_it)?.1 else { return None };
    let (_, schema, name) = walk.relations.iter().find(|(number, ..)| number == source)?;
    let column = walk.world.catalog.relation(schema, name)?.column(column)?;
    Some(column.type_name.clone()).filter(|name| !name.is_empty())
}

fn of_function(walk: &Walk<'_>, function: &Function) -> Option<String> {
    let name = names::ident(function.name.0.last()?.as_ident()?).into_owned();
    let FunctionArguments::List(list) = &function.args else { return None };
    let typed = |at: usize| match list.args.get(at)? {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => of_expr(walk, expr),
        _ => None,
    };
    // TimescaleDB's own functions stand in the catalog.
    let is_own = walk.world.catalog.functions_named(&name).next().is_none();
    match name.as_str() {
        "first" | "last" => typed(0).map(without_modifier),
        "time_bucket" => typed(1).map(without_modifier),
        _ if !is_own => None,
        "count" | "row_number" | "rank" | "dense_rank" => Some("bigint".into()),
        "exists" | "bool_and" | "bool_or" | "every" => Some("boolean".into()),
        "min" | "max" => Some(match without_modifier(typed(0)?).as_str() {
            "character varying" => "text".into(),
            plain => plain.to_owned(),
        }),
        "coalesce" | "greatest" | "least" => same((0..list.args.len()).map(typed)),
        "abs" => typed(0).map(without_modifier),
        "date_trunc" => typed(1).map(without_modifier),
        "sum" => Some(match without_modifier(typed(0)?).as_str() {
            "smallint" | "integer" => "bigint".into(),
            "bigint" => "numeric".into(),
            plain @ ("numeric" | "real" | "double precision" | "interval" | "money") => plain.to_owned(),
            _ => return None,
        }),
        "avg" => Some(match without_modifier(typed(0)?).as_str() {
            "smallint" | "integer" | "bigint" | "numeric" => "numeric".into(),
            "real" | "double precision" => "double precision".into(),
            "interval" => "interval".into(),
            _ => return None,
        }),
        _ => None,
    }
}

/// The type that all have.
fn same(mut types: impl Iterator<Item = Option<String>>) -> Option<String> {
    let first = types.next()??;
    types.all(|other| other.as_deref() == Some(&first)).then_some(first)
}

/// A type as a cast names it, nearly as `format_type` would write it.
fn written(data_type: &DataType) -> String {
    let written = data_type.to_string().to_ascii_lowercase();
    let (name, rest) = written.split_at(written.find(['(', '[']).unwrap_or(written.len()));
    let name = match name {
        "varchar" => "character varying",
        "decimal" | "dec" => "numeric",
        "char" | "character" if rest.is_empty() => "character(1)",
        "char" => "character",
        name => name,
    };
    format!("{name}{rest}")
}

/// `numeric(10,2)` → `numeric`, `timestamp(3) with time zone` → `timestamp with time zone`.
fn without_modifier(type_name: String) -> String {
    match type_name.split_once('(').and_then(|(before, rest)| Some((before, rest.split_once(')')?.1))) {
        Some((before, after)) => format!("{before}{after}"),
        None => type_name,
    }
}
