//! Keeps one catalog fresh: reads it on a timer and on request, one reading at a time.
//!
//! ```text
//! request() → 1 ┐                        ┌ request() → 2, request() → 3
//!   reading … ──┴────────── answered = 1 ┴─ reading (one for both) ── answered = 3
//! ```
//!
//! A request that arrives during a reading is answered by the next one, since the one under way may have looked too early. `session`
//! asks after DDL and after an unknown name; `app` starts a [`Refresher`] for each database and builds worlds from what it reads.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::introspect::Error;
use crate::catalog::Catalog;

/// The least time between the begins of two readings: a client that mistypes a name a thousand times a second costs ten readings.
const SPACING: Duration = Duration::from_millis(100);
/// After a failure the next attempt waits that long, then twice as long, up to the last.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// A handle; clones speak of the same catalog.
#[derive(Clone)]
pub struct Refresher {
    inner: Arc<Inner>,
}

/// What a request is answered by: a reading that began after it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ticket(u64);

/// What is known.
#[derive(Clone, Debug)]
pub enum Status {
    /// The first reading has not ended yet.
    Starting,
    /// The last reading succeeded.
    Fresh,
    /// The last reading failed; what was read before is still used, if there is any.
    Failed {
        /// The error with its sources, in one line.
        why: Arc<str>,
    },
}

struct Inner {
    wanted: AtomicU64,
    wake: Notify,
    /// The last ticket that was answered, and how.
    answered: watch::Sender<(Ticket, Status)>,
}

impl Refresher {
    /// Starts reading: at once, every `interval`, and on request. `take` gets each catalog before its requests count as answered.
    pub fn start<R, F>(
        name: String,
        interval: Duration,
        read: R,
        take: impl Fn(Catalog) + Send + 'static,
    ) -> (Self, JoinHandle<()>)
    where
        R: Fn() -> F + Send + 'static,
        F: Future<Output = Result<Catalog, Error>> + Send + 'static,
    {
        let (answered, _) = watch::channel((Ticket(0), Status::Starting));
        let inner = Arc::new(Inner { wanted: AtomicU64::new(1), wake: Notify::new(), answered });
        let refresher = Self { inner: Arc::clone(&inner) };
        (refresher, tokio::spawn(run(inner, name, interval, read, take)))
    }

    /// Asks for a reading that begins from now on.
    pub fn request(&self) -> Ticket {
        let ticket = self.inner.wanted.fetch_add(1, Ordering::SeqCst) + 1;
        self.inner.wake.notify_one();
        Ticket(ticket)
    }

    /// Waits until the request was answered, by success or failure; the caller bounds the time.
    pub async fn answered(&self, ticket: Ticket) -> Status {
        let mut answers = self.inner.answered.subscribe();
        // The sender lives in `self`, so it cannot be gone.
        let found = answers.wait_for(|(answered, _)| *answered >= ticket).await.map(|answer| answer.1.clone());
        found.unwrap_or(Status::Starting)
    }

    /// Waits until a reading has succeeded.
    pub async fn fresh(&self) {
        let mut answers = self.inner.answered.subscribe();
        // The sender lives in `self`, so it cannot be gone.
        let _ = answers.wait_for(|(_, status)| matches!(status, Status::Fresh)).await;
    }

    /// What is known now.
    pub fn status(&self) -> Status {
        self.inner.answered.borrow().1.clone()
    }
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher").field("status", &self.status()).finish_non_exhaustive()
    }
}

async fn run<R, F>(inner: Arc<Inner>, name: String, interval: Duration, read: R, take: impl Fn(Catalog))
where
    R: Fn() -> F,
    F: Future<Output = Result<Catalog, Error>>,
{
    let mut retry = RETRY.0;
    loop {
        let begun = Instant::now();
        let ticket = Ticket(inner.wanted.load(Ordering::SeqCst));
        let (status, pause) = match read().await {
            Ok(catalog) => {
                if matches!(inner.answered.borrow().1, Status::Failed { .. }) {
                    tracing::info!(backend = name, "the catalog can be read again");
                }
                take(catalog);
                retry = RETRY.0;
                (Status::Fresh, interval)
            }
            Err(error) => {
                let why: Arc<str> = crate::text::chain(&error).into();
                report(&name, &why, &inner.answered.borrow().1);
                let pause = retry.min(interval);
                retry = (retry * 2).min(RETRY.1);
                (Status::Failed { why }, pause)
            }
        };
        inner.answered.send_replace((ticket, status));
        // At most half of the time goes into reading, however often it is asked for.
        let spacing = SPACING.max(begun.elapsed() * 2);
        sleep_until(begun + spacing).await;
        while inner.wanted.load(Ordering::SeqCst) == ticket.0 {
            if timeout_at(begun + pause.max(spacing), inner.wake.notified()).await.is_err() {
                break;
            }
        }
    }
}

/// A failure is said once, and again when it becomes another one.
fn report(name: &str, why: &str, before: &Status) {
    match before {
        Status::Failed { why: same } if **same == *why => tracing::debug!(backend = name, "still: {why}"),
        _ => tracing::error!(backend = name, "{why}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::mpsc;

    use super::*;

    /// A reader that ends each reading when it is told how.
    struct Scripted {
        refresher: Refresher,
        begun: mpsc::UnboundedReceiver<()>,
        end: mpsc::UnboundedSender<Result<Catalog, Error>>,
        taken: Arc<Mutex<Vec<String>>>,
    }

    fn scripted() -> Scripted {
        let (begin, begun) = mpsc::unbounded_channel();
        let (end, ends) = mpsc::unbounded_channel();
        let ends = Arc::new(tokio::sync::Mutex::new(ends));
        let taken = Arc::new(Mutex::new(Vec::new()));
        let read = move || {
            let (begin, ends) = (begin.clone(), Arc::clone(&ends));
            async move {
                begin.send(()).expect("the test listens");
                ends.lock().await.recv().await.expect("the test says how it ends")
            }
        };
        let into = Arc::clone(&taken);
        let take = move |catalog: Catalog| into.lock().expect("no panic").push(catalog.database);
        let (refresher, _) = Refresher::start("test".into(), Duration::from_secs(3600), read, take);
        Scripted { refresher, begun, end, taken }
    }

    fn named(database: &str) -> Catalog {
        Catalog { database: database.into(), ..Catalog::default() }
    }

    fn failure() -> Result<Catalog, Error> {
        Err(Error::Credentials(super::super::login::Error::NoUser))
    }

    #[tokio::test]
    async fn requests_during_a_reading_are_answered_by_one_more() {
        let mut test = scripted();
        test.begun.recv().await.expect("it begins by itself");
        let tickets = [test.refresher.request(), test.refresher.request()];
        test.end.send(Ok(named("first"))).expect("it waits");
        test.begun.recv().await.expect("one more for both");
        assert!(matches!(test.refresher.status(), Status::Fresh));
        let waiting = tokio::spawn({
            let refresher = test.refresher.clone();
            async move { refresher.answered(tickets[1]).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "the reading that was under way does not answer");
        test.end.send(Ok(named("second"))).expect("it waits");
        assert!(matches!(waiting.await.expect("no panic"), Status::Fresh));
        test.refresher.answered(tickets[0]).await;
        assert_eq!(*test.taken.lock().expect("no panic"), ["first", "second"]);
        assert!(test.begun.try_recv().is_err(), "nobody asked for a third");
    }

    #[tokio::test]
    async fn a_failure_answers_too_and_is_tried_again() {
        let mut test = scripted();
        test.begun.recv().await.expect("it begins by itself");
        test.end.send(failure()).expect("it waits");
        test.begun.recv().await.expect("it tries again unasked");
        assert!(matches!(test.refresher.status(), Status::Failed { .. }));
        let ticket = test.refresher.request();
        test.end.send(failure()).expect("it waits");
        test.begun.recv().await.expect("the request has its own reading");
        test.end.send(Ok(named("back"))).expect("it waits");
        assert!(matches!(test.refresher.answered(ticket).await, Status::Fresh));
        assert_eq!(*test.taken.lock().expect("no panic"), ["back"]);
    }
}
