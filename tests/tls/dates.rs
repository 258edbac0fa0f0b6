//! Certificates whose time is over, or has not come: our own are warned of, and those of authorities vouch for nobody.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use rcgen::CertificateParams;

use super::authority::{Authority, Pair, Valid};
use super::door;
use super::kinds::{ALWAYS, Case, NOT_TRUSTED, check, named, openssl};
use super::libpq::{Went, connect};
use super::support::program::Proxy;

fn expired(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
}

fn to_come(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2095, 1, 1);
}

#[test]
fn an_authority_vouches_in_its_time_only_as_for_libpq() {
    let (past, future, other) =
        (Authority::made("past", expired), Authority::made("future", to_come), Authority::new("other"));
    let sign = |authority: &Authority, file: &str| authority.sign(file, &["localhost"], Valid::Now);
    let by_past = sign(&past, "by_past");
    // Renewed with the same key and name: what it signed before goes on.
    openssl(&past, "req -x509 -key ca.key -subj /CN=past -days 30 -out renewed.crt");
    let joined = |name: &str, files: &[&std::path::Path]| {
        let path = past.file(name);
        let texts: Vec<_> = files.iter().map(|file| fs::read_to_string(file).expect("readable")).collect();
        fs::write(&path, texts.concat()).expect("writable");
        path
    };
    let renewed = past.file("renewed.crt");
    check(
        &past,
        &[
            Case::new("expired authority", by_past.clone(), &past.root, NOT_TRUSTED),
            Case::new("authority to come", sign(&future, "by_future"), &future.root, NOT_TRUSTED),
            Case::new("only CN", past.sign_as("common", &named("localhost", &[])), &past.root, NOT_TRUSTED),
            Case::new(
                "beside another",
                by_past.clone(),
                &joined("beside.crt", &[&past.root, &other.root]),
                NOT_TRUSTED,
            ),
            Case::new("renewed", by_past.clone(), &renewed, ALWAYS),
            Case::new("old and renewed", by_past, &joined("both.crt", &[&past.root, &renewed]), ALWAYS),
            Case::new(
                "another one's",
                sign(&other, "by_other"),
                &joined("all.crt", &[&past.root, &other.root]),
                ALWAYS,
            ),
        ],
    );
}

#[test]
fn clients_of_an_expired_authority_are_not_taken() {
    let authority = Authority::new("door");
    let clients = Authority::made("clients", expired);
    let mine = clients.sign("mine", &["me"], Valid::Now);
    let settings = door::settings(&authority.sign("door", &["localhost"], Valid::Now));
    let both = clients.file("both.crt");
    let other = Authority::new("others");
    let text = |file| fs::read_to_string(file).expect("readable");
    fs::write(&both, text(&clients.root) + &text(&other.root)).expect("writable");
    let proxy = door::proxy("door_dates", &settings);
    for client_ca in [clients.root.clone(), both] {
        let settings = exonym::config::DoorTls { client_ca: Some(client_ca), is_required: true, ..settings.clone() };
        door::open(&proxy, &settings);
        let common = format!("host=localhost port={} user=postgres dbname=door_dates sslmode=require", proxy.port);
        let with =
            |pair: &Pair| format!("{common} sslcert={} sslkey={}", pair.certificate.display(), pair.key.display());
        let went = connect(&[with(&mine), with(&other.sign("good", &["me"], Valid::Now))]);
        assert!(went[0].failed_with("certificate expired"), "{:?}", went[0]);
        let is_other_known = settings.client_ca.as_ref() != Some(&clients.root);
        assert_eq!(went[1] == Went::Tls, is_other_known, "{:?}", went[1]);
    }
}

#[test]
fn our_own_are_warned_of_at_the_start_when_taken_again_and_by_check() {
    let authority = Authority::new("door");
    let old = authority.sign("old", &["localhost"], Valid::Past);
    let soon = authority.sign_as("soon", &{
        let mut params = named("me", &["me"]);
        params.not_after = (SystemTime::now() + Duration::from_secs(3 * 86400 + 3600)).into();
        params
    });
    let future = authority.sign_as("future", &{
        let mut params = named("localhost", &["localhost"]);
        to_come(&mut params);
        params
    });
    let good = authority.sign("good", &["localhost"], Valid::Now);
    fs::write(authority.file("empty.toml"), "[mapping]\nname = \"empty\"\n").expect("writable");
    let configuration = format!(
        "mappings = \"empty.toml\"\n[listen]\ntls = {{ cert = \"old.crt\", key = \"old.key\" }}\n\
         [backends.b]\nkind = \"postgres\"\nauth = {{ query = true }}\n\
         url = \"postgres://postgres@localhost:1/d?sslcert={}&sslkey={}\"\n[[routes]]\ndatabase = \"d\"\nbackend = \"b\"\n",
        soon.certificate.display(),
        soon.key.display()
    );
    let file = authority.file("exonym.toml");
    fs::write(&file, configuration).expect("writable");
    let output = Command::new(env!("CARGO_BIN_EXE_exonym"))
        .args(["check", "--config", &file.display().to_string()])
        .output()
        .expect("exonym runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let expired = format!("the certificate `{}` has expired on ", old.certificate.display());
    let expires = format!("the certificate `{}` expires on ", soon.certificate.display());
    assert!(said.contains("warning[C028]") && said.contains(&expired) && said.contains(&expires), "{said}");
    assert!(said.contains("in 3 days"), "{said}");

    let proxy = Proxy::start(&["--config", &file.display().to_string()]);
    proxy.wait_for_message(&expired);
    proxy.wait_for_message(&expires);
    let put = |pair: &Pair| {
        fs::copy(&pair.certificate, &old.certificate).expect("writable");
        fs::copy(&pair.key, &old.key).expect("writable");
    };
    put(&future);
    proxy.wait_for_message(&format!("the certificate `{}` is not valid before 2095-01-01", old.certificate.display()));
    put(&good);
    proxy.signal("HUP");
    proxy.wait_for_message("certificates reloaded");
    let told = proxy.log().matches(&expired).count();
    assert_eq!(told, 1, "once and not each second: {}", proxy.log());
}
