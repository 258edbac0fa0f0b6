//! A mapped table as a derived table in its legacy shape.
//!
//! ```sql
//! FROM customers AS c (id, phone)
//! FROM (SELECT c.id, c.telefono AS phone_number, … FROM clientes AS c) AS c (id, phone)
//! ```
//!
//! Behind that, the server's own rules for rows, positions and merged columns are those of the legacy schema, and every reference
//! stays as it was written. What a derived table lacks is a price: a primary key to group by, system columns, locks on single rows,
//! the name of a row type. So a table becomes one only where something asks for it ([`Walk::shape`]): the walk goes on and is then made
//! again, with the tables that were asked for in their shape. `from` calls [`Walk::derive`] for these.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use sqlparser::ast::TableAlias;

use super::from::{alias_name, renamed};
use super::meaning::{Filled, Meaning};
use super::scope::{Columns, Env, Shape, Source};
use super::walk::{Bound, Read, Refused, Scope, Walk, Walked, qualifier};
use super::world::Table;
use crate::sql::token::TokenKind;
use crate::text::Span;

/// Tables by the byte where they are named, and legacy columns of each.
pub(super) type Shaped = BTreeMap<usize, BTreeSet<Arc<str>>>;

/// A mapped table where it stands in FROM.
pub(super) struct Item<'a, 'w> {
    pub table: &'w Table,
    /// Its name, and where that begins with the schema before it.
    pub name: Span,
    pub start: usize,
    /// The name that the server has for it, with the schema where none is written and one is needed.
    pub current: String,
    pub alias: Option<&'a TableAlias>,
    pub is_sampled: bool,
}

impl Item<'_, '_> {
    /// Its name with the schema before it.
    pub fn named(&self) -> Span {
        Span::new(self.start, self.name.end)
    }
}

impl<'w> Walk<'w> {
    /// Asks for `source` in its legacy shape; false when it cannot be had. `whole`: the columns have to be those of the legacy table
    /// and no others.
    pub(super) fn shape(&mut self, source: &Source<'w>, whole: bool) -> bool {
        let Some((table, at)) = source.mapped().zip(source.at) else { return false };
        if whole && !table.has_legacy_shape {
            return false;
        }
        self.wanted.entry(at).or_default();
        true
    }

    /// Asks for `source` in its legacy shape, in which it has that legacy column, whether `*` gives it or not.
    pub(super) fn shape_with(&mut self, source: &Source<'w>, column: &str) -> bool {
        let Some((table, at)) = source.mapped().zip(source.at) else { return false };
        self.want(table, at, column)
    }

    fn want(&mut self, table: &'w Table, at: usize, column: &str) -> bool {
        let Some((name, Meaning::Mapped(_))) = table.columns.get_key_value(column) else { return false };
        let wanted = self.wanted.entry(at).or_default();
        if !table.star_names().contains(name) {
            wanted.insert(name.clone());
        }
        true
    }

    /// A column that a table in its legacy shape does not have: a legacy one it can be given.
    pub(super) fn shape_withheld(&mut self, source: &Source<'w>, column: &str, at: usize) -> Walked {
        match (&source.shape, source.at) {
            (Some(shape), Some(named)) if self.want(shape.table, named, column) => Ok(()),
            (Some(shape), _) => Err(withheld(shape.table, column, Some(at))),
            (None, _) => Ok(()),
        }
    }

    /// Asks for the table of a legacy column in its legacy shape, when it is one of `sources`.
    pub(super) fn shape_read(&mut self, sources: &[Rc<Source<'w>>], read: &Read<'w>) -> bool {
        let source = sources.iter().find(|source| source.number == read.source);
        source.is_some_and(|source| self.shape_with(source, &read.replacement.legacy))
    }

    /// Asks for all tables that have a name only in the current naming, and hide with it what the legacy naming means.
    pub(super) fn shape_current(&mut self, name: &str, env: &Env<'_, 'w>) -> bool {
        self.shape_others(name, env.current_only(name), 0)
    }

    /// Asks for all tables of `sources` that have that name, but for the one of that number.
    pub(super) fn shape_others(&mut self, name: &str, sources: &[Rc<Source<'w>>], but: usize) -> bool {
        let has = |s: &&Rc<Source<'w>>| s.number != but && s.mapped().is_some_and(|t| t.columns.contains_key(name));
        let mut hiding = sources.iter().filter(has).peekable();
        hiding.peek().is_some() && hiding.all(|source| self.shape(source, true))
    }

    /// A reference that has to be qualified, and cannot be, since a nearer source has that name: the tables take their legacy shape.
    pub(super) fn shape_unreachable(&mut self, source: &Source<'w>, name: &str, env: &Env<'_, 'w>) -> bool {
        !env.reaches(source) && (self.shape(source, true) || self.shape_others(name, env.beside(source), source.number))
    }

    /// True for the table whose name begins at `at`, when it has to be in its legacy shape.
    pub(super) fn is_shaped(&self, at: usize) -> bool {
        self.shaped.contains_key(&at)
    }

    /// Writes the derived table, and gives the source that it is. It takes two numbers, as the result will.
    pub(super) fn derive(&mut self, number: usize, item: &Item<'_, 'w>) -> Walked<Source<'w>> {
        let Item { table, alias, .. } = *item;
        let name = alias.map_or_else(|| table.legacy.as_ref().into(), alias_name);
        let inner = Source::new(self.next_source(), Some(name), Columns::Mapped(table));
        if table.body.is_none() {
            self.relations.push((inner.number, &table.schema, &table.current));
        }
        let mut filled = Filled::default();
        let mut targets = Vec::new();
        self.spell_out(&inner, &mut filled, &mut targets, item.name)?;
        let extra: Rc<[Arc<str>]> = self.shaped.get(&item.name.start).into_iter().flatten().cloned().collect();
        for column in extra.iter() {
            filled.text.push_str(", ");
            self.spell_out_legacy(&inner, table, (column, true), &mut filled, item.name)?;
        }
        self.write(item, &inner, filled)?;
        let labels = alias.map_or_else(|| inner.labels(), |alias| renamed(alias, inner.labels())).unwrap_or_default();
        let shape = Some(Shape { table, labels: labels.clone().into(), extra });
        let at = Some(item.name.start);
        Ok(Source { at, shape, ..Source::new(number, inner.name, Columns::Labels(labels.into())) })
    }

    fn write(&mut self, item: &Item<'_, 'w>, inner: &Source<'w>, mut filled: Filled<'w>) -> Walked {
        let (extent, only) = self.extent(item.named());
        let called = qualifier(inner);
        let schema = &self.source[item.start..item.name.start];
        let reads = match &item.table.body {
            Some(body) => format!(" FROM {} AS {called}", body.text()),
            None => format!(" FROM {only}{schema}{} AS {called}", item.current),
        };
        // Behind a sample there is no place for it.
        let (pushed, own) = if item.is_sampled {
            (String::new(), Vec::new())
        } else {
            self.pushed(item.name.start, &called, inner.number)
        };
        let from = format!("{reads}{pushed}");
        let (span, from, behind) = match item.alias {
            _ if item.is_sampled => {
                let alias = item.alias.and_then(|alias| self.alias_end(extent.end, alias));
                let span = alias.map_or(extent, |alias| extent.to(alias));
                let again = alias.map_or_else(|| called.clone(), |alias| alias.text(self.source).to_owned());
                (span, from, Some((self.sample_end(span.end)?, format!(") AS {again}"))))
            }
            Some(_) => (extent, from + ")", None),
            None => (extent, format!("{from}) AS {called}"), None),
        };
        let mut references = Vec::new();
        if let Some(body) = &item.table.body {
            let start = "(SELECT ".len() + filled.text.len() + " FROM ".len();
            let own = self.enter_body(item.table, body, inner.number, span.start)?;
            references.extend(own.into_iter().map(|(offset, what)| (start + offset, what)));
        }
        let start = "(SELECT ".len() + filled.text.len() + reads.len();
        references.extend(own.into_iter().map(|(offset, what)| (start + offset, what)));
        filled.enclose("(SELECT ", &from);
        references.extend(filled.references.into_iter().map(|(offset, column)| {
            (offset, column.map_or(Bound::Row(inner.number), |column| Bound::Column(inner.number, column)))
        }));
        self.splice_bound(references, filled.text, span, "legacy shape", Scope::Table(item.table))?;
        match behind {
            Some((at, text)) => self.edit(Span::at(at), text, "legacy shape", Scope::Table(item.table)),
            None => Ok(()),
        }
    }

    /// All of `ONLY (t)`, `ONLY t` and `t *`, and what of it belongs before the name.
    pub(super) fn extent(&self, name: Span) -> (Span, &'static str) {
        let first = self.tokens.partition_point(|t| t.span.start < name.start);
        let behind = self.tokens.get(self.tokens.partition_point(|t| t.span.start < name.end));
        let before = |n: usize| first.checked_sub(n).and_then(|at| self.tokens.get(at));
        let only = |n: usize| before(n).filter(|t| t.is_keyword(self.source, "only"));
        if let Some(only) = only(1) {
            return (only.span.to(name), "ONLY ");
        }
        let is_open = before(1).is_some_and(|t| t.kind == TokenKind::LeftParen);
        if let (Some(only), Some(close), true) = (only(2), behind, is_open) {
            return (only.span.to(close.span), "ONLY ");
        }
        match behind.filter(|t| t.is_operator(self.source, "*")) {
            Some(star) => (name.to(star.span), ""),
            None => (name, ""),
        }
    }

    /// An alias with its columns that stands behind `end`, without AS.
    fn alias_end(&self, end: usize, alias: &TableAlias) -> Option<Span> {
        let mut at = self.tokens.partition_point(|t| t.span.start < end);
        if self.tokens.get(at)?.is_keyword(self.source, "as") {
            at += 1;
        }
        let name = self.tokens.get(at)?.span;
        if alias.columns.is_empty() { Some(name) } else { Some(name.to(self.in_parens(at + 1)?)) }
    }

    /// The group in parentheses that opens at that token.
    pub(super) fn in_parens(&self, open: usize) -> Option<Span> {
        let mut depth = 0_usize;
        let first = self.tokens.get(open).filter(|t| t.kind == TokenKind::LeftParen)?;
        for token in &self.tokens[open..] {
            match token.kind {
                TokenKind::LeftParen => depth += 1,
                TokenKind::RightParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(first.span.to(token.span));
            }
        }
        None
    }

    /// Where `TABLESAMPLE method (…) REPEATABLE (…)`, which follows `start`, ends.
    fn sample_end(&self, start: usize) -> Walked<usize> {
        let first = self.tokens.partition_point(|t| t.span.start < start);
        let open = (first..self.tokens.len()).find(|&at| self.tokens[at].kind == TokenKind::LeftParen);
        let arguments = open.and_then(|open| self.in_parens(open));
        let Some(arguments) = arguments.filter(|_| self.tokens[first].is_keyword(self.source, "tablesample")) else {
            return Err(Refused::unsupported("this TABLESAMPLE", Some(start)));
        };
        let next = self.tokens.partition_point(|t| t.span.start < arguments.end);
        let repeatable = self.tokens.get(next).filter(|t| t.is_keyword(self.source, "repeatable"));
        Ok(repeatable.and_then(|_| self.in_parens(next + 1)).map_or(arguments.end, |seed| seed.end))
    }

    /// A table under its legacy name counts.
    pub(super) fn count_table(&mut self, table: &'w Table) {
        if table.is_renamed() {
            let became = if table.is_virtual { "a query" } else { table.current.as_str() };
            self.count(table, "".into(), "table", became.into());
        }
    }

    /// A reference to a legacy column of a derived table counts like one that was replaced.
    pub(super) fn count_shaped(&mut self, source: &Source<'w>, column: &str) {
        let Some((table, replacement)) = source.shape.as_ref().and_then(|shape| shape.replacement(column)) else {
            return;
        };
        self.count_column(table, replacement);
    }
}

/// What cannot be had of a table in its legacy shape.
fn withheld(table: &Table, column: &str, at: Option<usize>) -> Refused {
    let message = format!("`{column}` of `{}` is not to be had beside its row in the legacy shape", table.legacy);
    Refused::unsure(
        message,
        "leave out what asks for the row: a whole row, USING, NATURAL, a list of column aliases",
        at,
    )
}
