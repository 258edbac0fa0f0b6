//! Compares what the server said with what came through Exonym, frame by frame.

use crate::support::raw::{Frame, without_origin};

/// A frame that no end sends: nothing came in time.
pub(crate) const SILENCE: u8 = b'!';
/// A frame that no end sends: the stream ended.
pub(crate) const END: u8 = b'.';

/// Names of the current naming: where the legacy side does not know one of them, the other side may.
const CURRENT: [&str; 4] = ["cli", "tel", "nombre", "kwh_consumed"];

/// How two answers to a batch compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Same,
    /// Exonym refused what the server answers, with this message; names are left out of it.
    Refused(String),
    /// Only the current schema has that name, or only the server sees before Bind that a statement has become another one.
    Lenient,
    /// The server itself waits: no session at all.
    Invalid,
    Different {
        kind: String,
        at: usize,
    },
}

/// What was compared.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Compared {
    pub(crate) rows: usize,
    pub(crate) errors: usize,
    /// Refusals in the place of errors.
    pub(crate) vain: usize,
}

/// What differs first, if anything.
pub(crate) fn compare(straight: &[Frame], through: &[Frame], compared: &mut Compared) -> Verdict {
    let different = |kind: String, at| Verdict::Different { kind, at };
    if straight.iter().any(|f| f.tag == SILENCE) {
        return Verdict::Invalid;
    }
    for (at, frame) in through.iter().enumerate() {
        let said = if matches!(frame.tag, b'E' | b'N') { frame.field(b'M') } else { None };
        if said.is_some_and(|said| said.contains("exonym: ") || said.contains("exonym_")) {
            return different("marker".into(), at);
        }
    }
    for at in 0..straight.len().max(through.len()) {
        let (one, other) = (straight.get(at), through.get(at));
        if let (Some(one), Some(other)) = (one, other) {
            if plain(one) == plain(other) {
                compared.rows += usize::from(one.tag == b'D');
                compared.errors += usize::from(one.tag == b'E');
                continue;
            }
            if one.tag == b'E' && other.tag == b'E' {
                // Both have failed, and are in the same state: what it was called is all that is left to ask.
                if is_refusal(other) || is_current(one) || is_stale(one) || is_unread(one, other) {
                    compared.vain += 1;
                    continue;
                }
                let kind = if code(one) == code(other) { "place of" } else { "code" };
                return different(format!("{kind} {} {}", code(one), code(other)), at);
            }
        }
        return match (one, other) {
            (_, Some(other)) if is_refusal(other) => Verdict::Refused(nameless(other)),
            (Some(one), _) if is_current(one) => Verdict::Lenient,
            (_, Some(other)) if other.tag == SILENCE => different("silence".into(), at),
            (_, Some(other)) if other.tag == END => different("lost".into(), at),
            (one, Some(other)) if other.tag == b'E' => {
                different(format!("code {} {}", one.map_or("none".into(), code), code(other)), at)
            }
            (Some(one), _) if one.tag == b'E' => different(format!("code {} none", code(one)), at),
            _ => different("answers".into(), at),
        };
    }
    Verdict::Same
}

/// The transaction status that the last frame tells.
pub(crate) fn status(frames: &[Frame]) -> Option<u8> {
    frames.last().filter(|f| f.tag == b'Z').and_then(|f| f.body.first().copied())
}

/// A frame as far as both sides must agree.
fn plain(frame: &Frame) -> Frame {
    let mut body = frame.body.clone();
    match frame.tag {
        b'T' => without_origin(&mut body),
        b'E' | b'N' => {
            body = b"SVCP".iter().map(|f| frame.field(*f).unwrap_or_default() + " ").collect::<String>().into();
        }
        _ => {}
    }
    Frame { tag: frame.tag, body }
}

fn code(frame: &Frame) -> String {
    if frame.tag == b'E' { frame.field(b'C').unwrap_or_default() } else { "none".into() }
}

fn is_refusal(frame: &Frame) -> bool {
    frame.tag == b'E' && ["0A000", "54000"].contains(&code(frame).as_str()) && frame.field(b'H').is_some()
}

/// The server says that a statement has become another one.
fn is_stale(one: &Frame) -> bool {
    code(one) == "0A000"
}

/// Bytes that are no letters are not sent on, so a transaction that has failed already says that instead.
fn is_unread(one: &Frame, other: &Frame) -> bool {
    code(one) == "22021" && code(other) == "25P02"
}

fn is_current(frame: &Frame) -> bool {
    let message = frame.field(b'M').unwrap_or_default();
    ["42P01", "42703"].contains(&code(frame).as_str()) && CURRENT.iter().any(|name| message.contains(*name))
}

/// A message without the names in it.
fn nameless(frame: &Frame) -> String {
    let message = frame.field(b'M').unwrap_or_default();
    let parts = message.split('`').enumerate().map(|(i, part)| if i % 2 == 1 { "…" } else { part });
    parts.collect()
}
