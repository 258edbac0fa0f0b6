//! Logins in which Exonym has a part: real servers, real clients, and clients that lie.
//!
//! `channel`: logins bound to certificates. `demanding`: a server that takes no others. `verify`: the server lets in whoever comes, and `auth` does not.
//! `hostile`: what no client should say. `unseen`: what nobody learns from what is asked, and what is told when there is nobody to ask.
//! `serve`: files and queries of the running program. `matrix`: each kind of login over each kind of legs, with libpq, and `drivers`
//! with others.

#[path = "../tls/authority.rs"]
mod authority;
#[path = "../tls/libpq.rs"]
mod libpq;
#[path = "../support/mod.rs"]
mod support;

mod channel;
mod client;
mod demanding;
mod drivers;
mod hostile;
mod matrix;
mod serve;
mod unseen;
mod verify;
