//! Values of literals: they are read here and nowhere else in this room, so that those on which a decision depends are known.
//!
//! Where a decision reads none of them, it is the same for all texts that differ in them alone, and `cache` shares it. A value is
//! noted before it is looked at, whatever comes of it. What `effect` reads of statements that are no queries is not noted:
//! decisions about those are not shared ([`super::effect::reads_literals`]).

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use sqlparser::ast::{DataType, Expr, UnaryOperator, Value, ValueWithSpan};

use super::walk::Walk;
use crate::mapping::Literal;
use crate::sql::parse;
use crate::sql::token::{Token, TokenKind};
use crate::text::{SourceMap, Span};

/// Which literals were read.
#[derive(Clone, Debug, Default)]
pub struct Reads(Rc<RefCell<Noted>>);

/// Where literals begin that were read.
#[derive(Debug, Default)]
struct Noted {
    /// Any of them may have been.
    all: bool,
    starts: Vec<usize>,
}

impl Reads {
    /// The literal that begins at that byte was read.
    pub fn note(&self, start: usize) {
        self.0.borrow_mut().starts.push(start);
    }

    /// Nobody knows which were read.
    pub fn note_all(&self) {
        self.0.borrow_mut().all = true;
    }

    /// What was read of a text that edits have made is noted where it came from. What stands in an edit came from there, too.
    pub fn note_spliced(&self, spliced: &Self, map: &SourceMap) {
        let (mut own, other) = (self.0.borrow_mut(), spliced.0.borrow());
        own.all |= other.all;
        own.starts.extend(other.starts.iter().map(|start| map.to_source(*start)));
    }

    /// The bytes where literals begin that were read, ascending and each once; none when it may be any.
    #[must_use]
    pub fn starts(&self) -> Option<Vec<usize>> {
        let noted = self.0.borrow();
        if noted.all {
            return None;
        }
        let mut starts = noted.starts.clone();
        starts.sort_unstable();
        starts.dedup();
        Some(starts)
    }
}

impl Walk<'_> {
    /// The text of tokens, with a space between any two.
    pub(super) fn words(&self, tokens: &[Token]) -> String {
        let words: Vec<&str> = tokens.iter().map(|token| token.text(self.source)).collect();
        words.join(" ")
    }

    /// Notes all literals among the tokens of `range`, those in the names of types included.
    pub(super) fn note_literals(&self, range: Range<usize>) {
        let is_literal = |token: &&Token| token.kind.is_string() || token.kind == TokenKind::Number;
        let tokens = self.tokens.get(range).unwrap_or_default();
        tokens.iter().filter(is_literal).for_each(|token| self.literals.note(token.span.start));
    }

    /// The value of a literal, and the type that stands with it.
    pub(super) fn literal(&self, expr: &Expr) -> Option<(Literal, Option<String>)> {
        match expr {
            Expr::Nested(inner) => self.literal(inner),
            Expr::Value(value) => Some((self.value(value)?, None)),
            Expr::TypedString(typed) => Some((self.value(&typed.value)?, Some(type_name(&typed.data_type)))),
            Expr::Cast { expr, data_type, format: None, .. } => match self.literal(expr)? {
                (literal, None) => Some((literal, Some(type_name(data_type)))),
                (_, Some(_)) => None,
            },
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match self.literal(expr)? {
                (Literal::Number(digits), None) => Some((Literal::Number(format!("-{digits}")), None)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The position of an output column that `GROUP BY 1` names.
    pub(super) fn position(&self, expr: &Expr) -> Option<usize> {
        let Expr::Value(value) = expr else { return None };
        match self.value(value)? {
            Literal::Number(digits) => digits.parse().ok(),
            Literal::Text(_) | Literal::Boolean(_) => None,
        }
    }

    fn value(&self, value: &ValueWithSpan) -> Option<Literal> {
        match parse::span_of(value.span) {
            Some(span) => self.literals.note(span.start),
            None => self.literals.note_all(),
        }
        match &value.value {
            Value::SingleQuotedString(text) => Some(Literal::Text(text.clone())),
            Value::Number(digits, _) => Some(Literal::Number(digits.clone())),
            Value::Boolean(value) => Some(Literal::Boolean(*value)),
            _ => None,
        }
    }
}

/// A constant string and its bytes; whoever decides by it notes it.
pub(super) fn constant(value: &ValueWithSpan) -> Option<(String, Span)> {
    let text = match &value.value {
        Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) | Value::UnicodeStringLiteral(text) => text,
        Value::DollarQuotedString(text) => &text.value,
        _ => return None,
    };
    Some((text.clone(), parse::span_of(value.span)?))
}

fn type_name(data_type: &DataType) -> String {
    data_type.to_string().to_ascii_lowercase()
}
