//! Words by which a text may change what the texts behind it mean.
//!
//! A statement with none of them, which is nearly every one, costs a fast scan; only behind a find is asked which it was.
//! It errs on the side of finding: a hint says that the plan is worth asking, or that a pipelined successor has to wait.

use std::sync::Arc;

use aho_corasick::AhoCorasick;

use super::expected::Name;
use crate::rewrite::Context;
use crate::rewrite::telling::{self, CATALOG, ENDS, INTO, LEXING, NAMES};
use crate::sql::{LexOptions, lex};
use crate::text::Search;

/// What a text may change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each may be true without the others")]
pub(super) struct Hints {
    /// Search path, role, temporary tables.
    pub(super) names: bool,
    /// Tables and columns.
    pub(super) catalog: bool,
    /// How text is read: encoding, escapes in strings.
    pub(super) lexing: bool,
    /// Whether what came before in the transaction stays: it may end, or go back to a savepoint.
    pub(super) ends: bool,
    /// What it takes back.
    pub(super) back: Back,
    /// It may execute a prepared statement.
    pub(super) executes: bool,
    /// It may prepare one.
    pub(super) prepares: bool,
}

/// How much of the transaction a text takes back that does nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Back {
    /// Nothing, or nobody has looked.
    #[default]
    Unknown,
    /// What came behind a savepoint.
    ToSavepoint,
    /// All of it.
    Whole,
}

/// The search for all of them.
#[derive(Debug)]
pub(super) struct Words {
    any: Search,
    which: AhoCorasick,
}

impl Words {
    pub(super) fn new() -> Self {
        let which = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(telling::all())
            .expect("a few short words fit an automaton");
        Self { any: Search::new(telling::all()), which }
    }

    /// What `text` may change.
    pub(super) fn find(&self, text: &[u8]) -> Hints {
        const AFTER_NAMES: usize = NAMES.len();
        const AFTER_RESET: usize = AFTER_NAMES + 1;
        const AFTER_LEXING: usize = AFTER_RESET + LEXING.len();
        const AFTER_ENDS: usize = AFTER_LEXING + ENDS.len();
        const AFTER_CATALOG: usize = AFTER_ENDS + CATALOG.len();
        let mut hints = first_words(text);
        if !self.any.is_in(text) {
            return hints;
        }
        let mut may_make_tables = false;
        for found in self.which.find_iter(text) {
            match found.pattern().as_usize() {
                at if at < AFTER_NAMES => hints.names = true,
                at if at < AFTER_RESET => {
                    hints.names = true;
                    hints.lexing = true;
                }
                at if at < AFTER_LEXING => hints.lexing = true,
                at if at < AFTER_ENDS => {
                    hints.ends = true;
                    hints.back = back(text);
                }
                at if at <= AFTER_CATALOG => may_make_tables = true,
                at if at == AFTER_CATALOG + INTO.len() => hints.executes = true,
                at if at > AFTER_CATALOG + INTO.len() => hints.prepares = true,
                _ => {}
            }
        }
        hints.catalog = may_make_tables && makes_tables(text);
        hints
    }
}

impl Hints {
    #[cfg(test)]
    pub(super) const NONE: Self = Self {
        names: false,
        catalog: false,
        lexing: false,
        ends: false,
        back: Back::Unknown,
        executes: false,
        prepares: false,
    };

    /// What is known in a context when such a change is under way.
    pub(super) fn blur(self, context: &mut Arc<Context>) {
        if self.names {
            let context = Arc::make_mut(context);
            context.search_path = None;
            context.temporary_may_change |= self.catalog;
        }
        // DISCARD, and the end of a transaction that has made them or dropped them.
        if (self.names || self.ends) && context.has_temporaries() {
            Arc::make_mut(context).temporary_may_change = true;
        }
    }

    pub(super) const fn any(self) -> bool {
        self.changes() || self.ends
    }

    /// True when it may make something else of the statements behind it.
    pub(super) const fn changes(self) -> bool {
        self.names || self.catalog || self.lexing
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self {
            names: self.names || other.names,
            catalog: self.catalog || other.catalog,
            lexing: self.lexing || other.lexing,
            ends: self.ends || other.ends,
            back: if self.back == other.back { self.back } else { Back::Unknown },
            executes: self.executes || other.executes,
            prepares: self.prepares || other.prepares,
        }
    }
}

/// `ROLLBACK [WORK | TRANSACTION] [TO [SAVEPOINT] name]`, alone.
fn back(text: &[u8]) -> Back {
    let text = text.trim_ascii();
    let text = text.strip_suffix(b";").unwrap_or(text);
    if text.iter().any(|byte| matches!(byte, b';' | b'-' | b'/' | b'"')) {
        return Back::Unknown;
    }
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is = |word: Option<&[u8]>, wanted: &[&str]| {
        word.is_some_and(|word| wanted.iter().any(|wanted| word.eq_ignore_ascii_case(wanted.as_bytes())))
    };
    if !is(words.next(), &["rollback", "abort"]) {
        return Back::Unknown;
    }
    let mut next = words.next();
    if is(next, &["work", "transaction"]) {
        next = words.next();
    }
    match next {
        None => Back::Whole,
        Some(_) if is(next, &["to"]) && (1..=2).contains(&words.count()) => Back::ToSavepoint,
        Some(_) => Back::Unknown,
    }
}

/// The statement that `DEALLOCATE [PREPARE] name` gives up: drivers do that to what they prepared through the protocol.
pub(super) fn deallocated(text: &[u8]) -> Option<Name> {
    const VERB: &[u8] = b"deallocate";
    // Most begin otherwise, and need not be trimmed at their end for that to be seen.
    if !text.trim_ascii_start().first()?.eq_ignore_ascii_case(&b'd') {
        return None;
    }
    let (verb, rest) = text.trim_ascii().split_at_checked(VERB.len())?;
    // Other bytes may be the halves of characters, whose case is not a matter of one bit.
    if !verb.eq_ignore_ascii_case(VERB) || !rest.is_ascii() {
        return None;
    }
    let mut rest = rest.strip_suffix(b";").unwrap_or(rest).trim_ascii();
    if let Some((word, after)) = rest.split_at_checked(8)
        && word.eq_ignore_ascii_case(b"prepare ")
    {
        rest = after.trim_ascii();
    }
    match rest.strip_prefix(b"\"").and_then(|r| r.strip_suffix(b"\"")) {
        Some(quoted) => Some(quoted.into()),
        None => Some(rest.to_ascii_lowercase().into()),
    }
}

/// True when one of the words stands there as a word of SQL: not in `created_at`, a string or a comment. It decides whether all
/// sessions wait for the catalog, so a second look is worth its time.
fn makes_tables(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return true };
    let Ok(tokens) = lex(text, LexOptions::default()) else { return true };
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(text, word));
    (0..tokens.len()).any(|at| {
        let into = is(at, "into") && !at.checked_sub(1).is_some_and(|before| is(before, "insert"));
        into || CATALOG.iter().any(|word| is(at, word))
    })
}

/// What a text may change by its first words alone, which elsewhere are too common to be looked for.
pub(super) fn first_words(text: &[u8]) -> Hints {
    let text = text.trim_ascii_start();
    let begins_with = |word: &[u8]| text.get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word));
    Hints {
        lexing: begins_with(b"set") && is_set_names(text),
        ends: begins_with(b"end") && first_word_is(text, b"end"),
        ..Hints::default()
    }
}

fn first_word_is(text: &[u8], word: &[u8]) -> bool {
    let first = text.trim_ascii_start().split(|b| !b.is_ascii_alphabetic()).next();
    first.is_some_and(|first| first.eq_ignore_ascii_case(word))
}

/// `SET NAMES 'latin1'`.
fn is_set_names(text: &[u8]) -> bool {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut next_is = |word: &[u8]| words.next().is_some_and(|w| w.eq_ignore_ascii_case(word));
    next_is(b"set") && next_is(b"names")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> (bool, bool, bool) {
        let hints = Words::new().find(text.as_bytes());
        (hints.names, hints.catalog, hints.lexing)
    }

    #[test]
    fn the_name_that_is_given_up_is_found() {
        let name = |text: &str| deallocated(text.as_bytes()).map(|n| String::from_utf8_lossy(&n).into_owned());
        assert_eq!(name("DEALLOCATE a1"), Some("a1".into()));
        assert_eq!(name(" deallocate prepare \"A 1\" ;"), Some("A 1".into()));
        assert_eq!(name("DEALLOCATE S_1"), Some("s_1".into()));
        assert_eq!(name("SELECT 1"), None);
    }

    #[test]
    fn what_may_change_is_found_and_what_is_everyday_is_not() {
        assert_eq!(find("SELECT kwh FROM log WHERE id = 1"), (false, false, false));
        assert_eq!(find("INSERT INTO log VALUES (1)"), (false, false, false));
        assert_eq!(find("select * INTO copy FROM log"), (false, true, false));
        assert_eq!(find("Set Search_Path = a"), (true, false, false));
        assert_eq!(find("CREATE TEMP TABLE t (a int)"), (true, true, false));
        assert_eq!(find("SELECT created_at, 'create' FROM log /* drop */"), (false, false, false));
        assert_eq!(find("SELECT 1; CREATE TABLE t AS SELECT 1"), (false, true, false));
        assert_eq!(find("RESET ALL"), (true, false, true));
        assert_eq!(find("  set\n names 'latin1'"), (false, false, true));
        let ends = |text: &str| Words::new().find(text.as_bytes()).ends;
        assert!(ends("ROLLBACK TO a") && ends(" end;") && ends("SELECT 1; Commit"));
        assert!(!ends("SELECT CASE WHEN a THEN b END") && !ends("BEGIN"));
        let back = |text: &str| Words::new().find(text.as_bytes()).back;
        for text in ["ROLLBACK TO a", " rollback work to savepoint B ; ", "ROLLBACK TO savepoint"] {
            assert_eq!(back(text), Back::ToSavepoint, "{text}");
        }
        for text in ["ROLLBACK", "abort transaction;"] {
            assert_eq!(back(text), Back::Whole, "{text}");
        }
        for text in ["ROLLBACK TO a; BEGIN", "ROLLBACK AND CHAIN", "ROLLBACK TO", "ROLLBACK; SELECT 1", "COMMIT"] {
            assert_eq!(back(text), Back::Unknown, "{text}");
        }
    }
}
