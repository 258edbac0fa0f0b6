//! The check of a result: the spliced text is parsed and bound again, in current names, and each reference must land where it
//! was meant to. That catches a name captured by another table, whatever rule would have been needed to foresee it.

use std::collections::BTreeMap;

use super::walk::{Bound, Place, Walk};
use crate::text::{SourceMap, Span};

/// Compares the walk over the client's text with the walk over the spliced one; says what differs.
pub fn compare(legacy: &Walk<'_>, current: &Walk<'_>, map: &SourceMap) -> Result<(), String> {
    let mut meant: BTreeMap<usize, &Bound> = BTreeMap::new();
    for (place, bound) in &legacy.bound {
        let at = locate(*place, map).ok_or_else(|| format!("a reference was lost: {bound:?}"))?;
        meant.insert(at, bound);
    }
    let mut found: BTreeMap<usize, &Bound> = BTreeMap::new();
    for (place, bound) in &current.bound {
        if let Place::Source(at) = place {
            found.insert(*at, bound);
        }
    }
    for (at, bound) in &meant {
        if found.get(at) != Some(bound) {
            return Err(format!("byte {at} should be {bound:?} and is {:?}", found.get(at)));
        }
    }
    if let Some(at) = found.keys().find(|at| !meant.contains_key(at)) {
        return Err(format!("byte {at} is a reference that was none before"));
    }
    if legacy.output != current.output {
        return Err(format!("the output columns were {:?} and are {:?}", legacy.output, current.output));
    }
    Ok(())
}

/// Where a place is in the spliced text.
fn locate(place: Place, map: &SourceMap) -> Option<usize> {
    match place {
        Place::Source(at) => map.to_spliced(at),
        Place::Edit { span, offset } => spliced_span(span, map).map(|to| to.start + offset),
    }
}

fn spliced_span(span: Span, map: &SourceMap) -> Option<Span> {
    let pairs = map.pairs();
    let at = pairs.binary_search_by_key(&(span.start, span.end), |(source, _)| (source.start, source.end)).ok()?;
    pairs.get(at).map(|(_, spliced)| *spliced)
}
