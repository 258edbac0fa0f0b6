//! The declarative mapping: which legacy name means what in the current schema.
//!
//! A [`Mapping`] is the checked content of one TOML file ([`file`]) and of those that it extends ([`packs`]). It knows nothing of a catalog; what a legacy name means
//! in a given database is decided by `rewrite::World`. No IO here.

pub mod codes;
mod column;
mod compose;
mod constant;
mod decimal;
pub mod file;
mod filter;
mod json_path;
pub mod merge;
mod names;
pub mod packs;
mod query;
mod references;
pub mod shadow;
mod table;
mod template;
pub mod type_name;
mod values;
mod whole;
mod write;
mod zone;

use std::sync::Arc;

pub use constant::is_value;
pub use decimal::Decimal;
pub use file::parse;
pub use merge::merge;
pub use query::Query;
pub use values::Pair;
pub use write::{BigQuery, VALUE, Write};

use crate::text::toml::locate;
use crate::text::{Span, diagnostic::Source};

/// One mapping file.
#[derive(Clone, PartialEq, Debug)]
pub struct Mapping {
    /// `[mapping] name`.
    pub name: Arc<str>,
    /// Where unqualified tables live; `public` unless told.
    pub schema: String,
    /// The time zone in which a timestamp has its day; `UTC` unless told.
    pub zone: String,
    /// In which naming the server's catalogs are shown.
    pub introspection: Introspection,
    /// Tables by legacy name.
    pub tables: Vec<Table>,
    /// `[columns]`: legacy columns of any table that has what they read and nothing of their name.
    pub columns: Vec<Column>,
    /// The file, for findings that only a catalog can make.
    pub source: Source,
    /// The files that it extends, those that win later.
    pub packs: Vec<Source>,
}

/// What the server's catalogs show of the mapped tables.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Introspection {
    /// The tables as they are.
    Current,
    /// Under each legacy name what `SELECT *` gives of it, in the place of what the table is now.
    #[default]
    Legacy,
    /// The tables as they are, and the legacy names beside them.
    Both,
}

/// `[tables.<legacy>]`.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    /// The name that services use.
    pub legacy: Arc<str>,
    /// The name that the warehouse has; the same when only columns changed.
    pub current: String,
    /// What `SELECT *` gives; none means the default of the contract.
    pub star: Option<Star>,
    /// The legacy columns in the legacy order.
    pub layout: Option<Vec<String>>,
    /// Which rows of the current table are the legacy one's; none means all.
    pub filter: Option<Template>,
    /// The query that the legacy table is now; then it has no current name but its own, and no columns here.
    pub query: Option<Query>,
    /// The INSERT that a row of such a table fans out to: kept, statements do not use it.
    pub insert: Option<String>,
    /// What another dialect reads.
    pub bigquery: Option<BigQuery>,
    /// The mapping wins over a real table of the legacy name.
    pub override_real: bool,
    /// Legacy columns.
    pub columns: Vec<Column>,
    /// The last file that says something of it.
    pub source: Source,
    /// The key in that file.
    pub span: Span,
}

/// What `SELECT *` gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Star {
    /// Exactly the legacy columns.
    Legacy,
    /// The current columns, untouched.
    Physical,
    /// The current columns, then the legacy names.
    Both,
}

/// One legacy column.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// The name that services use.
    pub legacy: Arc<str>,
    /// What it means now.
    pub kind: Kind,
    /// The declared legacy type in its canonical spelling ([`type_name`]), which is that of a catalog.
    pub type_name: Option<String>,
    /// The mapping wins over a real column of the legacy name.
    pub override_real: bool,
    /// Comparisons whose condition over current columns the author gives.
    pub filters: Vec<Filter>,
    /// What a write sets, for an expression: kept, statements do not use it.
    pub writes: Vec<Write>,
    /// What another dialect reads.
    pub bigquery: Option<BigQuery>,
    /// The file that says so.
    pub source: Source,
    /// The key in that file.
    pub span: Span,
}

/// A comparison with a legacy column, and the condition over current columns that says the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    /// The comparison.
    pub test: Test,
    /// The condition; it stands in parentheses wherever it is put.
    pub condition: Template,
    /// The key in the file.
    pub span: Span,
}

/// What a [`Filter`] answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Test {
    /// `= 4`
    Compare(Comparison, Literal),
    /// `IS NULL`
    IsNull,
    /// `IS NOT NULL`
    IsNotNull,
}

/// An operator that compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A literal of SQL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Literal {
    /// Its digits as they were written, with a sign when it has one.
    Number(String),
    /// The value of a string.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
}

/// What a legacy column means in the current schema.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// Another column.
    Rename {
        /// The current column.
        column: String,
    },
    /// The day of a timestamp, in the mapping's zone.
    Date {
        /// The current column.
        column: String,
    },
    /// A number: `column × factor + offset`.
    Linear {
        /// The current column.
        column: String,
        /// None is one; never zero.
        factor: Option<Decimal>,
        /// None is zero.
        offset: Option<Decimal>,
    },
    /// A value under another name; what the map does not have is read as it is.
    Values {
        /// The current column.
        column: String,
        /// No two have the same current value.
        values: Vec<Pair>,
    },
    /// A value inside of a JSON document.
    Json {
        /// The current column, `json` or `jsonb`.
        column: String,
        /// Keys and indexes from the root.
        path: Vec<String>,
    },
    /// Always the same.
    Constant(Constant),
    /// An expression over current columns.
    Expression(Template),
}

/// A constant as TOML has it.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    /// `text` unless a type is declared.
    Text(String),
    /// `integer`, or `bigint` when it does not fit.
    Integer(i64),
    /// `double precision`.
    Float(f64),
    /// `boolean`.
    Boolean(bool),
}

/// SQL over current columns, cut at the column references, so that each can be qualified with the alias at hand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Template {
    /// Text and columns in turn.
    pub pieces: Vec<Piece>,
}

/// A part of a [`Template`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// SQL as it stands.
    Text(String),
    /// A current column, unquoted name.
    Column(String),
}

impl Kind {
    /// The word for it in metrics and explanations.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Rename { .. } => "rename",
            Self::Date { .. } => "date",
            Self::Linear { .. } => "factor",
            Self::Values { .. } => "values",
            Self::Json { .. } => "json",
            Self::Constant(_) => "constant",
            Self::Expression(_) => "expression",
        }
    }

    /// The current columns that it reads.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let (one, template) = match self {
            Self::Rename { column }
            | Self::Date { column }
            | Self::Linear { column, .. }
            | Self::Values { column, .. }
            | Self::Json { column, .. } => (Some(column.as_str()), None),
            Self::Constant(_) => (None, None),
            Self::Expression(template) => (None, Some(template)),
        };
        one.into_iter().chain(template.into_iter().flat_map(Template::columns))
    }
}

impl Template {
    /// The current columns in it, as often as it names them.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Column(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }
}

impl Introspection {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Legacy, Self::Current, Self::Both];

    /// What a mapping calls it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Current => "current",
            Self::Both => "both",
        }
    }
}

impl Mapping {
    /// Where the value at a path of keys stands; the nearest thing above it that does. Of several files the one that has more of the path
    /// is right, and of those the last, which wins.
    #[must_use]
    pub fn place(&self, path: &[&str]) -> Option<(&Source, Span)> {
        let files = self.packs.iter().chain([&self.source]);
        let found = files.filter_map(|source| locate(source, path).map(|(depth, span)| (depth, source, span)));
        found.max_by_key(|(depth, ..)| *depth).map(|(_, source, span)| (source, span))
    }
}

impl Column {
    /// Where the value at a path of keys stands in its file.
    #[must_use]
    pub fn place(&self, path: &[&str]) -> (&Source, Span) {
        (&self.source, locate(&self.source, path).map_or(self.span, |(_, span)| span))
    }

    /// True when both say the same, wherever they stand.
    #[must_use]
    pub fn says_as(&self, other: &Self) -> bool {
        let mut moved = other.clone();
        (moved.source, moved.span) = (self.source.clone(), self.span);
        moved.filters.iter_mut().zip(&self.filters).for_each(|(moved, own)| moved.span = own.span);
        moved.writes.iter_mut().zip(&self.writes).for_each(|(moved, own)| moved.span = own.span);
        moved == *self
    }
}

impl Table {
    /// The entry of a table that has none: nothing about it is legacy but `[columns]`.
    #[must_use]
    pub fn unlisted(name: &str) -> Self {
        Self {
            legacy: name.into(),
            current: name.to_owned(),
            star: Some(Star::Physical),
            layout: None,
            filter: None,
            query: None,
            insert: None,
            bigquery: None,
            override_real: false,
            columns: Vec::new(),
            source: Source { name: "".into(), text: "".into() },
            span: Span::default(),
        }
    }

    /// The legacy column of that name.
    #[must_use]
    pub fn column(&self, legacy: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.legacy.as_ref() == legacy)
    }
}
