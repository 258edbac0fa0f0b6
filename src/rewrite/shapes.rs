//! Statements that are judged by their words, where they depend on which columns a table has and in what order: stars, whole rows,
//! columns by position. Over a table that has others now, each of them is refused.
//!
//! `words` finds the tables, and calls this.

use super::walk::Walked;
use super::words::{BEFORE_TABLE, Words};
use super::world::Table;
use crate::sql::token::TokenKind;

impl Words<'_> {
    /// `CREATE TABLE … (LIKE t)` and `INHERITS (t)` take over the columns as they are now.
    pub(super) fn copied_shape(&self, table: &Table, at: usize) -> Walked {
        let before = self.before_name(at);
        let likened = before.is_some_and(|b| self.is(b, "like"));
        let inherited = (0..at).any(|i| self.is(i, "inherits"));
        if table.star.is_some() && (likened || inherited) {
            return Err(self.refused(&format!("the columns of `{}`, which have other names now,", table.legacy), at));
        }
        Ok(())
    }

    /// `CREATE TABLE u (r t)`, `CREATE TYPE u AS (r t)`, `PREPARE p(t)`: the row type has the columns as they are now.
    pub(super) fn row_type(&self, table: &Table, at: usize) -> Walked {
        const OTHERWISE: [&str; 12] =
            ["table", "exists", "only", "on", "of", "references", "like", "to", "inherit", "partition", "by", "with"];
        let defines = match () {
            () if self.is(0, "create") => (1..5).any(|at| self.is_any(at, &["table", "type", "domain"])),
            () if self.is(0, "alter") => self.is_any(1, &["table", "type"]),
            () => self.is(0, "prepare"),
        };
        let Some(before) = self.before_name(at).filter(|before| defines && *before > 1) else { return Ok(()) };
        let is_argument = self.is(0, "prepare");
        let behind_name = self.kind(before).is_some_and(TokenKind::is_ident) && !self.is_any(before, &OTHERWISE);
        if table.star.is_some() && (is_argument || behind_name) {
            return Err(
                self.refused(&format!("the row type `{}`, whose columns have other names now,", table.legacy), at)
            );
        }
        Ok(())
    }

    /// INSERT and COPY without a column list, and `TABLE t`, go by the position of columns.
    pub(super) fn positional(&self, table: &Table, at: usize) -> Walked {
        if table.star.is_none() {
            return Ok(());
        }
        let Some(before) = self.before_name(at) else { return Ok(()) };
        let mut after = at + 1;
        if self.is(after, "as") {
            after += 2;
        }
        // In parentheses a query may stand, too, and in more of them.
        let inner = (after..self.tokens.len()).find(|&at| self.kind(at) != Some(TokenKind::LeftParen));
        let is_query = inner.is_some_and(|at| self.is_any(at, &["select", "values", "with", "table"]));
        let listed = (self.kind(after) == Some(TokenKind::LeftParen) && !is_query) || self.is(after, "default");
        let what = match () {
            () if self.is(before, "into") && !listed && !self.is(0, "merge") => "an INSERT without a column list into",
            () if self.is(before, "copy") && !listed => "a COPY without a column list of",
            () if self.is(before, "table") && self.begins_query(before) => "`TABLE` of",
            () if self.is(before, "only")
                && before > 0
                && self.is(before - 1, "table")
                && self.begins_query(before - 1) =>
            {
                "`TABLE` of"
            }
            () => return Ok(()),
        };
        Err(self.refused(&format!("{what} `{}`, whose columns have another order", table.legacy), at))
    }

    /// `TABLE t` as a query, not as an object of DDL.
    fn begins_query(&self, at: usize) -> bool {
        const BEFORE: [&str; 10] =
            ["as", "for", "union", "all", "distinct", "except", "intersect", "explain", "analyze", "verbose"];
        let Some(before) = at.checked_sub(1) else { return true };
        self.is_any(before, &BEFORE) || matches!(self.kind(before), Some(TokenKind::LeftParen | TokenKind::RightParen))
    }

    /// `t AS x (a, b)` and `(t JOIN u …) AS x` name columns by their position, NATURAL JOIN joins by those that are there now.
    pub(super) fn aliased_columns(&self, table: &Table, at: usize) -> Walked {
        if let Some(natural) = (0..self.tokens.len()).find(|&at| self.is(at, "natural")) {
            return Err(self.refused(&format!("NATURAL JOIN beside `{}`", table.legacy), natural));
        }
        let alias = self.alias(at);
        let is_target = self.before_name(at).is_some_and(|before| self.is(before, "into"));
        let names = |at: usize| {
            let name = self.tokens.get(at).and_then(|t| t.ident(self.source));
            name.is_some_and(|name| !is_common(&name))
        };
        let listed = !is_target && names(alias) && self.kind(alias + 1) == Some(TokenKind::LeftParen);
        let of_join = self.joins_around(at).any(|close| {
            let alias = if self.is(close + 1, "as") { close + 2 } else { close + 1 };
            names(alias)
        });
        if (listed && (self.follows_table_word(at) || self.follows_comma(at))) || of_join {
            return Err(
                self.refused(&format!("an alias for columns of `{}`, which have another order", table.legacy), at)
            );
        }
        Ok(())
    }

    fn follows_comma(&self, at: usize) -> bool {
        self.before_name(at).is_some_and(|before| self.kind(before) == Some(TokenKind::Comma))
    }

    /// Where the alias of the table at `at` would stand.
    fn alias(&self, at: usize) -> usize {
        let star = self.tokens.get(at + 1).is_some_and(|t| t.is_operator(self.source, "*"));
        let behind = at + 1 + usize::from(star);
        if self.is(behind, "as") { behind + 1 } else { behind }
    }

    /// The ends of the parentheses around the table at `at` that hold a join and not a query.
    fn joins_around(&self, at: usize) -> impl Iterator<Item = usize> {
        let opens = (0..at).filter(|&open| self.kind(open) == Some(TokenKind::LeftParen));
        opens.filter_map(move |open| {
            let behind_table_word = open
                .checked_sub(1)
                .is_some_and(|b| self.is_any(b, &BEFORE_TABLE) || self.kind(b) == Some(TokenKind::Comma));
            let is_query = self.is_any(open + 1, &["select", "with", "values", "table"]);
            let mut depth = 0_usize;
            let close = (open..self.tokens.len()).find(|&at| {
                match self.kind(at) {
                    Some(TokenKind::LeftParen) => depth += 1,
                    Some(TokenKind::RightParen) => depth -= 1,
                    _ => {}
                }
                depth == 0
            })?;
            let joins = (open..close).any(|at| self.is(at, "join"));
            (behind_table_word && !is_query && joins && close > at).then_some(close)
        })
    }

    /// `excluded`, `old` and `new` alone are rows of the table that is written, and so is what MERGE inserts without a column list.
    pub(super) fn written_rows(&self, table: &Table) -> Walked {
        for at in 0..self.tokens.len() {
            let dotted = self.kind(at + 1) == Some(TokenKind::Dot)
                || at.checked_sub(1).is_some_and(|before| self.kind(before) == Some(TokenKind::Dot));
            if !dotted && self.is_any(at, &["excluded", "old", "new"]) {
                return Err(self.refused(&format!("a whole row of `{}`", table.legacy), at));
            }
            if self.is(at, "insert") && self.is_any(at + 1, &["values", "overriding"]) {
                let what = format!(
                    "an INSERT without a column list into `{}`, whose columns have another order",
                    table.legacy
                );
                return Err(self.refused(&what, at));
            }
        }
        Ok(())
    }

    /// A star among output columns gives the current columns.
    pub(super) fn stars(&self, table: &Table) -> Walked {
        for (at, token) in self.tokens.iter().enumerate().filter(|(_, t)| t.is_operator(self.source, "*")) {
            let counts = at > 0 && self.kind(at - 1) == Some(TokenKind::LeftParen);
            let ends = match self.kind(at + 1) {
                None | Some(TokenKind::Comma | TokenKind::RightParen | TokenKind::Semicolon) => true,
                _ => self.is_any(at + 1, &["from", "into", "where", "on", "union", "order", "limit", "returning"]),
            };
            let dotted = at > 0 && self.kind(at - 1) == Some(TokenKind::Dot);
            if !counts && (ends || dotted) {
                let mut refused = self.refused(&format!("`*` of `{}`", table.legacy), at);
                refused.at = Some(token.span.start);
                return Err(refused);
            }
        }
        Ok(())
    }

    /// The table's name or alias alone is a row in its current shape.
    pub(super) fn rows(&self, table: &Table, at: usize) -> Walked {
        let alias = self.alias(at);
        let alias_name =
            self.tokens.get(alias).filter(|_| self.follows_table_word(at)).and_then(|t| t.ident(self.source));
        for (i, token) in self.tokens.iter().enumerate() {
            let Some(name) = token.ident(self.source) else { continue };
            let is_alias = i != alias && alias_name.as_deref() == Some(&*name) && !is_common(&name);
            let is_table = *name == *table.legacy && !self.follows_table_word(i);
            let dotted =
                self.kind(i + 1) == Some(TokenKind::Dot) || (i > 0 && self.kind(i - 1) == Some(TokenKind::Dot));
            if (is_alias || is_table) && !dotted {
                return Err(self.refused(&format!("a whole row of `{}`", table.legacy), i));
            }
        }
        Ok(())
    }
}

/// A keyword that follows a table's name is no alias of it.
fn is_common(word: &str) -> bool {
    const KEYWORDS: [&str; 30] = [
        "set",
        "where",
        "values",
        "select",
        "using",
        "on",
        "join",
        "inner",
        "left",
        "right",
        "full",
        "cross",
        "natural",
        "group",
        "order",
        "limit",
        "offset",
        "fetch",
        "for",
        "returning",
        "default",
        "overriding",
        "with",
        "union",
        "intersect",
        "except",
        "from",
        "to",
        "when",
        "having",
    ];
    KEYWORDS.contains(&word)
}
