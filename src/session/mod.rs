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
//! Between plain TCP sockets most messages take the way past both directions (`shortcut`). `app` calls [`meet`] for each connection that it accepts, and [`serve`] on the thread that it gives it to. What a statement becomes is `rewrite`'s business.

mod answers;
mod auth;
mod buffer;
mod called;
mod cancel;
mod conversation;
mod decide;
mod encoding;
mod everyday;
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
mod reach;
mod refresh;
mod relay;
mod route;
mod seat;
mod shortcut;
#[cfg(test)]
mod stage;
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

use seat::Seat;

use crate::metrics::Ended;
pub use crate::net::{Address, Socket, Terms};

/// What a client is given at the door: its place, and how long it may take until it has logged in.
#[derive(Debug)]
pub struct Met {
    place: Place,
    until: Instant,
    shared: Arc<Shared>,
}

#[derive(Debug)]
enum Place {
    /// It may say what it wants.
    Seat(Seat),
    /// There is none; it is told.
    Outside(Seat),
}

/// Meets a client that has just been accepted: it takes its place before anything waits, so that no more come in than there is room for.
/// None where it was sent away at once.
pub fn meet(client: Socket, shared: &Arc<Shared>) -> Option<(Socket, Met)> {
    if let Err(error) = client.set_options(shared.limits.keepalive, shared.limits.tcp_user_timeout) {
        tracing::debug!(%error, "the client was gone before it began");
        return None;
    }
    let until = Instant::now() + shared.limits.startup_timeout;
    shared.metrics.accepted.inc();
    let met = |place| Met { place, until, shared: Arc::clone(shared) };
    if let Some(seat) = Seat::at_the_door(shared) {
        return Some((client, met(Place::Seat(seat))));
    }
    if let Some(seat) = Seat::outside(shared) {
        return Some((client, met(Place::Outside(seat))));
    }
    startup::turn_away_in_passing(&client, shared);
    shared.metrics.ended(Ended::Startup).inc();
    None
}

/// Serves a client that was met until either end ends, or until another thread does ([`Rounds`](crate::net::Rounds)). `company` is dropped
/// when the client is gone. Errors are told to the client and logged, never returned.
pub async fn serve(client: Socket, met: Met, company: Box<dyn Send>) {
    let Met { place, until, shared } = met;
    let metrics = Arc::clone(&shared.metrics);
    let seat = match place {
        Place::Seat(seat) => seat,
        Place::Outside(_seat) => {
            Box::pin(startup::turn_away(client, &shared)).await;
            metrics.ended(Ended::Startup).inc();
            return;
        }
    };
    // What comes before the session is boxed, so that the session does not carry its weight.
    let ready = match Box::pin(startup::open(client, seat, &shared, until)).await {
        Some(opened) => Box::pin(login::log_in(opened, &shared, until)).await,
        None => None,
    };
    let Some(ready) = ready else { return metrics.ended(Ended::Startup).inc() };
    if let Some(relaying) = relay::run(ready, shared, until, company) {
        relaying.await;
    }
}

/// Both, for a client that stays on its thread.
pub async fn serve_client(client: impl Into<Socket>, shared: Arc<Shared>) {
    if let Some((client, met)) = meet(client.into(), &shared) {
        serve(client, met, Box::new(())).await;
    }
}
