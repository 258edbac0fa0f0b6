//! The door for Postgres clients: each client connection is one server connection, and the bytes between them stay what
//! they are, but for statements in legacy names and the errors about them.
//!
//! ```text
//! client ──▶ startup ──▶ ┌ opening: Q P opened, decided ─────────────────▶ ┐ server
//!                        │      │ expects        ▲ names                   │
//!                        │      ▼                │                         │
//!                        │   conversation: queue, state, tally             │
//!                        │      ▲ answers                                  │
//!        ◀────────────── └ answers: E changed or replaced, rows stream ◀── ┘
//! ```
//! `app` calls [`serve_client`] for each connection that it accepts. What a statement becomes is `rewrite`'s business.

mod answers;
mod buffer;
mod cancel;
mod conversation;
mod decide;
mod encoding;
mod farewell;
mod flood;
mod greeting;
mod lane;
mod opening;
mod planned;
mod queue;
mod reach;
mod refresh;
mod relay;
mod route;
mod startup;
mod state;
mod steps;
mod tally;
mod words;

use std::sync::Arc;

pub use refresh::{Refresh, Refresher};
pub use route::{Backend, Limits, Route, Shared};

use crate::metrics::Ended;
pub use crate::net::{Address, Socket, Terms};

/// Serves one client until either end ends. Errors are told to the client and logged, never returned.
pub async fn serve_client(client: impl Into<Socket>, shared: Arc<Shared>) {
    let client = client.into();
    if let Err(error) = client.set_options(shared.limits.keepalive, shared.limits.tcp_user_timeout) {
        tracing::debug!(%error, "the client was gone before it began");
        return;
    }
    let metrics = Arc::clone(&shared.metrics);
    metrics.accepted.inc();
    let ended = match startup::open(client, &shared).await {
        Some(opened) => relay::run(opened, shared).await,
        None => Ended::Startup,
    };
    metrics.ended(ended).inc();
}
