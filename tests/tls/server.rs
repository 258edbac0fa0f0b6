//! TLS towards the server.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use exonym::config::url;
use exonym::net::Terms;

use super::authority::{Authority, Pair, Valid, give};
use super::support::postgres::{Postgres, Version};
use super::support::proxy::{Proxy, Setup};
use super::support::raw::{self, Raw};

/// A server with TLS, and who signed its certificate.
pub(crate) struct Secured {
    pub(crate) server: Postgres,
    pub(crate) authority: Authority,
}

/// One for all tests. It lets anybody in; `only_tls` and `only_plain` by one way, `by_certificate` with a client certificate.
pub(crate) fn secured() -> &'static Secured {
    static SERVER: OnceLock<Secured> = OnceLock::new();
    SERVER.get_or_init(|| {
        let authority = Authority::new("server");
        let pair = authority.sign("server", &["localhost"], Valid::Now);
        let server = start(&pair, &authority);
        server.sql(
            "postgres",
            "CREATE ROLE only_tls LOGIN; CREATE ROLE only_plain LOGIN; CREATE ROLE by_certificate LOGIN",
        );
        server.prepend_hba(
            "hostnossl all only_tls 127.0.0.1/32 reject\nhostssl all only_plain 127.0.0.1/32 reject\n\
             hostssl all by_certificate 127.0.0.1/32 cert\nhostnossl all by_certificate 127.0.0.1/32 reject",
        );
        Secured { server, authority }
    })
}

/// A server that shows `pair` and trusts what `clients` has signed.
pub(crate) fn start(pair: &Pair, clients: &Authority) -> Postgres {
    start_as(Version::Installed, pair, clients)
}

/// The same, of this version.
pub(crate) fn start_as(version: Version, pair: &Pair, clients: &Authority) -> Postgres {
    let setting = |name: &str, path: &Path| format!("{name}={}", path.display());
    let home = Path::new("/var/lib/postgresql");
    if home.exists() {
        give(&pair.key, home);
    }
    let settings = [
        "ssl=on".to_owned(),
        setting("ssl_cert_file", &pair.certificate),
        setting("ssl_key_file", &pair.key),
        setting("ssl_ca_file", &clients.root),
    ];
    Postgres::start_as(version, &settings.each_ref().map(String::as_str))
}

fn proxy(server: &Postgres, query: &str) -> Result<Proxy, String> {
    through(server.port, query)
}

/// A proxy before the database `postgres` of the server on `port`, with these parameters in its URL.
pub(crate) fn through(port: u16, query: &str) -> Result<Proxy, String> {
    through_host("localhost", port, query)
}

/// The same, by another name of this machine.
pub(crate) fn through_host(host: &str, port: u16, query: &str) -> Result<Proxy, String> {
    let url = url::parse(&format!("postgres://{host}:{port}/postgres?{query}")).map_err(|e| e.message)?;
    let mut setup = Setup::to(port, "postgres");
    setup.address = exonym::session::Address::Tcp { host: host.into(), port };
    setup.terms = Terms::load(&url.tls).map_err(|e| exonym::text::chain(&e))?;
    Ok(setup.start())
}

/// Whether the server sees that user come by TLS; or what the client is told.
pub(crate) fn arrives(proxy: &Proxy, user: &str) -> Result<bool, String> {
    arrives_at(proxy.port, user)
}

/// The same, of a proxy in a process of its own.
pub(crate) fn arrives_at(port: u16, user: &str) -> Result<bool, String> {
    let mut client = Raw::connect(port);
    client.send(&raw::startup(&[("user", user), ("database", "postgres")]));
    loop {
        let frame = client.frame().ok_or("closed without a word")?;
        match frame.tag {
            b'E' => {
                return Err(format!(
                    "{}; {}",
                    frame.field(b'M').unwrap_or_default(),
                    frame.field(b'H').unwrap_or_default()
                ));
            }
            b'Z' => break,
            _ => {}
        }
    }
    let rows = raw::rows(&client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
    Ok(rows == ["t"])
}

#[test]
fn every_sslmode_gets_what_it_asks_for() {
    let Secured { server, authority } = secured();
    let root = authority.root.display();
    let plain = Postgres::start(&[]);
    let direct = if server.version() < 17 { Err("takes Postgres 17 or newer") } else { Ok(true) };
    for (query, with_tls, without) in [
        ("sslmode=disable".to_owned(), Ok(false), Ok(false)),
        ("sslmode=allow".into(), Ok(false), Ok(false)),
        ("sslmode=prefer".into(), Ok(true), Ok(false)),
        (String::new(), Ok(true), Ok(false)),
        ("sslmode=require".into(), Ok(true), Err("the server has no TLS, and sslmode=require asks for it")),
        (format!("sslmode=require&sslrootcert={root}"), Ok(true), Err("has no TLS")),
        (format!("sslmode=verify-ca&sslrootcert={root}"), Ok(true), Err("sslmode=verify-ca asks for it")),
        (format!("sslmode=verify-full&sslrootcert={root}"), Ok(true), Err("has no TLS")),
        ("sslmode=require&ssl_max_protocol_version=TLSv1.2".into(), Ok(true), Err("has no TLS")),
        ("sslmode=require&ssl_min_protocol_version=TLSv1.3".into(), Ok(true), Err("has no TLS")),
        ("sslmode=require&sslnegotiation=direct".into(), direct, Err("takes Postgres 17 or newer")),
    ] {
        for (server, expected) in [(server, with_tls), (&plain, without)] {
            let found = proxy(server, &query).and_then(|proxy| arrives(&proxy, "postgres"));
            match (expected, found) {
                (Ok(expected), found) => assert_eq!(found, Ok(expected), "{query}"),
                (Err(part), Err(message)) => assert!(message.contains(part), "{query}: {message}"),
                (Err(_), Ok(_)) => panic!("{query}: a session"),
            }
        }
    }
}

#[test]
fn a_server_that_turns_one_way_away_is_reached_by_the_other() {
    let Secured { server, .. } = secured();
    let by = |query: &str, user: &str| arrives(&proxy(server, query).expect("good settings"), user);
    assert_eq!(by("sslmode=allow", "only_tls"), Ok(true));
    assert_eq!(by("sslmode=prefer", "only_tls"), Ok(true));
    assert_eq!(by("sslmode=allow", "only_plain"), Ok(false));
    assert_eq!(by("sslmode=prefer", "only_plain"), Ok(false));
    let error = by("sslmode=disable", "only_tls").expect_err("turned away");
    assert!(error.contains("no encryption"), "{error}");
    let error = by("sslmode=require", "only_plain").expect_err("turned away");
    assert!(error.contains("SSL encryption"), "{error}");
}

#[test]
fn who_is_not_trusted_is_named_with_the_file_that_says_so() {
    let Secured { server, .. } = secured();
    let other = Authority::new("another");
    let foreign = other.root.display();
    let by = |server: &Postgres, query: &str| arrives(&proxy(server, query).expect("good settings"), "postgres");
    for mode in ["require", "verify-ca", "verify-full"] {
        let error = by(server, &format!("sslmode={mode}&sslrootcert={foreign}")).expect_err("not trusted");
        assert!(
            error.contains(&format!("sslmode={mode}, sslrootcert={foreign}")) && error.contains("UnknownIssuer"),
            "{error}"
        );
    }
    // Where TLS is only preferred, as in libpq.
    assert_eq!(by(server, &format!("sslmode=prefer&sslrootcert={foreign}")), Ok(false));

    let authority = Authority::new("servers");
    let root = authority.root.display();
    let elsewhere = start(&authority.sign("elsewhere", &["elsewhere.example"], Valid::Now), &authority);
    assert_eq!(by(&elsewhere, &format!("sslmode=verify-ca&sslrootcert={root}")), Ok(true));
    let error = by(&elsewhere, &format!("sslmode=verify-full&sslrootcert={root}")).expect_err("another name");
    assert!(error.contains("elsewhere.example") && error.contains("localhost"), "{error}");
    let expired = start(&authority.sign("expired", &["localhost"], Valid::Past), &authority);
    let error = by(&expired, &format!("sslmode=verify-ca&sslrootcert={root}")).expect_err("expired");
    assert!(error.contains("expired") && error.contains("new certificate"), "{error}");
    assert_eq!(by(&expired, "sslmode=require"), Ok(true), "who trusts everybody trusts the dead");
}

#[test]
fn a_certificate_of_our_own_lets_us_in() {
    let Secured { server, authority } = secured();
    let mine = authority.sign("mine", &["by_certificate"], Valid::Now);
    let another = Authority::new("another");
    let foreign = another.sign("mine", &["by_certificate"], Valid::Now);
    let with =
        |pair: &Pair| format!("sslmode=require&sslcert={}&sslkey={}", pair.certificate.display(), pair.key.display());
    assert_eq!(proxy(server, &with(&mine)).and_then(|proxy| arrives(&proxy, "by_certificate")), Ok(true));
    let error =
        proxy(server, "sslmode=require").and_then(|proxy| arrives(&proxy, "by_certificate")).expect_err("none shown");
    assert!(error.contains("valid client certificate"), "{error}");
    let error =
        proxy(server, &with(&foreign)).and_then(|proxy| arrives(&proxy, "by_certificate")).expect_err("not trusted");
    assert!(error.contains("UnknownCA") && error.contains("`sslcert`"), "{error}");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let Secured { server, authority } = secured();
    let pair = authority.sign("mine", &["me"], Valid::Now);
    let other = authority.sign("other", &["me"], Valid::Now);
    let empty = authority.file("empty.pem");
    fs::write(&empty, "nothing\n").expect("writable");
    let locked = authority.write(
        "locked",
        "",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let (certificate, key) = (pair.certificate.display(), pair.key.display());
    for (query, says) in [
        (
            "sslmode=verify-ca&sslrootcert=/nonexistent.pem".to_owned(),
            "cannot read the certificate `/nonexistent.pem`".to_owned(),
        ),
        (format!("sslrootcert={}", empty.display()), "holds no certificate in PEM".into()),
        (format!("sslcert={certificate}&sslkey={certificate}"), "holds no private key in PEM".into()),
        (
            format!("sslcert={certificate}&sslkey={}", other.key.display()),
            format!("does not belong to the certificate `{certificate}`"),
        ),
        (format!("sslcert={certificate}&sslkey={}", locked.key.display()), "an encrypted key".into()),
        (format!("sslcert={key}&sslkey={key}"), "holds no certificate".into()),
    ] {
        let error = proxy(server, &query).err().unwrap_or_else(|| panic!("{query} is taken"));
        assert!(error.contains(&says), "{query}: {error}");
    }
    // Where there is no TLS they are not looked at.
    assert!(proxy(server, "sslmode=disable&sslrootcert=/nonexistent.pem").is_ok());
}
