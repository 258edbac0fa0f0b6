//! Which host a certificate is for, by libpq's rules, for the certificates whose names rustls does not read.
//!
//! ```text
//! alternative names            for a host name            for an address
//! of the host's own kind       one of them                one of them
//! none of that kind            the common name            the common name
//! ```
//! A `*` stands for the whole first label, and for nothing else. It is never an address.

use std::net::IpAddr;

use rustls_pki_types::ServerName;
use spki::ObjectIdentifier;
use spki::der::asn1::AnyRef;
use spki::der::{Decode as _, Reader as _, Result, SliceReader, Tag, TagNumber};

use super::x509::{ALTERNATIVE_NAME, Certificate};

/// Where the name of a host came from that decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// One of the alternative names is the host's.
    Alternative,
    /// There is none of its kind, and the common name is the host's.
    Common,
    /// It is for somebody else.
    Another,
}

/// What a certificate says of `host`.
pub(super) fn verdict(certificate: &Certificate<'_>, host: &ServerName<'_>) -> Result<Verdict> {
    let (mut has_any, mut fits) = (false, false);
    for name in alternative(certificate)? {
        let fitting = match (name, host) {
            (Alternative::Dns(name), ServerName::DnsName(host)) => matches(name, host.as_ref()),
            (Alternative::Address(name), ServerName::IpAddress(host)) => bytes(&IpAddr::from(*host)) == name,
            _ => continue,
        };
        has_any = true;
        fits |= fitting;
    }
    if has_any {
        return Ok(if fits { Verdict::Alternative } else { Verdict::Another });
    }
    let fits = match (common(certificate)?, host) {
        (Some(name), ServerName::DnsName(host)) => matches(name, host.as_ref()),
        (Some(name), ServerName::IpAddress(host)) => name.parse() == Ok(IpAddr::from(*host)),
        _ => false,
    };
    Ok(if fits { Verdict::Common } else { Verdict::Another })
}

enum Alternative<'a> {
    Dns(&'a str),
    Address(&'a [u8]),
}

/// A SEQUENCE OF names, of several kinds: `[2]` is a host's, `[7]` an address.
fn alternative<'a>(certificate: &Certificate<'a>) -> Result<Vec<Alternative<'a>>> {
    let Some(value) = certificate.extension(ALTERNATIVE_NAME)? else { return Ok(Vec::new()) };
    let mut reader = SliceReader::new(value)?;
    reader.sequence(|parts| {
        let mut names = Vec::new();
        while !parts.is_finished() {
            let name = AnyRef::decode(parts)?;
            match name.header().tag() {
                // What is no text is no name of a host; yet it is there, so the common name is not asked.
                DNS => names.push(Alternative::Dns(std::str::from_utf8(name.value()).unwrap_or_default())),
                ADDRESS => names.push(Alternative::Address(name.value())),
                _ => {}
            }
        }
        Ok(names)
    })
}

/// The first common name of the subject: SEQUENCE OF SET OF SEQUENCE { id, text }.
fn common<'a>(certificate: &Certificate<'a>) -> Result<Option<&'a str>> {
    let mut sets = SliceReader::new(certificate.subject)?;
    while !sets.is_finished() {
        let set = AnyRef::decode(&mut sets)?;
        let mut pairs = SliceReader::new(set.value())?;
        while !pairs.is_finished() {
            let (id, text) = pairs.sequence(|parts| {
                Ok::<_, spki::der::Error>((ObjectIdentifier::decode(parts)?, AnyRef::decode(parts)?))
            })?;
            if id == COMMON_NAME {
                let is_text = TEXTS.contains(&text.header().tag());
                return Ok(std::str::from_utf8(text.value()).ok().filter(|_| is_text));
            }
        }
    }
    Ok(None)
}

const DNS: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(2) };
const ADDRESS: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(7) };
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// The strings whose bytes are the text, for a name of a host.
const TEXTS: [Tag; 4] = [Tag::Utf8String, Tag::PrintableString, Tag::Ia5String, Tag::TeletexString];

fn matches(name: &str, host: &str) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some(rest) = name.strip_prefix("*.").filter(|rest| !rest.is_empty()) else { return false };
    host.split_once('.').is_some_and(|(label, parent)| !label.is_empty() && parent.eq_ignore_ascii_case(rest))
}

fn bytes(address: &IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, DnValue, KeyPair, SanType};

    use super::*;

    fn said(common: &[DnValue], alternative: &[SanType], host: &str) -> Verdict {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for name in common {
            params.distinguished_name.push(DnType::CommonName, name.clone());
        }
        params.subject_alt_names = alternative.to_vec();
        let der = params.self_signed(&KeyPair::generate().expect("a key")).expect("signed");
        let host = ServerName::try_from(host).expect("a good host");
        verdict(&Certificate::read(der.der()).expect("readable"), &host).expect("readable")
    }

    fn dns(name: &str) -> SanType {
        SanType::DnsName(name.try_into().expect("a good name"))
    }

    #[test]
    fn the_common_name_counts_where_no_alternative_is_of_the_hosts_kind() {
        let common = [DnValue::from("db.example.com")];
        let address = [SanType::IpAddress([10, 0, 0, 1].into())];
        for (alternative, host, expected) in [
            (&[][..], "db.example.com", Verdict::Common),
            (&[], "DB.Example.com", Verdict::Common),
            (&[], "example.com", Verdict::Another),
            (&[], "db.example.com.evil.org", Verdict::Another),
            (&[], "10.0.0.1", Verdict::Another),
            (&address, "db.example.com", Verdict::Common),
            (&address, "10.0.0.1", Verdict::Alternative),
            (&address, "10.0.0.2", Verdict::Another),
            (&[dns("other.example.com")], "db.example.com", Verdict::Another),
            (&[dns("other.example.com")], "other.example.com", Verdict::Alternative),
            (&[dns("other.example.com"), dns("db.example.com")], "db.example.com", Verdict::Alternative),
        ] {
            assert_eq!(said(&common, alternative, host), expected, "{alternative:?} {host}");
        }
    }

    #[test]
    fn an_address_may_be_the_common_name_where_no_alternative_is_an_address() {
        let common = [DnValue::from("10.0.0.1")];
        assert_eq!(said(&common, &[], "10.0.0.1"), Verdict::Common);
        assert_eq!(said(&common, &[], "10.0.0.10"), Verdict::Another);
        assert_eq!(said(&common, &[dns("a.example.com")], "10.0.0.1"), Verdict::Common);
        assert_eq!(said(&common, &[SanType::IpAddress([10, 0, 0, 2].into())], "10.0.0.1"), Verdict::Another);
        assert_eq!(said(&[DnValue::from("::1")], &[], "::1"), Verdict::Common);
        assert_eq!(said(&[DnValue::from("*.0.0.1")], &[], "10.0.0.1"), Verdict::Another);
        // A name that looks like an address is none.
        assert_eq!(said(&[], &[dns("10.0.0.1")], "10.0.0.1"), Verdict::Another);
    }

    #[test]
    fn a_star_is_one_whole_label_and_the_first() {
        for (name, host, expected) in [
            ("*.example.com", "db.example.com", true),
            ("*.EXAMPLE.com", "db.example.com", true),
            ("*.example.com", "a.db.example.com", false),
            ("*.example.com", "example.com", false),
            ("*", "localhost", false),
            ("*.", "localhost", false),
            ("d*.example.com", "db.example.com", false),
            ("db.*.com", "db.example.com", false),
            ("*.*.com", "db.example.com", false),
        ] {
            let expected = if expected { Verdict::Common } else { Verdict::Another };
            assert_eq!(said(&[DnValue::from(name)], &[], host), expected, "{name} {host}");
        }
    }

    #[test]
    fn strings_that_are_not_plain_bytes_are_no_names() {
        let wide = DnValue::BmpString("localhost".try_into().expect("a good name"));
        assert_eq!(said(&[wide], &[], "localhost"), Verdict::Another);
        let printable = DnValue::PrintableString("localhost".try_into().expect("a good name"));
        assert_eq!(said(&[printable], &[], "localhost"), Verdict::Common);
        assert_eq!(said(&[DnValue::from("localhost\0.evil.org")], &[], "localhost"), Verdict::Another);
        assert_eq!(said(&[], &[], "localhost"), Verdict::Another);
    }
}
