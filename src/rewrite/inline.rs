//! Whole rows of a mapped table, and their fields, written where they are read.
//!
//! ```sql
//! SELECT row_to_json(c), c::text, (c).phone_number FROM customers AS c
//! SELECT row_to_json((SELECT exonym_row FROM (SELECT c.id, c.telefono AS phone_number, …) AS exonym_row)), (CASE WHEN true THEN ROW(c.id, c.telefono, …) END)::text, …
//! ```
//!
//! The table stays what it is then: its indexes serve filters, its primary key groups, it can be locked and has its system columns. Where
//! rows are grouped or sorted by, or where the type of a row has to be known, the table takes its legacy shape instead
//! ([`super::derived`]): the same expression twice need not be one value for the server. `rows` decides which rows may be read.

use std::rc::Rc;

use sqlparser::ast::{AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::meaning::{Filled, Presence};
use super::rows::{Rows, row_of};
use super::scope::{Columns, Env, Found, Naming, Source};
use super::walk::{Bound, Place, Scope, Walk, Walked, qualifier};
use crate::sql::token::TokenKind;
use crate::sql::{names, parse};
use crate::text::Span;

/// What the row is called while it is made. An outer column of that name would capture it, which the check of the result sees.
const ROW: &str = "exonym_row";

impl<'w> Walk<'w> {
    /// Walks what may hold no row that is written out.
    pub(super) fn apart<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.keeps_rows, true);
        let walked = walk(self);
        self.keeps_rows = outer;
        walked
    }

    /// True when the row of `source` can be written out where it stands, and has to be.
    pub(super) fn can_inline(&self, source: &Source<'w>, rows: Rows) -> bool {
        if self.keeps_rows || source.name.is_none() {
            return false;
        }
        match (source.mapped(), &source.shape, rows) {
            (_, _, Rows::HandedOn) => false,
            (Some(table), ..) => table.has_legacy_shape && !table.has_plain_rows(),
            // A list of column aliases leaves the names of a row alone.
            (None, Some(shape), Rows::Names) if shape.is_renamed() => shape.has_distinct_labels(),
            (None, Some(shape), _) => source.has_extra(|_| true) && shape.has_distinct_labels(),
            _ => false,
        }
    }

    /// `c` → its values, or the row with its names; `span` is all of it.
    pub(super) fn inline_row(&mut self, source: &Source<'w>, rows: Rows, span: Span) -> Walked {
        let mut filled = Filled::default();
        let mut targets = Vec::new();
        if let (None, Some(shape)) = (source.mapped(), &source.shape) {
            for (label, name) in shape.labels.iter().zip(shape.table.star_names()) {
                filled.text.push_str(if filled.text.is_empty() { "" } else { ", " });
                filled.push_column(&qualifier(source), label.to_string().into());
                if rows == Rows::Names {
                    filled.text.extend([" AS ", &names::quote(name)]);
                }
            }
        } else {
            // A missing row is no row of NULLs, and what USING merged is a part of the row.
            let whole = Source { merged: Rc::default(), nullable: false, ..source.clone() };
            self.spell_out_as(&whole, rows == Rows::Names, &mut filled, &mut targets, span)?;
        }
        let mut references = Vec::new();
        let guard = source.nullable.then(|| guard(source));
        // `ROW(…)` where it stands would be compared column by column, which is another thing where there are NULLs.
        let condition = guard.as_ref().map_or("true", |(condition, _)| condition);
        let mut before = if guard.is_some() || rows != Rows::Names {
            format!("(CASE WHEN {condition} THEN ")
        } else {
            String::new()
        };
        let mut after = if before.is_empty() { "" } else { " END)" }.to_owned();
        if rows == Rows::Names {
            let number = self.next_source();
            references.push((before.len() + "(SELECT ".len(), Bound::Row(number)));
            before = format!("{before}(SELECT {ROW} FROM (SELECT ");
            after = format!(") AS {ROW}){after}");
        } else {
            before.push_str("ROW(");
            after.insert(0, ')');
        }
        filled.enclose(&before, &after);
        references.extend(guard.map(|(_, presence)| ("(CASE WHEN ".len(), presence)));
        references.extend(filled.references.into_iter().map(|(offset, column)| {
            (offset, column.map_or(Bound::Row(source.number), |column| Bound::Column(source.number, column)))
        }));
        self.replaced.insert(span.start);
        self.splice_bound(references, filled.text, span, "whole row", Scope::Source(source))
    }

    /// `(c).phone_number`: the column itself. False where that is not for sure what is read.
    pub(super) fn field(&mut self, root: &Expr, chain: &[AccessExpr], env: &Env<'_, 'w>) -> Walked<bool> {
        let Some(AccessExpr::Dot(Expr::Identifier(field))) = chain.first() else { return Ok(false) };
        let Some(source) = row_of(root, env).filter(|_| self.naming == Naming::Legacy) else { return Ok(false) };
        let Some(name) = source.name.as_deref().filter(|_| env.reaches(&source)) else { return Ok(false) };
        let (Some(row), Some(last)) = (row_start(root), parse::span(field)) else { return Ok(false) };
        let field = names::ident(field);
        match env.qualified(None, name, &field) {
            Found::Nothing if source.shape.is_some() => Ok(self.shape_withheld(&source, &field, last.start).is_ok()),
            Found::Plain(_) if matches!(source.columns, Columns::Mapped(_)) || source.has_extra(|_| true) => {
                self.bound.push((Place::Source(row), Bound::Row(source.number)));
                Ok(true)
            }
            Found::Mapped(_, table, index) => {
                let replacement = &table.replacements[index];
                let Some(all) = self.whole_field(last) else { return Ok(false) };
                self.note(&source, table, replacement, all.start)?;
                self.replaced.insert(row);
                if let Some(current) = replacement.renamed() {
                    self.bound.push((Place::Source(row), Bound::Row(source.number)));
                    let current = names::quote(current).into_owned();
                    self.edit(last, current, replacement.kind, Scope::Source(&source))?;
                    return Ok(true);
                }
                let below = !env.here.holds(&source) || env.outer.is_some();
                let guarded = source.nullable || (below && replacement.is_constant());
                let filled = replacement.fill(&qualifier(&source), guarded.then_some(&table.presence));
                let number = source.number;
                let references = filled.references.into_iter().map(|(at, column)| (at, column, number));
                self.splice_in(references, filled.text, all, replacement.kind, Scope::Source(&source))?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// `phone_number(c)`: the column itself. False where that is not for sure what is read, or nothing has to change.
    pub(super) fn called_column(&mut self, function: &Function, env: &Env<'_, 'w>) -> Walked<bool> {
        let FunctionArguments::List(list) = &function.args else { return Ok(false) };
        let ([FunctionArg::Unnamed(FunctionArgExpr::Expr(row))], Some(called)) =
            (list.args.as_slice(), function.name.0.last().and_then(|part| part.as_ident()))
        else {
            return Ok(false);
        };
        let Some(source) = row_of(row, env).filter(|_| self.naming == Naming::Legacy) else { return Ok(false) };
        let Some(name) = source.name.as_deref().filter(|_| env.reaches(&source)) else { return Ok(false) };
        let Found::Mapped(_, table, index) = env.qualified(None, name, &names::ident(called)) else { return Ok(false) };
        let Some(start) = parse::span(called) else { return Ok(false) };
        let Some(arguments) = self.token_at(start.start).and_then(|at| self.in_parens(at + 1)) else {
            return Ok(false);
        };
        self.replace_all(&source, table, index, start.to(arguments), env)?;
        Ok(true)
    }

    /// `(c).phone_number`, of which the last name is at `field`.
    fn whole_field(&self, field: Span) -> Option<Span> {
        let mut at = self.token_at(field.start)?.checked_sub(2)?;
        let mut depth = 0_usize;
        loop {
            match self.tokens[at].kind {
                TokenKind::RightParen => depth += 1,
                TokenKind::LeftParen => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                let is_open = self.tokens[at].kind == TokenKind::LeftParen;
                return is_open.then(|| self.tokens[at].span.to(field));
            }
            at = at.checked_sub(1)?;
        }
    }
}

/// What tells a row from one that is missing, and what that reads.
fn guard<'w>(source: &Source<'w>) -> (String, Bound<'w>) {
    let name = qualifier(source);
    match source.mapped().map(|table| &table.presence) {
        Some(Presence::Column(column)) => {
            let condition = format!("{name}.{} IS NOT NULL", names::quote(column));
            (condition, Bound::Column(source.number, column.as_str().into()))
        }
        Some(Presence::Row) | None => (format!("{name} IS DISTINCT FROM NULL"), Bound::Row(source.number)),
    }
}

/// Where the name of the row begins that `root` is: `(c)`, `(c.*)`.
fn row_start(root: &Expr) -> Option<usize> {
    match root {
        Expr::Nested(inner) => row_start(inner),
        Expr::Identifier(name) => parse::span(name).map(|span| span.start),
        Expr::CompoundIdentifier(parts) if parts.len() == 2 => parse::span(&parts[0]).map(|span| span.start),
        _ => None,
    }
}
