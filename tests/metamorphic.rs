//! What has to hold of every rewrite, whatever the statement: for random queries and for all that the oracle is asked.
//!
//! Comments and spacing change nothing, a statement in current names needs nothing more, and names that are exchanged twice are what they
//! were. The last is asked of the server: each query runs over tables whose columns have exchanged their names in pairs.

#[path = "random/answers.rs"]
mod answers;
#[path = "random/mod.rs"]
#[allow(dead_code, reason = "nothing is made smaller here")]
mod generator;
mod support;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use answers::{Verdict, answer, compare, shown};
use exonym::backend::introspect::introspect;
use exonym::config::Config;
use exonym::mapping;
use exonym::rewrite::{Context, Outcome, Plan, World, plan};
use exonym::sql::{LexOptions, lex};
use generator::schema::{TABLES, TRIM};
use support::client::Client;
use support::{cases, twins};

/// How many random queries are planned, and how many of them are asked.
const PLANNED: u64 = 1_500;
const ASKED: u64 = 500;
/// Refusals, of a thousand.
const REFUSED_AT_MOST: usize = 10;

#[test]
fn comments_and_spacing_change_nothing() {
    let world = current();
    let mut failed = String::new();
    for sql in texts() {
        let spaced = spaced_out(&sql);
        let (one, other) = (plan(&world, &context(), &sql), plan(&world, &context(), &spaced));
        let (one, other) = (decided(&one, &sql), decided(&other, &spaced));
        if one != other {
            let _ = writeln!(failed, "{sql}\n  {one:?}\n  {other:?}");
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn a_second_rewrite_changes_nothing() {
    let world = current();
    // Where a legacy name is another current one, current names are legacy ones again.
    let moved = |table: &exonym::rewrite::Table| {
        table.replacements.iter().any(|legacy| table.physical.iter().any(|current| **current == *legacy.legacy))
    };
    let moved: HashSet<Arc<str>> = world.tables().iter().filter(|t| moved(t)).map(|t| t.legacy.clone()).collect();
    let (mut failed, mut tried) = (String::new(), 0);
    for sql in texts() {
        let first = plan(&world, &context(), &sql);
        let uses = first.statements.iter().flat_map(|statement| statement.uses.iter());
        let Some(once) = first.sql.as_ref().filter(|_| !is_refused(&first)) else { continue };
        if uses.into_iter().any(|used| moved.contains(&used.table)) {
            continue;
        }
        tried += 1;
        let second = plan(&world, &context(), once);
        if second.sql.is_some() {
            let _ = writeln!(failed, "{sql}\n  {once}\n  {:?}\n  {:?}", second.sql, refusal(&second));
        }
    }
    assert!(tried > 1_000, "{tried}");
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn exchanged_names_are_right_and_twice_what_they_were() {
    let twins = twins::shared();
    let server = twins.server;
    server.sql(twins::LEGACY, TRIM);
    server.sql("postgres", &format!("CREATE DATABASE mirror TEMPLATE \"{}\"", twins::LEGACY));
    let (mut renames, mut mapping) = (String::new(), "[mapping]\nname = \"mirror\"\n".to_owned());
    for table in TABLES.iter().filter(|table| table.mapped && table.schema == "public") {
        let _ = writeln!(mapping, "[tables.\"{0}\"]\ntable = \"{0}\"\n[tables.\"{0}\".columns]", table.name);
        for pair in table.columns.chunks_exact(2) {
            let (one, other) = (pair[0].0, pair[1].0);
            for (from, to) in [(one, "exchanged"), (other, one), ("exchanged", other)] {
                let _ = writeln!(renames, "ALTER TABLE \"{}\" RENAME \"{from}\" TO \"{to}\";", table.name);
            }
            for (legacy, current) in [(one, other), (other, one)] {
                let _ = writeln!(mapping, "\"{legacy}\" = {{ column = \"{current}\", override = true }}");
            }
        }
    }
    server.sql("mirror", &renames);
    let world = world("mirror", vec![mapping::file::parse("mirror.toml", &mapping).expect("a good mapping")]);
    let mut legacy = Client::connect(server.port, twins::LEGACY, "straight").expect("the server lets us in");
    let mut mirror = Client::connect(server.port, "mirror", "mirror").expect("the server lets us in");
    for client in [&mut legacy, &mut mirror] {
        client.query("SET statement_timeout = '2s'");
        client.exchange().expect("an answer");
    }
    let (mut failed, mut same, mut refused) = (String::new(), 0, 0);
    for number in 0..ASKED {
        let (sql, values) = generator::query(7_000_000 + number).print();
        let Ok(once) = rewritten(&world, &sql) else {
            refused += 1;
            continue;
        };
        let straight = answer(&mut legacy, &sql, &values);
        let exchanged = answer(&mut mirror, &once, &values);
        let mut check = |got: &answers::Answer, what: &str, text: &str| match compare(&straight, got, &sql) {
            Verdict::Different(how) => {
                let _ = writeln!(failed, "{what}: {how}\n{sql}\n{text}\n{}\n{}", shown(&straight), shown(got));
            }
            Verdict::Refused(_) => refused += 1,
            Verdict::Same => same += 1,
            _ => {}
        };
        check(&exchanged, "exchanged", &once);
        match rewritten(&world, &once) {
            Ok(twice) => check(&answer(&mut legacy, &twice, &values), "exchanged twice", &twice),
            Err(()) => refused += 1,
        }
    }
    println!("{same} same, {refused} refused");
    assert!(failed.is_empty(), "{failed}");
    assert!(refused * 1000 <= (same + refused) * REFUSED_AT_MOST, "{refused} refused, {same} same");
    assert!(same > usize::try_from(ASKED).expect("few"), "only {same} have an answer");
}

/// The statement as it is sent; an error where it is not.
fn rewritten(world: &World, sql: &str) -> Result<String, ()> {
    let plan = plan(world, &context(), sql);
    if is_refused(&plan) { Err(()) } else { Ok(plan.sql.as_deref().unwrap_or(sql).to_owned()) }
}

/// Random queries, and each step of the oracle's cases.
fn texts() -> Vec<String> {
    let random = (0..PLANNED).map(|number| generator::query(5_000_000 + number).print().0);
    let cases = cases::load(&twins::root().join("tests/oracle"));
    let steps = cases.into_iter().flat_map(|case| case.steps.into_iter().map(|step| step.sql));
    random.chain(steps).collect()
}

fn current() -> World {
    let mapping = |path: &&str| {
        let text = fs::read_to_string(twins::root().join(path)).expect("a mapping can be read");
        // What the catalogs show is no rewrite of names: their own stay.
        let text = text.replacen("[mapping]\n", "[mapping]\nintrospection = \"current\"\n", 1);
        mapping::file::parse(path, &text).expect("a good mapping")
    };
    world(twins::CURRENT, twins::MAPPINGS.iter().map(mapping).collect())
}

fn world(database: &str, mappings: Vec<mapping::Mapping>) -> World {
    let url = format!("postgres://postgres@127.0.0.1:{}/{database}", twins::shared().server.port);
    let backend = Config::direct(&url, None, Vec::new()).expect("a good URL").backends.remove(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let catalog = runtime.block_on(introspect(&backend, database)).expect("a readable server");
    World::new(1, mappings.into_iter().map(Arc::new).collect(), Arc::new(catalog))
}

fn context() -> Context {
    Context::new("postgres", &["$user".to_owned(), "public".to_owned()])
}

fn is_refused(plan: &Plan) -> bool {
    plan.statements.iter().any(|statement| statement.outcome == Outcome::Refused)
}

fn refusal(plan: &Plan) -> Option<&str> {
    plan.statements.iter().find_map(|statement| statement.refusal.as_ref()).map(|refusal| refusal.message.as_str())
}

/// What is decided for each statement, and what is sent, word by word.
fn decided(plan: &Plan, source: &str) -> (Vec<String>, Vec<String>) {
    let outcome = |statement: &exonym::rewrite::Statement| match &statement.refusal {
        Some(refusal) => {
            format!("{} {}", refusal.sqlstate, refusal.message.split(['`', '"']).step_by(2).collect::<String>())
        }
        None => statement.outcome.label().to_owned(),
    };
    (plan.statements.iter().map(outcome).collect(), words(plan.sql.as_deref().unwrap_or(source)))
}

fn words(source: &str) -> Vec<String> {
    let tokens = lex(source, LexOptions { standard_conforming_strings: true }).unwrap_or_default();
    tokens.iter().map(|token| token.text(source).to_owned()).collect()
}

/// The statement with a comment and a newline between any two tokens.
fn spaced_out(source: &str) -> String {
    match lex(source, LexOptions { standard_conforming_strings: true }) {
        Ok(tokens) => {
            let words: Vec<&str> = tokens.iter().map(|token| token.text(source)).collect();
            words.join(" /* solver.rating, customers */\n-- FROM swapped\n")
        }
        Err(_) => source.to_owned(),
    }
}
