//! The decision: what a statement in legacy names becomes in the current schema.
//!
//! [`plan`] is pure: text, [`World`] and [`Context`] in, [`Plan`] out. `session` calls it through [`Cache`].

mod plan;
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use plan::{Effect, Outcome, Plan, Refusal, Statement, Use};
pub use world::World;

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
