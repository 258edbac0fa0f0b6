//! FROM: tables, joins, derived tables, functions, CTEs.

use std::collections::HashSet;
use std::rc::Rc;

use sqlparser::ast::{
    Cte, Expr, FunctionArg, FunctionArgExpr, Ident, JoinConstraint, JoinOperator, ObjectName, SetExpr, TableAlias,
    TableFactor, TableSampleKind, TableWithJoins, With,
};

use super::query::{Around, Labels};
use super::scope::{Columns, Env, Merged, Namespace, Naming, Resolved, Source, resolve};
use super::walk::{Refused, Scope, Walk, Walked};
use crate::catalog::Yields;
use crate::sql::{names, parse};
use crate::text::Span;

/// The CTEs in sight, innermost list first.
pub(super) struct Ctes<'e> {
    /// (name, output columns), the last of a name wins.
    pub list: Vec<(Rc<str>, Labels)>,
    pub outer: Option<&'e Ctes<'e>>,
}

impl Ctes<'_> {
    fn find(&self, name: &str) -> Option<&Labels> {
        let here = self.list.iter().rev().find(|(n, _)| n.as_ref() == name).map(|(_, labels)| labels);
        here.or_else(|| self.outer.and_then(|outer| outer.find(name)))
    }
}

impl<'w> Walk<'w> {
    /// WITH: without RECURSIVE each CTE sees those before it, with it all of them.
    pub(super) fn ctes(&mut self, with: &With, own: &mut Ctes<'_>, outer: Option<&Env<'_, 'w>>) -> Walked {
        if with.recursive {
            own.list.extend(with.cte_tables.iter().map(|cte| (cte_name(cte), declared(&cte.alias))));
        }
        for cte in &with.cte_tables {
            if cte.from.is_some() {
                return Err(Refused::not_understood("WITH … FROM", None));
            }
            let name = cte_name(cte);
            if with.recursive {
                // The first branch gives the labels before the second one refers to them.
                let labels = first_labels(&cte.query.body);
                own.list.push((name.clone(), renamed(&cte.alias, labels)));
            }
            let labels = self.query(&cte.query, Around { outer, ctes: own })?;
            let labels = renamed(&cte.alias, labels);
            own.list.push((name, labels));
        }
        Ok(())
    }

    /// What a whole FROM clause offers.
    pub(super) fn from(&mut self, items: &[TableWithJoins], around: Around<'_, 'w>) -> Walked<Namespace<'w>> {
        let mut namespace = Namespace::default();
        for item in items {
            let joined = self.joined(item, &namespace, around)?;
            namespace.append(joined);
        }
        Ok(namespace)
    }

    fn joined(
        &mut self,
        item: &TableWithJoins,
        before: &Namespace<'w>,
        around: Around<'_, 'w>,
    ) -> Walked<Namespace<'w>> {
        let mut left = self.factor(&item.relation, before, around)?;
        for join in &item.joins {
            let lateral = before.with(&left);
            let right = self.factor(&join.relation, &lateral, around)?;
            left = self.join(left, right, &join.join_operator, around)?;
        }
        Ok(left)
    }

    fn join(
        &mut self,
        left: Namespace<'w>,
        right: Namespace<'w>,
        operator: &JoinOperator,
        around: Around<'_, 'w>,
    ) -> Walked<Namespace<'w>> {
        let (JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint)) = operator
        else {
            return Err(Refused::not_understood("a join that Postgres does not have", None));
        };
        match constraint {
            JoinConstraint::None => Ok(left.with(&right)),
            JoinConstraint::On(condition) => {
                let both = left.with(&right);
                self.expr(condition, &Env { here: &both, outer: around.outer }, around)?;
                // The condition sees the rows themselves, everything behind the join also those that are missing.
                let (left, right) = with_missing_rows(left, right, operator);
                Ok(left.with(&right))
            }
            JoinConstraint::Using(columns) => {
                let columns: Option<Vec<&Ident>> = columns.iter().map(single).collect();
                let columns = columns.ok_or_else(|| Refused::not_understood("a qualified name in USING", None))?;
                for ident in &columns {
                    let at = parse::span(ident).map(|s| s.start);
                    self.mergeable(&left, &right, &names::ident(ident), at)?;
                }
                let columns = columns.iter().map(|ident| names::ident(ident).into()).collect();
                Ok(self.merged(left, right, operator, columns))
            }
            JoinConstraint::Natural => {
                let columns = common(&left, &right)?;
                for column in &columns {
                    self.mergeable(&left, &right, column, None)?;
                }
                Ok(self.merged(left, right, operator, columns))
            }
        }
    }

    /// A column that USING names has to be the same in both namings on both sides.
    fn mergeable(&self, left: &Namespace<'w>, right: &Namespace<'w>, column: &str, at: Option<usize>) -> Walked {
        use super::scope::Found;
        let plain =
            |side: &Namespace<'w>| matches!(side.column(column), Found::Plain(_) | Found::Nothing | Found::Unseen(_));
        if self.naming == Naming::Current || (plain(left) && plain(right)) {
            return Ok(());
        }
        Err(Refused::unsupported(format!("a join that merges the mapped column `{column}` (USING or NATURAL)"), at))
    }

    /// JOIN USING: the merged columns come first and unqualified, both sides keep theirs for qualified use.
    fn merged(
        &mut self,
        left: Namespace<'w>,
        right: Namespace<'w>,
        operator: &JoinOperator,
        columns: Vec<Rc<str>>,
    ) -> Namespace<'w> {
        let (left, right) = with_missing_rows(left, right, operator);
        let number = self.next_source();
        let hidden: HashSet<String> = columns.iter().map(|c| c.to_string()).collect();
        let hide = |source: &Rc<Source<'w>>| {
            let merged = source.merged.union(&hidden).cloned().collect();
            Rc::new(Source { merged: Rc::new(merged), ..source.as_ref().clone() })
        };
        let (first, second) = match operator {
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) => (&right, &left),
            _ => (&left, &right),
        };
        let columns = columns.into_iter().map(|label| {
            let sides = first.plain(&label).zip(second.plain(&label)).map(|(one, other)| [one, other]);
            Merged { label, sides }
        });
        let columns = Columns::Merged(columns.collect());
        let merged = Source { number, name: None, schema: None, columns, merged: Rc::default(), nullable: false };
        let sides = left.sources.iter().chain(&right.sources).map(hide);
        Namespace { sources: std::iter::once(Rc::new(merged)).chain(sides).collect() }
    }

    fn factor(
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
                self.table(name, alias.as_ref(), around)
            }
            TableFactor::Function { name, args, alias, with_ordinality, .. } => {
                self.function_source(name, args, alias.as_ref(), *with_ordinality, before, around)
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                self.sample(sample.as_ref(), around)?;
                let number = self.next_source();
                let env = Env { here: before, outer: around.outer };
                let outer = if *lateral { Some(&env) } else { around.outer };
                let labels = self.query(subquery, Around { outer, ctes: around.ctes })?;
                let labels = alias.as_ref().map_or(labels.clone(), |a| renamed(a, labels));
                Ok(one(number, alias.as_ref().map(alias_name), labels))
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let inner = self.joined(table_with_joins, before, around)?;
                let Some(alias) = alias else { return Ok(inner) };
                if inner.sources.iter().any(|s| s.mapped().is_some()) {
                    let at = parse::span(&alias.name).map(|s| s.start);
                    return Err(Refused::unsupported("an alias for a whole join", at));
                }
                let number = self.next_source();
                let labels = super::clause::star_labels(&inner);
                Ok(one(number, Some(alias_name(alias)), renamed(alias, labels)))
            }
            TableFactor::UNNEST { alias, array_exprs, with_ordinality, with_offset, .. } => {
                if *with_offset {
                    return Err(Refused::not_understood("WITH OFFSET", None));
                }
                let number = self.next_source();
                let env = Env { here: before, outer: around.outer };
                self.exprs(array_exprs, &env, around)?;
                let called = alias.as_ref().map_or_else(|| "unnest".into(), alias_name);
                let single = if array_exprs.len() == 1 { called.clone() } else { "unnest".into() };
                let mut labels = vec![single; array_exprs.len()];
                labels.extend(with_ordinality.then(|| "ordinality".into()));
                // A composite array yields its fields instead; only a column list makes the names certain.
                let certain = alias.as_ref().is_some_and(|a| !a.columns.is_empty());
                let labels = certain.then_some(labels);
                let labels = alias.as_ref().map_or(labels.clone(), |a| renamed_or_declared(a, labels));
                Ok(one(number, Some(called), labels))
            }
            _ => Err(Refused::not_understood("this kind of FROM item", None)),
        }
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
        if let Columns::Mapped(mapped) = &columns {
            if alias.is_some_and(|a| !a.columns.is_empty()) {
                return Err(Refused::unsupported("an alias with a column list", Some(span.start)));
            }
            if mapped.is_renamed() {
                let hidden = around.ctes.find(&mapped.current).is_some();
                self.rename_table(mapped, schema.is_some(), hidden, span, alias.is_none())?;
            }
        }
        match &columns {
            Columns::Mapped(table) => self.relations.push((number, &table.schema, &table.current)),
            Columns::Relation(relation) => self.relations.push((number, &relation.schema, &relation.name)),
            _ => {}
        }
        let labels_renamed = alias.filter(|a| !a.columns.is_empty());
        let columns = match labels_renamed {
            Some(alias) => {
                let plain =
                    Source { number, name: None, schema: None, columns, merged: Rc::default(), nullable: false };
                renamed(alias, plain.labels()).map_or(Columns::Unknown, |l| Columns::Labels(l.into()))
            }
            None => columns,
        };
        let schema = match (&columns, alias) {
            (_, Some(_)) => None,
            (Columns::Mapped(table), None) => Some(Rc::from(table.schema.as_str())),
            (Columns::Relation(relation), None) => Some(Rc::from(relation.schema.as_str())),
            _ => schema_name.as_deref().map(Rc::from),
        };
        let name = alias.map_or_else(|| Rc::from(stored.as_ref()), alias_name);
        Ok(Namespace {
            sources: vec![Rc::new(Source {
                number,
                name: Some(name),
                schema,
                columns,
                merged: Rc::default(),
                nullable: false,
            })],
        })
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
            Resolved::Relation(relation) => Columns::Relation(relation),
            Resolved::Temporary => Columns::Unknown,
            Resolved::Missing => {
                let relation = schema.map_or_else(|| name.to_owned(), |schema| format!("{schema}.{name}"));
                Columns::Missing { relation: relation.into(), at }
            }
            Resolved::Unsure => {
                let message = format!("which `{name}` is meant depends on a search path that is not known any more");
                return Err(Refused::unsure(
                    message,
                    "qualify the table with its schema, or SET search_path again",
                    at,
                ));
            }
        })
    }

    /// `FROM customers` → `FROM clientes AS customers`. Where a CTE hides the current name, the schema has to be said.
    fn rename_table(
        &mut self,
        table: &'w super::world::Table,
        has_schema: bool,
        hidden: bool,
        span: Span,
        needs_alias: bool,
    ) -> Walked {
        self.uses.insert(super::plan::Use {
            mapping: table.mapping.clone(),
            table: table.legacy.clone(),
            column: "".into(),
            kind: "table",
            became: table.current.as_str().into(),
        });
        let current = names::quote(&table.current);
        let found = resolve(self.world, self.context, Naming::Current, None, &table.current);
        let found = !hidden && matches!(found, Resolved::Relation(r) if r.schema == table.schema);
        let prefix = if has_schema || found { String::new() } else { format!("{}.", names::quote(&table.schema)) };
        let alias = if needs_alias { format!(" AS {}", names::quote(&table.legacy)) } else { String::new() };
        self.edit(span, format!("{prefix}{current}{alias}"), "table", Scope::Table(table))
    }

    fn function_source(
        &mut self,
        name: &ObjectName,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
        with_ordinality: bool,
        before: &Namespace<'w>,
        around: Around<'_, 'w>,
    ) -> Walked<Namespace<'w>> {
        let number = self.next_source();
        let env = Env { here: before, outer: around.outer };
        for arg in args {
            let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) = arg;
            match arg {
                FunctionArgExpr::Expr(expr) => self.expr(expr, &env, around)?,
                _ => return Err(Refused::not_understood("a star in a function in FROM", None)),
            }
        }
        let Some(ident) = name.0.last().and_then(|p| p.as_ident()) else {
            return Err(Refused::not_understood("a computed function name", None));
        };
        let function = names::ident(ident);
        let called: Rc<str> = alias.map_or_else(|| Rc::from(function.as_ref()), alias_name);
        let mut labels = self.function_columns(&function, &called);
        if with_ordinality && let Some(labels) = &mut labels {
            labels.push("ordinality".into());
        }
        let labels = alias.map_or(labels.clone(), |a| renamed_or_declared(a, labels));
        Ok(one(number, Some(called), labels))
    }

    /// The columns of a function's result: those of its row, or one that is called like its alias.
    fn function_columns(&self, function: &str, called: &Rc<str>) -> Labels {
        let mut overloads = self.world.catalog.functions_named(function);
        let value = Some(vec![called.clone()]);
        let Some(first) = overloads.next() else { return value };
        if !overloads.all(|f| f.yields == first.yields && f.columns == first.columns) {
            return None;
        }
        match first.yields {
            Yields::Value => value,
            Yields::Columns if first.columns.is_empty() => None,
            Yields::Columns => Some(first.columns.iter().map(|c| Rc::from(c.as_str())).collect()),
        }
    }
}

/// What an outer join makes of its sides.
fn with_missing_rows<'w>(
    left: Namespace<'w>,
    right: Namespace<'w>,
    operator: &JoinOperator,
) -> (Namespace<'w>, Namespace<'w>) {
    match operator {
        JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => (left, right.with_missing_rows()),
        JoinOperator::Right(_) | JoinOperator::RightOuter(_) => (left.with_missing_rows(), right),
        JoinOperator::FullOuter(_) => (left.with_missing_rows(), right.with_missing_rows()),
        _ => (left, right),
    }
}

fn one<'w>(number: usize, name: Option<Rc<str>>, labels: Labels) -> Namespace<'w> {
    let columns = labels.map_or(Columns::Unknown, |l| Columns::Labels(l.into()));
    Namespace {
        sources: vec![Rc::new(Source { number, name, schema: None, columns, merged: Rc::default(), nullable: false })],
    }
}

fn cte_name(cte: &Cte) -> Rc<str> {
    alias_name(&cte.alias)
}

fn alias_name(alias: &TableAlias) -> Rc<str> {
    Rc::from(names::ident(&alias.name).as_ref())
}

/// The columns that an alias itself declares, when it declares any.
fn declared(alias: &TableAlias) -> Labels {
    (!alias.columns.is_empty())
        .then(|| alias.columns.iter().map(|c| Rc::from(names::ident(&c.name).as_ref())).collect())
}

/// `AS t(a, b)` names the first columns anew.
fn renamed(alias: &TableAlias, labels: Labels) -> Labels {
    let Some(new) = declared(alias) else { return labels };
    let rest = labels?.into_iter().skip(new.len());
    Some(new.into_iter().chain(rest).collect())
}

/// The same for functions, where `AS t(a int, b text)` says all there is.
fn renamed_or_declared(alias: &TableAlias, labels: Labels) -> Labels {
    if alias.columns.iter().any(|c| c.data_type.is_some()) { declared(alias) } else { renamed(alias, labels) }
}

fn single(name: &ObjectName) -> Option<&Ident> {
    match name.0.as_slice() {
        [part] => part.as_ident(),
        _ => None,
    }
}

fn span_of(ident: &Ident) -> Walked<Span> {
    parse::span(ident).ok_or_else(|| Refused::not_understood("a name without a place in the text", None))
}

/// The columns that NATURAL JOIN merges.
fn common<'w>(left: &Namespace<'w>, right: &Namespace<'w>) -> Walked<Vec<Rc<str>>> {
    let unknown = || Refused::not_understood("NATURAL JOIN over columns that are not known", None);
    let has_rewrites = |n: &Namespace<'w>| n.sources.iter().any(|s| s.mapped().is_some_and(|t| !t.has_plain_rows()));
    if has_rewrites(left) || has_rewrites(right) {
        return Err(Refused::unsupported("NATURAL JOIN", None));
    }
    let left = super::clause::star_labels(left).ok_or_else(unknown)?;
    let right: HashSet<Rc<str>> = super::clause::star_labels(right).ok_or_else(unknown)?.into_iter().collect();
    Ok(left.into_iter().filter(|l| right.contains(l)).collect())
}

/// The labels of a query's first branch, before it is walked: what a recursive CTE offers to its second branch.
fn first_labels(body: &SetExpr) -> Labels {
    match body {
        SetExpr::SetOperation { left, .. } => first_labels(left),
        SetExpr::Query(query) => first_labels(&query.body),
        SetExpr::Select(select) => select
            .projection
            .iter()
            .map(|item| match item {
                sqlparser::ast::SelectItem::UnnamedExpr(expr) => Some(Rc::from(super::label::label(expr).name)),
                sqlparser::ast::SelectItem::ExprWithAlias { alias, .. } => Some(Rc::from(names::ident(alias).as_ref())),
                _ => None,
            })
            .collect(),
        SetExpr::Values(values) => {
            let width = values.rows.first().map_or(0, |row| row.content.len());
            Some((1..=width).map(|i| format!("column{i}").into()).collect())
        }
        _ => None,
    }
}

/// An expression that is a bare name.
pub(super) fn bare(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::Nested(inner) => bare(inner),
        _ => None,
    }
}
