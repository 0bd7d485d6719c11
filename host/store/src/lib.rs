//! What every store promises, as data: what goes in, what comes out, and how it may fail. The engines are crates of their own.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::delivery::{Delivery, DeliveryStatus};
use patchbay_model::event::RoutedEvent;
use patchbay_model::id::{EventId, IntegrationId};
use patchbay_model::subscription::{Reason, Recipient, Subscription};
use patchbay_model::webhook_request::{Received, WebhookRequest};

#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Nothing can be written or read now.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The configured room is used up.
    #[error(
        "the store is full: {bytes_max} bytes of bodies and payloads are still to be delivered, or not removed yet"
    )]
    Full { bytes_max: u64 },
    /// What is stored cannot be read.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// Something with this key exists, or something depends on it.
    #[error("{0}")]
    Conflict(String),
    /// Somebody else changed or removed the record that was to be replaced.
    #[error("it was changed meanwhile; try again")]
    Changed,
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::Unavailable(error.to_string())
    }
}

/// A request and what its handler made of it, about to be kept.
pub struct WebhookCommit {
    pub request: WebhookRequest,
    pub received: Received,
    pub body: bytes::Bytes,
    /// Each event with the subscriptions that it goes to.
    pub routed: Vec<(NewEvent, Vec<Recipient>)>,
}

/// An event that may be routed.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub selectors: Vec<String>,
    pub payload: String,
    pub provider_id: Option<String>,
    pub ordering_key: Option<String>,
    pub repeat: Repeat,
}

/// Whether an event may repeat one that was there before.
#[derive(Clone, Debug, Default)]
pub enum Repeat {
    /// No: one with the same provider id and selectors is a duplicate.
    #[default]
    No,
    /// It is an earlier event again, and goes to nobody.
    Of(EventId),
    /// It comes from a replay, which was compared with these events of the same request already.
    Known(Arc<HashSet<EventId>>),
    /// Whatever was there before.
    Forced,
}

/// A delivery whose turn it is, with all that an attempt needs.
pub struct Claim {
    pub delivery: Delivery,
    /// `None` where the event has expired.
    pub event: Option<RoutedEvent>,
    /// `None` where the subscription was deleted.
    pub subscription: Option<Subscription>,
}

/// What follows from an attempt.
pub enum Settlement {
    Delivered,
    RetryAt(Timestamp),
    Dead,
    /// Dead without having been tried.
    Undeliverable,
    /// Dead, and nothing more goes to this destination until its owner says so.
    DisableSubscription(Reason),
}

impl Settlement {
    /// What the delivery is afterwards.
    pub fn ending(&self) -> DeliveryStatus {
        match self {
            Settlement::Delivered => DeliveryStatus::Delivered,
            Settlement::RetryAt(_) => DeliveryStatus::Pending,
            Settlement::Dead | Settlement::Undeliverable | Settlement::DisableSubscription(_) => DeliveryStatus::Dead,
        }
    }
}

/// How much may be under way at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Of one subscription that says nothing else.
    pub per_subscription_max: usize,
    pub per_customer_max: usize,
    pub per_host_max: usize,
    /// So many attempts in a row without any answer, and their host gets one at a time until it answers.
    pub silences_in_a_row_max: u32,
    /// To all hosts together that never answered nor failed to.
    pub new_hosts_max: usize,
    /// To all hosts together whose latest attempt ended without any answer.
    pub silent_hosts_max: usize,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Requests that went because they were old.
    pub expired: u64,
    /// Deliveries that went with them and had not been made.
    pub undelivered: u64,
    /// Finished requests that went because there was too much of them.
    pub removed_for_room: u64,
    /// Events that wait no longer because too many did.
    pub trimmed: u64,
    /// Events that wait no longer because the room ran short.
    pub let_go_for_room: u64,
    /// Deliveries to disabled subscriptions that ended as dead because the room ran short.
    pub ended_for_room: u64,
    /// Content that was moved so that files could go, in bytes.
    pub moved_bytes: u64,
    /// Files of content that went.
    pub files_removed: u64,
    /// There is too much, and nothing more that may go.
    pub is_still_short: bool,
}

/// What the store takes up, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Files of bodies and payloads.
    pub content: u64,
    /// Records of requests, events and deliveries, as they were written.
    pub records: u64,
    /// The file that all records are in.
    pub records_file: u64,
}

/// What a subscription listens to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listening {
    pub integration: IntegrationId,
    pub webhook_key: String,
    pub selector: String,
}

/// Something that concerned a customer.
pub enum Concern {
    /// With the customer's deliveries of it.
    Event(RoutedEvent, Vec<Delivery>),
    /// Whom it concerned nobody knows: its handler failed.
    Failed(WebhookRequest),
}

/// From a time on, and until before another, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    pub from_ms: Option<i64>,
    pub to_ms: Option<i64>,
}

/// From a moment on, and before another.
#[derive(Clone, Copy, Debug, Default)]
pub struct Period {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl Period {
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

/// What became of deliveries that somebody wants tried again.
#[derive(Debug, PartialEq, Eq)]
pub struct Retried {
    pub count: usize,
    /// Where the next step begins; `None` at the end.
    pub cursor: Option<String>,
}
