//! The side that proves: with a key that another exchange gave, instead of with the password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{END_POINT, Key, Verifier, Work, attribute};

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

/// An exchange that the server has answered with its challenge.
#[derive(Debug)]
pub struct Challenged {
    header: Vec<u8>,
    bare: String,
    challenge: Vec<u8>,
    /// `r` of the challenge.
    nonce: Vec<u8>,
    work: Work,
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

    /// Takes the server's challenge.
    ///
    /// # Errors
    /// A malformed one.
    pub fn challenged(self, challenge: &[u8]) -> Result<Challenged, Disbelief> {
        let (nonce, work) = attribute(challenge, b'r').ok_or(Disbelief::Malformed)?;
        if !nonce.starts_with(self.nonce.as_bytes()) || nonce.len() == self.nonce.len() {
            return Err(Disbelief::Malformed);
        }
        // A server of the standard may say the same in other words, but Postgres does not.
        let work = Work::parse(work).ok_or(Disbelief::Malformed)?;
        let (nonce, challenge) = (nonce.to_vec(), challenge.to_vec());
        Ok(Challenged { header: self.header, bare: self.bare, challenge, nonce, work })
    }
}

impl Challenged {
    /// What the server asks of whoever has the password.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Proves to have the key that belongs to `verifier`.
    pub fn prove(self, key: &Key, verifier: &Verifier) -> (Proven, Vec<u8>) {
        let Self { header, bare, challenge, nonce, .. } = self;
        let without_proof = [b"c=", STANDARD.encode(&header).as_bytes(), b",r=", &nonce].concat();
        let signed = [bare.as_bytes(), b",", &challenge, b",", &without_proof].concat();
        let proof = key.xor(&Key::hmac(&*verifier.stored_key.0, &signed));
        let signature = Key::hmac(&*verifier.server_key.0, &signed);
        let last = [&without_proof[..], b",p=", proof.encode().as_bytes()].concat();
        (Proven { signature }, last)
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
