//! What the meaning of a text depends on beside the world: the session's own state, and what each statement of a text makes of it
//! for those behind it.
//!
//! `session` knows what the server has confirmed; here it is carried on through the statements of one text, which the server has yet
//! to see. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::plan::Effect;
use super::{World, ddl, effect};
use crate::sql::lexer::{LexOptions, lex};
use crate::sql::split;
use crate::sql::token::Token;

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
    /// Tables that the transaction has changed: nobody else can see yet what they are. Mapped ones by their legacy names.
    pub changed: BTreeSet<Arc<str>>,
    /// Prepared statements whose execution may change any of the above.
    pub moving: BTreeSet<String>,
    /// The place of a statement that executes a prepared one which would be another one now.
    pub stale: Option<usize>,
    /// True while statements are under way that may make or end temporary tables.
    pub temporary_may_change: bool,
    /// True when some of the above was changed in the transaction that is open, whose end may take it back.
    pub provisional: bool,
    /// `standard_conforming_strings`.
    pub standard_conforming_strings: bool,
}

/// The alias of the schema of temporary tables.
const TEMPORARY: &str = "pg_temp";

impl Context {
    /// What a session sees that has set nothing. A search path that is empty by the settings of a role or a database is none of a tool's.
    #[must_use]
    pub fn new(user: &str, search_path: &[String]) -> Self {
        let search_path = if search_path.is_empty() { [String::new()].into() } else { search_path.into() };
        Self {
            user: user.into(),
            search_path: Some(search_path),
            temporary: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            changed: BTreeSet::new(),
            moving: BTreeSet::new(),
            stale: None,
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

    /// True when the session has no search path any more: so do `pg_dump` and its like begin, which copy the server's own tables as its own
    /// catalogs have them. They speak the current naming. (`SET search_path = ''` leaves a path with one name that nothing has.)
    #[must_use]
    pub fn is_of_a_tool(&self) -> bool {
        self.search_path.as_ref().is_some_and(|path| path.is_empty())
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
    pub(super) fn is_doubtful(&self, name: &str) -> bool {
        // Named in the path, they are looked up in their turn.
        let late = || self.search_path.as_ref().is_some_and(|path| path.iter().skip(1).any(|s| s == TEMPORARY));
        self.doubtful.contains(name) || (self.temporary.contains(name) && late())
    }
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

/// The same for a text that is cut into tokens and statements.
pub(super) fn successive(
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
    let mut is_unread = false;
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
        let moves = effect::executed(source, tokens).is_some_and(|name| after.moving.contains(&*name));
        is_unread |= moves || matches!(effect, Effect::Unread { .. });
        if is_unread {
            // Whatever is set behind it may be set again by what it has begun.
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
