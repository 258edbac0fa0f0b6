//! What Postgres understands and sqlparser does not, led past its parser.
//!
//! A shim leaves out or replaces tokens that name nothing that could be mapped, in a way that the rewriter cannot mistake for
//! something else: an operator that sqlparser lacks may become one that the rewriter never looks into, but never `=`. Names that
//! stand in syntax which the tree has no place for get another place there ([`super::marks`]). Where names would be lost there is no
//! shim, and the statement is unparsed.

mod clauses;
mod create;
mod from;
mod json;
mod literals;
mod writes;
mod xml;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token as Fed, Word};

use super::feed::{Feed, Role};
use super::operators;
use super::parse::Unparsed;
use super::token::TokenKind;

impl Feed<'_> {
    /// Leads the parser past what it does not know.
    pub(super) fn shim(&mut self) -> Result<(), Unparsed> {
        self.drop_outer_parens();
        self.free_labels_called_end();
        self.drop_table_details();
        self.shim_copy();
        let mut open = Vec::new();
        for at in 0..self.tokens.len() {
            let in_query = self.query.contains(&at);
            match self.tokens[at].kind {
                TokenKind::LeftParen | TokenKind::LeftBracket => {
                    match self.tokens[at].kind {
                        TokenKind::LeftBracket if in_query => self.shim_target(at, open.last())?,
                        TokenKind::LeftParen if in_query => self.shim_set_operation(at),
                        _ => {}
                    }
                    open.push(at);
                }
                TokenKind::RightParen | TokenKind::RightBracket => {
                    open.pop();
                }
                _ if self.roles[at] != Role::Itself && self.roles[at] != Role::Name => {}
                TokenKind::Word if in_query => self.shim_word(at, open.last())?,
                TokenKind::Word => self.shim_utility_word(at),
                TokenKind::Operator => self.shim_operator(at),
                TokenKind::ColonColon => self.drop_collation(at),
                kind if kind.is_string() && in_query => self.shim_string(at),
                _ => {}
            }
        }
        Ok(())
    }

    /// Functions with a syntax of their own; true when the word before the parenthesis is one.
    fn shim_call(&mut self, at: usize) -> bool {
        let first = self.tokens[at].text(self.source).as_bytes().first().map(u8::to_ascii_lowercase);
        if !matches!(first, Some(b'j' | b'x')) || at > 0 && self.kind(at - 1) == Some(TokenKind::Dot) {
            return false;
        }
        if JSON.iter().any(|name| self.is(at, name)) {
            self.shim_json(at);
            return true;
        }
        let xml = XML.iter().any(|name| self.is(at, name));
        if xml {
            self.shim_xml(at);
        }
        xml
    }

    fn shim_word(&mut self, at: usize, open: Option<&usize>) -> Result<(), Unparsed> {
        // `SELECT a AS table`: a label, whatever it looks like. Behind the AS of CREATE and PREPARE a query begins.
        let label = self.keyword_before(at) == Keyword::AS && at > self.query.start;
        let called = self.kind(at + 1) == Some(TokenKind::LeftParen);
        if self.word(at) == Keyword::NATIONAL && (self.is(at + 1, "character") || self.is(at + 1, "char")) {
            // `national character varying(3)` is `character varying(3)`.
            self.drop(at..at + 1);
            return Ok(());
        }
        if label || called && self.shim_call(at) {
            return Ok(());
        }
        if self.is(at, "nchar") && (self.is(at + 1, "varying") || self.is_literal_type(at)) {
            self.replace(at, word(Keyword::CHARACTER));
            return Ok(());
        }
        let next = self.keyword(at + 1);
        match self.keyword(at) {
            Keyword::TRIM => self.shim_trim(at),
            // The argument stays an argument; the bounds stay bounds, in whatever order.
            Keyword::VARIADIC if self.begins_operand(at) => self.drop(at..at + 1),
            Keyword::ASYMMETRIC | Keyword::SYMMETRIC if self.keyword_before(at) == Keyword::BETWEEN => {
                self.drop(at..at + 1);
            }
            Keyword::AT if self.word(at + 1) == Keyword::LOCAL => {
                self.put(at + 1, [Keyword::TIME, Keyword::ZONE]);
                self.add(at + 2, Fed::SingleQuotedString("local".into()), None);
            }
            Keyword::LIKE | Keyword::ILIKE if is_quantifier(next) => self.shim_like_any(at),
            Keyword::OPERATOR => self.shim_operator_call(at),
            Keyword::SIMILAR if self.word(at + 1) != Keyword::TO => self.shim_similar(at, open)?,
            Keyword::CURRENT_ROLE | Keyword::CURRENT_SCHEMA | Keyword::SYSTEM_USER => self.shim_value_function(at),
            // `ROWS unbounded(1) PRECEDING`, `unbounded.x`: a name.
            Keyword::UNBOUNDED if matches!(self.kind(at + 1), Some(TokenKind::Dot | TokenKind::LeftParen)) => {
                self.roles[at] = Role::Name;
            }
            Keyword::NFC | Keyword::NFD | Keyword::NFKC | Keyword::NFKD => self.shim_normal_form(at),
            Keyword::NoKeyword => self.shim_other_word(at),
            _ => self.shim_clause(at, open)?,
        }
        Ok(())
    }

    /// Words that begin a clause or stand in one.
    fn shim_clause(&mut self, at: usize, open: Option<&usize>) -> Result<(), Unparsed> {
        let next = self.keyword(at + 1);
        match self.keyword(at) {
            Keyword::SELECT => self.shim_empty_select(at),
            Keyword::TABLE => self.shim_table_query(at),
            Keyword::ONLY => self.drop_only(at),
            Keyword::ROWS => self.shim_rows_from(at),
            Keyword::AS if self.kind(at + 1) == Some(TokenKind::LeftParen) => self.name_definitions(at),
            Keyword::USING => {
                self.drop_order_operator(at);
                self.shim_using_alias(at);
            }
            Keyword::SEARCH | Keyword::CYCLE => self.shim_search(at),
            Keyword::CURRENT if next == Keyword::OF && self.keyword_before(at) == Keyword::WHERE => {
                // The name of a cursor.
                self.replace(at, word(Keyword::TRUE));
                self.drop(at + 1..at + 3);
            }
            // Which grouping sets are made twice is the server's business.
            Keyword::ALL | Keyword::DISTINCT
                if self.keyword_before(at) == Keyword::BY && at > 1 && self.keyword(at - 2) == Keyword::GROUP =>
            {
                self.drop(at..at + 1);
            }
            Keyword::GROUPING => self.flatten_grouping_sets(at, open),
            Keyword::FETCH if self.kind(at + 2) == Some(TokenKind::LeftParen) => self.shim_fetch(at),
            Keyword::FOR => self.shim_lock(at),
            Keyword::INTO if self.keyword_before(at) == Keyword::INSERT => self.shim_insert(at),
            Keyword::INTO => self.drop_local(at),
            Keyword::DEFAULT => self.shim_default_values(at),
            Keyword::ON if next == Keyword::CONFLICT => self.shim_conflict(at)?,
            Keyword::WITH => self.drop_view_option(at),
            _ => {}
        }
        Ok(())
    }

    /// Words that sqlparser has no keyword for, or that are names elsewhere.
    fn shim_other_word(&mut self, at: usize) {
        match self.word(at) {
            Keyword::EXCLUDE => self.drop_frame_exclusion(at),
            Keyword::COLLATION if self.keyword(at + 1) == Keyword::FOR => self.shim_collation_for(at),
            // `SELECT xml "x"`: a column and its label, read as a literal even without the keyword.
            Keyword::NoKeyword | Keyword::XML
                if self.is(at, "xml")
                    && self.kind(at + 1).is_some_and(|kind| kind != TokenKind::Word && kind.is_ident()) =>
            {
                self.replace(
                    at,
                    Fed::Word(Word { value: "xml".into(), quote_style: Some('"'), keyword: Keyword::NoKeyword }),
                );
            }
            Keyword::NoKeyword
                if self.is(at, "isnull") && self.roles[at] == Role::Itself && !self.begins_operand(at) =>
            {
                self.put(at, [Keyword::IS, Keyword::NULL]);
            }
            Keyword::NoKeyword
                if self.is(at, "document") && matches!(self.keyword_before(at), Keyword::IS | Keyword::NOT) =>
            {
                // As little looked into as that.
                self.replace(at, word(Keyword::NORMALIZED));
            }
            Keyword::NoKeyword if self.is(at, "overriding") && self.word(at + 2) == Keyword::VALUE => {
                self.drop(at..at + 3);
            }
            _ => {}
        }
    }

    /// `trim(FROM x)` is `trim(x)`; `trim(LEADING FROM x)` is `trim(LEADING ' ' FROM x)`, whose side names the result.
    fn shim_trim(&mut self, at: usize) {
        let side = matches!(self.keyword(at + 2), Keyword::BOTH | Keyword::LEADING | Keyword::TRAILING);
        if side && self.keyword(at + 3) == Keyword::FROM {
            self.add(at + 3, Fed::SingleQuotedString(" ".into()), None);
        } else if self.keyword(at + 2) == Keyword::FROM {
            self.drop(at + 2..at + 3);
        }
    }

    /// `x LIKE ANY (…)` is `x ~~ ANY (…)`, and sqlparser knows only some of the former.
    fn shim_like_any(&mut self, at: usize) {
        let insensitive = self.keyword(at) == Keyword::ILIKE;
        let negated = self.keyword_before(at) == Keyword::NOT;
        if negated {
            self.drop(at - 1..at);
        }
        self.replace(
            at,
            match (negated, insensitive) {
                (false, false) => Fed::DoubleTilde,
                (false, true) => Fed::DoubleTildeAsterisk,
                (true, false) => Fed::ExclamationMarkDoubleTilde,
                (true, true) => Fed::ExclamationMarkDoubleTildeAsterisk,
            },
        );
    }

    /// `a OPERATOR(pg_catalog.+) b`: an operator like others, but sqlparser binds it looser.
    fn shim_operator_call(&mut self, at: usize) {
        let close = self.partner(at + 1);
        if close <= at + 2 || self.operator(close - 1).is_none() {
            return;
        }
        let quantified = is_quantifier(self.keyword(close + 1));
        let prefix = self.begins_operand(at);
        self.drop(at + 1..close + 1);
        self.replace(
            at,
            match (quantified, prefix) {
                (true, _) => Fed::Tilde,
                (false, true) => Fed::AtSign,
                (false, false) => Fed::CustomBinaryOperator("OPERATOR".into()),
            },
        );
    }

    /// `substring(a SIMILAR b ESCAPE c)` is `substring(a, b, c)`.
    fn shim_similar(&mut self, at: usize, open: Option<&usize>) -> Result<(), Unparsed> {
        let Some(&open) = open.filter(|&&open| self.word_before(open) == Keyword::SUBSTRING) else { return Ok(()) };
        let escape = self.flat(at + 1, self.partner(open)).find(|&at| self.keyword(at) == Keyword::ESCAPE);
        let Some(escape) = escape else { return self.unparsed(at, "SIMILAR without TO and ESCAPE is not supported") };
        self.replace(at, Fed::Comma);
        self.replace(escape, Fed::Comma);
        Ok(())
    }

    /// `COLLATION FOR (a)`, under the name that its result has.
    fn shim_collation_for(&mut self, at: usize) {
        let name = Word { value: "pg_collation_for".into(), quote_style: None, keyword: Keyword::NoKeyword };
        self.replace(at, Fed::Word(name));
        self.drop(at + 1..at + 2);
    }

    fn shim_operator(&mut self, at: usize) {
        let Some(symbol) = self.operator(at) else { return };
        if symbol == "*" && self.query.contains(&at) && (self.drop_inheritance_star(at) || self.shim_star(at)) {
            return;
        }
        let token = operators::token(symbol);
        if is_quantifier(self.keyword(at + 1)) && self.kind(at + 2) == Some(TokenKind::LeftParen) {
            // Of the operators that sqlparser allows there, the one that nobody inverts.
            if !operators::may_quantify(&token) {
                self.replace(at, Fed::Tilde);
            }
        } else if self.begins_operand(at) {
            let star = symbol == "*";
            if !star && !operators::may_prefix(&token) {
                self.replace(at, Fed::AtSign);
            }
        } else if operators::binds_like_equals(&token) {
            self.replace(at, Fed::CustomBinaryOperator(symbol.to_owned()));
        }
    }

    /// `current_schema`: sqlparser reads a column. Fed as its sister `current_user`, which it knows for a function.
    fn shim_value_function(&mut self, at: usize) {
        if self.kind(at + 1) == Some(TokenKind::LeftParen) {
            self.roles[at] = Role::Name;
        } else if self.begins_operand(at) {
            let value = self.tokens[at].text(self.source).to_owned();
            self.replace(at, Fed::Word(Word { value, quote_style: None, keyword: Keyword::CURRENT_USER }));
        }
    }

    /// `normalize(x, NFC)`: sqlparser reads a column called `nfc`.
    fn shim_normal_form(&mut self, at: usize) {
        let closes = self.kind(at + 1) == Some(TokenKind::RightParen);
        if !closes || at == 0 || self.kind(at - 1) != Some(TokenKind::Comma) {
            return;
        }
        let open = self.partner(at + 1);
        if open > 0 && self.word(open - 1) == Keyword::NORMALIZE {
            let form = self.tokens[at].text(self.source).to_owned();
            self.replace(at, Fed::SingleQuotedString(form));
        }
    }

    /// True for the word `word`, whatever it is here.
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_keyword(self.source, word))
    }

    /// Feeds two keywords in place of the token at `at`.
    fn put(&mut self, at: usize, [first, second]: [Keyword; 2]) {
        self.replace(at, word(first));
        self.add(at + 1, word(second), None);
    }
}

/// The functions of SQL/JSON.
const JSON: [&str; 11] = [
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
];

/// The functions of SQL/XML whose arguments are no plain list.
const XML: [&str; 8] =
    ["xmlelement", "xmlexists", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable"];

const fn is_quantifier(keyword: Keyword) -> bool {
    matches!(keyword, Keyword::ANY | Keyword::ALL | Keyword::SOME)
}

/// A keyword as a token.
fn word(keyword: Keyword) -> Fed {
    Fed::Word(Word { value: keyword.to_string(), quote_style: None, keyword })
}
