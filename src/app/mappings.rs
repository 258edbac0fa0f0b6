//! Mapping files on disk, and those that they extend → the mappings of each route.
//!
//! Everything wrong with any of them is found in one go. Nothing is kept here: `reload` decides what to do with the outcome, `cli::check`
//! shows it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Config, Route};
use crate::mapping::packs::{self, Missing};
use crate::mapping::{Mapping, merge};
use crate::text::diagnostic::Source;
use crate::text::nearest::did_you_mean;
use crate::text::{Diagnostic, Severity, Span};

/// No mapping file where the configuration says.
const NO_MAPPING: &str = "C013";
/// A route that names a mapping which no file has.
const UNKNOWN_MAPPING: &str = "C014";
/// A file or directory that cannot be read.
const UNREADABLE: &str = "C015";

/// The files that the mappings come from. Two that are equal give the same mappings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Files {
    /// Those that are mappings, by path, and which of `all` each is.
    own: BTreeMap<PathBuf, PathBuf>,
    /// They, and the files that they extend.
    all: packs::Files,
}

/// The mappings of one route, in its order.
pub(crate) type RouteMappings = Vec<Arc<Mapping>>;

impl Files {
    /// What they are called, each once, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.all.sources().map(|source| &*source.name).collect();
        names.sort_unstable();
        names
    }
}

/// Reads all mapping files: those named, and those in the directories named, whose names end in `.toml` and do not begin with a dot.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Files, Vec<Diagnostic>> {
    let mut files = Files::default();
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
                    match open(&path) {
                        Ok((id, source)) => {
                            files.all.add(id.clone(), source);
                            files.own.insert(path, id);
                        }
                        Err(error) => unreadable(&path, &error),
                    }
                }
            }
        }
    }
    follow(&mut files);
    if findings.is_empty() { Ok(files) } else { Err(findings) }
}

/// Reads what the files extend, and what those extend. What is not there is told when they are parsed.
fn follow(files: &mut Files) {
    let mut unread: Vec<PathBuf> = files.own.values().cloned().collect();
    while let Some(from) = unread.pop() {
        let Some(source) = files.all.get(&from).cloned() else { continue };
        for name in packs::named(&source) {
            let to = pack(Path::new(&*source.name), &name).map(|(id, source)| {
                if files.all.get(&id).is_none() {
                    files.all.add(id.clone(), source);
                    unread.push(id.clone());
                }
                id
            });
            files.all.link(&from, &name, to);
        }
    }
}

/// The file that `name` means in the `extends` of `from`: a path from the directory of that, with or without its `.toml`.
fn pack(from: &Path, name: &str) -> Result<(PathBuf, Source), Missing> {
    let beside = from.parent().unwrap_or(Path::new(""));
    let ends = Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    let path = beside.join(if ends { name.to_owned() } else { format!("{name}.toml") });
    // What is no file may have no end.
    let is_file = |found: fs::Metadata| found.is_file().then_some(()).ok_or_else(|| io::Error::other("it is no file"));
    fs::metadata(&path).and_then(is_file).and_then(|()| open(&path)).map_err(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            let message = format!("cannot read `{}`: {error}", path.display());
            return Missing { message, help: "`extends` names mapping files, which are text in UTF-8".to_owned() };
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let known = list(directory).unwrap_or_default();
        let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let stems: Vec<_> = known.iter().filter_map(|path| stem(path)).collect();
        let guess = did_you_mean(&stem(&path).unwrap_or_default(), stems.iter().map(String::as_str));
        let help = guess.unwrap_or_else(|| {
            "write the name of a mapping file beside this one, `common` for `common.toml`, or a path from here"
                .to_owned()
        });
        Missing { message: format!("there is no file `{}`", path.display()), help }
    })
}

/// A file, and what tells it from others whatever path leads to it.
fn open(path: &Path) -> io::Result<(PathBuf, Source)> {
    let text = fs::read_to_string(path)?;
    // A pipe has no path of its own.
    let id = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    Ok((id, Source { name: path.to_string_lossy().into(), text: text.into() }))
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
    let mut findings: Vec<Diagnostic> = Vec::new();
    let mut mappings = Vec::new();
    for id in files.own.values() {
        let (mapping, found) = packs::read(&files.all, id);
        // What is wrong with a file is wrong for all that extend it.
        for finding in found {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
        mappings.extend(mapping.map(Arc::new));
    }
    if files.own.is_empty() && !paths.is_empty() {
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
