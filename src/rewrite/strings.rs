//! Names of tables in strings: `'customers'::regclass`, `to_regclass('customers')`, `pg_relation_size('customers')`, `show_chunks('customers')`.
//!
//! A constant string is replaced where only the table counts that it names: compared, as a number, tested for NULL, handed to a function
//! that is known to take a table so. Where the name itself would be seen, it stays, and the server says that there is no such table;
//! `to_regclass`, which would say nothing, is refused. `expr` and `from` call it for what they are about to walk.

use sqlparser::ast::{DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName};

use super::introspect::CatalogsAre;
use super::literals::constant;
use super::meaning::Meaning;
use super::scope::Naming;
use super::tables::{Resolved, resolve};
use super::walk::{Refused, Scope, Walk, Walked};
use super::world::Table;
use crate::sql::names;
use crate::text::Span;

/// Functions of the server whose first argument is a table.
const OF_TABLES: [&str; 13] = [
    "col_description",
    "obj_description",
    "pg_get_serial_sequence",
    "pg_indexes_size",
    "pg_relation_filenode",
    "pg_relation_filepath",
    "pg_relation_is_updatable",
    "pg_relation_size",
    "pg_stat_get_live_tuples",
    "pg_stat_get_numscans",
    "pg_table_size",
    "pg_total_relation_size",
    "row_security_active",
];

/// The same for those of `TimescaleDB`.
const OF_HYPERTABLES: [&str; 27] = [
    "add_columnstore_policy",
    "add_compression_policy",
    "add_continuous_aggregate_policy",
    "add_dimension",
    "add_reorder_policy",
    "add_retention_policy",
    "approximate_row_count",
    "chunk_columnstore_stats",
    "chunk_compression_stats",
    "chunks_detailed_size",
    "create_hypertable",
    "detach_tablespaces",
    "drop_chunks",
    "hypertable_approximate_detailed_size",
    "hypertable_approximate_size",
    "hypertable_columnstore_stats",
    "hypertable_compression_stats",
    "hypertable_detailed_size",
    "hypertable_size",
    "remove_columnstore_policy",
    "remove_compression_policy",
    "remove_reorder_policy",
    "remove_retention_policy",
    "set_chunk_time_interval",
    "set_integer_now_func",
    "set_number_partitions",
    "show_chunks",
];

/// What these call that argument.
const HYPERTABLE: [&str; 4] = ["hypertable", "main_table", "relation", "hypertable_or_cagg"];

/// Functions whose last argument but one is a table.
const OF_PRIVILEGES: [&str; 2] = ["has_any_column_privilege", "has_table_privilege"];

/// The function whose last argument but two is a table, and the one behind it a column.
const OF_COLUMNS: &str = "has_column_privilege";

/// The one whose first argument is a table and whose second is a column.
const OF_SEQUENCES: &str = "pg_get_serial_sequence";

impl<'w> Walk<'w> {
    /// Expressions of which only the value is of account: compared with one another, tested, cast to a number.
    pub(super) fn tables_as_values<'x>(&mut self, list: impl IntoIterator<Item = &'x Expr>) -> Walked {
        if self.naming == Naming::Current {
            return Ok(());
        }
        list.into_iter().try_for_each(|expr| match regclass(expr) {
            Some(literal) => self.table_as(literal, !calls(expr)),
            None => self.table_put_together(expr),
        })
    }

    /// A table by its oid in the catalogs, which may be another one than that of the table that it is now.
    fn table_as(&mut self, (text, span): (String, Span), is_cast: bool) -> Walked {
        let Some((Resolved::Mapped(table), _)) = self.table_in(&text, span) else {
            return self.table_name((text, span));
        };
        match self.oid_beside(table) {
            Some(_) if !is_cast => {
                self.catalogs = CatalogsAre::Needed;
                Err(Refused::unsure(
                    format!("`to_regclass` of `{}`, which has no oid of its own on the server,", table.legacy),
                    format!("write `'{text}'::regclass`"),
                    Some(span.start),
                ))
            }
            Some(oid) if self.replaced.insert(span.start) => {
                self.count_table(table);
                self.edit(span, names::quote_string(&oid.to_string()), "name in a string", Scope::Table(table))
            }
            Some(_) => Ok(()),
            // Its rows are a part of another table's; in the catalogs it has the place of that one.
            None if table.body.is_some() && self.is_shown(table) => self.current_name_in_string(table, true, span),
            None => self.table_name((text, span)),
        }
    }

    /// A table of which only counts that it is there.
    pub(super) fn table_as_presence(&mut self, expr: &Expr) -> Walked {
        match regclass(expr).filter(|_| self.naming == Naming::Legacy) {
            Some(literal) if calls(expr) => self.table_name(literal),
            Some(literal) => self.table_as(literal, true),
            None => self.table_put_together(expr),
        }
    }

    /// The arguments of a function that takes a table by its name.
    pub(super) fn tables_of_call(&mut self, name: &ObjectName, args: &[FunctionArg]) -> Walked {
        let Some(called) = name.0.last().and_then(|part| part.as_ident()).map(names::ident) else { return Ok(()) };
        if self.naming == Naming::Current {
            return Ok(());
        }
        let is_own = || self.world.catalog.functions_named(&called).next().is_none();
        let at = match () {
            () if OF_HYPERTABLES.contains(&&*called) => 0,
            () if OF_TABLES.contains(&&*called) && is_own() => 0,
            () if OF_PRIVILEGES.contains(&&*called) && is_own() => args.len().saturating_sub(2),
            () if *called == *OF_COLUMNS && is_own() => args.len().saturating_sub(3),
            () => return Ok(()),
        };
        let named = args.iter().find(|arg| name_of(arg).is_some_and(|n| HYPERTABLE.contains(&&*names::ident(n))));
        let Some(expr) = named.or_else(|| args.get(at).filter(|arg| name_of(arg).is_none())).and_then(value) else {
            return Ok(());
        };
        let Some(literal) = string(expr).or_else(|| regclass(expr)) else {
            return if named.is_some() { Ok(()) } else { self.table_put_together_for(name, at, expr) };
        };
        let column = (*called == *OF_COLUMNS || *called == *OF_SEQUENCES).then(|| args.get(at + 1).and_then(value));
        if let Some(column) = column.flatten().and_then(string) {
            self.column_name(&literal, column)?;
        }
        self.table_name(literal)
    }

    /// Replaces the name of a column of the table that another string names, if it is a column under another name.
    fn column_name(&mut self, table: &(String, Span), (name, span): (String, Span)) -> Walked {
        let Some((Resolved::Mapped(table), _)) = self.table_in(&table.0, table.1) else { return Ok(()) };
        self.literals.note(span.start);
        let Some(Meaning::Mapped(index)) = table.columns.get(&*name) else { return Ok(()) };
        let replacement = &table.replacements[*index];
        match replacement.renamed().filter(|_| table.body.is_none()) {
            Some(current) => {
                self.count_column(table, replacement);
                self.edit(span, names::quote_string(current), "name in a string", Scope::Table(table))
            }
            None => Ok(()),
        }
    }

    /// `to_regclass('customers')` where its name would be seen.
    pub(super) fn refuse_name_of_table(&mut self, function: &Function) -> Walked {
        let FunctionArguments::List(list) = &function.args else { return Ok(()) };
        let Some((text, span)) = to_regclass(&function.name, &list.args) else { return Ok(()) };
        if self.naming == Naming::Current || self.replaced.contains(&span.start) {
            return Ok(());
        }
        match self.table_in(&text, span) {
            Some((Resolved::Mapped(table), _)) if table.is_renamed() => Err(Refused::unsupported(
                format!("the name of `{}` as a value (`to_regclass`)", table.legacy),
                Some(span.start),
            )),
            _ => Ok(()),
        }
    }

    /// Replaces the name of a table in a string.
    fn table_name(&mut self, (text, span): (String, Span)) -> Walked {
        let at = Some(span.start);
        match self.table_in(&text, span) {
            Some((Resolved::Mapped(table), has_schema)) if table.is_renamed() => {
                if table.body.is_some() {
                    let message = format!("`{}` is a query now and no table to be named in a string", table.legacy);
                    return Err(Refused::unsure(message, "name the tables that it reads", at));
                }
                self.current_name_in_string(table, has_schema, span)
            }
            Some((Resolved::Unsure, _)) => {
                let message = format!("which table `{text}` is depends on what is not certain now");
                Err(Refused::unsure(message, "qualify the table with its schema", at))
            }
            _ => Ok(()),
        }
    }

    fn current_name_in_string(&mut self, table: &'w Table, has_schema: bool, span: Span) -> Walked {
        if !self.replaced.insert(span.start) {
            return Ok(());
        }
        self.count_table(table);
        let current = self.name_in_string(table, has_schema);
        self.edit(span, names::quote_string(&current), "name in a string", Scope::Table(table))
    }

    /// The name that the server has, with its schema where that was said or has to be.
    fn name_in_string(&self, table: &Table, has_schema: bool) -> String {
        let current = names::quote(&table.current);
        let found = resolve(self.world, self.context, Naming::Current, None, &table.current);
        let found = matches!(found, Resolved::Relation(relation) if relation.schema == table.schema);
        if found && !has_schema {
            return current.into_owned();
        }
        format!("{}.{current}", names::quote(&table.schema))
    }

    /// What the name in a string is, and whether it has a schema.
    fn table_in(&self, text: &str, span: Span) -> Option<(Resolved<'w>, bool)> {
        self.literals.note(span.start);
        let parts = parts(text)?;
        let (schema, name) = match parts.as_slice() {
            [name] => (None, name),
            [schema, name] => (Some(schema.as_str()), name),
            _ => return None,
        };
        Some((resolve(self.world, self.context, Naming::Legacy, schema, name), schema.is_some()))
    }
}

/// The string in `'t'::regclass`, `'t'::regclass::oid` and `to_regclass('t')`.
fn regclass(expr: &Expr) -> Option<(String, Span)> {
    match expr {
        Expr::Nested(inner) => regclass(inner),
        Expr::Cast { expr, data_type, .. } if is_called(data_type, "regclass") => {
            string(expr).or_else(|| regclass(expr))
        }
        Expr::TypedString(typed) if is_called(&typed.data_type, "regclass") => constant(&typed.value),
        Expr::Cast { expr, data_type, .. } if is_number(data_type) => regclass(expr),
        Expr::Function(function) => match &function.args {
            FunctionArguments::List(list) => to_regclass(&function.name, &list.args),
            _ => None,
        },
        _ => None,
    }
}

/// True when it is `to_regclass` that finds the table, which knows no oids.
fn calls(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => calls(inner),
        Expr::Function(_) => true,
        _ => false,
    }
}

/// True for the type that a table is as a number.
pub(super) fn is_number(data_type: &DataType) -> bool {
    is_called(data_type, "oid")
        || matches!(
            data_type,
            DataType::Int(_) | DataType::Integer(_) | DataType::BigInt(_) | DataType::Int4(_) | DataType::Int8(_)
        )
}

/// True for the type of that name.
pub(super) fn is_called(data_type: &DataType, name: &str) -> bool {
    match data_type {
        DataType::Custom(called, _) => last(called).is_some_and(|called| names::ident(called) == name),
        other => other.to_string().eq_ignore_ascii_case(name),
    }
}

fn to_regclass(name: &ObjectName, args: &[FunctionArg]) -> Option<(String, Span)> {
    let called = last(name).is_some_and(|name| names::ident(name) == "to_regclass");
    args.first().filter(|_| called && args.len() == 1).and_then(value).and_then(string)
}

/// A constant string, also one that is cast to text, and its bytes.
fn string(expr: &Expr) -> Option<(String, Span)> {
    match expr {
        Expr::Nested(inner) => string(inner),
        Expr::Cast { expr, data_type: DataType::Text, .. } => string(expr),
        Expr::Value(value) => constant(value),
        _ => None,
    }
}

fn value(arg: &FunctionArg) -> Option<&Expr> {
    let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) = arg;
    match arg {
        FunctionArgExpr::Expr(expr) => Some(expr),
        _ => None,
    }
}

/// The name of a named argument.
fn name_of(arg: &FunctionArg) -> Option<&Ident> {
    match arg {
        FunctionArg::Named { name, .. } | FunctionArg::ExprNamed { name: Expr::Identifier(name), .. } => Some(name),
        _ => None,
    }
}

fn last(name: &ObjectName) -> Option<&Ident> {
    name.0.last().and_then(|part| part.as_ident())
}

/// The parts of a dotted name, as the server reads one in a string (`SplitIdentifierString`); none where it is none.
fn parts(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let mut part = String::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut chars = quoted.char_indices();
            loop {
                match chars.next()? {
                    (at, '"') if quoted[at + 1..].starts_with('"') => {
                        part.push('"');
                        chars.next();
                    }
                    (at, '"') => {
                        rest = quoted[at + 1..].trim_start();
                        break;
                    }
                    (_, c) => part.push(c),
                }
            }
        } else {
            let end = rest.find(|c: char| c == '.' || c == '"' || c.is_whitespace()).unwrap_or(rest.len());
            part.push_str(&rest[..end].to_ascii_lowercase());
            rest = rest[end..].trim_start();
        }
        if part.is_empty() || part.len() > 63 {
            return None;
        }
        parts.push(part);
        match rest.strip_prefix('.') {
            Some(next) => rest = next.trim_start(),
            None => return rest.is_empty().then_some(parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_strings_are_read_as_the_server_does() {
        let read = |text: &str| parts(text).map(|parts| parts.join("|"));
        assert_eq!(read("Customers").as_deref(), Some("customers"));
        assert_eq!(read(" public . \"Meß\"\"wert\" ").as_deref(), Some("public|Meß\"wert"));
        assert_eq!(read("a b"), None);
        assert_eq!(read("\"a"), None);
        assert_eq!(read("a."), None);
        assert_eq!(read(""), None);
    }
}
