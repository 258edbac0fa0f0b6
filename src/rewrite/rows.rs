//! Whole rows: `t`, `t.*` as a value, `(t).*`, `(t).column`, `column(t)`.
//!
//! A row of a mapped table is right where it is read by the names, the order or the values of its columns: by `row_to_json(t)`, `t = u`,
//! `t IS NULL`, `t::text`. There it is written out ([`super::inline`]), or the table is a derived one in its legacy shape
//! ([`super::derived`]), whose rows are that. Their type has no name, though: where a row is handed on, as a column of the result or to a
//! function that may ask for its type, the statement is refused. `expr` asks here about each operand.

use std::rc::Rc;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Value,
};

use super::label;
use super::query::{Around, Labels};
use super::scope::{Env, Found, Shape, Source};
use super::walk::{Bound, Place, Refused, Scope, Walk, Walked, qualifier};
use crate::sql::marks::Mark;
use crate::sql::{names, parse};
use crate::text::Span;

/// What becomes of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rows {
    /// The values of its columns are read, in their order; nothing shows its type.
    Values,
    /// Their names are read, too.
    Names,
    /// It goes on as it is, its type with it.
    HandedOn,
}

/// Functions that read the values of a row and know nothing of its type.
const OF_VALUES: [&str; 9] = [
    "concat",
    "concat_ws",
    "count",
    "format",
    "hash_record",
    "hash_record_extended",
    "num_nonnulls",
    "num_nulls",
    "xmlforest",
];

/// The same for those that read the names, too.
const OF_NAMES: [&str; 16] = [
    "array_to_json",
    "json_agg",
    "json_array",
    "json_arrayagg",
    "json_build_array",
    "json_build_object",
    "json_object",
    "json_object_agg",
    "json_objectagg",
    "jsonb_agg",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_object_agg",
    "row_to_json",
    "to_json",
    "to_jsonb",
];

/// Functions whose result is a row, or an array of rows, where their arguments are.
const CARRIERS: [&str; 3] = ["array_agg", "coalesce", "nullif"];

impl<'w> Walk<'w> {
    /// The whole row of `source`, named at `span`.
    pub(super) fn row(&mut self, source: &Source<'w>, rows: Rows, span: Span) -> Walked {
        if self.can_inline(source, rows) {
            return self.inline_row(source, rows, span);
        }
        self.asks_for_row(source, rows, span)?;
        self.bound.push((Place::Source(span.start), Bound::Row(source.number)));
        Ok(())
    }

    /// Takes care that the row of `source` is that of the legacy table.
    fn asks_for_row(&mut self, source: &Source<'w>, rows: Rows, span: Span) -> Walked {
        let refused =
            || Err(Refused::unsupported(format!("a whole row (`{}`)", span.text(self.source)), Some(span.start)));
        let is_plain = match (source.mapped(), &source.shape) {
            (Some(table), _) => table.has_plain_rows() && !table.is_renamed(),
            (None, shape) => shape.is_none(),
        };
        // Of a row with a list of column aliases, the names are still those of the table, and of a derived table those of the list.
        let renamed = source.shape.as_ref().is_some_and(Shape::is_renamed);
        match source.mapped() {
            _ if !is_plain && rows == Rows::HandedOn => refused(),
            _ if renamed && rows == Rows::Names => refused(),
            _ if source.has_extra(|_| true) => refused(),
            // The next walk finds it in its shape.
            Some(table) if !table.has_plain_rows() && !self.shape(source, true) => refused(),
            _ => Ok(()),
        }
    }

    /// Expressions whose values are only read.
    pub(super) fn reads<'x>(
        &mut self,
        list: impl IntoIterator<Item = &'x Expr>,
        env: &Env<'_, 'w>,
        around: Around<'_, 'w>,
    ) -> Walked {
        list.into_iter().try_for_each(|expr| self.read(expr, Rows::Values, env, around))
    }

    /// An expression that is only read, and how, should it be a row.
    pub(super) fn read(&mut self, expr: &Expr, rows: Rows, env: &Env<'_, 'w>, around: Around<'_, 'w>) -> Walked {
        match expr {
            Expr::Nested(inner) | Expr::Named { expr: inner, .. } => self.read(inner, rows, env, around),
            Expr::Identifier(ident) => match parse::span(ident) {
                Some(span) => self.name(&names::ident(ident), span, rows, env),
                None => Ok(()),
            },
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [row @ .., last] if Mark::Star.is(last) => self.whole_row(row, rows, env),
                _ => self.expr(expr, env, around),
            },
            Expr::Array(sqlparser::ast::Array { elem: list, .. }) => {
                list.iter().try_for_each(|expr| self.read(expr, rows, env, around))
            }
            // There, `t.*` stands for all columns of `t`.
            Expr::Tuple(list) => self.apart(|walk| list.iter().try_for_each(|expr| walk.read(expr, rows, env, around))),
            Expr::Case { operand, conditions, else_result, .. } => {
                self.exprs(operand.as_deref(), env, around)?;
                self.exprs(conditions.iter().map(|when| &when.condition), env, around)?;
                let mut results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
                results.try_for_each(|expr| self.read(expr, rows, env, around))
            }
            Expr::Function(function) if label::is_row(&function.name) => {
                self.apart(|walk| walk.function(function, rows, env, around))
            }
            Expr::Function(function) if self.is_one_of(function, &CARRIERS) => {
                self.function(function, rows, env, around)
            }
            _ => self.expr(expr, env, around),
        }
    }

    /// Both sides of an operator.
    pub(super) fn operands(
        &mut self,
        operator: &BinaryOperator,
        [left, right]: [&Expr; 2],
        env: &Env<'_, 'w>,
        around: Around<'_, 'w>,
    ) -> Walked {
        use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq, StringConcat};
        let compares = matches!(operator, Eq | NotEq | Lt | LtEq | Gt | GtEq);
        if compares {
            self.tables_as_values([left, right])?;
        }
        // What has no type of its own takes that of the row.
        let typed = compares && ![left, right].into_iter().any(is_untyped);
        if typed || *operator == StringConcat {
            self.reads([left, right], env, around)
        } else {
            self.exprs([left, right], env, around)
        }
    }

    /// The elements of `ROW(…)`, where `t.*` stands for all columns of `t`, in their order.
    pub(super) fn elements<'x>(
        &mut self,
        list: impl IntoIterator<Item = &'x Expr>,
        env: &Env<'_, 'w>,
        around: Around<'_, 'w>,
    ) -> Walked {
        list.into_iter().try_for_each(|expr| match without_parens(expr) {
            Expr::CompoundIdentifier(parts) if parts.last().is_some_and(|last| Mark::Star.is(last)) => {
                self.apart(|walk| walk.read(expr, Rows::Values, env, around))
            }
            _ => self.expr(expr, env, around),
        })
    }

    /// `t.*` where an expression stands: the row, whatever columns are called `t`.
    pub(super) fn whole_row(&mut self, parts: &[Ident], rows: Rows, env: &Env<'_, 'w>) -> Walked {
        let (schema, source) = match parts {
            [source] => (None, source),
            [.., schema, source] => (Some(names::ident(schema)), source),
            [] => return Ok(()),
        };
        let Some(span) = parse::span(&parts[0]).zip(parse::span(source)).map(|(first, last)| first.to(last)) else {
            return Ok(());
        };
        match env.row(schema.as_deref(), &names::ident(source)) {
            Found::Row(source) if self.can_inline(&source, rows) => match self.star_end(span) {
                Some(end) => self.inline_row(&source, rows, span.to(end)),
                None => self.unedited(Found::Nothing, "*", span),
            },
            Found::Row(source) if schema.is_some() && source.has_lost_its_schema() => {
                self.asks_for_row(&source, rows, span)?;
                let row = std::iter::once((0, None, source.number));
                let rule = "a renamed table is known by its alias only";
                self.splice_in(row, qualifier(&source), span, rule, Scope::Source(&source))
            }
            Found::Row(source) => self.row(&source, rows, span),
            other => self.unedited(other, "*", span),
        }
    }

    /// The star of `t.*`, of which `t` is at `name`.
    fn star_end(&self, name: Span) -> Option<Span> {
        let at = self.tokens.partition_point(|t| t.span.start < name.end) + 1;
        self.tokens.get(at).filter(|t| t.is_operator(self.source, "*")).map(|t| t.span)
    }

    /// How a function treats rows among its arguments.
    pub(super) fn treatment(&self, function: &Function) -> Rows {
        match () {
            () if self.is_one_of(function, &OF_NAMES) => Rows::Names,
            () if self.is_one_of(function, &OF_VALUES) => Rows::Values,
            () => Rows::HandedOn,
        }
    }

    /// True for a function of that name that no user has written anew.
    fn is_one_of(&self, function: &Function, known: &[&str]) -> bool {
        let Some(name) = function.name.0.last().and_then(|p| p.as_ident()).map(names::ident) else { return false };
        known.contains(&&*name) && self.world.catalog.functions_named(&name).next().is_none()
    }

    /// `rating(t)`: a column of the row, unless there is a function of that name.
    pub(super) fn is_projection(&self, function: &Function, env: &Env<'_, 'w>) -> bool {
        let [name] = function.name.0.as_slice() else { return false };
        let FunctionArguments::List(list) = &function.args else { return false };
        let ([FunctionArg::Unnamed(FunctionArgExpr::Expr(row))], Some(name)) = (list.args.as_slice(), name.as_ident())
        else {
            return false;
        };
        let name = names::ident(name);
        let has = |source: Rc<Source<'w>>| {
            let shown = source.labels().is_some_and(|all| all.iter().any(|label| **label == *name));
            shown || source.mapped().is_some_and(|table| table.has_legacy(&name))
        };
        self.world.catalog.functions_named(&name).next().is_none() && row_of(row, env).is_some_and(has)
    }
}

/// The source whose whole row an expression is.
pub(super) fn row_of<'w>(expr: &Expr, env: &Env<'_, 'w>) -> Option<Rc<Source<'w>>> {
    let found = match without_parens(expr) {
        Expr::Identifier(name) => env.name(&names::ident(name)),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [row @ .., last] if Mark::Star.is(last) => {
                let schema = row.len().checked_sub(2).map(|at| names::ident(&row[at]));
                env.row(schema.as_deref(), &names::ident(row.last()?))
            }
            _ => return None,
        },
        _ => return None,
    };
    match found {
        Found::Row(source) => Some(source),
        _ => None,
    }
}

/// The columns of `(t).*` and `(t.*)`.
pub(super) fn star_of(expr: &Expr, env: &Env<'_, '_>) -> Labels {
    match without_parens(expr) {
        Expr::CompoundFieldAccess { root, access_chain } if access_chain.len() == 1 => row_of(root, env)?.labels(),
        expr => row_of(expr, env)?.labels(),
    }
}

fn without_parens(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => without_parens(inner),
        _ => expr,
    }
}

/// `(t).column`, `(t).*`
pub(super) fn reads_field(chain: &[AccessExpr]) -> bool {
    matches!(chain.first(), Some(AccessExpr::Dot(Expr::Identifier(_))))
}

/// Types that hold what a row is as text, and `record`, which every row is.
pub(super) fn is_text(data_type: &DataType) -> bool {
    let name = data_type.to_string().to_ascii_lowercase();
    let name = name.rsplit('.').next().unwrap_or_default();
    let name = name.split(['(', ' ']).next().unwrap_or_default();
    matches!(name, "text" | "varchar" | "character" | "char" | "bpchar" | "name" | "record")
}

/// A string or a parameter.
pub(super) fn is_untyped(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_untyped(inner),
        Expr::Value(value) => !matches!(value.value, Value::Null),
        _ => false,
    }
}
