//! The server's errors and notices, made to fit the text that the client sent: positions, hints, and refusals in the place of the
//! errors that stand for them.
//!
//! `conversation` finds what an error belongs to, and calls this.

use std::sync::Arc;

use super::conversation::Conversation;
use super::planned::{Planned, hint};
use super::prepared;
use crate::rewrite::{Outcome, Refusal};
use crate::wire::error::{Fields, Report};

/// The hint for a statement that went on unparsed and names something that the server does not have.
const NOT_PARSED: &str = "exonym could not parse this statement and sent it as it came, in its legacy names";

/// What the whole text is, before any of it is executed.
const SYNTAX_ERROR: &str = "42601";

impl Conversation {
    /// What the client gets instead of an error, if it is not to get that as it is.
    pub(super) fn translate(&self, fields: &Fields<'_>, planned: Option<&Planned>, turn: usize, instead: &mut Vec<u8>) {
        let sqlstate = fields.sqlstate();
        let message = fields.value(b'M').unwrap_or_default();
        let executed = planned.and_then(|p| self.executed(p, sqlstate, message));
        let planned = executed.as_deref().or(planned);
        if let Some((planned, refusal)) = planned.and_then(|p| Some((p, p.refusal(sqlstate, message)?))) {
            if names_something_unknown(refusal.sqlstate) {
                self.route.refresh.ask();
            }
            return self.refuse(fields, planned, refusal, instead);
        }
        self.tally.backend_error(sqlstate, fields.text(b'M').unwrap_or_default());
        let run = planned.filter(|_| sqlstate != SYNTAX_ERROR).and_then(|planned| planned.reads_again(turn));
        let (planned, turn) = match run {
            // About what it executes, which is known or is as the client sent it.
            Some(run) => (self.statements.get(&run.name).map(Arc::as_ref), 0),
            None => (planned, turn),
        };
        let Some(planned) = planned else { return };
        let unknown = names_something_unknown(sqlstate);
        if unknown {
            self.route.refresh.ask();
        }
        let unit = self.state.unit();
        let position = fields.position();
        let statement = planned.statement(unit, position, turn);
        if unknown && statement.is_some_and(|s| s.outcome == Outcome::Unparsed) {
            fields.write_changed(instead, b'E', position.map(|p| planned.to_client(unit, p)), Some(NOT_PARSED));
        } else if planned.is_changed() {
            let hint = statement.and_then(hint).map(|hint| self.state.encoding().show(&hint).into_owned());
            let moved = position.map(|p| planned.to_client(unit, p));
            if moved != position || hint.is_some() {
                fields.write_changed(instead, b'E', moved, hint.as_deref());
            }
        }
    }

    /// What a text executes by SQL, if the error is the refusal of that.
    fn executed(&self, planned: &Planned, sqlstate: &str, message: &[u8]) -> Option<Arc<Planned>> {
        let executed = planned.runs.iter().filter_map(|run| self.statements.get(&run.name));
        executed.into_iter().find(|prepared| prepared.refusal(sqlstate, message).is_some()).cloned()
    }

    fn refuse(&self, fields: &Fields<'_>, planned: &Planned, refusal: &Refusal, instead: &mut Vec<u8>) {
        // Letters that the client's encoding may not have would spoil all of it.
        let encoding = self.state.encoding();
        let plain = |text: &str| encoding.show(text).into_owned();
        let (message, hint) = (plain(&refusal.message), refusal.hint.as_deref().map(plain));
        let report = Report {
            severity: fields.text(b'S').unwrap_or("ERROR"),
            plain_severity: fields.text(b'V').unwrap_or("ERROR"),
            sqlstate: refusal.sqlstate,
            message: &message,
            hint: hint.as_deref(),
            position: refusal.at.map(|byte| planned.position_in_plan(self.state.unit(), byte)),
            routine: prepared::routine(refusal),
        };
        report.write(instead);
    }

    /// The same for a notice.
    pub(super) fn noticed(&mut self, body: &[u8], instead: &mut Vec<u8>) {
        let Some(planned) = self.head_plan().filter(|p| p.is_changed()) else { return };
        let Some((fields, position)) = Fields::read(body).and_then(|f| Some((f, f.position()?))) else { return };
        let moved = planned.to_client(self.state.unit(), position);
        if moved != position {
            fields.write_changed(instead, b'N', Some(moved), None);
        }
    }
}

/// A table that has changed behind the proxy is a likely cause of these, and the next attempt may be right.
fn names_something_unknown(sqlstate: &str) -> bool {
    matches!(sqlstate, "42P01" | "42703")
}
