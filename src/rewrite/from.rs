//! FROM: tables, derived tables, functions; `join` combines them, `with` knows the CTEs.

use std::rc::Rc;

use sqlparser::ast::{
    DataType, Expr, Ident, ObjectName, Query, TableAlias, TableAliasColumnDef, TableFactor, TableSampleKind,
    TableWithJoins,
};

use super::derived::Item;
use super::query::{Around, Labels, Locks};
use super::scope::{Columns, Env, Namespace, Naming, Source};
use super::star::star_labels;
use super::tables::{Resolved, resolve};
use super::walk::{Refused, Scope, Walk, Walked, qualifier};
use super::with::Ctes;
use super::world::Table;
use crate::sql::marks::Mark;
use crate::sql::{names, parse};
use crate::text::Span;

impl<'w> Walk<'w> {
    /// What a whole FROM clause offers.
    pub(super) fn from(&mut self, items: &[TableWithJoins], around: Around<'_, 'w>) -> Walked<Namespace<'w>> {
        let mut namespace = Namespace::default();
        for item in items {
            let joined = self.joined(item, &namespace, around)?;
            namespace.append(joined);
        }
        // Two tables may have one name in two schemas, two aliases may not be the same.
        let twin = |s: &&Rc<Source<'w>>| {
            let same = |o: &&Rc<Source<'w>>| o.number != s.number && o.name == s.name && o.schema.is_some();
            s.schema.is_some() && s.has_lost_its_schema() && namespace.sources.iter().any(|other| same(&other))
        };
        match namespace.sources.iter().find(twin) {
            Some(source) => {
                let message = format!("`{}` stands for two tables here, one of them renamed", qualifier(source));
                Err(Refused::unsure(message, "give one of the two an alias", source.at))
            }
            None => Ok(namespace),
        }
    }

    pub(super) fn factor(
        &mut self,
        factor: &TableFactor,
        before: &Namespace<'w>,
        around: Around<'_, 'w>,
    ) -> Walked<Namespace<'w>> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_ordinality,
                sample,
                with_hints,
                version,
                partitions,
                json_path,
                index_hints,
            } => {
                let foreign = !with_hints.is_empty()
                    || version.is_some()
                    || !partitions.is_empty()
                    || json_path.is_some()
                    || !index_hints.is_empty();
                if foreign {
                    return Err(Refused::not_understood("a table clause that Postgres does not have", None));
                }
                if let Some(args) = args {
                    return self.function_source(name, &args.args, alias.as_ref(), *with_ordinality, before, around);
                }
                self.sample(sample.as_ref(), around)?;
                self.table(name, alias.as_ref(), sample.is_some(), around)
            }
            TableFactor::Function { name, args, alias, with_ordinality, .. } => {
                self.function_source(name, args, alias.as_ref(), *with_ordinality, before, around)
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                self.sample(sample.as_ref(), around)?;
                let env = Env { here: before, outer: around.outer };
                let outer = if *lateral { Some(&env) } else { around.outer };
                let name = alias.as_ref().map(alias_name);
                let locks = if around.locks.take(name.as_deref()) { Locks::All } else { Locks::None };
                self.derived(subquery, alias.as_ref(), Around { outer, ctes: around.ctes, locks })
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let inner = self.joined(table_with_joins, before, around)?;
                match alias {
                    Some(alias) => self.aliased_join(&inner, alias),
                    None => Ok(inner),
                }
            }
            TableFactor::UNNEST { alias, array_exprs, with_ordinality, with_offset: false, .. } => {
                let env = Env { here: before, outer: around.outer };
                self.exprs(array_exprs, &env, around)?;
                Ok(self.unnested(alias.as_ref(), array_exprs.len(), *with_ordinality))
            }
            _ => Err(Refused::not_understood("this kind of FROM item", None)),
        }
    }

    fn derived(&mut self, query: &Query, alias: Option<&TableAlias>, around: Around<'_, 'w>) -> Walked<Namespace<'w>> {
        let number = self.next_source();
        let labels = self.query(query, around)?;
        let labels = alias.map_or(labels.clone(), |a| renamed(a, labels));
        Ok(one(number, alias.map(alias_name), labels))
    }

    /// `(a JOIN b ON …) AS j`: the alias hides both sides.
    fn aliased_join(&mut self, inner: &Namespace<'w>, alias: &TableAlias) -> Walked<Namespace<'w>> {
        for source in &inner.sources {
            let has_more = source.has_extra(|_| true);
            if has_more || (source.mapped().is_some_and(|t| !t.has_plain_rows()) && !self.shape(source, true)) {
                let at = parse::span(&alias.name).map(|s| s.start);
                return Err(Refused::unsupported("an alias for a whole join", at));
            }
        }
        let number = self.next_source();
        Ok(one(number, Some(alias_name(alias)), renamed(alias, star_labels(inner))))
    }

    fn unnested(&mut self, alias: Option<&TableAlias>, arrays: usize, with_ordinality: bool) -> Namespace<'w> {
        let number = self.next_source();
        let called = alias.map_or_else(|| "unnest".into(), alias_name);
        let single = if arrays == 1 { called.clone() } else { "unnest".into() };
        let mut labels = vec![single; arrays];
        labels.extend(with_ordinality.then(|| "ordinality".into()));
        // A composite array yields its fields instead; only a column list makes the names certain.
        let certain = alias.is_some_and(|a| !a.columns.is_empty()).then_some(labels);
        one(number, Some(called), alias.map_or(certain.clone(), |a| renamed_or_declared(a, certain)))
    }

    fn sample(&mut self, sample: Option<&TableSampleKind>, around: Around<'_, 'w>) -> Walked {
        let Some(TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) = sample else {
            return Ok(());
        };
        let nothing = Namespace::default();
        let env = Env { here: &nothing, outer: around.outer };
        self.exprs(sample.quantity.as_ref().map(|q| &q.value), &env, around)
    }

    /// A table, view or CTE by name. A renamed table gets its legacy name as its alias, so that every reference to it holds.
    fn table(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
        is_sampled: bool,
        around: Around<'_, 'w>,
    ) -> Walked<Namespace<'w>> {
        let number = self.next_source();
        let parts: Option<Vec<&Ident>> = name.0.iter().map(|p| p.as_ident()).collect();
        let parts = parts.ok_or_else(|| Refused::not_understood("a computed table name", None))?;
        let (schema, table) = match parts.as_slice() {
            [table] => (None, *table),
            [.., schema, table] => (Some(*schema), *table),
            [] => return Err(Refused::not_understood("an empty table name", None)),
        };
        let span = span_of(table)?;
        let stored = names::ident(table);
        let schema_name = schema.map(names::ident);
        let at = parts.first().and_then(|part| parse::span(part)).map(|s| s.start);
        let columns = self.relation_columns(schema_name.as_deref(), &stored, around.ctes, at)?;
        if let Columns::Mapped(table) = columns {
            let current = self.current_name(table, schema.is_some(), around.ctes);
            let start = at.unwrap_or(span.start);
            let item = Item { table, name: span, start, current, alias, is_sampled };
            if let Some(source) = self.mapped(number, &item, around.locks)? {
                return Ok(Namespace { sources: vec![Rc::new(source)] });
            }
        }
        if !(schema.is_none() && around.ctes.find(&stored).is_some()) {
            self.note_table(at, schema.is_some(), &columns);
        }
        match &columns {
            Columns::Mapped(table) if table.body.is_some() => {}
            Columns::Mapped(table) => self.relations.push((number, &table.schema, &table.current)),
            Columns::Relation(relation) => self.relations.push((number, &relation.schema, &relation.name)),
            _ => {}
        }
        let labels_renamed = alias.filter(|a| !a.columns.is_empty());
        let columns = match labels_renamed {
            Some(alias) => renamed(alias, Source::new(number, None, columns).labels())
                .map_or(Columns::Unknown, |l| Columns::Labels(l.into())),
            None => columns,
        };
        let schema = match (&columns, alias) {
            (_, Some(_)) => None,
            (Columns::Mapped(table), None) => Some(Rc::from(table.schema.as_str())),
            (Columns::Relation(relation), None) => Some(Rc::from(relation.schema.as_str())),
            _ => schema_name.as_deref().map(Rc::from),
        };
        let name = alias.map_or_else(|| Rc::from(stored.as_ref()), alias_name);
        let source = Source { schema, at: Some(span.start), ..Source::new(number, Some(name), columns) };
        Ok(Namespace { sources: vec![Rc::new(source)] })
    }

    /// A mapped table: renamed, a query, or a derived table, which is the source then.
    fn mapped(&mut self, number: usize, item: &Item<'_, 'w>, locks: Locks<'_>) -> Walked<Option<Source<'w>>> {
        let (table, at) = (item.table, item.name.start);
        if item.is_sampled && table.body.is_some() {
            let what = format!("`TABLESAMPLE` of `{}`, which is a query now,", table.legacy);
            return Err(Refused::unsupported(what, Some(at)));
        }
        let by_position = item.alias.is_some_and(|a| !a.columns.is_empty());
        if by_position && (table.body.is_some() || table.star.is_some() || !table.replacements.is_empty()) {
            if !table.has_legacy_shape {
                return Err(Refused::unsupported("an alias with a column list", Some(at)));
            }
            self.wanted.entry(at).or_default();
        }
        if table.body.is_none() {
            self.count_table(table);
        }
        if self.is_shaped(at) {
            let schema = item.alias.is_none().then(|| Rc::from(table.schema.as_str()));
            let source = self.derive(number, item)?;
            // The server would lock what the derived table reads, and not what the statement does.
            if locks.take(source.name.as_deref()) {
                let what = format!("a lock on `{}` beside its row or a list of its columns", table.legacy);
                return Err(Refused::unsupported(what, Some(at)));
            }
            return Ok(Some(Source { schema, ..source }));
        }
        match &table.body {
            Some(body) => {
                let span = Span::new(item.start, item.name.end);
                self.put_body(table, body, number, span, item.alias.is_none())?;
            }
            None if table.is_renamed() => self.rename_table(item)?,
            None => {}
        }
        Ok(None)
    }

    /// What a name in FROM offers: a CTE in sight, else what the search path finds.
    pub(super) fn relation_columns(
        &mut self,
        schema: Option<&str>,
        name: &str,
        ctes: &Ctes<'_>,
        at: Option<usize>,
    ) -> Walked<Columns<'w>> {
        if let (None, Some(labels)) = (schema, ctes.find(name)) {
            return Ok(labels.clone().map_or(Columns::Unknown, |l| Columns::Labels(l.into())));
        }
        Ok(match resolve(self.world, self.context, self.naming, schema, name) {
            Resolved::Mapped(table) => Columns::Mapped(table),
            Resolved::Relation(relation) => match self.shown(relation, at)? {
                Some(shown) => Columns::Mapped(shown),
                None => Columns::Relation(relation),
            },
            Resolved::Unmapped => Columns::Unknown,
            Resolved::Missing => {
                let relation = schema.map_or_else(|| name.to_owned(), |schema| format!("{schema}.{name}"));
                Columns::Missing { relation: relation.into(), at }
            }
            Resolved::Unsure => {
                let message = format!(
                    "which `{name}` is meant depends on a search path or a temporary table that is not certain now"
                );
                return Err(Refused::unsure(
                    message,
                    "qualify the table with its schema, or send the statement on its own",
                    at,
                ));
            }
        })
    }

    /// `FROM customers` → `FROM clientes AS customers`.
    fn rename_table(&mut self, item: &Item<'_, 'w>) -> Walked {
        let (table, span) = (item.table, item.name);
        let alias = if item.alias.is_some() { String::new() } else { format!(" AS {}", names::quote(&table.legacy)) };
        // Behind the star of `FROM customers *`, behind the parenthesis of `FROM ONLY (customers)`.
        let (extent, _) = self.extent(item.named());
        if extent.end == span.end || alias.is_empty() {
            return self.edit(span, format!("{}{alias}", item.current), "table", Scope::Table(table));
        }
        self.edit(span, item.current.clone(), "table", Scope::Table(table))?;
        self.edit(Span::at(extent.end), alias, "table", Scope::Table(table))
    }

    /// The name that the server has for a table. Where a CTE hides it, or the search path does not find it, the schema has to be said.
    fn current_name(&self, table: &Table, has_schema: bool, ctes: &Ctes<'_>) -> String {
        let current = names::quote(&table.current);
        let found = resolve(self.world, self.context, Naming::Current, None, &table.current);
        let found = matches!(found, Resolved::Relation(r) if r.schema == table.schema);
        if has_schema || (found && ctes.find(&table.current).is_none()) {
            return current.into_owned();
        }
        format!("{}.{current}", names::quote(&table.schema))
    }
}

pub(super) fn one<'w>(number: usize, name: Option<Rc<str>>, labels: Labels) -> Namespace<'w> {
    let columns = labels.map_or(Columns::Unknown, |l| Columns::Labels(l.into()));
    Namespace { sources: vec![Rc::new(Source::new(number, name, columns))] }
}

pub(super) fn alias_name(alias: &TableAlias) -> Rc<str> {
    Rc::from(names::ident(&alias.name).as_ref())
}

/// The columns that an alias itself declares, when it declares any.
pub(super) fn declared(alias: &TableAlias) -> Labels {
    let own: Vec<Rc<str>> = alias.columns.iter().filter(|c| !is_added(c)).map(column_name).collect();
    (!own.is_empty()).then_some(own)
}

/// The columns that SEARCH and CYCLE add to a CTE, behind its own.
pub(super) fn added(alias: &TableAlias) -> impl Iterator<Item = Rc<str>> {
    alias.columns.iter().filter(|c| is_added(c)).map(column_name)
}

fn is_added(column: &TableAliasColumnDef) -> bool {
    matches!(&column.data_type, Some(DataType::Custom(name, _)) if Mark::Added.names(name))
}

fn column_name(column: &TableAliasColumnDef) -> Rc<str> {
    Rc::from(names::ident(&column.name).as_ref())
}

/// `AS t(a, b)` names the first columns anew.
pub(super) fn renamed(alias: &TableAlias, labels: Labels) -> Labels {
    let Some(new) = declared(alias) else { return labels };
    let rest = labels?.into_iter().skip(new.len());
    Some(new.into_iter().chain(rest).collect())
}

/// The same for functions, where `AS t(a int, b text)` says all there is.
pub(super) fn renamed_or_declared(alias: &TableAlias, labels: Labels) -> Labels {
    if alias.columns.iter().any(|c| c.data_type.is_some()) { declared(alias) } else { renamed(alias, labels) }
}

fn span_of(ident: &Ident) -> Walked<Span> {
    parse::span(ident).ok_or_else(|| Refused::not_understood("a name without a place in the text", None))
}

/// An expression that is a bare name.
pub(super) fn bare(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::Nested(inner) => bare(inner),
        _ => None,
    }
}
