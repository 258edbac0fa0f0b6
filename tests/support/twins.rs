//! The same data under the legacy schemas and under the current ones, and the proxy before the latter.
//!
//! Database `legacy` holds what the services were written for; `current` what the warehouse has now. Both hold smartwatt's
//! tables and the trap tables.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::postgres::{self, Postgres};
use super::shared_proxy::SharedProxy;

/// The two databases and the proxy.
pub(crate) struct Twins {
    pub(crate) server: &'static Postgres,
    pub(crate) proxy: SharedProxy,
}

/// The name of the database in legacy names.
pub(crate) const LEGACY: &str = "legacy";
/// The name of the database in current names; the proxy forwards to it.
pub(crate) const CURRENT: &str = "current";

/// What the proxy maps.
pub(crate) const MAPPINGS: [&str; 4] = [
    "mappings/smartwatt.toml",
    "tests/oracle/fixture/traps.toml",
    "tests/oracle/fixture/kinds.toml",
    "tests/oracle/fixture/keys.toml",
];

/// The pair that all tests of this binary share.
pub(crate) fn shared() -> &'static Twins {
    static TWINS: OnceLock<Twins> = OnceLock::new();
    TWINS.get_or_init(|| {
        let server = postgres::shared();
        // Who sent which text: a failing case shows what reached the server.
        server.sql("postgres", "ALTER SYSTEM SET log_line_prefix = '@%a '; SELECT pg_reload_conf();");
        let legacy = &["migrations/smartwatt/sample.sql", "tests/systems/smartwatt/legacy.sql"];
        let current = &[
            "migrations/smartwatt/001_current_schema/up.sql",
            "migrations/smartwatt/sample.sql",
            "migrations/smartwatt/sample_current.sql",
        ];
        server.database(LEGACY);
        server.sql(LEGACY, &texts(legacy));
        server.sql(LEGACY, &texts(&["tests/oracle/fixture/facts.sql", "tests/oracle/fixture/legacy.sql", COMMON]));
        server.sql(LEGACY, &texts(&["tests/oracle/fixture/kinds_legacy.sql", "tests/oracle/fixture/keys_legacy.sql"]));
        server.database(CURRENT);
        server.sql(CURRENT, &texts(current));
        server.sql(CURRENT, &texts(&["tests/oracle/fixture/facts.sql", "tests/oracle/fixture/current.sql", COMMON]));
        server
            .sql(CURRENT, &texts(&["tests/oracle/fixture/kinds_current.sql", "tests/oracle/fixture/keys_current.sql"]));
        server.sql(CURRENT, &format!("ALTER DATABASE \"{CURRENT}\" SET log_statement = 'all'"));
        let mappings = MAPPINGS.map(|path| root().join(path));
        Twins { server, proxy: SharedProxy::start(server.port, CURRENT, &mappings) }
    })
}

impl Twins {
    /// The texts that a connection of this `application_name` sent to the current database.
    pub(crate) fn arrived(&self, application: &str) -> Vec<String> {
        let log = fs::read(self.server.directory.join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let start = format!("@{application} ");
        let mut texts: Vec<String> = Vec::new();
        let mut inside = false;
        for line in log.lines() {
            if line.starts_with('@') {
                inside = line.starts_with(&start) && (line.contains("statement: ") || line.contains(" execute "));
                if inside {
                    texts.push(line[start.len()..].into());
                }
            } else if let (true, Some(text)) = (inside, texts.last_mut()) {
                text.push('\n');
                text.push_str(line);
            }
        }
        texts
    }
}

const COMMON: &str = "tests/oracle/fixture/common.sql";

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn texts(paths: &[&str]) -> String {
    let read = |path: &&str| {
        let path: PathBuf = root().join(path);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    paths.iter().map(read).collect::<Vec<_>>().join("\n")
}
