//! Offsets before an edit ↔ offsets after it.
//!
//! Outside of the edits both texts are the same, shifted. A place inside of a replacement has no exact twin: it maps to the
//! start of what was replaced, which is the name that the client wrote.

use super::Span;

/// The trace that edits leave: for each, where it was and where it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceMap {
    /// (span in the source, span in the spliced text), both ascending.
    pairs: Vec<(Span, Span)>,
}

impl SourceMap {
    /// An empty one with room for so many edits.
    #[must_use]
    pub fn with_capacity(edits: usize) -> Self {
        Self { pairs: Vec::with_capacity(edits) }
    }

    /// Adds the next edit in the order of the text.
    pub fn push(&mut self, source: Span, spliced: Span) {
        debug_assert!(self.pairs.last().is_none_or(|(s, t)| s.end <= source.start && t.end <= spliced.start));
        self.pairs.push((source, spliced));
    }

    /// True when both texts are the same.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The edits as (span in the source, span in the spliced text), ascending.
    #[must_use]
    pub fn pairs(&self) -> &[(Span, Span)] {
        &self.pairs
    }

    /// The byte of the source that byte `at` of the spliced text stands for.
    #[must_use]
    pub fn to_source(&self, at: usize) -> usize {
        let next = self.pairs.partition_point(|(_, spliced)| spliced.start <= at);
        let Some((source, spliced)) = next.checked_sub(1).and_then(|i| self.pairs.get(i)) else { return at };
        if at < spliced.end { source.start } else { source.end + (at - spliced.end) }
    }

    /// The byte of the spliced text that byte `at` of the source went to; none when it was replaced.
    #[must_use]
    pub fn to_spliced(&self, at: usize) -> Option<usize> {
        let next = self.pairs.partition_point(|(source, _)| source.start <= at);
        let Some((source, spliced)) = next.checked_sub(1).and_then(|i| self.pairs.get(i)) else { return Some(at) };
        (at >= source.end).then(|| spliced.end + (at - source.end))
    }
}

#[cfg(test)]
mod tests {
    use crate::text::{Edit, Edits, Span};

    #[test]
    fn untouched_bytes_map_there_and_back_and_replaced_ones_to_the_name() {
        let source = "SELECT a, b FROM t WHERE a = 1";
        let mut edits = Edits::new();
        for (at, text) in [(7, "t.alpha"), (25, "t.alpha")] {
            edits.push(Edit { span: Span::new(at, at + 1), text: text.into() }).expect("apart");
        }
        let spliced = edits.splice(source);
        for (at, byte) in source.bytes().enumerate() {
            match spliced.map.to_spliced(at) {
                Some(to) => {
                    assert_eq!(spliced.sql.as_bytes()[to], byte);
                    assert_eq!(spliced.map.to_source(to), at);
                }
                None => assert!(at == 7 || at == 25),
            }
        }
        assert_eq!(spliced.map.to_source(10), 7);
    }
}
