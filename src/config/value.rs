//! Values that are written as text: durations, addresses, secrets.
//!
//! Pure; `config::file` and the command line call it. What is wrong comes back as message and remedy.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::url::port;

/// Where something can be reached, or listens.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Address {
    /// Host name or IP address.
    Tcp {
        /// As it was written, brackets of IPv6 removed.
        host: String,
        /// 0 only for a listener: the system chooses.
        port: u16,
    },
    /// A unix socket, `<directory>/.s.PGSQL.<port>`, as libpq makes its name.
    Unix {
        /// The directory.
        directory: PathBuf,
        /// The number in the name.
        port: u16,
    },
}

/// A password, or where to find it. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// `env:NAME`.
    Environment(String),
    /// `file:PATH`: the first line.
    File(PathBuf),
    /// Itself, out of a URL.
    Literal(String),
}

impl Address {
    /// The path of a unix socket.
    #[must_use]
    pub fn socket(&self) -> Option<PathBuf> {
        match self {
            Self::Tcp { .. } => None,
            Self::Unix { directory, port } => Some(directory.join(format!(".s.PGSQL.{port}"))),
        }
    }
}

/// As one writes it for a listener or sees it in a log: `127.0.0.1:6432`, `/run/exonym/.s.PGSQL.6432`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix { directory, port } => write!(f, "{}/.s.PGSQL.{port}", directory.display()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Literal(_) => f.write_str("(hidden)"),
        }
    }
}

/// A listening address: `host:port`, or `unix:/dir` with an optional `:port`, which else is `default_port`.
///
/// # Errors
/// What is wrong with it.
pub fn listen(text: &str, default_port: u16) -> Result<Address, String> {
    if let Some(path) = text.strip_prefix("unix:") {
        let (directory, port_text) = path.rsplit_once(':').unwrap_or((path, ""));
        if !directory.starts_with('/') {
            return Err(format!("`{directory}` is not an absolute directory"));
        }
        let port = match port_text {
            "" => default_port,
            text => port(text).ok_or_else(|| format!("`{text}` is not a port"))?,
        };
        return Ok(Address::Unix { directory: directory.into(), port });
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(|| format!("`{text}` has no port"))?;
    let port = u16::from_str(port).map_err(|_| format!("`{port}` is not a port"))?;
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    if bare.is_none() && host.contains(':') {
        return Err(format!("`{host}` has colons; write an IPv6 address as `[{host}]:{port}`"));
    }
    let host = bare.unwrap_or(host);
    if host.is_empty() || host.chars().any(|c| c.is_whitespace() || c == '/') {
        return Err(format!("`{text}` names no host"));
    }
    Ok(Address::Tcp { host: host.to_owned(), port })
}

/// A duration: a whole number and a unit, `500ms`, `10s`, `5min`, `1h`, `1d`.
///
/// # Errors
/// What is wrong with it.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let malformed = || format!("`{text}` is not a duration");
    let number: u64 = number.parse().map_err(|_| malformed())?;
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(malformed()),
    };
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(|| format!("`{text}` is too long"))
}

/// A secret by reference.
///
/// # Errors
/// When it is not a reference; the text is not repeated, as it may be the password itself.
pub fn secret(text: &str) -> Result<Secret, String> {
    if let Some(name) = text.strip_prefix("env:").filter(|n| !n.is_empty()) {
        return Ok(Secret::Environment(name.to_owned()));
    }
    if let Some(path) = text.strip_prefix("file:").filter(|p| !p.is_empty()) {
        return Ok(Secret::File(path.into()));
    }
    Err("a password does not stand in the file itself".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_addresses() {
        for (text, shown) in [
            ("127.0.0.1:6432", "127.0.0.1:6432"),
            ("localhost:0", "localhost:0"),
            ("[::1]:6432", "[::1]:6432"),
            ("unix:/run/exonym", "/run/exonym/.s.PGSQL.6432"),
            ("unix:/run/exonym:5432", "/run/exonym/.s.PGSQL.5432"),
        ] {
            assert_eq!(listen(text, 6432).map(|a| a.to_string()), Ok(shown.to_owned()));
        }
        for text in
            ["", "6432", ":6432", "host:", "host:x", "host:65536", "::1:6432", "unix:run", "unix:/run:0", "a b:1"]
        {
            assert!(listen(text, 6432).is_err(), "{text}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("5 min"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("1d"), Ok(Duration::from_secs(86_400)));
        for text in ["", "s", "10", "-1s", "1.5s", "10 parsecs", "99999999999999999999s", "18446744073709551615d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_are_references_and_never_shown() {
        assert_eq!(format!("{:?}", secret("env:PW").expect("a reference")), "env:PW");
        assert_eq!(secret("file:/a"), Ok(Secret::File("/a".into())));
        let error = secret("hunter2").expect_err("a literal");
        assert!(!error.contains("hunter2"));
    }
}
