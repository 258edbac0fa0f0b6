//! Names of Postgres types: one spelling for all that mean the same, and nothing that is not a type's name.
//!
//! `float8`, `FLOAT` and `double precision` are `double precision`, as `format_type` prints it and as a catalog has it: two types are
//! the same when their canonical names are. A declared type ends up in casts of rewritten statements, so its grammar is narrow:
//! words, a modifier of numbers, `[]`. No server is asked: a name that is none of Postgres's own may be an enum or a domain.

use crate::sql::{self, LexOptions, Token, TokenKind, names};
use crate::text::Span;

/// Why a text is not the name of a type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadType {
    /// Where in the text.
    pub at: Span,
    /// What is wrong.
    pub message: String,
    /// What now.
    pub help: String,
}

/// The canonical spelling of `text`.
pub fn canonical(text: &str) -> Result<String, BadType> {
    let whole = Span::new(0, text.len());
    let bad = |at: Span, message: &str, help: &str| BadType { at, message: message.to_owned(), help: help.to_owned() };
    let tokens = sql::lex(text, LexOptions::default()).map_err(|e| bad(Span::at(e.at), e.message, EXAMPLES))?;
    let mut reader = Reader { text, tokens: &tokens, at: 0 };
    let Some(name) = reader.name() else {
        return Err(bad(reader.here(), "a type's name begins with a word", EXAMPLES));
    };
    let array = reader.array();
    if let Some(token) = reader.tokens.get(reader.at) {
        return Err(bad(token.span.to(Span::at(text.len())), "this goes on after the name of a type", EXAMPLES));
    }
    // Between tokens there may be comments, and one with `--` would swallow what follows the cast.
    let gaps = tokens.iter().map(|t| t.span.len()).sum::<usize>();
    if text.len() - gaps > text.bytes().filter(u8::is_ascii_whitespace).count() {
        return Err(bad(whole, "a type's name has no comment in it", "leave the comment out, or put it behind a `#`"));
    }
    if let Some((_, instead)) = NOT_IN_A_CAST.iter().find(|(word, _)| *word == name.as_str()) {
        return Err(bad(whole, &format!("`{name}` is not the type of a column"), instead));
    }
    let canonical = if array { format!("{name}[]") } else { name };
    if parses(&canonical) { Ok(canonical) } else { Err(bad(whole, "this type is not understood in a cast", EXAMPLES)) }
}

/// True when a type of that canonical name is one of Postgres's own, or an array of such.
#[must_use]
pub fn is_built_in(canonical: &str) -> bool {
    let element = canonical.strip_suffix("[]").unwrap_or(canonical);
    let base = element.split('(').next().unwrap_or_default().trim_end();
    let base = if base == "bit" || element.starts_with("bit varying") { "bit" } else { base };
    BUILT_IN.contains(&base) || base.starts_with("interval") || base.starts_with("time")
}

/// Names for a did-you-mean.
#[must_use]
pub fn built_in_names() -> &'static [&'static str] {
    BUILT_IN
}

const EXAMPLES: &str = "write it as in a cast: `integer`, `numeric(10,2)`, `timestamptz`, `text[]`";

/// Words that a cast does not take, and what is meant by them.
const NOT_IN_A_CAST: &[(&str, &str)] = &[
    ("serial", "write `integer`"),
    ("serial4", "write `integer`"),
    ("bigserial", "write `bigint`"),
    ("serial8", "write `bigint`"),
    ("smallserial", "write `smallint`"),
    ("serial2", "write `smallint`"),
    ("record", "name the composite type"),
    ("void", EXAMPLES),
    ("trigger", EXAMPLES),
    ("unknown", "write `text`"),
    ("cstring", "write `text`"),
    ("anyelement", EXAMPLES),
    ("anyarray", EXAMPLES),
    ("null", EXAMPLES),
    ("double", "write `double precision`"),
];

const BUILT_IN: &[&str] = &[
    "\"char\"",
    "bigint",
    "bit",
    "boolean",
    "box",
    "bpchar",
    "bytea",
    "character",
    "character varying",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "double precision",
    "inet",
    "int4range",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "numrange",
    "oid",
    "path",
    "pg_lsn",
    "point",
    "polygon",
    "real",
    "regclass",
    "regtype",
    "smallint",
    "text",
    "time with time zone",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
    "tsquery",
    "tsrange",
    "tstzrange",
    "tsvector",
    "uuid",
    "xml",
];

/// True when our own parser reads it as a cast and nothing else.
fn parses(canonical: &str) -> bool {
    let cast = format!("NULL::{canonical}");
    let Ok(tokens) = sql::lex(&cast, LexOptions::default()) else { return false };
    matches!(
        sql::parse::expression(&cast, &tokens),
        Ok(sqlparser::ast::Expr::Cast { expr, format: None, .. }) if is_null(&expr)
    )
}

fn is_null(expr: &sqlparser::ast::Expr) -> bool {
    matches!(expr, sqlparser::ast::Expr::Value(value) if value.value == sqlparser::ast::Value::Null)
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn here(&self) -> Span {
        self.tokens.get(self.at).map_or(Span::at(self.text.len()), |t| t.span)
    }

    /// Takes the word, unquoted and in any case.
    fn word(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|t| t.is_keyword(self.text, word));
        self.at += usize::from(found);
        found
    }

    fn kind(&mut self, kind: TokenKind) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|t| t.kind == kind);
        self.at += usize::from(found);
        found
    }

    /// `(10,2)` as `10,2`; nothing is taken when it is not there or not closed.
    fn modifier(&mut self) -> Option<Vec<i32>> {
        let begin = self.at;
        let found = self.kind(TokenKind::LeftParen).then(|| self.numbers()).flatten();
        if found.is_none() {
            self.at = begin;
        }
        found
    }

    fn numbers(&mut self) -> Option<Vec<i32>> {
        let mut numbers = Vec::new();
        loop {
            let minus = self.tokens.get(self.at).is_some_and(|t| t.is_operator(self.text, "-"));
            self.at += usize::from(minus);
            let token = self.tokens.get(self.at).filter(|t| t.kind == TokenKind::Number)?;
            let number: i32 = token.text(self.text).parse().ok()?;
            numbers.push(if minus { -number } else { number });
            self.at += 1;
            if self.kind(TokenKind::RightParen) {
                return Some(numbers);
            }
            if !self.kind(TokenKind::Comma) {
                return None;
            }
        }
    }

    fn array(&mut self) -> bool {
        let begin = self.at;
        if self.word("array") {
            return true;
        }
        while self.kind(TokenKind::LeftBracket) {
            self.kind(TokenKind::Number);
            if !self.kind(TokenKind::RightBracket) {
                self.at = begin;
                return false;
            }
        }
        self.at > begin
    }

    fn name(&mut self) -> Option<String> {
        let token = *self.tokens.get(self.at)?;
        let name = token.ident(self.text)?.into_owned();
        self.at += 1;
        if token.kind == TokenKind::Word && self.tokens.get(self.at).is_none_or(|t| t.kind != TokenKind::Dot) {
            return Some(self.unqualified(&name));
        }
        let mut full = names::quote(&name).into_owned();
        while self.kind(TokenKind::Dot) {
            let part = self.tokens.get(self.at)?.ident(self.text)?;
            self.at += 1;
            full = format!("{full}.{}", names::quote(&part));
        }
        // `pg_catalog.int4` is `integer`.
        if let Some(plain) = full.strip_prefix("pg_catalog.").filter(|plain| !plain.contains(['"', '.'])) {
            let plain = plain.to_owned();
            return Some(self.unqualified(&plain));
        }
        Some(self.modified(&full))
    }

    fn unqualified(&mut self, word: &str) -> String {
        match word {
            "int" | "int4" | "integer" => "integer".into(),
            "int2" | "smallint" => "smallint".into(),
            "int8" | "bigint" => "bigint".into(),
            "bool" | "boolean" => "boolean".into(),
            "float4" | "real" => "real".into(),
            "float8" => "double precision".into(),
            "double" if self.word("precision") => "double precision".into(),
            "float" => match self.modifier().as_deref() {
                Some([1..=24]) => "real".into(),
                _ => "double precision".into(),
            },
            "numeric" | "decimal" | "dec" => match self.modifier().as_deref() {
                None => "numeric".into(),
                Some([precision]) => format!("numeric({precision},0)"),
                Some(numbers) => format!("numeric({})", join(numbers)),
            },
            "varchar" => self.modified("character varying"),
            "char" | "character" | "nchar" => {
                if self.word("varying") {
                    return self.modified("character varying");
                }
                let length = self.modifier().map_or("1".to_owned(), |numbers| join(&numbers));
                format!("character({length})")
            }
            // Without a length it is a type of its own, padded to nothing.
            "bpchar" => {
                self.modifier().map_or_else(|| "bpchar".to_owned(), |numbers| format!("character({})", join(&numbers)))
            }
            "varbit" => self.modified("bit varying"),
            "bit" if self.word("varying") => self.modified("bit varying"),
            "bit" => format!("bit({})", self.modifier().map_or("1".to_owned(), |numbers| join(&numbers))),
            "timestamptz" | "timetz" => {
                let base = word.trim_end_matches("tz");
                format!("{} with time zone", self.modified(base))
            }
            "timestamp" | "time" => self.timed(word),
            "interval" => self.interval(),
            _ => self.modified(word),
        }
    }

    fn modified(&mut self, base: &str) -> String {
        self.modifier().map_or_else(|| base.to_owned(), |numbers| format!("{base}({})", join(&numbers)))
    }

    fn timed(&mut self, base: &str) -> String {
        let base = self.modified(base);
        let begin = self.at;
        let with = self.word("with");
        if (with || self.word("without")) && self.word("time") && self.word("zone") {
            return format!("{base} {} time zone", if with { "with" } else { "without" });
        }
        self.at = begin;
        format!("{base} without time zone")
    }

    /// `interval`, `interval(3)`, `interval day to second(3)`.
    fn interval(&mut self) -> String {
        const FIELDS: [&str; 6] = ["year", "month", "day", "hour", "minute", "second"];
        let mut out = String::from("interval");
        if let Some(first) = FIELDS.into_iter().find(|field| self.word(field)) {
            out = format!("{out} {first}");
            if self.word("to") {
                match FIELDS.into_iter().find(|field| self.word(field)) {
                    Some(last) => out = format!("{out} to {last}"),
                    None => self.at -= 1,
                }
            }
        }
        self.modified(&out)
    }
}

fn join(numbers: &[i32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_one_spelling() {
        for (written, name) in [
            ("INT", "integer"),
            ("int8", "bigint"),
            ("float(24)", "real"),
            ("float", "double precision"),
            ("Double  Precision", "double precision"),
            ("numeric(10)", "numeric(10,0)"),
            ("decimal(10, 2)", "numeric(10,2)"),
            ("numeric(3,-2)", "numeric(3,-2)"),
            ("varchar(20)", "character varying(20)"),
            ("char", "character(1)"),
            ("character varying", "character varying"),
            ("bit varying(3)", "bit varying(3)"),
            ("bit", "bit(1)"),
            ("timestamptz", "timestamp with time zone"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp", "timestamp without time zone"),
            ("time(0) with time zone", "time(0) with time zone"),
            ("interval", "interval"),
            ("interval(3)", "interval(3)"),
            ("text[]", "text[]"),
            ("int[3][3]", "integer[]"),
            ("integer ARRAY", "integer[]"),
            ("Mood", "mood"),
            ("\"Mood\"", "\"Mood\""),
            ("public.mood", "public.mood"),
            ("geometry(4326)", "geometry(4326)"),
            ("pg_catalog.int4", "integer"),
            ("\"char\"", "\"char\""),
            ("jsonb", "jsonb"),
            ("money", "money"),
        ] {
            assert_eq!(canonical(written).as_deref(), Ok(name), "{written}");
        }
    }

    #[test]
    fn nothing_else_is_a_type() {
        for text in [
            "",
            "1",
            "integer; DROP TABLE t",
            "integer) OR (1=1",
            "integer -- x",
            "integer /* x */",
            "integer /* x",
            "integer COLLATE \"C\"",
            "integer AS x",
            "text || 'x'",
            "timestamp AT TIME ZONE 'UTC'",
            "numeric(a)",
            "numeric(10",
            "text[",
            "text[]]",
            "double",
            "int unsigned",
            "serial",
            "record",
            "setof integer",
            "$1",
            "'text'",
            "a.",
            "null",
        ] {
            assert!(canonical(text).is_err(), "{text:?} became {:?}", canonical(text));
        }
    }
}
