//! API tokens: without a valid one nothing under `/v1` answers but 401, and what its scope does not open, but 403.
//! Handlers get the `Caller`, to show a customer's token the things of that customer alone.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::AppState;
use super::error::{Answer, Problem};
use super::rates;
use crate::access;
use crate::app::App;
use patchbay_crypto::api_token::hash;
use patchbay_crypto::secret::{Vault, is_same};
use patchbay_model::api_token::ApiToken;
use patchbay_model::clock;
use patchbay_model::id::TokenId;
use patchbay_model::scope::Scope;
use patchbay_model::sealed::Sealed;

/// Who asks.
#[derive(Clone)]
pub(super) struct Caller {
    token: ApiToken,
    vault: Arc<Vault>,
}

/// Lets a request through if its token may make it.
pub(super) async fn require_token(State(app): AppState, mut request: Request, next: Next) -> Answer<Response> {
    let token = token(&app, request.headers())?;
    let verdict = app.api_rates.take(token.id.clone(), app.uptime_ns());
    if let Some(verdict) = verdict.filter(|verdict| !verdict.is_allowed) {
        return Ok(rates::refused(verdict));
    }
    let granted = check_grant(&token.scope, request.method(), request.extensions().get());
    request.extensions_mut().insert(Caller { token, vault: Arc::clone(&app.vault) });
    let response = match granted {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    Ok(match verdict {
        Some(verdict) => rates::with_headers(response, verdict),
        None => response,
    })
}

fn token(app: &App, headers: &HeaderMap) -> Answer<ApiToken> {
    let refused = |why: &str| Problem::new(StatusCode::UNAUTHORIZED, "unauthorized").detail(why);
    let missing =
        || refused("send `Authorization: Bearer <API token>`; the server printed the token at its first start");
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given =
        header.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let given = hash(given.ok_or_else(missing)?.1.trim());
    let token = app.store.api_token_with_hash(&given)?.filter(|token| is_same(&token.hash, &given));
    match token.ok_or_else(missing)? {
        token if token.is_expired(clock::now()) => Err(refused("the token has expired")),
        token => Ok(token),
    }
}

/// What is at no route is told from what is not allowed: it is 404, by the fallback.
fn check_grant(scope: &Scope, method: &Method, route: Option<&MatchedPath>) -> Answer<()> {
    if route.is_none_or(|route| access::may(scope, method.as_str(), route.as_str())) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "forbidden").detail("the token's scope does not allow this"))
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.ok_or_else(|| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))
    }
}

impl Caller {
    pub(super) fn token_id(&self) -> &TokenId {
        &self.token.id
    }

    /// Whether what belongs to this customer is there for the caller.
    pub(super) fn sees(&self, customer: &str) -> bool {
        self.token.scope.sees(customer)
    }

    /// The one customer that the caller is bound to.
    pub(super) fn customer(&self) -> Option<&str> {
        self.token.scope.customer()
    }

    /// A cursor names a row, which may be another customer's: a customer's token gets it sealed.
    pub(super) fn hide_cursor(&self, cursor: String) -> Answer<String> {
        if self.customer().is_none() {
            return Ok(cursor);
        }
        Ok(self.vault.seal(&self.cursor_place(), &cursor)?.into_url_text())
    }

    /// The cursor that was hidden; `None` if it was not given to this token.
    pub(super) fn reveal_cursor(&self, cursor: String) -> Option<String> {
        if self.customer().is_none() {
            return Some(cursor);
        }
        self.vault.open_sealed(&self.cursor_place(), &Sealed::from_url_text(&cursor)).ok()
    }

    fn cursor_place(&self) -> String {
        format!("tokens/{}/cursor", self.token.id)
    }
}
