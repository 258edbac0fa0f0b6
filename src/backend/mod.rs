//! What stands behind the proxy, as far as our own connections go: reading its catalog, keeping it fresh, looking up verifiers, and the
//! login for that.
//!
//! These connections are our own; a client's traffic goes through `session`, over connections that the client logs in to. Nothing here
//! knows of mappings.

pub mod hosts;
pub mod introspect;
pub mod login;
pub mod refresh;
pub mod unknown;
pub mod verifiers;
