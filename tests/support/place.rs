//! A directory with a configuration and a mapping, and a database that they fit.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::fs;
use std::path::PathBuf;

use super::postgres::shared;
use super::program::Proxy;

pub(crate) const MAPPING: &str = "[mapping]\nname = \"app\"\n[tables.log.columns]\nconsumption_kwh = \"kwh\"\n";
pub(crate) const SCHEMA: &str = "CREATE TABLE log (id int, kwh numeric); INSERT INTO log VALUES (1, 2.5), (2, 4)";

/// A directory with a mapping, and a database that it fits.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) database: String,
}

impl Place {
    pub(crate) fn new(database: &str) -> Self {
        shared().database(database);
        shared().sql(database, SCHEMA);
        let place = Self { directory: tempfile::tempdir().expect("a directory"), database: database.to_owned() };
        fs::create_dir(place.path("mappings")).expect("ours");
        place.write("mappings/app.toml", MAPPING);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn text_path(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("ours");
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{}", shared().port, self.database)
    }

    /// Runs the proxy without a configuration file.
    pub(crate) fn serve(&self) -> Proxy {
        let proxy = Proxy::start(&["--to", &self.url(), "--mappings", &self.text_path("mappings")]);
        proxy.wait_until_ready();
        proxy
    }

    /// Writes a configuration: these limits, and a backend and route as usual.
    pub(crate) fn configure(&self, limits: &str) -> String {
        self.configure_for(limits, &self.url())
    }

    /// The same for another backend.
    pub(crate) fn configure_for(&self, limits: &str, url: &str) -> String {
        let text = format!(
            "mappings = \"mappings\"\n[limits]\n{limits}\n[backends.b]\nkind = \"postgres\"\nurl = \"{url}\"\n\
             [[routes]]\ndatabase = \"{}\"\nbackend = \"b\"\nmappings = [\"app\"]\n",
            self.database
        );
        self.write("exonym.toml", &text);
        self.text_path("exonym.toml")
    }

    pub(crate) fn serve_limited(&self, limits: &str) -> Proxy {
        let proxy = Proxy::start(&["--config", &self.configure(limits)]);
        proxy.wait_until_ready();
        proxy
    }
}
