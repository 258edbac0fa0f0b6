//! How tasks are called: on their own thread by a place in a queue, from others through the inbox.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

use super::{Here, Work};

/// What a thread is told from outside.
pub(super) enum Message {
    /// A new task.
    Begin(Box<dyn FnOnce(&Here) -> Work + Send>),
    /// A task wants to be polled.
    Call(usize),
    /// Nothing more is to be done.
    End,
}

/// Where other threads leave word.
pub(super) struct Inbox {
    /// None when nobody takes any more.
    messages: Mutex<Option<Vec<Message>>>,
    /// The thread has been woken and has not looked yet.
    told: AtomicBool,
    bell: mio::Waker,
}

/// The waker of a task.
#[derive(Debug)]
pub(super) struct Call {
    task: usize,
    /// It is in a queue already.
    called: AtomicBool,
    inbox: Arc<Inbox>,
}

/// What a thread has been called for by itself.
#[derive(Default)]
struct Called {
    /// Whose thread it is.
    inbox: Option<Arc<Inbox>>,
    tasks: Vec<usize>,
}

thread_local! {
    static CALLED: RefCell<Called> = RefCell::default();
}

/// This thread takes what comes there.
pub(super) fn listen(inbox: &Arc<Inbox>) {
    CALLED.with_borrow_mut(|called| called.inbox = Some(Arc::clone(inbox)));
}

/// Who has been called on this thread, for an empty `round`.
pub(super) fn take_called(round: &mut Vec<usize>) {
    CALLED.with_borrow_mut(|called| std::mem::swap(&mut called.tasks, round));
}

/// True when someone has.
pub(super) fn is_anyone_called() -> bool {
    CALLED.with_borrow(|called| !called.tasks.is_empty())
}

impl Inbox {
    pub(super) fn new(bell: mio::Waker) -> Self {
        Self { messages: Mutex::new(Some(Vec::new())), told: AtomicBool::new(false), bell }
    }

    pub(super) fn send(&self, message: Message) {
        // What nobody takes is dropped when the lock is free again, as it may be somebody's work.
        let refused = match &mut *self.lock() {
            Some(messages) => {
                messages.push(message);
                None
            }
            None => Some(message),
        };
        if refused.is_none()
            && !self.told.swap(true, Ordering::AcqRel)
            && let Err(error) = self.bell.wake()
        {
            tracing::error!(%error, "a thread of sessions could not be woken");
        }
    }

    /// All that has come.
    pub(super) fn take(&self) -> Vec<Message> {
        // First of all: what comes from now on rings again.
        self.told.swap(false, Ordering::AcqRel);
        self.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        let left = self.lock().take();
        drop(left);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Message>>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

impl Call {
    pub(super) const fn new(task: usize, inbox: Arc<Inbox>) -> Self {
        Self { task, called: AtomicBool::new(false), inbox }
    }

    /// The task is about to be polled: what happens from now on has to call again, and what has happened before is seen.
    pub(super) fn is_heard(&self) {
        self.called.swap(false, Ordering::AcqRel);
    }

    /// Puts the task into the queue of this thread; false when it is another one's.
    fn call_here(&self) -> bool {
        let call = |called: &RefCell<Called>| {
            let mut called = called.borrow_mut();
            let is_here = called.inbox.as_ref().is_some_and(|inbox| Arc::ptr_eq(inbox, &self.inbox));
            if is_here {
                called.tasks.push(self.task);
            }
            is_here
        };
        // A thread that ends has no queue any more.
        CALLED.try_with(call).unwrap_or(false)
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.called.swap(true, Ordering::AcqRel) && !self.call_here() {
            self.inbox.send(Message::Call(self.task));
        }
    }
}
