//! Faults of all kinds: servers, clients and proxies that are killed, connections that are cut or dribble, servers that talk nonsense.
//! Nothing hangs, nothing is half-executed, nobody is left without a word.
//!
//! `server`: it dies. `garbage`: it talks nonsense. `client`: it goes, dribbles, or does not read. `cancel`: it comes late.
//! `proxy`: it is killed, or cannot log.

#[path = "../support/mod.rs"]
mod support;

mod cancel;
mod client;
mod garbage;
mod proxy;
mod server;

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::thread;

use support::program::eventually;
use support::proxy::Proxy;
use support::raw::{self, Raw};

fn codes(frames: &[raw::Frame]) -> Vec<String> {
    frames.iter().filter(|f| f.tag == b'E').filter_map(|f| f.field(b'C')).collect()
}

/// Whole frames to the end of the stream, and whether it ended between two of them.
fn rest_if_whole(client: &mut Raw) -> (Vec<raw::Frame>, bool) {
    let mut bytes = Vec::new();
    let _ = client.stream.read_to_end(&mut bytes);
    let mut frames = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((header, after)) = rest.split_first_chunk::<5>() {
        let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
        let Some((body, after)) = after.split_at_checked(usize::try_from(length).expect("it fits") - 4) else { break };
        frames.push(raw::Frame { tag: header[0], body: body.to_vec() });
        rest = after;
    }
    (frames, rest.is_empty())
}

/// Waits until no session is open.
fn all_places_are_free(proxy: &Proxy) {
    eventually("all places are free", || {
        let open = proxy.metric("exonym_connections");
        if open < 0.5 { Ok(()) } else { Err(open.to_string()) }
    });
}

/// A server that does the same with each connection; its port.
fn scripted(script: impl Fn(TcpStream) + Send + Clone + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let script = script.clone();
            thread::spawn(move || script(client));
        }
    });
    port
}
