//! Keeps the certificates in use those of the files: read at the start, again when a file changes, and on SIGHUP.
//!
//! A certificate and its key are two files, so a change is taken only when a second has passed in which nothing else changed; what cannot
//! be used changes nothing and is said.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustls_pki_types::UnixTime;

use super::watch::Occasion;
use crate::config::{BackendTls, Config, DoorTls};
use crate::metrics::Metrics;
use crate::net::{self, Door, Terms, Validity};
use crate::session::{Route, Shared};
use crate::text::chain;

/// What is in use, and the files that it came from.
pub(super) struct Certificates {
    door: Option<DoorTls>,
    routes: Vec<(Arc<Route>, BackendTls)>,
    shared: Arc<Shared>,
    metrics: Arc<Metrics>,
    /// What was tried last, right or wrong: the same is not tried twice.
    tried: Contents,
    /// What the last look has found.
    seen: Contents,
    /// When those in use are valid.
    dates: Vec<Validity>,
    /// What has been said about that.
    warned: BTreeSet<String>,
}

/// The files' contents, none for those that cannot be read.
type Contents = Vec<Option<Vec<u8>>>;

impl Certificates {
    /// Puts the certificates of `door` and of the backends in force.
    pub(super) fn load(
        door: Option<DoorTls>,
        config: &Config,
        shared: Arc<Shared>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, net::Error> {
        let terms = |route: &Arc<Route>| Some((Arc::clone(route), config.backend(&route.backend.name)?.tls.clone()));
        let routes = shared.routes().filter_map(terms).collect();
        let mut certificates = Self {
            door,
            routes,
            shared,
            metrics,
            tried: Vec::new(),
            seen: Vec::new(),
            dates: Vec::new(),
            warned: BTreeSet::new(),
        };
        // Before they are used: what changes in between is a change.
        certificates.tried = certificates.look();
        certificates.seen.clone_from(&certificates.tried);
        certificates.apply()?;
        certificates.warn();
        if !certificates.tried.is_empty() {
            let _ = [true, false].map(|accepted| certificates.metrics.tls_reloads(accepted));
        }
        Ok(certificates)
    }

    /// Takes what has changed.
    pub(super) fn compare(&mut self, occasion: Occasion) {
        if self.paths().is_empty() {
            return;
        }
        let found = self.look();
        let settled = found == self.seen;
        self.seen.clone_from(&found);
        if occasion == Occasion::Tick && (!settled || found == self.tried) {
            self.warn();
            return;
        }
        self.tried = found;
        let outcome = self.apply();
        self.metrics.tls_reloads(outcome.is_ok()).inc();
        match outcome {
            Ok(()) => {
                tracing::info!("certificates reloaded");
                self.warned.clear();
                self.warn();
            }
            Err(error) => tracing::error!("certificates not reloaded, those in use stay: {}", chain(&error)),
        }
    }

    /// Says which are out of date, or soon will be: once, and again when there is something else to say, which is every day.
    fn warn(&mut self) {
        let now = UnixTime::now();
        let warnings = self.dates.iter().filter_map(|validity| validity.warning(now)).collect::<BTreeSet<_>>();
        for warning in warnings.difference(&self.warned) {
            tracing::warn!("{warning}");
        }
        self.warned = warnings;
    }

    fn apply(&mut self) -> Result<(), net::Error> {
        // All of it or nothing.
        let door = self.door.as_ref().map(Door::load).transpose()?;
        let terms =
            self.routes.iter().map(|(route, tls)| Ok((route, Terms::load(tls)?))).collect::<Result<Vec<_>, _>>()?;
        self.shared.door.store(door.map(Arc::new));
        for (route, terms) in terms {
            route.backend.terms.store(Arc::new(terms));
        }
        let of_backends = self.routes.iter().flat_map(|(_, tls)| Validity::of_backend(tls));
        self.dates = self.door.iter().flat_map(Validity::of_door).chain(of_backends).collect();
        Ok(())
    }

    fn paths(&self) -> Vec<PathBuf> {
        let of_backends = self.routes.iter().flat_map(|(_, tls)| Terms::files(tls));
        self.door.iter().flat_map(Door::files).chain(of_backends).collect()
    }

    fn look(&self) -> Contents {
        self.paths().iter().map(|path| fs::read(path).ok()).collect()
    }
}
