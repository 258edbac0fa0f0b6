//! Backend addresses as URLs: `postgres://user:password@host:5432/database?sslmode=prefer`, in the form that libpq reads.
//!
//! Also `postgres:///database?host=/run/postgresql` and `postgres://%2Frun%2Fpostgresql/database` for unix sockets, and several hosts:
//! `postgres://a,b:5433/database`. What is about TLS is read by `tls`. Pure; `config::file` and the command line call it.

use std::ops::Range;
use std::time::Duration;

use super::{Address, BackendTls, Secret, Target, tls};
use crate::text::nearest::did_you_mean;

/// A URL, taken apart.
#[derive(Clone, Debug)]
pub struct Url {
    /// Where the server listens; of several hosts the first.
    pub address: Address,
    /// The other hosts.
    pub others: Vec<Address>,
    /// `target_session_attrs`.
    pub target: Target,
    /// `load_balance_hosts=random`.
    pub balance: bool,
    /// The path; none when the URL has none.
    pub database: Option<String>,
    /// The user, for reading the catalog only: clients bring their own.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// `connect_timeout`.
    pub connect_timeout: Option<Duration>,
    /// `sslmode` and its like; paths as they were written.
    pub tls: BackendTls,
}

/// What is wrong with a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// What, in the style of a diagnostic.
    pub message: String,
    /// What now.
    pub help: Option<String>,
    /// Where in the URL, in bytes.
    pub at: Range<usize>,
    /// True when it is about TLS, which has a code of its own.
    pub tls: bool,
}

const PARAMETERS: [&str; 8] =
    ["host", "port", "dbname", "user", "password", "connect_timeout", "target_session_attrs", "load_balance_hosts"];
const DEFAULT_PORT: u16 = 5432;

/// Takes a URL apart.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(url: &str) -> Result<Url, Malformed> {
    let whole = 0..url.len();
    let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) else {
        return Err(wrong("not a postgres URL", whole).help("write it as `postgres://host:5432/database`"));
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if path.contains('@') && !authority.contains('@') {
        let help = "in a user or password, write `%2F` for `/` and `%40` for `@`";
        return Err(wrong("`/` before the `@` that ends user and password", range_in(url, rest)).help(help));
    }
    let (login, host_port) = authority.rsplit_once('@').unwrap_or(("", authority));
    let mut parts = Parts::default();
    let (user, password) = login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)));
    parts.set(url, "user", user)?;
    parts.set(url, "password", password.unwrap_or_default())?;
    parts.set(url, "dbname", path)?;
    let listed = host_port.split(',').map(|each| split_port(url, each)).collect::<Result<Vec<_>, _>>()?;
    if listed.len() == 1 {
        parts.set(url, "host", listed[0].0)?;
        parts.set(url, "port", listed[0].1)?;
    } else {
        for (host, port) in listed {
            parts.list(url, host, port)?;
        }
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        parts.set(url, key, value)?;
    }
    parts.finish(whole)
}

#[derive(Default)]
struct Parts {
    hosts: Vec<String>,
    /// One for all hosts, or one for each; none for the default.
    ports: Vec<Option<u16>>,
    target: Target,
    balance: bool,
    database: Option<String>,
    user: Option<String>,
    password: Option<String>,
    connect_timeout: Option<Duration>,
    tls: tls::Parts,
}

impl Parts {
    /// Takes one part; an empty one counts as absent. `raw` is a slice of `url`.
    fn set(&mut self, url: &str, key: &str, raw: &str) -> Result<(), Malformed> {
        let at = range_in(url, raw);
        let value = decode(raw)
            .ok_or_else(|| wrong("a percent sign starts no valid escape", at.clone()).help("write `%25` for `%`"))?;
        if value.is_empty() && known().any(|name| name == key) {
            return Ok(());
        }
        match key {
            "user" => self.user = Some(value),
            "password" => self.password = Some(value),
            "dbname" => self.database = Some(value),
            "host" => self.hosts = value.split(',').map(str::to_owned).collect(),
            "port" => self.ports = ports(&value, &at)?,
            "target_session_attrs" => self.target = target(&value, at)?,
            "load_balance_hosts" => {
                self.balance = match value.as_str() {
                    "disable" => false,
                    "random" => true,
                    _ => {
                        let message = format!("`{value}` is no way to spread sessions over hosts");
                        return Err(wrong(message, at).help("one of `disable`, `random`"));
                    }
                }
            }
            "connect_timeout" => {
                let seconds = value.parse().map_err(|_| wrong(format!("`{value}` is not a number of seconds"), at))?;
                // As in libpq, zero means no limit of its own.
                self.connect_timeout = (seconds > 0).then(|| Duration::from_secs(seconds));
            }
            _ if tls::PARAMETERS.contains(&key) => self.tls.set(key, value, at)?,
            _ => return Err(unknown_parameter(key, range_in(url, key))),
        }
        Ok(())
    }

    /// Takes one of several hosts.
    fn list(&mut self, url: &str, host: &str, port: &str) -> Result<(), Malformed> {
        let at = range_in(url, host);
        let name = decode(host).ok_or_else(|| wrong("a percent sign starts no valid escape", at))?;
        self.hosts.push(name);
        self.ports.extend(if port.is_empty() { vec![None] } else { ports(port, &range_in(url, port))? });
        Ok(())
    }

    fn finish(self, whole: Range<usize>) -> Result<Url, Malformed> {
        if self.hosts.len() > 1 && self.ports.len() > 1 && self.hosts.len() != self.ports.len() {
            let (hosts, ports) = (self.hosts.len(), self.ports.len());
            let message = format!("{ports} ports for {hosts} hosts");
            return Err(wrong(message, whole).help("write one port for all hosts, or one for each"));
        }
        if self.hosts.len() > 1 && self.hosts.iter().any(String::is_empty) {
            return Err(wrong("one of the hosts has no name", whole).help("write `a,b` with a name on both sides"));
        }
        let port = |i: usize| if self.ports.len() == 1 { self.ports.first() } else { self.ports.get(i) };
        let address = |(i, host): (usize, String)| {
            let port = port(i).copied().flatten().unwrap_or(DEFAULT_PORT);
            if host.starts_with('/') {
                Address::Unix { directory: host.into(), port }
            } else {
                Address::Tcp { host, port }
            }
        };
        let mut addresses = self.hosts.into_iter().enumerate().map(address);
        let Some(first) = addresses.next() else {
            let help =
                "write `postgres://host/database`, or `postgres:///database?host=/run/postgresql` for a unix socket";
            return Err(wrong("the URL names no host", whole).help(help));
        };
        Ok(Url {
            address: first,
            others: addresses.collect(),
            target: self.target,
            balance: self.balance,
            database: self.database,
            user: self.user,
            password: self.password.map(Secret::Literal),
            connect_timeout: self.connect_timeout,
            tls: self.tls.finish()?,
        })
    }
}

/// Splits `host:port`, `[::1]:port`, or either without a port.
fn split_port<'a>(url: &str, host_port: &'a str) -> Result<(&'a str, &'a str), Malformed> {
    if let Some(rest) = host_port.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or_else(|| wrong("`[` without `]`", range_in(url, host_port)))?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, port)),
            None if rest.is_empty() => Ok((host, rest)),
            None => Err(wrong("expected `:` and a port after `]`", range_in(url, rest))),
        };
    }
    Ok(host_port.split_once(':').unwrap_or((host_port, "")))
}

fn ports(list: &str, at: &Range<usize>) -> Result<Vec<Option<u16>>, Malformed> {
    let one = |text: &str| match text {
        "" => Ok(None),
        // Not repeated: a password with a stray `:` or `/` in it can end up here.
        _ => port(text).map(Some).ok_or_else(|| wrong("not a port number", at.clone())),
    };
    list.split(',').map(one).collect()
}

fn target(value: &str, at: Range<usize>) -> Result<Target, Malformed> {
    Ok(match value {
        "any" => Target::Any,
        "read-write" => Target::ReadWrite,
        "read-only" => Target::ReadOnly,
        "primary" => Target::Primary,
        "standby" => Target::Standby,
        "prefer-standby" => Target::PreferStandby,
        _ => {
            let help = "one of `any`, `read-write`, `read-only`, `primary`, `standby`, `prefer-standby`";
            return Err(wrong(format!("`{value}` is nothing that a server can be"), at).help(help));
        }
    })
}

pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|&port| port > 0)
}

/// The names of all parameters.
fn known() -> impl Iterator<Item = &'static str> {
    PARAMETERS.into_iter().chain(tls::PARAMETERS)
}

fn unknown_parameter(key: &str, at: Range<usize>) -> Malformed {
    let help = did_you_mean(key, known())
        .unwrap_or_else(|| format!("known are `{}`", known().collect::<Vec<_>>().join("`, `")));
    wrong(format!("unknown parameter `{key}` in the URL"), at).help(help)
}

/// Undoes percent escapes; none when one is broken or the bytes are not UTF-8.
fn decode(raw: &str) -> Option<String> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let hex = [bytes.next()?, bytes.next()?];
        let digits = std::str::from_utf8(&hex).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        out.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(out).ok().filter(|s| !s.contains('\0'))
}

/// Where `part`, a slice of `url`, stands in it; the whole when it is not a slice of it (an empty default).
fn range_in(url: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().wrapping_sub(url.as_ptr().addr());
    if start <= url.len() && start + part.len() <= url.len() { start..start + part.len() } else { 0..url.len() }
}

pub(super) fn wrong(message: impl Into<String>, at: Range<usize>) -> Malformed {
    Malformed { message: message.into(), help: None, at, tls: false }
}

impl Malformed {
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libpq_reads_is_read() {
        for (url, address, database, user) in [
            ("postgres://h/d", "h:5432", Some("d"), None),
            ("postgresql://u:p%40ss@h:6000/d?sslmode=prefer", "h:6000", Some("d"), Some("u")),
            ("postgres://[::1]:6000", "[::1]:6000", None, None),
            ("postgres:///d?host=/run/pg&port=6000", "/run/pg/.s.PGSQL.6000", Some("d"), None),
            ("postgres://%2Frun%2Fpg/a%20b", "/run/pg/.s.PGSQL.5432", Some("a b"), None),
            ("postgres://u@h?dbname=d&connect_timeout=3", "h:5432", Some("d"), Some("u")),
        ] {
            let read = parse(url).unwrap_or_else(|e| panic!("{url}: {e:?}"));
            assert_eq!(read.address.to_string(), address, "{url}");
            assert_eq!(read.database.as_deref(), database, "{url}");
            assert_eq!(read.user.as_deref(), user, "{url}");
        }
    }

    #[test]
    fn several_hosts_have_their_ports() {
        for (url, expected) in [
            ("postgres://a,b:6000,[::1]:6001/d", "a:5432 b:6000 [::1]:6001"),
            ("postgres:///d?host=a,/run/pg&port=6000", "a:6000 /run/pg/.s.PGSQL.6000"),
            ("postgres://u:p@a:1,b:2/d?target_session_attrs=primary", "a:1 b:2"),
        ] {
            let read = parse(url).unwrap_or_else(|e| panic!("{url}: {e:?}"));
            let all: Vec<_> = std::iter::once(&read.address).chain(&read.others).map(ToString::to_string).collect();
            assert_eq!(all.join(" "), expected, "{url}");
        }
        let read = parse("postgres://a,b/d?load_balance_hosts=random&target_session_attrs=prefer-standby");
        assert!(read.is_ok_and(|url| url.balance && url.target == Target::PreferStandby));
    }

    #[test]
    fn a_password_is_decoded_and_not_shown() {
        let url = parse("postgres://u:p%40ss%3A@h/d").expect("a good URL");
        assert!(matches!(&url.password, Some(Secret::Literal(p)) if p == "p@ss:"));
        assert!(!format!("{url:?}").contains("p@ss"), "{url:?}");
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        for (url, part, says) in [
            ("mysql://h/d", "mysql://h/d", "not a postgres URL"),
            ("postgres://h:0/d", "0", "not a port"),
            ("postgres://h:70000/d", "70000", "not a port"),
            ("postgres://u:a/b@h/d", "u:a/b@h/d", "`/` before the `@`"),
            ("postgres://a,/d", "postgres://a,/d", "no name"),
            ("postgres://h/d?host=a,b,c&port=1,2", "postgres://h/d?host=a,b,c&port=1,2", "2 ports for 3 hosts"),
            ("postgres://a:1,b:x/d", "x", "not a port"),
            ("postgres://a,b/d?target_session_attrs=master", "master", "nothing that a server can be"),
            ("postgres:///d", "postgres:///d", "no host"),
            ("postgres://h/d?sslmode=verify-full", "verify-full", "whom to trust"),
            ("postgres://h/d?sslmod=prefer", "sslmod", "unknown parameter"),
            ("postgres://h/%zz", "%zz", "percent"),
            ("postgres://[::1/d", "[::1", "without `]`"),
        ] {
            let error = parse(url).expect_err(url);
            assert_eq!(&url[error.at.clone()], part, "{url}");
            assert!(error.message.contains(says), "{url}: {}", error.message);
        }
        assert!(parse("postgres://h/d?sslmode=verify-ca").expect_err("no authority").tls);
    }
}
