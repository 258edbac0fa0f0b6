//! Ground: places in a text, edits to it, and errors that point into it.
//!
//! Everything here is pure. Offsets are bytes of UTF-8; only the renderer and the wire count characters.

pub mod diagnostic;
pub mod edit;
pub mod nearest;
pub mod source_map;
pub mod span;
pub mod toml;

pub use diagnostic::{Diagnostic, Severity};
pub use edit::{Edit, Edits, Overlap, Spliced};
pub use source_map::SourceMap;
pub use span::Span;
