//! One statement: opened, judged by its words, or refused.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::Context;
use super::literals::Reads;
use super::plan::Outcome;
use super::query::{Around, Locks};
use super::scope::Naming;
use super::walk::{Refused, Walk, Walked};
use super::with::Ctes;
use super::words::{self, Why};
use super::world::World;
use super::wrap::{Shape, shape};
use crate::sql::parse;
use crate::sql::token::Token;

/// What was found out about one statement in legacy names.
pub enum Judged<'w> {
    /// It was opened; its edits, which may be none, are in the walk.
    Opened(Box<Walk<'w>>),
    /// It goes on as it came.
    Passed(Outcome),
    /// It is not sent.
    Refused(Refused),
}

impl Judged<'_> {
    /// Refused when it uses a table that is not what the catalog says.
    pub fn unless_changed(self, changed: &BTreeSet<Arc<str>>) -> Self {
        let Self::Opened(walk) = &self else { return self };
        match walk.uses.iter().find(|used| changed.contains(&used.table)) {
            Some(used) => Self::Refused(Refused::unsure(
                format!(
                    "a statement in legacy names of \"{}\" follows a change of that table in the same transaction",
                    used.table
                ),
                "commit first, or write the statement in current names",
                None,
            )),
            None => self,
        }
    }
}

/// Decides about the statement that `tokens` of `source` are; notes the literals that it reads.
pub fn judge<'w>(
    world: &'w World,
    context: &'w Context,
    source: &'w str,
    tokens: &'w [Token],
    explaining: bool,
    literals: &Reads,
) -> Judged<'w> {
    if context.is_of_a_tool() {
        return Judged::Passed(Outcome::Unchanged);
    }
    let passed = |outcome, why| match words::allow(world, context, source, tokens, why) {
        Ok(()) => Judged::Passed(outcome),
        Err(refused) => Judged::Refused(refused),
    };
    let inner = match shape(source, tokens) {
        Shape::Query(range) => match words::allow_before(world, context, source, &tokens[..range.start]) {
            Ok(()) => &tokens[range],
            Err(refused) => return Judged::Refused(refused),
        },
        Shape::Write => {
            let reasons = explaining.then(Vec::new);
            let mut walk = Walk { reasons, ..Walk::new(world, context, Naming::Legacy, source, tokens) };
            return match walk.copy_table() {
                Ok(true) => Judged::Opened(Box::new(walk)),
                Ok(false) => passed(Outcome::Unchanged, Why::Unsupported),
                Err(refused) => Judged::Refused(refused),
            };
        }
        // The server's grammar does not know it: it fails as it came.
        Shape::Other if prepares_no_query(source, tokens) => return Judged::Passed(Outcome::Unparsed),
        Shape::Other if is_opaque(source, tokens) => return passed(Outcome::Opaque, Why::Utility),
        Shape::Other => return passed(Outcome::Unchanged, Why::Utility),
    };
    let (reasons, literals) = (explaining.then(Vec::new), literals.clone());
    match open(Walk { reasons, literals, ..Walk::new(world, context, Naming::Legacy, source, inner) }) {
        Ok(walk) => Judged::Opened(walk),
        Err(Unopened::Unparsed) => passed(Outcome::Unparsed, Why::Unparsed),
        Err(Unopened::Refused(refused)) if refused.only_not_understood => {
            match words::allow(world, context, source, tokens, Why::Unsupported) {
                Ok(()) => Judged::Passed(Outcome::Unchanged),
                Err(_) => Judged::Refused(refused),
            }
        }
        Err(Unopened::Refused(refused)) => Judged::Refused(refused),
    }
}

/// Walks the spliced statement in current names; none when it does not parse or bind any more.
pub fn reopen<'w>(
    world: &'w World,
    context: &'w Context,
    source: &'w str,
    tokens: &'w [Token],
    literals: &Reads,
) -> Option<Box<Walk<'w>>> {
    let Shape::Query(range) = shape(source, tokens) else { return None };
    let literals = literals.clone();
    open(Walk { literals, ..Walk::new(world, context, Naming::Current, source, &tokens[range]) }).ok()
}

/// Walks a query in current names that stands by itself, and notes its tables.
pub fn describe<'w>(
    world: &'w World,
    context: &'w Context,
    source: &'w str,
    tokens: &'w [Token],
) -> Walked<Box<Walk<'w>>> {
    let walk = Walk { named: Some(Vec::new()), ..Walk::new(world, context, Naming::Current, source, tokens) };
    open(walk).map_err(|unopened| match unopened {
        Unopened::Refused(refused) => refused,
        Unopened::Unparsed => Refused::not_understood("this query", None),
    })
}

enum Unopened {
    Unparsed,
    Refused(Refused),
}

fn open(walk: Walk<'_>) -> Result<Box<Walk<'_>>, Unopened> {
    // The tree is dropped on the big stack too: sqlparser's drop is recursive.
    parse::with_stack(walk.tokens.len(), || {
        let query = parse::query(walk.source, walk.tokens).map_err(|_| Unopened::Unparsed)?;
        let mut walk = Box::new(walk);
        loop {
            let walked = walk_query(&mut walk, &query);
            let again = walk.again().or_else(|| walk.with_catalogs_untouched(walked.is_err()));
            match again {
                Some(again) => *walk = again,
                None => return walked.map(|()| walk).map_err(Unopened::Refused),
            }
        }
    })
}

fn walk_query(walk: &mut Walk<'_>, query: &sqlparser::ast::Query) -> Walked {
    walk.note_printed(query);
    let none = Ctes { list: Vec::new(), outer: None };
    let labels: Option<Vec<Rc<str>>> = walk.query(query, Around { outer: None, ctes: &none, locks: Locks::None })?;
    walk.output = labels;
    Ok(())
}

/// `PREPARE name AS COPY` and `… AS EXPLAIN`: syntax errors.
fn prepares_no_query(source: &str, tokens: &[Token]) -> bool {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t: &Token| t.is_keyword(source, word));
    let r#as = tokens.iter().position(|t| t.is_keyword(source, "as"));
    is(0, "prepare") && r#as.is_some_and(|r#as| is(r#as + 1, "copy") || is(r#as + 1, "explain"))
}

/// DO and CREATE FUNCTION carry a body that only the server reads.
fn is_opaque(source: &str, tokens: &[Token]) -> bool {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t: &Token| t.is_keyword(source, word));
    let function = (1..4).any(|at| is(at, "function") || is(at, "procedure"));
    is(0, "do") || (is(0, "create") && function)
}
