//! `auth` of a backend: where the verifiers come from by which Exonym checks clients whose login cannot be relayed.
//!
//! Pure; `users` reads the file that is named here, `backend::verifiers` asks the query.

use std::path::{Path, PathBuf};

use crate::text::toml::{Shape, Table};

/// `auth` says both or neither of what it could.
const ONE_OF: &str = "C019";
/// A query that does not ask for anybody.
const VALUE: &str = "C006";

/// Where verifiers come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Auth {
    /// A file.
    Users(PathBuf),
    /// The server, by a query with the user as `$1`; none stands for the usual one.
    Query(Option<String>),
}

/// Reads `auth`; a relative path is taken from `directory`.
pub(super) fn auth(table: Table<'_>, directory: &Path) -> Option<Auth> {
    let document = table.document();
    let users = table.string("users");
    let query = table.value("query").and_then(|value| match &value.shape {
        Shape::Boolean(true) => Some(None),
        Shape::String(text) if text.value.contains("$1") => Some(Some(text.value.to_owned())),
        Shape::String(text) => {
            let help = "write `$1` where the user's name belongs, as in `SELECT public.exonym_verifier($1)`";
            document.error(VALUE, text.span, "the query asks for nobody: it has no `$1`", "", help);
            None
        }
        _ => table.wrong("query", &value, "a query, or `true` for the usual one"),
    });
    let (one, other, span) = (table.has("users"), table.has("query"), table.span);
    // A key that is not understood is told by itself.
    if table.close_with(|_| None) && one == other {
        let help = "write `auth = { users = \"users.toml\" }` or `auth = { query = true }`";
        document.error(ONE_OF, span, "`auth` has either `users` or `query`", "", help);
    }
    match (users, query) {
        (Some(users), None) => Some(Auth::Users(directory.join(users.value))),
        (None, Some(query)) => Some(Auth::Query(query)),
        // Told already.
        _ => None,
    }
}
