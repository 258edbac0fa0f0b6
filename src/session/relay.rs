//! One session from its startup packet to its end: two directions that never wait for each other's traffic.
//!
//! Both run in one task. They meet in the [`Conversation`] behind its lock, which is never held across a wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::pin;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::answers::{self, Answers, ServerEnd};
use super::cancel::Key;
use super::conversation::{Conversation, Phase};
use super::farewell;
use super::lane::Lane;
use super::opening::{self, ClientEnd, Opening};
use super::route::{Route, Shared};
use super::startup::Opened;
use super::stream::Peer;
use crate::metrics::Login;
use crate::wire::frame::Sender;

/// How long a server that takes nothing more may go on talking.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What both directions of a session use.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) route: Arc<Route>,
    pub(super) peer: Arc<Peer>,
    pub(super) key: Mutex<Option<Key>>,
    conversation: Mutex<Conversation>,
    progress: Notify,
}

impl Session {
    /// What is known of the session. Not to be held across a wait.
    pub(super) fn lock(&self) -> MutexGuard<'_, Conversation> {
        self.conversation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server answered something.
    pub(super) fn moved(&self) {
        self.progress.notify_one();
    }

    /// Waits until the server has answered something.
    pub(super) async fn progress(&self) {
        self.progress.notified().await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let key = self.key.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = key.take() {
            self.shared.sessions.leave(&key, &self.peer);
        }
        if self.lock().phase == Phase::Login {
            self.shared.count_login(Login::Abandoned);
        }
    }
}

/// Relays until either end has ended.
pub(super) async fn run(opened: Opened, shared: Arc<Shared>) {
    let Opened { client, server, peer, route, seat: _seat, asked } = opened;
    let conversation = Conversation::new(shared.clone(), route.clone(), asked);
    let session = Session {
        shared,
        route,
        peer: Arc::new(peer),
        key: Mutex::new(None),
        conversation: Mutex::new(conversation),
        progress: Notify::new(),
    };
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = tokio::io::split(server);
    let mut opening = Opening::new(Lane::new(Sender::Client, from_client, to_server, opening::IDLE), &session);
    let mut answers = Answers::new(Lane::new(Sender::Server, from_server, to_client, answers::IDLE), &session);
    let end = {
        let (to_server, to_client) = (opening.run(), answers.run());
        pin!(to_server, to_client);
        tokio::select! {
            biased;
            end = &mut to_client => Some(end),
            end = &mut to_server => match end {
                ClientEnd::Finished => Some(to_client.await),
                ClientEnd::ServerDeaf => timeout(LAST_WORDS, to_client).await.ok(),
                ClientEnd::Gone => None,
            },
        }
    };
    tracing::debug!(route = %session.route.name, ?end, "session ended");
    if end == Some(ServerEnd::Finished) {
        farewell::linger(opening.client_stream(), answers.client_stream()).await;
    }
}
