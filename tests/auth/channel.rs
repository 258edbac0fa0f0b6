//! Clients that bind, over real TLS, and what they may get wrong on purpose.

use std::io::{self, Read, Write};

use exonym::config::{BackendTls, SslMode};
use exonym::net::{Address, Socket, Terms, Way};
use exonym::session::Source;
use exonym::wire::scram::end_point;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::client::{PASSWORD, choose, outcome, users};
use super::matrix::Stage;
use super::support::postgres::Version;
use super::support::raw::{self, Frame, Raw};

const ROLE: &str = "as_scram";

/// A socket of Exonym's own, to be used by a client that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    runtime: Runtime,
    socket: Socket,
}

/// A raw client in TLS.
pub(super) struct Client {
    pub(super) raw: Raw<Waiting>,
    /// What the login may be bound to.
    hash: Vec<u8>,
    /// The mechanisms.
    offer: String,
}

impl Client {
    /// Connects and waits for an offer.
    fn ask(port: u16) -> Self {
        Self::ask_as(port, ROLE)
    }

    /// The same as that user.
    pub(super) fn ask_as(port: u16, user: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let settings = BackendTls { mode: SslMode::Require, ..BackendTls::default() };
        let terms = Arc::new(Terms::load(&settings).expect("no files"));
        let to = Address::Tcp { host: "127.0.0.1".into(), port };
        let (socket, _) = runtime.block_on(terms.connect(&to, Way::Tls)).expect("TLS");
        let hash = end_point::hash(socket.peer_certificate().expect("a server's")).expect("it can be bound to");
        let mut client = Self { raw: Raw::over(Waiting { runtime, socket }), hash, offer: String::new() };
        client.raw.send(&raw::startup(&[("user", user), ("database", "postgres")]));
        let offer = client.sasl(10);
        let names: Vec<_> = offer.split(|b| *b == 0).filter(|n| !n.is_empty()).map(String::from_utf8_lossy).collect();
        client.offer = names.join(" ");
        client
    }

    fn frame(&mut self) -> Frame {
        self.raw.frame().expect("a frame")
    }

    pub(super) fn sasl(&mut self, code: u8) -> Vec<u8> {
        let frame = self.frame();
        assert_eq!((frame.tag, &frame.body[..4]), (b'R', &[0, 0, 0, code][..]), "{frame:?}");
        frame.body[4..].to_vec()
    }

    /// The whole exchange; nothing when it ends well.
    fn log_in(mut self, mechanism: &str, binding: ChannelBinding, password: &str) -> Option<(String, String, String)> {
        let mut scram = ScramSha256::new(password.as_bytes(), binding);
        self.raw.send(&choose(mechanism, scram.message()));
        let frame = self.frame();
        if frame.tag != b'R' {
            return Some(fields(&frame));
        }
        scram.update(&frame.body[4..]).expect("a challenge");
        self.raw.send(&raw::frame(b'p', scram.message()));
        let frame = self.frame();
        if frame.tag != b'R' {
            return Some(fields(&frame));
        }
        scram.finish(&frame.body[4..]).expect("the signature");
        assert_eq!(self.frame().body, [0; 4], "let in");
        None
    }
}

impl Read for Waiting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let soon = async { timeout(Duration::from_secs(20), self.socket.read(buffer)).await };
        self.runtime.block_on(soon)?
    }
}

impl Write for Waiting {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.runtime.block_on(self.socket.write(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.runtime.block_on(self.socket.flush())
    }
}

/// SQLSTATE, message and hint of an error.
fn fields(frame: &Frame) -> (String, String, String) {
    assert_eq!(frame.tag, b'E', "{frame:?}");
    let field = |kind| frame.field(kind).unwrap_or_default();
    (field(b'C'), field(b'M'), field(b'H'))
}

fn known(stage: &Stage) -> Source {
    users(&stage.server, &[ROLE])
}

#[test]
fn a_login_is_bound_to_the_certificate_that_was_shown() {
    bound_to_what_was_shown(&Stage::new());
}

#[test]
fn so_it_is_with_postgres_18_and_many_iterations() {
    let stage = Stage::of(Version::Eighteen);
    stage.server.sql("postgres", "SET scram_iterations = 20000; ALTER ROLE as_scram PASSWORD 'pässword'");
    let verifier = stage.server.sql("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'as_scram'");
    assert!(verifier.starts_with("SCRAM-SHA-256$20000:"), "{verifier}");
    bound_to_what_was_shown(&stage);
    // Relayed, too, which is the server's own business.
    let proxy = stage.proxy("plain", None);
    assert_eq!(outcome(proxy.port, ROLE, PASSWORD, "sslmode=disable"), Ok(ROLE.into()));
    let refused = outcome(proxy.port, ROLE, "wrong", "sslmode=disable").expect_err("the wrong password");
    assert!(refused.contains("password authentication failed"), "{refused}");
}

fn bound_to_what_was_shown(stage: &Stage) {
    for leg in ["plain", "tls"] {
        let proxy = stage.proxy(leg, Some(known(stage)));
        let ask = || Client::ask(proxy.port);
        assert_eq!(ask().offer, "SCRAM-SHA-256-PLUS SCRAM-SHA-256", "{leg}");
        let right = |client: &Client| ChannelBinding::tls_server_end_point(client.hash.clone());
        let client = ask();
        let binding = right(&client);
        assert_eq!(client.log_in("SCRAM-SHA-256-PLUS", binding, PASSWORD), None, "{leg}");
        let client = ask();
        let binding = right(&client);
        let (code, ..) = client.log_in("SCRAM-SHA-256-PLUS", binding, "wrong").expect("an error");
        assert_eq!(code, "28P01", "{leg}");
        // Somebody between has a certificate of his own.
        let other = ChannelBinding::tls_server_end_point(vec![7; 32]);
        let (code, message, _) = ask().log_in("SCRAM-SHA-256-PLUS", other, PASSWORD).expect("an error");
        assert_eq!((&*code, &*message), ("28000", "SCRAM channel binding check failed"), "{leg}");
        // Somebody between has taken the mechanism out of the offer.
        let (code, message, _) =
            ask().log_in("SCRAM-SHA-256", ChannelBinding::unrequested(), PASSWORD).expect("an error");
        assert_eq!(code, "28000", "{leg}");
        assert!(message.starts_with("SCRAM channel binding negotiation error"), "{message}");
        // Who cannot bind does not have to, and is the server's to verify.
        assert_eq!(ask().log_in("SCRAM-SHA-256", ChannelBinding::unsupported(), PASSWORD), None, "{leg}");
        for (what, mechanism, message) in [
            ("no binding", "SCRAM-SHA-256-PLUS", &b"n,,n=,r=x"[..]),
            ("no binding, although it could", "SCRAM-SHA-256-PLUS", b"y,,n=,r=x"),
            ("another type of binding", "SCRAM-SHA-256-PLUS", b"p=tls-unique,,n=,r=x"),
            ("binding with the wrong mechanism", "SCRAM-SHA-256", b"p=tls-server-end-point,,n=,r=x"),
        ] {
            let mut client = ask();
            client.raw.send(&choose(mechanism, message));
            assert_eq!(fields(&client.frame()).0, "08P01", "{leg}, {what}");
        }
    }
}

#[test]
fn without_auth_a_client_that_could_bind_is_told_what_to_configure() {
    let stage = Stage::new();
    let proxy = stage.proxy("tls", None);
    let ask = || Client::ask(proxy.port);
    assert_eq!(ask().offer, "SCRAM-SHA-256");
    let (code, message, hint) =
        ask().log_in("SCRAM-SHA-256", ChannelBinding::unrequested(), PASSWORD).expect("an error");
    assert_eq!(code, "28000");
    assert!(message.contains("cannot relay this SCRAM login"), "{message}");
    for remedy in ["query = true", "users = \"users.toml\"", "[backends.warehouse]", "channel_binding=disable"] {
        assert!(hint.contains(remedy), "{hint}");
    }
    let binding = ChannelBinding::tls_server_end_point(vec![7; 32]);
    assert_eq!(ask().log_in("SCRAM-SHA-256-PLUS", binding, PASSWORD).expect("an error").0, "08P01");
    assert_eq!(ask().log_in("SCRAM-SHA-256", ChannelBinding::unsupported(), PASSWORD), None);
}

#[test]
fn who_has_another_password_at_the_server_is_told_no_more_than_by_it() {
    let stage = Stage::new();
    let proxy = stage.proxy("tls", Some(known(&stage)));
    let log_in = || {
        let client = Client::ask(proxy.port);
        let binding = ChannelBinding::tls_server_end_point(client.hash.clone());
        client.log_in("SCRAM-SHA-256-PLUS", binding, PASSWORD)
    };
    assert_eq!(log_in(), None);
    for change in [
        "ALTER ROLE as_scram VALID UNTIL '2020-01-01'",
        "ALTER ROLE as_scram VALID UNTIL 'infinity'; ALTER ROLE as_scram PASSWORD 'another'",
    ] {
        stage.server.sql("postgres", change);
        let told = log_in().expect("an error");
        let expected = ("28P01", "password authentication failed for user \"as_scram\"", "");
        assert_eq!((&*told.0, &*told.1, &*told.2), expected, "{change}");
    }
}
