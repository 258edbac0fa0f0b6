//! Before a prepared statement is executed: which one the name will mean when the server gets there, and in what context.
//!
//! Answers that are on their way may decide both. Pure; `opening` asks, and waits where it must.

use std::sync::Arc;

use super::conversation::Conversation;
use super::planned::Planned;
use super::queue::{Expected, Name, Named};
use crate::rewrite::Context;
use crate::wire::message::Transaction;

/// What is to be done before a statement is executed.
pub(super) enum Before {
    Nothing,
    /// An answer is on its way that decides it.
    Wait,
    /// Whether it would be decided as it was in this context.
    Compare(Arc<Planned>, Arc<Context>),
}

/// It depends on an answer that has not come.
struct Unanswered;

impl Conversation {
    /// True when every statement that was prepared is executed in the context that it was prepared in.
    pub(super) fn is_unmoved(&self) -> bool {
        self.state.is_as_it_began() && self.queue.is_settled()
    }

    /// A statement that the server has.
    pub(super) fn committed(&self, statement: &Name) -> Option<&Arc<Planned>> {
        self.statements.get(statement)
    }

    /// What is to be known before a statement of that name is executed.
    pub(super) fn before_executing(&self, statement: &Name) -> Before {
        // There the server refuses it for another reason.
        if self.state.transaction() == Transaction::Failed {
            return Before::Nothing;
        }
        let planned = match self.pending(statement) {
            Ok(planned) => planned,
            Err(Unanswered) => return Before::Wait,
        };
        let Some(planned) = planned.filter(|p| p.decided.is_some() || !p.runs.is_empty()) else {
            return Before::Nothing;
        };
        let unsettled = self.queue.unsettled();
        if unsettled.must_wait {
            return Before::Wait;
        }
        let mut context = self.state.context();
        unsettled.open.blur(&mut context);
        Before::Compare(planned, context)
    }

    /// The statement of that name when the server gets there.
    fn pending(&self, statement: &Name) -> Result<Option<Arc<Planned>>, Unanswered> {
        let known = self.statements.get(statement);
        let mut closed = false;
        for expected in self.queue.newest_first() {
            closed |= expected.brings_ready();
            match expected {
                // If it fails, the one before it stays.
                Expected::Parse { name, .. } if name == statement && closed && known.is_some() => {
                    return Err(Unanswered);
                }
                Expected::Parse { name, planned } if name == statement => return Ok(planned.clone()),
                Expected::Close(Named::Statement(name)) if name == statement => return Ok(None),
                Expected::Query { gives_up: Some(name), .. } if name == statement => return Ok(None),
                Expected::Query { planned: Some(planned), .. } if planned.prepares_any() => return Err(Unanswered),
                _ => {}
            }
        }
        Ok(known.cloned())
    }
}
