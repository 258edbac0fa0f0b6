//! Which names are visible where, as Postgres's parser sees it.
//!
//! A [`Namespace`] is what one FROM clause offers, an [`Env`] a stack of them from the innermost query outwards. Looking a name
//! up answers *whose* column it is; what becomes of it is decided elsewhere. The rules are those of `colNameToVar` and
//! `refnameNamespaceItem` (`parse_relation.c`).

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::meaning::{Meaning, Replacement};
use super::world::{Table, World};
use crate::catalog::Relation;

/// Something in FROM.
#[derive(Clone, Debug)]
pub struct Source<'w> {
    /// Its number in the order of the walk: the same item has the same number before and after a rewrite.
    pub number: usize,
    /// The name by which its columns are qualified; none for an anonymous join.
    pub name: Option<Rc<str>>,
    /// The schema by which it may be qualified further: only a table that has no alias.
    pub schema: Option<Rc<str>>,
    /// What it offers.
    pub columns: Columns<'w>,
    /// Columns that JOIN USING merged away: reachable only by qualification.
    pub merged: Rc<HashSet<String>>,
    /// True on the side of an outer join whose rows may be missing: then all its columns are NULL, computed ones too.
    pub nullable: bool,
    /// Where a mapped table is named.
    pub at: Option<usize>,
    /// What it is the legacy shape of, when it is a derived table that stands for a mapped one.
    pub shape: Option<Shape<'w>>,
}

/// A mapped table in its legacy shape.
#[derive(Clone, Debug)]
pub struct Shape<'w> {
    /// The table.
    pub table: &'w Table,
    /// Its columns under the names that they have here, in the order of [`Table::star_names`].
    pub labels: Rc<[Rc<str>]>,
    /// Legacy columns behind these, which `*` does not give.
    pub extra: Rc<[Arc<str>]>,
}

/// What a source offers.
#[derive(Clone, Debug)]
pub enum Columns<'w> {
    /// Nobody here knows.
    Unknown,
    /// A relation that is not in the catalog: the server knows it, or says that it does not exist.
    Missing {
        /// As the server would name it.
        relation: Rc<str>,
        /// Where it is named.
        at: Option<usize>,
    },
    /// A table under its legacy name.
    Mapped(&'w Table),
    /// A relation as it is.
    Relation(&'w Relation),
    /// The labels of a subquery or of a function's result.
    Labels(Rc<[Rc<str>]>),
    /// What JOIN USING merged.
    Merged(Rc<[Rc<str>]>),
}

/// What one FROM clause offers, in the order of `SELECT *`.
#[derive(Clone, Debug, Default)]
pub struct Namespace<'w> {
    /// The sources.
    pub sources: Vec<Rc<Source<'w>>>,
}

/// The namespaces that an expression sees, innermost first.
#[derive(Clone, Copy, Debug)]
pub struct Env<'e, 'w> {
    /// The clause's own query.
    pub here: &'e Namespace<'w>,
    /// The queries around it.
    pub outer: Option<&'e Env<'e, 'w>>,
}

/// Whose column a name is.
#[derive(Clone, Debug)]
pub enum Found<'w> {
    /// A column that is left as it is.
    Plain(Rc<Source<'w>>),
    /// The same, but the server would now find two of that name: it has to be qualified.
    Qualify(Rc<Source<'w>>),
    /// A legacy column.
    Mapped(Rc<Source<'w>>, &'w Table, usize),
    /// A legacy column whose current column does not exist.
    Broken(&'w Table, String),
    /// Two columns of that name in one FROM clause, at least one of them mapped.
    Ambiguous,
    /// One reading in the legacy naming, another in the current one.
    TwoReadings,
    /// It may be a legacy column, and a source whose columns are not known stands in the way.
    Obscured(Rc<Source<'w>>),
    /// Nobody's here, unless that source has it, whose columns are not known.
    Unseen(Rc<Source<'w>>),
    /// The whole row of a source.
    Row(Rc<Source<'w>>),
    /// Nobody's: the server will say so, or it means something else.
    Nothing,
}

/// What a single source says to a name.
enum Offer {
    Plain,
    Current,
    Mapped(usize),
    Broken(String),
    Unknown,
    No,
}

const SYSTEM_COLUMNS: [&str; 6] = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

impl<'w> Source<'w> {
    /// A source as it stands in FROM, before any join.
    #[must_use]
    pub fn new(number: usize, name: Option<Rc<str>>, columns: Columns<'w>) -> Self {
        Self { number, name, schema: None, columns, merged: Rc::default(), nullable: false, at: None, shape: None }
    }

    fn offer(&self, column: &str) -> Offer {
        match &self.columns {
            Columns::Unknown | Columns::Missing { .. } => Offer::Unknown,
            Columns::Mapped(table) => match table.columns.get(column) {
                Some(Meaning::Real) => Offer::Plain,
                Some(Meaning::Current) => Offer::Current,
                Some(Meaning::Mapped(index)) => Offer::Mapped(*index),
                Some(Meaning::Broken(missing)) => Offer::Broken(missing.clone()),
                None if SYSTEM_COLUMNS.contains(&column) => Offer::Plain,
                None => Offer::No,
            },
            Columns::Relation(relation) if relation.column(column).is_some() => Offer::Plain,
            Columns::Relation(_) if SYSTEM_COLUMNS.contains(&column) => Offer::Plain,
            Columns::Labels(labels) if labels.iter().any(|l| l.as_ref() == column) => Offer::Plain,
            Columns::Labels(_) if self.has_extra(|extra| extra == column) => Offer::Plain,
            Columns::Merged(all) if all.iter().any(|m| m.as_ref() == column) => Offer::Plain,
            Columns::Relation(_) | Columns::Labels(_) | Columns::Merged(_) => Offer::No,
        }
    }

    /// The mapped table that it is.
    #[must_use]
    pub fn mapped(&self) -> Option<&'w Table> {
        match self.columns {
            Columns::Mapped(table) => Some(table),
            _ => None,
        }
    }

    /// Its columns as names, in order; none when they are not known.
    #[must_use]
    pub fn labels(&self) -> Option<Vec<Rc<str>>> {
        match &self.columns {
            Columns::Unknown | Columns::Missing { .. } => None,
            Columns::Mapped(table) => Some(table.star_names().iter().map(|n| Rc::from(n.as_ref())).collect()),
            Columns::Relation(relation) => Some(relation.columns.iter().map(|c| Rc::from(c.name.as_str())).collect()),
            Columns::Labels(labels) | Columns::Merged(labels) => Some(labels.to_vec()),
        }
    }

    /// True when it has such a column that `*` does not give.
    #[must_use]
    pub fn has_extra(&self, is_it: impl Fn(&str) -> bool) -> bool {
        self.shape.as_ref().is_some_and(|shape| shape.extra.iter().any(|extra| is_it(extra)))
    }

    /// True for a table that a schema may stand before in the client's text, and in the result only its alias.
    #[must_use]
    pub fn has_lost_its_schema(&self) -> bool {
        self.shape.is_some() || self.mapped().is_some_and(Table::is_renamed)
    }

    /// True when `name` (and `schema` before it) qualifies its columns.
    fn is_called(&self, schema: Option<&str>, name: &str) -> bool {
        let schema_fits = schema.is_none_or(|s| self.schema.as_deref() == Some(s));
        schema_fits && self.name.as_deref() == Some(name)
    }
}

impl<'w> Shape<'w> {
    /// The legacy column of that label, unless it is one that did not change.
    #[must_use]
    pub fn replacement(&self, label: &str) -> Option<(&'w Table, &'w Replacement)> {
        let own = self.labels.iter().position(|l| l.as_ref() == label).and_then(|at| self.table.star_names().get(at));
        let name = own.or_else(|| self.extra.iter().find(|extra| extra.as_ref() == label))?;
        match self.table.columns.get(name) {
            Some(Meaning::Mapped(index)) => Some((self.table, &self.table.replacements[*index])),
            _ => None,
        }
    }

    /// True when a list of column aliases gave its columns other names.
    #[must_use]
    pub fn is_renamed(&self) -> bool {
        !self.labels.iter().map(AsRef::as_ref).eq(self.table.star_names().iter().map(AsRef::as_ref))
    }

    /// True when each of its columns can be named.
    #[must_use]
    pub fn has_distinct_labels(&self) -> bool {
        let mut seen = HashSet::new();
        self.labels.iter().all(|label| seen.insert(label))
    }

    /// True for a name that the table answers to when it is not in this shape.
    #[must_use]
    pub fn withholds(&self, name: &str) -> bool {
        SYSTEM_COLUMNS.contains(&name) || self.table.columns.contains_key(name)
    }
}

impl<'w> Namespace<'w> {
    /// Adds what another FROM item offers.
    pub fn append(&mut self, other: Namespace<'w>) {
        self.sources.extend(other.sources);
    }

    /// Both, for LATERAL.
    #[must_use]
    pub fn with(&self, other: &Namespace<'w>) -> Namespace<'w> {
        Namespace { sources: self.sources.iter().chain(&other.sources).cloned().collect() }
    }

    /// An unqualified name in this FROM clause alone.
    #[must_use]
    pub fn column(&self, name: &str) -> Found<'w> {
        let mut legacy = Vec::new();
        let mut current = Vec::new();
        let mut unknown = None;
        for source in self.sources.iter().filter(|s| !s.merged.contains(name)) {
            match source.offer(name) {
                Offer::No => {}
                Offer::Unknown => unknown = Some(source),
                Offer::Current => current.push(source),
                offer => legacy.push((source, offer)),
            }
        }
        let rewrites = |offer: &Offer| matches!(offer, Offer::Mapped(_) | Offer::Broken(_));
        match (legacy.as_slice(), current.as_slice(), unknown) {
            ([], [], None) => Found::Nothing,
            ([], [], Some(unknown)) => Found::Unseen(unknown.clone()),
            // Should the unknown one have it, too, the legacy schema would say that it is ambiguous.
            ([(source, Offer::Mapped(index))], ..) => {
                source.mapped().map_or(Found::Nothing, |table| Found::Mapped((*source).clone(), table, *index))
            }
            ([(source, Offer::Broken(missing))], ..) => {
                source.mapped().map_or(Found::Nothing, |table| Found::Broken(table, missing.clone()))
            }
            ([], [source, ..], _) | ([(source, _)], [], _) => Found::Plain((*source).clone()),
            ([(source, _)], ..) => Found::Qualify((*source).clone()),
            (several, ..) if several.iter().any(|(_, offer)| rewrites(offer)) => Found::Ambiguous,
            // The server finds the same two and says so.
            ([(source, _), ..], ..) => Found::Plain((*source).clone()),
        }
    }

    /// True when more than one source here answers to an unqualified name, in whatever naming.
    #[must_use]
    pub fn is_shared(&self, name: &str) -> bool {
        let offers = |s: &&Rc<Source<'w>>| !s.merged.contains(name) && !matches!(s.offer(name), Offer::No);
        self.sources.iter().filter(offers).count() > 1
    }

    /// True when a name would be found here only as a column that the legacy schema did not have.
    fn is_current_only(&self, name: &str) -> bool {
        let mut offers = self.sources.iter().map(|s| s.offer(name)).filter(|o| !matches!(o, Offer::No));
        offers.next().is_some_and(|o| matches!(o, Offer::Current)) && offers.all(|o| matches!(o, Offer::Current))
    }

    /// True when `source` is one of them.
    #[must_use]
    pub fn holds(&self, source: &Source<'w>) -> bool {
        self.sources.iter().any(|s| s.number == source.number)
    }

    /// The same sources, where any row may be missing.
    #[must_use]
    pub fn with_missing_rows(&self) -> Namespace<'w> {
        let nullable = |source: &Rc<Source<'w>>| Rc::new(Source { nullable: true, ..source.as_ref().clone() });
        Namespace { sources: self.sources.iter().map(nullable).collect() }
    }

    /// The source of that name.
    fn source(&self, schema: Option<&str>, name: &str) -> Result<Option<&Rc<Source<'w>>>, ()> {
        let mut called = self.sources.iter().filter(|s| s.is_called(schema, name));
        let first = called.next();
        if called.next().is_some() { Err(()) } else { Ok(first) }
    }
}

impl<'w> Env<'_, 'w> {
    /// An unqualified name: a column of the nearest FROM clause that has it, else a whole row.
    #[must_use]
    pub fn name(&self, name: &str) -> Found<'w> {
        let mut unseen = None;
        let mut level = Some(self);
        while let Some(env) = level {
            match env.here.column(name) {
                Found::Nothing => {}
                Found::Unseen(source) => {
                    unseen.get_or_insert(source);
                }
                found => {
                    if env.here.is_current_only(name) && self.reads_otherwise(env, name) {
                        return Found::TwoReadings;
                    }
                    let needs_certainty = !matches!(found, Found::Plain(_));
                    return match unseen {
                        Some(source) if needs_certainty => Found::Obscured(source),
                        _ => found,
                    };
                }
            }
            level = env.outer;
        }
        match (unseen, self.row(None, name)) {
            (Some(source), Found::Row(row)) if row.mapped().is_some() => Found::Obscured(source),
            (_, row) => row,
        }
    }

    /// `source.column`, `schema.source.column`.
    #[must_use]
    pub fn qualified(&self, schema: Option<&str>, source: &str, column: &str) -> Found<'w> {
        let Found::Row(source) = self.row(schema, source) else { return Found::Nothing };
        match (source.offer(column), source.mapped()) {
            (Offer::Mapped(index), Some(table)) => Found::Mapped(source, table, index),
            (Offer::Broken(missing), Some(table)) => Found::Broken(table, missing),
            (Offer::No, _) => Found::Nothing,
            _ => Found::Plain(source),
        }
    }

    /// The nearest source of that name, as a whole.
    #[must_use]
    pub fn row(&self, schema: Option<&str>, name: &str) -> Found<'w> {
        let mut level = Some(self);
        while let Some(env) = level {
            match env.here.source(schema, name) {
                Ok(Some(source)) => return Found::Row(source.clone()),
                Ok(None) => level = env.outer,
                Err(()) => return Found::Ambiguous,
            }
        }
        Found::Nothing
    }

    /// The sources of the FROM clause that `source` stands in.
    #[must_use]
    pub fn beside(&self, source: &Source<'w>) -> &[Rc<Source<'w>>] {
        if self.here.holds(source) { &self.here.sources } else { self.outer.map_or(&[], |outer| outer.beside(source)) }
    }

    /// A table in its legacy shape that would have the column otherwise: the one called so, with its schema, or any.
    #[must_use]
    pub fn withheld(&self, source: Option<(Option<&str>, &str)>, column: &str) -> Option<Rc<Source<'w>>> {
        let withholds = |source: &&Rc<Source<'w>>| source.shape.as_ref().is_some_and(|shape| shape.withholds(column));
        if let Some((schema, name)) = source {
            let Found::Row(source) = self.row(schema, name) else { return None };
            return Some(source).filter(|source| withholds(&source));
        }
        let here = self.here.sources.iter().find(withholds).cloned();
        here.or_else(|| self.outer.and_then(|outer| outer.withheld(None, column)))
    }

    /// The sources of the nearest FROM clause in which a name is only what the legacy schema did not have.
    #[must_use]
    pub fn current_only(&self, name: &str) -> &[Rc<Source<'w>>] {
        let mut level = Some(self);
        while let Some(env) = level {
            if env.here.is_current_only(name) {
                return &env.here.sources;
            }
            level = env.outer;
        }
        &[]
    }

    /// True when `source`, which an unqualified name was bound to, can be named from here: nothing nearer has its name.
    #[must_use]
    pub fn reaches(&self, source: &Source<'w>) -> bool {
        let Some(name) = &source.name else { return false };
        matches!(self.row(None, name), Found::Row(found) if found.number == source.number)
    }

    /// True when a name that is a current column at `level` was a column further out in the legacy naming, or a whole row.
    fn reads_otherwise(&self, level: &Env<'_, 'w>, name: &str) -> bool {
        level.outer.is_some_and(|outer| outer.has_legacy(name)) || !matches!(self.row(None, name), Found::Nothing)
    }

    /// True when some FROM clause from here outwards has the name in the legacy naming.
    fn has_legacy(&self, name: &str) -> bool {
        let here = |env: &Env<'_, 'w>| {
            env.here.sources.iter().any(|s| matches!(s.offer(name), Offer::Plain | Offer::Mapped(_) | Offer::Broken(_)))
        };
        here(self) || self.outer.is_some_and(|outer| outer.has_legacy(name))
    }
}

/// What an unqualified or qualified table name in FROM stands for.
#[derive(Clone, Debug)]
pub enum Resolved<'w> {
    /// A table under its legacy name.
    Mapped(&'w Table),
    /// A relation as it is.
    Relation(&'w Relation),
    /// A table without a mapping whose columns are not known: a temporary one, or one of several.
    Unmapped,
    /// Not in the catalog.
    Missing,
    /// The search path is not known, and it would matter.
    Unsure,
}

/// How names are read: as services write them, or as the server reads the result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Naming {
    /// Mapped tables answer to their legacy names.
    Legacy,
    /// The catalog alone.
    Current,
}

/// Finds the table that `name` is, by the session's search path.
#[must_use]
pub fn resolve<'w>(
    world: &'w World,
    context: &super::Context,
    naming: Naming,
    schema: Option<&str>,
    name: &str,
) -> Resolved<'w> {
    let unlisted = world.is_unlisted(name);
    // Its columns are known to the server alone.
    if (unlisted || world.tables_named(name).is_empty()) && context.changed.contains(name) {
        return Resolved::Unmapped;
    }
    let mapped = |schema: &str| {
        let mut tables = world.tables_named(name).iter().map(|&i| world.table(i)).filter(|t| t.schema == schema);
        if naming == Naming::Legacy { tables.next() } else { None }
    };
    let real = |schema: &str| world.catalog.relation(schema, name);
    let in_schema = |schema: &str| match (mapped(schema), real(schema)) {
        (Some(table), _) => Some(Resolved::Mapped(table)),
        (None, Some(relation)) => Some(Resolved::Relation(relation)),
        (None, None) => None,
    };
    if let Some(schema) = schema {
        return in_schema(schema).unwrap_or(Resolved::Missing);
    }
    let unsure = context.temporary_may_change || context.is_doubtful(name);
    if unsure && naming == Naming::Legacy && !unlisted && !world.tables_named(name).is_empty() {
        return Resolved::Unsure;
    }
    // The real table lacks the legacy columns: a statement that names one, and means it, fails there.
    if context.temporary.contains(name) || (unsure && unlisted) {
        return Resolved::Unmapped;
    }
    let Some(path) = &context.search_path else { return resolve_anywhere(world, naming, name) };
    let unusable = world.catalog.unusable_schemas.get(context.user.as_ref());
    // pg_catalog comes first unless the path itself says where.
    let implicit = (!path.iter().any(|s| s == "pg_catalog")).then_some("pg_catalog");
    let path = implicit.into_iter().chain(path.iter().map(|s| if s == "$user" { context.user.as_ref() } else { s }));
    let mut path = path.filter(|&schema| unusable.is_none_or(|them| !them.contains(schema)));
    path.find_map(in_schema).unwrap_or(Resolved::Missing)
}

/// Without a search path only a name that is the same thing in every schema is certain.
fn resolve_anywhere<'w>(world: &'w World, naming: Naming, name: &str) -> Resolved<'w> {
    let tables = if naming == Naming::Legacy { world.tables_named(name) } else { &[] };
    let mapped: Vec<&Table> = tables.iter().map(|&i| world.table(i)).collect();
    let hides = |r: &&Relation| mapped.iter().any(|t| t.schema == r.schema);
    let mut others = world.catalog.relations_named(name).filter(|r| !hides(r));
    match (mapped.as_slice(), others.next(), others.next()) {
        ([table], None, _) => Resolved::Mapped(table),
        ([], Some(relation), None) => Resolved::Relation(relation),
        ([], None, _) => Resolved::Missing,
        // One of several, none of them mapped: only its columns are not certain.
        ([], Some(_), Some(_)) => Resolved::Unmapped,
        _ if world.is_unlisted(name) => Resolved::Unmapped,
        _ => Resolved::Unsure,
    }
}
