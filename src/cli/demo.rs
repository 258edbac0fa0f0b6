//! `exonym demo`: one of the systems, live, without anything to set up but a Postgres installation.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::Failure;
use crate::app::{self, mappings};
use crate::backend::introspect::introspect;
use crate::config::{Address, Config, DEFAULT_PORT, Listen, Login};
use crate::demo::server::{self, PORT, Server, USER};
use crate::demo::show::{ASIDE, CURRENT, TITLE, samples, statement, styled, table};
use crate::demo::{Query, System, smartwatt};
use crate::rewrite::{Context, World, plan};

/// Show one of the systems that Exonym serves, in a private throwaway database
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  exonym demo
  exonym demo --keep          # then: psql -h 127.0.0.1 -p 6432 -U exonym smartwatt

It needs an installation of the Postgres server, and uses neither a running server nor its data: it starts one of its own in a
temporary directory and ends it with itself.")]
pub(super) struct Args {
    /// Which system
    #[arg(long, value_enum, default_value = "smartwatt")]
    system: Name,
    /// Stay up until Ctrl-C, to be tried by hand
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Name {
    Smartwatt,
}

/// How many rows of an answer are drawn.
const ROWS: usize = 8;
/// How long the proxy may take to read the catalog.
const READY: Duration = Duration::from_secs(30);

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let system = match args.system {
        Name::Smartwatt => smartwatt::SYSTEM,
    };
    let installation = server::find().map_err(|e| Failure::of(&e))?;
    aside(&format!("starting a private server: {}", installation.version()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| Failure::of(&e))?;
    let outcome = runtime.block_on(async {
        // Before there is anything that could be left behind.
        let (mut interrupt, mut terminate) = (on(SignalKind::interrupt())?, on(SignalKind::terminate())?);
        let starting = tokio::task::spawn_blocking(move || installation.start());
        let server = starting.await.map_err(|e| Failure::of(&e))?.map_err(|e| Failure::of(&e))?;
        let outcome = tokio::select! {
            biased;
            // As a shell says that a signal ended the process; but it is how `--keep` is meant to end.
            _ = interrupt.recv() => Ok(ExitCode::from(if args.keep { 0 } else { 130 })),
            _ = terminate.recv() => Ok(ExitCode::from(143)),
            outcome = show(&system, &server, args.keep) => outcome.map(|()| ExitCode::SUCCESS),
        };
        drop(server);
        outcome
    });
    runtime.shutdown_background();
    outcome
}

fn on(kind: SignalKind) -> Result<tokio::signal::unix::Signal, Failure> {
    signal(kind).map_err(|e| Failure::of(&e))
}

/// Everything from the empty server on.
async fn show(system: &System, server: &Server, keep: bool) -> Result<(), Failure> {
    aside(&format!("loading {} ({})", system.name, system.about));
    load(system, server).await?;
    let proxy = Proxy::start(system, server).await?;
    let world = proxy.world(system).await?;
    let context = Context::new(USER, &world.catalog.search_path);

    for (number, query) in system.queries.iter().enumerate() {
        let heading = styled(TITLE, &format!("{}. {}:", number + 1, query.service));
        let plan = plan(&world, &context, query.sql);
        let edits = statement(query.sql, plan.sql.as_deref().unwrap_or(query.sql), &plan.map);
        let rows = proxy.ask(system, query).await?;
        say(&format!("{heading} {}\n{edits}  {}\n{rows}", query.title, styled(ASIDE, "rows")))?;
    }
    let (_, page) = get(proxy.admin, "/metrics").await.map_err(|e| Failure::of(&e))?;
    say(&counters(&page))?;
    if keep {
        let Proxy { postgres, admin, .. } = proxy;
        let heading = styled(TITLE, "It stays up until Ctrl-C:");
        let psql = format!("psql -h 127.0.0.1 -p {postgres} -U {USER} {}", system.name);
        say(&format!("{heading}\n  {psql}\n  http://127.0.0.1:{admin}/metrics"))?;
        std::future::pending::<()>().await;
    }
    Ok(())
}

/// Writes to standard output, in colours where they are seen, and an empty line after it.
fn say(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let written = writeln!(out, "{text}\n").and_then(|()| out.flush());
    written.map_err(|e| Failure::Because(format!("cannot write to standard output: {e}")))
}

/// Says what goes on; whether anybody reads it does not matter.
fn aside(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", styled(ASIDE, text));
}

/// Fills the database of the system's name.
async fn load(system: &System, server: &Server) -> Result<(), Failure> {
    let because = |e: tokio_postgres::Error| Failure::of(&e);
    let mut config = tokio_postgres::Config::new();
    config.host_path(&server.directory).port(PORT).user(USER).dbname("postgres");
    let create = format!("CREATE DATABASE {}", system.name);
    for (database, texts) in [("postgres", &[create.as_str()][..]), (system.name, system.schema)] {
        let (client, connection) = config.dbname(database).connect(NoTls).await.map_err(because)?;
        let connection = tokio::spawn(connection);
        for text in texts {
            client.batch_execute(text).await.map_err(because)?;
        }
        drop(client);
        let _ = connection.await;
    }
    Ok(())
}

/// The proxy, running in this process.
struct Proxy {
    config: Config,
    postgres: u16,
    admin: u16,
}

impl Proxy {
    async fn start(system: &System, server: &Server) -> Result<Self, Failure> {
        // Not in a directory of its own: whoever removes the server's must be able to remove this.
        let mapping = server.directory.join(format!("{}.toml", system.name));
        fs::write(&mapping, system.mapping).map_err(|e| Failure::of(&e))?;
        let url = format!("postgres://{USER}@localhost/{}", system.name);
        let mut config = Config::direct(&url, None, vec![mapping]).map_err(Failure::Findings)?;
        for backend in &mut config.backends {
            backend.address = Address::Unix { directory: server.directory.clone(), port: PORT };
            backend.introspect = Some(Login { user: USER.into(), password: None });
        }
        let (postgres, admin) = (free_port(DEFAULT_PORT)?, free_port(9432)?);
        let loopback = |port| Address::Tcp { host: "127.0.0.1".into(), port };
        let listen = Listen { postgres: vec![loopback(postgres)], admin: loopback(admin), ..Listen::default() };
        let plan = app::Plan { config: config.clone(), listen, file: None };
        let mut running = tokio::spawn(app::run(plan));
        let proxy = Self { config, postgres, admin };
        tokio::select! {
            ready = proxy.ready() => ready?,
            ended = &mut running => match ended {
                Ok(Err(app::Error::Mappings(findings))) => return Err(Failure::Findings(findings)),
                Ok(Err(error)) => return Err(Failure::of(&error)),
                // A signal: the caller has it, too.
                Ok(Ok(_)) | Err(_) => std::future::pending().await,
            },
        }
        Ok(proxy)
    }

    /// Waits until the proxy has read the catalog.
    async fn ready(&self) -> Result<(), Failure> {
        let until = Instant::now() + READY;
        loop {
            let why = match get(self.admin, "/readyz").await {
                Ok((200, _)) => return Ok(()),
                Ok((_, reasons)) => reasons,
                Err(error) => error.to_string(),
            };
            if Instant::now() > until {
                return Err(Failure::Because(format!("the proxy does not get ready: {}", why.trim_end())));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the proxy decides by, to show what it sends.
    async fn world(&self, system: &System) -> Result<World, Failure> {
        let paths = &self.config.mappings;
        let files = mappings::read(paths).map_err(Failure::Findings)?;
        let (mappings, found) = mappings::parse(paths, &files);
        if mappings::broken(&found) {
            return Err(Failure::Findings(found));
        }
        let backend = self.config.backends.first().expect("`direct` makes one");
        let catalog = introspect(backend, system.name).await.map_err(|e| Failure::of(&e))?;
        Ok(World::new(1, mappings, Arc::new(catalog)))
    }

    /// Sends a query through the proxy, as its service would, and draws the answer.
    async fn ask(&self, system: &System, query: &Query) -> Result<String, Failure> {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.postgres).user(USER).dbname(system.name).application_name(query.service);
        let (client, connection) = config.connect(NoTls).await.map_err(|e| Failure::of(&e))?;
        let connection = tokio::spawn(connection);
        let answer = client.simple_query(query.sql).await.map_err(|e| Failure::of(&e))?;
        drop(client);
        let _ = connection.await;
        let mut columns = Vec::new();
        let mut rows = Vec::new();
        for message in answer {
            match message {
                SimpleQueryMessage::RowDescription(described) => {
                    columns = described.iter().map(|c| c.name().to_owned()).collect();
                }
                SimpleQueryMessage::Row(row) => {
                    rows.push((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect());
                }
                _ => {}
            }
        }
        Ok(table(&columns, &rows, ROWS))
    }
}

/// The port that users know, or any other when that is taken.
fn free_port(wanted: u16) -> Result<u16, Failure> {
    let bound = TcpListener::bind(("127.0.0.1", wanted)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)));
    bound.and_then(|listener| listener.local_addr()).map(|address| address.port()).map_err(|e| Failure::of(&e))
}

/// Status and body of a page of the admin port.
async fn get(port: u16, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    Ok((status, body))
}

/// What a page of `/metrics` says about rewrites.
fn counters(page: &str) -> String {
    let heading = format!("{} {}", styled(TITLE, "What /metrics counted:"), styled(CURRENT, "exonym_rewrites_total"));
    let row = |sample: &crate::demo::show::Sample| {
        let name = match (sample.label("table"), sample.label("column")) {
            (table, "") => table.to_owned(),
            (table, column) => format!("{table}.{column}"),
        };
        [sample.label("client").to_owned(), name, sample.label("kind").to_owned(), sample.value.clone()]
            .map(Some)
            .into()
    };
    let mut rows: Vec<Vec<Option<String>>> = samples(page, "exonym_rewrites_total").iter().map(row).collect();
    rows.sort();
    let columns = ["client", "legacy name", "kind", "rewrites"].map(str::to_owned);
    format!("{heading}\n{}", table(&columns, &rows, usize::MAX).trim_end())
}
