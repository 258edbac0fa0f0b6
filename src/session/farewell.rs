//! The last words to a client, so that they arrive.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::net::Socket;
use crate::wire::error::Report;

/// How long a client may take to read them.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Sends `report` and closes.
pub(super) async fn say(mut client: Socket, report: &Report<'_>) {
    let mut frame = Vec::new();
    report.write(&mut frame);
    // A client that does not take it has left.
    if let Ok(Ok(())) = timeout(PATIENCE, client.write_all(&frame)).await {
        let (mut from, mut to) = tokio::io::split(client);
        linger(&mut from, &mut to).await;
    }
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
