//! Random legacy queries: what Postgres answers in the legacy schema, Exonym has to answer over the current one.
//!
//! The queries are a function of a seed ([`generator`]). A difference is made smaller and printed with both answers and what
//! reached the server. A refusal (0A000) is no difference, but counted, and more than a small share of them fails the test.
//! `EXONYM_RANDOM=20000:7` runs that many from another seed.

#[path = "random/answers.rs"]
mod answers;
#[path = "random/mod.rs"]
mod generator;
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::{fs, io};

use answers::{Answer, Verdict, answer, compare, shown};
use exonym::backend::introspect::introspect;
use exonym::config::Config;
use exonym::mapping;
use exonym::rewrite::{Cache, Context, World};
use generator::schema::TRIM;
use generator::tree::Node;
use support::client::Client;
use support::{literals, twins};

/// How many queries run when nobody says otherwise.
const QUERIES: u64 = 800;
/// How many have their literals changed.
const LITERALS: u64 = 100;
/// How many shrunken differences are printed.
const SHOWN: usize = 12;
/// Refusals of queries that the legacy schema answers, of a thousand.
const REFUSED_AT_MOST: usize = 5;

struct Sides {
    straight: Client,
    through: Client,
}

#[derive(Default)]
struct Counts {
    same: usize,
    /// Errors of both sides by code, each with the shortest query that has it.
    errors: BTreeMap<String, (usize, String)>,
    undefined: usize,
    lenient: usize,
    refused: BTreeMap<String, (usize, Option<Node>)>,
    different: usize,
}

#[test]
fn random_queries_answer_alike() {
    let (count, seed) = wanted();
    let twins = twins::shared();
    for database in [twins::LEGACY, twins::CURRENT] {
        twins.server.sql(database, TRIM);
    }
    // The log is wanted for the few that differ, not for all.
    twins.server.sql(twins::CURRENT, &format!("ALTER DATABASE \"{}\" RESET log_statement", twins::CURRENT));
    let mut sides = Sides::connect("random").expect("both sides let us in");
    let (mut counts, mut reports) = (Counts::default(), Vec::new());
    for number in 0..count {
        let query = generator::query(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let (straight, verdict) = sides.ask(&query);
        match verdict {
            Verdict::Same => counts.same += 1,
            Verdict::SameError => counts.fail(error(&straight), query.print().0),
            Verdict::Undefined => counts.undefined += 1,
            Verdict::Lenient => counts.lenient += 1,
            Verdict::Refused(why) => counts.refuse(why, query),
            Verdict::Different(how) => {
                counts.different += 1;
                if reports.len() < SHOWN {
                    let small = shrink(&mut sides, query, &Verdict::Different(how));
                    reports.push(report(&mut sides, number, &small));
                    println!("{}", reports[reports.len() - 1]);
                }
            }
        }
    }
    println!("{}", counts.summary(count, seed));
    if std::env::var_os("EXONYM_RANDOM").is_some() {
        counts.show(&mut sides);
    }
    assert!(reports.is_empty(), "{} of {count} queries differ", counts.different);
    let refused: usize = counts.refused.values().map(|(count, _)| count).sum();
    let answered = counts.same + refused;
    assert!(refused * 1000 <= answered * REFUSED_AT_MOST, "{refused} of {answered} good queries are refused");
    assert!(answered * 100 >= usize::try_from(count).expect("few") * 75, "too few of the queries are valid");
}

/// Nothing is asked here: the plan of a text that differs from others in literals alone is the one that it gets by itself.
#[test]
fn random_literals_share_a_plan_that_each_text_would_get() {
    let twins = twins::shared();
    let url = format!("postgres://postgres@127.0.0.1:{}/{}", twins.server.port, twins::CURRENT);
    let backend = Config::direct(&url, None, Vec::new()).expect("a good URL").backends.remove(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let catalog = runtime.block_on(introspect(&backend, twins::CURRENT)).expect("a readable server");
    let mappings = twins::MAPPINGS.map(|path| {
        let text = fs::read_to_string(twins::root().join(path)).expect("a mapping can be read");
        Arc::new(mapping::file::parse(path, &text).expect("a good mapping"))
    });
    let world = World::new(1, mappings.to_vec(), Arc::new(catalog));
    let context = Arc::new(Context::new("postgres", &["$user".to_owned(), "public".to_owned()]));
    let (cache, mut dice, mut told) = (Cache::new(), literals::Dice(3), 0);
    for number in 0..LITERALS {
        let (sql, _) = generator::query(9_000_000 + number).print();
        told += literals::check(&world, &context, &cache, &sql, 8, &mut dice);
    }
    println!("{told} of {} were told by others", 8 * LITERALS);
    assert!(told > usize::try_from(LITERALS).expect("few"), "only {told}");
}

/// `EXONYM_RANDOM=<count>[:<seed>]`.
fn wanted() -> (u64, u64) {
    let text = std::env::var("EXONYM_RANDOM").unwrap_or_default();
    let (count, seed) = text.split_once(':').unwrap_or((&text, "1"));
    (count.parse().unwrap_or(QUERIES), seed.parse().expect("EXONYM_RANDOM=<count>:<seed>"))
}

impl Sides {
    fn connect(application: &str) -> io::Result<Self> {
        let twins = twins::shared();
        let mut straight = Client::connect(twins.server.port, twins::LEGACY, application)?;
        let mut through = Client::connect(twins.proxy.port, twins::CURRENT, application)?;
        for client in [&mut straight, &mut through] {
            client.query("SET statement_timeout = '2s'");
            client.exchange()?;
        }
        Ok(Self { straight, through })
    }

    fn ask(&mut self, query: &Node) -> (Answer, Verdict) {
        let (sql, values) = query.print();
        let straight = answer(&mut self.straight, &sql, &values);
        let through = answer(&mut self.through, &sql, &values);
        let lost = [&straight, &through].iter().any(|a| matches!(a, Answer::Lost(_)));
        if lost {
            *self = Self::connect("random again").expect("both sides let us in again");
        }
        let verdict = compare(&straight, &through, &sql);
        (straight, verdict)
    }
}

fn error(answer: &Answer) -> String {
    match answer {
        Answer::Error { code, message, .. } => format!("{code} {message}"),
        _ => String::new(),
    }
}

/// The smallest query that can be found with the same verdict.
fn shrink(sides: &mut Sides, query: Node, verdict: &Verdict) -> Node {
    let mut smallest = query;
    let mut tries = 0;
    'smaller: loop {
        let length = smallest.print().0.len();
        let mut candidates: Vec<(usize, Node)> =
            smallest.smaller().into_iter().map(|n| (n.print().0.len(), n)).filter(|(l, _)| *l < length).collect();
        candidates.sort_by_key(|(length, _)| *length);
        for (_, candidate) in candidates {
            tries += 1;
            if tries > 400 {
                return smallest;
            }
            if sides.ask(&candidate).1 == *verdict {
                smallest = candidate;
                continue 'smaller;
            }
        }
        return smallest;
    }
}

fn report(sides: &mut Sides, number: u64, query: &Node) -> String {
    let (sql, values) = query.print();
    let application = format!("difference-{number}");
    let mut text = format!("\n=== query {number}\n{sql}\n");
    if !values.is_empty() {
        let _ = writeln!(text, "with {values:?}");
    }
    let straight = answer(&mut sides.straight, &sql, &values);
    let twins = twins::shared();
    let logged = Client::connect(twins.proxy.port, twins::CURRENT, &application).and_then(|mut client| {
        client.query("SET log_statement = 'all'");
        client.exchange()?;
        Ok(answer(&mut client, &sql, &values))
    });
    let _ = writeln!(text, "straight: {}", shown(&straight));
    let _ = writeln!(text, "through: {}", logged.map_or_else(|e| e.to_string(), |a| shown(&a)));
    for arrived in twins.arrived(&application) {
        let _ = writeln!(text, "arrived: {arrived}");
    }
    text
}

impl Counts {
    fn refuse(&mut self, why: String, query: Node) {
        let entry = self.refused.entry(why).or_insert((0, None));
        entry.0 += 1;
        let shorter = entry.1.as_ref().is_none_or(|old| query.print().0.len() < old.print().0.len());
        if shorter {
            entry.1 = Some(query);
        }
    }

    fn fail(&mut self, error: String, sql: String) {
        let entry = self.errors.entry(error).or_default();
        entry.0 += 1;
        if entry.1.is_empty() || sql.len() < entry.1.len() {
            entry.1 = sql;
        }
    }

    fn summary(&self, count: u64, seed: u64) -> String {
        let refused: usize = self.refused.values().map(|(count, _)| count).sum();
        let share = refused * 1000 / (self.same + refused).max(1);
        let (whole, tenth) = (share / 10, share % 10);
        let failed: usize = self.errors.values().map(|(count, _)| count).sum();
        let mut text = format!("{count} queries (seed {seed}): {} same, {} different, ", self.same, self.different);
        let _ = write!(text, "{failed} fail on both sides, {} on the legacy side only, ", self.lenient);
        let _ = write!(text, "{} undefined, {refused} refused ({whole}.{tenth} %)", self.undefined);
        for (why, (count, _)) in &self.refused {
            let _ = write!(text, "\n  refused {count}: {why}");
        }
        text
    }

    /// The shortest query for each error, the smallest one for each kind of refusal.
    fn show(&self, sides: &mut Sides) {
        for (error, (count, sql)) in &self.errors {
            println!("--- {count} fail: {error}\n{}", sql.chars().take(160).collect::<String>());
        }
        for (why, (_, query)) in &self.refused {
            let Some(query) = query else { continue };
            let small = shrink(sides, query.clone(), &Verdict::Refused(why.clone()));
            println!("--- {why}\n{}", small.print().0);
        }
    }
}
