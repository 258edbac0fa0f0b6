//! Waiting for what seldom comes, at no cost for what comes often.
//!
//! A session is one task: whatever wakes it, all that it waits for is asked again. Most of that is the next message. What ends a
//! session comes once in its life, and asking for it each time takes locks that all sessions share.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Where `future` leaves word that it wants to be asked.
struct Bell {
    rung: AtomicBool,
    task: Waker,
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

/// `future`, asked only when it has called.
pub(super) async fn seldom<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut bell: Option<Arc<Bell>> = None;
    poll_fn(move |cx| {
        let bell = match &bell {
            Some(known) if known.task.will_wake(cx.waker()) => {
                if !known.rung.swap(false, Ordering::Acquire) {
                    return Poll::Pending;
                }
                known
            }
            _ => bell.insert(Arc::new(Bell { rung: AtomicBool::new(false), task: cx.waker().clone() })),
        };
        future.as_mut().poll(&mut Context::from_waker(&Waker::from(bell.clone())))
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::watch;
    use tokio::time::sleep;

    use super::*;

    #[tokio::test]
    async fn what_has_called_is_asked_and_nothing_else_is() {
        let (sender, mut receiver) = watch::channel(0);
        let mut asked = 0;
        let mut changed = pin!(receiver.wait_for(|n| *n == 2));
        let counted = seldom(poll_fn(|cx| {
            asked += 1;
            changed.as_mut().poll(cx).map(|_| ())
        }));
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
