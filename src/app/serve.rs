//! From start to end: bind, read, accept, drain. A door that is shared with the process before opens when the catalogs are read.
//!
//! ```text
//! SIGTERM ─▶ readiness down ─▶ `drain_delay` ─▶ accept no more ─▶ each session ends with its transaction ─▶ all gone ─▶ exit
//!                                                      `drain_timeout` ─▶ the rest is cancelled and told ─▶ exit
//!                       a second signal ─▶ exit at once
//! ```

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpSocket;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::certificates::Certificates;
use super::listen::{self, Bound};
use super::mappings::{self, Files, RouteMappings};
use super::open_files;
use super::readiness::{Watched, question};
use super::reload::{Attempt, Reloader};
use super::users::UserFiles;
use super::watch::watch;
use super::workers::Workers;
use super::worlds::{Fed, Worlds};
use super::{Error, Plan, describe};
use crate::backend::hosts::Hosts;
use crate::backend::introspect::introspect;
use crate::backend::refresh::{Refresher, Status};
use crate::backend::verifiers::Verifiers;
use crate::catalog::Catalog;
use crate::config::{self, Address, Backend, Config, Listen};
use crate::http::admin;
use crate::metrics::Metrics;
use crate::rewrite::World;
use crate::session::{self, Auth, Limits, Route, Shared, Socket, Source};
use crate::text::chain;
use crate::text::diagnostic::render;

/// How the process is to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// All sessions have ended, or the time for that has passed.
    Drained,
    /// A second signal, of that number, came during the drain.
    Forced(i32),
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// What keeps it from starting; later nothing does.
pub async fn run(plan: Plan) -> Result<Ended, Error> {
    let Plan { config, listen, file } = plan;
    let mut signals = Signals::new()?;
    let threads = config.limits.threads.unwrap_or_else(Workers::usual);
    open_files::raise(config.limits.max_connections, threads);
    let hangup = || signal(SignalKind::hangup()).map_err(Error::Signals);
    let hangups = (hangup()?, hangup()?, hangup()?);
    if !config.warnings.is_empty() {
        tracing::warn!("the configuration has findings\n{}", render(&config.warnings, false).trim_end());
    }
    let (files, mappings) = load(&config)?;
    let mut users = UserFiles::load(&config).map_err(Error::Users)?;
    let doors = bind(&listen).await?;
    let admin = listen::listen(doors.admin).map_err(refused(&listen.admin))?;
    let address = admin.local_addr().map(|a| a.to_string()).unwrap_or_default();
    tracing::info!(door = "admin", address, "listening");

    let metrics = Arc::new(Metrics::new());
    let (shared, worlds, databases) = build(&config, mappings, &users, &metrics);
    let (draining, is_draining) = watch::channel(false);
    let certificates = Certificates::load(listen.tls.clone(), &config, Arc::clone(&shared), Arc::clone(&metrics));
    let mut certificates = certificates.map_err(Error::Tls)?;
    let (closing, closed) = watch::channel(false);
    let watched: Vec<Watched> =
        databases.into_iter().enumerate().map(|(index, database)| database.start(index, &config, &worlds)).collect();
    let fresh: Vec<_> = watched.iter().map(|watched| watched.refresher.clone()).collect();
    // Ends only with the process: metrics are asked for while draining, too.
    tokio::spawn(admin::serve(admin, Arc::clone(&metrics), question(watched, is_draining)));
    let (path, text) = file.unzip();
    let tried = Attempt { config: text, files: Ok(files) };
    let config::Limits { max_connections, drain_delay, drain_timeout, .. } = config.limits;
    let mut reloader = Reloader { path, config, tried, accepted: true, worlds, metrics };
    tokio::spawn(watch("mappings", hangups.0, move |occasion| reloader.compare(occasion)));
    tokio::spawn(watch("certificates", hangups.1, move |occasion| certificates.compare(occasion)));
    tokio::spawn(watch("users", hangups.2, move |occasion| users.compare(occasion)));

    if listen.reuse_port {
        // Who shares the address serves meanwhile.
        let ready = async {
            for refresher in &fresh {
                refresher.fresh().await;
            }
        };
        tokio::select! {
            () = ready => {}
            _ = signals.next() => return Ok(Ended::Drained),
        }
    }
    let mut listeners = Vec::new();
    for (bound, address) in doors.postgres.into_iter().zip(&listen.postgres) {
        let listener = bound.open().map_err(refused(address))?;
        tracing::info!(door = "postgres", address = listener.address(), "listening");
        listeners.push(listener);
    }
    // Each session holds an end of this; when all are gone, so are the sessions.
    let (alive, mut gone) = mpsc::channel::<()>(1);
    let workers = Arc::new(Workers::start(threads).map_err(Error::Threads)?);
    open_files::share(&shared, max_connections);
    let mut accepting = Vec::new();
    for listener in listeners {
        let (shared, alive, workers) = (Arc::clone(&shared), alive.clone(), Arc::clone(&workers));
        accepting.push(tokio::spawn(listener.accept(closed.clone(), move |client: Socket| {
            let Some((client, met)) = session::meet(client, &shared) else { return };
            let alive = alive.clone();
            workers.give(client, async move |client, share| {
                session::serve(client, met, Box::new((alive, share))).await;
            });
        })));
    }
    drop(alive);

    let name = signals.next().await.0;
    draining.send_replace(true);
    let drained = async {
        if !drain_delay.is_zero() {
            tracing::info!(signal = name, "no longer ready; clients are still taken for {drain_delay:?}");
            sleep(drain_delay).await;
        }
        tracing::info!(signal = name, "draining: sessions end with their transactions, for at most {drain_timeout:?}");
        closing.send_replace(true);
        // Once nobody reaches us any more, or whoever is told to come again could reach us again.
        for door in accepting {
            let _ = door.await;
        }
        shared.drain();
        ended(&mut gone, &shared, drain_timeout).await;
    };
    Ok(tokio::select! {
        () = drained => Ended::Drained,
        (name, number) = signals.next() => {
            tracing::warn!(signal = name, "ending at once");
            Ended::Forced(number)
        }
    })
}

/// Reads the mappings; at the start wrong ones are fatal.
fn load(config: &Config) -> Result<(Files, Vec<RouteMappings>), Error> {
    let files = mappings::read(&config.mappings).map_err(Error::Mappings)?;
    let (mappings, findings) = mappings::of_routes(config, &files);
    let Some(mappings) = mappings else { return Err(Error::Mappings(findings)) };
    if !findings.is_empty() {
        tracing::warn!("the mappings have findings\n{}", render(&findings, false).trim_end());
    }
    describe(config, &mappings);
    Ok((files, mappings))
}

struct Doors {
    postgres: Vec<Bound>,
    admin: TcpSocket,
}

async fn bind(addresses: &Listen) -> Result<Doors, Error> {
    let mut postgres = Vec::new();
    for address in &addresses.postgres {
        postgres.push(listen::bind(address, addresses.reuse_port).await.map_err(refused(address))?);
    }
    let admin = listen::bind_tcp(&addresses.admin, false).await.map_err(refused(&addresses.admin))?;
    Ok(Doors { postgres, admin })
}

fn refused(address: &Address) -> impl FnOnce(io::Error) -> Error {
    let address = address.clone();
    move |source| Error::Listen { address, source }
}

/// A database whose catalog is read, and the routes that it is read for.
struct Database {
    backend: Backend,
    hosts: Arc<Hosts>,
    name: String,
    routes: Vec<Arc<Route>>,
}

/// What sessions are given, the worlds in it, and the databases that these are waiting for.
fn build(
    config: &Config,
    mappings: Vec<RouteMappings>,
    users: &UserFiles,
    metrics: &Arc<Metrics>,
) -> (Arc<Shared>, Arc<Worlds>, Vec<Database>) {
    let mut databases: Vec<Database> = Vec::new();
    let mut fed = Vec::new();
    let mut hosts: HashMap<&str, Arc<Hosts>> = HashMap::new();
    for route in &config.routes {
        let Some(backend) = config.backend(&route.backend) else { continue };
        let name = config.database(route);
        let hosts = hosts.entry(backend.name.as_str()).or_insert_with(|| {
            let hosts = Arc::new(Hosts::new(backend));
            hosts.watch(backend, name);
            hosts
        });
        let behind = session::Backend {
            name: backend.name.as_str().into(),
            hosts: Arc::clone(hosts),
            terms: ArcSwap::default(),
            database: name.into(),
            auth: source(backend, name, users).map(Auth::new).map(Arc::new),
        };
        let asked: Arc<str> = route.database.as_str().into();
        let route = Arc::new(Route::new(Arc::clone(&asked), asked, Arc::new(behind), unread(), metrics));
        let same = |database: &Database| database.backend.name == backend.name && database.name == name;
        let catalog = databases.iter().position(same).unwrap_or_else(|| {
            let (backend, hosts) = (backend.clone(), Arc::clone(hosts));
            databases.push(Database { backend, hosts, name: name.to_owned(), routes: Vec::new() });
            databases.len() - 1
        });
        if let Some(database) = databases.get_mut(catalog) {
            database.routes.push(Arc::clone(&route));
        }
        fed.push(Fed { route, catalog });
    }
    let limits = Limits {
        max_connections: config.limits.max_connections,
        max_statement_bytes: config.limits.max_statement_bytes,
        startup_timeout: config.limits.startup_timeout,
        keepalive: config.limits.keepalive,
        tcp_user_timeout: config.limits.tcp_user_timeout,
        ..Limits::default()
    };
    let routes: Vec<_> = fed.iter().map(|fed| Arc::clone(&fed.route)).collect();
    let shared = Arc::new(Shared::new(routes, Arc::clone(metrics), limits));
    let worlds = Arc::new(Worlds::new(fed, mappings, databases.len(), Arc::clone(metrics)));
    (shared, worlds, databases)
}

/// Where the verifiers of a backend's clients come from.
fn source(backend: &Backend, database: &str, users: &UserFiles) -> Option<Source> {
    match backend.auth.as_ref()? {
        config::Auth::Users(path) => users.of(path).map(Source::Users),
        config::Auth::Query(query) => {
            let verifiers = Arc::new(Verifiers::new(backend.clone(), database.to_owned(), query.clone()));
            tokio::spawn(try_out(backend.name.clone(), Arc::clone(&verifiers)));
            Some(Source::Server(verifiers))
        }
    }
}

/// Asks for nobody, so that the log says at the start what the first client would have to find out.
async fn try_out(backend: String, verifiers: Arc<Verifiers>) {
    if let Err(error) = verifiers.look_up("").await {
        tracing::warn!(backend, "`auth` of this backend does not work: {}", chain(&error));
    }
}

/// Stands for the world of a route whose catalog has not been read: sessions are told to come later.
fn unread() -> Arc<World> {
    Arc::new(World::new(Route::UNREAD, Vec::new(), Arc::default()))
}

impl Database {
    /// Starts reading its catalog into the worlds; sessions of its routes may ask for it.
    fn start(self, index: usize, config: &Config, worlds: &Arc<Worlds>) -> Watched {
        let Self { backend, hosts, name, routes } = self;
        let label = format!("{}/{name}", backend.name);
        let read = {
            let (backend, name) = (Arc::new(backend), Arc::<str>::from(name));
            move || {
                let (backend, name) = (Arc::clone(&backend), Arc::clone(&name));
                async move { introspect(&backend, &name).await }
            }
        };
        let (worlds, said) = (Arc::clone(worlds), label.clone());
        let take = move |catalog: Catalog| {
            let relations = catalog.relations.len();
            if worlds.take_catalog(index, catalog) {
                tracing::info!(database = said, relations, "catalog read");
            }
        };
        let (refresher, _) = Refresher::start(label.clone(), config.limits.catalog_refresh, read, take);
        for route in routes {
            tokio::spawn(pass_on(route, refresher.clone()));
        }
        Watched { name: label, refresher, hosts }
    }
}

/// Has the catalog read whenever a session of the route asks for it.
async fn pass_on(route: Arc<Route>, refresher: Refresher) {
    let mut sessions = route.refresh.refresher();
    let mut unread = None;
    loop {
        let ticket = tokio::select! {
            biased;
            ticket = sessions.asked() => ticket,
            // What has failed is tried again by itself.
            () = refresher.fresh(), if unread.is_some() => {
                unread.take().inspect(|ticket| sessions.finished(*ticket));
                continue;
            }
        };
        match refresher.answered(refresher.request()).await {
            Status::Fresh => {
                sessions.finished(ticket);
                unread = None;
            }
            Status::Starting | Status::Failed { .. } => {
                sessions.failed(ticket);
                unread = Some(ticket);
            }
        }
    }
}

/// Waits until no session is left, and ends those that are left after `limit`.
async fn ended(gone: &mut mpsc::Receiver<()>, shared: &Shared, limit: Duration) {
    // Nobody ever sends: what comes is the end.
    if timeout(limit, gone.recv()).await.is_ok() {
        tracing::info!("drained: all sessions have ended");
        return;
    }
    let left = shared.metrics.connections.get();
    tracing::warn!(sessions = left, "the time to drain is over; these sessions are cancelled and told");
    shared.end();
    if timeout(Shared::LAST_MOMENTS, gone.recv()).await.is_err() {
        tracing::warn!(sessions = shared.metrics.connections.get(), "these sessions are cut off");
    }
}

/// The signals that end the process.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Error> {
        let on = |kind| signal(kind).map_err(Error::Signals);
        Ok(Self { terminate: on(SignalKind::terminate())?, interrupt: on(SignalKind::interrupt())? })
    }

    /// The next of them, by name and number.
    async fn next(&mut self) -> (&'static str, i32) {
        tokio::select! {
            _ = self.terminate.recv() => ("SIGTERM", SignalKind::terminate().as_raw_value()),
            _ = self.interrupt.recv() => ("SIGINT", SignalKind::interrupt().as_raw_value()),
        }
    }
}
