//! What comes before the startup packet: requests for encryption, and TLS.
//!
//! ```text
//! 0x16 ─▶ TLS ─┐
//!              ├─ SSLRequest ─▶ S ─▶ TLS ─────────────▶ ┐
//!              │       └─▶ N ┐                          ├─ packet
//!              └─ GSSENCRequest ─▶ N ┴─ in either order ▶ ┘
//! ```
//! The order is that of `ProcessStartupPacket` in the server; `startup` reads the packet.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::startup::Refused;
use crate::net::{Door, Socket, Start};
use crate::wire::startup::{self, BadStartup, Opening};

/// The first byte of a TLS handshake; no startup packet is long enough to begin with it.
const HANDSHAKE: u8 = 0x16;

/// The first packet that is not a request for encryption. There is no client any more when it went away during the handshake.
pub(super) async fn first_packet(client: &mut Option<Socket>, door: Option<&Door>) -> Result<Vec<u8>, Refused> {
    let mut asked_ssl = false;
    let mut asked_gss = false;
    if let Some(door) = door {
        begin_directly(client, door).await?;
    }
    loop {
        let Some(socket) = client else { return Err(Refused::gone()) };
        let packet = read_packet(socket).await?;
        let ask = startup::read(&packet);
        match ask {
            Ok(Opening::Ssl) if !asked_ssl => asked_ssl = true,
            Ok(Opening::Gss) if !asked_gss => asked_gss = true,
            _ => return Ok(packet),
        }
        // Whatever lies behind such a request was sent before our answer: it may be another's, put in on the way.
        let mut ahead = [0; 1];
        if has_unread(socket, &mut ahead) {
            let what = if asked_ssl { "SSL" } else { "GSSAPI encryption" };
            return Err(Refused::protocol(format!("received unencrypted data after {what} request")));
        }
        match (ask, door, &socket) {
            (Ok(Opening::Ssl), Some(door), Socket::Tcp(_)) => {
                socket.write_all(b"S").await.map_err(|_| Refused::gone())?;
                shake_hands(client, door, Start::Asked).await?;
                // Inside of TLS nothing is left to ask for.
                asked_gss = true;
            }
            _ => socket.write_all(b"N").await.map_err(|_| Refused::gone())?,
        }
    }
}

/// Lets a client begin with TLS instead of asking for it.
async fn begin_directly(client: &mut Option<Socket>, door: &Door) -> Result<(), Refused> {
    let Some(tcp @ Socket::Tcp(_)) = client else { return Ok(()) };
    let mut first = [0; 1];
    if tcp.peek(&mut first).await.map_err(|_| Refused::gone())? == 1 && first == [HANDSHAKE] {
        shake_hands(client, door, Start::Direct).await?;
    }
    Ok(())
}

async fn shake_hands(client: &mut Option<Socket>, door: &Door, start: Start) -> Result<(), Refused> {
    let Some(Socket::Tcp(stream)) = client.take() else { return Err(Refused::gone()) };
    match door.accept(stream, start).await {
        Ok(encrypted) => {
            *client = Some(encrypted);
            Ok(())
        }
        Err(error) => {
            tracing::info!(%error, "no TLS with this client");
            Err(Refused::gone())
        }
    }
}

async fn read_packet(client: &mut Socket) -> Result<Vec<u8>, Refused> {
    let mut packet = vec![0; 4];
    client.read_exact(&mut packet).await.map_err(|_| Refused::gone())?;
    let length = startup::length(&packet)?.ok_or(BadStartup::Length)?;
    packet.resize(length, 0);
    let rest = packet.get_mut(4..).unwrap_or_default();
    client.read_exact(rest).await.map_err(|_| Refused::gone())?;
    Ok(packet)
}

/// True when a byte has already arrived in the clear; it is taken, for the connection ends then.
fn has_unread(client: &Socket, byte: &mut [u8; 1]) -> bool {
    let read = match client {
        Socket::Tcp(stream) => stream.try_read(byte),
        Socket::Unix(stream) => stream.try_read(byte),
        Socket::Tls(_) => return false,
    };
    matches!(read, Ok(1))
}
