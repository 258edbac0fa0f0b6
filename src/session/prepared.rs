//! Statements that were prepared under one search path and are executed under another.
//!
//! Postgres reads the text of a prepared statement anew when the search path is another one than before, or a temporary table has
//! come to hide its table. The text that it has is the one that was decided on then; where now another one would be sent, it must
//! not execute it. Such a Bind names a statement that does not exist instead, such an EXECUTE is a statement that fails, and the
//! error is told as the server's own about a cached plan: drivers know that one, parse the statement again, and go on.
//!
//! A statement keeps its text when the mapping changes: what counts is whether the two contexts differ in the mapping of now.

use std::sync::Arc;

use super::decide;
use super::executing::Moment;
use super::expected::Name;
use super::planned::Planned;
use super::relay::Session;
use crate::mapping::Mapping;
use crate::rewrite::{self, Context, Refusal, STALE, STALE_HINT, World};
use crate::sql::split::statements;
use crate::sql::token::TokenKind;
use crate::sql::{LexOptions, lex};

/// By which drivers know it, beside what it says.
const ROUTINE: &str = "RevalidateCachedQuery";

/// No statement is called so, and no relation.
pub(super) const MARKER: &str = "exonym_parses_this_again";

/// What a prepared statement was decided on.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) text: Arc<str>,
    /// What the server got instead of it; none for itself.
    pub(super) sent: Option<Arc<str>>,
    pub(super) context: Arc<Context>,
    /// Those of then: a reload of the mapping leaves the statement alone.
    pub(super) mappings: Vec<Arc<Mapping>>,
    /// When it was last known to be right.
    pub(super) moment: Moment,
}

/// A statement of a text that executes a prepared one.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Its place in the text.
    pub(super) turn: usize,
    /// What it executes.
    pub(super) name: Name,
    /// The place of the statement of the same text that prepares it, if one does.
    pub(super) own: Option<usize>,
    /// It is given arguments, which are a part of this text.
    pub(super) arguments: bool,
}

impl Decided {
    /// True when under `now`, and with the catalog of now, another text would be sent.
    async fn is_stale(&self, session: &Session, now: &Arc<Context>) -> bool {
        let world = session.route.world.load_full();
        // How its strings end was settled when it was parsed.
        let standard_conforming_strings = self.context.standard_conforming_strings;
        let provisional = self.context.provisional;
        let now = Context { provisional, standard_conforming_strings, ..now.as_ref().clone() };
        if self.moment.generation == world.generation && *self.context == now {
            return false;
        }
        let same = self.mappings.len() == world.mappings.len()
            && self.mappings.iter().zip(&world.mappings).all(|(one, two)| Arc::ptr_eq(one, two));
        let plan = if same {
            decide::planned(session, world, Arc::new(now), &self.text).await.map(|planned| planned.plan)
        } else {
            let world = World::new(world.generation, self.mappings.clone(), world.catalog.clone());
            decide::planned_apart(&world, &now, &self.text)
        };
        plan.is_none_or(|plan| plan.sql != self.sent)
    }
}

/// True when one of these must be prepared again before it is executed in this context.
pub(super) async fn is_any_stale(session: &Session, possible: &[Arc<Planned>], now: &Arc<Context>) -> bool {
    for planned in possible {
        if is_stale(session, planned, now).await {
            return true;
        }
    }
    false
}

async fn is_stale(session: &Session, planned: &Planned, now: &Arc<Context>) -> bool {
    if let Some(decided) = &planned.decided
        && decided.is_stale(session, now).await
    {
        return true;
    }
    for run in &planned.runs {
        let decided = session.lock().committed(&run.name).and_then(|planned| planned.decided.clone());
        if let Some(decided) = decided
            && decided.is_stale(session, now).await
        {
            return true;
        }
    }
    false
}

/// `EXECUTE name`, alone or behind EXPLAIN or CREATE TABLE … AS.
pub(super) fn executed(text: &str, options: LexOptions) -> Vec<Run> {
    let Ok(tokens) = lex(text, options) else { return Vec::new() };
    let mut runs = Vec::new();
    let mut prepared: Vec<(usize, Name)> = Vec::new();
    for (turn, range) in statements(text, &tokens).into_iter().enumerate() {
        let tokens = &tokens[range];
        let first = |word: &&str| tokens.first().is_some_and(|t| t.is_keyword(text, word));
        let named = |at: usize| tokens.get(at).and_then(|t| t.ident(text)).map(|name| Name::from(name.as_bytes()));
        if first(&"prepare") {
            prepared.extend(named(1).map(|name| (turn, name)));
        }
        if let Some(name) = rewrite::executed(text, tokens) {
            let name = Name::from(name.as_bytes());
            let own = prepared.iter().rev().find(|(_, own)| *own == name).map(|(turn, _)| *turn);
            let at = tokens.iter().position(|t| t.is_keyword(text, "execute")).map(|at| at + 2);
            let arguments = at.and_then(|at| tokens.get(at)).is_some_and(|t| t.kind == TokenKind::LeftParen);
            runs.push(Run { turn, name, own, arguments });
        }
    }
    runs
}

/// The refusal of a Bind or an Execute.
pub(super) fn refused() -> Planned {
    Planned::without_statement(refusal())
}

/// The refusal of one statement of a text, which executes all of `runs`. Those in front of it are decided as ever.
pub(super) async fn refused_run(session: &Session, text: &[u8], runs: &[Run], turn: usize) -> Planned {
    let whole = || Planned::refused("0A000", STALE.into(), STALE_HINT);
    let (mut context, encoding, unsettled) = {
        let conversation = session.lock();
        (conversation.context(), conversation.state.encoding(), conversation.queue.unsettled())
    };
    let Some(text) = encoding.read(text).filter(|_| !unsettled.must_wait && !unsettled.open.lexing) else {
        return whole();
    };
    unsettled.open.blur(&mut context);
    // What the others change does not matter enough to be asked for.
    let moving = runs.iter().map(|run| String::from_utf8_lossy(&run.name).into_owned()).collect();
    let context = Arc::new(Context { stale: Some(turn), moving, ..context.as_ref().clone() });
    let Some(plan) = decide::planned(session, session.route.world.load_full(), context, &text).await else {
        return whole();
    };
    let planned = Planned::new(plan, &text, encoding);
    let is_refused = planned.plan.statements.get(turn).is_some_and(|statement| statement.refusal.is_some());
    if is_refused && planned.can_be_written(&text) { planned } else { whole() }
}

/// The routine by which drivers know such an error.
pub(super) fn routine(refusal: &Refusal) -> Option<&'static str> {
    (refusal.message == STALE).then_some(ROUTINE)
}

fn refusal() -> Refusal {
    Refusal { sqlstate: "0A000", message: STALE.into(), hint: Some(STALE_HINT.into()), at: None, marker: MARKER.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_found_where_they_stand() {
        let of = |text: &str| {
            let run = |run: Run| (run.turn, String::from_utf8_lossy(&run.name).into_owned());
            executed(text, LexOptions::default()).into_iter().map(run).collect::<Vec<_>>()
        };
        assert_eq!(of("EXECUTE S(1)"), [(0, "s".into())]);
        assert_eq!(of("SELECT 'execute a'; explain analyze execute \"A b\"; SELECT 1"), [(1, "A b".into())]);
        assert_eq!(of("CREATE TEMP TABLE x AS EXECUTE s"), [(0, "s".into())]);
        assert_eq!(of("SELECT execute FROM t"), []);
    }
}
