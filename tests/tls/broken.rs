//! Files that TLS cannot use: what is wrong, where, what now.

use std::fs;

use exonym::config::DoorTls;
use exonym::net::Door;
use exonym::text::chain;

use super::authority::{Authority, Pair, Valid};
use super::door;
use super::kinds::openssl;

/// What is said about a door with this pair.
fn said(pair: &Pair, client_ca: Option<&Pair>) -> String {
    let client_ca = client_ca.map(|pair| pair.certificate.clone());
    match Door::load(&DoorTls { client_ca, ..door::settings(pair) }) {
        Err(error) => chain(&error),
        Ok(_) => "nothing".to_owned(),
    }
}

#[test]
fn broken_files_are_told_from_unfit_ones() {
    let authority = Authority::new("root");
    let good = authority.sign("good", &["localhost"], Valid::Now);
    let certificate = fs::read_to_string(&good.certificate).expect("readable");
    let key = fs::read_to_string(&good.key).expect("readable");
    let with = |file: &str, text: &str| authority.write(file, text, &key);
    let own = |file: &str, kind: &str| {
        openssl(
            &authority,
            &format!("req -x509 {kind} -nodes -keyout {file}.key -out {file}.crt -days 9 -subj /CN=localhost"),
        );
        Pair { certificate: authority.file(&format!("{file}.crt")), key: authority.file(&format!("{file}.key")) }
    };
    let half = certificate.split_at(certificate.len() / 2).0;
    let without_end = with("without_end", half);
    let short = with("short", &format!("{}\n-----END CERTIFICATE-----\n", half.rsplit_once('\n').expect("lines").0));
    let garbled = with("garbled", &certificate.replacen("MII", "!!!", 1));
    openssl(&authority, "req -new -nodes -newkey rsa:2048 -out first.csr -keyout first.key -subj /CN=localhost");
    openssl(&authority, "x509 -req -in first.csr -days 9 -signkey first.key -out first.crt");
    let first = Pair { certificate: authority.file("first.crt"), key: authority.file("first.key") };
    let broken_key =
        authority.write("broken_key", &certificate, "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
    for (pair, words) in [
        (&good, "nothing"),
        (&without_end, "`-----END CERTIFICATE-----` is missing; copy it again"),
        (&short, "short.crt` is cut off or damaged; copy the file again"),
        (&garbled, "is not base64; copy it again"),
        (&first, "first.crt` is of X.509 version 1"),
        (&broken_key, "broken_key.key` is cut off or damaged"),
        (&own("weak", "-newkey rsa:1024"), "weak.key` cannot be used: the key of its certificate is RSA of 1024 bits"),
        (&own("p521", "-newkey ec -pkeyopt ec_paramgen_curve:P-521"), "ECDSA on the curve 1.3.132.0.35"),
    ] {
        let said = said(pair, None);
        assert!(said.contains(words), "{words}: {said}");
        assert!(!said.contains("unexpected") && !said.contains("OtherError") && !said.contains('['), "{said}");
    }
    let said = said(&good, Some(&short));
    assert!(said.contains("short.crt` is cut off or damaged"), "{said}");
}
