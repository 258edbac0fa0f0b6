//! Listening sockets of the Postgres door, and the loop that accepts.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use socket2::{Domain, SockAddr, SockRef, Socket as Socket2, Type};
use tokio::net::{TcpListener, TcpSocket, UnixListener, UnixStream, lookup_host};
use tokio::sync::watch;
use tokio::task::unconstrained;
use tokio::time::{Instant, sleep, timeout};

use crate::config::Address;
use crate::session::Socket;

/// Without file descriptors or memory the same client is at the door again at once: a pause, or the loop would spin.
const EXHAUSTED: Duration = Duration::from_millis(100);
/// How often that is said.
const SAID_AGAIN: Duration = Duration::from_secs(10);

/// Clients that may wait to be accepted; the system cuts it to its own limit (`net.core.somaxconn`, 4096).
const BACKLOG: i32 = 4096;

/// A bound socket.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

/// Its name in the file system goes with it, unless another process has taken the name over.
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: Option<(u64, u64)>,
}

impl SocketFile {
    fn new(path: PathBuf) -> Self {
        Self { identity: identity(&path), path }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.identity.is_some() && identity(&self.path) == self.identity {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

/// An address that is ours, at which nobody is heard yet.
pub(super) enum Bound {
    Tcp(TcpSocket),
    /// Under a name of its own until it opens.
    Unix {
        socket: Socket2,
        file: SocketFile,
        path: PathBuf,
        replaces: bool,
    },
}

/// Binds `address`. A socket file that nobody listens on any more will be replaced; with `reuse`, addresses are shared with processes
/// that do so too, and a socket file will be taken over from whoever listens on it.
pub(super) async fn bind(address: &Address, reuse: bool) -> io::Result<Bound> {
    let Some(path) = address.socket() else { return bind_tcp(address, reuse).await.map(Bound::Tcp) };
    let replaces = identity(&path).is_some();
    if replaces && !(if reuse { is_socket(&path) } else { is_stale(&path).await }) {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    // (Not a longer name: the whole path of a socket has to fit into 107 bytes.)
    let new = path.with_file_name(format!(".x{}", std::process::id()));
    let _ = fs::remove_file(&new);
    let socket = Socket2::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(&new)?)?;
    let file = SocketFile::new(new);
    // As Postgres: who may log in is the server's decision, not the file system's.
    fs::set_permissions(&file.path, fs::Permissions::from_mode(0o777))?;
    Ok(Bound::Unix { socket, file, path, replaces })
}

/// Binds the first address of a name that can be bound.
pub(super) async fn bind_tcp(address: &Address, reuse: bool) -> io::Result<TcpSocket> {
    let Address::Tcp { host, port } = address else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a TCP address is needed"));
    };
    let mut last = io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address");
    for address in lookup_host((host.as_str(), *port)).await? {
        match bind_one(address, reuse) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn bind_one(address: SocketAddr, reuse: bool) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Or connections of the process before, that only wait to be forgotten, would keep the port.
    socket.set_reuseaddr(true)?;
    if reuse {
        socket.set_reuseport(true)?;
    }
    socket.bind(address)?;
    Ok(socket)
}

impl Bound {
    /// From here on clients come.
    pub(super) fn open(self) -> io::Result<Listener> {
        let (socket, file, path, replaces) = match self {
            Self::Tcp(socket) => return listen(socket).map(Listener::Tcp),
            Self::Unix { socket, file, path, replaces } => (socket, file, path, replaces),
        };
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        if replaces {
            // Whoever connects meanwhile finds the old listener or this one, never none.
            fs::rename(&file.path, &path)?;
        } else {
            // A link replaces nothing: of two that start at once one fails.
            fs::hard_link(&file.path, &path).map_err(taken)?;
        }
        let listener = UnixListener::from_std(socket.into())?;
        Ok(Listener::Unix(listener, SocketFile::new(path)))
    }
}

/// From here on clients come.
pub(super) fn listen(socket: TcpSocket) -> io::Result<TcpListener> {
    socket.listen(BACKLOG.unsigned_abs())
}

fn is_socket(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| m.file_type().is_socket())
}

/// True for a socket that refuses connections: its listener died without removing it.
async fn is_stale(path: &Path) -> bool {
    is_socket(path) && matches!(UnixStream::connect(path).await, Err(e) if e.kind() == io::ErrorKind::ConnectionRefused)
}

fn taken(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::AlreadyExists { io::ErrorKind::AddrInUse.into() } else { error }
}

impl Listener {
    /// Where it listens, the port chosen by the system filled in.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(|a| a.to_string()).unwrap_or_default(),
            Self::Unix(_, file) => file.path.display().to_string(),
        }
    }

    async fn next(&self) -> io::Result<Socket> {
        match self {
            Self::Tcp(listener) => listener.accept().await.map(|(stream, _)| Socket::from(stream)),
            Self::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Socket::from(stream)),
        }
    }

    /// Takes the clients whose connections the system has already made: with the socket they would be reset without a word.
    async fn meet_those_who_wait(&self, meet: &impl Fn(Socket)) {
        // Behind a full queue a new client is not answered; it asks again, and then whoever shares the address answers.
        let _ = match self {
            Self::Tcp(listener) => SockRef::from(listener).listen(0),
            Self::Unix(listener, _) => SockRef::from(listener).listen(0),
        };
        while let Ok(Ok(client)) = timeout(Duration::ZERO, unconstrained(self.next())).await {
            meet(client);
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
        self.meet_those_who_wait(&meet).await;
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
        let listener = bind(&address, false).await.and_then(Bound::open).expect("the dead one is replaced");
        let error = bind(&address, false).await.err().expect("the living one is not");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(listener);
        assert!(!path.exists(), "the name goes with the listener");
        fs::write(&path, "somebody's file").expect("writable");
        assert!(bind(&address, false).await.is_err() && bind(&address, true).await.is_err());
        assert!(path.exists(), "what is no socket is not ours to remove");
    }

    #[tokio::test]
    async fn a_socket_that_was_taken_over_is_not_removed_by_the_one_before() {
        let directory = tempfile::tempdir().expect("a directory");
        let address = in_directory(directory.path());
        let path = address.socket().expect("a unix socket");
        let old = bind(&address, true).await.and_then(Bound::open).expect("free");
        let new = bind(&address, true).await.and_then(Bound::open).expect("taken over");
        drop(old);
        let client = UnixStream::connect(&path).await.expect("the new one listens");
        new.next().await.expect("and takes clients");
        drop((client, new));
        assert_eq!(fs::read_dir(directory.path()).expect("ours").count(), 0, "nothing is left behind");
    }
}
