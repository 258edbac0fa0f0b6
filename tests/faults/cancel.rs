//! Cancel requests that come late: what they were for has ended, and what runs now is somebody else's.

use std::time::Duration;

use super::support::postgres::shared;
use super::support::program::eventually;
use super::support::proxy::Setup;
use super::support::raw::{self, Raw};

const SLEEPS: &str = "SELECT pg_sleep(1.5), 'slept'";

/// Asks to cancel and waits until that is done.
fn cancel(port: u16, key: &[u8]) {
    let mut other = Raw::connect(port);
    other.send(&raw::cancel(key));
    assert!(other.rest().is_empty(), "a cancel is not answered");
}

#[test]
fn a_cancel_that_comes_late_hits_nobody() {
    let server = shared();
    let database = server.database("late_cancel");
    let proxy = Setup::to(server.port, database).start();
    let login = || Raw::login(proxy.port, "postgres", database);
    let mut done = login();
    let mut gone = login();
    gone.query("SELECT 'done'");
    let keys = [done.key.clone(), gone.key.clone()];
    done.query("SELECT 'done'");
    drop(gone);
    let left = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'");
    eventually("gone from the server", || {
        let count = server.sql("postgres", &left);
        if count.trim() == "1" { Ok(()) } else { Err(count) }
    });
    // Others, some in sessions that are older and some in newer ones.
    let mut others: Vec<Raw> = (0..8).map(|_| login()).collect();
    for other in &mut others {
        other.send(&raw::query(SLEEPS));
    }
    let running = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'late_cancel' AND wait_event = 'PgSleep'";
    eventually("all of them run", || {
        let count = server.sql("postgres", running);
        if count.trim() == "8" { Ok(()) } else { Err(count) }
    });
    for key in keys.iter().cycle().take(40) {
        cancel(proxy.port, key);
    }
    // What a session runs behind the answer to a cancel is not what that was for.
    for round in 0..40 {
        cancel(proxy.port, &keys[0]);
        let answer = done.query("SELECT 'mine', pg_sleep(0.002)");
        assert_eq!(raw::rows(&answer), ["mine"], "{round}: {answer:?}");
    }
    for mut other in others {
        let answer = other.until(b'Z');
        assert!(!raw::tags(&answer).contains('E'), "{answer:?}");
    }
    // And in time it still works.
    done.send(&raw::query("SELECT pg_sleep(60)"));
    eventually("cancelled", || {
        cancel(proxy.port, &keys[0]);
        done.stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a socket");
        let mut byte = [0];
        if done.stream.peek(&mut byte).is_ok() { Ok(()) } else { Err("it runs".into()) }
    });
    assert_eq!(raw::error(&done.until(b'Z')).field(b'C').as_deref(), Some("57014"));
}
