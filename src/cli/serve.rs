//! `exonym serve`: the proxy.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{Failure, configuration, logging};
use crate::app::{self, Ended, Error, Plan};
use crate::config::{Address, Config, DEFAULT_PORT, value};
use crate::text::diagnostic::Severity;

/// Run the proxy
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  exonym serve --to postgres://127.0.0.1:5432/smartwatt --mappings mappings/
  exonym serve --config /etc/exonym/exonym.toml

Then: psql -h 127.0.0.1 -p 6432 smartwatt

The catalog is read with the login of the URL or of `introspect`, else with PGUSER and PGPASSWORD, else as the user of this process.
SIGHUP reloads mappings, users and certificates, as does a change of their files; SIGTERM drains, a second one ends at once. Logs go to
standard error, filtered by EXONYM_LOG (`info` unless set).")]
pub(super) struct Args {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "exonym.toml", conflicts_with = "to")]
    config: PathBuf,
    /// The server and database to stand before, as a URL; needs no configuration
    #[arg(long, value_name = "URL", requires = "mappings")]
    to: Option<String>,
    /// With --to: a mapping file, or a directory of them; may be given more than once
    #[arg(long, value_name = "PATH", requires = "to")]
    mappings: Vec<PathBuf>,
    /// Where clients connect, instead of what the configuration says; may be given more than once [default: 127.0.0.1:6432]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Vec<Address>,
    /// Where metrics and health are, instead of what the configuration says [default: 127.0.0.1:9432]
    #[arg(long, value_name = "ADDRESS", value_parser = tcp_address)]
    admin: Option<Address>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let mut plan = plan(&args)?;
    if !args.listen.is_empty() {
        plan.listen.postgres = args.listen;
    }
    if let Some(admin) = args.admin {
        plan.listen.admin = admin;
    }
    let _written_at_the_end = logging::start()?;
    // Sessions have threads of their own: this one accepts, reads catalogs and serves the admin port.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Failure::of(&e))?;
    let outcome = runtime.block_on(app::run(plan));
    // What is left of sessions ends with their sockets; nobody waits for a disk.
    runtime.shutdown_background();
    match outcome {
        Ok(Ended::Drained) => Ok(ExitCode::SUCCESS),
        // As a shell says that a signal ended the process.
        Ok(Ended::Forced(signal)) => Ok(ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))),
        Err(Error::Mappings(mut findings) | Error::Users(mut findings)) => {
            findings.retain(|f| f.severity == Severity::Error);
            Err(Failure::Findings(findings))
        }
        Err(error) => Err(Failure::of(&error)),
    }
}

fn plan(args: &Args) -> Result<Plan, Failure> {
    if let Some(url) = &args.to {
        let config = Config::direct(url, None, args.mappings.clone()).map_err(Failure::Findings)?;
        return Ok(Plan { listen: config.listen.clone(), config, file: None });
    }
    if !args.config.exists() {
        let path = args.config.display();
        let what_now = "write one, name it with --config, or use --to URL --mappings DIR";
        return Err(Failure::Because(format!("there is no configuration `{path}`; {what_now}")));
    }
    let (config, text) = configuration(&args.config)?;
    Ok(Plan { listen: config.listen.clone(), config, file: Some((args.config.clone(), text)) })
}

fn address(text: &str) -> Result<Address, String> {
    value::listen(text, DEFAULT_PORT)
}

fn tcp_address(text: &str) -> Result<Address, String> {
    match address(text)? {
        tcp @ Address::Tcp { .. } => Ok(tcp),
        Address::Unix { .. } => Err("only a TCP address will do".into()),
    }
}
