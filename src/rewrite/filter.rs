//! Conditions: a comparison with a computed column is turned round, so that it reaches an index, a chunk or a partition.
//!
//! Only where a condition selects rows (WHERE, ON, FILTER), and only through AND, OR and NOT: elsewhere the expression itself is
//! what counts, as in GROUP BY. What a comparison says of the current column, `inverse` knows; here is where one stands, what
//! it is compared with, and that this may be written twice.

use std::ops::Range;
use std::rc::Rc;

use sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, UnaryOperator,
};

use super::inverse::{Form, Inverse, Operand, Predicate};
use super::meaning::{Filled, Replacement};
use super::query::Around;
use super::scope::{Env, Found, Naming, Source};
use super::walk::{Scope, Walk, Walked, qualifier};
use super::world::Table;
use crate::mapping::Comparison;
use crate::sql::token::TokenKind;
use crate::sql::{names, parse};
use crate::text::Span;

/// A computed column in a condition.
pub(super) struct Computed<'w> {
    pub source: Rc<Source<'w>>,
    table: &'w Table,
    pub replacement: &'w Replacement,
    inverse: &'w Inverse,
    /// Its tokens, with the parentheses around it.
    pub tokens: Range<usize>,
    /// Its bytes, without them.
    name: Span,
}

/// A comparison that may be turned round.
pub(super) struct Turned<'w> {
    pub column: Computed<'w>,
    pub form: Form,
    /// The tokens of all of it.
    pub tokens: Range<usize>,
}

/// What stands around a part of a condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Under {
    /// AND and OR at most: a row is selected where it is true.
    Nothing,
    /// NOT, further out.
    Not,
    /// NOT right before it, where nothing can be added with AND.
    BareNot,
}

impl Under {
    /// The same behind a parenthesis.
    const fn inside(self) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Not | Self::BareNot => Self::Not,
        }
    }
}

/// Functions that give the same value twice in one statement. `pg_catalog` is searched before any other schema.
const STABLE: [&str; 11] = [
    "current_date",
    "current_timestamp",
    "localtimestamp",
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "date_trunc",
    "make_date",
    "make_interval",
    "to_date",
    "date",
];

/// Words at which a comparison ends or before which it begins, when they stand outside of parentheses.
const BOUNDARIES: [&str; 26] = [
    "and",
    "or",
    "not",
    "where",
    "on",
    "group",
    "having",
    "window",
    "union",
    "intersect",
    "except",
    "order",
    "limit",
    "offset",
    "fetch",
    "for",
    "join",
    "left",
    "right",
    "full",
    "inner",
    "cross",
    "natural",
    "returning",
    "is",
    "between",
];

impl<'w> Walk<'w> {
    /// What WHERE, ON or FILTER says.
    pub(super) fn condition(&mut self, expr: &Expr, env: &Env<'_, 'w>, around: Around<'_, 'w>) -> Walked {
        match self.naming {
            Naming::Legacy => self.truth(expr, Under::Nothing, env, around),
            Naming::Current => self.expr(expr, env, around),
        }
    }

    /// A part of a condition.
    fn truth(&mut self, expr: &Expr, under: Under, env: &Env<'_, 'w>, around: Around<'_, 'w>) -> Walked {
        match expr {
            Expr::Nested(inner) => return self.truth(inner, under.inside(), env, around),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => return self.truth(expr, Under::BareNot, env, around),
            Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
                self.truth(left, under, env, around)?;
                return self.truth(right, under, env, around);
            }
            _ => {}
        }
        let turned = self.turned(expr, env).filter(|turned| {
            // Whether it is false or NULL, a row is not selected; but NOT, and whoever asks, can tell.
            let can_tell = under != Under::Nothing || turned.column.source.nullable;
            turned.column.inverse.keeps_null() || !can_tell
        });
        match turned {
            Some(Turned { column, form: Form::Instead(pieces), tokens }) => {
                let span = self.tokens[tokens.start].span.to(self.tokens[tokens.end - 1].span);
                let filled = Filled::of(pieces, &qualifier(&column.source));
                self.turn(&column, filled, span)
            }
            Some(Turned { column, form: Form::Also(pieces), tokens }) if under != Under::BareNot => {
                self.expr(expr, env, around)?;
                let mut filled = Filled::of(pieces, &qualifier(&column.source));
                filled.enclose(" AND ", "");
                self.turn(&column, filled, Span::at(self.tokens[tokens.end - 1].span.end))
            }
            _ => self.expr(expr, env, around),
        }
    }

    /// Puts `filled` in the place of `span`.
    fn turn(&mut self, column: &Computed<'w>, filled: Filled<'w>, span: Span) -> Walked {
        self.note(&column.source, column.table, column.replacement, column.name.start)?;
        let number = column.source.number;
        let references = filled.references.into_iter().map(|(at, name)| (at, name, number));
        self.splice_in(references, filled.text, span, column.inverse.rule(), Scope::Source(&column.source))
    }

    /// The comparison that `expr` is, when a computed column stands on one side of it.
    pub(super) fn turned(&self, expr: &Expr, env: &Env<'_, 'w>) -> Option<Turned<'w>> {
        match expr {
            Expr::BinaryOp { left, op, right } => self.compared(left, comparison(op)?, right, env),
            Expr::Between { expr, negated, low, high } => self.between(expr, *negated, low, high, env),
            Expr::InList { expr, list, negated } => self.listed(expr, list, *negated, env),
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => self.quantified(left, right, false, env),
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => self.quantified(left, right, true, env),
            Expr::IsNull(inner) => self.null(inner, false, &[&["is", "null"], &["isnull"]], env),
            Expr::IsNotNull(inner) => self.null(inner, true, &[&["is", "not", "null"], &["notnull"]], env),
            Expr::IsNotDistinctFrom(left, right) => {
                let column = self.computed(left, env)?;
                let words = ["is", "not", "distinct", "from"];
                let start = self.skip(column.tokens.end, &words)?;
                let operand = start..self.operand_end(start);
                let tokens = column.tokens.start..operand.end;
                let predicate = Predicate::Same(self.operand(right, operand)?);
                Self::turned_by(column, &predicate, tokens)
            }
            _ => None,
        }
    }

    fn compared(&self, left: &Expr, how: Comparison, right: &Expr, env: &Env<'_, 'w>) -> Option<Turned<'w>> {
        if let Some(column) = self.computed(left, env) {
            let operand = column.tokens.end + 1..self.operand_end(column.tokens.end + 1);
            let tokens = column.tokens.start..operand.end;
            let predicate = Predicate::Compared(how, self.operand(right, operand)?);
            return Self::turned_by(column, &predicate, tokens);
        }
        let column = self.computed(right, env)?;
        let end = column.tokens.start.checked_sub(1)?;
        let operand = self.operand_start(end)..end;
        let tokens = operand.start..column.tokens.end;
        let predicate = Predicate::Compared(mirrored(how), self.operand(left, operand)?);
        Self::turned_by(column, &predicate, tokens)
    }

    fn between(&self, expr: &Expr, negated: bool, low: &Expr, high: &Expr, env: &Env<'_, 'w>) -> Option<Turned<'w>> {
        let column = self.computed(expr, env)?;
        let words: &[&str] = if negated { &["not", "between"] } else { &["between"] };
        let start = self.skip(column.tokens.end, words)?;
        let and = self.operand_end(start);
        let second = self.skip(and, &["and"])?;
        let end = self.operand_end(second);
        let tokens = column.tokens.start..end;
        let (low, high) = (self.operand(low, start..and)?, self.operand(high, second..end)?);
        Self::turned_by(column, &Predicate::Between { low, high, negated }, tokens)
    }

    fn listed(&self, expr: &Expr, list: &[Expr], negated: bool, env: &Env<'_, 'w>) -> Option<Turned<'w>> {
        let column = self.computed(expr, env)?;
        let words: &[&str] = if negated { &["not", "in"] } else { &["in"] };
        let opens = self.skip(column.tokens.end, words)?;
        let (operands, closes) = self.enclosed(list, opens, TokenKind::RightParen)?;
        let tokens = column.tokens.start..closes + 1;
        Self::turned_by(column, &Predicate::In { list: operands, negated }, tokens)
    }

    /// What stands between the token at `opens` and the next of the kind `closing`, with commas; and where that is.
    pub(super) fn enclosed(&self, list: &[Expr], opens: usize, closing: TokenKind) -> Option<(Vec<Operand>, usize)> {
        let mut at = opens;
        let mut operands = Vec::with_capacity(list.len());
        for item in list {
            // What opens the list, or the comma.
            let end = self.operand_end(at + 1);
            operands.push(self.operand(item, at + 1..end)?);
            at = end;
        }
        let closes = self.tokens.get(at).is_some_and(|token| token.kind == closing);
        closes.then_some((operands, at))
    }

    fn null(&self, expr: &Expr, negated: bool, spellings: &[&[&str]], env: &Env<'_, 'w>) -> Option<Turned<'w>> {
        let column = self.computed(expr, env)?;
        let end = spellings.iter().find_map(|words| self.skip(column.tokens.end, words))?;
        let tokens = column.tokens.start..end;
        Self::turned_by(column, &Predicate::Null { negated }, tokens)
    }

    pub(super) fn turned_by(column: Computed<'w>, predicate: &Predicate, tokens: Range<usize>) -> Option<Turned<'w>> {
        let form = column.inverse.turn(predicate)?;
        Some(Turned { column, form, tokens })
    }

    /// The computed column that `expr` is and nothing else.
    pub(super) fn computed(&self, mut expr: &Expr, env: &Env<'_, 'w>) -> Option<Computed<'w>> {
        let mut parentheses = 0;
        while let Expr::Nested(inner) = expr {
            (expr, parentheses) = (inner, parentheses + 1);
        }
        let parts = match expr {
            Expr::Identifier(ident) => std::slice::from_ref(ident),
            Expr::CompoundIdentifier(parts) => parts.as_slice(),
            _ => return None,
        };
        let (first, last) = (parse::span(parts.first()?)?, parse::span(parts.last()?)?);
        let (source, table, replacement) = match found(parts, env)? {
            Found::Mapped(source, table, index) if !self.looks_through => (source, table, &table.replacements[index]),
            Found::Plain(source) if self.looks_through => {
                let (table, replacement) = source.shape.as_ref()?.replacement(&names::ident(parts.last()?))?;
                (source, table, replacement)
            }
            _ => return None,
        };
        let inverse = replacement.inverse.as_ref()?;
        // A column of a query further out is the same for all rows here, and may be grouped there by its expression.
        let is_own = source.name.is_some() && env.here.holds(&source);
        if !is_own || (parts.len() == 1 && !env.reaches(&source)) {
            return None;
        }
        let start = self.token_at(first.start)?.checked_sub(parentheses)?;
        let end = self.token_at(last.start)? + 1 + parentheses;
        Some(Computed { source, table, replacement, inverse, tokens: start..end, name: first.to(last) })
    }

    /// What is compared, if it can stand there twice; `tokens` are what it seems to be.
    pub(super) fn operand(&self, expr: &Expr, tokens: Range<usize>) -> Option<Operand> {
        // Before anything is made of them: what comes next depends on their values.
        self.note_literals(tokens.clone());
        let tokens = self.tokens.get(tokens).filter(|tokens| !tokens.is_empty())?;
        if !is_repeatable(expr) || parse::expression(self.source, tokens).ok()? != *expr {
            return None;
        }
        let (literal, type_name) = self.literal(expr).map_or((None, None), |(literal, name)| (Some(literal), name));
        Some(Operand { sql: self.words(tokens), literal, type_name })
    }

    /// The token behind these words.
    pub(super) fn skip(&self, at: usize, words: &[&str]) -> Option<usize> {
        let tokens = self.tokens.get(at..at + words.len())?;
        tokens.iter().zip(words).all(|(token, word)| token.is_keyword(self.source, word)).then_some(at + words.len())
    }

    /// The end of the operand that begins there.
    pub(super) fn operand_end(&self, start: usize) -> usize {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(start) {
            match token.kind {
                TokenKind::LeftParen | TokenKind::LeftBracket => depth += 1,
                TokenKind::RightParen | TokenKind::RightBracket if depth > 0 => depth -= 1,
                TokenKind::RightParen | TokenKind::RightBracket | TokenKind::Semicolon => return at,
                TokenKind::Comma if depth == 0 => return at,
                TokenKind::Word if depth == 0 && self.is_boundary(at) => return at,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// The beginning of the operand that ends there.
    fn operand_start(&self, end: usize) -> usize {
        let mut depth = 0_usize;
        for at in (0..end).rev() {
            match self.tokens[at].kind {
                TokenKind::RightParen | TokenKind::RightBracket => depth += 1,
                TokenKind::LeftParen | TokenKind::LeftBracket if depth > 0 => depth -= 1,
                TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::Semicolon => return at + 1,
                TokenKind::Comma if depth == 0 => return at + 1,
                TokenKind::Word if depth == 0 && self.is_boundary(at) => return at + 1,
                _ => {}
            }
        }
        0
    }

    fn is_boundary(&self, at: usize) -> bool {
        BOUNDARIES.iter().any(|word| self.tokens[at].is_keyword(self.source, word))
    }
}

fn found<'w>(parts: &[Ident], env: &Env<'_, 'w>) -> Option<Found<'w>> {
    match parts {
        [name] => Some(env.name(&names::ident(name))),
        [source, column] => Some(env.qualified(None, &names::ident(source), &names::ident(column))),
        [.., schema, source, column] => {
            Some(env.qualified(Some(&names::ident(schema)), &names::ident(source), &names::ident(column)))
        }
        [] => None,
    }
}

fn comparison(operator: &BinaryOperator) -> Option<Comparison> {
    Some(match operator {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// The same with its sides exchanged.
const fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        Comparison::Equal | Comparison::NotEqual => comparison,
    }
}

/// True for literals, parameters and what is computed from them alone, the same each time.
pub(super) fn is_repeatable(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) | Expr::TypedString(_) => true,
        Expr::Nested(expr) | Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => {
            is_repeatable(expr)
        }
        Expr::Interval(interval) => is_repeatable(&interval.value),
        Expr::Cast { expr, data_type, .. } => !matches!(data_type, DataType::Custom(..)) && is_repeatable(expr),
        Expr::AtTimeZone { timestamp, time_zone } => is_repeatable(timestamp) && is_repeatable(time_zone),
        Expr::BinaryOp { left, op, right } => {
            use BinaryOperator::{Divide, Minus, Multiply, Plus};
            matches!(op, Plus | Minus | Multiply | Divide) && is_repeatable(left) && is_repeatable(right)
        }
        Expr::Function(function) => is_stable(function),
        _ => false,
    }
}

fn is_stable(function: &Function) -> bool {
    let Some(name) = (match function.name.0.as_slice() {
        [name] => name.as_ident(),
        _ => None,
    }) else {
        return false;
    };
    let plain = function.filter.is_none() && function.over.is_none() && function.within_group.is_empty();
    let repeatable = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
        | FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. } => is_repeatable(expr),
        _ => false,
    };
    let arguments = match &function.args {
        FunctionArguments::None => true,
        FunctionArguments::List(list) => list.clauses.is_empty() && list.args.iter().all(repeatable),
        FunctionArguments::Subquery(_) => false,
    };
    plain && arguments && STABLE.contains(&&*names::ident(name))
}
