//! `exonym serve` with `auth`: files of users as they come and go, and a query that cannot be asked.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::client::{PASSWORD, outcome, server, users_file};
use super::support::program::{Proxy, eventually, serve};

/// A configuration with this `auth`, and a mapping that maps nothing.
fn configure(directory: &Path, auth: &str) -> String {
    fs::write(directory.join("m.toml"), "[mapping]\nname = \"m\"\n").expect("ours");
    let url = format!("postgres://reader@127.0.0.1:{}/postgres", server().port);
    let text = format!(
        "mappings = \"m.toml\"\n[backends.b]\nkind = \"postgres\"\nurl = \"{url}\"\nauth = {auth}\n\
         [[routes]]\ndatabase = \"postgres\"\nbackend = \"b\"\n"
    );
    let path = directory.join("exonym.toml");
    fs::write(&path, text).expect("ours");
    path.to_str().expect("UTF-8").to_owned()
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("ours");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
}

#[test]
fn users_are_reloaded_and_a_bad_file_changes_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = configure(directory.path(), "{ users = \"users.toml\" }");
    let file = directory.path().join("users.toml");
    write(&file, &users_file(server(), &["ann"]), 0o600);
    let proxy = Proxy::start(&["--config", &config]);
    proxy.wait_until_ready();
    let refused = |user: &str| Err(format!("FATAL:  password authentication failed for user \"{user}\""));
    assert_eq!(outcome(proxy.port, "ann", PASSWORD, ""), Ok("ann".into()));
    assert_eq!(outcome(proxy.port, "in_time", PASSWORD, ""), refused("in_time"));

    write(&file, "[users]\nann = \"hunter2\"\n", 0o600);
    proxy.wait_for_message("users not reloaded, those in use stay");
    assert_eq!(outcome(proxy.port, "ann", PASSWORD, ""), Ok("ann".into()));
    fs::remove_file(&file).expect("ours");
    proxy.signal("HUP");
    proxy.wait_for_message("cannot read");
    assert_eq!(outcome(proxy.port, "ann", PASSWORD, ""), Ok("ann".into()));

    write(&file, &users_file(server(), &["in_time"]), 0o644);
    proxy.wait_for_message("everyone on this machine can read");
    eventually("reloaded", || outcome(proxy.port, "in_time", PASSWORD, ""));
    assert_eq!(outcome(proxy.port, "ann", PASSWORD, ""), refused("ann"));
    let log = proxy.log();
    assert!(!log.contains("hunter2") && !log.contains("4096:"), "{log}");
}

#[test]
fn wrong_users_keep_it_from_starting_and_are_found_by_check() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = configure(directory.path(), "{ users = \"users.toml\" }");
    write(&directory.path().join("users.toml"), "[users]\nann = \"md5hunter2\"\n", 0o600);
    let check = Command::new(env!("CARGO_BIN_EXE_exonym")).args(["check", "--config", &config]).output();
    for (output, code) in [(serve(&["--config", &config]).output(), 2), (check, 1)] {
        let output = output.expect("exonym runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains("C025") && said.contains("the value of `ann` is an md5 hash"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_query_that_cannot_be_asked_is_told_at_the_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = configure(directory.path(), "{ query = true }");
    let proxy = Proxy::start(&["--config", &config]);
    let entry = proxy.wait_for_message("`auth` of this backend does not work");
    let said = entry["message"].as_str().expect("text");
    assert!(said.contains("permission denied for table pg_authid") && said.contains("SECURITY DEFINER"), "{said}");
    proxy.wait_until_ready();
    let refused = outcome(proxy.port, "ann", PASSWORD, "").expect_err("no verifier");
    assert!(refused.contains("exonym cannot look up the verifier"), "{refused}");
}
