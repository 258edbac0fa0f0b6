//! `[columns]`: legacy columns of any table that has what they mean now, and nothing of their own name.
//!
//! They are names more by which a column can be read, and change nothing else about a table: not what `SELECT *` gives, nor its rows. So
//! a table that has no entry of its own is concerned by a text only if one of these names stands in it.

use std::collections::HashSet;
use std::sync::Arc;

use super::meaning::{self, Replacement};
use crate::catalog::{Catalog, Relation};
use crate::mapping::{self, Column, Mapping};

/// The `[columns]` of all mappings of one schema, each with the mapping that it stands in.
pub(super) type Globals<'m> = Vec<(&'m Arc<Mapping>, &'m Column)>;

/// Those of the schema that `mapping` is for.
pub(super) fn of_schema<'m>(mappings: &'m [Arc<Mapping>], schema: &str) -> Globals<'m> {
    let same = mappings.iter().filter(|m| m.schema == schema);
    same.flat_map(|m| m.columns.iter().map(move |column| (m, column))).collect()
}

/// The legacy columns that `relation` has by `[columns]`.
pub(super) fn replacements<'m>(
    globals: &'m Globals<'_>,
    relation: &'m Relation,
) -> impl Iterator<Item = Replacement> + 'm {
    let lacking = globals.iter().filter(|(_, column)| relation.column(&column.legacy).is_none());
    lacking.filter_map(|(mapping, column)| meaning::replacement(mapping, column, relation).ok())
}

/// Entries for the relations of the catalog that have none and a column by `[columns]`.
pub(super) fn unlisted(mappings: &[Arc<Mapping>], catalog: &Catalog) -> Vec<(Arc<Mapping>, mapping::Table)> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for mapping in mappings {
        let globals = of_schema(mappings, &mapping.schema);
        if globals.is_empty() || !seen.insert(mapping.schema.as_str()) {
            continue;
        }
        let siblings = || mappings.iter().filter(|m| m.schema == mapping.schema).flat_map(|m| &m.tables);
        let listed: HashSet<&str> = siblings().map(|t| t.legacy.as_ref()).collect();
        for relation in catalog.relations.iter().filter(|r| r.schema == mapping.schema) {
            let has = |(_, column): &(&Arc<Mapping>, &Column)| applies(column, relation);
            if !listed.contains(relation.name.as_str()) && globals.iter().any(has) {
                found.push((mapping.clone(), mapping::Table::unlisted(&relation.name)));
            }
        }
    }
    found
}

/// True when `relation` has what `column` reads and nothing of its legacy name.
fn applies(column: &Column, relation: &Relation) -> bool {
    relation.column(&column.legacy).is_none() && column.kind.columns().all(|name| relation.column(name).is_some())
}
