//! Turns by themselves.

use super::*;

const BOUNDS: Bounds = Bounds {
    per_subscription_max: 8,
    per_customer_max: 100,
    per_host_max: 100,
    silences_in_a_row_max: 3,
    new_hosts_max: 100,
    silent_hosts_max: 100,
};

fn way(host: &str, customer: &str) -> Way {
    Way { host: host.into(), customer: customer.into(), in_flight_max: 8 }
}

/// Turns with these bounds, and so many lanes ready on each way.
fn turns(bounds: Bounds, ready: &[(&Way, usize)]) -> (Turns, HashMap<SubscriptionId, Way>) {
    let (mut turns, mut lanes) = (Turns::new(bounds), HashMap::new());
    for (way, count) in ready {
        for _ in 0..*count {
            let lane = SubscriptionId::new();
            turns.join(way);
            turns.queue_up(lane.clone(), way);
            lanes.insert(lane, (*way).clone());
        }
    }
    (turns, lanes)
}

/// Begins all that may begin; returns the ways in their order.
fn begin_all(turns: &mut Turns, lanes: &HashMap<SubscriptionId, Way>) -> Vec<Way> {
    let mut begun = Vec::new();
    while let Some(lane) = turns.next() {
        turns.begin(&lanes[&lane]);
        begun.push(lanes[&lane].clone());
    }
    begun
}

#[test]
fn hosts_take_turns_and_at_each_its_customers() {
    let (busy, other, elsewhere) = (way("a", "busy"), way("a", "other"), way("b", "busy"));
    let (mut turns, lanes) = turns(BOUNDS, &[(&busy, 3), (&other, 1), (&elsewhere, 2)]);
    let begun = begin_all(&mut turns, &lanes);
    assert_eq!(begun, [busy.clone(), elsewhere.clone(), other, elsewhere, busy.clone(), busy]);
}

#[test]
fn a_full_host_waits_and_holds_up_no_other() {
    let (full, free) = (way("full", "a"), way("free", "a"));
    let (mut turns, lanes) = turns(Bounds { per_host_max: 2, ..BOUNDS }, &[(&full, 4), (&free, 1)]);
    assert_eq!(begin_all(&mut turns, &lanes), [full.clone(), free, full.clone()]);
    turns.end(&full, Heard::Something);
    assert_eq!(begin_all(&mut turns, &lanes), std::slice::from_ref(&full));
}

#[test]
fn a_full_customer_waits_at_every_host_and_others_go_on() {
    let (here, there, other) = (way("here", "full"), way("there", "full"), way("here", "other"));
    let bounds = Bounds { per_customer_max: 1, ..BOUNDS };
    let (mut turns, lanes) = turns(bounds, &[(&here, 2), (&there, 2), (&other, 1)]);
    assert_eq!(begin_all(&mut turns, &lanes), [here.clone(), other]);
    turns.end(&here, Heard::Something);
    assert_eq!(begin_all(&mut turns, &lanes).len(), 1);
    turns.end(&here, Heard::Something);
    assert_eq!(begin_all(&mut turns, &lanes).len(), 1);
}

#[test]
fn a_host_that_says_nothing_gets_one_attempt_at_a_time_until_it_answers() {
    let silent = way("silent", "a");
    let (mut turns, lanes) = turns(BOUNDS, &[(&silent, 3)]);
    let again = |turns: &mut Turns| {
        for lane in lanes.keys() {
            turns.queue_up(lane.clone(), &silent);
        }
    };
    assert_eq!(begin_all(&mut turns, &lanes).len(), 3);
    for _ in 0..3 {
        turns.end(&silent, Heard::Nothing);
    }
    again(&mut turns);
    assert_eq!(begin_all(&mut turns, &lanes).len(), 1);
    for heard in [Heard::NotAsked, Heard::Nothing] {
        turns.end(&silent, heard);
        assert_eq!(begin_all(&mut turns, &lanes).len(), 1);
    }
    again(&mut turns);
    turns.end(&silent, Heard::Something);
    assert_eq!(begin_all(&mut turns, &lanes).len(), 3);
}

/// Whatever begins and ends in whatever order: the bounds hold, and nothing that could begin is left waiting.
#[test]
fn nothing_waits_while_there_is_room() {
    use rand::{Rng as _, SeedableRng as _};
    let bounds = Bounds { per_host_max: 3, per_customer_max: 2, new_hosts_max: 4, silent_hosts_max: 2, ..BOUNDS };
    for seed in 0..200 {
        let mut random = rand::rngs::StdRng::seed_from_u64(seed);
        let ways: Vec<Way> =
            (0..9).map(|number| way(&format!("h{}", number / 3), &format!("c{}", number % 3))).collect();
        let (mut turns, mut lanes) = turns(bounds, &[]);
        let (mut waiting, mut begun): (Vec<SubscriptionId>, Vec<Way>) = (Vec::new(), Vec::new());
        for _ in 0..300 {
            if random.random_bool(0.5) {
                let (lane, way) = (SubscriptionId::new(), &ways[random.random_range(0..ways.len())]);
                turns.join(way);
                turns.queue_up(lane.clone(), way);
                lanes.insert(lane.clone(), way.clone());
                waiting.push(lane);
            } else if !begun.is_empty() {
                let way = begun.swap_remove(random.random_range(0..begun.len()));
                turns.end(&way, if random.random_bool(0.5) { Heard::Nothing } else { Heard::Something });
            }
            while let Some(lane) = turns.next() {
                let way = lanes[&lane].clone();
                // Sometimes nothing is due after all.
                if random.random_bool(0.8) {
                    turns.begin(&way);
                    begun.push(way);
                }
                waiting.retain(|other| *other != lane);
            }
            let count = |fits: &dyn Fn(&Way) -> bool| begun.iter().filter(|way| fits(way)).count();
            for way in &ways {
                assert!(
                    count(&|other| other.host == way.host) <= 3 && count(&|other| other.customer == way.customer) <= 2
                );
            }
            for lane in &waiting {
                let way = &lanes[lane];
                let host_max = if turns.hosts[&way.host].silences < 3 { 3 } else { 1 };
                let is_blocked = count(&|other| other.host == way.host) >= host_max
                    || count(&|other| other.customer == way.customer) == 2
                    || is_group_full(&turns, turns.hosts[&way.host].repute, count);
                assert!(is_blocked, "seed {seed}: a lane waits at {way:?} although there is room");
            }
        }
    }
}

/// Whether as much is under way to all hosts of a repute as may be, counted anew.
fn is_group_full(turns: &Turns, repute: Repute, count: impl Fn(&dyn Fn(&Way) -> bool) -> usize) -> bool {
    let group = turns.groups.iter().find(|group| group.repute == repute).unwrap();
    let in_flight = count(&|way| turns.hosts[&way.host].repute == repute);
    assert_eq!(group.in_flight, in_flight, "{repute:?}");
    let unproven = |way: &Way| turns.hosts[&way.host].repute != Repute::Answers;
    let all_max = turns.bounds.new_hosts_max + turns.bounds.silent_hosts_max;
    in_flight >= group.in_flight_max || (repute != Repute::Answers && count(&unproven) >= all_max)
}

#[test]
fn new_hosts_that_turn_silent_with_much_under_way_take_no_places_of_those_that_answer() {
    let bounds = Bounds { new_hosts_max: 4, silent_hosts_max: 2, ..BOUNDS };
    let (one, two) = (way("one", "a"), way("two", "b"));
    let (mut turns, lanes) = turns(bounds, &[(&one, 10), (&two, 10)]);
    assert_eq!(begin_all(&mut turns, &lanes).len(), 4);
    turns.end(&one, Heard::Nothing);
    turns.end(&two, Heard::Nothing);
    assert_eq!(begin_all(&mut turns, &lanes).len(), 0, "two are silent, and nothing is new");
    let new = way("new", "c");
    let mut lanes = lanes;
    for _ in 0..10 {
        let lane = SubscriptionId::new();
        turns.join(&new);
        turns.queue_up(lane.clone(), &new);
        lanes.insert(lane, new.clone());
    }
    assert_eq!(begin_all(&mut turns, &lanes).len(), 4, "all together are six");
}

#[test]
fn a_host_that_answered_is_forgiven_a_bad_moment() {
    let works = way("works", "a");
    let (mut turns, lanes) = turns(Bounds { silent_hosts_max: 1, ..BOUNDS }, &[(&works, 4)]);
    assert_eq!(begin_all(&mut turns, &lanes).len(), 4);
    for (heard, repute) in [
        (Heard::Something, Repute::Answers),
        (Heard::Nothing, Repute::Answers),
        (Heard::Nothing, Repute::Answers),
        (Heard::Nothing, Repute::Silent),
    ] {
        turns.end(&works, heard);
        assert_eq!(turns.hosts["works"].repute, repute);
    }
}

#[test]
fn however_many_hosts_say_nothing_places_are_left_for_those_that_answer() {
    let bounds = Bounds { new_hosts_max: 4, silent_hosts_max: 2, ..BOUNDS };
    let dead: Vec<Way> = (0..50).map(|number| way(&format!("dead-{number}"), &format!("c{number}"))).collect();
    let (works, new) = (way("works", "w"), way("new", "n"));
    let (mut turns, mut lanes) = turns(bounds, &[(&works, 3)]);
    assert_eq!(begin_all(&mut turns, &lanes).len(), 3);
    turns.end(&works, Heard::Something);
    let mut queue_up = |turns: &mut Turns, way: &Way| {
        let lane = SubscriptionId::new();
        turns.join(way);
        turns.queue_up(lane.clone(), way);
        lanes.insert(lane, way.clone());
        lanes.clone()
    };
    for way in &dead {
        queue_up(&mut turns, way);
    }
    let lanes = queue_up(&mut turns, &works);
    let begun = begin_all(&mut turns, &lanes);
    assert_eq!(
        (begun.len(), begun.iter().filter(|way| **way == works).count()),
        (5, 1),
        "four new ones, one that answers"
    );
    for way in begun.iter().filter(|way| **way != works) {
        turns.end(way, Heard::Nothing);
        queue_up(&mut turns, way);
    }
    // Four others that were never asked, and two of the silent ones.
    let lanes = queue_up(&mut turns, &works);
    let begun = begin_all(&mut turns, &lanes);
    assert_eq!(begun.len(), 7, "{begun:?}");
    assert_eq!(begun.iter().filter(|way| turns.hosts[&way.host].repute == Repute::Silent).count(), 2);
    // One that is new to all this has its turn among the new ones.
    let lanes = queue_up(&mut turns, &new);
    let mut under_way = begun;
    for _ in 0..15 {
        under_way.retain(|way| turns.hosts[&way.host].repute == Repute::New);
        for way in &under_way {
            turns.end(way, Heard::Nothing);
        }
        under_way = begin_all(&mut turns, &lanes);
        if under_way.contains(&new) {
            return;
        }
    }
    panic!("it never had its turn");
}

#[test]
fn a_host_is_remembered_while_nothing_goes_there_and_so_many_at_most() {
    let (mut turns, _) = turns(BOUNDS, &[]);
    for number in 0..HOSTS_REMEMBERED_MAX + 10 {
        let way = way(&format!("h{number}"), "c");
        turns.join(&way);
        turns.begin(&way);
        turns.end(&way, Heard::Something);
        turns.leave(&way);
    }
    assert_eq!(turns.hosts.len(), HOSTS_REMEMBERED_MAX);
    assert!(turns.is_empty() && turns.hosts.values().all(|host| host.repute == Repute::Answers));
    let never_asked = way("new", "c");
    turns.join(&never_asked);
    turns.leave(&never_asked);
    assert!(!turns.hosts.contains_key("new"));
}
