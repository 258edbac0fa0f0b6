//! Ground: words in a text, places in it, edits to it, and errors that point into it.
//!
//! Everything here is pure. Offsets are bytes of UTF-8; only the renderer and the wire count characters.

pub mod diagnostic;
pub mod edit;
pub mod nearest;
pub mod search;
mod shift;
pub mod source_map;
pub mod span;
pub mod toml;

pub use diagnostic::{Diagnostic, Severity};
pub use edit::{Edit, Edits, Overlap, Spliced, splice};
pub use search::Search;
pub use source_map::SourceMap;
pub use span::Span;

/// An error and its sources in one line, each said once.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // The database client's words for "see below".
        if !matches!(&*cause_text, "db error" | "error connecting to server") && !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
