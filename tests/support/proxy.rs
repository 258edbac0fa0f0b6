//! The Postgres door on a free port, before a given server, in this process.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use exonym::backend::hosts::Hosts;
use exonym::backend::introspect::introspect;
use exonym::catalog::Catalog;
use exonym::config::Config;
use exonym::mapping::Mapping;
use exonym::metrics::Metrics;
use exonym::net::Rounds;
use exonym::rewrite::World;
use exonym::session::{Address, Auth, Backend, Limits, Route, Shared, Source, Terms, serve_client};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::{Builder, Handle, Runtime};

/// A running proxy; its sessions end with it.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    pub(crate) shared: Arc<Shared>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) route: Arc<Route>,
    /// Where its unix socket lies, as psql wants it for `host`.
    pub(crate) socket_directory: PathBuf,
    _directory: tempfile::TempDir,
    runtime: Option<Runtime>,
}

/// What a proxy is started with.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) address: Address,
    /// What clients ask for.
    pub(crate) database: String,
    /// What the server is asked for.
    pub(crate) server_database: String,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) catalog: Catalog,
    pub(crate) limits: Limits,
    pub(crate) auth: Option<Source>,
    /// How the server is spoken to.
    pub(crate) terms: Terms,
}

impl Setup {
    /// A route to `database` of the server on `port`, with an empty mapping.
    pub(crate) fn to(port: u16, database: &str) -> Self {
        Self {
            address: Address::Tcp { host: "127.0.0.1".into(), port },
            database: database.into(),
            server_database: database.into(),
            mappings: Vec::new(),
            catalog: Catalog::default().indexed(),
            limits: Limits::default(),
            auth: None,
            terms: Terms::default(),
        }
    }

    /// Puts a mapping over what the database of the server on `port` has now.
    pub(crate) fn map(&mut self, port: u16, mapping: &str) {
        let parsed = exonym::mapping::file::parse("test.toml", mapping);
        self.mappings.push(parsed.unwrap_or_else(|e| panic!("{}", exonym::text::diagnostic::render(&e, false))));
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        self.catalog = runtime.block_on(read_catalog(port, &self.server_database));
    }

    pub(crate) fn start(self) -> Proxy {
        let metrics = Arc::new(Metrics::new());
        let backend = Backend {
            name: "warehouse".into(),
            hosts: Arc::new(Hosts::one(self.address)),
            terms: ArcSwap::new(Arc::new(self.terms)),
            database: self.server_database.into(),
            auth: self.auth.map(|source| Arc::new(Auth::new(source))),
        };
        let mappings = self.mappings.into_iter().map(Arc::new).collect();
        let world = World::new(1, mappings, Arc::new(self.catalog));
        let database: Arc<str> = self.database.into();
        let route = Route::new(database.clone(), database, Arc::new(backend), Arc::new(world), &metrics);
        let route = Arc::new(route);
        let shared = Arc::new(Shared::new([route.clone()], metrics.clone(), self.limits));
        let runtime = with_rounds();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (port, socket) = runtime.block_on(async {
            let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
            let port = tcp.local_addr().expect("it is bound").port();
            let socket = directory.path().join(format!(".s.PGSQL.{port}"));
            let unix = UnixListener::bind(&socket).expect("a new socket");
            let (for_tcp, for_unix) = (shared.clone(), shared.clone());
            tokio::spawn(async move {
                while let Ok((stream, _)) = tcp.accept().await {
                    tokio::spawn(serve_client(stream, for_tcp.clone()));
                }
            });
            tokio::spawn(async move {
                while let Ok((stream, _)) = unix.accept().await {
                    tokio::spawn(serve_client(stream, for_unix.clone()));
                }
            });
            (port, directory.path().to_owned())
        });
        Proxy { port, shared, metrics, route, socket_directory: socket, _directory: directory, runtime: Some(runtime) }
    }
}

impl Proxy {
    /// Runs a future on the proxy's own runtime.
    pub(crate) fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("it is there until the proxy is dropped")
    }

    /// Reads the catalog again whenever a session asks for it.
    pub(crate) fn refresh(&self, port: u16, database: &'static str) {
        let route = self.route.clone();
        let mut refresher = route.refresh.refresher();
        self.runtime().spawn(async move {
            loop {
                let ticket = refresher.asked().await;
                let catalog = read_catalog(port, database).await;
                let world = route.world.load_full();
                let world = World::new(world.generation + 1, world.mappings.clone(), Arc::new(catalog));
                route.world.store(Arc::new(world));
                refresher.finished(ticket);
            }
        });
    }

    /// Reads the catalog again now, for a test that has changed it behind the proxy.
    pub(crate) fn read_again(&self, port: u16, database: &str) {
        let catalog = self.runtime().block_on(read_catalog(port, database));
        let world = self.route.world.load_full();
        self.route.world.store(Arc::new(World::new(world.generation + 1, world.mappings.clone(), Arc::new(catalog))));
    }

    /// The value of a metric, all labels as the page prints them.
    pub(crate) fn metric(&self, series: &str) -> f64 {
        let page = self.metrics.gather();
        let line = page.lines().find_map(|l| l.strip_prefix(series)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().expect("metrics are numbers"))
    }
}

/// A runtime whose threads have one beside them that relays plain sessions, as those of `exonym serve` have.
fn with_rounds() -> Runtime {
    let handle: Arc<OnceLock<Handle>> = Arc::default();
    let later = handle.clone();
    let start = move || Rounds::start_beside("relay".into(), later.wait().clone()).expect("a thread");
    let runtime = Builder::new_multi_thread().worker_threads(2).on_thread_start(start).enable_all().build();
    let runtime = runtime.expect("a runtime");
    handle.get_or_init(|| runtime.handle().clone());
    runtime
}

/// The catalog of a database as it is now.
pub(crate) async fn read_catalog(port: u16, database: &str) -> Catalog {
    let url = format!("postgres://postgres@127.0.0.1:{port}/{database}");
    let backend = Config::direct(&url, None, Vec::new()).expect("a good URL").backends.remove(0);
    // A table that is dropped meanwhile makes it fail, as it does outside of tests; the next attempt does not see it.
    for _ in 0..20 {
        if let Ok(catalog) = introspect(&backend, database).await {
            return catalog;
        }
    }
    introspect(&backend, database).await.expect("the server lets `postgres` in")
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
