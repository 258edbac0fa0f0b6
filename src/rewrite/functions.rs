//! Functions in FROM, alone and in `ROWS FROM`: their arguments, and which columns their results have.

use std::rc::Rc;

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, TableAlias};

use super::from::{alias_name, declared, one, renamed_or_declared};
use super::query::{Around, Labels};
use super::scope::{Env, Namespace};
use super::walk::{Refused, Walk, Walked};
use crate::catalog::Yields;
use crate::sql::marks::Mark;
use crate::sql::names;

impl<'w> Walk<'w> {
    pub(super) fn function_source(
        &mut self,
        name: &ObjectName,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
        with_ordinality: bool,
        before: &Namespace<'w>,
        around: Around<'_, 'w>,
    ) -> Walked<Namespace<'w>> {
        let number = self.next_source();
        let env = Env { here: before, outer: around.outer };
        self.tables_of_call(name, args)?;
        for arg in args {
            let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) = arg;
            match arg {
                FunctionArgExpr::Expr(expr) => self.expr(expr, &env, around)?,
                _ => return Err(Refused::not_understood("a star in a function in FROM", None)),
            }
        }
        let Some(ident) = name.0.last().and_then(|p| p.as_ident()) else {
            return Err(Refused::not_understood("a computed function name", None));
        };
        let rows_from = Mark::RowsFrom.names(name);
        let first =
            if rows_from { args.first().and_then(called_function) } else { Some(names::ident(ident).into_owned()) };
        let function = first.ok_or_else(|| Refused::not_understood("this item of ROWS FROM", None))?;
        let called: Rc<str> = alias.map_or_else(|| Rc::from(function.as_str()), alias_name);
        let mut labels = if rows_from {
            let labels: Option<Vec<Vec<Rc<str>>>> = args.iter().map(|arg| self.item_columns(arg, alias)).collect();
            labels.map(|labels| labels.concat())
        } else {
            self.function_columns(&function, &called)
        };
        if with_ordinality && let Some(labels) = &mut labels {
            labels.push("ordinality".into());
        }
        let labels = alias.map_or(labels.clone(), |a| renamed_or_declared(a, labels));
        Ok(one(number, Some(called), labels))
    }

    /// The columns of one function of ROWS FROM.
    fn item_columns(&self, arg: &FunctionArg, alias: Option<&TableAlias>) -> Labels {
        let function = item(arg)?;
        let FunctionArguments::List(list) = &function.args else { return None };
        if Mark::ColumnsOf.names(&function.name) {
            let name = |arg: &FunctionArg| match arg {
                FunctionArg::ExprNamed { name: Expr::Identifier(name), .. } => Some(names::ident(name).into()),
                _ => None,
            };
            return list.args.iter().skip(1).map(name).collect();
        }
        let called: Rc<str> = called_function(arg)?.into();
        if called.as_ref() == "unnest" {
            // As in `unnested`.
            return alias.and_then(declared).map(|_| vec![called; list.args.len()]);
        }
        self.function_columns(&called, &called)
    }

    /// The columns of a function's result: those of its row, or one that is called like its alias.
    fn function_columns(&self, function: &str, called: &Rc<str>) -> Labels {
        let mut overloads = self.world.catalog.functions_named(function);
        let value = Some(vec![called.clone()]);
        let Some(first) = overloads.next() else { return value };
        if !overloads.all(|f| f.yields == first.yields && f.columns == first.columns) {
            return None;
        }
        match first.yields {
            Yields::Value => value,
            Yields::Columns if first.columns.is_empty() => None,
            Yields::Columns => Some(first.columns.iter().map(|c| Rc::from(c.as_str())).collect()),
        }
    }
}

/// The function that is an argument.
fn item(arg: &FunctionArg) -> Option<&Function> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(function))) => Some(function),
        _ => None,
    }
}

/// Its name; that of the function with columns is the inner one's.
fn called_function(arg: &FunctionArg) -> Option<String> {
    let function = item(arg)?;
    match &function.args {
        FunctionArguments::List(list) if Mark::ColumnsOf.names(&function.name) => called_function(list.args.first()?),
        _ => Some(names::ident(function.name.0.last()?.as_ident()?).into_owned()),
    }
}
