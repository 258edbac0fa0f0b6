//! What a server keeps of a password: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`, all but the number in base64.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Key, attribute};

/// `scram_iterations` of a server that was not told otherwise.
const USUAL_ITERATIONS: u32 = 4096;

/// `SCRAM_DEFAULT_SALT_LEN`.
const USUAL_SALT: usize = 16;

/// How a password is made into keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Work {
    pub(super) salt: Box<[u8]>,
    iterations: u32,
}

/// Enough to check the password of a user, and to prove to that user to have it. The keys are never shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verifier {
    pub(super) work: Work,
    pub(super) stored_key: Key,
    pub(super) server_key: Key,
}

impl Verifier {
    /// As `pg_authid.rolpassword` has it; none when it is anything else, such as an md5 hash.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("SCRAM-SHA-256$")?;
        let (work, keys) = rest.split_once('$')?;
        let (iterations, salt) = work.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        let work = Work::new(salt.as_bytes(), iterations)?;
        let (stored_key, server_key) = (Key::decode(stored_key.as_bytes())?, Key::decode(server_key.as_bytes())?);
        Some(Self { work, stored_key, server_key })
    }

    /// One that no proof fits, for a user who has none: asked again with the same secret it looks the same, so that nobody learns who exists.
    pub fn mock(secret: &[u8], user: &str) -> Self {
        let derived = |what: &[u8]| Key::hmac(secret, &[what, user.as_bytes()].concat());
        let salt = derived(b"salt\0").0.get(..USUAL_SALT).unwrap_or_default().into();
        // Nobody finds a key whose hash is the output of an HMAC with a secret.
        let (stored_key, server_key) = (derived(b"stored\0"), derived(b"server\0"));
        Self { work: Work { salt, iterations: USUAL_ITERATIONS }, stored_key, server_key }
    }

    /// One that asks for other work; no proof fits it unless it is its own.
    #[must_use]
    pub fn with(self, work: &Work) -> Self {
        Self { work: work.clone(), ..self }
    }

    /// What it asks of whoever has the password.
    pub fn work(&self) -> &Work {
        &self.work
    }
}

impl Work {
    fn new(salt: &[u8], iterations: &str) -> Option<Self> {
        let iterations = iterations.parse().ok().filter(|&n| n > 0)?;
        Some(Self { salt: STANDARD.decode(salt).ok()?.into(), iterations })
    }

    /// `s=…,i=…` of the server's first message; none when it is anything else, or written in another way than by [`Display`](fmt::Display).
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let (salt, rest) = attribute(text, b's')?;
        let (iterations, _) = attribute(rest, b'i')?;
        let work = Self::new(salt, std::str::from_utf8(iterations).ok()?)?;
        (work.to_string().as_bytes() == text).then_some(work)
    }
}

/// As it stands in the server's first message.
impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s={},i={}", STANDARD.encode(&self.salt), self.iterations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=";

    #[test]
    fn only_verifiers_are_verifiers() {
        assert!(Verifier::parse(&format!("SCRAM-SHA-256$4096:W22Z${KEY}:{KEY}")).is_some());
        for text in [
            String::new(),
            "md55d41402abc4b2a76b9719d911017c592".into(),
            "hunter2".into(),
            format!("SCRAM-SHA-1$4096:W22Z${KEY}:{KEY}"),
            format!("SCRAM-SHA-256$0:W22Z${KEY}:{KEY}"),
            format!("SCRAM-SHA-256$x:W22Z${KEY}:{KEY}"),
            format!("SCRAM-SHA-256$4096:W22${KEY}:{KEY}"),
            format!("SCRAM-SHA-256$4096:W22Z$W22Z:{KEY}"),
            format!("SCRAM-SHA-256$4096:W22Z${KEY}"),
            format!("SCRAM-SHA-256$4096:W22Z${KEY}:{KEY}:"),
        ] {
            assert_eq!(Verifier::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn who_does_not_exist_is_asked_the_same_each_time() {
        let of = |secret: &[u8], user| Verifier::mock(secret, user).work;
        assert_eq!(of(b"secret", "ann"), of(b"secret", "ann"));
        assert_ne!(of(b"secret", "ann"), of(b"secret", "bob"));
        assert_ne!(of(b"secret", "ann"), of(b"other", "ann"));
    }
}
