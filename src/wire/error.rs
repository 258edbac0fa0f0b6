//! `ErrorResponse` and `NoticeResponse`: read field by field, changed field by field, or made.
//!
//! A position counts characters from 1 in the text as the server got it. [`Unit`] says what a character is: in a database
//! encoded `SQL_ASCII` the server counts bytes.

use bytes::BytesMut;
use pgwire::messages::Message as _;
use pgwire::messages::response::ErrorResponse;

use super::{c_string, frame};

/// The fields of an error or a notice, in their order, as (type, value).
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    body: &'a [u8],
}

/// An error of our own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report<'a> {
    /// Field `S`, which a server may have translated.
    pub severity: &'a str,
    /// Field `V`, never translated.
    pub plain_severity: &'a str,
    /// Five characters.
    pub sqlstate: &'a str,
    /// What and where.
    pub message: &'a str,
    /// What now.
    pub hint: Option<&'a str>,
    /// Characters from 1.
    pub position: Option<usize>,
    /// The routine of the server by which drivers know some errors.
    pub routine: Option<&'a str>,
}

/// What a position counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Unit {
    /// Characters of UTF-8.
    #[default]
    Characters,
    /// Bytes.
    Bytes,
}

impl<'a> Fields<'a> {
    /// The fields of an `E` or `N` body; none when it is not well formed to its last byte.
    pub fn read(body: &'a [u8]) -> Option<Self> {
        let mut rest = body;
        loop {
            match rest {
                [0] => return Some(Self { body }),
                [0, ..] | [] => return None,
                [_, value @ ..] => rest = c_string(value)?.1,
            }
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &'a [u8])> {
        let mut rest = self.body;
        std::iter::from_fn(move || {
            let (&kind, value) = rest.split_first().filter(|(kind, _)| **kind != 0)?;
            let (value, after) = c_string(value)?;
            rest = after;
            Some((kind, value))
        })
    }

    /// The first field of that type.
    pub fn value(&self, kind: u8) -> Option<&'a [u8]> {
        self.iter().find(|(k, _)| *k == kind).map(|(_, value)| value)
    }

    /// The same, if it is UTF-8.
    pub fn text(&self, kind: u8) -> Option<&'a str> {
        self.value(kind).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// `C`, or nothing.
    pub fn sqlstate(&self) -> &'a str {
        self.text(b'C').unwrap_or_default()
    }

    /// `P` as a number.
    pub fn position(&self) -> Option<usize> {
        self.text(b'P')?.parse().ok()
    }

    /// True when the server ends the session after it.
    pub fn ends_session(&self) -> bool {
        // Servers before 9.6 have no `V`, and those may translate `S`.
        matches!(self.text(b'V').or_else(|| self.text(b'S')), Some("FATAL" | "PANIC"))
    }

    /// Appends the same frame with another position and with `hint` put behind the hint that it has.
    pub fn write_changed(&self, out: &mut Vec<u8>, tag: u8, position: Option<usize>, hint: Option<&str>) {
        frame::write(out, tag, |out| {
            let mut hint = hint;
            for (kind, value) in self.iter() {
                match (kind, position) {
                    (b'P', Some(position)) => field(out, b'P', position.to_string().as_bytes()),
                    (b'H', _) if hint.is_some() => {
                        let added = hint.take().unwrap_or_default();
                        field(out, b'H', &[value, b"\n", added.as_bytes()].concat());
                    }
                    _ => field(out, kind, value),
                }
            }
            if let Some(added) = hint {
                field(out, b'H', added.as_bytes());
            }
            out.push(0);
        });
    }
}

impl Report<'_> {
    /// Appends it as an `ErrorResponse`.
    pub fn write(&self, out: &mut Vec<u8>) {
        // A NUL inside of a value would end it for the reader and turn the rest into fields.
        let value = |text: &str| text.replace('\0', "");
        let mut fields = vec![
            (b'S', value(self.severity)),
            (b'V', value(self.plain_severity)),
            (b'C', value(self.sqlstate)),
            (b'M', value(self.message)),
        ];
        fields.extend(self.hint.map(|hint| (b'H', value(hint))));
        fields.extend(self.position.map(|position| (b'P', position.to_string())));
        fields.extend(self.routine.map(|routine| (b'R', value(routine))));
        let mut frame = BytesMut::new();
        ErrorResponse::new(fields).encode(&mut frame).expect("an error of a few fields is far below the largest frame");
        out.extend_from_slice(&frame);
    }
}

/// An error after which the connection ends.
pub fn fatal<'a>(sqlstate: &'a str, message: &'a str, hint: Option<&'a str>) -> Report<'a> {
    Report { severity: "FATAL", plain_severity: "FATAL", sqlstate, message, hint, position: None, routine: None }
}

/// The byte of `text` that position `position` (from 1) is about; the end of the text when it lies behind.
pub fn byte_of(text: &str, unit: Unit, position: usize) -> usize {
    let before = position.saturating_sub(1);
    match unit {
        Unit::Bytes => before.min(text.len()),
        Unit::Characters => text.char_indices().nth(before).map_or(text.len(), |(byte, _)| byte),
    }
}

/// The position (from 1) of byte `byte` of `text`; inside of a character it is that character's.
pub fn position_of(text: &str, unit: Unit, byte: usize) -> usize {
    match unit {
        Unit::Bytes => byte.min(text.len()) + 1,
        Unit::Characters => text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= byte).count() + 1,
    }
}

fn field(out: &mut Vec<u8>, kind: u8, value: &[u8]) {
    out.push(kind);
    // A NUL inside of a value would end it for the reader and turn the rest into fields.
    out.extend(value.iter().copied().filter(|&b| b != 0));
    out.push(0);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNDEFINED: &[u8] =
        b"SERROR\0VERROR\0C42703\0Mcolumn \"x\" does not exist\0HPerhaps y.\0P8\0Fparse_relation.c\0\0";

    #[test]
    fn only_position_and_hint_change() {
        let fields = Fields::read(UNDEFINED).expect("well formed");
        assert_eq!((fields.sqlstate(), fields.position(), fields.ends_session()), ("42703", Some(8), false));
        let mut out = Vec::new();
        fields.write_changed(&mut out, b'E', Some(12), Some("exonym was here"));
        let expected =
            b"SERROR\0VERROR\0C42703\0Mcolumn \"x\" does not exist\0HPerhaps y.\nexonym was here\0P12\0Fparse_relation.c\0\0";
        assert_eq!(&out[frame::HEADER..], expected);
        out.clear();
        fields.write_changed(&mut out, b'E', None, None);
        assert_eq!(&out[frame::HEADER..], UNDEFINED);
    }

    #[test]
    fn a_value_cannot_smuggle_a_field() {
        let mut out = Vec::new();
        fatal("3D000", "no route\0C00000\0", None).write(&mut out);
        let fields = Fields::read(&out[frame::HEADER..]).expect("well formed");
        assert_eq!((fields.sqlstate(), fields.ends_session()), ("3D000", true));
        assert_eq!(fields.text(b'M'), Some("no routeC00000"));
    }

    #[test]
    fn positions_count_characters() {
        let text = "SELECT 'über', 🦀x";
        let crab = text.find('x').expect("it is there");
        assert_eq!(position_of(text, Unit::Characters, crab), 17);
        assert_eq!(position_of(text, Unit::Bytes, crab), crab + 1);
        assert_eq!(byte_of(text, Unit::Characters, 17), crab);
        assert_eq!(byte_of(text, Unit::Characters, 999), text.len());
        assert_eq!(position_of(text, Unit::Characters, 999), 18);
    }

    proptest! {
        #[test]
        fn any_body_is_fields_or_nothing(body in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(fields) = Fields::read(&body) {
                let mut out = Vec::new();
                fields.write_changed(&mut out, b'E', None, None);
                prop_assert_eq!(&out[frame::HEADER..], &body[..]);
                let _ = (fields.sqlstate(), fields.position(), fields.ends_session());
            }
        }

        #[test]
        fn places_map_there_and_back(text in "\\PC{0,40}") {
            for (count, (byte, _)) in text.char_indices().enumerate() {
                prop_assert_eq!(position_of(&text, Unit::Characters, byte), count + 1);
                prop_assert_eq!(byte_of(&text, Unit::Characters, count + 1), byte);
            }
        }
    }
}
