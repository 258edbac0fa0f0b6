//! Whether new clients should come: the reasons against it, in words.

use std::sync::Arc;

use tokio::sync::watch;

use crate::backend::hosts::Hosts;
use crate::backend::refresh::{Refresher, Status};

/// One database whose catalog is read, what it is called, and the servers that have it.
pub(super) struct Watched {
    pub(super) name: String,
    pub(super) refresher: Refresher,
    pub(super) hosts: Arc<Hosts>,
}

/// Why the process should get no new clients; nothing when it should.
pub(super) fn unready(watched: &[Watched], draining: &watch::Receiver<bool>) -> Vec<String> {
    let mut reasons = Vec::new();
    if *draining.borrow() {
        reasons.push("draining".to_owned());
    }
    for Watched { name, refresher, hosts } in watched {
        match refresher.status() {
            // The roles of servers change between two readings.
            Status::Fresh => reasons.extend(hosts.misfits().map(|why| format!("{name}: {why}"))),
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
