//! What is kept under idempotency keys: each for its time, so many for each API token.

use jiff::Timestamp;

use super::keys::{Key, Table, time_bytes};
use super::{Error, Store, read, remove, write};
use patchbay_model::idempotency::{Kept, Place};

/// How many keys one pass forgets.
pub const KEYS_EXPIRED_AT_ONCE_MAX: usize = 1_000;

impl Store {
    pub fn kept_under_key(&self, place: &Place) -> Result<Option<Kept>, Error> {
        self.get(&kept_key(place))
    }

    /// How many keys of the same token are kept, counted up to `count_max`.
    pub fn keys_of_token(&self, place: &Place, count_max: usize) -> usize {
        let of_token = Key::new(Table::Idempotency).part(place.token.as_str());
        self.inner.tree.scan_prefix(of_token).take(count_max).count()
    }

    pub async fn keep_under_key(&self, kept: &Kept) -> Result<(), Error> {
        self.transact(|tx| {
            if let Some(earlier) = read::<Kept>(tx, &kept_key(&kept.place))? {
                remove(tx, age_key(&earlier))?;
            }
            write(tx, age_key(kept), &kept.place)?;
            write(tx, kept_key(&kept.place), kept)
        })?;
        self.durable().await
    }

    /// Forgets a key whose request has created nothing.
    pub fn free_key(&self, kept: &Kept) -> Result<(), Error> {
        self.transact(|tx| {
            remove(tx, age_key(kept))?;
            remove(tx, kept_key(&kept.place))
        })
    }

    /// Forgets what was kept before a time, so much in one pass.
    pub fn expire_keys(&self, before: Timestamp) -> Result<u64, Error> {
        let all = Key::new(Table::IdempotencyByAge);
        let end = all.clone().tail(time_bytes(before.as_millisecond()));
        let mut count = 0;
        for row in self.inner.tree.range(all.as_ref()..end.as_ref()).take(KEYS_EXPIRED_AT_ONCE_MAX) {
            let place: Place = super::decode(&row?.1)?;
            if let Some(kept) = self.kept_under_key(&place)?.filter(|kept| kept.at < before) {
                self.free_key(&kept)?;
                count += 1;
            }
        }
        Ok(count)
    }
}

fn kept_key(place: &Place) -> Key {
    Key::new(Table::Idempotency).part(place.token.as_str()).tail(&place.key_hash)
}

fn age_key(kept: &Kept) -> Key {
    let time = Key::new(Table::IdempotencyByAge).tail(time_bytes(kept.at.as_millisecond()));
    time.tail(kept.place.token.as_str()).tail(&kept.place.key_hash)
}
