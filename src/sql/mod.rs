//! The parser's one door: SQL text → tokens → statements, with byte spans of the text as it came.
//!
//! Nothing else in the crate calls sqlparser's tokenizer or parser; the rewriter only walks its tree.

mod dialect;
mod feed;
pub mod lexer;
mod limits;
mod literal;
pub mod marks;
pub mod names;
mod operators;
pub mod parse;
mod refusals;
mod roles;
mod shims;
pub mod split;
pub mod token;
mod words;

pub use lexer::{LexError, LexOptions, lex};
pub use parse::{Reason, Unparsed};
pub use token::{Token, TokenKind};
