//! Whether new clients should come: the reasons against it, in words.

use std::sync::Arc;

use tokio::sync::watch;

use crate::backend::refresh::{Refresher, Status};

/// One database whose catalog is read, and what it is called.
pub(super) struct Watched {
    pub(super) name: String,
    pub(super) refresher: Refresher,
}

/// Why the process should get no new clients; nothing when it should.
pub(super) fn unready(watched: &[Watched], draining: &watch::Receiver<bool>) -> Vec<String> {
    let mut reasons = Vec::new();
    if *draining.borrow() {
        reasons.push("draining".to_owned());
    }
    for Watched { name, refresher } in watched {
        match refresher.status() {
            Status::Fresh => {}
            Status::Starting => reasons.push(format!("{name}: the catalog has not been read yet")),
            Status::Failed { why } => reasons.push(format!("{name}: {why}")),
        }
    }
    reasons
}

/// The same as a function to be called at each request.
pub(super) fn question(watched: Vec<Watched>, draining: watch::Receiver<bool>) -> crate::http::admin::Unready {
    Arc::new(move || unready(&watched, &draining))
}
