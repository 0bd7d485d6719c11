//! How often each of many callers may ask: a token bucket for each, as the one number that describes it (GCRA).
//! Time is passed in. Memory is bounded: buckets that are full again are forgotten.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

const NS_PER_S: u64 = 1_000_000_000;

/// A bucket for each key. A rate of 0 limits nothing.
pub struct Rates<K> {
    per_s: u32,
    burst: u32,
    keys_max: usize,
    /// When each bucket will be full again, in nanoseconds.
    full_at_ns: Mutex<HashMap<K, u64>>,
}

/// What a caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub is_allowed: bool,
    /// Requests that may come at once.
    pub limit: u32,
    /// How many of them may come now.
    pub remaining: u32,
    /// Until the bucket is full again, rounded up.
    pub reset_s: u64,
    /// Until one more may come, rounded up.
    pub retry_after_s: u64,
}

impl<K: Eq + Hash> Rates<K> {
    pub fn new(per_s: u32, burst: u32, keys_max: usize) -> Rates<K> {
        Rates { per_s, burst, keys_max, full_at_ns: Mutex::default() }
    }

    /// Takes one request out of a bucket; `None` if there is no limit.
    pub fn take(&self, key: K, now_ns: u64) -> Option<Verdict> {
        if self.per_s == 0 {
            return None;
        }
        let gap_ns = NS_PER_S / u64::from(self.per_s);
        let mut buckets = self.full_at_ns.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= self.keys_max && !buckets.contains_key(&key) {
            make_room(&mut buckets, now_ns);
        }
        let full_at_ns = buckets.get(&key).copied().unwrap_or(0).max(now_ns);
        let taken_ns = full_at_ns + gap_ns;
        let room_ns = gap_ns * u64::from(self.burst);
        let is_allowed = taken_ns - now_ns <= room_ns;
        if is_allowed {
            buckets.insert(key, taken_ns);
        }
        let used_ns = if is_allowed { taken_ns } else { full_at_ns } - now_ns;
        Some(Verdict {
            is_allowed,
            limit: self.burst,
            remaining: u32::try_from(room_ns.saturating_sub(used_ns) / gap_ns).unwrap_or(u32::MAX),
            reset_s: used_ns.div_ceil(NS_PER_S),
            retry_after_s: (used_ns + gap_ns).saturating_sub(room_ns).div_ceil(NS_PER_S).max(1),
        })
    }
}

/// Forgets the buckets that are full; if there is none, all of them: too many callers rather than too much memory.
fn make_room<K: Eq + Hash>(buckets: &mut HashMap<K, u64>, now_ns: u64) {
    let before = buckets.len();
    buckets.retain(|_, full_at_ns| *full_at_ns > now_ns);
    if buckets.len() == before {
        buckets.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(rates: &Rates<&'static str>, key: &'static str, now_ms: u64) -> Verdict {
        rates.take(key, now_ms * 1_000_000).unwrap()
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let rates = Rates::new(10, 3, 10);
        let remaining: Vec<u32> = (0..3).map(|_| take(&rates, "a", 1_000).remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = take(&rates, "a", 1_000);
        assert_eq!((refused.is_allowed, refused.remaining, refused.retry_after_s, refused.reset_s), (false, 0, 1, 1));
        assert!(!take(&rates, "a", 1_099).is_allowed);
        assert!(take(&rates, "a", 1_100).is_allowed);
        assert!(!take(&rates, "a", 1_100).is_allowed);
        assert_eq!(take(&rates, "a", 9_000).remaining, 2, "the bucket is full again");
    }

    #[test]
    fn callers_do_not_use_up_each_others_buckets() {
        let rates = Rates::new(1, 1, 10);
        assert!(take(&rates, "a", 0).is_allowed && take(&rates, "b", 0).is_allowed);
        assert!(!take(&rates, "a", 0).is_allowed);
        assert_eq!(take(&rates, "a", 0).retry_after_s, 1);
    }

    #[test]
    fn a_rate_of_zero_limits_nothing() {
        assert_eq!(Rates::new(0, 0, 10).take("a", 0), None);
    }

    #[test]
    fn there_are_never_more_buckets_than_may_be() {
        let rates = Rates::new(1, 5, 8);
        for number in 0..1_000_u64 {
            assert!(rates.take(number, number * 1_000_000).unwrap().is_allowed);
            assert!(rates.full_at_ns.lock().unwrap().len() <= 8);
        }
    }
}
