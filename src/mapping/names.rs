//! What may be a name: of a table, a column, a schema or a mapping.
//!
//! Names in a mapping are names as Postgres stores them: exact, not folded, and not cut at 63 bytes behind the author's back.

use super::codes;
use crate::text::toml::{Document, Text};
use crate::text::{Diagnostic, Span};

/// Postgres keeps this many bytes of a name.
const LONGEST: usize = 63;

/// The string as a name; reports what cannot be one.
pub(super) fn read(document: &Document<'_>, text: &Text<'_>) -> Option<String> {
    check(document, text.value, text.span).then(|| text.value.to_owned())
}

/// Reports what cannot be a name.
pub(super) fn check(document: &Document<'_>, name: &str, span: Span) -> bool {
    let wrong = |message: &str, help: String| {
        document.error(codes::BAD_NAME, span, message, "", help);
        false
    };
    if name.is_empty() {
        return wrong("a name is empty", "write the name as the database stores it".into());
    }
    if name.contains('\0') {
        return wrong("a name holds a zero byte", "Postgres cannot store such a name".into());
    }
    if name.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|&at| name.is_char_boundary(at)).unwrap_or(0);
        let message = format!("a name has {} bytes, and Postgres keeps {LONGEST}", name.len());
        return wrong(&message, format!("the database stores it as `{}`", &name[..end]));
    }
    true
}

/// Warns of a table name that looks like `schema.table`.
pub(super) fn warn_of_dot(document: &Document<'_>, name: &str, span: Span) {
    if let Some((schema, table)) = name.split_once('.') {
        document.report(
            Diagnostic::warning(codes::DOTTED_NAME, format!("`{name}` is taken as one name, dot included"))
                .at(document.source(), span)
                .help(format!(
                    "the schema stands once for the whole file: `[mapping] schema = \"{schema}\"`, and here `{table}`"
                )),
        );
    }
}

/// Notes a legacy name that unquoted SQL cannot reach.
pub(super) fn note_upper_case(document: &Document<'_>, name: &str, span: Span) {
    if name.chars().any(|c| c.is_ascii_uppercase()) {
        let folded = name.to_ascii_lowercase();
        document.report(
            Diagnostic::new(
                crate::text::Severity::Note,
                codes::UPPER_CASE,
                format!("only a quoted `\"{name}\"` in SQL is this name"),
            )
            .at(document.source(), span)
            .label(format!("unquoted, Postgres reads `{folded}`"))
            .help(format!("nothing to do if the services quote it; otherwise write `{folded}`")),
        );
    }
}
