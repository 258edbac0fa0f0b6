//! Mapping files on disk → the mappings of each route.
//!
//! Everything wrong with any of them is found in one go. Nothing is kept here: `reload` decides what to do with the outcome, `cli::check`
//! shows it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Config, Route};
use crate::mapping::{Mapping, file, merge};
use crate::text::nearest::did_you_mean;
use crate::text::{Diagnostic, Severity, Span};

/// No mapping file where the configuration says.
const NO_MAPPING: &str = "C013";
/// A route that names a mapping which no file has.
const UNKNOWN_MAPPING: &str = "C014";
/// A file or directory that cannot be read.
const UNREADABLE: &str = "C015";

/// The files that the mappings come from: path and content. Two that are equal give the same mappings.
pub(crate) type Files = BTreeMap<PathBuf, String>;

/// The mappings of one route, in its order.
pub(crate) type RouteMappings = Vec<Arc<Mapping>>;

/// Reads all mapping files: those named, and those in the directories named, whose names end in `.toml` and do not begin with a dot.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Files, Vec<Diagnostic>> {
    let mut files = Files::new();
    let mut findings = Vec::new();
    let mut unreadable = |path: &Path, error: &io::Error| {
        let message = format!("cannot read `{}`: {error}", path.display());
        findings
            .push(Diagnostic::error(UNREADABLE, message).help("`mappings` is a directory, a file, or a list of them"));
    };
    for path in paths {
        let found = if path.is_dir() { list(path) } else { Ok(vec![path.clone()]) };
        match found {
            Err(error) => unreadable(path, &error),
            Ok(found) => {
                for path in found {
                    match fs::read_to_string(&path) {
                        Ok(text) => drop(files.insert(path, text)),
                        Err(error) => unreadable(&path, &error),
                    }
                }
            }
        }
    }
    if findings.is_empty() { Ok(files) } else { Err(findings) }
}

/// Makes of the files what each route of the configuration wants, in the order of its routes. With a success come warnings, else at
/// least one error.
pub(super) fn of_routes(config: &Config, files: &Files) -> (Option<Vec<RouteMappings>>, Vec<Diagnostic>) {
    let (mappings, mut findings) = parse(&config.mappings, files);
    let mut routes = Vec::new();
    if !broken(&findings) {
        for route in &config.routes {
            match of_route(config, route, &mappings) {
                Ok(wanted) => routes.push(wanted),
                // Two routes with the same mappings have the same quarrels.
                Err(found) => found.into_iter().for_each(|f| {
                    if !findings.contains(&f) {
                        findings.push(f);
                    }
                }),
            }
        }
    }
    if broken(&findings) { (None, findings) } else { (Some(routes), findings) }
}

/// The mappings of the files that have no error, and everything that was found in any; `paths` is where they were looked for.
pub(crate) fn parse(paths: &[PathBuf], files: &Files) -> (Vec<Arc<Mapping>>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let mut mappings = Vec::new();
    for (path, text) in files {
        let (mapping, found) = file::read(&path.to_string_lossy(), text);
        findings.extend(found);
        mappings.extend(mapping.map(Arc::new));
    }
    if files.is_empty() && !paths.is_empty() {
        let places: Vec<_> = paths.iter().map(|p| format!("`{}`", p.display())).collect();
        let message = format!("there is no mapping file in {}", places.join(", "));
        findings.push(Diagnostic::error(NO_MAPPING, message).help("a mapping is a file whose name ends in `.toml`"));
    }
    (mappings, findings)
}

pub(crate) fn broken(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|f| f.severity == Severity::Error)
}

/// The mappings that `route` wants, out of all that there are.
pub(crate) fn of_route(
    config: &Config,
    route: &Route,
    mappings: &[Arc<Mapping>],
) -> Result<RouteMappings, Vec<Diagnostic>> {
    let Some(names) = &route.mappings else { return merge(mappings) };
    let mut findings = Vec::new();
    let mut wanted = Vec::new();
    for (name, span) in names {
        match mappings.iter().find(|m| *m.name == **name) {
            Some(mapping) => wanted.push(Arc::clone(mapping)),
            None => findings.push(unknown(config, mappings, name, *span)),
        }
    }
    if findings.is_empty() { merge(&wanted) } else { Err(findings) }
}

fn unknown(config: &Config, mappings: &[Arc<Mapping>], name: &str, span: Span) -> Diagnostic {
    let known: Vec<&str> = mappings.iter().map(|m| &*m.name).collect();
    let help =
        did_you_mean(name, known.iter().copied()).unwrap_or_else(|| format!("the files have `{}`", known.join("`, `")));
    Diagnostic::error(UNKNOWN_MAPPING, format!("there is no mapping `{name}`")).at(&config.source, span).help(help)
}

/// The mapping files among the entries of a directory, sorted by name.
fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        // What begins with a dot is an editor's, or a step of a Kubernetes volume's swap.
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        let is_toml = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
        if !hidden && is_toml && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
