//! Joins: what both sides offer together, which columns USING merges, and which rows may be missing.

use std::collections::HashSet;
use std::rc::Rc;

use sqlparser::ast::{Ident, JoinConstraint, JoinOperator, ObjectName, TableWithJoins};

use super::clause::star_labels;
use super::query::Around;
use super::scope::{Columns, Env, Found, Namespace, Source};
use super::walk::{Refused, Walk, Walked};
use crate::sql::marks::Mark;
use crate::sql::{names, parse};
use crate::text::Span;

impl<'w> Walk<'w> {
    /// One item of FROM with all that is joined to it; `before` are the items that LATERAL sees.
    pub(super) fn joined(
        &mut self,
        item: &TableWithJoins,
        before: &Namespace<'w>,
        around: Around<'_, 'w>,
    ) -> Walked<Namespace<'w>> {
        let mut left = self.factor(&item.relation, before, around)?;
        for join in &item.joins {
            let lateral = before.with(&left);
            let right = self.factor(&join.relation, &lateral, around)?;
            left = self.join(left, right, &join.join_operator, around)?;
        }
        Ok(left)
    }

    fn join(
        &mut self,
        left: Namespace<'w>,
        right: Namespace<'w>,
        operator: &JoinOperator,
        around: Around<'_, 'w>,
    ) -> Walked<Namespace<'w>> {
        let (JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint)) = operator
        else {
            return Err(Refused::not_understood("a join that Postgres does not have", None));
        };
        match constraint {
            JoinConstraint::None => Ok(left.with(&right)),
            JoinConstraint::On(condition) => {
                let both = left.with(&right);
                let start = self.read.len();
                self.condition(condition, &Env { here: &both, outer: around.outer }, around)?;
                if matches!(operator, JoinOperator::FullOuter(_)) {
                    self.shape_constants(&both, start);
                }
                // The condition sees the rows themselves, everything behind the join also those that are missing.
                let (left, right) = with_missing_rows(left, right, operator);
                Ok(left.with(&right))
            }
            JoinConstraint::Using(columns) => {
                let (columns, alias) = using_alias(columns);
                let columns: Option<Vec<&Ident>> = columns.iter().map(single).collect();
                let columns = columns.ok_or_else(|| Refused::not_understood("a qualified name in USING", None))?;
                for ident in &columns {
                    let at = parse::span(ident).map(|s| s.start);
                    self.mergeable(&left, &right, &names::ident(ident), at)?;
                }
                let columns = columns.iter().map(|ident| names::ident(ident).into()).collect();
                let (left, right) = with_missing_rows(left, right, operator);
                Ok(self.merged(&left, &right, columns, alias))
            }
            JoinConstraint::Natural => {
                let columns = self.natural(&left, &right)?;
                for column in &columns {
                    self.mergeable(&left, &right, column, None)?;
                }
                let (left, right) = with_missing_rows(left, right, operator);
                Ok(self.merged(&left, &right, columns, None))
            }
        }
    }

    /// FULL JOIN compares columns of both sides, and a constant is of none; that of a derived table is.
    fn shape_constants(&mut self, both: &Namespace<'w>, start: usize) {
        let constants: Vec<_> = self.read[start..].iter().filter(|r| r.replacement.is_constant()).copied().collect();
        for read in constants {
            self.shape_read(&both.sources, &read);
        }
    }

    /// A column that USING names, on each side: where it is a legacy one, its table is taken in the legacy shape.
    fn mergeable(&mut self, left: &Namespace<'w>, right: &Namespace<'w>, column: &str, at: Option<usize>) -> Walked {
        for side in [left, right] {
            let shaped = match side.column(column) {
                Found::Plain(_) | Found::Nothing | Found::Unseen(_) => true,
                Found::Mapped(source, ..) => self.shape_with(&source, column),
                // The other one has it in the current naming alone.
                Found::Qualify(source) => self.shape_others(column, &side.sources, source.number),
                Found::Ambiguous => {
                    let which = if std::ptr::eq(side, left) { "left" } else { "right" };
                    let message = format!("common column name \"{column}\" appears more than once in {which} table");
                    return Err(Refused { sqlstate: "42702", hint: None, ..Refused::unsure(message, "", None) });
                }
                other => return self.unedited(other, column, at.map_or(Span::default(), Span::at)),
            };
            if !shaped {
                let what = format!("a join that merges the mapped column `{column}` (USING or NATURAL)");
                return Err(Refused::unsupported(what, at));
            }
        }
        Ok(())
    }

    /// NATURAL JOIN goes by the names of all columns: those of the legacy tables.
    fn natural(&mut self, left: &Namespace<'w>, right: &Namespace<'w>) -> Walked<Vec<Rc<str>>> {
        for source in left.sources.iter().chain(&right.sources) {
            // What `*` does not give is nothing to join by, and would be.
            let has_more = source.has_extra(|_| true);
            if has_more || (source.mapped().is_some_and(|t| !t.has_plain_rows()) && !self.shape(source, true)) {
                return Err(Refused::unsupported("NATURAL JOIN", None));
            }
        }
        let unknown = || Refused::not_understood("NATURAL JOIN over columns that are not known", None);
        let labels = star_labels(left).ok_or_else(unknown)?;
        let right: HashSet<Rc<str>> = star_labels(right).ok_or_else(unknown)?.into_iter().collect();
        Ok(labels.into_iter().filter(|l| right.contains(l)).collect())
    }

    /// JOIN USING: the merged columns come first, with no name before them but that of `USING (…) AS alias`; both sides keep
    /// theirs for qualified use.
    fn merged(
        &mut self,
        left: &Namespace<'w>,
        right: &Namespace<'w>,
        columns: Vec<Rc<str>>,
        alias: Option<Rc<str>>,
    ) -> Namespace<'w> {
        let number = self.next_source();
        let hidden: HashSet<String> = columns.iter().map(ToString::to_string).collect();
        let hide = |source: &Rc<Source<'w>>| {
            let merged = source.merged.union(&hidden).cloned().collect();
            Rc::new(Source { merged: Rc::new(merged), ..source.as_ref().clone() })
        };
        let columns = Columns::Merged(columns.into());
        let merged = Source::new(number, alias, columns);
        let sides = left.sources.iter().chain(&right.sources).map(hide);
        Namespace { sources: std::iter::once(Rc::new(merged)).chain(sides).collect() }
    }
}

/// What an outer join makes of its sides.
fn with_missing_rows<'w>(
    left: Namespace<'w>,
    right: Namespace<'w>,
    operator: &JoinOperator,
) -> (Namespace<'w>, Namespace<'w>) {
    match operator {
        JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => (left, right.with_missing_rows()),
        JoinOperator::Right(_) | JoinOperator::RightOuter(_) => (left.with_missing_rows(), right),
        JoinOperator::FullOuter(_) => (left.with_missing_rows(), right.with_missing_rows()),
        _ => (left, right),
    }
}

/// The columns of USING, and the alias of what they make.
fn using_alias(list: &[ObjectName]) -> (&[ObjectName], Option<Rc<str>>) {
    if let [columns @ .., last] = list
        && let [mark, alias] = last.0.as_slice()
        && let (Some(mark), Some(alias)) = (mark.as_ident(), alias.as_ident())
        && Mark::JoinAlias.is(mark)
    {
        return (columns, Some(names::ident(alias).into()));
    }
    (list, None)
}

fn single(name: &ObjectName) -> Option<&Ident> {
    match name.0.as_slice() {
        [part] => part.as_ident(),
        _ => None,
    }
}
