//! A thread that does nothing but go round its sockets: where plain sessions are relayed.
//!
//! A relayed message is so little work that the bookkeeping of a runtime for everything is a fifth of it. This one knows sockets that
//! are [`Near`] and tasks that wait for them. Whatever else a task may wait for, timers above all, is tokio's and calls from
//! outside.
//!
//! ```text
//! inbox, tokio ─▶ called tasks ─▶ each is polled ─▶ none is left: wait for sockets ─▶ readable? its shortcut goes ─▶ else its task is called
//! ```
//! Two sockets may have a [`Shortcut`] between them, which goes first: most of what comes then costs neither a call nor a poll.
//! `app` starts one beside each thread of sessions; `session` gives it what has come in.

mod call;
mod near;

use std::cell::RefCell;
use std::io;
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Registry, Token};
use slab::Slab;
use tokio::runtime::Handle;

use call::{Call, Inbox, Message};
pub use near::{End, Near, NearSocket, Shortcut};

/// So many sockets are told of at a time.
const EVENTS: usize = 256;

/// What tells of the inbox; other tokens are sockets.
const INBOX: Token = Token(usize::MAX);

/// A thread and what it has to do; it ends when this is dropped, with all its tasks.
#[derive(Debug)]
pub struct Rounds {
    inbox: Arc<Inbox>,
    thread: Option<JoinHandle<()>>,
}

/// The sockets of such a thread, on itself.
#[derive(Clone, Debug)]
pub struct Here(Rc<Sockets>);

#[derive(Debug)]
struct Sockets {
    registry: Registry,
    watched: RefCell<Slab<Rc<NearSocket>>>,
}

/// What a task does, which never leaves its thread.
type Work = Pin<Box<dyn Future<Output = ()>>>;

struct Task {
    work: Work,
    call: Arc<Call>,
    waker: Waker,
}

thread_local! {
    static BESIDE: RefCell<Option<Rounds>> = const { RefCell::new(None) };
}

impl Rounds {
    /// Starts a thread beside this one, whose runtime its tasks use for everything but sockets that are near.
    ///
    /// # Errors
    /// Those of starting it.
    pub fn start_beside(name: String, runtime: Handle) -> io::Result<()> {
        let poll = mio::Poll::new()?;
        let inbox = Arc::new(Inbox::new(mio::Waker::new(poll.registry(), INBOX)?));
        let registry = poll.registry().try_clone()?;
        let messages = Arc::clone(&inbox);
        let thread = thread::Builder::new().name(name).spawn(move || {
            let _runtime = runtime.enter();
            let here = Here(Rc::new(Sockets { registry, watched: RefCell::default() }));
            if let Err(error) = go_round(poll, &here, &messages) {
                tracing::error!(%error, "a thread of sessions cannot wait for them any more; they end");
            }
            messages.close();
        })?;
        BESIDE.set(Some(Self { inbox, thread: Some(thread) }));
        Ok(())
    }

    /// Has the thread beside this one do what `begin` makes there, and waits for nothing. Where there is no such thread, or it ends
    /// before, the work is dropped; also where it panics.
    pub fn give<F>(begin: impl FnOnce(Here) -> F + Send + 'static)
    where
        F: Future<Output = ()> + 'static,
    {
        let begin = move |here: &Here| -> Work { Box::pin(begin(here.clone())) };
        BESIDE.with_borrow(|beside| {
            if let Some(beside) = beside {
                beside.inbox.send(Message::Begin(Box::new(begin)));
            }
        });
    }

    /// Ends the thread beside this one, which has to be before the runtime of its tasks ends: a timer that is asked then panics.
    pub fn end_beside() {
        drop(BESIDE.take());
    }

    /// True where there is one beside this thread.
    pub fn is_beside() -> bool {
        BESIDE.with_borrow(Option::is_some)
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.inbox.send(Message::End);
        if let Some(thread) = self.thread.take() {
            // It has told of its panic itself.
            let _ = thread.join();
        }
    }
}

impl Here {
    /// Takes a socket that does not block.
    ///
    /// # Errors
    /// Those of the system, when it can watch no more of them.
    pub fn take(&self, socket: TcpStream) -> io::Result<Near> {
        let socket = Rc::new(NearSocket::new(socket));
        let mut watched = self.0.watched.borrow_mut();
        let place = watched.vacant_entry();
        let key = place.key();
        let mut source = SourceFd(&socket.descriptor());
        self.0.registry.register(&mut source, Token(key), Interest::READABLE | Interest::WRITABLE)?;
        place.insert(Rc::clone(&socket));
        drop(watched);
        Ok(Near::new(socket, self.clone(), key))
    }

    fn forget(&self, socket: &NearSocket, key: usize) {
        // It is about to be closed, and nobody is told of a closed one.
        let _ = self.0.registry.deregister(&mut SourceFd(&socket.descriptor()));
        self.0.watched.borrow_mut().try_remove(key);
    }
}

/// Until it is told to end.
fn go_round(mut poll: mio::Poll, here: &Here, inbox: &Arc<Inbox>) -> io::Result<()> {
    let mut events = Events::with_capacity(EVENTS);
    let mut tasks: Slab<Task> = Slab::new();
    let mut round = Vec::new();
    call::listen(inbox);
    loop {
        call::take_called(&mut round);
        // Who is called meanwhile waits for the next round, so that sockets are asked in between.
        for task in round.drain(..) {
            go_on(&mut tasks, task);
        }
        let patience = call::is_anyone_called().then_some(Duration::ZERO);
        match poll.poll(&mut events, patience) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        // What has come by now has come now: to look at the clock for each of them is dearer than that is exact.
        let now = Instant::now();
        for event in &events {
            if event.token() != INBOX {
                if let Some(socket) = here.0.watched.borrow().get(event.token().0) {
                    socket.happened(event, now);
                }
                continue;
            }
            for message in inbox.take() {
                match message {
                    Message::Begin(begin) => begin_task(&mut tasks, begin(here), inbox),
                    Message::Call(task) => go_on(&mut tasks, task),
                    Message::End => return Ok(()),
                }
            }
        }
    }
}

fn begin_task(tasks: &mut Slab<Task>, work: Work, inbox: &Arc<Inbox>) {
    let place = tasks.vacant_entry();
    let key = place.key();
    let call = Arc::new(Call::new(key, Arc::clone(inbox)));
    place.insert(Task { work, waker: Waker::from(Arc::clone(&call)), call });
    go_on(tasks, key);
}

/// Polls a task. One that has ended may still be called: then nobody is there, or another one that finds nothing to do.
fn go_on(tasks: &mut Slab<Task>, key: usize) {
    let Some(task) = tasks.get_mut(key) else { return };
    task.call.is_heard();
    let mut context = Context::from_waker(&task.waker);
    // A bug must cost one session, not all of a thread.
    let polled = catch_unwind(AssertUnwindSafe(|| task.work.as_mut().poll(&mut context)));
    if !matches!(polled, Ok(Poll::Pending)) {
        drop(tasks.remove(key));
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;
    use tokio::time::{sleep, timeout};

    use super::*;

    /// Gives work and waits for what comes of it; none when it was dropped.
    fn give<F>(begin: impl FnOnce(Here) -> F + Send + 'static) -> impl Future<Output = Option<F::Output>>
    where
        F: Future<Output: Send> + 'static,
    {
        let (done, outcome) = oneshot::channel();
        Rounds::give(async move |here| drop(done.send(begin(here).await)));
        async { outcome.await.ok() }
    }

    fn pair() -> (TcpStream, tokio::net::TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let far = TcpStream::connect(listener.local_addr().expect("its address")).expect("connects");
        let (near, _) = listener.accept().expect("accepts");
        near.set_nonblocking(true).expect("it can");
        far.set_nonblocking(true).expect("it can");
        (near, tokio::net::TcpStream::from_std(far).expect("a socket"))
    }

    fn start() {
        Rounds::start_beside("rounds".into(), Handle::current()).expect("a thread");
    }

    async fn echo(near: Near) -> usize {
        let (mut from, mut to) = near.halves();
        let mut all = 0;
        let mut room = vec![0; 10_000];
        loop {
            match from.read(&mut room).await.expect("reads") {
                0 => break,
                n => {
                    to.write_all(&room[..n]).await.expect("writes");
                    all += n;
                }
            }
        }
        to.shutdown().await.expect("ends");
        all
    }

    #[tokio::test]
    async fn all_bytes_go_round_however_slowly_they_are_taken() {
        const SIZE: usize = 20_000_000;
        start();
        let mut turns = Vec::new();
        for _ in 0..3 {
            let (near, far) = pair();
            let echoed = give(|here| async move { echo(here.take(near).expect("takes it")).await });
            let (mut back, mut forth) = far.into_split();
            turns.push(tokio::spawn(async move {
                let sent: Vec<u8> = (0..=250u8).cycle().take(SIZE).collect();
                let expected = sent.clone();
                let send = async move {
                    forth.write_all(&sent).await.expect("sends");
                    drop(forth);
                };
                let take = async {
                    // Until then no room is left anywhere.
                    sleep(Duration::from_millis(200)).await;
                    let mut taken = Vec::new();
                    back.read_to_end(&mut taken).await.expect("takes");
                    taken
                };
                let ((), taken, echoed) = tokio::join!(send, take, echoed);
                assert!(taken == expected && echoed == Some(SIZE));
            }));
        }
        for turn in turns {
            timeout(Duration::from_secs(60), turn).await.expect("in time").expect("nothing else failed");
        }
    }

    #[tokio::test]
    async fn an_end_that_comes_with_the_last_bytes_is_noticed() {
        start();
        for _ in 0..200 {
            let (near, mut far) = pair();
            far.write_all(b"last words").await.expect("says");
            drop(far);
            let echoed = give(|here| async move { echo(here.take(near).expect("takes it")).await });
            assert!(timeout(Duration::from_secs(20), echoed).await.is_ok());
        }
    }

    #[tokio::test]
    async fn calls_from_outside_are_heard() {
        start();
        let (tell, told) = oneshot::channel();
        let waiting = give(|_| async {
            sleep(Duration::from_millis(10)).await;
            told.await
        });
        tokio::spawn(async {
            sleep(Duration::from_millis(30)).await;
            let _ = tell.send(7);
        });
        assert_eq!(timeout(Duration::from_secs(20), waiting).await.expect("in time"), Some(Ok(7)));
    }

    #[tokio::test]
    async fn a_panic_ends_one_task() {
        start();
        assert_eq!(give(|_| async { panic!("a bug") }).await, None::<()>);
        assert_eq!(give(|_| async { 1 }).await, Some(1));
    }

    #[tokio::test]
    async fn its_end_ends_its_tasks() {
        start();
        let never = give(|_| std::future::pending::<()>());
        BESIDE.set(None);
        assert_eq!(timeout(Duration::from_secs(20), never).await.expect("in time"), None);
    }
}
