//! A server that takes no login that is not bound to its certificate, which no setting of Postgres can demand: it offers
//! `SCRAM-SHA-256-PLUS` alone, and looks at what it is told of the channel.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exonym::config::{BackendTls, DoorTls, SslMode};
use exonym::net::{Door, Terms};
use ring::digest::{SHA256, digest};
use rustls::crypto::ring as provider;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::authority::{Authority, Pair, Valid};
use super::client::{PASSWORD, users};
use super::libpq::connect;
use super::matrix::Stage;
use super::support::proxy::Setup;
use super::support::raw;

/// What asks for TLS.
const SSL: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// What a login was.
#[derive(PartialEq, Eq, Debug)]
struct Told {
    mechanism: String,
    /// Up to the name of the user.
    begins: String,
    /// `c=` of the last message: the same again, and what is known of the channel.
    bound_to: Vec<u8>,
}

#[test]
fn a_server_that_demands_it_is_told_its_own_certificate() {
    let stage = Stage::new();
    let authority = Authority::new("demanding");
    let pair = authority.sign("demanding", &["127.0.0.1"], Valid::Now);
    let verifier = stage.server.sql("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'as_scram'");
    let (iterations, rest) =
        verifier.strip_prefix("SCRAM-SHA-256$").and_then(|v| v.split_once(':')).expect("a verifier");
    let salt = rest.split('$').next().expect("a salt");
    let (port, told) = demanding(&pair, format!("s={salt},i={iterations}"));
    let mut setup = Setup::to(port, "postgres");
    setup.auth = Some(users(&stage.server, &["as_scram"]));
    let settings = BackendTls { mode: SslMode::Require, ..BackendTls::default() };
    setup.terms = Terms::load(&settings).expect("no files");
    let proxy = setup.start();
    let (certificate, key) = (stage.ours.certificate.clone(), stage.ours.key.clone());
    let door = Door::load(&DoorTls { certificate, key, is_required: false, client_ca: None }).expect("good files");
    proxy.shared.door.store(Some(Arc::new(door)));
    let shown = CertificateDer::from_pem_file(&pair.certificate).expect("PEM");
    let end_point = digest(&SHA256, &shown);
    for binding in [
        "sslmode=require channel_binding=require",
        "sslmode=require channel_binding=prefer",
        // These clients cannot bind, or do not: Exonym does it for them.
        "sslmode=require channel_binding=disable",
        "sslmode=disable",
    ] {
        let dsn =
            format!("host=127.0.0.1 port={} user=as_scram dbname=postgres password={PASSWORD} {binding}", proxy.port);
        // The demanding one takes nobody; that it says so is the server's word for a login that was right so far.
        let went = connect(&[dsn]).remove(0);
        assert!(went.failed_with("as bound as can be"), "{binding}: {went:?}");
        let begins = "p=tls-server-end-point,,".to_owned();
        let bound_to = [begins.as_bytes(), end_point.as_ref()].concat();
        let expected = Told { mechanism: "SCRAM-SHA-256-PLUS".into(), begins, bound_to };
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(expected), "{binding}");
    }
}

/// Starts it with the salt and the iterations of a password; its port, and what it is told.
fn demanding(pair: &Pair, work: String) -> (u16, Receiver<Told>) {
    let chain = vec![CertificateDer::from_pem_file(&pair.certificate).expect("PEM")];
    let key = PrivateKeyDer::from_pem_file(&pair.key).expect("PEM");
    let config = ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has both")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a good pair");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let Some(what) = listen(stream, Arc::clone(&config), &work) else { continue };
            if tell.send(what).is_err() {
                return;
            }
        }
    });
    (port, told)
}

/// One login up to its proof, which is not looked at.
fn listen(mut socket: TcpStream, config: Arc<ServerConfig>, work: &str) -> Option<Told> {
    let mut request = [0; 8];
    socket.read_exact(&mut request).ok()?;
    assert_eq!(request, SSL);
    socket.write_all(b"S").ok()?;
    let mut stream = StreamOwned::new(ServerConnection::new(config).expect("a good configuration"), socket);
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut startup = vec![0; usize::try_from(u32::from_be_bytes(length)).expect("short") - 4];
    stream.read_exact(&mut startup).ok()?;
    let sasl = |code: u8, text: &[u8]| raw::frame(b'R', &[&[0, 0, 0, code], text].concat());
    stream.write_all(&sasl(10, b"SCRAM-SHA-256-PLUS\0\0")).ok()?;
    let first = message(&mut stream)?;
    let (mechanism, rest) = first.split_at(first.iter().position(|b| *b == 0)?);
    let text = String::from_utf8(rest.get(5..)?.to_vec()).expect("text");
    let begins = text[..text.find("n=")?].to_owned();
    let nonce = text.rsplit_once("r=")?.1.to_owned();
    stream.write_all(&sasl(11, format!("r={nonce}more,{work}").as_bytes())).ok()?;
    let last = String::from_utf8(message(&mut stream)?).expect("text");
    let bound = last.strip_prefix("c=")?.split(',').next()?;
    let end = [b"SFATAL\0VFATAL\0C28000\0Mas bound as can be\0".as_slice(), &[0]].concat();
    stream.write_all(&raw::frame(b'E', &end)).ok()?;
    stream.conn.send_close_notify();
    let _ = stream.flush();
    Some(Told {
        mechanism: String::from_utf8_lossy(mechanism).into(),
        begins,
        bound_to: STANDARD.decode(bound).expect("base64"),
    })
}

fn message(stream: &mut impl std::io::Read) -> Option<Vec<u8>> {
    let mut header = [0; 5];
    stream.read_exact(&mut header).ok()?;
    assert_eq!(header[0], b'p');
    let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
    let mut body = vec![0; usize::try_from(length).expect("short") - 4];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}
