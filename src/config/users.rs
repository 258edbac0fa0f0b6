//! `users.toml`: the SCRAM verifiers of users, for `auth = { users = … }`.
//!
//! ```toml
//! [users]
//! ann = "SCRAM-SHA-256$4096:…"
//! ```
//! Pure: text in, [`Users`] out; `app` reads the file, again when it changes. Nothing of a value is ever shown.

use std::collections::HashMap;

use super::redact::without_values;
use crate::text::Diagnostic;
use crate::text::Severity;
use crate::text::diagnostic::Source;
use crate::text::toml::{Codes, Document, Entry, Shape};
use crate::wire::scram::Verifier;

const CODES: Codes = Codes { syntax: "C020", duplicate: "C021", unknown: "C022", wrong_type: "C023", missing: "C024" };
/// A text that is no verifier.
const VERIFIER: &str = "C025";

/// Who is known, and how each is verified.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Users {
    verifiers: HashMap<String, Verifier>,
}

impl Users {
    /// Reads the text of a file; `name` is its path.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str, name: &str) -> Result<Self, Vec<Diagnostic>> {
        let source = Source { name: name.into(), text: text.into() };
        let document = Document::parse(&source, CODES);
        let root = document.root();
        root.require("users");
        let entries = root.table("users").map(|table| table.entries()).unwrap_or_default();
        let verifiers = entries.iter().filter_map(|entry| user(&document, entry)).collect();
        root.close();
        // Findings draw whole lines.
        let shown = Source { name: name.into(), text: without_values(text).into() };
        let in_shown = |finding: Diagnostic| {
            let at = finding.at.as_ref().map(|(_, span)| (shown.clone(), *span));
            Diagnostic { at, ..finding }
        };
        let findings: Vec<Diagnostic> = document.finish().into_iter().map(in_shown).collect();
        let broken = findings.iter().any(|f| f.severity == Severity::Error);
        if broken { Err(findings) } else { Ok(Self { verifiers }) }
    }

    /// The verifier of a user.
    pub fn verifier(&self, user: &str) -> Option<&Verifier> {
        self.verifiers.get(user)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.verifiers.len()
    }

    /// True when there is nobody.
    pub fn is_empty(&self) -> bool {
        self.verifiers.is_empty()
    }
}

fn user(document: &Document<'_>, entry: &Entry<'_>) -> Option<(String, Verifier)> {
    let refuse = |message: String| {
        let help = "take it from the server: SELECT rolpassword FROM pg_authid WHERE rolname = '…'";
        document.error(VERIFIER, entry.value.span, message, "", help);
        None
    };
    let Shape::String(text) = &entry.value.shape else {
        return refuse(format!("the value of `{}` is not a text", entry.key));
    };
    if entry.key.is_empty() {
        return refuse("a user has a name".into());
    }
    match Verifier::parse(text.value) {
        Some(verifier) => Some((entry.key.to_owned(), verifier)),
        None if text.value.starts_with("md5") => {
            refuse(format!("the value of `{}` is an md5 hash, and not a SCRAM verifier", entry.key))
        }
        None => refuse(format!("the value of `{}` is not a SCRAM verifier", entry.key)),
    }
}
