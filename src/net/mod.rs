//! Connections, plain and TLS: the sockets of both legs, what the door offers to clients, and how a backend is reached.
//!
//! Knows bytes, certificates and the handful of bytes with which TLS is agreed upon; nothing of frames, sessions or mappings.
//! `session` holds both legs with it, `backend` its own connections, and `app` reads certificates again when they change.

mod address;
mod admission;
mod dates;
mod direct;
mod door;
mod halves;
mod judge;
mod names;
mod pem;
mod roots;
mod rounds;
mod socket;
mod terms;
mod x509;

pub use address::{Address, Peer};
pub use dates::Validity;
pub use door::{Door, Start};
pub use halves::{Reader, Writer};
pub use pem::Error;
pub use rounds::{End, Here, Near, NearSocket, Rounds, Shortcut};
pub use socket::{Certificate, Socket};
pub use terms::{Refusal, Terms, Way};
