//! How long the destination of a subscription has failed without a break. A record beside the subscription, so that an
//! attempt writes nothing that its owner may be changing; there is none while all is well.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sled::transaction::TransactionalTree;

use super::keys::{Key, Table};
use super::{Abort, read, remove, write};
use patchbay_model::id::SubscriptionId;

/// Every attempt since then has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Failing {
    since: Timestamp,
    last: Timestamp,
}

/// Writes down a failed attempt, and returns since when there were only such. Silence for longer than `break_ms` counts as
/// a break: one failure now and one long ago do not make a destination that fails.
pub(super) fn failed(
    tx: &TransactionalTree,
    id: &SubscriptionId,
    at: Timestamp,
    break_ms: u64,
) -> Result<Timestamp, Abort> {
    let earlier = read::<Failing>(tx, &failing_key(id))?;
    let since = earlier.filter(|earlier| is_within(earlier.last, at, break_ms)).map_or(at, |earlier| earlier.since);
    write(tx, failing_key(id), &Failing { since, last: at })?;
    Ok(since)
}

/// Begins anew: an attempt succeeded, or the subscription is another than before.
pub(super) fn works(tx: &TransactionalTree, id: &SubscriptionId) -> Result<(), Abort> {
    if tx.get(failing_key(id))?.is_some() {
        remove(tx, failing_key(id))?;
    }
    Ok(())
}

/// Whether `later` is at most this long after `earlier`.
pub(super) fn is_within(earlier: Timestamp, later: Timestamp, ms: u64) -> bool {
    u64::try_from(later.as_millisecond() - earlier.as_millisecond()).unwrap_or(0) <= ms
}

fn failing_key(id: &SubscriptionId) -> Key {
    Key::new(Table::Failing).tail(id.as_str())
}
