//! `/v1/deliveries`: what is owed to whom, every attempt, and another try for what was given up.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::AppState;
use super::auth::Caller;
use super::error::{Answer, Problem};
use super::extract::{List, PageQuery, PageView, Path};
use crate::app::App;
use crate::clock;
use crate::delivery::{Attempt, Delivery, DeliveryStatus};
use crate::id::DeliveryId;

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
    let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
    let fits = |delivery: &Delivery| {
        caller.sees(&delivery.customer)
            && is(&filter.integration, &delivery.integration)
            && is(&filter.connection, &delivery.connection)
            && is(&filter.customer, &delivery.customer)
            && is(&filter.subscription, delivery.subscription.as_str())
            && is(&filter.event, delivery.event.as_str())
            && filter.status.is_none_or(|status| status == delivery.status)
    };
    let page = match caller.customer().or(filter.customer.as_deref()) {
        Some(customer) => app.store.deliveries_of_customer(customer, &list.page, fits)?,
        None => app.store.deliveries(&list.page, fits)?,
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

/// What the caller does not see is not there.
fn find(app: &App, caller: &Caller, id: &str) -> Answer<Delivery> {
    let found = DeliveryId::parse(id).map(|id| app.store.delivery(&id)).transpose()?.flatten();
    found.filter(|delivery| caller.sees(&delivery.customer)).ok_or_else(|| Problem::not_found("delivery", id))
}
