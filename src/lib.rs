//! Exonym: a Postgres wire-protocol proxy that lets services keep speaking a legacy schema.

pub mod catalog;
pub mod mapping;
pub mod metrics;
pub mod rewrite;
pub mod text;
