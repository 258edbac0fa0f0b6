//! Servers' certificates of every kind that one meets with Postgres: what libpq takes we take, and what it refuses we refuse.
//!
//! One difference is meant: a certificate of version 1, or an authority's, that another authority has signed is no chain to us.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyUsagePurpose, NameConstraints,
};
use rustls::crypto::ring;
use rustls::server::ServerConfig;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConnection, SupportedProtocolVersion, version};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::authority::{Authority, Pair, Valid};
use super::libpq::{self, Went};
use super::server::{arrives, start, through_host};
use super::support::postgres::Postgres;
use super::support::program::eventually;

/// What is to come of `sslmode=require` without roots, `verify-ca`, and `verify-full`.
pub(super) type Expected = [bool; 3];

pub(super) const ALWAYS: Expected = [true, true, true];
const ANOTHER_NAME: Expected = [true, true, false];
pub(super) const NOT_TRUSTED: Expected = [true, false, false];

pub(super) struct Case {
    what: &'static str,
    pair: Pair,
    roots: PathBuf,
    host: &'static str,
    expected: Expected,
    /// Where we differ from libpq: what we refuse, and with which words.
    refused: Option<&'static str>,
}

impl Case {
    pub(super) fn new(what: &'static str, pair: Pair, roots: &Path, expected: Expected) -> Self {
        Self { what, pair, roots: roots.into(), host: "localhost", expected, refused: None }
    }

    /// The certificate is its own root.
    fn root(what: &'static str, pair: Pair, expected: Expected) -> Self {
        let roots = pair.certificate.clone();
        Self::new(what, pair, &roots, expected)
    }

    fn at(self, host: &'static str) -> Self {
        Self { host, ..self }
    }

    pub(super) fn refused(self, words: &'static str) -> Self {
        Self { refused: Some(words), ..self }
    }

    /// Goes to `server`, that shows this certificate, as libpq and as Exonym do.
    fn check(&self, server: &Postgres) {
        let modes = ["require", "verify-ca", "verify-full"];
        let rooted = |mode: &str| if mode == "require" { String::new() } else { self.roots.display().to_string() };
        let dsn = |mode: &&str| {
            let roots = match rooted(mode) {
                roots if roots.is_empty() => roots,
                roots => format!("sslrootcert='{roots}'"),
            };
            format!("host={} port={} user=postgres dbname=postgres sslmode={mode} {roots}", self.host, server.port)
        };
        let theirs = libpq::connect(&modes.iter().map(dsn).collect::<Vec<_>>());
        for ((mode, theirs), expected) in modes.into_iter().zip(theirs).zip(self.expected) {
            let what = format!("{}, sslmode={mode}", self.what);
            assert_eq!(theirs == Went::Tls, expected, "libpq: {what}: {theirs:?}");
            let query = match rooted(mode) {
                roots if roots.is_empty() => format!("sslmode={mode}"),
                roots => format!("sslmode={mode}&sslrootcert={roots}"),
            };
            let ours = through_host(self.host, server.port, &query).and_then(|proxy| arrives(&proxy, "postgres"));
            match self.refused.filter(|_| mode != "require") {
                None => assert_eq!(ours == Ok(true), expected, "{what}: {ours:?}, and libpq: {theirs:?}"),
                Some(words) => {
                    let error = ours.expect_err("refused");
                    assert!(error.contains(words), "{what}: {error}");
                }
            }
        }
        // Signed in another way. A server with a key that must not sign has no session at all.
        let older = "ssl_max_protocol_version=TLSv1.2";
        let theirs = &libpq::connect(&[format!("{} {older}", dsn(&"require"))])[0];
        let ours = through_host(self.host, server.port, &format!("sslmode=require&{older}"))
            .and_then(|proxy| arrives(&proxy, "postgres"));
        assert_eq!(ours == Ok(true), *theirs == Went::Tls, "{}, TLS 1.2: {ours:?}, and libpq: {theirs:?}", self.what);
    }
}

/// Checks these cases against one server, which takes their certificates one after the other.
pub(super) fn check(authority: &Authority, cases: &[Case]) {
    let in_use = authority.sign("in_use", &["localhost"], Valid::Now);
    let server = start(&in_use, authority);
    for case in cases {
        let loaded = || server.sql("postgres", "SELECT pg_conf_load_time()");
        let before = loaded();
        // Written in place: the key stays whose it is.
        fs::copy(&case.pair.certificate, &in_use.certificate).expect("writable");
        fs::write(&in_use.key, fs::read(&case.pair.key).expect("readable")).expect("writable");
        server.sql("postgres", "SELECT pg_reload_conf()");
        eventually(
            "a server with the new certificate",
            || if loaded() == before { Err(before.clone()) } else { Ok(()) },
        );
        case.check(&server);
    }
}

pub(super) fn named(common: &str, alternative: &[&str]) -> CertificateParams {
    let names = alternative.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut params = CertificateParams::new(names).expect("good names");
    params.distinguished_name.push(DnType::CommonName, common);
    params
}

fn with(mut params: CertificateParams, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    change(&mut params);
    params
}

fn authoritative(params: CertificateParams) -> CertificateParams {
    with(params, |p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))
}

fn past(params: CertificateParams) -> CertificateParams {
    with(params, |p| p.not_after = rcgen::date_time_ymd(2020, 1, 1))
}

fn future(params: CertificateParams) -> CertificateParams {
    with(params, |p| p.not_before = rcgen::date_time_ymd(2100, 1, 1))
}

/// Runs `openssl` beside the authority's files.
pub(super) fn openssl(authority: &Authority, args: &str) -> String {
    let output = Command::new("openssl")
        .args(args.split(' '))
        .current_dir(authority.root.parent().expect("it lies in a directory"))
        .output()
        .expect("openssl can be run; tests/run installs it");
    assert!(output.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn pair(authority: &Authority, file: &str) -> Pair {
    Pair { certificate: authority.file(&format!("{file}.crt")), key: authority.file(&format!("{file}.key")) }
}

/// As in Postgres's documentation: a request, signed with `by`, and no word about extensions.
fn version_1(authority: &Authority, file: &str, by: &str) -> Pair {
    openssl(
        authority,
        &format!("req -new -nodes -newkey rsa:2048 -out {file}.csr -keyout {file}.key -subj /CN=localhost"),
    );
    openssl(authority, &format!("x509 -req -in {file}.csr -days 365 {by} -out {file}.crt"));
    let version = |file: &str| openssl(authority, &format!("x509 -in {file}.crt -noout -text"));
    if !version(file).contains("Version: 1 ") {
        // Newer versions of OpenSSL have to be told.
        let by = by.replace("-signkey", "-key").replace(" -CAcreateserial", "");
        openssl(authority, &format!("req -x509v1 -in {file}.csr -days 365 {by} -out {file}.crt"));
    }
    assert!(version(file).contains("Version: 1 "), "{}", version(file));
    pair(authority, file)
}

#[test]
fn version_1_is_taken_where_libpq_takes_it_but_for_chains() {
    let authority = Authority::new("root");
    let signed = version_1(&authority, "signed", "-CA ca.crt -CAkey ca.key -CAcreateserial");
    let itself = version_1(&authority, "itself", "-signkey itself.key");
    let other = version_1(&authority, "other", "-signkey other.key");
    check(
        &authority,
        &[
            Case::new("version 1 of an authority", signed.clone(), &authority.root, ALWAYS).refused("X.509 version 1"),
            Case::new("version 1 of another authority", signed, &Authority::new("root").root, NOT_TRUSTED),
            Case::root("version 1, itself a root", itself.clone(), ALWAYS),
            Case::root("version 1, itself a root, for another", itself.clone(), ANOTHER_NAME).at("127.0.0.1"),
            Case::new("version 1, and another root of its name", itself, &other.certificate, NOT_TRUSTED),
        ],
    );
}

#[test]
fn a_certificate_that_is_itself_a_root_is_judged_as_libpq_does() {
    let authority = Authority::new("root");
    openssl(&authority, "req -new -x509 -days 365 -nodes -text -out recipe.crt -keyout recipe.key -subj /CN=localhost");
    let recipe = pair(&authority, "recipe");
    let own = |file: &str, params: CertificateParams| authority.sign_itself(file, &params);
    let twin = own("twin", authoritative(named("localhost", &[])));
    let for_clients = |p: &mut CertificateParams| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let for_servers = |p: &mut CertificateParams| {
        p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        p.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    };
    let for_signing = |p: &mut CertificateParams| p.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let strange = |p: &mut CertificateParams| {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(true);
        p.custom_extensions.push(extension);
    };
    let localhost = || authoritative(named("localhost", &[]));
    let ends = |name: &str, alternative: &[&str]| with(named(name, alternative), |p| p.is_ca = IsCa::ExplicitNoCa);
    check(
        &authority,
        &[
            Case::new("an authority's", authority.sign_as("below", &localhost()), &authority.root, ALWAYS)
                .refused("CA:TRUE"),
            Case::root("openssl req -x509", recipe.clone(), ALWAYS),
            Case::root("openssl req -x509, for another", recipe.clone(), ANOTHER_NAME).at("127.0.0.1"),
            Case::new("another root of its name", recipe, &twin.certificate, NOT_TRUSTED),
            Case::root("of an address", own("address", authoritative(named("127.0.0.1", &[]))), ALWAYS).at("127.0.0.1"),
            Case::root("with its name", own("name", authoritative(named("x", &["localhost"]))), ALWAYS),
            Case::root("with another name", own("names", authoritative(named("localhost", &["x"]))), ANOTHER_NAME),
            Case::root("like snakeoil", own("snakeoil", ends("localhost", &["localhost"])), ALWAYS),
            Case::root("like snakeoil, only CN", own("common", ends("localhost", &[])), ALWAYS),
            Case::root("like snakeoil, another", own("stranger", ends("x", &[])), ANOTHER_NAME),
            Case::root("expired", own("expired", past(localhost())), NOT_TRUSTED),
            Case::root("not yet valid", own("future", future(localhost())), NOT_TRUSTED),
            Case::root("for servers", own("servers", with(localhost(), for_servers)), ALWAYS),
            Case::root("for clients only", own("clients", with(localhost(), for_clients)), NOT_TRUSTED),
            Case::root("for signing only", own("signing", with(localhost(), for_signing)), NOT_TRUSTED),
            Case::root("with a strange duty", own("strange", with(localhost(), strange)), NOT_TRUSTED),
        ],
    );
}

#[test]
fn the_common_name_counts_as_for_libpq() {
    let authority = Authority::new("root");
    let sign = |file: &str, params: CertificateParams| authority.sign_as(file, &params);
    let root = &authority.root;
    let other = Authority::new("root");
    check(
        &authority,
        &[
            Case::new("only CN", sign("common", named("localhost", &[])), root, ALWAYS),
            Case::new("CN of another", sign("another", named("elsewhere", &[])), root, ANOTHER_NAME),
            Case::new("names of others", sign("names", named("localhost", &["elsewhere"])), root, ANOTHER_NAME),
            Case::new("CN and an address", sign("address", named("localhost", &["10.0.0.1"])), root, ALWAYS),
            Case::new("CN is an address", sign("cn", named("127.0.0.1", &[])), root, ALWAYS).at("127.0.0.1"),
            Case::new("CN is an address beside a name", sign("cn2", named("127.0.0.1", &["x"])), root, ALWAYS)
                .at("127.0.0.1"),
            Case::new("an address", sign("ip", named("x", &["127.0.0.1"])), root, ALWAYS).at("127.0.0.1"),
            Case::new("another address", sign("ip2", named("127.0.0.1", &["10.0.0.1"])), root, ANOTHER_NAME)
                .at("127.0.0.1"),
            Case::new("only CN, expired", sign("expired", past(named("localhost", &[]))), root, NOT_TRUSTED),
            Case::new("only CN, of another", sign("common", named("localhost", &[])), &other.root, NOT_TRUSTED),
        ],
    );
}

#[test]
fn an_authority_for_some_names_vouches_for_no_common_name() {
    let limited = Authority::made("limited", |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example.com".into())],
            excluded_subtrees: Vec::new(),
        });
    });
    let pair = limited.sign_as("limited", &named("127.0.0.1", &[]));
    let server = start(&pair, &limited);
    let roots = limited.root.display();
    let theirs = libpq::connect(&[format!(
        "host=127.0.0.1 port={} user=postgres dbname=postgres sslmode=verify-full sslrootcert='{roots}'",
        server.port
    )]);
    assert!(theirs[0].failed_with("certificate verify failed"), "{theirs:?}");
    let proxy = through_host("127.0.0.1", server.port, &format!("sslmode=verify-full&sslrootcert={roots}"));
    let error = proxy.and_then(|proxy| arrives(&proxy, "postgres")).expect_err("not its to vouch for");
    assert!(error.contains("not valid for"), "{error}");
}

/// A server that shows a certificate whose key it does not have; it takes one connection after the other.
fn impostor(certificate: &Path, key: &Path, version: &'static SupportedProtocolVersion) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(certificate).expect("PEM")];
    let key = PrivateKeyDer::from_pem_file(key).expect("PEM");
    let key = ring::default_provider().key_provider.load_private_key(key).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .expect("ring has it")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key))));
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut asked = [0; 8];
            if stream.read_exact(&mut asked).and_then(|()| stream.write_all(b"S")).is_err() {
                continue;
            }
            let mut connection = ServerConnection::new(Arc::clone(&config)).expect("a good configuration");
            while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
        }
    });
    port
}

#[test]
fn whose_key_is_another_is_refused_in_every_mode() {
    let authority = Authority::new("root");
    let itself = version_1(&authority, "itself", "-signkey itself.key");
    let other = version_1(&authority, "other", "-signkey other.key");
    let third = authority.sign("third", &["localhost"], Valid::Now);
    let fourth = authority.sign("fourth", &["localhost"], Valid::Now);
    for version in [&version::TLS12, &version::TLS13] {
        for (shown, key, root) in [(&itself, &other, &itself.certificate), (&third, &fourth, &authority.root)] {
            let port = impostor(&shown.certificate, &key.key, version);
            for query in ["sslmode=require".to_owned(), format!("sslmode=verify-ca&sslrootcert={}", root.display())] {
                let error = through_host("localhost", port, &query)
                    .and_then(|proxy| arrives(&proxy, "postgres"))
                    .expect_err("it has not the key");
                assert!(error.contains("BadSignature"), "{query}, {version:?}: {error}");
            }
        }
    }
}
