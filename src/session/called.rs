//! Waiting for several things in one task, of which only those are asked that have called.
//!
//! A session is one task: whatever wakes it, all that it waits for would be asked again. A message concerns one of its two
//! directions; and what ends a session comes once in its life, while asking for it takes locks that all sessions share.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Where `future` leaves word that it wants to be asked.
struct Bell {
    rung: AtomicBool,
    task: Waker,
}

impl Bell {
    /// True when it has since it was asked last.
    fn has_rung(&self) -> bool {
        // Nearly always it has not, and looking is cheaper than taking.
        self.rung.load(Ordering::Relaxed) && self.rung.swap(false, Ordering::Acquire)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

/// Something that one waits for and another makes happen, in one task and behind one lock. Once is enough, however often it happens.
#[derive(Debug, Default)]
pub(super) struct Progress {
    happened: bool,
    waiting: Option<Waker>,
}

impl Progress {
    /// It happens, to whoever waits or will wait.
    pub(super) fn happens(&mut self) {
        self.happened = true;
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }

    /// Ready when it has happened since this was ready last.
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        if std::mem::take(&mut self.happened) {
            return Poll::Ready(());
        }
        self.waiting = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// `future`, asked only when it has called, and where it lies: a future that is taken over and waited for would be kept twice.
pub(super) fn when_called<F: Future>(mut future: Pin<&mut F>) -> impl Future<Output = F::Output> + Unpin {
    let mut bell: Option<(Arc<Bell>, Waker)> = None;
    poll_fn(move |cx| {
        let (_, waker) = match &bell {
            Some(known) if known.0.task.will_wake(cx.waker()) => {
                if !known.0.has_rung() {
                    return Poll::Pending;
                }
                known
            }
            _ => {
                let new = Arc::new(Bell { rung: AtomicBool::new(false), task: cx.waker().clone() });
                bell.insert((new.clone(), new.into()))
            }
        };
        future.as_mut().poll(&mut Context::from_waker(waker))
    })
}

/// What came first of two things.
pub(super) enum Either<A, B> {
    First(A),
    Second(B),
}

/// Waits for either; for the first one, if both are there. A future that is ready must not be waited for again.
///
/// As `tokio::select!`, without its share in the bookkeeping of who has run for how long: sockets do that themselves.
pub(super) async fn either<A: Future, B: Future>(
    mut first: Pin<&mut A>,
    mut second: Pin<&mut B>,
) -> Either<A::Output, B::Output> {
    poll_fn(|cx| match first.as_mut().poll(cx) {
        Poll::Ready(first) => Poll::Ready(Either::First(first)),
        Poll::Pending => second.as_mut().poll(cx).map(Either::Second),
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::time::Duration;

    use tokio::sync::watch;
    use tokio::time::sleep;

    use super::*;

    #[tokio::test]
    async fn what_has_called_is_asked_and_nothing_else_is() {
        let (sender, mut receiver) = watch::channel(0);
        let mut asked = 0;
        let mut changed = pin!(receiver.wait_for(|n| *n == 2));
        let counted = pin!(poll_fn(|cx| {
            asked += 1;
            changed.as_mut().poll(cx).map(|_| ())
        }));
        let counted = when_called(counted);
        let busy = async {
            for n in 1..=2 {
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                sender.send_replace(n);
            }
            sleep(Duration::from_secs(60)).await;
        };
        tokio::select! {
            () = counted => {}
            () = busy => panic!("it has not been asked"),
        }
        assert_eq!(asked, 3, "at first, and at each change");
    }
}
