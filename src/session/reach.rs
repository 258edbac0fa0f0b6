//! A server for a session: connected to by the way that its terms ask for, and given the startup packet.
//!
//! Where there are two ways, plain and TLS, the second is gone when the server turns the session away because of the first. libpq
//! also takes it after any other error of the login; but then the client's password has been asked for, and it will not be
//! given twice.

use std::io;

use tokio::io::AsyncWriteExt as _;

use super::route::{Backend, Limits};
use crate::net::{Peer, Refusal, Socket, Way};
use crate::wire::error::Fields;

/// So much of its first answer tells whether a server turns a session away.
const GLANCE: usize = 1024;

/// Reaches a server and passes `packet` on. What it answers is still to be read.
pub(super) async fn server(backend: &Backend, limits: &Limits, packet: &[u8]) -> io::Result<(Socket, Peer)> {
    let terms = backend.terms.load_full();
    let ways = terms.ways(&backend.address);
    // What there is when no way is open. The words of a server go before our own, those of the way that was wanted before others.
    let mut shut: Option<io::Result<(Socket, Peer)>> = None;
    for &way in ways {
        let (mut socket, peer) = match terms.connect(&backend.address, way).await {
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
        match turns_away(&mut socket).await {
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

/// True when the server answers with what `pg_hba.conf` makes it say: there is no entry for a session of this kind.
async fn turns_away(socket: &mut Socket) -> io::Result<bool> {
    let mut answer = [0; GLANCE];
    let n = socket.peek(&mut answer).await?;
    let Some((header, rest)) = answer.get(..n).and_then(|a| a.split_first_chunk::<5>()) else { return Ok(false) };
    let [tag, length @ ..] = header;
    let body = usize::try_from(u32::from_be_bytes(*length)).ok().and_then(|l| rest.get(..l.checked_sub(4)?));
    Ok(*tag == b'E' && body.and_then(Fields::read).is_some_and(|fields| fields.sqlstate() == "28000"))
}
