//! Tests alone: queues as words, a letter for each message.

use std::time::Instant;

use super::super::expected::{Entry, Expected, Name, Named};
use super::Queue;

/// A queue of these.
pub(super) fn queue(tags: &str) -> Queue {
    let mut queue = Queue::default();
    push(&mut queue, tags);
    queue
}

/// The client sends these.
pub(super) fn push(queue: &mut Queue, tags: &str) {
    let name = Name::default;
    for tag in tags.chars() {
        let what = match tag {
            'Q' => Expected::Query { planned: None, done: 0, failed: false, gives_up: None },
            'P' => Expected::Parse { name: name(), planned: None },
            'B' => Expected::Bind { portal: name(), statement: name() },
            'D' => Expected::Describe(Named::Portal(name())),
            'E' => Expected::Execute { portal: name() },
            'C' => Expected::Close(Named::Statement(name())),
            'S' => Expected::Sync,
            'F' => Expected::FunctionCall,
            'c' => Expected::CopyEnd,
            _ => Expected::Login,
        };
        queue.push(Entry::new(what, Instant::now()));
    }
}

/// What is in it.
pub(super) fn shape(queue: &Queue) -> String {
    let tag = |entry: &Entry| match entry.what {
        Expected::Login => 'L',
        Expected::Query { .. } => 'Q',
        Expected::Parse { .. } => 'P',
        Expected::Bind { .. } | Expected::Refused(_) => 'B',
        Expected::Describe(_) => 'D',
        Expected::Execute { .. } => 'E',
        Expected::Close(_) => 'C',
        Expected::Sync => 'S',
        Expected::FunctionCall => 'F',
        Expected::CopyEnd => 'c',
    };
    queue.entries.iter().map(tag).collect()
}
