//! What executing a prepared statement may change, by its name and by those of its portals.
//!
//! As the client sees them: a name counts from the message that gives it, whatever the server will say. `opening` keeps it.

use std::collections::HashMap;
use std::sync::Arc;

use super::queue::{Name, Named};
use super::words::Hints;

/// Names, by what executing them may change. As the client sees them: what the server makes of them comes later.
#[derive(Debug, Default)]
pub(super) struct Changing {
    statements: HashMap<Name, Changes>,
    portals: HashMap<Name, Changes>,
}

/// What executing a statement may change.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) hints: Hints,
    /// Mapped tables among it.
    pub(super) tables: Vec<Arc<str>>,
}

impl Changing {
    pub(super) fn parse(&mut self, statement: &Name, hints: Hints, tables: Vec<Arc<str>>) {
        set(&mut self.statements, statement, Changes { hints, tables });
    }

    pub(super) fn bind(&mut self, portal: &Name, statement: &Name) {
        let changes = self.statements.get(statement).cloned().unwrap_or_default();
        set(&mut self.portals, portal, changes);
    }

    pub(super) fn close(&mut self, closed: &Named) {
        match closed {
            Named::Statement(name) => self.statements.remove(name),
            Named::Portal(name) => self.portals.remove(name),
        };
    }

    pub(super) fn of_portal(&self, portal: &Name) -> Changes {
        self.portals.get(portal).cloned().unwrap_or_default()
    }
}

fn set(known: &mut HashMap<Name, Changes>, name: &Name, changes: Changes) {
    if changes.hints.any() {
        known.insert(name.clone(), changes);
    } else if !known.is_empty() {
        known.remove(name);
    }
}
