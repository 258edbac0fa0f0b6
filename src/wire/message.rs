//! The messages that are opened on their way: statements, names, tags and reports. Each view takes a frame's body.

use super::{c_string, frame};

/// A Parse message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parse<'a> {
    /// The statement's name; empty for the unnamed one.
    pub name: &'a [u8],
    /// Its text.
    pub text: &'a [u8],
    /// Count and OIDs of the parameter types, as they came.
    pub types: &'a [u8],
}

/// What a Describe or a Close is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target<'a> {
    /// A prepared statement.
    Statement(&'a [u8]),
    /// A portal.
    Portal(&'a [u8]),
}

/// What a session's transaction is in, as `ReadyForQuery` tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Transaction {
    /// None.
    #[default]
    Idle,
    /// Inside of a block.
    Open,
    /// Inside of a block that failed.
    Failed,
}

/// The text of a Query; none when the server would call the message malformed.
pub fn query(body: &[u8]) -> Option<&[u8]> {
    c_string(body).and_then(|(text, rest)| rest.is_empty().then_some(text))
}

/// A Parse message; none when the server would call it malformed before it looks at the text.
pub fn parse(body: &[u8]) -> Option<Parse<'_>> {
    let (name, rest) = c_string(body)?;
    let (text, types) = c_string(rest)?;
    Some(Parse { name, text, types })
}

/// Portal and statement of a Bind message, of which only the front need be there.
pub fn bind(front: &[u8]) -> Option<(&[u8], &[u8])> {
    let (portal, rest) = c_string(front)?;
    let (statement, _) = c_string(rest)?;
    Some((portal, statement))
}

/// The portal of an Execute message.
pub fn execute(body: &[u8]) -> Option<&[u8]> {
    c_string(body).map(|(portal, _)| portal)
}

/// What a Describe or a Close names.
pub fn target(body: &[u8]) -> Option<Target<'_>> {
    let (kind, rest) = body.split_first()?;
    let (name, _) = c_string(rest)?;
    match kind {
        b'S' => Some(Target::Statement(name)),
        b'P' => Some(Target::Portal(name)),
        _ => None,
    }
}

/// Name and value of a `ParameterStatus`.
pub fn parameter_status(body: &[u8]) -> Option<(&str, &str)> {
    let (name, rest) = c_string(body)?;
    let (value, _) = c_string(rest)?;
    Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?))
}

/// Process id and secret of a `BackendKeyData`: the secret has 4 bytes in protocol 3.0 and up to 256 in 3.2.
pub fn key_data(body: &[u8]) -> Option<(u32, &[u8])> {
    let (pid, secret) = body.split_first_chunk::<4>()?;
    (4..=256).contains(&secret.len()).then_some((u32::from_be_bytes(*pid), secret))
}

/// The status that a `ReadyForQuery` brings.
pub fn ready(body: &[u8]) -> Option<Transaction> {
    match body {
        b"I" => Some(Transaction::Idle),
        b"T" => Some(Transaction::Open),
        b"E" => Some(Transaction::Failed),
        _ => None,
    }
}

/// The tag of a `CommandComplete`, such as `INSERT 0 1`.
pub fn command_tag(body: &[u8]) -> Option<&str> {
    c_string(body).and_then(|(tag, _)| std::str::from_utf8(tag).ok())
}

/// Appends a Query with this text.
pub fn write_query(out: &mut Vec<u8>, text: &[u8]) {
    frame::write(out, b'Q', |out| {
        out.extend_from_slice(text);
        out.push(0);
    });
}

/// Appends a Bind of that statement, without parameters, to the unnamed portal.
pub fn write_bind(out: &mut Vec<u8>, statement: &[u8]) {
    frame::write(out, b'B', |out| {
        out.push(0);
        out.extend_from_slice(statement);
        out.extend_from_slice(&[0; 7]);
    });
}

/// Appends a Describe of that statement.
pub fn write_describe(out: &mut Vec<u8>, statement: &[u8]) {
    frame::write(out, b'D', |out| {
        out.push(b'S');
        out.extend_from_slice(statement);
        out.push(0);
    });
}

/// Appends an Execute of that portal, to its end.
pub fn write_execute(out: &mut Vec<u8>, portal: &[u8]) {
    frame::write(out, b'E', |out| {
        out.extend_from_slice(portal);
        out.extend_from_slice(&[0; 5]);
    });
}

/// Appends a Parse with this name, text and types.
pub fn write_parse(out: &mut Vec<u8>, parse: Parse<'_>) {
    frame::write(out, b'P', |out| {
        out.extend_from_slice(parse.name);
        out.push(0);
        out.extend_from_slice(parse.text);
        out.push(0);
        out.extend_from_slice(parse.types);
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_with_a_nul_inside_is_the_servers_to_refuse() {
        assert_eq!(query(b"SELECT 1\0"), Some(&b"SELECT 1"[..]));
        assert_eq!(query(b"\0"), Some(&b""[..]));
        assert_eq!(query(b"SELECT\0 1\0"), None);
        assert_eq!(query(b"SELECT 1"), None);
    }

    #[test]
    fn cancel_keys_are_of_any_length_that_the_protocol_allows() {
        assert_eq!(key_data(b"\0\0\0\x07abcd"), Some((7, &b"abcd"[..])));
        assert_eq!(key_data(&[0; 4 + 256]).map(|(_, secret)| secret.len()), Some(256));
        assert_eq!(key_data(&[0; 4 + 257]), None);
        assert_eq!(key_data(b"\0\0\0\x07abc"), None);
    }

    proptest! {
        #[test]
        fn views_never_fail_on_any_bytes(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = (query(&body), bind(&body), execute(&body), target(&body), parameter_status(&body));
            let _ = (key_data(&body), ready(&body), command_tag(&body));
            if let Some(view) = parse(&body) {
                let mut out = Vec::new();
                write_parse(&mut out, view);
                prop_assert_eq!(&out[frame::HEADER..], &body[..]);
            }
        }
    }
}
