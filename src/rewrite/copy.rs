//! `COPY customers (phone_number) TO …` over a mapped table: `COPY (SELECT customers.telefono AS phone_number FROM …) TO …`.
//!
//! What stands behind TO is the server's: names of columns in it are those of the query, and so the legacy ones. The rows of tables that
//! inherit from it are among those of a query, also those of a hypertable's chunks. `statement` calls it.

use std::ops::Range;

use super::meaning::{Filled, Meaning};
use super::scope::{Columns, Found, Naming, Source};
use super::tables::{Resolved, resolve};
use super::walk::{Bound, Refused, Scope, Walk, Walked, qualifier};
use super::world::Table;
use crate::sql::names;
use crate::sql::token::TokenKind;
use crate::text::Span;

/// `COPY name [(columns)] TO`, by its tokens.
struct Parts {
    name: Range<usize>,
    columns: Option<Range<usize>>,
}

impl<'w> Walk<'w> {
    /// Makes a query of a mapped table that is copied; false when the statement is nothing of that kind, or needs none.
    pub(super) fn copy_table(&mut self) -> Walked<bool> {
        let Some(parts) = self.copied() else { return Ok(false) };
        let (source, tokens) = (self.source, self.tokens);
        let word = |at: usize| tokens.get(at).and_then(|token| token.ident(source));
        let schema = (parts.name.len() > 1).then(|| word(parts.name.end - 3)).flatten();
        let Some(name) = word(parts.name.end - 1) else { return Ok(false) };
        let found = resolve(self.world, self.context, Naming::Legacy, schema.as_deref(), &name);
        let Resolved::Mapped(table) = found else { return Ok(false) };
        let listed = parts.columns.clone().map(|columns| self.copied_names(columns));
        let stays = |name: &String| matches!(table.columns.get(name.as_str()), Some(Meaning::Real | Meaning::Current));
        let stays = listed.as_ref().map_or(table.has_plain_rows(), |all| all.iter().all(|(name, _)| stays(name)));
        if stays && !table.is_renamed() {
            return Ok(false);
        }
        let last = parts.columns.map_or(parts.name.end, |columns| columns.end + 1) - 1;
        let span = self.tokens[parts.name.start].span.to(self.tokens[last].span);
        let source = Source::new(self.next_source(), Some(table.legacy.as_ref().into()), Columns::Mapped(table));
        let mut filled = Filled::default();
        let labels = if let Some(listed) = &listed {
            for (name, at) in listed {
                self.copied_column(&source, table, (name, *at), &mut filled)?;
            }
            listed.iter().map(|(name, _)| name.as_str().into()).collect()
        } else {
            self.spell_out(&source, &mut filled, &mut Vec::new(), span)?;
            source.labels().unwrap_or_default()
        };
        self.output = Some(labels);
        self.put_query(table, &source, filled, span)?;
        Ok(true)
    }

    /// Puts the query in the place of the table and its columns.
    fn put_query(&mut self, table: &'w Table, source: &Source<'w>, mut filled: Filled<'w>, span: Span) -> Walked {
        let (number, called) = (source.number, qualifier(source));
        let (schema, current) = (names::quote(&table.schema), names::quote(&table.current));
        let from = table.body.as_ref().map_or_else(|| format!("{schema}.{current}"), |body| body.text().to_owned());
        let mut references = Vec::new();
        if let Some(body) = &table.body {
            let start = "(SELECT ".len() + filled.text.len() + " FROM ".len();
            let own = self.enter_body(table, body, number, span.start)?;
            references.extend(own.into_iter().map(|(offset, what)| (start + offset, what)));
        } else {
            self.relations.push((number, &table.schema, &table.current));
            self.count_table(table);
        }
        filled.enclose("(SELECT ", &format!(" FROM {from} AS {called})"));
        references.extend(filled.references.into_iter().map(|(offset, column)| {
            (offset, column.map_or(Bound::Row(number), |column| Bound::Column(number, column)))
        }));
        self.splice_bound(references, filled.text, span, "table", Scope::Table(table))
    }

    /// One column of the list.
    fn copied_column(
        &mut self,
        source: &Source<'w>,
        table: &'w Table,
        (name, at): (&str, usize),
        filled: &mut Filled<'w>,
    ) -> Walked {
        filled.text.push_str(if filled.text.is_empty() { "" } else { ", " });
        match table.columns.get(name) {
            Some(Meaning::Mapped(index)) => self.note(source, table, &table.replacements[*index], at)?,
            Some(Meaning::Broken(missing)) => {
                return self.unedited(Found::Broken(table, missing.clone()), name, Span::at(at));
            }
            Some(Meaning::Real | Meaning::Current) => {}
            None => {
                return Err(Refused {
                    sqlstate: "42703",
                    message: format!("column \"{name}\" of relation \"{}\" does not exist", table.legacy),
                    hint: None,
                    at: Some(at),
                    only_not_understood: false,
                });
            }
        }
        self.spell_out_legacy(source, table, (name, true), filled, Span::at(at))
    }

    /// The statement's parts, if it is such a one.
    fn copied(&self) -> Option<Parts> {
        let is = |at: usize, word: &str| self.tokens.get(at).is_some_and(|t| t.is_keyword(self.source, word));
        let kind = |at: usize| self.tokens.get(at).map(|t| t.kind);
        let mut end = 2;
        while kind(end) == Some(TokenKind::Dot) {
            end += 2;
        }
        let columns = if kind(end) == Some(TokenKind::LeftParen) {
            let close = (end..self.tokens.len()).find(|&at| kind(at) == Some(TokenKind::RightParen))?;
            Some(end..close)
        } else {
            None
        };
        let behind = columns.as_ref().map_or(end, |columns| columns.end + 1);
        (is(0, "copy") && is(behind, "to")).then_some(Parts { name: 1..end, columns })
    }

    /// The names between the parentheses, and where each begins.
    fn copied_names(&self, columns: Range<usize>) -> Vec<(String, usize)> {
        let tokens = &self.tokens[columns];
        let named = |token: &crate::sql::token::Token| Some((token.ident(self.source)?.into_owned(), token.span.start));
        tokens.iter().filter_map(named).collect()
    }
}
