//! TLS on both legs against a real server, with certificates made for each run.
//!
//! `door`: clients, as libpq and as raw bytes.

#[path = "../support/mod.rs"]
mod support;

mod authority;
mod door;
mod libpq;
