//! Listening sockets of the Postgres door, and the loop that accepts.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::config::Address;
use crate::session::Socket;

/// Without file descriptors or memory the same client is at the door again at once: a pause, or the loop would spin.
const EXHAUSTED: Duration = Duration::from_millis(100);
/// How often that is said.
const SAID_AGAIN: Duration = Duration::from_secs(10);

/// A bound socket.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

/// Its name in the file system goes with it.
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Binds `address`; a socket file that nobody listens on any more is replaced.
pub(super) async fn bind(address: &Address) -> io::Result<Listener> {
    let Some(path) = address.socket() else { return bind_tcp(address).await.map(Listener::Tcp) };
    let listener = match UnixListener::bind(&path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(&path).await => {
            fs::remove_file(&path)?;
            UnixListener::bind(&path)?
        }
        outcome => outcome?,
    };
    let file = SocketFile(path);
    // As Postgres: who may log in is the server's decision, not the file system's.
    fs::set_permissions(&file.0, fs::Permissions::from_mode(0o777))?;
    Ok(Listener::Unix(listener, file))
}

/// The same for what can only be TCP.
pub(super) async fn bind_tcp(address: &Address) -> io::Result<TcpListener> {
    match address {
        Address::Tcp { host, port } => TcpListener::bind((host.as_str(), *port)).await,
        Address::Unix { .. } => Err(io::Error::new(io::ErrorKind::InvalidInput, "a TCP address is needed")),
    }
}

/// True for a socket that refuses connections: its listener died without removing it.
async fn is_stale(path: &Path) -> bool {
    let is_socket = fs::metadata(path).is_ok_and(|m| m.file_type().is_socket());
    is_socket && matches!(UnixStream::connect(path).await, Err(e) if e.kind() == io::ErrorKind::ConnectionRefused)
}

impl Listener {
    /// Where it listens, the port chosen by the system filled in.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(|a| a.to_string()).unwrap_or_default(),
            Self::Unix(_, file) => file.0.display().to_string(),
        }
    }

    async fn next(&self) -> io::Result<Socket> {
        match self {
            Self::Tcp(listener) => listener.accept().await.map(|(stream, _)| Socket::from(stream)),
            Self::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Socket::from(stream)),
        }
    }

    /// Gives each client to `meet` until `closing` becomes true; then the socket is closed.
    pub(super) async fn accept(self, mut closing: watch::Receiver<bool>, meet: impl Fn(Socket)) {
        let mut said: Option<Instant> = None;
        loop {
            let accepted = tokio::select! {
                biased;
                // An error means that nobody is left who could say so.
                _ = closing.wait_for(|closing| *closing) => break,
                accepted = self.next() => accepted,
            };
            let error = match accepted {
                Ok(client) => {
                    meet(client);
                    continue;
                }
                Err(error) => error,
            };
            // A client that has left before it was met is its own business.
            if matches!(
                error.kind(),
                io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
            ) {
                continue;
            }
            if said.is_none_or(|at| at.elapsed() > SAID_AGAIN) {
                said = Some(Instant::now());
                tracing::error!(
                    address = self.address(),
                    "cannot accept clients: {error}; trying again ten times a second"
                );
            }
            sleep(EXHAUSTED).await;
        }
        // The socket's file goes first: with `meet` goes the last sign that this door is open, and then the process.
        drop(self);
        drop(meet);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_directory(directory: &Path) -> Address {
        Address::Unix { directory: directory.into(), port: 6432 }
    }

    #[tokio::test]
    async fn a_dead_socket_is_replaced_and_a_living_one_is_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let address = in_directory(directory.path());
        let path = address.socket().expect("a unix socket");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("bound, and left behind"));
        let listener = bind(&address).await.expect("the dead one is replaced");
        let error = bind(&address).await.err().expect("the living one is not");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(listener);
        assert!(!path.exists(), "the name goes with the listener");
        fs::write(&path, "somebody's file").expect("writable");
        assert!(bind(&address).await.is_err());
        assert!(path.exists(), "what is no socket is not ours to remove");
    }
}
