//! `x = ANY (array)` and `x <> ALL (array)` with a computed column.
//!
//! An array whose elements are written out says what `IN` says: `ARRAY['a', $1]`, `'{a,b}'::text[]`, `'{2025-01-01}'`. Another one that may
//! be written twice, as a parameter, is known to the server alone: what can be said of all its elements is said of the array, see
//! [`Predicate::Any`]. `filter` asks here.

use std::ops::Range;

use sqlparser::ast::{ArrayElemTypeDef, DataType, Expr, Value};

use super::filter::{Turned, is_repeatable};
use super::inverse::{Operand, Predicate};
use super::scope::Env;
use super::walk::Walk;
use crate::mapping::Literal;
use crate::sql::names;
use crate::sql::parse;
use crate::sql::token::TokenKind;

/// An array is written several times: only as long as it is short.
const LONGEST: usize = 64;

impl<'w> Walk<'w> {
    /// `column = ANY (array)`, or `column <> ALL (array)`.
    pub(super) fn quantified(
        &self,
        column: &Expr,
        array: &Expr,
        negated: bool,
        env: &Env<'_, 'w>,
    ) -> Option<Turned<'w>> {
        let column = self.computed(column, env)?;
        // Behind the operator and ANY, SOME or ALL.
        let open = column.tokens.end + 2;
        self.tokens.get(open).filter(|token| token.kind == TokenKind::LeftParen)?;
        let close = self.operand_end(open + 1);
        self.tokens.get(close).filter(|token| token.kind == TokenKind::RightParen)?;
        let predicate = self.members(array, open + 1..close, negated)?;
        let tokens = column.tokens.start..close + 1;
        Self::turned_by(column, &predicate, tokens)
    }

    fn members(&self, array: &Expr, range: Range<usize>, negated: bool) -> Option<Predicate> {
        self.note_literals(range.clone());
        let tokens = self.tokens.get(range.clone()).filter(|tokens| !tokens.is_empty())?;
        if parse::expression(self.source, tokens).ok()? != *array {
            return None;
        }
        if let Some(list) = self.elements_of(array, range) {
            return Some(Predicate::In { list, negated }).filter(|predicate| predicate.operands().next().is_some());
        }
        let sql = self.words(tokens);
        let is_short = sql.len() <= LONGEST && !negated && is_repeatable(array);
        // A string takes its type from the column, and has no elements before that.
        let is_array = match array {
            Expr::Value(value) => matches!(value.value, Value::Placeholder(_)),
            Expr::Cast { data_type, .. } => element_type(data_type).is_some(),
            _ => false,
        };
        (is_short && is_array).then(|| Predicate::Any(Operand::computed(sql)))
    }

    /// The elements of an array, when they are written out.
    fn elements_of(&self, array: &Expr, range: Range<usize>) -> Option<Vec<Operand>> {
        match array {
            Expr::Array(list) => self.listed_elements(&list.elem, range),
            Expr::Value(_) => self.written_elements(array),
            Expr::Cast { expr, data_type, .. } => {
                let of = element_type(data_type)?;
                let list = match &**expr {
                    Expr::Array(list) => self.listed_elements(&list.elem, range)?,
                    Expr::Value(_) => self.written_elements(expr)?,
                    _ => return None,
                };
                Some(list.into_iter().map(|element| cast(element, &of)).collect())
            }
            _ => None,
        }
    }

    /// `ARRAY[a, b]`, at the beginning of these tokens.
    fn listed_elements(&self, list: &[Expr], range: Range<usize>) -> Option<Vec<Operand>> {
        let opens = self.skip(range.start, &["array"])?;
        let (mut elements, _) = self.enclosed(list, opens, TokenKind::RightBracket)?;
        let untyped = |element: &Operand| is_string(element) && element.type_name.is_none();
        // Strings alone make an array of texts; beside others they are what those are.
        let all = elements.iter().all(untyped);
        for element in elements.iter_mut().filter(|element| untyped(element)) {
            if all {
                element.type_name = Some("text".into());
            } else {
                element.literal = None;
            }
        }
        Some(elements)
    }

    /// `'{a,b}'`, when each element is what stands there.
    fn written_elements(&self, string: &Expr) -> Option<Vec<Operand>> {
        let Some((Literal::Text(text), None)) = self.literal(string) else { return None };
        let inner = text.strip_prefix('{')?.strip_suffix('}')?;
        let is_plain = |c: char| !(c.is_whitespace() || matches!(c, '{' | '}' | '"' | '\\' | '\''));
        if inner.is_empty() || !inner.chars().all(is_plain) {
            return None;
        }
        let element = |text: &str| match text {
            "" => None,
            text if text.eq_ignore_ascii_case("null") => Some(Operand::computed("NULL".into())),
            text => Some(Operand {
                sql: names::quote_string(text),
                literal: Some(Literal::Text(text.into())),
                type_name: None,
            }),
        };
        inner.split(',').map(element).collect()
    }
}

/// An element of an array that is cast as a whole.
fn cast(element: Operand, of: &str) -> Operand {
    let sql = format!("({})::{of}", element.sql);
    // What had a type before is another value now.
    let literal =
        element.literal.filter(|_| element.type_name.as_deref().is_none_or(|name| name == "text" || name == of));
    Operand { sql, literal, type_name: Some(of.to_owned()) }
}

fn is_string(element: &Operand) -> bool {
    matches!(element.literal, Some(Literal::Text(_)))
}

/// The type of the elements; none for types that users make.
fn element_type(data_type: &DataType) -> Option<String> {
    match data_type {
        DataType::Array(ArrayElemTypeDef::SquareBracket(inner, _)) => match &**inner {
            DataType::Array(_) | DataType::Custom(..) => None,
            inner => Some(inner.to_string().to_ascii_lowercase()),
        },
        _ => None,
    }
}
