//! Lanes by themselves.

use super::*;

const BOUNDS: Bounds = Bounds {
    per_subscription_max: 0,
    per_customer_max: 100,
    per_host_max: 100,
    silences_in_a_row_max: 3,
    new_hosts_max: 100,
    silent_hosts_max: 100,
};

fn lanes(per_subscription_max: usize) -> Lanes {
    Lanes::new(Bounds { per_subscription_max, ..BOUNDS })
}

/// The lane whose turn it is; all lanes lead to one host.
fn turn(lanes: &mut Lanes, now_ms: i64) -> Option<SubscriptionId> {
    while let Some(lane) = lanes.arrived(now_ms) {
        let in_flight_max = lanes.per_subscription_max;
        lanes.goes(lane, Way { host: "host".into(), customer: "customer".into(), in_flight_max });
    }
    lanes.next(now_ms)
}

#[test]
fn lanes_take_turns_however_long_one_of_them_is() {
    let (long, short) = (SubscriptionId::new(), SubscriptionId::new());
    let mut lanes = lanes(10);
    lanes.due(&long, 0);
    lanes.due(&short, 5);
    let mut turns = Vec::new();
    for _ in 0..4 {
        let lane = turn(&mut lanes, 9).unwrap();
        lanes.claimed(&lane, &DeliveryId::new());
        lanes.looked(&lane, Some(0));
        turns.push(lane);
    }
    assert_eq!(turns, [long.clone(), short.clone(), long, short]);
}

#[test]
fn a_full_lane_waits_until_one_of_its_deliveries_is_settled() {
    let (lane, delivery) = (SubscriptionId::new(), DeliveryId::new());
    let mut lanes = lanes(1);
    lanes.due(&lane, 0);
    assert_eq!(turn(&mut lanes, 0), Some(lane.clone()));
    lanes.claimed(&lane, &delivery);
    lanes.looked(&lane, Some(0));
    lanes.due(&lane, 0);
    assert_eq!(turn(&mut lanes, 0), None);
    lanes.ended(&lane, &delivery, Heard::Something);
    lanes.looked(&lane, Some(0));
    assert_eq!(turn(&mut lanes, 0), Some(lane));
}

#[test]
fn a_parked_lane_gets_no_turn_until_it_is_resumed() {
    let lane = SubscriptionId::new();
    let mut lanes = lanes(1);
    lanes.due(&lane, 0);
    lanes.park(&lane);
    lanes.due(&lane, 0);
    assert_eq!((turn(&mut lanes, 9), lanes.next_timer()), (None, None));
    lanes.resume(&lane, Some(7));
    assert_eq!((turn(&mut lanes, 6), lanes.next_timer()), (None, Some(7)));
    assert_eq!(turn(&mut lanes, 7), Some(lane));
}

#[test]
fn a_held_lane_gets_no_turn_before_its_time_whatever_is_due_in_it() {
    let (held, other, delivery) = (SubscriptionId::new(), SubscriptionId::new(), DeliveryId::new());
    let mut lanes = lanes(2);
    lanes.due(&held, 0);
    assert_eq!(turn(&mut lanes, 0), Some(held.clone()));
    lanes.claimed(&held, &delivery);
    lanes.looked(&held, Some(0));
    lanes.due(&other, 0);
    lanes.hold(&held, 50);
    lanes.hold(&held, 20);
    assert_eq!((turn(&mut lanes, 1), turn(&mut lanes, 1)), (Some(other), None));
    lanes.ended(&held, &delivery, Heard::Something);
    lanes.looked(&held, Some(30));
    lanes.due(&held, 2);
    assert_eq!((turn(&mut lanes, 49), lanes.next_timer()), (None, Some(50)));
    assert_eq!(turn(&mut lanes, 50), Some(held));
}

#[test]
fn a_lane_that_is_held_when_its_turn_had_come_waits() {
    let (lane, delivery) = (SubscriptionId::new(), DeliveryId::new());
    let other = SubscriptionId::new();
    let mut lanes = lanes(2);
    lanes.due(&lane, 0);
    turn(&mut lanes, 0);
    lanes.due(&other, -1);
    lanes.claimed(&lane, &delivery);
    lanes.looked(&lane, Some(0));
    assert_eq!(turn(&mut lanes, 0), Some(other));
    assert!(lanes.lanes[&lane].place == Place::Ready);
    lanes.hold(&lane, 9);
    assert_eq!((turn(&mut lanes, 8), lanes.next_timer()), (None, Some(9)));
    assert_eq!(turn(&mut lanes, 9), Some(lane));
}

#[test]
fn a_hold_outlives_the_delivery_that_met_it_and_is_forgotten_after_its_time() {
    let (lane, delivery) = (SubscriptionId::new(), DeliveryId::new());
    let mut lanes = lanes(1);
    lanes.due(&lane, 0);
    turn(&mut lanes, 0);
    lanes.claimed(&lane, &delivery);
    lanes.looked(&lane, None);
    lanes.hold(&lane, 9);
    lanes.ended(&lane, &delivery, Heard::Something);
    lanes.looked(&lane, None);
    lanes.due(&lane, 1);
    assert_eq!((turn(&mut lanes, 8), lanes.next_timer()), (None, Some(9)));
    assert_eq!(turn(&mut lanes, 9), Some(lane.clone()));
    lanes.looked(&lane, None);
    assert!(lanes.lanes.is_empty() && lanes.timers.is_empty() && lanes.turns.is_empty());
}

#[test]
fn an_idle_lane_takes_no_memory() {
    let (lane, delivery) = (SubscriptionId::new(), DeliveryId::new());
    let mut lanes = lanes(1);
    lanes.due(&lane, 0);
    turn(&mut lanes, 0);
    lanes.claimed(&lane, &delivery);
    lanes.looked(&lane, None);
    lanes.ended(&lane, &delivery, Heard::Something);
    lanes.looked(&lane, None);
    assert!(lanes.lanes.is_empty() && lanes.timers.is_empty() && lanes.turns.is_empty());
}

#[test]
fn a_lifted_hold_holds_no_more() {
    let (lane, delivery) = (SubscriptionId::new(), DeliveryId::new());
    let mut lanes = lanes(2);
    lanes.due(&lane, 0);
    turn(&mut lanes, 0);
    lanes.claimed(&lane, &delivery);
    lanes.looked(&lane, None);
    lanes.hold(&lane, 50);
    lanes.ended(&lane, &delivery, Heard::Something);
    lanes.looked(&lane, Some(5));
    assert_eq!((turn(&mut lanes, 9), lanes.next_timer()), (None, Some(50)));
    lanes.lift(&lane, Some(5));
    assert_eq!(turn(&mut lanes, 9), Some(lane));
}
