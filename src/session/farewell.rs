//! The last words to a client, so that they arrive.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::net::Socket;
use crate::wire::error::Report;

/// How long a client may take to read them.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Sends `report` and closes.
pub(super) async fn say(client: Socket, report: &Report<'_>) {
    let mut frame = Vec::new();
    report.write(&mut frame);
    say_bytes(client, &frame).await;
}

/// Says `report` to a new client without waiting for anything: a reset may overtake it.
pub(super) fn say_in_passing(client: &Socket, report: &Report<'_>) {
    let mut frame = Vec::new();
    report.write(&mut frame);
    client.say_at_once(&frame);
}

/// As [`say`], for a client that speaks a protocol from before 3, which had errors without length and fields.
pub(super) async fn say_old(client: Socket, message: &str) {
    say_bytes(client, format!("EFATAL:  {message}\n\0").as_bytes()).await;
}

async fn say_bytes(mut client: Socket, bytes: &[u8]) {
    let sent = async {
        client.write_all(bytes).await?;
        client.flush().await
    };
    // A client that does not take it has left.
    if let Ok(Ok(())) = timeout(PATIENCE, sent).await {
        let (mut from, mut to) = tokio::io::split(client);
        linger(&mut from, &mut to).await;
    }
}

/// Closes without a word. In TLS that is one, too: without it the other end takes the close for an attack.
pub(super) async fn close(client: Socket) {
    say_bytes(client, b"").await;
}

/// Ends the stream and takes what the client still sends: closing a TCP socket with unread bytes resets the connection, and
/// the reset may overtake what we sent.
pub(super) async fn linger<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(from: &mut R, to: &mut W) {
    let rest = async {
        to.shutdown().await?;
        let mut sink = [0; 1024];
        while from.read(&mut sink).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    let _ = timeout(PATIENCE, rest).await;
}
