//! Whose turn it is: one lane of due deliveries for each subscription, served in turn, so that a slow destination
//! holds up only its own lane, and one that asks for patience gets nothing of its lane. Kept in memory and rebuilt at
//! start, holds excepted. No I/O, no clock.

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
    /// The destination asked for nothing before.
    held_until_ms: Option<i64>,
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
        let at_ms = lane.not_before(at_ms);
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
        while let Some(id) = self.ready.pop_front() {
            self.place(&id, Place::Idle);
            let Some(until) = self.held_until(&id).filter(|until| *until > now_ms) else {
                self.lanes.entry(id.clone()).or_default().held_until_ms = None;
                return Some(id);
            };
            self.set(&id, Some(until));
        }
        None
    }

    /// Nothing of this lane has its turn before `until_ms`. For a lane with something under way: settling it looks anew.
    pub(super) fn hold(&mut self, id: &SubscriptionId, until_ms: i64) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        lane.held_until_ms = lane.held_until_ms.max(Some(until_ms));
        if let Place::Timer(at) = lane.place {
            self.set(id, Some(at));
        }
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
        // A held lane has a timer even if nothing is due, so that it is remembered until then and forgotten after.
        let next_ms = next_ms.map(|at| lane.not_before(at)).or(lane.held_until_ms);
        self.leave_timer(id);
        match next_ms.filter(|_| !is_full) {
            Some(at) => {
                self.timers.insert((at, id.clone()));
                self.place(id, Place::Timer(at));
            }
            None => self.rest(id),
        }
    }

    fn held_until(&self, id: &SubscriptionId) -> Option<i64> {
        self.lanes.get(id)?.held_until_ms
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

impl Lane {
    fn not_before(&self, at_ms: i64) -> i64 {
        self.held_until_ms.map_or(at_ms, |until| until.max(at_ms))
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
    fn a_held_lane_gets_no_turn_before_its_time_whatever_is_due_in_it() {
        let (held, other, delivery) = (SubscriptionId::new(), SubscriptionId::new(), DeliveryId::new());
        let mut lanes = Lanes::new(2);
        lanes.due(&held, 0);
        assert_eq!(lanes.next(0), Some(held.clone()));
        lanes.claimed(&held, Some(&delivery), Some(0));
        lanes.due(&other, 0);
        lanes.hold(&held, 50);
        lanes.hold(&held, 20);
        assert_eq!((lanes.next(1), lanes.next(1)), (Some(other), None));
        lanes.settled(&held, &delivery, Some(30));
        lanes.due(&held, 2);
        assert_eq!((lanes.next(49), lanes.next_timer()), (None, Some(50)));
        assert_eq!(lanes.next(50), Some(held));
    }

    #[test]
    fn a_lane_that_is_held_when_its_turn_had_come_waits() {
        let (lane, delivery) = (SubscriptionId::new(), DeliveryId::new());
        let other = SubscriptionId::new();
        let mut lanes = Lanes::new(2);
        lanes.due(&lane, 0);
        lanes.next(0);
        lanes.due(&other, -1);
        lanes.claimed(&lane, Some(&delivery), Some(0));
        assert_eq!(lanes.next(0), Some(other));
        assert!(lanes.lanes[&lane].place == Place::Ready);
        lanes.hold(&lane, 9);
        assert_eq!((lanes.next(8), lanes.next_timer()), (None, Some(9)));
        assert_eq!(lanes.next(9), Some(lane));
    }

    #[test]
    fn a_hold_outlives_the_delivery_that_met_it_and_is_forgotten_after_its_time() {
        let (lane, delivery) = (SubscriptionId::new(), DeliveryId::new());
        let mut lanes = Lanes::new(1);
        lanes.due(&lane, 0);
        lanes.next(0);
        lanes.claimed(&lane, Some(&delivery), None);
        lanes.hold(&lane, 9);
        lanes.settled(&lane, &delivery, None);
        lanes.due(&lane, 1);
        assert_eq!((lanes.next(8), lanes.next_timer()), (None, Some(9)));
        assert_eq!(lanes.next(9), Some(lane.clone()));
        lanes.claimed(&lane, None, None);
        assert!(lanes.lanes.is_empty() && lanes.timers.is_empty() && lanes.ready.is_empty());
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
