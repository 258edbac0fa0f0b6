//! Legacy tables that the server has no oid for: a table that is a query, and each further one of several that are one table now.
//!
//! They are shown beside the others, in the place of no row: as copies of the row of the table that they are made of, with an oid of
//! their own. It is told by the name, so it is the same in each session and after each start, and where the server has given it to
//! a relation, they are not shown.

use std::collections::HashSet;

use super::shape::ColumnLine;
use super::sql::{INTEGER, OF_TYPE, TEXT, modifier, put, select, values};
use crate::catalog::{Catalog, Relation};
use crate::rewrite::meaning::Meaning;
use crate::rewrite::world::Table;
use crate::sql::names::quote_string;

/// A table that is shown beside the server's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Beside {
    /// Its oid.
    pub(super) oid: u32,
    pub(super) schema: String,
    /// The current table whose row it copies.
    pub(super) base: String,
    /// The first column of that table.
    pub(super) first: String,
    /// The legacy name.
    pub(super) name: String,
    /// True for a query: `information_schema`, which goes by names, does not have it either.
    pub(super) is_query: bool,
    /// Its columns: name, type, and whether it is never NULL.
    pub(super) columns: Vec<(String, String, bool)>,
}

/// Collects them.
pub(super) struct Besides<'a> {
    catalog: &'a Catalog,
    taken: HashSet<u32>,
    pub(super) found: Vec<Beside>,
}

/// Where their oids begin: higher than all that most servers will ever give, and no less than zero for clients that take oids for an `int4`.
const FIRST: u32 = 2_146_000_000;
const RANGE: u32 = 1_000_000;

impl<'a> Besides<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Self {
        Self { catalog, taken: HashSet::new(), found: Vec::new() }
    }

    /// A table that is a query. One that reads no table of its schema, or has a column of which the type is not known, is not shown.
    pub(super) fn query(&mut self, table: &Table) {
        let Some(body) = &table.body else { return };
        let Some((_, _, base)) = body.relations.iter().find(|(_, schema, _)| *schema == table.schema) else { return };
        let columns: Option<Vec<_>> = table
            .physical
            .iter()
            .zip(&body.types)
            .map(|(name, type_name)| Some((name.to_string(), type_name.clone()?, false)))
            .collect();
        if let Some(columns) = columns.filter(|columns| columns.len() == table.physical.len()) {
            self.push(table, base, columns, true);
        }
    }

    /// A further legacy table of a current one.
    pub(super) fn second(&mut self, table: &Table) {
        let Some(relation) = self.catalog.relation(&table.schema, &table.current) else { return };
        let real = |name: &str| relation.column(name).map(|column| (column.type_name.clone(), column.not_null));
        let column = |name: &str| match table.columns.get(name)? {
            Meaning::Real | Meaning::Current => real(name),
            Meaning::Mapped(index) => {
                let replacement = &table.replacements[*index];
                let own = replacement.renamed().and_then(real);
                let is_not_null = own.as_ref().is_some_and(|(_, not_null)| *not_null);
                let type_name = replacement.type_name.clone().or(own.map(|(type_name, _)| type_name));
                Some((type_name?, is_not_null))
            }
            Meaning::Broken(_) => None,
        };
        let columns = table.star_names().iter().map(|name| {
            let (type_name, not_null) = column(name)?;
            Some((name.to_string(), type_name, not_null))
        });
        if let Some(columns) = columns.collect::<Option<Vec<_>>>() {
            self.push(table, &table.current, columns, false);
        }
    }

    fn push(&mut self, table: &Table, base: &str, columns: Vec<(String, String, bool)>, is_query: bool) {
        let Some(first) = self.catalog.relation(&table.schema, base).and_then(|r| r.columns.first()) else { return };
        let mut oid = FIRST + hash(&table.schema, &table.legacy) % RANGE;
        while !self.taken.insert(oid) {
            oid += 1;
        }
        self.found.push(Beside {
            oid,
            schema: table.schema.clone(),
            base: base.to_owned(),
            first: first.name.clone(),
            name: table.legacy.to_string(),
            is_query,
            columns,
        });
    }
}

/// The lines of `information_schema.columns`.
pub(super) fn columns(beside: &[Beside]) -> Vec<ColumnLine> {
    let line = |table: &Beside, position, name: &str, type_name: &str| ColumnLine {
        schema: table.schema.clone(),
        current: table.base.clone(),
        base: table.first.clone(),
        shown: table.name.clone(),
        name: Some(name.to_owned()),
        position,
        extra: Some(position),
        computed: true,
        type_name: Some(type_name.to_owned()),
    };
    let mut lines = Vec::new();
    for table in beside.iter().filter(|table| table.is_query) {
        lines.extend(
            std::iter::zip(1.., &table.columns).map(|(n, (name, type_name, _))| line(table, n, name, type_name)),
        );
    }
    lines
}

/// What is behind the text of a relation that goes by names: the lists of tables and of privileges on them; keys they have none.
pub(super) fn by_name(relation: &Relation, (schema, table): (&str, &str), beside: &[Beside]) -> String {
    const LISTS: [&str; 4] = ["tables", "table_privileges", "role_table_grants", "pg_tables"];
    let queries: Vec<&Beside> = beside.iter().filter(|table| table.is_query).collect();
    if queries.is_empty() || !LISTS.contains(&relation.name.as_str()) {
        return String::new();
    }
    let no = ["hasindexes", "hasrules", "hastriggers"].map(|column| (column, put(relation, column, "false")));
    let mut others =
        vec![(table, put(relation, table, "v.l")), ("table_type", put(relation, "table_type", "'BASE TABLE'"))];
    others.extend(no);
    let rows = queries.iter().map(|l| [&l.schema, &l.base, &l.name].map(|name| quote_string(name)));
    let rows = values("v", [("s", TEXT), ("b", TEXT), ("l", TEXT)], rows);
    let select = select(relation, &others);
    format!(
        " UNION ALL {select} FROM {}.{} r JOIN {rows} ON r.{schema} = v.s AND r.{table} = v.b",
        relation.schema, relation.name
    )
}

/// No relation of the server has the oid.
const IS_FREE: &str = "NOT EXISTS (SELECT 1 FROM pg_catalog.pg_class x WHERE x.oid = v.o)";

/// What is behind the text of `pg_class`.
pub(super) fn classes(relation: &Relation, beside: &[Beside]) -> String {
    if beside.is_empty() {
        return String::new();
    }
    let mut others = vec![
        ("oid", put(relation, "oid", "v.o")),
        ("relname", put(relation, "relname", "v.l")),
        ("relnatts", put(relation, "relnatts", "v.n")),
        ("relkind", put(relation, "relkind", "CASE WHEN v.q THEN 'r' ELSE % END")),
        ("relpartbound", put(relation, "relpartbound", "NULL")),
        ("reltuples", put(relation, "reltuples", "CASE WHEN v.q THEN -1 ELSE % END")),
        ("relpages", put(relation, "relpages", "CASE WHEN v.q THEN 0 ELSE % END")),
    ];
    let none = ["reloftype", "relfilenode", "reltoastrelid", "relchecks"];
    others.extend(none.map(|column| (column, put(relation, column, "0"))));
    let no = ["relhasindex", "relhasrules", "relhastriggers", "relhassubclass", "relispartition", "relrowsecurity"];
    others.extend(no.map(|column| (column, put(relation, column, "false"))));
    let rows = beside.iter().map(|table| {
        let [schema, base, name] = [&table.schema, &table.base, &table.name].map(|name| quote_string(name));
        [table.oid.to_string(), schema, base, name, table.columns.len().to_string(), table.is_query.to_string()]
    });
    let named =
        [("o", "pg_catalog.oid"), ("s", TEXT), ("b", TEXT), ("l", TEXT), ("n", INTEGER), ("q", "pg_catalog.bool")];
    format!(
        " UNION ALL {} FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace \
         JOIN {} ON v.s = n.nspname AND v.b = r.relname WHERE {IS_FREE}",
        select(relation, &others),
        values("v", named, rows)
    )
}

/// What is behind the text of `pg_attribute`; what is not told of a column is as it is in the first of `pg_class`, a plain one.
pub(super) fn attributes(relation: &Relation, beside: &[Beside]) -> String {
    if beside.is_empty() {
        return String::new();
    }
    let mut others = vec![
        ("attrelid", put(relation, "attrelid", "v.o")),
        ("attname", put(relation, "attname", "v.c")),
        ("attnum", put(relation, "attnum", "v.p")),
        ("atttypid", put(relation, "atttypid", "y.oid")),
        ("atttypmod", put(relation, "atttypmod", "v.m")),
        ("attndims", put(relation, "attndims", "CASE WHEN y.typcategory = 'A' THEN 1 ELSE 0 END")),
        ("attnotnull", put(relation, "attnotnull", "v.k")),
    ];
    others.extend(OF_TYPE.map(|(column, of_type)| (column, put(relation, column, &format!("y.{of_type}")))));
    let rows = beside.iter().flat_map(|table| {
        std::iter::zip(1_usize.., &table.columns).map(|(position, (name, type_name, is_not_null))| {
            [
                table.oid.to_string(),
                quote_string(name),
                position.to_string(),
                format!("pg_catalog.to_regtype({})", quote_string(type_name)),
                modifier(type_name).unwrap_or(-1).to_string(),
                is_not_null.to_string(),
            ]
        })
    });
    let named = [
        ("o", "pg_catalog.oid"),
        ("c", TEXT),
        ("p", INTEGER),
        ("y", "pg_catalog.oid"),
        ("m", INTEGER),
        ("k", "pg_catalog.bool"),
    ];
    format!(
        " UNION ALL {} FROM pg_catalog.pg_attribute r JOIN {} ON r.attrelid = 'pg_catalog.pg_class'::pg_catalog.regclass AND r.attnum = 1 \
         JOIN pg_catalog.pg_type y ON y.oid = v.y WHERE {IS_FREE}",
        select(relation, &others),
        values("v", named, rows)
    )
}

/// FNV-1a: the same in each process.
fn hash(schema: &str, name: &str) -> u32 {
    let bytes = schema.bytes().chain([b'.']).chain(name.bytes());
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
