//! Users files: read at the start, and again when they change or on SIGHUP. A file that is wrong changes nothing.
//!
//! `serve` gives what is in them to the sessions of their backends, `cli::check` shows what is wrong with them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::text_file;
use super::watch::Occasion;
use crate::config::users::Users;
use crate::config::{Auth, Config};
use crate::text::diagnostic::render;
use crate::text::{Diagnostic, Severity};

/// A file that cannot be read.
const UNREADABLE: &str = "C015";
/// A file that everyone on the machine can read.
const EXPOSED: &str = "C026";

/// The users files of a configuration.
#[derive(Debug, Default)]
pub(super) struct UserFiles {
    files: BTreeMap<PathBuf, UserFile>,
}

#[derive(Debug)]
struct UserFile {
    users: Arc<ArcSwap<Users>>,
    /// What was read last, right or wrong; none when nothing could be.
    tried: Option<String>,
}

impl UserFiles {
    /// Reads all of them.
    ///
    /// # Errors
    /// Everything that is wrong with any.
    pub(super) fn load(config: &Config) -> Result<Self, Vec<Diagnostic>> {
        let mut files = BTreeMap::new();
        let mut findings = Vec::new();
        for path in paths(config) {
            let tried = text_file::read(path).ok();
            let (users, found) = read(path);
            findings.extend(found);
            if let Some(users) = users {
                tracing::info!(file = %path.display(), users = users.len(), "users");
                files.insert(path.to_owned(), UserFile { users: Arc::new(ArcSwap::from_pointee(users)), tried });
            }
        }
        if findings.iter().any(|f| f.severity == Severity::Error) {
            return Err(findings);
        }
        if !findings.is_empty() {
            tracing::warn!("the users files have findings\n{}", render(&findings, false).trim_end());
        }
        Ok(Self { files })
    }

    /// The users in a file, as they are at any time.
    pub(super) fn of(&self, path: &Path) -> Option<Arc<ArcSwap<Users>>> {
        self.files.get(path).map(|file| Arc::clone(&file.users))
    }

    /// Takes what has changed.
    pub(super) fn compare(&mut self, occasion: Occasion) {
        self.files.iter_mut().for_each(|(path, file)| file.compare(path, occasion));
    }
}

impl UserFile {
    fn compare(&mut self, path: &Path, occasion: Occasion) {
        let text = text_file::read(path).ok();
        if text == self.tried && occasion == Occasion::Tick {
            return;
        }
        self.tried = text;
        let (users, findings) = read(path);
        let findings = render(&findings, false);
        if let Some(users) = users {
            tracing::info!(file = %path.display(), users = users.len(), "users reloaded\n{}", findings.trim_end());
            self.users.store(Arc::new(users));
        } else {
            tracing::error!("users not reloaded, those in use stay\n{}", findings.trim_end());
        }
    }
}

/// The users files that a configuration names.
pub(crate) fn paths(config: &Config) -> impl Iterator<Item = &Path> {
    config.backends.iter().filter_map(|backend| match &backend.auth {
        Some(Auth::Users(path)) => Some(path.as_path()),
        Some(Auth::Query(_)) | None => None,
    })
}

/// Reads one; with users come warnings, else at least one error.
pub(crate) fn read(path: &Path) -> (Option<Users>, Vec<Diagnostic>) {
    let text = match text_file::read(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", path.display());
            let help = "`auth = { users = … }` names a file with `[users]`";
            return (None, vec![Diagnostic::error(UNREADABLE, message).help(help)]);
        }
    };
    match Users::parse(&text, &path.to_string_lossy()) {
        Ok(users) => (Some(users), exposed(path).into_iter().collect()),
        Err(findings) => (None, findings),
    }
}

fn exposed(path: &Path) -> Option<Diagnostic> {
    let others = fs::metadata(path).is_ok_and(|found| found.mode() & 0o004 != 0);
    let message = format!("everyone on this machine can read `{}`", path.display());
    let help = "its verifiers let others guess passwords at leisure, or stand in for the server: chmod o= it";
    others.then(|| Diagnostic::warning(EXPOSED, message).help(help))
}
