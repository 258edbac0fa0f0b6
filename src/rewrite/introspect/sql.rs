//! The texts that stand in the place of the catalogs' relations.
//!
//! Each selects all columns of its relation in their order, under their names and with their types, whatever the version of the server
//! has: what is not changed is taken from the catalog. All names are qualified; nothing in them can fail for want of a privilege.

use super::beside;
use super::shape::{ColumnLine, Lines, TableLine};
use crate::catalog::{Catalog, Relation};
use crate::sql::names::{quote, quote_string};

/// A relation in which a table, and perhaps a column, stands by its name.
struct Named {
    schema: &'static str,
    name: &'static str,
    /// The columns that name the schema and the table.
    table: (&'static str, &'static str),
    /// The one that names a column.
    column: Option<&'static str>,
}

const fn named(schema: &'static str, name: &'static str, column: Option<&'static str>) -> Named {
    Named { schema, name, table: ("table_schema", "table_name"), column }
}

const fn statistics(name: &'static str) -> Named {
    Named { schema: "pg_catalog", name, table: ("schemaname", "relname"), column: None }
}

const INFORMATION: &str = "information_schema";

const NAMED: [Named; 24] = [
    named(INFORMATION, "tables", None),
    named(INFORMATION, "table_constraints", None),
    named(INFORMATION, "table_privileges", None),
    named(INFORMATION, "role_table_grants", None),
    named(INFORMATION, "constraint_table_usage", None),
    named(INFORMATION, "key_column_usage", Some("column_name")),
    named(INFORMATION, "constraint_column_usage", Some("column_name")),
    named(INFORMATION, "column_privileges", Some("column_name")),
    named(INFORMATION, "role_column_grants", Some("column_name")),
    Named { schema: INFORMATION, name: "triggers", table: ("event_object_schema", "event_object_table"), column: None },
    Named { schema: "pg_catalog", name: "pg_tables", table: ("schemaname", "tablename"), column: None },
    Named { schema: "pg_catalog", name: "pg_indexes", table: ("schemaname", "tablename"), column: None },
    Named { schema: "pg_catalog", name: "pg_stats", table: ("schemaname", "tablename"), column: Some("attname") },
    statistics("pg_stat_all_tables"),
    statistics("pg_stat_user_tables"),
    statistics("pg_stat_xact_all_tables"),
    statistics("pg_stat_xact_user_tables"),
    statistics("pg_stat_all_indexes"),
    statistics("pg_stat_user_indexes"),
    statistics("pg_statio_all_tables"),
    statistics("pg_statio_user_tables"),
    statistics("pg_statio_all_indexes"),
    statistics("pg_statio_user_indexes"),
    Named { schema: INFORMATION, name: "views", table: ("table_schema", "table_name"), column: None },
];

/// Each relation of the catalog that shows one of the lines, and its text.
pub(super) fn texts<'c>(lines: &Lines, catalog: &'c Catalog) -> Vec<(&'c Relation, String)> {
    let mut texts = Vec::new();
    let mut add = |schema: &str, name: &str, text: &dyn Fn(&Relation) -> String| {
        if let Some(relation) = catalog.relation(schema, name) {
            texts.push((relation, text(relation)));
        }
    };
    for named in &NAMED {
        add(named.schema, named.name, &|relation| {
            by_name(named, relation, lines) + &beside::by_name(relation, named.table, &lines.beside)
        });
    }
    add(INFORMATION, "columns", &|relation| columns(relation, lines));
    add("pg_catalog", "pg_class", &|relation| classes(relation, lines) + &beside::classes(relation, &lines.beside));
    add("pg_catalog", "pg_attribute", &|relation| {
        attributes(relation, lines) + &beside::attributes(relation, &lines.beside)
    });
    texts
}

/// `SELECT r.a AS a, …` with other expressions for some columns; `%` in one stands for the column itself.
pub(super) fn select(relation: &Relation, others: &[(&str, String)]) -> String {
    let columns = relation.columns.iter().map(|column| {
        let name = quote(&column.name);
        let itself = format!("r.{name}");
        let other = others.iter().find(|(name, _)| *name == column.name).map(|(_, sql)| sql.replace('%', &itself));
        format!("{} AS {name}", other.unwrap_or(itself))
    });
    format!("SELECT {}", columns.collect::<Vec<_>>().join(", "))
}

/// `value`, cast to the type that the column has, where `condition` holds, and the column elsewhere.
fn when(relation: &Relation, column: &str, condition: &str, value: &str) -> String {
    format!("CASE WHEN {condition} THEN {} ELSE % END", put(relation, column, value))
}

/// `value`, cast to the type that the column has.
pub(super) fn put(relation: &Relation, column: &str, value: &str) -> String {
    let type_name = relation.column(column).map_or("text", |c| c.type_name.as_str());
    format!("({value})::{}", qualified(type_name))
}

/// Types of the catalogs, as nobody's search path can mean them otherwise.
fn qualified(type_name: &str) -> String {
    match type_name {
        "name" | "oid" | "text" | "\"char\"" => format!("pg_catalog.{type_name}"),
        other => other.to_owned(),
    }
}

fn by_name(named: &Named, relation: &Relation, lines: &Lines) -> String {
    let (schema, table) = named.table;
    let mut others = vec![(table, when(relation, table, "v.s IS NOT NULL", "v.l"))];
    let mut from = format!(
        " FROM {}.{} r LEFT JOIN {} ON r.{schema} = v.s AND r.{table} = v.t",
        named.schema,
        named.name,
        tables(&lines.tables)
    );
    let keys: Vec<&ColumnLine> = lines
        .columns
        .iter()
        .filter(|l| l.name.is_some() && l.extra.is_none() && l.name.as_ref() != Some(&l.base))
        .collect();
    if let Some(column) = named.column.filter(|_| !keys.is_empty()) {
        others.push((column, when(relation, column, "k.c IS NOT NULL", "k.c")));
        let rows = keys.iter().map(|l| {
            let names = [&l.schema, &l.current, &l.base, &l.shown].map(|name| quote_string(name));
            let [schema, current, base, shown] = names;
            [schema, current, base, shown, optional(l.name.as_deref())]
        });
        let keys = values("k", [("s", TEXT), ("t", TEXT), ("b", TEXT), ("l", TEXT), ("c", TEXT)], rows);
        from = format!("{from} LEFT JOIN {keys} ON v.s = k.s AND v.t = k.t AND v.l = k.l AND r.{column} = k.b");
    }
    format!("{}{from} WHERE v.s IS NULL OR v.l IS NOT NULL", select(relation, &others))
}

fn columns(relation: &Relation, lines: &Lines) -> String {
    let typed = |column: &str, value: &str| when(relation, column, "y.oid IS NOT NULL", value);
    let computed = |column: &str, value: &str| when(relation, column, "v.k", value);
    let added = |column: &str, value: &str| when(relation, column, "v.x IS NOT NULL", value);
    let itself = |column: &str, value: &str| when(relation, column, "v.s IS NOT NULL", value);
    let of_type = |function: &str| format!("information_schema.{function}(y.oid, v.m)");
    let kind = "CASE WHEN y.typelem <> 0 AND y.typlen = -1 THEN 'ARRAY' WHEN n.nspname = 'pg_catalog' \
                THEN pg_catalog.format_type(y.oid, NULL) ELSE 'USER-DEFINED' END";
    let mut others = vec![
        ("table_name", itself("table_name", "v.l")),
        ("column_name", itself("column_name", "v.c")),
        ("ordinal_position", itself("ordinal_position", "v.p")),
        ("column_default", added("column_default", "NULL")),
        ("is_nullable", computed("is_nullable", "'YES'")),
        ("data_type", typed("data_type", kind)),
        ("character_maximum_length", typed("character_maximum_length", &of_type("_pg_char_max_length"))),
        ("character_octet_length", typed("character_octet_length", &of_type("_pg_char_octet_length"))),
        ("numeric_precision", typed("numeric_precision", &of_type("_pg_numeric_precision"))),
        ("numeric_precision_radix", typed("numeric_precision_radix", &of_type("_pg_numeric_precision_radix"))),
        ("numeric_scale", typed("numeric_scale", &of_type("_pg_numeric_scale"))),
        ("datetime_precision", typed("datetime_precision", &of_type("_pg_datetime_precision"))),
        ("interval_type", typed("interval_type", &of_type("_pg_interval_type"))),
        ("udt_schema", typed("udt_schema", "n.nspname")),
        ("udt_name", typed("udt_name", "y.typname")),
        ("dtd_identifier", itself("dtd_identifier", "v.p::pg_catalog.text")),
        ("is_identity", added("is_identity", "'NO'")),
        ("is_generated", added("is_generated", "'NEVER'")),
        ("generation_expression", added("generation_expression", "NULL")),
    ];
    let of_domain =
        ["collation_catalog", "collation_schema", "collation_name", "domain_catalog", "domain_schema", "domain_name"];
    others.extend(of_domain.map(|column| (column, typed(column, "NULL"))));
    let of_identity =
        ["identity_generation", "identity_start", "identity_increment", "identity_maximum", "identity_minimum"];
    others.extend(of_identity.map(|column| (column, added(column, "NULL"))));
    let from = |join: &str, lines: &[ColumnLine]| {
        format!(
            " FROM information_schema.columns r {join} ({} LEFT JOIN pg_catalog.pg_type y ON y.oid = v.y \
             LEFT JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace) \
             ON r.table_schema = v.s AND r.table_name = v.t AND r.column_name = v.b WHERE v.s IS NULL OR v.c IS NOT NULL",
            column_values(lines)
        )
    };
    let select = select(relation, &others);
    let beside = beside::columns(&lines.beside);
    let own = format!("{select}{}", from("LEFT JOIN", &lines.columns));
    if beside.is_empty() { own } else { format!("{own} UNION ALL {select}{}", from("JOIN", &beside)) }
}

fn classes(relation: &Relation, lines: &Lines) -> String {
    let others = [("relname", when(relation, "relname", "v.s IS NOT NULL", "v.l"))];
    let from = format!(
        " FROM pg_catalog.pg_class r LEFT JOIN ({} JOIN pg_catalog.pg_namespace n ON n.nspname = v.s) \
         ON r.relnamespace = n.oid AND r.relname = v.t WHERE v.s IS NULL OR v.l IS NOT NULL",
        tables(&lines.relations)
    );
    select(relation, &others) + &from
}

/// What `pg_attribute` repeats of a column's type, and what it is called in `pg_type`.
pub(super) const OF_TYPE: [(&str, &str); 5] = [
    ("attlen", "typlen"),
    ("attbyval", "typbyval"),
    ("attalign", "typalign"),
    ("attstorage", "typstorage"),
    ("attcollation", "typcollation"),
];

fn attributes(relation: &Relation, lines: &Lines) -> String {
    let typed = |column: &str, value: &str| when(relation, column, "y.oid IS NOT NULL", value);
    let computed = |column: &str, value: &str| when(relation, column, "v.k", value);
    let added = |column: &str, value: &str| when(relation, column, "v.x IS NOT NULL", value);
    let mut others = vec![
        ("attname", when(relation, "attname", "v.s IS NOT NULL", "v.c")),
        ("attnum", added("attnum", "c.relnatts + v.x")),
        ("atttypid", typed("atttypid", "y.oid")),
        ("atttypmod", typed("atttypmod", "v.m")),
        ("attndims", typed("attndims", "CASE WHEN y.typcategory = 'A' THEN 1 ELSE 0 END")),
        ("attnotnull", computed("attnotnull", "false")),
        ("atthasdef", added("atthasdef", "false")),
        ("attidentity", added("attidentity", "''")),
        ("attgenerated", added("attgenerated", "''")),
    ];
    others.extend(OF_TYPE.map(|(column, of_type)| (column, typed(column, &format!("y.{of_type}")))));
    let from = format!(
        " FROM pg_catalog.pg_attribute r LEFT JOIN ({} JOIN pg_catalog.pg_namespace n ON n.nspname = v.s \
         JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = v.t \
         LEFT JOIN pg_catalog.pg_type y ON y.oid = v.y) \
         ON c.oid = r.attrelid AND v.b = r.attname WHERE v.s IS NULL OR v.c IS NOT NULL",
        column_values(&lines.attributes)
    );
    select(relation, &others) + &from
}

fn tables(lines: &[TableLine]) -> String {
    let rows = lines.iter().map(|l| [quote_string(&l.schema), quote_string(&l.current), optional(l.shown.as_deref())]);
    values("v", [("s", TEXT), ("t", TEXT), ("l", TEXT)], rows)
}

fn column_values(lines: &[ColumnLine]) -> String {
    let columns = [
        ("s", TEXT),
        ("t", TEXT),
        ("b", TEXT),
        ("l", TEXT),
        ("c", TEXT),
        ("p", INTEGER),
        ("x", INTEGER),
        ("k", "pg_catalog.bool"),
        ("y", "pg_catalog.oid"),
        ("m", INTEGER),
    ];
    let null = || "NULL".to_owned();
    let rows = lines.iter().map(|l| {
        let type_name = l.type_name.as_deref();
        [
            quote_string(&l.schema),
            quote_string(&l.current),
            quote_string(&l.base),
            quote_string(&l.shown),
            optional(l.name.as_deref()),
            l.position.to_string(),
            l.extra.map_or_else(null, |extra| extra.to_string()),
            l.computed.to_string(),
            // A type that is gone is none, and no error.
            type_name.map_or_else(null, |name| format!("pg_catalog.to_regtype({})", quote_string(name))),
            type_name.and_then(modifier).unwrap_or(-1).to_string(),
        ]
    });
    values("v", columns, rows)
}

/// The type of names.
pub(super) const TEXT: &str = "pg_catalog.text";
pub(super) const INTEGER: &str = "pg_catalog.int4";

/// `(VALUES (…), …) AS alias (…)`, of which the first row says the types; one row of NULL when there is none.
pub(super) fn values<const N: usize>(
    alias: &str,
    columns: [(&str, &str); N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let none = || ["NULL"; N].map(ToOwned::to_owned);
    let mut rows = rows;
    let first = rows.next().unwrap_or_else(none);
    let first: Vec<String> =
        first.iter().zip(columns).map(|(value, (_, typed))| format!("({value})::{typed}")).collect();
    let rows: Vec<String> = std::iter::once(first.join(", ")).chain(rows.map(|row| row.join(", "))).collect();
    format!("(VALUES ({})) AS {alias} ({})", rows.join("), ("), columns.map(|(name, _)| name).join(", "))
}

pub(super) fn optional(value: Option<&str>) -> String {
    value.map_or_else(|| "NULL".to_owned(), quote_string)
}

/// What `atttypmod` holds of a type as `format_type` writes it; none for one without.
pub(super) fn modifier(type_name: &str) -> Option<i64> {
    let (base, rest) = type_name.split_once('(')?;
    let numbers: Vec<i64> = rest.split_once(')')?.0.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    match (base.trim(), numbers.as_slice()) {
        ("numeric", [precision]) => Some((precision << 16) + 4),
        ("numeric", [precision, scale]) => Some(((precision << 16) | (scale & 0x7ff)) + 4),
        ("character varying" | "character", [length]) => Some(length + 4),
        ("bit" | "bit varying" | "time" | "timestamp", [length]) => Some(*length),
        _ => None,
    }
}
