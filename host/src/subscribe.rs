//! The way of a subscription: run `get-event-selector` for its connection and keep what it found.
//! When that fails the subscription exists all the same, with the reason.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::api_client::{ApiClient, Setup};
use crate::app::App;
use crate::connection::{Connection, credentials_place};
use crate::connector::{ConnectorVersion, Method};
use crate::integration::Integration;
use crate::routing::selector_refusal;
use crate::sandbox::{Called, Error as SandboxError, Grant, types};
use crate::subscription::{EventSource, Reason, Status, Subscription};
use crate::{clock, mapping, secret};

/// Why a subscription cannot even be tried.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Secret(#[from] secret::Error),
    /// Worth trying again at once.
    #[error("too many calls are under way")]
    Busy,
}

/// What a subscription is made for.
pub(crate) struct Subject<'a> {
    pub(crate) integration: &'a Integration,
    pub(crate) connection: &'a Connection,
    pub(crate) version: &'a ConnectorVersion,
}

/// What a mapping must yield.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mapped {
    global_webhook_key: String,
    global_webhook_event_selector: String,
}

/// Finds out where the events of a subscription come from and writes that, or why not, into it.
pub(crate) async fn subscribe(app: &App, subject: &Subject<'_>, subscription: &mut Subscription) -> Result<(), Error> {
    let found = find_source(app, subject, subscription).await?;
    let found = found.and_then(|source| check_source(app, subject.version, source));
    match found {
        Ok(source) => {
            subscription.source = Some(source);
            subscription.status = Status::Subscribed;
            subscription.error = None;
        }
        Err(reason) => {
            subscription.source = None;
            subscription.status = Status::Error;
            subscription.error = Some(reason);
        }
    }
    subscription.updated_at = clock::now();
    Ok(())
}

async fn find_source(
    app: &App,
    subject: &Subject<'_>,
    subscription: &Subscription,
) -> Result<Result<EventSource, Reason>, Error> {
    let Some(event) = subject.version.manifest.event(&subscription.event) else {
        let message = format!("the connector no longer has an event `{}`", subscription.event);
        return Ok(Err(Reason::new("event_unknown", message)));
    };
    let connection = subject.connection;
    let place = credentials_place(&connection.integration_id, &connection.id);
    let credentials: Value = app.vault.open_sealed(&place, &connection.credentials)?;
    let parameters = app.parameters_of(subject.integration)?;
    match &event.methods.get_event_selector {
        Method::Mapping { mapping } => Ok(evaluate(mapping, &subscription.parameters, &credentials, &parameters)),
        Method::Javascript {} => run(app, subject.version, subscription, &credentials, &parameters).await,
    }
}

fn evaluate(
    template: &Value,
    event_parameters: &Value,
    credentials: &Value,
    parameters: &Value,
) -> Result<EventSource, Reason> {
    let variables = json!({
        "parameters": event_parameters, "credentials": credentials, "connectorParameters": parameters,
    });
    let failed =
        |why: String| Reason::new("selector_failed", format!("the mapping of get-event-selector failed: {why}"));
    let result = mapping::evaluate(template, &variables).map_err(|error| failed(error.to_string()))?;
    let result = result.ok_or_else(|| failed("it yields nothing".into()))?;
    let mapped: Mapped = serde_json::from_value(result).map_err(|error| failed(format!("its result: {error}")))?;
    Ok(EventSource {
        global_webhook_key: mapped.global_webhook_key,
        global_webhook_event_selector: mapped.global_webhook_event_selector,
    })
}

async fn run(
    app: &App,
    version: &ConnectorVersion,
    subscription: &Subscription,
    credentials: &Value,
    parameters: &Value,
) -> Result<Result<EventSource, Reason>, Error> {
    let setup = match Setup::new(version.manifest.api_client.as_ref(), credentials, parameters) {
        Ok(setup) => setup,
        Err(error) => return Ok(Err(Reason::new("api_client_invalid", error.to_string()))),
    };
    let deadline_ms = app.config.limits.selector_deadline_ms;
    let deadline = Instant::now() + Duration::from_millis(deadline_ms);
    let api_client = ApiClient::new(app.egress.clone(), setup, app.config.api_client(), deadline);
    let request = types::SelectorRequest {
        event_key: subscription.event.clone(),
        parameters: subscription.parameters.to_string(),
        credentials: credentials.to_string(),
        connector_parameters: parameters.to_string(),
    };
    let grant = Grant { deadline_ms, api_client: Some(api_client), clock: None };
    let called = match app.load(version).await {
        Ok(connector) => app.sandbox.get_event_selector(&connector, request, grant).await,
        Err(error) => Called::failed(error),
    };
    conclude(called)
}

fn conclude(called: Called<types::EventSelector>) -> Result<Result<EventSource, Reason>, Error> {
    let error = match called.result {
        Ok(selector) => {
            return Ok(Ok(EventSource {
                global_webhook_key: selector.global_webhook_key,
                global_webhook_event_selector: selector.global_webhook_event_selector,
            }));
        }
        Err(SandboxError::Busy) => return Err(Error::Busy),
        Err(error) => error,
    };
    let stack = match &error {
        SandboxError::Threw(failure) => failure.stack.clone(),
        _ => None,
    };
    let log = called.transcript.into_iter().chain(called.log).collect();
    Ok(Err(Reason { stack, log, ..Reason::new("selector_failed", error.to_string()) }))
}

fn check_source(app: &App, version: &ConnectorVersion, source: EventSource) -> Result<EventSource, Reason> {
    let key = &source.global_webhook_key;
    if version.manifest.global_webhook(key).is_none() {
        let known: Vec<&str> = version.manifest.global_webhooks.iter().map(|webhook| webhook.key.as_str()).collect();
        let message =
            format!("get-event-selector returned the globalWebhookKey `{key}`; the connector has {}", known.join(", "));
        return Err(Reason::new("global_webhook_unknown", message));
    }
    let selector = &source.global_webhook_event_selector;
    match selector_refusal(selector, app.config.limits.selector_bytes_max) {
        Some(why) => {
            let shown: String = selector.chars().take(100).collect();
            let message = format!(
                "get-event-selector returned the globalWebhookEventSelector `{shown}`, which cannot be used: {why}"
            );
            Err(Reason::new("selector_refused", message))
        }
        None => Ok(source),
    }
}
