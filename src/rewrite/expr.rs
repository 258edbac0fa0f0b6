//! Expressions: every reference in them is bound, whatever surrounds it.
//!
//! The match is complete on purpose: a construct that is not listed is not understood, and a statement with it goes on only if
//! it names nothing legacy.

use std::borrow::Cow;

use sqlparser::ast::{
    AccessExpr, ArrayElemTypeDef, BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, Ident, Subscript, WindowType,
};

use super::label;
use super::query::{Around, Locks};
use super::rows::{self, Rows};
use super::scope::{Env, Naming};
use super::strings;
use super::walk::{Refused, Scope, Walk, Walked};
use crate::sql::marks::Mark;
use crate::sql::{names, parse};
use crate::text::Span;

impl<'w> Walk<'w> {
    /// Several expressions in the same scope.
    pub(super) fn exprs<'x>(
        &mut self,
        list: impl IntoIterator<Item = &'x Expr>,
        env: &Env<'_, 'w>,
        around: Around<'_, 'w>,
    ) -> Walked {
        list.into_iter().try_for_each(|expr| self.expr(expr, env, around))
    }

    /// One expression.
    pub(super) fn expr(&mut self, expr: &Expr, env: &Env<'_, 'w>, around: Around<'_, 'w>) -> Walked {
        match expr {
            Expr::Identifier(ident) => match parse::span(ident) {
                Some(span) => self.name(&names::ident(ident), span, Rows::HandedOn, env),
                None => Ok(()),
            },
            Expr::CompoundIdentifier(parts) => self.compound(parts, env),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain, env, around),
            Expr::Value(_) | Expr::Wildcard(_) => Ok(()),
            Expr::TypedString(typed) => self.data_type(&typed.data_type),
            Expr::IsFalse(e)
            | Expr::IsNotFalse(e)
            | Expr::IsTrue(e)
            | Expr::IsNotTrue(e)
            | Expr::IsUnknown(e)
            | Expr::IsNotUnknown(e)
            | Expr::Nested(e)
            | Expr::UnaryOp { expr: e, .. }
            | Expr::Collate { expr: e, .. }
            | Expr::Extract { expr: e, .. }
            | Expr::Ceil { expr: e, .. }
            | Expr::Floor { expr: e, .. }
            | Expr::IsNormalized { expr: e, .. }
            | Expr::IsJson { expr: e, .. }
            | Expr::Named { expr: e, .. } => self.expr(e, env, around),
            Expr::IsNull(e) | Expr::IsNotNull(e) => {
                self.table_as_presence(e)?;
                self.read(e, Rows::Values, env, around)
            }
            Expr::Interval(interval) => self.expr(&interval.value, env, around),
            Expr::IsDistinctFrom(a, b) | Expr::IsNotDistinctFrom(a, b) => {
                self.operands(&BinaryOperator::Eq, [&**a, &**b], env, around)
            }
            Expr::BinaryOp { left, op, right } => self.operands(op, [&**left, &**right], env, around),
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => {
                self.exprs([&**left, &**right], env, around)
            }
            Expr::AtTimeZone { timestamp, time_zone } => self.exprs([&**timestamp, &**time_zone], env, around),
            Expr::Position { expr, r#in } => self.exprs([&**expr, &**r#in], env, around),
            Expr::Between { expr, low, high, .. } => self.exprs([&**expr, &**low, &**high], env, around),
            Expr::Like { expr, pattern, escape_char, .. }
            | Expr::ILike { expr, pattern, escape_char, .. }
            | Expr::SimilarTo { expr, pattern, escape_char, .. } => {
                self.exprs([&**expr, &**pattern], env, around)?;
                self.exprs(escape_char.as_deref(), env, around)
            }
            Expr::InList { expr, list, .. } if !list.iter().any(rows::is_untyped) => {
                self.tables_as_values(list.iter().chain([&**expr]))?;
                self.read(expr, Rows::Values, env, around)?;
                self.reads(list, env, around)
            }
            Expr::InList { expr, list, .. } => {
                self.expr(expr, env, around)?;
                self.exprs(list, env, around)
            }
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                self.expr(expr, env, around)?;
                self.exprs(substring_from.as_deref(), env, around)?;
                self.exprs(substring_for.as_deref(), env, around)
            }
            Expr::Trim { trim_what, expr, trim_characters, .. } => {
                self.expr(expr, env, around)?;
                self.exprs(trim_what.as_deref(), env, around)?;
                self.exprs(trim_characters.iter().flatten(), env, around)
            }
            Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                self.exprs([&**expr, &**overlay_what, &**overlay_from], env, around)?;
                self.exprs(overlay_for.as_deref(), env, around)
            }
            Expr::Cast { expr, data_type, .. } => self.cast(expr, data_type, env, around),
            Expr::Case { operand, conditions, else_result, .. } => {
                self.exprs(operand.as_deref(), env, around)?;
                self.exprs(conditions.iter().flat_map(|w| [&w.condition, &w.result]), env, around)?;
                self.exprs(else_result.as_deref(), env, around)
            }
            Expr::Tuple(list) => self.elements(list, env, around),
            Expr::Array(array) => self.exprs(&array.elem, env, around),
            Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => {
                self.exprs(sets.iter().flatten(), env, around)
            }
            Expr::InSubquery { expr, subquery, .. } => {
                self.expr(expr, env, around)?;
                self.sublink(subquery, env, around)
            }
            Expr::Exists { subquery, .. } | Expr::Subquery(subquery) => self.sublink(subquery, env, around),
            Expr::Function(function) => self.call(function, env, around),
            _ => Err(Refused::not_understood("an expression of this kind", start_of(expr))),
        }
    }

    fn call(&mut self, function: &Function, env: &Env<'_, 'w>, around: Around<'_, 'w>) -> Walked {
        match self.treatment(function) {
            // A column of a row by its name: of what row has to be known.
            Rows::HandedOn if self.is_projection(function, env) => {
                if self.called_column(function, env)? {
                    return Ok(());
                }
                self.apart(|walk| walk.function(function, Rows::Values, env, around))
            }
            rows => self.function(function, rows, env, around),
        }
    }

    fn cast(&mut self, expr: &Expr, data_type: &DataType, env: &Env<'_, 'w>, around: Around<'_, 'w>) -> Walked {
        self.data_type(data_type)?;
        if strings::is_number(data_type) {
            self.tables_as_values([expr])?;
        }
        if !rows::is_text(data_type) {
            if self.is_printed(expr) {
                self.printed(expr, data_type)?;
            }
            return self.expr(expr, env, around);
        }
        if let Expr::Cast { expr, data_type, .. } = expr {
            self.printed(expr, data_type)?;
        }
        self.reads([expr], env, around)
    }

    fn sublink(&mut self, query: &sqlparser::ast::Query, env: &Env<'_, 'w>, around: Around<'_, 'w>) -> Walked {
        let start = self.read.len();
        let walked = self.query(query, Around { outer: Some(env), ctes: around.ctes, locks: Locks::None });
        self.below.push(start..self.read.len());
        walked.map(drop)
    }

    /// `a.b`, `a.b.c`.
    fn compound(&mut self, parts: &[Ident], env: &Env<'_, 'w>) -> Walked {
        if let [row @ .., last] = parts
            && Mark::Star.is(last)
        {
            return self.whole_row(row, Rows::HandedOn, env);
        }
        let spans: Option<Vec<(Cow<'_, str>, Span)>> =
            parts.iter().map(|part| Some((names::ident(part), parse::span(part)?))).collect();
        match spans {
            Some(spans) => self.qualified(&spans, env),
            None => Err(Refused::not_understood("a name without a place in the text", None)),
        }
    }

    /// `t.col[1].field`: the names up to the first subscript are a column reference, what follows are fields of its value.
    fn access(&mut self, root: &Expr, chain: &[AccessExpr], env: &Env<'_, 'w>, around: Around<'_, 'w>) -> Walked {
        let mut names: Vec<Ident> = match root {
            Expr::Identifier(ident) => vec![ident.clone()],
            Expr::CompoundIdentifier(parts) => parts.clone(),
            _ => Vec::new(),
        };
        let mut rest = chain;
        if !names.is_empty() {
            while let [AccessExpr::Dot(Expr::Identifier(field)), tail @ ..] = rest {
                names.push(field.clone());
                rest = tail;
            }
        }
        match names.as_slice() {
            [] if rows::reads_field(chain) => {
                if !self.field(root, chain, env)? {
                    self.apart(|walk| walk.read(root, Rows::Values, env, around))?;
                }
            }
            [] => self.expr(root, env, around)?,
            [name] => self.expr(&Expr::Identifier(name.clone()), env, around)?,
            parts => self.compound(parts, env)?,
        }
        for step in rest {
            match step {
                AccessExpr::Dot(Expr::Identifier(_)) => {}
                AccessExpr::Dot(_) => return Err(Refused::not_understood("this access to a field", start_of(root))),
                AccessExpr::Subscript(Subscript::Index { index }) => self.expr(index, env, around)?,
                AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                    self.exprs(lower_bound, env, around)?;
                    self.exprs(upper_bound, env, around)?;
                    self.exprs(stride, env, around)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn function(
        &mut self,
        function: &Function,
        rows: Rows,
        env: &Env<'_, 'w>,
        around: Around<'_, 'w>,
    ) -> Walked {
        if !matches!(function.parameters, FunctionArguments::None) {
            return Err(Refused::not_understood("a parametric function", None));
        }
        self.definition(function)?;
        match &function.args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => self.sublink(query, env, around)?,
            FunctionArguments::List(list) => {
                self.tables_of_call(&function.name, &list.args)?;
                self.refuse_name_of_table(function)?;
                let counts = label::is_count(&function.name, &function.args);
                // `ROW(t.*)` is a row of all columns of `t`.
                let stars = if label::is_row(&function.name) { Rows::Values } else { rows };
                for arg in &list.args {
                    match arg {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
                            if stars != rows && rows == Rows::HandedOn =>
                        {
                            self.elements([expr], env, around)?;
                        }
                        FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(_)) if counts => {}
                        FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
                            let parts: Vec<Ident> = name.0.iter().filter_map(|p| p.as_ident()).cloned().collect();
                            // `ROW(t.*)` is a row of all columns of `t`, not of its row.
                            if label::is_row(&function.name) {
                                self.apart(|walk| walk.whole_row(&parts, stars, env))?;
                            } else {
                                self.whole_row(&parts, stars, env)?;
                            }
                        }
                        _ => self.argument(arg, counts, rows, env, around)?,
                    }
                    if label::names_its_arguments(&function.name) {
                        self.keep_argument_name(arg)?;
                    }
                }
                for clause in &list.clauses {
                    self.argument_clause(clause, env, around)?;
                }
            }
        }
        self.apart(|walk| walk.reads(function.within_group.iter().map(|o| &o.expr), env, around))?;
        match &function.filter {
            // Over a window it is asked behind the grouping, where the expression itself is what GROUP BY knows.
            Some(filter) if function.over.is_some() => self.expr(filter, env, around)?,
            Some(filter) => self.condition(filter, env, around)?,
            None => {}
        }
        match &function.over {
            Some(WindowType::WindowSpec(spec)) => self.window(spec, env, around),
            Some(WindowType::NamedWindow(_)) | None => Ok(()),
        }
    }

    /// An argument; the name of a named one is the function's.
    fn argument(
        &mut self,
        arg: &FunctionArg,
        counts: bool,
        rows: Rows,
        env: &Env<'_, 'w>,
        around: Around<'_, 'w>,
    ) -> Walked {
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) = arg;
        match arg {
            // A row counts by being there or not, whatever its columns are called.
            FunctionArgExpr::Expr(expr) if counts && rows::row_of(expr, env).is_some() => Ok(()),
            FunctionArgExpr::Expr(expr) if rows == Rows::HandedOn => self.expr(expr, env, around),
            FunctionArgExpr::Expr(expr) => self.read(expr, rows, env, around),
            FunctionArgExpr::Wildcard => Ok(()),
            FunctionArgExpr::QualifiedWildcard(_) | FunctionArgExpr::WildcardWithOptions(_) => {
                Err(Refused::not_understood("a star with options", None))
            }
        }
    }

    /// `xmlforest(rating)` → `xmlforest((CASE …) AS rating)`: the element is called like the column.
    fn keep_argument_name(&mut self, arg: &FunctionArg) -> Walked {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else { return Ok(()) };
        let parts = match expr {
            Expr::Identifier(ident) => std::slice::from_ref(ident),
            Expr::CompoundIdentifier(parts) => parts.as_slice(),
            _ => return Ok(()),
        };
        let spans = parts.first().and_then(parse::span).zip(parts.last().and_then(parse::span));
        let (Some((first, last)), Some(ident)) = (spans, parts.last()) else { return Ok(()) };
        if !self.replaced.contains(&first.start) {
            return Ok(());
        }
        let name = names::ident(ident);
        // As a column's name it is escaped otherwise than as an alias.
        if name.contains(':') || name.to_ascii_lowercase().starts_with("xml") {
            return Err(Refused::unsupported(format!("an element called like `{name}`"), Some(first.start)));
        }
        self.edit(Span::at(last.end), format!(" AS {}", names::quote(&name)), "label", Scope::SelectList)
    }

    fn argument_clause(
        &mut self,
        clause: &FunctionArgumentClause,
        env: &Env<'_, 'w>,
        around: Around<'_, 'w>,
    ) -> Walked {
        match clause {
            FunctionArgumentClause::OrderBy(list) => {
                self.apart(|walk| walk.reads(list.iter().map(|o| &o.expr), env, around))
            }
            FunctionArgumentClause::JsonNullClause(_) => Ok(()),
            FunctionArgumentClause::JsonReturningClause(returning) => self.data_type(&returning.data_type),
            _ => Err(Refused::not_understood("a clause in a function's arguments", None)),
        }
    }

    /// A table's name is also the name of its row type, which has the current columns.
    fn data_type(&mut self, data_type: &DataType) -> Walked {
        let name = match data_type {
            DataType::Custom(name, _) => name,
            DataType::Array(ArrayElemTypeDef::SquareBracket(inner, _)) => return self.data_type(inner),
            _ => return Ok(()),
        };
        let Some(ident) = name.0.last().and_then(|p| p.as_ident()) else { return Ok(()) };
        let named = names::ident(ident);
        if self.naming == Naming::Legacy && !self.world.tables_named(&named).is_empty() {
            let at = parse::span(ident).map(|s| s.start);
            return Err(Refused::unsupported(format!("the row type `{named}`"), at));
        }
        Ok(())
    }
}

/// Where an expression begins, for an error.
fn start_of(expr: &Expr) -> Option<usize> {
    use sqlparser::ast::Spanned;
    parse::span_of(expr.span()).map(|s| s.start)
}
