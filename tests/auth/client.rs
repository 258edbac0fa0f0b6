//! A SCRAM client of somebody else's making over raw frames, and the servers that the tests share.

use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use exonym::backend::verifiers::Verifiers;
use exonym::config::Config;
use exonym::config::users::Users;
use exonym::session::Source;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};

use super::support::postgres::{Postgres, bin};
use super::support::raw::{self, Frame, Raw};

/// The right password of every role.
pub(crate) const PASSWORD: &str = "pässword";

/// A server that trusts everyone but the roles whose name says otherwise.
pub(crate) fn server() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| {
        let server = Postgres::start(&[]);
        server.sql(
            "postgres",
            "SET password_encryption = 'scram-sha-256';
             CREATE ROLE ann LOGIN PASSWORD 'pässword';
             CREATE ROLE by_scram LOGIN PASSWORD 'pässword';
             CREATE ROLE late LOGIN PASSWORD 'pässword' VALID UNTIL '2020-01-01';
             CREATE ROLE in_time LOGIN PASSWORD 'pässword' VALID UNTIL 'infinity';
             CREATE ROLE nobody NOLOGIN PASSWORD 'pässword';
             CREATE ROLE bare LOGIN;
             SET password_encryption = md5;
             CREATE ROLE old LOGIN PASSWORD 'pässword';
             CREATE ROLE reader LOGIN;
             CREATE FUNCTION exonym_verifier(name text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
               AS $$ SELECT rolpassword FROM pg_authid WHERE rolname = $1 AND rolcanlogin AND NOT rolsuper $$;
             REVOKE EXECUTE ON FUNCTION exonym_verifier FROM PUBLIC;
             GRANT EXECUTE ON FUNCTION exonym_verifier TO reader;",
        );
        server.prepend_hba("host all by_scram 127.0.0.1/32 scram-sha-256");
        server
    })
}

/// A users file with the verifiers that the server has for these roles.
pub(crate) fn users_file(server: &Postgres, roles: &[&str]) -> String {
    let verifier = |role: &&str| {
        let sql = format!("SELECT rolpassword FROM pg_authid WHERE rolname = '{role}'");
        format!("{role} = \"{}\"\n", server.sql("postgres", &sql).trim())
    };
    format!("[users]\n{}", roles.iter().map(verifier).collect::<String>())
}

/// Verifiers from a users file.
pub(crate) fn users(server: &Postgres, roles: &[&str]) -> Source {
    let users = Users::parse(&users_file(server, roles), "users.toml").expect("a good file");
    Source::Users(Arc::new(ArcSwap::from_pointee(users)))
}

/// Verifiers by a query that `role` asks.
pub(crate) fn query(server: &Postgres, role: &str, query: Option<&str>) -> Source {
    let url = format!("postgres://{role}@127.0.0.1:{}/postgres", server.port);
    let backend = Config::direct(&url, None, Vec::new()).expect("a good URL").backends.remove(0);
    Source::Server(Arc::new(Verifiers::new(backend, "postgres".into(), query.map(str::to_owned))))
}

/// Runs psql with a password.
pub(crate) fn psql(port: u16, user: &str, password: &str, options: &str) -> Output {
    let url = format!("host=127.0.0.1 port={port} user={user} dbname=postgres {options}");
    Command::new(bin("psql"))
        .args(["-X", "-q", "-A", "-t", "-w", "-d", &url, "-c", "SELECT current_user"])
        .env("PGPASSWORD", password)
        .output()
        .expect("psql can be run")
}

/// What psql prints, or what it says is wrong, without the address.
pub(crate) fn outcome(port: u16, user: &str, password: &str, options: &str) -> Result<String, String> {
    let output = psql(port, user, password, options);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let said = text(&output.stderr);
    Err(said.split_once("failed: ").map_or(said.clone(), |(_, what)| what.to_owned()))
}

/// Connects and waits until a mechanism is offered. Gives the offer.
pub(crate) fn ask(port: u16, user: &str) -> (Raw, String) {
    let mut client = Raw::connect(port);
    client.send(&raw::startup(&[("user", user), ("database", "postgres")]));
    let offer = client.frame().expect("an offer");
    assert_eq!((offer.tag, &offer.body[..4]), (b'R', &[0, 0, 0, 10][..]), "{offer:?}");
    let names: Vec<String> = offer.body[4..]
        .split(|b| *b == 0)
        .filter(|n| !n.is_empty())
        .map(|n| String::from_utf8_lossy(n).into())
        .collect();
    (client, names.join(" "))
}

/// The frame with which a client chooses a mechanism.
pub(crate) fn choose(mechanism: &str, message: &[u8]) -> Vec<u8> {
    let length = i32::try_from(message.len()).expect("short").to_be_bytes();
    raw::frame(b'p', &[mechanism.as_bytes(), &[0], &length, message].concat())
}

/// The next frame, which must go on with SASL by this code.
pub(crate) fn sasl(client: &mut Raw, code: u8) -> Vec<u8> {
    let frame = client.frame().expect("an answer");
    assert_eq!((frame.tag, &frame.body[..4]), (b'R', &[0, 0, 0, code][..]), "{frame:?}");
    frame.body[4..].to_vec()
}

/// The error with which the connection ends.
pub(crate) fn refusal(client: &mut Raw) -> Frame {
    let frames = client.rest();
    assert_eq!(raw::tags(&frames), "E", "{frames:?}");
    assert_eq!(frames[0].field(b'V').as_deref(), Some("FATAL"));
    frames[0].clone()
}

/// A whole exchange; the frames up to `ReadyForQuery`, or the error.
pub(crate) fn log_in(port: u16, user: &str, password: &str, binding: ChannelBinding) -> Result<Vec<Frame>, Frame> {
    let (mut client, _) = ask(port, user);
    let mut scram = ScramSha256::new(password.as_bytes(), binding);
    client.send(&choose("SCRAM-SHA-256", scram.message()));
    scram.update(&sasl(&mut client, 11)).expect("a challenge");
    client.send(&raw::frame(b'p', scram.message()));
    let answer = client.frame().expect("an answer");
    if answer.tag == b'E' {
        return Err(answer);
    }
    assert_eq!(answer.body[..4], [0, 0, 0, 12], "{answer:?}");
    scram.finish(&answer.body[4..]).expect("the server's signature");
    Ok(client.until(b'Z'))
}
