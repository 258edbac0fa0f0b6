//! What servers' certificates are held against beside a file of roots: the system's trust, and lists of what is revoked.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, SerialNumber};

use super::authority::{Authority, Pair, Valid};
use super::kinds::{ALWAYS, Case, NOT_TRUSTED, check, openssl};
use super::libpq::{self, Went};
use super::server::{arrives, arrives_at, start, through};
use super::support::program::{self, Proxy};

const SERIAL: u64 = 7;

fn certificate(authority: &Authority) -> Pair {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a good name");
    params.serial_number = Some(SerialNumber::from(SERIAL));
    authority.sign_as("numbered", &params)
}

#[test]
fn what_is_revoked_is_refused_as_by_libpq() {
    let authority = Authority::new("root");
    let server = start(&certificate(&authority), &authority);
    let (root, other) = (authority.root.display(), Authority::new("other"));
    let lists = [
        ("of nothing", authority.revoke("nothing", &[], Valid::Now), Ok(())),
        ("of another", authority.revoke("another", &[SERIAL + 1], Valid::Now), Ok(())),
        ("of it", authority.revoke("it", &[SERIAL, SERIAL + 1], Valid::Now), Err("Revoked")),
        ("of the past", authority.revoke("past", &[], Valid::Past), Err("revocation list expired")),
        ("of others", other.revoke("others", &[], Valid::Now), Err("UnknownRevocationStatus")),
    ];
    for (what, list, expected) in &lists {
        let list = list.display();
        for mode in ["verify-ca", "verify-full"] {
            let dsn = format!(
                "host=localhost port={} user=postgres dbname=postgres sslmode={mode} sslrootcert='{root}' sslcrl='{list}'",
                server.port
            );
            let theirs = &libpq::connect(&[dsn])[0];
            let query = format!("sslmode={mode}&sslrootcert={root}&sslcrl={list}");
            let ours = through(server.port, &query).and_then(|proxy| arrives(&proxy, "postgres"));
            match (expected, ours) {
                (Ok(()), ours) => assert_eq!((theirs, ours), (&Went::Tls, Ok(true)), "a list {what}, {mode}"),
                (Err(words), ours) => {
                    assert!(matches!(theirs, Went::Failed(_)), "a list {what}, {mode}: {theirs:?}");
                    let error = ours.expect_err("refused");
                    assert!(error.contains(words), "a list {what}, {mode}: {error}");
                }
            }
        }
    }
}

#[test]
fn a_root_that_vouches_for_itself_needs_a_list_of_its_own() {
    let authority = Authority::new("root");
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a good name");
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pair = authority.sign_itself("itself", &params);
    let server = start(&pair, &authority);
    let (root, list) = (pair.certificate.display(), authority.revoke("list", &[], Valid::Now));
    let list = list.display();
    let theirs = libpq::connect(&[format!(
        "host=localhost port={} user=postgres dbname=postgres sslmode=verify-ca sslrootcert='{root}' sslcrl='{list}'",
        server.port
    )]);
    assert!(matches!(theirs[0], Went::Failed(_)), "{theirs:?}");
    let query = format!("sslmode=verify-ca&sslrootcert={root}&sslcrl={list}");
    let error = through(server.port, &query).and_then(|proxy| arrives(&proxy, "postgres")).expect_err("refused");
    assert!(error.contains("CA:TRUE") && error.contains("without `sslcrl`"), "{error}");
}

/// The program before the server on `port`, on a system that trusts `roots`.
fn on_a_system(authority: &Authority, roots: &Path, host: &str, port: u16) -> Proxy {
    std::fs::write(authority.file("empty.toml"), "[mapping]\nname = \"empty\"\n").expect("writable");
    let configuration = format!(
        "mappings = \"empty.toml\"\n[backends.secured]\nkind = \"postgres\"\n\
         url = \"postgres://postgres@{host}:{port}/postgres?sslrootcert=system\"\n\
         [[routes]]\ndatabase = \"postgres\"\nbackend = \"secured\"\n"
    );
    let file = authority.file("exonym.toml");
    std::fs::write(&file, configuration).expect("writable");
    let mut command = program::serve(&["--config", &file.display().to_string()]);
    command.env("SSL_CERT_FILE", roots).env_remove("SSL_CERT_DIR");
    Proxy::run(command)
}

#[test]
fn the_system_says_whom_to_trust_as_to_libpq() {
    let authority = Authority::new("root");
    let server = start(&authority.sign("server", &["localhost"], Valid::Now), &authority);
    let other = Authority::new("other");
    for (roots, host, expected) in [
        (&authority.root, "localhost", Ok(())),
        (&other.root, "localhost", Err("UnknownIssuer")),
        // It means `verify-full`.
        (&authority.root, "127.0.0.1", Err("not valid for name")),
    ] {
        let dsn = format!("host={host} port={} user=postgres dbname=postgres sslrootcert=system", server.port);
        let theirs = libpq::run_with("libpq.py", &[dsn], &[("SSL_CERT_FILE", roots.as_path())]);
        let proxy = on_a_system(&authority, roots, host, server.port);
        match expected {
            Ok(()) => {
                assert_eq!(theirs[0]["ssl"], true, "{theirs:?}");
                proxy.wait_until_ready();
                assert_eq!(arrives_at(proxy.port, "postgres"), Ok(true));
            }
            Err(words) => {
                assert!(theirs[0]["error"].as_str().is_some_and(|e| e.contains("certificate")), "{theirs:?}");
                let entry = proxy.wait_for_log(|entry| entry.to_string().contains(words));
                assert!(entry.to_string().contains("sslrootcert=system"), "{entry}");
            }
        }
    }
}

#[test]
fn a_chain_ends_in_a_root_as_for_libpq() {
    let root = Authority::new("root");
    let extend = |name: &str, text: &str| std::fs::write(root.file(name), text).expect("writable");
    extend("mid.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n");
    extend("leaf.ext", "subjectAltName=DNS:localhost\n");
    for (name, subject, by) in [("mid", "mid", "ca"), ("leaf", "localhost", "mid")] {
        openssl(
            &root,
            &format!("req -new -nodes -newkey rsa:2048 -out {name}.csr -keyout {name}.key -subj /CN={subject}"),
        );
        let by = format!("-CA {by}.crt -CAkey {by}.key -CAcreateserial -extfile {name}.ext");
        openssl(&root, &format!("x509 -req -in {name}.csr -days 9 {by} -out {name}.crt"));
    }
    let joined = |name: &str, parts: [&str; 2]| {
        let texts = parts.map(|part| std::fs::read_to_string(root.file(part)).expect("readable"));
        std::fs::write(root.file(name), texts.concat()).expect("writable");
        root.file(name)
    };
    let pair = |certificate| Pair { certificate, key: root.file("leaf.key") };
    let (leaf, chain) = (pair(root.file("leaf.crt")), pair(joined("chain.crt", ["leaf.crt", "mid.crt"])));
    let both = joined("both.crt", ["mid.crt", "ca.crt"]);
    check(
        &root,
        &[
            Case::new("a chain, and its root", chain.clone(), &root.root, ALWAYS),
            Case::new("no chain, and the root", leaf.clone(), &root.root, NOT_TRUSTED),
            Case::new("no chain, and all that is missing", leaf.clone(), &both, ALWAYS),
            Case::new("a chain, and no root", chain, &root.file("mid.crt"), NOT_TRUSTED)
                .refused("holds no authority that signs itself"),
            Case::new("the certificate and no root", leaf.clone(), &leaf.certificate, NOT_TRUSTED)
                .refused("holds no authority that signs itself"),
        ],
    );
}
