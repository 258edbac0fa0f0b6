//! From the first byte of a client to the first byte for its server.
//!
//! ```text
//!            ┌─▶ cancel: forwarded, closed
//! greeting ─▶├─▶ startup: route ─▶ backend ─▶ the packet as it came
//!            └─▶ anything else: FATAL, closed
//! ```
//! All of it, and the login behind it, has to be done by `until`.

use std::io;
use std::sync::Arc;

use rustix::io::Errno;
use tokio::time::{Instant, timeout_at};

use super::cancel::{self, Key};
use super::conversation::name;
use super::farewell;
use super::greeting;
use super::reach;
use super::route::{Life, Route, Shared};
use super::seat::Seat;
use super::steps::Steps;
use crate::metrics::{Login, Phase};
use crate::net::{Door, Peer, Refusal, Socket};
use crate::wire::error::fatal;
use crate::wire::startup::{self, BadStartup, Opening, Startup};

/// A session whose server has got the startup packet.
pub(super) struct Opened {
    pub(super) client: Socket,
    pub(super) server: Socket,
    pub(super) peer: Peer,
    pub(super) route: Arc<Route>,
    pub(super) seat: Seat,
    /// As the server takes it; it need not be UTF-8.
    pub(super) user: Box<[u8]>,
    pub(super) asked: Asked,
    pub(super) steps: Steps,
}

/// What the startup packet says about the session.
pub(super) struct Asked {
    pub(super) user: Arc<str>,
    pub(super) application_name: Option<String>,
    /// As the client spelled it, in `options` or by itself.
    pub(super) search_path: Option<String>,
    /// It begins as another role than its user.
    pub(super) another_role: bool,
    /// The last change of settings that was read before the server got the packet; none when it was not.
    pub(super) settings: Option<u64>,
}

/// What a client gets instead of a session.
pub(super) struct Refused {
    pub(super) login: Login,
    pub(super) sqlstate: &'static str,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Answers what comes before the startup packet, finds the route, reaches the backend and passes the packet on.
/// None when it ended before: then the client has been told why.
pub(super) async fn open(client: Socket, mut seat: Seat, shared: &Arc<Shared>, until: Instant) -> Option<Opened> {
    let mut steps = Steps::begin(Arc::clone(&shared.metrics));
    let mut life = shared.life.subscribe();
    let door = shared.door.load_full();
    let mut client = Some(client);
    let first = tokio::select! {
        // Who has spoken is heard, if only to be told.
        biased;
        first = timeout_at(until, greeting::first_packet(&mut client, door.as_deref())) => first,
        _ = life.wait_for(|life| *life != Life::Serving) => Ok(Err(shutting_down())),
    };
    let (mut client, packet) = match (client, first) {
        (Some(client), Ok(Ok(packet))) => (client, packet),
        (Some(client), Ok(Err(refused))) => return refuse(client, shared, steps, refused).await,
        (_, Err(_)) => {
            shared.count_login(Login::TimedOut);
            steps.end(Login::TimedOut);
            return None;
        }
        // Gone in the middle of a handshake.
        (None, Ok(_)) => {
            shared.count_login(Login::Abandoned);
            return None;
        }
    };
    let startup = match startup::read(&packet) {
        Ok(Opening::Startup(startup)) => startup,
        Ok(Opening::Cancel { pid, secret }) => {
            steps.forget();
            cancel::forward(&shared.sessions, Key { pid, secret: secret.into() }, &packet).await;
            farewell::close(client).await;
            return None;
        }
        // An encryption request that comes again, too: then its code is a version that nobody speaks.
        Ok(opening) => return refuse_version(client, shared, steps, &opening).await,
        Err(bad) => return refuse(client, shared, steps, bad.into()).await,
    };
    steps.next(Phase::Connect);
    let admitted = admit(door.as_deref(), &client, &startup);
    let reached = async {
        admitted?;
        let route = find_route(shared, &startup)?;
        if route.world.load().generation == Route::UNREAD {
            return Err(unread(&route));
        }
        if *shared.life.borrow() != Life::Serving {
            return Err(shutting_down());
        }
        if !seat.sit_down() {
            return Err(full(shared));
        }
        let settings = route.refresh.settings(shared.limits.refresh_timeout).await;
        let (server, peer) = reach(shared, &route, &startup, until).await?;
        Ok((route, server, peer, settings))
    };
    let reached = tokio::select! {
        biased;
        reached = reached => reached,
        _ = life.wait_for(|life| *life == Life::Over) => Err(shutting_down()),
        () = client.left() => Err(Refused::gone()),
    };
    match reached {
        Ok((route, server, peer, settings)) => {
            steps.next(Phase::Authentication);
            let user = name(startup.user());
            let asked = Asked { settings, ..Asked::read(&startup) };
            Some(Opened { client, server, peer, route, seat, user, asked, steps })
        }
        Err(refused) => refuse(client, shared, steps, refused).await,
    }
}

/// There is no place for this client, and nothing that it says is waited for.
pub(super) async fn turn_away(client: Socket, shared: &Shared) {
    let Refused { sqlstate, message, hint, .. } = too_many(shared);
    farewell::say(client, &fatal(sqlstate, &message, hint.as_deref())).await;
}

/// The same where even that many are being told: who has said something already may not hear it.
pub(super) fn turn_away_in_passing(client: &Socket, shared: &Shared) {
    let Refused { sqlstate, message, hint, .. } = too_many(shared);
    farewell::say_in_passing(client, &fatal(sqlstate, &message, hint.as_deref()));
}

fn too_many(shared: &Shared) -> Refused {
    let full = full(shared);
    shared.count_login(full.login);
    tracing::debug!("a client is turned away: too many have not sent their startup packet");
    full
}

fn full(shared: &Shared) -> Refused {
    let full = Refused::new(Login::TooMany, "53300", "sorry, too many clients already".into());
    let hint = "exonym has too few open files for its `max_connections`; raise its limit (`ulimit -n`, LimitNOFILE=)";
    let is_cut = shared.seats.most() < shared.limits.max_connections;
    Refused { hint: is_cut.then(|| hint.into()), ..full }
}

pub(super) fn shutting_down() -> Refused {
    Refused::new(Login::Unreachable, "57P03", "exonym is shutting down".into())
}

/// What the door demands of an encryption, as `pg_hba.conf` does with `hostssl` and `clientcert`.
fn admit(door: Option<&Door>, client: &Socket, startup: &Startup<'_>) -> Result<(), Refused> {
    let (Some(door), Some(address)) = (door, client.peer_address()) else { return Ok(()) };
    let refused = |message, hint: &str| {
        Err(Refused { hint: Some(hint.into()), ..Refused::new(Login::Abandoned, "28000", message) })
    };
    if door.is_required && !client.is_encrypted() {
        let text = |name| String::from_utf8_lossy(name).into_owned();
        let (user, database) = (text(startup.user()), text(startup.database()));
        let host = address.ip();
        let message = format!(
            "exonym takes no connection from host \"{host}\", user \"{user}\", database \"{database}\", no encryption"
        );
        return refused(message, "connect with sslmode=require or stronger");
    }
    if door.wants_certificate && client.is_encrypted() && client.peer_certificate().is_none() {
        return refused("connection requires a valid client certificate".into(), "connect with sslcert and sslkey");
    }
    Ok(())
}

fn find_route(shared: &Shared, startup: &Startup<'_>) -> Result<Arc<Route>, Refused> {
    let database = String::from_utf8_lossy(&name(startup.database())).into_owned();
    if let Some(route) = shared.routes.get(database.as_str()) {
        return Ok(route.clone());
    }
    if startup.is_physical_replication() {
        return only_backend(shared);
    }
    let known: Vec<String> = shared.routes().take(20).map(|route| format!("\"{}\"", route.database)).collect();
    let hint = match known.len() {
        0 => "exonym has no routes; add one to its configuration".to_owned(),
        _ => format!("exonym has routes for {}", known.join(", ")),
    };
    let message = format!("database \"{database}\" does not exist");
    Err(Refused { hint: Some(hint), ..Refused::new(Login::NoRoute, "3D000", message) })
}

/// Who streams the log of a server asks for no database: there must be one server only.
fn only_backend(shared: &Shared) -> Result<Arc<Route>, Refused> {
    let mut routes = shared.routes();
    match routes.next() {
        Some(first) if routes.all(|route| Arc::ptr_eq(&route.backend.hosts, &first.backend.hosts)) => Ok(first.clone()),
        _ => {
            let message = "exonym does not know which backend is to be replicated".to_owned();
            let hint = "give the database of one of its routes as `dbname`, or connect to the server itself";
            Err(Refused { hint: Some(hint.into()), ..Refused::new(Login::NoRoute, "3D000", message) })
        }
    }
}

/// The catalog is not there yet: without it every legacy name would go to the server as it is.
fn unread(route: &Route) -> Refused {
    let message = format!("exonym has not read the catalog of database \"{}\" yet", route.database);
    let hint = "it goes on trying; /readyz on the admin port tells what is in the way";
    Refused { hint: Some(hint.into()), ..Refused::new(Login::Unreachable, "57P03", message) }
}

async fn reach(
    shared: &Shared,
    route: &Route,
    startup: &Startup<'_>,
    until: Instant,
) -> Result<(Socket, Peer), Refused> {
    let backend = &route.backend;
    let connected = async {
        if startup.is_physical_replication() || startup.database() == backend.database.as_bytes() {
            reach::server(backend, &shared.limits, startup.packet(), until).await
        } else {
            reach::server(backend, &shared.limits, &startup.with_database(&backend.database), until).await
        }
    };
    let outcome: io::Result<(Socket, Peer)> = timeout_at(until, connected)
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")));
    outcome.map_err(|error| {
        if is_exhausted(&error) {
            let message = format!("sorry, exonym has too many open files for another client: {error}");
            return Refused::new(Login::TooMany, "53300", message);
        }
        tracing::warn!(%error, backend = %backend.name, "backend cannot be reached");
        let message = format!("backend \"{}\" cannot be reached: {error}", backend.name);
        let hint = Refusal::of(&error).map_or(
            "exonym is up, the database server behind it does not answer; check that it runs and where it listens",
            |refusal| refusal.hint,
        );
        Refused { hint: Some(hint.into()), ..Refused::new(Login::Unreachable, "57P03", message) }
    })
}

/// True when it is this process, or this machine, that has no descriptor left.
fn is_exhausted(error: &io::Error) -> bool {
    let number = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE].iter().any(|of| number == Some(of.raw_os_error()))
}

async fn refuse(client: Socket, shared: &Shared, mut steps: Steps, refused: Refused) -> Option<Opened> {
    shared.count_login(refused.login);
    steps.end(refused.login);
    if refused.message.is_empty() {
        farewell::close(client).await;
        return None;
    }
    tracing::info!(sqlstate = refused.sqlstate, reason = refused.message, "login refused");
    farewell::say(client, &fatal(refused.sqlstate, &refused.message, refused.hint.as_deref())).await;
    None
}

async fn refuse_version(client: Socket, shared: &Shared, mut steps: Steps, opening: &Opening<'_>) -> Option<Opened> {
    let (major, minor) = match opening {
        Opening::Version { major, minor } => (*major, *minor),
        Opening::Ssl => (1234, 5679),
        _ => (1234, 5680),
    };
    let message = format!("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2");
    // As the server, to which zero is no version at all.
    if !(1..3).contains(&major) {
        return refuse(client, shared, steps, Refused::new(Login::Abandoned, "0A000", message)).await;
    }
    shared.count_login(Login::Abandoned);
    steps.end(Login::Abandoned);
    tracing::info!(reason = message, "login refused");
    farewell::say_old(client, &message).await;
    None
}

impl Asked {
    fn read(startup: &Startup<'_>) -> Self {
        let text = |key| startup.parameter(key).and_then(|value| std::str::from_utf8(value).ok());
        // As the server cuts it.
        let user = std::str::from_utf8(&name(startup.user())).unwrap_or_default().into();
        // A parameter of its own wins over `options`: the server applies it later.
        let setting = |name: &str| {
            let in_options = || text("options").and_then(|options| crate::wire::options::setting(options, name));
            startup.setting(name).map(|value| String::from_utf8_lossy(value).into_owned()).or_else(in_options)
        };
        let another_role = setting("role").is_some() || setting("session_authorization").is_some();
        let application_name = text("application_name").map(str::to_owned);
        Self { user, application_name, search_path: setting("search_path"), another_role, settings: None }
    }
}

impl Refused {
    fn new(login: Login, sqlstate: &'static str, message: String) -> Self {
        Self { login, sqlstate, message, hint: None }
    }

    pub(super) fn protocol(message: String) -> Self {
        Self::new(Login::Abandoned, "08P01", message)
    }

    /// The client went away: there is nobody to tell.
    pub(super) fn gone() -> Self {
        Self::new(Login::Abandoned, "08006", String::new())
    }
}

impl From<BadStartup> for Refused {
    fn from(bad: BadStartup) -> Self {
        match bad {
            // As the server: who sends this speaks another protocol, and would not understand an error of ours.
            BadStartup::Length => {
                tracing::info!("a connection is closed: {bad}");
                Self::gone()
            }
            BadStartup::Layout => Self::protocol(bad.to_string()),
            BadStartup::NoUser => Self::new(Login::Abandoned, "28000", bad.to_string()),
        }
    }
}
