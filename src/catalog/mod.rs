//! What the warehouse really has: relations, their columns, functions that yield rows, default search paths.
//!
//! A [`Catalog`] is immutable; a newer one replaces it whole. It is read by `backend::introspect` from a live server or by
//! `exonym rewrite --catalog FILE` from the file that `exonym catalog dump` writes. No IO here.

pub mod file;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap as HashMap;
use serde::{Deserialize, Serialize};

/// Everything the rewriter may know about one database. Equal when the lists are: the look-up tables follow from them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The database it was read from.
    #[serde(default)]
    pub database: String,
    /// `server_version_num`, such as 150018; 0 when unknown.
    #[serde(default)]
    pub server_version: u32,
    /// The search path of a session that sets none.
    #[serde(default = "default_search_path")]
    pub search_path: Vec<String>,
    /// Search paths that `ALTER ROLE … SET search_path` gives to single users.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub role_search_paths: BTreeMap<String, Vec<String>>,
    /// Users whose sessions begin as another role (`ALTER ROLE … SET role`); an empty name means all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub given_roles: BTreeSet<String>,
    /// Schemas that single users may not use: in their search paths the server passes them over.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unusable_schemas: BTreeMap<String, BTreeSet<String>>,
    /// Tables, views and whatever else may stand in FROM by name.
    #[serde(default)]
    pub relations: Vec<Relation>,
    /// Functions whose result is a row: what FROM sees of them is columns. And, for `check`, whatever else users wrote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<Function>,
    /// Filled by [`Catalog::indexed`].
    #[serde(skip)]
    pub(crate) index: Index,
}

/// One name that may stand in FROM.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// Schema, such as `public`.
    pub schema: String,
    /// Name, as stored (folded, unquoted).
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub kind: RelationKind,
    /// Columns in their order, dropped ones left out.
    pub columns: Vec<Column>,
    /// The text of a view, for `check`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
}

/// `pg_class.relkind`, as far as FROM cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// An ordinary table; hypertables and partitions are such.
    #[default]
    Table,
    /// A partitioned table.
    Partitioned,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A foreign table.
    Foreign,
}

/// One column.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name, as stored.
    pub name: String,
    /// `format_type(atttypid, atttypmod)`, such as `timestamp with time zone` or `numeric(10,2)`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// NOT NULL.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_null: bool,
}

/// A function, and what FROM sees of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Schema.
    pub schema: String,
    /// Name; overloads stand one by one.
    pub name: String,
    /// Columns or one value.
    #[serde(default, skip_serializing_if = "Yields::is_columns")]
    pub yields: Yields,
    /// Output columns; empty when only a column definition list can tell (`record`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The body, for `check`; never for the rewriter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// What FROM makes of a function's result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Yields {
    /// [`Function::columns`], under the names that the function gives them.
    #[default]
    Columns,
    /// One column, under the alias or the function's name; trigger functions and procedures count here, as FROM cannot have them.
    Value,
}

impl Yields {
    // By reference, as serde calls it.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn is_columns(&self) -> bool {
        *self == Self::Columns
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Index {
    by_name: HashMap<String, Vec<usize>>,
    functions: HashMap<String, Vec<usize>>,
}

fn default_search_path() -> Vec<String> {
    vec!["$user".into(), "public".into()]
}

impl Catalog {
    /// Builds the look-up tables; to be called once after the lists are filled.
    #[must_use]
    pub fn indexed(mut self) -> Self {
        let mut index = Index::default();
        for (i, relation) in self.relations.iter().enumerate() {
            index.by_name.entry(relation.name.clone()).or_default().push(i);
        }
        for (i, function) in self.functions.iter().enumerate() {
            index.functions.entry(function.name.clone()).or_default().push(i);
        }
        self.index = index;
        self
    }

    /// The relation `schema.name`.
    #[must_use]
    pub fn relation(&self, schema: &str, name: &str) -> Option<&Relation> {
        self.relations_named(name).find(|r| r.schema == schema)
    }

    /// All relations of that name, in any schema.
    pub fn relations_named(&self, name: &str) -> impl Iterator<Item = &Relation> {
        self.index.by_name.get(name).into_iter().flatten().map(|&i| &self.relations[i])
    }

    /// All functions of that name, in any schema: none for one that yields a value and that no user wrote.
    pub fn functions_named(&self, name: &str) -> impl Iterator<Item = &Function> {
        self.index.functions.get(name).into_iter().flatten().map(|&i| &self.functions[i])
    }
}

impl Relation {
    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}
