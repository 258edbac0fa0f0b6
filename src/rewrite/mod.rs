//! PLACEHOLDER: replaced by the real decision at merge. Knows renames by word, refuses writes to constants, nothing else.
//!
//! The decision: what a statement in legacy names becomes in the current schema.
//!
//! [`plan`] is pure: text, [`World`] and [`Context`] in, [`Plan`] out. `session` calls it through [`Cache`].

mod plan;
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use plan::{Effect, Outcome, Plan, Refusal, Statement, Use};
pub use world::World;

use crate::mapping::Kind;
use crate::text::{Edit, Edits, Span};

/// What the meaning of a text depends on beside the world: the session's own state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Context {
    /// The session's user, for `$user` in the search path.
    pub user: Arc<str>,
    /// Schemas in which unqualified names are looked up; none when the session may have changed it unseen.
    pub search_path: Option<Arc<[String]>>,
    /// Names of the session's temporary tables, which hide mapped ones.
    pub temporary: BTreeSet<String>,
    /// `standard_conforming_strings`.
    pub standard_conforming_strings: bool,
}

/// Plans by text.
#[derive(Debug, Default)]
pub struct Cache {}

impl World {
    /// False when nothing in the text can concern the mapping.
    pub fn concerns(&self, text: &[u8]) -> bool {
        let lower = text.to_ascii_lowercase();
        let holds = |name: &str| lower.windows(name.len().max(1)).any(|w| w == name.as_bytes());
        self.mappings.iter().flat_map(|m| &m.tables).any(|t| holds(&t.legacy))
    }
}

impl Cache {
    /// The decision.
    pub fn plan(&self, world: &World, context: &Context, source: &str) -> Arc<Plan> {
        let mut edits = Edits::new();
        let mut statements = Vec::new();
        let mut at = 0;
        for piece in source.split_inclusive(';') {
            if !piece.trim_matches([';', ' ', '\n']).is_empty() {
                statements.push(statement(world, context, piece, at, &mut edits));
            }
            at += piece.len();
        }
        if edits.is_empty() {
            return Arc::new(Plan { statements, ..Plan::default() });
        }
        let spliced = edits.splice(source);
        Arc::new(Plan { sql: Some(spliced.sql.into()), map: spliced.map, statements })
    }
}

fn statement(world: &World, context: &Context, piece: &str, at: usize, edits: &mut Edits) -> Statement {
    let span = Span::new(at, at + piece.trim_end_matches(';').len());
    let mut made = Statement { span, outcome: Outcome::Unchanged, uses: vec![], refusal: None, effect: effect(piece) };
    for mapping in &world.mappings {
        for table in mapping.tables.iter().filter(|t| piece.contains(t.legacy.as_ref())) {
            for column in &table.columns {
                let places: Vec<usize> =
                    words(piece).filter(|(_, w)| *w == column.legacy.as_ref()).map(|(i, _)| i).collect();
                let Some(&first) = places.first() else { continue };
                let became: Arc<str> = match &column.kind {
                    Kind::Rename { column } => column.as_str().into(),
                    _ => "".into(),
                };
                if became.is_empty() || context.search_path.is_none() {
                    let marker = format!("exonym_refused_{at}");
                    let text = format!("TABLE \"{marker}\"");
                    edits.push(Edit { span, text }).expect("pieces are apart");
                    made.outcome = Outcome::Refused;
                    made.refusal = Some(Refusal {
                        sqlstate: "428C9",
                        message: format!("column \"{}\" can only be read", column.legacy),
                        hint: Some("write its source instead".into()),
                        at: Some(at + first),
                        marker,
                    });
                    return made;
                }
                for place in places {
                    let span = Span::new(at + place, at + place + column.legacy.len());
                    edits.push(Edit { span, text: became.to_string() }).expect("words are apart");
                }
                made.outcome = Outcome::Rewritten;
                made.uses.push(Use {
                    mapping: mapping.name.clone(),
                    table: table.legacy.clone(),
                    column: column.legacy.clone(),
                    kind: column.kind.name(),
                    became,
                });
            }
        }
    }
    made
}

fn effect(piece: &str) -> Effect {
    let lower = piece.trim().trim_end_matches(';').to_ascii_lowercase();
    if let Some(list) = lower.strip_prefix("set search_path = ") {
        return Effect::SearchPath(list.split(',').map(|s| s.trim().to_owned()).collect());
    }
    match lower.as_str() {
        "discard all" => Effect::Discard,
        "reset search_path" => Effect::DefaultSearchPath,
        _ if lower.starts_with("set role") || lower.starts_with("set local") => Effect::Unsure,
        _ => Effect::None,
    }
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(|c: char| !c.is_alphanumeric() && c != '_').map(move |word| {
        let start = at;
        at += word.len() + text[at + word.len()..].chars().next().map_or(0, char::len_utf8);
        (start, word)
    })
}
