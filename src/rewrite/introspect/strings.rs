//! Strings that name tables: `'customers'::regclass`, `to_regclass('customers')`, `has_table_privilege('customers', 'SELECT')`.
//!
//! A constant that the server reads as the name of a table is the name of a mapped one here, if it is one by the session's search path;
//! the text gets its current name with the schema. Parameters and names that are put together are seen by the server alone.

use std::ops::Range;

use crate::rewrite::meaning::Meaning;
use crate::rewrite::plan::Use;
use crate::rewrite::scope::{Naming, Resolved, resolve};
use crate::rewrite::walk::{Scope, Walk, Walked};
use crate::rewrite::world::Table;
use crate::sql::lexer::{LexOptions, lex};
use crate::sql::names;
use crate::sql::token::{Token, TokenKind};

/// Which argument of a function names a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Names {
    /// The first.
    First,
    /// The first, and the second a column of it.
    FirstAndColumn,
    /// The last but one.
    BeforePrivilege,
    /// The last but two, and behind it a column.
    BeforeColumn,
}

const FUNCTIONS: [(&str, Names); 17] = [
    ("to_regclass", Names::First),
    ("pg_relation_size", Names::First),
    ("pg_table_size", Names::First),
    ("pg_total_relation_size", Names::First),
    ("pg_indexes_size", Names::First),
    ("pg_relation_filepath", Names::First),
    ("pg_relation_filenode", Names::First),
    ("row_security_active", Names::First),
    ("hypertable_size", Names::First),
    ("hypertable_detailed_size", Names::First),
    ("chunks_detailed_size", Names::First),
    ("show_chunks", Names::First),
    ("approximate_row_count", Names::First),
    ("pg_get_serial_sequence", Names::FirstAndColumn),
    ("has_table_privilege", Names::BeforePrivilege),
    ("has_any_column_privilege", Names::BeforePrivilege),
    ("has_column_privilege", Names::BeforeColumn),
];

impl<'w> Walk<'w> {
    /// Gives the strings of the statement that name mapped tables their current names.
    pub(in crate::rewrite) fn strings(&mut self) -> Walked {
        if self.naming != Naming::Legacy {
            return Ok(());
        }
        for at in 0..self.tokens.len() {
            let token = self.tokens[at];
            match token.kind {
                TokenKind::String if self.is_relation(at) => self.table_string(at).map(drop)?,
                TokenKind::Word | TokenKind::QuotedIdent if self.kind_at(at + 1) == Some(TokenKind::LeftParen) => {
                    self.call(at)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn kind_at(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|t| t.is_keyword(self.source, word))
    }

    /// True for a string that is cast to `regclass`, in any spelling.
    fn is_relation(&self, at: usize) -> bool {
        // `AS` alone would make it a label.
        let in_cast = || at.checked_sub(2).is_some_and(|before| self.is_word(before, "cast"));
        let cast = self.kind_at(at + 1) == Some(TokenKind::ColonColon) || (self.is_word(at + 1, "as") && in_cast());
        let qualified = self.is_word(at + 2, "pg_catalog") && self.kind_at(at + 3) == Some(TokenKind::Dot);
        let type_at = if qualified { at + 4 } else { at + 2 };
        let is_array = self.kind_at(type_at + 1) == Some(TokenKind::LeftBracket);
        let before = at.checked_sub(1).is_some_and(|before| self.is_word(before, "regclass"));
        // Printed, the name would be the current one.
        let is_printed = self.kind_at(type_at + 1) == Some(TokenKind::ColonColon)
            && !["oid", "int", "int8", "bigint"].iter().any(|word| self.is_word(type_at + 2, word));
        before || (cast && self.is_word(type_at, "regclass") && !is_array && !is_printed)
    }

    /// The strings among the arguments of a function that takes names.
    fn call(&mut self, at: usize) -> Walked {
        let Some(name) = self.tokens[at].ident(self.source) else { return Ok(()) };
        let Some((_, names)) = FUNCTIONS.iter().find(|(function, _)| *function == name) else { return Ok(()) };
        let arguments = arguments(self.tokens, at + 1);
        let from_end = |n: usize| arguments.len().checked_sub(n);
        let (table, column) = match names {
            Names::First => (Some(0), None),
            Names::FirstAndColumn => (Some(0), Some(1)),
            Names::BeforePrivilege => (from_end(2), None),
            Names::BeforeColumn => (from_end(3), from_end(2)),
        };
        let string = |argument: Option<usize>| {
            let tokens = arguments.get(argument?)?.clone();
            // `'customers'::text`; a cast to `regclass` is found by itself.
            let is_cast = || tokens.len() == 3 && self.kind_at(tokens.start + 1) == Some(TokenKind::ColonColon);
            let is_string = self.kind_at(tokens.start) == Some(TokenKind::String);
            (is_string && (tokens.len() == 1 || is_cast()) && !self.is_relation(tokens.start)).then_some(tokens.start)
        };
        let (table, column) = (string(table), string(column));
        let Some(table) = table.map(|at| self.table_string(at)).transpose()?.flatten() else { return Ok(()) };
        let Some(column) = column else { return Ok(()) };
        let name = self.tokens[column].string_value(self.source).unwrap_or_default();
        if let Some(Meaning::Mapped(index)) = table.columns.get(&*name)
            && let Some(current) = table.replacements[*index].renamed()
        {
            let span = self.tokens[column].span;
            self.edit(span, names::quote_string(current), "name in a string", Scope::Table(table))?;
        }
        Ok(())
    }

    /// The mapped table that a string names, which gets its current name.
    fn table_string(&mut self, at: usize) -> Walked<Option<&'w Table>> {
        let span = self.tokens[at].span;
        let value = self.tokens[at].string_value(self.source).unwrap_or_default();
        let Some((schema, name)) = relation_name(&value) else { return Ok(None) };
        let found = resolve(self.world, self.context, Naming::Legacy, schema.as_deref(), &name);
        let Resolved::Mapped(table) = found else { return Ok(None) };
        if table.is_renamed() && table.legacy.as_ref() != table.current {
            let current = format!("{}.{}", names::quote(&table.schema), names::quote(&table.current));
            self.uses.insert(Use {
                mapping: table.mapping.clone(),
                table: table.legacy.clone(),
                column: "".into(),
                kind: "table",
                became: table.current.as_str().into(),
            });
            self.edit(span, names::quote_string(&current), "name in a string", Scope::Table(table))?;
        }
        Ok(Some(table))
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

/// What `regclass` reads: a name, or a schema and a name, each folded unless quoted.
fn relation_name(text: &str) -> Option<(Option<String>, String)> {
    let tokens = lex(text, LexOptions::default()).ok()?;
    let name = |token: &Token| match token.kind {
        TokenKind::Word | TokenKind::QuotedIdent => token.ident(text).map(std::borrow::Cow::into_owned),
        _ => None,
    };
    // A comment between the names is none to `regclass`.
    let gaps = text.len() - tokens.iter().map(|t| t.span.len()).sum::<usize>();
    if gaps > text.bytes().filter(u8::is_ascii_whitespace).count() {
        return None;
    }
    match tokens.as_slice() {
        [table] => Some((None, name(table)?)),
        [schema, dot, table] if dot.kind == TokenKind::Dot => Some((Some(name(schema)?), name(table)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_strings_are_read_as_the_server_does() {
        let table = |name: &str| Some((None, name.to_owned()));
        assert_eq!(relation_name("Customers"), table("customers"));
        assert_eq!(relation_name(" \"Cus\"\"to.mers\" "), table("Cus\"to.mers"));
        assert_eq!(relation_name("public . customers"), Some((Some("public".into()), "customers".into())));
        for other in ["", "16384", "a.b.c", "a b", "customers -- x", "a.", "'a'"] {
            assert_eq!(relation_name(other), None, "{other}");
        }
    }
}
