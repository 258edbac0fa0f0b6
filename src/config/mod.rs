//! The server's configuration: what listens where, which backends there are, and which database goes where with which mappings.
//!
//! A [`Config`] is checked and complete: every default is filled in. It comes from `exonym.toml` ([`file::parse`]) or from
//! `serve --to URL --mappings DIR` ([`Config::direct`]). Pure: files are read, secrets looked up and names resolved above.

mod auth;
pub mod check;
pub mod file;
mod redact;
pub mod tls;
pub mod url;
pub mod users;
pub mod value;

use std::path::PathBuf;
use std::time::Duration;

use crate::text::diagnostic::Source;
use crate::text::{Diagnostic, Span};
pub use auth::Auth;
pub use redact::redacted;
pub use tls::{BackendTls, DoorTls, Roots, SslMode, TlsVersion};
pub use value::{Address, Secret};

/// Everything that `serve` needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Directories and files that hold the mappings.
    pub mappings: Vec<PathBuf>,
    /// What listens where.
    pub listen: Listen,
    /// Bounds.
    pub limits: Limits,
    /// Servers, in the order of the file.
    pub backends: Vec<Backend>,
    /// Databases that clients may ask for.
    pub routes: Vec<Route>,
    /// The text that spans point into, passwords masked.
    pub source: Source,
    /// What works and is probably not what was meant.
    pub warnings: Vec<Diagnostic>,
}

/// `[listen]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listen {
    /// The Postgres door: one address or more.
    pub postgres: Vec<Address>,
    /// Metrics and health.
    pub admin: Address,
    /// TLS for clients of the Postgres door; without it they are told that there is none.
    pub tls: Option<DoorTls>,
    /// True when other processes may listen on the same addresses: one of them can replace another while clients come.
    pub reuse_port: bool,
}

/// `[limits]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Client connections at a time.
    pub max_connections: usize,
    /// The longest statement that is parsed.
    pub max_statement_bytes: usize,
    /// From the accepted connection to the server's answer to the login.
    pub startup_timeout: Duration,
    /// How long sessions may go on after SIGTERM.
    pub drain_timeout: Duration,
    /// How long clients are still taken after readiness has gone down.
    pub drain_delay: Duration,
    /// Silence after which a peer is asked whether it is still there.
    pub keepalive: Option<Duration>,
    /// How long sent data may stay unacknowledged.
    pub tcp_user_timeout: Option<Duration>,
    /// How often the catalog is read again without being asked.
    pub catalog_refresh: Duration,
    /// Threads that relay; none leaves it to the number of processors.
    pub threads: Option<usize>,
}

/// `[backends.<name>]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Backend {
    /// The key.
    pub name: String,
    /// Where it listens; of several hosts the first.
    pub address: Address,
    /// The other hosts, in the order in which they are tried.
    pub others: Vec<Address>,
    /// What a host has to be for sessions to be led there.
    pub target: Target,
    /// True when sessions are spread over the hosts at random.
    pub balance: bool,
    /// The database in the URL: which one the catalog is read from, and what sessions are connected to.
    pub database: Option<String>,
    /// What TLS is spoken there.
    pub tls: BackendTls,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// The login that reads the catalog, from `introspect` or else from the URL; none leaves it to the environment.
    pub introspect: Option<Login>,
    /// How Exonym verifies clients itself, where their login cannot be relayed; none where it does not.
    pub auth: Option<Auth>,
}

/// `target_session_attrs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Target {
    /// Whatever it is.
    #[default]
    Any,
    /// Transactions can write unless they say otherwise.
    ReadWrite,
    /// They cannot.
    ReadOnly,
    /// Not in recovery.
    Primary,
    /// In recovery.
    Standby,
    /// In recovery if there is such a host, else any.
    PreferStandby,
}

/// A user and where its password is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login {
    /// The role.
    pub user: String,
    /// None for servers that ask for none.
    pub password: Option<Secret>,
}

/// `[[routes]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// What the client asks for at startup.
    pub database: String,
    /// A key of `[backends]`.
    pub backend: String,
    /// Names of mappings and where they stand, later ones winning; none means all that there are.
    pub mappings: Option<Vec<(String, Span)>>,
}

impl Backend {
    /// All hosts.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        std::iter::once(&self.address).chain(&self.others)
    }

    /// The same with one host.
    #[must_use]
    pub fn at(&self, address: &Address) -> Self {
        Self { address: address.clone(), others: Vec::new(), target: Target::Any, ..self.clone() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1000,
            max_statement_bytes: 16 * 1024 * 1024,
            startup_timeout: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(30),
            drain_delay: Duration::ZERO,
            keepalive: Some(Duration::from_secs(60)),
            tcp_user_timeout: None,
            catalog_refresh: Duration::from_secs(60),
            threads: None,
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        let loopback = |port| Address::Tcp { host: "127.0.0.1".into(), port };
        Self { postgres: vec![loopback(DEFAULT_PORT)], admin: loopback(9432), tls: None, reuse_port: false }
    }
}

/// Where the Postgres door is unless told.
pub const DEFAULT_PORT: u16 = 6432;

impl Config {
    /// One backend, one route, all mappings: `serve --to URL --mappings PATH`. `database` stands in for one that the URL does not name.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn direct(to: &str, database: Option<&str>, mappings: Vec<PathBuf>) -> Result<Self, Vec<Diagnostic>> {
        let source = Source { name: "<url>".into(), text: redacted(to).into() };
        let backend =
            file::backend_of_url("default", to).map_err(|e| vec![file::url_finding(e, &source, Span::from)])?;
        let Some(database) = backend.database.clone().or_else(|| database.map(str::to_owned)) else {
            let finding = Diagnostic::error("C006", "the URL names no database").at(&source, Span::new(0, to.len()));
            return Err(vec![finding.help("write `postgres://host:5432/database`")]);
        };
        let route = Route { database, backend: backend.name.clone(), mappings: None };
        Ok(Self {
            mappings,
            listen: Listen::default(),
            limits: Limits::default(),
            backends: vec![backend],
            routes: vec![route],
            source,
            warnings: Vec::new(),
        })
    }

    /// The database on the server that `route` leads to.
    #[must_use]
    pub fn database<'c>(&'c self, route: &'c Route) -> &'c str {
        self.backend(&route.backend).and_then(|b| b.database.as_deref()).unwrap_or(&route.database)
    }

    /// The backend of that name.
    #[must_use]
    pub fn backend(&self, name: &str) -> Option<&Backend> {
        self.backends.iter().find(|b| b.name == name)
    }
}
