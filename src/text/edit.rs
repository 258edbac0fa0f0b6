//! Edits to a text: splice, never print.
//!
//! `SELECT consumption_kwh /* trace */ FROM log` becomes `SELECT log.kwh_consumed AS consumption_kwh /* trace */ FROM log`
//! by two edits; each byte that no edit covers goes through as it came. [`Edits`] is sorted and disjoint by construction:
//! an overlap is reported to the caller, who refuses the statement.

use super::{SourceMap, Span};

/// Replace the bytes under `span` by `text`. An empty span inserts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What is replaced, in bytes of the source.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// Two edits claim the same bytes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("two edits overlap at byte {}", .at.start)]
pub struct Overlap {
    /// The span of the edit that came second.
    pub at: Span,
}

/// Sorted, disjoint edits of one text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edits {
    sorted: Vec<Edit>,
}

/// The text after its edits, and the way back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spliced {
    /// The text after the edits.
    pub sql: String,
    /// Offsets before ↔ offsets after.
    pub map: SourceMap,
}

impl Edits {
    /// No edit.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// True when the text stays as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The edits in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Edit> {
        self.sorted.iter()
    }

    /// Adds one edit. Insertions may touch a replacement, but not another insertion: their order would be a guess.
    pub fn push(&mut self, edit: Edit) -> Result<(), Overlap> {
        let at = self.sorted.partition_point(|e| (e.span.start, e.span.end) < (edit.span.start, edit.span.end));
        let clashes = |other: &Edit| {
            let (a, b) = (other.span, edit.span);
            if a.is_empty() && b.is_empty() { a == b } else { a.start < b.end && b.start < a.end }
        };
        let before = at.checked_sub(1).and_then(|i| self.sorted.get(i));
        if before.is_some_and(clashes) || self.sorted.get(at).is_some_and(clashes) {
            return Err(Overlap { at: edit.span });
        }
        self.sorted.insert(at, edit);
        Ok(())
    }

    /// Applies all edits to `source`, the text that their spans were taken from.
    #[must_use]
    pub fn splice(&self, source: &str) -> Spliced {
        let grown = self.sorted.iter().map(|edit| edit.text.len()).sum();
        splice(source, grown, self.sorted.iter().map(|edit| (edit.span, edit.text.as_str())))
    }
}

/// Applies edits to `source`: each a span and what replaces it, in the order of the text and disjoint; `grown` bytes in all.
#[must_use]
pub fn splice<'e>(source: &str, grown: usize, edits: impl ExactSizeIterator<Item = (Span, &'e str)>) -> Spliced {
    let mut sql = String::with_capacity(source.len() + grown);
    let mut map = SourceMap::with_capacity(edits.len());
    let mut taken = 0;
    for (span, text) in edits {
        sql.push_str(&source[taken..span.start]);
        let start = sql.len();
        sql.push_str(text);
        map.push(span, Span::new(start, sql.len()));
        taken = span.end;
    }
    sql.push_str(&source[taken..]);
    Spliced { sql, map }
}

impl<'a> IntoIterator for &'a Edits {
    type Item = &'a Edit;
    type IntoIter = std::slice::Iter<'a, Edit>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit { span: Span::new(start, end), text: text.into() }
    }

    #[test]
    fn edits_are_applied_in_the_order_of_the_text() {
        let mut edits = Edits::new();
        edits.push(edit(7, 8, "x.b")).expect("apart");
        edits.push(edit(0, 1, "S")).expect("apart");
        edits.push(edit(8, 8, " AS a")).expect("an insertion may touch a replacement");
        assert_eq!(edits.splice("select a, c").sql, "Select x.b AS a, c");
    }

    #[test]
    fn overlaps_are_reported() {
        let mut edits = Edits::new();
        edits.push(edit(2, 6, "")).expect("first");
        assert!(edits.push(edit(5, 7, "")).is_err());
        assert!(edits.push(edit(0, 3, "")).is_err());
        assert!(edits.push(edit(3, 4, "")).is_err());
        assert!(edits.push(edit(4, 4, "x")).is_err());
        edits.push(edit(6, 6, "x")).expect("touches the end");
        assert!(edits.push(edit(6, 6, "y")).is_err());
    }
}
