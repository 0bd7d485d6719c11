//! The delivery worker: claim, attempt, settle. At least once, with the same `webhook-id` each time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::metrics::Metrics;
use patchbay_crypto::secret::{self, Vault};
use patchbay_crypto::signature;
use patchbay_egress::{self as egress, Egress, TooLarge};
use patchbay_model::clock;
use patchbay_model::delivery::Attempt;
use patchbay_model::event::RoutedEvent;
use patchbay_model::subscription::{Reason, Subscription};
use patchbay_rules::retry::{self, Next, Outcome, Schedule};
use patchbay_store as store;
use patchbay_store::{Claim, Settlement};
use patchbay_store_sled::Store;

/// How long the worker rests after the store has failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// The shortest and the longest sleep. Others need the queue too; a clock that was set back is noticed after the longest.
const SLEEP_MIN: Duration = Duration::from_millis(1);
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// What makes deliveries.
pub struct DeliveryWorker {
    pub store: Store,
    pub vault: Arc<Vault>,
    pub egress: Arc<Egress>,
    pub metrics: Arc<Metrics>,
    /// When deliveries are tried again, unless a subscription says something else.
    pub schedule: Schedule,
    pub limits: Limits,
}

/// What bounds attempts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub in_flight_max: usize,
    /// Time for one attempt, unless a subscription says something else.
    pub timeout_ms: u64,
    pub response_bytes_max: usize,
}

/// Why there was nothing to attempt.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the subscription was deleted")]
    SubscriptionGone,
    #[error("the event has expired")]
    EventExpired,
    #[error("the payload cannot be read: {0}")]
    Payload(#[from] serde_json::Error),
    #[error("the destination is not a URL: {0}")]
    Destination(#[from] url::ParseError),
    #[error(transparent)]
    Secret(#[from] secret::Error),
    #[error(transparent)]
    Signature(#[from] signature::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The body of a delivery.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    timestamp: String,
    data: &'a RawValue,
    subscription: &'a str,
    connection: &'a str,
    customer: &'a str,
    integration: &'a str,
}

/// Delivers until `stop`; returns when the attempts under way have ended.
pub async fn run(worker: Arc<DeliveryWorker>, stop: CancellationToken) {
    let attempts = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(worker.limits.in_flight_max));
    while !stop.is_cancelled() {
        let Some(Ok(slot)) = stop.run_until_cancelled(Arc::clone(&slots).acquire_owned()).await else { break };
        let changed = worker.store.due_changed();
        match worker.store.claim_due(clock::now()) {
            Ok(Some(claim)) => {
                let worker = Arc::clone(&worker);
                attempts.spawn(async move {
                    attempt(&worker, claim).await;
                    drop(slot);
                });
            }
            Ok(None) => {
                let rest = tokio::time::timeout(until_next(&worker), changed);
                let _ = stop.run_until_cancelled(rest).await;
            }
            Err(error) => {
                tracing::error!(%error, "deliveries cannot be claimed");
                let _ = stop.run_until_cancelled(tokio::time::sleep(PAUSE_AFTER_FAILURE)).await;
            }
        }
    }
    attempts.close();
    attempts.wait().await;
}

fn until_next(worker: &DeliveryWorker) -> Duration {
    let wait = worker.store.next_due().map(|next| next.duration_since(clock::now()));
    wait.map_or(SLEEP_MAX, |wait| Duration::try_from(wait).unwrap_or_default().clamp(SLEEP_MIN, SLEEP_MAX))
}

async fn attempt(worker: &DeliveryWorker, claim: Claim) {
    let start = Instant::now();
    let at = clock::now();
    let (outcome, settlement) = match send(worker, &claim).await {
        Ok(outcome) => {
            let settlement = settlement(worker, &claim, &outcome);
            (outcome, settlement)
        }
        Err(Error::Store(error @ (store::Error::Unavailable(_) | store::Error::Full { .. }))) => {
            tracing::error!(%error, delivery = %claim.delivery.id, "an attempt was not made");
            return release_later(worker, &claim).await;
        }
        Err(error) => (Outcome::Denied(error.to_string()), Settlement::Undeliverable),
    };
    if let Some(until) = retry::held_until(&schedule(worker, &claim), &outcome, clock::now()) {
        worker.store.hold(&claim, until);
    }
    worker.metrics.attempted(&outcome);
    let took_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let ending = settlement.ending();
    match worker.store.settle(&claim, record(&outcome, at, took_ms), settlement) {
        Ok(disabled) => {
            worker.metrics.settled(ending);
            let Some(reason) = disabled else { return };
            worker.metrics.disabled();
            tracing::warn!(subscription = %claim.delivery.subscription, code = reason.code, "a subscription was disabled");
        }
        Err(error) => {
            tracing::error!(%error, delivery = %claim.delivery.id, "an attempt was made and not recorded; it is made again");
            release_later(worker, &claim).await;
        }
    }
}

/// Gives a claim back after a pause, so that a store that cannot write does not hammer a destination.
async fn release_later(worker: &DeliveryWorker, claim: &Claim) {
    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
    if let Err(error) = worker.store.release(claim) {
        tracing::error!(%error, delivery = %claim.delivery.id, "a claim was not released; it is due again after a restart");
    }
}

async fn send(worker: &DeliveryWorker, claim: &Claim) -> Result<Outcome, Error> {
    let subscription = claim.subscription.as_ref().ok_or(Error::SubscriptionGone)?;
    let event = claim.event.as_ref().ok_or(Error::EventExpired)?;
    let payload = worker.store.payload(event)?.ok_or(Error::EventExpired)?;
    let body = body(subscription, event, &payload)?;
    let request = egress::Request {
        method: http::Method::POST,
        url: subscription.destination.url.parse()?,
        headers: headers(worker, claim, subscription, &body)?,
        body: Some(body.into()),
        timeout_ms: subscription.delivery.timeout_ms.unwrap_or(worker.limits.timeout_ms),
        response_bytes_max: worker.limits.response_bytes_max,
        when_too_large: TooLarge::Cut,
    };
    Ok(outcome(worker.egress.send(request).await))
}

fn body(subscription: &Subscription, event: &RoutedEvent, payload: &[u8]) -> Result<Vec<u8>, Error> {
    let body = Body {
        r#type: &subscription.event,
        timestamp: clock::rfc3339_ms(event.received_at),
        data: serde_json::from_slice(payload)?,
        subscription: subscription.id.as_str(),
        connection: &subscription.connection,
        customer: &subscription.customer,
        integration: &subscription.integration,
    };
    Ok(serde_json::to_vec(&body)?)
}

fn headers(
    worker: &DeliveryWorker,
    claim: &Claim,
    subscription: &Subscription,
    body: &[u8],
) -> Result<Vec<(String, String)>, Error> {
    let now = clock::now();
    let place = subscription.secret_place();
    let valid = subscription.secrets.iter().filter(|secret| secret.expires_at.is_none_or(|end| end > now));
    let secrets: Vec<String> =
        valid.map(|secret| worker.vault.open_sealed(&place, &secret.sealed)).collect::<Result<_, _>>()?;
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let signed = signature::headers(&secrets, claim.delivery.id.as_str(), now.as_second(), body)?;
    let signed = signed.into_iter().map(|(name, value)| (name.to_owned(), value));
    Ok(std::iter::once(("content-type".to_owned(), "application/json".to_owned())).chain(signed).collect())
}

fn outcome(answer: Result<egress::Response, egress::Error>) -> Outcome {
    use egress::Error as E;
    match answer {
        Ok(response) => {
            let retry_after = response.header("retry-after");
            Outcome::answered(response.status, retry_after.and_then(|value| retry::retry_after(value, clock::now())))
        }
        Err(E::TimedOut) => Outcome::TimedOut,
        Err(E::Denied(why) | E::Invalid(why)) => Outcome::Denied(why),
        Err(error @ (E::Unreachable(_) | E::TooLarge)) => Outcome::Unreachable(error.to_string()),
    }
}

fn schedule(worker: &DeliveryWorker, claim: &Claim) -> Schedule {
    let own = claim.subscription.as_ref().and_then(|subscription| subscription.delivery.retry_gaps_ms.as_ref());
    Schedule { gaps_ms: own.unwrap_or(&worker.schedule.gaps_ms).clone(), ..worker.schedule }
}

fn settlement(worker: &DeliveryWorker, claim: &Claim, outcome: &Outcome) -> Settlement {
    let number = claim.delivery.attempt_count + 1;
    match retry::next(&schedule(worker, claim), number, outcome, clock::now(), rand::random()) {
        Next::Done => Settlement::Delivered,
        Next::RetryAt(at) => Settlement::RetryAt(at),
        Next::DeadLetter => Settlement::Dead,
        Next::DisableSubscription => Settlement::DisableSubscription(Reason::new(
            "destination_gone",
            "the destination answered 410; enable the subscription when it is back",
        )),
    }
}

fn record(outcome: &Outcome, at: jiff::Timestamp, took_ms: u64) -> Attempt {
    let (answer, error) = match outcome {
        Outcome::Accepted { status } => (Some(*status), None),
        Outcome::Refused { status, .. } => (Some(*status), Some(format!("the destination answered {status}"))),
        Outcome::Gone => (Some(410), Some("the destination answered 410".to_owned())),
        Outcome::TimedOut => (None, Some("no complete answer in time".to_owned())),
        Outcome::Unreachable(why) | Outcome::Denied(why) => (None, Some(why.clone())),
    };
    Attempt { at, took_ms, answer, error }
}
