//! Reads a [`Catalog`] from a live server, in one snapshot, over a connection of its own.
//!
//! The server may be hostile ground: the login's own `search_path` is set aside before anything is looked up, so that nobody's
//! function or operator stands in for Postgres's (CVE-2025-12819 of `PgBouncer`). Only what any role may read is read. The statements
//! need no named prepared statements, so a transaction pooler may stand between.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Once};
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, NoTls, Row};

use super::hosts::{fits, misfit, role};
use super::login;
use crate::catalog::{Catalog, Column, Function, Relation, RelationKind, Yields};
use crate::config::{Address, Backend, Target};
use crate::net::{self, Refusal, Terms, Way};

/// For reading everything; ten thousand tables take about a second.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// The first version with procedures, on which the queries rely.
const OLDEST: u32 = 110_000;
/// The first with functions whose body is parsed at creation.
const WITH_SQL_BODIES: u32 = 140_000;

/// Said once: it is true at every refresh.
static HIDDEN: Once = Once::new();

/// Why there is no catalog.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection.
    #[error("cannot connect to `{address}`{}", Refusal::of(source).map(|r| format!("; {}", r.hint)).unwrap_or_default())]
    Connect {
        /// Where.
        address: Address,
        /// Why.
        source: io::Error,
    },
    /// The files that TLS with the server needs.
    #[error("TLS with the server cannot be set up")]
    Tls(#[from] net::Error),
    /// The password is not where it should be.
    #[error(transparent)]
    Credentials(#[from] login::Error),
    /// The server did not let us in.
    #[error(
        "cannot log in to database `{database}` at `{address}` as `{user}` to read the catalog; \
         set `introspect = {{ user = …, password = \"env:NAME\" }}` for the backend, or PGUSER and PGPASSWORD"
    )]
    Login {
        /// Where.
        address: Address,
        /// Which database.
        database: String,
        /// Who.
        user: String,
        /// Why.
        source: tokio_postgres::Error,
    },
    /// A query failed.
    #[error("cannot read the catalog of database `{database}` at `{address}`")]
    Read {
        /// Where.
        address: Address,
        /// Which database.
        database: String,
        /// Why.
        source: tokio_postgres::Error,
    },
    /// It took too long.
    #[error("reading the catalog of database `{database}` at `{address}` took more than {READ_TIMEOUT:?}")]
    TooSlow {
        /// Where.
        address: Address,
        /// Which database.
        database: String,
    },
    /// Several hosts, and none of them will do.
    #[error("no host of backend `{backend}` will do: {reasons}")]
    NoHost {
        /// Its name.
        backend: String,
        /// What is wrong with each.
        reasons: String,
    },
    /// A server from before 11.
    #[error("the server at `{address}` is too old (`server_version_num` {version}); Postgres 11 or newer is needed")]
    TooOld {
        /// Where.
        address: Address,
        /// `server_version_num`.
        version: u32,
    },
}

/// Reads the catalog of `database` at `backend`.
///
/// # Errors
/// No connection, no login, a failing query.
pub async fn introspect(backend: &Backend, database: &str) -> Result<Catalog, Error> {
    let address = || backend.address.clone();
    let reading = async {
        let (client, backend) = log_in_where_it_fits(backend, database).await?;
        read(&client, &backend, database).await
    };
    timeout(READ_TIMEOUT, reading)
        .await
        .unwrap_or_else(|_| Err(Error::TooSlow { address: address(), database: database.to_owned() }))
}

/// Opens a session with the first host that is what the backend has to be, and tells which that is.
pub(super) async fn log_in_where_it_fits(backend: &Backend, database: &str) -> Result<(Client, Backend), Error> {
    let mut reasons = Vec::new();
    let mut second = None;
    for address in backend.addresses() {
        let host = backend.at(address);
        let late = || Error::Connect { address: address.clone(), source: io::ErrorKind::TimedOut.into() };
        // One that hangs must leave time for the others.
        let logged_in = timeout(backend.connect_timeout, log_in(&host, database)).await;
        let client = match logged_in.unwrap_or_else(|_| Err(late())) {
            Ok(client) => client,
            Err(error) if backend.others.is_empty() => return Err(error),
            Err(error) => {
                reasons.push(crate::text::chain(&error));
                continue;
            }
        };
        if backend.target == Target::Any {
            return Ok((client, host));
        }
        let role = role(&client, &host, database).await?;
        if fits(backend.target, role) {
            return Ok((client, host));
        }
        reasons.push(format!("{address}: {}", misfit(role)));
        if backend.target == Target::PreferStandby {
            second.get_or_insert((client, host));
        }
    }
    second.ok_or_else(|| Error::NoHost { backend: backend.name.clone(), reasons: reasons.join("; ") })
}

/// Opens a session with the first host; its connection ends with the client that is returned.
pub(super) async fn log_in(backend: &Backend, database: &str) -> Result<Client, Error> {
    let credentials = login::credentials(backend)?;
    let mut config = tokio_postgres::Config::new();
    // Our socket is what it is already, TLS or plain.
    config.user(&credentials.user).dbname(database).application_name("exonym catalog").ssl_mode(SslMode::Disable);
    if let Some(password) = &credentials.password {
        config.password(password);
    }
    let to = net::Address::from(&backend.address);
    // Read each time: this happens once a minute, and so the files may change.
    let terms = Arc::new(Terms::load(&backend.tls)?);
    let mut failed = None;
    for &way in terms.ways(&to) {
        let error = match connect(&config, backend, &terms, &to, way).await {
            Ok(client) => return Ok(client),
            Err(Failure::Tls(source)) => Error::Connect { address: backend.address.clone(), source },
            Err(Failure::System(source)) => {
                return Err(failed.unwrap_or(Error::Connect { address: backend.address.clone(), source }));
            }
            Err(Failure::Server(source)) => {
                let (address, database) = (backend.address.clone(), database.to_owned());
                Error::Login { address, database, user: credentials.user.clone(), source }
            }
        };
        failed.get_or_insert(error);
    }
    let nowhere = || Error::Connect { address: backend.address.clone(), source: io::ErrorKind::NotConnected.into() };
    Err(failed.unwrap_or_else(nowhere))
}

/// Why one way did not lead to a session.
enum Failure {
    /// Nobody is there, which will be no different by another way.
    System(io::Error),
    Tls(io::Error),
    Server(tokio_postgres::Error),
}

async fn connect(
    config: &tokio_postgres::Config,
    backend: &Backend,
    terms: &Arc<Terms>,
    to: &net::Address,
    way: Way,
) -> Result<Client, Failure> {
    let connected = timeout(backend.connect_timeout, terms.connect(to, way)).await;
    let (socket, _) = match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(connected) => connected,
        Err(error) if Refusal::of(&error).is_some() => return Err(Failure::Tls(error)),
        Err(error) => return Err(Failure::System(error)),
    };
    let is_encrypted = socket.is_encrypted();
    let (client, connection) = config.connect_raw(socket, NoTls).await.map_err(|error| {
        let is_io = |e: &tokio_postgres::Error| {
            std::error::Error::source(e).is_some_and(<dyn std::error::Error>::is::<io::Error>)
        };
        if !is_io(&error) {
            return Failure::Server(error);
        }
        let source = error.into_source().and_then(|source| source.downcast::<io::Error>().ok());
        let source = source.map_or_else(|| io::ErrorKind::ConnectionAborted.into(), |source| *source);
        if is_encrypted { Failure::Tls(terms.explain(source)) } else { Failure::System(source) }
    })?;
    // Its errors also end the query that waits, and are told there.
    tokio::spawn(connection);
    Ok(client)
}

async fn read(client: &Client, backend: &Backend, database: &str) -> Result<Catalog, Error> {
    let failed = |source| Error::Read { address: backend.address.clone(), database: database.to_owned(), source };
    let server = client.query_typed_one(SERVER, &[]).await.map_err(failed)?;
    let version: u32 = server.try_get::<_, i32>(0).map_err(failed)?.try_into().unwrap_or_default();
    if version < OLDEST {
        return Err(Error::TooOld { address: backend.address.clone(), version });
    }
    let server_search_path: String = server.try_get(1).map_err(failed)?;
    let rows = async {
        client.batch_execute(BEGIN).await?;
        let relations = client.query_typed(include_str!("sql/relations.sql"), &[]).await?;
        let functions = client.query_typed(&functions_sql(version), &[]).await?;
        let search_paths = client.query_typed(include_str!("sql/search_paths.sql"), &[]).await?;
        let unusable = client.query_typed(include_str!("sql/unusable.sql"), &[]).await?;
        client.batch_execute("COMMIT").await?;
        let relations = relations.iter().map(relation).collect::<Result<_, _>>()?;
        let functions = functions.iter().map(function).collect::<Result<_, _>>()?;
        let settings = search_paths.iter().map(setting).collect::<Result<Vec<_>, _>>()?;
        let mut unusable_schemas: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in &unusable {
            unusable_schemas.entry(row.try_get(0)?).or_default().insert(row.try_get(1)?);
        }
        Ok((relations, functions, settings, unusable_schemas))
    };
    let (relations, functions, settings, unusable_schemas) = rows.await.map_err(failed)?;
    let (search_paths, roles): (Vec<_>, Vec<_>) = settings.into_iter().partition(|(_, name, _)| name == "search_path");
    let search_paths: Vec<_> = search_paths.into_iter().map(|(role, _, path)| (role, path)).collect();
    let hidden: bool = server.try_get(2).map_err(failed)?;
    if hidden && search_paths.iter().all(|(role, _)| !role.is_empty()) {
        HIDDEN.call_once(|| {
            tracing::warn!(
                database,
                "the role that reads the catalog has a `search_path` of its own, which hides the server's; taken to be `{server_search_path}`; \
                 use a role without one, or set it with ALTER DATABASE"
            );
        });
    }
    let (search_path, role_search_paths) = weigh(search_paths, &server_search_path);
    let catalog = Catalog {
        database: database.to_owned(),
        server_version: version,
        search_path,
        role_search_paths,
        given_roles: roles.into_iter().map(|(role, _, _)| role).collect(),
        unusable_schemas,
        relations,
        functions,
        ..Catalog::default()
    };
    Ok(catalog.indexed())
}

/// Version, the search path that the server's own files give, and whether a setting of the login's role hides that one: then only the
/// built-in default can be told. Every name and operator is qualified, as the login's search path is still in force.
const SERVER: &str = "\
    SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4, \
           CASE WHEN hidden THEN boot_val ELSE reset_val END, \
           hidden \
    FROM (SELECT s.boot_val, s.reset_val, \
                 s.source OPERATOR(pg_catalog.=) ANY (ARRAY['global', 'database', 'user', 'database user', 'client', 'session']::pg_catalog.text[]) AS hidden \
          FROM pg_catalog.pg_settings s \
          WHERE s.name OPERATOR(pg_catalog.=) 'search_path'::pg_catalog.text) setting";

/// To compile these queries takes longer than to run them.
const BEGIN: &str = "\
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
    SET LOCAL search_path = pg_catalog, pg_temp; \
    SET LOCAL statement_timeout = '30s'; \
    SET LOCAL lock_timeout = '5s'; \
    SET LOCAL jit = off";

fn functions_sql(version: u32) -> String {
    let body = if version >= WITH_SQL_BODIES { "pg_get_function_sqlbody(s.oid)" } else { "NULL" };
    include_str!("sql/functions.sql").replace("%SQLBODY%", body)
}

fn relation(row: &Row) -> Result<Relation, tokio_postgres::Error> {
    let kind = match row.try_get::<_, &str>(2)? {
        "p" => RelationKind::Partitioned,
        "v" => RelationKind::View,
        "m" => RelationKind::MaterializedView,
        "f" => RelationKind::Foreign,
        _ => RelationKind::Table,
    };
    let names: Vec<String> = row.try_get(4)?;
    let types: Vec<String> = row.try_get(5)?;
    let not_null: Vec<bool> = row.try_get(6)?;
    let columns = names
        .into_iter()
        .zip(types)
        .zip(not_null)
        .map(|((name, type_name), not_null)| Column { name, type_name, not_null })
        .collect();
    Ok(Relation { schema: row.try_get(0)?, name: row.try_get(1)?, kind, columns, definition: row.try_get(3)? })
}

fn function(row: &Row) -> Result<Function, tokio_postgres::Error> {
    let columns: Option<Vec<String>> = row.try_get(2)?;
    let yields = if columns.is_some() { Yields::Columns } else { Yields::Value };
    Ok(Function {
        schema: row.try_get(0)?,
        name: row.try_get(1)?,
        yields,
        columns: columns.unwrap_or_default(),
        body: row.try_get(3)?,
    })
}

/// Whose, which, and what.
fn setting(row: &Row) -> Result<(String, String, String), tokio_postgres::Error> {
    Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
}

/// The default for everyone and those of single roles; the weightiest of each stands first.
fn weigh(settings: Vec<(String, String)>, server: &str) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let mut everyone = None;
    let mut roles = BTreeMap::new();
    for (role, path) in settings {
        let path = schemas(&path);
        if role.is_empty() {
            everyone.get_or_insert(path);
        } else {
            roles.entry(role).or_insert(path);
        }
    }
    (everyone.unwrap_or_else(|| schemas(server)), roles)
}

/// A search path as Postgres stores it, taken apart: `"$user", public` or `app, "Weird ""S"`. Empty names are no schemas.
fn schemas(list: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut name = String::new();
    let mut quoted = false;
    let mut characters = list.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                name.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => found.push(std::mem::take(&mut name)),
            c if quoted => name.push(c),
            c if c.is_whitespace() => {}
            // Outside of quotes Postgres folds ASCII, and other letters by the server's locale, which stored lists do not need.
            c => name.push(c.to_ascii_lowercase()),
        }
    }
    found.push(name);
    found.retain(|schema| !schema.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_paths_are_taken_apart_as_the_server_does() {
        assert_eq!(schemas("\"$user\", public"), ["$user", "public"]);
        assert_eq!(schemas("App,\"Weird \"\"S, x\""), ["app", "Weird \"S, x"]);
        assert!(schemas("").is_empty());
        assert!(schemas("\"\"").is_empty());
    }

    #[test]
    fn the_weightiest_setting_wins() {
        let settings = [("bob", "in_database"), ("bob", "anywhere"), ("", "of_database"), ("", "of_all")];
        let settings = settings.map(|(role, path)| (role.to_owned(), path.to_owned())).to_vec();
        let (everyone, roles) = weigh(settings, "public");
        assert_eq!(everyone, ["of_database"]);
        assert_eq!(roles["bob"], ["in_database"]);
        assert_eq!(weigh(Vec::new(), "public").0, ["public"]);
    }
}
