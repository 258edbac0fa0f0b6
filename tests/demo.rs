//! `exonym demo` as a user runs it, and that it leaves nothing behind, however it ends.

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use support::postgres::bin;
use support::program::eventually;

fn demo(temporary: &Path, args: &[&str]) -> Command {
    // As /tmp is: the server runs as somebody else when we are root.
    fs::set_permissions(temporary, fs::Permissions::from_mode(0o1777)).expect("it is ours");
    let mut command = Command::new(env!("CARGO_BIN_EXE_exonym"));
    command.arg("demo").args(args).env("TMPDIR", temporary).stdin(Stdio::null());
    command
}

/// Nothing in the temporary directory, and no process that works in it.
fn nothing_is_left(temporary: &Path) {
    eventually("clean", || {
        let entries: Vec<_> = fs::read_dir(temporary).expect("it is there").flatten().map(|e| e.path()).collect();
        if entries.is_empty() { Ok(()) } else { Err(format!("{entries:?} is left")) }
    });
    let processes = Command::new("ps").args(["-A", "-o", "args"]).output().expect("ps can be run");
    let processes = String::from_utf8_lossy(&processes.stdout).into_owned();
    let name = temporary.to_string_lossy();
    let left: Vec<_> = processes.lines().filter(|line| line.contains(&*name)).collect();
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn eight_queries_are_shown_with_their_rows_and_counted() {
    let temporary = tempfile::tempdir().expect("a directory");
    let output = demo(temporary.path(), &[]).output().expect("exonym runs");
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    for query in 1..=8 {
        let heading = shown.lines().find(|line| line.starts_with(&format!("{query}. ")));
        assert!(heading.is_some_and(|h| h.contains("expert_bot_api") || h.contains("energy_ia_api")), "{shown}");
    }
    assert_eq!(shown.matches("  before\n").count(), 8);
    assert_eq!(
        shown.matches("rows)\n").count() + shown.matches("(1 row)\n").count(),
        9,
        "eight answers and the counters"
    );
    assert!(!shown.contains("(0 rows)"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "no colours in a pipe");
    // What is shown as sent is in current names; what came back is in legacy names.
    assert!(shown.contains("kwh_consumed AS consumption_kwh") && shown.contains("feedback_type │ rating"), "{shown}");
    for counted in ["feedback_log.rating", "ai_predictions.predicted_consumption", "consumption_log.record_date"] {
        assert!(shown.contains(counted), "{counted} is not counted:\n{shown}");
    }
    nothing_is_left(temporary.path());
}

#[test]
fn it_stays_up_until_it_is_told_to_end() {
    for (signal, code) in [("INT", Some(0)), ("TERM", Some(143)), ("KILL", None)] {
        let temporary = tempfile::tempdir().expect("a directory");
        let mut kept = Kept::start(temporary.path());
        let psql = Command::new(bin("psql"))
            .args(["-X", "-A", "-t", "-h", "127.0.0.1", "-p", &kept.port, "-U", "exonym", "-d", "smartwatt"])
            .args(["-c", "SELECT rating, count(*) FROM feedback_log GROUP BY rating ORDER BY rating"])
            .output()
            .expect("psql can be run");
        assert_eq!(String::from_utf8_lossy(&psql.stdout), "2|119\n3|126\n4|255\n", "{:?}", psql.stderr);
        let status = kept.end(signal);
        assert_eq!(status.code(), code, "after SIG{signal}: {status}");
        assert_eq!(status.signal(), code.is_none().then_some(9));
        nothing_is_left(temporary.path());
    }
}

#[test]
fn an_interrupt_before_it_is_up_leaves_nothing() {
    let temporary = tempfile::tempdir().expect("a directory");
    let mut child =
        demo(temporary.path(), &["--keep"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("exonym runs");
    // As soon as there is something that could be left.
    eventually("started", || match fs::read_dir(temporary.path()).expect("it is there").count() {
        0 => Err("the directory is empty".into()),
        _ => Ok(()),
    });
    kill("INT", &child);
    child.wait().expect("it ends");
    nothing_is_left(temporary.path());
}

/// `exonym demo --keep`, up.
struct Kept {
    child: Child,
    port: String,
    /// Closing it would be an error to the one who writes.
    _output: BufReader<ChildStdout>,
}

impl Kept {
    fn start(temporary: &Path) -> Self {
        let mut child =
            demo(temporary, &["--keep"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("exonym runs");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let psql = output
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find(|line| line.trim_start().starts_with("psql -h 127.0.0.1 -p "));
        let psql = psql.expect("it says how to connect");
        let port = psql.split_whitespace().nth(4).expect("a port").to_owned();
        Self { child, port, _output: output }
    }

    fn end(&mut self, signal: &str) -> std::process::ExitStatus {
        kill(signal, &self.child);
        self.child.wait().expect("it ends")
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn kill(signal: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().expect("kill can be run");
    assert!(sent.success());
}
