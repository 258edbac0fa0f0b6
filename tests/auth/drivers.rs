//! `drivers.txt` with asyncpg, node-postgres, postgres.js and tokio-postgres: which login works over which legs.

use std::fmt::Write as _;
use std::future::Future;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use exonym::wire::scram::end_point;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::config::ChannelBinding as Wants;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{Config, NoTls};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::client::{PASSWORD, users};
use super::libpq::Went;
use super::matrix::{METHODS, Stage, fate, lines};
use super::support::proxy::Proxy;

/// A driver and how it connects, as `drivers.txt` has them.
const CLIENTS: [(&str, &str); 11] = [
    ("asyncpg", "plain"),
    ("asyncpg", "tls"),
    ("pg", "plain"),
    ("pg", "tls"),
    ("pg", "bound"),
    ("postgres", "plain"),
    ("postgres", "tls"),
    ("tokio-postgres", "plain"),
    ("tokio-postgres", "prefer"),
    ("tokio-postgres", "require"),
    ("tokio-postgres", "disable"),
];

/// One login, and where in the table its fate stands.
struct Login {
    port: u16,
    user: String,
    password: &'static str,
    client: usize,
    place: String,
    expected: String,
}

#[test]
fn drivers_log_in_over_the_legs_that_they_can() {
    let stage = Stage::new();
    let mut proxies = Vec::new();
    let mut logins = Vec::new();
    for leg in ["plain", "tls", "same"] {
        for auth in ["no", "yes"] {
            let source =
                (auth == "yes").then(|| users(&stage.server, &["as_trust", "as_password", "as_scram", "as_cert"]));
            let proxy = stage.proxy(leg, source);
            let lines = lines(include_str!("drivers.txt"), leg, auth);
            assert_eq!(lines.len(), METHODS.len() - usize::from(leg == "plain"), "{leg} {auth}");
            for line in lines {
                for (client, expected) in line.expected.iter().enumerate() {
                    let place = format!("{leg}, {auth} auth, {}, {}", line.asks, CLIENTS[client].0);
                    for password in [PASSWORD, "wrong"] {
                        let (place, expected) = (place.clone(), expected.clone());
                        let user = format!("as_{}", line.asks);
                        logins.push(Login { port: proxy.port, user, password, client, place, expected });
                    }
                }
            }
            proxies.push(proxy);
        }
    }
    let went = play(&logins, &stage.root());
    let mut wrong = String::new();
    for (pair, went) in logins.chunks(2).zip(went.chunks(2)) {
        let found = fate(&went[0], &went[1]);
        if found != pair[0].expected {
            let _ = writeln!(
                wrong,
                "{}, {}: {} and not {found}",
                pair[0].place, CLIENTS[pair[0].client].1, pair[0].expected
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(logins.len(), 2 * 2 * (4 + 5 + 5) * CLIENTS.len());
    drop::<Vec<Proxy>>(proxies);
}

/// How each login went; each driver's in one process, all drivers at once.
fn play(logins: &[Login], root: &Path) -> Vec<Went> {
    let of = |drivers: &'static [&'static str]| -> Vec<(usize, &Login)> {
        logins.iter().enumerate().filter(|(_, l)| drivers.contains(&CLIENTS[l.client].0)).collect()
    };
    let base = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = base.join("tests/.venv/bin/python");
    assert!(python.exists(), "there is no {}; tests/run makes it", python.display());
    let found = std::thread::scope(|scope| {
        let threads = [
            scope.spawn(|| script(&python, "with_asyncpg.py", &of(&["asyncpg"]))),
            scope.spawn(|| script(Path::new("node"), "with_node.js", &of(&["pg"]))),
            scope.spawn(|| script(Path::new("node"), "with_node.js", &of(&["postgres"]))),
            scope.spawn(|| rust(root, &of(&["tokio-postgres"]))),
        ];
        threads.map(|thread| thread.join().expect("no panic")).into_iter().flatten().collect::<Vec<_>>()
    });
    let mut went = vec![Went::Failed("not tried".into()); logins.len()];
    for (at, how) in found {
        went[at] = how;
    }
    went
}

/// Lets a script of `logins/` try them.
fn script(program: &Path, name: &str, logins: &[(usize, &Login)]) -> Vec<(usize, Went)> {
    let base = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<serde_json::Value> = logins
        .iter()
        .map(|(_, l)| {
            let (driver, client) = CLIENTS[l.client];
            serde_json::json!({
                "port": l.port, "user": l.user, "password": l.password, "driver": driver, "client": client
            })
        })
        .collect();
    let mut child = Command::new(program)
        .arg(base.join("tests/auth/logins").join(name))
        .env("NODE_PATH", base.join("tests/.cache/clients/node_modules"))
        .env("HOME", "/nonexistent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it can be run");
    let text = serde_json::to_vec(&cases).expect("strings are JSON");
    child.stdin.take().expect("its input is piped").write_all(&text).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<serde_json::Value> = lines.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(lines.len(), logins.len(), "{name}: {said}");
    let went = |said: &serde_json::Value| match said["error"].as_str() {
        Some(error) => Went::Failed(error.into()),
        None => Went::Plain,
    };
    logins.iter().zip(&lines).map(|((at, _), said)| (*at, went(said))).collect()
}

/// The same with tokio-postgres, over rustls.
fn rust(root: &Path, logins: &[(usize, &Login)]) -> Vec<(usize, Went)> {
    let mut roots = RootCertStore::empty();
    let pem = std::fs::read(root).expect("an authority");
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.expect("PEM")).expect("an authority");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has both")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let went = |login: &Login| {
        let attempt = async {
            let attempt = tokio::time::timeout(Duration::from_secs(15), log_in(login, connector.clone()));
            attempt.await.expect("an answer in time")
        };
        match runtime.block_on(attempt) {
            Ok(()) => Went::Plain,
            Err(error) => {
                let hint = error.as_db_error().and_then(tokio_postgres::error::DbError::hint).unwrap_or_default();
                Went::Failed(format!("{}; {hint}", exonym::text::chain(&error)))
            }
        }
    };
    logins.iter().map(|(at, login)| (*at, went(login))).collect()
}

async fn log_in(login: &Login, connector: TlsConnector) -> Result<(), tokio_postgres::Error> {
    let mut config = Config::new();
    config.user(&login.user).password(login.password).dbname("postgres");
    let stream = TcpStream::connect(("127.0.0.1", login.port)).await.expect("it listens");
    let wants = match CLIENTS[login.client].1 {
        "plain" => {
            let (client, connection) = config.connect_raw(stream, NoTls).await?;
            return ask(client, connection).await;
        }
        "prefer" => Wants::Prefer,
        "require" => Wants::Require,
        _ => Wants::Disable,
    };
    config.ssl_mode(tokio_postgres::config::SslMode::Require).channel_binding(wants);
    let (client, connection) = config.connect_raw(stream, Dressed(connector)).await?;
    ask(client, connection).await
}

async fn ask(
    client: tokio_postgres::Client,
    connection: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
) -> Result<(), tokio_postgres::Error> {
    tokio::spawn(connection);
    client.query_one("SELECT current_user", &[]).await.map(drop)
}

/// rustls, as tokio-postgres wants it.
struct Dressed(TlsConnector);

/// A connection that logins may be bound to.
struct Bound(tokio_rustls::client::TlsStream<TcpStream>);

impl TlsConnect<TcpStream> for Dressed {
    type Stream = Bound;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Bound>> + Send>>;

    fn connect(self, stream: TcpStream) -> Self::Future {
        let name = "localhost".try_into().expect("a name");
        Box::pin(async move { self.0.connect(name, stream).await.map(Bound) })
    }
}

impl TlsStream for Bound {
    fn channel_binding(&self) -> ChannelBinding {
        let shown = self.0.get_ref().1.peer_certificates().expect("a server shows one");
        ChannelBinding::tls_server_end_point(end_point::hash(&shown[0]).expect("it can be bound to"))
    }
}

impl AsyncRead for Bound {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Bound {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
