//! Plans that were made before, by text and everything that their meaning depends on.
//!
//! Comments at the edges of a text are left out of the key: services put trace ids there, a new one in each statement.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use quick_cache::sync::Cache as QuickCache;
use quick_cache::{Equivalent, Weighter};
use rustc_hash::FxBuildHasher;

use super::{Context, Plan, World, plan};

/// Texts above this are planned each time: they are bulk statements, and seldom the same twice.
const MAX_TEXT: usize = 256 * 1024;

/// Bytes of texts and plans that are kept.
const CAPACITY: u64 = 64 * 1024 * 1024;

/// About so many plans of an ordinary length fill it.
const PLANS: usize = 50_000;

/// A bounded cache of plans, shared by all sessions of a route.
#[derive(Debug)]
pub struct Cache {
    plans: QuickCache<Key, Arc<Plan>, ByBytes, FxBuildHasher>,
}

/// A plan for a text, and where in the text its own text stands.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The decision about `source[core]`.
    pub plan: Arc<Plan>,
    /// The text without the comments at its edges.
    pub core: Range<usize>,
    /// True when it was made before.
    pub hit: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Key {
    generation: u64,
    context: Arc<Context>,
    text: Box<str>,
}

struct Wanted<'a> {
    generation: u64,
    context: &'a Arc<Context>,
    text: &'a str,
}

#[derive(Clone, Debug)]
struct ByBytes;

impl Cache {
    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self {
            plans: QuickCache::with(
                PLANS,
                CAPACITY,
                ByBytes,
                FxBuildHasher,
                quick_cache::sync::DefaultLifecycle::default(),
            ),
        }
    }

    /// The plan for a text, made now if it is new.
    #[must_use]
    pub fn plan(&self, world: &World, context: &Arc<Context>, source: &str) -> Planned {
        let core = core(source);
        let text = &source[core.clone()];
        if text.len() > MAX_TEXT {
            return Planned { plan: Arc::new(plan(world, context, text)), core, hit: false };
        }
        let wanted = Wanted { generation: world.generation, context, text };
        if let Some(plan) = self.plans.get(&wanted) {
            return Planned { plan, core, hit: true };
        }
        let plan = Arc::new(plan(world, context, text));
        let key = Key { generation: world.generation, context: context.clone(), text: text.into() };
        self.plans.insert(key, plan.clone());
        Planned { plan, core, hit: false }
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self::new()
    }
}

impl Planned {
    /// The text to send instead of `source`; none when it goes on as it came.
    #[must_use]
    pub fn sql(&self, source: &str) -> Option<Arc<str>> {
        let sql = self.plan.sql.as_ref()?;
        let (before, after) = (&source[..self.core.start], &source[self.core.end..]);
        if before.is_empty() && after.is_empty() {
            Some(sql.clone())
        } else {
            Some([before, sql, after].concat().into())
        }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Wanted { generation: self.generation, context: &self.context, text: &self.text }.hash(state);
    }
}

impl Hash for Wanted<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.generation.hash(state);
        self.text.hash(state);
        // The rest of the context differs seldom; equality tells those apart.
        self.context.temporary.len().hash(state);
    }
}

impl Equivalent<Key> for Wanted<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        let same_context = Arc::ptr_eq(self.context, &key.context) || self.context == &key.context;
        self.generation == key.generation && same_context && *self.text == *key.text
    }
}

impl Weighter<Key, Arc<Plan>> for ByBytes {
    fn weight(&self, key: &Key, plan: &Arc<Plan>) -> u64 {
        let bytes = key.text.len() + plan.sql.as_ref().map_or(0, |sql| sql.len()) + 256;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// The text between the comments and the white space at its edges.
pub(super) fn core(source: &str) -> Range<usize> {
    let bytes = source.as_bytes();
    let mut start = 0;
    loop {
        start += bytes[start..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        match leading_comment(&source[start..]) {
            Some(length) => start += length,
            None => break,
        }
    }
    let mut end = source.len();
    loop {
        end -= bytes[start..end].iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
        match trailing_comment(&source[start..end]) {
            Some(length) => end -= length,
            None => return start..end,
        }
    }
}

/// The length of a block comment that the text begins with, if no other one is nested in it.
fn leading_comment(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("/*")?;
    let end = inner.find("*/")?;
    (!inner[..end].contains("/*")).then_some(end + 4)
}

/// The length of a block comment that the text ends with. Where the text only looks as if it did (the comment's start is part
/// of a string), what remains is an unfinished string and is treated as unparsable: forwarded, never misread.
fn trailing_comment(text: &str) -> Option<usize> {
    let inner = text.strip_suffix("*/")?;
    let start = inner.rfind("/*")?;
    (!inner[start + 2..].contains("*/")).then_some(text.len() - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_ids_at_the_edges_are_not_part_of_the_text() {
        let text = " /* a */ /*+ hint */SELECT 1 /* inside */ + 1 /*traceparent='00-1'*/ /* b */\n";
        assert_eq!(&text[core(text)], "SELECT 1 /* inside */ + 1");
        let nested = "SELECT 1 /* a /* b */ */";
        assert_eq!(&nested[core(nested)], nested);
        assert_eq!(core("/* only */"), 10..10);
        assert_eq!(core(""), 0..0);
    }
}
