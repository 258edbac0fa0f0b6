//! The select list, and the clauses in which a bare name may be an output label.
//!
//! ORDER BY and DISTINCT ON take a bare name as a label first, GROUP BY as an input column first, everything else never as a
//! label (`findTargetlistEntrySQL92`, `transformGroupClause` in `parse_clause.c`).

use std::rc::Rc;

use rustc_hash::FxHashMap as HashMap;
use sqlparser::ast::{Expr, Select, SelectItem, WindowSpec};

use super::from::bare;
use super::label;
use super::meaning::Meaning;
use super::query::{Around, Labels};
use super::rows::{Rows, star_of};
use super::scope::{Env, Found, Namespace, Source};
use super::star::star_labels;
use super::walk::{Bound, Part, Place, Refused, Scope, Walk, Walked};
use crate::sql::{names, parse};
use crate::text::Span;

/// The output columns of one SELECT.
pub(super) struct Outputs {
    pub(super) columns: Vec<Output>,
    /// Where each label stands among them.
    by_label: HashMap<Rc<str>, Vec<usize>>,
    /// False when a star over something unknown hides some.
    pub(super) complete: bool,
}

pub(super) struct Output {
    pub(super) label: Rc<str>,
    /// The start of the reference when the column is nothing but one.
    reference: Option<usize>,
    /// What is in it; none for a column of a star.
    pub(super) part: Option<Part>,
}

impl Outputs {
    pub(super) fn names(&self) -> Labels {
        self.complete.then(|| self.columns.iter().map(|c| c.label.clone()).collect())
    }

    fn has(&self, label: &str) -> bool {
        self.by_label.contains_key(label)
    }

    /// The places of the columns with that label.
    pub(super) fn called(&self, label: &str) -> &[usize] {
        self.by_label.get(label).map_or(&[], Vec::as_slice)
    }

    fn push(&mut self, label: impl Into<Rc<str>>, expr: &Expr, part: &Part) {
        self.add(Output { label: label.into(), reference: reference(expr), part: Some(part.clone()) });
    }

    fn push_all(&mut self, labels: Labels) {
        self.complete &= labels.is_some();
        for label in labels.into_iter().flatten() {
            self.add(Output { label, reference: None, part: None });
        }
    }

    fn add(&mut self, output: Output) {
        self.by_label.entry(output.label.clone()).or_default().push(self.columns.len());
        self.columns.push(output);
    }
}

impl<'w> Walk<'w> {
    /// The select list after its expressions were walked: labels are kept, stars are spelled out where they would differ.
    pub(super) fn projection(
        &mut self,
        select: &Select,
        namespace: &Namespace<'w>,
        env: &Env<'_, 'w>,
        parts: &[Part],
    ) -> Walked<Outputs> {
        let mut outputs = Outputs { columns: Vec::new(), by_label: HashMap::default(), complete: true };
        let mut ends = None;
        for (i, (item, part)) in select.projection.iter().zip(parts).enumerate() {
            match item {
                SelectItem::ExprWithAlias { expr, alias } => {
                    outputs.push(names::ident(alias).as_ref(), expr, part);
                }
                SelectItem::UnnamedExpr(expr) if label::is_star(expr) => outputs.push_all(star_of(expr, env)),
                SelectItem::UnnamedExpr(expr) => {
                    let label = label::label(expr);
                    if label.from.is_some_and(|from| self.replaced.contains(&from)) {
                        self.keep_label(select, i, &mut ends, &label.name)?;
                    }
                    outputs.push(label.name.as_str(), expr, part);
                }
                SelectItem::Wildcard(options) => {
                    self.star(select, namespace, options)?;
                    outputs.push_all(star_labels(namespace));
                }
                SelectItem::QualifiedWildcard(kind, options) => {
                    let labels = self.qualified_star(kind, options, env)?;
                    outputs.push_all(labels);
                }
                SelectItem::ExprWithAliases { .. } => return Err(Refused::not_understood("a list of aliases", None)),
            }
        }
        Ok(outputs)
    }

    /// One element of GROUP BY.
    pub(super) fn group(
        &mut self,
        expr: &Expr,
        outputs: &Outputs,
        env: &Env<'_, 'w>,
        around: Around<'_, 'w>,
    ) -> Walked {
        match expr {
            Expr::Nested(inner) => self.group(inner, outputs, env, around),
            Expr::Tuple(list) => self.groups(list, outputs, env, around),
            Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => {
                sets.iter().try_for_each(|set| self.groups(set, outputs, env, around))
            }
            Expr::Identifier(ident) => {
                let name = names::ident(ident);
                let Some(span) = parse::span(ident) else { return Ok(()) };
                match env.here.column(&name) {
                    Found::Nothing if outputs.has(&name) => {
                        self.label(&name, span);
                        Ok(())
                    }
                    Found::Plain(source) if outputs.has(&name) => self.group_plain(&source, &name, span, outputs, env),
                    _ => self.name(&name, span, Rows::Values, env),
                }
            }
            other => self.read(other, Rows::Values, env, around),
        }
    }

    fn groups(&mut self, list: &[Expr], outputs: &Outputs, env: &Env<'_, 'w>, around: Around<'_, 'w>) -> Walked {
        list.iter().try_for_each(|expr| self.group(expr, outputs, env, around))
    }

    /// An input column and a label share the name. Where the legacy schema had no such column, it meant the label, and the
    /// server would now take the column: fine only if both are the same.
    fn group_plain(
        &mut self,
        source: &Source<'w>,
        name: &str,
        span: Span,
        outputs: &Outputs,
        env: &Env<'_, 'w>,
    ) -> Walked {
        let current_only = source.mapped().is_some_and(|t| matches!(t.columns.get(name), Some(Meaning::Current)));
        let column = Bound::Column(source.number, name.into());
        let same = |output: &Output| {
            let bound = output.part.as_ref().map_or(&[][..], |part| &self.bound[part.bound.clone()]);
            let is_it = |at| bound.iter().any(|(place, bound)| *place == Place::Source(at) && *bound == column);
            output.reference.is_some_and(is_it)
        };
        if current_only && !outputs.called(name).iter().all(|&at| same(&outputs.columns[at])) {
            return self.group_label(source, name, span, outputs);
        }
        self.name(name, span, Rows::Values, env)
    }

    /// One element of ORDER BY or DISTINCT ON.
    pub(super) fn order(
        &mut self,
        expr: &Expr,
        outputs: &Outputs,
        env: &Env<'_, 'w>,
        around: Around<'_, 'w>,
    ) -> Walked {
        let Some(ident) = bare(expr) else { return self.read(expr, Rows::Values, env, around) };
        let (name, Some(span)) = (names::ident(ident), parse::span(ident)) else { return Ok(()) };
        if outputs.has(&name) {
            self.label(&name, span);
            return Ok(());
        }
        let mapped =
            matches!(env.name(&name), Found::Mapped(..) | Found::Broken(..) | Found::Obscured(_) | Found::Withheld(_));
        if !outputs.complete && mapped {
            let message = format!("whether `{name}` is an output label or a column is not known");
            return Err(Refused::unsure(message, "qualify it with its table", Some(span.start)));
        }
        self.name(&name, span, Rows::Values, env)
    }

    /// PARTITION BY, ORDER BY and frame of a window: always over input columns.
    pub(super) fn window(&mut self, spec: &WindowSpec, env: &Env<'_, 'w>, around: Around<'_, 'w>) -> Walked {
        use sqlparser::ast::WindowFrameBound::{Following, Preceding};
        let sorted = spec.partition_by.iter().chain(spec.order_by.iter().map(|o| &o.expr));
        self.apart(|walk| walk.reads(sorted, env, around))?;
        let Some(frame) = &spec.window_frame else { return Ok(()) };
        for bound in std::iter::once(&frame.start_bound).chain(&frame.end_bound) {
            if let Preceding(Some(expr)) | Following(Some(expr)) = bound {
                self.expr(expr, env, around)?;
            }
        }
        Ok(())
    }

    /// `SELECT rating` → `SELECT (CASE …) AS rating`.
    fn keep_label(&mut self, select: &Select, item: usize, ends: &mut Option<Vec<usize>>, label: &str) -> Walked {
        let ends = match ends {
            Some(ends) => ends,
            None => ends.insert(self.item_ends(select)?),
        };
        let end = ends.get(item).copied().ok_or_else(|| Refused::not_understood("this select list", None))?;
        self.edit(Span::at(end), format!(" AS {}", names::quote(label)), "label", Scope::SelectList)
    }

    /// Where the select list's items end: in front of the comma or of the clause after it.
    fn item_ends(&self, select: &Select) -> Walked<Vec<usize>> {
        let unknown = || Refused::not_understood("this select list", None);
        let start = parse::span_of(select.select_token.0.span).ok_or_else(unknown)?.start;
        let first = self.token_at(start).ok_or_else(unknown)?;
        let ends = super::items::ends(self.source, &self.tokens[first..]);
        if ends.len() == select.projection.len() { Ok(ends) } else { Err(unknown()) }
    }
}

/// The start of an expression that is nothing but a column reference.
fn reference(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Identifier(ident) => parse::span(ident).map(|s| s.start),
        Expr::CompoundIdentifier(parts) => parts.first().and_then(parse::span).map(|s| s.start),
        Expr::Nested(inner) => reference(inner),
        _ => None,
    }
}
