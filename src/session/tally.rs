//! What one session counts: handles are looked up once for each plan, and for all that differ from it in literals alone, not for each
//! message.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use prometheus::IntCounter;

use super::expected::Note;
use super::planned::Planned;
use super::route::{Route, Shared};
use crate::metrics::{Protocol, Rewrite};
use crate::rewrite::{Outcome, Use};

/// Statements whose handles are kept; a session that has more looks them up again.
const KEPT: usize = 128;

/// The counters of one session. What each message touches comes first.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Tally {
    shared: Arc<Shared>,
    route: Arc<Route>,
    user: Arc<str>,
    application_name: String,
    /// By the address of what was rewritten, which is kept alive here and so keeps its address.
    uses: HashMap<usize, (Arc<[Use]>, Vec<IntCounter>)>,
}

impl Tally {
    pub(super) fn new(shared: Arc<Shared>, route: Arc<Route>, user: Arc<str>, application_name: String) -> Self {
        Self { shared, route, user, application_name, uses: HashMap::new() }
    }

    /// The client has another name now.
    pub(super) fn rename(&mut self, application_name: &str) {
        if self.application_name != application_name {
            application_name.clone_into(&mut self.application_name);
            self.uses.clear();
        }
    }

    /// Statement number `turn` of a message was answered.
    pub(super) fn statement(&mut self, protocol: Protocol, planned: Option<&Planned>, turn: usize) {
        let statement = planned.and_then(|p| p.plan.statements.get(turn));
        let outcome = statement.map_or(Outcome::Unchanged, |s| s.outcome);
        if let Some(counter) = self.route.counters.statement(protocol, outcome) {
            counter.inc();
        }
        if let Some(statement) = statement.filter(|s| !s.uses.is_empty()) {
            self.handles(&statement.uses).iter().for_each(IntCounter::inc);
        }
    }

    /// The answer to a message was complete at `now`.
    pub(super) fn duration(&self, note: Note, now: Instant) {
        let took = now.saturating_duration_since(note.arrived).as_secs_f64();
        self.shared.metrics.times.observe(took, note.kept.as_secs_f64());
    }

    /// The server answered with an error of its own.
    pub(super) fn backend_error(&self, sqlstate: &str, message: &str) {
        self.shared.metrics.backend_errors(&self.route.backend.name, sqlstate).inc();
        if let Some((table, column)) = unknown_name(sqlstate, message) {
            self.shared.metrics.unknown_names(table, column).inc();
        }
    }

    fn handles(&mut self, uses: &Arc<[Use]>) -> &[IntCounter] {
        let at = Arc::as_ptr(uses).addr();
        if self.uses.len() >= KEPT && !self.uses.contains_key(&at) {
            self.uses.clear();
        }
        let client = if self.application_name.is_empty() { self.user.as_ref() } else { &self.application_name };
        let metrics = &self.shared.metrics;
        let handle = |u: &Use| {
            metrics.rewrites(Rewrite { mapping: &u.mapping, table: &u.table, column: &u.column, kind: u.kind, client })
        };
        &self.uses.entry(at).or_insert_with(|| (uses.clone(), uses.iter().map(handle).collect())).1
    }
}

/// Table and column that the server does not know. Its messages, of which only the quotes are the same in all languages:
///
/// ```text
/// 42P01  relation "log" does not exist
/// 42703  column "kwh" does not exist · column l.kwh does not exist · column "kwh" of relation "log" does not exist
/// ```
fn unknown_name<'a>(sqlstate: &str, message: &'a str) -> Option<(&'a str, &'a str)> {
    let mut quoted = message.split(['"', '«', '»', '„', '“']).skip(1).step_by(2);
    match sqlstate {
        "42P01" => Some((quoted.next()?, "")),
        "42703" => match (quoted.next(), quoted.next()) {
            (Some(column), table) => Some((table.unwrap_or_default(), column)),
            (None, _) => message.split_whitespace().find_map(|word| word.split_once('.')),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_read_from_each_form_of_the_message() {
        let column = |message| unknown_name("42703", message);
        assert_eq!(unknown_name("42P01", "relation \"log\" does not exist"), Some(("log", "")));
        assert_eq!(column("column \"kwh\" does not exist"), Some(("", "kwh")));
        assert_eq!(column("column l.kwh does not exist"), Some(("l", "kwh")));
        assert_eq!(column("column \"kwh\" of relation \"log\" does not exist"), Some(("log", "kwh")));
        assert_eq!(column("no existe la columna «kwh»"), Some(("", "kwh")));
        assert_eq!(unknown_name("42601", "syntax error at or near \"kwh\""), None);
    }
}
