//! Labels whose values come from outside, and must not fill the memory.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The label value under which everything is counted that no longer fits.
pub const OTHER: &str = "other";

/// Characters of one label value.
pub(super) const LONGEST: usize = 100;

/// One label: the first `limit` values are kept, the rest is [`OTHER`].
#[derive(Debug)]
pub(super) struct Bounded {
    limit: usize,
    seen: Mutex<HashSet<String>>,
}

impl Bounded {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, seen: Mutex::new(HashSet::new()) }
    }

    /// The value, or what it is counted under.
    pub(super) fn admit(&self, value: &str) -> String {
        let value: String = value.chars().take(LONGEST).collect();
        // A panic elsewhere cannot leave a set of strings half-changed.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(&value) || (seen.len() < self.limit && seen.insert(value.clone())) {
            value
        } else {
            OTHER.to_owned()
        }
    }
}
