//! The packets before the first frame: requests for encryption, cancel requests, startup.
//!
//! They have a length but no tag. A startup packet is forwarded byte for byte, unknown `_pq_.` options and minor versions
//! included: the server answers them, and a proxy that answered for it would have to know every future one.

use super::c_string;

/// `MAX_STARTUP_PACKET_LENGTH` of the server, and the length itself.
pub const LONGEST: usize = 10_004;

const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;
const CANCEL: u32 = 80_877_102;

/// A packet before the first frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Opening<'a> {
    /// `SSLRequest`.
    Ssl,
    /// `GSSENCRequest`.
    Gss,
    /// `CancelRequest`: process id and secret.
    Cancel {
        /// As in `BackendKeyData`.
        pid: u32,
        /// As in `BackendKeyData`.
        secret: &'a [u8],
    },
    /// `StartupMessage` of protocol 3.
    Startup(Startup<'a>),
    /// Another major version.
    Version {
        /// Such as 2.
        major: u16,
        /// Such as 0.
        minor: u16,
    },
}

/// A `StartupMessage`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Startup<'a> {
    packet: &'a [u8],
    /// Name and value, with the offsets of the value in the packet.
    parameters: Vec<(&'a [u8], &'a [u8], usize)>,
}

/// A packet that the server would refuse.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadStartup {
    /// Not within 8 bytes and 10 kB.
    #[error("invalid length of startup packet")]
    Length,
    /// The name-value pairs do not end where the packet does.
    #[error("invalid startup packet layout: expected terminator as last byte")]
    Layout,
    /// No `user`.
    #[error("no PostgreSQL user name specified in startup packet")]
    NoUser,
}

/// The length of the packet at the front of `bytes`, all of it; none while that cannot be told.
pub fn length(bytes: &[u8]) -> Result<Option<usize>, BadStartup> {
    let Some(length) = bytes.first_chunk::<4>().map(|b| u32::from_be_bytes(*b)) else { return Ok(None) };
    let length = usize::try_from(length).map_err(|_| BadStartup::Length)?;
    if (8..=LONGEST).contains(&length) { Ok(Some(length)) } else { Err(BadStartup::Length) }
}

/// One whole packet.
pub fn read(packet: &[u8]) -> Result<Opening<'_>, BadStartup> {
    let (code, body) = packet.get(4..).and_then(|rest| rest.split_first_chunk::<4>()).ok_or(BadStartup::Length)?;
    let code = u32::from_be_bytes(*code);
    match code {
        // Whatever stands behind the code: the server does not look.
        SSL => Ok(Opening::Ssl),
        GSS => Ok(Opening::Gss),
        CANCEL => {
            let (pid, secret) = body.split_first_chunk::<4>().ok_or(BadStartup::Length)?;
            if !(4..=256).contains(&secret.len()) {
                return Err(BadStartup::Length);
            }
            Ok(Opening::Cancel { pid: u32::from_be_bytes(*pid), secret })
        }
        _ if code >> 16 == 3 => startup(packet, body).map(Opening::Startup),
        _ => {
            let [a, b, c, d] = code.to_be_bytes();
            Ok(Opening::Version { major: u16::from_be_bytes([a, b]), minor: u16::from_be_bytes([c, d]) })
        }
    }
}

/// A `CancelRequest`.
pub fn cancel(pid: u32, secret: &[u8]) -> Vec<u8> {
    let length = u32::try_from(12 + secret.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &CANCEL.to_be_bytes(), &pid.to_be_bytes(), secret].concat()
}

impl Startup<'_> {
    /// All of it, as it came.
    pub const fn packet(&self) -> &[u8] {
        self.packet
    }

    /// The last value given for `name`, as the server takes it.
    pub fn parameter(&self, name: &str) -> Option<&[u8]> {
        self.parameters.iter().rev().find(|(n, _, _)| *n == name.as_bytes()).map(|(_, value, _)| *value)
    }

    /// The last value given for a setting of the server, whose name is the same in any case.
    pub fn setting(&self, name: &str) -> Option<&[u8]> {
        let is_it = |given: &[u8]| given.eq_ignore_ascii_case(name.as_bytes());
        self.parameters.iter().rev().find(|(given, _, _)| is_it(given)).map(|(_, value, _)| *value)
    }

    /// `user`.
    pub fn user(&self) -> &[u8] {
        self.parameter("user").unwrap_or_default()
    }

    /// `database`, or the user when there is none.
    pub fn database(&self) -> &[u8] {
        self.parameter("database").filter(|d| !d.is_empty()).unwrap_or_else(|| self.user())
    }

    /// True for a connection that streams the log of the whole server and has no database: `replication` is a boolean that is true.
    pub fn is_physical_replication(&self) -> bool {
        let value = self.parameter("replication").unwrap_or_default().to_ascii_lowercase();
        let is = |word: &[u8], least: usize| value.len() >= least && word.starts_with(&value);
        is(b"true", 1) || is(b"yes", 1) || is(b"on", 2) || value == b"1"
    }

    /// The packet with `database` asked for instead; every other byte as it came.
    pub fn with_database(&self, database: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.packet.len() + database.len() + 10);
        let mut taken = 0;
        let mut named = false;
        for (_, value, at) in self.parameters.iter().filter(|(name, _, _)| *name == b"database") {
            out.extend_from_slice(&self.packet[taken..*at]);
            out.extend_from_slice(database.as_bytes());
            taken = at + value.len();
            named = true;
        }
        out.extend_from_slice(&self.packet[taken..]);
        if !named {
            // In front of the terminator.
            out.pop();
            out.extend_from_slice(b"database\0");
            out.extend_from_slice(database.as_bytes());
            out.extend_from_slice(b"\0\0");
        }
        let length = u32::try_from(out.len()).expect("a startup packet has at most 10 kB, a database name less");
        out[..4].copy_from_slice(&length.to_be_bytes());
        out
    }
}

fn startup<'a>(packet: &'a [u8], body: &'a [u8]) -> Result<Startup<'a>, BadStartup> {
    let mut parameters = Vec::new();
    let mut rest = body;
    loop {
        let (name, after) = c_string(rest).ok_or(BadStartup::Layout)?;
        if name.is_empty() {
            if !after.is_empty() {
                return Err(BadStartup::Layout);
            }
            break;
        }
        let at = packet.len() - after.len();
        let (value, after) = c_string(after).ok_or(BadStartup::Layout)?;
        parameters.push((name, value, at));
        rest = after;
    }
    let startup = Startup { packet, parameters };
    if startup.user().is_empty() { Err(BadStartup::NoUser) } else { Ok(startup) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(code: u32, body: &[u8]) -> Vec<u8> {
        let mut out = u32::try_from(8 + body.len()).expect("small").to_be_bytes().to_vec();
        out.extend_from_slice(&code.to_be_bytes());
        out.extend_from_slice(body);
        out
    }

    #[test]
    fn each_kind_is_told_from_the_others() {
        assert_eq!(read(&packet(SSL, b"")), Ok(Opening::Ssl));
        assert_eq!(read(&packet(GSS, b"")), Ok(Opening::Gss));
        let long = [7; 256];
        let cancel = packet(CANCEL, &[&[0, 0, 0, 9], &long[..]].concat());
        assert_eq!(read(&cancel), Ok(Opening::Cancel { pid: 9, secret: &long }));
        assert_eq!(read(&packet(2 << 16, b"")), Ok(Opening::Version { major: 2, minor: 0 }));
        assert_eq!(read(&packet(3 << 16, b"user\0a\0")), Err(BadStartup::Layout));
        assert_eq!(read(&packet(3 << 16, b"user\0a\0\0x")), Err(BadStartup::Layout));
        assert_eq!(read(&packet(3 << 16, b"database\0a\0\0")), Err(BadStartup::NoUser));
        assert_eq!(length(&[0, 0, 0x27, 0x15]), Err(BadStartup::Length));
    }

    #[test]
    fn the_database_is_replaced_and_nothing_else() {
        let body = b"user\0ann\0_pq_.new\0\xff1\0database\0old\0application_name\0x\0\0";
        let asked = packet((3 << 16) | 0x270f, body);
        let Ok(Opening::Startup(startup)) = read(&asked) else { panic!("a startup packet") };
        assert_eq!((startup.user(), startup.database()), (&b"ann"[..], &b"old"[..]));
        let body = b"user\0ann\0_pq_.new\0\xff1\0database\0longer\0application_name\0x\0\0";
        assert_eq!(startup.with_database("longer"), packet((3 << 16) | 0x270f, body));
        let asked = packet(3 << 16, b"user\0ann\0\0");
        let Ok(Opening::Startup(startup)) = read(&asked) else { panic!("a startup packet") };
        assert_eq!(startup.database(), b"ann");
        assert_eq!(startup.with_database("db"), packet(3 << 16, b"user\0ann\0database\0db\0\0"));
    }

    #[test]
    fn physical_replication_is_what_the_server_takes_for_it() {
        let asks = |parameter: &str| {
            let asked = packet(3 << 16, format!("user\0ann\0{parameter}\0").as_bytes());
            let Ok(Opening::Startup(startup)) = read(&asked) else { panic!("a startup packet") };
            startup.is_physical_replication()
        };
        for said in ["true", "T", "tr", "yes", "on", "1"] {
            assert!(asks(&format!("replication\0{said}\0")), "{said}");
        }
        for said in ["database", "o", "truer", "false", "0", ""] {
            assert!(!asks(&format!("replication\0{said}\0")), "{said}");
        }
        assert!(!asks(""));
    }

    proptest! {
        #[test]
        fn any_packet_is_read_or_refused(code in prop::sample::select(vec![SSL, GSS, CANCEL, 3 << 16, (3 << 16) | 2, 2 << 16, 0]),
                                         body in proptest::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..80)) {
            let whole = packet(code, &body);
            prop_assert_eq!(length(&whole), Ok(Some(whole.len())));
            if let Ok(Opening::Startup(startup)) = read(&whole) {
                let changed = startup.with_database("other");
                prop_assert_eq!(length(&changed), Ok(Some(changed.len())));
                let Ok(Opening::Startup(again)) = read(&changed) else { panic!("still a startup packet") };
                prop_assert_eq!(again.database(), b"other");
                prop_assert_eq!(again.user(), startup.user());
            }
        }

        #[test]
        fn any_bytes_have_a_length_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let _ = length(&bytes);
            let _ = read(&bytes);
        }
    }
}
