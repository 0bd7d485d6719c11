//! Who goes next of the lanes that have something due: destination hosts in turn, at each of them the customers in turn, of
//! each its lanes in turn. A host or customer that has as much under way as it may is passed over until some of it ends.
//! Hosts that say nothing share a few places, and so do those that were never asked: however many of them are dead, places
//! are left for those that answer. No I/O, no clock. Costs the same however many lanes wait at a host that is full.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use patchbay_model::id::SubscriptionId;
use patchbay_store::Bounds;

/// Silences in a row after which a host that answered counts as silent.
const SILENCES_FORGIVEN_MAX: u32 = 3;

/// Hosts whose repute is remembered while nothing is to be delivered there: about 2 MB.
const HOSTS_REMEMBERED_MAX: usize = 10_000;

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

/// What the latest attempt at a host says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Repute {
    Answers,
    #[default]
    New,
    Silent,
}

pub(super) struct Turns {
    bounds: Bounds,
    hosts: HashMap<Arc<str>, Host>,
    customers: HashMap<Arc<str>, Customer>,
    /// Hosts of one repute each, in the order in which these have their turns.
    groups: VecDeque<Group>,
    /// Hosts to which no lane leads, the longest known first; some may have lanes again.
    remembered: VecDeque<Arc<str>>,
}

struct Group {
    repute: Repute,
    in_flight: usize,
    in_flight_max: usize,
    /// Hosts that may have room and something for them. One whose turn is not here any more is passed over.
    turns: VecDeque<Arc<str>>,
}

#[derive(Default)]
struct Host {
    lanes: usize,
    in_flight: usize,
    silences: u32,
    repute: Repute,
    /// In which group it waits for its turn.
    turn: Option<Repute>,
    is_remembered: bool,
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
        let group = |repute, in_flight_max| Group { repute, in_flight: 0, in_flight_max, turns: VecDeque::new() };
        let groups = VecDeque::from([
            group(Repute::Answers, usize::MAX),
            group(Repute::New, bounds.new_hosts_max),
            group(Repute::Silent, bounds.silent_hosts_max),
        ]);
        Turns { bounds, hosts: HashMap::new(), customers: HashMap::new(), groups, remembered: VecDeque::new() }
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
        for _ in 0..self.groups.len() {
            self.groups.rotate_left(1);
            if let Some(lane) = self.next_of_group() {
                return Some(lane);
            }
        }
        None
    }

    fn next_of_group(&mut self) -> Option<SubscriptionId> {
        while let Some((name, repute)) = self.next_host() {
            let Some(host) = self.hosts.get_mut(&name).filter(|host| host.turn == Some(repute)) else { continue };
            host.turn = None;
            if host.in_flight >= max_at(host, &self.bounds) {
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

    /// The next host of the group whose turn it is, if there may be more under way.
    fn next_host(&mut self) -> Option<(Arc<str>, Repute)> {
        // New hosts turn silent with all that is under way there: together they keep within both bounds.
        let all_max = self.bounds.new_hosts_max.saturating_add(self.bounds.silent_hosts_max);
        let unproven = self.groups.iter().filter(|group| group.repute != Repute::Answers);
        let is_full = unproven.map(|group| group.in_flight).sum::<usize>() >= all_max;
        self.groups.front_mut()?.next(is_full)
    }

    /// Something of a lane that goes this way is under way.
    pub(super) fn begin(&mut self, way: &Way) {
        let host = self.hosts.entry(Arc::clone(&way.host)).or_default();
        host.in_flight += 1;
        let repute = host.repute;
        self.count(repute, |in_flight| in_flight.saturating_add(1));
        self.customers.entry(Arc::clone(&way.customer)).or_default().in_flight += 1;
    }

    /// It is no longer.
    pub(super) fn end(&mut self, way: &Way, heard: Heard) {
        if let Some(host) = self.hosts.get_mut(&way.host) {
            let (before, in_flight) = (host.repute, host.in_flight);
            host.in_flight = in_flight.saturating_sub(1);
            host.hears(heard);
            let (repute, left) = (host.repute, host.in_flight);
            // What else is under way there counts with its new repute from now on.
            self.count(before, |of_group| of_group.saturating_sub(in_flight));
            self.count(repute, |of_group| of_group.saturating_add(left));
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
        self.hosts.values().all(Host::is_unused) && self.customers.is_empty()
    }

    fn count(&mut self, repute: Repute, change: impl FnOnce(usize) -> usize) {
        if let Some(group) = self.groups.iter_mut().find(|group| group.repute == repute) {
            group.in_flight = change(group.in_flight);
        }
    }

    /// Gives a host a turn if it has room and something is there for it.
    fn offer(&mut self, name: &Arc<str>) {
        let Some(host) = self.hosts.get_mut(name) else { return };
        let has_a_turn = host.turn == Some(host.repute);
        if !has_a_turn && host.in_flight < max_at(host, &self.bounds) && !host.customers.is_empty() {
            host.turn = Some(host.repute);
            let group = self.groups.iter_mut().find(|group| group.repute == host.repute);
            group.into_iter().for_each(|group| group.turns.push_back(Arc::clone(name)));
        }
    }

    fn forget_the_longest_known(&mut self) {
        while self.remembered.len() > HOSTS_REMEMBERED_MAX {
            let Some(name) = self.remembered.pop_front() else { return };
            let Some(host) = self.hosts.get_mut(&name) else { continue };
            host.is_remembered = false;
            if host.is_unused() {
                self.hosts.remove(&name);
            }
        }
    }

    fn forget_unused(&mut self, way: &Way) {
        match self.hosts.get_mut(&way.host).filter(|host| host.is_unused()) {
            Some(host) if host.repute == Repute::New => drop(self.hosts.remove(&way.host)),
            Some(host) if !host.is_remembered => {
                host.is_remembered = true;
                self.remembered.push_back(Arc::clone(&way.host));
                self.forget_the_longest_known();
            }
            _ => {}
        }
        if self.customers.get(&way.customer).is_some_and(|customer| customer.lanes == 0 && customer.in_flight == 0) {
            self.customers.remove(&way.customer);
        }
    }
}

impl Group {
    /// The next host, if there may be more under way; `is_full` if not to any that does not answer.
    fn next(&mut self, is_full: bool) -> Option<(Arc<str>, Repute)> {
        let may_begin = self.repute == Repute::Answers || (!is_full && self.in_flight < self.in_flight_max);
        may_begin.then(|| self.turns.pop_front()).flatten().map(|name| (name, self.repute))
    }
}

impl Host {
    fn is_unused(&self) -> bool {
        self.lanes == 0 && self.in_flight == 0
    }

    fn hears(&mut self, heard: Heard) {
        match heard {
            Heard::Something => (self.silences, self.repute) = (0, Repute::Answers),
            Heard::Nothing => {
                self.silences = self.silences.saturating_add(1);
                // One that answered before may have had a bad moment.
                if self.repute != Repute::Answers || self.silences >= SILENCES_FORGIVEN_MAX {
                    self.repute = Repute::Silent;
                }
            }
            Heard::NotAsked => {}
        }
    }

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

fn max_at(host: &Host, bounds: &Bounds) -> usize {
    if host.silences < bounds.silences_in_a_row_max { bounds.per_host_max } else { 1 }
}

fn has_room(customers: &HashMap<Arc<str>, Customer>, bounds: &Bounds, name: &Arc<str>) -> bool {
    customers.get(name).is_none_or(|customer| customer.in_flight < bounds.per_customer_max)
}

#[cfg(test)]
mod tests;
