//! The real program, run as a user runs it: `exonym serve` on ports that the system chooses, its log read as it is written.
//!
//! It is killed when the test lets go of it.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::postgres::bin;

/// How long anything may take that should happen soon.
const SOON: Duration = Duration::from_secs(20);

/// A running `exonym serve`.
#[derive(Debug)]
pub(crate) struct Proxy {
    child: Child,
    log: Arc<(Mutex<Vec<serde_json::Value>>, Condvar)>,
    /// `host:port` of the admin port.
    pub(crate) admin: String,
    /// The port of the Postgres door on 127.0.0.1.
    pub(crate) port: u16,
}

/// A command line of `exonym`, with ports of the system's choice.
pub(crate) fn serve(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exonym"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]).args(args);
    command.env_remove("EXONYM_LOG").env_remove("RUST_LOG").env_remove("PGUSER").env_remove("PGPASSWORD");
    command
}

impl Proxy {
    /// Starts `serve` with these arguments, and returns when it listens.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::run(serve(args))
    }

    /// Runs a command that ends up as `exonym serve`.
    pub(crate) fn run(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("exonym runs");
        let log = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let lines = BufReader::new(child.stderr.take().expect("its stderr is piped")).lines();
        let into = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let entry = serde_json::from_str(&line).unwrap_or(serde_json::Value::String(line));
                into.0.lock().expect("no panic").push(entry);
                into.1.notify_all();
            }
        });
        let mut proxy = Self { child, log, admin: String::new(), port: 0 };
        proxy.admin = proxy.wait_for_address("admin");
        let postgres = proxy.wait_for_address("postgres");
        proxy.port = postgres.rsplit(':').next().and_then(|p| p.parse().ok()).expect("a TCP address");
        proxy
    }

    fn wait_for_address(&self, door: &str) -> String {
        let entry = self.wait_for_log(|entry| entry["message"] == "listening" && entry["door"] == door);
        entry["address"].as_str().expect("an address").to_owned()
    }

    /// Waits for a log entry, from the start on.
    pub(crate) fn wait_for_log(&self, is_it: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let entries = self.log.0.lock().expect("no panic");
        let missing = |entries: &mut Vec<serde_json::Value>| !entries.iter().any(&is_it);
        let (entries, _) = self.log.1.wait_timeout_while(entries, SOON, missing).expect("no panic");
        entries.iter().find(|e| is_it(e)).cloned().unwrap_or_else(|| panic!("the log has no such entry:\n{entries:#?}"))
    }

    /// Waits for a message that contains `part`.
    pub(crate) fn wait_for_message(&self, part: &str) -> serde_json::Value {
        self.wait_for_log(|entry| entry["message"].as_str().is_some_and(|m| m.contains(part)))
    }

    /// Everything logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.0.lock().expect("no panic").iter().fold(String::new(), |log, entry| log + &entry.to_string() + "\n")
    }

    /// Status code and body of a path on the admin port.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.admin).expect("the admin port answers");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it writes text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        (status, body.to_owned())
    }

    /// The value of one line of `/metrics`.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let (_, text) = self.get("/metrics");
        text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    /// Waits until `/readyz` says 200.
    pub(crate) fn wait_until_ready(&self) {
        eventually("ready", || match self.get("/readyz") {
            (200, _) => Ok(()),
            (status, body) => Err(format!("{status}: {body}\n{}", self.log())),
        });
    }

    /// Runs psql through the proxy as the superuser.
    pub(crate) fn psql(&self, database: &str, sql: &str) -> Output {
        Command::new(bin("psql"))
            .args(["-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-U", "postgres", "-v", "VERBOSITY=verbose"])
            .args(["-p", &self.port.to_string(), "-d", database, "-c", sql])
            .output()
            .expect("psql can be run")
    }

    /// The same, and what it prints, which must be no error.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{sql}: {said}\n{}", self.log());
        String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
    }

    /// What psql says of an error.
    pub(crate) fn error(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql);
        assert!(!output.status.success(), "{sql} succeeds: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).expect("UTF-8")
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().expect("kill can be run");
        assert!(sent.success());
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let until = Instant::now() + SOON;
        loop {
            match self.child.try_wait().expect("it is our child") {
                Some(status) => return status,
                None if Instant::now() > until => panic!("it does not end:\n{}", self.log()),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// True while it runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tries until it works; what kept it from that is told when it never does.
pub(crate) fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Result<T, String>) -> T {
    let until = Instant::now() + SOON;
    loop {
        match attempt() {
            Ok(found) => return found,
            Err(why) if Instant::now() > until => panic!("not {what}: {why}"),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
