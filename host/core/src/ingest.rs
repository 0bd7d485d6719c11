//! The way of a webhook: receive, decode, handle, route, commit, respond. `receive` shows all of it.
//! An answer of 2xx leaves only after the request, its events and its deliveries are on disk.

mod decoded;
mod failure;
mod judge;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{Method, Response};
use jiff::Timestamp;
use url::Url;

use crate::connectors::Connectors;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::replay::Earlier;
use crate::targets::{self, Target, Targets};
use patchbay_crypto::secret;
use patchbay_model::connector::ConnectorVersion;
use patchbay_model::id::RequestId;
use patchbay_model::profile::{self, Step};
use patchbay_model::routing;
use patchbay_model::subscription::Recipient;
use patchbay_model::webhook_request::{HandledBy, Received, RequestStatus, WebhookRequest};
use patchbay_sandbox::{self as sandbox, Called, Grant, Sandbox, types};
use patchbay_store::{self as store, NewEvent, WebhookCommit};
use patchbay_store_sled::{Routing, Store};

pub use failure::HandlerFailure;

pub use decoded::decode;
use decoded::take_back;
pub use judge::{Judged, judge};

/// What takes webhooks in.
pub struct Ingest {
    pub store: Store,
    pub sandbox: Arc<Sandbox>,
    pub connectors: Connectors,
    pub targets: Targets,
    pub metrics: Arc<Metrics>,
    pub limits: Limits,
    /// Webhook URIs start with it.
    pub public_url: Url,
}

/// One request as it came in.
#[derive(Clone)]
pub struct Incoming {
    /// What stands for the webhook in its URI.
    pub token: String,
    pub method: Method,
    /// What follows the webhook's own URI.
    pub path: String,
    pub query: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub received_at: Timestamp,
    /// The request that this one replays; then its handler sees the time at which that one came.
    pub replay_of: Option<RequestId>,
}

/// What would be kept of a request.
pub struct Rehearsal {
    /// As it is before the commit.
    pub record: WebhookRequest,
    pub routed: Vec<(NewEvent, Vec<Recipient>)>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no webhook has this address")]
    UnknownWebhook,
    #[error("the request body is larger than accepted")]
    TooLarge,
    #[error("too many requests are under way")]
    Busy,
    #[error("the connector crashed again and again and rests")]
    Resting { retry_after_s: u64 },
    #[error("{0}")]
    HandlerFailed(HandlerFailure, RequestId),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Secret(#[from] secret::Error),
}

impl From<targets::Error> for Error {
    fn from(error: targets::Error) -> Self {
        match error {
            targets::Error::Store(error) => Error::Store(error),
            targets::Error::Secret(error) => Error::Secret(error),
        }
    }
}

/// Takes a request all the way and returns the answer for the external app, with the id under which it is kept.
/// Of a replay, `earlier` is what earlier runs found.
pub async fn receive(
    ingest: &Ingest,
    mut incoming: Incoming,
    earlier: Option<&Earlier>,
) -> Result<(RequestId, Response<Bytes>), Error> {
    let target = ingest.targets.find(&ingest.connectors, &incoming.token)?.ok_or(Error::UnknownWebhook)?;
    let uri = webhook_uri(ingest, &incoming.token);
    let request = decode(&ingest.limits, &uri, &target.webhook_key, &target.parameters, &mut incoming).await?;
    let handled = handle(ingest, &target, &incoming, &request).await?;
    take_back(&mut incoming, request);
    ingest.metrics.handled(handled.took_ms);
    let judged = judge(&ingest.limits, &incoming.method, handled.result.as_ref());
    let record = record(&target, &incoming, &handled, &judged);
    let routing = ingest.store.routing().await;
    let mut routed = route(&routing, &target, judged.events)?;
    if let Some(earlier) = earlier {
        routed = earlier.compare(routed);
    }
    let received = received(&incoming);
    let commit = WebhookCommit { request: record, received, body: incoming.body, routed };
    let start = Instant::now();
    let kept = routing.commit(commit).await?;
    ingest.metrics.committed(&kept, start.elapsed());
    match judged.answer {
        Ok(answer) => Ok((kept.id, answer)),
        Err(failure) => Err(Error::HandlerFailed(failure, kept.id)),
    }
}

/// What `receive` would make of a replay, through the version that the integration runs or another one. Keeps nothing.
pub async fn rehearse(
    ingest: &Ingest,
    mut incoming: Incoming,
    version: Option<ConnectorVersion>,
    earlier: &Earlier,
) -> Result<Rehearsal, Error> {
    let runs = ingest.targets.find(&ingest.connectors, &incoming.token)?.ok_or(Error::UnknownWebhook)?;
    let target = Target {
        integration: runs.integration.clone(),
        webhook_key: runs.webhook_key.clone(),
        version: version.unwrap_or_else(|| runs.version.clone()),
        parameters: runs.parameters.clone(),
    };
    if target.version.manifest.global_webhook(&target.webhook_key).is_none() {
        return Err(Error::UnknownWebhook);
    }
    let uri = webhook_uri(ingest, &incoming.token);
    let request = decode(&ingest.limits, &uri, &target.webhook_key, &target.parameters, &mut incoming).await?;
    let handled = handle(ingest, &target, &incoming, &request).await?;
    let judged = judge(&ingest.limits, &incoming.method, handled.result.as_ref());
    let record = record(&target, &incoming, &handled, &judged);
    let routing = ingest.store.routing().await;
    let routed = earlier.compare(route(&routing, &target, judged.events)?);
    Ok(Rehearsal { record, routed })
}

async fn handle(
    ingest: &Ingest,
    target: &Target,
    incoming: &Incoming,
    request: &types::WebhookRequest,
) -> Result<Called<types::HandleResult>, Error> {
    let _span = profile::span(Step::Handle);
    let grant = Grant {
        deadline_ms: ingest.limits.handler_deadline_ms,
        api_client: None,
        clock: incoming.replay_of.is_some().then_some(incoming.received_at),
    };
    let loading = profile::span(Step::Load);
    let connector = ingest.connectors.load(&target.version).await;
    loading.end();
    let handled = match connector {
        Ok(connector) => ingest.sandbox.handle(&connector, request, grant).await,
        Err(error) => Called::failed(error),
    };
    match handled.result {
        Err(sandbox::Error::Busy) => Err(Error::Busy),
        Err(sandbox::Error::Resting { retry_after_s }) => Err(Error::Resting { retry_after_s }),
        _ => Ok(handled),
    }
}

fn route(
    routing: &Routing<'_>,
    target: &Target,
    events: Vec<NewEvent>,
) -> Result<Vec<(NewEvent, Vec<Recipient>)>, store::Error> {
    let _span = profile::span(Step::Route);
    let matching =
        |selector: &str| routing.subscriptions_matching(&target.integration.id, &target.webhook_key, selector);
    events
        .into_iter()
        .map(|event| {
            let recipients = routing::route(&event.selectors, matching)?;
            Ok((event, recipients))
        })
        .collect()
}

/// The record of a request, as far as it is known before the commit.
fn record(
    target: &Target,
    incoming: &Incoming,
    handled: &Called<types::HandleResult>,
    judged: &Judged,
) -> WebhookRequest {
    let _span = profile::span(Step::Record);
    let status = match (&judged.answer, judged.refused.is_empty()) {
        (Err(_), _) => RequestStatus::Failed,
        (Ok(_), true) => RequestStatus::Answered,
        (Ok(_), false) => RequestStatus::Refused,
    };
    WebhookRequest {
        id: RequestId::new(),
        integration: target.integration.key.clone(),
        integration_id: target.integration.id.clone(),
        webhook_key: target.webhook_key.clone(),
        received_at: incoming.received_at,
        handled_by: HandledBy {
            connector: target.version.connector.clone(),
            version: target.version.version,
            digest: target.version.digest.clone(),
        },
        status,
        answer: judged.answer.as_ref().map_or_else(|failure| failure.status(), |answer| answer.status().as_u16()),
        error: judged.answer.as_ref().err().map(HandlerFailure::reason),
        refused_events: judged.refused.clone(),
        event_count: u32::try_from(judged.events.len()).unwrap_or(u32::MAX),
        delivery_count: 0,
        log: handled.log.clone(),
        handled_in_ms: handled.took_ms,
        replay_of: incoming.replay_of.clone(),
        content: None,
        events: None,
        record_bytes: 0,
    }
}

fn received(incoming: &Incoming) -> Received {
    Received {
        method: incoming.method.to_string(),
        path: incoming.path.clone(),
        query: incoming.query.clone(),
        headers: incoming.headers.clone(),
    }
}

/// The URI of a global webhook.
pub fn webhook_uri(ingest: &Ingest, token: &str) -> String {
    format!("{}/webhooks/{token}", ingest.public_url.as_str().trim_end_matches('/'))
}
