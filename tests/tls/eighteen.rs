//! Postgres 18 and libpq 18, straight and through: protocol 3.2, long cancel keys, TLS from the first byte to the server.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::authority::{Authority, Valid};
use super::door;
use super::encrypted::{Dress, Encrypted};
use super::libpq;
use super::server::{Secured, arrives, start_as, through};
use super::support::postgres::Version;
use super::support::program::eventually;
use super::support::proxy::Proxy;
use super::support::raw::{self, Raw};
use super::support::tap::Tap;

/// Protocol 3.2, as startup packets and as libpq write it.
const VERSION: u32 = 0x3_0002;
const VERSION_OF_LIBPQ: u32 = 30_002;
/// Who waits for a statement that sleeps, waits for his own.
static SLEEPING: Mutex<()> = Mutex::new(());
/// A process id and a secret of 256 bits.
const LONG_KEY: usize = 4 + 32;

fn server() -> &'static Secured {
    static SERVER: OnceLock<Secured> = OnceLock::new();
    SERVER.get_or_init(|| {
        let authority = Authority::new("server");
        let pair = authority.sign("server", &["localhost"], Valid::Now);
        let server = start_as(Version::Eighteen, &pair, &authority);
        assert_eq!(server.version(), 18);
        Secured { server, authority }
    })
}

#[test]
fn libpq_speaks_the_newest_protocol_through_as_straight() {
    let Secured { server, authority } = server();
    let root = authority.root.display();
    let proxy = through(server.port, &format!("sslmode=verify-full&sslrootcert={root}")).expect("good settings");
    let ours = Authority::new("door");
    door::open(&proxy, &door::settings(&ours.sign("door", &["localhost"], Valid::Now)));
    let roots = [(server.port, authority.root.display()), (proxy.port, ours.root.display())];
    for options in [
        "sslmode=disable min_protocol_version=3.2 max_protocol_version=latest",
        "sslmode=verify-full min_protocol_version=3.2 max_protocol_version=latest",
        "sslmode=verify-full sslnegotiation=direct min_protocol_version=3.2",
    ] {
        let dsns = roots.each_ref().map(|(port, root)| {
            format!("host=localhost port={port} user=postgres dbname=postgres sslrootcert={root} {options}")
        });
        for (dsn, said) in dsns.iter().zip(libpq::run("libpq.py", &dsns)) {
            assert_eq!(said["protocol"], VERSION_OF_LIBPQ, "{dsn}: {said}");
        }
        // With the long key that such a session has, a cancel leads to its statement.
        for (dsn, said) in dsns.iter().zip(libpq::run("traffic.py", &dsns)) {
            assert_eq!((&said["rows"], &said["pipelined"]), (&3_000.into(), &2_000.into()), "{dsn}: {said}");
            assert_eq!(said["copied_in"], said["copied_out"], "{dsn}: {said}");
            assert_eq!(said["cancelled"], "57014", "{dsn}: {said}");
            assert!(said["cancel_failed"].is_null(), "{dsn}: {said}");
        }
    }
}

#[test]
fn keys_are_as_long_as_the_server_makes_them() {
    let Secured { server, .. } = server();
    let proxy = through(server.port, "sslmode=require").expect("good settings");
    let _one = SLEEPING.lock().unwrap_or_else(PoisonError::into_inner);
    for (version, length) in [(VERSION, LONG_KEY), (0x3_0000, 8)] {
        let mut client = Raw::connect(proxy.port);
        client.send(&raw::startup_in(version, &[("user", "postgres"), ("database", "postgres")]));
        let frames = client.until(b'Z');
        let key = frames.into_iter().find(|f| f.tag == b'K').expect("a login gives a key").body;
        assert_eq!(key.len(), length, "{version:x}");
        // The front of a key leads nowhere, the whole of it to the statement.
        client.send(&raw::query("SELECT pg_sleep(60)"));
        wait_for_sleep();
        if version == VERSION {
            cancel(&proxy, &key[..8]);
        }
        cancel(&proxy, &[&key[..length - 1], &[key[length - 1] ^ 1]].concat());
        std::thread::sleep(std::time::Duration::from_millis(200));
        wait_for_sleep();
        cancel(&proxy, &key);
        assert_eq!(raw::error(&client.until(b'Z')).field(b'C').as_deref(), Some("57014"), "{version:x}");
    }
}

fn cancel(proxy: &Proxy, key: &[u8]) {
    let mut other = Raw::connect(proxy.port);
    other.send(&raw::cancel(key));
    assert!(other.rest().is_empty(), "a cancel is not answered");
}

fn wait_for_sleep() {
    eventually("running", || {
        let running =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query = 'SELECT pg_sleep(60)'";
        let count = server().server.sql("postgres", running);
        if count.trim() == "1" { Ok(()) } else { Err(count) }
    });
}

#[test]
fn tls_to_the_server_may_begin_with_the_first_byte() {
    let Secured { server, authority } = server();
    let root = authority.root.display();
    for query in [
        "sslmode=require&sslnegotiation=direct".to_owned(),
        format!("sslmode=verify-full&sslrootcert={root}&sslnegotiation=direct"),
    ] {
        let tap = Tap::before(server.port);
        let proxy = through(tap.port, &query).expect("good settings");
        assert_eq!(arrives(&proxy, "postgres"), Ok(true), "{query}");
        let up = tap.recording(0).up.lock().expect("no panic").clone();
        assert_eq!(up[0], 22, "a handshake: {:?}", &up[..20]);
        assert!(up.windows(11).any(|w| w == b"\x0apostgresql"), "the protocol is named (ALPN)");
    }
    let _one = SLEEPING.lock().unwrap_or_else(PoisonError::into_inner);
    // And from end to end: a cancel goes that way, too.
    let tap = Tap::before(server.port);
    let proxy = through(tap.port, "sslmode=require&sslnegotiation=direct").expect("good settings");
    let ours = Authority::new("door");
    door::open(&proxy, &door::settings(&ours.sign("door", &["localhost"], Valid::Now)));
    let dress = Dress { is_direct: true, ..Dress::new(&ours.root) };
    let mut session = Encrypted::log_in_to(proxy.port, &dress, "postgres");
    session.send(&raw::query("SELECT pg_sleep(60)"));
    wait_for_sleep();
    let mut other = Encrypted::handshake(proxy.port, &dress).expect("a handshake");
    other.send(&raw::cancel(&session.key));
    assert!(other.rest().is_empty());
    assert_eq!(raw::error(&session.until(b'Z')).field(b'C').as_deref(), Some("57014"));
    assert_eq!(tap.recording(1).up.lock().expect("no panic")[0], 22);
}
