//! `/v1/subscriptions`: who gets which events where.

pub(super) mod bulk;
mod check;
mod view;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::AppState;
use super::auth::Caller;
use super::error::{Answer, Problem};
use super::extract::{Body, List, PageQuery, PageView, Path, body, object, object_of};
use super::openapi::IdempotencyKey;
use super::{connections, integrations};
use crate::app::App;
use patchbay_core::subscribe::{Subject, subscribe};
use patchbay_crypto::secret;
use patchbay_crypto::signature::{self, NewSecret};
use patchbay_model::clock;
use patchbay_model::connection::Connection;
use patchbay_model::connector::ConnectorVersion;
use patchbay_model::id::SubscriptionId;
use patchbay_model::integration::Integration;
use patchbay_model::subscription::{
    DeliverySettings, Destination, Ordering, Reason, SignatureScheme, SigningSecret, Status, Subscription,
};

pub(super) use bulk::create_many;
use check::{check_delivery, check_destination, check_event, patched_delivery};
use view::{SubscriptionView, WithSecret};

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = CreateSubscription)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    #[schema(min_length = 1, max_length = 128)]
    connection: String,
    #[schema(min_length = 1)]
    event: String,
    #[schema(value_type = Option<Object>)]
    parameters: Option<Value>,
    destination: Destination,
    #[serde(default)]
    ordering: Ordering,
    #[serde(default)]
    delivery: DeliverySettings,
    #[serde(default)]
    signature: SignatureScheme,
}

/// Another secret, and another scheme where one is named.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[schema(as = RotateSecret)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotate {
    signature: Option<SignatureScheme>,
}

/// A merge patch. New parameters find out anew where the events come from.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PatchSubscription)]
#[serde(deny_unknown_fields)]
pub(super) struct Patch {
    #[schema(value_type = Option<Object>)]
    parameters: Option<Value>,
    destination: Option<Destination>,
    ordering: Option<Ordering>,
    /// Merged with what is there; `null` goes back to the server's setting.
    #[serde(default, deserialize_with = "even_null")]
    #[schema(value_type = Option<DeliverySettings>)]
    delivery: Option<Value>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    integration: Option<String>,
    connection: Option<String>,
    customer: Option<String>,
    event: Option<String>,
    status: Option<Status>,
}

/// Subscribes a connection to an event.
#[utoipa::path(
    post,
    path = "/v1/subscriptions",
    operation_id = "createSubscription",
    tag = "subscriptions",
    params(IdempotencyKey),
    request_body = Create,
    responses(
        (status = 201, description = "The subscription, with its signing secret, shown this once", body = WithSecret),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn create(State(app): AppState, caller: Caller, Body(create): Body<Create>) -> Answer<Response> {
    Ok((StatusCode::CREATED, Json(create_one(&app, &caller, create).await?)).into_response())
}

async fn create_one(app: &Arc<App>, caller: &Caller, create: Create) -> Answer<WithSecret> {
    check_destination(&create.destination)?;
    check_delivery(&app.config, &create.delivery)?;
    let connection = app.store.connection(&create.connection)?;
    let connection = connection.filter(|connection| caller.sees(&connection.customer)).ok_or_else(|| {
        Problem::invalid_field("/connection", format!("there is no connection `{}`", create.connection))
    })?;
    let now = clock::now();
    let mut subscription = Subscription {
        id: SubscriptionId::new(),
        connection: connection.id,
        integration: connection.integration,
        integration_id: connection.integration_id,
        customer: connection.customer,
        event: create.event,
        parameters: object("/parameters", create.parameters)?,
        destination: create.destination,
        ordering: create.ordering,
        delivery: create.delivery,
        secrets: Vec::new(),
        status: Status::Subscribed,
        error: None,
        disabled_at: None,
        source: None,
        created_at: now,
        updated_at: now,
    };
    let secret = add_secret(app, &mut subscription, create.signature)?;
    check_event(app, &subscription)?;
    let subscription = subscribe_new(app, caller, subscription).await?;
    Ok(WithSecret { subscription: subscription.into(), secret })
}

/// Changes what is given. New parameters find out anew where the events come from.
#[utoipa::path(
    patch,
    path = "/v1/subscriptions/{id}",
    operation_id = "patchSubscription",
    tag = "subscriptions",
    params(("id" = String, Path)),
    request_body = Patch,
    responses(
        (status = 200, description = "As it is now", body = SubscriptionView),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn patch(
    State(app): AppState,
    caller: Caller,
    Path(id): Path<String>,
    Body(patch): Body<Patch>,
) -> Answer<Json<SubscriptionView>> {
    let has_parameters = patch.parameters.is_some();
    let apply = {
        let app = Arc::clone(&app);
        move |subscription: &mut Subscription| apply(&app, &patch, subscription)
    };
    if !has_parameters {
        return Ok(Json(change(&app, &caller, &id, apply).await?.into()));
    }
    if find(&app, &caller, &id)?.status != Status::Disabled {
        return Ok(Json(subscribe_anew(&app, &caller, &id, apply).await?.into()));
    }
    let kept = change(&app, &caller, &id, |subscription| {
        apply(subscription)?;
        check_event(&app, subscription)?;
        if subscription.status != Status::Disabled {
            return Err(Problem::conflict("it was enabled meanwhile; try again"));
        }
        // Enabling it finds out; until then nobody knows which events are its own.
        subscription.source = None;
        Ok(())
    });
    Ok(Json(kept.await?.into()))
}

fn apply(app: &App, patch: &Patch, subscription: &mut Subscription) -> Answer<()> {
    if let Some(destination) = &patch.destination {
        check_destination(destination)?;
        subscription.destination = destination.clone();
    }
    if let Some(ordering) = patch.ordering {
        subscription.ordering = ordering;
    }
    if let Some(delivery) = &patch.delivery {
        subscription.delivery = patched_delivery(&subscription.delivery, delivery.clone())?;
        check_delivery(&app.config, &subscription.delivery)?;
    }
    if patch.parameters.is_some() {
        subscription.parameters = object("/parameters", patch.parameters.clone())?;
    }
    Ok(())
}

/// Subscriptions.
#[utoipa::path(
    get,
    path = "/v1/subscriptions",
    operation_id = "listSubscriptions",
    tag = "subscriptions",
    params(PageQuery, Filter),
    responses(
        (status = 200, description = "A page", body = PageView<SubscriptionView>),
    )
)]
pub(super) async fn list(
    State(app): AppState,
    caller: Caller,
    list: List<Filter>,
) -> Answer<Json<PageView<SubscriptionView>>> {
    let filter = list.filter;
    let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
    let fits = |subscription: &Subscription| {
        caller.sees(&subscription.customer)
            && is(&filter.integration, &subscription.integration)
            && is(&filter.connection, &subscription.connection)
            && is(&filter.customer, &subscription.customer)
            && is(&filter.event, &subscription.event)
            && filter.status.is_none_or(|status| status == subscription.status)
    };
    Ok(Json(PageView::new(&caller, app.store.subscriptions(&list.page, fits)?, SubscriptionView::from)?))
}

/// One subscription.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{id}",
    operation_id = "getSubscription",
    tag = "subscriptions",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The subscription", body = SubscriptionView),
        (status = 404),
    )
)]
pub(super) async fn show(
    State(app): AppState,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Json<SubscriptionView>> {
    Ok(Json(find(&app, &caller, &id)?.into()))
}

/// Deletes a subscription. What is pending for it ends as dead.
#[utoipa::path(
    delete,
    path = "/v1/subscriptions/{id}",
    operation_id = "deleteSubscription",
    tag = "subscriptions",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404),
    )
)]
pub(super) async fn remove(State(app): AppState, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    app.store.remove_subscription(&find(&app, &caller, &id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs `get-event-selector` again.
#[utoipa::path(
    post,
    path = "/v1/subscriptions/{id}/resubscribe",
    operation_id = "resubscribe",
    tag = "subscriptions",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "As it is now", body = SubscriptionView),
        (status = 404), (status = 409), (status = 422),
    )
)]
pub(super) async fn resubscribe(
    State(app): AppState,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Json<SubscriptionView>> {
    Ok(Json(subscribe_anew(&app, &caller, &id, |_| Ok(())).await?.into()))
}

/// Stops delivering. What is pending waits, and so do events that come in meanwhile.
#[utoipa::path(
    post,
    path = "/v1/subscriptions/{id}/disable",
    operation_id = "disableSubscription",
    tag = "subscriptions",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "As it is now", body = SubscriptionView),
        (status = 404), (status = 409), (status = 422),
    )
)]
pub(super) async fn disable(
    State(app): AppState,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Json<SubscriptionView>> {
    let disabled = change(&app, &caller, &id, |subscription| {
        let why = Reason::new("disabled", "the subscription was disabled through the API");
        subscription.disable(why, clock::now());
        Ok(())
    });
    Ok(Json(disabled.await?.into()))
}

/// Goes on where it was stopped, with all that waited meanwhile.
#[utoipa::path(
    post,
    path = "/v1/subscriptions/{id}/enable",
    operation_id = "enableSubscription",
    tag = "subscriptions",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "As it is now", body = SubscriptionView),
        (status = 404), (status = 409), (status = 422),
    )
)]
pub(super) async fn enable(
    State(app): AppState,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Json<SubscriptionView>> {
    if find(&app, &caller, &id)?.source.is_none() {
        return Ok(Json(subscribe_anew(&app, &caller, &id, |_| Ok(())).await?.into()));
    }
    let enabled = change(&app, &caller, &id, |subscription| {
        if subscription.source.is_none() {
            return Err(Problem::conflict("its parameters were changed meanwhile; try again"));
        }
        subscription.status = Status::Subscribed;
        subscription.error = None;
        subscription.disabled_at = None;
        Ok(())
    });
    Ok(Json(enabled.await?.into()))
}

/// Makes a new signing secret, of another scheme where one is named. The one before signs along for a while, so that
/// receivers can change over.
#[utoipa::path(
    post,
    path = "/v1/subscriptions/{id}/rotate-secret",
    operation_id = "rotateSecret",
    tag = "subscriptions",
    params(("id" = String, Path)),
    request_body = Option<Rotate>,
    responses(
        (status = 200, description = "The subscription, with its new signing secret, shown this once", body = WithSecret),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn rotate_secret(
    State(app): AppState,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Answer<Json<WithSecret>> {
    find(&app, &caller, &id)?;
    let body = body(request, &app).await?;
    let rotate = if body.is_empty() { Rotate::default() } else { object_of(&body)? };
    let mut shown = None;
    let rotated = change(&app, &caller, &id, |subscription| {
        let scheme = rotate.signature.unwrap_or_else(|| subscription.signature());
        let end = clock::after_ms(clock::now(), app.config.delivery.secret_overlap_ms);
        subscription.secrets.truncate(1);
        subscription.secrets.iter_mut().for_each(|secret| secret.expires_at = Some(end));
        shown = add_secret(&app, subscription, scheme)?;
        Ok(())
    });
    let subscription = rotated.await?.into();
    Ok(Json(WithSecret { subscription, secret: shown }))
}

/// Tells `null` from what is left out.
fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What the caller does not see is not there.
fn find(app: &App, caller: &Caller, id: &str) -> Answer<Subscription> {
    let found = SubscriptionId::parse(id).map(|id| app.store.subscription(&id)).transpose()?.flatten();
    found
        .filter(|subscription| caller.sees(&subscription.customer))
        .ok_or_else(|| Problem::not_found("subscription", id))
}

/// Changes a subscription. What others change at the same time stays: then the change is made anew, on theirs.
async fn change(
    app: &App,
    caller: &Caller,
    id: &str,
    mut change: impl FnMut(&mut Subscription) -> Answer<()>,
) -> Answer<Subscription> {
    let dated = |subscription: &mut Subscription| {
        change(subscription)?;
        subscription.updated_at = clock::now();
        Ok(())
    };
    let replace = |earlier: Subscription, now: Subscription| async move {
        app.store.replace_subscription(&earlier, &now).await.map(|()| now)
    };
    super::change::change(|| find(app, caller, id), dated, replace).await
}

/// Finds out where the events of a new subscription come from, and keeps it. Goes on when the client hangs up: an external
/// app may be slow to answer.
async fn subscribe_new(app: &Arc<App>, caller: &Caller, mut subscription: Subscription) -> Answer<Subscription> {
    let asked = Asked::new(app, caller, &subscription)?;
    let subscribing = app.tasks.spawn({
        let app = Arc::clone(app);
        async move {
            let source = subscribe(&app.subscribing, &asked.subject(), &subscription).await?;
            subscription.found(source, None);
            app.store.put_subscription(&subscription).await?;
            Ok(subscription)
        }
    });
    subscribing.await.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?
}

/// The same for one that is there, after a change.
async fn subscribe_anew(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    apply: impl Fn(&mut Subscription) -> Answer<()> + Send + Sync + 'static,
) -> Answer<Subscription> {
    let mut subscription = find(app, caller, id)?;
    apply(&mut subscription)?;
    check_event(app, &subscription)?;
    let asked = Asked::new(app, caller, &subscription)?;
    let subscribing = app.tasks.spawn({
        let (app, caller, id) = (Arc::clone(app), caller.clone(), id.to_owned());
        async move {
            let source = subscribe(&app.subscribing, &asked.subject(), &subscription).await?;
            let found = |current: &mut Subscription| {
                apply(current)?;
                if current.parameters != subscription.parameters {
                    return Err(Problem::conflict("its parameters were changed meanwhile; try again"));
                }
                current.found(source.clone(), subscription.disabled_at);
                Ok(())
            };
            change(&app, &caller, &id, found).await
        }
    });
    subscribing.await.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?
}

/// What `get-event-selector` is run for.
struct Asked {
    integration: Integration,
    connection: Connection,
    version: ConnectorVersion,
}

impl Asked {
    fn new(app: &App, caller: &Caller, subscription: &Subscription) -> Answer<Asked> {
        let connection = connections::find(app, caller, &subscription.connection)?;
        let integration = integrations::find(app, &subscription.integration)?;
        let version = integrations::version(app, &integration)?;
        Ok(Asked { integration, connection, version })
    }

    fn subject(&self) -> Subject<'_> {
        Subject { integration: &self.integration, connection: &self.connection, version: &self.version }
    }
}

/// Returns the secret if its owner has to know it.
fn add_secret(app: &App, subscription: &mut Subscription, scheme: SignatureScheme) -> Answer<Option<String>> {
    let new = signature::new_secret(scheme, secret::random_bytes());
    let NewSecret { secret, public_key } =
        new.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?;
    let sealed = app.vault.seal(&subscription.secret_place(), &secret)?;
    let shown = public_key.is_none().then_some(secret);
    subscription.secrets.insert(0, SigningSecret { sealed, public_key, expires_at: None });
    Ok(shown)
}
