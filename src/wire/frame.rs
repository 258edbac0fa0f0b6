//! Where a frame begins and how long it is; what may be in it is not looked at here.
//!
//! Lengths are checked against the limit of their type before anybody reserves a byte for them: the limits towards the server
//! are its own (`SocketBackend` in `postgres.c`), so that a frame it would refuse is refused, and no other.

/// Bytes of tag and length.
pub const HEADER: usize = 5;

/// `PQ_LARGE_MESSAGE_LIMIT`: 1 GiB less a little.
const LARGE: u32 = 0x3fff_fffe;
/// `PQ_SMALL_MESSAGE_LIMIT`.
const SMALL: u32 = 10_000;
/// `PG_MAX_AUTH_TOKEN_LENGTH`.
const TOKEN: u32 = 65_535;
/// Messages for a client that may have any length.
const LONG: u32 = 0x7fff_ffff;
/// Those that may not.
const SHORT: u32 = 30_000;

/// Which end speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// Tag and body length of one frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The type.
    pub tag: u8,
    /// Bytes after the header.
    pub body: usize,
}

/// A frame that its receiver would not accept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadFrame {
    /// No such type.
    #[error("message type {0:#04x} does not exist")]
    Tag(u8),
    /// Below 4 or beyond the limit of its type.
    #[error("a message of type {:?} cannot have length {length}", char::from(*.tag))]
    Length {
        /// The type.
        tag: u8,
        /// As it was sent.
        length: u32,
    },
}

impl Header {
    /// The header at the front of `bytes`; none while it is incomplete.
    pub fn read(sender: Sender, bytes: &[u8]) -> Result<Option<Self>, BadFrame> {
        let Some((&tag, rest)) = bytes.split_first() else { return Ok(None) };
        let limits = match sender {
            Sender::Client => &CLIENT_LIMITS,
            Sender::Server => &SERVER_LIMITS,
        };
        let limit = LIMITS.get(usize::from(limits[usize::from(tag)])).copied().unwrap_or_default();
        if limit == 0 {
            return Err(BadFrame::Tag(tag));
        }
        let Some(length) = rest.first_chunk::<4>().map(|b| u32::from_be_bytes(*b)) else { return Ok(None) };
        let body = length.checked_sub(4).filter(|_| length <= limit).ok_or(BadFrame::Length { tag, length })?;
        let body = usize::try_from(body).map_err(|_| BadFrame::Length { tag, length })?;
        Ok(Some(Self { tag, body }))
    }

    /// The body of the frame that `bytes` begin with, as far as it is there.
    pub fn body_in(self, bytes: &[u8]) -> &[u8] {
        bytes.get(HEADER..self.total().min(bytes.len())).unwrap_or_default()
    }

    /// Bytes of the whole frame.
    pub const fn total(self) -> usize {
        HEADER + self.body
    }
}

/// Appends a frame whose body `write` produces.
pub fn write(out: &mut Vec<u8>, tag: u8, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length =
        u32::try_from(out.len() - at).expect("frames that we make are bounded by the statement that they come from");
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

/// How long the frames of each type may be, as its place in [`LIMITS`], which is 0 for what is no type. It is asked for each frame: so
/// the types that there are lie together in a line or two of the processor's cache.
type Limits = [u8; 256];

const LIMITS: [u32; 6] = [0, LARGE, SMALL, TOKEN, LONG, SHORT];

static CLIENT_LIMITS: Limits = limits(&[(b"QPBFd", 1), (b"CDEHSXcf", 2), (b"p", 3)]);

static SERVER_LIMITS: Limits = limits(&[(b"DdTtVENARSv", 4), (b"123cCGHIKnsWZ", 5)]);

#[allow(clippy::as_conversions, reason = "`From` is not const, and a byte fits")]
const fn limits(given: &[(&[u8], u8)]) -> Limits {
    let mut limits = [0; 256];
    let mut rest = given;
    while let [(tags, limit), behind @ ..] = rest {
        let mut tags = *tags;
        while let [tag, others @ ..] = tags {
            limits[*tag as usize] = *limit;
            tags = others;
        }
        rest = behind;
    }
    limits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_checked_before_anything_is_reserved() {
        let read = |bytes: &[u8]| Header::read(Sender::Client, bytes);
        assert_eq!(read(b"Q\0\0\0\x04"), Ok(Some(Header { tag: b'Q', body: 0 })));
        assert_eq!(read(b"Q\0\0\0\x03"), Err(BadFrame::Length { tag: b'Q', length: 3 }));
        assert_eq!(read(b"Q\xff\xff\xff\xff"), Err(BadFrame::Length { tag: b'Q', length: u32::MAX }));
        assert_eq!(read(b"S\0\x01\0\0"), Err(BadFrame::Length { tag: b'S', length: 65_536 }));
        assert_eq!(read(b"\x16"), Err(BadFrame::Tag(0x16)));
        assert_eq!(read(b"d\0\0"), Ok(None));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_a_beginning_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            for sender in [Sender::Client, Sender::Server] {
                match Header::read(sender, &bytes) {
                    Ok(Some(header)) => prop_assert!(bytes.len() >= HEADER && header.body <= 0x7fff_ffff),
                    Ok(None) => prop_assert!(bytes.len() < HEADER),
                    Err(_) => prop_assert!(!bytes.is_empty()),
                }
            }
        }

        #[test]
        fn what_is_written_is_read(tag in prop::sample::select(b"QPBFd".to_vec()), body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut out = Vec::new();
            write(&mut out, tag, |out| out.extend_from_slice(&body));
            prop_assert_eq!(Header::read(Sender::Client, &out), Ok(Some(Header { tag, body: body.len() })));
            prop_assert_eq!(&out[HEADER..], &body[..]);
        }
    }
}
