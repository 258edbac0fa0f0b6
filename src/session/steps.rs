//! How long the phases of one login take, and how each ended. `startup` begins it, the conversation ends it.

use std::sync::Arc;
use std::time::Instant;

use crate::metrics::{Login, Metrics, Phase};

/// A login under way; one that is dropped before its end was abandoned.
#[derive(Debug)]
pub(super) struct Steps {
    metrics: Arc<Metrics>,
    began: Instant,
    /// The phase at hand and its begin; none after the end.
    at: Option<(Phase, Instant)>,
}

impl Steps {
    /// A client is there.
    pub(super) fn begin(metrics: Arc<Metrics>) -> Self {
        let now = Instant::now();
        Self { metrics, began: now, at: Some((Phase::Opening, now)) }
    }

    /// The phase at hand is done; `phase` begins.
    pub(super) fn next(&mut self, phase: Phase) {
        let now = Instant::now();
        if let Some((done, since)) = self.at.replace((phase, now)) {
            self.metrics.login_phase(done, Login::Accepted, now.duration_since(since).as_secs_f64());
        }
    }

    /// It is no login.
    pub(super) fn forget(&mut self) {
        self.at = None;
    }

    /// The login ends with the phase at hand.
    pub(super) fn end(&mut self, outcome: Login) {
        let Some((phase, since)) = self.at.take() else { return };
        self.metrics.login_phase(phase, outcome, since.elapsed().as_secs_f64());
        self.metrics.login_phase(Phase::Total, outcome, self.began.elapsed().as_secs_f64());
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.end(Login::Abandoned);
    }
}
