//! `/v1/tokens`: who may use this API. A token is shown when it is made and never again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AppState;
use super::auth::Caller;
use super::error::{Answer, Problem};
use super::extract::{Body, List, NoFilter, PageQuery, PageView, Path, check_text};
use super::openapi::IdempotencyKey;
use crate::app::App;
use patchbay_crypto::api_token;
use patchbay_model::api_token::ApiToken;
use patchbay_model::clock;
use patchbay_model::connection::CUSTOMER_BYTES_MAX;
use patchbay_model::id::TokenId;
use patchbay_model::scope::Scope;

const NAME_BYTES_MAX: usize = 256;

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = CreateToken)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Create {
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    scope: ScopeName,
    /// Whose things it sees; with the scope `customer` alone.
    customer: Option<String>,
    /// From when on it is refused. Without it, never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ScopeName {
    Admin,
    Upload,
    Read,
    Customer,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Token)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenView {
    id: String,
    name: String,
    #[serde(flatten)]
    scope: Scope,
    #[schema(format = DateTime)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TokenWithText)]
pub(super) struct WithText {
    #[serde(flatten)]
    view: TokenView,
    token: String,
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        TokenView {
            id: token.id.to_string(),
            name: token.name,
            scope: token.scope,
            created_at: token.created_at.to_string(),
            expires_at: token.expires_at.map(|end| end.to_string()),
        }
    }
}

/// Makes an API token.
#[utoipa::path(
    post,
    path = "/v1/tokens",
    operation_id = "createToken",
    tag = "tokens",
    params(IdempotencyKey),
    request_body = Create,
    responses(
        (status = 201, description = "The token, shown this once", body = WithText),
        (status = 409),
    )
)]
pub(super) async fn create(State(app): AppState, Body(create): Body<Create>) -> Answer<Response> {
    check_text("/name", &create.name, NAME_BYTES_MAX)?;
    let now = clock::now();
    if create.expires_at.is_some_and(|end| end <= now) {
        return Err(Problem::invalid_field("/expiresAt", "must be in the future"));
    }
    let scope = scope(create.scope, create.customer)?;
    let (token, text) = api_token::new(create.name, scope, now, create.expires_at);
    app.store.add_api_token(&token).await?;
    Ok((StatusCode::CREATED, Json(WithText { view: token.into(), token: text })).into_response())
}

/// API tokens, without their text.
#[utoipa::path(
    get,
    path = "/v1/tokens",
    operation_id = "listTokens",
    tag = "tokens",
    params(PageQuery),
    responses(
        (status = 200, description = "A page", body = PageView<TokenView>),
    )
)]
pub(super) async fn list(
    State(app): AppState,
    caller: Caller,
    list: List<NoFilter>,
) -> Answer<Json<PageView<TokenView>>> {
    Ok(Json(PageView::new(&caller, app.store.api_tokens(&list.page)?, TokenView::from)?))
}

/// One API token, without its text.
#[utoipa::path(
    get,
    path = "/v1/tokens/{id}",
    operation_id = "getToken",
    tag = "tokens",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The token", body = TokenView),
        (status = 404),
    )
)]
pub(super) async fn show(State(app): AppState, Path(id): Path<String>) -> Answer<Json<TokenView>> {
    Ok(Json(find(&app, &id)?.into()))
}

/// It is refused from then on.
#[utoipa::path(
    delete,
    path = "/v1/tokens/{id}",
    operation_id = "deleteToken",
    tag = "tokens",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is refused from now on"),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn remove(State(app): AppState, Path(id): Path<String>) -> Answer<StatusCode> {
    app.store.remove_api_token(&find(&app, &id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn find(app: &App, id: &str) -> Answer<ApiToken> {
    let found = TokenId::parse(id).map(|id| app.store.api_token(&id)).transpose()?.flatten();
    found.ok_or_else(|| Problem::not_found("token", id))
}

fn scope(name: ScopeName, customer: Option<String>) -> Answer<Scope> {
    let invalid = |why: &str| Err(Problem::invalid_field("/customer", why));
    match (name, customer) {
        (ScopeName::Customer, None) => invalid("the scope `customer` needs one"),
        (ScopeName::Customer, Some(customer)) => {
            check_text("/customer", &customer, CUSTOMER_BYTES_MAX)?;
            Ok(Scope::Customer { customer })
        }
        (_, Some(_)) => invalid("goes with the scope `customer` alone"),
        (ScopeName::Admin, None) => Ok(Scope::Admin),
        (ScopeName::Upload, None) => Ok(Scope::Upload),
        (ScopeName::Read, None) => Ok(Scope::Read),
    }
}
