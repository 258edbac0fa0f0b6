//! When the certificates of our own files are valid, and what is to be said when that is not now, or not for long.
//!
//! A certificate that is out of date is no error here: it is shown all the same, as a Postgres server shows its own, and whoever it is shown
//! to judges. `app` says it at the start, when certificates are taken again and as time passes, `cli::check` as a finding.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls_pki_types::UnixTime;
use spki::der::DateTime;

use super::pem;
use super::x509::Certificate;
use crate::config::{BackendTls, DoorTls, Roots, SslMode};

/// So long before its end a certificate is warned of.
const SOON: Duration = Duration::from_secs(14 * DAY);
const DAY: u64 = 86400;

/// When a file's certificate is valid.
#[derive(Clone, Debug)]
pub struct Validity {
    /// What it is, and what comes of it when it is not valid.
    part: Part,
    path: PathBuf,
    from: UnixTime,
    to: UnixTime,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    /// What clients are shown.
    Door,
    /// Those who vouch for clients.
    Clients,
    /// What servers are shown.
    Own,
    /// Those who vouch for servers.
    Servers,
}

impl Validity {
    /// Those of what clients are shown and have to show. Files that cannot be read have none: they are errors elsewhere.
    pub fn of_door(settings: &DoorTls) -> Vec<Self> {
        let chain = chain(Part::Door, &settings.certificate);
        chain.into_iter().chain(settings.client_ca.as_ref().and_then(|path| latest(Part::Clients, path))).collect()
    }

    /// Those of what servers are shown and have to show.
    pub fn of_backend(settings: &BackendTls) -> Vec<Self> {
        if settings.mode == SslMode::Disable {
            return Vec::new();
        }
        let own = settings.own.iter().flat_map(|(certificate, _)| chain(Part::Own, certificate));
        let roots = settings.roots.as_ref().and_then(Roots::file);
        own.chain(roots.and_then(|path| latest(Part::Servers, path))).collect()
    }

    /// What is to be said at that moment, if anything.
    pub fn warning(&self, now: UnixTime) -> Option<String> {
        let (path, comes) = (self.path.display(), self.part.comes());
        let left = self.to.as_secs().checked_sub(now.as_secs());
        match left {
            None => Some(format!("the certificate `{path}` has expired on {}: {comes}; renew it", day(self.to))),
            _ if now < self.from => {
                let from = day(self.from);
                Some(format!(
                    "the certificate `{path}` is not valid before {from}: {comes}; look at the clock, or sign it again"
                ))
            }
            Some(left) if left < SOON.as_secs() => {
                let (to, days) = (day(self.to), left / DAY);
                Some(format!("the certificate `{path}` expires on {to}, in {days} days; renew it"))
            }
            Some(_) => None,
        }
    }
}

impl Part {
    fn comes(self) -> &'static str {
        match self {
            Self::Door => "clients that verify it do not connect",
            Self::Clients => "no client's certificate is taken",
            Self::Own => "servers that verify it let nobody in",
            Self::Servers => "no server's certificate is taken",
        }
    }
}

/// All certificates of a chain have to be valid.
fn chain(part: Part, path: &Path) -> Vec<Validity> {
    let certificates = pem::certificates(path).unwrap_or_default();
    let validity = |der| {
        let (from, to) = Certificate::read(der).and_then(|certificate| certificate.validity()).ok()?;
        Some(Validity { part, path: path.into(), from, to })
    };
    certificates.iter().filter_map(|der| validity(der)).collect()
}

/// Of several authorities one has to be valid: the one that is longest so stands for all.
fn latest(part: Part, path: &Path) -> Option<Validity> {
    chain(part, path).into_iter().max_by_key(|validity| validity.to)
}

/// In UTC.
fn day(at: UnixTime) -> String {
    let date = DateTime::from_unix_duration(Duration::from_secs(at.as_secs()));
    date.map_or_else(|_| "a day beyond all calendars".to_owned(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_before_it_is_over() {
        let at = |secs| UnixTime::since_unix_epoch(Duration::from_secs(secs));
        let validity = Validity { part: Part::Door, path: "s.crt".into(), from: at(100 * DAY), to: at(200 * DAY) };
        let said = |days: u64| validity.warning(at(days * DAY + 1)).unwrap_or_default();
        assert_eq!((said(100), said(185)), (String::new(), String::new()));
        assert_eq!(said(186), "the certificate `s.crt` expires on 1970-07-20T00:00:00Z, in 13 days; renew it");
        assert!(said(200).contains("has expired on 1970-07-20") && said(200).contains("clients that verify it"));
        assert!(said(99).contains("not valid before 1970-04-11"), "{}", said(99));
    }
}
