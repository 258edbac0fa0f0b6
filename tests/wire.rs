//! The Postgres door against a real server: what goes through the proxy is what goes straight.

mod support;

use support::postgres;

#[test]
fn a_crashed_server_is_gone_and_the_shared_one_stays() {
    let server = postgres::shared();
    let own = postgres::Postgres::start(&[]);
    own.crash();
    assert!(!own.try_sql("postgres", "SELECT 1").status.success());
    assert_eq!(server.sql("postgres", "SELECT 1"), "1\n");
}
