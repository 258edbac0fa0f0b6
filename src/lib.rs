//! Exonym: a Postgres wire-protocol proxy that lets services keep speaking a legacy schema.

pub mod app;
pub mod backend;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod demo;
pub mod http;
pub mod mapping;
pub mod metrics;
pub mod net;
pub mod rewrite;
pub mod session;
pub mod sql;
pub mod text;
pub mod wire;

/// In the library, so that tests and benches run with what the program runs with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
