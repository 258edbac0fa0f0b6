//! Open files: as many as the clients need, as far as the system allows, and some that no client gets.
//!
//! A session takes two, a client on its way to one takes one. The rest of the process has to go on when those are used up: the admin port,
//! reloads, the logins that read catalogs and ask for verifiers, requests to cancel.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::session::Shared;

/// What is kept from the clients; of fewer than twice as many, half.
const RESERVE: usize = 100;

/// What the process itself begins with: listeners, and what its own runtime takes.
const OWN: usize = 100;

/// What each thread of sessions takes, with the one beside it.
const THREAD: usize = 7;

/// Lets the process have as many as `max_connections` needs, as far as the system allows.
pub(super) fn raise(max_connections: usize, threads: usize) {
    let own = OWN.saturating_add(threads.saturating_mul(THREAD));
    let needed = max_connections.saturating_mul(3).saturating_add(RESERVE).saturating_add(own);
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    let limit = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= needed);
    if enough(limit.current) {
        return;
    }
    let wanted = if enough(limit.maximum) { Some(needed) } else { limit.maximum };
    // Where it fails, there is what there was.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: wanted, maximum: limit.maximum });
}

/// Gives the clients what is left, but for the reserve. Called when everything else is open.
pub(super) fn share(shared: &Shared, max_connections: usize) {
    let Some(limit) = getrlimit(Resource::Nofile).current else { return };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let open = fs::read_dir("/dev/fd").map_or(OWN, Iterator::count);
    let left = limit.saturating_sub(open);
    let most = shared.fit_into(left - RESERVE.min(left / 2));
    if most < max_connections {
        tracing::warn!(
            open_files = limit,
            sessions = most,
            "the limit of open files is too low for `max_connections`; raise it (`ulimit -n`, LimitNOFILE=) or lower `max_connections`"
        );
    }
}
