//! Stars: what `SELECT *` gives, spelled out where the legacy columns differ.

use std::rc::Rc;

use sqlparser::ast::{Select, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions};

use super::meaning::{Filled, Meaning};
use super::query::Labels;
use super::scope::{Columns, Env, Found, Namespace, Source};
use super::walk::{Refused, Scope, Walk, Walked, qualifier};
use super::world::Table;
use crate::sql::{names, parse};
use crate::text::Span;

/// What `SELECT *` over a namespace gives; none when a source is not known.
pub(super) fn star_labels(namespace: &Namespace<'_>) -> Labels {
    let mut all = Vec::new();
    for source in &namespace.sources {
        all.extend(source.labels()?.into_iter().filter(|l| !source.merged.contains(l.as_ref())));
    }
    Some(all)
}

impl<'w> Walk<'w> {
    pub(super) fn star(
        &mut self,
        select: &Select,
        namespace: &Namespace<'w>,
        options: &WildcardAdditionalOptions,
    ) -> Walked {
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

    pub(super) fn qualified_star(
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
