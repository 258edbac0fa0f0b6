//! Several hosts in one URL: which of them sessions get, also when roles change under way.

mod support;

use std::net::TcpListener;

use support::place::{Place, SCHEMA};
use support::postgres::Postgres;
use support::program::{Proxy, eventually};

fn serve(place: &Place, ports: &[u16], query: &str) -> Proxy {
    let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let url = format!("postgres://postgres@{}/postgres?sslmode=disable&{query}", hosts.join(","));
    let limits = "startup_timeout = \"5s\"\ncatalog_refresh = \"1h\"";
    Proxy::start(&["--config", &place.configure_for(limits, &url)])
}

/// What the server says that a session got to.
fn eventually_at(proxy: &Proxy, database: &str, expected: u16) {
    eventually("at the server that fits", || {
        let output = proxy.psql(database, "SELECT sum(consumption_kwh), inet_server_port() FROM log");
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if said == format!("6.5|{expected}") { Ok(()) } else { Err(format!("{output:?}")) }
    });
}

#[test]
fn sessions_follow_the_roles_of_servers() {
    let primary = Postgres::start(&[]);
    primary.sql("postgres", SCHEMA);
    let standby = Postgres::standby_of(&primary);
    let place = Place::new("roles");
    let ports = [standby.port, primary.port];
    let writing = serve(&place, &ports, "target_session_attrs=read-write");
    writing.wait_until_ready();
    eventually_at(&writing, "roles", primary.port);
    let reading = serve(&place, &[primary.port, standby.port], "target_session_attrs=standby");
    reading.wait_until_ready();
    eventually_at(&reading, "roles", standby.port);
    let preferring = serve(&place, &[primary.port, standby.port], "target_session_attrs=prefer-standby");
    preferring.wait_until_ready();
    eventually_at(&preferring, "roles", standby.port);

    primary.crash();
    let said = writing.error("roles", "SELECT 1");
    assert!(said.contains("server is in hot standby mode"), "{said}");
    assert!(said.contains(&format!("127.0.0.1:{}", primary.port)), "each host has its reason: {said}");
    standby.sql("postgres", "SELECT pg_promote()");
    eventually_at(&writing, "roles", standby.port);
    eventually_at(&preferring, "roles", standby.port);
    eventually("without a standby", || {
        let output = reading.psql("roles", "SELECT 1");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if said.contains("server is not in hot standby mode") { Ok(()) } else { Err(said) }
    });
    eventually("unready", || match reading.get("/readyz") {
        (503, why) if why.contains("not in hot standby mode") => Ok(()),
        other => Err(format!("{other:?}")),
    });
}

#[test]
fn the_next_host_is_tried_when_one_does_not_answer() {
    let server = Postgres::start(&[]);
    server.sql("postgres", SCHEMA);
    let place = Place::new("next_host");
    // One that refuses, and one that takes connections and says nothing.
    let refusing = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let ports = [refusing, mute.local_addr().expect("bound").port(), server.port];
    let proxy = serve(&place, &ports, "connect_timeout=1");
    proxy.wait_until_ready();
    eventually_at(&proxy, "next_host", server.port);
    server.crash();
    let said = proxy.error("next_host", "SELECT 1");
    assert!(said.contains("cannot be reached") && said.contains(&format!("127.0.0.1:{refusing}")), "{said}");
}
