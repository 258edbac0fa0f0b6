//! Mapping and catalog, bound together: what a legacy name means in this database, now.
//!
//! A [`World`] is built once for each change of either and then only read. It decides here, not per statement: which legacy
//! names are shadowed by real ones, what text stands for a legacy column, what `SELECT *` gives.

use std::sync::Arc;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::body::{self, Body};
use super::global::{self, Globals};
use super::introspect;
use super::meaning::{self, Meaning, Presence, Replacement};
use super::telling;
use crate::catalog::{Catalog, Relation};
use crate::mapping::{self, Kind, Mapping, Star, shadow};
use crate::text::Search;

/// Everything that a decision depends on beside the session: swapped whole, never changed.
#[derive(Debug)]
pub struct World {
    /// Grows with every swap; part of each plan's key.
    pub generation: u64,
    /// In the order of the route.
    pub mappings: Vec<Arc<Mapping>>,
    /// What the server has.
    pub catalog: Arc<Catalog>,
    tables: Vec<Table>,
    by_legacy: HashMap<Arc<str>, Vec<usize>>,
    /// Names of mapped tables, legacy and current.
    names: HashSet<Arc<str>>,
    /// What the server's own catalogs show.
    catalogs: introspect::Catalogs,
    words: Option<Search>,
    legacy: Option<Search>,
    /// What `words` finds, and what tells.
    telling: Search,
    ascii: bool,
}

/// A legacy table that this database can serve.
#[derive(Debug)]
pub struct Table {
    /// `[mapping] name`.
    pub mapping: Arc<str>,
    /// The schema of both namings.
    pub schema: String,
    /// The name that services use.
    pub legacy: Arc<str>,
    /// The name that the warehouse has.
    pub current: String,
    /// The query in the place of the table, when it is not one by itself.
    pub body: Option<Body>,
    /// True when it is a query and nothing else.
    pub is_virtual: bool,
    /// True when the mapping has no entry for it, and `[columns]` are all that is legacy about it.
    pub unlisted: bool,
    /// What each column name means, legacy and current.
    pub columns: HashMap<Arc<str>, Meaning>,
    /// Legacy columns, [`Meaning::Mapped`] points here.
    pub replacements: Vec<Replacement>,
    /// What `SELECT *` gives, as names of `columns`; none leaves the star to the server.
    pub star: Option<Vec<Arc<str>>>,
    /// True when `star` is all that the legacy table had: its rows, and what goes by the position of columns, can be given.
    pub has_legacy_shape: bool,
    /// The current columns in their order.
    pub physical: Vec<Arc<str>>,
    /// What tells a row from the missing side of an outer join.
    pub presence: Presence,
}

/// Words that change what a session's names mean, in any text: they make a text worth lexing. All of them are telling.
const SESSION_WORDS: [&str; 9] =
    ["search_path", "set_config", "pg_settings", "schema", "temp", "role", "authorization", "discard", "reset"];

/// An identifier can be spelled with escapes, and then no search for the word finds it.
const ESCAPED_IDENTIFIER: &str = "u&\"";

impl World {
    /// Binds mappings to a catalog.
    #[must_use]
    pub fn new(generation: u64, mappings: Vec<Arc<Mapping>>, catalog: Arc<Catalog>) -> Self {
        let unlisted = global::unlisted(&mappings, &catalog);
        let listed = mappings.iter().flat_map(|m| m.tables.iter().map(move |table| (m, table, false)));
        let unlisted = unlisted.iter().map(|(m, table)| (m, table, true));
        let bind = |(m, table, unlisted): (&Arc<Mapping>, _, _)| {
            let globals = global::of_schema(&mappings, &m.schema);
            Some(Table { unlisted, ..Table::bind(m, table, &catalog, &globals)? })
        };
        let tables: Vec<Table> = listed.chain(unlisted).filter_map(bind).collect();
        let mut by_legacy: HashMap<Arc<str>, Vec<usize>> = HashMap::default();
        for (i, table) in tables.iter().enumerate() {
            by_legacy.entry(table.legacy.clone()).or_default().push(i);
        }
        let both = |t: &mapping::Table| [t.legacy.clone(), t.current.as_str().into()];
        let all = mappings.iter().flat_map(|m| &m.tables).flat_map(both);
        let all = all.chain(tables.iter().filter(|t| t.unlisted).map(|t| t.legacy.clone())).collect();
        // Also those that the catalog cannot serve now: it may later, and a session's own names are followed from its start.
        let legacy = mappings.iter().flat_map(|m| &m.tables).map(|t| t.legacy.as_ref());
        // A table without an entry is reached through the name of such a column only.
        let columns = mappings.iter().flat_map(|m| &m.columns);
        let legacy: Vec<&str> = legacy.chain(columns.clone().map(|c| c.legacy.as_ref())).collect();
        let any = !legacy.is_empty();
        let introspecting = introspect::words(&mappings);
        let concerning: Vec<&str> = SESSION_WORDS.iter().chain(introspecting).copied().collect();
        let words = any.then(|| search_for(&legacy, &concerning));
        let telling: Vec<&str> = telling::all().chain(introspecting.iter().copied()).collect();
        let telling = search_for(&legacy, &telling);
        let legacy = any.then(|| search_for(&legacy, &[]));
        let plain = |t: &mapping::Table| t.legacy.is_ascii() && t.columns.iter().all(|c| c.legacy.is_ascii());
        let ascii = mappings.iter().flat_map(|m| &m.tables).all(plain) && columns.clone().all(|c| c.legacy.is_ascii());
        let catalogs = introspect::Catalogs::new(&mappings, &tables, &catalog);
        Self { catalogs, generation, mappings, catalog, tables, by_legacy, names: all, words, legacy, telling, ascii }
    }

    /// False when nothing in the text can concern the mapping or the session's names: the statement goes on as it came.
    ///
    /// A column is reached only through its table, so the names of the mapped tables are all that has to be looked for, and those of the
    /// columns that any table may have.
    #[must_use]
    pub fn concerns(&self, text: &[u8]) -> bool {
        self.words.as_ref().is_some_and(|words| words.is_in(text))
    }

    /// True when [`World::concerns`] is false and no word in the text tells that it may change what the texts behind it mean.
    #[must_use]
    pub fn is_plain(&self, text: &[u8]) -> bool {
        !self.telling.is_in(text)
    }

    /// False when no mapped table can be named in the text by its legacy name.
    #[must_use]
    pub fn names_legacy(&self, text: &[u8]) -> bool {
        self.legacy.as_ref().is_some_and(|words| words.is_in(text))
    }

    /// True when all legacy names are spelled in ASCII: a text in another encoding than UTF-8 then holds them as they are.
    #[must_use]
    pub const fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// The mapped table at that place of [`World::tables_named`].
    #[must_use]
    pub fn table(&self, index: usize) -> &Table {
        &self.tables[index]
    }

    /// What a relation of the server's catalogs becomes, so that it shows legacy names.
    #[must_use]
    pub(super) fn shown(&self, relation: &Relation) -> Option<&Table> {
        self.catalogs.shown(relation)
    }

    /// What is shown of the server's catalogs.
    #[must_use]
    pub(super) const fn catalogs(&self) -> &introspect::Catalogs {
        &self.catalogs
    }

    /// True for the legacy or the current name of a mapped table.
    #[must_use]
    pub fn has_table(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Mapped tables with that legacy name, one for each schema.
    #[must_use]
    pub fn tables_named(&self, legacy: &str) -> &[usize] {
        self.by_legacy.get(legacy).map_or(&[], Vec::as_slice)
    }

    /// True when tables have that name, and none of them an entry in a mapping.
    #[must_use]
    pub fn is_unlisted(&self, name: &str) -> bool {
        let tables = self.tables_named(name);
        !tables.is_empty() && tables.iter().all(|&index| self.tables[index].unlisted)
    }

    /// All mapped tables.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}

impl Table {
    /// What the mapping of one table means in this catalog; none when the table is shadowed or its target is missing:
    /// then the statement goes on as it came and the server says what it has.
    fn bind(
        mapping: &Arc<Mapping>,
        table: &mapping::Table,
        catalog: &Arc<Catalog>,
        globals: &Globals<'_>,
    ) -> Option<Self> {
        // A query that cannot be bound serves nobody, as a table that does not exist.
        let body = body::of_table(mapping, table, catalog).transpose().ok()?;
        let (body, derived) = body.map_or((None, None), |(body, relation)| (Some(body), Some(relation)));
        let relation = match &derived {
            Some(derived) => derived,
            None => catalog.relation(&mapping.schema, &table.current)?,
        };
        let real = catalog.relation(&mapping.schema, &table.legacy).is_some();
        if shadow::of_table(mapping, table, real).is_shadowed() {
            return None;
        }
        let mut columns: HashMap<Arc<str>, Meaning> = HashMap::default();
        let mut replacements = Vec::new();
        let shadowed = |column: &mapping::Column| {
            shadow::of_column(table, column, relation.column(&column.legacy).is_some()).is_shadowed()
        };
        for column in table.columns.iter().filter(|c| !shadowed(c)) {
            let meaning = match meaning::replacement(mapping, column, relation) {
                Ok(replacement) => {
                    replacements.push(replacement);
                    Meaning::Mapped(replacements.len() - 1)
                }
                Err(missing) => Meaning::Broken(missing),
            };
            columns.insert(column.legacy.clone(), meaning);
        }
        for column in &relation.columns {
            let name: Arc<str> = column.name.as_str().into();
            let meaning = if is_current_only(table, &name) { Meaning::Current } else { Meaning::Real };
            columns.entry(name).or_insert(meaning);
        }
        let star = star(table, relation, &columns, &replacements);
        // Behind the star, which they have no part in.
        for replacement in global::replacements(globals, relation).filter(|_| table.query.is_none()) {
            if !columns.contains_key(&replacement.legacy) {
                columns.insert(replacement.legacy.clone(), Meaning::Mapped(replacements.len()));
                replacements.push(replacement);
            }
        }
        let changes_nothing = table.legacy.as_ref() == table.current && replacements.is_empty() && star.is_none();
        let changes_nothing = changes_nothing && body.is_none();
        let broken = columns.values().any(|m| matches!(m, Meaning::Broken(_)));
        (!changes_nothing || broken).then(|| Self {
            mapping: mapping.name.clone(),
            schema: mapping.schema.clone(),
            legacy: table.legacy.clone(),
            current: table.current.clone(),
            body,
            is_virtual: table.query.is_some(),
            unlisted: false,
            columns,
            replacements,
            star,
            has_legacy_shape: chosen_star(table) == Star::Legacy,
            presence: meaning::presence(relation),
            physical: relation.columns.iter().map(|c| c.name.as_str().into()).collect(),
        })
    }

    /// The names that `SELECT *` gives.
    #[must_use]
    pub fn star_names(&self) -> &[Arc<str>] {
        self.star.as_ref().unwrap_or(&self.physical)
    }

    /// True for the name of a column that is another one now.
    #[must_use]
    pub fn has_legacy(&self, column: &str) -> bool {
        matches!(self.columns.get(column), Some(Meaning::Mapped(_)))
    }

    /// True for a relation of the server's catalogs that shows legacy names.
    #[must_use]
    pub fn is_of_server(&self) -> bool {
        self.mapping.is_empty()
    }

    /// True when the warehouse has it under another name, or as a query.
    #[must_use]
    pub fn is_renamed(&self) -> bool {
        self.legacy.as_ref() != self.current || self.body.is_some()
    }

    /// True when a row of it is the same in both namings: no column differs.
    #[must_use]
    pub fn has_plain_rows(&self) -> bool {
        self.star.is_none()
    }
}

/// True when another legacy column is now this real one.
fn is_rename_target(table: &mapping::Table, name: &str) -> bool {
    let takes = |c: &mapping::Column| matches!(&c.kind, Kind::Rename { column } if column == name);
    table.columns.iter().any(|c| takes(c) && c.legacy.as_ref() != name)
}

/// True when the legacy schema surely had no column of that name.
fn is_current_only(table: &mapping::Table, name: &str) -> bool {
    match &table.layout {
        Some(layout) => !layout.iter().any(|l| l == name),
        None => is_rename_target(table, name),
    }
}

fn chosen_star(table: &mapping::Table) -> Star {
    let all_renames = table.columns.iter().all(|c| matches!(c.kind, Kind::Rename { .. }));
    table.star.unwrap_or(if table.layout.is_some() || all_renames { Star::Legacy } else { Star::Both })
}

fn star(
    table: &mapping::Table,
    relation: &Relation,
    columns: &HashMap<Arc<str>, Meaning>,
    replacements: &[Replacement],
) -> Option<Vec<Arc<str>>> {
    let names: Vec<Arc<str>> = match (chosen_star(table), &table.layout) {
        (Star::Physical, _) => return None,
        (Star::Legacy, Some(layout)) => layout.iter().map(|l| l.as_str().into()).collect(),
        (Star::Legacy, None) => relation.columns.iter().map(|c| legacy_name(&c.name, table, columns)).collect(),
        (Star::Both, _) => {
            let current = relation.columns.iter().map(|c| Arc::from(c.name.as_str()));
            let legacy = replacements.iter().map(|r| r.legacy.clone());
            let mut seen = std::collections::HashSet::new();
            current.chain(legacy).filter(|n| seen.insert(n.clone())).collect()
        }
    };
    let same = names.len() == relation.columns.len()
        && names.iter().zip(&relation.columns).all(|(name, column)| {
            name.as_ref() == column.name && matches!(columns.get(name), Some(Meaning::Real | Meaning::Current))
        });
    (!same).then_some(names)
}

/// The one legacy column that a current column is under another name (and perhaps another type), or itself.
fn legacy_name(current: &str, table: &mapping::Table, columns: &HashMap<Arc<str>, Meaning>) -> Arc<str> {
    let is_it = |c: &&mapping::Column| {
        matches!(&c.kind, Kind::Rename { column } if column == current)
            && matches!(columns.get(&c.legacy), Some(Meaning::Mapped(_)))
    };
    table.columns.iter().find(is_it).map_or_else(|| current.into(), |c| c.legacy.clone())
}

fn search_for(legacy_tables: &[&str], others: &[&str]) -> Search {
    // In quotes, a quote is written twice.
    let names: Vec<String> = legacy_tables.iter().map(|name| name.replace('"', "\"\"")).collect();
    Search::new(names.iter().map(String::as_str).chain(others.iter().copied()).chain([ESCAPED_IDENTIFIER]))
}
