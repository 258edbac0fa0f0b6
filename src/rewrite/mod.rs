//! The decision: what a statement in legacy names becomes in the current schema.
//!
//! [`plan`] is pure: text, [`World`] and [`Context`] in, [`Plan`] out. `session` calls it through [`Cache`], `exonym rewrite`
//! through [`explain`]. Nothing is printed from a tree: the plan is edits to the client's own text.
//!
//! ```text
//! text → tokens → statements → tree → scopes → references bound → edits → spliced text → bound again → Plan
//!        sql::lexer  sql::split  sql::parse   scope, from, query, clause, expr    walk   text::edit   verify
//! ```

mod cache;
mod clause;
mod ddl;
mod effect;
mod expr;
mod from;
mod group;
mod items;
mod join;
mod label;
mod meaning;
mod plan;
mod query;
mod scope;
mod statement;
mod verify;
mod walk;
mod with;
mod words;
mod world;
mod wrap;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use cache::{Cache, Planned};
pub use ddl::all_tables;
pub use effect::{effect_of_prepared, executed};
pub use meaning::same_type;
pub use plan::{Effect, Identity, Outcome, Plan, Refusal, Statement, Use};
pub use walk::Reason;
pub use world::{Table, World};

use crate::sql::lexer::{LexOptions, lex};
use crate::sql::split;
use crate::sql::token::Token;
use crate::text::{Edit, Edits, Span, Spliced};
use statement::Judged;
use walk::{Refused, Walk};

/// What the meaning of a text depends on beside the world: the session's own state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Context {
    /// The session's user, for `$user` in the search path.
    pub user: Arc<str>,
    /// Schemas in which unqualified names are looked up; none when the session may have changed it unseen.
    pub search_path: Option<Arc<[String]>>,
    /// Names of the session's temporary tables, which hide mapped ones.
    pub temporary: BTreeSet<String>,
    /// Names of which nobody knows whether they are such tables.
    pub doubtful: BTreeSet<String>,
    /// Mapped tables, by their legacy names, that the transaction has changed: nobody else can see yet what they are.
    pub changed: BTreeSet<Arc<str>>,
    /// Prepared statements whose execution may change any of the above.
    pub moving: BTreeSet<String>,
    /// True while statements are under way that may make or end temporary tables.
    pub temporary_may_change: bool,
    /// True when some of the above was changed in the transaction that is open, whose end may take it back.
    pub provisional: bool,
    /// `standard_conforming_strings`.
    pub standard_conforming_strings: bool,
}

/// The alias of the schema of temporary tables.
const TEMPORARY: &str = "pg_temp";

/// Decides about the text of one Query or Parse message.
#[must_use]
pub fn plan(world: &World, context: &Context, source: &str) -> Plan {
    decide(world, context, source, false).0
}

/// The same, with the reason of each edit.
#[must_use]
pub fn explain(world: &World, context: &Context, source: &str) -> (Plan, Vec<Reason>) {
    decide(world, context, source, true)
}

fn decide(world: &World, context: &Context, source: &str, explaining: bool) -> (Plan, Vec<Reason>) {
    let options = LexOptions { standard_conforming_strings: context.standard_conforming_strings };
    let Ok(tokens) = lex(source, options) else {
        // What cannot be cut into tokens is refused by the server for the same reason.
        return (whole(source, Outcome::Unparsed), Vec::new());
    };
    let ranges = split::statements(source, &tokens);
    let effects: Vec<Effect> = ranges.iter().map(|range| effect::effect(source, &tokens[range.clone()])).collect();
    let contexts = successive(world, context, source, &tokens, &ranges, &effects);
    let judged: Vec<Judged<'_>> = ranges
        .iter()
        .zip(&contexts)
        .map(|(range, context)| {
            let judged = statement::judge(world, context, source, &tokens[range.clone()], explaining);
            judged.unless_changed(&context.changed)
        })
        .collect();
    let draft = Draft { world, contexts: &contexts, source, tokens: &tokens, ranges: &ranges, effects: &effects };
    draft.finish(judged)
}

/// A text without the comments at its edges.
#[must_use]
pub fn core(source: &str) -> &str {
    &source[cache::core(source)]
}

/// The context that each statement of a text begins with, when the text begins with this one.
#[must_use]
pub fn contexts(world: &World, context: &Context, source: &str) -> Vec<Context> {
    let options = LexOptions { standard_conforming_strings: context.standard_conforming_strings };
    let Ok(tokens) = lex(source, options) else { return Vec::new() };
    let ranges = split::statements(source, &tokens);
    let effects: Vec<Effect> = ranges.iter().map(|range| effect::effect(source, &tokens[range.clone()])).collect();
    successive(world, context, source, &tokens, &ranges, &effects)
}

/// The mapped tables that a text changes, or that were changed before it and are not yet as they were, by their legacy names.
#[must_use]
pub fn changed_by(world: &World, context: &Context, source: &str) -> Vec<Arc<str>> {
    match contexts(world, context, source).pop() {
        Some(after) => after.changed.into_iter().collect(),
        None => ddl::all_tables(world),
    }
}

fn successive(
    world: &World,
    context: &Context,
    source: &str,
    tokens: &[Token],
    ranges: &[std::ops::Range<usize>],
    effects: &[Effect],
) -> Vec<Context> {
    let mut contexts = vec![context.clone()];
    let mut changed = context.provisional;
    let mut any_kept = false;
    for (range, effect) in ranges.iter().zip(effects) {
        let before = contexts.last().unwrap_or(context);
        let mut after = before.clone();
        after.changed.extend(ddl::changes(world, before, source, &tokens[range.clone()]));
        after.apply(effect, context);
        let tokens = &tokens[range.clone()];
        if let Effect::Prepared(name) = effect
            && effect::effect_of_prepared(text_of(source, tokens)) != Effect::None
        {
            after.moving.insert(name.clone());
        }
        if effect::executed(source, tokens).is_some_and(|name| after.moving.contains(&*name)) {
            after.apply(&Effect::Unread { names: true, tables: true }, context);
        }
        changed |= match effect {
            Effect::None | Effect::Prepared(_) | Effect::RolledBack { .. } => false,
            Effect::Created { .. } => contexts.last() != Some(&after),
            _ => true,
        };
        match effect {
            Effect::RolledBack { to_savepoint: false } if !any_kept => after.changed.clear(),
            Effect::RolledBack { .. } => {}
            _ => any_kept |= effect::ends_transaction(source, tokens),
        }
        if changed && effect::ends_transaction(source, tokens) {
            // A rollback takes back what was set, and a commit drops some temporary tables.
            after.search_path = None;
            after.temporary_may_change = true;
        }
        contexts.push(after);
    }
    contexts
}

fn text_of<'s>(source: &'s str, tokens: &[Token]) -> &'s str {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => &source[first.span.start..last.span.end],
        _ => "",
    }
}

impl Context {
    /// What a session sees that has set nothing.
    #[must_use]
    pub fn new(user: &str, search_path: &[String]) -> Self {
        Self {
            user: user.into(),
            search_path: Some(search_path.into()),
            temporary: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            changed: BTreeSet::new(),
            moving: BTreeSet::new(),
            temporary_may_change: false,
            provisional: false,
            standard_conforming_strings: true,
        }
    }

    /// Applies what a statement does to the names of the statements behind it in the same text. `start` is the context that
    /// the text began with, the nearest thing to the session's defaults that is known here.
    fn apply(&mut self, effect: &Effect, start: &Self) {
        match effect {
            // What a rollback takes back is not known here.
            Effect::None | Effect::Prepared(_) | Effect::RolledBack { .. } => {}
            Effect::SearchPath(path) | Effect::LocalSearchPath(path) => {
                self.search_path = Some(path.as_slice().into());
            }
            Effect::Unsure | Effect::LocalUnsure | Effect::Role { .. } | Effect::DefaultSearchPath => {
                self.search_path = None;
            }
            Effect::Unread { .. } => {
                self.search_path = None;
                self.temporary_may_change = true;
            }
            Effect::DiscardTemporary => {
                self.temporary.clear();
                self.doubtful.clear();
                self.temporary_may_change = false;
            }
            Effect::Discard => {
                let none = BTreeSet::new();
                *self = Self { search_path: None, temporary: none.clone(), doubtful: none, ..start.clone() };
            }
            Effect::Temporary(name) | Effect::TemporaryUntilCommit(name) => {
                self.temporary.insert(name.clone());
            }
            Effect::Renamed { from, to } => {
                if self.temporary.remove(from) {
                    self.temporary.insert(to.clone());
                }
            }
            Effect::Created { name, view } => {
                if self.may_be_temporary(*view) {
                    self.doubtful.insert(name.clone());
                }
            }
            Effect::Dropped { names, cascade } => {
                self.temporary.retain(|name| !names.contains(name));
                self.doubtful.retain(|name| !names.contains(name));
                if *cascade {
                    self.doubtful.extend(self.temporary.iter().cloned());
                }
            }
        }
    }

    /// True when there may be temporary tables, or the end of the transaction brings some back.
    #[must_use]
    pub fn has_temporaries(&self) -> bool {
        !self.temporary.is_empty() || !self.doubtful.is_empty() || self.provisional
    }

    /// The same with the temporary tables alone that can matter for a text: those that it names, and those that have a name of the
    /// mapping's. The more contexts have in common, the more often a plan was made before.
    #[must_use]
    pub fn for_text(self: &Arc<Self>, world: &World, text: &str) -> Arc<Self> {
        if self.temporary.is_empty() && self.doubtful.is_empty() {
            return self.clone();
        }
        let text = text.to_ascii_lowercase();
        // An identifier spelled with escapes can be any, and what is made may be temporary because others are.
        if ["u&\"", "create"].iter().any(|word| text.contains(word)) {
            return self.clone();
        }
        let named =
            |name: &&String| world.has_table(name) || text.contains(&name.to_ascii_lowercase().replace('"', "\"\""));
        let some = |names: &BTreeSet<String>| names.iter().filter(named).cloned().collect();
        Arc::new(Self { temporary: some(&self.temporary), doubtful: some(&self.doubtful), ..self.as_ref().clone() })
    }

    /// True when something that is made here without TEMP can be temporary.
    #[must_use]
    pub fn may_be_temporary(&self, view: bool) -> bool {
        let in_path = self.search_path.as_ref().is_none_or(|path| path.iter().any(|schema| schema == TEMPORARY));
        let any = !self.temporary.is_empty() || !self.doubtful.is_empty() || self.temporary_may_change;
        in_path || (view && any)
    }

    /// True when nobody knows whether a temporary table hides this name.
    #[must_use]
    fn is_doubtful(&self, name: &str) -> bool {
        // Named in the path, they are looked up in their turn.
        let late = || self.search_path.as_ref().is_some_and(|path| path.iter().skip(1).any(|s| s == TEMPORARY));
        self.doubtful.contains(name) || (self.temporary.contains(name) && late())
    }
}

/// Everything about a text but the verdicts.
struct Draft<'a> {
    world: &'a World,
    contexts: &'a [Context],
    source: &'a str,
    tokens: &'a [Token],
    ranges: &'a [std::ops::Range<usize>],
    effects: &'a [Effect],
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
        if first.is_some_and(|t| late.iter().any(|word| t.is_keyword(self.source, word))) {
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
        let options = LexOptions { standard_conforming_strings: self.contexts[0].standard_conforming_strings };
        let tokens = lex(&spliced.sql, options).unwrap_or_default();
        let ranges = split::statements(&spliced.sql, &tokens);
        let rewritten = judged.iter().enumerate().filter_map(|(i, one)| match one {
            Judged::Opened(walk) if !walk.edits.is_empty() => Some((i, walk)),
            _ => None,
        });
        let mut failed = Vec::new();
        for (i, walk) in rewritten {
            let range = ranges.get(i).filter(|_| ranges.len() == self.ranges.len());
            let again =
                range.and_then(|r| statement::reopen(self.world, &self.contexts[i], &spliced.sql, &tokens[r.clone()]));
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
        failed
    }

    fn plan(&self, judged: Vec<Judged<'_>>, spliced: Spliced) -> (Plan, Vec<Reason>) {
        let mut reasons = Vec::new();
        let mut statements = Vec::with_capacity(judged.len());
        for (i, one) in judged.into_iter().enumerate() {
            let effect = self.effects[i].clone();
            let mut statement =
                Statement { span: self.span(i), outcome: Outcome::Unchanged, uses: Vec::new(), refusal: None, effect };
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
    let statement = Statement { span, outcome, uses: Vec::new(), refusal: None, effect: Effect::None };
    Plan { sql: None, map: crate::text::SourceMap::default(), statements: vec![statement] }
}
