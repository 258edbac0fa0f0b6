//! What GROUP BY needs beside names: labels that a current column hides, and grouping sets.
//!
//! Which input column or label an element is, `clause` says.

use rustc_hash::FxHashSet as HashSet;
use sqlparser::ast::{Expr, GroupByExpr};

use super::clause::Outputs;
use super::from::bare;
use super::scope::{Namespace, Source};
use super::walk::{Bound, Part, Place, Read, Refused, Scope, Walk, Walked};
use crate::sql::names;
use crate::text::Span;

/// What a query groups by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Grouped {
    parts: Vec<Part>,
    /// True when there is a column of a star among it.
    hidden: bool,
}

/// True for ROLLUP, CUBE and GROUPING SETS.
pub(super) fn has_grouping_sets(group_by: &GroupByExpr) -> bool {
    let GroupByExpr::Expressions(exprs, _) = group_by else { return false };
    exprs.iter().any(|expr| matches!(expr, Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_)))
}

impl Outputs {
    /// The places of the columns that an element of GROUP BY may mean by their label or their position.
    fn meant_by(&self, expr: &Expr, position: Option<usize>) -> impl Iterator<Item = usize> {
        let called = bare(expr).map_or(&[][..], |name| self.called(&names::ident(name)));
        let position = position.and_then(|at| at.checked_sub(1)).filter(|at| *at < self.columns.len());
        called.iter().copied().chain(position)
    }
}

impl<'w> Walk<'w> {
    /// A label that the server would take for a column of `source`: its position says the same, or the table in its legacy shape has
    /// no such column.
    pub(super) fn group_label(&mut self, source: &Source<'w>, name: &str, span: Span, outputs: &Outputs) -> Walked {
        match outputs.called(name) {
            [at] if outputs.complete => self.edit(span, (at + 1).to_string(), "label", Scope::SelectList),
            _ if self.shape(source, true) => Ok(()),
            _ => {
                let message = format!(
                    "`{name}` in GROUP BY is an output label in the legacy naming and a column in the current naming"
                );
                let hint = "give the output another label, or group by its position";
                Err(Refused::unsure(message, hint, Some(span.start)))
            }
        }
    }

    /// What a GROUP BY of `exprs` groups by, of which `own` is what they name themselves, not by a label or a position.
    pub(super) fn grouped(&self, exprs: &[Expr], outputs: &Outputs, own: Part) -> Grouped {
        let mut grouped = Grouped { parts: vec![own], hidden: false };
        let mut left: Vec<&Expr> = exprs.iter().collect();
        let mut meant = HashSet::default();
        while let Some(expr) = left.pop() {
            match expr {
                Expr::Nested(inner) => left.push(inner),
                Expr::Tuple(list) => left.extend(list),
                Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => left.extend(sets.iter().flatten()),
                _ => {
                    for at in outputs.meant_by(expr, self.position(expr)).filter(|at| meant.insert(*at)) {
                        let output = &outputs.columns[at];
                        grouped.hidden |= output.part.is_none();
                        grouped.parts.extend(output.part.clone());
                    }
                }
            }
        }
        grouped
    }

    /// The legacy columns in it, each once.
    fn reads_of(&self, grouped: &Grouped) -> Vec<Read<'w>> {
        distinct(grouped.parts.iter().flat_map(|part| &self.read[part.read.clone()]))
    }

    /// What grouping sets cannot do here. Two names of one column cannot be grouped by apart: where one is left out of a set, so is the other.
    pub(super) fn one_name_each(&mut self, namespace: &Namespace<'w>, grouped: &Grouped) -> Walked {
        if grouped.hidden {
            return Err(Refused::not_understood("a column of `*` in grouping sets", None));
        }
        let read = self.reads_of(grouped);
        // Before Postgres 18 a grouped expression is recognised by its form, and inside of another one a condition may lose it. That of a
        // derived table stays apart.
        for condition in read.iter().filter(|read| read.replacement.is_condition) {
            if !self.shape_read(&namespace.sources, condition) {
                let message =
                    format!("`{}` is a computed condition, which grouping sets may lose", condition.replacement.legacy);
                return Err(Refused::unsure(message, "group by the column that it is computed from", None));
            }
        }
        let twins = |one: &str, other: &str| {
            let message = format!("`{one}` and `{other}` are one column now, which grouping sets would tell apart");
            Err(Refused::unsure(message, "use one of the two names", None))
        };
        for (i, one) in read.iter().enumerate() {
            if let Some(other) = read[i + 1..].iter().find(|other| other.is_twin(one)) {
                return twins(&one.replacement.legacy, &other.replacement.legacy);
            }
            let Some(current) = one.replacement.renamed() else { continue };
            let bound = grouped.parts.iter().flat_map(|part| &self.bound[part.bound.clone()]);
            let is_it = |(place, bound): &(Place, Bound<'w>)| {
                let itself = matches!(place, Place::Source(at) if !self.replaced.contains(at));
                itself && matches!(bound, Bound::Column(source, name) if *source == one.source && name == current)
            };
            if bound.into_iter().any(is_it) {
                return twins(&one.replacement.legacy, current);
            }
        }
        Ok(())
    }

    /// A subquery may read a column by which the query around it groups, but no part of an expression by which it does: there, the table
    /// takes its legacy shape. `below` is where the subqueries begin in [`Walk::below`].
    pub(super) fn shape_grouped(&mut self, namespace: &Namespace<'w>, grouped: &Grouped, below: usize) {
        if grouped.parts.is_empty() || self.below.len() == below {
            return;
        }
        let by = self.reads_of(grouped);
        let below = distinct(self.below[below..].iter().flat_map(|range| &self.read[range.clone()]));
        for read in below.iter().filter(|read| by.iter().any(|by| by.is_computed_as(read))) {
            self.shape_read(&namespace.sources, read);
        }
    }
}

fn distinct<'r, 'w: 'r>(reads: impl Iterator<Item = &'r Read<'w>>) -> Vec<Read<'w>> {
    let mut seen = HashSet::default();
    reads.filter(|read| seen.insert((read.source, std::ptr::from_ref(read.replacement)))).copied().collect()
}
