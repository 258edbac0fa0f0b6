//! TOML with places: typed getters over a recovering parser, which collect every finding of a file instead of stopping at the first.
//!
//! ```text
//! text ── Document::parse ── root() ── Table: string("name"), table("listen"), entries() … close() ── Document::finish() ── findings
//! ```
//!
//! A key is known to a [`Table`] once it was asked for; [`Table::close`] reports the others with a did-you-mean. What the values mean
//! is the caller's business: a mapping (`mapping::file`) or a configuration (`config::file`). Nothing here reads a file.

mod literal;
mod table;

use std::cell::RefCell;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::Source;
use super::{Diagnostic, Severity, Span};

pub use table::{Entry, Table};

/// The codes under which a reader's own findings go: `M…` for mappings, `C…` for the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Codes {
    /// Not TOML.
    pub syntax: &'static str,
    /// A key that stands twice in its table.
    pub duplicate: &'static str,
    /// A key that nobody asked for.
    pub unknown: &'static str,
    /// A value of another type than the key has.
    pub wrong_type: &'static str,
    /// A key that must be there and is not.
    pub missing: &'static str,
}

/// A parsed text and what was found wrong with it.
#[derive(Debug)]
pub struct Document<'t> {
    source: &'t Source,
    codes: Codes,
    root: Spanned<DeTable<'t>>,
    /// Places of syntax errors: what was recovered around them is a guess, and so would be every further finding there.
    broken: Vec<Span>,
    findings: RefCell<Vec<Diagnostic>>,
}

/// A value of any type.
#[derive(Debug)]
pub struct Value<'d> {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub shape: Shape<'d>,
}

/// The types of TOML.
#[derive(Debug)]
pub enum Shape<'d> {
    /// A string.
    String(Text<'d>),
    /// An integer of 64 bits.
    Integer(i64),
    /// A float.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A list.
    Array(Vec<Value<'d>>),
    /// A table, inline or with a header.
    Table(Table<'d>),
    /// A date, a time, or both.
    Datetime(String),
    /// A number that does not fit into 64 bits.
    TooBig(String),
}

/// A string of a file, with the place of each of its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Text<'d> {
    /// The string, escapes resolved.
    pub value: &'d str,
    /// The literal, quotes included.
    pub span: Span,
    source: &'d Source,
}

/// Any other value with its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<'t> Document<'t> {
    /// Parses `source`; syntax errors become findings and everything that could be recovered can be read.
    #[must_use]
    pub fn parse(source: &'t Source, codes: Codes) -> Self {
        let (root, errors) = DeTable::parse_recoverable(&source.text);
        let document = Self { source, codes, root, broken: Vec::new(), findings: RefCell::default() };
        let end = source.text.len();
        let mut errors: Vec<_> = errors.into_iter().map(|e| (e.span().map_or(Span::at(end), Span::from), e)).collect();
        errors.sort_by_key(|(span, _)| span.start);
        // What follows an error in its line is mostly its echo.
        errors.dedup_by_key(|(span, _)| line(&source.text, *span));
        let broken = errors.iter().map(|(span, _)| *span).collect();
        for (span, error) in errors {
            let finding = if error.message() == "duplicate key" {
                let key = span.text(&source.text);
                Diagnostic::error(codes.duplicate, format!("`{key}` stands here a second time"))
                    .label("already set above in the same table")
                    .help(
                        "remove one of them; a table that a dotted key or another header began cannot be opened again",
                    )
            } else {
                Diagnostic::error(codes.syntax, format!("not TOML: {}", error.message()))
            };
            document.report(finding.at(source, span));
        }
        Self { broken, ..document }
    }

    /// The table of the whole file.
    #[must_use]
    pub fn root(&self) -> Table<'_> {
        let start = Span::at(0);
        Table::new(self, self.root.get_ref(), String::new(), start)
    }

    /// What the places of the findings belong to.
    #[must_use]
    pub fn source(&self) -> &'t Source {
        self.source
    }

    /// Adds a finding, unless it is the echo of a syntax error.
    pub fn report(&self, finding: Diagnostic) {
        let echo = finding.at.as_ref().is_some_and(|(_, span)| self.is_doubtful(*span));
        if !echo {
            self.findings.borrow_mut().push(finding);
        }
    }

    /// What was recovered at `span` may be a guess: a syntax error stands in its line, or in the header that it would be under.
    fn is_doubtful(&self, span: Span) -> bool {
        let text = &self.source.text;
        let near =
            |b: &Span| line(text, *b) == line(text, span) || header(text, *b) && line(text, *b) == section(text, span);
        // A value that is missing altogether is recovered at no place.
        !self.broken.is_empty() && (span == Span::default() || self.broken.iter().any(near))
    }

    /// Adds an error at `span`.
    pub fn error(
        &self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        label: &str,
        help: impl Into<String>,
    ) {
        self.report(Diagnostic::error(code, message).at(self.source, span).label(label).help(help));
    }

    /// True when an error was found so far.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.borrow().iter().any(|f| f.severity == Severity::Error)
    }

    /// All findings, in the order of the text.
    #[must_use]
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut findings = self.findings.into_inner();
        findings.sort_by_key(|f| f.at.as_ref().map(|(_, span)| span.start));
        findings
    }

    fn value<'d>(&'d self, path: &str, value: &'d Spanned<DeValue<'d>>) -> Value<'d> {
        let span = Span::from(value.span());
        let shape = match value.get_ref() {
            DeValue::String(text) => Shape::String(Text { value: text, span, source: self.source }),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Shape::TooBig(number.to_string()), Shape::Integer),
            DeValue::Float(number) => number
                .as_str()
                .parse()
                .ok()
                .filter(|f: &f64| !f.is_infinite() || number.as_str().contains("inf"))
                .map_or_else(|| Shape::TooBig(number.to_string()), Shape::Float),
            DeValue::Boolean(value) => Shape::Boolean(*value),
            DeValue::Datetime(value) => Shape::Datetime(value.to_string()),
            DeValue::Array(items) => Shape::Array(items.iter().map(|item| self.value(path, item)).collect()),
            DeValue::Table(inner) => Shape::Table(Table::new(self, inner, path.to_owned(), span)),
        };
        Value { span, shape }
    }
}

impl Shape<'_> {
    /// What it is, for messages.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(true) => "`true`",
            Self::Boolean(false) => "`false`",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
            Self::Datetime(_) => "a date or time",
            Self::TooBig(_) => "a number that does not fit into 64 bits",
        }
    }
}

impl Text<'_> {
    /// Where the bytes `part` of the value stand in the file, escapes and a leading newline taken into account.
    #[must_use]
    pub fn place(&self, part: Span) -> Span {
        literal::place(self.span.text(&self.source.text), self.value, part)
            .map_or(self.span, |found| Span::new(self.span.start + found.start, self.span.start + found.end))
    }
}

/// The value (or, when that is a table with a header, the key) at a path of keys, and how many of them lead there: to the deepest that
/// exists; none when not even the first does. In a list of strings a key is the string. For findings that are made after a file was read,
/// and need a place in it.
#[must_use]
pub fn locate(source: &Source, path: &[&str]) -> Option<(usize, Span)> {
    let (root, _) = DeTable::parse_recoverable(&source.text);
    let mut table = root.get_ref();
    let mut found = None;
    for (depth, key) in path.iter().enumerate() {
        let Some((key, value)) = table.get_key_value(*key) else { break };
        match value.get_ref() {
            DeValue::Table(inner) => {
                found = Some((depth + 1, key.span()));
                table = inner;
            }
            DeValue::Array(items) => {
                let wanted = path.get(depth + 1).copied();
                let item =
                    items.iter().find(|item| wanted.is_some_and(|wanted| item.get_ref().as_str() == Some(wanted)));
                return Some(item.map_or((depth + 1, value.span().into()), |item| (depth + 2, item.span().into())));
            }
            _ => return Some((depth + 1, value.span().into())),
        }
    }
    found.map(|(depth, span)| (depth, Span::from(span)))
}

fn line(text: &str, span: Span) -> usize {
    text.bytes().take(span.start).filter(|b| *b == b'\n').count()
}

/// True when `span` stands in a line that begins a table.
fn header(text: &str, span: Span) -> bool {
    text.lines().nth(line(text, span)).is_some_and(|line| line.trim_start().starts_with('['))
}

/// The line of the header that `span` stands under.
fn section(text: &str, span: Span) -> usize {
    let headers =
        text.lines().enumerate().take(line(text, span) + 1).filter(|(_, line)| line.trim_start().starts_with('['));
    headers.last().map_or(0, |(line, _)| line)
}
