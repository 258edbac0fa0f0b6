//! SQL/JSON: `JSON_VALUE(a, '$.x' PASSING b AS c RETURNING int DEFAULT d ON EMPTY)` as `JSON_VALUE(a, '$.x', b, NULL::int, d)`.
//!
//! What counts for the rewriter is that every expression is an argument, and every type stands somewhere: a table's name may be one.
//! What to do about an error, an empty result, quotes and wrappers names nothing and is left out.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token as Fed;

use super::super::feed::{Feed, Role};
use super::super::token::TokenKind;
use super::word;

/// What can be done about an error, nothing, or NULL.
const BEHAVIOURS: [&str; 7] = ["null", "absent", "error", "empty", "true", "false", "unknown"];

impl Feed<'_> {
    /// A call of one of SQL/JSON's functions, whose name stands at `at`.
    pub(super) fn shim_json(&mut self, at: usize) {
        self.roles[at] = Role::Name;
        let open = at + 1;
        let close = self.partner(open);
        if close >= self.tokens.len() {
            return;
        }
        self.wrap_query_argument(open, close);
        if self.is(at, "json_table") {
            self.shim_json_table(at, open, close);
        } else {
            self.shim_json_arguments(open + 1, close);
        }
    }

    /// `JSON_ARRAY(SELECT … RETURNING jsonb)`: the query becomes one argument.
    fn wrap_query_argument(&mut self, open: usize, close: usize) {
        if !matches!(self.word(open + 1), Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::TABLE) {
            return;
        }
        let end = self.flat(open + 1, close).find(|&at| {
            self.is(at, "format") && self.is(at + 1, "json") || self.is(at, "returning") || self.behaviour_ends(at)
        });
        // `NULL ON NULL` begins a word earlier.
        let end = end.map_or(close, |at| if self.keyword(at) == Keyword::ON { at - 1 } else { at });
        self.add(open + 1, Fed::LParen, None);
        self.add(end, Fed::RParen, None);
    }

    /// Everything but expressions and types in `from..to` is left out.
    fn shim_json_arguments(&mut self, from: usize, to: usize) {
        let mut passing = false;
        let mut skip_to = from;
        for at in self.flat_list(from, to) {
            if at < skip_to || self.roles[at] == Role::Dropped {
                continue;
            }
            if self.kind(at) == Some(TokenKind::Colon) {
                self.replace(at, Fed::Comma);
                continue;
            }
            if self.kind(at) != Some(TokenKind::Word) {
                continue;
            }
            let first = at == from;
            if first && self.is(at, "returning") {
                self.drop(at..at + 1);
                skip_to = self.type_argument(at + 1, false);
            } else if first || self.begins_operand(at) && !self.is_ordered_before(at) {
                // A name, or the first word of an expression.
            } else if self.is(at, "value") {
                self.replace(at, Fed::Comma);
            } else if self.is(at, "passing") {
                passing = true;
                self.replace(at, Fed::Comma);
            } else if passing && self.keyword(at) == Keyword::AS {
                self.drop(at..at + 2);
                skip_to = at + 2;
            } else if self.is(at, "returning") {
                self.drop(at..at + 1);
                skip_to = self.type_argument(at + 1, true);
            } else {
                skip_to = self.drop_json_clause(at);
            }
        }
    }

    /// True behind `ORDER BY a DESC`.
    fn is_ordered_before(&self, at: usize) -> bool {
        self.fed_before(at).is_some_and(|before| matches!(self.keyword(before), Keyword::ASC | Keyword::DESC))
    }

    /// The type at `at` as an argument of its own, behind a comma if it is not the first: `NULL::type`. Gives its end.
    pub(super) fn type_argument(&mut self, at: usize, comma: bool) -> usize {
        if comma {
            self.add(at, Fed::Comma, None);
        }
        self.add(at, word(Keyword::NULL), None);
        self.add(at, Fed::DoubleColon, None);
        self.type_end(at)
    }

    /// True for the ON of `… ON ERROR`, `… ON EMPTY` and `… ON NULL`.
    fn behaviour_ends(&self, at: usize) -> bool {
        self.keyword(at) == Keyword::ON && ["error", "empty", "null"].iter().any(|word| self.is(at + 1, word))
    }

    /// A clause behind an expression, a path or a type; gives where it ends.
    fn drop_json_clause(&mut self, at: usize) -> usize {
        let is = |ahead: usize, word: &str| self.is(at + ahead, word);
        let length = if is(0, "format") && is(1, "json") {
            if is(2, "encoding") { 4 } else { 2 }
        } else if (is(0, "with") || is(0, "without")) && is(1, "unique") {
            if is(2, "keys") { 3 } else { 2 }
        } else if is(0, "with") || is(0, "without") {
            (1..4).find(|&ahead| is(ahead, "wrapper")).map_or(0, |ahead| ahead + 1)
        } else if is(0, "keep") || is(0, "omit") {
            if is(2, "on") && is(3, "scalar") { 5 } else { 2 }
        } else if is(0, "default") {
            self.replace(at, Fed::Comma);
            return at + 1;
        } else if self.behaviour_ends(at) {
            2
        } else if BEHAVIOURS.iter().any(|word| is(0, word)) && self.kind(at - 1) != Some(TokenKind::ColonColon) {
            (1..3).find(|&ahead| self.behaviour_ends(at + ahead)).map_or(0, |ahead| ahead + 2)
        } else {
            0
        };
        self.drop(at..at + length);
        at + length.max(1)
    }

    /// `JSON_TABLE(a, '$' COLUMNS (b int PATH '$.b')) AS t` as the function `JSON_TABLE(a, '$', NULL::int) AS t (b)`.
    fn shim_json_table(&mut self, name: usize, open: usize, close: usize) {
        let Some(columns) = self.flat(open + 1, close).find(|&at| self.opens_columns(at)) else { return };
        let end = self.partner(columns + 1);
        // The name of the path is no alias of an argument.
        for at in self.flat_list(open + 1, columns) {
            if self.keyword(at) == Keyword::AS {
                self.drop(at..at + 2);
            }
        }
        self.shim_json_arguments(open + 1, columns);
        let mut found = Vec::new();
        self.drop(columns..columns + 2);
        self.json_columns(columns + 2, end, &mut found);
        self.drop(end..close);
        self.name_columns(name, close, &found);
    }

    fn opens_columns(&self, at: usize) -> bool {
        self.is(at, "columns") && self.kind(at + 1) == Some(TokenKind::LeftParen)
    }

    /// The definitions of columns in `from..to`; their names go to `found`.
    fn json_columns(&mut self, from: usize, to: usize, found: &mut Vec<usize>) {
        let mut start = from;
        while start < to {
            let end = self.item_end(start, to);
            self.json_column(start, end, found);
            if end < to {
                self.drop(end..end + 1);
            }
            start = end + 1;
        }
    }

    fn json_column(&mut self, start: usize, end: usize, found: &mut Vec<usize>) {
        let nested = self.flat(start, end).find(|&at| self.opens_columns(at));
        if let Some(columns) = nested.filter(|_| self.is(start, "nested")) {
            let close = self.partner(columns + 1);
            self.drop(start..columns + 2);
            self.json_columns(columns + 2, close, found);
            self.drop(close..end);
            return;
        }
        found.push(start);
        self.drop(start..start + 1);
        if self.is(start + 1, "for") {
            self.drop(start + 1..end);
            return;
        }
        let type_end = self.type_argument(start + 1, true);
        let default = self.flat(type_end, end).find(|&at| self.keyword(at) == Keyword::DEFAULT);
        let Some(default) = default else { return self.drop(type_end..end) };
        self.drop(type_end..default);
        self.replace(default, Fed::Comma);
        // A second default may follow: `DEFAULT 1 ON EMPTY DEFAULT 2 ON ERROR`.
        for at in self.flat_list(default + 1, end) {
            if self.behaviour_ends(at) {
                let next = (at + 2..end).find(|&next| self.keyword(next) == Keyword::DEFAULT);
                self.drop(at..next.unwrap_or(end));
                if let Some(next) = next {
                    self.replace(next, Fed::Comma);
                }
            }
        }
    }

    /// Gives the table function that ends at `close` an alias with the columns whose names stand at `found`.
    pub(super) fn name_columns(&mut self, name: usize, close: usize, found: &[usize]) {
        let mut alias = close + 1;
        if self.keyword(alias) == Keyword::AS {
            alias += 1;
        }
        let named = alias > close + 1 || self.may_be_alias(alias);
        let own = named && self.kind(alias + 1) == Some(TokenKind::LeftParen);
        let columns = self.partner(alias + 1);
        let listed = if own { self.flat(alias + 2, columns).count().div_ceil(2) } else { 0 };
        let at = if own {
            columns
        } else if named {
            alias + 1
        } else {
            close + 1
        };
        if !named {
            self.add(at, word(Keyword::AS), None);
            let own_name = self.convert(name, Keyword::NoKeyword);
            self.add(at, own_name, None);
        }
        if !own && !found.is_empty() {
            self.add(at, Fed::LParen, None);
        }
        for (i, &column) in found.iter().enumerate().skip(listed) {
            if i > 0 {
                self.add(at, Fed::Comma, None);
            }
            let token = self.convert(column, Keyword::NoKeyword);
            self.add(at, token, Some(self.tokens[column].span));
        }
        if !own && !found.is_empty() {
            self.add(at, Fed::RParen, None);
        }
    }

    /// True for a name that can be an alias without AS.
    fn may_be_alias(&self, at: usize) -> bool {
        use super::super::words::Class;
        let quoted = self.kind(at).is_some_and(|kind| kind.is_ident() && kind != TokenKind::Word);
        let unreserved = || !matches!(self.known[at].class, Some(Class::Reserved | Class::TypeOrFunction));
        quoted || self.kind(at) == Some(TokenKind::Word) && unreserved()
    }
}
