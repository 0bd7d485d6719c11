//! Makes room when more is kept than should be: the oldest requests go first, and only those that are finished. Where that
//! is not enough, the oldest events that wait for a subscription stop waiting; where there are none, the oldest deliveries
//! that wait for a disabled one end as dead letters, or one customer who left would stop the webhooks of all. Both go after
//! that, as what is finished does. What is still to be delivered never goes.

use super::keys::{Key, Table};
use super::retention::{REQUESTS_REMOVED_AT_ONCE_MAX, Which};
use super::{Error, Store, decode};
use patchbay_model::delivery::DeliveryStatus;
use patchbay_model::id::RequestId;
use patchbay_model::subscription::{Reason, Status};
use patchbay_model::webhook_request::WebhookRequest;
use patchbay_store::Swept;

/// How many passes one sweep makes. The next one goes on from there.
const PASSES_MAX: usize = 20;

/// What is written of a delivery that ended for want of room.
const PARKED_TOO_LONG: &str = "its subscription was disabled and the room for what is kept ran short; enable the subscription, then retry the delivery";

/// How far the sweeps have come, from the oldest request on.
#[derive(Default)]
pub(super) struct Walk {
    after: Option<RequestId>,
    phase: Phase,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// Finished requests are removed.
    #[default]
    Finished,
    /// There were none: waiting events are let go.
    Waiting,
    /// There were none of these either: what waits for a disabled subscription ends.
    Parked,
}

/// What keeps a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Finished,
    /// Events of it wait for a subscription.
    Waiting,
    /// All of it that is to be delivered waits for disabled subscriptions.
    Parked,
    /// Something of it is to be delivered.
    Pending,
}

impl Store {
    /// Removes what may go until there is no more than there should be.
    pub(super) fn make_room(
        &self,
        walk: &mut Walk,
        swept: &mut Swept,
        is_stopping: impl Fn() -> bool,
    ) -> Result<(), Error> {
        for _ in 0..PASSES_MAX {
            if self.inner.room.excess_bytes() == 0 {
                *walk = Walk::default();
                return Ok(());
            }
            if is_stopping() {
                return Ok(());
            }
            let is_at_end = match walk.phase {
                Phase::Finished => self.remove_finished(walk, swept)?,
                Phase::Waiting => self.let_waiting_go(walk, swept)?,
                Phase::Parked => self.end_parked(walk, swept)?,
            };
            if !is_at_end {
                continue;
            }
            walk.after = None;
            // What was let go or ended is finished: the next round begins with it.
            walk.phase = match walk.phase {
                Phase::Finished => Phase::Waiting,
                Phase::Waiting if swept.let_go_for_room == 0 => Phase::Parked,
                Phase::Waiting | Phase::Parked => Phase::Finished,
            };
            if walk.phase == Phase::Finished {
                swept.is_still_short = swept.let_go_for_room + swept.ended_for_room == 0;
                return Ok(());
            }
        }
        Ok(())
    }

    /// One pass; returns whether it came to the end.
    fn remove_finished(&self, walk: &mut Walk, swept: &mut Swept) -> Result<bool, Error> {
        let requests = self.next_requests(walk.after.as_ref())?;
        for request in &requests {
            if self.inner.room.excess_bytes() == 0 {
                return Ok(false);
            }
            walk.after = Some(request.id.clone());
            if self.standing(request)? == Standing::Finished {
                swept.removed_for_room += u64::from(self.remove_request(request, Which::Finished, swept)?);
            }
        }
        Ok(requests.len() < REQUESTS_REMOVED_AT_ONCE_MAX)
    }

    /// One pass; returns whether it came to the end, or let go as much as is too much.
    fn let_waiting_go(&self, walk: &mut Walk, swept: &mut Swept) -> Result<bool, Error> {
        let why = Reason::new("room_short", "the room for what is kept ran short; the oldest events stopped waiting");
        let mut excess = self.inner.room.excess_bytes();
        let requests = self.next_requests(walk.after.as_ref())?;
        for request in &requests {
            walk.after = Some(request.id.clone());
            if self.standing(request)? != Standing::Waiting {
                continue;
            }
            let mut bytes = bytes_of(request);
            for event in self.events_of_request(&request.id)? {
                bytes += u64::from(event.payload.len);
                swept.let_go_for_room += u64::from(self.let_go(&event.id, &why)?);
            }
            excess = excess.saturating_sub(bytes);
            if excess == 0 {
                return Ok(true);
            }
        }
        Ok(requests.len() < REQUESTS_REMOVED_AT_ONCE_MAX)
    }

    /// One pass; returns whether it came to the end, or ended as much as is too much.
    fn end_parked(&self, walk: &mut Walk, swept: &mut Swept) -> Result<bool, Error> {
        let mut excess = self.inner.room.excess_bytes();
        let requests = self.next_requests(walk.after.as_ref())?;
        for request in &requests {
            walk.after = Some(request.id.clone());
            if self.standing(request)? != Standing::Parked {
                continue;
            }
            let mut bytes = bytes_of(request);
            for event in self.events_of_request(&request.id)? {
                bytes += u64::from(event.payload.len);
                for delivery in self.deliveries_of_event(&event.id)? {
                    swept.ended_for_room += u64::from(self.end_parked_delivery(&delivery, PARKED_TOO_LONG)?);
                }
            }
            excess = excess.saturating_sub(bytes);
            if excess == 0 {
                return Ok(true);
            }
        }
        Ok(requests.len() < REQUESTS_REMOVED_AT_ONCE_MAX)
    }

    /// Some requests in the order in which they came, from the oldest or from after another.
    pub(super) fn next_requests(&self, after: Option<&RequestId>) -> Result<Vec<WebhookRequest>, Error> {
        let range = Key::new(Table::Request).all_after(after.map(|id| id.as_str().as_bytes()));
        let rows = self.inner.tree.range(range).take(REQUESTS_REMOVED_AT_ONCE_MAX);
        rows.map(|row| decode(&row?.1)).collect()
    }

    fn standing(&self, request: &WebhookRequest) -> Result<Standing, Error> {
        let mut standing = Standing::Finished;
        if request.event_count == 0 {
            return Ok(standing);
        }
        for event in self.events_of_request(&request.id)? {
            if event.is_waiting() {
                standing = standing.max(Standing::Waiting);
            } else if event.delivery_count > 0 {
                for delivery in self.deliveries_of_event(&event.id)? {
                    if delivery.status != DeliveryStatus::Pending {
                        continue;
                    }
                    let subscription = self.subscription(&delivery.subscription)?;
                    if subscription.is_none_or(|subscription| subscription.status != Status::Disabled) {
                        return Ok(Standing::Pending);
                    }
                    standing = standing.max(Standing::Parked);
                }
            }
        }
        Ok(standing)
    }
}

/// What goes with a request, payloads aside.
fn bytes_of(request: &WebhookRequest) -> u64 {
    let content = request.content.iter().flat_map(|content| [content.received, content.body]);
    content.map(|place| u64::from(place.len)).sum::<u64>() + u64::from(request.record_bytes)
}
