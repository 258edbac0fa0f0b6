//! The house in order: the map in `ARCHITECTURE.md` is that of `src/`, and each layer uses only what lies below it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the ground up. A room may use those of the lines before its own.
const LAYERS: [&[&str]; 9] = [
    &["text", "metrics"],
    &["sql", "wire"],
    &["mapping", "catalog"],
    &["rewrite", "config"],
    &["net"],
    &["backend"],
    &["session", "http"],
    &["app", "demo"],
    &["cli"],
];

/// So many of the layers are pure: bytes and values in, bytes and values out.
const PURE: usize = 4;

/// What a pure room must not touch.
const WORLD: [&str; 7] =
    ["tokio::", "std::net", "std::fs", "std::env::", "std::process", "std::time::Instant", "std::time::SystemTime"];

#[test]
fn each_layer_uses_only_what_lies_below_it() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some(room) = room(&file) else { continue };
        let Some(own) = layer(&room) else {
            wrong.push(format!("{}: the room `{room}` is in no layer", file.display()));
            continue;
        };
        let text = without_tests(&read(&file));
        for used in used_rooms(&text).into_iter().filter(|used| *used != room) {
            match layer(&used) {
                Some(other) if other < own => {}
                _ => wrong.push(format!("{} uses `{used}`, which does not lie below `{room}`", file.display())),
            }
        }
        if own < PURE {
            let touched = WORLD.iter().filter(|word| code(&text).contains(**word));
            wrong.extend(touched.map(|word| format!("{} is pure and uses `{word}`", file.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_is_the_territory() {
    let architecture = read(&root().join("ARCHITECTURE.md"));
    let mapped: BTreeSet<String> = architecture.lines().filter_map(row).flatten().collect();
    let there: BTreeSet<String> = sources().iter().map(|file| module(file)).collect();
    let missing: Vec<_> = there.difference(&mapped).collect();
    let gone: Vec<_> = mapped.difference(&there).collect();
    assert!(missing.is_empty(), "not in ARCHITECTURE.md: {missing:#?}");
    assert!(gone.is_empty(), "in ARCHITECTURE.md and not in src: {gone:#?}");
    assert!(architecture.lines().count() <= 200, "ARCHITECTURE.md is longer than 200 lines");
}

#[test]
fn every_metric_is_documented_and_every_documented_one_is_there() {
    let documented: BTreeSet<String> = metrics(&read(&root().join("docs/metrics.md")), '`');
    let named = |file: &str| metrics(&without_tests(&read(&root().join("src/metrics").join(file))), '"');
    let there: BTreeSet<String> = ["mod.rs", "times.rs"].into_iter().flat_map(named).collect();
    let missing: Vec<_> = there.difference(&documented).collect();
    let gone: Vec<_> = documented.difference(&there).collect();
    assert!(missing.is_empty(), "not in docs/metrics.md: {missing:#?}");
    assert!(gone.is_empty(), "in docs/metrics.md and not in src/metrics: {gone:#?}");
    assert!(there.len() > 10, "{there:?}");
}

/// A plan is shared by texts that differ in literals which nobody has read: so whoever reads one has to note it.
#[test]
fn literals_are_read_where_that_is_noted() {
    // What these read is not shared.
    const MAY: [&str; 3] = ["literals.rs", "effect.rs", "configure.rs"];
    const READS: [&str; 6] = [
        "string_value",
        "SingleQuotedString",
        "EscapedStringLiteral",
        "Value::Number",
        "into_string()",
        "value.to_string()",
    ];
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| room(file).as_deref() == Some("rewrite")) {
        let text = code(&without_tests(&read(file)));
        let may = file.file_name().is_some_and(|name| MAY.iter().any(|may| name == *may));
        let read = READS.iter().filter(|word| !may && text.contains(**word));
        wrong.extend(read.map(|word| format!("{} has `{word}`; ask `Walk::literal`", file.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names of metrics between two of `quote`.
fn metrics(text: &str, quote: char) -> BTreeSet<String> {
    let names = text.split(quote).filter(|part| part.starts_with("exonym_"));
    names.filter(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')).map(str::to_owned).collect()
}

/// The files of a row of the map: ``| `sql/` | what | `lexer` …, `split` … |``.
fn row(line: &str) -> Option<Vec<String>> {
    let mut cells = line.strip_prefix("| `")?.split('|');
    let room = cells.next()?.trim().trim_end_matches('`');
    let files = cells.nth(1)?.split('`').skip(1).step_by(2);
    if !room.ends_with('/') {
        return Some(vec![format!("src/{room}")]);
    }
    let named = files.map(|file| module(&root().join(format!("src/{room}{file}.rs"))));
    Some(std::iter::once(format!("src/{room}")).chain(named).collect())
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<_> = sources().into_iter().filter(|file| !read(file).starts_with("//! ")).collect();
    assert!(silent.is_empty(), "files that do not open with `//!`: {silent:#?}");
}

/// A file, or its folder when it is the folder's front: `src/sql/mod.rs` is `src/sql/`.
fn module(file: &Path) -> String {
    let path = file.strip_prefix(root()).expect("it lies in the repository").to_string_lossy().replace('\\', "/");
    path.strip_suffix("mod.rs").map_or(path.clone(), str::to_owned)
}

fn room(file: &Path) -> Option<String> {
    let path = file.strip_prefix(root().join("src")).expect("it lies in src");
    let first = path.components().next()?.as_os_str().to_string_lossy().into_owned();
    let name = first.strip_suffix(".rs").map_or(first.clone(), str::to_owned);
    (name != "main" && name != "lib").then_some(name)
}

fn layer(room: &str) -> Option<usize> {
    LAYERS.iter().position(|rooms| rooms.contains(&room))
}

fn used_rooms(text: &str) -> BTreeSet<String> {
    let after = code(text);
    let mut rooms = BTreeSet::new();
    for (at, _) in after.match_indices("crate::") {
        let rest = &after[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let inside = &list[..list.find("};").unwrap_or(list.len())];
            rooms.extend(inside.split(',').filter_map(|part| word(part.trim())).filter(|name| layer(name).is_some()));
        } else {
            rooms.extend(word(rest));
        }
    }
    rooms
}

fn word(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// The text without its comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn without_tests(text: &str) -> String {
    text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of src can be read") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
