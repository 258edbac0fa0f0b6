//! Statements that are not opened: what may go on as it came, judged by its words alone.
//!
//! Used for what the grammar does not parse, for writes, and for utility statements. A legacy name that the server does not have
//! fails there by itself; what must not happen is that such a statement *succeeds* with another meaning: a name that is real and
//! mapped at once, a star or a row in the current shape, columns by position.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Context;
use super::scope::{Naming, Resolved, resolve};
use super::walk::{Refused, Walked};
use super::world::{Table, World};
use crate::sql::token::{Token, TokenKind};

/// Why a statement is judged by its words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// It could not be parsed: legacy names that simply fail on the server may go on.
    Unparsed,
    /// It was understood, but cannot be rewritten by this version: legacy names are refused.
    Unsupported,
    /// It is no query: legacy names that simply fail on the server may go on.
    Utility,
}

/// Says yes, or why not.
pub fn allow(world: &World, context: &Context, source: &str, tokens: &[Token], why: Why) -> Walked {
    let words = Words { world, context, source, tokens, why };
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = token.ident(source) else { continue };
        for &index in world.tables_named(&name) {
            words.table(world.table(index), at)?;
        }
    }
    Ok(())
}

/// The same of what stands before a statement that is opened or judged for itself: the types of PREPARE's parameters.
pub fn allow_before(world: &World, context: &Context, source: &str, tokens: &[Token]) -> Walked {
    let words = Words { world, context, source, tokens, why: Why::Utility };
    if !words.is(0, "prepare") {
        return Ok(());
    }
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = token.ident(source) else { continue };
        for &index in world.tables_named(&name) {
            let table = world.table(index);
            if !table.is_renamed() && words.may_mean(table, at) {
                words.row_type(table, at)?;
            }
        }
    }
    Ok(())
}

pub(super) struct Words<'a> {
    world: &'a World,
    context: &'a Context,
    pub(super) source: &'a str,
    pub(super) tokens: &'a [Token],
    why: Why,
}

/// Words after which an expression or a column name may stand: any other word before a name makes the name an alias.
const BEFORE_COLUMN: [&str; 34] = [
    "select",
    "where",
    "and",
    "or",
    "not",
    "by",
    "on",
    "when",
    "then",
    "else",
    "case",
    "having",
    "distinct",
    "all",
    "in",
    "like",
    "ilike",
    "between",
    "set",
    "returning",
    "limit",
    "offset",
    "from",
    "similar",
    "to",
    "any",
    "some",
    "values",
    "filter",
    "column",
    "add",
    "drop",
    "rename",
    "alter",
];

/// Words after which a table stands.
pub(super) const BEFORE_TABLE: [&str; 8] = ["from", "join", "into", "update", "using", "only", "table", "copy"];

impl Words<'_> {
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|t| t.is_keyword(self.source, word))
    }

    pub(super) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    pub(super) fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    /// A mapped table's name stands at `at`.
    fn table(&self, table: &Table, at: usize) -> Walked {
        let called = self.kind(at + 1) == Some(TokenKind::LeftParen) && self.why != Why::Utility;
        if (called && !self.follows_table_word(at)) || !self.may_mean(table, at) || self.is_created(at) {
            return Ok(());
        }
        if table.is_renamed() {
            return self.renamed(table, at);
        }
        self.columns(table)?;
        if table.star.is_some() {
            self.aliased_columns(table, at)?;
        }
        if self.why == Why::Utility {
            self.row_type(table, at)?;
            return self.copied_shape(table, at);
        }
        self.positional(table, at)?;
        if table.star.is_some() {
            self.stars(table)?;
            self.rows(table, at)?;
            self.written_rows(table)?;
        }
        Ok(())
    }

    /// The name exists under another name now. The server does not have it, unless something else is called so.
    fn renamed(&self, table: &Table, at: usize) -> Walked {
        let exists = !matches!(
            resolve(self.world, self.context, Naming::Current, self.schema(at).as_deref(), &table.legacy),
            Resolved::Missing
        );
        let certain = self.why == Why::Unsupported && self.follows_table_word(at);
        if exists || certain { Err(self.refused(&format!("the legacy table `{}`", table.legacy), at)) } else { Ok(()) }
    }

    /// The schema that stands before the name at `at`.
    fn schema(&self, at: usize) -> Option<Cow<'_, str>> {
        let dotted = at >= 2 && self.kind(at - 1) == Some(TokenKind::Dot);
        self.tokens.get(at.checked_sub(2)?).filter(|_| dotted)?.ident(self.source)
    }

    /// `CREATE TABLE [IF NOT EXISTS] [schema.]name (…)`: a table to be, whose columns are what stands there.
    fn is_created(&self, at: usize) -> bool {
        let table = (1..self.tokens.len()).find(|&i| self.is(i, "table")).filter(|_| self.is(0, "create"));
        let Some(table) = table else { return false };
        let mut name = if self.is(table + 1, "if") { table + 4 } else { table + 1 };
        while self.kind(name + 1) == Some(TokenKind::Dot) {
            name += 2;
        }
        at == name
    }

    /// False when the name at `at` is certainly another table: of another schema, or one of the session's own.
    fn may_mean(&self, table: &Table, at: usize) -> bool {
        match resolve(self.world, self.context, Naming::Legacy, self.schema(at).as_deref(), &table.legacy) {
            Resolved::Mapped(found) => std::ptr::eq(found, table),
            Resolved::Relation(_) | Resolved::Unmapped => false,
            // A qualified name may also be a column, and what is missing may come with this very statement.
            Resolved::Missing => self.schema(at).is_none_or(|schema| *schema == *table.schema),
            Resolved::Unsure => true,
        }
    }

    /// The token before the name at `at` and its schema.
    pub(super) fn before_name(&self, at: usize) -> Option<usize> {
        let mut at = at;
        while at >= 2 && self.kind(at - 1) == Some(TokenKind::Dot) {
            at -= 2;
        }
        at.checked_sub(1)
    }

    pub(super) fn follows_table_word(&self, at: usize) -> bool {
        self.before_name(at).is_some_and(|before| self.is_any(before, &BEFORE_TABLE))
    }

    /// Legacy columns of a table that is named in the statement.
    fn columns(&self, table: &Table) -> Walked {
        for (at, token) in self.tokens.iter().enumerate() {
            let Some(name) = token.ident(self.source) else { continue };
            let legacy = table.replacements.iter().any(|r| *r.legacy == *name);
            if !legacy || self.is_type_or_call(at) || self.fails(table, &name, at) {
                continue;
            }
            return Err(self.refused(&format!("the legacy column `{}.{name}`", table.legacy), at));
        }
        Ok(())
    }

    /// `timestamp '…'`, `x::timestamp`, `CAST(x AS timestamp)`, `date(x)`: the word is a type or a function.
    fn is_type_or_call(&self, at: usize) -> bool {
        if self.kind(at) != Some(TokenKind::Word) {
            return false;
        }
        let before = at.checked_sub(1).and_then(|i| self.kind(i));
        let dotted = before == Some(TokenKind::Dot);
        let next_is_call = self.kind(at + 1) == Some(TokenKind::LeftParen) && !self.is(at.wrapping_sub(1), "into");
        let next_is_string = self.kind(at + 1).is_some_and(TokenKind::is_string);
        let zoned = (self.is(at + 1, "with") || self.is(at + 1, "without")) && self.is(at + 2, "time");
        let cast = before == Some(TokenKind::ColonColon)
            || (at > 0 && self.is(at - 1, "as") && self.kind(at + 1) == Some(TokenKind::RightParen));
        cast || (!dotted && (next_is_string || next_is_call || zoned))
    }

    /// True when the server has no column of that name anywhere in reach, so that the statement fails there.
    fn fails(&self, table: &Table, name: &str, at: usize) -> bool {
        if self.why == Why::Unsupported {
            return false;
        }
        let mentioned: HashSet<_> = self.tokens.iter().filter_map(|t| t.ident(self.source)).collect();
        let reachable = mentioned
            .iter()
            .flat_map(|word| self.world.catalog.relations_named(word))
            .any(|relation| relation.column(name).is_some());
        let real = table.physical.iter().any(|c| **c == *name);
        !reachable && !real && !self.is_alias(at)
    }

    /// True when the name may be one that the statement itself introduces; references to it would then not fail.
    fn is_alias(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return true };
        match self.kind(before) {
            Some(TokenKind::Word) => !self.is_any(before, &BEFORE_COLUMN),
            Some(
                TokenKind::Dot | TokenKind::Comma | TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::Operator,
            ) => false,
            _ => true,
        }
    }

    pub(super) fn refused(&self, what: &str, at: usize) -> Refused {
        let at = self.tokens.get(at).map(|t| t.span.start);
        let (message, hint) = match self.why {
            Why::Unparsed => (
                format!("exonym cannot parse this statement, and it holds {what}"),
                "write the statement in current names, or in simpler SQL",
            ),
            Why::Unsupported | Why::Utility => (
                format!("exonym does not rewrite this statement, and it holds {what}"),
                "write the statement in current names",
            ),
        };
        Refused { sqlstate: "0A000", message, hint: Some(hint.into()), at, only_not_understood: false }
    }
}
