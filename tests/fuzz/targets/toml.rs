//! Any text as each of the files that people write: mapping, configuration, catalog; cut in pieces, as mappings that extend each other.
//! Every finding can be drawn.
#![no_main]

use std::path::PathBuf;

use exonym::mapping::packs::{self, Files};
use exonym::text::Diagnostic;
use exonym::text::diagnostic::{Source, render};
use exonym::{catalog, config, mapping};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (_, findings) = mapping::file::read("m.toml", text);
    let _ = render(&findings, false);
    if let Err(findings) = config::file::parse(text, "exonym.toml") {
        let _ = render(&findings, false);
    }
    if let Err(findings) = catalog::file::parse(text, "c.toml") {
        let _ = render(&findings, false);
    }
    let _ = config::url::parse(text);
    let _ = render(&together(text), false);
});

/// What is wrong with the pieces between `#---` lines, the first of which is the mapping: `extends = ["1"]` is the second one.
fn together(text: &str) -> Vec<Diagnostic> {
    let mut files = Files::default();
    let pieces: Vec<Source> = text
        .split("#---\n")
        .enumerate()
        .map(|(number, text)| Source { name: number.to_string().into(), text: text.into() })
        .collect();
    for source in &pieces {
        let id = PathBuf::from(&*source.name);
        for name in packs::named(source) {
            if pieces.iter().any(|piece| *piece.name == *name) {
                files.link(&id, &name, Ok(PathBuf::from(&name)));
            }
        }
        files.add(id, source.clone());
    }
    packs::read(&files, &PathBuf::from("0")).1
}
