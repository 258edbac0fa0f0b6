//! TLS is one state machine for both directions of a socket: while one of them waits, the other must not take its place in the queue.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use super::authority::{Authority, Valid};
use super::door;
use super::encrypted::{Dress, Encrypted};
use super::server::{secured, through};
use super::support::raw::{self, Raw};

#[test]
fn a_client_that_asks_for_more_before_it_reads_gets_all_of_it() {
    let authority = Authority::new("door");
    let proxy = door::proxy("both_ways_client", &door::settings(&authority.sign("door", &["localhost"], Valid::Now)));
    let mut session = Encrypted::log_in_to(proxy.port, &Dress::new(&authority.root), "both_ways_client");
    session.send(&raw::query("SELECT repeat('x', 1000) FROM generate_series(1, 20000)"));
    // Meanwhile the answer fills whatever is between.
    thread::sleep(Duration::from_millis(700));
    session.send(&raw::query("SELECT 'more'"));
    let frames = session.until_ready(2);
    let rows = raw::rows(&frames);
    assert_eq!((rows.len(), rows.last().map(String::as_str)), (20001, Some("more")));
}

#[test]
fn a_server_that_talks_while_it_is_told_hears_all_of_it() {
    let secured = secured();
    secured.server.sql(
        "postgres",
        "CREATE TABLE loud (a text);
         CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', repeat('n', 400); RETURN NEW; END $$;
         CREATE TRIGGER say BEFORE INSERT ON loud FOR EACH ROW EXECUTE FUNCTION say()",
    );
    let proxy = through(secured.server.port, "sslmode=require").expect("good settings");
    let mut client = Raw::login(proxy.port, "postgres", "postgres");
    client.send(&raw::query("COPY loud FROM STDIN"));
    let mut to = client.stream.try_clone().expect("a socket can be shared");
    let rows = 40_000;
    let writer = thread::spawn(move || {
        let row = raw::frame(b'd', &[&[b'z'; 400][..], b"\n"].concat());
        for _ in 0..rows / 100 {
            to.write_all(&row.repeat(100)).expect("it is read");
        }
        to.write_all(&raw::frame(b'c', &[])).expect("it is read");
    });
    let frames = client.until(b'Z');
    writer.join().expect("all is written");
    assert_eq!(frames.iter().filter(|f| f.tag == b'N').count(), rows);
    assert!(frames.iter().any(|f| f.tag == b'C' && f.body.starts_with(b"COPY 40000")), "its end");
}
