//! When it is whose turn: one lane of due deliveries for each subscription, so that a slow destination holds up only its own
//! lane, and one that asks for patience gets nothing of its lane. Kept in memory and found again after a start, holds excepted.
//! No I/O, no clock. Who goes first of those that are due is `turns.rs`.

mod window;

use patchbay_store::Bounds;
use std::collections::{BTreeSet, HashMap};

pub(super) use self::window::Due;
use self::window::Windows;
use super::turns::{Heard, Turns, Way};
use patchbay_model::id::{DeliveryId, SubscriptionId};

pub(super) struct Lanes {
    per_subscription_max: usize,
    lanes: HashMap<SubscriptionId, Lane>,
    timers: BTreeSet<(i64, SubscriptionId)>,
    turns: Turns,
    windows: Windows,
    pub(super) search: Search,
}

/// How far the lanes have been found in which something waited at the start, in the order of their ids.
pub(super) enum Search {
    Begins,
    After(SubscriptionId),
    Ended,
}

#[derive(Default)]
struct Lane {
    /// Each with the way that it went.
    in_flight: HashMap<DeliveryId, Way>,
    place: Place,
    /// The way of what goes next; `None` until somebody has looked.
    way: Option<Way>,
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
    pub(super) fn new(bounds: Bounds) -> Lanes {
        Lanes {
            per_subscription_max: bounds.per_subscription_max,
            lanes: HashMap::new(),
            timers: BTreeSet::new(),
            turns: Turns::new(bounds),
            windows: Windows::default(),
            search: Search::Begins,
        }
    }

    /// Something in this lane is due at `at_ms`.
    pub(super) fn due(&mut self, id: &SubscriptionId, at_ms: i64) {
        self.windows.came(id, at_ms);
        let per_subscription_max = self.per_subscription_max;
        let lane = self.lanes.entry(id.clone()).or_default();
        let at_ms = lane.not_before(at_ms);
        let is_sooner = match lane.place {
            Place::Idle => !lane.is_full(per_subscription_max),
            Place::Timer(timer) => at_ms < timer,
            Place::Ready | Place::Parked => false,
        };
        if is_sooner {
            self.set(id, Some(at_ms));
        }
    }

    /// A lane that is due and of which nobody knows where it goes. The caller answers with `goes` or `park`.
    pub(super) fn arrived(&mut self, now_ms: i64) -> Option<SubscriptionId> {
        while self.timers.first().is_some_and(|(at, _)| *at <= now_ms) {
            let Some((_, id)) = self.timers.pop_first() else { break };
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            lane.place = Place::Idle;
            let Some(way) = lane.way.clone() else { return Some(id) };
            self.queue_up(id, &way);
        }
        None
    }

    /// A lane that is due goes this way, which may be another than before.
    pub(super) fn goes(&mut self, id: SubscriptionId, way: Way) {
        let lane = self.lanes.entry(id.clone()).or_default();
        if lane.way.as_ref() != Some(&way) {
            self.turns.join(&way);
            if let Some(before) = lane.way.replace(way.clone()) {
                self.turns.leave(&before);
            }
        }
        if lane.is_full(self.per_subscription_max) {
            lane.place = Place::Idle;
        } else {
            self.queue_up(id, &way);
        }
    }

    /// Whether the lane whose turn it is goes this way.
    pub(super) fn is_on_way(&self, id: &SubscriptionId, way: &Way) -> bool {
        self.lanes.get(id).is_some_and(|lane| lane.way.as_ref() == Some(way))
    }

    /// The lane whose turn it is. The caller answers with `looked`, `goes` or `park`.
    pub(super) fn next(&mut self, now_ms: i64) -> Option<SubscriptionId> {
        while let Some(id) = self.turns.next() {
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            lane.place = Place::Idle;
            let Some(until) = lane.held_until_ms.filter(|until| *until > now_ms) else {
                lane.held_until_ms = None;
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

    /// Forgets a hold; the lane's next one is due at `next_ms`.
    pub(super) fn lift(&mut self, id: &SubscriptionId, next_ms: Option<i64>) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        if lane.held_until_ms.take().is_some() {
            self.set(id, next_ms);
        }
    }

    /// When the next lane is due.
    pub(super) fn next_timer(&self) -> Option<i64> {
        self.timers.first().map(|(at, _)| *at)
    }

    pub(super) fn is_in_flight(&self, lane: &SubscriptionId, delivery: &DeliveryId) -> bool {
        self.lanes.get(lane).is_some_and(|lane| lane.in_flight.contains_key(delivery))
    }

    /// How the lane's queue begins, without what is under way.
    pub(super) fn read(&mut self, id: &SubscriptionId, first: Vec<Due>) {
        self.windows.fill(id, first);
    }

    /// What was read of the lane's queue and not taken: when the first of it is due.
    pub(super) fn first(&self, id: &SubscriptionId) -> Option<i64> {
        self.windows.first(id).map(|(at, _)| *at)
    }

    /// Takes that one.
    pub(super) fn take(&mut self, id: &SubscriptionId) -> Option<DeliveryId> {
        self.windows.take(id)
    }

    /// Something in the lane's queue is not as it was read.
    pub(super) fn forget_read(&mut self, id: &SubscriptionId) {
        self.windows.forget(id);
    }

    /// `delivery` of the lane whose turn it was is under way. The caller goes on with `looked`.
    pub(super) fn claimed(&mut self, id: &SubscriptionId, delivery: &DeliveryId) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        let Some(way) = lane.way.clone() else { return };
        self.turns.begin(&way);
        lane.in_flight.insert(delivery.clone(), way);
    }

    /// `delivery` is no longer under way. The caller goes on with `looked`.
    pub(super) fn ended(&mut self, id: &SubscriptionId, delivery: &DeliveryId, heard: Heard) {
        if let Some(way) = self.lanes.get_mut(id).and_then(|lane| lane.in_flight.remove(delivery)) {
            self.turns.end(&way, heard);
        }
    }

    /// The lane's next one, as far as it is not under way, is due at `next_ms`.
    pub(super) fn looked(&mut self, id: &SubscriptionId, next_ms: Option<i64>) {
        self.set(id, next_ms);
    }

    pub(super) fn park(&mut self, id: &SubscriptionId) {
        self.windows.forget(id);
        self.leave_timer(id);
        self.place(id, Place::Parked);
    }

    pub(super) fn resume(&mut self, id: &SubscriptionId, next_ms: Option<i64>) {
        if self.lanes.get(id).is_some_and(|lane| lane.place == Place::Parked) {
            self.windows.forget(id);
            self.place(id, Place::Idle);
            self.set(id, next_ms);
        }
    }

    fn set(&mut self, id: &SubscriptionId, next_ms: Option<i64>) {
        let Some(lane) = self.lanes.get(id) else { return };
        if matches!(lane.place, Place::Ready | Place::Parked) {
            return;
        }
        let is_full = lane.is_full(self.per_subscription_max);
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

    fn queue_up(&mut self, id: SubscriptionId, way: &Way) {
        self.place(&id, Place::Ready);
        self.turns.queue_up(id, way);
    }

    fn rest(&mut self, id: &SubscriptionId) {
        if !self.lanes.get(id).is_some_and(|lane| lane.in_flight.is_empty()) {
            return self.place(id, Place::Idle);
        }
        self.windows.forget(id);
        if let Some(way) = self.lanes.remove(id).and_then(|lane| lane.way) {
            self.turns.leave(&way);
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

    fn is_full(&self, per_subscription_max: usize) -> bool {
        self.in_flight.len() >= self.way.as_ref().map_or(per_subscription_max, |way| way.in_flight_max)
    }
}

#[cfg(test)]
mod tests;
