//! The configuration file: for each `tests/config/NAME.toml` all that is said of it, in `NAME.expected`: every finding as it is drawn,
//! or the configuration with its defaults. The same for files of users in `tests/users`. `UPDATE=1` rewrites what is expected.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use exonym::config::users::Users;
use exonym::config::{BackendTls, Config, file};
use exonym::text::diagnostic::render;

#[test]
fn every_case_is_read_as_expected() {
    every_case("tests/config", outcome);
}

#[test]
fn every_file_of_users_is_read_as_expected() {
    every_case("tests/users", |text, name| match Users::parse(text, name) {
        Err(findings) => render(&findings, false),
        Ok(users) => format!("{} users\n", users.len()),
    });
}

#[test]
fn to_alone_makes_a_configuration() {
    let config = Config::direct("postgres://exonym:hunter2@db:5433/smartwatt", None, vec!["mappings".into()])
        .expect("a good URL");
    let shown = format!("{config:#?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(config.database(&config.routes[0]), "smartwatt");
    assert_eq!(config.routes[0].mappings, None);
    let findings = Config::direct("postgres://u:hunter2@db?sslmode=require", None, Vec::new()).expect_err("TLS");
    let drawn = render(&findings, false);
    assert!(drawn.contains("^^^^^^^") && !drawn.contains("hunter2"), "{drawn}");
    assert!(Config::direct("postgres://db", None, Vec::new()).is_err(), "no database");
    assert!(Config::direct("postgres://db", Some("d"), Vec::new()).is_ok());
}

fn every_case(directory: &str, outcome: impl Fn(&str, &str) -> String) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut cases: Vec<_> = fs::read_dir(&directory)
        .expect("the case directory")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    cases.sort();
    assert!(cases.len() > 3, "the cases are in {}", directory.display());
    let mut failures = String::new();
    for case in cases {
        let text = fs::read_to_string(&case).expect("a readable case");
        let name = case.file_name().and_then(|n| n.to_str()).expect("a UTF-8 name");
        let got = outcome(&text, &format!("/etc/exonym/{name}"));
        // What is secret in a case is called so; it may show up nowhere.
        assert!(!got.contains("hunter2"), "{name} shows a password:\n{got}");
        let expected_path = case.with_extension("expected");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected_path, &got).expect("writable");
            continue;
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if got != expected {
            let _ = write!(failures, "== {name}: expected\n{expected}\n== {name}: got\n{got}\n");
        }
    }
    assert!(failures.is_empty(), "{failures}(UPDATE=1 rewrites what is expected)");
}

fn outcome(text: &str, name: &str) -> String {
    match file::parse(text, name) {
        Err(findings) => render(&findings, false),
        Ok(config) => {
            let mut out = render(&config.warnings, false);
            let _ = writeln!(out, "mappings {:?}", config.mappings);
            let listen: Vec<_> = config.listen.postgres.iter().map(ToString::to_string).collect();
            let shared = if config.listen.reuse_port { " shared" } else { "" };
            let _ = writeln!(out, "listen   {} admin {}{shared}", listen.join(" "), config.listen.admin);
            if let Some(tls) = &config.listen.tls {
                let _ = writeln!(out, "         {tls:?}");
            }
            let _ = writeln!(out, "limits   {:?}", config.limits);
            for backend in &config.backends {
                let _ = writeln!(
                    out,
                    "backend  {} at {} database {:?} within {:?} reads with {:?}",
                    backend.name, backend.address, backend.database, backend.connect_timeout, backend.introspect
                );
                if backend.tls != BackendTls::default() {
                    let _ = writeln!(out, "         {:?}", backend.tls);
                }
                if let Some(auth) = &backend.auth {
                    let _ = writeln!(out, "         verifies by {auth:?}");
                }
            }
            for route in &config.routes {
                let names: Option<Vec<_>> =
                    route.mappings.as_ref().map(|m| m.iter().map(|(n, _)| n.as_str()).collect());
                let _ = writeln!(
                    out,
                    "route    {} to {}/{} with {names:?}",
                    route.database,
                    route.backend,
                    config.database(route)
                );
            }
            out
        }
    }
}
