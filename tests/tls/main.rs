//! TLS on both legs against a real server, with certificates made for each run.
//!
//! `door`: clients, as libpq and as raw bytes. `server`: the way to the server, under each `sslmode`.
//! `session`: what goes through when both are encrypted. `reload`: certificates that change
//! while the program runs.

#[path = "../support/mod.rs"]
mod support;

mod authority;
mod door;
mod encrypted;
mod libpq;
mod reload;
mod server;
mod session;
