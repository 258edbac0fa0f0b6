//! The encoding of the texts that the client sends, and how such a text is read.
//!
//! Texts are read as UTF-8. In an encoding whose characters are single bytes, a byte of 128 and above stands for one letter that is
//! no ASCII letter: which one does not matter to the grammar, so it is read as a stand-in, one for each byte, and written back as
//! the byte that it was. In an encoding of several bytes a byte below 128 can be the half of a character (SJIS, BIG5, GBK, UHC,
//! GB18030, JOHAB): there, and in all the others, only texts in ASCII are read.

use std::borrow::Cow;

/// The encoding of the texts that the client sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Encoding {
    /// `UTF8`, or `SQL_ASCII`: whatever it is, the server takes it as it comes.
    Unicode,
    /// One byte, one character, the first 128 of them ASCII.
    SingleByte,
    /// Any other, of which we know that ASCII texts are what they seem.
    Other,
}

/// The stand-in of byte 0 would be here: those of 128 to 255 take two bytes in UTF-8, as most of the letters for which they stand.
const STAND_INS: u32 = 0x700;

impl Encoding {
    /// The one that the server calls so in a report.
    pub(super) fn named(name: &str) -> Self {
        let single = ["LATIN", "WIN", "ISO_8859_", "KOI8"].iter().any(|family| name.starts_with(family));
        match name {
            "UTF8" | "UNICODE" | "SQL_ASCII" => Self::Unicode,
            // Other names of SJIS, GBK, UHC and BIG5.
            "WIN932" | "WIN936" | "WIN949" | "WIN950" => Self::Other,
            _ if single => Self::SingleByte,
            _ => Self::Other,
        }
    }

    /// A text as it can be read; none when it cannot.
    pub(super) fn read(self, text: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Unicode => std::str::from_utf8(text).ok().map(Cow::Borrowed),
            _ if text.is_ascii() => std::str::from_utf8(text).ok().map(Cow::Borrowed),
            Self::SingleByte => Some(Cow::Owned(text.iter().map(|&byte| stand_in(byte)).collect())),
            Self::Other => None,
        }
    }

    /// The bytes of a text that was made from one that was read; a character that is neither ASCII nor a stand-in is `?`.
    pub(super) fn write(self, text: &str) -> Cow<'_, [u8]> {
        if self == Self::Unicode || text.is_ascii() {
            return Cow::Borrowed(text.as_bytes());
        }
        Cow::Owned(text.chars().map(|c| byte_of(c).unwrap_or(b'?')).collect())
    }

    /// A text for the eyes of the client: in another encoding than UTF-8, in ASCII.
    pub(super) fn show(self, text: &str) -> Cow<'_, str> {
        if self == Self::Unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect())
    }

    /// True when `made`, from the text `read`, can be written: it has the letters of the client, and no others.
    pub(super) fn can_write(self, read: &str, made: &str) -> bool {
        let foreign = |text: &str| text.chars().filter(|c| !c.is_ascii()).count();
        self == Self::Unicode || foreign(made) <= foreign(read) && made.chars().all(|c| byte_of(c).is_some())
    }
}

fn stand_in(byte: u8) -> char {
    if byte.is_ascii() { char::from(byte) } else { char::from_u32(STAND_INS + u32::from(byte)).unwrap_or('?') }
}

fn byte_of(c: char) -> Option<u8> {
    if c.is_ascii() {
        return u8::try_from(c).ok();
    }
    u32::from(c).checked_sub(STAND_INS).and_then(|byte| u8::try_from(byte).ok()).filter(|byte| !byte.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_comes_back_as_it_was() {
        let all: Vec<u8> = (0..=255).collect();
        let read = Encoding::SingleByte.read(&all).expect("each byte is a character");
        assert_eq!(read.chars().count(), 256);
        assert_eq!(&*Encoding::SingleByte.write(&read), &all[..]);
        assert_eq!(stand_in(0x80).len_utf8(), 2);
    }

    #[test]
    fn families_are_known_by_their_names() {
        for name in ["LATIN1", "LATIN10", "WIN1252", "WIN866", "KOI8R", "ISO_8859_5"] {
            assert_eq!(Encoding::named(name), Encoding::SingleByte, "{name}");
        }
        for name in ["SJIS", "SHIFT_JIS_2004", "BIG5", "GBK", "UHC", "GB18030", "JOHAB", "EUC_JP", "MULE_INTERNAL"] {
            assert_eq!(Encoding::named(name), Encoding::Other, "{name}");
            assert_eq!(Encoding::Other.read(b"SELECT '\x83\x5c'"), None);
        }
        assert_eq!(Encoding::Other.read(b"SELECT 1").as_deref(), Some("SELECT 1"));
    }

    #[test]
    fn letters_of_the_mapping_cannot_be_written_in_the_clients_encoding() {
        let read = Encoding::SingleByte.read(b"SELECT '\xdf' FROM t").expect("it is read");
        assert!(Encoding::SingleByte.can_write(&read, &read.replace(" t", " u")));
        assert!(!Encoding::SingleByte.can_write(&read, &read.replace(" t", " stra\u{df}e")));
        assert!(Encoding::Unicode.can_write("t", "stra\u{df}e"));
    }
}
