//! The libpq that psycopg brings along, which is newer than the system's: direct TLS and ALPN are its.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a connection went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Went {
    Plain,
    Tls,
    Failed(String),
}

impl Went {
    pub(crate) fn failed_with(&self, part: &str) -> bool {
        matches!(self, Self::Failed(message) if message.contains(part))
    }
}

/// Tries each of these connection strings.
pub(crate) fn connect(dsns: &[String]) -> Vec<Went> {
    let said = run("libpq.py", dsns);
    let went = |said: &serde_json::Value| match (said["error"].as_str(), said["ssl"].as_bool()) {
        (Some(error), _) => Went::Failed(error.to_owned()),
        (None, Some(true)) => Went::Tls,
        (None, _) => Went::Plain,
    };
    said.iter().map(went).collect()
}

/// The lines that a script of this directory prints about its input.
pub(crate) fn run(script: &str, input: &[String]) -> Vec<serde_json::Value> {
    run_with(script, input, &[])
}

/// The same, in an environment that names these files.
pub(crate) fn run_with(script: &str, input: &[String], environment: &[(&str, &Path)]) -> Vec<serde_json::Value> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("tests/.venv/bin/python");
    assert!(python.exists(), "there is no {}; tests/run makes it", python.display());
    let mut child = Command::new(python)
        .arg(root.join("tests/tls").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Nothing of the user's own, as libpq looks for certificates at home.
        .env("HOME", "/nonexistent")
        .envs(environment.iter().copied())
        .spawn()
        .expect("python can be run");
    let text = serde_json::to_vec(input).expect("strings are JSON");
    child.stdin.take().expect("its input is piped").write_all(&text).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<_> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), input.len(), "{said}");
    lines
}
