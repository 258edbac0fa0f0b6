//! A plan in terms of an outline: good for each text that has this outline and the same values where the plan depends on them.
//!
//! `cache` makes one of a plan ([`Template::of`]) and plans of it ([`Template::fill`]).

use super::literals::Reads;
use super::outline::Outline;
use super::plan::{Outcome, Plan, Statement};
use crate::text::{SourceMap, Span, splice};

/// A plan whose places are bytes of an outline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    /// The literals that it depends on: which hole, and what stands there.
    fixed: Box<[(usize, Box<str>)]>,
    edits: Box<[(Span, Box<str>)]>,
    /// Bytes of what the edits put into a text.
    grown: usize,
    statements: Box<[Statement]>,
}

impl Template {
    /// The plan for `source` in terms of its outline, when it depends on no more than the literals that were read; none when that is not
    /// certain.
    #[must_use]
    pub fn of(plan: &Plan, source: &str, outline: &Outline, literals: &Reads) -> Option<Self> {
        let starts = literals.starts()?;
        if starts.iter().any(|at| outline.place(*at).is_none()) {
            return None;
        }
        // Literals that stay in the outline are the same for all.
        let hole = |at: &usize| outline.holes.binary_search_by_key(at, |hole| hole.span.start).ok();
        let mut holes: Vec<usize> = starts.iter().filter_map(hole).collect();
        let mut edits: Vec<(Span, Box<str>)> = Vec::with_capacity(plan.map.pairs().len());
        let sql = plan.sql.as_deref().unwrap_or(source);
        for (span, spliced) in plan.map.pairs() {
            edits.push((place(outline, *span)?, spliced.text(sql).into()));
            let stands_for_all = |s: &Statement| s.outcome == Outcome::Refused && s.span == *span;
            if !plan.statements.iter().any(stands_for_all) {
                // What replaces a literal may be made from it.
                let first = outline.holes.partition_point(|hole| hole.span.start < span.start);
                let covered = outline.holes.iter().skip(first).take_while(|hole| hole.span.end <= span.end).count();
                holes.extend(first..first + covered);
            }
        }
        holes.sort_unstable();
        holes.dedup();
        let fixed = holes.into_iter().map(|hole| (hole, outline.holes[hole].span.text(source).into())).collect();
        let statements = plan.statements.iter().map(|statement| {
            let mut statement = Statement { span: place(outline, statement.span)?, ..statement.clone() };
            if let Some(at) = statement.refusal.as_mut().and_then(|refusal| refusal.at.as_mut()) {
                *at = outline.place(*at)?;
            }
            Some(statement)
        });
        let grown = edits.iter().map(|(_, text)| text.len()).sum();
        Some(Self { fixed, edits: edits.into(), grown, statements: statements.collect::<Option<_>>()? })
    }

    /// The plan for another text with the same outline; none when a literal differs on which it depends.
    #[must_use]
    pub fn fill(&self, source: &str, outline: &Outline) -> Option<Plan> {
        let is_same = |(hole, text): &(usize, Box<str>)| outline.holes[*hole].span.text(source) == &**text;
        if !self.fixed.iter().all(is_same) {
            return None;
        }
        let (sql, map) = if self.edits.is_empty() {
            (None, SourceMap::default())
        } else {
            let edits = self.edits.iter().map(|(span, text)| (outline.span(*span), &**text));
            let spliced = splice(source, self.grown, edits);
            (Some(spliced.sql.into()), spliced.map)
        };
        let statements = self.statements.iter().map(|statement| {
            let mut statement = Statement { span: outline.span(statement.span), ..statement.clone() };
            if let Some(at) = statement.refusal.as_mut().and_then(|refusal| refusal.at.as_mut()) {
                *at = outline.byte(*at);
            }
            statement
        });
        Some(Plan { sql, map, statements: statements.collect() })
    }

    /// About so many bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let fixed: usize = self.fixed.iter().map(|(_, text)| text.len()).sum();
        let statements: usize = self.statements.iter().map(Statement::bytes).sum();
        size_of::<Self>() + size_of_val(&*self.fixed) + fixed + size_of_val(&*self.edits) + self.grown + statements
    }
}

fn place(outline: &Outline, span: Span) -> Option<Span> {
    Some(Span::new(outline.place(span.start)?, outline.place(span.end)?))
}
