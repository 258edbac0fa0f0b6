//! How sessions tell that the catalog has changed, and how they learn that it has been read again.
//!
//! Requests are tickets that only grow. One refresher serves a route: it takes the newest ticket *before* it reads the
//! catalog, and reports that ticket when the new world is in place; so a request made while it reads is served by the next
//! reading, and a hundred requests made meanwhile cost one.
//!
//! ```text
//! session    ask() = 7 ················ wait(7) ───────────────▶ goes on
//! refresher        asked(6) = 7 ── reads ── swaps ── finished(7)
//! ```

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

/// Requests to read the catalog again, and the last one that was served.
#[derive(Debug)]
pub struct Refresh {
    asked: watch::Sender<u64>,
    served: watch::Sender<Served>,
    /// The last ticket of a session that has changed the catalog itself.
    changed: AtomicU64,
    /// The same of the settings that sessions begin with.
    settings: AtomicU64,
}

/// The last tickets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Served {
    /// That was answered.
    last: u64,
    /// By a catalog.
    read: u64,
}

/// What a session has changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) enum Changed {
    #[default]
    Nothing,
    /// Tables, columns, or what a user finds of them.
    Tables,
    /// Perhaps what sessions of a role or in a database begin with, too.
    Settings,
}

impl Default for Refresh {
    fn default() -> Self {
        Self {
            asked: watch::Sender::new(0),
            served: watch::Sender::default(),
            changed: AtomicU64::new(0),
            settings: AtomicU64::new(0),
        }
    }
}

/// The refresher's end. While it lives, sessions wait for it.
#[derive(Debug)]
pub struct Refresher {
    asked: watch::Receiver<u64>,
    served: watch::Sender<Served>,
}

impl Refresh {
    /// Becomes the one that serves this route's requests.
    pub fn refresher(&self) -> Refresher {
        Refresher { asked: self.asked.subscribe(), served: self.served.clone() }
    }

    /// Asks for a reading that begins after this call.
    pub(super) fn ask(&self) -> u64 {
        let mut ticket = 0;
        self.asked.send_modify(|last| {
            *last += 1;
            ticket = *last;
        });
        ticket
    }

    /// Asks because a session has changed the catalog: the route's statements from now on are better decided after that reading.
    pub(super) fn ask_after_change(&self, changed: Changed) {
        let ticket = self.ask();
        self.changed.fetch_max(ticket, Ordering::SeqCst);
        if changed == Changed::Settings {
            self.settings.fetch_max(ticket, Ordering::SeqCst);
        }
    }

    /// Waits until the last change of settings is read, `limit` at most. Tells which it is; none when it has not been read.
    pub(super) async fn settings(&self, limit: Duration) -> Option<u64> {
        let ticket = self.last_settings();
        if ticket > self.served.borrow().last {
            self.wait(ticket, limit).await;
        }
        (ticket <= self.served.borrow().read).then_some(ticket)
    }

    /// The ticket of the last change of settings.
    pub(super) fn last_settings(&self) -> u64 {
        self.settings.load(Ordering::SeqCst)
    }

    /// The ticket of the last such change above `waited_for`, unless it is served.
    pub(super) fn unserved_change(&self, waited_for: u64) -> Option<u64> {
        let ticket = self.changed.load(Ordering::SeqCst);
        (ticket > waited_for && ticket > self.served.borrow().last).then_some(ticket)
    }

    /// Returns when `ticket` is served, when nobody is there to serve it, or after `limit`.
    pub(super) async fn wait(&self, ticket: u64, limit: Duration) {
        if self.asked.receiver_count() == 0 {
            return;
        }
        let mut served = self.served.subscribe();
        // Too late is not an error: the statement is then decided on the catalog at hand, as before the change.
        let _ = tokio::time::timeout(limit, served.wait_for(|served| served.last >= ticket)).await;
    }
}

impl Refresher {
    /// Waits until something beyond the last ticket taken has been asked for, and takes it.
    pub async fn asked(&mut self) -> u64 {
        // The route holds the other end for as long as it exists; without it nothing will ever be asked again.
        if self.asked.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        *self.asked.borrow_and_update()
    }

    /// Reports that everything up to `ticket` is served: the catalog has been read.
    pub fn finished(&self, ticket: u64) {
        self.served.send_modify(|served| {
            served.last = served.last.max(ticket);
            served.read = served.read.max(ticket);
        });
    }

    /// The same where reading failed, for waiting longer would not help.
    pub fn failed(&self, ticket: u64) {
        self.served.send_modify(|served| served.last = served.last.max(ticket));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_made_while_reading_is_served_by_the_next_reading() {
        let refresh = Refresh::default();
        let mut refresher = refresh.refresher();
        let first = refresh.ask();
        let taken = refresher.asked().await;
        let second = refresh.ask();
        refresher.finished(taken);
        refresh.wait(first, Duration::from_secs(60)).await;
        let late = tokio::time::timeout(Duration::from_millis(20), refresh.wait(second, Duration::from_secs(60))).await;
        assert!(late.is_err(), "the reading began before the second request");
        let taken = refresher.asked().await;
        refresher.finished(taken);
        refresh.wait(second, Duration::from_secs(60)).await;
    }

    #[tokio::test]
    async fn a_change_is_waited_for_until_it_is_served() {
        let refresh = Refresh::default();
        let mut refresher = refresh.refresher();
        refresh.ask();
        assert_eq!(refresh.unserved_change(0), None, "a question is not a change");
        refresh.ask_after_change(Changed::Tables);
        assert_eq!(refresh.unserved_change(0), Some(2));
        assert_eq!(refresh.unserved_change(2), None, "one wait is enough, also when it was in vain");
        let taken = refresher.asked().await;
        refresher.finished(taken);
        assert_eq!(refresh.unserved_change(0), None);
    }

    #[tokio::test]
    async fn a_change_of_settings_is_known_once_it_is_served() {
        let refresh = Refresh::default();
        let mut refresher = refresh.refresher();
        let moment = Duration::from_millis(20);
        refresh.ask_after_change(Changed::Tables);
        assert_eq!(refresh.settings(moment).await, Some(0), "tables are none");
        refresh.ask_after_change(Changed::Settings);
        assert_eq!(refresh.settings(moment).await, None, "not read yet");
        refresher.failed(2);
        assert_eq!(refresh.settings(moment).await, None, "it could not be read");
        let taken = refresher.asked().await;
        refresher.finished(taken);
        assert_eq!(refresh.settings(moment).await, Some(2));
    }

    #[tokio::test]
    async fn without_a_refresher_nobody_waits() {
        let refresh = Refresh::default();
        let ticket = refresh.ask();
        refresh.wait(ticket, Duration::from_secs(60)).await;
    }
}
