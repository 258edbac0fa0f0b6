//! The exchanges that Exonym makes itself: with the client by the verifier of its user, and with the server by the key that this gives.
//!
//! ```text
//! client                    Exonym                        server
//!  PLUS, first message ──▶
//!                      ◀── challenge
//!               proof ──▶  ClientKey ── first message ──▶
//!                                       ◀── challenge
//!                                    proof by ClientKey ──▶
//!                                       ◀── signature, checked by ServerKey
//!                      ◀── signature
//! ```
//! The client gets its last word only after the server has let it in: what the server refuses, the client hears in the server's words.

use ring::rand::{SecureRandom as _, SystemRandom};

use super::choice::{self, Plus};
use super::{End, FirstAnswer, LogIn, Phase, unexpected};
use crate::metrics::Login;
use crate::session::auth::Auth;
use crate::session::startup::Refused;
use crate::text::chain;
use crate::wire::auth::{self, Request};
use crate::wire::error::Fields;
use crate::wire::frame::Header;
use crate::wire::scram::client::{Client, Disbelief};
use crate::wire::scram::server::{Channel, Exchange, Refusal};
use crate::wire::scram::{self, Key, NONCE, SHA_256, SHA_256_PLUS, Verifier};

/// Why the server may refuse someone whose password was right.
const OTHER_PASSWORD: &str = "exonym has verified the password by `auth` of its configuration; the server knows another one, or none that is still valid";

/// A client whose password was right, and what it gave.
struct Known {
    verifier: Verifier,
    key: Key,
    signature: Vec<u8>,
}

impl LogIn<'_> {
    /// The server has let in whoever comes: by our own certificate, by the user of our process, or as it trusts everyone. With `auth`
    /// nobody comes in unseen. The frame that says so stays where it is, for the relay.
    pub(super) async fn verify_who_was_let_in(&mut self, auth: &Auth) -> Result<(), End> {
        self.phase = Phase::Client;
        let plus = if self.ends.client.hash().is_some() { Plus::Ours } else { Plus::Withheld };
        let mechanisms = [SHA_256_PLUS, SHA_256].into_iter().skip(usize::from(plus != Plus::Ours));
        self.tell(|out| auth::write_mechanisms(out, mechanisms)).await?;
        let answer = self.first_answer().await?.ok_or_else(|| End::Refused(unexpected()))?;
        let known = self.verify(auth, &answer, plus).await?;
        self.tell(|out| auth::write_final(out, &known.signature)).await
    }

    /// Verifies the client, then logs in to a server that has offered the mechanisms of this list.
    pub(super) async fn verify_and_log_in(
        &mut self,
        auth: &Auth,
        answer: &FirstAnswer,
        plus: Plus,
        offered: &[u8],
    ) -> Result<(), End> {
        let known = self.verify(auth, answer, plus).await?;
        self.phase = Phase::Server;
        let (mechanism, binds) = choice::answer(&self.ends, offered);
        let (client, first) = Client::begin(binds, &nonce()?);
        self.say(|out| auth::write_initial(out, mechanism, &first)).await?;
        let (header, challenge) = self
            .heard(|request| match request {
                Request::SaslContinue(data) => Some(data.to_vec()),
                _ => None,
            })
            .await?;
        self.server.take(header);
        let (proven, last) = client.answer(&challenge, &known.key, &known.verifier).map_err(|d| self.disbelieve(d))?;
        self.say(|out| auth::write_response(out, &last)).await?;
        let (header, signature) = self
            .heard(|request| match request {
                Request::SaslFinal(data) => Some(data.to_vec()),
                _ => None,
            })
            .await?;
        self.server.take(header);
        proven.verify(&signature).map_err(|d| self.disbelieve(d))?;
        self.tell(|out| auth::write_final(out, &known.signature)).await
    }

    /// The exchange with the client.
    async fn verify(&mut self, auth: &Auth, answer: &FirstAnswer, plus: Plus) -> Result<Known, End> {
        let hash = self.ends.client.hash().map(<[u8]>::to_vec).unwrap_or_default();
        let channel = match (answer.mechanism.as_deref(), plus) {
            (Some(SHA_256_PLUS), Plus::Ours) => Channel::Bound(&hash),
            (Some(SHA_256), Plus::Ours) => Channel::Declined,
            (Some(SHA_256), Plus::Withheld) => Channel::Unbound,
            _ => return Err(End::Refused(choice::Why::NotOffered.refused(&self.route.backend.name))),
        };
        let verifier = auth.verifier(self.user).await.map_err(|error| self.no_verifier(&error))?;
        let first = short(&answer.message)?;
        let begun = Exchange::begin(first, channel, verifier.clone(), &nonce()?);
        let (exchange, challenge) = begun.map_err(|refusal| self.refuse(refusal))?;
        self.tell(|out| auth::write_continue(out, &challenge)).await?;
        let header = self.answer().await?.ok_or_else(|| End::Refused(unexpected()))?;
        let outcome = exchange.finish(short(self.client.body(header))?);
        self.client.take(header);
        let (key, signature) = outcome.map_err(|refusal| self.refuse(refusal))?;
        Ok(Known { verifier, key, signature })
    }

    /// What the server answers, if `wanted` finds it to be that. An error of the server goes to the client.
    async fn heard<T>(&mut self, wanted: impl FnOnce(Request<'_>) -> Option<T>) -> Result<(Header, T), End> {
        let Some(header) = self.request().await? else { return Err(self.told().await) };
        let found = auth::request(self.server.body(header)).and_then(wanted);
        found.map(|found| (header, found)).ok_or_else(|| self.no_login("it asks for something else"))
    }

    /// Passes the server's error on, with a hint that says what may be behind it.
    async fn told(&mut self) -> End {
        let Ok(header) = self.server.frame().await else { return self.no_login("the server closed the connection") };
        let mut report = Vec::new();
        match Fields::read(self.server.body(header)) {
            Some(fields) if fields.sqlstate() == "28P01" => {
                fields.write_changed(&mut report, b'E', None, Some(OTHER_PASSWORD));
            }
            _ => report.extend_from_slice(self.server.bytes(header)),
        }
        match self.tell(|out| out.extend_from_slice(&report)).await {
            Ok(()) => End::Told,
            Err(end) => end,
        }
    }

    async fn say(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), End> {
        let mut out = Vec::new();
        write(&mut out);
        self.server.send(&out).await.map_err(|_| self.no_login("it takes nothing more"))
    }

    fn refuse(&self, refusal: Refusal) -> End {
        // As the server says it, who exists or not.
        let message = match refusal {
            Refusal::WrongProof => format!("password authentication failed for user \"{}\"", self.user),
            other => other.to_string(),
        };
        End::Refused(Refused { login: Login::Rejected, sqlstate: refusal.sqlstate(), message, hint: None })
    }

    fn disbelieve(&self, disbelief: Disbelief) -> End {
        match disbelief {
            Disbelief::OtherVerifier => End::Refused(Refused {
                hint: Some(OTHER_PASSWORD.into()),
                ..rejected("28P01", format!("password authentication failed for user \"{}\"", self.user))
            }),
            Disbelief::Malformed | Disbelief::Signature => self.no_login(disbelief),
        }
    }

    fn no_verifier(&self, error: &(dyn std::error::Error + 'static)) -> End {
        let backend = &self.route.backend.name;
        tracing::error!(%backend, "`auth` of this backend does not work: {}", chain(error));
        End::Refused(Refused {
            login: Login::Unreachable,
            sqlstate: "57P03",
            message: "exonym cannot look up the verifier that this login needs".into(),
            hint: Some(format!("the log of exonym has the reason; it is about `auth` in [backends.{backend}]")),
        })
    }
}

fn rejected(sqlstate: &'static str, message: String) -> Refused {
    Refused { login: Login::Rejected, sqlstate, message, hint: None }
}

/// A message that is not longer than any can be.
fn short(message: &[u8]) -> Result<&[u8], End> {
    let refused = || End::Refused(rejected("08P01", "malformed SCRAM message (too long)".into()));
    if message.len() <= scram::LONGEST { Ok(message) } else { Err(refused()) }
}

fn nonce() -> Result<String, End> {
    let mut random = [0; NONCE];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|_| End::Refused(rejected("58000", "could not generate random nonce".into())))?;
    Ok(scram::nonce(&random))
}
