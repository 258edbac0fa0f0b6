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
mod auth;
mod buffer;
mod called;
mod cancel;
mod conversation;
mod decide;
mod encoding;
mod executing;
mod expected;
mod farewell;
mod flood;
mod greeting;
mod history;
mod lane;
mod login;
mod names;
mod opening;
mod planned;
mod prepared;
mod queue;
#[cfg(test)]
mod queue_model;
mod reach;
mod refresh;
mod relay;
mod route;
mod seat;
mod stale;
mod startup;
mod state;
mod steps;
mod tally;
mod translate;
mod words;

use std::sync::Arc;

use tokio::time::Instant;

pub use auth::{Auth, Source};
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
    // What comes before the session is boxed, so that the session does not carry its weight.
    let until = Instant::now() + shared.limits.startup_timeout;
    let metrics = Arc::clone(&shared.metrics);
    metrics.accepted.inc();
    let Some(seat) = seat::Seat::at_the_door(&shared) else {
        startup::turn_away(client, &shared).await;
        metrics.ended(Ended::Startup).inc();
        return;
    };
    let ready = match Box::pin(startup::open(client, seat, &shared, until)).await {
        Some(opened) => Box::pin(login::log_in(opened, &shared, until)).await,
        None => None,
    };
    let ended = match ready {
        Some(ready) => relay::run(ready, shared, until).await,
        None => Ended::Startup,
    };
    metrics.ended(ended).inc();
}
