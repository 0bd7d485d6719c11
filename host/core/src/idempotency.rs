//! The idempotency keys whose requests are under way.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use patchbay_model::idempotency::Place;

/// The keys whose requests are under way.
#[derive(Default)]
pub struct UnderWay(Mutex<HashSet<Place>>);

impl UnderWay {
    /// Claims a key until what is returned is dropped; `None` if it is taken.
    pub fn claim(&self, place: &Place) -> Option<Claimed<'_>> {
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place.clone());
        is_free.then(|| Claimed { under_way: self, place: place.clone() })
    }
}

/// A key that is under way.
pub struct Claimed<'a> {
    under_way: &'a UnderWay,
    place: Place,
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.place);
    }
}
