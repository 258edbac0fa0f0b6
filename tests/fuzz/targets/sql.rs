//! Any text as a statement in legacy names: it is planned, or refused, and what is planned parses and lexes again.
#![no_main]

use std::sync::{Arc, LazyLock};

use exonym::catalog;
use exonym::mapping;
use exonym::rewrite::{self, Context, World};
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mapping = mapping::file::parse("m.toml", include_str!("legacy.toml")).expect("a good mapping");
    let catalog = catalog::file::parse(include_str!("current.toml"), "c.toml").expect("a good catalog");
    World::new(1, vec![Arc::new(mapping)], Arc::new(catalog))
});

fuzz_target!(|text: &str| {
    let context = Context::new("ann", &["public".to_owned()]);
    let _ = WORLD.concerns(text.as_bytes());
    let plan = rewrite::plan(&WORLD, &context, text);
    let Some(sql) = &plan.sql else { return };
    // Positions lead back into the text, wherever they point.
    for at in 0..=sql.len() {
        assert!(plan.map.to_source(at) <= text.len());
    }
});
