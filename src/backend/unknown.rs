//! Names that only a server can judge: time zones and types. `exonym check` asks; nothing is kept.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::introspect::{Error, log_in_where_it_fits};
use crate::config::Backend;

/// Of what was asked, what the server does not know.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unknown {
    /// Time zones.
    pub zones: Vec<String>,
    /// Types.
    pub types: Vec<String>,
}

/// Asks `database` at `backend` for `zones` and for `types`, which are in the spelling of `mapping::type_name`. Types are looked up along
/// the search path of the login.
///
/// # Errors
/// No connection, no login, a failing query.
pub async fn unknown(backend: &Backend, database: &str, zones: &[String], types: &[String]) -> Result<Unknown, Error> {
    let (client, backend) = log_in_where_it_fits(backend, database).await?;
    let failed = |source| Error::Read { address: backend.address.clone(), database: database.to_owned(), source };
    let ask = async |query| list(&client, query, if query == ZONES { zones } else { types }).await.map_err(failed);
    Ok(Unknown { zones: ask(ZONES).await?, types: ask(TYPES).await? })
}

async fn list(client: &Client, query: &str, names: &[String]) -> Result<Vec<String>, tokio_postgres::Error> {
    let rows = client.query_typed(query, &[(&names, Type::TEXT_ARRAY)]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

// The login's search path is in force: everything else is qualified, so that nobody's function or operator stands in for Postgres's.

/// Postgres takes names of zones in any case, and abbreviations beside them.
const ZONES: &str = "\
    SELECT asked.name FROM pg_catalog.unnest($1) AS asked (name) \
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_timezone_names AS z \
                      WHERE pg_catalog.lower(z.name) OPERATOR(pg_catalog.=) pg_catalog.lower(asked.name)) \
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_timezone_abbrevs AS z \
                      WHERE pg_catalog.lower(z.abbrev) OPERATOR(pg_catalog.=) pg_catalog.lower(asked.name))";

const TYPES: &str = "\
    SELECT asked.name FROM pg_catalog.unnest($1) AS asked (name) \
    WHERE pg_catalog.to_regtype(asked.name) IS NULL";
