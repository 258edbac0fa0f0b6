//! What ORMs send over the legacy names of smartwatt and smarthydro: the same script, straight before the legacy schema and through Exonym
//! before the current one, sees the same values, Python types and order.
//!
//! The scripts are in `tests/orm/`, and print a line for each of their steps; `tests/run` installs what they need.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use support::postgres::{self, Postgres};
use support::shared_proxy::SharedProxy;

const LEGACY: &str = "legacy";
const CURRENT: &str = "current";

/// The systems, each with its current schema, its sample, and the legacy schema over the same sample.
const SYSTEMS: [&str; 2] = ["smartwatt", "smarthydro"];

struct Stage {
    server: &'static Postgres,
    proxy: SharedProxy,
}

/// A line of a script.
#[derive(serde::Deserialize, Debug)]
struct Step {
    name: String,
    saw: String,
    failed: bool,
    sql: Vec<String>,
}

#[test]
fn sqlalchemy_on_psycopg_sees_the_same() {
    sees_the_same("alchemy.py", &["psycopg"], None);
}

#[test]
fn sqlalchemy_on_psycopg2_sees_the_same() {
    sees_the_same("alchemy.py", &["psycopg2"], None);
}

#[test]
fn sqlalchemy_on_asyncpg_sees_the_same() {
    sees_the_same("alchemy.py", &["asyncpg"], None);
}

#[test]
fn django_sees_the_same() {
    sees_the_same("with_django.py", &["psycopg", "client"], None);
}

#[test]
fn django_with_parameters_put_in_by_the_server_sees_the_same() {
    sees_the_same("with_django.py", &["psycopg", "server"], None);
}

#[test]
fn django_on_psycopg2_sees_the_same() {
    sees_the_same("with_django.py", &["psycopg2", "client"], None);
}

#[test]
fn django_4_sees_the_same() {
    let django = root().join("tests/.cache/orm/django-4.2");
    assert!(django.join("django").exists(), "there is no {}; tests/run installs it", django.display());
    sees_the_same("with_django.py", &["psycopg", "client"], Some(&django));
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Both databases and the proxy, for all tests of this binary.
fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let server = postgres::shared();
        let text = |path: String| {
            let path = root().join(path);
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let load = |database: &str, paths: &[String]| {
            server.sql(database, &paths.iter().cloned().map(text).collect::<Vec<_>>().join("\n"));
        };
        for database in [LEGACY, CURRENT] {
            server.database(database);
        }
        for system in SYSTEMS {
            let sample = format!("migrations/{system}/sample.sql");
            load(LEGACY, &[sample.clone(), format!("tests/systems/{system}/legacy.sql")]);
            let schema = format!("migrations/{system}/001_current_schema/up.sql");
            load(CURRENT, &[schema, sample, format!("migrations/{system}/sample_current.sql")]);
        }
        let mappings = SYSTEMS.map(|system| root().join(format!("mappings/{system}.toml")));
        Stage { server, proxy: SharedProxy::start(server.port, CURRENT, &mappings) }
    })
}

/// Plays a script on both sides and compares it step by step. `packages` go before those of `tests/.venv`.
fn sees_the_same(script: &str, arguments: &[&str], packages: Option<&Path>) {
    let stage = stage();
    let (expected, said) = play(script, arguments, packages, stage.server.port, LEGACY);
    let failed: Vec<_> = expected.iter().filter(|step| step.failed).collect();
    assert!(said.is_empty() && failed.is_empty() && expected.len() > 20, "{script} straight: {said}\n{failed:#?}");
    let blank = |saw: &str| !saw.contains(|c: char| c.is_ascii_digit());
    let empty: Vec<_> = expected.iter().filter(|step| blank(&step.saw)).map(|step| &step.name).collect();
    assert!(empty.is_empty(), "{script}: steps that see nothing show nothing: {empty:?}");

    let (got, said) = play(script, arguments, packages, stage.proxy.port, CURRENT);
    let differs = |(expected, got): &(&Step, &Step)| expected.name != got.name || expected.saw != got.saw;
    let pairs = || expected.iter().zip(&got);
    let shown: Vec<String> = pairs().filter(differs).map(|(expected, got)| difference(expected, got)).collect();
    assert!(
        shown.is_empty(),
        "{}\n{script} {arguments:?}: {} of {} steps differ",
        shown.join("\n"),
        shown.len(),
        expected.len()
    );
    assert!(said.is_empty() && got.len() == expected.len(), "{script} {arguments:?} through: {said}");
    let (_, metrics) = stage.proxy.get("/metrics").expect("the admin port answers");
    let count = |outcome: &str| -> f64 {
        let series = |line: &&str| {
            line.starts_with("exonym_statements_total") && line.contains(&format!("outcome=\"{outcome}\""))
        };
        metrics.lines().filter(series).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    };
    assert!(count("rewritten") > 50.0 && count("refused") == 0.0, "{metrics}");
}

fn play(script: &str, arguments: &[&str], packages: Option<&Path>, port: u16, database: &str) -> (Vec<Step>, String) {
    let python = root().join("tests/.venv/bin/python");
    assert!(python.exists(), "there is no {}; tests/run makes it", python.display());
    let output = Command::new(python)
        .arg("-B")
        .arg(root().join("tests/orm").join(script))
        .args(arguments)
        .args([&port.to_string(), database])
        .envs(packages.map(|path| ("PYTHONPATH", path)))
        .stdin(Stdio::null())
        .output()
        .expect("python can be run");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let steps = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a step"))
        .collect();
    (steps, said)
}

/// Two views of a step from where they part, and what was sent.
fn difference(expected: &Step, got: &Step) -> String {
    let same = expected.saw.char_indices().zip(got.saw.chars()).find(|((_, a), b)| a != b).map_or(0, |((at, _), _)| at);
    let part = |saw: &str| {
        let from = saw.char_indices().map(|(at, _)| at).take_while(|at| at + 120 < same).last().unwrap_or(0);
        saw.get(from..).unwrap_or_default().chars().take(900).collect::<String>()
    };
    let (straight, through) = (part(&expected.saw), part(&got.saw));
    let sql = got.sql.join("\n--\n");
    format!("=== {}\n--- straight\n…{straight}\n--- through\n…{through}\n--- sent\n{sql}", expected.name)
}
