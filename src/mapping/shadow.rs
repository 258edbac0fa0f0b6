//! Real wins: what becomes of a legacy name that the catalog really has.
//!
//! A real column (or table) of the legacy name is used as it is, unless the mapping says `override`, or unless that real one is itself what
//! another legacy name means now: in `a ↔ b` and in `a → b → c` the real `b` has moved on, and the mapping is followed.

use super::{Column, Kind, Mapping, Table};

/// How a legacy name stands to the real ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing<'m> {
    /// Nothing real has the name, or it is its own target.
    Free,
    /// Something real has it, and wins.
    Shadowed,
    /// Something real has it, and is what another legacy name, this one, means now: the mapping wins.
    Followed(&'m str),
    /// Something real has it, and `override` lets the mapping win.
    Overridden,
}

impl Standing<'_> {
    /// True when the name is not rewritten.
    #[must_use]
    pub fn is_shadowed(self) -> bool {
        self == Self::Shadowed
    }
}

/// How `table` of `mapping` stands; `real` says whether the schema has a table of its legacy name.
#[must_use]
pub fn of_table<'m>(mapping: &'m Mapping, table: &Table, real: bool) -> Standing<'m> {
    if !real || (*table.legacy == *table.current && table.query.is_none()) {
        return Standing::Free;
    }
    let heir = mapping.tables.iter().find(|t| t.current == *table.legacy && t.legacy != table.legacy);
    standing(table.override_real, heir.map(|t| &*t.legacy))
}

/// How `column` of `table` stands; `real` says whether the current table has a column of its legacy name.
#[must_use]
pub fn of_column<'m>(table: &'m Table, column: &Column, real: bool) -> Standing<'m> {
    let renamed_to = |c: &Column, name: &str| matches!(&c.kind, Kind::Rename { column } if column == name);
    if !real || renamed_to(column, &column.legacy) {
        return Standing::Free;
    }
    let heir = table.columns.iter().find(|c| renamed_to(c, &column.legacy) && c.legacy != column.legacy);
    standing(column.override_real, heir.map(|c| &*c.legacy))
}

fn standing(overrides: bool, heir: Option<&str>) -> Standing<'_> {
    match (overrides, heir) {
        (true, _) => Standing::Overridden,
        (false, Some(heir)) => Standing::Followed(heir),
        (false, None) => Standing::Shadowed,
    }
}
