//! Who goes next of the lanes that have something due: destination hosts in turn, at each of them the customers in turn, of
//! each its lanes in turn. A host or customer that has as much under way as it may is passed over until some of it ends.
//! No I/O, no clock. Costs the same however many lanes wait at a host that is full.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::id::SubscriptionId;

/// How much may be under way at the same time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Of one subscription that says nothing else.
    pub(crate) per_subscription_max: usize,
    pub(crate) per_customer_max: usize,
    pub(crate) per_host_max: usize,
    /// So many attempts in a row without any answer, and their host gets one at a time until it answers.
    pub(crate) silences_in_a_row_max: u32,
}

/// Where the deliveries of a lane go, whose they are, and how many of them may be under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) host: Arc<str>,
    pub(super) customer: Arc<str>,
    pub(super) in_flight_max: usize,
}

/// Whether a destination said anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Something,
    Nothing,
    /// It was not asked.
    NotAsked,
}

pub(super) struct Turns {
    bounds: Bounds,
    hosts: HashMap<Arc<str>, Host>,
    customers: HashMap<Arc<str>, Customer>,
    /// Hosts that may have room and something for them.
    turns: VecDeque<Arc<str>>,
}

/// Kept as long as a lane leads there.
#[derive(Default)]
struct Host {
    lanes: usize,
    in_flight: usize,
    silences: u32,
    has_a_turn: bool,
    /// Customers that may have room and have something for this host, each once.
    customers: VecDeque<Arc<str>>,
    ready: HashMap<Arc<str>, VecDeque<SubscriptionId>>,
}

#[derive(Default)]
struct Customer {
    lanes: usize,
    in_flight: usize,
    /// Hosts at which it lost its turn for want of room.
    waits_at: HashSet<Arc<str>>,
}

impl Turns {
    pub(super) fn new(bounds: Bounds) -> Turns {
        Turns { bounds, hosts: HashMap::new(), customers: HashMap::new(), turns: VecDeque::new() }
    }

    /// A lane goes this way from now on.
    pub(super) fn join(&mut self, way: &Way) {
        self.hosts.entry(Arc::clone(&way.host)).or_default().lanes += 1;
        self.customers.entry(Arc::clone(&way.customer)).or_default().lanes += 1;
    }

    /// It does so no more, with nothing ready and nothing under way.
    pub(super) fn leave(&mut self, way: &Way) {
        if let Some(host) = self.hosts.get_mut(&way.host) {
            host.lanes = host.lanes.saturating_sub(1);
        }
        if let Some(customer) = self.customers.get_mut(&way.customer) {
            customer.lanes = customer.lanes.saturating_sub(1);
        }
        self.forget_unused(way);
    }

    /// A lane that goes this way waits for its turn.
    pub(super) fn queue_up(&mut self, lane: SubscriptionId, way: &Way) {
        let host = self.hosts.entry(Arc::clone(&way.host)).or_default();
        let ready = host.ready.entry(Arc::clone(&way.customer)).or_default();
        ready.push_back(lane);
        let is_new = ready.len() == 1;
        if is_new {
            host.customers.push_back(Arc::clone(&way.customer));
        }
        self.offer(&way.host);
    }

    /// The lane whose turn it is.
    pub(super) fn next(&mut self) -> Option<SubscriptionId> {
        while let Some(name) = self.turns.pop_front() {
            let Some(host) = self.hosts.get_mut(&name) else { continue };
            host.has_a_turn = false;
            if host.in_flight >= self.bounds.at(host) {
                // It gets its turn back when something ends.
                continue;
            }
            let Some(customer) = host.customers.pop_front() else { continue };
            let lane = if has_room(&self.customers, &self.bounds, &customer) {
                host.take(&customer)
            } else {
                let waiting = self.customers.entry(customer).or_default();
                waiting.waits_at.insert(Arc::clone(&name));
                None
            };
            self.offer(&name);
            if lane.is_some() {
                return lane;
            }
        }
        None
    }

    /// Something of a lane that goes this way is under way.
    pub(super) fn begin(&mut self, way: &Way) {
        self.hosts.entry(Arc::clone(&way.host)).or_default().in_flight += 1;
        self.customers.entry(Arc::clone(&way.customer)).or_default().in_flight += 1;
    }

    /// It is no longer.
    pub(super) fn end(&mut self, way: &Way, heard: Heard) {
        if let Some(host) = self.hosts.get_mut(&way.host) {
            host.in_flight = host.in_flight.saturating_sub(1);
            host.silences = match heard {
                Heard::Something => 0,
                Heard::Nothing => host.silences.saturating_add(1),
                Heard::NotAsked => host.silences,
            };
        }
        let waits_at = self.customers.get_mut(&way.customer).map(|customer| {
            customer.in_flight = customer.in_flight.saturating_sub(1);
            std::mem::take(&mut customer.waits_at)
        });
        for name in waits_at.into_iter().flatten() {
            if let Some(host) = self.hosts.get_mut(&name) {
                host.customers.push_back(Arc::clone(&way.customer));
            }
            self.offer(&name);
        }
        self.offer(&way.host);
        self.forget_unused(way);
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.customers.is_empty()
    }

    /// Gives a host a turn if it has room and something is there for it.
    fn offer(&mut self, name: &Arc<str>) {
        let Some(host) = self.hosts.get_mut(name) else { return };
        if !host.has_a_turn && host.in_flight < self.bounds.at(host) && !host.customers.is_empty() {
            host.has_a_turn = true;
            self.turns.push_back(Arc::clone(name));
        }
    }

    fn forget_unused(&mut self, way: &Way) {
        if self.hosts.get(&way.host).is_some_and(|host| host.lanes == 0 && host.in_flight == 0) {
            self.hosts.remove(&way.host);
        }
        if self.customers.get(&way.customer).is_some_and(|customer| customer.lanes == 0 && customer.in_flight == 0) {
            self.customers.remove(&way.customer);
        }
    }
}

impl Host {
    /// The next lane of a customer whose turn it is; the customer gets its next turn if there is more.
    fn take(&mut self, customer: &Arc<str>) -> Option<SubscriptionId> {
        let ready = self.ready.get_mut(customer)?;
        let lane = ready.pop_front();
        if ready.is_empty() {
            self.ready.remove(customer);
        } else {
            self.customers.push_back(Arc::clone(customer));
        }
        lane
    }
}

impl Bounds {
    fn at(&self, host: &Host) -> usize {
        if host.silences < self.silences_in_a_row_max { self.per_host_max } else { 1 }
    }
}

fn has_room(customers: &HashMap<Arc<str>, Customer>, bounds: &Bounds, name: &Arc<str>) -> bool {
    customers.get(name).is_none_or(|customer| customer.in_flight < bounds.per_customer_max)
}

#[cfg(test)]
mod tests;
