//! Getters of a table: each says what it expected and what it found, and makes its key known.

use std::cell::RefCell;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Document, Located, Shape, Text, Value};
use crate::text::nearest::did_you_mean;
use crate::text::{Diagnostic, Span};

/// A table of a [`Document`] that remembers which keys were asked for.
#[derive(Debug)]
pub struct Table<'d> {
    document: &'d Document<'d>,
    inner: &'d DeTable<'d>,
    /// `tables.consumption_log`, for messages; empty for the root.
    path: String,
    /// Its header or braces; the key when it has neither.
    pub span: Span,
    asked: RefCell<Vec<&'d str>>,
}

/// A key and its value.
#[derive(Debug)]
pub struct Entry<'d> {
    /// The key, without quotes.
    pub key: &'d str,
    /// Where the key stands.
    pub span: Span,
    /// What it is set to.
    pub value: Value<'d>,
}

impl<'d> Table<'d> {
    pub(super) fn new(document: &'d Document<'d>, inner: &'d DeTable<'d>, path: String, span: Span) -> Self {
        Self { document, inner, path, span, asked: RefCell::default() }
    }

    /// The document that it is part of.
    #[must_use]
    pub fn document(&self) -> &'d Document<'d> {
        self.document
    }

    /// True when the key is set, to whatever. Does not count as asked for.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.inner.contains_key(key)
    }

    /// The value of `key`, whatever its type.
    #[must_use]
    pub fn value(&self, key: &'d str) -> Option<Value<'d>> {
        self.asked.borrow_mut().push(key);
        self.inner.get(key).map(|value| self.document.value(&self.below(key), value))
    }

    /// A string.
    #[must_use]
    pub fn string(&self, key: &'d str) -> Option<Text<'d>> {
        let value = self.value(key)?;
        match value.shape {
            Shape::String(text) => Some(text),
            _ => self.wrong(key, &value, "a string"),
        }
    }

    /// A string that must be there.
    #[must_use]
    pub fn required_string(&self, key: &'d str) -> Option<Text<'d>> {
        self.require(key);
        self.string(key)
    }

    /// `true` or `false`.
    #[must_use]
    pub fn boolean(&self, key: &'d str) -> Option<Located<bool>> {
        let value = self.value(key)?;
        match value.shape {
            Shape::Boolean(flag) => Some(Located { value: flag, span: value.span }),
            _ => self.wrong(key, &value, "`true` or `false`"),
        }
    }

    /// An integer.
    #[must_use]
    pub fn integer(&self, key: &'d str) -> Option<Located<i64>> {
        let value = self.value(key)?;
        match value.shape {
            Shape::Integer(number) => Some(Located { value: number, span: value.span }),
            _ => self.wrong(key, &value, "an integer"),
        }
    }

    /// A list of strings; items of another type are reported and left out.
    #[must_use]
    pub fn strings(&self, key: &'d str) -> Option<Vec<Text<'d>>> {
        let value = self.value(key)?;
        match value.shape {
            Shape::Array(items) => Some(self.only_strings(key, items)),
            _ => self.wrong(key, &value, "a list of strings"),
        }
    }

    /// One string or a list of them.
    #[must_use]
    pub fn string_or_strings(&self, key: &'d str) -> Option<Vec<Text<'d>>> {
        let value = self.value(key)?;
        match value.shape {
            Shape::String(text) => Some(vec![text]),
            Shape::Array(items) => Some(self.only_strings(key, items)),
            _ => self.wrong(key, &value, "a string or a list of strings"),
        }
    }

    /// A table.
    #[must_use]
    pub fn table(&self, key: &'d str) -> Option<Table<'d>> {
        let value = self.value(key)?;
        match value.shape {
            Shape::Table(table) => Some(table),
            _ => self.wrong(key, &value, "a table"),
        }
    }

    /// A list of tables, `[[routes]]`; empty when the key is not set.
    #[must_use]
    pub fn tables(&self, key: &'d str) -> Vec<Table<'d>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let expected = format!("a list of tables (`[[{}]]`)", self.below(key));
        let table = |item: Value<'d>| match item.shape {
            Shape::Table(table) => Some(table),
            _ => self.wrong(key, &item, &expected),
        };
        match value.shape {
            Shape::Array(items) => items.into_iter().filter_map(table).collect(),
            _ => self.wrong(key, &value, &expected).unwrap_or_default(),
        }
    }

    /// All entries in the order of the file; every key counts as known.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry<'d>> {
        let entry = |(key, value): (&'d Spanned<DeString<'d>>, &'d Spanned<DeValue<'d>>)| Entry {
            key: key.get_ref(),
            span: key.span().into(),
            value: self.document.value(&self.below(key.get_ref()), value),
        };
        let mut entries: Vec<_> = self.inner.iter().map(entry).collect();
        entries.sort_by_key(|e| e.span.start);
        self.asked.borrow_mut().extend(entries.iter().map(|e| e.key));
        entries
    }

    /// Reports `key` when it is not set.
    pub fn require(&self, key: &'d str) {
        // Around a syntax error the key may well have been written.
        if self.has(key) || !self.document.broken.is_empty() {
            return;
        }
        let message = format!("`{}` is missing", self.below(key));
        let help = format!("add `{key} = …`");
        self.document.error(self.document.codes.missing, self.span, message, "needed here", help);
    }

    /// Reports every key that was not asked for.
    pub fn close(self) {
        self.close_with(|_| None);
    }

    /// Like [`Table::close`]; `remedy` may say something better of a key than the list of those that are known. True when all were known.
    pub fn close_with(self, remedy: impl Fn(&str) -> Option<String>) -> bool {
        let asked = self.asked.borrow();
        let mut sound = true;
        for key in self.inner.keys().filter(|key| !asked.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let mut known: Vec<_> = asked.iter().map(|k| format!("`{k}`")).collect();
            known.sort_unstable();
            known.dedup();
            let list = format!("known here: {}", known.join(", "));
            let help = remedy(name).unwrap_or_else(|| match did_you_mean(name, asked.iter().copied()) {
                Some(guess) => format!("{guess} {list}"),
                None => list,
            });
            let message = format!("`{}` is not a key that is understood", self.below(name));
            self.document.error(self.document.codes.unknown, key.span().into(), message, "unknown key", help);
            sound = false;
        }
        sound
    }

    /// `tables.x` and `columns` give `tables.x.columns`.
    #[must_use]
    pub fn below(&self, key: &str) -> String {
        let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let key = if bare { key.to_owned() } else { format!("{key:?}") };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    /// Reports that `value` should be `expected`.
    pub fn wrong<T>(&self, key: &str, value: &Value<'_>, expected: &str) -> Option<T> {
        let message = format!("`{}` should be {expected}, and is {}", self.below(key), value.shape.name());
        let document = self.document;
        document.report(
            Diagnostic::error(document.codes.wrong_type, message)
                .at(document.source, value.span)
                .label(format!("expected {expected}")),
        );
        None
    }

    fn only_strings(&self, key: &str, items: Vec<Value<'d>>) -> Vec<Text<'d>> {
        let text = |item: Value<'d>| match item.shape {
            Shape::String(text) => Some(text),
            _ => self.wrong(key, &item, "a list of strings"),
        };
        items.into_iter().filter_map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Codes;
    use super::*;
    use crate::text::diagnostic::{Source, render};

    const CODES: Codes = Codes { syntax: "T1", duplicate: "T2", unknown: "T3", wrong_type: "T4", missing: "T5" };

    fn read(text: &str, with: impl FnOnce(Table<'_>)) -> Vec<Diagnostic> {
        let source = Source { name: "t.toml".into(), text: text.into() };
        let document = Document::parse(&source, CODES);
        with(document.root());
        document.finish()
    }

    fn codes(findings: &[Diagnostic]) -> Vec<(&'static str, usize)> {
        findings.iter().map(|f| (f.code, f.line_column().map_or(0, |p| p.0))).collect()
    }

    #[test]
    fn getters_give_values_and_say_what_is_wrong_with_the_others() {
        let text = "a = 1\nb = true\nc = 'x'\nd = ['p', 2]\ne = {}\nf = [[]]\ng = 0x1F\nh = 99999999999999999999\n";
        let findings = read(text, |root| {
            assert_eq!(root.integer("a").map(|v| v.value), Some(1));
            assert_eq!(root.boolean("b").map(|v| v.value), Some(true));
            assert_eq!(root.string("c").map(|v| v.value), Some("x"));
            assert_eq!(root.strings("d").map(|v| v.len()), Some(1));
            assert!(root.table("e").is_some());
            assert!(root.tables("f").is_empty());
            assert_eq!(root.integer("g").map(|v| v.value), Some(31));
            assert!(root.integer("h").is_none());
            assert!(root.string("a").is_none() && root.boolean("c").is_none() && root.table("a").is_none());
            assert!(root.required_string("absent").is_none());
            root.close();
        });
        let expected = [("T5", 1), ("T4", 1), ("T4", 1), ("T4", 3), ("T4", 4), ("T4", 6), ("T4", 8)];
        assert_eq!(codes(&findings), expected, "{}", render(&findings, false));
    }

    #[test]
    fn keys_that_nobody_asked_for_are_reported_with_the_nearest_known_one() {
        let findings = read("[listen]\npostgers = 'x'\n\"a b\" = 1\n", |root| {
            let listen = root.table("listen").expect("is there");
            assert!(listen.string("postgres").is_none() && listen.string("admin").is_none());
            listen.close();
            root.close();
        });
        assert_eq!(codes(&findings), [("T3", 2), ("T3", 3)]);
        assert_eq!(findings[0].help.as_deref(), Some("did you mean `postgres`? known here: `admin`, `postgres`"));
        assert_eq!(findings[1].message, "`listen.\"a b\"` is not a key that is understood");
    }

    #[test]
    fn several_syntax_errors_and_the_findings_of_the_lines_that_are_whole() {
        let findings = read("a = \nb = 'x\nc = 1\nc = 2\nd = 5\n", |root| {
            assert!(root.string("a").is_none_or(|a| a.value.is_empty()));
            let _ = (root.value("b"), root.value("c"), root.string("d"));
            root.require("absent");
            root.close();
        });
        assert_eq!(codes(&findings), [("T1", 1), ("T1", 2), ("T2", 4), ("T4", 5)], "{}", render(&findings, false));
    }
}
