//! A legacy table that is a query now: `(SELECT … FROM public.measurement …) AS interactiondetail`.
//!
//! The query of a mapping (`query`, or a current table with its `where`) is bound once for each world: which tables it reads, to what each
//! of its names refers, which columns it gives. Its tables get their schema, so that no search path, temporary table or CTE of a session
//! can put others in their place. Where it stands in a statement, all of that is what the check of the result has to find.

use std::sync::Arc;

use super::context::Context;
use super::scope::{Columns, Naming};
use super::statement;
use super::typed;
use super::walk::{Bound, Named, Place, Refused, Scope, Walk, Walked};
use super::world::{Table, World};
use crate::catalog::{Catalog, Column, Relation, RelationKind};
use crate::mapping::{self, Mapping, Piece, codes};
use crate::sql::lexer::{LexOptions, lex};
use crate::sql::names;
use crate::text::{Diagnostic, Span};

/// A query that stands for a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// SQL, in parentheses.
    pub(super) text: String,
    /// What its references bind to: (byte of `text`, what), sources counted from 1.
    pub(super) bound: Vec<(usize, Bound<'static>)>,
    /// The relations that it reads: (number of the source, schema, name).
    pub(super) relations: Vec<(usize, String, String)>,
    /// How many sources it has.
    pub(super) sources: usize,
    /// The types of its columns, as far as they are known.
    pub(super) types: Vec<Option<String>>,
}

/// Why a query cannot stand for a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    /// The byte of its text.
    pub(super) at: Option<usize>,
    /// What is wrong.
    pub(super) message: String,
}

/// The body of a legacy table and what it offers; none for a table that is one by itself.
pub(super) fn of_table(
    mapping: &Mapping,
    table: &mapping::Table,
    catalog: &Arc<Catalog>,
) -> Option<Result<(Body, Relation), Fault>> {
    if let Some(query) = &table.query {
        return Some(bind_typed(&mapping.schema, &query.text, catalog, true).map(|(body, labels)| {
            let column = |name| Column { name, type_name: String::new(), not_null: false };
            let columns = labels.into_iter().map(column).collect();
            (body, relation(mapping, table, columns))
        }));
    }
    let filter = table.filter.as_ref()?;
    let real = catalog.relation(&mapping.schema, &table.current)?;
    let condition = filter.pieces.iter().fold(String::new(), |sql, piece| match piece {
        Piece::Text(text) => sql + text,
        Piece::Column(name) => sql + &names::quote(name),
    });
    let query = format!("SELECT * FROM {} WHERE ({condition})", names::quote(&table.current));
    let bound = bind(&mapping.schema, &query, catalog);
    Some(bound.map(|(body, _)| (body, relation(mapping, table, real.columns.clone()))))
}

/// What a derived table is to those who name its columns: a view has no system columns either.
fn relation(mapping: &Mapping, table: &mapping::Table, columns: Vec<Column>) -> Relation {
    let (schema, name) = (mapping.schema.clone(), table.current.clone());
    Relation { schema, name, kind: RelationKind::View, columns, definition: None }
}

/// What is wrong with the queries of `mapping` in this catalog.
#[must_use]
pub fn check_queries(mapping: &Mapping, catalog: &Arc<Catalog>) -> Vec<Diagnostic> {
    let finding = |table: &mapping::Table| {
        let fault = of_table(mapping, table, catalog).filter(|_| table.query.is_some())?.err()?;
        let path = ["tables", &table.legacy, "query"];
        let (source, place) = mapping.place(&path).unwrap_or((&table.source, table.span));
        let near = fault.at.zip(table.query.as_ref()).and_then(|(at, query)| query.text.get(at..)).unwrap_or_default();
        let near: String = near.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '"')).collect();
        let label = if near.is_empty() { String::new() } else { format!("at `{near}`") };
        Some(
            Diagnostic::error(codes::QUERY_UNBOUND, format!("the query of `{}` {}", table.legacy, fault.message))
                .at(source, place)
                .label(label)
                .help("a query is written in current names, and each column of its select list has a name of its own"),
        )
    };
    mapping.tables.iter().filter_map(finding).collect()
}

/// Binds `query`, whose unqualified tables are those of `schema`. Nobody asks for its types.
pub(super) fn bind(schema: &str, query: &str, catalog: &Arc<Catalog>) -> Result<(Body, Vec<String>), Fault> {
    bind_typed(schema, query, catalog, false)
}

fn bind_typed(schema: &str, query: &str, catalog: &Arc<Catalog>, is_typed: bool) -> Result<(Body, Vec<String>), Fault> {
    let world = World::new(0, Vec::new(), catalog.clone());
    let own = Context::new("", &[schema.to_owned()]);
    let tokens = lex(query, LexOptions::default()).unwrap_or_default();
    let walk = statement::describe(&world, &own, query, &tokens)
        .map_err(|refused| Fault { at: refused.at, message: format!("cannot be followed: {}", refused.message) })?;
    let mut text = query.to_owned();
    let mut named: Vec<&Named> = walk.named.iter().flatten().collect();
    named.sort_by_key(|table| std::cmp::Reverse(table.at));
    for table in named {
        if !table.is_there {
            return Err(Fault { at: Some(table.at), message: "reads a table that does not exist".into() });
        }
        if !table.is_qualified {
            text.insert_str(table.at, &format!("{}.", names::quote(schema)));
        }
    }
    // Now that each table has its schema, the search path is of no account.
    let nowhere = Context::new("", &[]);
    let tokens = lex(&text, LexOptions::default()).unwrap_or_default();
    let walk = statement::describe(&world, &nowhere, &text, &tokens)
        .map_err(|refused| Fault { at: None, message: format!("cannot be followed: {}", refused.message) })?;
    let mut bound = Vec::with_capacity(walk.bound.len());
    for (place, what) in &walk.bound {
        let Place::Source(at) = place else { continue };
        let what = match what {
            Bound::Column(source, name) => Bound::Column(*source, name.clone().into_owned().into()),
            Bound::Row(source) => Bound::Row(*source),
            Bound::Label(name) => Bound::Label(name.clone().into_owned().into()),
            Bound::Nothing => {
                return Err(Fault {
                    at: None,
                    message: format!("names `{}`, which it does not have", word(&text, *at)),
                });
            }
        };
        bound.push((at + 1, what));
    }
    let relations =
        walk.relations.iter().map(|(n, schema, name)| (*n, (*schema).to_owned(), (*name).to_owned())).collect();
    let labels = labels(&walk)?;
    let types = if is_typed { typed::types(&walk) } else { Vec::new() };
    Ok((Body { text: format!("({text})"), bound, relations, sources: walk.sources, types }, labels))
}

/// The columns of a query, which must be known, and named apart.
fn labels(walk: &Walk<'_>) -> Result<Vec<String>, Fault> {
    let fault = |message: String| Fault { at: None, message };
    let Some(labels) = &walk.output else {
        return Err(fault("has a `*` over something whose columns are not known: name them".into()));
    };
    let mut seen = std::collections::HashSet::new();
    for label in labels {
        if !seen.insert(label) {
            return Err(fault(format!("has two columns called `{label}`")));
        }
    }
    Ok(labels.iter().map(ToString::to_string).collect())
}

/// The name that begins at that byte.
fn word(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '"'))).unwrap_or(rest.len());
    &rest[..end]
}

impl Body {
    /// SQL, in parentheses.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// True when its text reads differently without `standard_conforming_strings`.
    fn needs_conforming_strings(&self) -> bool {
        self.text.contains('\\')
    }
}

impl<'w> Walk<'w> {
    /// `FROM users u` → `FROM (SELECT …) u`; `span` is the name with its schema, `number` that of its source.
    pub(super) fn put_body(
        &mut self,
        table: &'w Table,
        body: &'w Body,
        number: usize,
        span: Span,
        needs_alias: bool,
    ) -> Walked {
        let references = self.enter_body(table, body, number, span.start)?;
        let alias = if needs_alias { format!(" AS {}", names::quote(&table.legacy)) } else { String::new() };
        // A query has no children, so `ONLY` and `*` say nothing.
        let (span, _) = self.extent(span);
        self.splice_bound(references, format!("{}{alias}", body.text), span, "table", Scope::Table(table))
    }

    /// Takes the sources of a body that is put behind the source of that number, and gives its references.
    pub(super) fn enter_body(
        &mut self,
        table: &'w Table,
        body: &'w Body,
        number: usize,
        at: usize,
    ) -> Walked<Vec<(usize, Bound<'w>)>> {
        if body.needs_conforming_strings() && !self.context.standard_conforming_strings {
            let message = format!("`{}` holds a backslash, which means another thing in this session", table.legacy);
            return Err(Refused::unsure(message, "set standard_conforming_strings to on", Some(at)));
        }
        if !table.is_of_server() {
            self.count_table(table);
        }
        self.sources += body.sources;
        for (source, schema, name) in &body.relations {
            self.relations.push((number + source, schema, name));
        }
        Ok(body.bound.iter().map(|(offset, what)| (*offset, what.moved(number))).collect())
    }

    /// Notes a table of a query that is described.
    pub(super) fn note_table(&mut self, at: Option<usize>, is_qualified: bool, columns: &Columns<'_>) {
        let is_there = matches!(columns, Columns::Relation(_));
        if let (Some(named), Some(at), Naming::Current) = (&mut self.named, at, self.naming) {
            named.push(Named { at, is_qualified, is_there });
        }
    }
}
