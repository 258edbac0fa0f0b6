//! Tests alone: a session between two ends that say what they are told to, over pipes or over sockets.

use std::net::Ipv4Addr;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, duplex, split};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout};

use super::buffer::Buffer;
use super::relay::{Session, relay, run_near};
use super::startup::Asked;
use super::{Address, Backend, Limits, Route, Shared};
use crate::backend::hosts::Hosts;
use crate::metrics::Metrics;
use crate::net::{Peer, Rounds};
use crate::rewrite::World;
use crate::wire::frame::write;

/// A mapping of nothing.
pub(super) const NOTHING: &str = "[mapping]\nname = \"m\"\n";
/// One of `log.kwh`.
pub(super) const LEGACY: &str = "[tables.log.columns]\nkwh = \"kwh_consumed\"\n";

/// All that a client may send but the end of its session.
pub(super) const FROM_CLIENT: &[u8] = b"QPBDECSFHdcfp";
/// All that a server may send but an error that ends the session.
pub(super) const FROM_SERVER: &[u8] = b"RSKZ123nTtDCIsNAGHWdcVvE";

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who closes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Closes {
    /// Whoever has said all.
    Early,
    /// The server waits until it has heard all.
    Late,
}

/// A session in its login.
pub(super) fn session(mapping: &str, max_statement_bytes: usize) -> Session {
    let metrics = Arc::new(Metrics::new());
    let address = Address::Unix("/nowhere".into());
    let backend = Backend {
        name: "b".into(),
        hosts: Arc::new(Hosts::one(address)),
        terms: ArcSwap::default(),
        database: "d".into(),
        auth: None,
    };
    let mapping = crate::mapping::file::parse("m.toml", mapping).expect("a good mapping");
    let world = World::new(1, vec![Arc::new(mapping)], Arc::default());
    let route = Arc::new(Route::new("d".into(), "d".into(), Arc::new(backend), Arc::new(world), &metrics));
    let limits = Limits { max_statement_bytes, ..Limits::default() };
    let shared = Arc::new(Shared::new([route.clone()], metrics, limits));
    let asked =
        Asked { user: "u".into(), application_name: None, search_path: None, another_role: false, settings: None };
    Session::new(shared, route, Peer::Unix("/nowhere".into()), asked)
}

/// What the server gets and what the client gets when both say these pieces; the client closes when it has said its own.
pub(super) fn through(session: &Session, client: &[Vec<u8>], server: &[Vec<u8>], closes: Closes) -> (Vec<u8>, Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        // Pipes so narrow that every write has to wait for its reader.
        let (client_end, client_far) = duplex(64);
        let (server_end, server_far) = duplex(64);
        let later = Instant::now() + Duration::from_secs(60);
        let both = async { tokio::join!(end(server_far, server, closes), end(client_far, client, Closes::Early)) };
        let (client, server) = ((split(client_end), Buffer::default()), (split(server_end), Buffer::default()));
        let all = async { tokio::join!(relay(session, client, server, later), both).1 };
        timeout(PATIENCE, all).await.expect("it ends when both ends have")
    })
}

/// The same on the thread of the sockets beside this one, which `start_near` has started.
pub(super) fn through_sockets(
    runtime: &Runtime,
    mut session: Session,
    client: &[Vec<u8>],
    server: &[Vec<u8>],
    closes: Closes,
) -> (Vec<u8>, Vec<u8>) {
    runtime.block_on(async {
        let ((client_end, client_far), (server_end, server_far)) = (pair().await, pair().await);
        session.is_near = true;
        let later = Instant::now() + Duration::from_secs(60);
        let (done, ended) = oneshot::channel();
        Rounds::give(async move |here| {
            let session = Rc::new(session);
            let sockets = (client_end.into_std().expect("a socket"), server_end.into_std().expect("a socket"));
            run_near(&session, &here, Ok(sockets), (Buffer::default(), Buffer::default()), later).await;
            done.send(()).expect("it is waited for");
        });
        let both = async { tokio::join!(end(server_far, server, closes), end(client_far, client, Closes::Early)) };
        let all = async { tokio::join!(ended, both) };
        let (ended, got) = timeout(PATIENCE, all).await.expect("it ends when both ends have");
        ended.expect("it ends well");
        got
    })
}

/// A runtime, with a thread of sockets beside this one.
pub(super) fn start_near() -> Runtime {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    Rounds::start_beside("near".into(), runtime.handle().clone()).expect("a thread");
    runtime
}

/// Two ends of a connection that holds little at a time of what the first one says, and more of what the other one does.
async fn pair() -> (TcpStream, TcpStream) {
    let listening = TcpSocket::new_v4().expect("a socket");
    listening.set_send_buffer_size(4096).expect("it can");
    listening.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
    let listener = listening.listen(1).expect("it listens");
    let address = listener.local_addr().expect("its address");
    let connecting = TcpSocket::new_v4().expect("a socket");
    connecting.set_recv_buffer_size(2048).expect("it can");
    let (far, near) = tokio::join!(connecting.connect(address), listener.accept());
    let (far, near) = (far.expect("it connects"), near.expect("it accepts").0);
    far.set_nodelay(true).expect("it can");
    near.set_nodelay(true).expect("it can");
    (near, far)
}

/// Says the pieces one by one, reads everything, closes.
async fn end(stream: impl AsyncRead + AsyncWrite, pieces: &[Vec<u8>], closes: Closes) -> Vec<u8> {
    let (mut from, mut to) = split(stream);
    let mut got = Vec::new();
    let all_heard = Notify::new();
    let say = async {
        for piece in pieces {
            if to.write_all(piece).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        if closes == Closes::Late {
            all_heard.notified().await;
        }
        let _ = to.shutdown().await;
    };
    let hear = async {
        let _ = from.read_to_end(&mut got).await;
        all_heard.notify_one();
    };
    tokio::join!(say, hear);
    got
}

/// Some frames of these types, small and of these sizes.
pub(super) fn frames(tags: &'static [u8], sizes: Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![
        4 => proptest::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..20),
        1 => proptest::collection::vec(any::<u8>(), sizes),
    ];
    let frame = (prop::sample::select(tags), body).prop_map(|(tag, body)| {
        let mut out = Vec::new();
        write(&mut out, tag, |out| out.extend_from_slice(&body));
        out
    });
    proptest::collection::vec(frame, 0..12).prop_map(|frames| frames.concat())
}

/// Cuts bytes into pieces of these lengths.
pub(super) fn cut(bytes: &[u8], lengths: &[usize]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    for &length in lengths {
        let (piece, after) = rest.split_at(length.min(rest.len()));
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces.push(rest.to_vec());
    pieces
}
