//! The select list, and the clauses in which a bare name may be an output label.
//!
//! ORDER BY and DISTINCT ON take a bare name as a label first, GROUP BY as an input column first, everything else never as a
//! label (`findTargetlistEntrySQL92`, `transformGroupClause` in `parse_clause.c`).

use std::rc::Rc;

use rustc_hash::FxHashMap as HashMap;
use sqlparser::ast::{
    Expr, Select, SelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions, WindowSpec,
};

use super::from::bare;
use super::label;
use super::meaning::{Filled, Meaning};
use super::query::{Around, Labels};
use super::rows::{Rows, star_of};
use super::scope::{Columns, Env, Found, Namespace, Source};
use super::walk::{Bound, Part, Place, Refused, Scope, Walk, Walked, qualifier};
use super::world::Table;
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

/// What `SELECT *` over a namespace gives; none when a source is not known.
pub(super) fn star_labels(namespace: &Namespace<'_>) -> Labels {
    let mut all = Vec::new();
    for source in &namespace.sources {
        all.extend(source.labels()?.into_iter().filter(|l| !source.merged.contains(l.as_ref())));
    }
    Some(all)
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
        let mapped = matches!(env.name(&name), Found::Mapped(..) | Found::Broken(..) | Found::Obscured(_));
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

    fn star(&mut self, select: &Select, namespace: &Namespace<'w>, options: &WildcardAdditionalOptions) -> Walked {
        // The star of `TABLE t` is made up, and the word TABLE stands for all but the table.
        let table = parse::span_of(options.wildcard_token.0.span).is_none();
        let word = parse::span_of(select.select_token.0.span).filter(|_| table);
        let span = word.map_or_else(|| plain_star(options), Ok)?;
        let sources = &namespace.sources;
        let has_more = sources.iter().any(|source| source.has_extra(|_| true));
        if !has_more && sources.iter().all(|s| s.mapped().is_none_or(|t| t.star.is_none())) {
            // `TABLE clientes AS customers` is no SQL.
            let renamed = table && sources.iter().any(|s| s.mapped().is_some_and(Table::is_renamed));
            return if renamed { self.edit(span, "SELECT * FROM".into(), "star", Scope::SelectList) } else { Ok(()) };
        }
        if sources.iter().any(|source| !can_be_spelled_out(namespace, source)) {
            // In the legacy shape the star itself says it.
            return self.shape_all(sources, span);
        }
        let mut filled = Filled::default();
        let mut targets = Vec::new();
        for source in sources {
            match &source.columns {
                Columns::Merged(labels) => {
                    for label in labels.iter().filter(|label| !source.merged.contains(label.as_ref())) {
                        separate(&mut filled);
                        filled.references.push((filled.text.len(), Some(label.to_string().into())));
                        filled.text.push_str(&names::quote(label));
                        targets.push(source.number);
                    }
                }
                _ => self.spell_out(source, &mut filled, &mut targets, span)?,
            }
        }
        if table {
            filled.enclose("SELECT ", " FROM");
        }
        self.edit_star(filled, targets, span)
    }

    fn qualified_star(
        &mut self,
        kind: &SelectItemQualifiedWildcardKind,
        options: &WildcardAdditionalOptions,
        env: &Env<'_, 'w>,
    ) -> Walked<Labels> {
        let star = plain_star(options)?;
        let SelectItemQualifiedWildcardKind::ObjectName(name) = kind else {
            return Err(Refused::not_understood("`(expression).*`", Some(star.start)));
        };
        let parts: Vec<_> = name.0.iter().filter_map(|p| p.as_ident()).collect();
        let (schema, source) = match parts.as_slice() {
            [source] => (None, source),
            [.., schema, source] => (Some(names::ident(schema)), source),
            [] => return Err(Refused::not_understood("a star without a name", Some(star.start))),
        };
        match env.row(schema.as_deref(), &names::ident(source)) {
            Found::Row(source) => {
                let lost = schema.is_some() && source.has_lost_its_schema();
                if lost || source.has_extra(|_| true) || source.mapped().is_some_and(|t| t.star.is_some()) {
                    let span = parts.first().and_then(|p| parse::span(p)).map_or(star, |first| first.to(star));
                    // The star ignores what a USING merged: qualified, it has all columns.
                    let whole = Source { merged: Rc::default(), ..source.as_ref().clone() };
                    let (mut filled, mut targets) = (Filled::default(), Vec::new());
                    self.spell_out(&whole, &mut filled, &mut targets, span)?;
                    self.edit_star(filled, targets, span)?;
                }
                Ok(source.labels())
            }
            Found::Ambiguous => {
                Err(Refused::not_understood("a star over one of two tables of the same name", Some(star.start)))
            }
            _ => Ok(None),
        }
    }

    fn shape_all(&mut self, sources: &[Rc<Source<'w>>], span: Span) -> Walked {
        for source in sources.iter().filter(|s| s.mapped().is_some_and(|t| t.star.is_some())) {
            if !self.shape(source, false) {
                return Err(Refused::unsupported("`*` over a merged column", Some(span.start)));
            }
        }
        Ok(())
    }

    fn edit_star(&mut self, filled: Filled<'w>, targets: Vec<usize>, span: Span) -> Walked {
        let references = filled.references.into_iter().zip(targets);
        let references = references.map(|((offset, column), number)| (offset, column, number));
        self.splice_in(references, filled.text, span, "star", Scope::SelectList)
    }

    /// All columns of one source as the legacy schema had them, each under its name.
    pub(super) fn spell_out(
        &mut self,
        source: &Source<'w>,
        filled: &mut Filled<'w>,
        targets: &mut Vec<usize>,
        span: Span,
    ) -> Walked {
        self.spell_out_as(source, true, filled, targets, span)
    }

    /// The same, with their names or as values.
    pub(super) fn spell_out_as(
        &mut self,
        source: &Source<'w>,
        named: bool,
        filled: &mut Filled<'w>,
        targets: &mut Vec<usize>,
        span: Span,
    ) -> Walked {
        let table = source.mapped().filter(|t| t.star.is_some());
        let is_whole = source.merged.is_empty() && !source.has_extra(|_| true);
        if let (None, Some(_), true) = (table, &source.name, is_whole) {
            separate(filled);
            filled.text.push_str(&qualifier(source));
            filled.text.push_str(".*");
            return Ok(());
        }
        let unknown = || Refused::not_understood("`*` over columns that are not known", Some(span.start));
        for label in source.labels().ok_or_else(unknown)? {
            if source.merged.contains(label.as_ref()) {
                continue;
            }
            separate(filled);
            match table {
                Some(table) => self.spell_out_legacy(source, table, (&label, named), filled, span)?,
                None => filled.push_column(&qualifier(source), label.to_string().into()),
            }
            targets.resize(filled.references.len(), source.number);
        }
        if let Some(table) = table {
            self.count(table, "*".into(), "star", "the legacy columns".into());
        }
        Ok(())
    }

    pub(super) fn spell_out_legacy(
        &mut self,
        source: &Source<'w>,
        table: &'w Table,
        (label, named): (&str, bool),
        filled: &mut Filled<'w>,
        span: Span,
    ) -> Walked {
        match table.columns.get(label) {
            Some(Meaning::Mapped(index)) => {
                let replacement = &table.replacements[*index];
                self.reads_alike(replacement, span.start)?;
                let guarded = source.nullable || (self.is_below && replacement.is_constant());
                let one = replacement.fill(&qualifier(source), guarded.then_some(&table.presence));
                let before = filled.text.len();
                filled.references.extend(one.references.into_iter().map(|(offset, column)| (before + offset, column)));
                filled.text.push_str(&one.text);
                if named {
                    filled.text.push_str(" AS ");
                    filled.text.push_str(&names::quote(label));
                }
                Ok(())
            }
            Some(Meaning::Real | Meaning::Current) => {
                filled.push_column(&qualifier(source), label.to_owned().into());
                Ok(())
            }
            Some(Meaning::Broken(_)) | None => {
                let message = format!("`*` of `{}` has a column `{label}` that exists no longer", table.legacy);
                Err(Refused::unsure(
                    message,
                    "correct the mapping; `exonym check` lists all such columns",
                    Some(span.start),
                ))
            }
        }
    }
}

/// False where no list of names is what the star gives: columns that are not known, that have the same name in one source, or that
/// were merged and are called like another one.
fn can_be_spelled_out(namespace: &Namespace<'_>, source: &Source<'_>) -> bool {
    let merged = matches!(source.columns, Columns::Merged(_));
    let by_star = !merged && source.name.is_some() && source.merged.is_empty() && !source.has_extra(|_| true);
    if by_star || source.mapped().is_some_and(|t| t.star.is_some()) {
        return true;
    }
    let Some(labels) = source.labels() else { return false };
    let left: Vec<_> = labels.iter().filter(|label| !source.merged.contains(label.as_ref())).collect();
    left.iter().enumerate().all(|(at, label)| !(left[..at].contains(label) || merged && namespace.is_shared(label)))
}

fn separate(filled: &mut Filled<'_>) {
    if !filled.text.is_empty() {
        filled.text.push_str(", ");
    }
}

/// The star's own place; EXCEPT, REPLACE and the like are not Postgres.
fn plain_star(options: &WildcardAdditionalOptions) -> Walked<Span> {
    let plain = options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
        && options.opt_alias.is_none();
    let span = parse::span_of(options.wildcard_token.0.span);
    span.filter(|_| plain).ok_or_else(|| Refused::not_understood("this star", None))
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
