//! What tools read off the catalogs of mapped tables: each asks the legacy database straight, and the current one through the proxy.
//!
//! psql, `SQLAlchemy`, Django, `ActiveRecord` and pgjdbc themselves, with their own statements; `tests/oracle/introspection*.sql` has those of others.
//! Not compared is what belongs to the current table by its nature: the order of columns by number, where some are computed or moved, the
//! names of indexes and of sequences, sizes. `tests/run` installs what these need.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::{postgres, twins};

/// Tables of which everything is compared.
const WHOLE: [&str; 6] = ["keeper", "device", "note", "remark", "memo", "interaction"];
/// Tables of which the order of columns is not, nor their indexes.
const COLUMNS: [&str; 11] = [
    "consumption_log",
    "ai_predictions",
    "feedback_log",
    "solver",
    "plant",
    "customers",
    "swapped",
    "chain",
    "gadget",
    "providers",
    "meter",
];

#[test]
fn psql_describes_mapped_tables_as_they_were() {
    let twins = twins::shared();
    let commands = [
        "\\d device",
        "\\d+ device",
        "\\d keeper",
        "\\dt keeper",
        "\\dt+ device",
        "\\di device_kind",
        "\\dp keeper",
        "\\dd device",
        "\\d note",
        "\\d+ remark",
        "\\d memo",
        "\\dt memo",
        "\\d+ interaction",
        "\\dt interaction",
        "\\dt device keeper note remark memo interaction",
    ];
    for command in commands {
        let run = |port, database| {
            let mut psql = server(port, "psql");
            said(psql.args(["-X", "-v", "VERBOSITY=verbose", "-d", database, "-c", command]))
        };
        let straight = run(twins.server.port, twins::LEGACY);
        assert!(!straight.contains("Did not find") && straight.len() > 50, "{straight}");
        assert_eq!(straight, run(twins.proxy.port, twins::CURRENT), "{command}");
    }
    let gone = said(server(twins.proxy.port, "psql").args(["-X", "-d", twins::CURRENT, "-c", "\\d clientes"]));
    assert_eq!(gone, "Did not find any relation named \"clientes\".\n");
}

#[test]
fn dumps_are_those_of_the_server() {
    let twins = twins::shared();
    let dump = |port: u16, how: &str| {
        let text = said(server(port, "pg_dump").args([how, twins::CURRENT]));
        text.lines().filter(|line| !line.contains("restrict ")).map(str::to_owned).collect::<Vec<_>>()
    };
    for how in ["--format=plain", "--column-inserts"] {
        let (straight, through) = (dump(twins.server.port, how), dump(twins.proxy.port, how));
        assert!(straight.len() > 1000 && straight == through, "{how}: {} and {} lines", straight.len(), through.len());
    }
    for (tool, table) in [("vacuumdb", "clientes"), ("vacuumdb", "swapped"), ("reindexdb", "halter")] {
        let output =
            server(twins.proxy.port, tool).args(["-t", table, twins::CURRENT]).output().expect("it can be run");
        assert!(output.status.success(), "{tool} {table}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn sqlalchemy_inspects_the_same() {
    reads_the_same(&python(), &["sqlalchemy_inspector.py"], &[]);
}

#[test]
fn django_inspects_the_same() {
    reads_the_same(&python(), &["django_inspectdb.py"], &[]);
}

#[test]
fn active_record_reads_the_same() {
    reads_the_same(Path::new("ruby"), &["active_record.rb"], &[("LANG", "C.UTF-8")]);
}

#[test]
fn pgjdbc_tells_the_same_of_its_metadata() {
    reads_the_same(Path::new("java"), &["-cp", "/usr/share/java/postgresql.jar", "Metadata.java"], &[]);
}

fn python() -> std::path::PathBuf {
    twins::root().join("tests/.venv/bin/python")
}

/// A program of the server's, as a client of that port.
fn server(port: u16, program: &str) -> Command {
    let mut command = Command::new(postgres::bin(program));
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres"]).stdin(Stdio::null());
    command
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("it can be run");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a script on both sides: it prints a line for each thing that it was told.
fn reads_the_same(program: &Path, script: &[&str], environment: &[(&str, &str)]) {
    let twins = twins::shared();
    let run = |port: u16, database: &str| {
        let output = Command::new(program)
            .current_dir(twins::root().join("tests/introspection"))
            .args(script)
            .args([&port.to_string(), database])
            .args(WHOLE)
            .arg("--")
            .args(COLUMNS)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|e| panic!("{} cannot be run ({e}); tests/run installs it", program.display()));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{script:?} on {database}: {}\n{said}", output.status);
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (straight, through) = (run(twins.server.port, twins::LEGACY), run(twins.proxy.port, twins::CURRENT));
    for (straight, through) in straight.iter().zip(&through) {
        assert_eq!(straight, through, "{script:?}: straight and through");
    }
    assert!(straight.len() > 100 && straight.len() == through.len(), "{} and {}", straight.len(), through.len());
}
