//! Names of tables that a statement puts together: `format('%I.%I', table_schema, table_name)::regclass`, `$1::regclass`.
//!
//! Whoever reads legacy names off the catalogs hands them to the server again. A text that becomes a table is led through a list of the
//! names that are shown: `(SELECT regclassin(textout(COALESCE(t.c, q.x))) FROM (VALUES ((format(…))::text)) AS q (x) …)::regclass`. It gives the current name for a
//! legacy one, and any other text as it is, read as a constant would be. `strings` calls it where only the table counts that is named.

use std::ops::Range;
use std::sync::Arc;

use sqlparser::ast::{BinaryOperator, Expr, Ident, ObjectName, Spanned, Value};

use super::beside::Beside;
use super::calls::{Call, arguments};
use super::shape::Lines;
use super::sql::{TEXT, values};
use crate::catalog::Catalog;
use crate::rewrite::walk::{Walk, Walked};
use crate::rewrite::{rows, strings};
use crate::sql::names::{self, quote, quote_string};
use crate::sql::parse;
use crate::sql::token::TokenKind;
use crate::text::Span;

/// What the list is called among the functions that are replaced.
const WRITTEN: &str = "a name";
/// The same for a parameter, which would be a `regclass` by itself: that reads numbers, too.
const GIVEN: &str = "a parameter";

/// Where the text stands, without its parentheses.
const HOLE: &str = "NULL";

/// A name, or a schema and a name, as `quote_ident` or a person writes it.
const NAME: &str = r#"^("([^"]|"")+"|[[:alpha:]_][[:alnum:]_$]*)([.]("([^"]|"")+"|[[:alpha:]_][[:alnum:]_$]*))?$"#;

/// The list of all names that are shown and are not the server's own; none when there is no such name.
pub(super) fn calls(lines: &Lines, catalog: &Arc<Catalog>) -> Option<[Call; 2]> {
    let own = lines.relations.iter().filter_map(|line| {
        let shown = line.shown.as_deref().filter(|shown| *shown != line.current)?;
        Some((line.schema.as_str(), shown, format!("{}.{}", quote(&line.schema), quote(&line.current))))
    });
    let beside = |table: &'_ Beside| (table.schema.clone(), table.name.clone(), table.oid.to_string());
    let rows: Vec<[String; 3]> = own
        .map(|(schema, shown, current)| (schema.to_owned(), shown.to_owned(), current))
        .chain(lines.beside.iter().map(beside))
        .map(|(schema, shown, current)| [schema, shown, current].map(|text| quote_string(&text)))
        .collect();
    if rows.is_empty() {
        return None;
    }
    let list = values("t", [("s", TEXT), ("l", TEXT), ("c", TEXT)], rows.into_iter());
    let path = "pg_catalog.current_schemas(true)::pg_catalog.text[]";
    let read = "pg_catalog.regclassin(pg_catalog.textout(COALESCE(t.c, q.x)))";
    let or_text = format!("CASE WHEN t.c = t.c THEN {read} ELSE q.x::pg_catalog.regclass END");
    let text = |table: &str| {
        format!(
            "SELECT {table} AS regclass FROM (VALUES ((NULL)::pg_catalog.text)) AS q (x) \
         LEFT JOIN LATERAL (SELECT CASE WHEN q.x ~ {} THEN pg_catalog.parse_ident(q.x) END AS p) AS p ON true \
         LEFT JOIN {list} ON (pg_catalog.cardinality(p.p) = 2 AND p.p[1] = t.s AND p.p[2] = t.l) \
         OR (pg_catalog.cardinality(p.p) = 1 AND p.p[1] = t.l AND t.s = ANY ({path})) \
         ORDER BY pg_catalog.array_position({path}, t.s) LIMIT 1",
            quote_string(NAME)
        )
    };
    let bind = |called, table: &str| Call::bind(called, HOLE, &text(table), catalog);
    Some([bind(WRITTEN, &or_text)?, bind(GIVEN, read)?])
}

impl Walk<'_> {
    /// An expression that is cast to `regclass`, and perhaps to a number then, where it is no constant.
    pub(in crate::rewrite) fn table_put_together(&mut self, expr: &Expr) -> Walked {
        if self.world.catalogs().calls.is_empty() {
            return Ok(());
        }
        match expr {
            Expr::Nested(inner) => self.table_put_together(inner),
            Expr::Cast { expr, data_type, .. } if strings::is_number(data_type) => self.table_put_together(expr),
            Expr::Cast { expr, data_type, .. } if strings::is_called(data_type, "regclass") && is_text(expr) => {
                let start = parse::span_of(expr.span()).map(|span| span.start);
                match start.and_then(|start| self.operand_of_cast(start)) {
                    Some(tokens) => self.led_through(expr, tokens),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The same for an argument of a function of that name, which takes a table by its name.
    pub(in crate::rewrite) fn table_put_together_for(&mut self, name: &ObjectName, at: usize, expr: &Expr) -> Walked {
        let last = name.0.last().and_then(|part| part.as_ident()).and_then(parse::span);
        let called = last.and_then(|last| self.token_at(last.start)).filter(|_| is_written(expr));
        match called.and_then(|called| arguments(self.tokens, called + 1).get(at).cloned()) {
            Some(tokens) => self.led_through(expr, tokens),
            None => self.table_put_together(expr),
        }
    }

    fn led_through(&mut self, expr: &Expr, tokens: Range<usize>) -> Walked {
        let own = self.tokens.get(tokens.clone()).unwrap_or_default();
        let is_query = |word: &str| own.iter().any(|token| token.is_keyword(self.source, word));
        let (mut inside, mut bare) = (own, expr);
        while let (Expr::Nested(inner), [_, within @ .., _]) = (bare, inside) {
            (inside, bare) = (within, inner);
        }
        let is_it = parse::expression(self.source, inside).is_ok_and(|parsed| parsed == *bare);
        if !is_it || ["select", "values", "table", "with"].into_iter().any(is_query) {
            return Ok(());
        }
        let (Some(first), Some(last)) = (self.tokens.get(tokens.start), self.tokens.get(tokens.end - 1)) else {
            return Ok(());
        };
        let all = first.span.to(last.span);
        let called = if matches!(bare, Expr::Value(_)) { GIVEN } else { WRITTEN };
        let Some(call) = self.world.catalogs().call(called, 1).filter(|_| self.shows_legacy()) else { return Ok(()) };
        if !self.replaced.insert(all.start) {
            return Ok(());
        }
        self.enclose(call, Span::at(all.start), Span::at(all.end))
    }

    /// The tokens of what is cast to `regclass` and holds that byte.
    fn operand_of_cast(&self, byte: usize) -> Option<Range<usize>> {
        let names = (0..self.tokens.len()).filter(|&at| self.tokens[at].is_keyword(self.source, "regclass"));
        let qualified = |at: usize| at > 2 && self.tokens[at - 1].kind == TokenKind::Dot;
        let operands = names.filter_map(|at| self.operand_before(if qualified(at) { at - 2 } else { at }));
        operands.into_iter().find(|tokens| {
            let (first, last) = (self.tokens[tokens.start].span, self.tokens[tokens.end - 1].span);
            first.start <= byte && byte < last.end
        })
    }

    /// The tokens of what is cast to the type whose name begins with the token at `at`.
    fn operand_before(&self, at: usize) -> Option<Range<usize>> {
        let mut end = at.checked_sub(1)?;
        if self.tokens[end].is_keyword(self.source, "as") {
            let mut start = end;
            while self.tokens[start.checked_sub(1)?].kind != TokenKind::LeftParen {
                start = self.group_start(start - 1)?;
            }
            return Some(start..end);
        }
        // `x::text::regclass`: each name of a type has another `::` before it.
        while self.tokens[end].kind == TokenKind::ColonColon {
            let start = self.cast_start(end.checked_sub(1)?)?;
            match start.checked_sub(1).filter(|&before| self.tokens[before].kind == TokenKind::ColonColon) {
                Some(before) => end = before,
                None => return Some(start..at - 1),
            }
        }
        None
    }

    /// Where `format(…)`, `CAST(…)`, `(…)`, `$1`, `c.relname` or the name of a type begins that ends with the token at `end`.
    fn cast_start(&self, end: usize) -> Option<usize> {
        let is_name = |at: usize| matches!(self.tokens[at].kind, TokenKind::Word | TokenKind::QuotedIdent);
        let mut start = self.group_start(end)?;
        if self.tokens[start].kind == TokenKind::LeftParen && start > 0 && is_name(start - 1) {
            start -= 1;
        }
        while start > 1 && is_name(start) && self.tokens[start - 1].kind == TokenKind::Dot {
            start -= 2;
        }
        Some(start)
    }

    /// The first token of a group in parentheses or brackets that ends at `at`, or `at` itself.
    fn group_start(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for start in (0..=at).rev() {
            match self.tokens[start].kind {
                TokenKind::RightParen | TokenKind::RightBracket => depth += 1,
                TokenKind::LeftParen | TokenKind::LeftBracket => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return Some(start);
            }
        }
        None
    }
}

/// True for what may be a text at run time; a number as a text is a table to the server as well.
fn is_text(expr: &Expr) -> bool {
    let is_name = |name: &Ident| ["table_name", "tablename", "relname"].contains(&&*names::ident(name));
    match expr {
        Expr::Nested(inner) => is_text(inner),
        Expr::Identifier(name) => is_name(name),
        Expr::CompoundIdentifier(parts) => parts.last().is_some_and(is_name),
        Expr::Value(value) => matches!(value.value, Value::Placeholder(_)),
        other => is_written(other),
    }
}

/// True for what is a text for sure.
fn is_written(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_written(inner),
        Expr::BinaryOp { op: BinaryOperator::StringConcat, .. } => true,
        Expr::Cast { expr, data_type, .. } => rows::is_text(data_type) && is_text(expr),
        Expr::Function(function) => {
            let name = function.name.0.last().and_then(|part| part.as_ident()).map(names::ident);
            name.is_some_and(|name| ["format", "concat", "concat_ws", "quote_ident"].contains(&&*name))
        }
        _ => false,
    }
}
