//! How clients are verified by Exonym itself, where their login cannot be relayed: the verifiers of users, from a file or from the server.
//!
//! `app` builds an [`Auth`] for each backend that has `auth`, and swaps the users of a file when it changes; `login` asks.

use std::sync::Arc;

use arc_swap::ArcSwap;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::backend::verifiers::{self, Verifiers};
use crate::config::users::Users;
use crate::wire::scram::Verifier;

/// The `auth` of a backend.
#[derive(Debug)]
pub struct Auth {
    source: Source,
    /// Makes those up who do not exist, the same each time they are asked for.
    secret: Secret,
}

/// Where verifiers come from.
#[derive(Debug)]
pub enum Source {
    /// A file, swapped whole.
    Users(Arc<ArcSwap<Users>>),
    /// The server, asked at each login, so that a changed password counts at once.
    Server(Arc<Verifiers>),
}

/// Random bytes that are not shown.
struct Secret([u8; 32]);

impl Auth {
    /// # Panics
    /// When the system has no randomness, without which nothing here is safe.
    pub fn new(source: Source) -> Self {
        let mut secret = Secret([0; 32]);
        SystemRandom::new().fill(&mut secret.0).expect("the system has randomness");
        Self { source, secret }
    }

    /// The verifier of `user`, if there is one.
    pub(super) async fn verifier(&self, user: &str) -> Result<Option<Verifier>, verifiers::Error> {
        let found = match &self.source {
            Source::Users(users) => users.load().verifier(user).cloned(),
            Source::Server(verifiers) => verifiers.look_up(user).await?,
        };
        if found.is_none() {
            tracing::debug!(user, "`auth` has no SCRAM verifier for this user");
        }
        Ok(found)
    }

    /// One that no password fits.
    pub(super) fn made_up(&self, user: &str) -> Verifier {
        Verifier::mock(&self.secret.0, user)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}
