//! Cancel requests: which server a key belongs to, and the request on its way there.
//!
//! A key is the server's own: the proxy makes none, so a client that reaches the server directly could cancel with it too.
//! The request is forwarded as it came, and answered as a server answers: not at all.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::net::Peer;
use crate::wire::startup;

/// A server that does not close after a cancel request is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Cancel keys of live sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    by_key: Mutex<HashMap<Key, Arc<Peer>>>,
}

/// Process id and secret.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key {
    pub(super) pid: u32,
    pub(super) secret: Box<[u8]>,
}

impl Sessions {
    /// Makes `key` lead to `peer`.
    pub(super) fn enter(&self, key: Key, peer: Arc<Peer>) {
        self.lock().insert(key, peer);
    }

    /// Forgets `key`, unless another server's session has the same by now.
    pub(super) fn leave(&self, key: &Key, peer: &Arc<Peer>) {
        let mut by_key = self.lock();
        if by_key.get(key).is_some_and(|p| Arc::ptr_eq(p, peer)) {
            by_key.remove(key);
        }
    }

    fn find(&self, key: &Key) -> Option<Arc<Peer>> {
        self.lock().get(key).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<Peer>>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the server at `peer` to cancel what the session of `key` runs, as its client could; that it was told is not waited for
/// longer than `limit`.
pub(super) async fn request(peer: &Peer, key: &Key, limit: Duration) {
    let packet = startup::cancel(key.pid, &key.secret);
    if let Err(error) = send(peer, &packet, limit).await {
        tracing::warn!(%error, pid = key.pid, "cancel request did not reach the backend");
    }
}

/// Forwards the request `packet` to the server that gave out `key`, and waits until the server has taken it.
pub(super) async fn forward(sessions: &Sessions, key: Key, packet: &[u8]) {
    let Some(peer) = sessions.find(&key) else { return };
    if let Err(error) = send(&peer, packet, PATIENCE).await {
        tracing::warn!(%error, pid = key.pid, "cancel request did not reach the backend");
    }
}

async fn send(peer: &Peer, packet: &[u8], limit: Duration) -> io::Result<()> {
    let sent = async {
        let mut server = peer.connect().await?;
        server.write_all(packet).await?;
        // The server closes when the signal is sent. A client that waits for our close must not come back before that, or
        // the cancel could hit its next statement.
        let mut nothing = [0; 1];
        server.read(&mut nothing).await.map(drop)
    };
    tokio::time::timeout(limit, sent).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
