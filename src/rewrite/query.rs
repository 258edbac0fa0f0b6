//! Queries: WITH, set operations, SELECT and its clauses in Postgres's order of analysis.

use std::rc::Rc;

use sqlparser::ast::{
    Distinct, Fetch, GroupByExpr, LimitClause, LockClause, NamedWindowExpr, ObjectName, OrderBy, OrderByKind, Query,
    Select, SelectItem, SetExpr, Statement,
};

use super::clause;
use super::group::{self, Grouped};
use super::label;
use super::scope::{Env, Namespace, Naming};
use super::walk::{Refused, Walk, Walked};
use super::with::{Ctes, labels_of};
use super::words;
use crate::sql::{names, parse};

/// The output columns of a query; none when a star over something unknown hides them.
pub(super) type Labels = Option<Vec<Rc<str>>>;

/// What surrounds a query: the scopes that it may refer to and the CTEs that it may name.
#[derive(Clone, Copy)]
pub(super) struct Around<'e, 'w> {
    pub outer: Option<&'e Env<'e, 'w>>,
    pub ctes: &'e Ctes<'e>,
    pub locks: Locks<'e>,
}

/// Which items of a FROM clause are locked by FOR UPDATE and the like, here or around.
#[derive(Clone, Copy)]
pub(super) enum Locks<'e> {
    None,
    These(&'e [LockClause]),
    All,
}

impl Locks<'_> {
    /// True when the item of that name is locked, and all that is in it.
    pub(super) fn take(self, name: Option<&str>) -> bool {
        let named = |of: &ObjectName| of.0.last().and_then(|p| p.as_ident()).map(names::ident).as_deref() == name;
        match self {
            Self::None => false,
            Self::These(clauses) => clauses.iter().any(|clause| clause.of.as_ref().is_none_or(named)),
            Self::All => true,
        }
    }
}

impl<'w> Walk<'w> {
    /// A query in any place: statement, CTE, derived table, sublink.
    pub(super) fn query(&mut self, query: &Query, around: Around<'_, 'w>) -> Walked<Labels> {
        self.query_with_orders(query, Vec::new(), around)
    }

    /// `(SELECT … ) ORDER BY x` is one query for Postgres: the outer clauses belong to the inner SELECT.
    fn query_with_orders<'q>(
        &mut self,
        query: &'q Query,
        mut orders: Vec<&'q OrderBy>,
        around: Around<'_, 'w>,
    ) -> Walked<Labels> {
        let foreign = query.for_clause.is_some()
            || query.settings.is_some()
            || query.format_clause.is_some()
            || !query.pipe_operators.is_empty();
        if foreign {
            return Err(Refused::not_understood("a clause that Postgres does not have", None));
        }
        let mut own = Ctes { list: Vec::new(), outer: Some(around.ctes) };
        if let Some(with) = &query.with {
            self.ctes(with, &mut own, around.outer)?;
        }
        let locks = match around.locks {
            Locks::None if query.locks.is_empty() => Locks::None,
            Locks::None => Locks::These(&query.locks),
            around if query.locks.is_empty() => around,
            _ => Locks::All,
        };
        let around = Around { outer: around.outer, ctes: &own, locks };
        orders.extend(&query.order_by);
        let labels = self.body(&query.body, orders, around)?;
        self.limits(query, around)?;
        Ok(labels)
    }

    fn body<'q>(&mut self, body: &'q SetExpr, orders: Vec<&'q OrderBy>, around: Around<'_, 'w>) -> Walked<Labels> {
        match body {
            SetExpr::Select(select) => self.select(select, &orders, around),
            SetExpr::Query(inner) => self.query_with_orders(inner, orders, around),
            SetExpr::SetOperation { left, right, .. } => {
                // ORDER BY of a set operation sees the labels of its first branch and nothing else.
                let labels = self.body(left, Vec::new(), around)?;
                self.body(right, Vec::new(), around)?;
                self.union_order(&orders, labels.as_deref());
                Ok(labels)
            }
            SetExpr::Values(values) => {
                let nothing = Namespace::default();
                let env = Env { here: &nothing, outer: around.outer };
                for row in &values.rows {
                    self.exprs(&row.content, &env, around)?;
                }
                let width = values.rows.first().map_or(0, |row| row.content.len());
                Ok(Some((1..=width).map(|i| format!("column{i}").into()).collect()))
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => self.writing(statement),
            // `TABLE t` comes as a SELECT, since the tree would give its table no place.
            SetExpr::Table(_) => Err(Refused::not_understood("`TABLE`", None)),
        }
    }

    /// A data-modifying CTE: left to the server when it names nothing legacy. The tree has no span for a whole statement, so
    /// the words of the CTE decide.
    fn writing(&mut self, statement: &Statement) -> Walked<Labels> {
        if self.naming == Naming::Legacy {
            let tokens = &self.tokens[self.within.clone()];
            words::allow(self.world, self.context, self.source, tokens, words::Why::Unsupported)?;
        }
        let returning = match statement {
            Statement::Insert(insert) => insert.returning.as_ref(),
            Statement::Update(update) => update.returning.as_ref(),
            Statement::Delete(delete) => delete.returning.as_ref(),
            _ => None,
        };
        Ok(returning.and_then(|items| labels_of(items)))
    }

    fn limits(&mut self, query: &Query, around: Around<'_, 'w>) -> Walked {
        let nothing = Namespace::default();
        let env = Env { here: &nothing, outer: around.outer };
        match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
                self.exprs(limit, &env, around)?;
                self.exprs(offset.as_ref().map(|o| &o.value), &env, around)?;
                self.exprs(limit_by, &env, around)?;
            }
            Some(LimitClause::OffsetCommaLimit { .. }) => {
                return Err(Refused::not_understood("`LIMIT offset, count`", None));
            }
            None => {}
        }
        let Some(Fetch { quantity, .. }) = &query.fetch else { return Ok(()) };
        self.exprs(quantity, &env, around)
    }

    fn select(&mut self, select: &Select, orders: &[&OrderBy], around: Around<'_, 'w>) -> Walked<Labels> {
        reject_foreign(select)?;
        let namespace = self.from(&select.from, around)?;
        let env = Env { here: &namespace, outer: around.outer };
        if let Some(condition) = &select.selection {
            self.push_filters(condition, &env);
            self.condition(condition, &env, around)?;
        }
        // What is not in a grouping set is NULL there, as in a row that is missing.
        let sets = group::has_grouping_sets(&select.group_by);
        let namespace = if sets { namespace.with_missing_rows() } else { namespace };
        let env = Env { here: &namespace, outer: around.outer };
        let below = self.below.len();
        let mut parts = Vec::with_capacity(select.projection.len());
        let outer = self.keeps_rows;
        self.keeps_rows |= select.distinct.is_some();
        for item in &select.projection {
            let start = self.now();
            match item {
                SelectItem::UnnamedExpr(expr) if label::is_star(expr) => {
                    self.apart(|walk| walk.reads([expr], &env, around))?;
                }
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    self.expr(expr, &env, around)?;
                }
                SelectItem::QualifiedWildcard(..) | SelectItem::Wildcard(_) => {}
                SelectItem::ExprWithAliases { .. } => return Err(Refused::not_understood("a list of aliases", None)),
            }
            parts.push(self.since(start));
        }
        self.keeps_rows = outer;
        self.is_below = around.outer.is_some();
        let outputs = self.projection(select, &namespace, &env, &parts)?;
        let start = self.now();
        let mut grouped = Grouped::default();
        if let GroupByExpr::Expressions(exprs, modifiers) = &select.group_by {
            if !modifiers.is_empty() {
                return Err(Refused::not_understood("GROUP BY … WITH", None));
            }
            for expr in exprs {
                self.apart(|walk| walk.group(expr, &outputs, &env, around))?;
            }
            grouped = self.grouped(exprs, &outputs, self.since(start));
            if sets {
                self.one_name_each(&namespace, &grouped)?;
            }
        } else if !matches!(&select.group_by, GroupByExpr::Expressions(..)) {
            return Err(Refused::not_understood("GROUP BY ALL", None));
        }
        self.exprs(&select.having, &env, around)?;
        for window in &select.named_window {
            if let NamedWindowExpr::WindowSpec(spec) = &window.1 {
                self.window(spec, &env, around)?;
            }
        }
        if let Some(Distinct::On(exprs)) = &select.distinct {
            for expr in exprs {
                self.apart(|walk| walk.order(expr, &outputs, &env, around))?;
            }
        }
        for order in orders {
            self.order_by(order, &outputs, &env, around)?;
        }
        self.shape_grouped(&namespace, &grouped, below);
        Ok(outputs.names())
    }

    fn order_by(
        &mut self,
        order: &OrderBy,
        outputs: &clause::Outputs,
        env: &Env<'_, 'w>,
        around: Around<'_, 'w>,
    ) -> Walked {
        let OrderByKind::Expressions(exprs) = &order.kind else {
            return Err(Refused::not_understood("ORDER BY ALL", None));
        };
        for item in exprs {
            self.apart(|walk| walk.order(&item.expr, outputs, env, around))?;
        }
        Ok(())
    }

    fn union_order(&mut self, orders: &[&OrderBy], labels: Option<&[Rc<str>]>) {
        for order in orders {
            let OrderByKind::Expressions(exprs) = &order.kind else { continue };
            for item in exprs {
                let sqlparser::ast::Expr::Identifier(ident) = &item.expr else { continue };
                let (name, span) = (names::ident(ident), parse::span(ident));
                let known = labels.is_none_or(|labels| labels.iter().any(|l| **l == *name));
                if let (Some(span), true) = (span, known) {
                    self.label(&name, span);
                }
            }
        }
    }
}

fn reject_foreign(select: &Select) -> Walked {
    let foreign = select.top.is_some()
        || select.select_modifiers.is_some()
        || select.exclude.is_some()
        || select.prewhere.is_some()
        || select.qualify.is_some()
        || select.value_table_mode.is_some()
        || select.flavor != sqlparser::ast::SelectFlavor::Standard
        || !select.lateral_views.is_empty()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty();
    if foreign { Err(Refused::not_understood("a clause that Postgres does not have", None)) } else { Ok(()) }
}
