//! WITH: which CTEs are in sight, and the columns that each offers.

use std::ops::Range;
use std::rc::Rc;

use sqlparser::ast::{Cte, SelectItem, SetExpr, With};

use super::from::{added, alias_name, declared, renamed};
use super::label;
use super::query::{Around, Labels, Locks};
use super::scope::Env;
use super::walk::{Refused, Walk, Walked};
use crate::sql::{names, parse};

/// The CTEs in sight, innermost list first.
pub(super) struct Ctes<'e> {
    /// (name, output columns), the last of a name wins.
    pub list: Vec<(Rc<str>, Labels)>,
    pub outer: Option<&'e Ctes<'e>>,
}

impl Ctes<'_> {
    /// The columns of the CTE of that name: none where there is no such CTE, none in it where they are not known.
    pub(super) fn find(&self, name: &str) -> Option<&Labels> {
        let here = self.list.iter().rev().find(|(n, _)| n.as_ref() == name).map(|(_, labels)| labels);
        here.or_else(|| self.outer.and_then(|outer| outer.find(name)))
    }
}

impl<'w> Walk<'w> {
    /// WITH: without RECURSIVE each CTE sees those before it, with it all of them.
    pub(super) fn ctes(&mut self, with: &With, own: &mut Ctes<'_>, outer: Option<&Env<'_, 'w>>) -> Walked {
        if with.recursive {
            own.list.extend(with.cte_tables.iter().map(|cte| (cte_name(cte), declared(&cte.alias))));
        }
        for cte in &with.cte_tables {
            if cte.from.is_some() {
                return Err(Refused::not_understood("WITH … FROM", None));
            }
            let name = cte_name(cte);
            if with.recursive {
                // The first branch gives the labels before the second one refers to them.
                let labels = first_labels(&cte.query.body);
                own.list.push((name.clone(), renamed(&cte.alias, labels)));
            }
            let tokens = self.tokens_of(cte);
            let all = std::mem::replace(&mut self.within, tokens);
            let labels = self.query(&cte.query, Around { outer, ctes: own, locks: Locks::None })?;
            self.within = all;
            let labels =
                renamed(&cte.alias, labels).map(|labels| labels.into_iter().chain(added(&cte.alias)).collect());
            own.list.push((name, labels));
        }
        Ok(())
    }

    /// The tokens of a CTE, as far as they are known; all of the statement otherwise.
    fn tokens_of(&self, cte: &Cte) -> Range<usize> {
        let start = parse::span(&cte.alias.name).and_then(|span| self.token_at(span.start));
        let end = parse::span_of(cte.closing_paren_token.0.span).and_then(|span| self.token_at(span.start));
        start.zip(end).map_or(0..self.tokens.len(), |(start, end)| start..end + 1)
    }
}

/// The labels of a list of outputs; none where a star hides them.
pub(super) fn labels_of(items: &[SelectItem]) -> Labels {
    let label = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) if !label::is_star(expr) => Some(Rc::from(label::label(expr).name)),
        SelectItem::ExprWithAlias { alias, .. } => Some(Rc::from(names::ident(alias).as_ref())),
        _ => None,
    };
    items.iter().map(label).collect()
}

fn cte_name(cte: &Cte) -> Rc<str> {
    alias_name(&cte.alias)
}

/// The labels of a query's first branch, before it is walked: what a recursive CTE offers to its second branch.
fn first_labels(body: &SetExpr) -> Labels {
    match body {
        SetExpr::SetOperation { left, .. } => first_labels(left),
        SetExpr::Query(query) => first_labels(&query.body),
        SetExpr::Select(select) => labels_of(&select.projection),
        SetExpr::Values(values) => {
            let width = values.rows.first().map_or(0, |row| row.content.len());
            Some((1..=width).map(|i| format!("column{i}").into()).collect())
        }
        _ => None,
    }
}
