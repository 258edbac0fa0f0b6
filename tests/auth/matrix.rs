//! `matrix.txt` with real servers and libpq: which login works over which legs.

use std::fmt::Write as _;
use std::sync::Arc;

use exonym::config::{BackendTls, DoorTls, SslMode};
use exonym::net::{Door, Terms};
use exonym::session::Source;

use super::authority::{Authority, Pair, Valid, give};
use super::client::{PASSWORD, query, users};
use super::libpq::{Went, connect};
use super::support::postgres::{Postgres, Version};
use super::support::proxy::{Proxy, Setup};

pub(crate) const METHODS: [&str; 5] = ["trust", "password", "md5", "scram", "cert"];
const CLIENTS: [&str; 4] = [
    "sslmode=disable",
    "sslmode=require",
    "sslmode=require channel_binding=require",
    "sslmode=require channel_binding=disable",
];

/// A server with TLS, and whoever signed its certificate.
pub(crate) struct Stage {
    pub(crate) server: Postgres,
    /// Whose files these are.
    authority: Authority,
    /// The server's.
    pub(crate) theirs: Pair,
    /// Another one for the proxy.
    pub(crate) ours: Pair,
    /// What the proxy shows the server.
    pub(crate) client: Pair,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::of(Version::Installed)
    }

    /// The same, of this version.
    pub(crate) fn of(version: Version) -> Self {
        let authority = Authority::new("both legs");
        let names = ["localhost", "127.0.0.1"];
        let (theirs, ours) = (authority.sign("theirs", &names, Valid::Now), authority.sign("ours", &names, Valid::Now));
        let client = authority.sign("client", &["as_cert"], Valid::Now);
        let copy = authority.sign("copy", &names, Valid::Now);
        std::fs::copy(&theirs.certificate, &copy.certificate).expect("ours");
        std::fs::copy(&theirs.key, &copy.key).expect("ours");
        let server = Postgres::start_as(version, &[]);
        // The server takes only a key of its own user.
        give(&copy.key, &server.directory.join("data"));
        server.sql(
            "postgres",
            &format!(
                "ALTER SYSTEM SET ssl_cert_file = '{}'; ALTER SYSTEM SET ssl_key_file = '{}';
                 ALTER SYSTEM SET ssl_ca_file = '{}'; ALTER SYSTEM SET ssl = on; SELECT pg_reload_conf();",
                copy.certificate.display(),
                copy.key.display(),
                authority.root.display()
            ),
        );
        server.sql(
            "postgres",
            "SET password_encryption = 'scram-sha-256';
             CREATE ROLE as_trust LOGIN PASSWORD 'pässword'; CREATE ROLE as_password LOGIN PASSWORD 'pässword';
             CREATE ROLE as_scram LOGIN PASSWORD 'pässword'; CREATE ROLE as_cert LOGIN PASSWORD 'pässword';
             SET password_encryption = md5; CREATE ROLE as_md5 LOGIN PASSWORD 'pässword';",
        );
        server.prepend_hba(
            "host all as_password 127.0.0.1/32 password\nhost all as_md5 127.0.0.1/32 md5\n\
             host all as_scram 127.0.0.1/32 scram-sha-256\nhostssl all as_cert 127.0.0.1/32 cert",
        );
        Self { server, authority, theirs, ours, client }
    }

    /// What clients hold the certificates against.
    pub(crate) fn root(&self) -> std::path::PathBuf {
        self.authority.root.clone()
    }

    /// A proxy whose legs are like that.
    pub(crate) fn proxy(&self, leg: &str, auth: Option<Source>) -> Proxy {
        let mut setup = Setup::to(self.server.port, "postgres");
        setup.auth = auth;
        if leg != "plain" {
            let own = Some((self.client.certificate.clone(), self.client.key.clone()));
            let settings = BackendTls { mode: SslMode::Require, own, ..BackendTls::default() };
            setup.terms = Terms::load(&settings).expect("good files");
        }
        let shown = if leg == "same" { &self.theirs } else { &self.ours };
        let proxy = setup.start();
        let (certificate, key) = (shown.certificate.clone(), shown.key.clone());
        let door = Door::load(&DoorTls { certificate, key, is_required: false, client_ca: None }).expect("good files");
        proxy.shared.door.store(Some(Arc::new(door)));
        proxy
    }

    fn auths(&self, auth: &str) -> Vec<(&'static str, Option<Source>)> {
        match auth {
            "no" => vec![("no auth", None)],
            _ => vec![
                ("users", Some(users(&self.server, &["as_trust", "as_password", "as_scram", "as_cert"]))),
                ("query", Some(query(&self.server, "postgres", None))),
            ],
        }
    }
}

/// A line of a table.
pub(crate) struct Line {
    pub(crate) asks: String,
    pub(crate) expected: Vec<String>,
}

#[test]
fn which_login_works_over_which_legs() {
    let stage = Stage::new();
    let mut wrong = String::new();
    let mut tried = 0;
    for leg in ["plain", "tls", "same"] {
        for auth in ["no", "yes"] {
            let lines = lines(include_str!("matrix.txt"), leg, auth);
            assert_eq!(lines.len(), METHODS.len() - usize::from(leg == "plain"), "{leg} {auth}");
            for (name, source) in stage.auths(auth) {
                let proxy = stage.proxy(leg, source);
                for (line, client, found) in fates(&proxy, &lines) {
                    tried += 1;
                    let expected = &line.expected[client];
                    if &found != expected {
                        let (asks, client) = (&line.asks, CLIENTS[client]);
                        let _ = writeln!(wrong, "{leg}, {name}, {asks}, {client}: {expected} and not {found}");
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(tried, 3 * 4 * (4 + 5 + 5));
}

/// How each client fares with each line.
fn fates<'l>(proxy: &Proxy, lines: &'l [Line]) -> Vec<(&'l Line, usize, String)> {
    let mut cases = Vec::new();
    let mut dsns = Vec::new();
    for line in lines {
        for (index, client) in CLIENTS.iter().enumerate() {
            cases.push((line, index));
            for password in [PASSWORD, "wrong"] {
                dsns.push(format!(
                    "host=127.0.0.1 port={} user=as_{} dbname=postgres password={password} {client}",
                    proxy.port, line.asks
                ));
            }
        }
    }
    let went = connect(&dsns);
    cases
        .into_iter()
        .zip(went.chunks(2))
        .map(|((line, client), went)| (line, client, fate(&went[0], &went[1])))
        .collect()
}

/// A word for what happened with the right password and with a wrong one.
pub(crate) fn fate(right: &Went, wrong: &Went) -> String {
    let is_in = |went: &Went| !matches!(went, Went::Failed(_));
    match (right, wrong) {
        _ if is_in(right) && is_in(wrong) => "anyone".into(),
        _ if is_in(right) && wrong.failed_with("password authentication failed for user") => "in".into(),
        _ if right.failed_with("exonym cannot relay") && right.failed_with("auth = { query = true }") => {
            "config".into()
        }
        _ if right.failed_with("channel binding")
            && (right.failed_with("required") || right.failed_with("did not use")) =>
        {
            "unbound".into()
        }
        _ => format!("{right:?}, {wrong:?}"),
    }
}

/// The lines of a table about these legs.
pub(crate) fn lines(table: &str, leg: &str, auth: &str) -> Vec<Line> {
    let table = table.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    let words = table.map(|l| l.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    words
        .filter(|w| w[0] == leg && w[1] == auth)
        .map(|w| Line { asks: w[2].clone(), expected: w[3..].to_vec() })
        .collect()
}
