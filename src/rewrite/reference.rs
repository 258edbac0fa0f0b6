//! A reference: whose column it is, and the edit that it becomes.
//!
//! A renamed column becomes its current name, a computed one its expression, both qualified where something else could capture them. `expr`
//! and `clause` call [`Walk::name`] and [`Walk::qualified`] for each name that they meet.

use std::borrow::Cow;
use std::sync::Arc;

use super::meaning::{Filled, Replacement};
use super::plan::Use;
use super::rows::Rows;
use super::scope::{Columns, Env, Found, Source};
use super::walk::{Bound, Place, Read, Refused, Scope, Walk, Walked, describe, qualifier};
use super::world::Table;
use crate::sql::names;
use crate::text::Span;

/// Where a legacy column is named.
#[derive(Clone, Copy)]
struct At {
    /// Its last part, when only that part has to change in a rename.
    name: Option<Span>,
    /// All of it.
    all: Span,
    /// True in a query below another one: a column of either may decide to which of them an aggregate belongs.
    below: bool,
}

impl<'w> Walk<'w> {
    /// `name`, unqualified, at `span`.
    pub(super) fn name(&mut self, name: &str, span: Span, rows: Rows, env: &Env<'_, 'w>) -> Walked {
        let found = env.name(name);
        match found {
            Found::Mapped(source, ..) | Found::Qualify(source) if self.shape_unreachable(&source, name, env) => Ok(()),
            Found::Mapped(source, table, index) => {
                reachable(&source, name, span, env)?;
                let at = At { name: Some(span), all: span, below: !env.here.holds(&source) || env.outer.is_some() };
                self.replace(&source, table, index, at)
            }
            Found::Qualify(source) => {
                reachable(&source, name, span, env)?;
                let mut filled = Filled::default();
                filled.push_column(&qualifier(&source), self.stored(name, span));
                self.fill(&source, filled, span, "the current schema has a second column of this name")
            }
            Found::Row(source) => self.row(&source, rows, span),
            Found::Withheld(source) => self.shape_withheld(&source, name, span.start),
            Found::Nothing => match env.withheld(None, name) {
                Some(source) => self.shape_withheld(&source, name, span.start),
                None => self.unedited(Found::Nothing, name, span),
            },
            Found::TwoReadings if self.shape_current(name, env) => Ok(()),
            other => self.unedited(other, name, span),
        }
    }

    /// `source.column` or `schema.source.column`; `parts` are (name, span).
    pub(super) fn qualified(&mut self, parts: &[(Cow<'_, str>, Span)], env: &Env<'_, 'w>) -> Walked {
        let (schema, source, column) = match parts {
            [source, column] => (None, source, column),
            [.., schema, source, column] => (Some(schema), source, column),
            _ => return Ok(()),
        };
        let all = parts[0].1.to(column.1);
        let found = env.qualified(schema.map(|s| s.0.as_ref()), &source.0, &column.0);
        match found {
            Found::Mapped(source, table, index) => {
                // With the table renamed, `public.customers.city` has no longer a relation of that name to refer to.
                let whole = schema.is_some() && table.is_renamed();
                let name = if whole { None } else { Some(column.1) };
                let at = At { name, all, below: !env.here.holds(&source) || env.outer.is_some() };
                self.replace(&source, table, index, at)
            }
            Found::Plain(found) if schema.is_some() && found.has_lost_its_schema() => {
                self.count_shaped(&found, &column.0);
                let mut filled = Filled::default();
                filled.push_column(&qualifier(&found), self.stored(&column.0, column.1));
                self.fill(&found, filled, all, "a renamed table is known by its alias only")
            }
            Found::Withheld(source) => self.shape_withheld(&source, &column.0, all.start),
            Found::Nothing => match env.withheld(Some((schema.map(|s| s.0.as_ref()), &source.0)), &column.0) {
                Some(source) => self.shape_withheld(&source, &column.0, all.start),
                None => self.unedited(Found::Nothing, &column.0, all),
            },
            other => self.unedited(other, &column.0, all),
        }
    }

    /// Replaces a legacy column.
    fn replace(&mut self, source: &Source<'w>, table: &'w Table, index: usize, at: At) -> Walked {
        let At { name, all, below } = at;
        let start = all.start;
        let replacement = &table.replacements[index];
        self.note(source, table, replacement, start)?;
        self.replaced.insert(start);
        match (replacement.renamed(), name) {
            (Some(current), Some(name)) if name != all => {
                self.bound.push((Place::Source(start), Bound::Column(source.number, Cow::Borrowed(current))));
                self.edit(name, names::quote(current).into_owned(), replacement.kind, Scope::Source(source))
            }
            _ => {
                // `sum(o.x * s.version)` is an aggregate of the innermost query that `o` or `s` belongs to, and a bare constant is of
                // none: it would become one of a query further out.
                let guarded = source.nullable || (below && replacement.is_constant());
                let filled = replacement.fill(&qualifier(source), guarded.then_some(&table.presence));
                self.fill(source, filled, all, replacement.kind)
            }
        }
    }

    /// Replaces all of what reads a legacy column.
    pub(super) fn replace_all(
        &mut self,
        source: &Source<'w>,
        table: &'w Table,
        index: usize,
        all: Span,
        env: &Env<'_, 'w>,
    ) -> Walked {
        let below = !env.here.holds(source) || env.outer.is_some();
        self.replace(source, table, index, At { name: None, all, below })
    }

    /// Remembers that a legacy column is read there.
    pub(super) fn note(
        &mut self,
        source: &Source<'w>,
        table: &'w Table,
        replacement: &'w Replacement,
        at: usize,
    ) -> Walked {
        self.reads_alike(replacement, at)?;
        self.count_column(table, replacement);
        self.read.push(Read { source: source.number, replacement });
        Ok(())
    }

    /// Counts a legacy column.
    pub(super) fn count_column(&mut self, table: &Table, replacement: &Replacement) {
        self.count(table, replacement.legacy.clone(), replacement.kind, replacement.became.clone());
    }

    /// Counts a name of a mapped table that is rewritten.
    pub(super) fn count(&mut self, table: &Table, column: Arc<str>, kind: &'static str, became: Arc<str>) {
        let (mapping, table) = (table.mapping.clone(), table.legacy.clone());
        self.uses.insert(Use { mapping, table, column, kind, became });
    }

    /// A replacement was written for `standard_conforming_strings`; without it, a backslash in its strings means another thing.
    pub(super) fn reads_alike(&self, replacement: &Replacement, at: usize) -> Walked {
        if self.context.standard_conforming_strings || !replacement.needs_conforming_strings() {
            return Ok(());
        }
        let message = format!("`{}` holds a backslash, which means another thing in this session", replacement.legacy);
        Err(Refused::unsure(message, "set standard_conforming_strings to on", Some(at)))
    }

    /// Puts a filled text in the place of `span`.
    fn fill(&mut self, source: &Source<'w>, filled: Filled<'w>, span: Span, rule: &'static str) -> Walked {
        let references = filled.references.into_iter().map(|(offset, column)| (offset, column, source.number));
        self.splice_in(references, filled.text, span, rule, Scope::Source(source))
    }

    /// A reference whose text stays, or which cannot be decided.
    pub(super) fn unedited(&mut self, found: Found<'w>, name: &str, span: Span) -> Walked {
        let at = Some(span.start);
        match found {
            Found::Plain(source) => {
                self.reads_catalog(&source, name, at)?;
                self.count_shaped(&source, name);
                self.bound.push((Place::Source(span.start), Bound::Column(source.number, self.stored(name, span))));
                Ok(())
            }
            Found::Ambiguous => Err(Refused {
                sqlstate: "42702",
                message: format!("column reference \"{name}\" is ambiguous"),
                hint: None,
                at,
                only_not_understood: false,
            }),
            Found::Broken(table, missing) => Err(Refused {
                sqlstate: "42703",
                message: format!(
                    "column \"{}.{name}\" is mapped to `{}.{missing}`, which does not exist",
                    table.legacy, table.current
                ),
                hint: Some("correct the mapping; `exonym check` lists all such columns".into()),
                at,
                only_not_understood: false,
            }),
            Found::TwoReadings => Err(Refused::unsure(
                format!("`{name}` is one column in the legacy naming and another one in the current naming"),
                "qualify it with its table",
                at,
            )),
            Found::Obscured(source) => Err(obscured(&source, name, at)),
            Found::Unseen(_)
            | Found::Nothing
            | Found::Withheld(_)
            | Found::Mapped(..)
            | Found::Qualify(_)
            | Found::Row(_) => {
                self.bound.push((Place::Source(span.start), Bound::Nothing));
                Ok(())
            }
        }
    }

    /// Records a reference to an output label.
    pub(super) fn label(&mut self, name: &str, span: Span) {
        self.bound.push((Place::Source(span.start), Bound::Label(self.stored(name, span))));
    }
}

/// An emitted name is qualified; where the alias means another source, it would be captured.
fn reachable(source: &Source<'_>, name: &str, span: Span, env: &Env<'_, '_>) -> Walked {
    if env.reaches(source) {
        return Ok(());
    }
    let message = format!("`{name}` belongs to `{}`, and a nearer table has that name too", describe(source));
    Err(Refused::unsure(message, "give one of the two tables another alias", Some(span.start)))
}

fn obscured(source: &Source<'_>, name: &str, at: Option<usize>) -> Refused {
    if let Columns::Missing { relation, at } = &source.columns {
        return Refused {
            sqlstate: "42P01",
            message: format!("relation \"{relation}\" does not exist"),
            hint: Some("exonym's catalog does not have it (yet); the catalog is read again now".into()),
            at: *at,
            only_not_understood: false,
        };
    }
    let message = format!("whether `{name}` is a column of `{}` is not known", describe(source));
    Refused::unsure(message, "qualify it with its table", at)
}
