//! Functions of the server that write definitions, or tell of a table by its oid: `pg_get_constraintdef`, `pg_table_is_visible`.
//!
//! ORMs read the columns of keys and indexes off these texts, so they have to hold the legacy names. The call becomes a subquery over its
//! own arguments: `(SELECT … FROM (VALUES (c.oid, true)) AS q (o, p) LEFT JOIN pg_catalog.pg_constraint …)`, which puts the lists of
//! columns together anew and takes the rest from the server's text. Expressions and conditions stay in current names. What is
//! printed as the name of a table is told by [`super::printed`].

use std::ops::Range;
use std::sync::Arc;

use sqlparser::ast::{Function, Ident};

use super::beside::Beside;
use super::shape::Lines;
use super::sql::{TEXT, optional, values};
use super::{Catalogs, CatalogsAre, written};
use crate::catalog::Catalog;
use crate::rewrite::body::{self, Body};
use crate::rewrite::walk::{Place, Scope, Walk, Walked};
use crate::sql::names::{self, quote_string};
use crate::sql::parse;
use crate::sql::token::{Token, TokenKind};
use crate::text::Span;

/// What stands in the place of a function's name and behind its arguments.
#[derive(Debug)]
pub(super) struct Call {
    function: &'static str,
    arguments: usize,
    body: Body,
    /// Where in the text of the body the arguments stand, with their parentheses.
    hole: Span,
}

const CONSTRAINT: &str = "pg_get_constraintdef";
const INDEX: &str = "pg_get_indexdef";
const VISIBLE: &str = "pg_table_is_visible";

const RULE: &str = "a definition in legacy names";

/// A parenthesised list of names as the server writes it, as a regular expression without backslashes.
const LIST: &str = r#"[(]("([^"]|"")*"|[^")])*[)]"#;

/// Those that show one of the lines; none when all columns of all keys are called as they are.
pub(super) fn calls(lines: &Lines, catalog: &Arc<Catalog>) -> Vec<Call> {
    let renames = Renames::new(lines);
    let bind = |function, hole: &str, text: &str| Call::bind(function, hole, text, catalog);
    let oid = "(NULL::pg_catalog.oid)";
    let oid_pretty = "(NULL::pg_catalog.oid, NULL::pg_catalog.bool)";
    let oid_column_pretty = "(NULL::pg_catalog.oid, NULL::pg_catalog.int4, NULL::pg_catalog.bool)";
    let definitions = || {
        [
            bind(CONSTRAINT, oid, &renames.constraint(&format!("{oid}) AS q (o)"), "q.o")),
            bind(CONSTRAINT, oid_pretty, &renames.constraint(&format!("{oid_pretty}) AS q (o, p)"), "q.o, q.p")),
            bind(INDEX, oid, &renames.index(&format!("{oid}) AS q (o)"), "q.o", ["0", "false"])),
            bind(
                INDEX,
                oid_column_pretty,
                &renames.index(&format!("{oid_column_pretty}) AS q (o, c, p)"), "q.o, q.c, q.p", ["q.c", "q.p"]),
            ),
        ]
    };
    let definitions = (!renames.is_empty).then(definitions).into_iter().flatten();
    // Its parentheses are not those of a call.
    let printed = (!renames.is_empty || !lines.beside.is_empty())
        .then(|| bind("regclass", "NULL::pg_catalog.oid", &renames.printed(&lines.beside)));
    let visible = (!lines.beside.is_empty()).then(|| bind(VISIBLE, oid, &visible(&lines.beside)));
    definitions
        .chain(printed)
        .chain(visible)
        .flatten()
        .chain(written::calls(lines, catalog).into_iter().flatten())
        .collect()
}

/// Whether the schema of a table that the server has no oid for is in the search path.
fn visible(beside: &[Beside]) -> String {
    format!(
        "SELECT COALESCE(pg_catalog.pg_table_is_visible(q.o), b.s = ANY (pg_catalog.current_schemas(true)::pg_catalog.text[])) AS pg_table_is_visible \
         FROM (VALUES (NULL::pg_catalog.oid)) AS q (o) LEFT JOIN {} ON b.o = q.o",
        named_beside(beside)
    )
}

fn named_beside(beside: &[Beside]) -> String {
    let rows = beside.iter().map(|t| [t.oid.to_string(), quote_string(&t.schema), quote_string(&t.name)]);
    values("b", [("o", "pg_catalog.oid"), ("s", TEXT), ("l", TEXT)], rows)
}

/// Tables and columns that keys show under another name.
struct Renames {
    is_empty: bool,
    tables: String,
    columns: String,
}

impl Renames {
    fn new(lines: &Lines) -> Self {
        // A table that is shown under both names is known to its keys as it is.
        let is_both = |schema: &str, current: &str| {
            let own = |l: &&super::shape::TableLine| l.schema == schema && l.current == current;
            lines.relations.iter().filter(own).any(|l| l.shown.as_deref() == Some(current))
        };
        let tables = lines.relations.iter().filter(|l| l.shown.is_some() && !is_both(&l.schema, &l.current));
        let tables = tables.map(|l| [quote_string(&l.schema), quote_string(&l.current), optional(l.shown.as_deref())]);
        let renamed =
            |l: &&super::shape::ColumnLine| l.extra.is_none() && l.name.as_ref().is_some_and(|name| *name != l.base);
        let columns = lines.attributes.iter().filter(renamed);
        let columns = columns.map(|l| {
            let [schema, current, base] = [&l.schema, &l.current, &l.base].map(|name| quote_string(name));
            [schema, current, base, optional(l.name.as_deref())]
        });
        let (mut tables, mut columns) = (tables.peekable(), columns.peekable());
        Self {
            is_empty: tables.peek().is_none() && columns.peek().is_none(),
            tables: values("t", [("s", TEXT), ("t", TEXT), ("l", TEXT)], tables),
            columns: values("w", [("s", TEXT), ("t", TEXT), ("b", TEXT), ("c", TEXT)], columns),
        }
    }

    /// The names of the columns whose numbers are in `key`, of the relation `class` in the schema `schema`.
    fn names(&self, key: &str, class: &str, schema: &str) -> String {
        format!(
            "(SELECT pg_catalog.string_agg(pg_catalog.quote_ident(COALESCE(w.c, a.attname::pg_catalog.text)), ', ' ORDER BY u.n) \
             FROM pg_catalog.unnest({key}) WITH ORDINALITY AS u (c, n) \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = {class}.oid AND a.attnum = u.c \
             LEFT JOIN {} ON w.s = {schema}.nspname AND w.t = {class}.relname AND w.b = a.attname)",
            self.columns
        )
    }

    fn printed(&self, beside: &[Beside]) -> String {
        format!(
            "SELECT COALESCE(CASE WHEN pg_catalog.pg_table_is_visible(r.oid) THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END \
             || pg_catalog.quote_ident(t.l), CASE WHEN r.oid IS NULL THEN CASE WHEN b.s = ANY (pg_catalog.current_schemas(true)::pg_catalog.text[]) \
             THEN '' ELSE pg_catalog.quote_ident(b.s) || '.' END || pg_catalog.quote_ident(b.l) END, \
             q.o::pg_catalog.regclass::pg_catalog.text) AS regclass \
             FROM (VALUES (NULL::pg_catalog.oid)) AS q (o) LEFT JOIN pg_catalog.pg_class r ON r.oid = q.o::pg_catalog.regclass \
             LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace LEFT JOIN {} ON t.s = n.nspname AND t.t = r.relname \
             LEFT JOIN {} ON b.o = q.o::pg_catalog.regclass",
            self.tables,
            named_beside(beside)
        )
    }

    fn constraint(&self, arguments: &str, call: &str) -> String {
        let tables = &self.tables;
        let own = self.names("k.conkey", "r", "n");
        let other = self.names("k.confkey", "f", "g");
        format!(
            "SELECT CASE WHEN k.contype = 'f' AND d.d NOT LIKE '%PERIOD %' THEN \
             'FOREIGN KEY (' || {own} || ') REFERENCES ' \
             || CASE WHEN pg_catalog.pg_table_is_visible(f.oid) THEN '' ELSE pg_catalog.quote_ident(g.nspname) || '.' END \
             || pg_catalog.quote_ident(COALESCE(t.l, f.relname::pg_catalog.text)) || '(' || {other} || ')' \
             || pg_catalog.regexp_replace(d.d, '^FOREIGN KEY {LIST} REFERENCES (\"([^\"]|\"\")*\"|[^\"(])*{LIST}', '') \
             WHEN k.contype IN ('p', 'u') AND d.d NOT LIKE '%INCLUDE%' THEN \
             pg_catalog.substring(d.d, '^[A-Z ]+') || '(' || {own} || ')' || pg_catalog.regexp_replace(d.d, '^[A-Z ]+{LIST}', '') \
             ELSE d.d END AS pg_get_constraintdef \
             FROM (VALUES {arguments} \
             LEFT JOIN LATERAL (SELECT pg_catalog.pg_get_constraintdef({call}) AS d) AS d ON true \
             LEFT JOIN pg_catalog.pg_constraint k ON k.oid = q.o \
             LEFT JOIN pg_catalog.pg_class r ON r.oid = k.conrelid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace \
             LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid LEFT JOIN pg_catalog.pg_namespace g ON g.oid = f.relnamespace \
             LEFT JOIN {tables} ON t.s = g.nspname AND t.t = f.relname"
        )
    }

    /// The text of an index is put together anew where it is over plain columns alone; `column` asks for one of them.
    fn index(&self, arguments: &str, call: &str, [column, pretty]: [&str; 2]) -> String {
        let (tables, columns) = (&self.tables, &self.columns);
        let name = r#"("([^"]|"")*"|[^" ])+"#;
        let elements = r#"[(](("([^"]|"")*"|[^"()])*)[)]"#;
        // Each element begins with the name of its column as the server writes it.
        let renamed = format!(
            "(SELECT pg_catalog.string_agg(pg_catalog.quote_ident(COALESCE(w.c, a.attname::pg_catalog.text)) \
             || pg_catalog.substr(u.e, pg_catalog.length(pg_catalog.quote_ident(a.attname::pg_catalog.text)) + 1), ', ' ORDER BY u.n) \
             FROM pg_catalog.unnest(x.e) WITH ORDINALITY AS u (e, n) \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[u.n - 1] \
             LEFT JOIN {columns} ON w.s = n.nspname AND w.t = r.relname AND w.b = a.attname)"
        );
        format!(
            "SELECT CASE WHEN {column} > 0 THEN COALESCE((SELECT pg_catalog.quote_ident(w.c) \
             FROM pg_catalog.pg_attribute a JOIN {columns} ON w.s = n.nspname AND w.t = r.relname AND w.b = a.attname \
             WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[{column} - 1]), d.d) \
             WHEN i.indexprs IS NULL AND pg_catalog.cardinality(x.e) = i.indnkeyatts THEN \
             pg_catalog.substring(d.d, '^(CREATE (UNIQUE )?INDEX {name} ON (ONLY )?)') \
             || CASE WHEN {pretty} AND pg_catalog.pg_table_is_visible(r.oid) THEN '' ELSE pg_catalog.quote_ident(n.nspname::pg_catalog.text) || '.' END \
             || pg_catalog.quote_ident(COALESCE(t.l, r.relname::pg_catalog.text)) \
             || pg_catalog.substring(d.d, '^CREATE (?:UNIQUE )?INDEX (?:{quiet})+ ON (?:ONLY )?(?:{quiet})+( USING [^ ]+ [(])') \
             || {renamed} || ')' \
             || pg_catalog.regexp_replace(d.d, '^CREATE (UNIQUE )?INDEX {name} ON (ONLY )?{name} USING [^ ]+ {elements}', '') \
             ELSE d.d END AS pg_get_indexdef \
             FROM (VALUES {arguments} \
             LEFT JOIN LATERAL (SELECT pg_catalog.pg_get_indexdef({call}) AS d) AS d ON true \
             LEFT JOIN LATERAL (SELECT pg_catalog.string_to_array(pg_catalog.substring(d.d, \
             '^CREATE (?:UNIQUE )?INDEX (?:{quiet})+ ON (?:ONLY )?(?:{quiet})+ USING [^ ]+ {elements}'), ', ') AS e) AS x ON true \
             LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = q.o \
             LEFT JOIN pg_catalog.pg_class r ON r.oid = i.indrelid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace \
             LEFT JOIN {tables} ON t.s = n.nspname AND t.t = r.relname",
            quiet = r#""(?:[^"]|"")*"|[^" ]"#
        )
    }
}

impl Call {
    /// `hole` is what stands in the place of the arguments.
    pub(super) fn bind(function: &'static str, hole: &str, text: &str, catalog: &Arc<Catalog>) -> Option<Self> {
        let (body, _) = body::bind("pg_catalog", text, catalog).ok()?;
        let start = body.text.find(hole)?;
        let arguments = hole.matches(',').count() + 1;
        Some(Self { function, arguments, body, hole: Span::new(start, start + hole.len()) })
    }

    /// The types of its parameters.
    fn types(&self) -> &'static [&'static str] {
        match self.arguments {
            3 => &["pg_catalog.oid", "pg_catalog.int4", "pg_catalog.bool"],
            _ => &["pg_catalog.oid", "pg_catalog.bool"],
        }
    }
}

impl Catalogs {
    pub(super) fn call(&self, function: &str, arguments: usize) -> Option<&Call> {
        self.calls.iter().find(|c| c.function == function && c.arguments == arguments)
    }
}

impl<'w> Walk<'w> {
    /// A call of a function that writes definitions, whose name ends with the token at `name`.
    pub(in crate::rewrite) fn definition(&mut self, function: &Function) -> Walked {
        if !self.shows_legacy() {
            return Ok(());
        }
        let Some((first, last)) = self.definition_name(function) else { return Ok(()) };
        let arguments = arguments(self.tokens, last + 1);
        let Some(close) = arguments.last().map(|a| a.end) else { return Ok(()) };
        let name = self.tokens[last].ident(self.source).unwrap_or_default();
        let Some(call) = self.world.catalogs().call(&name, arguments.len()) else { return Ok(()) };
        // A parameter would take another type in VALUES than in a call.
        let is_single = |range: &Range<usize>| range.len() == 1 && self.is_untyped(range.start);
        if !arguments.iter().all(|range| is_single(range) || self.has_a_type(range.clone())) {
            return Ok(());
        }
        let untyped: Vec<(usize, &str)> = arguments
            .iter()
            .zip(call.types())
            .filter(|(range, _)| is_single(range))
            .map(|(r, t)| (r.start, *t))
            .collect();
        for (at, type_name) in untyped {
            let span = Span::at(self.tokens[at].span.end);
            self.edit(span, format!("::{type_name}"), RULE, Scope::SelectList)?;
        }
        let before = self.tokens[first].span.to(self.tokens[last].span);
        self.enclose(call, before, Span::at(self.tokens[close].span.end))
    }

    /// Puts the two parts of a body around what stands in its hole.
    pub(super) fn enclose(&mut self, call: &'w Call, before: Span, behind: Span) -> Walked {
        self.catalogs = self.catalogs.max(CatalogsAre::Shown);
        let (base, body) = (self.sources, &call.body);
        self.sources += body.sources;
        for (source, schema, name) in &body.relations {
            self.relations.push((base + source, schema, name));
        }
        for (offset, what) in &body.bound {
            if (call.hole.start..call.hole.end).contains(offset) {
                continue;
            }
            let place = if *offset < call.hole.start {
                Place::Edit { span: before, offset: *offset }
            } else {
                Place::Edit { span: behind, offset: *offset - call.hole.end }
            };
            self.bound.push((place, what.moved(base)));
        }
        self.edit(before, body.text[..call.hole.start].to_owned(), RULE, Scope::SelectList)?;
        self.edit(behind, body.text[call.hole.end..].to_owned(), RULE, Scope::SelectList)
    }

    /// The tokens of the function's name, with its schema.
    fn definition_name(&self, function: &Function) -> Option<(usize, usize)> {
        let parts: Option<Vec<&Ident>> = function.name.0.iter().map(|p| p.as_ident()).collect();
        let (schema, name) = match parts?.as_slice() {
            [name] => (None, *name),
            [schema, name] if names::ident(schema) == "pg_catalog" => (Some(*schema), *name),
            _ => return None,
        };
        if !matches!(&*names::ident(name), CONSTRAINT | INDEX | VISIBLE)
            || function.over.is_some()
            || function.filter.is_some()
        {
            return None;
        }
        let last = self.token_at(parse::span(name)?.start)?;
        let first = self.token_at(parse::span(schema.unwrap_or(name))?.start)?;
        (self.tokens.get(last + 1)?.kind == TokenKind::LeftParen).then_some((first, last))
    }

    /// True for a constant or a parameter without a cast.
    fn is_untyped(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        let is_cast = self.tokens.get(at + 1).is_some_and(|next| next.kind == TokenKind::ColonColon);
        let is_one = token.kind.is_string() || token.kind == TokenKind::Param || token.is_keyword(self.source, "null");
        is_one && !is_cast
    }

    /// True for an argument that has a type of its own, and no query in it.
    fn has_a_type(&self, tokens: Range<usize>) -> bool {
        let is_query = |at: usize| {
            let token = &self.tokens[at];
            ["select", "values", "table", "with"].iter().any(|word| token.is_keyword(self.source, word))
        };
        !tokens.is_empty() && tokens.clone().all(|at| !is_query(at) && !self.is_untyped(at))
    }
}

/// The tokens of each argument behind the parenthesis at `open`.
pub(super) fn arguments(tokens: &[Token], open: usize) -> Vec<Range<usize>> {
    let mut depth = 0_usize;
    let mut start = open + 1;
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            TokenKind::LeftParen | TokenKind::LeftBracket => depth += 1,
            TokenKind::RightParen | TokenKind::RightBracket => {
                depth -= 1;
                if depth == 0 {
                    found.push(start..at);
                    break;
                }
            }
            TokenKind::Comma if depth == 1 => {
                found.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}
