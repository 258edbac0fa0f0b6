//! Whether any of some words stands in a text, whatever the case of its ASCII letters.
//!
//! `SELECT 1` holds no mapped table's name, and finding that out is all that the proxy does with most texts. No byte is skipped and
//! no word boundary is guessed at: a word is found wherever its bytes are. `rewrite` looks for the names of tables with it, `session`
//! for words that change what names mean. Which word it was, and where, is not said.

use aho_corasick::packed::Searcher;
use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::shift::Shift;

/// Bytes that are folded at a time: little enough to stay on the stack.
const WINDOW: usize = 512;

/// Up to so many bytes a text is short.
const SHORT: usize = 128;

/// A search for some words at once.
#[derive(Debug)]
pub struct Search {
    /// For short texts, which most are.
    short: Option<Shift>,
    how: How,
}

/// Sixteen or more bytes at a time where processor and number of words allow it, else byte by byte.
#[derive(Debug)]
enum How {
    /// The words in lower case; it tells letters from each other, so the text is folded first.
    Packed { words: Searcher, longest: usize },
    /// Any number of words.
    Automaton(AhoCorasick),
}

impl Search {
    /// A search for `words`; an empty word is in every text.
    #[must_use]
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<String> = words.into_iter().map(str::to_ascii_lowercase).collect();
        let longest = words.iter().map(String::len).max().unwrap_or(0);
        // Windows overlap by a word, and should still get on.
        let packed = if longest <= WINDOW / 2 { Searcher::new(&words) } else { None };
        let how = packed.map_or_else(|| How::Automaton(automaton(&words)), |words| How::Packed { words, longest });
        Self { short: Shift::new(&words), how }
    }

    /// True when `text` holds one of the words.
    #[must_use]
    pub fn is_in(&self, text: &[u8]) -> bool {
        if let Some(short) = self.short.as_ref().filter(|_| text.len() <= SHORT) {
            return short.is_in(text);
        }
        match &self.how {
            How::Packed { words, longest } => folded_windows(text, longest - 1, |window| words.find(window).is_some()),
            How::Automaton(words) => words.is_match(text),
        }
    }
}

fn automaton(words: &[String]) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .expect("some thousand names of at most 63 bytes each fit an automaton")
}

/// True when `holds` is for some window over `text` in lower case. Each window begins with the last `overlap` bytes of the one
/// before it, so that nothing of up to a byte more is cut in two.
fn folded_windows(text: &[u8], overlap: usize, holds: impl Fn(&[u8]) -> bool) -> bool {
    let mut folded = [0; WINDOW];
    let mut rest = text;
    loop {
        let window = &mut folded[..rest.len().min(WINDOW)];
        window.copy_from_slice(&rest[..window.len()]);
        window.make_ascii_lowercase();
        if holds(window) {
            return true;
        }
        if window.len() == rest.len() {
            return false;
        }
        rest = &rest[WINDOW - overlap..];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_is_found_wherever_it_stands() {
        let few = ["consumption_log", "u&\"", "Größe", "temp"];
        // Too many to be searched for sixteen bytes at a time.
        let more: Vec<String> = (0..500).map(|i| format!("legacy_table_{i}_x")).collect();
        let many: Vec<&str> = more.iter().map(String::as_str).chain(few).collect();
        let lengths = || (0..70).chain(SHORT - 20..SHORT + 20).chain(WINDOW - 20..WINDOW + 20).chain([3 * WINDOW]);
        for words in [&few[..], &many[..]] {
            let search = Search::new(words.iter().copied());
            for (word, length) in few.iter().flat_map(|word| lengths().map(move |length| (word, length))) {
                for before in (0..length.min(3)).chain(length.saturating_sub(20)..=length).chain([length / 2]) {
                    let mut text = vec![b'.'; length];
                    text.splice(before..before, word.to_ascii_uppercase().bytes());
                    assert!(search.is_in(&text), "{word} at {before} of {length}");
                    text[before] = b'.';
                    assert!(!search.is_in(&text), "not {word} at {before} of {length}");
                }
            }
            // Only ASCII letters fold.
            assert!(!search.is_in("SELECT grÖße FROM t".as_bytes()));
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_is_there_and_nothing_else(
            words in proptest::collection::vec("[a-cA-C_]{1,7}", 1..6),
            text in "[a-dA-D_\u{1}\u{3}!]{0,40}",
        ) {
            let lower = text.to_ascii_lowercase();
            let is_there = words.iter().any(|word| lower.contains(&word.to_ascii_lowercase()));
            let long = format!("{text}{}", ".".repeat(SHORT));
            let search = Search::new(words.iter().map(String::as_str));
            prop_assert_eq!(search.is_in(text.as_bytes()), is_there);
            prop_assert_eq!(search.is_in(long.as_bytes()), is_there);
        }
    }

    #[test]
    fn no_word_is_in_no_text_and_an_empty_one_in_each() {
        assert!(!Search::new([]).is_in(b"text"));
        assert!(Search::new(["", "long"]).is_in(b""));
    }
}
