//! `tls-server-end-point` (RFC 5929): what of a server's certificate a SCRAM exchange is bound to.

use ring::digest::{self, Algorithm};
use spki::der::asn1::{AnyRef, ContextSpecific};
use spki::der::{Decode as _, Reader as _, SliceReader, TagNumber};
use spki::{AlgorithmIdentifierRef, ObjectIdentifier};

/// The hash of a certificate in DER by the hash function of its signature, SHA-256 instead of MD5 and SHA-1.
///
/// None when the signature has no such function (Ed25519) or one that is not known here: such a certificate cannot be bound to.
pub fn hash(certificate: &[u8]) -> Option<Vec<u8>> {
    let algorithm = of_signature(certificate)?;
    Some(digest::digest(algorithm, certificate).as_ref().to_vec())
}

fn of_signature(certificate: &[u8]) -> Option<&'static Algorithm> {
    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature }
    let mut reader = SliceReader::new(certificate).ok()?;
    let signature = reader
        .sequence(|certificate| {
            AnyRef::decode(certificate)?;
            let algorithm = AlgorithmIdentifierRef::decode(certificate)?;
            AnyRef::decode(certificate)?;
            Ok::<_, spki::der::Error>(algorithm)
        })
        .ok()?;
    if signature.oid == RSA_PSS { of_pss(signature.parameters?) } else { look_up(&SIGNATURES, signature.oid) }
}

/// RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] EXPLICIT DEFAULT sha1, … }
fn of_pss(parameters: AnyRef<'_>) -> Option<&'static Algorithm> {
    let mut reader = SliceReader::new(parameters.value()).ok()?;
    let hash = ContextSpecific::<AlgorithmIdentifierRef<'_>>::decode_explicit(&mut reader, TagNumber(0)).ok()?;
    hash.map_or(Some(&digest::SHA256), |hash| look_up(&HASHES, hash.value.oid))
}

fn look_up(table: &[(&str, &'static Algorithm)], oid: ObjectIdentifier) -> Option<&'static Algorithm> {
    let text = oid.to_string();
    table.iter().find(|(known, _)| *known == text).map(|(_, algorithm)| *algorithm)
}

const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

static SIGNATURES: [(&str, &Algorithm); 13] = [
    // RSA with MD5, SHA-1, SHA-256, SHA-384, SHA-512.
    ("1.2.840.113549.1.1.4", &digest::SHA256),
    ("1.2.840.113549.1.1.5", &digest::SHA256),
    ("1.2.840.113549.1.1.11", &digest::SHA256),
    ("1.2.840.113549.1.1.12", &digest::SHA384),
    ("1.2.840.113549.1.1.13", &digest::SHA512),
    // ECDSA with SHA-1, SHA-256, SHA-384, SHA-512.
    ("1.2.840.10045.4.1", &digest::SHA256),
    ("1.2.840.10045.4.3.2", &digest::SHA256),
    ("1.2.840.10045.4.3.3", &digest::SHA384),
    ("1.2.840.10045.4.3.4", &digest::SHA512),
    // DSA with SHA-1, SHA-256; RSA and DSA with SHA-1 by the names of OIW.
    ("1.2.840.10040.4.3", &digest::SHA256),
    ("2.16.840.1.101.3.4.3.2", &digest::SHA256),
    ("1.3.14.3.2.29", &digest::SHA256),
    ("1.3.14.3.2.27", &digest::SHA256),
];

static HASHES: [(&str, &Algorithm); 4] = [
    ("1.3.14.3.2.26", &digest::SHA256),
    ("2.16.840.1.101.3.4.2.1", &digest::SHA256),
    ("2.16.840.1.101.3.4.2.2", &digest::SHA384),
    ("2.16.840.1.101.3.4.2.3", &digest::SHA512),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A certificate as far as it is looked at: an empty body, the signature's algorithm, a signature of one byte.
    fn signed_by(algorithm: &[u8]) -> Vec<u8> {
        sequence(&[&sequence(&[]), algorithm, &[0x03, 0x02, 0x00, 0x00]])
    }

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        tagged(0x30, &parts.concat())
    }

    fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(value.len()).expect("short")][..], value].concat()
    }

    fn oid(text: &str) -> Vec<u8> {
        tagged(0x06, ObjectIdentifier::new_unwrap(text).as_bytes())
    }

    #[test]
    fn the_signature_names_the_hash() {
        let pss = |parameters: &[u8]| sequence(&[&oid("1.2.840.113549.1.1.10"), &sequence(&[parameters])]);
        let sha384 = tagged(0xa0, &sequence(&[&oid("2.16.840.1.101.3.4.2.2"), &[0x05, 0x00]]));
        let salt_length = tagged(0xa2, &[0x02, 0x01, 0x30]);
        for (name, algorithm, length) in [
            ("RSA with SHA-1", sequence(&[&oid("1.2.840.113549.1.1.5"), &[0x05, 0x00]]), Some(32)),
            ("RSA with SHA-512", sequence(&[&oid("1.2.840.113549.1.1.13"), &[0x05, 0x00]]), Some(64)),
            ("ECDSA with SHA-256", sequence(&[&oid("1.2.840.10045.4.3.2")]), Some(32)),
            ("ECDSA with SHA-384", sequence(&[&oid("1.2.840.10045.4.3.3")]), Some(48)),
            ("RSA-PSS by default SHA-1", pss(b""), Some(32)),
            ("RSA-PSS with SHA-384", pss(&[&sha384[..], &salt_length].concat()), Some(48)),
            ("RSA-PSS with a salt of its own", pss(&salt_length), Some(32)),
            ("Ed25519", sequence(&[&oid("1.3.101.112")]), None),
        ] {
            let certificate = signed_by(&algorithm);
            let found = hash(&certificate);
            assert_eq!(found.as_ref().map(Vec::len), length, "{name}");
            let other = [&certificate[..certificate.len() - 1], &[1]].concat();
            assert!(length.is_none() || hash(&other) != found, "{name}: it is the hash of all of it");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_hash_or_none(at in 0usize..60, to in any::<u8>(), rest in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = hash(&rest);
            let mut certificate = signed_by(&sequence(&[&oid("1.2.840.113549.1.1.10"), &sequence(&[&rest])]));
            let length = certificate.len();
            certificate[at % length] = to;
            let _ = hash(&certificate);
        }
    }
}
