//! The way of a webhook: receive, decode, handle, route, commit, respond. `receive` shows all of it.
//! An answer of 2xx leaves only after the request, its events and its deliveries are on disk.

mod decoded;
mod failure;
mod inflating;
mod judge;
mod panicked;
mod refusal;

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use bytes::Bytes;
use futures::FutureExt as _;
use http::{Method, Response};
use jiff::Timestamp;

use crate::app::App;
use crate::connector::ConnectorVersion;
use crate::id::RequestId;
use crate::profile::{self, Step};
use crate::replay::Earlier;
use crate::routing;
use crate::sandbox::{self, Called, Grant, types};
use crate::secret;
use crate::store::{self, NewEvent, Routing, WebhookCommit};
use crate::subscription::Recipient;
use crate::targets::{self, Target};
use crate::webhook_request::{HandledBy, Received, RequestStatus, WebhookRequest};

pub(crate) use failure::HandlerFailure;

pub(crate) use decoded::decode;
use decoded::take_back;
pub(crate) use judge::{Judged, judge};

/// One request as it came in.
#[derive(Clone)]
pub(crate) struct Incoming {
    /// What stands for the webhook in its URI.
    pub(crate) token: String,
    pub(crate) method: Method,
    /// What follows the webhook's own URI.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) received_at: Timestamp,
    /// The request that this one replays; then its handler sees the time at which that one came.
    pub(crate) replay_of: Option<RequestId>,
}

/// What would be kept of a request.
pub(crate) struct Rehearsal {
    /// As it is before the commit.
    pub(crate) record: WebhookRequest,
    pub(crate) routed: Vec<(NewEvent, Vec<Recipient>)>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
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
/// Of a replay, `earlier` is what earlier runs found. If this server itself fails, the request is kept as failed.
pub(crate) async fn receive(
    app: &App,
    mut incoming: Incoming,
    earlier: Option<&Earlier>,
) -> Result<(RequestId, Response<Bytes>), Error> {
    let worked = AssertUnwindSafe(attempt(app, &mut incoming, earlier)).catch_unwind().await;
    match worked {
        Ok(result) => result,
        Err(_) => Err(Error::HandlerFailed(HandlerFailure::Panicked, panicked::keep(app, &incoming).await?)),
    }
}

async fn attempt(
    app: &App,
    incoming: &mut Incoming,
    earlier: Option<&Earlier>,
) -> Result<(RequestId, Response<Bytes>), Error> {
    let target = app.targets.find(app, &incoming.token)?.ok_or(Error::UnknownWebhook)?;
    let (request, note, _held) = inflating::decoded(app, &target, incoming).await?;
    let mut handled = handle(app, &target, incoming, &request).await?;
    handled.log.extend(note);
    take_back(incoming, request);
    app.metrics.handled(handled.took_ms);
    let judged = judge(&app.config.limits, &incoming.method, handled.result.as_ref());
    let record = record(&target, incoming, &handled, &judged);
    let routing = app.store.routing().await;
    let mut routed = route(&routing, &target, judged.events)?;
    if let Some(earlier) = earlier {
        routed = earlier.compare(routed);
    }
    let received = received(incoming);
    let commit = WebhookCommit { request: record, received, body: incoming.body.clone(), routed };
    let start = Instant::now();
    let kept = routing.commit(commit).await?;
    app.metrics.committed(&kept, start.elapsed());
    match judged.answer {
        Ok(answer) => Ok((kept.id, answer)),
        Err(failure) => Err(Error::HandlerFailed(failure, kept.id)),
    }
}

/// What `receive` would make of a replay, through the version that the integration runs or another one. Keeps nothing.
pub(crate) async fn rehearse(
    app: &App,
    mut incoming: Incoming,
    version: Option<ConnectorVersion>,
    earlier: &Earlier,
) -> Result<Rehearsal, Error> {
    let runs = app.targets.find(app, &incoming.token)?.ok_or(Error::UnknownWebhook)?;
    let target = Target {
        integration: runs.integration.clone(),
        webhook_key: runs.webhook_key.clone(),
        version: version.unwrap_or_else(|| runs.version.clone()),
        parameters: runs.parameters.clone(),
    };
    if target.version.manifest.global_webhook(&target.webhook_key).is_none() {
        return Err(Error::UnknownWebhook);
    }
    let (request, note, _held) = inflating::decoded(app, &target, &mut incoming).await?;
    let mut handled = handle(app, &target, &incoming, &request).await?;
    handled.log.extend(note);
    let judged = judge(&app.config.limits, &incoming.method, handled.result.as_ref());
    let record = record(&target, &incoming, &handled, &judged);
    let routing = app.store.routing().await;
    let routed = earlier.compare(route(&routing, &target, judged.events)?);
    Ok(Rehearsal { record, routed })
}

async fn handle(
    app: &App,
    target: &Target,
    incoming: &Incoming,
    request: &types::WebhookRequest,
) -> Result<Called<types::HandleResult>, Error> {
    let _span = profile::span(Step::Handle);
    let grant = Grant {
        deadline_ms: app.config.limits.handler_deadline_ms,
        api_client: None,
        clock: incoming.replay_of.is_some().then_some(incoming.received_at),
    };
    let loading = profile::span(Step::Load);
    let connector = app.load(&target.version).await;
    loading.end();
    let handled = match connector {
        Ok(connector) => app.sandbox.handle(&connector, request, grant).await,
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
    let status = match (&judged.answer, judged.refused.count == 0) {
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
        refused_events: judged.refused.events.clone(),
        refused_event_count: judged.refused.count,
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
pub(crate) fn webhook_uri(app: &App, token: &str) -> String {
    format!("{}/webhooks/{token}", app.config.server.public_url.as_str().trim_end_matches('/'))
}
