//! The side that proves: with a key that another exchange gave, instead of with the password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{END_POINT, Key, Verifier, attribute};

/// What is said of channel binding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binds<'a> {
    /// Nothing can be bound to.
    Unsupported,
    /// It could be done and was not offered.
    Unoffered,
    /// The hash of the server's certificate.
    To(&'a [u8]),
}

/// An exchange whose first message is with the server.
#[derive(Debug)]
pub struct Client {
    header: Vec<u8>,
    bare: String,
    nonce: String,
}

/// An exchange whose proof is with the server.
#[derive(Debug)]
pub struct Proven {
    signature: Key,
}

/// Why a server is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Disbelief {
    /// Not what the standard allows.
    #[error("the server sent a malformed SCRAM message")]
    Malformed,
    /// It has another salt or number of iterations than the verifier: the password was changed.
    #[error("the server has another verifier")]
    OtherVerifier,
    /// It could not show that it knows the user's verifier.
    #[error("the server's SCRAM signature is wrong")]
    Signature,
}

impl Client {
    /// The first message; `nonce` is new and nobody can guess it.
    pub fn begin(binds: Binds<'_>, nonce: &str) -> (Self, Vec<u8>) {
        let (flag, hash) = match binds {
            Binds::Unsupported => (b"n".to_vec(), &[][..]),
            Binds::Unoffered => (b"y".to_vec(), &[][..]),
            Binds::To(hash) => ([b"p=", END_POINT].concat(), hash),
        };
        let bare = format!("n=,r={nonce}");
        let first = [&flag[..], b",,", bare.as_bytes()].concat();
        let header = [&flag[..], b",,", hash].concat();
        (Self { header, bare, nonce: nonce.to_owned() }, first)
    }

    /// Answers the challenge with the key that belongs to `verifier`.
    ///
    /// # Errors
    /// A malformed challenge, or one of a server with another verifier.
    pub fn answer(self, challenge: &[u8], key: &Key, verifier: &Verifier) -> Result<(Proven, Vec<u8>), Disbelief> {
        let (nonce, work) = attribute(challenge, b'r').ok_or(Disbelief::Malformed)?;
        if !nonce.starts_with(self.nonce.as_bytes()) || nonce.len() == self.nonce.len() {
            return Err(Disbelief::Malformed);
        }
        if work != verifier.work().as_bytes() {
            // A server of the standard may say the same in other words, but Postgres does not.
            let same_form = attribute(work, b's').and_then(|(_, rest)| attribute(rest, b'i')).is_some();
            return Err(if same_form { Disbelief::OtherVerifier } else { Disbelief::Malformed });
        }
        let without_proof = [b"c=", STANDARD.encode(&self.header).as_bytes(), b",r=", nonce].concat();
        let signed = [self.bare.as_bytes(), b",", challenge, b",", &without_proof].concat();
        let proof = key.xor(&Key::hmac(&*verifier.stored_key.0, &signed));
        let signature = Key::hmac(&*verifier.server_key.0, &signed);
        let last = [&without_proof[..], b",p=", proof.encode().as_bytes()].concat();
        Ok((Proven { signature }, last))
    }
}

impl Proven {
    /// Checks that the server knows the verifier, too.
    ///
    /// # Errors
    /// When it does not.
    pub fn verify(self, server_final: &[u8]) -> Result<(), Disbelief> {
        let (signature, _) = attribute(server_final, b'v').ok_or(Disbelief::Malformed)?;
        let signature = Key::decode(signature).ok_or(Disbelief::Malformed)?;
        if signature == self.signature { Ok(()) } else { Err(Disbelief::Signature) }
    }
}
