//! The check of a result: the spliced text is parsed and bound again, in current names, and each reference must land where it
//! was meant to. That catches a name captured by another table, whatever rule would have been needed to foresee it.

use super::walk::{Bound, Place, Walk};
use crate::text::{SourceMap, Span};

/// Compares the walk over the client's text with the walk over the spliced one; says what differs.
pub fn compare(legacy: &Walk<'_>, current: &Walk<'_>, map: &SourceMap) -> Result<(), String> {
    let mut meant = Vec::with_capacity(legacy.bound.len());
    for (place, bound) in &legacy.bound {
        let at = locate(*place, map).ok_or_else(|| format!("a reference was lost: {bound:?}"))?;
        meant.push((at, bound));
    }
    let mut found: Vec<(usize, &Bound<'_>)> = current.bound.iter().filter_map(in_text).collect();
    meant.sort_unstable_by_key(|(at, _)| *at);
    found.sort_unstable_by_key(|(at, _)| *at);
    if let Some(((_, meant), (_, found))) = meant.iter().zip(&found).find(|(meant, found)| meant != found) {
        // Not where: that is another place in each text that differs in literals alone.
        return Err(format!("it should have {meant:?} where it has {found:?}"));
    }
    if meant.len() != found.len() {
        return Err(format!("it should have {} references and has {}", meant.len(), found.len()));
    }
    if legacy.relations != current.relations {
        return Err(format!("it should read {:?} and reads {:?}", legacy.relations, current.relations));
    }
    if legacy.output != current.output {
        return Err(format!("the output columns were {:?} and are {:?}", legacy.output, current.output));
    }
    Ok(())
}

/// A reference of the spliced text, which has no edits of its own.
fn in_text<'b, 'w>((place, bound): &'b (Place, Bound<'w>)) -> Option<(usize, &'b Bound<'w>)> {
    match place {
        Place::Source(at) => Some((*at, bound)),
        Place::Edit { .. } => None,
    }
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
