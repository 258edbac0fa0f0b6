//! The parser's one door: SQL text → tokens → statements, with byte spans of the text as it came.
//!
//! Nothing else in the crate calls sqlparser's tokenizer or parser; the rewriter only walks its tree.

pub mod lexer;
pub mod names;
pub mod parse;
pub mod split;
pub mod token;
