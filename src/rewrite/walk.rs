//! The walk over one statement: what it collects, and how a reference becomes an edit.
//!
//! The same walk runs twice: over the client's text in legacy names, collecting edits, and over the spliced text in current
//! names, where it only says to what each reference binds ([`super::verify`] compares). The tree is walked by
//! `query`, `from`, `clause` and `expr`, which add methods to [`Walk`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::Context;
use super::derived::Shaped;
use super::introspect::CatalogsAre;
use super::literals::Reads;
use super::meaning::{Filled, Replacement};
use super::plan::Use;
use super::rows::Rows;
use super::scope::{Columns, Env, Found, Naming, Source};
use super::world::{Table, World};
use crate::mapping::Piece;
use crate::sql::names;
use crate::sql::token::Token;
use crate::text::{Edit, Edits, Span};

/// Why a statement is not sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// Five characters.
    pub sqlstate: &'static str,
    /// What.
    pub message: String,
    /// What now.
    pub hint: Option<String>,
    /// The byte of the text it is about.
    pub at: Option<usize>,
    /// True when only our understanding ends here: a statement that names nothing legacy may still go on as it came.
    pub only_not_understood: bool,
}

/// The outcome of a step of the walk.
pub type Walked<T = ()> = Result<T, Refused>;

/// To what a reference binds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bound<'w> {
    /// A column of the source with that number.
    Column(usize, Cow<'w, str>),
    /// The whole row of the source with that number.
    Row(usize),
    /// An output label of its own select list.
    Label(Cow<'w, str>),
    /// Nothing that is known.
    Nothing,
}

impl Bound<'_> {
    /// The same when `by` more sources stand before its own.
    pub(super) fn moved(&self, by: usize) -> Bound<'_> {
        match self {
            Self::Column(source, name) => Bound::Column(by + source, name.as_ref().into()),
            Self::Row(source) => Bound::Row(by + source),
            Self::Label(name) => Bound::Label(name.as_ref().into()),
            Self::Nothing => Bound::Nothing,
        }
    }
}

/// A place that is only known once the edits are applied: `offset` bytes into the edit at `span`, or a byte of the source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// A byte that no edit covers.
    Source(usize),
    /// A byte of the text that replaces `span`.
    Edit {
        /// The edit's span.
        span: Span,
        /// Bytes into its text.
        offset: usize,
    },
}

/// An edit, and why: for `rewrite --explain`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// The edit's span in the source.
    pub span: Span,
    /// The rule, in words.
    pub rule: &'static str,
    /// The source that the name was bound to: `feedback_log as f`.
    pub scope: String,
}

/// Where an edit's name was looked up, for [`Reason`].
#[derive(Clone, Copy)]
pub(super) enum Scope<'a, 'w> {
    Source(&'a Source<'w>),
    Table(&'w Table),
    SelectList,
}

/// Where a legacy column is named.
#[derive(Clone, Copy)]
struct At {
    /// Its last part, when only that part has to change in a rename.
    name: Option<Span>,
    /// All of it.
    all: Span,
    /// True in a query below another one: a column of either may decide to which of them an aggregate belongs.
    below: bool,
}

/// A table that is named in FROM and is no CTE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Named {
    /// The byte where its name, or its schema, begins.
    pub at: usize,
    /// True when its schema is said.
    pub is_qualified: bool,
    /// True when the catalog has it.
    pub is_there: bool,
}

/// A legacy column that was replaced.
#[derive(Clone, Copy)]
pub(super) struct Read<'w> {
    /// The number of its source.
    pub source: usize,
    /// What it became.
    pub replacement: &'w Replacement,
}

impl Read<'_> {
    /// True when both are the same for the server and were two columns before.
    pub(super) fn is_twin(&self, other: &Self) -> bool {
        let (one, two) = (self.replacement, other.replacement);
        self.source == other.source && one.legacy != two.legacy && one.pieces == two.pieces
    }

    /// True when it is an expression now and both are the same column.
    pub(super) fn is_computed_as(&self, other: &Self) -> bool {
        let (one, two) = (self.replacement, other.replacement);
        self.source == other.source && one.legacy == two.legacy && one.renamed().is_none()
    }
}

/// What a part of the walk has met.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Part {
    /// Of [`Walk::read`].
    pub read: Range<usize>,
    /// Of [`Walk::bound`].
    pub bound: Range<usize>,
}

/// One walk over one statement.
pub struct Walk<'w> {
    pub(super) world: &'w World,
    pub(super) context: &'w Context,
    pub(super) naming: Naming,
    pub(super) source: &'w str,
    pub(super) tokens: &'w [Token],
    /// What becomes of the text.
    pub edits: Edits,
    /// What each numbered source is: a relation of the current schema, or nothing that has a name there.
    pub relations: Vec<(usize, &'w str, &'w str)>,
    /// What each reference binds to, in the text after the edits.
    pub bound: Vec<(Place, Bound<'w>)>,
    /// The output columns of the statement, when it has any and they are known.
    pub output: Option<Vec<Rc<str>>>,
    /// Legacy names that were rewritten.
    pub uses: BTreeSet<Use>,
    /// Why each edit was made, when somebody wants to know.
    pub reasons: Option<Vec<Reason>>,
    /// The tables in FROM, when somebody wants to know.
    pub(super) named: Option<Vec<Named>>,
    /// True while the stars of a query below another one are spelled out, see [`At::below`].
    pub(super) is_below: bool,
    /// Starts of references that no longer end in the client's own name.
    pub(super) replaced: BTreeSet<usize>,
    /// The legacy columns in the order of the walk.
    pub(super) read: Vec<Read<'w>>,
    pub(super) sources: usize,
    /// The literals that it has read.
    pub literals: Reads,
    /// Where the tables are named that stand in their legacy shape, each with the columns that it has beyond those of `*`.
    pub(super) shaped: Shaped,
    /// Those that should.
    pub(super) wanted: Shaped,
    /// How the server's catalogs are read.
    pub(super) catalogs: CatalogsAre,
    /// Where oids begin that the client gets as names of tables.
    pub(super) printing: BTreeSet<usize>,
    /// What is said inside of those once more, by the same places.
    pub(super) filters: BTreeMap<usize, Vec<Vec<Piece>>>,
    /// What should be.
    pub(super) wanted_filters: BTreeMap<usize, Vec<Vec<Piece>>>,
    /// True while what WHERE says of tables in their legacy shape is looked for.
    pub(super) looks_through: bool,
    /// The tokens of the CTE that is walked, all of them outside of one.
    pub(super) within: Range<usize>,
    /// True where no row is written out.
    pub(super) keeps_rows: bool,
    /// The legacy columns of each subquery in an expression, as ranges of `read`.
    pub(super) below: Vec<Range<usize>>,
}

impl Scope<'_, '_> {
    fn describe(self) -> String {
        match self {
            Self::Source(source) => describe(source),
            Self::Table(table) => table.legacy.to_string(),
            Self::SelectList => "select list".into(),
        }
    }
}

/// What `RevalidateCachedQuery` of the server says. pgx looks at the message, other drivers at the routine.
pub const STALE: &str = "cached plan must not change result type";
/// Why it is said here.
pub const STALE_HINT: &str =
    "exonym rewrote this statement for another search path or set of temporary tables; prepare it again";

impl Refused {
    /// A construct that this version does not understand over a mapped table.
    pub fn not_understood(what: impl Into<String>, at: Option<usize>) -> Self {
        Self {
            sqlstate: "0A000",
            message: format!("{} is not understood by exonym over a mapped table", what.into()),
            hint: Some("write the statement in current names, or without this construct".into()),
            at,
            only_not_understood: true,
        }
    }

    /// A construct that shows the columns of a mapped table as they are now, whatever is named in the statement.
    pub fn unsupported(what: impl Into<String>, at: Option<usize>) -> Self {
        Self { only_not_understood: false, ..Self::not_understood(what, at) }
    }

    /// A statement that executes a prepared one which would be another one now.
    pub fn stale() -> Self {
        Self::unsure(STALE, STALE_HINT, None)
    }

    /// A statement whose meaning is not certain.
    pub fn unsure(message: impl Into<String>, hint: impl Into<String>, at: Option<usize>) -> Self {
        let (message, hint) = (message.into(), Some(hint.into()));
        Self { sqlstate: "0A000", message, hint, at, only_not_understood: false }
    }
}

impl<'w> Walk<'w> {
    /// A walk over the statement that `tokens` of `source` are.
    pub fn new(world: &'w World, context: &'w Context, naming: Naming, source: &'w str, tokens: &'w [Token]) -> Self {
        Self {
            world,
            context,
            naming,
            source,
            tokens,
            edits: Edits::new(),
            relations: Vec::new(),
            // A reference takes some four tokens, with what joins it to the next.
            bound: Vec::with_capacity(tokens.len() / 4),
            output: None,
            uses: BTreeSet::new(),
            reasons: None,
            named: None,
            is_below: false,
            replaced: BTreeSet::new(),
            read: Vec::new(),
            sources: 0,
            literals: Reads::default(),
            shaped: Shaped::new(),
            wanted: Shaped::new(),
            catalogs: CatalogsAre::default(),
            printing: BTreeSet::new(),
            filters: BTreeMap::new(),
            wanted_filters: BTreeMap::new(),
            looks_through: false,
            within: 0..tokens.len(),
            keeps_rows: false,
            below: Vec::new(),
        }
    }

    /// A walk over the same statement, with the tables in their legacy shape that this one asked for; none when it asked for no more.
    pub(super) fn again(&self) -> Option<Self> {
        let mut shaped = self.shaped.clone();
        for (at, columns) in &self.wanted {
            shaped.entry(*at).or_default().extend(columns.iter().cloned());
        }
        if shaped == self.shaped && self.wanted_filters == self.filters {
            return None;
        }
        let (reasons, literals) = (self.reasons.as_ref().map(|_| Vec::new()), self.literals.clone());
        let filters = self.wanted_filters.clone();
        Some(Self {
            reasons,
            literals,
            catalogs: self.catalogs,
            shaped,
            filters,
            ..Self::new(self.world, self.context, self.naming, self.source, self.tokens)
        })
    }

    /// What was walked since then.
    pub(super) fn since(&self, (read, bound): (usize, usize)) -> Part {
        Part { read: read..self.read.len(), bound: bound..self.bound.len() }
    }

    /// Where the walk is, for [`Walk::since`].
    pub(super) fn now(&self) -> (usize, usize) {
        (self.read.len(), self.bound.len())
    }

    /// A stored name, borrowed from the text where it stands there as it is stored.
    fn stored(&self, name: &str, span: Span) -> Cow<'w, str> {
        let written = span.text(self.source);
        if written == name { Cow::Borrowed(written) } else { Cow::Owned(name.to_owned()) }
    }

    /// The number of the next source, the same in both walks.
    pub(super) fn next_source(&mut self) -> usize {
        self.sources += 1;
        self.sources
    }

    /// The token that begins at that byte.
    pub(super) fn token_at(&self, byte: usize) -> Option<usize> {
        self.tokens.binary_search_by_key(&byte, |t| t.span.start).ok()
    }

    /// Adds an edit; two over the same bytes refuse the statement.
    pub(super) fn edit(&mut self, span: Span, text: String, rule: &'static str, scope: Scope<'_, 'w>) -> Walked {
        let glued = self.source[span.end..].starts_with(is_word) && text.ends_with(is_word);
        let text = if glued { text + " " } else { text };
        let overlap = |_| {
            let message = "two rewrites of this statement overlap";
            Refused::unsure(message, "please report the statement: this is a bug in exonym", Some(span.start))
        };
        self.edits.push(Edit { span, text }).map_err(overlap)?;
        if let Some(reasons) = &mut self.reasons {
            reasons.push(Reason { span, rule, scope: scope.describe() });
        }
        Ok(())
    }

    /// `name`, unqualified, at `span`.
    pub(super) fn name(&mut self, name: &str, span: Span, rows: Rows, env: &Env<'_, 'w>) -> Walked {
        let found = env.name(name);
        match found {
            Found::Mapped(source, ..) | Found::Qualify(source) if self.shape_unreachable(&source, name, env) => Ok(()),
            Found::Mapped(source, table, index) => {
                reachable(&source, name, span, env)?;
                let at = At { name: Some(span), all: span, below: !env.here.holds(&source) || env.outer.is_some() };
                self.replace(&source, table, index, at)
            }
            Found::Qualify(source) => {
                reachable(&source, name, span, env)?;
                let mut filled = Filled::default();
                filled.push_column(&qualifier(&source), self.stored(name, span));
                self.fill(&source, filled, span, "the current schema has a second column of this name")
            }
            Found::Row(source) => self.row(&source, rows, span),
            Found::Nothing => match env.withheld(None, name) {
                Some(source) => self.shape_withheld(&source, name, span.start),
                None => self.unedited(Found::Nothing, name, span),
            },
            Found::TwoReadings if self.shape_current(name, env) => Ok(()),
            other => self.unedited(other, name, span),
        }
    }

    /// `source.column` or `schema.source.column`; `parts` are (name, span).
    pub(super) fn qualified(&mut self, parts: &[(Cow<'_, str>, Span)], env: &Env<'_, 'w>) -> Walked {
        let (schema, source, column) = match parts {
            [source, column] => (None, source, column),
            [.., schema, source, column] => (Some(schema), source, column),
            _ => return Ok(()),
        };
        let all = parts[0].1.to(column.1);
        let found = env.qualified(schema.map(|s| s.0.as_ref()), &source.0, &column.0);
        match found {
            Found::Mapped(source, table, index) => {
                // With the table renamed, `public.customers.city` has no longer a relation of that name to refer to.
                let whole = schema.is_some() && table.is_renamed();
                let name = if whole { None } else { Some(column.1) };
                let at = At { name, all, below: !env.here.holds(&source) || env.outer.is_some() };
                self.replace(&source, table, index, at)
            }
            Found::Plain(found) if schema.is_some() && found.has_lost_its_schema() => {
                self.count_shaped(&found, &column.0);
                let mut filled = Filled::default();
                filled.push_column(&qualifier(&found), self.stored(&column.0, column.1));
                self.fill(&found, filled, all, "a renamed table is known by its alias only")
            }
            Found::Nothing => match env.withheld(Some((schema.map(|s| s.0.as_ref()), &source.0)), &column.0) {
                Some(source) => self.shape_withheld(&source, &column.0, all.start),
                None => self.unedited(Found::Nothing, &column.0, all),
            },
            other => self.unedited(other, &column.0, all),
        }
    }

    /// Replaces a legacy column.
    fn replace(&mut self, source: &Source<'w>, table: &'w Table, index: usize, at: At) -> Walked {
        let At { name, all, below } = at;
        let start = all.start;
        let replacement = &table.replacements[index];
        self.note(source, table, replacement, start)?;
        self.replaced.insert(start);
        match (replacement.renamed(), name) {
            (Some(current), Some(name)) if name != all => {
                self.bound.push((Place::Source(start), Bound::Column(source.number, Cow::Borrowed(current))));
                self.edit(name, names::quote(current).into_owned(), replacement.kind, Scope::Source(source))
            }
            _ => {
                // `sum(o.x * s.version)` is an aggregate of the innermost query that `o` or `s` belongs to, and a bare constant is of
                // none: it would become one of a query further out.
                let guarded = source.nullable || (below && replacement.is_constant());
                let filled = replacement.fill(&qualifier(source), guarded.then_some(&table.presence));
                self.fill(source, filled, all, replacement.kind)
            }
        }
    }

    /// Replaces all of what reads a legacy column.
    pub(super) fn replace_all(
        &mut self,
        source: &Source<'w>,
        table: &'w Table,
        index: usize,
        all: Span,
        env: &Env<'_, 'w>,
    ) -> Walked {
        let below = !env.here.holds(source) || env.outer.is_some();
        self.replace(source, table, index, At { name: None, all, below })
    }

    /// Remembers that a legacy column is read there.
    pub(super) fn note(
        &mut self,
        source: &Source<'w>,
        table: &'w Table,
        replacement: &'w Replacement,
        at: usize,
    ) -> Walked {
        self.reads_alike(replacement, at)?;
        self.count_column(table, replacement);
        self.read.push(Read { source: source.number, replacement });
        Ok(())
    }

    /// Counts a legacy column.
    pub(super) fn count_column(&mut self, table: &Table, replacement: &Replacement) {
        self.count(table, replacement.legacy.clone(), replacement.kind, replacement.became.clone());
    }

    /// Counts a name of a mapped table that is rewritten.
    pub(super) fn count(&mut self, table: &Table, column: Arc<str>, kind: &'static str, became: Arc<str>) {
        let (mapping, table) = (table.mapping.clone(), table.legacy.clone());
        self.uses.insert(Use { mapping, table, column, kind, became });
    }

    /// A replacement was written for `standard_conforming_strings`; without it, a backslash in its strings means another thing.
    pub(super) fn reads_alike(&self, replacement: &Replacement, at: usize) -> Walked {
        if self.context.standard_conforming_strings || !replacement.needs_conforming_strings() {
            return Ok(());
        }
        let message = format!("`{}` holds a backslash, which means another thing in this session", replacement.legacy);
        Err(Refused::unsure(message, "set standard_conforming_strings to on", Some(at)))
    }

    /// Puts a filled text in the place of `span`.
    fn fill(&mut self, source: &Source<'w>, filled: Filled<'w>, span: Span, rule: &'static str) -> Walked {
        let references = filled.references.into_iter().map(|(offset, column)| (offset, column, source.number));
        self.splice_in(references, filled.text, span, rule, Scope::Source(source))
    }

    /// Puts `text`, with the references in it, in the place of `span`; apart from the words around it.
    pub(super) fn splice_in(
        &mut self,
        references: impl Iterator<Item = (usize, Option<Cow<'w, str>>, usize)>,
        text: String,
        span: Span,
        rule: &'static str,
        scope: Scope<'_, 'w>,
    ) -> Walked {
        let bound = references.map(|(offset, column, number)| {
            (offset, column.map_or(Bound::Row(number), |column| Bound::Column(number, column)))
        });
        self.splice_bound(bound, text, span, rule, scope)
    }

    /// The same with what each reference binds to.
    pub(super) fn splice_bound(
        &mut self,
        references: impl IntoIterator<Item = (usize, Bound<'w>)>,
        text: String,
        span: Span,
        rule: &'static str,
        scope: Scope<'_, 'w>,
    ) -> Walked {
        // `SELECT*FROM t` and `SELECT"a"FROM t` need no space between the words, what replaces them does.
        let glued = self.source[..span.start].ends_with(is_word) && text.starts_with(|c| is_word(c) || c == '"');
        let (text, shift) = if glued { (format!(" {text}"), 1) } else { (text, 0) };
        for (offset, bound) in references {
            self.bound.push((Place::Edit { span, offset: offset + shift }, bound));
        }
        self.edit(span, text, rule, scope)
    }

    /// A reference whose text stays, or which cannot be decided.
    pub(super) fn unedited(&mut self, found: Found<'w>, name: &str, span: Span) -> Walked {
        let at = Some(span.start);
        match found {
            Found::Plain(source) => {
                self.reads_catalog(&source, name, at)?;
                self.count_shaped(&source, name);
                self.bound.push((Place::Source(span.start), Bound::Column(source.number, self.stored(name, span))));
                Ok(())
            }
            Found::Ambiguous => Err(Refused {
                sqlstate: "42702",
                message: format!("column reference \"{name}\" is ambiguous"),
                hint: None,
                at,
                only_not_understood: false,
            }),
            Found::Broken(table, missing) => Err(Refused {
                sqlstate: "42703",
                message: format!(
                    "column \"{}.{name}\" is mapped to `{}.{missing}`, which does not exist",
                    table.legacy, table.current
                ),
                hint: Some("correct the mapping; `exonym check` lists all such columns".into()),
                at,
                only_not_understood: false,
            }),
            Found::TwoReadings => Err(Refused::unsure(
                format!("`{name}` is one column in the legacy naming and another one in the current naming"),
                "qualify it with its table",
                at,
            )),
            Found::Obscured(source) => Err(obscured(&source, name, at)),
            Found::Unseen(_) | Found::Nothing | Found::Mapped(..) | Found::Qualify(_) | Found::Row(_) => {
                self.bound.push((Place::Source(span.start), Bound::Nothing));
                Ok(())
            }
        }
    }

    /// Records a reference to an output label.
    pub(super) fn label(&mut self, name: &str, span: Span) {
        self.bound.push((Place::Source(span.start), Bound::Label(self.stored(name, span))));
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// The source's own name as SQL.
pub(super) fn qualifier(source: &Source<'_>) -> String {
    source.name.as_ref().map_or_else(String::new, |name| names::quote(name).into_owned())
}

/// An emitted name is qualified; where the alias means another source, it would be captured.
fn reachable(source: &Source<'_>, name: &str, span: Span, env: &Env<'_, '_>) -> Walked {
    if env.reaches(source) {
        return Ok(());
    }
    let message = format!("`{name}` belongs to `{}`, and a nearer table has that name too", describe(source));
    Err(Refused::unsure(message, "give one of the two tables another alias", Some(span.start)))
}

fn describe(source: &Source<'_>) -> String {
    let name = source.name.as_deref().unwrap_or("?");
    match source.mapped() {
        Some(table) if table.legacy.as_ref() != name => format!("{} as {name}", table.legacy),
        _ => name.to_owned(),
    }
}

fn obscured(source: &Source<'_>, name: &str, at: Option<usize>) -> Refused {
    if let Columns::Missing { relation, at } = &source.columns {
        return Refused {
            sqlstate: "42P01",
            message: format!("relation \"{relation}\" does not exist"),
            hint: Some("exonym's catalog does not have it (yet); the catalog is read again now".into()),
            at: *at,
            only_not_understood: false,
        };
    }
    let message = format!("whether `{name}` is a column of `{}` is not known", describe(source));
    Refused::unsure(message, "qualify it with its table", at)
}
