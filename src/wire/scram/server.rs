//! The side that asks: checks a client's proof with a verifier, and keeps the key behind it.
//!
//! What is refused is what Postgres refuses (`auth-scram.c`), and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{END_POINT, Flag, Key, Verifier, attribute, cut, flag, is_nonce};

/// What the client was offered and what it chose of that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel<'a> {
    /// The mechanism without channel binding; there was no other.
    Unbound,
    /// The mechanism without channel binding, although the other was offered.
    Declined,
    /// The mechanism with channel binding: the hash of the certificate that the client has been shown.
    Bound(&'a [u8]),
}

/// An exchange whose challenge is with the client.
#[derive(Debug)]
pub struct Exchange {
    verifier: Verifier,
    /// What `c` of the client's last message has to be.
    header: String,
    /// What it means when it is not.
    other_header: Refusal,
    /// What `r` of it has to be.
    nonce: Vec<u8>,
    /// The two messages so far, as they go into the signed text.
    said: Vec<u8>,
}

/// Why a client is not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Not what the standard allows; the word says where.
    #[error("malformed SCRAM message ({0})")]
    Malformed(&'static str),
    /// Someone has taken the mechanism with channel binding out of the offer.
    #[error(
        "SCRAM channel binding negotiation error: the client supports SCRAM channel binding but thinks the server does not, \
         however, this server does support channel binding"
    )]
    Downgrade,
    /// The client sees another certificate than the one that it was shown.
    #[error("SCRAM channel binding check failed")]
    OtherChannel,
    /// The client speaks for someone else, or wants an extension.
    #[error("client requires an unsupported SCRAM extension")]
    Unsupported,
    /// The wrong password.
    #[error("password authentication failed")]
    WrongProof,
}

impl Exchange {
    /// Takes the client's first message and gives the challenge; `nonce` is new and nobody can guess it.
    ///
    /// # Errors
    /// What is wrong with the message.
    pub fn begin(
        client_first: &[u8],
        channel: Channel<'_>,
        verifier: Verifier,
        nonce: &str,
    ) -> Result<(Self, Vec<u8>), Refusal> {
        if client_first.contains(&0) {
            return Err(Refusal::Malformed("a zero byte"));
        }
        let header = channel.header(client_first)?;
        let other_header = match channel {
            Channel::Bound(_) => Refusal::OtherChannel,
            Channel::Unbound | Channel::Declined => Refusal::Malformed("the channel binding"),
        };
        // Flag, then whom the client speaks for, then the message itself.
        let (_, rest) = cut(client_first);
        let bare = match rest {
            [b',', bare @ ..] => bare,
            [b'a', ..] => return Err(Refusal::Unsupported),
            _ => return Err(Refusal::Malformed("the GS2 header")),
        };
        if bare.starts_with(b"m=") {
            return Err(Refusal::Unsupported);
        }
        // The server takes the user of the startup packet, whatever is said here.
        let (_, rest) = attribute(bare, b'n').ok_or(Refusal::Malformed("the user name"))?;
        let (theirs, _) = attribute(rest, b'r').ok_or(Refusal::Malformed("the nonce"))?;
        if !is_nonce(theirs) {
            return Err(Refusal::Malformed("the nonce"));
        }
        let nonce = [theirs, nonce.as_bytes()].concat();
        let challenge = [b"r=", &nonce[..], b",", verifier.work.to_string().as_bytes()].concat();
        let said = [bare, b",", &challenge].concat();
        Ok((Self { verifier, header, other_header, nonce, said }, challenge))
    }

    /// Takes the client's last message; gives the key that only its password gives, and the signature for the client.
    ///
    /// # Errors
    /// A malformed message, another channel, the wrong proof.
    pub fn finish(self, client_final: &[u8]) -> Result<(Key, Vec<u8>), Refusal> {
        // The proof is the last attribute and stands for all before it.
        let behind = client_final.windows(3).rposition(|w| w == b",p=").ok_or(Refusal::Malformed("no proof"))?;
        let without_proof = client_final.get(..behind).unwrap_or_default();
        let proof = client_final.get(behind + 3..).unwrap_or_default();
        let (header, rest) = attribute(without_proof, b'c').ok_or(Refusal::Malformed("the channel binding"))?;
        let (nonce, _) = attribute(rest, b'r').ok_or(Refusal::Malformed("the nonce"))?;
        if header != self.header.as_bytes() {
            return Err(self.other_header);
        }
        if nonce != self.nonce {
            return Err(Refusal::Malformed("the nonce does not match"));
        }
        let proof = Key::decode(proof).ok_or(Refusal::Malformed("the proof"))?;
        let signed = [&self.said[..], b",", without_proof].concat();
        let client_key = proof.xor(&Key::hmac(&*self.verifier.stored_key.0, &signed));
        if client_key.hash() != self.verifier.stored_key {
            return Err(Refusal::WrongProof);
        }
        let signature = Key::hmac(&*self.verifier.server_key.0, &signed);
        Ok((client_key, format!("v={}", signature.encode()).into_bytes()))
    }
}

impl Channel<'_> {
    /// What the client's last message has to repeat, after a look at whether its first fits the offer.
    fn header(self, client_first: &[u8]) -> Result<String, Refusal> {
        match (flag(client_first), self) {
            (None, _) => Err(Refusal::Malformed("the channel binding flag")),
            (Some(Flag::Unsupported), Self::Unbound | Self::Declined) => Ok(STANDARD.encode("n,,")),
            (Some(Flag::Unoffered), Self::Unbound) => Ok(STANDARD.encode("y,,")),
            (Some(Flag::Unoffered), Self::Declined) => Err(Refusal::Downgrade),
            (Some(Flag::Unsupported | Flag::Unoffered), Self::Bound(_)) => {
                Err(Refusal::Malformed("the mechanism with channel binding, without channel binding"))
            }
            (Some(Flag::Bound), Self::Unbound | Self::Declined) => {
                Err(Refusal::Malformed("channel binding with the mechanism that has none"))
            }
            (Some(Flag::Bound), Self::Bound(hash)) => {
                let kind = attribute(client_first, b'p').map(|(kind, _)| kind);
                if kind != Some(END_POINT) {
                    return Err(Refusal::Malformed("the type of channel binding"));
                }
                Ok(STANDARD.encode([b"p=", END_POINT, b",,", hash].concat()))
            }
        }
    }
}

impl Refusal {
    /// The SQLSTATE that Postgres has for it.
    pub const fn sqlstate(self) -> &'static str {
        match self {
            Self::Malformed(_) => "08P01",
            Self::Downgrade | Self::OtherChannel => "28000",
            Self::Unsupported => "0A000",
            Self::WrongProof => "28P01",
        }
    }
}
