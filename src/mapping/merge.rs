//! The mappings of one route, side by side.
//!
//! Files of which one extends the other have an order (`packs`); those of a route have none, and so may not say different things of one table.
//! What they have from the same pack, they have once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Column, Mapping, Table, codes};
use crate::text::diagnostic::Source;
use crate::text::{Diagnostic, Span};

/// `mappings` as they may serve one route: each has its own name, and no table of a schema is mapped by two.
pub fn merge(mappings: &[Arc<Mapping>]) -> Result<Vec<Arc<Mapping>>, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let mut by_name: HashMap<&str, &Mapping> = HashMap::new();
    let mut tables: HashMap<(&str, &str), (&Mapping, &Table)> = HashMap::new();
    let mut columns: HashMap<(&str, &str), (&Mapping, &Column)> = HashMap::new();
    let mut merged = Vec::new();
    for shared in mappings.iter().filter(|mapping| !is_part_of_another(mapping, mappings)) {
        let mapping = shared.as_ref();
        if let Some(first) = by_name.insert(&mapping.name, mapping) {
            findings.push(named_twice(first, mapping));
        }
        let mut known = HashSet::new();
        for table in &mapping.tables {
            match tables.insert((&mapping.schema, &table.legacy), (mapping, table)) {
                Some((first, same)) if same == table && reads_as(first, mapping) => drop(known.insert(&table.legacy)),
                Some((first, _)) => {
                    let what = format!("`{}.{}` is mapped by", mapping.schema, table.legacy);
                    findings.push(mapped_twice(&what, first, mapping, (&table.source, table.span)));
                }
                None => {}
            }
        }
        let mut known_columns = HashSet::new();
        for column in &mapping.columns {
            match columns.insert((&mapping.schema, &column.legacy), (mapping, column)) {
                Some((first, same)) if same == column && reads_as(first, mapping) => {
                    known_columns.insert(&column.legacy);
                }
                Some((first, _)) => {
                    let what = format!("`{}` stands under `[columns]` of", column.legacy);
                    findings.push(mapped_twice(&what, first, mapping, (&column.source, column.span)));
                }
                None => {}
            }
        }
        if known.is_empty() && known_columns.is_empty() {
            merged.push(Arc::clone(shared));
        } else {
            let mut rest = mapping.clone();
            rest.tables.retain(|table| !known.contains(&table.legacy));
            rest.columns.retain(|column| !known_columns.contains(&column.legacy));
            merged.push(Arc::new(rest));
        }
    }
    if findings.is_empty() { Ok(merged) } else { Err(findings) }
}

/// True when an entry means the same in both.
fn reads_as(one: &Mapping, other: &Mapping) -> bool {
    (&one.zone, one.introspection) == (&other.zone, other.introspection)
}

/// True when another of the mappings extends this one, and means the same schema and zone with it.
fn is_part_of_another(mapping: &Mapping, all: &[Arc<Mapping>]) -> bool {
    all.iter().any(|other| {
        other.packs.iter().any(|pack| pack.name == mapping.source.name)
            && (&other.schema, &other.zone) == (&mapping.schema, &mapping.zone)
    })
}

fn named_twice(first: &Mapping, second: &Mapping) -> Diagnostic {
    let message =
        format!("`{}` and `{}` both call themselves `{}`", first.source.name, second.source.name, second.name);
    let place = crate::text::toml::locate(&second.source, &["mapping", "name"]);
    Diagnostic::error(codes::MAPPING_TWICE, message)
        .at(&second.source, place.map_or(Span::default(), |(_, span)| span))
        .help("give each file a `[mapping] name` of its own: metrics and routes know it by that")
}

/// `what` is said by `first` already, and `second` says it here, be it by a pack.
fn mapped_twice(what: &str, first: &Mapping, second: &Mapping, (source, span): (&Source, Span)) -> Diagnostic {
    let comes = if source.name == second.source.name {
        String::new()
    } else {
        format!(", and comes into `{}` from here", second.source.name)
    };
    Diagnostic::error(codes::MAPPED_TWICE, format!("{what} `{}` already{comes}", first.source.name))
        .at(source, span)
        .label("the second time in this route")
        .help("let one file have it, or let one file extend the other, or use only one of the two in the route")
}
