//! Any text as each of the files that people write: mapping, configuration, catalog. Every finding can be drawn.
#![no_main]

use exonym::text::diagnostic::render;
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
});
