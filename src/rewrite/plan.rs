//! The decision for one text: what is sent to the server instead, and everything needed to make its answers look right.
//!
//! A [`Plan`] is pure and shared: the same text in the same world gives the same plan, whoever asks.

use std::sync::Arc;

use crate::text::{SourceMap, Span};

/// The decision for the text of one Query or Parse message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// What to send; none means the client's own bytes.
    pub sql: Option<Arc<str>>,
    /// Offsets of the client's text ↔ offsets of `sql`.
    pub map: SourceMap,
    /// One entry for each statement in the text, in order; empty when nothing in it concerns the mapping.
    pub statements: Vec<Statement>,
}

impl Plan {
    /// About so many bytes of memory, without the names that it shares with the world.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let statements: usize = self.statements.iter().map(Statement::bytes).sum();
        let sql = self.sql.as_ref().map_or(0, |sql| sql.len());
        size_of::<Self>() + sql + size_of_val(self.map.pairs()) + statements
    }
}

impl Statement {
    /// About so many bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let refusal = self.refusal.as_ref().map_or(0, |refusal| {
            refusal.message.len() + refusal.hint.as_ref().map_or(0, String::len) + refusal.marker.len()
        });
        size_of::<Self>() + size_of_val(&*self.uses) + refusal
    }
}

/// What becomes of one statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Its bytes in the client's text.
    pub span: Span,
    /// What was decided.
    pub outcome: Outcome,
    /// Each legacy name that was rewritten, once. Plans that differ in literals alone share it.
    pub uses: Arc<[Use]>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// What it does to the session's own names when it succeeds.
    pub effect: Effect,
}

/// The `outcome` label of `exonym_statements_total`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Sent as it came: it names nothing legacy.
    Unchanged,
    /// Sent with legacy names replaced.
    Rewritten,
    /// Not sent; answered with an error.
    Refused,
    /// Sent as it came, with a body in it that the proxy cannot see into.
    Opaque,
    /// Sent as it came: it could not be parsed, and no legacy name in it can go wrong.
    Unparsed,
}

impl Outcome {
    /// All of them, in label order.
    pub const ALL: [Self; 5] = [Self::Unchanged, Self::Rewritten, Self::Refused, Self::Opaque, Self::Unparsed];

    /// The label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Rewritten => "rewritten",
            Self::Refused => "refused",
            Self::Opaque => "opaque",
            Self::Unparsed => "unparsed",
        }
    }
}

/// A legacy name that a statement used. A renamed table without a column has an empty `column`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Use {
    /// `[mapping] name`.
    pub mapping: Arc<str>,
    /// Legacy table.
    pub table: Arc<str>,
    /// Legacy column, or empty for the table itself.
    pub column: Arc<str>,
    /// `rename`, `date`, `json`, `constant`, `expression`, `table`, `star`.
    pub kind: &'static str,
    /// What it became, for hints: `kwh_consumed`.
    pub became: Arc<str>,
}

/// An error that Exonym makes instead of sending a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Five characters, such as `0A000`.
    pub sqlstate: &'static str,
    /// What and where, in the style of a server message.
    pub message: String,
    /// What now.
    pub hint: Option<String>,
    /// The byte of the client's text that it is about.
    pub at: Option<usize>,
    /// The name, unique in the plan, of the relation that stands in the text sent so that the server fails in its place:
    /// its 42P01 is answered as this refusal, and order, transaction and skip-until-Sync stay the server's.
    pub marker: String,
}

/// On whose behalf a session acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identity {
    /// `ROLE`.
    Role,
    /// `SESSION AUTHORIZATION`, which also ends what `ROLE` has set.
    Session,
}

/// What a statement does to the names of its session when it succeeds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// `SET search_path = a, b` at session level.
    SearchPath(Vec<String>),
    /// `SET LOCAL search_path = a, b`: until the transaction ends.
    LocalSearchPath(Vec<String>),
    /// The search path may be anything now (`set_config`, values that are not understood).
    Unsure,
    /// The same, until the transaction ends.
    LocalUnsure,
    /// `SET ROLE`, `SET SESSION AUTHORIZATION`: which schemas of the search path count is the role's matter.
    Role {
        /// Which of the two was set.
        which: Identity,
        /// True for another role than the session began with.
        other: bool,
        /// True for SET LOCAL.
        local: bool,
    },
    /// Back to what the session began with (`RESET search_path`, `SET search_path TO DEFAULT`).
    DefaultSearchPath,
    /// Nobody could read it.
    Unread {
        /// It has words in it by which search path, role and temporary tables change.
        names: bool,
        /// It has words in it by which tables are made, changed and dropped.
        tables: bool,
    },
    /// `ROLLBACK`: what the transaction has done is taken back.
    RolledBack {
        /// Only as far as to a savepoint.
        to_savepoint: bool,
    },
    /// `DISCARD TEMP`: no temporary tables.
    DiscardTemporary,
    /// `DISCARD ALL`: search path, role, temporary tables and prepared statements as at the start.
    Discard,
    /// A temporary table of this name exists now.
    Temporary(String),
    /// The same, until the transaction ends (`ON COMMIT DROP`).
    TemporaryUntilCommit(String),
    /// A table has another name now; if it was a temporary one, it hides that name instead.
    Renamed {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// `PREPARE name AS …`: it can be executed by that name.
    Prepared(String),
    /// A table or view was made without saying that it is temporary: in a search path with `pg_temp` it may be, and a view is when
    /// what it reads is.
    Created {
        /// Its name, which had no schema.
        name: String,
        /// True for a view.
        view: bool,
    },
    /// Tables of these names are gone; the temporary ones among them hide nothing any more.
    Dropped {
        /// Their names.
        names: Vec<String>,
        /// What depended on them is gone, too, and nobody here knows what that was.
        cascade: bool,
    },
}
