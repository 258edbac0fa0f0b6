//! Words in a short text, found in one pass over its bytes without a copy of it.
//!
//! Each two bytes that stand side by side say at which places of the first letters no word has them; what no place excludes is
//! compared with the words. A search of sixteen bytes at a time takes longer until it has begun. [`super::search`] calls this.

/// Of each byte count the five bits that letters differ in, whatever their case.
const PAIRS: usize = 1 << 10;

/// So many first letters are looked at before words are compared.
const LETTERS: usize = 4;

/// With more words nearly each pair stands somewhere in one.
const MOST_WORDS: usize = 128;

/// A search for some words at once.
#[derive(Debug)]
pub(super) struct Shift {
    /// A bit for each place in the first letters where no word has the pair.
    excluded: Box<[u8; PAIRS]>,
    /// How many first letters there are.
    letters: usize,
    /// The words in lower case, those together whose first letters end with the same pair.
    words: Vec<Vec<u8>>,
    /// Where those of a pair begin; those of the next one begin where they end.
    places: Vec<usize>,
}

impl Shift {
    /// A search for `words`, unless there are too many or one is too short.
    pub(super) fn new(words: &[String]) -> Option<Self> {
        let letters = words.iter().map(String::len).min()?.min(LETTERS);
        if letters < 2 || words.len() > MOST_WORDS {
            return None;
        }
        let mut excluded = Box::new([u8::MAX; PAIRS]);
        for word in words {
            for (place, two) in word.as_bytes().windows(2).take(letters - 1).enumerate() {
                excluded[pair(two[0], two[1])] &= !(1 << place);
            }
        }
        let last_pair = |word: &[u8]| pair(word[letters - 2], word[letters - 1]);
        let mut words: Vec<Vec<u8>> = words.iter().map(|word| word.to_ascii_lowercase().into_bytes()).collect();
        words.sort_by_key(|word| last_pair(word));
        let places = (0..=PAIRS).map(|pair| words.partition_point(|word| last_pair(word) < pair)).collect();
        Some(Self { excluded, letters, words, places })
    }

    /// True when `text` holds one of the words.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        let all_letters = 1 << (self.letters - 2);
        // Bit n: the n + 1 pairs that end here are no word's first.
        let mut excluded = u8::MAX;
        let mut before = 0;
        for (at, &byte) in text.iter().enumerate() {
            let pair = pair(before, byte);
            excluded = excluded << 1 | self.excluded[pair];
            before = byte;
            if excluded & all_letters == 0 && self.begins(text, at, pair) {
                return true;
            }
        }
        false
    }

    /// True when a word whose first letters end at `last`, with that pair, goes on in the text.
    #[cold]
    fn begins(&self, text: &[u8], last: usize, pair: usize) -> bool {
        let Some(rest) = (last + 1).checked_sub(self.letters).and_then(|first| text.get(first..)) else { return false };
        self.words[self.places[pair]..self.places[pair + 1]]
            .iter()
            .any(|word| rest.get(..word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word)))
    }
}

/// The number of two bytes that stand side by side.
fn pair(first: u8, second: u8) -> usize {
    usize::from(first & 31) << 5 | usize::from(second & 31)
}
