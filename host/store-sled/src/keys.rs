//! The byte layout of keys. Pure.
//!
//! A key is a table byte, then parts, then a tail. A part carries its length, so that no two different lists of
//! parts give the same bytes and a prefix ends only where a part ends. The tail is raw, so that it sorts.

use std::ops::Bound::{self, Excluded, Included};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Table {
    /// → number of the store's layout
    Layout = 0,
    /// → number that grows
    Watermark = 7,
    /// → number of the journal's last entry that is in the records
    Journal = 8,
    /// → hash of the API token, in stores of the time when there was one alone
    OnlyApiToken = 1,
    /// token id → ApiToken
    ApiToken = 2,
    /// hash → token id
    ApiTokenOfHash = 3,
    /// (token id) hash of an idempotency key → Kept
    Idempotency = 4,
    /// time, token id, hash of an idempotency key → Place
    IdempotencyByAge = 5,
    /// connector → its newest version number
    Connector = 10,
    /// (connector) version → ConnectorVersion
    Version = 11,
    /// integration key → Integration
    Integration = 20,
    /// token → WebhookAddress
    WebhookToken = 21,
    /// (integration id) webhook key → token
    TokenOfWebhook = 22,
    /// connection id → Connection
    Connection = 30,
    /// (integration id) connection id →
    ConnectionOfIntegration = 31,
    /// (customer) connection id →
    ConnectionOfCustomer = 32,
    /// subscription id → Subscription
    Subscription = 40,
    /// (connection id) subscription id →
    SubscriptionOfConnection = 41,
    /// (integration id) (webhook key) (selector) subscription id →
    Route = 42,
    /// subscription id → while events that waited for it are being routed
    ToRoute = 43,
    /// subscription id → since when every attempt failed
    Failing = 44,
    /// request id → WebhookRequest
    Request = 50,
    /// event id → RoutedEvent
    Event = 60,
    /// (request id) event id → where the record of the request does not name its events, as it did not once
    EventOfRequest = 61,
    /// (integration id) provider id → event id and time
    Seen = 62,
    /// (integration id) (webhook key) (selector) event id →
    Unrouted = 63,
    /// event id →
    UnroutedByAge = 64,
    /// → event id: up to it all that are in these two lists stopped waiting
    NewestStopped = 68,
    /// (integration id) (webhook key) (selector) event id → of unrouted events that wait no longer, and of duplicates
    Unheard = 65,
    /// (integration id) request id → of requests whose handler failed
    Failed = 66,
    /// (request id) request id → its replay
    Replay = 67,
    /// delivery id → Delivery
    Delivery = 70,
    /// (event id) delivery id → of deliveries that the event does not name itself
    DeliveryOfEvent = 71,
    /// (customer) event id, delivery id →
    DeliveryOfCustomer = 74,
    /// → that everything is in the lists of customers
    CustomersListed = 75,
    /// (subscription id) due time, delivery id →
    Due = 72,
    /// (subscription id) (chain) delivery id → of pending deliveries that keep an order
    Chain = 73,
    /// segment of content, or 0 for records → bytes that commits wrote
    Written = 80,
    /// segment of content, or 0 for records → bytes that went since
    Gone = 81,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(Vec<u8>);

impl Key {
    pub(super) fn new(table: Table) -> Key {
        Key(vec![table as u8])
    }

    /// Appends a part. Parts are at most 64 KiB: everything named from outside is bounded far below.
    pub(super) fn part(mut self, part: impl AsRef<[u8]>) -> Key {
        let part = part.as_ref();
        let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(part);
        self
    }

    pub(super) fn tail(mut self, tail: impl AsRef<[u8]>) -> Key {
        self.0.extend_from_slice(tail.as_ref());
        self
    }

    /// The range of all longer keys, or of those after the one with this tail.
    pub(super) fn all_after(&self, tail: Option<&[u8]>) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
        let start = tail.map_or_else(|| Included(self.0.clone()), |tail| Excluded(self.clone().tail(tail).0));
        (start, Excluded(self.clone().tail([0xff; 8]).0))
    }

    /// What follows `self` in a longer key.
    pub(super) fn tail_of<'k>(&self, key: &'k [u8]) -> &'k [u8] {
        key.strip_prefix(self.0.as_slice()).unwrap_or_default()
    }

    pub(super) fn text_tail_of(&self, key: &[u8]) -> String {
        String::from_utf8_lossy(self.tail_of(key)).into_owned()
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Key> for sled::IVec {
    fn from(key: Key) -> sled::IVec {
        sled::IVec::from(key.0)
    }
}

/// A time as eight bytes that sort; times before 1970 count as 1970.
pub(super) fn time_bytes(ms: i64) -> [u8; 8] {
    u64::try_from(ms).unwrap_or(0).to_be_bytes()
}

/// The time at the start of these bytes, and the rest.
pub(super) fn split_time(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (time, rest) = bytes.split_first_chunk::<8>()?;
    Some((i64::try_from(u64::from_be_bytes(*time)).unwrap_or(i64::MAX), rest))
}

/// For fuzzing: no part and no tail can be taken for another.
pub fn check_key(parts: &[&[u8]], tail: &[u8]) {
    if parts.iter().any(|part| part.len() > usize::from(u16::MAX)) {
        return;
    }
    let prefix = || parts.iter().fold(Key::new(Table::Route), Key::part);
    let key = prefix().tail(tail);
    assert_eq!(prefix().tail_of(key.as_ref()), tail);
    if let Some((_, fewer)) = parts.split_last() {
        let shorter = fewer.iter().fold(Key::new(Table::Route), Key::part);
        assert_ne!(shorter.as_ref(), key.as_ref());
    }
    let _ = split_time(tail);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn route(parts: &[String], tail: &str) -> Key {
        parts.iter().fold(Key::new(Table::Route), Key::part).tail(tail)
    }

    proptest! {
        #[test]
        fn different_parts_give_different_keys_and_no_shared_prefix(
            a in prop::collection::vec(".{0,20}", 3), b in prop::collection::vec(".{0,20}", 3), tail in ".{0,20}",
        ) {
            let of_a = route(&a, "");
            prop_assert_eq!(route(&b, &tail).as_ref().starts_with(of_a.as_ref()), a == b);
            let longer = route(&a, &tail);
            prop_assert_eq!(of_a.tail_of(longer.as_ref()), tail.as_bytes());
        }

        #[test]
        fn times_sort_as_numbers(a in 0..i64::MAX, b in 0..i64::MAX) {
            prop_assert_eq!(time_bytes(a).cmp(&time_bytes(b)), a.cmp(&b));
            let mut bytes = time_bytes(a).to_vec();
            bytes.extend(b"rest");
            prop_assert_eq!(split_time(&bytes), Some((a, b"rest".as_slice())));
        }
    }
}
