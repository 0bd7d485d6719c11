//! Runs `get-event-selector`, as a mapping or as code, and judges what it found.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use super::Error;
use crate::limits::Limits;
use patchbay_connector::api_client::{ApiClient, Setup, Transport};
use patchbay_mapping as mapping;
use patchbay_model::connector::{Manifest, Method};
use patchbay_model::routing::selector_refusal;
use patchbay_model::subscription::{EventSource, Reason};
use patchbay_sandbox::{Called, Error as SandboxError, Grant, Loaded, Sandbox, types};

/// What a selector is found with.
pub(crate) struct Means<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) limits: &'a Limits,
    pub(crate) transport: Transport,
}

/// What a selector is found for.
pub(crate) struct SelectorCall<'a> {
    pub(crate) manifest: &'a Manifest,
    /// The event's key.
    pub(crate) event: &'a str,
    pub(crate) event_parameters: &'a Value,
    pub(crate) credentials: &'a Value,
    pub(crate) connector_parameters: &'a Value,
}

/// What a mapping must yield.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mapped {
    global_webhook_key: String,
    global_webhook_event_selector: String,
}

/// Where the events of a subscription come from; or why that could not be found out, for people to read.
pub(crate) async fn find_source(
    means: &Means<'_>,
    connector: impl Future<Output = Result<Arc<Loaded>, SandboxError>>,
    call: &SelectorCall<'_>,
) -> Result<Result<EventSource, Reason>, Error> {
    let Some(event) = call.manifest.event(call.event) else {
        let message = format!("the connector no longer has an event `{}`", call.event);
        return Ok(Err(Reason::new("event_unknown", message)));
    };
    let found = match &event.methods.get_event_selector {
        Method::Mapping { mapping } => evaluate(mapping, call),
        Method::Javascript {} => run(means, connector, call).await?,
    };
    let selector_bytes_max = means.limits.selector_bytes_max;
    Ok(found.and_then(|source| check(call.manifest, source, selector_bytes_max)))
}

fn evaluate(template: &Value, call: &SelectorCall<'_>) -> Result<EventSource, Reason> {
    let variables = json!({
        "parameters": call.event_parameters,
        "credentials": call.credentials,
        "connectorParameters": call.connector_parameters,
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
    means: &Means<'_>,
    connector: impl Future<Output = Result<Arc<Loaded>, SandboxError>>,
    call: &SelectorCall<'_>,
) -> Result<Result<EventSource, Reason>, Error> {
    let setup = match Setup::new(call.manifest.api_client.as_ref(), call.credentials, call.connector_parameters) {
        Ok(setup) => setup,
        Err(error) => return Ok(Err(Reason::new("api_client_invalid", error.to_string()))),
    };
    let deadline_ms = means.limits.selector_deadline_ms;
    let deadline = Instant::now() + Duration::from_millis(deadline_ms);
    let api_client = ApiClient::new(means.transport.clone(), setup, means.limits.api_client.clone(), deadline);
    let request = types::SelectorRequest {
        event_key: call.event.to_owned(),
        parameters: call.event_parameters.to_string(),
        credentials: call.credentials.to_string(),
        connector_parameters: call.connector_parameters.to_string(),
    };
    let grant = Grant { deadline_ms, api_client: Some(api_client), clock: None };
    let called = match connector.await {
        Ok(connector) => means.sandbox.get_event_selector(&connector, request, grant).await,
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
        Err(SandboxError::Resting { retry_after_s }) => return Err(Error::Resting { retry_after_s }),
        Err(error) => error,
    };
    let stack = match &error {
        SandboxError::Threw(failure) => failure.stack.clone(),
        _ => None,
    };
    let log = called.transcript.into_iter().chain(called.log).collect();
    Ok(Err(Reason { stack, log, ..Reason::new("selector_failed", error.to_string()) }))
}

fn check(manifest: &Manifest, source: EventSource, selector_bytes_max: usize) -> Result<EventSource, Reason> {
    let key = &source.global_webhook_key;
    if manifest.global_webhook(key).is_none() {
        let known: Vec<&str> = manifest.global_webhooks.iter().map(|webhook| webhook.key.as_str()).collect();
        let message =
            format!("get-event-selector returned the globalWebhookKey `{key}`; the connector has {}", known.join(", "));
        return Err(Reason::new("global_webhook_unknown", message));
    }
    let selector = &source.global_webhook_event_selector;
    match selector_refusal(selector, selector_bytes_max) {
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
