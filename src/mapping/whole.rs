//! A table as all files together have it that say something of it: the later ones win, key by key and column by column.
//!
//! `table` reads what one file says; `compose` puts the files in their order. What is right in each and wrong together is found here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BigQuery, Column, Kind, Query, Star, Table, Template, codes};
use crate::text::diagnostic::Source;
use crate::text::{Diagnostic, Span};

/// What a file, or several, say of a table.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) legacy: Arc<str>,
    /// The keys that are there, with values of their type.
    pub(super) given: Vec<Given>,
    pub(super) current: Option<String>,
    pub(super) star: Option<Star>,
    pub(super) layout: Option<Vec<String>>,
    pub(super) filter: Option<Template>,
    pub(super) query: Option<Query>,
    pub(super) insert: Option<String>,
    pub(super) bigquery: Option<BigQuery>,
    pub(super) override_real: Option<bool>,
    pub(super) columns: Vec<Column>,
    /// Those of them in whose place an earlier file has another one.
    pub(super) replacing: Vec<Arc<str>>,
    /// No key was there that is not understood.
    pub(super) all_known: bool,
    /// The last file that says something of it.
    pub(super) source: Source,
    /// The table's key in that.
    pub(super) span: Span,
}

/// A key that a table has.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) key: &'static str,
    /// A table without entries.
    pub(super) empty: bool,
    pub(super) source: Source,
    /// Its value.
    pub(super) span: Span,
}

impl Said {
    /// This, and what a later file says.
    pub(super) fn then(&mut self, later: Self) {
        // What was given last stands last.
        self.given.retain(|old| later.given.iter().all(|new| new.key != old.key || new.empty));
        self.given.extend(later.given);
        self.current = later.current.or(self.current.take());
        self.star = later.star.or(self.star);
        self.layout = later.layout.or(self.layout.take());
        self.filter = later.filter.or(self.filter.take());
        self.query = later.query.or(self.query.take());
        self.insert = later.insert.or(self.insert.take());
        self.bigquery = later.bigquery.or(self.bigquery.take());
        self.override_real = later.override_real.or(self.override_real);
        for column in later.columns {
            let legacy = Arc::clone(&column.legacy);
            if put(&mut self.columns, column) {
                self.replacing.push(legacy);
            }
        }
        self.all_known &= later.all_known;
        (self.source, self.span) = (later.source, later.span);
    }

    /// The table that it is. Not to be used when errors were found in it.
    pub(super) fn finish(self) -> Table {
        Table {
            current: self.current.unwrap_or_else(|| self.legacy.to_string()),
            legacy: self.legacy,
            star: self.star,
            layout: self.layout,
            filter: self.filter,
            query: self.query,
            insert: self.insert,
            bigquery: self.bigquery,
            override_real: self.override_real.unwrap_or(false),
            columns: self.columns,
            source: self.source,
            span: self.span,
        }
    }

    /// What is wrong with it as a whole.
    pub(super) fn check(&self) -> Vec<Diagnostic> {
        let mut findings: Vec<Diagnostic> = self.check_source().into_iter().chain(self.check_insert()).collect();
        findings.extend(self.check_star());
        findings.extend(self.columns.iter().filter_map(|column| self.check_effect(column)));
        let says =
            |given: &Given| matches!(given.key, "table" | "columns" | "layout" | "query" | "where") && !given.empty;
        if self.all_known && !self.given.iter().any(says) {
            let message = format!("`{}` has neither another name nor legacy columns", self.legacy);
            findings.push(
                Diagnostic::warning(codes::NO_EFFECT, message).at(&self.source, self.span).help(
                    "give it `table = \"…\"` or `columns`, or remove it: tables that did not change need no entry",
                ),
            );
        }
        findings
    }

    /// A table is another one, part of another one, or a query.
    fn check_source(&self) -> Option<Diagnostic> {
        let legacy = &self.legacy;
        let mut others = ["table", "where", "columns", "layout", "star"].into_iter();
        if let Some(query) = self.key("query")
            && let Some(other) = others.find_map(|key| self.key(key))
        {
            let mut message = format!("`{legacy}` has both `query` and `{}`", other.key);
            let (mut at, mut remove) = (query, other);
            if query.source != other.source {
                let is_later = self.given.iter().rposition(|g| g.key == "query")
                    > self.given.iter().rposition(|g| g.key == other.key);
                (at, remove) = if is_later { (query, other) } else { (other, query) };
                message = format!("{message}: one here, one in `{}`", remove.source.name);
            }
            let help = match remove.key {
                "query" => "remove one of them: the query's own select list says which columns there are".to_owned(),
                other => format!(
                    "remove `{other}`: the query's own select list says which columns there are, and in which order"
                ),
            };
            return Some(Diagnostic::error(codes::TABLE_TWICE, message).at(&at.source, at.span).help(help));
        }
        let condition = self.key("where").filter(|_| match self.key("table") {
            Some(_) => self.current.as_deref() == Some(legacy),
            None => true,
        })?;
        let message = format!("`{legacy}` would be a part of itself");
        let help = "`where` is for a legacy table whose rows are in a table of another name now: add `table = \"…\"`";
        Some(
            Diagnostic::error(codes::TABLE_TWICE, message)
                .at(&condition.source, condition.span)
                .label("all rows have this name already")
                .help(help),
        )
    }

    fn check_insert(&self) -> Option<Diagnostic> {
        let rows = self.key("insert").filter(|_| self.key("query").is_none())?;
        let message = format!("`{}` has `insert` and no `query`", self.legacy);
        let help = "remove it: rows of a table that is no query go into that table";
        Some(Diagnostic::error(codes::TABLE_TWICE, message).at(&rows.source, rows.span).help(help))
    }

    fn check_effect(&self, column: &Column) -> Option<Diagnostic> {
        let Kind::Rename { column: current } = &column.kind else { return None };
        // What a pack says of it is taken back so.
        if **current != *column.legacy || column.type_name.is_some() || self.replacing.contains(&column.legacy) {
            return None;
        }
        let message = format!("`{}` is renamed to itself", column.legacy);
        Some(
            Diagnostic::warning(codes::NO_EFFECT, message)
                .at(&column.source, column.span)
                .help("remove it: columns that did not change need no entry"),
        )
    }

    /// Finds what `SELECT *` could not give, or would not.
    fn check_star(&self) -> Vec<Diagnostic> {
        let renames_only = self.columns.iter().all(|c| matches!(c.kind, Kind::Rename { .. }));
        let legacy = self.star.map_or(renames_only, |star| star == Star::Legacy);
        if self.key("layout").is_some() || !legacy {
            return Vec::new();
        }
        let table = &self.legacy;
        let mut findings = Vec::new();
        let mut renames: BTreeMap<&str, Vec<&Column>> = BTreeMap::new();
        for column in &self.columns {
            if let Kind::Rename { column: current } = &column.kind {
                renames.entry(current).or_default().push(column);
                continue;
            }
            let message = format!("`SELECT *` from `{table}` leaves `{}` out", column.legacy);
            let label = format!("a column of kind {} has no place among the current ones", column.kind.name());
            findings.push(
                Diagnostic::warning(codes::STAR_LEAVES_OUT, message)
                    .at(&column.source, column.span)
                    .label(label)
                    .help("give the legacy order of the columns: `layout = [\"…\", …]`"),
            );
        }
        for (current, columns) in renames.iter().filter(|(_, columns)| columns.len() > 1) {
            let list: Vec<_> = columns.iter().map(|c| format!("`{}`", c.legacy)).collect();
            let message =
                format!("{} all stand for `{current}`, and `SELECT *` from `{table}` gives it once", list.join(", "));
            let (source, span) = columns.last().map_or((&self.source, self.span), |c| (&c.source, c.span));
            findings.push(
                Diagnostic::error(codes::STAR_AMBIGUOUS, message).at(source, span).label("under which name?").help(
                    "give the columns that the legacy table had, in their order: `layout = [\"…\", …]`; or `star = \"physical\"`",
                ),
            );
        }
        findings
    }

    fn key(&self, key: &str) -> Option<&Given> {
        self.given.iter().rfind(|given| given.key == key)
    }
}

/// Puts a column in the place of the one of its name, or behind all others; true when there was one.
pub(super) fn put(columns: &mut Vec<Column>, later: Column) -> bool {
    let earlier = columns.iter_mut().find(|column| column.legacy == later.legacy);
    let replaces = earlier.is_some();
    match earlier {
        Some(earlier) => *earlier = later,
        None => columns.push(later),
    }
    replaces
}
