//! `exonym catalog dump`: the live catalog as the file that `exonym rewrite --catalog` reads.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, configuration, show};
use crate::backend::introspect::introspect;
use crate::catalog::file::to_json;
use crate::config::{Backend, Config};

/// Work with the catalog: what tables and columns the warehouse really has
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Dump(DumpArgs),
}

/// Write the catalog of a live server as JSON, for `rewrite --catalog` and for `check`
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  exonym catalog dump --from postgres://exonym@127.0.0.1:5432/smartwatt > catalog.json
  exonym catalog dump --config exonym.toml --backend warehouse --output catalog.json

The password comes from the URL, from `introspect` of the backend, or from PGPASSWORD.")]
struct DumpArgs {
    /// The server and database, as a URL; needs no configuration
    #[arg(long, value_name = "URL", conflicts_with_all = ["config", "backend"])]
    from: Option<String>,
    /// The configuration that has the backend
    #[arg(long, value_name = "FILE", default_value = "exonym.toml")]
    config: PathBuf,
    /// A backend of the configuration; may be left out when there is only one
    #[arg(long, value_name = "NAME")]
    backend: Option<String>,
    /// The database; without it that of the URL, else that of the backend's only route
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Leave out the system schemas: smaller, and statements that read them are then judged with less knowledge
    #[arg(long)]
    without_system: bool,
    /// Where to write it instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let Action::Dump(args) = args.action;
    let config = match &args.from {
        Some(url) => direct(url, args.database.as_deref())?,
        None => configuration(&args.config)?.0,
    };
    show(&config.warnings);
    let backend = backend(&config, args.backend.as_deref())?;
    let database = args.database.clone().map_or_else(|| database(&config, backend), Ok)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Failure::of(&e))?;
    let mut catalog = runtime.block_on(introspect(backend, &database)).map_err(|e| Failure::of(&e))?;
    if args.without_system {
        catalog.relations.retain(|r| !is_system(&r.schema));
        catalog.functions.retain(|f| !is_system(&f.schema));
    }
    let json = to_json(&catalog);
    if let Some(path) = &args.output {
        let failed = |e| Failure::Because(format!("cannot write `{}`: {e}", path.display()));
        return fs::write(path, json).map(|()| ExitCode::SUCCESS).map_err(failed);
    }
    match std::io::stdout().write_all(json.as_bytes()) {
        // `| head` has seen enough.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::of(&e)),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// A configuration of one backend, whose URL may leave the database to `--database`.
fn direct(url: &str, database: Option<&str>) -> Result<Config, Failure> {
    Config::direct(url, database, Vec::new()).map_err(Failure::Findings)
}

fn is_system(schema: &str) -> bool {
    matches!(schema, "pg_catalog" | "information_schema")
}

fn backend<'c>(config: &'c Config, name: Option<&str>) -> Result<&'c Backend, Failure> {
    let names = || config.backends.iter().map(|b| format!("`{}`", b.name)).collect::<Vec<_>>().join(", ");
    match (name, config.backends.as_slice()) {
        (Some(name), _) => config
            .backend(name)
            .ok_or_else(|| Failure::Because(format!("there is no backend `{name}`; there are {}", names()))),
        (None, [one]) => Ok(one),
        (None, _) => Err(Failure::Because(format!("which backend? name one with --backend: {}", names()))),
    }
}

fn database(config: &Config, backend: &Backend) -> Result<String, Failure> {
    let mut routed: Vec<&str> =
        config.routes.iter().filter(|r| r.backend == backend.name).map(|r| config.database(r)).collect();
    routed.dedup();
    match (&backend.database, routed.as_slice()) {
        (Some(database), _) => Ok(database.clone()),
        (None, [one]) => Ok((*one).to_owned()),
        (None, _) => Err(Failure::Because(format!(
            "which database? backend `{}` serves {}; name one with --database",
            backend.name,
            routed.iter().map(|d| format!("`{d}`")).collect::<Vec<_>>().join(", ")
        ))),
    }
}
