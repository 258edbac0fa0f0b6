//! What integration tests share.

pub mod postgres;
