//! Removes what has expired and what there is too much of, again and again.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;
use patchbay_model::clock;
use patchbay_store::Swept;
use patchbay_store_sled::{KEYS_EXPIRED_AT_ONCE_MAX, Store};

/// The shortest pause between two sweeps.
const SWEEP_GAP_MIN: Duration = Duration::from_secs(1);

pub struct Sweep {
    pub store: Store,
    pub metrics: Arc<Metrics>,
    /// The pause between two sweeps.
    pub gap_ms: u64,
    pub retention_ms: u64,
    pub idempotency_ms: u64,
}

/// Removes what has expired and what there is too much of, again and again; at once where the room runs short.
pub async fn run(sweep: Sweep, stop: CancellationToken) {
    let gap = Duration::from_millis(sweep.gap_ms);
    let mut is_short = false;
    while stop.run_until_cancelled(next_sweep(&sweep, gap, is_short)).await.is_some() {
        let before = clock::before_ms(clock::now(), sweep.retention_ms);
        let keys_before = clock::before_ms(clock::now(), sweep.idempotency_ms);
        expire_keys(&sweep, keys_before, &stop).await;
        let stopping = stop.clone();
        match sweep.store.sweep(before, move || stopping.is_cancelled()).await {
            Ok(swept) => {
                is_short = swept.is_still_short;
                sweep.metrics.swept(&swept);
                tell(&swept);
            }
            Err(error) => tracing::error!(%error, "the sweep failed"),
        }
    }
}

async fn expire_keys(sweep: &Sweep, before: jiff::Timestamp, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match sweep.store.expire_keys(before) {
            Ok(count) if count < KEYS_EXPIRED_AT_ONCE_MAX as u64 => return,
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => return tracing::error!(%error, "idempotency keys were not expired"),
        }
    }
}

async fn next_sweep(sweep: &Sweep, gap: Duration, is_short: bool) {
    tokio::time::sleep(gap.min(SWEEP_GAP_MIN)).await;
    // Where nothing may go, asking more often does not help.
    let called = async { if is_short { std::future::pending().await } else { sweep.store.room_called_for().await } };
    let _ = tokio::time::timeout(gap.saturating_sub(SWEEP_GAP_MIN), called).await;
}

fn tell(swept: &Swept) {
    if swept.removed_for_room + swept.let_go_for_room > 0 {
        tracing::warn!(
            requests = swept.removed_for_room,
            waiting_events = swept.let_go_for_room,
            "the room ran short: the oldest finished requests were removed, the oldest waiting events wait no longer"
        );
    }
    if swept.ended_for_room > 0 {
        tracing::warn!(
            deliveries = swept.ended_for_room,
            "the room ran short: the oldest deliveries to disabled subscriptions ended as dead letters"
        );
    }
    if swept.undelivered > 0 {
        tracing::warn!(
            deliveries = swept.undelivered,
            "deliveries expired that had not been made: their subscriptions were disabled for as long as events are kept"
        );
    }
    if swept.is_still_short {
        tracing::error!("the room is short, and all that is kept is still to be delivered; see --retention-bytes");
    }
    if (swept.expired, swept.trimmed, swept.files_removed) != (0, 0, 0) {
        let Swept { expired, trimmed, moved_bytes, files_removed, .. } = *swept;
        tracing::info!(requests = expired, waiting_events = trimmed, moved_bytes, files_removed, "expired");
    }
}
