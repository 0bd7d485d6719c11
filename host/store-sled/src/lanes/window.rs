//! What stands first in each lane's queue, as far as somebody has looked: a queue of a million is read in runs, and not once for
//! each claim. Never claims to know all of a queue: when a window is empty, the queue is asked. Whoever puts something into
//! the queue that may belong into a window has it forgotten.

use std::collections::{HashMap, VecDeque};

use patchbay_model::id::{DeliveryId, SubscriptionId};

/// When a delivery is due, and which.
pub(crate) type Due = (i64, DeliveryId);

/// Deliveries in all windows, beyond one of each lane.
const WINDOWED_MAX: usize = 100_000;

#[derive(Default)]
pub(super) struct Windows {
    windows: HashMap<SubscriptionId, VecDeque<Due>>,
    count: usize,
}

impl Windows {
    /// `first` is how the queue of a lane begins, without what is under way.
    pub(super) fn fill(&mut self, lane: &SubscriptionId, first: Vec<Due>) {
        self.forget(lane);
        let room = WINDOWED_MAX.saturating_sub(self.count).max(1);
        let window: VecDeque<Due> = first.into_iter().take(room).collect();
        if !window.is_empty() {
            self.count += window.len();
            self.windows.insert(lane.clone(), window);
        }
    }

    pub(super) fn first(&self, lane: &SubscriptionId) -> Option<&Due> {
        self.windows.get(lane)?.front()
    }

    pub(super) fn take(&mut self, lane: &SubscriptionId) -> Option<DeliveryId> {
        let window = self.windows.get_mut(lane)?;
        let (_, id) = window.pop_front()?;
        self.count = self.count.saturating_sub(1);
        if window.is_empty() {
            self.windows.remove(lane);
        }
        Some(id)
    }

    /// Something came into the queue that is due at this time.
    pub(super) fn came(&mut self, lane: &SubscriptionId, at_ms: i64) {
        let last = self.windows.get(lane).and_then(VecDeque::back);
        if last.is_some_and(|(last, _)| at_ms <= *last) {
            self.forget(lane);
        }
    }

    pub(super) fn forget(&mut self, lane: &SubscriptionId) {
        let forgotten = self.windows.remove(lane).map_or(0, |window| window.len());
        self.count = self.count.saturating_sub(forgotten);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(at_ms: i64) -> Due {
        (at_ms, DeliveryId::new())
    }

    #[test]
    fn a_window_gives_back_in_order_what_was_put_in_and_then_nothing() {
        let (lane, first) = (SubscriptionId::new(), vec![due(1), due(1), due(2)]);
        let mut windows = Windows::default();
        windows.fill(&lane, first.clone());
        assert_eq!(windows.first(&lane), first.first());
        let taken: Vec<_> = std::iter::from_fn(|| windows.take(&lane)).collect();
        assert_eq!(taken, first.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
        assert!(windows.windows.is_empty() && windows.count == 0);
    }

    #[test]
    fn what_comes_after_a_window_leaves_it_and_what_comes_within_has_it_forgotten() {
        let lane = SubscriptionId::new();
        let mut windows = Windows::default();
        for (comes_at, is_kept) in [(3, true), (2, false), (0, false)] {
            windows.fill(&lane, vec![due(1), due(2)]);
            windows.came(&lane, comes_at);
            assert_eq!(windows.first(&lane).is_some(), is_kept, "{comes_at}");
        }
    }

    #[test]
    fn all_windows_have_a_bound_but_every_lane_has_its_first_one() {
        let mut windows = Windows::default();
        let lanes: Vec<_> = (0..WINDOWED_MAX / 100 + 10).map(|_| SubscriptionId::new()).collect();
        for lane in &lanes {
            windows.fill(lane, (0..100).map(due).collect());
        }
        assert_eq!(windows.count, WINDOWED_MAX + 10);
        assert!(lanes.iter().all(|lane| windows.first(lane).is_some()));
        lanes.iter().for_each(|lane| windows.forget(lane));
        assert_eq!(windows.count, 0);
    }
}
