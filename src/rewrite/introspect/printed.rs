//! Oids that are printed as names of tables: `conrelid::regclass::text`, and `conrelid::regclass` where the client sees it.
//!
//! The cast becomes a subquery that gives the legacy name as text ([`super::calls`] has it). Elsewhere `regclass` is a number to the server and
//! stays one.

use sqlparser::ast::{DataType, Expr, GroupByExpr, OrderByKind, Query, SelectItem, SetExpr};

use crate::rewrite::walk::{Walk, Walked};
use crate::sql::token::TokenKind;
use crate::sql::{names, parse};
use crate::text::Span;

impl Walk<'_> {
    /// Notes the items of the statement's own select list that are `oid::regclass`: the client gets the name that they print. Where rows are
    /// grouped, compared or ordered by them, they stay what they are.
    pub(in crate::rewrite) fn note_printed(&mut self, query: &Query) {
        let SetExpr::Select(select) = &*query.body else { return };
        // Behind `CREATE TABLE t AS` it would be a column of another type.
        let before = self.tokens.first().map_or("", |first| self.source[..first.span.start].trim_end());
        if !before.is_empty() && !before.ends_with(';') {
            return;
        }
        let is_grouped = !matches!(&select.group_by, GroupByExpr::Expressions(list, _) if list.is_empty());
        if !self.shows_legacy() || is_grouped || select.distinct.is_some() || self.world.catalogs().calls.is_empty() {
            return;
        }
        let order = query.order_by.as_ref().map(|order| &order.kind);
        let by_output = |expr: &Expr| matches!(expr, Expr::Identifier(_) | Expr::Value(_));
        let is_plain = match order {
            None => true,
            Some(OrderByKind::Expressions(list)) => !list.iter().any(|order| {
                by_output(&order.expr) && select.projection.iter().any(|item| is_ordered_by(item, &order.expr))
            }),
            Some(OrderByKind::All(_)) => false,
        };
        let items = select.projection.iter().filter_map(printed_item).filter(|_| is_plain);
        self.printing.extend(items.map(|span| span.start));
    }

    /// True for `oid::regclass` in the select list that the client sees.
    pub(in crate::rewrite) fn is_printed(&self, expr: &Expr) -> bool {
        !self.printing.is_empty() && name_of(expr).is_some_and(|(first, _)| self.printing.contains(&first.start))
    }

    /// `oid::regclass`, cast to text: the name that the server would print.
    pub(in crate::rewrite) fn printed(&mut self, expr: &Expr, data_type: &DataType) -> Walked {
        let spans = name_of(expr);
        let names = data_type.to_string().to_ascii_lowercase();
        if !self.shows_legacy() || !is_relation(&names) {
            return Ok(());
        }
        let Some((call, (first, last))) = self.world.catalogs().call("regclass", 1).zip(spans) else { return Ok(()) };
        // Not `CAST(… AS regclass)`, nor a name in parentheses.
        let Some(at) = self.token_at(last.start) else { return Ok(()) };
        let width = if names == "regclass" { 2 } else { 4 };
        let (Some(colons), Some(word)) = (self.tokens.get(at + 1), self.tokens.get(at + width)) else { return Ok(()) };
        if colons.kind != TokenKind::ColonColon || !word.is_keyword(self.source, "regclass") {
            return Ok(());
        }
        // The column no longer gives the output its name.
        self.replaced.insert(first.start);
        self.enclose(call, Span::at(first.start), colons.span.to(word.span))
    }
}

/// The first and the last part of a column's name.
fn name_of(expr: &Expr) -> Option<(Span, Span)> {
    match expr {
        Expr::Identifier(name) => parse::span(name).map(|span| (span, span)),
        Expr::CompoundIdentifier(parts) => parts.first().and_then(parse::span).zip(parts.last().and_then(parse::span)),
        _ => None,
    }
}

fn is_relation(type_name: &str) -> bool {
    matches!(type_name, "regclass" | "pg_catalog.regclass")
}

/// The name of the column in an item that is `oid::regclass`.
fn printed_item(item: &SelectItem) -> Option<Span> {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return None };
    let Expr::Cast { expr, data_type, .. } = expr else { return None };
    let is_it = is_relation(&data_type.to_string().to_ascii_lowercase());
    name_of(expr).filter(|_| is_it).map(|(first, _)| first)
}

/// True for an item that is `oid::regclass`, and which ORDER BY may mean: by its label, or by any position.
fn is_ordered_by(item: &SelectItem, by: &Expr) -> bool {
    if printed_item(item).is_none() {
        return false;
    }
    let label = match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(names::ident(alias)),
        SelectItem::UnnamedExpr(Expr::Cast { expr, .. }) => match &**expr {
            Expr::Identifier(name) => Some(names::ident(name)),
            Expr::CompoundIdentifier(parts) => parts.last().map(names::ident),
            _ => None,
        },
        _ => None,
    };
    match by {
        Expr::Identifier(name) => label.is_some_and(|label| label == names::ident(name)),
        _ => true,
    }
}
