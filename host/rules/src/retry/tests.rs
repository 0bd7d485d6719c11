//! The whole schedule, and the answers that bend it.

use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// The wait that follows, in milliseconds.
fn wait_ms(attempt_number: u32, outcome: &Outcome, jitter: f64) -> i128 {
    match next(&Schedule::default(), attempt_number, outcome, now(), jitter) {
        Next::RetryAt(then) => then.duration_since(now()).as_millis(),
        other => panic!("{other:?}"),
    }
}

fn refused(status: u16, retry_after_s: Option<u64>) -> Outcome {
    Outcome::answered(status, retry_after_s)
}

#[test]
fn the_schedule_runs_from_five_seconds_to_a_day_and_ends_in_the_dead_letters() {
    let waits_s = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (attempt_number, wait_s) in (1..).zip(waits_s) {
        assert_eq!(wait_ms(attempt_number, &Outcome::TimedOut, 0.5), wait_s * 1_000);
    }
    for attempt_number in [10, 11, u32::MAX] {
        assert_eq!(next(&Schedule::default(), attempt_number, &refused(429, Some(1)), now(), 0.5), Next::DeadLetter);
    }
}

#[test]
fn every_outcome_has_a_consequence() {
    fn check(outcome: Outcome, expected: Next) {
        assert_eq!(next(&Schedule::default(), 1, &outcome, now(), 0.5), expected, "{outcome:?}");
    }
    let retry = || Next::RetryAt(now() + SignedDuration::from_secs(5));
    check(refused(200, None), Next::Done);
    check(refused(299, None), Next::Done);
    check(refused(410, None), Next::DisableSubscription);
    for status in [100, 199, 300, 301, 308, 400, 401, 404, 429, 500, 502, 503, 599] {
        check(refused(status, None), retry());
    }
    check(Outcome::TimedOut, retry());
    check(Outcome::Unreachable("reset".into()), retry());
    check(Outcome::Denied("private".into()), retry());
}

#[test]
fn jitter_moves_a_gap_by_a_fifth_either_way_and_stays_in_bounds() {
    let wait_ms = |jitter| wait_ms(2, &Outcome::TimedOut, jitter);
    assert_eq!((wait_ms(0.0), wait_ms(0.25), wait_ms(1.0)), (240_000, 270_000, 360_000));
    assert_eq!((wait_ms(-9.0), wait_ms(9.0)), (240_000, 360_000));
}

#[test]
fn retry_after_can_lengthen_a_gap_and_not_shorten_it() {
    fn check(status: u16, retry_after_s: u64, expected_s: i128) {
        let seen = wait_ms(2, &refused(status, Some(retry_after_s)), 0.5);
        assert_eq!(seen, expected_s * 1_000, "{status} {retry_after_s}");
    }
    check(429, 600, 600);
    check(503, 600, 600);
    check(429, 1, 300);
    check(500, 600, 300);
    check(429, 86_401, 86_400);
    check(429, u64::MAX, 86_400);
}

#[test]
fn a_destination_is_held_for_what_it_asks_alone() {
    fn check(outcome: Outcome, expected_s: Option<i64>) {
        let held = held_until(&Schedule::default(), &outcome, now());
        assert_eq!(held.map(|until| until.duration_since(now()).as_secs()), expected_s, "{outcome:?}");
    }
    check(refused(429, Some(600)), Some(600));
    check(refused(503, Some(u64::MAX)), Some(86_400));
    check(refused(429, None), None);
    check(refused(500, Some(600)), None);
    check(Outcome::TimedOut, None);
    check(Outcome::Accepted { status: 200 }, None);
}

#[test]
fn a_wait_beyond_the_end_of_time_ends_there() {
    let schedule = Schedule { gaps_ms: vec![u64::MAX], jitter_pct: 100, retry_after_s_max: u64::MAX };
    assert_eq!(next(&schedule, 1, &Outcome::TimedOut, now(), 1.0), Next::RetryAt(Timestamp::MAX));
}

#[test]
fn retry_after_is_read_as_seconds_or_as_a_date() {
    fn check(value: &str, expected: Option<u64>) {
        assert_eq!(retry_after(value, now()), expected, "{value:?}");
    }
    check("0", Some(0));
    check(" 120 ", Some(120));
    check("Thu, 01 Jan 2026 00:01:00 GMT", Some(60));
    check("Thursday, 01-Jan-26 00:01:00 GMT", Some(60));
    check("Thu Jan  1 00:01:00 2026", Some(60));
    check("Sun, 06 Nov 1994 08:49:37 GMT", Some(0));
    check("", None);
    check("+5", None);
    check("-5", None);
    check("1.5", None);
    check("soon", None);
    check("99999999999999999999", None);
    check("Thu, 01 Jan 2026 00:01:00 +0200", None);
}

proptest! {
    #[test]
    fn every_wait_is_at_least_what_was_asked_and_at_most_what_the_schedule_allows(
        gaps_ms in prop::collection::vec(0_u64..1 << 40, 0..12),
        jitter_pct in 0_u32..=100,
        retry_after_s_max in 0_u64..1 << 20,
        attempt_number in 1_u32..16,
        status in 300_u16..600,
        asked_s in prop::option::of(any::<u64>()),
        jitter in 0.0..=1.0,
    ) {
        let schedule = Schedule { gaps_ms: gaps_ms.clone(), jitter_pct, retry_after_s_max };
        let outcome = refused(status, asked_s);
        let gap_ms = gaps_ms.get(attempt_number as usize - 1);
        match (next(&schedule, attempt_number, &outcome, now(), jitter), gap_ms) {
            (Next::DisableSubscription, _) => prop_assert_eq!(status, 410),
            (Next::DeadLetter, None) => {}
            (Next::RetryAt(then), Some(gap_ms)) => {
                let waited_ms = then.duration_since(now()).as_millis() as f64;
                let heeded_ms = if matches!(status, 429 | 503) { asked_s.unwrap_or(0).min(retry_after_s_max) * 1_000 } else { 0 };
                let (heeded_ms, spread) = (heeded_ms as f64, f64::from(jitter_pct) / 100.0);
                prop_assert!(waited_ms >= heeded_ms);
                prop_assert!(waited_ms >= *gap_ms as f64 * (1.0 - spread) - 1.0);
                prop_assert!(waited_ms <= (*gap_ms as f64 * (1.0 + spread) + 1.0).max(heeded_ms));
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn more_chance_never_means_an_earlier_attempt(gap_ms in 0_u64..1 << 40, a in 0.0..=1.0, b in 0.0..=1.0) {
        let schedule = Schedule { gaps_ms: vec![gap_ms], ..Schedule::default() };
        let at = |jitter| match next(&schedule, 1, &Outcome::TimedOut, now(), jitter) {
            Next::RetryAt(then) => then,
            other => panic!("{other:?}"),
        };
        prop_assert!(at(f64::min(a, b)) <= at(f64::max(a, b)));
    }

    #[test]
    fn any_text_in_retry_after_is_a_wait_or_nothing(text in "\\PC{0,40}") {
        let _ = retry_after(&text, now());
    }
}
