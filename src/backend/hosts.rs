//! The servers of one backend: which there are, what is known of each, and in which order a session is to try them.
//!
//! ```text
//! target_session_attrs  any · read-write · read-only · primary · standby · prefer-standby       as libpq means them
//! ```
//! libpq logs in and then asks a server what it is. A session's login is the client's own and cannot be repeated elsewhere, so that has
//! to be known before: a login of the proxy's own, the one that reads the catalog, stays with each server and asks every two seconds,
//! and at once when no server fits. One server of which nothing is wanted is not asked at all. `session` takes the order, `app` starts
//! the asking.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use tokio_postgres::Client;

use super::introspect::{Error, log_in};
use crate::config::{self, Target};
use crate::net::Address;

/// How often each server is asked.
const PERIOD: Duration = Duration::from_secs(2);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a session that finds no server waits for all of them to be asked again.
const ASKED_AGAIN: Duration = Duration::from_secs(3);

const ROLE: &str = "\
    SELECT pg_catalog.pg_is_in_recovery(), \
           pg_catalog.current_setting('default_transaction_read_only') OPERATOR(pg_catalog.=) 'on'";

/// The servers of a backend.
#[derive(Debug)]
pub struct Hosts {
    addresses: Vec<Address>,
    target: Target,
    balance: bool,
    /// How long connecting to one may take.
    pub connect_timeout: Duration,
    /// The number of the last question to all of them.
    asked: watch::Sender<u64>,
    /// In the order of the addresses.
    seen: watch::Sender<Vec<Seen>>,
}

/// What is known of one server, and which question that answers.
#[derive(Clone, Debug, Default)]
struct Seen {
    state: State,
    answers: u64,
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Unknown,
    Up(Role),
    Down(Arc<str>),
}

/// What a server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Role {
    /// In recovery.
    pub(super) is_standby: bool,
    /// Its transactions are read-only unless they say otherwise.
    pub(super) is_read_only: bool,
}

impl Hosts {
    /// Those that the configuration names.
    #[must_use]
    pub fn new(backend: &config::Backend) -> Self {
        let addresses: Vec<Address> = backend.addresses().map(Address::from).collect();
        Self {
            target: backend.target,
            balance: backend.balance,
            connect_timeout: backend.connect_timeout,
            asked: watch::Sender::new(0),
            seen: watch::Sender::new(vec![Seen::default(); addresses.len()]),
            addresses,
        }
    }

    /// A single one, of which nothing is wanted.
    #[must_use]
    pub fn one(address: Address) -> Self {
        Self {
            addresses: vec![address],
            target: Target::Any,
            balance: false,
            connect_timeout: Duration::from_secs(10),
            asked: watch::Sender::new(0),
            seen: watch::Sender::new(vec![Seen::default()]),
        }
    }

    /// Starts asking them, with the login that reads the catalog of `database`; not where there is nothing to choose.
    pub fn watch(self: &Arc<Self>, backend: &config::Backend, database: &str) {
        if self.addresses.len() == 1 && self.target == Target::Any {
            return;
        }
        for (index, address) in backend.addresses().enumerate() {
            let (hosts, backend, database) = (Arc::clone(self), backend.at(address), database.to_owned());
            tokio::spawn(async move { hosts.watch_one(index, &backend, &database).await });
        }
    }

    /// True when not every server will do.
    #[must_use]
    pub fn is_choosy(&self) -> bool {
        self.target != Target::Any
    }

    /// Why no server fits, as far as is known; none when one does.
    #[must_use]
    pub fn misfits(&self) -> Option<String> {
        self.fitting().is_empty().then(|| self.reasons())
    }

    /// The servers to try, in order.
    ///
    /// # Errors
    /// None fits: why each of them does not.
    pub async fn order(&self) -> Result<Vec<Address>, String> {
        let found = self.fitting();
        if !found.is_empty() {
            return Ok(found);
        }
        self.ask_again().await;
        let found = self.fitting();
        if found.is_empty() { Err(self.reasons()) } else { Ok(found) }
    }

    /// A session did not reach the server at `address`: the others are better tried first.
    pub fn failed(&self, address: &Address, why: &str) {
        let Some(index) = self.addresses.iter().position(|a| a == address) else { return };
        self.seen.send_modify(|seen| {
            let Some(seen) = seen.get_mut(index) else { return };
            if !matches!(seen.state, State::Down(_)) {
                tracing::warn!(host = %address, "host is down: {why}");
            }
            seen.state = State::Down(why.into());
        });
        self.asked.send_modify(|asked| *asked += 1);
    }

    fn fitting(&self) -> Vec<Address> {
        let seen = self.seen.borrow();
        let all = || self.addresses.iter().zip(seen.iter());
        let fits = |role: &Role| fits(self.target, *role);
        let mut found: Vec<(bool, &Address)> = match self.target {
            // What is down may be back: it comes last.
            Target::Any => all().map(|(address, seen)| (matches!(seen.state, State::Down(_)), address)).collect(),
            Target::PreferStandby => {
                let up = all().filter_map(|(address, seen)| match &seen.state {
                    State::Up(role) => Some((!role.is_standby, address)),
                    State::Unknown | State::Down(_) => None,
                });
                up.collect()
            }
            _ => {
                let is_fit = |seen: &Seen| matches!(&seen.state, State::Up(role) if fits(role));
                all().filter(|(_, seen)| is_fit(seen)).map(|(address, _)| (false, address)).collect()
            }
        };
        if self.balance {
            shuffle(&mut found);
        }
        found.sort_by_key(|(is_second, _)| *is_second);
        found.into_iter().map(|(_, address)| address.clone()).collect()
    }

    async fn ask_again(&self) {
        self.asked.send_modify(|asked| *asked += 1);
        let question = *self.asked.borrow();
        let mut seen = self.seen.subscribe();
        let all = seen.wait_for(|seen| seen.iter().all(|seen| seen.answers >= question));
        // Those that have not answered by then are no answer either.
        let _ = timeout(ASKED_AGAIN, all).await;
    }

    fn reasons(&self) -> String {
        let seen = self.seen.borrow();
        let of = |(address, seen): (&Address, &Seen)| match &seen.state {
            State::Unknown => format!("{address}: not asked yet"),
            State::Down(why) => format!("{address}: {why}"),
            State::Up(role) => format!("{address}: {}", misfit(*role)),
        };
        self.addresses.iter().zip(seen.iter()).map(of).collect::<Vec<_>>().join("; ")
    }

    async fn watch_one(&self, index: usize, backend: &config::Backend, database: &str) {
        let mut asked = self.asked.subscribe();
        let mut session = None;
        loop {
            let question = *asked.borrow_and_update();
            let looked = timeout(PATIENCE, look(&mut session, backend, database)).await;
            let state = match looked {
                Ok(Ok(role)) => State::Up(role),
                Ok(Err(error)) => State::Down(crate::text::chain(&error).into()),
                Err(_) => {
                    session = None;
                    State::Down(format!("no answer within {PATIENCE:?}").into())
                }
            };
            self.take(index, Seen { state, answers: question }, backend);
            // The sender lives in `self`, so it cannot be gone.
            let _ = timeout(PERIOD, asked.changed()).await;
        }
    }

    fn take(&self, index: usize, now: Seen, backend: &config::Backend) {
        self.seen.send_modify(|seen| {
            let Some(before) = seen.get_mut(index) else { return };
            match (&before.state, &now.state) {
                (State::Up(before), State::Up(now)) if before == now => {}
                (State::Down(_), State::Down(_)) | (_, State::Unknown) => {}
                (_, State::Up(role)) => {
                    tracing::info!(backend = backend.name, host = %backend.address, role = describe(*role), "host is up");
                }
                (_, State::Down(why)) => {
                    tracing::warn!(backend = backend.name, host = %backend.address, "host is down: {why}");
                }
            }
            *before = now;
        });
    }
}

/// Asks a server what it is, over the session that there is or a new one.
async fn look(session: &mut Option<Client>, backend: &config::Backend, database: &str) -> Result<Role, Error> {
    // Gone until it has answered: one that fails is not asked again.
    let client = match session.take().filter(|client| !client.is_closed()) {
        Some(client) => client,
        None => log_in(backend, database).await?,
    };
    let role = role(&client, backend, database).await?;
    *session = Some(client);
    Ok(role)
}

/// What the server of a session is.
pub(super) async fn role(client: &Client, backend: &config::Backend, database: &str) -> Result<Role, Error> {
    let failed = |source| Error::Read { address: backend.address.clone(), database: database.to_owned(), source };
    let row = client.query_typed_one(ROLE, &[]).await.map_err(failed)?;
    Ok(Role { is_standby: row.try_get(0).map_err(failed)?, is_read_only: row.try_get(1).map_err(failed)? })
}

/// True when a server is what is wanted in the first place.
pub(super) fn fits(target: Target, role: Role) -> bool {
    match target {
        Target::Any => true,
        Target::ReadWrite => !role.is_standby && !role.is_read_only,
        Target::ReadOnly => role.is_standby || role.is_read_only,
        Target::Primary => !role.is_standby,
        Target::Standby | Target::PreferStandby => role.is_standby,
    }
}

/// In libpq's words.
pub(super) fn misfit(role: Role) -> &'static str {
    match (role.is_standby, role.is_read_only) {
        (true, _) => "server is in hot standby mode",
        (false, true) => "session is read-only",
        (false, false) => "server is not in hot standby mode",
    }
}

fn describe(role: Role) -> &'static str {
    match (role.is_standby, role.is_read_only) {
        (true, _) => "standby",
        (false, true) => "primary, read-only",
        (false, false) => "primary",
    }
}

fn shuffle<T>(list: &mut [T]) {
    for end in (1..list.len()).rev() {
        // Random enough to spread clients; each of these is seeded anew.
        let random = RandomState::new().build_hasher().finish();
        let other = random % u64::try_from(end + 1).unwrap_or(1);
        list.swap(end, usize::try_from(other).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIMARY: Role = Role { is_standby: false, is_read_only: false };
    const STANDBY: Role = Role { is_standby: true, is_read_only: false };
    const READ_ONLY: Role = Role { is_standby: false, is_read_only: true };

    fn hosts(target: Target, states: &[State]) -> Hosts {
        let addresses = (1..).take(states.len()).map(|port| Address::Tcp { host: "h".into(), port }).collect();
        let seen = states.iter().map(|state| Seen { state: state.clone(), answers: 0 }).collect();
        let one = Hosts::one(Address::Unix("/nowhere".into()));
        Hosts { addresses, target, seen: watch::Sender::new(seen), ..one }
    }

    fn order(hosts: &Hosts) -> Vec<u16> {
        let port = |address| if let Address::Tcp { port, .. } = address { port } else { 0 };
        hosts.fitting().into_iter().map(port).collect()
    }

    #[test]
    fn each_wish_has_its_servers() {
        let all =
            [State::Down("x".into()), State::Up(STANDBY), State::Up(PRIMARY), State::Up(READ_ONLY), State::Unknown];
        for (target, expected) in [
            (Target::Any, &[2, 3, 4, 5, 1][..]),
            (Target::ReadWrite, &[3]),
            (Target::ReadOnly, &[2, 4]),
            (Target::Primary, &[3, 4]),
            (Target::Standby, &[2]),
            (Target::PreferStandby, &[2, 3, 4]),
        ] {
            assert_eq!(order(&hosts(target, &all)), expected, "{target:?}");
        }
        let reasons = hosts(Target::Standby, &[State::Down("gone".into()), State::Up(PRIMARY)]).reasons();
        assert_eq!(reasons, "h:1: gone; h:2: server is not in hot standby mode");
    }

    #[test]
    fn a_balanced_order_has_everyone_first_at_times() {
        let all = hosts(Target::Any, &[State::Unknown, State::Unknown, State::Unknown]);
        let all = Hosts { balance: true, ..all };
        let firsts: std::collections::HashSet<u16> = (0..200).map(|_| order(&all)[0]).collect();
        assert_eq!(firsts.len(), 3);
    }
}
