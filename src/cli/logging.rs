//! Logs: to standard error, for people on a terminal and as JSON lines otherwise.
//!
//! `EXONYM_LOG`, else `RUST_LOG`, filters them as `tracing` does: `debug`, `exonym::session=debug,info`. Without either: `info`, at
//! which no query text is logged.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use super::Failure;
use super::log_lines::{self, Written};

/// Starts logging, once in a process; what is logged is written at the latest when the result is dropped.
pub(super) fn start() -> Result<Written, Failure> {
    let (name, directives) = ["EXONYM_LOG", "RUST_LOG"]
        .into_iter()
        .find_map(|name| Some((name, std::env::var(name).ok().filter(|value| !value.is_empty())?)))
        .unwrap_or(("", "info".to_owned()));
    let filter = EnvFilter::try_new(&directives).map_err(|e| {
        Failure::Because(format!("{name} is not a log filter: {e}; write for example `info` or `exonym=debug`"))
    })?;
    let (lines, written) = log_lines::start().map_err(|e| Failure::of(&e))?;
    // What fails there must not be said there.
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines).log_internal_errors(false);
    if std::io::stderr().is_terminal() {
        logs.with_target(false).init();
    } else {
        logs.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    }
    Ok(written)
}
