//! How much may be in flight at the same time: webhook requests, over all and for each webhook and sender, and the bytes of
//! bodies. Nothing waits here: what has no place is refused at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permits for webhook requests.
pub struct Permits {
    all: Arc<Semaphore>,
    per_webhook_max: usize,
    per_address_max: usize,
    by_webhook: Counts<String>,
    by_address: Counts<IpAddr>,
}

/// One webhook request in flight, until it is dropped.
pub struct Permit {
    permits: Arc<Permits>,
    webhook: String,
    address: Option<IpAddr>,
    _place: OwnedSemaphorePermit,
}

impl Permits {
    pub fn new(max: usize, per_webhook_max: usize, per_address_max: usize) -> Arc<Permits> {
        Arc::new(Permits {
            all: Arc::new(Semaphore::new(max)),
            per_webhook_max,
            per_address_max,
            by_webhook: Counts::default(),
            by_address: Counts::default(),
        })
    }

    /// An address that stands for many senders is left out.
    pub fn acquire(self: &Arc<Self>, webhook: &str, address: Option<IpAddr>) -> Option<Permit> {
        let place = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let webhook = webhook.to_owned();
        if !self.by_webhook.add(webhook.clone(), self.per_webhook_max) {
            return None;
        }
        if address.is_some_and(|address| !self.by_address.add(address, self.per_address_max)) {
            self.by_webhook.remove(&webhook);
            return None;
        }
        Some(Permit { permits: Arc::clone(self), webhook, address, _place: place })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permits.by_webhook.remove(&self.webhook);
        if let Some(address) = &self.address {
            self.permits.by_address.remove(address);
        }
    }
}

/// How many there are of each. Holds only those of which there are some.
struct Counts<K>(Mutex<HashMap<K, usize>>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Counts(Mutex::default())
    }
}

impl<K: Eq + Hash> Counts<K> {
    /// Whether there may be one more.
    fn add(&self, key: K, max: usize) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(&key).copied().unwrap_or(0);
        if count < max {
            counts.insert(key, count + 1);
        }
        count < max
    }

    fn remove(&self, key: &K) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(key)),
        }
    }
}

/// Memory for what comes from outside, counted in kibibytes.
pub struct Budget(Arc<Semaphore>);

impl Budget {
    pub fn new(bytes_max: usize) -> Budget {
        Budget(Arc::new(Semaphore::new((bytes_max >> 10).min(Semaphore::MAX_PERMITS))))
    }

    /// An account without anything on it.
    pub fn account(&self) -> Account {
        Account { budget: Arc::clone(&self.0), held: None }
    }
}

/// What one request holds of the budget, until it is dropped.
pub struct Account {
    budget: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Account {
    /// Makes the account hold this much altogether. Returns whether it could.
    pub fn hold(&mut self, bytes: usize) -> bool {
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Ok(missing) = u32::try_from(bytes.div_ceil(1 << 10).saturating_sub(held)) else { return false };
        let Ok(more) = Arc::clone(&self.budget).try_acquire_many_owned(missing) else { return false };
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_webhook_and_each_sender_leaves_permits_to_others() {
        let permits = Permits::new(5, 3, 2);
        let (a, b) = (Some(IpAddr::from([192, 0, 2, 1])), Some(IpAddr::from([192, 0, 2, 2])));
        let first = permits.acquire("w", a).unwrap();
        let _second = permits.acquire("w", a).unwrap();
        assert!(permits.acquire("w", a).is_none() && permits.acquire("v", a).is_none(), "of the sender");
        let _third = permits.acquire("w", b).unwrap();
        assert!(permits.acquire("w", b).is_none() && permits.acquire("w", None).is_none(), "of the webhook");
        let _others = [permits.acquire("v", None).unwrap(), permits.acquire("v", None).unwrap()];
        assert!(permits.acquire("u", None).is_none(), "of all");
        drop(first);
        assert!(permits.acquire("w", a).is_some());
        drop((_second, _third, _others));
        assert!(permits.by_webhook.0.lock().unwrap().is_empty() && permits.by_address.0.lock().unwrap().is_empty());
    }

    #[test]
    fn an_account_takes_what_it_needs_more_and_gives_all_back() {
        let budget = Budget::new(10 << 10);
        let (mut one, mut other) = (budget.account(), budget.account());
        assert!(one.hold(1) && one.hold(6 << 10) && one.hold(5 << 10));
        assert!(!other.hold(5 << 10) && other.hold(4 << 10));
        drop(one);
        assert!(other.hold(10 << 10) && !other.hold((10 << 10) + 1));
    }
}
