//! The exchanges that Exonym makes itself: with the client by the verifier of its user, and with the server by the key that this gives.
//!
//! ```text
//! client                    Exonym                        server
//!  PLUS, first message ──▶            first message ──▶
//!                                       ◀── challenge
//!                      ◀── challenge with the same salt
//!               proof ──▶  ClientKey
//!                                    proof by ClientKey ──▶
//!                                       ◀── signature, checked by ServerKey
//!                      ◀── signature
//! ```
//! The server is asked first, and what it asks for the client is asked for: so nobody learns who has a verifier here from what is asked,
//! nor who exists at the server, which asks those who do not, too.
//!
//! The client gets its last word only after the server has let it in: what the server refuses, the client hears in the server's words.

use ring::rand::{SecureRandom as _, SystemRandom};

use super::choice::{self, Plus};
use super::{End, FirstAnswer, LogIn, Phase, legible, unexpected};
use crate::metrics::Login;
use crate::session::auth::Auth;
use crate::session::startup::Refused;
use crate::text::chain;
use crate::wire::auth::{self, Request};
use crate::wire::frame::Header;
use crate::wire::scram::client::Client;
use crate::wire::scram::server::{Channel, Exchange, Refusal};
use crate::wire::scram::{self, Key, NONCE, SHA_256, SHA_256_PLUS, Verifier, Work};

impl LogIn<'_> {
    /// The server has let in whoever comes: by our own certificate, by the user of our process, or as it trusts everyone. With `auth`
    /// nobody comes in unseen. The frame that says so stays where it is, for the relay.
    pub(super) async fn verify_who_was_let_in(&mut self, auth: &Auth) -> Result<(), End> {
        self.phase = Phase::Client;
        let plus = if self.ends.client.hash().is_some() { Plus::Ours } else { Plus::Withheld };
        let mechanisms = [SHA_256_PLUS, SHA_256].into_iter().skip(usize::from(plus != Plus::Ours));
        self.tell(|out| auth::write_mechanisms(out, mechanisms)).await?;
        let answer = self.first_answer().await?.ok_or_else(|| End::Refused(unexpected()))?;
        let verifier = self.look_up(auth).await?.unwrap_or_else(|| self.made_up(auth));
        let (_, signature) = self.verify(verifier, &answer, plus).await?;
        self.tell(|out| auth::write_final(out, &signature)).await
    }

    /// Verifies the client, and logs in to a server that has offered the mechanisms of this list.
    pub(super) async fn verify_and_log_in(
        &mut self,
        auth: &Auth,
        answer: &FirstAnswer,
        plus: Plus,
        offered: &[u8],
    ) -> Result<(), End> {
        let found = self.look_up(auth).await?;
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
        let challenged = client.challenged(&challenge).map_err(|disbelief| self.no_login(disbelief))?;
        let verifier = self.that_fits(found, challenged.work(), auth);
        self.phase = Phase::Client;
        let (key, for_client) = self.verify(verifier.clone(), answer, plus).await?;
        self.phase = Phase::Server;
        let (proven, last) = challenged.prove(&key, &verifier);
        self.say(|out| auth::write_response(out, &last)).await?;
        let (header, signature) = self
            .heard(|request| match request {
                Request::SaslFinal(data) => Some(data.to_vec()),
                _ => None,
            })
            .await?;
        self.server.take(header);
        proven.verify(&signature).map_err(|disbelief| self.no_login(disbelief))?;
        self.tell(|out| auth::write_final(out, &for_client)).await
    }

    /// The verifier that was found, if it asks for what the server asks for; else one that asks for the same and that no password fits.
    fn that_fits(&self, found: Option<Verifier>, work: &Work, auth: &Auth) -> Verifier {
        match found {
            Some(verifier) if verifier.work() == work => verifier,
            Some(_) => {
                let (user, backend) = (legible(self.user), &self.route.backend.name);
                tracing::warn!(
                    user,
                    %backend,
                    "`auth` has another verifier of this user than the server, or their password has expired there: nobody can log in as them; copy it again, or look \
                     whom the query asks"
                );
                self.made_up(auth).with(work)
            }
            None => self.made_up(auth).with(work),
        }
    }

    fn made_up(&self, auth: &Auth) -> Verifier {
        auth.made_up(&legible(self.user))
    }

    async fn look_up(&mut self, auth: &Auth) -> Result<Option<Verifier>, End> {
        let Ok(user) = std::str::from_utf8(self.user) else {
            let message = format!("exonym cannot verify user \"{}\": the name is not UTF-8", legible(self.user));
            let hint =
                "`auth` knows users by names in UTF-8; connect with one, or by a way on which the login is relayed";
            return Err(End::Refused(Refused { hint: Some(hint.into()), ..rejected("28000", message) }));
        };
        let found = tokio::select! {
            biased;
            found = auth.verifier(user) => found,
            () = self.client.left() => return Err(End::Gone),
        };
        found.map_err(|error| self.no_verifier(&error))
    }

    /// The exchange with the client: the key that its proof gives, and the signature that it is owed.
    async fn verify(&mut self, verifier: Verifier, answer: &FirstAnswer, plus: Plus) -> Result<(Key, Vec<u8>), End> {
        let hash = self.ends.client.hash().map(<[u8]>::to_vec).unwrap_or_default();
        let channel = match (answer.mechanism.as_deref(), plus) {
            (Some(SHA_256_PLUS), Plus::Ours) => Channel::Bound(&hash),
            (Some(SHA_256), Plus::Ours) => Channel::Declined,
            (Some(SHA_256), Plus::Withheld) => Channel::Unbound,
            _ => return Err(End::Refused(choice::Why::NotOffered.refused(&self.route.backend.name))),
        };
        let first = short(&answer.message)?;
        let begun = Exchange::begin(first, channel, verifier, &nonce()?);
        let (exchange, challenge) = begun.map_err(|refusal| self.refuse(refusal))?;
        self.tell(|out| auth::write_continue(out, &challenge)).await?;
        let header = self.answer().await?.ok_or_else(|| End::Refused(unexpected()))?;
        let outcome = exchange.finish(short(self.client.body(header))?);
        self.client.take(header);
        outcome.map_err(|refusal| self.refuse(refusal))
    }

    /// What the server answers, if `wanted` finds it to be that. An error of the server goes to the client.
    async fn heard<T>(&mut self, wanted: impl FnOnce(Request<'_>) -> Option<T>) -> Result<(Header, T), End> {
        let Some(header) = self.request().await? else { return Err(self.server_has_ended().await) };
        let found = auth::request(self.server.body(header)).and_then(wanted);
        found.map(|found| (header, found)).ok_or_else(|| self.no_login("it asks for something else"))
    }

    async fn say(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), End> {
        let mut out = Vec::new();
        write(&mut out);
        self.server.send(&out).await.map_err(|_| self.no_login("it takes nothing more"))
    }

    fn refuse(&self, refusal: Refusal) -> End {
        // As the server says it, who exists or not.
        let message = match refusal {
            Refusal::WrongProof => format!("password authentication failed for user \"{}\"", legible(self.user)),
            other => other.to_string(),
        };
        End::Refused(Refused { login: Login::Rejected, sqlstate: refusal.sqlstate(), message, hint: None })
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
