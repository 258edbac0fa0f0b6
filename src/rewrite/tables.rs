//! The table that a name is: by its schema, or along the session's search path.

use super::scope::Naming;
use super::world::{Table, World};
use crate::catalog::Relation;

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
