//! The Postgres door against a real server: what goes through the proxy is what goes straight.

mod support;

use support::postgres;
use support::proxy::Setup;
use support::raw::{self, Raw};

#[test]
fn psql_works_through_the_proxy() {
    let server = postgres::shared();
    let database = server.database("psql_works");
    let proxy = Setup::to(server.port, database).start();
    let mut client = Raw::login(proxy.port, "postgres", database);
    let frames = client.query("SELECT 42");
    assert_eq!(raw::rows(&frames), ["42"]);
}
