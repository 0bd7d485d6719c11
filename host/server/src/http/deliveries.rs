//! `/v1/deliveries`: what is owed to whom, every attempt, and another try for what was given up.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AppState;
use super::auth::Caller;
use super::error::{Answer, Problem};
use super::extract::{Body, List, PageQuery, PageView, Path, cursor_of_body, limit_of_body, whole_number};
use crate::app::App;
use patchbay_model::clock;
use patchbay_model::delivery::{Attempt, Delivery, DeliveryStatus};
use patchbay_model::id::DeliveryId;
use patchbay_model::page::PageRequest;
use patchbay_store::Period;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    integration: Option<String>,
    connection: Option<String>,
    customer: Option<String>,
    subscription: Option<String>,
    event: Option<String>,
    status: Option<DeliveryStatus>,
    /// Made at this moment or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Made before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// Which deliveries are tried again: those that fit all that is given.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = RetryDeliveries)]
#[serde(deny_unknown_fields)]
pub(super) struct RetryMany {
    integration: Option<String>,
    connection: Option<String>,
    customer: Option<String>,
    subscription: Option<String>,
    event: Option<String>,
    /// `dead` where it is left out.
    status: Option<DeliveryStatus>,
    /// Made at this moment or later.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Made before this moment.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// How many one step tries again at most.
    #[schema(minimum = 1, maximum = 250, default = 250)]
    #[serde(default, deserialize_with = "whole_number")]
    limit: Option<usize>,
    /// Where the step before ended: its `cursor`.
    #[schema(min_length = 1)]
    cursor: Option<String>,
}

/// What one step did.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RetriedDeliveries)]
pub(super) struct RetriedView {
    /// How many are due now that were not before.
    retried: usize,
    /// There may be more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Delivery)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryView {
    id: String,
    event: String,
    request: String,
    subscription: String,
    connection: String,
    customer: String,
    integration: String,
    status: DeliveryStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<String>,
    attempts: Vec<Attempt>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        DeliveryView {
            id: delivery.id.to_string(),
            event: delivery.event.to_string(),
            request: delivery.request.to_string(),
            subscription: delivery.subscription.to_string(),
            connection: delivery.connection,
            customer: delivery.customer,
            integration: delivery.integration,
            status: delivery.status,
            next_attempt_at: delivery.next_attempt_at.map(|at| at.to_string()),
            attempts: delivery.attempts,
            created_at: delivery.created_at.to_string(),
        }
    }
}

/// What is owed to whom.
#[utoipa::path(
    get,
    path = "/v1/deliveries",
    operation_id = "listDeliveries",
    tag = "deliveries",
    params(PageQuery, Filter),
    responses(
        (status = 200, description = "A page", body = PageView<DeliveryView>),
    )
)]
pub(super) async fn list(
    State(app): AppState,
    caller: Caller,
    list: List<Filter>,
) -> Answer<Json<PageView<DeliveryView>>> {
    let filter = list.filter;
    let made = Period { from: filter.from, to: filter.to };
    let fits = |delivery: &Delivery| {
        caller.sees(&delivery.customer) && filter.fits(delivery) && made.holds(delivery.created_at)
    };
    let page = match caller.customer().or(filter.customer.as_deref()) {
        Some(customer) => app.store.deliveries_of_customer(customer, &list.page, fits)?,
        None => app.store.deliveries(&list.page, made, fits)?,
    };
    Ok(Json(PageView::new(&caller, page, DeliveryView::from)?))
}

/// One delivery with its attempts.
#[utoipa::path(
    get,
    path = "/v1/deliveries/{id}",
    operation_id = "getDelivery",
    tag = "deliveries",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The delivery", body = DeliveryView),
        (status = 404),
    )
)]
pub(super) async fn show(State(app): AppState, caller: Caller, Path(id): Path<String>) -> Answer<Json<DeliveryView>> {
    Ok(Json(find(&app, &caller, &id)?.into()))
}

/// Makes it due now, with a new round of attempts.
#[utoipa::path(
    post,
    path = "/v1/deliveries/{id}/retry",
    operation_id = "retryDelivery",
    tag = "deliveries",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "As it is now", body = DeliveryView),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn retry(State(app): AppState, caller: Caller, Path(id): Path<String>) -> Answer<Json<DeliveryView>> {
    let delivery = find(&app, &caller, &id)?;
    let delivery = app.store.retry_delivery(&delivery.id, clock::now()).await?;
    Ok(Json(delivery.ok_or_else(|| Problem::not_found("delivery", &id))?.into()))
}

/// Makes those that fit due now, each with a new round of attempts: one step, the newest first. Repeat it with the `cursor`
/// of its answer until there is none. Those that are due or under way stay as they are, so a step may be repeated.
#[utoipa::path(
    post,
    path = "/v1/deliveries/retry",
    operation_id = "retryDeliveries",
    tag = "deliveries",
    request_body = RetryMany,
    responses(
        (status = 200, description = "How many are tried again, and where the next step begins", body = RetriedView),
    )
)]
pub(super) async fn retry_many(
    State(app): AppState,
    caller: Caller,
    Body(which): Body<RetryMany>,
) -> Answer<Json<RetriedView>> {
    let cursor = which.cursor.map(|cursor| cursor_of_body(&caller, cursor)).transpose()?;
    let page = PageRequest { limit: limit_of_body(which.limit)?, cursor };
    let made = Period { from: which.from, to: which.to };
    let filter = Filter {
        integration: which.integration,
        connection: which.connection,
        customer: which.customer,
        subscription: which.subscription,
        event: which.event,
        status: Some(which.status.unwrap_or(DeliveryStatus::Dead)),
        from: None,
        to: None,
    };
    let fits = |delivery: &Delivery| caller.sees(&delivery.customer) && filter.fits(delivery);
    let customer = caller.customer().or(filter.customer.as_deref());
    let retried = app.store.retry_deliveries(customer, &page, made, clock::now(), fits).await?;
    let cursor = retried.cursor.map(|cursor| caller.hide_cursor(cursor)).transpose()?;
    Ok(Json(RetriedView { retried: retried.count, cursor }))
}

impl Filter {
    /// All but the time.
    fn fits(&self, delivery: &Delivery) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        is(&self.integration, &delivery.integration)
            && is(&self.connection, &delivery.connection)
            && is(&self.customer, &delivery.customer)
            && is(&self.subscription, delivery.subscription.as_str())
            && is(&self.event, delivery.event.as_str())
            && self.status.is_none_or(|status| status == delivery.status)
    }
}

/// What the caller does not see is not there.
fn find(app: &App, caller: &Caller, id: &str) -> Answer<Delivery> {
    let found = DeliveryId::parse(id).map(|id| app.store.delivery(&id)).transpose()?.flatten();
    found.filter(|delivery| caller.sees(&delivery.customer)).ok_or_else(|| Problem::not_found("delivery", id))
}
