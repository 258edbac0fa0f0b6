//! What may be parsed at all: bounds that keep one statement from stalling or killing the process.
//!
//! Each is checked on tokens, before a tree exists.

use super::parse::{Reason, Unparsed};
use super::token::{Token, TokenKind};

/// Longest text: a tree takes up to 300 bytes of memory for each byte of text.
const BYTES: usize = 1 << 20;

/// Most tokens, for the same reason: 200,000 take some 60 MB while they are parsed.
const TOKENS: usize = 200_000;

/// Most links of chains such as `a + b + c` or `JOIN … JOIN …`: each may make the tree one level deeper, and the tree is
/// dropped recursively.
const LINKS: usize = 20_000;

/// Deepest nesting of parentheses, brackets and CASE: generated SQL stays below 30, and sqlparser takes cubic time for some
/// shapes beyond a hundred.
const DEPTH: usize = 50;

/// sqlparser's own count of nested calls: a subquery takes two, and a level of nesting may take more than one.
pub(super) const RECURSION: usize = 100;

/// Bytes of stack for a statement of `tokens` tokens: a level of the tree takes a token at least.
pub(super) const fn stack(tokens: usize) -> usize {
    const BASE: usize = 1 << 20;
    const LEVEL: usize = 2048;
    BASE + LEVEL * if tokens < LINKS { tokens } else { LINKS }
}

/// Refuses what exceeds a bound.
pub(super) fn check(source: &str, tokens: &[Token]) -> Result<(), Unparsed> {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return Ok(()) };
    if tokens.len() > TOKENS || last.span.end - first.span.start > BYTES {
        let message = format!("it is longer than {BYTES} bytes or {TOKENS} tokens");
        return Err(Unparsed { at: Some(first.span.start), message, reason: Reason::TooLarge });
    }
    let mut levels = Levels::default();
    for token in tokens {
        levels.take(source, token);
        if levels.open.len() > DEPTH {
            let message = format!("it is nested deeper than {DEPTH} levels");
            return Err(Unparsed { at: Some(token.span.start), message, reason: Reason::TooDeep });
        }
        if levels.links > LINKS {
            let message = format!("it has a chain of more than {LINKS} operators");
            return Err(Unparsed { at: Some(token.span.start), message, reason: Reason::TooLarge });
        }
    }
    Ok(())
}

/// How deep the tree can be at some token, from above.
#[derive(Default)]
struct Levels {
    /// The chains at each open parenthesis, bracket or CASE.
    open: Vec<Chains>,
    /// The chains outside of all.
    now: Chains,
    /// Links in all of these.
    links: usize,
}

#[derive(Clone, Copy, Default)]
struct Chains {
    /// Operators since the last comma: each may hold all before it.
    operators: usize,
    /// UNION and its like, which go on over commas.
    sets: usize,
}

impl Levels {
    fn take(&mut self, source: &str, token: &Token) {
        match token.kind {
            TokenKind::LeftParen => self.enter(),
            TokenKind::RightParen | TokenKind::RightBracket => self.leave(),
            TokenKind::LeftBracket => {
                self.link();
                self.enter();
            }
            TokenKind::Comma => self.end_chain(),
            TokenKind::Operator | TokenKind::ColonColon => self.link(),
            TokenKind::Word => self.word(token.text(source)),
            _ => {}
        }
    }

    fn word(&mut self, word: &str) {
        const OPERATORS: [&str; 12] =
            ["and", "or", "not", "is", "in", "like", "ilike", "between", "collate", "at", "similar", "overlaps"];
        const SETS: [&str; 3] = ["union", "except", "intersect"];
        let is = |other: &&str| word.eq_ignore_ascii_case(other);
        if word.eq_ignore_ascii_case("case") {
            self.enter();
        } else if word.eq_ignore_ascii_case("end") {
            self.leave();
        } else if OPERATORS.iter().any(is) {
            self.link();
        } else if SETS.iter().any(is) {
            self.end_chain();
            self.now.sets += 1;
            self.links += 1;
        }
    }

    fn enter(&mut self) {
        self.open.push(std::mem::take(&mut self.now));
    }

    fn leave(&mut self) {
        if let Some(outer) = self.open.pop() {
            self.links -= self.now.operators + self.now.sets;
            self.now = outer;
        }
    }

    fn link(&mut self) {
        self.now.operators += 1;
        self.links += 1;
    }

    fn end_chain(&mut self) {
        self.links -= std::mem::take(&mut self.now.operators);
    }
}
