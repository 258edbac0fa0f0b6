//! Plans that were made before, by text and everything that their meaning depends on.
//!
//! Comments at the edges of a text are left out of the key: services put trace ids there, a new one in each statement.
//!
//! Services that do not bind parameters put their values into the text. What is not known by its text is looked up by its
//! `outline`: a plan that does not depend on the literals which differ is moved to this text (`template`). Before such plans
//! are used, one has to have told right what was planned anew; with debug assertions every one has to.

use std::hash::{BuildHasher as _, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache as QuickCache;
use quick_cache::{Equivalent, Weighter};
use rustc_hash::FxBuildHasher;

use super::literals::Reads;
use super::outline::Outline;
use super::template::Template;
use super::{Context, Plan, World, decide, lexing, plan};

/// Texts above this are planned each time: they are bulk statements, and seldom the same twice.
const MAX_TEXT: usize = 256 * 1024;

/// Texts above this share no plan with others: who sends such texts sends lists of another length each time.
const MAX_OUTLINED: usize = 64 * 1024;

/// Bytes of texts and plans that are kept.
const CAPACITY: u64 = 48 * 1024 * 1024;

/// About so many plans of an ordinary length fill it.
const PLANS: usize = 50_000;

/// Bytes of outlines and what is known of them.
const OUTLINES_CAPACITY: u64 = 16 * 1024 * 1024;

/// About so many of an ordinary length fill it.
const OUTLINES: usize = 10_000;

/// What an entry takes beside its own bytes: its place in the cache, its share of the context, what the allocator rounds up.
const ENTRY: usize = 256;

/// So many sets of values that plans of one outline depend on are kept; the oldest gives way.
const TEMPLATES: usize = 64;

/// Bytes of what is kept for them.
const TEMPLATES_BYTES: usize = 64 * 1024;

/// A bounded cache of plans, shared by all sessions of a route.
#[derive(Debug)]
pub struct Cache {
    plans: QuickCache<Key, Arc<Plan>, ByBytes, FxBuildHasher>,
    outlines: QuickCache<Key, Arc<Outlined>, ByBytes, FxBuildHasher>,
    recent: Recent,
}

/// A plan for a text, and where in the text its own text stands.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The decision about `source[core]`.
    pub plan: Arc<Plan>,
    /// The text without the comments at its edges.
    pub core: Range<usize>,
    /// What was known before.
    pub known: Known,
}

/// What the cache knew of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// Its plan.
    Text,
    /// The plan of a text that differs in literals alone.
    Outline,
    /// Nothing: it was planned now.
    Nothing,
}

/// What is known of the texts with one outline.
#[derive(Clone, Debug, Default)]
struct Outlined {
    templates: Vec<Arc<Template>>,
    trust: Trust,
}

/// Whether templates of an outline are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Trust {
    /// None of them has told a plan yet.
    #[default]
    Untried,
    /// One of them has told what was planned then.
    Proven,
    /// One of them has told something else.
    Broken,
}

/// Texts that were asked for lately, by their hashes.
#[derive(Debug)]
struct Recent(Box<[AtomicU64]>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Key {
    generation: u64,
    context: Arc<Context>,
    text: Box<str>,
}

#[derive(Clone, Copy)]
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
        Self { plans: bounded(PLANS, CAPACITY), outlines: bounded(OUTLINES, OUTLINES_CAPACITY), recent: Recent::new() }
    }

    /// About so many bytes of memory that it takes now.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.plans.weight() + self.outlines.weight()
    }

    /// The plan for a text, made now if it is new.
    #[must_use]
    pub fn plan(&self, world: &World, context: &Arc<Context>, source: &str) -> Planned {
        let core = core(source);
        let text = &source[core.clone()];
        let wanted = Wanted { generation: world.generation, context, text };
        let kept = text.len() <= MAX_TEXT;
        if let Some(plan) = kept.then(|| self.plans.get(&wanted)).flatten() {
            return Planned { plan, core, known: Known::Text };
        }
        let (plan, known) = self.shared(world, wanted);
        let plan = Arc::new(plan);
        // A text that is told by others has to come twice.
        if kept && (known == Known::Nothing || self.recent.has(text)) {
            self.plans.insert(wanted.key(), plan.clone());
        }
        Planned { plan, core, known }
    }

    /// The plan of a text that is told by others with the same outline, or made now.
    fn shared(&self, world: &World, text: Wanted<'_>) -> (Plan, Known) {
        let Wanted { context, text: source, .. } = text;
        let outline = (source.len() <= MAX_OUTLINED).then(|| Outline::of(source, lexing(context))).flatten();
        let Some(outline) = outline.filter(|outline| !outline.holes.is_empty()) else {
            return (plan(world, context, source), Known::Nothing);
        };
        let wanted = Wanted { text: &outline.text, ..text };
        let outlined = self.outlines.get(&wanted);
        let told = outlined.as_ref().and_then(|outlined| outlined.tell(source, &outline));
        let is_proven = outlined.as_ref().is_some_and(|outlined| outlined.trust == Trust::Proven);
        let told = match told {
            Some(told) if is_proven => {
                debug_assert_eq!(told, plan(world, context, source), "it depends on a literal that was not noted");
                return (told, Known::Outline);
            }
            told => told,
        };
        let literals = Reads::default();
        let plan = decide(world, context, source, false, &literals).0;
        if let Some(template) = Template::of(&plan, source, &outline, &literals) {
            let outlined = outlined.as_deref().cloned().unwrap_or_default();
            self.outlines.insert(wanted.key(), Arc::new(outlined.learn(told.as_ref(), &plan, template)));
        }
        (plan, Known::Nothing)
    }
}

fn bounded<V: Clone>(entries: usize, bytes: u64) -> QuickCache<Key, V, ByBytes, FxBuildHasher>
where
    ByBytes: Weighter<Key, V>,
{
    let lifecycle = quick_cache::sync::DefaultLifecycle::default();
    QuickCache::with(entries, bytes, ByBytes, FxBuildHasher, lifecycle)
}

impl Outlined {
    /// What the plan of a text should be.
    fn tell(&self, source: &str, outline: &Outline) -> Option<Plan> {
        self.templates.iter().rev().find_map(|template| template.fill(source, outline))
    }

    /// About so many bytes of memory.
    fn bytes(&self) -> usize {
        self.templates.iter().map(|template| template.bytes()).sum()
    }

    /// The same with what was learnt from a text: what was `told` of it, its `plan`, and what that tells of others.
    fn learn(mut self, told: Option<&Plan>, plan: &Plan, template: Template) -> Self {
        debug_assert!(told.is_none_or(|told| told == plan), "told was {told:#?}, made was {plan:#?}");
        match told {
            _ if self.trust == Trust::Broken => {}
            Some(told) if told == plan => self.trust = Trust::Proven,
            Some(_) => self = Self { templates: Vec::new(), trust: Trust::Broken },
            None => {
                self.templates.push(Arc::new(template));
                while self.templates.len() > TEMPLATES || (self.templates.len() > 1 && self.bytes() > TEMPLATES_BYTES) {
                    self.templates.remove(0);
                }
            }
        }
        self
    }
}

impl Recent {
    /// A power of two: so many texts are remembered.
    const TEXTS: usize = 4096;

    fn new() -> Self {
        Self((0..Self::TEXTS).map(|_| AtomicU64::new(0)).collect())
    }

    /// True when this text was asked for lately; it has been, from now on.
    fn has(&self, text: &str) -> bool {
        let hash = FxBuildHasher.hash_one(text);
        let at = usize::try_from(hash >> 32).unwrap_or_default() % Self::TEXTS;
        self.0[at].swap(hash, Ordering::Relaxed) == hash
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

impl Wanted<'_> {
    fn key(&self) -> Key {
        Key { generation: self.generation, context: self.context.clone(), text: self.text.into() }
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
        weight(key.text.len() + plan.bytes())
    }
}

impl Weighter<Key, Arc<Outlined>> for ByBytes {
    fn weight(&self, key: &Key, outlined: &Arc<Outlined>) -> u64 {
        weight(key.text.len() + outlined.bytes())
    }
}

fn weight(bytes: usize) -> u64 {
    u64::try_from(bytes + ENTRY).unwrap_or(u64::MAX)
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
