//! The decision for one message of this session, and what is needed to make the server's answers fit the client's text.

use std::borrow::Cow;
use std::sync::Arc;

use super::encoding::Encoding;
use super::prepared::{self, Decided, Run};
use super::words::Hints;
use crate::rewrite::{self, Effect, Outcome, Plan, Refusal, Statement, World};
use crate::text::Span;
use crate::wire::error::{Unit, byte_of, position_of};

/// The hint names so many rewrites and counts the rest.
const NAMED: usize = 5;

/// The relation in whose place nothing exists, for refusals that need no plan.
const MARKER: &str = "exonym_refuses_this_statement";

/// A plan, and the text that it was made for.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) plan: Arc<Plan>,
    /// Where the plan's own text begins in the client's: behind the comments at its edge.
    start: usize,
    /// The text that the server got instead of the client's, as it was read.
    sent: Option<Arc<str>>,
    encoding: Encoding,
    /// The client's text; none when it is ASCII, for then bytes are characters.
    source: Option<Box<str>>,
    trap: Trap,
    /// For a statement that is prepared: what it was decided on.
    pub(super) decided: Option<Decided>,
    /// Prepared statements that it executes.
    pub(super) runs: Vec<Run>,
    /// What executing it may change, for a statement that is prepared.
    pub(super) hints: Hints,
    /// Mapped tables among it.
    pub(super) tables: Vec<Arc<str>>,
}

/// How a refused statement is made to fail in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Trap {
    /// It names a relation that does not exist.
    Marker,
    /// Its message was spoilt on the way.
    Malformed,
    /// It names a prepared statement that does not exist.
    Statement,
}

impl Planned {
    pub(super) fn new(planned: rewrite::Planned, source: &str, encoding: Encoding) -> Self {
        let sent = planned.sql(source);
        let text = (!source.is_ascii()).then(|| source.into());
        let made = Self::made(Plan::default());
        Self { plan: planned.plan, start: planned.core.start, sent, encoding, source: text, ..made }
    }

    /// A whole message that is refused without a look into it.
    pub(super) fn refused(sqlstate: &'static str, message: String, hint: &str) -> Self {
        let refusal = Refusal { sqlstate, message, hint: Some(hint.into()), at: None, marker: MARKER.into() };
        let statement = Statement { outcome: Outcome::Refused, refusal: Some(refusal), ..unread() };
        let sql = Some(format!("TABLE \"{MARKER}\"").into());
        Self::made(Plan { sql, statements: vec![statement], ..Plan::default() })
    }

    /// The same for a message that was spoilt while it streamed.
    pub(super) fn spoilt(sqlstate: &'static str, message: String, hint: &str) -> Self {
        Self { trap: Trap::Malformed, ..Self::refused(sqlstate, message, hint) }
    }

    /// A Bind or an Execute that names another statement or portal than the client said.
    pub(super) fn without_statement(refusal: Refusal) -> Self {
        let statement = Statement { outcome: Outcome::Refused, refusal: Some(refusal), ..unread() };
        Self { trap: Trap::Statement, ..Self::made(Plan { statements: vec![statement], ..Plan::default() }) }
    }

    /// A message of which no decision is to be known.
    pub(super) fn plain() -> Self {
        Self::made(Plan::default())
    }

    /// True when its text means something by the names of the session, or what it executes does.
    pub(super) fn depends_on_names(&self) -> bool {
        self.decided.is_some() || !self.runs.is_empty()
    }

    /// True when executing it may change something that statements behind it depend on.
    pub(super) fn changes_something(&self) -> bool {
        self.hints.any() || self.hints.prepares || !self.tables.is_empty()
    }

    /// True when the server reads it when it is executed, and not when it is bound.
    pub(super) fn is_read_late(&self) -> bool {
        let first = |text: &str| {
            let word = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            // Whatever stands behind a comment may be one of them.
            word.is_empty() || ["copy", "prepare", "explain"].iter().any(|w| word.eq_ignore_ascii_case(w))
        };
        !self.runs.is_empty() || self.decided.as_ref().is_some_and(|decided| first(&decided.text))
    }

    /// The statement that this text prepares under that name, as if it had come alone.
    pub(super) fn prepares(&self, world: &World, name: &str) -> Option<Self> {
        let prepares = |s: &Statement| matches!(&s.effect, Effect::Prepared(own) if own == name);
        let turn = self.plan.statements.iter().position(prepares)?;
        let statement = self.plan.statements.get(turn)?;
        let decided = self.decided.as_ref()?;
        let context = if turn == 0 {
            decided.context.clone()
        } else {
            Arc::new(rewrite::contexts(world, &decided.context, &decided.text).into_iter().nth(turn)?)
        };
        let text = decided.text.get(self.start + statement.span.start..self.start + statement.span.end)?;
        let sent = self.plan.sql.as_ref().map(|sql| {
            let at = |byte| self.plan.map.to_spliced(byte);
            let piece = at(statement.span.start).zip(at(statement.span.end)).and_then(|(a, b)| sql.get(a..b));
            // What cannot be told apart is like nothing that could be sent now.
            Arc::<str>::from(piece.unwrap_or_default())
        });
        let sent = sent.filter(|sent| **sent != *text);
        let decided = Decided { text: text.into(), sent, context, ..decided.clone() };
        let statement = Statement { effect: rewrite::effect_of_prepared(text), ..statement.clone() };
        // When it is read again, the server points into the whole text that it stood in.
        let plan = Plan { sql: self.plan.sql.clone(), map: self.plan.map.clone(), statements: vec![statement] };
        let (sent, source) = (self.sent.clone(), self.source.clone());
        let made = Self::made(Plan::default());
        Some(Self {
            plan: Arc::new(plan),
            start: self.start,
            sent,
            encoding: self.encoding,
            source,
            decided: Some(decided),
            hints: self.hints,
            ..made
        })
    }

    /// What the statement at that place of the text does to the session's names.
    pub(super) fn effect(&self, turn: usize) -> Effect {
        match self.plan.statements.as_slice() {
            // It stands for all of them.
            [Statement { effect: unread @ Effect::Unread { .. }, .. }] => unread.clone(),
            statements => statements.get(turn).map_or(Effect::None, |statement| statement.effect.clone()),
        }
    }

    /// A message that nobody could read, and that may change so much.
    pub(super) fn unread(hints: Hints) -> Self {
        let Hints { names, catalog, .. } = hints;
        let effect = if names || catalog { Effect::Unread { names, tables: catalog } } else { Effect::None };
        Self::made(Plan { statements: vec![Statement { effect, ..unread() }], ..Plan::default() })
    }

    /// The text that the server gets instead of the client's.
    pub(super) fn sent_bytes(&self) -> Option<Cow<'_, [u8]>> {
        self.sent.as_ref().map(|sent| self.encoding.write(sent))
    }

    /// True when what became of `source` can be said in the client's encoding.
    pub(super) fn can_be_written(&self, source: &str) -> bool {
        self.sent.as_ref().is_none_or(|sent| self.encoding.can_write(source, sent))
    }

    /// True when the server got another text than the client sent.
    pub(super) fn is_changed(&self) -> bool {
        self.sent.is_some()
    }

    /// True when nothing has to be known of it once it is forwarded.
    pub(super) fn is_trivial(&self) -> bool {
        let plain = |s: &Statement| s.outcome == Outcome::Unchanged && s.effect == Effect::None;
        !self.is_changed() && self.plan.statements.iter().all(plain)
    }

    /// The refusal that an error of the server stands for.
    pub(super) fn refusal(&self, sqlstate: &str, message: &[u8]) -> Option<&Refusal> {
        let mut refusals = self.plan.statements.iter().filter_map(|s| s.refusal.as_ref());
        match self.trap {
            Trap::Marker if sqlstate == "42P01" => refusals.find(|r| names(message, &r.marker)),
            // Zeros that begin inside of a character make of it none.
            Trap::Malformed if matches!(sqlstate, "08P01" | "22021") => refusals.next(),
            Trap::Statement if matches!(sqlstate, "26000" | "34000") && names(message, prepared::MARKER) => {
                refusals.next()
            }
            Trap::Marker | Trap::Malformed | Trap::Statement => None,
        }
    }

    /// What is executed at this place of the text, if all that the server can point into is the text of that.
    pub(super) fn reads_again(&self, turn: usize) -> Option<&Run> {
        self.runs.iter().find(|run| run.turn == turn && !run.arguments)
    }

    /// Where in the client's text the server's position is.
    pub(super) fn to_client(&self, unit: Unit, position: usize) -> usize {
        let Some(sent) = &self.sent else { return position };
        self.position(unit, self.to_source(byte_of(sent, unit, position)))
    }

    /// The position of a byte of the plan's own text, as refusals have it.
    pub(super) fn position_in_plan(&self, unit: Unit, byte: usize) -> usize {
        self.position(unit, self.start + byte)
    }

    /// The byte of the client's text that byte `at` of the text sent stands for.
    fn to_source(&self, at: usize) -> usize {
        at.checked_sub(self.start).map_or(at, |inside| self.start + self.plan.map.to_source(inside))
    }

    /// The position of a byte of the client's text.
    fn position(&self, unit: Unit, byte: usize) -> usize {
        match &self.source {
            Some(source) => position_of(source, unit, byte),
            None => byte + 1,
        }
    }

    /// The statement that an error is about: the one at its position, or else the one whose turn it is.
    pub(super) fn statement(&self, unit: Unit, position: Option<usize>, turn: usize) -> Option<&Statement> {
        let statements = &self.plan.statements;
        let at_position = || {
            let sent = self.sent.as_ref()?;
            let byte = self.to_source(byte_of(sent, unit, position?)).checked_sub(self.start)?;
            statements.iter().find(|s| s.span.contains(Span::at(byte)))
        };
        at_position().or_else(|| statements.get(turn))
    }
}

/// `exonym rewrote "consumption_kwh" to "kwh_consumed"`.
pub(super) fn hint(statement: &Statement) -> Option<String> {
    let uses = &statement.uses;
    let name = |u: &crate::rewrite::Use| {
        let legacy = if u.column.is_empty() { &u.table } else { &u.column };
        format!("\"{legacy}\" to \"{}\"", u.became)
    };
    let named: Vec<String> = uses.iter().take(NAMED).map(name).collect();
    let more = uses.len().saturating_sub(NAMED);
    match (named.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(format!("exonym rewrote {}", named.join(", "))),
        (false, more) => Some(format!("exonym rewrote {} and {more} more", named.join(", "))),
    }
}

impl Planned {
    fn made(plan: Plan) -> Self {
        let encoding = Encoding::Unicode;
        let (sent, plan) = (plan.sql.clone(), Arc::new(plan));
        Self {
            plan,
            start: 0,
            sent,
            encoding,
            source: None,
            trap: Trap::Marker,
            decided: None,
            runs: Vec::new(),
            hints: Hints::default(),
            tables: Vec::new(),
        }
    }
}

fn unread() -> Statement {
    Statement {
        span: Span::default(),
        outcome: Outcome::Unparsed,
        uses: Arc::default(),
        refusal: None,
        effect: Effect::None,
    }
}

/// True when `message` has `name` in it as a whole word; quotes differ by the server's language, and letters by the encoding.
fn names(message: &[u8], name: &str) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    message.windows(name.len()).enumerate().any(|(at, found)| {
        let before = at.checked_sub(1).and_then(|before| message.get(before));
        found == name.as_bytes() && !is_word(before) && !is_word(message.get(at + name.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::Use;
    use crate::text::{Edit, Edits};

    fn renamed(source: &str) -> Planned {
        let mut edits = Edits::new();
        for (at, found) in source.match_indices("kwh") {
            edits.push(Edit { span: Span::new(at, at + found.len()), text: "kwh_consumed".into() }).expect("apart");
        }
        let spliced = edits.splice(source);
        let plan = Plan { sql: Some(spliced.sql.into()), map: spliced.map, statements: vec![] };
        Planned::new(
            rewrite::Planned { plan: Arc::new(plan), core: 0..source.len(), known: rewrite::Known::Nothing },
            source,
            Encoding::Unicode,
        )
    }

    #[test]
    fn positions_move_back_over_every_rewrite() {
        for source in ["SELECT kwh, kwh, x FROM t", "SELECT 'Zähler', kwh, kwh, x FROM t"] {
            let planned = renamed(source);
            let sent = planned.plan.sql.clone().expect("changed");
            let at_sent = position_of(&sent, Unit::Characters, sent.find(" x").expect("there") + 1);
            let at_source = position_of(source, Unit::Characters, source.find(" x").expect("there") + 1);
            assert_eq!(planned.to_client(Unit::Characters, at_sent), at_source);
        }
    }

    #[test]
    fn a_marker_is_found_in_any_language_and_only_whole() {
        assert!(names(b"relation \"exonym_1\" does not exist", "exonym_1"));
        assert!(names("la relación «exonym_1» no existe".as_bytes(), "exonym_1"));
        assert!(names(b"la relaci\xf3n \xabexonym_1\xbb no existe", "exonym_1"));
        assert!(!names(b"relation \"exonym_10\" does not exist", "exonym_1"));
    }

    #[test]
    fn the_hint_is_bounded() {
        let one = |i: usize| Use {
            mapping: "m".into(),
            table: "t".into(),
            column: format!("c{i}").into(),
            kind: "rename",
            became: format!("d{i}").into(),
        };
        let statement = Statement { uses: (0..7).map(one).collect(), ..unread() };
        let said = hint(&statement).expect("it has uses");
        assert!(said.starts_with("exonym rewrote \"c0\" to \"d0\", \"c1\" to \"d1\""), "{said}");
        assert!(said.ends_with("\"c4\" to \"d4\" and 2 more"), "{said}");
        assert_eq!(hint(&unread()), None);
    }
}
