//! Introspection: what the server's catalogs show of the mapped tables.
//!
//! A relation of `pg_catalog` or `information_schema` that names tables or columns becomes a derived table in which they have their
//! legacy names: `FROM pg_class c` → `FROM (SELECT c.oid, CASE … END AS relname, … FROM pg_catalog.pg_class c …) c`. The texts are made once
//! for each world and bound like those of any table that is a query ([`super::body`]). Oids and numbers of columns stay, so indexes, keys
//! and privileges go on to belong to what they belonged to. What a text shows is told by [`shape`], how it is written by [`sql`].

mod shape;
mod sql;

use std::sync::Arc;

use rustc_hash::FxHashMap as HashMap;

use super::body;
use super::meaning::{Meaning, Presence};
use super::scope::{Naming, Source};
use super::walk::{Refused, Walk, Walked};
use super::world::Table;
use crate::catalog::{Catalog, Relation};
use crate::mapping::{Introspection, Mapping};

/// The catalogs' relations that show something legacy.
#[derive(Debug, Default)]
pub(super) struct Catalogs {
    tables: HashMap<(String, String), Table>,
}

/// How a statement reads the catalogs. What cannot be followed in legacy names sees them as they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) enum CatalogsAre {
    /// It does not name them, as far as is known.
    #[default]
    Unread,
    /// In legacy names.
    Shown,
    /// In legacy names or not at all: `pg_dump`, which alone reads `tableoid`, would mix both namings in one file.
    Needed,
    /// As they are.
    Untouched,
}

/// Any name of a relation that is shown otherwise has one of these in it, but for those of `information_schema`.
const WORDS: [&str; 6] = ["information_schema", "pg_class", "pg_attribute", "pg_tables", "pg_index", "pg_stat"];

/// The words that a text has to hold to be concerned, none when no mapping shows its legacy names.
pub(super) fn words(mappings: &[Arc<Mapping>]) -> &'static [&'static str] {
    let shows = |m: &Arc<Mapping>| m.introspection != Introspection::Current && !m.tables.is_empty();
    if mappings.iter().any(shows) { &WORDS } else { &[] }
}

impl Catalogs {
    /// Those of a database with these mapped tables.
    pub(super) fn new(mappings: &[Arc<Mapping>], tables: &[Table], catalog: &Arc<Catalog>) -> Self {
        let lines = shape::lines(mappings, tables, catalog);
        if lines.tables.is_empty() {
            return Self::default();
        }
        let bound = sql::texts(&lines, catalog).into_iter().filter_map(|(relation, text)| {
            let table = bind(relation, &text, catalog)?;
            Some(((relation.schema.clone(), relation.name.clone()), table))
        });
        Self { tables: bound.collect() }
    }

    /// What stands in the place of `relation`.
    pub(super) fn shown(&self, relation: &Relation) -> Option<&Table> {
        if self.tables.is_empty() || !matches!(relation.schema.as_str(), "pg_catalog" | "information_schema") {
            return None;
        }
        self.tables.get(&(relation.schema.clone(), relation.name.clone()))
    }
}

impl<'w> Walk<'w> {
    /// What a relation of the catalogs becomes in this statement.
    pub(super) fn shown(&mut self, relation: &Relation) -> Option<&'w Table> {
        let applies = self.naming == Naming::Legacy && self.catalogs != CatalogsAre::Untouched;
        let shown = self.world.shown(relation).filter(|_| applies)?;
        self.catalogs = self.catalogs.max(CatalogsAre::Shown);
        Some(shown)
    }

    /// A walk over the same statement that leaves the catalogs as they are, when this one failed and does not.
    pub(super) fn with_catalogs_untouched(&self, failed: bool) -> Option<Self> {
        if !failed || self.catalogs != CatalogsAre::Shown {
            return None;
        }
        let catalogs = CatalogsAre::Untouched;
        let reasons = self.reasons.as_ref().map(|_| Vec::new());
        Some(Self { catalogs, reasons, ..Self::new(self.world, self.context, self.naming, self.source, self.tokens) })
    }

    /// A derived table has no system columns.
    pub(super) fn reads_catalog(&mut self, source: &Source<'w>, column: &str, at: Option<usize>) -> Walked {
        if !source.mapped().is_some_and(|t| t.is_of_server() && !t.columns.contains_key(column)) {
            return Ok(());
        }
        if column == "tableoid" {
            self.catalogs = CatalogsAre::Needed;
        }
        let hint = "dump the server itself, or set `introspection = \"current\"` in the mapping";
        Err(Refused::unsure(format!("`{column}` of a catalog that shows legacy names"), hint, at))
    }
}

/// A relation in the shape of a mapped table that is a query; none for a text that does not give exactly its columns.
fn bind(relation: &Relation, text: &str, catalog: &Arc<Catalog>) -> Option<Table> {
    let (body, labels) = body::bind(&relation.schema, text, catalog).ok()?;
    if !labels.iter().eq(relation.columns.iter().map(|c| &c.name)) {
        return None;
    }
    let physical: Vec<Arc<str>> = relation.columns.iter().map(|c| c.name.as_str().into()).collect();
    Some(Table {
        // It is none of a mapping's own.
        mapping: "".into(),
        schema: relation.schema.clone(),
        legacy: relation.name.as_str().into(),
        current: relation.name.clone(),
        body: Some(body),
        is_virtual: true,
        unlisted: false,
        columns: physical.iter().map(|name| (name.clone(), Meaning::Real)).collect(),
        replacements: Vec::new(),
        star: None,
        has_legacy_shape: true,
        physical,
        presence: Presence::Row,
    })
}
