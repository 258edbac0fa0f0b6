//! The commands: a file for each. What they share stands here: reading the configuration, exit codes, showing findings.
//!
//! Results go to standard output, everything else to standard error.

mod catalog;
mod check;
mod demo;
mod log_lines;
mod logging;
mod rewrite;
mod serve;

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::text_file;
use crate::config::{self, Config};
use crate::text::chain;
use crate::text::diagnostic::{Diagnostic, render};

/// What the process was asked for could not be done.
pub const COULD_NOT_RUN: u8 = 2;

/// A Postgres proxy that lets services keep speaking a legacy schema.
#[derive(Parser)]
#[command(name = "exonym", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Args),
    Demo(demo::Args),
    Serve(serve::Args),
    Rewrite(rewrite::Args),
    Catalog(catalog::Args),
}

/// Why a command could not run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Findings about a text.
    Findings(Vec<Diagnostic>),
    /// Anything else: what, and what lies under it.
    Because(String),
}

/// Runs the command of the process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Check(args) => check::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Serve(args) => serve::run(args),
        Command::Rewrite(args) => rewrite::run(&args),
        Command::Catalog(args) => catalog::run(args),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            match failure {
                Failure::Findings(findings) => show(&findings),
                Failure::Because(message) => say(&format!("error: {message}\n")),
            }
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

impl Failure {
    /// An error with everything under it: `cannot connect to …: connection refused`.
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::Because(chain(error))
    }
}

/// Draws findings on standard error.
pub(crate) fn show(findings: &[Diagnostic]) {
    say(&render(findings, std::io::stderr().is_terminal()));
}

/// Writes to standard error; where nobody can be told, nobody is.
pub(crate) fn say(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Reads the configuration file, and gives its text with it. The caller shows its warnings.
pub(crate) fn configuration(path: &Path) -> Result<(Config, String), Failure> {
    let text = text_file::read(path)
        .map_err(|e| Failure::Because(format!("cannot read the configuration `{}`: {e}", path.display())))?;
    let config = config::file::parse(&text, &path.to_string_lossy()).map_err(Failure::Findings)?;
    Ok((config, text))
}
