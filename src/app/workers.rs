//! The threads that sessions live on: each has a runtime of its own, and a session stays where it was put.
//!
//! A relayed message is a few microseconds of work that the kernel hands from socket to socket. Threads that share their sessions
//! would wake one another for each of them, which costs as much as the relaying. `serve` gives each accepted client to the
//! thread that has the fewest. What must not hold up other sessions does not run here (`decide` has its own threads for that).

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread;

use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::net::Rounds;
use crate::session::Socket;

/// So many sessions are served before the kernel is asked whose turn is next: under load it then answers for many at once.
const MESSAGES: u32 = 256;

/// What a session has of its thread.
pub(super) type Share = Arc<()>;

/// All of them. When it is dropped they end, with what is left of their sessions.
pub(super) struct Workers(Vec<Worker>);

struct Worker {
    runtime: Handle,
    /// Each session holds one of it.
    sessions: Share,
    /// Its end is the thread's end.
    _alive: oneshot::Sender<()>,
}

impl Workers {
    /// Starts so many threads; half as many as there are processors, unless told.
    pub(super) fn start(count: Option<usize>) -> io::Result<Self> {
        // The kernel does most of the work of relaying, and on any processor; fewer threads find more to do each time they wake.
        let half = || thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2));
        (0..count.unwrap_or_else(half)).map(Worker::start).collect::<io::Result<_>>().map(Self)
    }

    /// Lets `serve` run for a client that was accepted elsewhere, on the thread that has the fewest sessions: that has one more until the
    /// [`Share`] is dropped.
    pub(super) fn give<F>(&self, client: Socket, serve: impl FnOnce(Socket, Share) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let Some(worker) = self.0.iter().min_by_key(|worker| Arc::strong_count(&worker.sessions)) else { return };
        let share = Arc::clone(&worker.sessions);
        let moved = match client {
            Socket::Tcp(stream) => stream.into_std().map(|stream| (OwnedFd::from(stream), Kind::Tcp)),
            Socket::Unix(stream) => stream.into_std().map(|stream| (OwnedFd::from(stream), Kind::Unix)),
            // What was just accepted has not spoken of TLS yet.
            Socket::Tls(_) => Err(io::ErrorKind::Unsupported.into()),
        };
        worker.runtime.spawn(async move {
            let client = moved.and_then(|(descriptor, kind)| match kind {
                Kind::Tcp => TcpStream::from_std(descriptor.into()).map(Socket::Tcp),
                Kind::Unix => UnixStream::from_std(descriptor.into()).map(Socket::Unix),
            });
            match client {
                Ok(client) => serve(client, share).await,
                Err(error) => tracing::error!(%error, "a client could not be given to its thread and was sent away"),
            }
        });
    }
}

enum Kind {
    Tcp,
    Unix,
}

impl Worker {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().event_interval(MESSAGES).build()?;
        let handle = runtime.handle().clone();
        let (alive, ended) = oneshot::channel();
        thread::Builder::new().name(format!("sessions-{number}")).spawn(move || {
            if let Err(error) = Rounds::start_beside(format!("relay-{number}"), runtime.handle().clone()) {
                tracing::warn!(%error, "plain sessions get no thread of their own, and take more of the processor");
            }
            // Nobody ever sends: what comes is the end.
            let _ = runtime.block_on(ended);
            Rounds::end_beside();
            // Statements that are being decided on have nobody left who waits for them.
            runtime.shutdown_background();
        })?;
        Ok(Self { runtime: handle, sessions: Arc::default(), _alive: alive })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn clients_are_spread_and_stay() {
        let workers = Workers::start(Some(2)).expect("threads");
        let (met, mut who) = mpsc::unbounded_channel();
        let mut clients = Vec::new();
        for _ in 0..6 {
            let (client, ours) = UnixStream::pair().expect("a pair of sockets");
            let met = met.clone();
            workers.give(Socket::Unix(ours), async move |mut socket, _share| {
                let _ = met.send(thread::current().id());
                let mut byte = [0];
                while socket.read_exact(&mut byte).await.is_ok() {
                    socket.write_all(&byte).await.expect("the client reads");
                }
            });
            clients.push(client);
        }
        let mut threads = Vec::new();
        for _ in 0..6 {
            threads.push(who.recv().await.expect("each is met"));
        }
        let first = threads.iter().filter(|thread| **thread == threads[0]).count();
        assert_eq!(first, 3, "{threads:?}");
        for client in &mut clients {
            client.write_all(b"x").await.expect("its session reads");
            let mut byte = [0];
            client.read_exact(&mut byte).await.expect("its session answers");
        }
        drop(workers);
        for client in &mut clients {
            assert_eq!(client.read(&mut [0]).await.expect("an end, no error"), 0, "sessions end with their thread");
        }
    }
}
