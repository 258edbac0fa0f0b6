//! The client's direction where the server may read anew what was prepared before: Bind, Describe, EXECUTE, and Execute of what is
//! read late.
//!
//! It goes on as it came, or is refused in its place. `executing` tells what a name can mean, `prepared` whether it still means that;
//! here is waited for what decides it. Other frames are `opening`'s, which calls this.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use super::conversation::{Conversation, name};
use super::decide::{self, Decision};
use super::everyday;
use super::executing::{Before, Moment, Place};
use super::expected::{Expected, Name};
use super::opening::{Opening, Step};
use super::planned::Planned;
use super::prepared::{self, Run};
use super::words::Hints;
use crate::rewrite::{Context, contexts};
use crate::sql::LexOptions;
use crate::wire::frame::Header;
use crate::wire::message::{self, Target};

/// What a name can mean, in which context, and until when the answer holds.
type ToCompare = (Vec<Arc<Planned>>, Arc<Context>, Option<Moment>);

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Opening<'_, R, W> {
    /// A Bind of a session whose context has moved: what the statement meant may be another thing now.
    pub(super) async fn bind(&mut self, header: Header) -> io::Result<Step> {
        let (portal, statement) = match everyday::bound(header, self.lane.body(header)) {
            Ok(names) => names,
            Err(more) => return Ok(Step::Need(more)),
        };
        let is_stale = self.is_stale(|c| c.before_executing(&statement, Place::Alone), Some(&statement)).await?;
        let session = self.session;
        let conversation = &mut session.lock();
        if is_stale {
            let refused = Expected::Refused(Arc::new(prepared::refused()));
            everyday::expect(conversation, refused, Hints::default(), self.arrived);
            self.lane.replace_streaming(header, |out| message::write_bind(out, prepared::MARKER.as_bytes()));
        } else {
            everyday::expect(conversation, Expected::Bind { portal, statement }, Hints::default(), self.arrived);
            self.lane.pass_frame(header);
        }
        Ok(Step::Again)
    }

    /// A Describe of a statement that may mean another thing now, which the server would find out here.
    pub(super) async fn describe(&mut self, header: Header) -> io::Result<Step> {
        let Some(Target::Statement(given)) = message::target(self.lane.body(header)) else { return Ok(Step::Again) };
        let statement = name(given);
        let is_stale = self.is_stale(|c| c.before_executing(&statement, Place::Alone), Some(&statement)).await?;
        self.unless(is_stale, header, |out| message::write_describe(out, prepared::MARKER.as_bytes()));
        Ok(Step::Again)
    }

    /// An Execute of a portal whose statement the server reads only now.
    pub(super) async fn execute(&mut self, header: Header) -> io::Result<Step> {
        let portal = name(message::execute(self.lane.body(header)).unwrap_or_default());
        let is_stale = self.is_stale(|c| c.before_running(&portal), None).await?;
        self.unless(is_stale, header, |out| message::write_execute(out, prepared::MARKER.as_bytes()));
        Ok(Step::Again)
    }

    /// Accepts the whole frame at hand, or what is written in its place, which is refused.
    fn unless(&mut self, is_stale: bool, header: Header, write: impl FnOnce(&mut Vec<u8>)) {
        let session = self.session;
        let conversation = &mut session.lock();
        if is_stale {
            let refused = Expected::Refused(Arc::new(prepared::refused()));
            everyday::expect(conversation, refused, Hints::default(), self.arrived);
            self.lane.replace_frame(header, |out, _| write(out));
        } else {
            everyday::other(header.tag, self.lane.body(header), conversation, self.arrived);
            self.lane.pass_frame(header);
        }
    }

    /// True when something was prepared in another context, in which it meant something else.
    async fn is_stale(
        &mut self,
        before: impl Fn(&Conversation) -> Before,
        statement: Option<&Name>,
    ) -> io::Result<bool> {
        let Some((possible, context, moment)) = self.what_to_compare(&before).await? else { return Ok(false) };
        if prepared::is_any_stale(self.session, &possible, &context).await {
            return Ok(true);
        }
        if let (Some(statement), Some(moment), [_]) = (statement, moment, possible.as_slice()) {
            self.session.lock().confirm(statement, moment);
        }
        Ok(possible.is_empty())
    }

    /// What has to be looked at, when all that decides it is known: nothing of it for what cannot be known.
    async fn what_to_compare(&mut self, before: &impl Fn(&Conversation) -> Before) -> io::Result<Option<ToCompare>> {
        if matches!(before(&self.session.lock()), Before::Nothing) {
            return Ok(None);
        }
        self.settle().await?;
        loop {
            let before = before(&self.session.lock());
            match before {
                Before::Nothing => return Ok(None),
                Before::Refuse => return Ok(Some((Vec::new(), self.session.lock().context(), None))),
                Before::Compare { possible, context, moment } => return Ok(Some((possible, context, moment))),
                Before::Wait => {
                    self.lane.flush().await?;
                    self.session.progress().await;
                }
            }
        }
    }

    /// The decision for a text that executes prepared statements, if it is against one of them.
    pub(super) async fn refuse_runs(
        &mut self,
        runs: &[Run],
        found: &[u8],
        hints: Hints,
    ) -> io::Result<Option<Decision>> {
        let mut hints = hints;
        for run in runs {
            let behind = run.turn > 0 && (hints.names || hints.catalog || hints.ends);
            hints = hints.with(self.session.lock().changes_of(&run.name).0);
            let stale = match run.own {
                // What it will be is not decided yet.
                Some(own) => behind && self.is_moved(found, own, run.turn),
                None if behind => self.is_stale_behind(run, found).await?,
                None => {
                    let before = |c: &Conversation| c.before_executing(&run.name, Place::Alone);
                    self.is_stale(before, Some(&run.name)).await?
                }
            };
            if stale {
                let planned = prepared::refused_run(self.session, found, runs, run.turn).await;
                return Ok(Some(Decision { hints, planned: Some(Arc::new(planned)) }));
            }
        }
        Ok(None)
    }

    /// The same for one that is not the first of its text.
    async fn is_stale_behind(&mut self, run: &Run, found: &[u8]) -> io::Result<bool> {
        let before = |c: &Conversation| c.before_executing(&run.name, Place::Behind);
        let Some((possible, context, _)) = self.what_to_compare(&before).await? else { return Ok(false) };
        let encoding = self.session.lock().state.encoding();
        let world = self.session.route.world.load();
        let contexts = encoding.read(found).map(|text| contexts(&world, &context, &text)).unwrap_or_default();
        let Some(context) = contexts.into_iter().nth(run.turn).map(Arc::new) else { return Ok(true) };
        Ok(possible.is_empty() || prepared::is_any_stale(self.session, &possible, &context).await)
    }

    /// True when names may mean something else at one place of a text than at another.
    fn is_moved(&self, found: &[u8], one: usize, two: usize) -> bool {
        let conversation = self.session.lock();
        let context = conversation.context();
        let world = self.session.route.world.load();
        let contexts = conversation.state.encoding().read(found).map(|text| contexts(&world, &context, &text));
        contexts.is_none_or(|contexts| contexts.get(one) != contexts.get(two))
    }

    /// The prepared statements that a text executes.
    pub(super) async fn runs(&self, found: &[u8]) -> Vec<Run> {
        let (standard_conforming_strings, encoding) = {
            let state = &self.session.lock().state;
            (state.context().standard_conforming_strings, state.encoding())
        };
        let read = move |found: &[u8]| {
            // What cannot be read has its keywords in ASCII all the same.
            let text = encoding.read(found).unwrap_or_else(|| String::from_utf8_lossy(found));
            prepared::executed(&text, LexOptions { standard_conforming_strings })
        };
        decide::apart(found, read).await
    }
}
