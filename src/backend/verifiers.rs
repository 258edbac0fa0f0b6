//! Asks the server for the verifier of a user, with the login that reads the catalog or whatever the configuration gives it.
//!
//! One connection is kept for it, opened at the first login that needs it and again when it is lost, and serves one login after the other,
//! so that a crowd of clients does not become a second crowd of connections. Nothing that it answers is kept: a changed password counts at
//! the next login. `session::auth` asks.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::introspect::{self, log_in};
use crate::config::Backend;
use crate::wire::scram::Verifier;

/// What is asked unless the configuration says otherwise. A role that may not log in or whose password has expired has no verifier.
pub const DEFAULT_QUERY: &str = "\
    SELECT rolpassword FROM pg_catalog.pg_authid \
    WHERE rolname = $1 AND rolcanlogin AND (rolvaliduntil IS NULL OR rolvaliduntil > pg_catalog.now())";

/// The names in a query are those of the server, unless it says otherwise: nobody else's function or operator stands in for them. For one
/// transaction, so that a pooler may stand between.
const BEGIN: &str = "\
    BEGIN READ ONLY; \
    SET LOCAL search_path = pg_catalog, pg_temp; \
    SET LOCAL statement_timeout = '5s'";

/// One query takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How the verifiers of one backend are found.
#[derive(Debug)]
pub struct Verifiers {
    backend: Backend,
    database: String,
    query: String,
    /// Not there while it is used: a use that ends in the middle leaves nothing behind.
    connection: Mutex<Option<Client>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection.
    #[error("cannot log in to look up a verifier")]
    Login(#[source] Box<introspect::Error>),
    /// The query failed.
    #[error(
        "the query for verifiers failed; its login needs the right to read them, or a SECURITY DEFINER function that does"
    )]
    Query(#[source] tokio_postgres::Error),
    /// It has no text as its last column.
    #[error("the query for verifiers must yield one text, the verifier, as its last column")]
    Shape(#[source] Option<tokio_postgres::Error>),
    /// The server takes too long.
    #[error("the query for verifiers took more than {PATIENCE:?}")]
    TooSlow,
}

impl Verifiers {
    /// Asks with `query`, or with [`DEFAULT_QUERY`], in `database`.
    pub fn new(backend: Backend, database: String, query: Option<String>) -> Self {
        let query = query.unwrap_or_else(|| DEFAULT_QUERY.to_owned());
        Self { backend, database, query, connection: Mutex::new(None) }
    }

    /// The verifier of `user`; none when there is no such user, or one without a SCRAM verifier.
    ///
    /// # Errors
    /// When it cannot be told.
    pub async fn look_up(&self, user: &str) -> Result<Option<Verifier>, Error> {
        let asking = async {
            let mut kept = self.connection.lock().await;
            if let Some(client) = kept.take() {
                match self.ask(&client, user).await {
                    // The server has ended the connection since it was last used, or does so now.
                    Err(Error::Query(error)) if client.is_closed() || is_ended(&error) => {}
                    outcome => {
                        *kept = outcome.is_ok().then_some(client);
                        return outcome;
                    }
                }
            }
            let failed = |error| Error::Login(Box::new(error));
            let client = log_in(&self.backend, &self.database).await.map_err(failed)?;
            let outcome = self.ask(&client, user).await;
            *kept = outcome.is_ok().then_some(client);
            outcome
        };
        timeout(PATIENCE, asking).await.unwrap_or(Err(Error::TooSlow))
    }

    async fn ask(&self, client: &Client, user: &str) -> Result<Option<Verifier>, Error> {
        // All of it at once: a crowd that logs in waits for one way to the server and back each, not for three.
        let parameters: [(&(dyn ToSql + Sync), Type); 1] = [(&user, Type::TEXT)];
        let (begun, rows, ended) = tokio::join!(
            biased;
            client.batch_execute(BEGIN),
            client.query_typed(&self.query, &parameters),
            client.batch_execute("COMMIT"),
        );
        let rows = begun.and(rows).and_then(|rows| ended.map(|()| rows)).map_err(Error::Query)?;
        let [row] = &rows[..] else {
            if rows.len() > 1 {
                tracing::warn!(
                    user,
                    backend = self.backend.name,
                    "the query for verifiers yields several rows for one user; taken for none"
                );
            }
            return Ok(None);
        };
        let last = row.len().checked_sub(1).ok_or(Error::Shape(None))?;
        let text: Option<&str> = row.try_get(last).map_err(|error| Error::Shape(Some(error)))?;
        let found = text.and_then(Verifier::parse);
        if text.is_some() && found.is_none() {
            tracing::info!(
                user,
                backend = self.backend.name,
                "this user has a password, and no SCRAM verifier; set it again with password_encryption = 'scram-sha-256'"
            );
        }
        Ok(found)
    }
}

/// True for what a server says as it ends a connection (57P01 and its like), and for one that is ended.
fn is_ended(error: &tokio_postgres::Error) -> bool {
    error.is_closed() || error.code().is_some_and(|code| code.code().starts_with("57P"))
}
