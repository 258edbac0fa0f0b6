//! The names of a session as a transaction can change them: search path, role, temporary tables.
//!
//! What they are at the moment, not how they came about: that is `state`, which keeps them as they are, as a rollback would leave
//! them, and as they began.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::rewrite::Identity;

/// A search path; none when it may be anything.
pub(super) type Path = Option<Arc<[String]>>;

/// What a transaction can change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Names {
    pub(super) path: Path,
    /// Until the transaction ends.
    pub(super) local_path: Option<Path>,
    pub(super) role: Acts,
    pub(super) local_role: Option<Acts>,
    pub(super) session: Acts,
    pub(super) local_session: Option<Acts>,
    pub(super) temporary: BTreeSet<String>,
    /// Those of which nobody knows whether they exist, or are temporary.
    pub(super) doubtful: BTreeSet<String>,
    /// Those of them that end with the transaction.
    pub(super) until_commit: BTreeSet<String>,
    /// There may be others, or fewer.
    pub(super) temporary_unsure: bool,
}

/// On whose behalf the session acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Acts {
    /// Its own.
    Itself,
    /// Another role's: which schemas it may use, and what `$user` is, is not known here.
    Another,
}

/// One of the things that a transaction can change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Part {
    Path,
    LocalPath,
    Role,
    LocalRole,
    Temporary,
}

impl Names {
    pub(super) fn with(path: Path, role: Acts) -> Self {
        Self {
            path,
            local_path: None,
            role,
            local_role: None,
            session: Acts::Itself,
            local_session: None,
            temporary: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            until_commit: BTreeSet::new(),
            temporary_unsure: false,
        }
    }

    pub(super) fn effective_path(&self) -> &Path {
        let role = self.local_role.unwrap_or(self.role);
        let session = self.local_session.unwrap_or(self.session);
        if role == Acts::Another || session == Acts::Another {
            return &None;
        }
        self.local_path.as_ref().unwrap_or(&self.path)
    }

    pub(super) fn set_path(&mut self, path: Path) {
        self.path = path;
        self.local_path = None;
    }

    /// The parts in which it differs from another.
    pub(super) fn differences(&self, other: &Self) -> impl Iterator<Item = Part> {
        let temporary = |names: &Self| (names.temporary.clone(), names.doubtful.clone(), names.temporary_unsure);
        [
            (Part::Path, self.path != other.path),
            (Part::LocalPath, self.local_path != other.local_path),
            (Part::Role, (self.role, self.session) != (other.role, other.session)),
            (Part::LocalRole, (self.local_role, self.local_session) != (other.local_role, other.local_session)),
            (Part::Temporary, temporary(self) != temporary(other)),
        ]
        .into_iter()
        .filter_map(|(part, differs)| differs.then_some(part))
    }

    /// A table or view was made without TEMP.
    pub(super) fn create(&mut self, name: &str, may_be_temporary: bool) {
        if may_be_temporary {
            self.doubtful.insert(name.to_owned());
        }
    }

    /// Tables were dropped, and with `cascade` whatever depended on them.
    pub(super) fn drop(&mut self, gone: &[String], cascade: bool) {
        self.temporary.retain(|name| !gone.contains(name));
        self.doubtful.retain(|name| !gone.contains(name));
        if cascade {
            self.doubtful.extend(self.temporary.iter().cloned());
        }
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) {
        for names in [&mut self.temporary, &mut self.until_commit, &mut self.doubtful] {
            if names.remove(from) {
                names.insert(to.to_owned());
            }
        }
    }

    pub(super) fn act(&mut self, which: Identity, acts: Acts, local: bool) {
        match (which, local) {
            (Identity::Role, true) => self.local_role = Some(acts),
            (Identity::Role, false) => (self.role, self.local_role) = (acts, None),
            // Whatever ROLE said is over; at the end of the transaction nobody here knows whether it comes back.
            (Identity::Session, true) => (self.local_session, self.local_role) = (Some(acts), Some(Acts::Itself)),
            (Identity::Session, false) => {
                (self.session, self.local_session, self.role, self.local_role) = (acts, None, Acts::Itself, None);
            }
        }
    }

    pub(super) fn end_transaction(&mut self) {
        self.local_path = None;
        self.local_role = None;
        self.local_session = None;
        let ended = std::mem::take(&mut self.until_commit);
        self.temporary.retain(|name| !ended.contains(name));
    }

    /// A statement was executed that nobody could read.
    pub(super) fn unread(&mut self, names: bool, tables: bool) {
        let any = !self.temporary.is_empty() || !self.doubtful.is_empty();
        self.temporary_unsure |= (names && tables) || any;
        if names {
            self.set_path(None);
            self.act(Identity::Session, Acts::Another, false);
        }
    }

    pub(super) fn without_temporary(&mut self) {
        self.temporary.clear();
        self.doubtful.clear();
        self.until_commit.clear();
        self.temporary_unsure = false;
    }
}
