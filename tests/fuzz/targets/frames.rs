//! Any bytes as a stream of frames, from either end: headers, and every view of a body.
#![no_main]

use exonym::wire::error::{Fields, Unit, byte_of, position_of};
use exonym::wire::frame::{HEADER, Header, Sender};
use exonym::wire::{message, options};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for sender in [Sender::Client, Sender::Server] {
        let mut rest = bytes;
        while let Ok(Some(header)) = Header::read(sender, rest) {
            assert!(rest.len() >= HEADER && header.total() >= HEADER);
            let Some(body) = rest.get(HEADER..header.total()) else { break };
            read(header.tag, body);
            rest = &rest[header.total()..];
        }
    }
});

fn read(tag: u8, body: &[u8]) {
    let _ = (message::query(body), message::bind(body), message::execute(body), message::target(body));
    let _ =
        (message::parameter_status(body), message::key_data(body), message::ready(body), message::command_tag(body));
    if let Some(parse) = message::parse(body) {
        // What is written again is what was read.
        let mut out = Vec::new();
        message::write_parse(&mut out, parse);
        assert_eq!(&out[HEADER..], body);
    }
    if let Some(fields) = Fields::read(body) {
        let _ = (fields.sqlstate(), fields.ends_session(), fields.position());
        let mut out = Vec::new();
        fields.write_changed(&mut out, tag, Some(7), Some("a hint"));
        let changed = Fields::read(&out[HEADER..]).expect("a changed error is an error");
        let position = fields.iter().any(|(kind, _)| kind == b'P').then_some(7);
        assert_eq!((changed.sqlstate(), changed.position()), (fields.sqlstate(), position));
    }
    if let Ok(text) = std::str::from_utf8(body) {
        let _ = (options::setting(text, "search_path"), options::schemas(text));
        for unit in [Unit::Characters, Unit::Bytes] {
            let byte = byte_of(text, unit, usize::from(tag));
            assert!(byte <= text.len());
            let _ = position_of(text, unit, byte);
        }
    }
}
