//! From a text to its plan, with all that can be in the way: encodings, settings on their way, large texts, our own bugs.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::encoding::Encoding;
use super::planned::Planned;
use super::relay::Session;
use super::words::Hints;
use crate::rewrite::{self, Cache, Context, World};

/// Texts above this are planned on a thread that may take its time; a relay thread has other sessions to serve.
const LONGEST_AT_ONCE: usize = 16 * 1024;

/// What a text looks like from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Look {
    pub(super) hints: Hints,
    /// It may say something in legacy names.
    pub(super) concerns: bool,
}

/// What becomes of a message.
#[derive(Clone, Debug, Default)]
pub(super) struct Decision {
    pub(super) hints: Hints,
    /// None for what goes on as it came and leaves nothing to be known.
    pub(super) planned: Option<Arc<Planned>>,
}

impl Look {
    pub(super) const fn is_worth_planning(self) -> bool {
        self.concerns || self.hints.names
    }
}

impl Decision {
    /// The text to send instead.
    pub(super) fn sql(&self) -> Option<Cow<'_, [u8]>> {
        self.planned.as_ref()?.sent_bytes()
    }
}

/// A look at a text, without understanding it.
pub(super) fn look(session: &Session, text: &[u8]) -> Look {
    let concerns = session.route.world.load().concerns(text);
    Look { hints: session.shared.words.find(text), concerns }
}

/// The decision for a text that deserves one.
pub(super) async fn decide(session: &Session, look: Look, text: &[u8]) -> Decision {
    let world = session.route.world.load_full();
    let planned = match read(session, &world, text) {
        Ok(read) => plan(session, world, read).await,
        Err(planned) => planned,
    };
    let keep = look.concerns && !planned.plan.statements.is_empty() || !planned.is_trivial();
    Decision { hints: look.hints, planned: keep.then(|| Arc::new(planned)) }
}

/// True when the text holds the name of a mapped table. For texts that cannot be read: slower than the prefilter of the world
/// and blind to everything else that it looks for.
pub(super) fn names_legacy(world: &World, text: &[u8]) -> bool {
    let holds = |name: &[u8]| !name.is_empty() && text.windows(name.len()).any(|w| w.eq_ignore_ascii_case(name));
    let mut tables = world.mappings.iter().flat_map(|m| &m.tables);
    // An identifier that is spelled with escapes can be any name.
    tables.any(|table| holds(table.legacy.as_bytes())) || (!world.mappings.is_empty() && holds(b"u&\""))
}

/// A text, and what it is read with.
struct Read<'t> {
    text: Cow<'t, str>,
    encoding: Encoding,
    context: Arc<Context>,
}

/// The text as such, and the context that it will be read in.
fn read<'t>(session: &Session, world: &World, text: &'t [u8]) -> Result<Read<'t>, Planned> {
    let (mut context, encoding, open) = {
        let conversation = session.lock();
        let state = &conversation.state;
        (state.context(), state.encoding(), conversation.queue.unsettled().open)
    };
    // A legacy name with other letters than ASCII's is known only in UTF-8.
    let known = |text: &str| encoding == Encoding::Unicode || text.is_ascii() || world.is_ascii();
    let Some(text) = encoding.read(text).filter(|text| known(text)) else {
        return Err(if names_legacy(world, text) || !world.is_ascii() { unreadable() } else { Planned::unsure() });
    };
    if open.lexing && names_legacy(world, text.as_bytes()) {
        return Err(Planned::refused(
            "0A000",
            "a statement in legacy names follows a change of encoding or string syntax in the same pipeline".into(),
            "send a Sync between them",
        ));
    }
    if open.names {
        let context = Arc::make_mut(&mut context);
        context.search_path = None;
        context.temporary_may_change = open.catalog;
    }
    Ok(Read { text, encoding, context })
}

/// In this encoding its characters cannot be told apart.
fn unreadable() -> Planned {
    Planned::refused(
        "0A000",
        "a statement in legacy names with other letters than ASCII's cannot be read in this client_encoding".into(),
        "SET client_encoding = 'UTF8', or put these letters into parameters",
    )
}

async fn plan(session: &Session, world: Arc<World>, read: Read<'_>) -> Planned {
    let Read { text, encoding, context } = read;
    let text = &*text;
    let begun = Instant::now();
    let plan = if text.len() <= LONGEST_AT_ONCE {
        guarded(&session.route.cache, &world, &context, text)
    } else {
        let (cache, owned) = (session.route.cache.clone(), text.to_owned());
        let work = tokio::task::spawn_blocking(move || guarded(&cache, &world, &context, &owned));
        work.await.ok().flatten()
    };
    let counters = &session.route.counters;
    match plan {
        Some(plan) => {
            if plan.hit {
                counters.plan_hits.inc();
            } else {
                counters.plan_misses.inc();
                session.shared.metrics.rewrite_seconds.observe(begun.elapsed().as_secs_f64());
            }
            let planned = Planned::new(plan, text, encoding);
            if planned.can_be_written(text) { planned } else { unreadable() }
        }
        None => Planned::refused(
            "XX000",
            "exonym failed on this statement, which was not sent".into(),
            "please report it; the log has the details",
        ),
    }
}

/// A bug in the decision must cost one statement, not the session with all that it holds.
fn guarded(cache: &Cache, world: &World, context: &Arc<Context>, text: &str) -> Option<rewrite::Planned> {
    let plan = catch_unwind(AssertUnwindSafe(|| cache.plan(world, context, text)));
    if plan.is_err() {
        tracing::error!(bytes = text.len(), "the decision on a statement panicked; the statement was refused");
    }
    plan.ok()
}
