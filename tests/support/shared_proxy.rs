//! The real `exonym serve`, started for one test binary and ended with it, however that ends.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// A running proxy before one database.
pub(crate) struct SharedProxy {
    /// Its Postgres door on 127.0.0.1.
    pub(crate) port: u16,
    /// Its admin port.
    pub(crate) admin: u16,
    directory: PathBuf,
    supervisor: Child,
    lifeline: Option<ChildStdin>,
}

impl SharedProxy {
    /// Starts it before `database` on the server at `port`, and waits until it is ready.
    pub(crate) fn start(port: u16, database: &str, mappings: &[PathBuf]) -> Self {
        // The end of the pipe is the end of the proxy; a background job of `sh` has no standard input, hence descriptor 3.
        const SCRIPT: &str = r#"
            exec 3<&0 </dev/null
            directory=$1; shift
            "$@" 2>"$directory/log" 3<&- &
            proxy=$!
            (read -r _ <&3; kill -KILL $proxy; rm -rf "$directory") &
            exec 3<&-
            wait $proxy
        "#;
        let directory =
            tempfile::Builder::new().prefix("exonym-proxy-").tempdir().expect("a temporary directory").keep();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "sh"]).arg(&directory).arg(env!("CARGO_BIN_EXE_exonym")).arg("serve");
        command.args(["--to", &format!("postgres://postgres@127.0.0.1:{port}/{database}")]);
        command.args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
        for mapping in mappings {
            command.arg("--mappings").arg(mapping);
        }
        command.env("EXONYM_LOG", "info").process_group(0);
        let mut supervisor =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh can be run");
        let lifeline = supervisor.stdin.take();
        let mut proxy = Self { port: 0, admin: 0, directory, supervisor, lifeline };
        proxy.becomes_ready();
        proxy
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// Status and body of a page of the admin port.
    pub(crate) fn get(&self, path: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.admin))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        Ok((status, body))
    }

    fn becomes_ready(&mut self) {
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            let log = self.log();
            let port = |door| listening(&log, door);
            if let (Some(postgres), Some(admin)) = (port("postgres"), port("admin")) {
                (self.port, self.admin) = (postgres, admin);
                if matches!(self.get("/readyz"), Ok((200, _))) {
                    return;
                }
            }
            if let Ok(Some(status)) = self.supervisor.try_wait() {
                panic!("exonym serve ended with {status}\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("exonym serve does not get ready\n{}", self.log());
    }
}

impl Drop for SharedProxy {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.supervisor.wait();
    }
}

/// The port of a door, when the log says that it is open.
fn listening(log: &str, door: &str) -> Option<u16> {
    log.lines().find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let ours = line["message"] == "listening" && line["door"] == door;
        ours.then(|| line["address"].as_str()?.rsplit_once(':')?.1.parse().ok())?
    })
}
