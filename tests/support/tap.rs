//! A recording relay between proxy and server: every byte of both directions, in order.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A relay to one server port.
#[derive(Debug)]
pub(crate) struct Tap {
    pub(crate) port: u16,
    connections: Arc<Mutex<Vec<Arc<Recording>>>>,
}

/// One connection's bytes.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// From the proxy to the server.
    pub(crate) up: Mutex<Vec<u8>>,
    /// From the server to the proxy.
    pub(crate) down: Mutex<Vec<u8>>,
    /// Counted also where the bytes themselves are not kept.
    pub(crate) passed_down: AtomicU64,
}

/// What is kept of each direction; a flood is only counted.
const KEPT: usize = 64 * 1024 * 1024;

impl Tap {
    pub(crate) fn before(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let connections = Arc::new(Mutex::new(Vec::new()));
        let known = Arc::clone(&connections);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let recording = Arc::new(Recording::default());
                known.lock().expect("no panic").push(Arc::clone(&recording));
                let server = TcpStream::connect(("127.0.0.1", server_port)).expect("the server listens");
                relay(client, server, recording);
            }
        });
        Self { port, connections }
    }

    /// The n-th connection that was made.
    pub(crate) fn recording(&self, n: usize) -> Arc<Recording> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(recording) = self.connections.lock().expect("no panic").get(n) {
                return Arc::clone(recording);
            }
            assert!(Instant::now() < until, "connection {n} was never made");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Recording {
    /// Waits until nothing more comes for a while, and tells how much came.
    pub(crate) fn settled(&self) -> u64 {
        let mut last = self.passed_down.load(Ordering::SeqCst);
        loop {
            thread::sleep(Duration::from_millis(300));
            let now = self.passed_down.load(Ordering::SeqCst);
            if now == last {
                return now;
            }
            last = now;
        }
    }
}

fn relay(client: TcpStream, server: TcpStream, recording: Arc<Recording>) {
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("a socket takes nodelay");
    }
    let (from_client, into_server) = (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
    let upwards = Arc::clone(&recording);
    thread::spawn(move || {
        pump(from_client, into_server, |bytes| upwards.up.lock().expect("no panic").extend_from_slice(bytes));
    });
    thread::spawn(move || {
        pump(server, client, |bytes| {
            let count = u64::try_from(bytes.len()).expect("it fits");
            recording.passed_down.fetch_add(count, Ordering::SeqCst);
            let mut kept = recording.down.lock().expect("no panic");
            if kept.len() < KEPT {
                kept.extend_from_slice(bytes);
            }
        });
    });
}

fn pump(mut from: TcpStream, mut to: TcpStream, record: impl Fn(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 {
            break;
        }
        record(&buffer[..n]);
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
