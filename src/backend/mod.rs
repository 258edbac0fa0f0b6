//! What stands behind the proxy, as far as its catalog goes: reading it, keeping it fresh, and the login for that.
//!
//! These connections are our own; a client's traffic goes through `session`, over connections that the client logs in to. Nothing here
//! knows of mappings.

pub mod hosts;
pub mod introspect;
pub mod login;
pub mod refresh;
pub mod unknown;
