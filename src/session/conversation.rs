//! What both directions of a session know of it, and what each answer of the server changes.
//!
//! The client's side puts expectations in; the server's side gives every answer that matters to [`Conversation::answer`],
//! which finds what it belongs to, keeps the names up to date, counts, and says what the client gets instead, if anything.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::called::Progress;
use super::expected::{Entry, Expected, Name, Named, Note};
use super::planned::Planned;
use super::queue::Queue;
use super::refresh::Changed;
use super::route::{Route, Shared};
use super::startup::Asked;
use super::state::State;
use super::steps::Steps;
use super::tally::Tally;
use super::words::Back;
use crate::metrics::{Login, Protocol};
use crate::rewrite::{Context, Effect};
use crate::wire::error::Fields;
use crate::wire::message::{self, Transaction};

/// `NAMEDATALEN` less its NUL: longer names mean what their beginning means.
const LONGEST_NAME: usize = 63;

/// One session, seen from the middle. What each message touches comes first, and together.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Conversation {
    pub(super) phase: Phase,
    /// Something was prepared that changes something when it is executed, or is read only then: seldom, and then all is looked at.
    pub(super) changing: bool,
    /// What the session changed in its transaction.
    changed: Changed,
    pub(super) queue: Queue,
    /// The server has answered something.
    pub(super) progress: Progress,
    /// How often a message was sent that may have moved what names mean.
    pub(super) moves: u64,
    /// Statements that were prepared through the protocol, as far as anything is to be known of them.
    pub(super) statements: HashMap<Name, Arc<Planned>>,
    pub(super) portals: HashMap<Name, Arc<Planned>>,
    /// Mapped tables that it has changed, or is about to, and whose change nobody else can see yet.
    changed_tables: BTreeSet<Arc<str>>,
    pub(super) tally: Tally,
    pub(super) state: State,
    pub(super) route: Arc<Route>,
    shared: Arc<Shared>,
    /// The last change of settings that the catalog has shown when the session began; none when it had not.
    settings: Option<u64>,
    /// The last change of the catalog, this session's or another's, whose reading a statement in legacy names has waited for.
    pub(super) waited_for: u64,
    /// The server has let the client in.
    pub(super) let_in: Progress,
    /// None once the login has ended.
    pub(super) steps: Option<Steps>,
}

/// How far the session is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// The server has not let it in yet.
    Login,
    /// It runs.
    Running,
    /// The server has said a last word, or the client has: the end of the stream is no surprise.
    Ending,
}

impl Conversation {
    pub(super) fn new(shared: Arc<Shared>, route: Arc<Route>, asked: Asked) -> Self {
        let catalog = route.world.load().catalog.clone();
        let state = State::new(&asked.user, asked.search_path.as_deref(), asked.another_role, &catalog);
        let application_name = asked.application_name.unwrap_or_default();
        Self {
            queue: Queue::at_login(Instant::now()),
            state,
            tally: Tally::new(shared.clone(), route.clone(), asked.user, application_name),
            route,
            statements: HashMap::new(),
            portals: HashMap::new(),
            moves: 0,
            changing: false,
            changed: Changed::Nothing,
            settings: asked.settings,
            changed_tables: BTreeSet::new(),
            waited_for: 0,
            phase: Phase::Login,
            progress: Progress::default(),
            let_in: Progress::default(),
            steps: None,
            shared,
        }
    }

    /// The login has ended like this.
    pub(super) fn login_ended(&mut self, outcome: Login) {
        self.shared.count_login(outcome);
        if let Some(mut steps) = self.steps.take() {
            steps.end(outcome);
        }
    }

    /// True when the server has answered everything that it was asked.
    pub(super) fn is_quiet(&self) -> bool {
        self.phase == Phase::Running && self.queue.is_empty()
    }

    /// True when nothing is under way and no transaction is open.
    pub(super) fn is_idle(&self) -> bool {
        self.is_quiet() && self.state.transaction() == Transaction::Idle
    }

    /// Of the mapping and the catalog.
    pub(super) fn generation(&self) -> u64 {
        self.route.world.load().generation
    }

    /// True when the client sent another text than the server answers to.
    pub(super) fn head_is_changed(&mut self) -> bool {
        self.head_plan().is_some_and(|p| p.is_changed())
    }

    /// What the next statement finds, if nothing is under way.
    pub(super) fn context(&self) -> Arc<Context> {
        let context = self.state.context();
        if self.changed_tables.is_empty() {
            return context;
        }
        Arc::new(Context { changed: self.changed_tables.clone(), ..context.as_ref().clone() })
    }

    /// The client sends a change of these.
    pub(super) fn changes_tables(&mut self, tables: impl IntoIterator<Item = Arc<str>>) {
        self.changed_tables.extend(tables);
    }

    /// A frame of the server which the client gets as it is. `body` is whole for the types that need it and else whatever is there.
    pub(super) fn answer(&mut self, tag: u8, body: &[u8], now: Instant) {
        match tag {
            b'1' => self.parsed(),
            b'2' => self.bound(),
            b'3' => self.closed(),
            b'T' | b'n' => drop(self.queue.take(|what| matches!(what, Expected::Describe(_)))),
            b's' => self.suspended(),
            b'C' => self.completed(body, now),
            b'I' => self.completed(b"", now),
            b'G' | b'W' => self.queue.copy_in(),
            b'Z' => self.ready(message::ready(body).unwrap_or_default()),
            b'S' => self.reported(body),
            b'V' => self.queue.answered(),
            _ => {}
        }
    }

    fn parsed(&mut self) {
        let Some(Entry { what: Expected::Parse { name, planned }, .. }) =
            self.queue.take(|what| matches!(what, Expected::Parse { .. }))
        else {
            return;
        };
        remember(&mut self.statements, name, planned);
    }

    fn bound(&mut self) {
        let Some(Entry { what: Expected::Bind { portal, statement }, .. }) =
            self.queue.take(|what| matches!(what, Expected::Bind { .. }))
        else {
            return;
        };
        let planned = self.statements.get(&statement).cloned();
        remember(&mut self.portals, portal, planned);
    }

    fn closed(&mut self) {
        match self.queue.take(|what| matches!(what, Expected::Close(_))).map(|entry| entry.what) {
            Some(Expected::Close(Named::Statement(name))) => drop(self.statements.remove(&name)),
            Some(Expected::Close(Named::Portal(name))) => drop(self.portals.remove(&name)),
            _ => {}
        }
    }

    /// A statement of the head has ended; its tag is in the body.
    fn completed(&mut self, body: &[u8], now: Instant) {
        // Nearly all are these, of which nothing need be known but that they have ended.
        let everyday = matches!(body.first_chunk::<7>(), Some(b"SELECT " | b"INSERT " | b"UPDATE " | b"DELETE "));
        let tag = || message::command_tag(body).unwrap_or_default();
        let Some(head) = self.queue.head() else { return };
        let note = head.note;
        let (protocol, planned, turn) = match &mut head.what {
            Expected::Query { planned, done, gives_up, .. } => {
                if let Some(name) = gives_up.take().filter(|_| tag() == "DEALLOCATE") {
                    self.statements.remove(&name);
                }
                *done += 1;
                // The next statement of the text begins where this one ends.
                head.note.arrived = now;
                head.note.kept = Duration::ZERO;
                (Protocol::Simple, planned.clone(), *done - 1)
            }
            Expected::Execute { portal } => {
                let planned = self.portals.get(portal).cloned();
                self.queue.take(|_| true);
                (Protocol::Extended, planned, 0)
            }
            _ => return,
        };
        self.queue.answered();
        if !everyday || planned.is_some() || note.hints.catalog {
            self.done(tag(), planned.as_ref(), turn, note);
        }
        self.tally.statement(protocol, planned.as_deref(), turn);
        self.tally.duration(note, now);
    }

    /// A statement did this, which may have changed what those behind it mean.
    fn done(&mut self, tag: &str, planned: Option<&Arc<Planned>>, turn: usize, note: Note) {
        let effect = planned.map_or(Effect::None, |planned| planned.effect(turn));
        self.state.completed(tag, &effect, note.hints.back);
        self.executed_by(planned.map(Arc::as_ref), turn);
        if let (Effect::Prepared(name), "PREPARE") = (&effect, tag) {
            let prepared = planned.and_then(|p| p.prepares(&self.route.world.load(), name)).map(Arc::new);
            self.changing |= prepared.as_ref().is_some_and(|planned| planned.changes_something());
            remember(&mut self.statements, self::name(name.as_bytes()), prepared);
        }
        let temporary = matches!(effect, Effect::Temporary(_) | Effect::TemporaryUntilCommit(_));
        if !temporary {
            self.changed = self.changed.max(changed(tag, note.hints.catalog));
        }
        if matches!(tag, "DISCARD ALL" | "DEALLOCATE ALL") {
            self.statements.clear();
        }
    }

    /// A portal has given some of its rows: what it does beside is done.
    fn suspended(&mut self) {
        let Some(Entry { what: Expected::Execute { portal }, .. }) =
            self.queue.take(|what| matches!(what, Expected::Execute { .. }))
        else {
            return;
        };
        if let Some(planned) = self.portals.get(&portal).cloned() {
            self.state.completed("", &planned.effect(0), Back::Unknown);
            self.executed_by(Some(&planned), 0);
        }
    }

    /// EXECUTE does what the statement does that was prepared, whatever else the statement around it does.
    fn executed_by(&mut self, planned: Option<&Planned>, turn: usize) {
        let run = planned.and_then(|planned| planned.runs.iter().find(|run| run.turn == turn));
        if let Some(prepared) = run.and_then(|run| self.statements.get(&run.name)).cloned() {
            self.state.completed("", &prepared.effect(0), Back::Unknown);
        }
    }

    /// The head has failed. Appends to `instead` what the client gets in place of the error, if it is not to get the same bytes.
    pub(super) fn failed(&mut self, body: &[u8], now: Instant, instead: &mut Vec<u8>) {
        let planned = self.head_plan();
        let turn = self.queue.head().map_or(0, |head| match &head.what {
            Expected::Query { done, .. } => *done,
            _ => 0,
        });
        self.count_failed(planned.as_deref(), turn, now);
        self.state.failed();
        if let Some(fields) = Fields::read(body) {
            if fields.ends_session() {
                if self.phase == Phase::Login {
                    self.login_ended(Login::Rejected);
                }
                self.phase = Phase::Ending;
            }
            self.translate(&fields, planned.as_deref(), turn, instead);
        }
        self.queue.failed();
    }

    /// Counts the statement that the error at hand ends. An error at Sync or behind a Query's last statement ends none.
    fn count_failed(&mut self, planned: Option<&Planned>, turn: usize, now: Instant) {
        let Some(head) = self.queue.head() else { return };
        let protocol = match &head.what {
            Expected::Query { .. } => Protocol::Simple,
            Expected::Parse { .. } | Expected::Bind { .. } | Expected::Refused(_) | Expected::Execute { .. } => {
                Protocol::Extended
            }
            _ => return,
        };
        let note = head.note;
        self.tally.statement(protocol, planned, turn);
        self.tally.duration(note, now);
    }

    fn ready(&mut self, status: Transaction) {
        if self.queue.takes_uncertain() {
            return self.state.ready(status);
        }
        let ended = self.queue.ready();
        if self.phase == Phase::Login && matches!(ended, Some(Entry { what: Expected::Login, .. })) {
            self.phase = Phase::Running;
            if self.settings != Some(self.route.refresh.last_settings()) {
                self.state.begins_unsure();
            }
            self.let_in.happens();
            self.login_ended(Login::Accepted);
        }
        self.state.ready(status);
        if status == Transaction::Idle {
            self.queue.settled();
            // Portals end with their transaction. (To clear what is empty takes its time, too.)
            if !self.portals.is_empty() {
                self.portals.clear();
            }
            if !self.changed_tables.is_empty() && self.queue.is_empty() {
                self.changed_tables.clear();
            }
            match std::mem::take(&mut self.changed) {
                Changed::Nothing => {}
                Changed::Tables => self.route.refresh.ask_after_change(Changed::Tables),
                // Roles are those of all databases.
                Changed::Settings => self.shared.routes().for_each(|r| r.refresh.ask_after_change(Changed::Settings)),
            }
        }
    }

    fn reported(&mut self, body: &[u8]) {
        let Some((name, value)) = message::parameter_status(body) else { return };
        if name == "application_name" {
            self.tally.rename(value);
        }
        self.state.reported(name, value);
    }

    /// The plan of the message that the next answer belongs to.
    pub(super) fn head_plan(&mut self) -> Option<Arc<Planned>> {
        match &self.queue.head()?.what {
            Expected::Query { planned, .. } | Expected::Parse { planned, .. } => planned.clone(),
            Expected::Refused(planned) => Some(planned.clone()),
            Expected::Bind { statement, .. } | Expected::Describe(Named::Statement(statement)) => {
                self.statements.get(statement).cloned()
            }
            Expected::Execute { portal } | Expected::Describe(Named::Portal(portal)) => {
                self.portals.get(portal).cloned()
            }
            Expected::Login | Expected::Close(_) | Expected::Sync | Expected::FunctionCall | Expected::CopyEnd => None,
        }
    }
}

/// What the server makes of a name.
pub(super) fn name(given: &[u8]) -> Name {
    given.get(..LONGEST_NAME).unwrap_or(given).into()
}

/// Each Parse and Bind replaces what is known of its name, also one of which nothing is to be known.
fn remember(known: &mut HashMap<Name, Arc<Planned>>, name: Name, planned: Option<Arc<Planned>>) {
    match planned {
        Some(planned) => drop(known.insert(name, planned)),
        // An empty map would hash the name, too.
        None if known.is_empty() => {}
        None => drop(known.remove(&name)),
    }
}

/// What a command of this tag can change; `hinted` when its text has words that make tables.
fn changed(tag: &str, hinted: bool) -> Changed {
    const OTHER_OBJECTS: [&str; 8] =
        ["TABLESPACE", "TRIGGER", "POLICY", "STATISTICS", "SUBSCRIPTION", "PUBLICATION", "SEQUENCE", "EVENT"];
    /// Who begins with which settings is told by ALTER alone.
    const WITH_SETTINGS: [&str; 3] = ["ROLE", "USER", "DATABASE"];
    let (verb, object) = tag.split_once(' ').unwrap_or((tag, ""));
    let is = |objects: &[&str]| objects.iter().any(|one| object.starts_with(one));
    match verb {
        "ALTER" if is(&WITH_SETTINGS) && object != "USER MAPPING" => Changed::Settings,
        // ALTER INDEX renames tables, too.
        "CREATE" | "DROP" if is(&OTHER_OBJECTS) || is(&WITH_SETTINGS) || is(&["INDEX"]) => Changed::Nothing,
        "ALTER" if is(&OTHER_OBJECTS) => Changed::Nothing,
        "CREATE" | "DROP" | "ALTER" | "IMPORT" | "GRANT" | "REVOKE" => Changed::Tables,
        // CREATE TABLE AS and SELECT INTO answer with the tag of their query.
        "SELECT" if hinted => Changed::Tables,
        _ => Changed::Nothing,
    }
}
