//! Certificates that change while the program runs: the configuration file, the login that reads the catalog, and the door.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::authority::{Authority, Pair, Valid};
use super::encrypted::{Dress, Encrypted};
use super::server::secured;
use super::support::program::{Proxy, eventually};
use super::support::raw;

/// The certificate that the door shows, in DER.
fn shown(session: &Encrypted) -> Vec<u8> {
    session.stream.0.conn.peer_certificates().and_then(|chain| chain.first()).expect("a server shows one").to_vec()
}

/// Puts a pair in the place of another, certificate first.
fn replace(place: &Pair, by: &Pair) {
    fs::copy(&by.certificate, &place.certificate).expect("writable");
    fs::copy(&by.key, &place.key).expect("writable");
}

#[test]
fn new_certificates_are_taken_under_load_and_bad_ones_are_not() {
    let secured = secured();
    let authority = Authority::new("door");
    let in_use = authority.sign("in_use", &["localhost"], Valid::Now);
    let next = authority.sign("next", &["localhost"], Valid::Now);
    let third = authority.sign("third", &["localhost"], Valid::Now);
    fs::write(authority.file("empty.toml"), "[mapping]\nname = \"empty\"\n").expect("writable");
    let configuration = format!(
        "mappings = \"empty.toml\"\n[listen]\ntls = {{ cert = \"in_use.crt\", key = \"in_use.key\", required = true }}\n\
         [backends.secured]\nkind = \"postgres\"\n\
         url = \"postgres://postgres@localhost:{}/postgres?sslmode=verify-full&sslrootcert={}\"\n\
         [[routes]]\ndatabase = \"postgres\"\nbackend = \"secured\"\n",
        secured.server.port,
        secured.authority.root.display()
    );
    let file = authority.file("exonym.toml");
    fs::write(&file, configuration).expect("writable");
    let proxy = Proxy::start(&["--config", &file.display().to_string()]);
    // The catalog is read over TLS, too.
    proxy.wait_until_ready();
    let dress = Dress::new(&authority.root);
    let mut old = Encrypted::log_in_to(proxy.port, &dress, "postgres");
    let first = shown(&old);

    let (done, logins) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let mut session = Encrypted::log_in_to(proxy.port, &dress, "postgres");
                    session.send(&raw::query("SELECT 1"));
                    assert_eq!(raw::rows(&session.until(b'Z')), ["1"]);
                    logins.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        replace(&in_use, &next);
        let second = eventually("the new certificate shown", || {
            let found = shown(&Encrypted::handshake(proxy.port, &dress).map_err(|e| e.to_string())?);
            if found == first { Err(proxy.log()) } else { Ok(found) }
        });
        let reloads = |result: &str| proxy.metric(&format!("exonym_tls_reloads_total{{result=\"{result}\"}}"));
        assert_eq!(reloads("accepted"), Some(1.0), "{}", proxy.log());

        // A certificate whose key is another's changes nothing.
        fs::copy(&third.certificate, &in_use.certificate).expect("writable");
        eventually("the bad pair refused", || match reloads("rejected") {
            Some(n) if n > 0.5 => Ok(()),
            _ => Err(proxy.log()),
        });
        proxy.wait_for_message("does not belong to the certificate");
        assert_eq!(shown(&Encrypted::handshake(proxy.port, &dress).expect("still there")), second);
        fs::copy(&third.key, &in_use.key).expect("writable");
        proxy.signal("HUP");
        eventually("the completed pair shown", || {
            let found = shown(&Encrypted::handshake(proxy.port, &dress).map_err(|e| e.to_string())?);
            if found == second { Err(proxy.log()) } else { Ok(()) }
        });
        done.store(true, Ordering::Relaxed);
    });
    assert!(logins.into_inner() > 10, "sessions went on all the time");
    // Who came before goes on with what was agreed upon then.
    old.send(&raw::query("SELECT 'still'"));
    assert_eq!(raw::rows(&old.until(b'Z')), ["still"]);
}

#[test]
fn what_cannot_be_used_at_the_start_is_told() {
    let authority = Authority::new("door");
    fs::write(authority.file("empty.toml"), "[mapping]\nname = \"empty\"\n").expect("writable");
    let file = authority.file("exonym.toml");
    let configuration = "mappings = \"empty.toml\"\n[listen]\ntls = { cert = \"none.crt\", key = \"none.key\" }\n\
        [backends.b]\nkind = \"postgres\"\nurl = \"postgres://localhost/d\"\n[[routes]]\ndatabase = \"d\"\nbackend = \"b\"\n";
    fs::write(&file, configuration).expect("writable");
    let output = super::support::program::serve(&["--config", &file.display().to_string()]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let path = authority.file("none.crt");
    assert!(said.contains(&format!("cannot read the certificate `{}`", path.display())), "{said}");
}
