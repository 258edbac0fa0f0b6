//! The decision: what a statement in legacy names becomes in the current schema.
//!
//! [`plan`] is pure: text, [`World`] and [`Context`] in, [`Plan`] out. `session` calls it through [`Cache`], `exonym rewrite`
//! through [`explain`]. Nothing is printed from a tree: the plan is edits to the client's own text.
//!
//! ```text
//! text → tokens → statements → tree → scopes → references bound → edits → spliced text → bound again → Plan
//!        sql::lexer  sql::split  sql::parse   scope, from, query, clause, expr    walk   text::edit   verify
//! ```

mod body;
mod cache;
mod clause;
mod configure;
mod context;
mod copy;
mod ddl;
mod derived;
mod effect;
mod expr;
mod filter;
mod from;
mod global;
mod group;
mod inline;
mod introspect;
mod inverse;
mod items;
mod join;
mod label;
mod literals;
mod meaning;
mod members;
mod outline;
mod plan;
mod push;
mod query;
mod rows;
mod scope;
mod shapes;
mod statement;
mod strings;
pub mod telling;
mod template;
mod typed;
mod verify;
mod walk;
mod with;
mod words;
mod world;
mod wrap;

pub use body::check_queries;
pub use cache::{Cache, Known, Planned};
pub use context::{Context, changed_by, contexts};
pub use ddl::all_tables;
pub use effect::{effect_of_prepared, executed};
pub use meaning::same_type;
pub use plan::{Effect, Identity, Outcome, Plan, Refusal, Statement, Use};
pub use walk::{Reason, STALE, STALE_HINT};
pub use world::{Table, World};

use std::sync::Arc;

use crate::sql::lexer::{LexOptions, lex};
use crate::sql::split;
use crate::sql::token::Token;
use crate::text::{Edit, Edits, Span, Spliced};
use context::successive;
use literals::Reads;
use statement::Judged;
use walk::{Refused, Walk};

/// Decides about the text of one Query or Parse message.
#[must_use]
pub fn plan(world: &World, context: &Context, source: &str) -> Plan {
    decide(world, context, source, false, &Reads::default()).0
}

/// The same, with the reason of each edit.
#[must_use]
pub fn explain(world: &World, context: &Context, source: &str) -> (Plan, Vec<Reason>) {
    decide(world, context, source, true, &Reads::default())
}

fn lexing(context: &Context) -> LexOptions {
    LexOptions { standard_conforming_strings: context.standard_conforming_strings }
}

/// Notes the literals that the plan depends on.
fn decide(world: &World, context: &Context, source: &str, explaining: bool, literals: &Reads) -> (Plan, Vec<Reason>) {
    let Ok(tokens) = lex(source, lexing(context)) else {
        // What cannot be cut into tokens is refused by the server for the same reason.
        return (whole(source, Outcome::Unparsed), Vec::new());
    };
    let ranges = split::statements(source, &tokens);
    let effects: Vec<Effect> = ranges.iter().map(|range| effect::effect(source, &tokens[range.clone()])).collect();
    if ranges.iter().any(|range| effect::reads_literals(source, &tokens[range.clone()])) {
        literals.note_all();
    }
    let contexts = successive(world, context, source, &tokens, &ranges, &effects);
    let judged: Vec<Judged<'_>> = ranges
        .iter()
        .zip(&contexts)
        .enumerate()
        .map(|(turn, (range, context))| {
            if context.stale == Some(turn) {
                return Judged::Refused(Refused::stale());
            }
            let judged = statement::judge(world, context, source, &tokens[range.clone()], explaining, literals);
            judged.unless_changed(&context.changed)
        })
        .collect();
    let (tokens, ranges) = (&tokens, &ranges);
    let draft = Draft { world, contexts: &contexts, source, tokens, ranges, effects: &effects, literals };
    draft.finish(judged)
}

/// A text without the comments at its edges.
#[must_use]
pub fn core(source: &str) -> &str {
    &source[cache::core(source)]
}

/// Everything about a text but the verdicts.
struct Draft<'a> {
    world: &'a World,
    contexts: &'a [Context],
    source: &'a str,
    tokens: &'a [Token],
    ranges: &'a [std::ops::Range<usize>],
    effects: &'a [Effect],
    literals: &'a Reads,
}

impl Draft<'_> {
    /// Splices, checks the result, and splices again without the statements that did not hold.
    fn finish(&self, mut judged: Vec<Judged<'_>>) -> (Plan, Vec<Reason>) {
        let mut spliced = self.splice(&judged);
        if let Ok(spliced) = &spliced {
            let failed = self.failures(&judged, spliced);
            if !failed.is_empty() {
                for (i, refused) in failed {
                    judged[i] = Judged::Refused(refused);
                }
            }
        }
        if judged.iter().any(|j| matches!(j, Judged::Refused(_))) {
            spliced = self.splice(&judged);
        }
        match spliced {
            Ok(spliced) => self.plan(judged, spliced),
            Err(refused) => {
                let all = judged.iter().map(|_| Judged::Refused(refused.clone())).collect::<Vec<_>>();
                let spliced = self.splice(&all).unwrap_or_else(|_| Edits::new().splice(self.source));
                self.plan(all, spliced)
            }
        }
    }

    fn span(&self, i: usize) -> Span {
        let tokens = &self.tokens[self.ranges[i].clone()];
        match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        }
    }

    fn splice(&self, judged: &[Judged<'_>]) -> Result<Spliced, Refused> {
        let mut edits = Edits::new();
        for (i, one) in judged.iter().enumerate() {
            let own: Vec<Edit> = match one {
                Judged::Opened(walk) => walk.edits.iter().cloned().collect(),
                Judged::Passed(_) => Vec::new(),
                Judged::Refused(_) => vec![Edit { span: self.span(i), text: self.trap(i) }],
            };
            for edit in own {
                let at = Some(edit.span.start);
                edits
                    .push(edit)
                    .map_err(|_| Refused::unsure("two rewrites overlap", "please report the statement", at))?;
            }
        }
        Ok(edits.splice(self.source))
    }

    /// What fails in the place of a refused statement: at Parse, or where the server looks at such a statement only when it
    /// executes it, then.
    fn trap(&self, i: usize) -> String {
        let late = ["copy", "prepare"];
        let first = self.tokens[self.ranges[i].clone()].first();
        // What executes a prepared statement is read late, too.
        let executes = self.contexts[i].stale == Some(i);
        if executes || first.is_some_and(|t| late.iter().any(|word| t.is_keyword(self.source, word))) {
            format!("COPY (TABLE \"{}\") TO STDOUT", marker(i))
        } else {
            format!("TABLE \"{}\"", marker(i))
        }
    }

    /// The rewritten statements whose result does not mean what it should.
    fn failures(&self, judged: &[Judged<'_>], spliced: &Spliced) -> Vec<(usize, Refused)> {
        if spliced.map.is_identity() {
            return Vec::new();
        }
        let tokens = lex(&spliced.sql, lexing(&self.contexts[0])).unwrap_or_default();
        let ranges = split::statements(&spliced.sql, &tokens);
        let rewritten = judged.iter().enumerate().filter_map(|(i, one)| match one {
            Judged::Opened(walk) if !walk.edits.is_empty() => Some((i, walk)),
            _ => None,
        });
        let (mut failed, literals) = (Vec::new(), Reads::default());
        for (i, walk) in rewritten {
            let range = ranges.get(i).filter(|_| ranges.len() == self.ranges.len());
            let again = range.and_then(|range| {
                let tokens = &tokens[range.clone()];
                statement::reopen(self.world, &self.contexts[i], &spliced.sql, tokens, &literals)
            });
            let verdict = match again {
                Some(again) => verify::compare(walk, &again, &spliced.map),
                None => Err("the result does not parse or bind".into()),
            };
            if let Err(why) = verdict {
                let message = "the rewritten statement would not mean the same in the current schema";
                let hint = format!("qualify the columns with their tables ({why})");
                failed.push((i, Refused::unsure(message, hint, Some(self.span(i).start))));
            }
        }
        self.literals.note_spliced(&literals, &spliced.map);
        failed
    }

    fn plan(&self, judged: Vec<Judged<'_>>, spliced: Spliced) -> (Plan, Vec<Reason>) {
        let mut reasons = Vec::new();
        let mut statements = Vec::with_capacity(judged.len());
        for (i, one) in judged.into_iter().enumerate() {
            let effect = self.effects[i].clone();
            let mut statement = Statement {
                span: self.span(i),
                outcome: Outcome::Unchanged,
                uses: Arc::default(),
                refusal: None,
                effect,
            };
            match one {
                Judged::Passed(outcome) => statement.outcome = outcome,
                Judged::Opened(walk) => {
                    let Walk { edits, uses, reasons: own, .. } = *walk;
                    if !edits.is_empty() {
                        statement.outcome = Outcome::Rewritten;
                    }
                    statement.uses = uses.into_iter().collect();
                    reasons.extend(own.into_iter().flatten());
                }
                Judged::Refused(refused) => {
                    statement.outcome = Outcome::Refused;
                    statement.effect = Effect::None;
                    statement.refusal = Some(refusal(refused, i));
                }
            }
            statements.push(statement);
        }
        reasons.sort_by_key(|r| (r.span.start, r.span.end));
        let sql = (!spliced.map.is_identity()).then(|| spliced.sql.into());
        (Plan { sql, map: spliced.map, statements }, reasons)
    }
}

/// The relation that stands in a refused statement's place. No name of 63 bytes with a colon and spaces is anyone's.
fn marker(statement: usize) -> String {
    format!("exonym: statement {} was refused", statement + 1)
}

fn refusal(refused: Refused, statement: usize) -> Refusal {
    Refusal {
        sqlstate: refused.sqlstate,
        message: refused.message,
        hint: refused.hint,
        at: refused.at,
        marker: marker(statement),
    }
}

fn whole(source: &str, outcome: Outcome) -> Plan {
    let span = Span::new(0, source.len());
    let statement = Statement { span, outcome, uses: Arc::default(), refusal: None, effect: Effect::None };
    Plan { sql: None, map: crate::text::SourceMap::default(), statements: vec![statement] }
}
