//! TLS on both legs against a real server, with certificates made for each run.
//!
//! `door`: clients, as libpq and as raw bytes. `server`: the way to the server, under each `sslmode`.
//! `kinds`: the certificates that servers show, and `roots`: what they are held against, both as libpq judges them.
//! `both_ways`: directions that do not wait for each other. `eighteen`: Postgres 18 and libpq 18, for what they have new. `broken`: files that hold none. `dates`: those whose time is over, ours and those that vouch for others. `session`: what goes through when both are encrypted. `reload`: certificates that change
//! while the program runs.

#[path = "../support/mod.rs"]
mod support;

mod authority;
mod both_ways;
mod broken;
mod dates;
mod door;
mod eighteen;
mod encrypted;
mod kinds;
mod libpq;
mod reload;
mod roots;
mod server;
mod session;
