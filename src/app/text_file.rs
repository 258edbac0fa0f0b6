//! Files that somebody writes (configuration, mappings, users), read whole: up to a size that none of them has, so that one which never
//! ends (`/dev/zero`) is an error and takes no memory.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// A hundred times a mapping of ten thousand columns.
const LARGEST: u64 = 64 << 20;

/// The text of a file.
///
/// # Errors
/// Those of reading it; also where it is too large, or not in UTF-8.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if u64::try_from(text.len()).is_ok_and(|length| length <= LARGEST) {
        return Ok(text);
    }
    Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} MiB", LARGEST >> 20)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_too_large() {
        assert_eq!(read(Path::new("/dev/zero")).map_err(|e| e.kind()), Err(io::ErrorKind::FileTooLarge));
        assert_eq!(read(Path::new("/dev/null")).ok().as_deref(), Some(""));
    }
}
