//! What a SCRAM login may be, by the legs that it has to cross. No IO: legs and messages in, decision out.
//!
//! A client binds the exchange to the certificate that it sees, which is ours, and the server to its own: relayed, such an exchange fails.
//! Without binding, a client that could have bound says `y`, which a server that has offered it takes for an attack. All others say `n`,
//! and that can be relayed over any legs.
//!
//! ```text
//!                                offer to the client                 n        y         p (PLUS)
//! one certificate on both legs   as it came                          relay    relay     relay
//! `auth`, client TLS             PLUS by our certificate, the rest   relay    refuse    Exonym logs in
//! the server offers PLUS         the rest, without PLUS              relay    Exonym logs in, without `auth` refuse
//! it offers nothing but PLUS     the same as the two above           with `auth` Exonym logs in
//! else                           as it came                          relay    relay
//! ```

use super::super::startup::Refused;
use crate::metrics::Login;
use crate::wire::scram::client::Binds;
use crate::wire::scram::{Flag, SHA_256, SHA_256_PLUS};

/// What of the two legs counts for a login.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Ends {
    pub(super) client: End,
    pub(super) server: End,
    /// Both legs are TLS and show the same certificate.
    pub(super) same_certificate: bool,
}

/// One leg.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum End {
    /// No TLS.
    #[default]
    Plain,
    /// TLS with a certificate to which nothing can be bound.
    Encrypted,
    /// TLS with a certificate of this hash.
    Bindable(Vec<u8>),
}

/// What the client is offered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Offer {
    /// What the server offers; its answer need not be looked at.
    AsItCame,
    /// These mechanisms; its answer decides.
    Changed { mechanisms: Vec<Vec<u8>>, plus: Plus },
}

/// What became of channel binding in the offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Plus {
    /// It is there, by our own certificate.
    Ours,
    /// The server has it and the client does not get to know.
    Withheld,
}

/// What to do about the client's answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Choice {
    /// It goes to the server as it came, and so does everything behind it.
    Relay,
    /// Exonym verifies the client, and logs in to the server with the key that this gives.
    Verify,
    /// It cannot go on.
    Refuse(Why),
}

/// Why a login cannot go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    /// Only `auth` would help.
    NeedsAuth,
    /// What was not offered.
    NotOffered,
}

impl End {
    pub(super) fn hash(&self) -> Option<&[u8]> {
        match self {
            Self::Bindable(hash) => Some(hash),
            Self::Plain | Self::Encrypted => None,
        }
    }
}

/// The offer to the client, out of what the server offers. `auth` tells whether Exonym can verify clients.
pub(super) fn offer<'a>(ends: &Ends, server: impl Iterator<Item = &'a [u8]>, auth: bool) -> Offer {
    let theirs: Vec<&[u8]> = server.collect();
    let plus_there = theirs.contains(&SHA_256_PLUS);
    let scram_there = plus_there || theirs.contains(&SHA_256);
    let ours = auth && scram_there && ends.client.hash().is_some();
    // With one certificate a client that can bind to it does; who cannot is left out where the server offers nothing else.
    let can_relay = ends.same_certificate && !(auth && plus_there && !theirs.contains(&SHA_256));
    if can_relay || !(plus_there || ours) {
        return Offer::AsItCame;
    }
    let mut mechanisms: Vec<Vec<u8>> = Vec::new();
    for name in theirs {
        let scram = name == SHA_256 || name == SHA_256_PLUS;
        if !scram {
            mechanisms.push(name.to_vec());
        } else if !mechanisms.iter().any(|m| m == SHA_256) {
            // The stronger one first, as servers do: clients may take the first that they know.
            if ours {
                mechanisms.push(SHA_256_PLUS.to_vec());
            }
            mechanisms.push(SHA_256.to_vec());
        }
    }
    Offer::Changed { mechanisms, plus: if ours { Plus::Ours } else { Plus::Withheld } }
}

/// What to do when the client chose `mechanism` and began with `flag`; `None` stands for a malformed beginning. `offered` is the
/// server's own list.
pub(super) fn choose(plus: Plus, mechanism: &[u8], flag: Option<Flag>, auth: bool, offered: &[u8]) -> Choice {
    let takes_unbound = || crate::wire::auth::mechanisms(offered).any(|name| name == SHA_256);
    if mechanism == SHA_256_PLUS {
        return match plus {
            Plus::Ours => Choice::Verify,
            Plus::Withheld => Choice::Refuse(Why::NotOffered),
        };
    }
    match flag {
        // The server knows how to say what is wrong with another mechanism or a message that is none.
        _ if mechanism != SHA_256 => Choice::Relay,
        None => Choice::Relay,
        Some(Flag::Unsupported) if !auth || takes_unbound() => Choice::Relay,
        Some(_) if auth => Choice::Verify,
        Some(_) => Choice::Refuse(Why::NeedsAuth),
    }
}

/// What Exonym itself answers a server that offers these mechanisms.
pub(super) fn answer<'e>(ends: &'e Ends, offered: &[u8]) -> (&'static [u8], Binds<'e>) {
    let plus_there = crate::wire::auth::mechanisms(offered).any(|name| name == SHA_256_PLUS);
    match (&ends.server, plus_there) {
        (End::Bindable(hash), true) => (SHA_256_PLUS, Binds::To(hash)),
        (End::Bindable(_), false) => (SHA_256, Binds::Unoffered),
        (End::Plain | End::Encrypted, _) => (SHA_256, Binds::Unsupported),
    }
}

impl Why {
    pub(super) fn refused(self, backend: &str) -> Refused {
        match self {
            Self::NotOffered => Refused {
                hint: None,
                login: Login::Rejected,
                sqlstate: "08P01",
                message: "client selected an invalid SASL authentication mechanism".into(),
            },
            Self::NeedsAuth => Refused {
                hint: Some(format!(
                    "let exonym verify passwords: `auth = {{ query = true }}` or `auth = {{ users = \"users.toml\" }}` in \
                     [backends.{backend}]; or use the server's own certificate in [listen], or channel_binding=disable at the client, \
                     or sslmode=disable on one of the legs"
                )),
                login: Login::Rejected,
                sqlstate: "28000",
                message: "exonym cannot relay this SCRAM login: both legs use TLS, each with its own certificate"
                    .into(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [&[u8]; 2] = [SHA_256_PLUS, SHA_256];

    fn ends(client: &End, server: &End) -> Ends {
        let same_certificate = client.hash().is_some() && client == server;
        Ends { client: client.clone(), server: server.clone(), same_certificate }
    }

    fn list(names: &[&[u8]]) -> Vec<u8> {
        names.iter().flat_map(|name| [name, &b"\0"[..]].concat()).collect()
    }

    /// A word for what happens to a client that answers with `flag`.
    fn fate(ends: &Ends, server: &[&[u8]], auth: bool, flag: Flag) -> &'static str {
        let plus = match offer(ends, server.iter().copied(), auth) {
            Offer::AsItCame => return "relay",
            Offer::Changed { plus, .. } => plus,
        };
        let mechanism = if flag == Flag::Bound { SHA_256_PLUS } else { SHA_256 };
        match choose(plus, mechanism, Some(flag), auth, &list(server)) {
            Choice::Relay => "relay",
            // Which the exchange then takes for the attack that it is.
            Choice::Verify if plus == Plus::Ours && flag == Flag::Unoffered => "downgrade",
            Choice::Verify => "verify",
            Choice::Refuse(Why::NeedsAuth) => "needs auth",
            Choice::Refuse(Why::NotOffered) => "not offered",
        }
    }

    #[test]
    fn which_login_works_over_which_legs() {
        let (plain, ours, theirs, ed25519) =
            (End::Plain, End::Bindable(vec![1]), End::Bindable(vec![2]), End::Encrypted);
        let scram: &[&[u8]] = &[SHA_256];
        // Client's leg, server's leg, what the server offers, `auth`, and the fate of n, y and p.
        let (both, plus): (&[&[u8]], &[&[u8]]) = (&BOTH, &BOTH[..1]);
        let table = [
            (&plain, &plain, scram, false, ["relay", "relay", "relay"]),
            (&plain, &plain, scram, true, ["relay", "relay", "relay"]),
            (&plain, &theirs, both, false, ["relay", "needs auth", "not offered"]),
            (&plain, &theirs, both, true, ["relay", "verify", "not offered"]),
            (&ours, &plain, scram, false, ["relay", "relay", "relay"]),
            (&ours, &plain, scram, true, ["relay", "downgrade", "verify"]),
            (&ours, &ours, both, false, ["relay", "relay", "relay"]),
            (&ours, &ours, both, true, ["relay", "relay", "relay"]),
            (&ours, &theirs, both, false, ["relay", "needs auth", "not offered"]),
            (&ours, &theirs, both, true, ["relay", "downgrade", "verify"]),
            (&ours, &theirs, scram, false, ["relay", "relay", "relay"]),
            (&ours, &theirs, scram, true, ["relay", "downgrade", "verify"]),
            (&ed25519, &theirs, both, false, ["relay", "needs auth", "not offered"]),
            (&ed25519, &theirs, both, true, ["relay", "verify", "not offered"]),
            (&plain, &theirs, plus, false, ["relay", "needs auth", "not offered"]),
            (&plain, &theirs, plus, true, ["verify", "verify", "not offered"]),
            (&ours, &ours, plus, false, ["relay", "relay", "relay"]),
            (&ours, &ours, plus, true, ["verify", "downgrade", "verify"]),
            (&ours, &theirs, plus, true, ["verify", "downgrade", "verify"]),
            (&ed25519, &theirs, plus, true, ["verify", "verify", "not offered"]),
        ];
        for (client, server, offered, auth, expected) in table {
            let ends = ends(client, server);
            let found = [Flag::Unsupported, Flag::Unoffered, Flag::Bound].map(|flag| fate(&ends, offered, auth, flag));
            assert_eq!(found, expected, "{client:?} {server:?} {auth}");
        }
    }

    #[test]
    fn other_mechanisms_stay_where_they_are() {
        let ends = ends(&End::Bindable(vec![1]), &End::Bindable(vec![2]));
        let server = [&b"OAUTHBEARER"[..], SHA_256_PLUS, SHA_256, b"X"];
        let names = |auth| match offer(&ends, server.iter().copied(), auth) {
            Offer::Changed { mechanisms, .. } => String::from_utf8(mechanisms.join(&b' ')).expect("names"),
            Offer::AsItCame => panic!("it is changed"),
        };
        assert_eq!(names(false), "OAUTHBEARER SCRAM-SHA-256 X");
        assert_eq!(names(true), "OAUTHBEARER SCRAM-SHA-256-PLUS SCRAM-SHA-256 X");
        assert_eq!(choose(Plus::Ours, b"OAUTHBEARER", Some(Flag::Unoffered), true, &list(&server)), Choice::Relay);
    }

    #[test]
    fn towards_the_server_exonym_binds_what_it_can() {
        let (both, one) = (list(&BOTH), list(&BOTH[1..]));
        let theirs = ends(&End::Plain, &End::Bindable(vec![2]));
        assert_eq!(answer(&theirs, &both), (SHA_256_PLUS, Binds::To(&[2])));
        assert_eq!(answer(&theirs, &one), (SHA_256, Binds::Unoffered));
        assert_eq!(answer(&ends(&End::Plain, &End::Encrypted), &both), (SHA_256, Binds::Unsupported));
        assert_eq!(answer(&ends(&End::Plain, &End::Plain), &one), (SHA_256, Binds::Unsupported));
    }
}
