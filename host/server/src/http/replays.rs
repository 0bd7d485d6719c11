//! `/v1/webhook-requests/replay`: requests that are kept, run again step by step; or only tried, to see what would change.
//! Safe to repeat: what was replayed with success is passed over.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AppState;
use super::auth::Caller;
use super::error::{Answer, Problem};
use super::extract::{Body, cursor_of_body, whole_number};
use super::webhook_requests;
use crate::app::App;
use patchbay_core::replay::{self, is_done};
use patchbay_model::connector::ConnectorVersion;
use patchbay_model::id::{age_at, age_of};
use patchbay_model::integration::Integration;
use patchbay_model::page::PageRequest;
use patchbay_model::webhook_request::{RequestStatus, WebhookRequest};
use patchbay_store as store;

mod change;

use change::{Side, changes};

const LIMIT_DEFAULT: usize = 20;
/// How many requests one step replays.
const LIMIT_MAX: usize = 100;
/// After this time a step ends with the request that is under way.
const STEP_TIME_MAX: Duration = Duration::from_secs(20);

/// Which requests, and how.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Replay {
    /// These requests, in this order.
    #[schema(max_items = 100)]
    requests: Option<Vec<String>>,
    /// Or the requests of this integration, the oldest first.
    integration: Option<String>,
    global_webhook: Option<String>,
    /// What became of them: `failed` if not given.
    status: Option<RequestStatus>,
    /// Received at this time or later.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Received before this time.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Show what would change, and change nothing.
    #[serde(default)]
    dry_run: bool,
    /// In a dry run: this version of the connector instead of the one that the integration runs.
    #[schema(minimum = 1)]
    version: Option<u32>,
    /// Replay what was replayed before, and deliver again what was delivered before.
    #[serde(default)]
    force: bool,
    /// How many requests this step replays at most: 20 if not given.
    #[schema(minimum = 1, maximum = 100)]
    #[serde(default, deserialize_with = "whole_number")]
    limit: Option<usize>,
    /// Where the step before ended: its `cursor`.
    #[schema(min_length = 1, pattern = "^[A-Za-z0-9_.~-]+$")]
    cursor: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ReplayStep)]
pub(super) struct Step {
    items: Vec<Replayed>,
    /// Where the next step begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Replayed {
    request: String,
    result: Outcome,
    /// Why it was passed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The new request.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Side>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Side>,
    /// What is not the same before and after.
    changes: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ReplayResult)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Replayed,
    WouldReplay,
    PassedOver,
}

/// Replays requests through the connector version that their integration runs now, a step at a time: the failed ones of an
/// integration, others by status and time, or those that are named. Requests that were replayed with success before are
/// passed over, and what a subscription has got of a request before is not delivered to it again, unless `force` is true. A
/// dry run shows old and new events, selectors and answers for each, delivers nothing and keeps nothing.
#[utoipa::path(
    post,
    path = "/v1/webhook-requests/replay",
    operation_id = "replayWebhookRequests",
    tag = "webhook-requests",
    request_body = Replay,
    responses(
        (status = 200, description = "What was replayed in this step", body = Step),
        (status = 404),
    )
)]
pub(super) async fn replay_many(State(app): AppState, caller: Caller, Body(wish): Body<Replay>) -> Answer<Json<Step>> {
    check(&wish)?;
    let (requests, cursor) = chosen(&app, &caller, &wish)?;
    let (start, count) = (Instant::now(), requests.len());
    let _alone = app.replays.lock().await;
    let mut step = Step { items: Vec::with_capacity(count), cursor };
    for request in &requests {
        match one(&app, &wish, request).await {
            Ok(replayed) => step.items.push(replayed),
            // What was done is told; the next step begins with what could not be.
            Err(_) if !step.items.is_empty() => break,
            Err(problem) => return Err(problem),
        }
        if start.elapsed() > STEP_TIME_MAX {
            break;
        }
    }
    if step.items.len() < count && wish.requests.is_none() {
        step.cursor = step.items.last().map(|last| URL_SAFE_NO_PAD.encode(&last.request));
    }
    step.cursor = step.cursor.map(|cursor| caller.hide_cursor(cursor)).transpose()?;
    Ok(Json(step))
}

fn check(wish: &Replay) -> Answer<()> {
    let limit = wish.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid_field("/limit", format!("must be 1 to {LIMIT_MAX}")));
    }
    if wish.version.is_some() && !wish.dry_run {
        return Err(Problem::invalid_field(
            "/version",
            "only a dry run may go through another version; to replay through it, have the integration run it",
        ));
    }
    match (&wish.requests, &wish.integration) {
        (Some(ids), None) if ids.len() > LIMIT_MAX => {
            Err(Problem::invalid_field("/requests", format!("must name at most {LIMIT_MAX}")))
        }
        (Some(_), None) | (None, Some(_)) => Ok(()),
        _ => Err(Problem::invalid_field("/integration", "give either `requests` or `integration`")),
    }
}

/// The requests of this step, and where the next one begins.
fn chosen(app: &App, caller: &Caller, wish: &Replay) -> Answer<(Vec<WebhookRequest>, Option<String>)> {
    if let Some(ids) = &wish.requests {
        let found = ids.iter().map(|id| webhook_requests::find(app, caller, id)).collect::<Answer<_>>()?;
        return Ok((found, None));
    }
    let key = wish.integration.as_deref().unwrap_or_default();
    let integration = app.store.integration(key)?.ok_or_else(|| Problem::not_found("integration", key))?;
    let cursor = wish.cursor.clone().map(|cursor| cursor_of_body(caller, cursor)).transpose()?;
    let page = PageRequest { limit: wish.limit.unwrap_or(LIMIT_DEFAULT), cursor };
    let until = wish.to.map(|to| age_at(to.as_millisecond()));
    let status = wish.status.unwrap_or(RequestStatus::Failed);
    let is_before = |id: &str| until.as_deref().is_none_or(|until| age_of(id) < until);
    let fits = |request: &WebhookRequest| {
        request.integration_id == integration.id
            && request.status == status
            && request.replay_of.is_none()
            && wish.global_webhook.as_ref().is_none_or(|webhook| *webhook == request.webhook_key)
            && is_before(request.id.as_str())
    };
    let failed_of = (status == RequestStatus::Failed).then_some(&integration.id);
    let from_ms = wish.from.map_or(0, Timestamp::as_millisecond);
    let mut page = app.store.requests_from(failed_of, from_ms, &page, fits)?;
    let last = page.cursor.as_ref().and_then(|cursor| String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok());
    if last.is_some_and(|last| !is_before(&last)) {
        page.cursor = None;
    }
    Ok((page.items, page.cursor))
}

async fn one(app: &App, wish: &Replay, request: &WebhookRequest) -> Answer<Replayed> {
    let mut replayed = Replayed {
        request: request.id.to_string(),
        result: Outcome::PassedOver,
        reason: None,
        replayed_as: None,
        before: None,
        after: None,
        changes: Vec::new(),
    };
    if !wish.force && is_done(&app.store, request)? {
        replayed.reason = Some("it was replayed with success before".to_owned());
        return Ok(replayed);
    }
    let after = match run(app, wish, request).await {
        Ok(after) => after,
        Err(RunError::Passed(error)) => {
            replayed.reason = Some(error.to_string());
            return Ok(replayed);
        }
        Err(RunError::Problem(problem)) => return Err(problem),
    };
    let before = Side::kept(app, request)?;
    replayed.changes = changes(&before, &after.side);
    replayed.result = if wish.dry_run { Outcome::WouldReplay } else { Outcome::Replayed };
    (replayed.before, replayed.after, replayed.replayed_as) = (Some(before), Some(after.side), after.id);
    Ok(replayed)
}

struct After {
    id: Option<String>,
    side: Side,
}

enum RunError {
    /// Of this request alone.
    Passed(replay::Error),
    Problem(Problem),
}

impl From<Problem> for RunError {
    fn from(problem: Problem) -> Self {
        RunError::Problem(problem)
    }
}

impl From<store::Error> for RunError {
    fn from(error: store::Error) -> Self {
        RunError::Problem(error.into())
    }
}

async fn run(app: &App, wish: &Replay, request: &WebhookRequest) -> Result<After, RunError> {
    let is_passed = |error| match error {
        replay::Error::Expired | replay::Error::IntegrationGone => RunError::Passed(error),
        replay::Error::Ingest(patchbay_core::ingest::Error::UnknownWebhook) => RunError::Passed(error),
        other => RunError::Problem(other.into()),
    };
    if !wish.dry_run {
        let id = replay::run(&app.replays, request, wish.force).await.map_err(is_passed)?;
        let kept = app.store.webhook_request(&id)?.ok_or_else(|| Problem::not_found("webhook request", id.as_str()))?;
        return Ok(After { id: Some(id.to_string()), side: Side::kept(app, &kept)? });
    }
    let version = wish.version.map(|version| version_of(app, request, version)).transpose()?;
    let rehearsal = replay::rehearse(&app.replays, request, version, wish.force).await.map_err(is_passed)?;
    Ok(After { id: None, side: Side::rehearsed(app, request, rehearsal)? })
}

fn version_of(app: &App, request: &WebhookRequest, version: u32) -> Answer<ConnectorVersion> {
    let integration: Option<Integration> = app.store.integration(&request.integration)?;
    let connector = integration.map_or_else(|| request.handled_by.connector.clone(), |found| found.connector);
    let found = app.store.connector_version(&connector, Some(version))?;
    found.ok_or_else(|| Problem::not_found("connector version", &version.to_string()))
}

/// A payload as it is shown: absent if it is long.
fn shown(payload: &[u8]) -> Option<Value> {
    const BYTES_SHOWN_MAX: usize = 4 << 10;
    Some(payload).filter(|payload| payload.len() <= BYTES_SHOWN_MAX).and_then(|text| serde_json::from_slice(text).ok())
}
