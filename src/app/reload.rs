//! Reloads mappings when their files change and on SIGHUP. Files that are wrong change nothing.
//!
//! Of the configuration only `mappings` and the routes' lists of them are taken; the rest needs a restart, and that is said.

use std::path::PathBuf;
use std::sync::Arc;

use super::mappings::{self, Files, RouteMappings};
use super::text_file;
use super::watch::Occasion;
use super::worlds::Worlds;
use crate::config::{self, Config};
use crate::metrics::Metrics;
use crate::text::Diagnostic;
use crate::text::diagnostic::render;

/// Keeps the mappings of `worlds` as the files say.
pub(super) struct Reloader {
    /// None when the configuration came from the command line.
    pub(super) path: Option<PathBuf>,
    /// The configuration in use.
    pub(super) config: Config,
    /// What was tried last, right or wrong: the same is not tried twice.
    pub(super) tried: Attempt,
    /// How that went.
    pub(super) accepted: bool,
    pub(super) worlds: Arc<Worlds>,
    pub(super) metrics: Arc<Metrics>,
}

/// The text of the configuration, if it is a file, and those of the mappings.
#[derive(Clone, PartialEq)]
pub(super) struct Attempt {
    pub(super) config: Option<String>,
    /// Or why they could not be read.
    pub(super) files: Result<Files, Vec<Diagnostic>>,
}

impl Reloader {
    /// Takes what has changed.
    pub(super) fn compare(&mut self, occasion: Occasion) {
        let attempt = self.read();
        match (attempt == self.tried, occasion, self.accepted) {
            (true, Occasion::Tick, _) => return,
            (true, Occasion::Asked, true) => {
                self.metrics.mapping_reloads(true).inc();
                tracing::info!("asked to reload: the mappings in use are those of the files");
                return;
            }
            // Whoever asks again after a failure is told again.
            (true, Occasion::Asked, false) | (false, _, _) => {}
        }
        let outcome = self.apply(&attempt);
        self.tried = attempt;
        self.accepted = outcome.is_ok();
        self.metrics.mapping_reloads(self.accepted).inc();
        match outcome {
            Ok((generation, mappings)) => {
                super::describe(&self.config, &mappings);
                tracing::info!(generation, "mappings reloaded");
            }
            Err(findings) => {
                tracing::error!("mappings not reloaded, those in use stay\n{}", render(&findings, false).trim_end());
            }
        }
    }

    fn read(&self) -> Attempt {
        let config = self.path.as_ref().and_then(|path| text_file::read(path).ok());
        let paths = match (&self.path, &config) {
            (Some(path), Some(text)) if Some(text) != self.tried.config.as_ref() => {
                // Its findings, if any, are those of `apply`.
                config::file::parse(text, &path.to_string_lossy()).map(|c| c.mappings)
            }
            _ => Ok(self.config.mappings.clone()),
        };
        let files = mappings::read(&paths.unwrap_or_else(|_| self.config.mappings.clone()));
        Attempt { config, files }
    }

    /// Puts an attempt in force, or tells everything that is wrong with it.
    fn apply(&mut self, attempt: &Attempt) -> Result<(i64, Vec<RouteMappings>), Vec<Diagnostic>> {
        let config = self.configuration(attempt)?;
        let files = attempt.files.as_ref().map_err(Clone::clone)?;
        let (mappings, findings) = mappings::of_routes(&config, files);
        let Some(mappings) = mappings else { return Err(findings) };
        if !findings.is_empty() {
            tracing::warn!("the mappings have findings\n{}", render(&findings, false).trim_end());
        }
        let generation = self.worlds.take_mappings(mappings.clone());
        self.config = config;
        Ok((generation, mappings))
    }

    /// The configuration in use, with the mappings of the one in the file.
    fn configuration(&self, attempt: &Attempt) -> Result<Config, Vec<Diagnostic>> {
        let Some(path) = &self.path else { return Ok(self.config.clone()) };
        let Some(text) = &attempt.config else {
            let message = format!("cannot read the configuration `{}`", path.display());
            return Err(vec![Diagnostic::error("C015", message)]);
        };
        let new = config::file::parse(text, &path.to_string_lossy())?;
        let mut config = self.config.clone();
        for route in &mut config.routes {
            if let Some(same) = new.routes.iter().find(|r| r.database == route.database) {
                route.mappings.clone_from(&same.mappings);
            }
        }
        let beside = |c: &Config| c.routes.iter().map(|r| (r.database.clone(), r.backend.clone())).collect::<Vec<_>>();
        if (&new.listen, &new.limits, &new.backends) != (&config.listen, &config.limits, &config.backends)
            || beside(&new) != beside(&config)
        {
            tracing::warn!("the configuration has changed beyond `mappings`; restart to put that in force");
        }
        config.mappings = new.mappings;
        config.source = new.source;
        Ok(config)
    }
}
