//! `exonym check`: everything that is wrong with the configuration and the mappings, at once, offline or against a catalog.
//!
//! Findings go to standard output, as text or as JSON (`docs/mapping.md` has its fields). Exit code 0: clean, notes aside; 1: findings;
//! 2: could not run.

use std::collections::BTreeSet;
use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;
use rustls_pki_types::UnixTime;
use serde::Serialize;

use super::Failure;
use crate::app::mappings::{self, Files};
use crate::app::users;
use crate::backend::introspect::introspect;
use crate::backend::unknown::{Unknown, unknown};
use crate::catalog::{self, Catalog};
use crate::config::check::{against, against_server, declared_types};
use crate::config::{self, Backend, Config};
use crate::mapping::{Mapping, merge};
use crate::net::{self, Door, Terms, Validity};
use crate::rewrite::check_queries;
use crate::text::chain;
use crate::text::diagnostic::{Source, render};
use crate::text::toml::{Codes, Document};
use crate::text::{Diagnostic, Severity};

/// A file that TLS needs cannot be used.
const CERTIFICATE: &str = "C027";
/// A certificate that is not valid now, or not for long.
const DATES: &str = "C028";

/// Validate configuration and mappings: all findings at once, each with its place and remedy
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  exonym check                                            exonym.toml and its mappings, no server needed
  exonym check --live                                     the same, against the catalog of each backend
  exonym check --mappings mappings/ --catalog catalog.json
  exonym check --mappings smartwatt.toml --from postgres://exonym@127.0.0.1:5432/smartwatt --format json

Exit code: 0 when clean (notes do not count), 1 with findings, 2 when it could not run.")]
pub(super) struct Args {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "exonym.toml", conflicts_with = "mappings")]
    config: PathBuf,
    /// Mapping files, or directories of them, without a configuration
    #[arg(long, value_name = "PATH", num_args = 1..)]
    mappings: Vec<PathBuf>,
    /// A catalog as `exonym catalog dump` writes it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "live"])]
    catalog: Option<PathBuf>,
    /// The server and database whose catalog is read, as a URL
    #[arg(long, value_name = "URL", conflicts_with = "live")]
    from: Option<String>,
    /// Read the catalog of each backend of the configuration, and check each route against its own
    #[arg(long, conflicts_with = "mappings")]
    live: bool,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// The report for `--format json`.
#[derive(Serialize)]
struct Report<'a> {
    clean: bool,
    errors: usize,
    warnings: usize,
    notes: usize,
    /// The mapping files that were read.
    files: Vec<&'a str>,
    findings: &'a [Diagnostic],
}

/// Mappings that are served together, and by whom.
struct Group {
    mappings: Vec<Arc<Mapping>>,
    /// The backend and its database; none without a configuration.
    backend: Option<(Backend, String)>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut findings = Vec::new();
    let (config, paths) = if args.mappings.is_empty() {
        read_config(&args.config, &mut findings)?
    } else {
        (None, args.mappings.clone())
    };
    let files = match mappings::read(&paths) {
        Ok(files) => files,
        Err(unread) => {
            // What was found is worth knowing also when the rest could not be looked at.
            print(args.format, &Files::default(), findings)?;
            return Err(Failure::Findings(unread));
        }
    };
    let (all, found) = mappings::parse(&paths, &files);
    let groups = groups(config.as_ref(), &all, mappings::broken(&found), &mut findings);
    findings.extend(found);
    let compared = compare(args, &groups, &mut findings);
    let code = print(args.format, &files, findings)?;
    compared.map(|()| code)
}

/// The configuration, unless it has errors, and the places of the mappings. What is wrong with it is a finding like any other.
fn read_config(path: &Path, findings: &mut Vec<Diagnostic>) -> Result<(Option<Config>, Vec<PathBuf>), Failure> {
    let name = path.to_string_lossy();
    let text = fs::read_to_string(path).map_err(|e| {
        Failure::Because(format!(
            "cannot read the configuration `{name}`: {e}; name it with --config, or use --mappings"
        ))
    })?;
    match config::file::parse(&text, &name) {
        Ok(config) => {
            findings.extend(config.warnings.iter().cloned());
            findings.extend(users::paths(&config).flat_map(|path| users::read(path).1));
            findings.extend(unusable_certificates(&config));
            findings.extend(certificates_out_of_date(&config));
            let paths = config.mappings.clone();
            Ok((Some(config), paths))
        }
        Err(found) => {
            findings.extend(found);
            let directory = path.parent().unwrap_or(Path::new(""));
            Ok((None, mappings_of(&text).into_iter().map(|place| directory.join(place)).collect()))
        }
    }
}

/// Certificates, keys and authorities with which `serve` would not start.
fn unusable_certificates(config: &Config) -> Vec<Diagnostic> {
    let door = config.listen.tls.iter().map(|settings| ("listen.tls".to_owned(), Door::load(settings).err()));
    let backends = config.backends.iter().map(|b| (format!("backends.{}.url", b.name), Terms::load(&b.tls).err()));
    let finding = |(place, error): (String, Option<net::Error>)| {
        error.map(|error| Diagnostic::error(CERTIFICATE, format!("`{place}`: {}", chain(&error))))
    };
    door.chain(backends).filter_map(finding).collect()
}

/// Certificates whose time is over or not yet there, or that will not be valid for long.
fn certificates_out_of_date(config: &Config) -> Vec<Diagnostic> {
    let now = UnixTime::now();
    let of_backends = config.backends.iter().flat_map(|backend| Validity::of_backend(&backend.tls));
    let all = config.listen.tls.iter().flat_map(Validity::of_door).chain(of_backends);
    all.filter_map(|validity| validity.warning(now)).map(|warning| Diagnostic::warning(DATES, warning)).collect()
}

/// The value of `mappings` in a configuration that cannot be used: the files are checked all the same.
fn mappings_of(text: &str) -> Vec<String> {
    const UNSAID: Codes = Codes { syntax: "", duplicate: "", unknown: "", wrong_type: "", missing: "" };
    let source = Source { name: "".into(), text: text.into() };
    let document = Document::parse(&source, UNSAID);
    let root = document.root();
    root.string_or_strings("mappings").unwrap_or_default().iter().map(|text| text.value.to_owned()).collect()
}

/// The mappings by route; without a configuration all together. `broken` says that there are files without a mapping.
fn groups(config: Option<&Config>, all: &[Arc<Mapping>], broken: bool, findings: &mut Vec<Diagnostic>) -> Vec<Group> {
    let mut taken = |merged: Result<Vec<Arc<Mapping>>, Vec<Diagnostic>>, unmerged: &[Arc<Mapping>]| {
        merged.unwrap_or_else(|quarrels| {
            findings.extend(quarrels);
            unmerged.to_vec()
        })
    };
    let Some(config) = config else {
        return vec![Group { mappings: taken(merge(all), all), backend: None }];
    };
    let mut groups = Vec::new();
    for route in &config.routes {
        let names = route.mappings.as_ref();
        let wanted = |m: &&Arc<Mapping>| names.is_none_or(|names| names.iter().any(|(name, _)| **name == *m.name));
        let mappings: Vec<_> = all.iter().filter(wanted).cloned().collect();
        // A route that wants a mapping whose file has errors is told of those alone.
        let merged = if broken { merge(&mappings) } else { mappings::of_route(config, route, all) };
        let mappings = taken(merged, &mappings);
        let backend = config.backend(&route.backend).map(|b| (b.clone(), config.database(route).to_owned()));
        groups.push(Group { mappings, backend });
    }
    groups
}

/// Holds the mappings against the catalog that the arguments name, if they do.
fn compare(args: &Args, groups: &[Group], findings: &mut Vec<Diagnostic>) -> Result<(), Failure> {
    if let Some(path) = &args.catalog {
        let name = path.to_string_lossy();
        let text =
            fs::read_to_string(path).map_err(|e| Failure::Because(format!("cannot read the catalog `{name}`: {e}")))?;
        let catalog = Arc::new(catalog::file::parse(&text, &name).map_err(Failure::Findings)?);
        for mapping in groups.iter().flat_map(|g| &g.mappings) {
            findings.extend(against(mapping, &catalog));
            findings.extend(check_queries(mapping, &catalog));
        }
        return Ok(());
    }
    let direct =
        args.from.as_ref().map(|url| Config::direct(url, None, Vec::new()).map_err(Failure::Findings)).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Failure::of(&e))?;
    for group in groups {
        let target = match &direct {
            Some(config) => config
                .routes
                .first()
                .and_then(|r| Some((config.backend(&r.backend)?.clone(), config.database(r).to_owned()))),
            None => group.backend.clone().filter(|_| args.live),
        };
        if let Some((backend, database)) = target {
            findings.extend(runtime.block_on(live(group, &backend, &database)).map_err(|e| Failure::of(&e))?);
        }
    }
    Ok(())
}

async fn live(
    group: &Group,
    backend: &Backend,
    database: &str,
) -> Result<Vec<Diagnostic>, crate::backend::introspect::Error> {
    let catalog: Arc<Catalog> = Arc::new(introspect(backend, database).await?);
    let zones: BTreeSet<&str> = group.mappings.iter().map(|m| m.zone.as_str()).collect();
    let types: BTreeSet<&str> = group.mappings.iter().flat_map(|m| declared_types(m)).collect();
    let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let Unknown { zones, types } = unknown(backend, database, &owned(zones), &owned(types)).await?;
    let mut findings = Vec::new();
    for mapping in &group.mappings {
        findings.extend(against_server(mapping, &catalog, &zones, &types));
        findings.extend(check_queries(mapping, &catalog));
    }
    Ok(findings)
}

/// Prints the report; the exit code that it deserves.
fn print(format: Format, files: &Files, findings: Vec<Diagnostic>) -> Result<ExitCode, Failure> {
    // Two routes with the same mappings have the same findings.
    let mut unique: Vec<Diagnostic> = Vec::with_capacity(findings.len());
    for finding in findings {
        if !unique.contains(&finding) {
            unique.push(finding);
        }
    }
    let place = |f: &Diagnostic| f.at.as_ref().map(|(source, span)| (source.name.clone(), span.start));
    unique.sort_by_key(place);
    let count = |severity| unique.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    let clean = errors + warnings == 0;
    let text = match format {
        Format::Json => {
            let files = files.names();
            let report = Report { clean, errors, warnings, notes, files, findings: &unique };
            let json = serde_json::to_string_pretty(&report).expect("strings and numbers are always JSON");
            format!("{json}\n")
        }
        Format::Human => render(&unique, std::io::stdout().is_terminal()),
    };
    match anstream::stdout().write_all(text.as_bytes()) {
        // `| head` has seen enough.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => return Err(Failure::of(&e)),
        _ => {}
    }
    if format == Format::Human {
        let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let parts = [counted(errors, "error"), counted(warnings, "warning"), counted(notes, "note")];
        super::say(&format!("{} in {}\n", parts.join(", "), counted(files.names().len(), "mapping file")));
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
