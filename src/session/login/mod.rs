//! The login, as far as Exonym has a part in it.
//!
//! ```text
//! server ─▶ R ─┬─ a password, GSSAPI, let in at once ────────────────────────────▶ relay
//!              ├─ SASL, nothing to change about it ──────────────────────────────▶ relay
//!              ├─ SASL ─▶ offer ─▶ p ─┬─ may go on as it came ───────────────────▶ relay
//!              │                      ├─ `proof`: with the client, with the server ▶ relay
//!              │                      └─ FATAL, and what to configure
//!              └─ let in at once, with `auth`: `proof` with the client ──────────▶ relay
//! ```
//! What need not be looked at is not: sessions without TLS towards the server and without `auth` pass by. What has been read and not been
//! taken goes on to the relay.

mod choice;
mod leg;
mod proof;

use std::fmt;
use std::future::pending;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use choice::{Choice, Ends, Offer};
pub(super) use leg::Leg;
use leg::NoFrame;

use super::auth::Auth;
use super::farewell;
use super::relay::LATE;
use super::route::{Life, Route, Shared};
use super::seat::Seat;
use super::startup::{Asked, Opened, Refused, shutting_down};
use super::steps::Steps;
use crate::metrics::Login;
use crate::net::{Peer, Socket};
use crate::wire::auth::{self, Request};
use crate::wire::error::fatal;
use crate::wire::frame::{Header, Sender};
use crate::wire::scram::{self, end_point};

/// A session whose two ends need nobody between them to log in.
pub(super) struct Ready {
    pub(super) client: Leg,
    pub(super) server: Leg,
    pub(super) peer: Peer,
    pub(super) route: Arc<Route>,
    pub(super) seat: Seat,
    pub(super) asked: Asked,
    pub(super) steps: Steps,
}

/// How far a login has come; what is refused is logged with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// The server has not said yet what it wants.
    Request,
    /// The client was asked.
    Client,
    /// The server is being convinced.
    Server,
}

/// A login in which Exonym may have a part.
struct LogIn<'a> {
    client: Leg,
    server: Leg,
    ends: Ends,
    route: &'a Route,
    /// As the server takes it; it need not be UTF-8.
    user: &'a [u8],
    phase: Phase,
}

/// The first thing that a client says in a SASL login.
struct FirstAnswer {
    /// None when it is malformed.
    mechanism: Option<Vec<u8>>,
    /// The mechanism's own first message.
    message: Vec<u8>,
    /// All of it, as the server gets it.
    frame: Vec<u8>,
}

/// Why there will be no session.
enum End {
    /// The client is told.
    Refused(Refused),
    /// The client was told by the server.
    Told,
    /// The client is gone.
    Gone,
}

/// Takes part in the login as far as that is needed. None when it ended: then the client has been told why.
pub(super) async fn log_in(opened: Opened, shared: &Shared, until: Instant) -> Option<Ready> {
    let Opened { client, server, peer, route, seat, user, asked, mut steps } = opened;
    let passes_by = !server.is_encrypted() && route.backend.auth.is_none();
    let ends = if passes_by { Ends::default() } else { look_at(&client, &server) };
    let mut login = LogIn {
        client: Leg::new(client, Sender::Client),
        server: Leg::new(server, Sender::Server),
        ends,
        route: &route,
        user: &user,
        phase: Phase::Request,
    };
    let mut life = shared.life.subscribe();
    let outcome = if passes_by {
        Ok(())
    } else {
        tokio::select! {
            biased;
            outcome = timeout_at(until, login.run()) => outcome.unwrap_or_else(|_| Err(End::Refused(too_late()))),
            _ = life.wait_for(|life| *life == Life::Over) => Err(End::Refused(shutting_down())),
        }
    };
    let LogIn { client, server, phase, .. } = login;
    route.counters.from_client.inc_by(u64::try_from(client.read).unwrap_or_default());
    match outcome {
        Ok(()) => return Some(Ready { client, server, peer, route, seat, asked, steps }),
        Err(End::Refused(Refused { login, sqlstate, message, hint })) => {
            shared.count_login(login);
            steps.end(login);
            tracing::info!(sqlstate, reason = message, user = legible(&user), route = %route.name, ?phase, "login refused");
            farewell::say(client.socket, &fatal(sqlstate, &message, hint.as_deref())).await;
        }
        Err(End::Told) => {
            shared.count_login(Login::Rejected);
            steps.end(Login::Rejected);
            let (mut from, mut to) = tokio::io::split(client.socket);
            farewell::linger(&mut from, &mut to).await;
        }
        Err(End::Gone) => shared.count_login(Login::Abandoned),
    }
    None
}

/// What of the sockets counts for a login.
fn look_at(client: &Socket, server: &Socket) -> Ends {
    let end = |socket: &Socket, certificate: Option<&[u8]>| match certificate.and_then(end_point::hash) {
        _ if !socket.is_encrypted() => choice::End::Plain,
        Some(hash) => choice::End::Bindable(hash),
        None => choice::End::Encrypted,
    };
    let ours = client.own_certificate().map(AsRef::as_ref);
    let theirs = server.peer_certificate().map(AsRef::as_ref);
    Ends { client: end(client, ours), server: end(server, theirs), same_certificate: ours.is_some() && ours == theirs }
}

fn too_late() -> Refused {
    let message = "canceling authentication due to timeout".to_owned();
    Refused { login: Login::TimedOut, sqlstate: "57014", message, hint: Some(LATE.into()) }
}

impl LogIn<'_> {
    /// Ok when the relay can take over.
    async fn run(&mut self) -> Result<(), End> {
        let auth = self.route.backend.auth.as_deref();
        let Some(header) = self.request().await? else { return Ok(()) };
        match (auth::request(self.server.body(header)), auth) {
            (Some(Request::Ok), Some(auth)) => self.verify_who_was_let_in(auth).await,
            (Some(Request::Sasl(_)), _) => self.sasl(header, auth).await,
            // Passwords and tickets are the server's own to check.
            _ => Ok(()),
        }
    }

    /// What the server asks for; notices and what is said of the protocol's version pass. None when it has something else to say, which the
    /// relay will pass on.
    async fn request(&mut self) -> Result<Option<Header>, End> {
        loop {
            let frame = tokio::select! {
                biased;
                frame = self.server.frame() => frame,
                () = self.client.left() => return Err(End::Gone),
            };
            let header = match frame {
                Ok(header) => header,
                Err(NoFrame::Ended) => return Ok(None),
                Err(error) => return Err(self.no_login(&error)),
            };
            match header.tag {
                b'R' => return Ok(Some(header)),
                b'N' | b'v' | b'S' => self.pass_on(header).await?,
                b'E' => return Ok(None),
                tag => {
                    return Err(self.no_login(format_args!("a message of type {:?} before the login", char::from(tag))));
                }
            }
        }
    }

    /// The server wants a SASL mechanism, as the frame at hand says.
    async fn sasl(&mut self, header: Header, auth: Option<&Auth>) -> Result<(), End> {
        let Some(Request::Sasl(list)) = auth::request(self.server.body(header)) else { return Ok(()) };
        let offered = list.to_vec();
        let offer = choice::offer(&self.ends, auth::mechanisms(&offered), auth.is_some());
        let Offer::Changed { mechanisms, plus } = offer else { return Ok(()) };
        self.server.take(header);
        self.phase = Phase::Client;
        self.tell(|out| auth::write_mechanisms(out, mechanisms.iter().map(Vec::as_slice))).await?;
        let Some(answer) = self.first_answer().await? else { return Ok(()) };
        let choice = match answer.mechanism.as_deref() {
            Some(mechanism) => choice::choose(plus, mechanism, scram::flag(&answer.message), auth.is_some(), &offered),
            None => Choice::Relay,
        };
        match (choice, auth) {
            (Choice::Verify, Some(auth)) => self.verify_and_log_in(auth, &answer, plus, &offered).await,
            (Choice::Refuse(why), _) => Err(End::Refused(why.refused(&self.route.backend.name))),
            (Choice::Verify, None) | (Choice::Relay, _) => {
                self.server.send(&answer.frame).await.map_err(|_| self.no_login("it takes nothing more"))
            }
        }
    }

    /// What the client answers to an offer, taken. None when it says something else, for the server to judge.
    async fn first_answer(&mut self) -> Result<Option<FirstAnswer>, End> {
        let Some(header) = self.answer().await? else { return Ok(None) };
        let mut frame = self.client.bytes(header).to_vec();
        let initial = auth::initial(self.client.body(header));
        let mechanism = initial.map(|i| i.mechanism.to_vec());
        let data = initial.and_then(|i| i.data).map(<[u8]>::to_vec);
        self.client.take(header);
        let message = match (data, mechanism.as_deref()) {
            (Some(data), _) => data,
            // It wants to be asked for its first message, in which it says what has to be known.
            (None, Some(mechanism @ (scram::SHA_256 | scram::SHA_256_PLUS))) => {
                self.tell(|out| auth::write_continue(out, b"")).await?;
                let header = self.answer().await?.ok_or_else(|| End::Refused(unexpected()))?;
                let message = self.client.body(header).to_vec();
                self.client.take(header);
                frame.clear();
                auth::write_initial(&mut frame, mechanism, &message);
                message
            }
            (None, _) => Vec::new(),
        };
        Ok(Some(FirstAnswer { mechanism, message, frame }))
    }

    /// The client's next `p`, not taken. None when it says something else. A server that ends meanwhile is noticed.
    async fn answer(&mut self) -> Result<Option<Header>, End> {
        let answer = tokio::select! {
            biased;
            answer = self.client.frame() => answer,
            () = lost(&mut self.server) => return Err(self.server_has_ended().await),
        };
        match answer {
            Ok(header) => Ok((header.tag == b'p').then_some(header)),
            Err(NoFrame::Ended) => Err(End::Gone),
            Err(NoFrame::Garbage(_) | NoFrame::TooLong(_)) => Ok(None),
        }
    }

    async fn pass_on(&mut self, header: Header) -> Result<(), End> {
        let frame = self.server.bytes(header).to_vec();
        self.server.take(header);
        self.tell(|out| out.extend_from_slice(&frame)).await
    }

    /// Sends the client what `write` makes.
    async fn tell(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), End> {
        let mut out = Vec::new();
        write(&mut out);
        self.route.counters.to_client.inc_by(u64::try_from(out.len()).unwrap_or_default());
        self.client.send(&out).await.map_err(|_| End::Gone)
    }

    /// The server has closed, or says why it will: its own last word, if it had one, is better than ours.
    async fn server_has_ended(&mut self) -> End {
        let Some(word) = self.server.find(b'E').map(<[u8]>::to_vec) else {
            return self.no_login("the server closed the connection");
        };
        match self.tell(|out| out.extend_from_slice(&word)).await {
            Ok(()) => End::Told,
            Err(end) => end,
        }
    }

    /// The server cannot be logged in to.
    fn no_login(&self, why: impl fmt::Display) -> End {
        let backend = &self.route.backend.name;
        tracing::warn!(%backend, phase = ?self.phase, "the login failed: {why}");
        let message = format!("the login at backend \"{backend}\" failed: {why}");
        End::Refused(Refused { login: Login::Unreachable, sqlstate: "08006", message, hint: None })
    }
}

/// Waits until the server is gone. One that has let the client in and thinks better of it before the session is ready does so because of who the
/// client says to be, as there is no such role: that is for the relay to pass on, to who has been verified.
async fn lost(server: &mut Leg) {
    server.ended().await;
    if server.find(b'R').is_some() && server.find(b'Z').is_none() {
        pending::<()>().await;
    }
}

/// A name as it is, or with what is not UTF-8 in it as `\\xe4`.
fn legible(name: &[u8]) -> String {
    std::str::from_utf8(name).map_or_else(|_| name.escape_ascii().to_string(), str::to_owned)
}

fn unexpected() -> Refused {
    let message = "expected SASL response, got another message".to_owned();
    Refused { login: Login::Rejected, sqlstate: "08P01", message, hint: None }
}
