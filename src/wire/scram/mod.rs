//! SCRAM-SHA-256 (RFC 5802, RFC 7677) as Postgres speaks it, both sides, by the keys in the middle instead of by a password.
//!
//! ```text
//! client first   n,,n=,r=CNONCE                          flag n, y or p=tls-server-end-point
//! server first   r=CNONCE SNONCE,s=SALT,i=4096
//! client final   c=biws,r=CNONCE SNONCE,p=PROOF          c is the flag again, and what it binds to
//! server final   v=SIGNATURE
//! ```
//! A [`Verifier`] knows `StoredKey = H(ClientKey)` and `ServerKey`. Whoever sees a right proof and knows the verifier can compute
//! `ClientKey = PROOF xor HMAC(StoredKey, AuthMessage)`, and with it prove to another server that has the same verifier who the client is.
//! That is how a login goes on behind us although it cannot be relayed.
//!
//! Messages are bytes in, bytes out: no IO, no clock, and whoever calls brings the nonces. `session::login` does.

pub mod client;
pub mod end_point;
pub mod server;
mod verifier;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

pub use verifier::{Verifier, Work};

/// The mechanism.
pub const SHA_256: &[u8] = b"SCRAM-SHA-256";
/// The mechanism bound to the TLS channel.
pub const SHA_256_PLUS: &[u8] = b"SCRAM-SHA-256-PLUS";

/// The longest message that is taken (`PG_MAX_SASL_MESSAGE_LENGTH`).
pub const LONGEST: usize = 1024;

/// Random bytes of a nonce; in a message they are base64.
pub const NONCE: usize = 18;

/// The one type of channel binding that Postgres has.
const END_POINT: &[u8] = b"tls-server-end-point";

/// What a client says of channel binding, at the start of its first message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flag {
    /// `n`: it does not do that.
    Unsupported,
    /// `y`: it does, and believes that the server does not.
    Unoffered,
    /// `p=…`: it does it.
    Bound,
}

/// The flag of a client's first message; none when that is malformed.
pub fn flag(client_first: &[u8]) -> Option<Flag> {
    match client_first {
        [b'n', b',', ..] => Some(Flag::Unsupported),
        [b'y', b',', ..] => Some(Flag::Unoffered),
        [b'p', b'=', ..] => Some(Flag::Bound),
        _ => None,
    }
}

/// A nonce as it stands in messages.
pub fn nonce(random: &[u8; NONCE]) -> String {
    STANDARD.encode(random)
}

/// A key of an exchange. Wiped when it is dropped, compared in constant time, never shown.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; digest::SHA256_OUTPUT_LEN]>);

impl Key {
    fn hmac(key: &[u8], message: &[u8]) -> Self {
        Self::of(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref())
    }

    fn hash(&self) -> Self {
        Self::of(digest::digest(&digest::SHA256, &*self.0).as_ref())
    }

    fn xor(&self, other: &Self) -> Self {
        let mut out = self.clone();
        for (byte, other) in out.0.iter_mut().zip(other.0.iter()) {
            *byte ^= other;
        }
        out
    }

    fn of(bytes: &[u8]) -> Self {
        let mut key = Zeroizing::new([0; digest::SHA256_OUTPUT_LEN]);
        key.copy_from_slice(bytes);
        Self(key)
    }

    /// From base64; none when it is none, or of another length.
    fn decode(text: &[u8]) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
        (bytes.len() == digest::SHA256_OUTPUT_LEN).then(|| Self::of(&bytes))
    }

    fn encode(&self) -> String {
        STANDARD.encode(*self.0)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Takes `name=value` and the comma behind it off the front; the value ends there or at the end.
fn attribute(text: &[u8], name: u8) -> Option<(&[u8], &[u8])> {
    match text {
        [found, b'=', rest @ ..] if *found == name => Some(cut(rest)),
        _ => None,
    }
}

/// What stands before the first comma, and what behind it.
fn cut(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&b| b == b',').unwrap_or(text.len());
    (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default())
}

/// True for what may stand in a nonce: printable ASCII without the comma.
fn is_nonce(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| (0x21..=0x7e).contains(&b) && b != b',')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::client::{Binds, Client};
    use super::server::{Channel, Exchange, Refusal};
    use super::*;

    /// The salted password `pencil` of RFC 7677, as a server keeps it.
    const PENCIL: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    fn pencil() -> Verifier {
        Verifier::parse(PENCIL).expect("a verifier")
    }

    /// Everything that is said between a client with the password and a server with its verifier.
    fn exchange(binds: Binds<'_>, channel: Channel<'_>, key: &Key) -> Result<Key, Refusal> {
        let (client, first) = Client::begin(binds, "clientnonce");
        let (exchange, challenge) = Exchange::begin(&first, channel, pencil(), "servernonce")?;
        let challenged = client.challenged(&challenge).expect("a server of ours");
        assert_eq!(challenged.work(), pencil().work());
        let (client, proof) = challenged.prove(key, &pencil());
        let (proven, signature) = exchange.finish(&proof)?;
        client.verify(&signature).expect("its signature");
        Ok(proven)
    }

    /// What only the password gives: computed from it by the RFC's formulas, with the salt of `PENCIL`.
    fn client_key() -> Key {
        let verifier = pencil();
        let mut salted = [0; 32];
        let iterations = std::num::NonZeroU32::new(4096).expect("not zero");
        ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA256, iterations, &verifier.work.salt, b"pencil", &mut salted);
        Key::hmac(&salted, b"Client Key")
    }

    #[test]
    fn the_exchange_of_the_standard_is_followed_to_the_byte() {
        let first = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
        let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let (exchange, challenge) = Exchange::begin(first, Channel::Unbound, pencil(), nonce).expect("well formed");
        assert_eq!(
            String::from_utf8_lossy(&challenge),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        );
        let last = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        let (key, signature) = exchange.finish(last).expect("the right proof");
        assert_eq!(String::from_utf8_lossy(&signature), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assert_eq!(key, client_key(), "the key behind the proof");
    }

    #[test]
    fn both_sides_agree_with_and_without_a_channel() {
        let key = client_key();
        let hash = [7; 32];
        for (binds, channel) in [
            (Binds::Unsupported, Channel::Unbound),
            (Binds::Unsupported, Channel::Declined),
            (Binds::Unoffered, Channel::Unbound),
            (Binds::To(&hash), Channel::Bound(&hash)),
        ] {
            assert_eq!(exchange(binds, channel, &key), Ok(key.clone()));
        }
    }

    #[test]
    fn what_does_not_fit_the_channel_is_refused() {
        let key = client_key();
        let (hash, other) = ([7; 32], [8; 32]);
        let malformed = |result: Result<Key, Refusal>| matches!(result, Err(Refusal::Malformed(_)));
        assert_eq!(exchange(Binds::Unoffered, Channel::Declined, &key), Err(Refusal::Downgrade));
        assert_eq!(exchange(Binds::To(&other), Channel::Bound(&hash), &key), Err(Refusal::OtherChannel));
        assert!(malformed(exchange(Binds::To(&hash), Channel::Unbound, &key)));
        assert!(malformed(exchange(Binds::Unsupported, Channel::Bound(&hash), &key)));
        assert!(malformed(exchange(Binds::Unoffered, Channel::Bound(&hash), &key)));
        assert_eq!(exchange(Binds::Unsupported, Channel::Unbound, &Key::of(&[1; 32])), Err(Refusal::WrongProof));
    }

    #[test]
    fn keys_are_not_shown() {
        let shown = format!("{:?} {:?}", client_key(), pencil());
        assert_eq!(shown.matches("(hidden)").count(), 3, "{shown}");
        assert!(!shown.contains("WG5d8oPm") && !shown.contains("wfPLwcE6"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_answered(
            first in proptest::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"npy,=rac".to_vec())], 0..60),
            last in proptest::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"cprv,=".to_vec())], 0..60),
        ) {
            for channel in [Channel::Unbound, Channel::Declined, Channel::Bound(&[7; 32])] {
                let _ = Exchange::begin(&first, channel, pencil(), "s");
            }
            let (exchange, challenge) = Exchange::begin(b"n,,n=,r=c", Channel::Unbound, pencil(), "s").expect("well formed");
            prop_assert!(exchange.finish(&last).is_err());
            let (client, _) = Client::begin(Binds::Unsupported, "c");
            prop_assert!(client.challenged(&last).is_err());
            let (client, _) = Client::begin(Binds::Unsupported, "c");
            let (client, _) = client.challenged(&challenge).expect("a server of ours").prove(&client_key(), &pencil());
            prop_assert!(client.verify(&last).is_err());
        }

        #[test]
        fn one_changed_byte_fails(at in 0usize..200, to in any::<u8>(), which in 0..4) {
            let tamper = |message: Vec<u8>, here: bool| {
                let mut message = message;
                let length = message.len();
                if here {
                    message[at % length] = to;
                }
                message
            };
            let (client, first) = Client::begin(Binds::To(&[7; 32]), "clientnonce");
            let sent = tamper(first.clone(), which == 0);
            let all = || {
                let (exchange, challenge) = Exchange::begin(&sent, Channel::Bound(&[7; 32]), pencil(), "servernonce").ok()?;
                let got = tamper(challenge.clone(), which == 1);
                let challenged = client.challenged(&got).ok()?;
                let (client, proof) = challenged.prove(&client_key(), &pencil());
                let given = tamper(proof.clone(), which == 2);
                let (_, signature) = exchange.finish(&given).ok()?;
                let last = tamper(signature.clone(), which == 3);
                client.verify(&last).ok()?;
                Some([sent == first, got == challenge, given == proof, last == signature])
            };
            prop_assert!(all().is_none_or(|same| same == [true; 4]), "nothing but what was said is believed");
        }
    }
}
