//! What the catalogs show of the mapped tables, as lines that stand in the place of rows or beside them.
//!
//! A line says of one column of a current table under which name, in which place and with which type it is shown; or that it is not. What
//! is shown under a legacy name is what `SELECT *` gives of it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::mapping::{Introspection, Mapping, Piece};
use crate::rewrite::meaning::Meaning;
use crate::rewrite::world::Table;

use super::beside::{Beside, Besides};

/// What is shown otherwise than it is.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// By name: every name that a table has.
    pub(super) tables: Vec<TableLine>,
    /// By name: each column under each name of its table.
    pub(super) columns: Vec<ColumnLine>,
    /// By oid, where a table can have one name only, unless both namings are shown.
    pub(super) relations: Vec<TableLine>,
    /// By oid and number.
    pub(super) attributes: Vec<ColumnLine>,
    /// Tables that the server has no oid for.
    pub(super) beside: Vec<Beside>,
}

/// `schema.current` is shown as `shown`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TableLine {
    pub(super) schema: String,
    pub(super) current: String,
    /// None hides it.
    pub(super) shown: Option<String>,
}

/// `schema.current.base` is shown as `shown.name`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ColumnLine {
    pub(super) schema: String,
    pub(super) current: String,
    /// The column that it is, or that it is made of.
    pub(super) base: String,
    /// The table's name.
    pub(super) shown: String,
    /// None hides it.
    pub(super) name: Option<String>,
    /// From 1.
    pub(super) position: usize,
    /// Counted from 1, for one that does not have the number of its column.
    pub(super) extra: Option<usize>,
    /// True when it is more than another name and perhaps another type.
    pub(super) computed: bool,
    /// The type, when it is not that of its column.
    pub(super) type_name: Option<String>,
}

/// The lines of all tables whose mapping shows its legacy names.
pub(super) fn lines(mappings: &[Arc<Mapping>], tables: &[Table], catalog: &Catalog) -> Lines {
    let mode_of = |table: &Table| {
        mappings.iter().find(|m| m.name == table.mapping).map_or(Introspection::Current, |m| m.introspection)
    };
    let mut by_current: BTreeMap<(&str, &str), Vec<(&Table, Introspection)>> = BTreeMap::new();
    for table in tables.iter().filter(|t| !t.unlisted && !t.is_virtual) {
        let mode = mode_of(table);
        if mode != Introspection::Current {
            by_current.entry((&table.schema, &table.current)).or_default().push((table, mode));
        }
    }
    let mut lines = Lines::default();
    let mut beside = Besides::new(catalog);
    for table in tables.iter().filter(|t| t.is_virtual && mode_of(t) != Introspection::Current) {
        beside.query(table);
    }
    for ((schema, current), legacy) in &by_current {
        let both = legacy.iter().any(|(_, mode)| *mode == Introspection::Both);
        let legacy: Vec<&Table> = legacy.iter().map(|(table, _)| *table).collect();
        let shown = Shown { schema, current, both };
        shown.by_name(&legacy, &mut lines);
        shown.by_oid(&legacy, &mut lines);
        // By oid and number they are one table with two namings, or the first of them.
        legacy.iter().skip(1).filter(|_| !both).for_each(|table| beside.second(table));
        for table in &legacy {
            // The mapping wins over a real table of that name.
            let is_hidden = table.legacy.as_ref() != *current && catalog.relation(schema, &table.legacy).is_some();
            if is_hidden && !by_current.contains_key(&(*schema, &*table.legacy)) {
                let line = TableLine { schema: (*schema).to_owned(), current: table.legacy.to_string(), shown: None };
                lines.tables.push(line.clone());
                lines.relations.push(line);
            }
        }
    }
    lines.beside = beside.found;
    // By number, what stays as it is needs no line, unless others stand beside it.
    let key = |line: &ColumnLine| (line.schema.clone(), line.current.clone(), line.base.clone());
    let others: HashSet<_> = lines.attributes.iter().filter(|line| !line.is_itself()).map(key).collect();
    lines.attributes.retain(|line| !line.is_itself() || others.contains(&key(line)));
    lines
}

impl ColumnLine {
    fn is_itself(&self) -> bool {
        let is_name = self.name.as_ref() == Some(&self.base);
        is_name && self.extra.is_none() && !self.computed && self.type_name.is_none()
    }
}

/// A current table and how it is shown.
struct Shown<'a> {
    schema: &'a str,
    current: &'a str,
    both: bool,
}

impl Shown<'_> {
    fn table(&self, shown: &str) -> TableLine {
        TableLine { schema: self.schema.to_owned(), current: self.current.to_owned(), shown: Some(shown.to_owned()) }
    }

    /// A column as it is, but for its name.
    fn column(&self, shown: &str, base: &str, position: usize, name: Option<&str>) -> ColumnLine {
        ColumnLine {
            schema: self.schema.to_owned(),
            current: self.current.to_owned(),
            base: base.to_owned(),
            shown: shown.to_owned(),
            name: name.map(ToOwned::to_owned),
            position,
            extra: None,
            computed: false,
            type_name: None,
        }
    }

    fn by_name(&self, legacy: &[&Table], lines: &mut Lines) {
        let is_itself = |table: &&Table| table.legacy.as_ref() == self.current;
        if self.both && !legacy.iter().any(&is_itself) {
            lines.tables.push(self.table(self.current));
            if let Some(table) = legacy.first() {
                // Whatever these names mean in the legacy naming.
                let own = table.physical.iter().zip(1..);
                lines.columns.extend(own.map(|(name, position)| self.column(self.current, name, position, Some(name))));
            }
        }
        for table in legacy {
            lines.tables.push(self.table(&table.legacy));
            let names = if self.both && is_itself(table) { all_names(table) } else { star(table) };
            self.columns(table, &table.legacy, &names, &mut lines.columns);
        }
    }

    fn by_oid(&self, legacy: &[&Table], lines: &mut Lines) {
        let Some(first) = legacy.first() else { return };
        if !self.both {
            lines.relations.push(self.table(&first.legacy));
            self.columns(first, &first.legacy, &star(first), &mut lines.attributes);
            return;
        }
        let mut names: Vec<&str> = vec![self.current];
        names.extend(legacy.iter().map(|t| t.legacy.as_ref()).filter(|name| *name != self.current));
        lines.relations.extend(names.iter().map(|name| self.table(name)));
        let mut done: HashSet<Arc<str>> = HashSet::new();
        let mut extra = 0;
        for table in legacy {
            let mut own = Vec::new();
            self.columns(table, self.current, &all_names(table), &mut own);
            for mut line in own {
                let Some(name) = line.name.as_deref() else { continue };
                if done.insert(name.into()) {
                    if line.extra.is_some() {
                        extra += 1;
                        line.extra = Some(extra);
                    }
                    lines.attributes.push(line);
                }
            }
        }
    }

    /// Lines for `names` of `table`, and for those of its columns that none of them is.
    fn columns(&self, table: &Table, shown: &str, names: &[Arc<str>], into: &mut Vec<ColumnLine>) {
        let mut taken: HashSet<&str> = HashSet::new();
        // A column under its own name goes before one that is another name for it.
        let own: HashSet<&str> = names.iter().map(AsRef::as_ref).filter(|n| is_its_own(table, n)).collect();
        let mut extra = 0;
        let line = |base: &str, position, name: Option<&str>| self.column(shown, base, position, name);
        for (name, position) in names.iter().zip(1..) {
            let (base, is_name, type_name) = match table.columns.get(name) {
                Some(Meaning::Real | Meaning::Current) => (name.as_ref(), true, None),
                Some(Meaning::Mapped(index)) => {
                    let replacement = &table.replacements[*index];
                    let column = replacement.pieces.iter().find_map(|piece| match piece {
                        Piece::Column(column) => Some(column.as_str()),
                        Piece::Text(_) => None,
                    });
                    let Some(base) = column.or(table.physical.first().map(AsRef::as_ref)) else { continue };
                    (base, replacement.kind == "rename", replacement.type_name.clone())
                }
                Some(Meaning::Broken(_)) | None => continue,
            };
            let is_it = is_name && (base == name.as_ref() || !own.contains(base)) && taken.insert(base);
            if !is_it {
                extra += 1;
            }
            let extra = (!is_it).then_some(extra);
            into.push(ColumnLine { extra, computed: !is_name, type_name, ..line(base, position, Some(name)) });
        }
        let bases: HashSet<String> =
            into.iter().filter(|l| l.shown == shown && l.current == self.current).map(|l| l.base.clone()).collect();
        into.extend(table.physical.iter().filter(|c| !bases.contains(c.as_ref())).map(|c| line(c, 0, None)));
    }
}

fn is_its_own(table: &Table, name: &str) -> bool {
    matches!(table.columns.get(name), Some(Meaning::Real | Meaning::Current))
}

fn star(table: &Table) -> Vec<Arc<str>> {
    table.star_names().to_vec()
}

/// The columns as they are, and behind them the legacy ones.
fn all_names(table: &Table) -> Vec<Arc<str>> {
    let mut seen = HashSet::new();
    let names = table.physical.iter().chain(table.star_names());
    names.filter(|name| seen.insert((*name).clone())).cloned().collect()
}
