//! The Postgres protocol as bytes: frames, the few messages that are opened, errors, and the packets before the first frame.
//!
//! ```text
//! frame    tag · length (4, counts itself) · body          Q 00 00 00 0d SELECT 1 00
//! startup        length (4, counts itself) · code (4) · …
//! ```
//! Views borrow from the bytes and never fail on hostile ones: what does not fit its form is `None`, and goes on as it came.
//! No IO here; `session` reads, writes and decides.

pub mod auth;
pub mod error;
pub mod frame;
pub mod message;
pub mod options;
pub mod scram;
pub mod startup;

/// Splits a NUL-terminated string off the front: the string without its NUL, and what follows.
fn c_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // Many bytes at a time, as an iterator would not.
    let (string, rest) = bytes.split_at(memchr::memchr(0, bytes)?);
    Some((string, rest.get(1..)?))
}
