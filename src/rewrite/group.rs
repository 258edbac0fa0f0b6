//! What GROUP BY needs beside names: labels that a current column hides, and grouping sets.
//!
//! Which input column or label an element is, `clause` says.

use sqlparser::ast::{Expr, GroupByExpr};

use super::clause::{Output, Outputs};
use super::from::bare;
use super::scope::Source;
use super::walk::{Read, Refused, Scope, Walk, Walked};
use crate::sql::names;
use crate::text::Span;

/// True for ROLLUP, CUBE and GROUPING SETS.
pub(super) fn has_grouping_sets(group_by: &GroupByExpr) -> bool {
    let GroupByExpr::Expressions(exprs, _) = group_by else { return false };
    exprs.iter().any(|expr| matches!(expr, Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_)))
}

impl Outputs {
    /// The columns that an element of GROUP BY may mean by their label or their position.
    fn meant_by<'o>(&'o self, expr: &'o Expr, position: Option<usize>) -> impl Iterator<Item = &'o Output> {
        let name = bare(expr).map(names::ident);
        let called = move |output: &Output| name.as_ref().is_some_and(|name| **name == *output.label);
        let all = self.columns.iter().enumerate();
        all.filter(move |(at, output)| position == Some(at + 1) || called(output)).map(|(_, output)| output)
    }
}

impl<'w> Walk<'w> {
    /// A label that the server would take for a column of `source`: its position says the same, or the table in its legacy shape has
    /// no such column.
    pub(super) fn group_label(&mut self, source: &Source<'w>, name: &str, span: Span, outputs: &Outputs) -> Walked {
        let mut called = outputs.columns.iter().enumerate().filter(|(_, output)| output.label.as_ref() == name);
        match (called.next(), called.next()) {
            (Some((at, _)), None) if outputs.complete => {
                self.edit(span, (at + 1).to_string(), "label", Scope::SelectList)
            }
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

    /// What grouping sets cannot do here. Two legacy columns that are one now cannot be grouped by apart: where one is left out of a set, so is the other.
    /// `own` are those that `exprs` name themselves, not by a label or a position.
    pub(super) fn one_name_each(&self, exprs: &[Expr], outputs: &Outputs, own: &[Read<'w>]) -> Walked {
        let mut read = own.to_vec();
        let mut left: Vec<&Expr> = exprs.iter().collect();
        while let Some(expr) = left.pop() {
            match expr {
                Expr::Nested(inner) => left.push(inner),
                Expr::Tuple(list) => left.extend(list),
                Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => left.extend(sets.iter().flatten()),
                _ => {
                    for output in outputs.meant_by(expr, self.position(expr)) {
                        let unknown = || Refused::not_understood("a column of `*` in grouping sets", None);
                        read.extend_from_slice(&self.read[output.read.clone().ok_or_else(unknown)?]);
                    }
                }
            }
        }
        // Before Postgres 18 a grouped expression is recognised by its form, and inside of another one a condition may lose it.
        if let Some(condition) = read.iter().find(|read| read.replacement.is_condition) {
            let message =
                format!("`{}` is a computed condition, which grouping sets may lose", condition.replacement.legacy);
            return Err(Refused::unsure(message, "group by the column that it is computed from", None));
        }
        for (i, one) in read.iter().enumerate() {
            let Some(other) = read[i + 1..].iter().find(|other| other.is_twin(one)) else { continue };
            let (one, other) = (&one.replacement.legacy, &other.replacement.legacy);
            let message = format!("`{one}` and `{other}` are one column now, which grouping sets would tell apart");
            return Err(Refused::unsure(message, "use one of the two names", None));
        }
        Ok(())
    }
}
