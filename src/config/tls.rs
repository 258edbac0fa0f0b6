//! What is said about TLS: on the leg to clients in `[listen]`.
//!
//! Pure: files are named here and read by `net`.

use std::path::{Path, PathBuf};

use crate::text::Diagnostic;
use crate::text::toml::Table;

/// A door whose certificates are asked for while anybody may come in without TLS.
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

/// Reads `[listen] tls`; relative paths are taken from `directory`.
pub(super) fn door(table: Table<'_>, directory: &Path) -> Option<DoorTls> {
    let file = |text: crate::text::toml::Text<'_>| directory.join(text.value);
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
