//! The HTTP surface: every URL in one function.

mod auth;
mod change;
mod codes;
mod concern;
mod connections;
mod connectors;
mod customers;
mod deliveries;
mod error;
mod events;
mod extract;
mod headers;
mod health;
mod idempotency;
mod integrations;
mod metrics;
mod openapi;
mod rates;
mod replays;
mod server;
mod subscriptions;
mod tls;
mod tokens;
mod uploads;
mod webhook_requests;
mod webhooks;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post, put};

use crate::app::App;

pub(crate) use server::serve;
pub(crate) use tls::{Files as TlsFiles, Tls};

type AppState = axum::extract::State<Arc<App>>;

/// Every URL that there is.
fn router(app: Arc<App>) -> Router {
    let limits = &app.config.limits;
    let guard = axum::middleware::from_fn_with_state(Arc::clone(&app), auth::require_token);
    // For what creates something that would be there twice.
    let once = axum::middleware::from_fn_with_state(Arc::clone(&app), idempotency::once);
    let upload = post(connectors::upload)
        .layer::<_, Infallible>(once.clone())
        .layer(DefaultBodyLimit::max(limits.bundle_bytes_max));
    let v1 = Router::new()
        .route("/connectors", upload.get(connectors::list))
        .route("/connectors/{key}", get(connectors::show))
        .route("/connectors/{key}/versions", get(connectors::list_versions))
        .route("/connectors/{key}/versions/{version}", get(connectors::show_version).delete(connectors::remove_version))
        .route("/uploads/{digest}", get(uploads::show))
        .route("/integrations", get(integrations::list))
        .route(
            "/integrations/{key}",
            put(integrations::put).get(integrations::show).patch(integrations::patch).delete(integrations::remove),
        )
        .route("/integrations/{key}/global-webhooks", get(integrations::global_webhooks))
        .route("/integrations/{key}/events", get(integrations::events))
        .route("/connections", get(connections::list))
        .route(
            "/connections/{id}",
            put(connections::put).get(connections::show).patch(connections::patch).delete(connections::remove),
        )
        .route(
            "/subscriptions",
            post(subscriptions::create).layer::<_, Infallible>(once.clone()).get(subscriptions::list),
        )
        .route(
            "/subscriptions/bulk",
            post(subscriptions::create_many)
                .layer::<_, Infallible>(once.clone())
                .layer(DefaultBodyLimit::max(limits.bulk_bytes_max)),
        )
        .route(
            "/subscriptions/{id}",
            get(subscriptions::show).patch(subscriptions::patch).delete(subscriptions::remove),
        )
        .route("/subscriptions/{id}/resubscribe", post(subscriptions::resubscribe))
        .route("/subscriptions/{id}/disable", post(subscriptions::disable))
        .route("/subscriptions/{id}/enable", post(subscriptions::enable))
        .route("/subscriptions/{id}/rotate-secret", post(subscriptions::rotate_secret))
        .route("/webhook-requests", get(webhook_requests::list))
        .route("/customers/{id}/why", get(customers::why))
        .route("/webhook-requests/replay", post(replays::replay_many))
        .route("/webhook-requests/{id}", get(webhook_requests::show))
        .route("/webhook-requests/{id}/replay", post(webhook_requests::replay))
        .route("/events", get(events::list))
        .route("/events/{id}", get(events::show))
        .route("/deliveries", get(deliveries::list))
        .route("/deliveries/retry", post(deliveries::retry_many))
        .route("/deliveries/{id}", get(deliveries::show))
        .route("/deliveries/{id}/retry", post(deliveries::retry))
        .route("/tokens", post(tokens::create).layer::<_, Infallible>(once).get(tokens::list))
        .route("/tokens/{id}", get(tokens::show).delete(tokens::remove))
        .fallback(error::no_such_url)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), change::refuse_for_what_lasts))
        .layer(guard.clone())
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), metrics::count_answers))
        .layer(DefaultBodyLimit::max(limits.api_body_bytes_max));
    let metrics = get(metrics::show);
    let metrics = if app.config.server.metrics_public { metrics } else { metrics.layer::<_, Infallible>(guard) };
    Router::new()
        .nest("/v1", v1)
        .route("/metrics", metrics)
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/openapi.json", get(openapi::show))
        .fallback(error::no_such_url)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(axum::middleware::from_fn(headers::secure))
        .route("/webhooks/{token}", any(webhooks::receive))
        .route("/webhooks/{token}/", any(webhooks::receive))
        .route("/webhooks/{token}/{*rest}", any(webhooks::receive))
        .with_state(app)
}
