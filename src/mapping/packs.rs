//! `extends = ["common"]`: a mapping file and the files that it builds on.
//!
//! ```text
//! Files (texts, and which file each `extends` leads to) ── read(file) ── order: packs before whoever names them ── compose ── Mapping
//! ```
//!
//! Whoever reads the disk fills [`Files`]: `app::mappings`. Here the files are put in order; what they say together is `compose`'s business.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::compose::{Layer, compose};
use super::{Mapping, codes, file};
use crate::text::diagnostic::Source;
use crate::text::toml::{Document, Shape};
use crate::text::{Diagnostic, Severity, Span};

/// Where `[mapping]` names the files that it builds on.
pub(super) const KEY: &str = "extends";

/// So many files may extend each other in a row.
const DEEPEST: usize = 32;

/// Mapping files, and which of them a name in `extends` means. Two that are equal give the same mappings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Files {
    texts: BTreeMap<PathBuf, Source>,
    links: BTreeMap<(PathBuf, String), Result<PathBuf, Missing>>,
}

/// Why a name in `extends` leads nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// What is wrong.
    pub message: String,
    /// What now.
    pub help: String,
}

impl Files {
    /// Adds a file; `id` is its own, however it was found.
    pub fn add(&mut self, id: PathBuf, source: Source) {
        self.texts.insert(id, source);
    }

    /// Says where `name` in the `extends` of file `from` leads.
    pub fn link(&mut self, from: &Path, name: &str, to: Result<PathBuf, Missing>) {
        self.links.insert((from.to_owned(), name.to_owned()), to);
    }

    /// The file of that identity.
    #[must_use]
    pub fn get(&self, id: &Path) -> Option<&Source> {
        self.texts.get(id)
    }

    /// All of them.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.texts.values()
    }
}

/// The names that a file extends, for those who look for the files. What is wrong there is found when it is read.
#[must_use]
pub fn named(source: &Source) -> Vec<String> {
    // Most files extend nothing, and are looked at every second.
    if !source.text.contains(KEY) {
        return Vec::new();
    }
    extends(&Document::parse(source, file::CODES)).into_iter().map(|(name, _)| name).collect()
}

/// The mapping that file `id` is, with all that it extends, unless something in it has errors; and all that was found, in any of the files.
#[must_use]
pub fn read(files: &Files, id: &Path) -> (Option<Mapping>, Vec<Diagnostic>) {
    let mut visit = Visit { files, chain: Vec::new(), opened: Vec::new(), complete: true };
    visit.open(id);
    let Visit { opened, complete, .. } = visit;
    let layers = opened.iter().map(|o| Layer { part: file::part(&o.document), below: o.below.clone() }).collect();
    let (mapping, findings) = compose(layers);
    // What is not there, or not understood, might have said what seems to be missing.
    let whole = complete && (opened.len() == 1 || !opened.iter().any(|o| o.document.has_errors()));
    for finding in findings.into_iter().filter(|_| whole) {
        let name = finding.at.as_ref().map(|(source, _)| &source.name);
        if let Some(open) = opened.iter().find(|o| Some(&o.document.source().name) == name) {
            open.document.report(finding);
        }
    }
    let findings: Vec<_> = opened.into_iter().rev().flat_map(|o| o.document.finish()).collect();
    let broken = findings.iter().any(|f| f.severity == Severity::Error);
    (mapping.filter(|_| !broken), findings)
}

/// A walk from a file to all that it extends.
struct Visit<'f> {
    files: &'f Files,
    /// From the first file to the one that is being opened.
    chain: Vec<&'f Path>,
    /// Each behind all that it extends.
    opened: Vec<Opened<'f>>,
    /// Nothing is missing.
    complete: bool,
}

struct Opened<'f> {
    id: &'f Path,
    document: Document<'f>,
    /// What it extends, and they, as places in the list of those opened.
    below: BTreeSet<usize>,
}

impl<'f> Visit<'f> {
    /// Opens a file and all that it extends; its place among those opened.
    fn open(&mut self, id: &Path) -> Option<usize> {
        if let Some(known) = self.opened.iter().position(|o| o.id == id) {
            return Some(known);
        }
        let (id, source) = self.files.texts.get_key_value(id)?;
        let document = Document::parse(source, file::CODES);
        let (mut below, mut listed) = (BTreeSet::new(), Vec::new());
        self.chain.push(id);
        for (name, span) in extends(&document) {
            let Some(pack) = self.follow(&document, id, &name, span) else {
                self.complete = false;
                continue;
            };
            if listed.contains(&pack) {
                let message = format!("`{name}` is extended already");
                document.error(codes::PACK_TWICE, span, message, "the second time", "name each file once");
            } else if let Some(index) = self.open(pack) {
                below.extend(self.opened[index].below.iter().copied().chain([index]));
            }
            listed.push(pack);
        }
        self.chain.pop();
        self.opened.push(Opened { id, document, below });
        Some(self.opened.len() - 1)
    }

    /// The file that a name in `extends` means, unless there is none, or it is one that extends this one.
    fn follow(&self, document: &Document<'f>, from: &Path, name: &str, span: Span) -> Option<&'f Path> {
        let pack = match self.files.links.get(&(from.to_owned(), name.to_owned())) {
            Some(Ok(pack)) => pack,
            Some(Err(missing)) => {
                document.error(codes::NO_PACK, span, missing.message.clone(), "", missing.help.clone());
                return None;
            }
            None => {
                let message = format!("`{name}` cannot be looked for: this mapping is no file on a disk");
                document.error(codes::NO_PACK, span, message, "", "write into it what that file has");
                return None;
            }
        };
        let called =
            |id: &Path| self.files.texts.get(id).map_or_else(String::new, |source| format!("`{}`", source.name));
        if let Some(at) = self.chain.iter().position(|id| *id == pack) {
            let circle: Vec<_> = self.chain[at..].iter().copied().chain([pack.as_path()]).map(called).collect();
            let (message, help) = match &circle[..] {
                [_, _] => ("a file extends itself".to_owned(), "remove it"),
                _ => (
                    format!("files extend each other: {}", circle.join(" → ")),
                    "move what they share into a file that extends none of them",
                ),
            };
            document.error(codes::PACK_CYCLE, span, message, "here the circle closes", help);
            return None;
        }
        if self.chain.len() > DEEPEST {
            let message = format!("more than {DEEPEST} files extend one another");
            document.error(codes::PACK_CYCLE, span, message, "", "let files extend several others side by side");
            return None;
        }
        Some(pack)
    }
}

/// The names under `extends` and their places; what else stands there is reported.
fn extends(document: &Document<'_>) -> Vec<(String, Span)> {
    let root = document.root();
    let Some(Shape::Table(head)) = root.value("mapping").map(|value| value.shape) else { return Vec::new() };
    let listed = head.strings(KEY).unwrap_or_default();
    listed.iter().map(|text| (text.value.to_owned(), text.span)).collect()
}
