//! One session from its startup packet to its end: two directions that never wait for each other's traffic.
//!
//! Both run in one task. They meet in the [`Conversation`] behind its lock, which is never held across a wait.
//!
//! ```text
//! either end ends ──────────────────────▶ the other gets what is left
//! the proxy drains, nothing is under way ▶ 57P01
//! the proxy's time is over ─▶ cancel request ─▶ answered, or LAST_STATEMENT ─▶ 57P01
//! ```

use std::future::{pending, poll_fn};
use std::io;
use std::net::TcpStream;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};

use super::answers::{Answers, ServerEnd};
use super::buffer::Buffer;
use super::called::{Either, either, when_called};
use super::cancel::{self, Key};
use super::conversation::{Conversation, Phase};
use super::farewell;
use super::lane::Lane;
use super::login::Ready;
use super::opening::{ClientEnd, Opening};
use super::route::{Life, Route, Shared};
use super::seat::Stay;
use super::shortcut::Slip;
use super::startup::Asked;
use crate::metrics::{Ended, Login};
use crate::net::{Here, Peer, Rounds, Socket};
use crate::wire::error::fatal;
use crate::wire::frame::Sender;

/// How long a server that takes nothing more may go on talking.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long a statement may go on after it was cancelled because the proxy ends.
const LAST_STATEMENT: Duration = Duration::from_secs(2);

const DRAINED: &str = "exonym is shutting down; connect again";
pub(super) const LATE: &str = "exonym waits for the login no longer than its `startup_timeout`";

/// What both directions of a session use.
///
/// In this order, as in [`Conversation`]: what each message touches lies together, and in few lines of the processor's cache. With many
/// sessions they have gone cold by the next message.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Session {
    /// What the shorter way between its sockets and the client's direction leave each other.
    pub(super) from_client: Slip,
    /// The same of the server's.
    pub(super) from_server: Slip,
    pub(super) shared: Arc<Shared>,
    pub(super) route: Arc<Route>,
    conversation: Mutex<Conversation>,
    /// Its sockets are on a thread of their own kind, which has that shorter way.
    pub(super) is_near: bool,
    pub(super) peer: Arc<Peer>,
    pub(super) key: Mutex<Option<Key>>,
}

/// A session that is relayed where it is.
pub(super) type Relaying = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What ends a session from outside.
enum Outside {
    /// The server has not let the client in by the deadline.
    Late,
    /// The proxy's time is over.
    Over,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>, route: Arc<Route>, peer: Peer, asked: Asked) -> Self {
        let conversation = Conversation::new(shared.clone(), route.clone(), asked);
        Self {
            shared,
            route,
            peer: Arc::new(peer),
            key: Mutex::new(None),
            conversation: Mutex::new(conversation),
            is_near: false,
            from_client: Slip::default(),
            from_server: Slip::default(),
        }
    }

    /// What is known of the session. Not to be held across a wait.
    pub(super) fn lock(&self) -> MutexGuard<'_, Conversation> {
        self.conversation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for what ends the session from outside.
    async fn outside(&self, deadline: Instant) -> Outside {
        tokio::select! {
            biased;
            () = self.is_late(deadline) => Outside::Late,
            () = self.is_over() => Outside::Over,
        }
    }

    /// Waits until the server has not let the client in at `deadline`; else for ever.
    async fn is_late(&self, deadline: Instant) {
        // A timer that is set makes each wait for messages dearer, so it ends with the login.
        tokio::select! {
            biased;
            () = poll_fn(|cx| self.lock().let_in.poll(cx)) => {}
            () = sleep_until(deadline) => {}
        }
        if !self.give_up_login() {
            pending::<()>().await;
        }
    }

    /// Ends a session that is still in its login; false when it is not.
    fn give_up_login(&self) -> bool {
        let mut conversation = self.lock();
        let is_login = conversation.phase == Phase::Login;
        if is_login {
            conversation.phase = Phase::Ending;
            conversation.login_ended(Login::TimedOut);
        }
        is_login
    }

    /// Waits until the proxy's time is over.
    async fn is_over(&self) {
        // An error means that the proxy is gone, and then so is its time.
        let _ = self.shared.life.subscribe().wait_for(|life| *life == Life::Over).await;
    }

    /// Has the server cancel what the session runs, if it runs something.
    async fn cancel(&self) {
        let key = self.key.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(key) = key.filter(|_| !self.lock().is_quiet()) {
            cancel::request(&self.peer, &key, LAST_STATEMENT).await;
        }
    }

    /// Waits until the server has answered something.
    pub(super) async fn progress(&self) {
        poll_fn(|cx| self.lock().progress.poll(cx)).await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let key = self.key.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = key.take() {
            self.shared.sessions.leave(&key, &self.peer);
        }
        let mut conversation = self.lock();
        if conversation.steps.is_some() {
            conversation.login_ended(Login::Abandoned);
        }
    }
}

/// Relays until either end has ended. `company` is dropped with the session.
///
/// What is returned is to be waited for; none where the session has gone to the thread beside this one.
pub(super) fn run(ready: Ready, shared: Arc<Shared>, until: Instant, company: Box<dyn Send>) -> Option<Relaying> {
    let Ready { client, server, peer, route, seat, asked, steps } = ready;
    let stay = Stay::new(seat, company);
    let mut session = Session::new(shared, route, peer, asked);
    session.lock().steps = Some(steps);
    let (asked, answered) = (client.buffer, server.buffer);
    match (client.socket, server.socket) {
        (Socket::Tcp(client), Socket::Tcp(server)) if Rounds::is_beside() => {
            let sockets = client.into_std().and_then(|client| Ok((client, server.into_std()?)));
            session.is_near = true;
            Rounds::give(async move |here| {
                let session = Rc::new(session);
                let ended = run_near(&session, &here, sockets, (asked, answered), until).await;
                drop(session);
                stay.ends(ended);
            });
            None
        }
        (mut client, mut server) => Some(Box::pin(async move {
            let ended = relay(&session, (client.halves(), asked), (server.halves(), answered), until).await;
            drop(session);
            stay.ends(ended);
        })),
    }
}

/// Relays on the thread of the sockets.
pub(super) async fn run_near(
    session: &Rc<Session>,
    here: &Here,
    sockets: io::Result<(TcpStream, TcpStream)>,
    (asked, answered): (Buffer, Buffer),
    until: Instant,
) -> Ended {
    match sockets.and_then(|(client, server)| Ok((here.take(client)?, here.take(server)?))) {
        Ok((client, server)) => {
            client.shorten(&server, session);
            relay(session, (client.halves(), asked), (server.halves(), answered), until).await
        }
        Err(error) => {
            tracing::error!(%error, route = %session.route.name, "a session could not be given to its thread and was ended");
            Ended::ServerGone
        }
    }
}

/// Relays between two ends: where the bytes of each come from and go to, and what has been read already.
pub(super) async fn relay<R, W>(
    session: &Session,
    client: ((R, W), Buffer),
    server: ((R, W), Buffer),
    until: Instant,
) -> Ended
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let ((from_client, to_client), asked) = client;
    let ((from_server, to_server), answered) = server;
    let mut opening = Opening::new(Lane::new(Sender::Client, from_client, to_server, asked), session);
    let mut answers = Answers::new(Lane::new(Sender::Server, from_server, to_client, answered), session);
    let end = {
        let (to_server, to_client, outside) = (pin!(opening.run()), pin!(answers.run()), pin!(session.outside(until)));
        let mut directions = pin!(both(when_called(to_server), when_called(to_client)));
        match either(directions.as_mut(), pin!(when_called(outside))).await {
            Either::First(end) => end,
            Either::Second(Outside::Late) => Some(ServerEnd::Late),
            Either::Second(Outside::Over) => {
                // The directions go on meanwhile: the answer to the cancelled statement is the client's.
                let cancelled = Box::pin(session.cancel());
                let ((), end) = tokio::join!(cancelled, timeout(LAST_STATEMENT, directions));
                end.unwrap_or(Some(ServerEnd::Drained))
            }
        }
    };
    tracing::debug!(route = %session.route.name, ?end, "session ended");
    let (ended, last_word) = match end {
        Some(ServerEnd::Finished) => (Ended::Finished, None),
        Some(ServerEnd::Lost) => (Ended::ServerGone, None),
        Some(ServerEnd::Drained) => {
            (Ended::Drained, Some(("57P01", "terminating connection due to administrator command", DRAINED)))
        }
        Some(ServerEnd::Late) => (Ended::TimedOut, Some(("57014", "canceling authentication due to timeout", LATE))),
        Some(ServerEnd::ClientDeaf) | None => return Ended::ClientGone,
    };
    if let Some((sqlstate, message, hint)) = last_word {
        let report = fatal(sqlstate, message, Some(hint));
        if !matches!(timeout(farewell::PATIENCE, answers.say(&report)).await, Ok(Ok(()))) {
            return ended;
        }
    }
    farewell::linger(opening.client_stream(), answers.client_stream()).await;
    ended
}

/// Runs both directions until the session is at its end; none when there is nobody left to tell anything.
async fn both(
    mut to_server: impl Future<Output = ClientEnd> + Unpin,
    mut to_client: impl Future<Output = ServerEnd> + Unpin,
) -> Option<ServerEnd> {
    match either(Pin::new(&mut to_client), Pin::new(&mut to_server)).await {
        Either::First(end) => Some(end),
        Either::Second(ClientEnd::Finished) => Some(to_client.await),
        Either::Second(ClientEnd::ServerDeaf) => timeout(LAST_WORDS, to_client).await.ok(),
        Either::Second(ClientEnd::Gone) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::stage::{Closes, FROM_CLIENT, FROM_SERVER, LEGACY, NOTHING, cut, frames, session, through};

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

        #[test]
        fn any_frames_in_any_pieces_go_through_as_they_came(
            client in frames(FROM_CLIENT, 0..3000),
            server in frames(FROM_SERVER, 0..3000),
            lengths in proptest::collection::vec(1usize..200, 0..40),
            limit in prop::sample::select(vec![10usize, 1000, 1_000_000]),
        ) {
            let (at_server, at_client) =
                through(&session(NOTHING, limit), &cut(&client, &lengths), &cut(&server, &lengths), Closes::Late);
            prop_assert_eq!(client, at_server);
            prop_assert_eq!(server, at_client);
        }

        #[test]
        fn any_bytes_end_the_session_and_nothing_else(
            client in proptest::collection::vec(any::<u8>(), 0..300),
            server in proptest::collection::vec(any::<u8>(), 0..300),
            lengths in proptest::collection::vec(1usize..50, 0..10),
        ) {
            let (at_server, _) = through(&session(LEGACY, 100), &cut(&client, &lengths), &cut(&server, &lengths), Closes::Early);
            prop_assert!(client.starts_with(&at_server));
        }

        #[test]
        fn statements_and_answers_in_any_order_break_nothing(
            statements in proptest::collection::vec(
                prop::sample::select(vec!["SELECT kwh FROM log", "SELECT 1", "SET search_path = a", "log \u{e4}", ""]), 0..8),
            server in frames(FROM_SERVER, 0..300),
            lengths in proptest::collection::vec(1usize..200, 0..20),
        ) {
            let mut client = Vec::new();
            for (i, statement) in statements.iter().enumerate() {
                if i % 2 == 0 {
                    crate::wire::message::write_query(&mut client, statement.as_bytes());
                } else {
                    let parse = crate::wire::message::Parse { name: b"s", text: statement.as_bytes(), types: &[0, 0] };
                    crate::wire::message::write_parse(&mut client, parse);
                    crate::wire::frame::write(&mut client, b'S', |_| ());
                }
            }
            through(&session(LEGACY, 1000), &cut(&client, &lengths), &cut(&server, &lengths), Closes::Early);
        }
    }
}
