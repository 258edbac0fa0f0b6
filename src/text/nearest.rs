//! Did you mean: the known word that a mistyped one was probably meant to be.
//!
//! Used for keys of files, and for tables and columns that a catalog does not have. It never decides anything: what it finds goes
//! into a help text only.

/// The candidate nearest to `word`, when one is near enough to be a slip of the fingers rather than another word.
///
/// Case is ignored. One edit is allowed in short words and a third of the letters in long ones; a candidate that contains the
/// word as one of its parts between underscores counts as near, since renames mostly add a suffix.
#[must_use]
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wanted = word.to_lowercase();
    let allowed = (wanted.chars().count() / 3).max(1);
    let near = |candidate: &'c str| {
        let lower = candidate.to_lowercase();
        let distance = strsim::damerau_levenshtein(&wanted, &lower);
        let part = lower.split('_').any(|part| part.len() > 2 && part == wanted)
            || (wanted.len() > 2 && wanted.split('_').any(|part| part.len() > 2 && part == lower));
        match (distance <= allowed, part) {
            (true, _) => Some((0, distance, candidate)),
            (false, true) => Some((1, distance, candidate)),
            (false, false) => None,
        }
    };
    candidates.into_iter().filter_map(near).min().map(|(_, _, candidate)| candidate)
}

/// ``did you mean `x`?`` for [`nearest`], or nothing.
#[must_use]
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(word, candidates).map(|found| format!("did you mean `{found}`?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let columns = ["kwh_consumed", "timestamp_utc", "user_id", "id"];
        assert_eq!(nearest("kwh_consumd", columns), Some("kwh_consumed"));
        assert_eq!(nearest("kwh_conusmed", columns), Some("kwh_consumed"));
        assert_eq!(nearest("timestamp", columns), Some("timestamp_utc"));
        assert_eq!(nearest("ID", columns), Some("id"));
        assert_eq!(nearest("price", columns), None);
        assert_eq!(nearest("", columns), None);
    }
}
