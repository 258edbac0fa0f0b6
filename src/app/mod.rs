//! The running proxy: everything built from the configuration, kept fresh, and ended with care.
//!
//! ```text
//! mapping files ─ reload ─┐
//!                         ├─ worlds ─▶ Route.world ◀─ session ◀─ listen
//! live catalog ─ refresh ─┘    ▲           │ DDL, unknown names
//!                              └───────────┘
//! ```
//! `cli::serve` calls [`run`]. One process runs one of it.

mod certificates;
mod listen;
pub(crate) mod mappings;
mod open_files;
mod readiness;
mod reload;
mod serve;
pub(crate) mod text_file;
pub(crate) mod users;
mod watch;
mod workers;
mod worlds;

use std::path::PathBuf;
use std::sync::Arc;

pub use serve::{Ended, run};

use crate::config::{Address, Config, Listen};
use crate::text::Diagnostic;
use mappings::RouteMappings;

/// Why the proxy did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The mappings are wrong.
    #[error("the mappings have errors")]
    Mappings(Vec<Diagnostic>),
    /// A users file is wrong.
    #[error("the users have errors")]
    Users(Vec<Diagnostic>),
    /// An address is taken or not ours.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// Which.
        address: Address,
        /// Why.
        source: std::io::Error,
    },
    /// Certificates, keys or authorities that cannot be used.
    #[error("TLS cannot be set up")]
    Tls(#[source] crate::net::Error),
    /// No threads.
    #[error("cannot start the threads that serve clients")]
    Threads(#[source] std::io::Error),
    /// No signals.
    #[error("cannot listen for signals")]
    Signals(#[source] std::io::Error),
}

/// What to run, and where its configuration came from.
#[derive(Debug)]
pub struct Plan {
    /// Checked.
    pub config: Config,
    /// What listens where: that of the configuration unless the command line says otherwise.
    pub listen: Listen,
    /// The file and its text, unless the configuration came from the command line.
    pub file: Option<(PathBuf, String)>,
}

fn listed<'a>(addresses: impl Iterator<Item = &'a Address>) -> String {
    addresses.map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Says which database gets which mappings.
fn describe(config: &Config, mappings: &[RouteMappings]) {
    let mut seen: Vec<&Arc<crate::mapping::Mapping>> = Vec::new();
    for mapping in mappings.iter().flatten() {
        if seen.iter().any(|m| Arc::ptr_eq(m, mapping)) {
            continue;
        }
        seen.push(mapping);
        let columns: usize = mapping.tables.iter().map(|t| t.columns.len()).sum();
        tracing::info!(
            mapping = &*mapping.name,
            file = &*mapping.source.name,
            tables = mapping.tables.len(),
            columns,
            "mapping"
        );
    }
    for (route, mappings) in config.routes.iter().zip(mappings) {
        let names: Vec<&str> = mappings.iter().map(|m| &*m.name).collect();
        let Some(backend) = config.backend(&route.backend) else { continue };
        tracing::info!(
            database = route.database,
            backend = route.backend,
            to = %format_args!("{}/{}", listed(backend.addresses()), config.database(route)),
            mappings = names.join(","),
            "route"
        );
    }
}
