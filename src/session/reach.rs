//! A server for a session: connected to by the way that its terms ask for, and given the startup packet.
//!
//! Where there are two ways, plain and TLS, the second is gone when the server turns the session away because of the first. libpq
//! also takes it after any other error of the login; but then the client's password has been asked for, and it will not be
//! given twice.

use std::io;

use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout};

use super::route::{Backend, Limits};
use crate::net::{Address, Peer, Refusal, Socket, Way};
use crate::wire::error::Fields;

/// So much of its first answer tells whether a server turns a session away.
const GLANCE: usize = 1024;

/// Reaches a server and passes `packet` on. What it answers is still to be read.
///
/// Of several hosts the next one is tried where libpq tries it: when one cannot be reached in its share of the time, or turns the session
/// away because it cannot take any now.
pub(super) async fn server(
    backend: &Backend,
    limits: &Limits,
    packet: &[u8],
    deadline: Instant,
) -> io::Result<(Socket, Peer)> {
    let order = backend.hosts.order().await.map_err(io::Error::other)?;
    match first_of(&order, backend, limits, packet, deadline).await {
        // What was known of the hosts was not true any more.
        Err(_) if backend.hosts.is_choosy() => {
            let order = backend.hosts.order().await.map_err(io::Error::other)?;
            first_of(&order, backend, limits, packet, deadline).await
        }
        outcome => outcome,
    }
}

async fn first_of(
    order: &[Address],
    backend: &Backend,
    limits: &Limits,
    packet: &[u8],
    deadline: Instant,
) -> io::Result<(Socket, Peer)> {
    let mut unreached: Vec<(&Address, io::Error)> = Vec::new();
    let mut busy = None;
    for (index, address) in order.iter().enumerate() {
        let left = u32::try_from(order.len() - index).unwrap_or(1);
        let share = (deadline.saturating_duration_since(Instant::now()) / left).min(backend.hosts.connect_timeout);
        let reached = async {
            let (mut socket, peer) = at(backend, address, limits, packet).await?;
            let is_busy = order.len() > 1 && is_turned_away(&mut socket, "57P03").await?;
            Ok((socket, peer, is_busy))
        };
        let late = || io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
        match timeout(share, reached).await.unwrap_or_else(|_| Err(late())) {
            Ok((socket, peer, false)) => return Ok((socket, peer)),
            Ok((socket, peer, true)) => {
                backend.hosts.failed(address, "it takes no sessions now");
                busy.get_or_insert((socket, peer));
            }
            Err(error) => {
                backend.hosts.failed(address, &error.to_string());
                unreached.push((address, error));
            }
        }
    }
    match (busy, unreached.len()) {
        // Its own words are better than ours.
        (Some(busy), _) => Ok(busy),
        (None, 1) => Err(unreached.remove(0).1),
        (None, _) => {
            let reasons: Vec<String> = unreached.iter().map(|(address, error)| format!("{address}: {error}")).collect();
            Err(io::Error::other(reasons.join("; ")))
        }
    }
}

/// The same for one host.
async fn at(backend: &Backend, address: &Address, limits: &Limits, packet: &[u8]) -> io::Result<(Socket, Peer)> {
    let terms = backend.terms.load_full();
    let ways = terms.ways(address);
    // What there is when no way is open. The words of a server go before our own, those of the way that was wanted before others.
    let mut shut: Option<io::Result<(Socket, Peer)>> = None;
    for &way in ways {
        let (mut socket, peer) = match terms.connect(address, way).await {
            Ok(connected) => connected,
            Err(error) if Refusal::of(&error).is_some() => {
                tracing::debug!(%error, backend = %backend.name, ?way, "this way does not lead to the server");
                shut.get_or_insert(Err(error));
                continue;
            }
            Err(error) => return shut.unwrap_or(Err(error)),
        };
        socket.set_options(limits.keepalive, limits.tcp_user_timeout)?;
        socket.write_all(packet).await?;
        socket.flush().await?;
        let is_only = ways.len() == 1 || (way == Way::Tls && !socket.is_encrypted());
        if is_only && !socket.is_encrypted() {
            return Ok((socket, peer));
        }
        // Of the only way one look is taken, too: with TLS 1.3 a server speaks about our certificate only now.
        match is_turned_away(&mut socket, "28000").await {
            Ok(true) if !is_only => {
                if !matches!(shut, Some(Ok(_))) {
                    shut = Some(Ok((socket, peer)));
                }
            }
            Ok(_) => return Ok((socket, peer)),
            Err(error) => _ = shut.get_or_insert(Err(terms.explain(error))),
        }
    }
    shut.unwrap_or_else(|| Err(io::ErrorKind::NotConnected.into()))
}

/// True when the first that the server answers is an error of this kind: 28000 is what `pg_hba.conf` makes it say, which has no entry for
/// a session of this kind.
async fn is_turned_away(socket: &mut Socket, sqlstate: &str) -> io::Result<bool> {
    let mut answer = [0; GLANCE];
    let n = socket.peek(&mut answer).await?;
    let Some((header, rest)) = answer.get(..n).and_then(|a| a.split_first_chunk::<5>()) else { return Ok(false) };
    let [tag, length @ ..] = header;
    let body = usize::try_from(u32::from_be_bytes(*length)).ok().and_then(|l| rest.get(..l.checked_sub(4)?));
    Ok(*tag == b'E' && body.and_then(Fields::read).is_some_and(|fields| fields.sqlstate() == sqlstate))
}
