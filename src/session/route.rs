//! What all sessions share: routes, limits, the live sessions, and the wish to end.
//!
//! `app` builds a [`Shared`] once, swaps worlds inside of its routes, and calls [`Shared::drain`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use prometheus::{IntCounter, IntGauge};
use tokio::sync::watch;

use super::auth::Auth;
use super::cancel::Sessions;
use super::refresh::Refresh;
use super::seat::Seats;
use super::words::Words;
use crate::backend::hosts::Hosts;
use crate::metrics::{Direction, Login, LookUp, Metrics, Protocol};
use crate::net::{Door, Terms};
use crate::rewrite::{Cache, Outcome, World};

/// A database server that routes lead to.
#[derive(Debug)]
pub struct Backend {
    /// Its key in the configuration.
    pub name: Arc<str>,
    /// Where it listens.
    pub hosts: Arc<Hosts>,
    /// What TLS is spoken there. Swapped when certificates change.
    pub terms: ArcSwap<Terms>,
    /// The database to ask it for.
    pub database: Arc<str>,
    /// How clients are verified whose login cannot be relayed.
    pub auth: Option<Arc<Auth>>,
}

/// A database that clients may ask for.
#[derive(Debug)]
pub struct Route {
    /// The `route` label.
    pub name: Arc<str>,
    /// What a client asks for at startup.
    pub database: Arc<str>,
    /// Where its sessions go.
    pub backend: Arc<Backend>,
    /// Mapping and catalog; swapped whole.
    pub world: ArcSwap<World>,
    /// Plans made for this route.
    pub cache: Arc<Cache>,
    /// Requests to read the catalog again.
    pub refresh: Refresh,
    pub(super) counters: Counters,
}

/// What bounds a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Sessions at a time, and as many clients that are on their way to one.
    pub max_connections: usize,
    /// Bytes of a statement that are held to be looked at; larger ones stream through, and are refused where they name
    /// something legacy.
    pub max_statement_bytes: usize,
    /// Time from the accepted connection until the server is ready for its first statement.
    pub startup_timeout: Duration,
    /// Time that a statement waits for the catalog to be read again after the session changed it.
    pub refresh_timeout: Duration,
    /// Silence after which a peer is asked whether it is still there; none never asks.
    pub keepalive: Option<Duration>,
    /// Time that sent data may stay unacknowledged before the connection ends; none leaves it to the system. It also ends
    /// connections whose reader pauses that long.
    pub tcp_user_timeout: Option<Duration>,
}

/// Everything that a session is given.
#[derive(Debug)]
pub struct Shared {
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What clients are shown when they ask for TLS; without it they are told no. Swapped when certificates change.
    pub door: ArcSwapOption<Door>,
    /// Routes by the database that clients ask for.
    pub(super) routes: HashMap<Arc<str>, Arc<Route>>,
    pub(super) limits: Limits,
    pub(super) sessions: Sessions,
    pub(super) life: watch::Sender<Life>,
    pub(super) words: Words,
    pub(super) seats: Seats,
}

/// How long sessions may go on; it only ever gets shorter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) enum Life {
    /// As long as they like.
    #[default]
    Serving,
    /// To the end of their transactions.
    Draining,
    /// No longer: what runs is cancelled.
    Over,
}

/// Handles that every session of a route uses.
#[derive(Debug)]
pub(super) struct Counters {
    simple: [IntCounter; Outcome::ALL.len()],
    extended: [IntCounter; Outcome::ALL.len()],
    pub(super) plan_hits: IntCounter,
    pub(super) plan_shapes: IntCounter,
    pub(super) plan_misses: IntCounter,
    pub(super) plan_bytes: IntGauge,
    pub(super) from_client: IntCounter,
    pub(super) to_client: IntCounter,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1000,
            max_statement_bytes: 16 * 1024 * 1024,
            startup_timeout: Duration::from_secs(10),
            refresh_timeout: Duration::from_secs(2),
            keepalive: Some(Duration::from_secs(60)),
            tcp_user_timeout: None,
        }
    }
}

impl Route {
    /// The generation of the world that a route has before its catalog was read: clients are told to come later.
    pub const UNREAD: u64 = 0;

    /// A route that counts into `metrics`.
    pub fn new(
        name: Arc<str>,
        database: Arc<str>,
        backend: Arc<Backend>,
        world: Arc<World>,
        metrics: &Metrics,
    ) -> Self {
        let counters = Counters::new(&name, metrics);
        Self {
            name,
            database,
            backend,
            world: ArcSwap::new(world),
            cache: Arc::new(Cache::default()),
            refresh: Refresh::default(),
            counters,
        }
    }
}

impl Shared {
    /// How long the end of a session may take: its cancelled statement's, its last word's, and its client's own.
    pub const LAST_MOMENTS: Duration = Duration::from_secs(5);

    /// Routes and limits for sessions to come.
    pub fn new(routes: impl IntoIterator<Item = Arc<Route>>, metrics: Arc<Metrics>, limits: Limits) -> Self {
        let routes = routes.into_iter().map(|route| (route.database.clone(), route)).collect();
        Self {
            metrics,
            seats: Seats::new(limits.max_connections),
            door: ArcSwapOption::empty(),
            routes,
            limits,
            sessions: Sessions::default(),
            life: watch::Sender::new(Life::Serving),
            words: Words::new(),
        }
    }

    /// Bounds clients so that they and their servers have no more than these file descriptors; gives how many sessions there may be then.
    pub fn fit_into(&self, open_files: usize) -> usize {
        self.seats.fit_into(open_files);
        self.seats.most()
    }

    /// All routes, by database.
    pub fn routes(&self) -> impl Iterator<Item = &Arc<Route>> {
        let mut routes: Vec<_> = self.routes.values().collect();
        routes.sort_by(|a, b| a.database.cmp(&b.database));
        routes.into_iter()
    }

    /// Lets each session end with its transaction; whoever calls this sets the deadline, and calls [`Shared::end`] then.
    pub fn drain(&self) {
        self.shorten(Life::Draining);
    }

    /// Ends every session now: what runs is cancelled, each client is told, and all are gone after [`Shared::LAST_MOMENTS`].
    pub fn end(&self) {
        self.shorten(Life::Over);
    }

    fn shorten(&self, life: Life) {
        self.life.send_if_modified(|now| {
            let is_shorter = life > *now;
            *now = life.max(*now);
            is_shorter
        });
    }

    /// Waits until it is another than `seen`.
    pub(super) async fn life_after(&self, seen: Life) -> Life {
        let mut life = self.life.subscribe();
        // Without a sender there is nobody who could change it; but that is this struct.
        let changed = life.wait_for(|life| *life != seen).await.map(|life| *life);
        changed.unwrap_or(seen)
    }

    pub(super) fn count_login(&self, login: Login) {
        self.metrics.logins(login).inc();
    }
}

impl Counters {
    fn new(route: &str, metrics: &Metrics) -> Self {
        let of = |protocol| Outcome::ALL.map(|outcome| metrics.statements(route, protocol, outcome.label()));
        Self {
            simple: of(Protocol::Simple),
            extended: of(Protocol::Extended),
            plan_hits: metrics.plan_cache(LookUp::Hit),
            plan_shapes: metrics.plan_cache(LookUp::Shape),
            plan_misses: metrics.plan_cache(LookUp::Miss),
            plan_bytes: metrics.plan_cache_bytes(route),
            from_client: metrics.bytes(route, Direction::FromClient),
            to_client: metrics.bytes(route, Direction::ToClient),
        }
    }

    pub(super) fn statement(&self, protocol: Protocol, outcome: Outcome) -> Option<&IntCounter> {
        let of_protocol = match protocol {
            Protocol::Simple => &self.simple,
            Protocol::Extended => &self.extended,
        };
        Outcome::ALL.iter().position(|o| *o == outcome).and_then(|i| of_protocol.get(i))
    }
}
