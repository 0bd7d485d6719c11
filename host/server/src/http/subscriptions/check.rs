//! What a subscription may ask for.

use serde_json::Value;

use crate::app::App;
use crate::config::Config;
use crate::http::error::{Answer, Problem};
use crate::http::extract::merge;
use crate::http::integrations;
use patchbay_connector::schema;
use patchbay_model::subscription::{DeliverySettings, Destination, Subscription};

const URL_BYTES_MAX: usize = 2_048;
/// No destination is given up on sooner than this, and none is hammered.
const TIMEOUT_MS_MIN: u64 = 100;
const RETRY_GAP_MS_MIN: u64 = 100;

pub(super) fn check_event(app: &App, subscription: &Subscription) -> Answer<()> {
    let integration = integrations::find(app, &subscription.integration)?;
    let version = integrations::version(app, &integration)?;
    let Some(event) = version.manifest.event(&subscription.event) else {
        let known: Vec<&str> = version.manifest.events.iter().map(|event| event.key.as_str()).collect();
        let message = format!("the connector has no event `{}`; it has {}", subscription.event, known.join(", "));
        return Err(Problem::invalid_field("/event", message));
    };
    match schema::violations(event.parameters_schema.as_ref(), &subscription.parameters, "/parameters") {
        violations if violations.is_empty() => Ok(()),
        violations => Err(Problem::invalid(violations)),
    }
}

pub(super) fn check_destination(destination: &Destination) -> Answer<()> {
    let invalid = |why: &str| Problem::invalid_field("/destination/url", why);
    if destination.url.len() > URL_BYTES_MAX {
        return Err(invalid("has more than 2,048 bytes"));
    }
    let url = url::Url::parse(&destination.url).map_err(|error| invalid(&format!("is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("must be an http or https URL without a user name or password"));
    }
    Ok(())
}

/// Refuses settings outside of what the server allows.
pub(super) fn check_delivery(config: &Config, settings: &DeliverySettings) -> Answer<()> {
    let limits = &config.delivery;
    let refuse = |field: &str, why: String| Err(Problem::invalid_field(&format!("/delivery/{field}"), why));
    let timeout_ms_max = limits.subscription_timeout_ms_max;
    if settings.timeout_ms.is_some_and(|ms| !(TIMEOUT_MS_MIN..=timeout_ms_max).contains(&ms)) {
        return refuse("timeoutMs", format!("must be {TIMEOUT_MS_MIN} to {timeout_ms_max}"));
    }
    let concurrency_max = limits.subscription_concurrency_max;
    if settings.concurrency_max.is_some_and(|count| !(1..=concurrency_max).contains(&count)) {
        return refuse("concurrencyMax", format!("must be 1 to {concurrency_max}"));
    }
    let Some(gaps_ms) = &settings.retry_gaps_ms else { return Ok(()) };
    let (gaps_max, retention_ms) = (limits.subscription_retry_gaps_max, config.storage.retention_ms);
    if gaps_ms.len() > gaps_max {
        return refuse("retryGapsMs", format!("has {} pauses, {gaps_max} are allowed", gaps_ms.len()));
    }
    let sum_ms = gaps_ms.iter().fold(0, |sum: u64, gap_ms| sum.saturating_add(*gap_ms));
    if gaps_ms.iter().any(|gap_ms| *gap_ms < RETRY_GAP_MS_MIN) || sum_ms > retention_ms {
        let why = format!("each pause must have at least {RETRY_GAP_MS_MIN} ms, all together at most {retention_ms}");
        return refuse("retryGapsMs", why);
    }
    Ok(())
}

/// These settings after a merge patch: what is `null` is as the server's settings say.
pub(super) fn patched_delivery(settings: &DeliverySettings, patch: Value) -> Answer<DeliverySettings> {
    let invalid = |error: serde_json::Error| Problem::invalid_field("/delivery", error.to_string());
    let mut patched = serde_json::to_value(settings).map_err(invalid)?;
    merge(&mut patched, patch);
    if patched.is_null() {
        return Ok(DeliverySettings::default());
    }
    serde_json::from_value(patched).map_err(invalid)
}
