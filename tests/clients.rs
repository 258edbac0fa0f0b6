//! The cases of the oracle through programs that people use: psql, and psycopg with text and binary cursors. What a service does with
//! asyncpg, node-postgres and postgres.js (parameters, prepared statements, cursors, COPY, LISTEN, cancel, errors) is a script for each.
//!
//! `tests/run` installs what these need. What the drivers hide is compared by `tests/oracle.rs`.

mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use support::cases::{Case, Expect, Rows, Straight};
use support::{cases, postgres, twins};

#[test]
fn psql_prints_the_same() {
    let cases: Vec<Case> = cases::load(&twins::root().join("tests/oracle"))
        .into_iter()
        .filter(|c| c.steps.iter().all(|s| s.parameters.is_empty() && s.rows != Rows::Any))
        .collect();
    twins::shared();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // Cases that write hold locks until they roll back; each pair runs one side after the other, and they run alone.
    let (writing, reading): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|c| c.rollback);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = reading.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(difference) = psql_differs(case) {
                        failures.lock().unwrap_or_else(PoisonError::into_inner).push(difference);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    failures.extend(writing.iter().filter_map(|case| psql_differs(case).err()));
    assert!(failures.is_empty(), "{}\n{} of {} cases differ", failures.join("\n"), failures.len(), cases.len());
}

#[test]
fn psql_describes_the_current_database_alike() {
    let twins = twins::shared();
    let commands = [
        "\\d+ orders",
        "\\d archive.solver",
        "\\d boxes",
        "\\dv",
        "\\df",
        "\\dT",
        "\\dn+",
        "\\l",
        "\\du",
        "\\dp orders",
        "\\sf doubled",
        "\\conninfo",
        "\\encoding",
        "\\dconfig DateStyle",
    ];
    for command in commands {
        let run = |port| psql(port, twins::CURRENT, &["-E".into(), "-c".into(), command.into()]);
        let (straight, through) = (run(twins.server.port), run(twins.proxy.port));
        let text = |output: &Output, port: u16| {
            let text =
                format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            text.replace(&port.to_string(), "PORT")
        };
        assert_eq!(text(&straight, twins.server.port), text(&through, twins.proxy.port), "{command}");
    }
}

#[test]
fn psycopg_reads_the_same() {
    let python = twins::root().join("tests/.venv/bin/python");
    assert!(python.exists(), "there is no {}; tests/run makes it", python.display());
    let twins = twins::shared();
    let dsn = |port: u16, database| format!("host=127.0.0.1 port={port} user=postgres dbname={database}");
    let output = Command::new(python)
        .arg(twins::root().join("tests/clients/psycopg_cases.py"))
        .arg(twins::root().join("tests/oracle"))
        .arg(dsn(twins.server.port, twins::LEGACY))
        .arg(dsn(twins.server.port, twins::CURRENT))
        .arg(dsn(twins.proxy.port, twins::CURRENT))
        .output()
        .expect("python can be run");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    println!("{said}");
}

#[test]
fn a_service_on_asyncpg_sees_the_same() {
    let python = twins::root().join("tests/.venv/bin/python");
    assert!(python.exists(), "there is no {}; tests/run makes it", python.display());
    plays_the_same(&python, "asyncpg_script.py");
}

#[test]
fn a_service_on_node_postgres_sees_the_same() {
    plays_the_same(Path::new("node"), "node_pg_script.js");
}

#[test]
fn a_service_on_postgres_js_sees_the_same() {
    plays_the_same(Path::new("node"), "postgres_js_script.js");
}

/// Plays a script straight before the legacy database and through the proxy before the current one, and compares what it saw, step by step.
fn plays_the_same(program: &Path, script: &str) {
    let twins = twins::shared();
    let packages = twins::root().join("tests/.cache/clients/node_modules");
    let clients = twins::root().join("tests/clients");
    let play = |port: u16, database: &str| {
        let output = Command::new(program)
            .arg(clients.join(script))
            .arg(clients.join("statements.json"))
            .args([&port.to_string(), database])
            .env("NODE_PATH", &packages)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|e| panic!("{} cannot be run ({e}); tests/run installs it", program.display()));
        let seen = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (seen.lines().map(str::to_owned).collect::<Vec<_>>(), said, output.status)
    };
    let (expected, said, status) = play(twins.server.port, twins::LEGACY);
    assert!(status.success() && expected.len() > 50, "{script} straight: {status}\n{said}");
    let (got, said, status) = play(twins.proxy.port, twins::CURRENT);
    for (expected, got) in expected.iter().zip(&got) {
        assert_eq!(expected, got, "{script}: straight and through");
    }
    assert!(status.success() && got.len() == expected.len(), "{script} through: {status}\n{said}");
}

fn psql(port: u16, database: &str, args: &[String]) -> Output {
    Command::new(postgres::bin("psql"))
        .args(["-X", "-A", "-F", "¦", "-P", "null=∅", "-v", "VERBOSITY=verbose"])
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres", "-d", database])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("psql can be run")
}

fn psql_differs(case: &Case) -> Result<(), String> {
    let twins = twins::shared();
    let database = if case.straight == Straight::Legacy { twins::LEGACY } else { twins::CURRENT };
    let begin = case.rollback.then_some("BEGIN");
    let script = |ours: bool| {
        let text = |step: &cases::Step| match &step.sent_as {
            Some(text) if !ours => text.clone(),
            _ => step.sql.clone(),
        };
        let before = case.set.iter().map(String::as_str).chain(begin).map(str::to_owned);
        before.chain(case.steps.iter().map(text)).flat_map(|sql| ["-c".to_owned(), sql]).collect::<Vec<_>>()
    };
    let through = psql(twins.proxy.port, twins::CURRENT, &script(true));
    let codes = codes(&through);
    let may: Vec<&String> = case.steps.iter().flat_map(|s| &s.refusals).collect();
    if codes.iter().any(|code| may.contains(&code)) {
        return Ok(());
    }
    let must: Vec<&Vec<String>> = case
        .steps
        .iter()
        .filter_map(|s| if let Expect::Refused(codes) = &s.expect { Some(codes) } else { None })
        .collect();
    if !must.is_empty() {
        let refused = must.iter().all(|any| any.iter().any(|code| codes.contains(code)));
        let said = String::from_utf8_lossy(&through.stderr);
        return if refused { Ok(()) } else { Err(format!("=== {}: not refused\n{said}", case.name)) };
    }
    let straight = psql(twins.server.port, database, &script(false));
    let (expected, got) = (printed(case, &straight), printed(case, &through));
    if expected == got {
        return Ok(());
    }
    let sql: Vec<&str> = case.steps.iter().map(|s| s.sql.as_str()).collect();
    Err(format!(
        "=== {} ({})\n{}\n--- straight\n{expected}\n--- through\n{got}\n{}",
        case.name,
        case.file,
        sql.join("\n--\n"),
        String::from_utf8_lossy(&through.stderr)
    ))
}

/// SQLSTATEs of the errors that psql printed.
fn codes(output: &Output) -> Vec<String> {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().filter_map(|l| l.strip_prefix("ERROR:  ")?.split(':').next().map(str::to_owned)).collect()
}

/// What psql printed; of messages the severity, the code, the line and the caret under it.
fn printed(case: &Case, output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !case.steps.iter().all(|s| s.rows == Rows::InOrder) {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        text = lines.join("\n");
    }
    // Another text has its errors in other places.
    let mut places = case.steps.iter().all(|s| s.sent_as.is_none());
    let any_notices = case.steps.iter().any(|s| s.any_notices);
    let mut caret = false;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for line in said.lines() {
        let under = std::mem::take(&mut caret);
        let parts: Vec<&str> = line.splitn(3, ':').collect();
        match parts[..] {
            ["NOTICE", ..] if any_notices => places = false,
            [severity @ ("ERROR" | "WARNING" | "NOTICE" | "INFO" | "FATAL"), code, ..] => {
                text.extend(["\n", severity, code]);
            }
            [line_number, ..] if places && line_number.starts_with("LINE ") => {
                text.extend(["\n", line]);
                caret = true;
            }
            _ if under => text.extend(["\n", line]),
            _ => {}
        }
    }
    text
}
