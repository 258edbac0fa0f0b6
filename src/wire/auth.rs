//! The messages of a login: what a server asks for (`R`) and what a client answers (`p`).
//!
//! Views take a frame's body and never fail on hostile bytes. What is in a SCRAM message is `scram`'s business.

use super::{c_string, frame};

/// What an `R` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request<'a> {
    /// The client is let in.
    Ok,
    /// One of these mechanisms, as a list to be read with [`mechanisms`].
    Sasl(&'a [u8]),
    /// The mechanism goes on.
    SaslContinue(&'a [u8]),
    /// The mechanism has ended well.
    SaslFinal(&'a [u8]),
    /// A password in one of its forms, GSSAPI, or what is yet to be invented.
    Other(u32),
}

/// The first answer to [`Request::Sasl`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Initial<'a> {
    /// The mechanism that the client chose.
    pub mechanism: &'a [u8],
    /// Its first message; none when it waits to be asked for that.
    pub data: Option<&'a [u8]>,
}

const OK: u32 = 0;
const SASL: u32 = 10;
const SASL_CONTINUE: u32 = 11;
const SASL_FINAL: u32 = 12;

/// The body of an `R`; none when it has no code.
pub fn request(body: &[u8]) -> Option<Request<'_>> {
    let (code, rest) = body.split_first_chunk::<4>()?;
    Some(match u32::from_be_bytes(*code) {
        OK => Request::Ok,
        SASL => Request::Sasl(rest),
        SASL_CONTINUE => Request::SaslContinue(rest),
        SASL_FINAL => Request::SaslFinal(rest),
        code => Request::Other(code),
    })
}

/// The names in the list of mechanisms, as far as it is well formed.
pub fn mechanisms(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let (name, after) = c_string(rest).filter(|(name, _)| !name.is_empty())?;
        rest = after;
        Some(name)
    })
}

/// The body of the first `p` of a SASL login; none when the server would call it malformed.
pub fn initial(body: &[u8]) -> Option<Initial<'_>> {
    let (mechanism, rest) = c_string(body)?;
    let (length, data) = rest.split_first_chunk::<4>()?;
    match i32::from_be_bytes(*length) {
        -1 => data.is_empty().then_some(Initial { mechanism, data: None }),
        length => (usize::try_from(length).ok()? == data.len()).then_some(Initial { mechanism, data: Some(data) }),
    }
}

/// Appends an `R` that offers these mechanisms.
pub fn write_mechanisms<'a>(out: &mut Vec<u8>, mechanisms: impl IntoIterator<Item = &'a [u8]>) {
    write_request(out, SASL, |out| {
        for name in mechanisms {
            out.extend_from_slice(name);
            out.push(0);
        }
        out.push(0);
    });
}

/// Appends an `R` with which the mechanism goes on.
pub fn write_continue(out: &mut Vec<u8>, data: &[u8]) {
    write_request(out, SASL_CONTINUE, |out| out.extend_from_slice(data));
}

/// Appends an `R` with which the mechanism ends well.
pub fn write_final(out: &mut Vec<u8>, data: &[u8]) {
    write_request(out, SASL_FINAL, |out| out.extend_from_slice(data));
}

/// Appends the first `p` of a SASL login.
pub fn write_initial(out: &mut Vec<u8>, mechanism: &[u8], data: &[u8]) {
    let length = i32::try_from(data.len()).expect("the messages of a login are short");
    frame::write(out, b'p', |out| {
        out.extend_from_slice(mechanism);
        out.push(0);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(data);
    });
}

/// Appends a later `p` of a SASL login.
pub fn write_response(out: &mut Vec<u8>, data: &[u8]) {
    frame::write(out, b'p', |out| out.extend_from_slice(data));
}

fn write_request(out: &mut Vec<u8>, code: u32, write: impl FnOnce(&mut Vec<u8>)) {
    frame::write(out, b'R', |out| {
        out.extend_from_slice(&code.to_be_bytes());
        write(out);
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_mechanism_of_the_list_is_seen() {
        // Some servers put theirs first.
        let mut out = Vec::new();
        write_mechanisms(&mut out, [&b"OAUTHBEARER"[..], b"SCRAM-SHA-256-PLUS", b"SCRAM-SHA-256"]);
        let Some(Request::Sasl(list)) = request(&out[frame::HEADER..]) else { panic!("a list: {out:?}") };
        let names: Vec<_> = mechanisms(list).collect();
        assert_eq!(names, [&b"OAUTHBEARER"[..], b"SCRAM-SHA-256-PLUS", b"SCRAM-SHA-256"]);
    }

    #[test]
    fn a_first_answer_may_come_without_its_message() {
        assert_eq!(initial(b"X\0\xff\xff\xff\xff"), Some(Initial { mechanism: b"X", data: None }));
        assert_eq!(initial(b"X\0\0\0\0\x02ab"), Some(Initial { mechanism: b"X", data: Some(b"ab") }));
        for malformed in [
            &b"X"[..],
            b"X\0",
            b"X\0\0\0\0\x03ab",
            b"X\0\0\0\0\x01ab",
            b"X\0\xff\xff\xff\xffab",
            b"X\0\xff\xff\xff\xfe",
        ] {
            assert_eq!(initial(malformed), None, "{malformed:?}");
        }
    }

    proptest! {
        #[test]
        fn views_never_fail_on_any_bytes(body in proptest::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..40)) {
            if let Some(Request::Sasl(list)) = request(&body) {
                prop_assert!(mechanisms(list).map(|name| name.len() + 1).sum::<usize>() <= list.len());
            }
            let _ = initial(&body);
        }

        #[test]
        fn what_is_written_is_read(name in "[A-Z0-9-]{1,20}", data in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut out = Vec::new();
            write_initial(&mut out, name.as_bytes(), &data);
            prop_assert_eq!(initial(&out[frame::HEADER..]), Some(Initial { mechanism: name.as_bytes(), data: Some(&data) }));
            out.clear();
            write_continue(&mut out, &data);
            prop_assert_eq!(request(&out[frame::HEADER..]), Some(Request::SaslContinue(&data)));
            out.clear();
            write_final(&mut out, &data);
            prop_assert_eq!(request(&out[frame::HEADER..]), Some(Request::SaslFinal(&data)));
        }
    }
}
