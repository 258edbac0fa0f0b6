//! What may be parsed at all: bounds that keep one statement from stalling or killing the process.
//!
//! Each is checked on tokens, before a tree exists.

use sqlparser::keywords::Keyword;

use super::feed::Goal;
use super::parse::{Reason, Unparsed};
use super::token::{Token, TokenKind};
use super::words::Known;

/// Longest text: a tree takes up to 300 bytes of memory for each byte of text.
const BYTES: usize = 1 << 20;

/// Most tokens, for the same reason: 400,000 take some 120 MB while they are parsed. A list of numbers of the longest text has fewer.
const TOKENS: usize = 400_000;

/// Most operators in a chain such as `a + b + c`, from the top to some place in the text: each makes the tree one level deeper,
/// and the tree is dropped recursively.
const OPERATORS: usize = 10_000;

/// The same for `UNION` and its like, whose levels are the largest.
const SETS: usize = 2_000;

/// Deepest nesting of parentheses, brackets and CASE: generated SQL stays below 30, and sqlparser takes cubic time for some
/// shapes beyond some hundreds.
const DEPTH: usize = 220;

/// sqlparser's own count of nested calls: a subquery takes two, and a level of nesting may take more than one. Of statements inside
/// of statements (`EXPLAIN EXPLAIN …`), which are no SQL, each level would take more stack than there is.
pub(super) const fn recursion(goal: Goal) -> usize {
    match goal {
        Goal::Query => 500,
        Goal::Statement => 100,
    }
}

/// Bytes of stack for a statement of `tokens` tokens: to parse it, to walk its tree with some thousand bytes for each level, and
/// to drop it. Measured: without optimisation a dropped operator takes 1 KiB and a dropped UNION 17 KiB, with it a tenth of that;
/// a nested call of the parser takes LEVEL at most, and a token makes one at most.
pub(super) const fn stack(tokens: usize) -> usize {
    const DEEPEST: usize = recursion(Goal::Query);
    const BASE: usize = 128 << 10;
    const LEVEL: usize = if cfg!(debug_assertions) { 32 << 10 } else { 6 << 10 };
    const OPERATOR: usize = if cfg!(debug_assertions) { 4 << 10 } else { 1 << 10 };
    const SET: usize = if cfg!(debug_assertions) { 24 << 10 } else { 4 << 10 };
    let levels = if tokens < DEEPEST { tokens } else { DEEPEST };
    let operators = if tokens < OPERATORS { tokens } else { OPERATORS };
    // `UNION SELECT 1`
    let sets = if tokens / 3 < SETS { tokens / 3 } else { SETS };
    BASE + levels * LEVEL + operators * OPERATOR + sets * SET
}

/// Refuses what is too long.
pub(super) fn length(tokens: &[Token]) -> Result<(), Unparsed> {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return Ok(()) };
    if tokens.len() > TOKENS || last.span.end - first.span.start > BYTES {
        let message = format!("it is longer than {BYTES} bytes or {TOKENS} tokens");
        return Err(Unparsed { at: Some(first.span.start), message, reason: Reason::TooLarge });
    }
    Ok(())
}

/// Refuses what would make a tree too deep; `known` is what is known of each token.
pub(super) fn depth(source: &str, tokens: &[Token], known: &[Known]) -> Result<(), Unparsed> {
    let mut levels = Levels::default();
    let mut labels = false;
    for (token, known) in tokens.iter().zip(known) {
        levels.take(source, token, *known, labels);
        labels = known.keyword == Keyword::AS || token.kind == TokenKind::Dot;
        let all = levels.all;
        let refuse = |reason, message| Err(Unparsed { at: Some(token.span.start), message, reason });
        if levels.outer.len() + all.cases + all.joins > DEPTH {
            return refuse(Reason::TooDeep, format!("it is nested deeper than {DEPTH} levels"));
        }
        if all.operators > OPERATORS || all.sets > SETS {
            let message = format!("it has a chain of more than {OPERATORS} operators or {SETS} unions");
            return refuse(Reason::TooLarge, message);
        }
        if levels.crossed {
            return refuse(Reason::Grammar, "a join with its condition behind the next one is not supported".into());
        }
    }
    Ok(())
}

/// How deep the tree can be at some token, from above. Parentheses and CASE are counted apart, since an `end` may also be a name.
#[derive(Default)]
struct Levels {
    /// What is open outside of each open parenthesis and bracket.
    outer: Vec<Open>,
    /// What is open inside of the innermost.
    now: Open,
    /// What is open in all of these.
    all: Open,
    /// CROSS or NATURAL was read, and its JOIN was not.
    unconditional: bool,
    /// `a JOIN b CROSS JOIN c USING (x)`: sqlparser would give the condition to the wrong join.
    crossed: bool,
}

/// What makes the tree deeper.
#[derive(Clone, Copy, Default)]
struct Open {
    /// CASE without its END.
    cases: usize,
    /// JOIN without its condition: the next join comes to lie inside of it.
    joins: usize,
    /// Operators since the last comma: each may hold all before it.
    operators: usize,
    /// UNION and its like, which go on over commas.
    sets: usize,
}

impl Levels {
    /// Takes the next token; behind `AS` and a dot, a word `labels`.
    fn take(&mut self, source: &str, token: &Token, known: Known, labels: bool) {
        match token.kind {
            TokenKind::LeftParen => self.outer.push(std::mem::take(&mut self.now)),
            TokenKind::RightParen | TokenKind::RightBracket => self.leave(),
            TokenKind::LeftBracket => {
                self.count(|open| open.operators += 1);
                self.outer.push(std::mem::take(&mut self.now));
            }
            TokenKind::Comma => self.end_chain(),
            TokenKind::Operator | TokenKind::ColonColon => self.count(|open| open.operators += 1),
            TokenKind::Word => self.word(source, token, known, labels),
            _ => {}
        }
    }

    fn word(&mut self, source: &str, token: &Token, known: Known, labels: bool) {
        match known.keyword {
            Keyword::CASE => self.count(|open| open.cases += 1),
            Keyword::END if self.now.cases > 0 && !labels => self.count(|open| open.cases -= 1),
            // These take no condition.
            Keyword::CROSS | Keyword::NATURAL => {
                self.crossed |= self.now.joins > 0;
                self.unconditional = true;
            }
            Keyword::JOIN if std::mem::take(&mut self.unconditional) => {}
            Keyword::JOIN => self.count(|open| open.joins += 1),
            Keyword::ON | Keyword::USING if self.now.joins > 0 => self.count(|open| open.joins -= 1),
            Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT => {
                self.end_chain();
                self.count(|open| open.sets += 1);
            }
            keyword if is_operator(keyword) || known.class.is_some() && token.is_keyword(source, "isnull") => {
                self.count(|open| open.operators += 1);
            }
            _ => {}
        }
    }

    fn count(&mut self, change: impl Fn(&mut Open)) {
        change(&mut self.now);
        change(&mut self.all);
    }

    fn leave(&mut self) {
        if let Some(outer) = self.outer.pop() {
            self.all.cases -= self.now.cases;
            self.all.joins -= self.now.joins;
            self.all.operators -= self.now.operators;
            self.all.sets -= self.now.sets;
            self.now = outer;
        }
    }

    fn end_chain(&mut self) {
        self.all.operators -= std::mem::take(&mut self.now.operators);
    }
}

/// Words that make a node over what stands before them.
const fn is_operator(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::AND
            | Keyword::OR
            | Keyword::NOT
            | Keyword::IS
            | Keyword::IN
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::BETWEEN
            | Keyword::COLLATE
            | Keyword::AT
            | Keyword::SIMILAR
            | Keyword::OVERLAPS
            | Keyword::NOTNULL
            | Keyword::OPERATOR
    )
}
