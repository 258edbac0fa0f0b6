//! Logins in which Exonym has a part: real servers, real clients, and clients that lie.
//!
//! `verify`: the server lets in whoever comes, and `auth` does not. `hostile`: what no client should say.

#[path = "../support/mod.rs"]
mod support;

mod client;
mod hostile;
mod verify;
