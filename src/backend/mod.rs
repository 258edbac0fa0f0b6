//! What stands behind the proxy: how to reach it, and what it has.
//!
//! [`connect()`] opens the byte stream on which `session` relays a client; [`introspect`] reads the catalog over a connection of
//! its own. Neither knows of mappings.

pub mod introspect;
pub mod login;
pub mod refresh;
pub mod target;

pub use target::{Stream, connect};
