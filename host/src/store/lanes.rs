//! Whose turn it is: one lane of due deliveries for each subscription, served in turn, so that a slow destination
//! holds up only its own lane. Kept in memory and rebuilt at start. No I/O, no clock.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use crate::id::{DeliveryId, SubscriptionId};

pub(super) struct Lanes {
    in_flight_max: usize,
    lanes: HashMap<SubscriptionId, Lane>,
    ready: VecDeque<SubscriptionId>,
    timers: BTreeSet<(i64, SubscriptionId)>,
}

#[derive(Default)]
struct Lane {
    in_flight: HashSet<DeliveryId>,
    place: Place,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// Nothing is due, or as much is in flight as may be.
    #[default]
    Idle,
    Ready,
    Timer(i64),
    /// Nothing is delivered until the lane is resumed.
    Parked,
}

impl Lanes {
    pub(super) fn new(in_flight_max: usize) -> Lanes {
        Lanes { in_flight_max, lanes: HashMap::new(), ready: VecDeque::new(), timers: BTreeSet::new() }
    }

    /// Something in this lane is due at `at_ms`.
    pub(super) fn due(&mut self, id: &SubscriptionId, at_ms: i64) {
        let lane = self.lanes.entry(id.clone()).or_default();
        let is_sooner = match lane.place {
            Place::Idle => lane.in_flight.len() < self.in_flight_max,
            Place::Timer(timer) => at_ms < timer,
            Place::Ready | Place::Parked => false,
        };
        if is_sooner {
            self.set(id, Some(at_ms));
        }
    }

    /// The lane whose turn it is. The caller answers with `claimed` or `park`.
    pub(super) fn next(&mut self, now_ms: i64) -> Option<SubscriptionId> {
        while self.timers.first().is_some_and(|(at, _)| *at <= now_ms) {
            let Some((_, id)) = self.timers.pop_first() else { break };
            self.place(&id, Place::Ready);
            self.ready.push_back(id);
        }
        let id = self.ready.pop_front()?;
        self.place(&id, Place::Idle);
        Some(id)
    }

    /// When the next lane is due.
    pub(super) fn next_timer(&self) -> Option<i64> {
        self.timers.first().map(|(at, _)| *at)
    }

    pub(super) fn is_in_flight(&self, lane: &SubscriptionId, delivery: &DeliveryId) -> bool {
        self.lanes.get(lane).is_some_and(|lane| lane.in_flight.contains(delivery))
    }

    /// `delivery`, if any was found, is under way; the lane's next one is due at `next_ms`.
    pub(super) fn claimed(&mut self, id: &SubscriptionId, delivery: Option<&DeliveryId>, next_ms: Option<i64>) {
        let lane = self.lanes.entry(id.clone()).or_default();
        lane.in_flight.extend(delivery.cloned());
        self.set(id, next_ms);
    }

    /// `delivery` is no longer under way; the lane's next one is due at `next_ms`.
    pub(super) fn settled(&mut self, id: &SubscriptionId, delivery: &DeliveryId, next_ms: Option<i64>) {
        if let Some(lane) = self.lanes.get_mut(id) {
            lane.in_flight.remove(delivery);
        }
        self.set(id, next_ms);
    }

    pub(super) fn park(&mut self, id: &SubscriptionId) {
        self.leave_timer(id);
        self.place(id, Place::Parked);
    }

    pub(super) fn resume(&mut self, id: &SubscriptionId, next_ms: Option<i64>) {
        if self.lanes.get(id).is_some_and(|lane| lane.place == Place::Parked) {
            self.place(id, Place::Idle);
            self.set(id, next_ms);
        }
    }

    fn set(&mut self, id: &SubscriptionId, next_ms: Option<i64>) {
        let Some(lane) = self.lanes.get(id) else { return };
        if matches!(lane.place, Place::Ready | Place::Parked) {
            return;
        }
        let is_full = lane.in_flight.len() >= self.in_flight_max;
        self.leave_timer(id);
        match next_ms.filter(|_| !is_full) {
            Some(at) => {
                self.timers.insert((at, id.clone()));
                self.place(id, Place::Timer(at));
            }
            None => self.rest(id),
        }
    }

    fn rest(&mut self, id: &SubscriptionId) {
        if self.lanes.get(id).is_some_and(|lane| lane.in_flight.is_empty()) {
            self.lanes.remove(id);
        } else {
            self.place(id, Place::Idle);
        }
    }

    fn leave_timer(&mut self, id: &SubscriptionId) {
        if let Some(Place::Timer(at)) = self.lanes.get(id).map(|lane| lane.place) {
            self.timers.remove(&(at, id.clone()));
        }
    }

    fn place(&mut self, id: &SubscriptionId, place: Place) {
        self.lanes.entry(id.clone()).or_default().place = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_take_turns_however_long_one_of_them_is() {
        let (long, short) = (SubscriptionId::new(), SubscriptionId::new());
        let mut lanes = Lanes::new(10);
        lanes.due(&long, 0);
        lanes.due(&short, 5);
        let mut turns = Vec::new();
        for _ in 0..4 {
            let lane = lanes.next(9).unwrap();
            lanes.claimed(&lane, Some(&DeliveryId::new()), Some(0));
            turns.push(lane);
        }
        assert_eq!(turns, [long.clone(), short.clone(), long, short]);
    }

    #[test]
    fn a_full_lane_waits_until_one_of_its_deliveries_is_settled() {
        let (lane, delivery) = (SubscriptionId::new(), DeliveryId::new());
        let mut lanes = Lanes::new(1);
        lanes.due(&lane, 0);
        assert_eq!(lanes.next(0), Some(lane.clone()));
        lanes.claimed(&lane, Some(&delivery), Some(0));
        lanes.due(&lane, 0);
        assert_eq!(lanes.next(0), None);
        lanes.settled(&lane, &delivery, Some(0));
        assert_eq!(lanes.next(0), Some(lane));
    }

    #[test]
    fn a_parked_lane_gets_no_turn_until_it_is_resumed() {
        let lane = SubscriptionId::new();
        let mut lanes = Lanes::new(1);
        lanes.due(&lane, 0);
        lanes.park(&lane);
        lanes.due(&lane, 0);
        assert_eq!((lanes.next(9), lanes.next_timer()), (None, None));
        lanes.resume(&lane, Some(7));
        assert_eq!((lanes.next(6), lanes.next_timer()), (None, Some(7)));
        assert_eq!(lanes.next(7), Some(lane));
    }

    #[test]
    fn an_idle_lane_takes_no_memory() {
        let (lane, delivery) = (SubscriptionId::new(), DeliveryId::new());
        let mut lanes = Lanes::new(1);
        lanes.due(&lane, 0);
        lanes.next(0);
        lanes.claimed(&lane, Some(&delivery), None);
        lanes.settled(&lane, &delivery, None);
        assert!(lanes.lanes.is_empty() && lanes.timers.is_empty() && lanes.ready.is_empty());
    }
}
