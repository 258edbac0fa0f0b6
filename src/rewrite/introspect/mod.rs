//! Introspection: what the server's catalogs show of the mapped tables.
//!
//! A relation of `pg_catalog` or `information_schema` that names tables or columns becomes a derived table in which they have their
//! legacy names: `FROM pg_class c` → `FROM (SELECT c.oid, CASE … END AS relname, … FROM pg_catalog.pg_class c …) c`. The texts are made once
//! for each world and bound like those of any table that is a query ([`super::body`]). Oids and numbers of columns stay, so indexes, keys
//! and privileges go on to belong to what they belonged to. What a text shows is told by [`shape`], how it is written by [`sql`].

mod beside;
mod calls;
mod printed;
mod shape;
mod sql;
mod written;

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
    calls: Vec<calls::Call>,
    /// Those whose text would be too long.
    unshown: Vec<(String, String)>,
    /// Oids of tables that the server has none for, by schema and legacy name.
    beside: HashMap<(String, Arc<str>), u32>,
}

/// How a statement reads the catalogs. What cannot be followed in legacy names sees them as they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) enum CatalogsAre {
    /// It does not name them, as far as is known.
    #[default]
    Unread,
    /// In legacy names.
    Shown,
    /// In legacy names or not at all: whoever reads `tableoid` copies the catalogs, and would mix both namings.
    Needed,
    /// As they are.
    Untouched,
}

/// Any name of a relation that is shown otherwise has one of these in it, but for those of `information_schema`.
const WORDS: [&str; 8] =
    ["information_schema", "pg_class", "pg_attribute", "pg_tables", "pg_index", "pg_stat", "pg_get_", "regclass"];

/// The words that a text has to hold to be concerned, none when no mapping shows its legacy names.
pub(super) fn words(mappings: &[Arc<Mapping>]) -> &'static [&'static str] {
    let shows = |m: &Arc<Mapping>| m.introspection != Introspection::Current && !m.tables.is_empty();
    if mappings.iter().any(shows) { &WORDS } else { &[] }
}

impl Catalogs {
    /// Those of a database with these mapped tables.
    pub(super) fn new(mappings: &[Arc<Mapping>], tables: &[Table], catalog: &Arc<Catalog>) -> Self {
        let lines = shape::lines(mappings, tables, catalog);
        if lines.tables.is_empty() && lines.beside.is_empty() {
            return Self::default();
        }
        let (mut tables, mut unshown) = (HashMap::default(), Vec::new());
        for (relation, text) in sql::texts(&lines, catalog) {
            let name = (relation.schema.clone(), relation.name.clone());
            match bind(relation, &text, catalog) {
                Some(table) => drop(tables.insert(name, table)),
                None => unshown.push(name),
            }
        }
        let beside = lines.beside.iter().map(|table| ((table.schema.clone(), table.name.as_str().into()), table.oid));
        Self { tables, calls: calls::calls(&lines, catalog), unshown, beside: beside.collect() }
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
    /// True while this statement is told the legacy names.
    fn shows_legacy(&self) -> bool {
        self.naming == Naming::Legacy && self.catalogs != CatalogsAre::Untouched
    }

    /// What a relation of the catalogs becomes in this statement.
    pub(super) fn shown(&mut self, relation: &Relation, at: Option<usize>) -> Walked<Option<&'w Table>> {
        let is_it = |(schema, name): &&(String, String)| *schema == relation.schema && *name == relation.name;
        if self.shows_legacy() && self.world.catalogs().unshown.iter().any(|name| is_it(&name)) {
            self.catalogs = CatalogsAre::Needed;
            let message = format!("`{}.{}` cannot be shown in legacy names", relation.schema, relation.name);
            let hint = "set `introspection = \"current\"` in the mapping, or map fewer tables in one route";
            return Err(Refused::unsure(message, hint, at));
        }
        let shown = self.world.shown(relation).filter(|_| self.shows_legacy());
        if shown.is_some() {
            self.catalogs = self.catalogs.max(CatalogsAre::Shown);
        }
        Ok(shown)
    }

    /// The oid by which a table is shown that the server has no oid for, or that shares the one of another.
    pub(super) fn oid_beside(&self, table: &Table) -> Option<u32> {
        // In its own rows the server says which table they are of.
        let by_row = || self.tokens.iter().any(|token| token.is_keyword(self.source, "tableoid"));
        let oid = self.world.catalogs().beside.get(&(table.schema.clone(), table.legacy.clone()))?;
        (self.shows_legacy() && (table.is_virtual || !by_row())).then_some(*oid)
    }

    /// True for a table that the catalogs show under its legacy name.
    pub(super) fn is_shown(&self, table: &Table) -> bool {
        let own = self.world.mappings.iter().find(|m| m.name == table.mapping);
        self.shows_legacy() && !table.is_virtual && own.is_some_and(|m| m.introspection != Introspection::Current)
    }

    /// A walk over the same statement that leaves the catalogs as they are, when this one failed and does not.
    pub(super) fn with_catalogs_untouched(&self, failed: bool) -> Option<Self> {
        if !failed || self.catalogs != CatalogsAre::Shown {
            return None;
        }
        let catalogs = CatalogsAre::Untouched;
        let (reasons, literals) = (self.reasons.as_ref().map(|_| Vec::new()), self.literals.clone());
        let fresh = Self::new(self.world, self.context, self.naming, self.source, self.tokens);
        Some(Self { reasons, literals, catalogs, ..fresh })
    }

    /// A derived table has no system columns.
    pub(super) fn reads_catalog(&mut self, source: &Source<'w>, column: &str, at: Option<usize>) -> Walked {
        if !source.mapped().is_some_and(|t| t.is_of_server() && !t.columns.contains_key(column)) {
            return Ok(());
        }
        if column == "tableoid" {
            self.catalogs = CatalogsAre::Needed;
        }
        let hint = "ask the server itself, or set `introspection = \"current\"` in the mapping";
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping;
    use crate::rewrite::{Context, Outcome, World, plan};

    const COLUMNS: [(&str, &str, &[&str]); 6] = [
        ("pg_catalog", "pg_class", &["oid", "relname", "relnamespace", "relnatts"]),
        ("pg_catalog", "pg_namespace", &["oid", "nspname"]),
        (
            "pg_catalog",
            "pg_type",
            &["oid", "typlen", "typbyval", "typalign", "typstorage", "typcollation", "typcategory"],
        ),
        ("pg_catalog", "pg_attribute", &["attrelid", "attname", "atttypid", "attnum", "attnotnull"]),
        ("information_schema", "tables", &["table_schema", "table_name", "table_type"]),
        ("public", "clientes", &["id", "telefono", "estado"]),
    ];

    fn world(introspection: &str) -> World {
        let relation = |(schema, name, columns): &(&str, &str, &[&str])| {
            let column = |name: &&str| crate::catalog::Column {
                name: (*name).to_owned(),
                type_name: "text".to_owned(),
                not_null: true,
            };
            Relation {
                schema: (*schema).to_owned(),
                name: (*name).to_owned(),
                kind: crate::catalog::RelationKind::Table,
                columns: columns.iter().map(column).collect(),
                definition: None,
            }
        };
        let catalog = Catalog { relations: COLUMNS.iter().map(relation).collect(), ..Catalog::default() }.indexed();
        let text = format!(
            "[mapping]\nintrospection = \"{introspection}\"\n[tables.customers]\ntable = \"clientes\"\n\
             columns.phone_number = \"telefono\"\ncolumns.phone = \"telefono\"\nlayout = [\"id\", \"phone_number\", \"phone\"]"
        );
        let mapping = mapping::parse("shop", &text).expect("the mapping is sound");
        World::new(1, vec![Arc::new(mapping)], Arc::new(catalog))
    }

    fn outcome(world: &World, sql: &str) -> (Outcome, Option<String>) {
        let context = Context::new("postgres", &["public".to_owned()]);
        let plan = plan(world, &context, sql);
        let refusal = plan.statements[0].refusal.as_ref().map(|r| r.message.clone());
        (plan.statements[0].outcome, refusal.or(plan.sql.map(|sql| sql.to_string())))
    }

    #[test]
    fn the_mapping_says_whether() {
        let sql = "SELECT c.relname FROM pg_class c";
        assert_eq!(outcome(&world("current"), sql), (Outcome::Unchanged, None));
        assert!(!world("current").concerns(sql.as_bytes()) && world("both").concerns(sql.as_bytes()));
        let (legacy, text) = outcome(&world("legacy"), sql);
        let text = text.unwrap_or_default();
        assert_eq!(legacy, Outcome::Rewritten, "{text}");
        assert!(text.contains("('public')::pg_catalog.text, ('clientes')::pg_catalog.text, ('customers')"), "{text}");
        let (_, both) = outcome(&world("both"), sql);
        let both = both.unwrap_or_default();
        assert!(both.contains("('clientes')::pg_catalog.text), ('public', 'clientes', 'customers')"), "{both}");
    }

    #[test]
    fn columns_keep_their_numbers() {
        let catalogs = |mode| {
            let world = world(mode);
            let lines = shape::lines(&world.mappings, world.tables(), &world.catalog);
            let line = |l: &shape::ColumnLine| (l.base.clone(), l.name.clone().unwrap_or_default(), l.extra);
            lines.attributes.iter().map(line).collect::<Vec<_>>()
        };
        let own = |base: &str, name: &str, extra| (base.to_owned(), name.to_owned(), extra);
        let legacy =
            [own("telefono", "phone_number", None), own("telefono", "phone", Some(1)), own("estado", "", None)];
        assert_eq!(catalogs("legacy"), legacy);
        let both = [
            own("telefono", "telefono", None),
            own("telefono", "phone_number", Some(1)),
            own("telefono", "phone", Some(2)),
        ];
        assert_eq!(catalogs("both"), both);
    }

    #[test]
    fn what_cannot_be_followed_sees_the_catalogs_as_they_are() {
        let world = world("legacy");
        assert_eq!(outcome(&world, "SELECT c.x, c.xmin FROM pg_class c").0, Outcome::Unchanged);
        assert_eq!(outcome(&world, "SELECT c FROM pg_class c").0, Outcome::Unchanged);
        assert_eq!(outcome(&world, "INSERT INTO log SELECT relname FROM pg_class").0, Outcome::Unchanged);
        let (refused, message) = outcome(&world, "SELECT c.tableoid, c.relname FROM pg_class c");
        assert_eq!(
            (refused, message.as_deref()),
            (Outcome::Refused, Some("`tableoid` of a catalog that shows legacy names"))
        );
    }

    #[test]
    fn who_has_emptied_the_path_is_told_nothing_legacy() {
        let world = world("legacy");
        let sql = "SELECT c.relname, phone_number FROM pg_catalog.pg_class c, public.customers";
        let outcome = |path: &[String]| {
            let context = Context { search_path: Some(path.into()), ..Context::new("postgres", &[]) };
            plan(&world, &context, sql).statements[0].outcome
        };
        assert_eq!(outcome(&[]), Outcome::Unchanged);
        assert_eq!(outcome(&[String::new()]), Outcome::Rewritten, "`SET search_path = ''`");
    }

    #[test]
    fn without_a_mapping_no_catalog_is_of_concern() {
        let world = World::new(1, Vec::new(), Arc::default());
        assert!(!world.concerns(b"SELECT 'a'::regclass FROM pg_class, information_schema.columns"));
        assert!(world.is_plain(b"SELECT 'a'::regclass FROM pg_class"));
    }
}
