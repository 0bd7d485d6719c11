//! Replays: a request that is kept runs again through the connector version that its integration runs now; or, as a
//! rehearsal, through any version, to see what would change. What an earlier run of the same request brought a subscription
//! is not brought to it again unless that is asked for. One runs at a time, so that two cannot miss each other.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use crate::ingest::{self, Incoming, Ingest, Rehearsal};
use patchbay_model::connector::ConnectorVersion;
use patchbay_model::id::{EventId, RequestId, SubscriptionId};
use patchbay_model::subscription::Recipient;
use patchbay_model::webhook_request::{Received, RequestStatus, WebhookRequest};
use patchbay_store::{self as store, NewEvent, Repeat};
use patchbay_store_sled::Store;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the request's content has expired, or there was no room to keep it")]
    Expired,
    #[error("the request's integration was deleted")]
    IntegrationGone,
    #[error(transparent)]
    Ingest(#[from] ingest::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What replays requests.
pub struct Replays {
    store: Store,
    ingest: Arc<Ingest>,
    alone: Mutex<()>,
}

impl Replays {
    pub fn new(store: Store, ingest: Arc<Ingest>) -> Replays {
        Replays { store, ingest, alone: Mutex::default() }
    }

    /// To be held while requests are replayed.
    pub async fn lock(&self) -> MutexGuard<'_, ()> {
        self.alone.lock().await
    }
}

/// What earlier runs of a request found, and whom it went to.
pub struct Earlier {
    events: Vec<EarlierEvent>,
    ids: Arc<HashSet<EventId>>,
    is_forced: bool,
}

struct EarlierEvent {
    id: EventId,
    selectors: Vec<String>,
    provider_id: Option<String>,
    /// `None` once it has expired.
    payload: Option<Value>,
    is_waiting: bool,
    reached: HashSet<SubscriptionId>,
}

/// Runs a request again, and returns the new one.
pub async fn run(replays: &Replays, request: &WebhookRequest, is_forced: bool) -> Result<RequestId, Error> {
    let incoming = incoming(replays, request).await?;
    let earlier = Earlier::of(&replays.store, request, is_forced)?;
    match ingest::receive(&replays.ingest, incoming, Some(&earlier)).await {
        Ok((id, _)) | Err(ingest::Error::HandlerFailed(_, id)) => Ok(id),
        Err(error) => Err(error.into()),
    }
}

/// What running it again would make of it. Keeps nothing and delivers nothing.
pub async fn rehearse(
    replays: &Replays,
    request: &WebhookRequest,
    version: Option<ConnectorVersion>,
    is_forced: bool,
) -> Result<Rehearsal, Error> {
    let incoming = incoming(replays, request).await?;
    let earlier = Earlier::of(&replays.store, request, is_forced)?;
    Ok(ingest::rehearse(&replays.ingest, incoming, version, &earlier).await?)
}

/// Whether a request was replayed with success before.
pub fn is_done(store: &Store, request: &WebhookRequest) -> Result<bool, store::Error> {
    let replays = store.replays(original(request))?;
    Ok(replays.iter().any(|replay| replay.status != RequestStatus::Failed))
}

/// The request that came in, of which all others are replays.
fn original(request: &WebhookRequest) -> &RequestId {
    request.replay_of.as_ref().unwrap_or(&request.id)
}

async fn incoming(replays: &Replays, request: &WebhookRequest) -> Result<Incoming, Error> {
    let (received, body) = replays.store.received(request)?.ok_or(Error::Expired)?;
    let received: Received = serde_json::from_slice(&received).map_err(|_| Error::Expired)?;
    let integration =
        replays.store.integration(&request.integration)?.filter(|found| found.id == request.integration_id);
    let integration = integration.ok_or(Error::IntegrationGone)?;
    let method = received.method.parse();
    Ok(Incoming {
        token: replays.store.webhook_token(&integration, &request.webhook_key).await?,
        method: method.map_err(|_| store::Error::Corrupt("a method that is none".into()))?,
        path: received.path,
        query: received.query,
        headers: received.headers,
        body,
        received_at: request.received_at,
        replay_of: Some(original(request).clone()),
    })
}

impl Earlier {
    fn of(store: &Store, request: &WebhookRequest, is_forced: bool) -> Result<Earlier, store::Error> {
        let original = original(request);
        let runs: Vec<RequestId> = store.replays(original)?.into_iter().map(|replay| replay.id).collect();
        let mut events = Vec::new();
        for run in std::iter::once(original).chain(&runs) {
            for event in store.events_of_request(run)? {
                if event.duplicate_of.is_some() {
                    continue;
                }
                let payload = store.payload(&event)?;
                let deliveries = store.deliveries_of_event(&event.id)?;
                events.push(EarlierEvent {
                    is_waiting: event.is_waiting(),
                    id: event.id,
                    selectors: event.selectors,
                    provider_id: event.provider_id,
                    payload: payload.and_then(|payload| serde_json::from_slice(&payload).ok()),
                    reached: deliveries.into_iter().map(|delivery| delivery.subscription).collect(),
                });
            }
        }
        let ids = Arc::new(events.iter().map(|event| event.id.clone()).collect());
        Ok(Earlier { events, ids, is_forced })
    }

    /// Takes from each event whom it reached before. One that reached all before, or waits already, is a repeat.
    pub fn compare(&self, routed: Vec<(NewEvent, Vec<Recipient>)>) -> Vec<(NewEvent, Vec<Recipient>)> {
        routed.into_iter().map(|(event, subscriptions)| self.compare_one(event, subscriptions)).collect()
    }

    fn compare_one(&self, mut event: NewEvent, mut subscriptions: Vec<Recipient>) -> (NewEvent, Vec<Recipient>) {
        if self.is_forced {
            event.repeat = Repeat::Forced;
            return (event, subscriptions);
        }
        let payload: Option<Value> = serde_json::from_str(&event.payload).ok();
        let same: Vec<_> = self.events.iter().filter(|earlier| earlier.is(&event, payload.as_ref())).collect();
        let had_any = !subscriptions.is_empty();
        subscriptions.retain(|found| !same.iter().any(|earlier| earlier.reached.contains(&found.id)));
        let waits = same.iter().find(|earlier| earlier.is_waiting);
        let reached = same.iter().find(|earlier| !earlier.reached.is_empty());
        let repeats = if had_any && !subscriptions.is_empty() { None } else { waits.or(reached) };
        event.repeat = match repeats {
            Some(earlier) => Repeat::Of(earlier.id.clone()),
            None => Repeat::Known(Arc::clone(&self.ids)),
        };
        (event, subscriptions)
    }
}

impl EarlierEvent {
    /// The same event: by the external app's own id, or by its payload; and for the same selectors.
    fn is(&self, event: &NewEvent, payload: Option<&Value>) -> bool {
        let is_same = match (&self.provider_id, &event.provider_id) {
            (Some(earlier), Some(new)) => earlier == new,
            _ => self.payload.is_some() && self.payload.as_ref() == payload,
        };
        is_same && self.selectors == event.selectors
    }
}
