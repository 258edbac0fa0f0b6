//! Any text as a statement in legacy names: it is planned, or refused; what is planned parses, and is planned alike when it comes
//! again, by its shape too.
#![no_main]

use std::sync::{Arc, LazyLock};

use exonym::catalog;
use exonym::mapping;
use exonym::rewrite::{self, Cache, Context, Outcome, World};
use exonym::sql::lexer::{LexOptions, lex};
use exonym::sql::{parse, split};
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mapping = |text| Arc::new(mapping::file::parse("m.toml", text).expect("a good mapping"));
    let mappings = vec![mapping(include_str!("legacy.toml")), mapping(include_str!("../../oracle/fixture/kinds.toml"))];
    let catalog = catalog::file::parse(include_str!("current.toml"), "c.toml").expect("a good catalog");
    World::new(1, mappings, Arc::new(catalog.indexed()))
});

static CONTEXT: LazyLock<Arc<Context>> = LazyLock::new(|| Arc::new(Context::new("ann", &["public".to_owned()])));

/// Of all inputs: an empty one takes longer to make than a statement to plan. Bounded as it is in the proxy.
static CACHE: LazyLock<Cache> = LazyLock::new(Cache::new);

fuzz_target!(|text: &str| {
    let _ = WORLD.concerns(text.as_bytes());
    let plan = rewrite::plan(&WORLD, &CONTEXT, text);
    if let Some(sql) = &plan.sql {
        // Positions lead back into the text, wherever they point.
        for at in 0..=sql.len() {
            assert!(plan.map.to_source(at) <= text.len());
        }
        let tokens = lex(sql, LexOptions::default()).expect("a result lexes");
        let statements = split::statements(sql, &tokens);
        assert_eq!(statements.len(), plan.statements.len());
        for (range, statement) in statements.into_iter().zip(&plan.statements) {
            // What queries stand in is the server's to judge.
            let is_query = ["SELECT", "WITH", "VALUES"].iter().any(|word| tokens[range.start].is_keyword(sql, word));
            if is_query && statement.outcome == Outcome::Rewritten {
                let size = range.len();
                let is_parsed = parse::with_stack(size, || parse::query(sql, &tokens[range]).is_ok());
                assert!(is_parsed, "a result parses: {sql}");
            }
        }
    }
    // The same statement with other numbers, so that its shape is known when it comes: twice, because a shape has to prove itself.
    for other in ["7", "8"] {
        let _ = CACHE.plan(&WORLD, &CONTEXT, &text.replace(|c: char| c.is_ascii_digit(), other));
    }
    let planned = CACHE.plan(&WORLD, &CONTEXT, text);
    assert_eq!(*planned.plan, rewrite::plan(&WORLD, &CONTEXT, &text[planned.core.clone()]));
});
