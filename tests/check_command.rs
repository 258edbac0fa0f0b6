//! `exonym check` as a user runs it: arguments, exit codes, both formats, and a real server.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::postgres::shared;

fn check(directory: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exonym"))
        .arg("check")
        .args(args)
        .current_dir(directory)
        .env("PGUSER", "postgres")
        .output()
        .expect("exonym can be run")
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("exit {:?}\n{}{}", output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A directory with files in it.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let path: PathBuf = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("can be created");
        fs::write(path, text).expect("can be written");
    }
    directory
}

/// (code, file, line, column) of each finding of a JSON report.
fn findings(output: &Output) -> Vec<(String, String, u64, u64)> {
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(output)));
    let finding = |f: &serde_json::Value| {
        let text = |key: &str| f[key].as_str().unwrap_or_default().to_owned();
        (text("code"), text("file"), f["line"].as_u64().unwrap_or_default(), f["column"].as_u64().unwrap_or_default())
    };
    report["findings"].as_array().expect("a list").iter().map(finding).collect()
}

fn place(code: &str, file: &str, line: u64, column: u64) -> (String, String, u64, u64) {
    (code.into(), file.into(), line, column)
}

const GOOD: &str = "[tables.log]\ncolumns.kwh = \"kwh_consumed\"\n";

#[test]
fn clean_files_are_exit_0_and_notes_do_not_count() {
    let files = directory(&[
        ("m/a.toml", GOOD),
        ("m/b.toml", "[tables.Orders]\ntable = \"pedidos\"\n"),
        ("m/.a.toml.swp", "x"),
        ("m/readme.md", "x"),
    ]);
    let output = check(files.path(), &["--mappings", "m"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("0 errors, 0 warnings, 1 note in 2 mapping files"),
        "{}",
        said(&output)
    );
    let output = check(files.path(), &["--mappings", "m", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["clean"], true);
    assert_eq!(report["files"], serde_json::json!(["m/a.toml", "m/b.toml"]));
    assert_eq!(report["notes"], 1);
}

#[test]
fn findings_of_all_files_come_at_once_and_are_exit_1() {
    let config = "mappings = \"m\"\n[backends.w]\nkind = \"postgres\"\nurl = \"postgres://127.0.0.1:1/shop\"\n[[routes]]\ndatabase = \"shop\"\nbackend = \"w\"\nmapings = []\n";
    let files = directory(&[
        ("exonym.toml", config),
        ("m/a.toml", "[tables.log]\ncolumns.kwh = 5\n"),
        ("m/b.toml", "[tables.t\n"),
    ]);
    let output = check(files.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    // A configuration that cannot be used still says where the mappings are.
    let of_mappings = [place("M004", "m/a.toml", 2, 15), place("M001", "m/b.toml", 1, 10)];
    assert_eq!(findings(&output), [&[place("C003", "exonym.toml", 8, 1)], &of_mappings[..]].concat());

    fs::write(files.path().join("exonym.toml"), config.replace("mapings = []\n", "")).expect("can be written");
    let output = check(files.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(findings(&output), of_mappings);

    let output = check(files.path(), &["--mappings", "m/a.toml", "m/b.toml"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("2 | columns.kwh = 5"), "{}", said(&output));
}

#[test]
fn files_that_quarrel_are_found_by_route() {
    let config = |routes: &str| {
        format!("mappings = \"m\"\n[backends.w]\nkind = \"postgres\"\nurl = \"postgres://127.0.0.1:1/shop\"\n{routes}")
    };
    let route = |database: &str, mappings: &str| {
        format!("[[routes]]\ndatabase = \"{database}\"\nbackend = \"w\"\nmappings = {mappings}\n")
    };
    let apart = config(&format!("{}{}", route("a", "[\"a\"]"), route("b", "[\"b\"]")));
    let together = config(&route("a", "[\"a\", \"b\"]"));
    let files = directory(&[("exonym.toml", &apart), ("m/a.toml", GOOD), ("m/b.toml", GOOD)]);
    let output = check(files.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    fs::write(files.path().join("exonym.toml"), together).expect("can be written");
    let output = check(files.path(), &["--format", "json"]);
    assert_eq!(findings(&output), [place("M030", "m/b.toml", 1, 9)], "{}", said(&output));
    fs::write(files.path().join("exonym.toml"), config(&route("a", "[\"a\", \"c\"]"))).expect("can be written");
    let output = check(files.path(), &["--format", "json"]);
    assert_eq!(findings(&output), [place("C014", "exonym.toml", 8, 18)], "{}", said(&output));
    fs::remove_dir_all(files.path().join("m"))
        .and_then(|()| fs::create_dir(files.path().join("m")))
        .expect("can be emptied");
    let output = check(files.path(), &["--mappings", "m"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("there is no mapping file in `m`"), "{}", said(&output));
}

#[test]
fn packs_are_followed_and_findings_stand_in_their_files() {
    let catalog = r#"{"relations": [{"schema": "public", "name": "log", "kind": "table", "columns": [
        {"name": "id", "type": "integer"}, {"name": "kwh_consumed", "type": "numeric"}]}]}"#;
    let common = "[tables.log.columns]\nkwh = \"kwh_consumed\"\nno = \"nothing\"\n";
    let files = directory(&[
        ("m/a.toml", "[mapping]\nextends = [\"../packs/common\"]\n[tables.log.columns]\nnr = \"idd\"\n"),
        ("m/b.toml", "[mapping]\nextends = [\"a\"]\n[tables.log.columns]\nnr = \"id\"\n"),
        ("packs/common.toml", common),
        ("catalog.json", catalog),
    ]);
    let check =
        |args: &[&str]| check(files.path(), &[args, &["--catalog", "catalog.json", "--format", "json"]].concat());
    let pack = "m/../packs/common.toml";
    let output = check(&["--mappings", "m/a.toml"]);
    assert_eq!(findings(&output), [place("M102", pack, 3, 7), place("M102", "m/a.toml", 4, 7)], "{}", said(&output));
    // Side by side, what the one extends is a part of it.
    let output = check(&["--mappings", "m"]);
    assert_eq!(findings(&output), [place("M102", pack, 3, 7)], "{}", said(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["files"], serde_json::json!([pack, "m/a.toml", "m/b.toml"]));

    fs::write(files.path().join("packs/common.toml"), common.replace("no = \"nothing\"\n", ""))
        .expect("can be written");
    let output = check(&["--mappings", "m"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let rewritten = Command::new(env!("CARGO_BIN_EXE_exonym"))
        .args(["rewrite", "--mappings", "m/b.toml", "--catalog", "catalog.json", "SELECT kwh, nr FROM log"])
        .current_dir(files.path())
        .output()
        .expect("exonym can be run");
    let sql = String::from_utf8_lossy(&rewritten.stdout).into_owned();
    assert_eq!(sql.trim(), "SELECT log.kwh_consumed AS kwh, log.id AS nr FROM log", "{}", said(&rewritten));
}

#[test]
fn packs_that_are_not_there_are_told_with_what_is() {
    let files = directory(&[
        (
            "m/a.toml",
            "[mapping]\nextends = [\"comon\", \"\", \"folder\", \"../m/common.toml\"]\n[tables.t]\nstar = 1\n",
        ),
        ("m/common.toml", "[tables.log]\ncolumns.kwh = \"kwh_consumed\"\n"),
        ("m/folder.toml/keep", ""),
    ]);
    let output = check(files.path(), &["--mappings", "m/a.toml", "--format", "json"]);
    let extended = |column| place("M032", "m/a.toml", 2, column);
    let expected = [extended(12), extended(21), extended(25), place("M004", "m/a.toml", 4, 8)];
    assert_eq!(findings(&output), expected, "{}", said(&output));
    for says in
        ["there is no file `m/comon.toml`", "did you mean `common`?", "cannot read `m/folder.toml`: it is no file"]
    {
        assert!(said(&output).contains(says), "{says}: {}", said(&output));
    }
}

#[test]
fn two_files_of_a_route_have_once_what_they_have_from_one_pack() {
    let config = "mappings = \"m\"\n[backends.w]\nkind = \"postgres\"\nurl = \"postgres://127.0.0.1:1/shop\"\n\
        [[routes]]\ndatabase = \"shop\"\nbackend = \"w\"\nmappings = [\"a\", \"b\"]\n";
    let extending = "[mapping]\nextends = [\"../common\"]\n";
    let files = directory(&[
        ("exonym.toml", config),
        ("m/a.toml", &format!("{extending}[tables.t]\ntable = \"u\"\n")),
        ("m/b.toml", &format!("{extending}[columns]\nx = \"y\"\n")),
        ("common.toml", "[tables.log]\ncolumns.kwh = \"kwh_consumed\"\n[columns]\nold = \"new\"\n"),
    ]);
    let output = check(files.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // One that has changed what it has from there is another one.
    let changed = format!("{extending}zone = \"Europe/Madrid\"\n[tables.log.columns]\nkwh = \"kwh_now\"\n");
    fs::write(files.path().join("m/b.toml"), changed).expect("can be written");
    let output = check(files.path(), &["--format", "json"]);
    let expected = [place("M030", "m/../common.toml", 4, 1), place("M030", "m/b.toml", 4, 9)];
    assert_eq!(findings(&output), expected, "{}", said(&output));
}

#[test]
fn files_with_which_tls_would_not_start_are_found() {
    let config = "mappings = \"m\"\n\
        [listen]\ntls = { cert = \"server.crt\", key = \"missing.key\" }\n\
        [backends.b]\nkind = \"postgres\"\nurl = \"postgres://h/d?sslmode=verify-ca&sslrootcert=m\"\n\
        [[routes]]\ndatabase = \"d\"\nbackend = \"b\"\n";
    let files = directory(&[("m/a.toml", GOOD), ("exonym.toml", config), ("server.crt", "no certificate")]);
    let output = check(files.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    for says in ["`listen.tls`", "server.crt", "`backends.b.url`"] {
        assert!(said(&output).contains(says), "{says}: {}", said(&output));
    }
}

#[test]
fn what_cannot_run_is_exit_2_and_says_what_now() {
    let files = directory(&[("m/a.toml", GOOD), ("catalog.json", "{\"relations\": 5}")]);
    for (args, says) in [
        (&[][..], "cannot read the configuration `exonym.toml`"),
        (&["--mappings", "nowhere"], "cannot read `nowhere`"),
        (&["--mappings", "m", "--catalog", "nowhere.json"], "cannot read the catalog `nowhere.json`"),
        (&["--mappings", "m", "--catalog", "catalog.json"], "relations"),
        (&["--mappings", "m", "--from", "postgres://127.0.0.1:1/shop"], "cannot connect"),
        (&["--mappings", "m", "--from", "mysql://x"], "postgres"),
        (&["--mappings", "m", "--live"], "cannot be used with"),
    ] {
        let output = check(files.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", said(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains(says), "{args:?}: {}", said(&output));
    }
}

#[test]
fn a_live_server_is_asked_for_what_only_it_knows() {
    let database = shared().database("checked");
    shared().sql(
        database,
        "CREATE TYPE mood AS ENUM ('good'); CREATE SCHEMA hidden; CREATE TYPE hidden.secret AS ENUM ('x');
         CREATE TABLE log (id int, kwh_consumed float8, at timestamptz, kwh float8, doc jsonb);
         CREATE FUNCTION total() RETURNS float8 LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT sum(kwh_used) FROM log); END $$;
         CREATE VIEW moved AS SELECT kwh_consumed AS kwh_used FROM log;",
    );
    let mapping = r#"[mapping]
zone = "Europe/Madrit"
[tables.log]
star = "physical"
[tables.log.columns]
kwh = "kwh_consumed"
kwh_used = "kwh_consumed"
gone = "kwh_consumd"
a = { column = "kwh_consumed", type = "mood" }
b = { column = "kwh_consumed", type = "secret" }
c = { column = "kwh_consumed", type = "hidden.secret" }
"#;
    let server = format!("postgres://postgres@127.0.0.1:{}/{database}", shared().port);
    let config = format!(
        "mappings = \"m\"\n[backends.w]\nkind = \"postgres\"\nurl = \"{server}\"\n[[routes]]\ndatabase = \"shop\"\nbackend = \"w\"\n"
    );
    let files = directory(&[("exonym.toml", &config), ("m/a.toml", mapping)]);
    let expected = [
        place("M110", "m/a.toml", 2, 8),
        place("M105", "m/a.toml", 6, 1),
        place("M112", "m/a.toml", 7, 1),
        place("M102", "m/a.toml", 8, 9),
        place("M109", "m/a.toml", 9, 39),
        place("M111", "m/a.toml", 10, 39),
        place("M109", "m/a.toml", 11, 39),
    ];
    for args in [&["--live"][..], &["--from", &server], &["--mappings", "m", "--from", &server]] {
        let output = check(files.path(), &[args, &["--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", said(&output));
        assert_eq!(findings(&output), expected, "{args:?}: {}", said(&output));
    }
    let output = check(files.path(), &["--format", "json"]);
    assert_eq!(findings(&output), [], "offline: {}", said(&output));
}

#[test]
fn the_example_that_is_shipped_is_clean() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = check(root, &["--config", "deploy/exonym.toml"]);
    assert!(output.status.success(), "{}", said(&output));
}
