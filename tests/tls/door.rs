//! TLS towards clients.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use exonym::config::DoorTls;
use exonym::net::Door;

use super::authority::{Authority, Pair, Valid};
use super::libpq::{Went, connect};
use super::support::postgres;
use super::support::proxy::{Proxy, Setup};

/// A proxy whose door shows that pair.
pub(crate) fn proxy(database: &str, settings: &DoorTls) -> Proxy {
    let server = postgres::shared();
    server.database(database);
    let proxy = Setup::to(server.port, database).start();
    open(&proxy, settings);
    proxy
}

/// Opens TLS at a proxy's door.
pub(crate) fn open(proxy: &Proxy, settings: &DoorTls) {
    let door = Door::load(settings).unwrap_or_else(|e| panic!("{}", exonym::text::chain(&e)));
    proxy.shared.door.store(Some(Arc::new(door)));
}

pub(crate) fn settings(pair: &Pair) -> DoorTls {
    DoorTls { certificate: pair.certificate.clone(), key: pair.key.clone(), is_required: false, client_ca: None }
}

fn psql(conninfo: &str, sql: &str) -> Output {
    Command::new(postgres::bin("psql"))
        .args(["-X", "-q", "-A", "-t", "-w", "-d", conninfo, "-c", sql])
        .env("HOME", "/nonexistent")
        .output()
        .expect("psql can be run")
}

#[test]
fn every_sslmode_gets_what_it_asks_for() {
    let authority = Authority::new("door");
    let proxy = proxy("door_modes", &settings(&authority.sign("door", &["localhost", "127.0.0.1"], Valid::Now)));
    let root = authority.root.display();
    let other = Authority::new("another");
    let foreign = other.root.display();
    let cases = [
        ("sslmode=disable".to_owned(), Went::Plain),
        ("sslmode=allow".into(), Went::Plain),
        ("sslmode=prefer".into(), Went::Tls),
        ("sslmode=require".into(), Went::Tls),
        (format!("sslmode=verify-ca sslrootcert={root}"), Went::Tls),
        (format!("sslmode=verify-full sslrootcert={root}"), Went::Tls),
        (format!("sslmode=verify-ca sslrootcert={foreign}"), Went::Failed("certificate verify failed".into())),
        ("sslmode=require sslnegotiation=direct".into(), Went::Tls),
        (format!("sslmode=verify-full sslrootcert={root} sslnegotiation=direct"), Went::Tls),
        ("sslmode=require ssl_max_protocol_version=TLSv1.2".into(), Went::Tls),
        ("sslmode=require ssl_min_protocol_version=TLSv1.3".into(), Went::Tls),
        ("sslmode=require sslnegotiation=direct ssl_max_protocol_version=TLSv1.2".into(), Went::Tls),
    ];
    let common = format!("host=localhost port={} user=postgres dbname=door_modes", proxy.port);
    let dsns: Vec<String> = cases.iter().map(|(options, _)| format!("{common} {options}")).collect();
    for ((options, expected), went) in cases.iter().zip(connect(&dsns)) {
        match expected {
            Went::Failed(part) => assert!(went.failed_with(part), "{options}: {went:?}"),
            _ => assert_eq!(went, *expected, "{options}"),
        }
    }
    let output = psql(&format!("{common} sslmode=verify-full sslrootcert={root}"), "SELECT 'through'");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "through\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_door_that_requires_tls_takes_no_plain_session_but_over_a_unix_socket() {
    let authority = Authority::new("door");
    let pair = authority.sign("door", &["localhost"], Valid::Now);
    let proxy = proxy("door_required", &DoorTls { is_required: true, ..settings(&pair) });
    let common = format!("port={} user=postgres dbname=door_required", proxy.port);
    let socket = proxy.socket_directory.display();
    let went = connect(&[
        format!("host=127.0.0.1 {common} sslmode=disable"),
        format!("host=127.0.0.1 {common} sslmode=allow"),
        format!("host=127.0.0.1 {common} sslmode=prefer"),
        format!("host={socket} {common}"),
    ]);
    assert!(went[0].failed_with("no encryption"), "{:?}", went[0]);
    assert_eq!(went[1..], [Went::Tls, Went::Tls, Went::Plain]);
}

#[test]
fn a_client_certificate_is_demanded_and_judged() {
    let authority = Authority::new("door");
    let clients = Authority::new("clients");
    let pair = authority.sign("door", &["localhost"], Valid::Now);
    let mine = clients.sign("mine", &["me"], Valid::Now);
    let foreign = authority.sign("foreign", &["me"], Valid::Now);
    let client_ca: Option<PathBuf> = Some(clients.root.clone());
    let proxy = proxy("door_clients", &DoorTls { client_ca, is_required: true, ..settings(&pair) });
    let common = format!("host=localhost port={} user=postgres dbname=door_clients sslmode=require", proxy.port);
    let with = |pair: &Pair| format!("{common} sslcert={} sslkey={}", pair.certificate.display(), pair.key.display());
    let went = connect(&[with(&mine), common.clone(), with(&foreign)]);
    assert_eq!(went[0], Went::Tls);
    assert!(went[1].failed_with("connection requires a valid client certificate"), "{:?}", went[1]);
    assert!(went[2].failed_with("unknown ca"), "{:?}", went[2]);
}
