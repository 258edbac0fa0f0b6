//! Filters of a table in its legacy shape.
//!
//! ```sql
//! FROM consumption_log AS c (a, day) WHERE c.day = '2025-01-01'
//! FROM (SELECT … FROM consumption_log AS c WHERE (c.ts >= … AND c.ts < …)) AS c (a, day) WHERE c.day = '2025-01-01'
//! ```
//!
//! Outside of the derived table the current column is not to be seen, so what a condition says of it is said inside once more. Only what
//! WHERE asks of every row, and only of rows that no outer join makes up. Found in one walk and written in the next one, as the shape
//! itself ([`super::derived`]).

use sqlparser::ast::{BinaryOperator, Expr};

use super::filter::Turned;
use super::inverse::Form;
use super::meaning::Filled;
use super::scope::{Env, Naming};
use super::walk::{Bound, Walk};
use crate::mapping::Piece;
use crate::sql::token::{Token, TokenKind};

impl<'w> Walk<'w> {
    /// Notes what the condition of WHERE says of tables in their legacy shape.
    pub(super) fn push_filters(&mut self, condition: &Expr, env: &Env<'_, 'w>) {
        if self.naming == Naming::Current || self.shaped.is_empty() {
            return;
        }
        match condition {
            Expr::Nested(inner) => self.push_filters(inner, env),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.push_filters(left, env);
                self.push_filters(right, env);
            }
            _ => self.push_filter(condition, env),
        }
    }

    fn push_filter(&mut self, condition: &Expr, env: &Env<'_, 'w>) {
        self.looks_through = true;
        let turned = self.turned(condition, env);
        self.looks_through = false;
        let Some(turned) = turned else { return };
        let source = &turned.column.source;
        let Some(at) = source.at.filter(|_| !source.nullable && env.here.holds(source)) else { return };
        let Some(mut pieces) = self.typed_first(&turned) else { return };
        let (Form::Instead(said) | Form::Also(said)) = turned.form;
        pieces.extend(said);
        let filters = self.wanted_filters.entry(at).or_default();
        if !filters.contains(&pieces) {
            filters.push(pieces);
        }
    }

    /// What has to be said before a condition that is said in the table itself. A parameter has its type from where it stands first, and
    /// that is in FROM then: so it is the comparison as it stands. None where it may have been typed elsewhere.
    fn typed_first(&self, turned: &Turned<'w>) -> Option<Vec<Piece>> {
        let is_param = |token: &&Token| token.kind == TokenKind::Param;
        let tokens = &self.tokens[turned.tokens.clone()];
        if !tokens.iter().any(|token| is_param(&token)) {
            return Some(Vec::new());
        }
        let column = &turned.column;
        let here = |param: &Token| tokens.iter().any(|token| token.span == param.span);
        let same = |one: &Token| tokens.iter().filter(is_param).any(|it| it.text(self.source) == one.text(self.source));
        if self.tokens.iter().filter(is_param).any(|param| same(param) && !here(param)) {
            return None;
        }
        let before = self.words(&self.tokens[turned.tokens.start..column.tokens.start]);
        let behind = self.words(&self.tokens[column.tokens.end..turned.tokens.end]);
        let mut pieces = vec![Piece::Text(before + " ")];
        pieces.extend(column.replacement.pieces.iter().cloned());
        pieces.push(Piece::Text(format!(" {behind} AND ")));
        Some(pieces)
    }

    /// What is to be said inside of the table that is named at `at`: SQL, and its references to the source of that number.
    pub(super) fn pushed(&self, at: usize, qualifier: &str, number: usize) -> (String, Vec<(usize, Bound<'w>)>) {
        let (mut text, mut references) = (String::new(), Vec::new());
        for pieces in self.filters.get(&at).into_iter().flatten() {
            text.push_str(if text.is_empty() { " WHERE (" } else { " AND (" });
            let filled = Filled::of(pieces.clone(), qualifier);
            references.extend(filled.references.into_iter().map(|(offset, column)| {
                let bound = column.map_or(Bound::Row(number), |column| Bound::Column(number, column));
                (text.len() + offset, bound)
            }));
            text.push_str(&filled.text);
            text.push(')');
        }
        (text, references)
    }
}
