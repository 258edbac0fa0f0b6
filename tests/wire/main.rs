//! The Postgres door against a real server.
//!
//! `identity`: with nothing mapped each byte is the client's and the server's own. `opening`: the first packets. `login`: what comes
//! before statements. `refusal`: errors of ours and errors moved back. `names`: what a session's own statements change. `temporary`:
//! temporary tables. `prepared`: prepared statements. `twin`: the database of some of them. `failure`: ends of all kinds.

#[path = "../support/mod.rs"]
mod support;

mod failure;
mod identity;
mod login;
mod names;
mod opening;
mod prepared;
mod refusal;
mod temporary;
mod twin;
