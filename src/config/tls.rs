//! What is said about TLS: on the leg to clients in `[listen]`, on the leg to a server in its URL, as libpq reads it.
//!
//! Pure: files are named here and read by `net`.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::url::{Malformed, wrong};
use crate::text::Diagnostic;
use crate::text::toml::{Table, Text};

/// A door that asks for certificates while anybody may come in without TLS.
const HALF_CLOSED: &str = "C016";

/// `[listen] tls`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoorTls {
    /// The chain that clients are shown, in PEM; ours is its first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// True when nothing else is served over TCP.
    pub is_required: bool,
    /// Authorities of certificates that clients have to show.
    pub client_ca: Option<PathBuf>,
}

/// How a server is spoken to; over a unix socket none of it counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BackendTls {
    /// `sslmode`.
    pub mode: SslMode,
    /// `sslrootcert`: who may have signed the server's certificate. Where it is given it is asked in every mode that uses TLS.
    pub roots: Option<Roots>,
    /// `sslcrl`: what they have revoked.
    pub revoked: Option<PathBuf>,
    /// `sslcert`: the certificate that we show, and `sslkey`, its key.
    pub own: Option<(PathBuf, PathBuf)>,
    /// `sslnegotiation=direct`: TLS from the first byte.
    pub is_direct: bool,
    /// `sslsni=0`: the server is not told which name it was reached by.
    pub hides_name: bool,
    /// `ssl_min_protocol_version`.
    pub oldest: Option<TlsVersion>,
    /// `ssl_max_protocol_version`.
    pub newest: Option<TlsVersion>,
}

/// `sslmode`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum SslMode {
    /// No TLS.
    Disable,
    /// TLS where the server refuses the session without.
    Allow,
    /// TLS where the server has it.
    #[default]
    Prefer,
    /// TLS, to whomever.
    Require,
    /// TLS with a certificate of a trusted authority.
    VerifyCa,
    /// TLS with a trusted certificate for this host.
    VerifyFull,
}

/// `sslrootcert`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Roots {
    /// The authorities that the system trusts.
    System,
    /// Those of a file.
    File(PathBuf),
}

/// A version of TLS.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TlsVersion {
    /// TLS 1.2.
    V12,
    /// TLS 1.3.
    V13,
}

/// The parameters of a URL that are about TLS.
pub(super) const PARAMETERS: [&str; 9] = [
    "sslmode",
    "sslrootcert",
    "sslcrl",
    "sslcert",
    "sslkey",
    "sslsni",
    "sslnegotiation",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
];

impl SslMode {
    /// From the weakest to the strongest.
    pub const ALL: [Self; 6] =
        [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Roots {
    /// Where they are, if it is a file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::System => None,
            Self::File(path) => Some(path),
        }
    }
}

/// As it is written.
impl fmt::Display for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl BackendTls {
    /// Takes relative paths from `directory`.
    #[must_use]
    pub fn below(self, directory: &Path) -> Self {
        let roots = self.roots.map(|roots| match roots {
            Roots::File(path) => Roots::File(directory.join(path)),
            Roots::System => Roots::System,
        });
        let own = self.own.map(|(certificate, key)| (directory.join(certificate), directory.join(key)));
        Self { roots, own, revoked: self.revoked.map(|path| directory.join(path)), ..self }
    }
}

/// Reads `[listen] tls`; relative paths are taken from `directory`.
pub(super) fn door(table: Table<'_>, directory: &Path) -> Option<DoorTls> {
    let file = |text: Text<'_>| directory.join(text.value);
    let certificate = table.required_string("cert").map(file);
    let key = table.required_string("key").map(file);
    let is_required = table.boolean("required").is_some_and(|flag| flag.value);
    let client_ca = table.string("client_ca").map(file);
    if client_ca.is_some() && !is_required {
        let span = table.value("client_ca").map_or(table.span, |v| v.span);
        let message = "clients without TLS need no certificate";
        let finding = Diagnostic::warning(HALF_CLOSED, message).at(table.document().source(), span);
        table.document().report(finding.help("add `required = true`, or leave out `client_ca`"));
    }
    table.close();
    Some(DoorTls { certificate: certificate?, key: key?, is_required, client_ca })
}

/// What a URL says, each value with its place; what depends on several is judged at the end.
#[derive(Default)]
pub(super) struct Parts {
    mode: Option<(SslMode, Range<usize>)>,
    roots: Option<Roots>,
    revoked: Option<PathBuf>,
    certificate: Option<(PathBuf, Range<usize>)>,
    key: Option<(PathBuf, Range<usize>)>,
    direct: Option<Range<usize>>,
    hides_name: bool,
    oldest: Option<TlsVersion>,
    newest: Option<(TlsVersion, Range<usize>)>,
}

impl Parts {
    /// Takes the value of one of [`PARAMETERS`].
    pub(super) fn set(&mut self, key: &str, value: String, at: Range<usize>) -> Result<(), Malformed> {
        match key {
            "sslmode" => self.mode = Some((mode(&value, &at)?, at)),
            "sslrootcert" if value == "system" => self.roots = Some(Roots::System),
            "sslrootcert" => self.roots = Some(Roots::File(value.into())),
            "sslcrl" => self.revoked = Some(value.into()),
            "sslcert" => self.certificate = Some((value.into(), at)),
            "sslkey" => self.key = Some((value.into(), at)),
            "sslsni" => {
                self.hides_name = match &*value {
                    "0" => true,
                    "1" => false,
                    _ => return Err(about_tls("`sslsni` is neither 0 nor 1", at, "leave it out for 1")),
                };
            }
            "sslnegotiation" => {
                self.direct = match &*value {
                    "direct" => Some(at),
                    "postgres" => None,
                    _ => {
                        let message = format!("`{value}` is not a way to negotiate TLS");
                        return Err(about_tls(message, at, "one of `postgres`, `direct`"));
                    }
                };
            }
            "ssl_min_protocol_version" => self.oldest = version(&value, &at)?,
            "ssl_max_protocol_version" => {
                let old = "TLS 1.2 is the oldest that is spoken; leave this out, or raise it";
                let found =
                    version(&value, &at)?.ok_or_else(|| about_tls("no version of TLS is left", at.clone(), old))?;
                self.newest = Some((found, at));
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<BackendTls, Malformed> {
        // As libpq does: whoever trusts everyone that the system trusts has to look at the name, or anybody's certificate would do.
        let unset = if self.roots == Some(Roots::System) { SslMode::VerifyFull } else { SslMode::Prefer };
        let (mode, at) = self.mode.map_or((unset, None), |(mode, at)| (mode, Some(at)));
        if let Some(at) = &at {
            if self.roots == Some(Roots::System) && mode != SslMode::VerifyFull {
                let message = format!("`sslmode={mode}` is too weak for `sslrootcert=system`");
                let help = "with the system's authorities anybody can have a certificate: write `sslmode=verify-full`";
                return Err(about_tls(message, at.clone(), help));
            }
            if mode >= SslMode::VerifyCa && self.roots.is_none() {
                let message = format!("`sslmode={mode}` needs to know whom to trust");
                let help = "add `sslrootcert=` and the file of the authority, or `sslrootcert=system`";
                return Err(about_tls(message, at.clone(), help));
            }
        }
        if let Some(direct) = self.direct.clone().filter(|_| mode < SslMode::Require) {
            let message = format!("`sslmode={mode}` is too weak for `sslnegotiation=direct`");
            let help =
                "a server that is spoken TLS to from the first byte cannot say no: write `sslmode=require` or stronger";
            return Err(about_tls(message, direct, help));
        }
        if let Some((newest, at)) = &self.newest
            && self.oldest > Some(*newest)
        {
            let message = "`ssl_max_protocol_version` is below `ssl_min_protocol_version`";
            return Err(about_tls(message, at.clone(), "exchange them"));
        }
        let own = match (self.certificate, self.key) {
            (Some((certificate, _)), Some((key, _))) => Some((certificate, key)),
            (None, None) => None,
            (Some((_, at)), None) => {
                return Err(about_tls("`sslcert` without `sslkey`", at, "add `sslkey=` and its private key's file"));
            }
            (None, Some((_, at))) => {
                return Err(about_tls("`sslkey` without `sslcert`", at, "add `sslcert=` and the certificate's file"));
            }
        };
        Ok(BackendTls {
            mode,
            roots: self.roots,
            revoked: self.revoked,
            own,
            is_direct: self.direct.is_some(),
            hides_name: self.hides_name,
            oldest: self.oldest,
            newest: self.newest.map(|(version, _)| version),
        })
    }
}

fn mode(value: &str, at: &Range<usize>) -> Result<SslMode, Malformed> {
    SslMode::ALL.into_iter().find(|mode| mode.name() == value).ok_or_else(|| {
        let names = SslMode::ALL.map(|mode| format!("`{mode}`")).join(", ");
        wrong(format!("`{value}` is not an sslmode"), at.clone()).help(format!("one of {names}"))
    })
}

/// None for versions from before those that are spoken.
fn version(value: &str, at: &Range<usize>) -> Result<Option<TlsVersion>, Malformed> {
    match &*value.to_ascii_lowercase() {
        "tlsv1" | "tlsv1.1" => Ok(None),
        "tlsv1.2" => Ok(Some(TlsVersion::V12)),
        "tlsv1.3" => Ok(Some(TlsVersion::V13)),
        _ => Err(about_tls(format!("`{value}` is not a version of TLS"), at.clone(), "one of `TLSv1.2`, `TLSv1.3`")),
    }
}

fn about_tls(message: impl Into<String>, at: Range<usize>, help: &str) -> Malformed {
    Malformed { tls: true, ..wrong(message, at).help(help) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::url::parse;

    fn read(query: &str) -> Result<BackendTls, String> {
        parse(&format!("postgres://h/d?{query}")).map(|url| url.tls).map_err(|e| e.message)
    }

    #[test]
    fn what_libpq_takes_is_taken() {
        assert_eq!(read(""), Ok(BackendTls::default()), "which is `prefer`");
        for mode in SslMode::ALL {
            let found = read(&format!("sslmode={mode}&sslrootcert=ca.pem")).expect("a good mode");
            assert_eq!((found.mode, found.roots), (mode, Some(Roots::File("ca.pem".into()))));
        }
        let system = read("sslrootcert=system").expect("good");
        assert_eq!((system.mode, system.roots), (SslMode::VerifyFull, Some(Roots::System)));
        let all = "sslmode=require&sslcert=c&sslkey=k&sslcrl=r&sslsni=0&sslnegotiation=direct&ssl_min_protocol_version=TLSv1.3";
        let found = read(all).expect("good").below(Path::new("/etc"));
        assert_eq!(found.own, Some(("/etc/c".into(), "/etc/k".into())));
        assert_eq!((found.revoked, found.is_direct, found.hides_name), (Some("/etc/r".into()), true, true));
        assert_eq!((found.oldest, found.newest), (Some(TlsVersion::V13), None));
        assert_eq!(read("ssl_min_protocol_version=TLSv1").expect("good").oldest, None);
    }

    #[test]
    fn what_would_be_weaker_than_it_looks_is_refused() {
        for (query, says) in [
            ("sslmode=on", "not an sslmode"),
            ("sslmode=verify-full", "whom to trust"),
            ("sslmode=require&sslrootcert=system", "too weak"),
            ("sslmode=prefer&sslnegotiation=direct", "too weak"),
            ("sslnegotiation=direct", "too weak"),
            ("sslcert=c", "without `sslkey`"),
            ("sslkey=k", "without `sslcert`"),
            ("sslsni=yes", "neither"),
            ("ssl_max_protocol_version=TLSv1.1", "no version"),
            ("ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2", "below"),
            ("ssl_min_protocol_version=SSLv3", "not a version"),
        ] {
            let message = read(query).expect_err(query);
            assert!(message.contains(says), "{query}: {message}");
        }
    }
}
