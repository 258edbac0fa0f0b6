//! Reads `exonym.toml`: every error at once, each under its bytes.
//!
//! Pure: text in, [`Config`] out. Relative paths are taken from the directory of the file. `cli` and `check` call it.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::auth::auth;
use super::url::Malformed;
use super::value::{duration, listen, secret};
use super::{Address, Backend, Config, DEFAULT_PORT, Limits, Listen, Login, Route, Secret, redacted, tls, url};
use crate::text::diagnostic::Source;
use crate::text::nearest::did_you_mean;
use crate::text::toml::{Codes, Document, Entry, Shape, Table, Text};
use crate::text::{Diagnostic, Severity, Span};

const CODES: Codes = Codes { syntax: "C001", duplicate: "C002", unknown: "C003", wrong_type: "C004", missing: "C005" };
/// A value that cannot be understood or is out of its range.
const VALUE: &str = "C006";
const TLS: &str = "C007";
const PLAIN_SECRET: &str = "C008";
const UNKNOWN_BACKEND: &str = "C009";
const ROUTED_TWICE: &str = "C010";
const NO_ROUTE: &str = "C011";
const UNUSED_BACKEND: &str = "C012";
/// A client certificate of our own that vouches for everyone.
const SHOWN: &str = "C018";

/// How long connecting to a backend may take unless its URL has a `connect_timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// `MAX_TCP_KEEPIDLE` of Linux.
const LONGEST_KEEPALIVE: Duration = Duration::from_secs(32_767);
/// So many milliseconds fit into the kernel's number.
const LONGEST_USER_TIMEOUT: Duration = Duration::from_millis(2_147_483_647);
/// The longest message that Postgres itself takes.
const LONGEST_STATEMENT: i64 = 1_073_741_819;

/// Reads a configuration; `name` is the path of the file.
///
/// # Errors
/// Everything that is wrong, in the order of the text, warnings included.
pub fn parse(text: &str, name: &str) -> Result<Config, Vec<Diagnostic>> {
    let source = Source { name: name.into(), text: text.into() };
    let directory = Path::new(name).parent().unwrap_or(Path::new(""));
    let document = Document::parse(&source, CODES);
    let parts = read(&document, directory);
    // Findings draw whole lines, and lines may hold passwords.
    let shown = Source { name: name.into(), text: redacted(text).into() };
    let in_shown = |finding: Diagnostic| {
        let at = finding.at.as_ref().map(|(_, span)| (shown.clone(), *span));
        Diagnostic { at, ..finding }
    };
    let findings: Vec<Diagnostic> = document.finish().into_iter().map(in_shown).collect();
    if findings.iter().any(|f| f.severity == Severity::Error) {
        return Err(findings);
    }
    let (mappings, listen, limits, backends, routes) = parts;
    Ok(Config { mappings, listen, limits, backends, routes, source: shown, warnings: findings })
}

type Parts = (Vec<PathBuf>, Listen, Limits, Vec<Backend>, Vec<Route>);

fn read(document: &Document<'_>, directory: &Path) -> Parts {
    let root = document.root();
    root.require("mappings");
    let mappings = root.string_or_strings("mappings").unwrap_or_default();
    let mappings = mappings.iter().map(|path| directory.join(path.value)).collect();
    let listen = root.table("listen").map(|table| listening(table, directory)).unwrap_or_default();
    let limits = root.table("limits").map(limiting).unwrap_or_default();
    let backends: Vec<(Entry<'_>, Option<Backend>)> =
        root.table("backends").map(|table| backends(&table, directory)).unwrap_or_default();
    let routes = routes(&root, &backends);
    root.close();
    (mappings, listen, limits, backends.into_iter().filter_map(|(_, backend)| backend).collect(), routes)
}

fn listening(table: Table<'_>, directory: &Path) -> Listen {
    let defaults = Listen::default();
    let texts = table.string_or_strings("postgres");
    // As in Postgres, a unix socket has the number of the TCP port beside it.
    let tcp = texts.iter().flatten().find_map(|text| match listen(text.value, DEFAULT_PORT) {
        Ok(Address::Tcp { port, .. }) => Some(port),
        _ => None,
    });
    let address = |text: Text<'_>| match listen(text.value, tcp.unwrap_or(DEFAULT_PORT)) {
        Ok(address) => Some(address),
        Err(message) => {
            let help = "write `127.0.0.1:6432`, `[::1]:6432` or `unix:/run/exonym`";
            table.document().error(VALUE, text.span, message, "", help);
            None
        }
    };
    let postgres = match texts {
        Some(texts) if texts.is_empty() => {
            let span = table.value("postgres").map_or(table.span, |v| v.span);
            table.document().error(VALUE, span, "`listen.postgres` is empty", "", "leave it out for 127.0.0.1:6432");
            defaults.postgres
        }
        Some(texts) => texts.into_iter().filter_map(address).collect(),
        None => defaults.postgres,
    };
    let admin = table.string("admin").and_then(address).filter(|found| {
        let tcp = matches!(found, Address::Tcp { .. });
        if !tcp {
            let span = table.value("admin").map_or(table.span, |v| v.span);
            table.document().error(
                VALUE,
                span,
                "`listen.admin` is a TCP address, and not a unix socket",
                "",
                "write `127.0.0.1:9432`",
            );
        }
        tcp
    });
    let tls = table.table("tls").and_then(|inner| tls::door(inner, directory));
    let reuse_port = table.boolean("reuse_port").map_or(defaults.reuse_port, |found| found.value);
    table.close();
    Listen { postgres, admin: admin.unwrap_or(defaults.admin), tls, reuse_port }
}

fn limiting(table: Table<'_>) -> Limits {
    let defaults = Limits::default();
    let number = |key, range: Range<i64>, default: usize| {
        let Some(found) = table.integer(key) else { return default };
        if !range.contains(&found.value) {
            let message = format!("`{}` is out of range", table.below(key));
            let help = format!("from {} to {}", range.start, range.end - 1);
            table.document().error(VALUE, found.span, message, "", help);
        }
        usize::try_from(found.value).unwrap_or(default)
    };
    let time = |key, least: Duration, default: Duration| {
        let Some(value) = table.value(key) else { return default };
        let Shape::String(text) = value.shape else {
            return table.wrong(key, &value, "a duration such as `\"10s\"`").unwrap_or(default);
        };
        match duration(text.value) {
            Ok(found) if found >= least => return found,
            Ok(_) => {
                let message = format!("`{}` is too short", table.below(key));
                table.document().error(VALUE, text.span, message, "", format!("at least {least:?}"));
            }
            Err(message) => {
                let help = "a whole number and a unit: `500ms`, `10s`, `5min`, `1h`";
                table.document().error(VALUE, text.span, message, "", help);
            }
        }
        default
    };
    // Zero turns it off; less than a second, or more than so long, is nothing that the system can count.
    let or_off = |key, most: Duration, default: Option<Duration>| {
        let found = time(key, Duration::ZERO, default.unwrap_or_default());
        let wrong = |what, help: String| {
            let span = table.value(key).map_or(table.span, |v| v.span);
            table.document().error(VALUE, span, format!("`{}` is too {what}", table.below(key)), "", help);
        };
        if !found.is_zero() && found < Duration::from_secs(1) {
            wrong("short", "at least 1s, or `0s` for none".to_owned());
        } else if found > most {
            wrong("long", format!("at most {most:?}, or `0s` for none"));
        }
        (!found.is_zero()).then_some(found)
    };
    let limits = Limits {
        max_connections: number("max_connections", 1..1_000_001, defaults.max_connections),
        max_statement_bytes: number("max_statement_bytes", 1024..LONGEST_STATEMENT + 1, defaults.max_statement_bytes),
        startup_timeout: time("startup_timeout", Duration::from_millis(100), defaults.startup_timeout),
        drain_timeout: time("drain_timeout", Duration::ZERO, defaults.drain_timeout),
        drain_delay: time("drain_delay", Duration::ZERO, defaults.drain_delay),
        keepalive: or_off("keepalive", LONGEST_KEEPALIVE, defaults.keepalive),
        tcp_user_timeout: or_off("tcp_user_timeout", LONGEST_USER_TIMEOUT, defaults.tcp_user_timeout),
        catalog_refresh: time("catalog_refresh", Duration::from_secs(1), defaults.catalog_refresh),
        threads: Some(number("threads", 1..1025, 0)).filter(|&threads| threads > 0),
    };
    table.close();
    limits
}

/// The entries of `[backends]`; one that is wrong is none, but its name is known to the routes.
fn backends<'d>(table: &Table<'d>, directory: &Path) -> Vec<(Entry<'d>, Option<Backend>)> {
    let read = |entry: Entry<'d>| {
        let backend = match &entry.value.shape {
            Shape::Table(_) => table.table(entry.key).and_then(|inner| backend(entry.key, inner, directory)),
            _ => table.wrong(entry.key, &entry.value, "a table"),
        };
        (entry, backend)
    };
    table.entries().into_iter().map(read).collect()
}

fn backend(name: &str, table: Table<'_>, directory: &Path) -> Option<Backend> {
    let document = table.document();
    let kind = table.required_string("kind");
    if let Some(kind) = kind.filter(|kind| kind.value != "postgres") {
        let message = format!("`{}` is not a kind of backend", kind.value);
        document.error(VALUE, kind.span, message, "", "the one kind is `postgres`");
    }
    let url = table.required_string("url");
    let introspect = table.table("introspect").and_then(|inner| login(inner, directory));
    let auth = table.table("auth").and_then(|inner| auth(inner, directory));
    table.close();
    let url = url?;
    match backend_of_url(name, url.value) {
        Ok(backend) => {
            if auth.is_none() && backend.tls.own.is_some() {
                document.report(lets_in_anyone(document, url.span));
            }
            let tls = backend.tls.below(directory);
            Some(Backend { introspect: introspect.or(backend.introspect), tls, auth, ..backend })
        }
        Err(malformed) => {
            document.report(url_finding(malformed, document.source(), |at| url.place(at.into())));
            None
        }
    }
}

/// A server that takes our certificate for a login asks the client for nothing.
fn lets_in_anyone(document: &Document<'_>, at: Span) -> Diagnostic {
    let message = "exonym shows the server a certificate of its own, and nobody asks clients who they are";
    let help = "a server that logs in by certificate (`cert` in pg_hba.conf) lets in every client of exonym; add `auth = { query = true }` \
                or `auth = { users = \"users.toml\" }`, unless all of its rules ask for a password, too";
    Diagnostic::warning(SHOWN, message).at(document.source(), at).help(help)
}

fn login(table: Table<'_>, directory: &Path) -> Option<Login> {
    let user = table.required_string("user");
    let password = table.string("password").and_then(|text| match secret(text.value) {
        Ok(Secret::File(path)) => Some(Secret::File(directory.join(path))),
        Ok(found) => Some(found),
        Err(message) => {
            let help = "write `env:NAME` for an environment variable or `file:PATH` for the first line of a file";
            table.document().error(PLAIN_SECRET, text.span, message, "", help);
            None
        }
    });
    table.close();
    Some(Login { user: user?.value.to_owned(), password })
}

fn routes(root: &Table<'_>, backends: &[(Entry<'_>, Option<Backend>)]) -> Vec<Route> {
    let document = root.document();
    let mut first: HashMap<String, Span> = HashMap::new();
    let mut routes = Vec::new();
    let tables = root.tables("routes");
    if tables.is_empty() && !root.has("routes") {
        let help = "add `[[routes]]` with `database` and `backend`";
        document
            .report(Diagnostic::error(NO_ROUTE, "no database is routed").at(document.source(), Span::at(0)).help(help));
    }
    let tables_seen = tables.len();
    for table in tables {
        let database = table.required_string("database");
        if let Some(database) = database {
            if first.contains_key(database.value) {
                let message = format!("database `{}` is routed twice", database.value);
                document.error(
                    ROUTED_TWICE,
                    database.span,
                    message,
                    "",
                    "each database has one route; remove one of them",
                );
            }
            first.entry(database.value.to_owned()).or_insert(database.span);
        }
        let backend = table.required_string("backend");
        if let Some(backend) = backend {
            let known = || backends.iter().map(|(entry, _)| entry.key);
            if !known().any(|name| name == backend.value) {
                let message = format!("there is no backend `{}`", backend.value);
                let help = did_you_mean(backend.value, known())
                    .unwrap_or_else(|| format!("add `[backends.{}]`", backend.value));
                document.error(UNKNOWN_BACKEND, backend.span, message, "", help);
            }
        }
        let mappings = table.strings("mappings");
        table.close();
        if let (Some(database), Some(backend)) = (database, backend) {
            let mappings = mappings.map(|list| list.iter().map(|m| (m.value.to_owned(), m.span)).collect());
            routes.push(Route { database: database.value.to_owned(), backend: backend.value.to_owned(), mappings });
        }
    }
    // A route that went wrong may be the one that was meant to lead there.
    let sure = !routes.is_empty()
        && routes.len() == tables_seen
        && routes.iter().all(|r| backends.iter().any(|(e, _)| e.key == r.backend));
    for (entry, _) in backends.iter().filter(|(entry, _)| sure && !routes.iter().any(|r| r.backend == entry.key)) {
        let message = format!("no route leads to backend `{}`", entry.key);
        let finding = Diagnostic::warning(UNUSED_BACKEND, message).at(document.source(), entry.span);
        document.report(finding.help(format!("add `backend = \"{}\"` to a route, or remove it", entry.key)));
    }
    routes
}

/// A backend as its URL alone describes it.
pub(super) fn backend_of_url(name: &str, text: &str) -> Result<Backend, Malformed> {
    let url = url::parse(text)?;
    Ok(Backend {
        name: name.to_owned(),
        address: url.address,
        others: url.others,
        target: url.target,
        balance: url.balance,
        database: url.database,
        tls: url.tls,
        connect_timeout: url.connect_timeout.unwrap_or(CONNECT_TIMEOUT),
        introspect: url.user.map(|user| Login { user, password: url.password }),
        auth: None,
    })
}

/// What is wrong with a URL as a finding; `place` tells where bytes of the URL stand in `source`.
pub(super) fn url_finding(malformed: Malformed, source: &Source, place: impl Fn(Range<usize>) -> Span) -> Diagnostic {
    let code = if malformed.tls { TLS } else { VALUE };
    let finding = Diagnostic::error(code, malformed.message).at(source, place(malformed.at));
    Diagnostic { help: malformed.help, ..finding }
}
