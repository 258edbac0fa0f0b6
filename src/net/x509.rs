//! Reads an X.509 certificate of any version, and proves signatures with its key.
//!
//! It says what is there and judges nothing: whom to trust is `judge`'s. rustls has a reader of its own, which it uses for
//! whatever that can read; this one is for what OpenSSL makes beside that, version 1 first of all.
//!
//! ```text
//! Certificate ::= SEQUENCE { body, signatureAlgorithm, signature }
//! body        ::= SEQUENCE { [0] version?, serial, algorithm, issuer, validity, subject, key, [1]? [2]? [3] extensions? }
//! ```

use std::time::Duration;

use rustls_pki_types::{SignatureVerificationAlgorithm, UnixTime};
use spki::ObjectIdentifier;
use spki::der::asn1::{AnyRef, BitStringRef, ContextSpecific, GeneralizedTime, UintRef, UtcTime};
use spki::der::{Decode as _, Header, Reader as _, Result, SliceReader, Tag, TagNumber};

/// The parts of a certificate, as bytes of it. They are looked into only when asked for, so that one whose dates are broken
/// still has a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Certificate<'a> {
    /// 1 to 3.
    pub(super) version: u8,
    /// The name of whoever signed it: what is in its SEQUENCE.
    pub(super) issuer: &'a [u8],
    /// Its own name, likewise.
    pub(super) subject: &'a [u8],
    validity: AnyRef<'a>,
    extensions: Option<AnyRef<'a>>,
    /// Its `SubjectPublicKeyInfo`.
    pub(super) key: &'a [u8],
    body: &'a [u8],
    algorithm: &'a [u8],
    signature: BitStringRef<'a>,
}

/// What version 3 adds to a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Extension<'a> {
    pub(super) id: ObjectIdentifier,
    /// Who does not know it must not accept the certificate.
    pub(super) is_critical: bool,
    /// In DER.
    pub(super) value: &'a [u8],
}

/// Why a signature proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unproven {
    /// It is another's, or of something else.
    Wrong,
    /// None of the algorithms is for such a key.
    Unknown,
}

pub(super) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
pub(super) const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
pub(super) const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
pub(super) const ALTERNATIVE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
pub(super) const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

impl<'a> Certificate<'a> {
    /// Reads one in DER.
    pub(super) fn read(der: &'a [u8]) -> Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let (body, algorithm, signature) = reader.sequence(|parts| {
            Ok::<_, spki::der::Error>((parts.tlv_bytes()?, sequence(parts)?, BitStringRef::decode(parts)?))
        })?;
        reader.finish()?;
        SliceReader::new(body)?.sequence(|parts| {
            let version = ContextSpecific::<u8>::decode_explicit(parts, TagNumber(0))?;
            let _serial = AnyRef::decode(parts)?;
            let _algorithm = AnyRef::decode(parts)?;
            let issuer = sequence(parts)?;
            let validity = AnyRef::decode(parts)?;
            let subject = sequence(parts)?;
            let key = parts.tlv_bytes()?;
            let mut extensions = None;
            while !parts.is_finished() {
                let part = AnyRef::decode(parts)?;
                if part.header().tag() == EXTENSIONS {
                    extensions = Some(part);
                }
            }
            let version = version.map_or(1, |version| version.value.saturating_add(1));
            Ok(Self { version, issuer, subject, validity, extensions, key, body, algorithm, signature })
        })
    }

    /// The first and the last moment at which it is valid.
    pub(super) fn validity(&self) -> Result<(UnixTime, UnixTime)> {
        self.validity.sequence(|dates| Ok::<_, spki::der::Error>((date(dates)?, date(dates)?)))
    }

    /// What its key is, for people, if it is none that we could sign with: `RSA of 1024 bits`.
    pub(super) fn unfit_key(&self) -> Result<Option<String>> {
        let (algorithm, bits) = SliceReader::new(self.key)?
            .sequence(|parts| Ok::<_, spki::der::Error>((sequence(parts)?, BitStringRef::decode(parts)?)))?;
        let mut algorithm = SliceReader::new(algorithm)?;
        Ok(match ObjectIdentifier::decode(&mut algorithm)? {
            RSA => {
                let key = bits.as_bytes().unwrap_or_default();
                let modulus = SliceReader::new(key)?.sequence(|parts| {
                    let modulus = UintRef::decode(parts)?;
                    AnyRef::decode(parts)?;
                    Ok::<_, spki::der::Error>(modulus.as_bytes())
                })?;
                let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
                let bits = modulus.len() * 8 - usize::try_from(unused).unwrap_or_default();
                (!(2048..=4096).contains(&bits)).then(|| format!("RSA of {bits} bits"))
            }
            EC => match ObjectIdentifier::decode(&mut algorithm)? {
                P256 | P384 => None,
                curve => Some(format!("ECDSA on the curve {curve}")),
            },
            ED25519 => None,
            other => Some(format!("of the kind {other}")),
        })
    }

    /// Its extensions; before version 3 there are none.
    pub(super) fn extensions(&self) -> Result<Vec<Extension<'a>>> {
        let Some(part) = self.extensions else { return Ok(Vec::new()) };
        let mut reader = SliceReader::new(part.value())?;
        let extensions = reader.sequence(|parts| {
            let mut extensions = Vec::new();
            while !parts.is_finished() {
                extensions.push(parts.sequence(extension)?);
            }
            Ok::<_, spki::der::Error>(extensions)
        })?;
        reader.finish()?;
        Ok(extensions)
    }

    /// The value of an extension, if it is there.
    pub(super) fn extension(&self, id: ObjectIdentifier) -> Result<Option<&'a [u8]>> {
        Ok(self.extensions()?.into_iter().find(|extension| extension.id == id).map(|extension| extension.value))
    }

    /// True for an authority: `CA:TRUE`.
    pub(super) fn is_authority(&self) -> Result<bool> {
        let Some(value) = self.extension(BASIC_CONSTRAINTS)? else { return Ok(false) };
        SliceReader::new(value)?.sequence(|parts| {
            let is_authority = Option::<bool>::decode(parts)?;
            while !parts.is_finished() {
                AnyRef::decode(parts)?;
            }
            Ok(is_authority == Some(true))
        })
    }

    /// Proves that the owner of its key has signed `message`, by the one of `algorithms` that is for such a key.
    pub(super) fn has_signed(
        &self,
        message: &[u8],
        signature: &[u8],
        algorithms: impl IntoIterator<Item = &'static dyn SignatureVerificationAlgorithm>,
    ) -> std::result::Result<(), Unproven> {
        let key = SliceReader::new(self.key).and_then(|mut reader| {
            reader.sequence(|parts| Ok::<_, spki::der::Error>((sequence(parts)?, BitStringRef::decode(parts)?)))
        });
        let Ok((of_key, bits)) = key else { return Err(Unproven::Wrong) };
        let Some(key) = bits.as_bytes() else { return Err(Unproven::Wrong) };
        let algorithm = algorithms.into_iter().find(|known| *known.public_key_alg_id() == *of_key);
        let Some(algorithm) = algorithm else { return Err(Unproven::Unknown) };
        algorithm.verify_signature(key, message, signature).map_err(|_| Unproven::Wrong)
    }

    /// Proves that it has signed itself.
    pub(super) fn has_signed_itself(
        &self,
        algorithms: &[&'static dyn SignatureVerificationAlgorithm],
    ) -> std::result::Result<(), Unproven> {
        let Some(signature) = self.signature.as_bytes() else { return Err(Unproven::Wrong) };
        let fitting = algorithms.iter().copied().filter(|known| *known.signature_alg_id() == *self.algorithm);
        self.has_signed(self.body, signature, fitting)
    }
}

const EXTENSIONS: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(3) };

/// What is in a SEQUENCE.
fn sequence<'a>(reader: &mut SliceReader<'a>) -> Result<&'a [u8]> {
    let part = AnyRef::decode(reader)?;
    part.header().tag().assert_eq(Tag::Sequence)?;
    Ok(part.value())
}

/// Extension ::= SEQUENCE { id, critical DEFAULT FALSE, OCTET STRING }
fn extension<'a>(parts: &mut SliceReader<'a>) -> Result<Extension<'a>> {
    let id = ObjectIdentifier::decode(parts)?;
    let is_critical = Option::<bool>::decode(parts)?.unwrap_or(false);
    let value = AnyRef::decode(parts)?;
    value.header().tag().assert_eq(Tag::OctetString)?;
    Ok(Extension { id, is_critical, value: value.value() })
}

fn date(reader: &mut SliceReader<'_>) -> Result<UnixTime> {
    let since = match Header::peek(reader)?.tag() {
        Tag::GeneralizedTime => GeneralizedTime::decode(reader)?.to_unix_duration(),
        _ => UtcTime::decode(reader)?.to_unix_duration(),
    };
    Ok(UnixTime::since_unix_epoch(Duration::from_secs(since.as_secs())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
    use rustls::crypto::ring;

    use super::*;
    use crate::net::names;

    fn example(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params =
            CertificateParams::new(vec!["localhost".to_owned(), "10.0.0.1".to_owned()]).expect("good names");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        change(&mut params);
        params.self_signed(&KeyPair::generate().expect("a key")).expect("signed").der().to_vec()
    }

    #[test]
    fn a_certificate_is_read_as_it_was_made() {
        let der = example(|params| {
            params.not_before = rcgen::date_time_ymd(2001, 9, 9);
            // Beyond what a UTCTime can say.
            params.not_after = rcgen::date_time_ymd(2096, 10, 2);
        });
        let certificate = Certificate::read(&der).expect("readable");
        assert_eq!(certificate.version, 3);
        assert_eq!(certificate.issuer, certificate.subject);
        assert_eq!(certificate.is_authority(), Ok(true));
        assert_eq!(certificate.unfit_key(), Ok(None));
        let (not_before, not_after) = certificate.validity().expect("readable");
        assert_eq!((not_before.as_secs(), not_after.as_secs()), (999_993_600, 3_999_974_400));
        let usage = certificate.extension(KEY_USAGE).expect("readable");
        assert_eq!(usage, Some(&[0x03, 0x02, 0x07, 0x80][..]));
        assert_eq!(certificate.extension(NAME_CONSTRAINTS), Ok(None));
        let end = example(|params| params.is_ca = IsCa::ExplicitNoCa);
        assert_eq!(Certificate::read(&end).expect("readable").is_authority(), Ok(false));
    }

    #[test]
    fn only_what_the_key_has_signed_is_proven() {
        let algorithms = ring::default_provider().signature_verification_algorithms.all;
        let mut der = example(|_| {});
        assert_eq!(Certificate::read(&der).expect("readable").has_signed_itself(algorithms), Ok(()));
        assert_eq!(Certificate::read(&der).expect("readable").has_signed_itself(&[]), Err(Unproven::Unknown));
        let at = der.windows(9).position(|bytes| bytes == b"localhost").expect("it is in there");
        der[at] = b'L';
        assert_eq!(Certificate::read(&der).expect("readable").has_signed_itself(algorithms), Err(Unproven::Wrong));
    }

    proptest! {
        #[test]
        fn broken_bytes_end_in_errors(at in 0_usize..400, by in any::<[u8; 3]>(), length in 0_usize..600) {
            let mut der = example(|_| {});
            let at = at.min(der.len() - by.len());
            der[at..at + by.len()].copy_from_slice(&by);
            der.truncate(length);
            let algorithms = ring::default_provider().signature_verification_algorithms.all;
            if let Ok(certificate) = Certificate::read(&der) {
                let _ = (
                    certificate.validity(),
                    certificate.unfit_key(),
                    certificate.is_authority(),
                    certificate.has_signed_itself(algorithms),
                );
                for host in ["localhost", "10.0.0.1"] {
                    let _ = names::verdict(&certificate, &host.try_into().expect("a good name"));
                }
            }
        }
    }
}
