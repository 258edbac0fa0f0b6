//! A relay that hands on one byte at a time, in both directions: whatever a message is cut into, it arrives so.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// The port of a relay to that server.
pub(crate) fn before(server_port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(("127.0.0.1", server_port)).expect("the server listens");
            for stream in [&client, &server] {
                stream.set_nodelay(true).expect("a socket takes nodelay");
            }
            let back = (server.try_clone().expect("a handle"), client.try_clone().expect("a handle"));
            thread::spawn(move || slice(client, server));
            thread::spawn(move || slice(back.0, back.1));
        }
    });
    port
}

fn slice(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || buffer[..n].iter().any(|byte| to.write_all(&[*byte]).is_err()) {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
