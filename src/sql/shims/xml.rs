//! SQL/XML: `XMLELEMENT(NAME a, XMLATTRIBUTES(b AS c), d)` as `XMLELEMENT(XMLATTRIBUTES(b AS c), d)`, `XMLTABLE(…)` as a function
//! with an alias that has its columns.
//!
//! Names of elements, modes and versions are left out; every expression is an argument, every type stands somewhere.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token as Fed, Word};

use super::super::feed::{Feed, Role};
use super::super::token::TokenKind;

impl Feed<'_> {
    /// A call of one of SQL/XML's functions, whose name stands at `at`.
    pub(super) fn shim_xml(&mut self, at: usize) {
        let name = self.tokens[at].text(self.source).to_ascii_lowercase();
        let open = at + 1;
        let close = self.partner(open);
        if close >= self.tokens.len() {
            return;
        }
        self.roles[at] = Role::Name;
        match name.as_str() {
            "xmlelement" | "xmlpi" => self.drop_element_name(open),
            "xmlroot" => self.shim_xml_root(open, close),
            "xmlexists" => self.shim_passing(open + 1, close),
            "xmltable" => self.shim_xml_table(at, open, close),
            "xmlnamespaces" => {
                for at in self.flat_list(open + 1, close) {
                    match self.keyword(at) {
                        Keyword::AS => self.drop(at..at + 2),
                        Keyword::DEFAULT => self.drop(at..at + 1),
                        _ => {}
                    }
                }
            }
            "xmlparse" | "xmlserialize" => self.shim_xml_mode(at, open, close),
            _ => {}
        }
    }

    /// `NAME foo`, `NAME foo, …`
    fn drop_element_name(&mut self, open: usize) {
        if self.is(open + 1, "name") && self.kind(open + 2).is_some_and(TokenKind::is_ident) {
            let comma = usize::from(self.kind(open + 3) == Some(TokenKind::Comma));
            self.drop(open + 1..open + 3 + comma);
        }
    }

    /// `XMLROOT(a, VERSION '1.0', STANDALONE YES)`: the version is an expression.
    fn shim_xml_root(&mut self, open: usize, close: usize) {
        let commas: Vec<usize> =
            self.flat(open + 1, close).filter(|&at| self.kind(at) == Some(TokenKind::Comma)).collect();
        for comma in commas {
            if self.is(comma + 1, "standalone") {
                self.drop(comma..close);
            } else if self.is(comma + 1, "version") && self.is(comma + 2, "no") && self.is(comma + 3, "value") {
                self.drop(comma..comma + 4);
            } else if self.is(comma + 1, "version") {
                self.drop(comma + 1..comma + 2);
            }
        }
    }

    /// `a PASSING BY REF b BY VALUE`: two arguments.
    fn shim_passing(&mut self, from: usize, to: usize) {
        for at in self.flat_list(from, to) {
            if at > from && self.is(at, "passing") && !self.begins_operand(at) {
                self.replace(at, Fed::Comma);
            } else if self.is(at, "by") && (self.is(at + 1, "ref") || self.is(at + 1, "value")) {
                self.drop(at..at + 2);
            }
        }
    }

    /// `XMLPARSE(DOCUMENT a PRESERVE WHITESPACE)`, `XMLSERIALIZE(CONTENT a AS text INDENT)`
    fn shim_xml_mode(&mut self, name: usize, open: usize, close: usize) {
        let value = self.tokens[name].text(self.source).to_ascii_lowercase();
        // Quoted, sqlparser has no rules of its own for it.
        self.replace(name, Fed::Word(Word { value, quote_style: Some('"'), keyword: Keyword::NoKeyword }));
        if self.is(open + 1, "content") || self.is(open + 1, "document") {
            self.drop(open + 1..open + 2);
        }
        for at in self.flat_list(open + 2, close) {
            if self.keyword(at) == Keyword::AS && !self.begins_operand(at) {
                self.drop(at..at + 1);
                let end = self.type_argument(at + 1, true);
                self.drop(end..close);
                return;
            }
            if self.is(at, "whitespace") && (self.is(at - 1, "preserve") || self.is(at - 1, "strip")) {
                self.drop(at - 1..at + 1);
            }
        }
    }

    /// `XMLTABLE('/a' PASSING b COLUMNS c int PATH 'd' DEFAULT e) AS t` as `XMLTABLE('/a', b, NULL::int, 'd', e) AS t (c)`.
    fn shim_xml_table(&mut self, name: usize, open: usize, close: usize) {
        let columns = self.flat(open + 2, close).find(|&at| {
            self.is(at, "columns") && !self.begins_operand(at) && self.kind(at + 1) != Some(TokenKind::Comma)
        });
        self.shim_passing(open + 1, columns.unwrap_or(close));
        let Some(columns) = columns else { return };
        self.drop(columns..columns + 1);
        let mut found = Vec::new();
        let mut start = columns + 1;
        while start < close {
            let end = self.item_end(start, close);
            self.xml_column(start, end, &mut found);
            if end < close {
                self.drop(end..end + 1);
            }
            start = end + 1;
        }
        self.name_columns(name, close, &found);
    }

    fn xml_column(&mut self, start: usize, end: usize, found: &mut Vec<usize>) {
        found.push(start);
        self.drop(start..start + 1);
        if self.is(start + 1, "for") {
            return self.drop(start + 1..end);
        }
        let type_end = self.type_argument(start + 1, true);
        for at in self.flat_list(type_end, end) {
            if at > type_end && self.begins_operand(at) {
                continue;
            }
            if self.is(at, "path") || self.keyword(at) == Keyword::DEFAULT {
                self.replace(at, Fed::Comma);
            } else if self.keyword(at) == Keyword::NOT && self.keyword(at + 1) == Keyword::NULL {
                self.drop(at..at + 2);
            } else if self.keyword(at) == Keyword::NULL {
                self.drop(at..at + 1);
            }
        }
    }
}
