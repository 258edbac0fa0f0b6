//! Any bytes as the packets before the first frame.
#![no_main]

use exonym::wire::startup::{LONGEST, Opening, length, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Some(length)) = length(bytes) {
        assert!((8..=LONGEST).contains(&length));
    }
    let Ok(Opening::Startup(startup)) = read(bytes) else { return };
    assert_eq!(startup.packet(), bytes);
    // Whatever else is in it stays, and the length is right.
    let changed = startup.with_database("other");
    assert_eq!(length(&changed[..]).ok(), (changed.len() <= LONGEST).then_some(Some(changed.len())));
    let mut sized = bytes.to_vec();
    sized[..4].copy_from_slice(&changed[..4]);
    let Ok(Opening::Startup(again)) = read(&changed) else { panic!("no longer a startup packet") };
    assert_eq!((again.database(), again.user()), (&b"other"[..], startup.user()));
    assert_eq!(again.parameter("options"), startup.parameter("options"));
});
