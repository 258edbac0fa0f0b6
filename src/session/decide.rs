//! From a text to its plan, with all that can be in the way: encodings, settings on their way, large texts, our own bugs.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::encoding::Encoding;
use super::executing::Moment;
use super::planned::Planned;
use super::prepared::{Decided, Run};
use super::relay::Session;
use super::route::Shared;
use super::words::{Hints, first_words};
use crate::rewrite::{self, Cache, Context, Effect, Known, Outcome, World};

/// Texts above this are planned on a thread that may take its time; a relay thread has other sessions to serve.
const LONGEST_AT_ONCE: usize = 16 * 1024;

/// What a text looks like from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Look {
    pub(super) hints: Hints,
    /// It may say something in legacy names, or to the session.
    pub(super) concerns: bool,
    /// It may say something in legacy names.
    pub(super) legacy: bool,
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
        self.concerns || self.hints.names || self.hints.catalog
    }
}

impl Decision {
    /// The text to send instead.
    pub(super) fn sql(&self) -> Option<Cow<'_, [u8]>> {
        self.planned.as_ref()?.sent_bytes()
    }
}

/// A look at a text, without understanding it.
pub(super) async fn look(session: &Session, text: &[u8]) -> Look {
    if text.len() <= LONGEST_AT_ONCE {
        return look_at(&session.shared, &session.route.world.load(), text);
    }
    let (shared, world) = (session.shared.clone(), session.route.world.load_full());
    apart(text, move |text| look_at(&shared, &world, text)).await
}

/// True when nothing has to be known of a text. Nobody has looked into a long one.
pub(super) fn is_plain(session: &Session, text: &[u8]) -> bool {
    if text.len() > LONGEST_AT_ONCE {
        return false;
    }
    let world = session.route.world.load();
    // What tells need not change anything: so does `INSERT INTO`.
    let tells_nothing = || !world.concerns(text) && session.shared.words.find(text) == Hints::default();
    if world.is_plain(text) { first_words(text) == Hints::default() } else { tells_nothing() }
}

/// A look at a piece of a text.
pub(super) fn look_at(shared: &Shared, world: &World, text: &[u8]) -> Look {
    let concerns = world.concerns(text);
    Look { hints: shared.words.find(text), concerns, legacy: concerns && world.names_legacy(text) }
}

/// Does some work on a text, a long one on a thread that may take its time: this one has other sessions to serve.
pub(super) async fn apart<T: Send + 'static>(text: &[u8], work: impl FnOnce(&[u8]) -> T + Send + 'static) -> T {
    if text.len() <= LONGEST_AT_ONCE {
        return work(text);
    }
    let owned = text.to_owned();
    match tokio::task::spawn_blocking(move || work(&owned)).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The program ends, and this session with it.
            Err(_) => pending().await,
        },
    }
}

impl Decision {
    /// The same for a text that executes prepared statements, which change so much.
    pub(super) fn running(mut self, runs: Vec<Run>, hints: Hints) -> Self {
        if !runs.is_empty() {
            let mut planned = self.taken();
            planned.runs = runs;
            self.planned = Some(Arc::new(planned));
            self.hints = self.hints.with(hints);
        }
        self
    }

    /// The same for a text that is prepared: what it changes is asked for when it is executed.
    pub(super) fn prepared(mut self, tables: Vec<Arc<str>>) -> Self {
        if self.hints.any() || self.hints.prepares || !tables.is_empty() {
            let mut planned = self.taken();
            (planned.hints, planned.tables) = (self.hints, tables);
            self.planned = Some(Arc::new(planned));
        }
        self
    }

    fn taken(&mut self) -> Planned {
        self.planned.take().map_or_else(Planned::plain, |planned| planned.as_ref().clone())
    }
}

/// The decision for a text that deserves one; `parsed` by itself, to be executed later. Executing one of `moving` changes names.
pub(super) async fn decide(
    session: &Session,
    look: Look,
    text: &[u8],
    parsed: bool,
    moving: BTreeSet<String>,
) -> Decision {
    let world = session.route.world.load_full();
    let planned = match read(session, &world, text, look.hints, moving) {
        Ok(read) => plan(session, world, read, parsed).await,
        Err(planned) => *planned,
    };
    // A word in it that might have changed the session's names, such as an escaped identifier, was seen to do nothing of the kind.
    let harmless = |s: &rewrite::Statement| s.outcome == Outcome::Rewritten && s.effect == Effect::None;
    let names = look.hints.names && !planned.plan.statements.iter().all(harmless);
    let look = Look { hints: Hints { names, ..look.hints }, ..look };
    let keep = look.concerns && !planned.plan.statements.is_empty() || !planned.is_trivial();
    Decision { hints: look.hints, planned: keep.then(|| Arc::new(planned)) }
}

/// A text, and what it is read with.
struct Read<'t> {
    text: Cow<'t, str>,
    encoding: Encoding,
    context: Arc<Context>,
    moment: Moment,
}

/// The text as such, and the context that it will be read in.
fn read<'t>(
    session: &Session,
    world: &World,
    text: &'t [u8],
    hints: Hints,
    moving: BTreeSet<String>,
) -> Result<Read<'t>, Box<Planned>> {
    let (mut context, encoding, open, moment) = {
        let conversation = session.lock();
        let moment = Moment { generation: world.generation, ..conversation.moment() };
        (conversation.context(), conversation.state.encoding(), conversation.queue.unsettled().open, moment)
    };
    // A legacy name with other letters than ASCII's is known only in UTF-8.
    let known = |text: &str| encoding == Encoding::Unicode || text.is_ascii() || world.is_ascii();
    let Some(text) = encoding.read(text).filter(|text| known(text)) else {
        let legacy = world.names_legacy(text) || !world.is_ascii();
        return Err(Box::new(if legacy { unreadable() } else { Planned::unread(hints) }));
    };
    if open.lexing && world.names_legacy(text.as_bytes()) {
        return Err(Box::new(Planned::refused(
            "0A000",
            "a statement in legacy names follows a change of encoding or string syntax in the same pipeline".into(),
            "send a Sync between them",
        )));
    }
    open.blur(&mut context);
    if !moving.is_empty() {
        Arc::make_mut(&mut context).moving = moving;
    }
    Ok(Read { text, encoding, context, moment })
}

/// In this encoding its characters cannot be told apart.
fn unreadable() -> Planned {
    Planned::refused(
        "0A000",
        "a statement in legacy names with other letters than ASCII's cannot be read in this client_encoding".into(),
        "SET client_encoding = 'UTF8', or put these letters into parameters",
    )
}

async fn plan(session: &Session, world: Arc<World>, read: Read<'_>, parsed: bool) -> Planned {
    let Read { text, encoding, context, moment } = read;
    let text = &*text;
    let mappings = world.mappings.clone();
    match planned(session, world, context.clone(), text).await {
        Some(plan) => {
            let mut planned = Planned::new(plan, text, encoding);
            if !planned.can_be_written(text) {
                return unreadable();
            }
            let prepares = |s: &rewrite::Statement| matches!(s.effect, Effect::Prepared(_));
            if parsed || planned.plan.statements.iter().any(prepares) {
                let sent = planned.plan.sql.clone();
                planned.decided = Some(Decided { text: text.into(), sent, context, mappings, moment });
            }
            planned
        }
        None => Planned::refused(
            "XX000",
            "exonym failed on this statement, which was not sent".into(),
            "please report it; the log has the details",
        ),
    }
}

/// The plan for a text; none when we have failed on it.
pub(super) async fn planned(
    session: &Session,
    world: Arc<World>,
    context: Arc<Context>,
    text: &str,
) -> Option<rewrite::Planned> {
    let begun = Instant::now();
    let context = context.for_text(&world, text);
    let plan = if text.len() <= LONGEST_AT_ONCE {
        guarded(&session.route.cache, &world, &context, text)
    } else {
        let (cache, owned) = (session.route.cache.clone(), text.to_owned());
        let work = tokio::task::spawn_blocking(move || guarded(&cache, &world, &context, &owned));
        work.await.ok().flatten()
    };
    let counters = &session.route.counters;
    match &plan {
        None => {}
        Some(plan) => match plan.known {
            Known::Text => counters.plan_hits.inc(),
            Known::Outline => counters.plan_shapes.inc(),
            Known::Nothing => {
                counters.plan_misses.inc();
                counters.plan_bytes.set(i64::try_from(session.route.cache.bytes()).unwrap_or(i64::MAX));
                session.shared.metrics.rewrite_seconds.observe(begun.elapsed().as_secs_f64());
            }
        },
    }
    plan
}

/// The same for a world of which nobody else knows.
pub(super) fn planned_apart(world: &World, context: &Context, text: &str) -> Option<Arc<rewrite::Plan>> {
    // As the cache does, without the comments at the edges.
    catch_unwind(AssertUnwindSafe(|| Arc::new(rewrite::plan(world, context, rewrite::core(text))))).ok()
}

/// A bug in the decision must cost one statement, not the session with all that it holds.
fn guarded(cache: &Cache, world: &World, context: &Arc<Context>, text: &str) -> Option<rewrite::Planned> {
    let plan = catch_unwind(AssertUnwindSafe(|| cache.plan(world, context, text)));
    if plan.is_err() {
        tracing::error!(bytes = text.len(), "the decision on a statement panicked; the statement was refused");
    }
    plan.ok()
}
