//! Before a prepared statement is executed: what its name can mean when the server gets there, and in what context.
//!
//! Answers that are on their way may decide both: a Parse, a Close or a PREPARE counts only when the server has said so, or when
//! nothing behind it is executed if it fails. Pure; `opening` asks, and waits where it must.

use std::sync::Arc;

use super::conversation::Conversation;
use super::expected::{Expected, Name, Named};
use super::planned::Planned;
use super::words::Hints;
use crate::rewrite::Context;
use crate::wire::message::Transaction;

/// What is to be done before a statement is executed.
pub(super) enum Before {
    Nothing,
    /// An answer is on its way that decides it.
    Wait,
    /// Nobody can tell what it will be.
    Refuse,
    /// Whether each of them would be decided as it was in this context.
    Compare {
        possible: Vec<Arc<Planned>>,
        context: Arc<Context>,
        /// Nothing that is under way can change the answer for as long as it is this moment.
        moment: Option<Moment>,
    },
}

/// Where a statement is executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// In the context that its message finds.
    Alone,
    /// Behind others in the same text, which may change what names mean.
    Behind,
}

/// What a name can mean.
#[derive(Default)]
struct Meanings {
    possible: Vec<Arc<Planned>>,
    /// An answer that will come by itself tells which.
    later: bool,
    /// One of them is in a statement that is not looked into, and whose answer will come by itself.
    unread: bool,
    /// One of them is prepared by a statement whose answer will not come by itself.
    blind: bool,
}

/// When something was decided: nothing has moved as long as it is the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Moment {
    pub(super) moves: u64,
    pub(super) generation: u64,
}

impl Conversation {
    /// A message with these hints is sent: what was decided before it is to be looked at again.
    pub(super) fn moves(&mut self, hints: Hints) {
        let takes_back = hints.ends && !self.queue.is_settled();
        self.moves += u64::from(hints.names || hints.catalog || takes_back);
    }

    /// Now.
    pub(super) fn moment(&self) -> Moment {
        Moment { moves: self.moves + self.state.moves(), generation: self.generation() }
    }

    /// A statement that the server has.
    pub(super) fn committed(&self, statement: &Name) -> Option<&Arc<Planned>> {
        self.statements.get(statement)
    }

    /// At that moment the statement of that name was as it had been decided.
    pub(super) fn confirm(&mut self, statement: &Name, moment: Moment) {
        let Some(known) = self.statements.get_mut(statement) else { return };
        if let Some(decided) = &mut Arc::make_mut(known).decided {
            decided.moment = moment;
        }
    }

    /// True when no name of a statement can mean one of which something is known, as nearly always.
    pub(super) fn knows_nothing(&self) -> bool {
        self.statements.is_empty() && self.queue.prepares_nothing()
    }

    /// What is to be known before a statement of that name is executed.
    pub(super) fn before_executing(&self, statement: &Name, place: Place) -> Before {
        // Not to go through the queue for each message of a long pipeline.
        if self.knows_nothing() {
            return Before::Nothing;
        }
        self.before(self.meanings(statement, 0), place)
    }

    /// What is to be known before a portal is executed whose statement the server reads only then.
    pub(super) fn before_running(&self, portal: &Name) -> Before {
        if !self.changing {
            return Before::Nothing;
        }
        let mut meanings = self.portal(portal);
        meanings.possible.retain(|planned| planned.is_read_late());
        self.before(meanings, Place::Alone)
    }

    fn before(&self, meanings: Meanings, place: Place) -> Before {
        let alone = place == Place::Alone;
        // There the server refuses it for another reason.
        if alone && self.state.transaction() == Transaction::Failed && self.queue.is_empty() {
            return Before::Nothing;
        }
        let possible: Vec<_> = meanings.possible.into_iter().filter(|p| p.depends_on_names()).collect();
        if possible.is_empty() && !meanings.unread && !meanings.blind {
            return Before::Nothing;
        }
        let unknown = meanings.unread || meanings.later && possible.len() != 1;
        let settled = self.queue.is_settled() && !unknown && !meanings.blind;
        if alone && settled && possible.iter().all(|p| self.is_fresh(p)) {
            return Before::Nothing;
        }
        let unsettled = self.queue.unsettled();
        if (meanings.later || meanings.unread || unsettled.must_wait) && !self.queue.reads_copy() {
            return Before::Wait;
        }
        if meanings.blind && (unsettled.open.names || unsettled.open.catalog) {
            return Before::Refuse;
        }
        let mut context = self.context();
        unsettled.open.blur(&mut context);
        let moment = (alone && settled && !meanings.later && !meanings.unread).then(|| self.moment());
        if possible.is_empty() { Before::Nothing } else { Before::Compare { possible, context, moment } }
    }

    /// True when nothing has moved since it was decided.
    fn is_fresh(&self, planned: &Planned) -> bool {
        let moment = self.moment();
        let fresh = |planned: &Planned| planned.decided.as_ref().is_none_or(|d| d.moment == moment);
        let run = |name: &Name| self.meanings(name, 0).possible.iter().all(|p| fresh(p));
        fresh(planned) && planned.runs.iter().all(|r| run(&r.name))
    }

    /// True when a text of which only the word EXECUTE is known might execute a statement that is no longer what it was.
    pub(super) fn may_execute_other_text(&self) -> bool {
        let mut known = self.statements.values();
        !self.queue.is_settled() || known.any(|planned| planned.depends_on_names() && !self.is_fresh(planned))
    }

    /// What executing a statement of that name may change.
    pub(super) fn changes_of(&self, statement: &Name) -> (Hints, Vec<Arc<str>>) {
        changes(self.meanings(statement, 0).possible)
    }

    /// What executing a portal may change.
    pub(super) fn changes_of_portal(&self, portal: &Name) -> (Hints, Vec<Arc<str>>) {
        if self.changing { changes(self.portal(portal).possible) } else { (Hints::default(), Vec::new()) }
    }

    /// What a portal of that name can be when the server gets there.
    fn portal(&self, portal: &Name) -> Meanings {
        let mut found = Meanings::default();
        let mut closed = false;
        for (at, entry) in self.queue.newest_first().enumerate() {
            closed |= entry.what.brings_ready();
            match &entry.what {
                Expected::Bind { portal: name, statement } if name == portal => {
                    let Meanings { possible, later, unread, blind } = self.meanings(statement, at);
                    found.possible.extend(possible);
                    found.unread |= unread;
                    found.later |= later || closed;
                    found.blind |= blind;
                    if !closed {
                        return found;
                    }
                }
                _ => {}
            }
        }
        found.possible.extend(self.portals.get(portal).cloned());
        found
    }

    /// What the name of a statement can mean in front of the newest `skipped` messages.
    fn meanings(&self, statement: &Name, skipped: usize) -> Meanings {
        let mut found = Meanings::default();
        let mut closed = false;
        for (at, entry) in self.queue.newest_first().enumerate() {
            // If an open one fails, what asks is skipped, too.
            closed |= entry.what.brings_ready();
            if at < skipped {
                continue;
            }
            match &entry.what {
                Expected::Parse { name, planned } if name == statement => {
                    found.possible.extend(planned.clone());
                    found.later |= closed;
                    if !closed {
                        return found;
                    }
                }
                Expected::Close(Named::Statement(name)) if name == statement => {
                    found.later |= closed;
                    if !closed {
                        return found;
                    }
                }
                Expected::Query { gives_up: Some(name), .. } if name == statement => found.later = true,
                Expected::Query { planned: Some(planned), .. } if entry.note.hints.prepares => {
                    let prepared = std::str::from_utf8(statement)
                        .ok()
                        .and_then(|name| planned.prepares(&self.route.world.load(), name));
                    found.later |= prepared.is_some();
                    found.possible.extend(prepared.map(Arc::new));
                }
                Expected::Execute { .. } if entry.note.hints.prepares => {
                    found.unread |= closed;
                    found.blind |= !closed;
                }
                _ => {}
            }
        }
        found.possible.extend(self.statements.get(statement).cloned());
        found
    }
}

fn changes(possible: Vec<Arc<Planned>>) -> (Hints, Vec<Arc<str>>) {
    possible.into_iter().fold((Hints::default(), Vec::new()), |(hints, mut tables), planned| {
        tables.extend(planned.tables.iter().cloned());
        (hints.with(planned.hints), tables)
    })
}
