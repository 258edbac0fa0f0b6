//! Watches files for whoever keeps something as they say: mappings, certificates, users.
//!
//! Contents are compared every second: the files are small, a comparison sees through renames, symlink swaps and coarse clocks, and works on
//! network file systems. (The `notify` crate would save these reads; its licence, CC0, is not one that we take.)

use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

/// How often files are compared.
const PERIOD: Duration = Duration::from_secs(1);

/// Why files are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Occasion {
    /// A second has passed.
    Tick,
    /// SIGHUP: whoever sends it is told how it went, whether or not something has changed.
    Asked,
}

/// Has `compare` look at its files on each occasion, until the process ends; `what` it keeps is for the log.
pub(super) async fn watch(what: &'static str, mut hangup: Signal, mut compare: impl FnMut(Occasion) + Send + 'static) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let occasion = tokio::select! {
            _ = ticks.tick() => Occasion::Tick,
            // None would mean that the process gets no signals any more; the ticks go on.
            Some(()) = hangup.recv() => Occasion::Asked,
        };
        // Disks can be slow, and what has changed is parsed there too.
        let compared = spawn_blocking(move || {
            compare(occasion);
            compare
        });
        match compared.await {
            Ok(back) => compare = back,
            Err(error) => {
                tracing::error!("reloading {what} has ended, those in use stay: {error}");
                return;
            }
        }
    }
}
