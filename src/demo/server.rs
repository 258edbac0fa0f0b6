//! A private throwaway Postgres, from whatever installation the machine has.
//!
//! It listens only on a unix socket in a temporary directory of its own. A shell stands between it and this process: that waits
//! for the end of a pipe which only this process holds open, then stops the server and removes the directory. So nothing is left
//! behind, also when this process is killed.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// The superuser, who needs no password on the socket.
pub const USER: &str = "exonym";
/// The number in the socket's name.
pub const PORT: u16 = 5432;

/// How long a server may take from nothing to answering.
const START: Duration = Duration::from_secs(120);

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct Server {
    /// Holds the socket.
    pub directory: PathBuf,
    supervisor: Child,
    /// Its end is the server's end.
    lifeline: Option<ChildStdin>,
}

/// Programs of one installation.
#[derive(Clone, Debug)]
pub struct Installation {
    initdb: PathBuf,
    postgres: PathBuf,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing to start.
    #[error("no Postgres server on this machine (looked for `initdb` and `postgres` in PATH, {looked_in}); {install}")]
    NotInstalled {
        /// Where it was looked for.
        looked_in: String,
        /// How to install one.
        install: &'static str,
    },
    /// Postgres refuses to run as root.
    #[error("Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as")]
    NoUser,
    /// A temporary directory, its owner, or a process.
    #[error("cannot {what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The server said something else.
    #[error("Postgres did not start; it says:\n{log}")]
    DidNotStart {
        /// The end of its log.
        log: String,
    },
}

/// Where distributions and Homebrew put servers: `<root>/<prefix><version>/bin`.
const PLACES: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql"),
    ("/usr/local/opt", "postgresql"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql"),
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

/// The installation in `PATH`, else the newest where systems put them.
///
/// # Errors
/// When there is none.
pub fn find() -> Result<Installation, Error> {
    search(&std::env::var_os("PATH").unwrap_or_default(), &PLACES)
}

fn search(path: &OsStr, places: &[(&str, &str)]) -> Result<Installation, Error> {
    let in_path = std::env::split_paths(path).find_map(|directory| Installation::in_directory(&directory));
    let elsewhere = || {
        let directories = places.iter().flat_map(|(root, prefix)| versions(Path::new(root), prefix));
        directories.map(|directory| directory.join("bin")).find_map(|bin| Installation::in_directory(&bin))
    };
    in_path.or_else(elsewhere).ok_or_else(|| {
        let looked: Vec<_> = places.iter().map(|(root, prefix)| format!("{root}/{prefix}*/bin")).collect();
        let install = if cfg!(target_os = "macos") {
            "install one with `brew install postgresql@17`"
        } else {
            "install one with `sudo apt-get install postgresql`, `sudo dnf install postgresql-server` or what your system has"
        };
        Error::NotInstalled { looked_in: looked.join(", "), install }
    })
}

/// The entries of `root` that start with `prefix`, those with the highest version first.
fn versions(root: &Path, prefix: &str) -> Vec<PathBuf> {
    let version = |name: &OsStr| -> Option<Vec<u32>> {
        let numbers = name.to_str()?.strip_prefix(prefix)?.split(|c: char| !c.is_ascii_digit());
        Some(numbers.filter_map(|digits| digits.parse().ok()).collect())
    };
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.filter_map(|entry| Some((version(&entry.file_name())?, entry.path()))).collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

impl Installation {
    fn in_directory(directory: &Path) -> Option<Self> {
        let found = Self { initdb: directory.join("initdb"), postgres: directory.join("postgres") };
        (found.initdb.is_file() && found.postgres.is_file()).then_some(found)
    }

    /// What `postgres --version` says, such as `postgres (PostgreSQL) 15.18`; empty when it says nothing.
    pub fn version(&self) -> String {
        let said = Command::new(&self.postgres).arg("--version").output();
        said.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned()).unwrap_or_default()
    }

    /// Starts a server with an empty cluster, and waits until it answers.
    ///
    /// # Errors
    /// When it does not come up; nothing is left behind then.
    pub fn start(&self) -> Result<Server, Error> {
        let owner = other_user()?;
        // Short: the path of a unix socket ends at 107 bytes.
        let directory = tempfile::Builder::new().prefix("exonym-").tempdir();
        let directory = directory.map_err(failed("make a temporary directory"))?.keep();
        let mut supervisor = match self.supervise(&directory, owner) {
            Ok(supervisor) => supervisor,
            Err(error) => {
                let _ = fs::remove_dir_all(&directory);
                return Err(error);
            }
        };
        let lifeline = supervisor.stdin.take();
        let mut server = Server { directory, supervisor, lifeline };
        server.comes_up()?;
        Ok(server)
    }

    fn supervise(&self, directory: &Path, owner: Option<(u32, u32)>) -> Result<Child, Error> {
        // Only the reader may hold the pipe: a background job of `sh` has no standard input, hence descriptor 3.
        const SCRIPT: &str = r#"
            directory=$1 initdb=$2 postgres=$3 user=$4
            exec 3<&0 </dev/null >"$directory/log" 2>&1
            "$initdb" --username="$user" --auth=trust --encoding=UTF8 --locale=C --no-sync -D "$directory/data" || exit 1
            "$postgres" -D "$directory/data" -k "$directory" -p "$5" -c listen_addresses= -c unix_socket_permissions=0700 \
                -c fsync=off -c shared_buffers=32MB -c max_connections=100 3<&- &
            server=$!
            (read -r _ <&3; touch "$directory/asked"; kill -INT $server) &
            reader=$!
            exec 3<&-
            wait $server
            if [ -e "$directory/asked" ]; then rm -rf "$directory"; else kill $reader; exit 1; fi
        "#;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
            .map_err(failed("keep a directory private"))?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "sh"]).arg(directory).arg(&self.initdb).arg(&self.postgres);
        command.args([USER, &PORT.to_string()]).current_dir("/").env("LC_ALL", "C").env_remove("PGDATA");
        if let Some((uid, gid)) = owner {
            chown(directory, Some(uid), Some(gid)).map_err(failed("give the directory to the server's user"))?;
            command.uid(uid).gid(gid);
        }
        // A group of its own: an interrupt at the terminal reaches the server only by the end of the pipe.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map_err(failed("run /bin/sh"))
    }
}

impl Server {
    fn comes_up(&mut self) -> Result<(), Error> {
        let until = Instant::now() + START;
        while Instant::now() < until {
            // The last line of the file says `ready` when the server takes connections.
            let state = fs::read_to_string(self.directory.join("data/postmaster.pid")).unwrap_or_default();
            if state.lines().last().is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            if self.supervisor.try_wait().map_err(failed("wait for the server"))?.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        Err(Error::DidNotStart { log: lines[lines.len().saturating_sub(20)..].join("\n") })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.supervisor.wait();
        // The supervisor has removed it, unless the server ended by itself.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn failed(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::System { what, source }
}

/// Whom to run the server as: nobody else, unless we are root, whom Postgres refuses.
fn other_user() -> Result<Option<(u32, u32)>, Error> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).map(Some).ok_or(Error::NoUser)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first() {
        let root = tempfile::tempdir().expect("a directory");
        for name in ["9.6", "15", "17", "other"] {
            fs::create_dir(root.path().join(name)).expect("made");
        }
        let names: Vec<_> =
            versions(root.path(), "").iter().filter_map(|p| p.file_name().map(OsStr::to_owned)).collect();
        assert_eq!(names, ["17", "15", "9.6", "other"]);
    }

    #[test]
    fn the_path_goes_before_the_newest_and_both_programs_are_needed() {
        let root = tempfile::tempdir().expect("a directory");
        let bin = |version: &str, programs: &[&str]| {
            let bin = root.path().join(version).join("bin");
            fs::create_dir_all(&bin).expect("made");
            for program in programs {
                fs::write(bin.join(program), "").expect("written");
            }
            bin
        };
        let (old, new) = (bin("15", &["initdb", "postgres"]), bin("17", &["initdb", "postgres"]));
        let client_only = bin("18", &["initdb"]);
        let places = [(root.path().to_str().expect("UTF-8"), "")];
        let found = |path: &Path| search(path.as_os_str(), &places).expect("found").initdb;
        assert_eq!(found(&old), old.join("initdb"));
        assert_eq!(found(&client_only), new.join("initdb"));
    }

    #[test]
    fn without_an_installation_the_error_says_how_to_get_one() {
        let error = search(OsStr::new(""), &[("/nowhere", "pg-")]).expect_err("there is none").to_string();
        assert!(error.contains("/nowhere/pg-*/bin") && error.contains("install"), "{error}");
    }

    #[test]
    fn a_prefix_is_kept_apart_from_the_version() {
        let root = tempfile::tempdir().expect("a directory");
        for name in ["postgresql@16", "postgresql@17", "redis"] {
            fs::create_dir(root.path().join(name)).expect("made");
        }
        let names: Vec<_> =
            versions(root.path(), "postgresql").iter().filter_map(|p| p.file_name().map(OsStr::to_owned)).collect();
        assert_eq!(names, ["postgresql@17", "postgresql@16"]);
    }
}
