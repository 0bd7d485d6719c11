//! Every failure as `application/problem+json`. Statuses and codes are chosen here and nowhere else, but for those of
//! handlers, which are also kept in the record of the request. Codes are stable; wording is not.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::codes::CODES;
use patchbay_connector::bundle;
use patchbay_connector::schema::Violation;
use patchbay_core::ingest;
use patchbay_core::replay;
use patchbay_core::subscribe;
use patchbay_core::upload;
use patchbay_crypto::secret;
use patchbay_sandbox as sandbox;
use patchbay_store as store;

/// An answer that says what went wrong.
#[derive(Debug)]
pub(super) struct Problem {
    body: Box<ProblemBody>,
    retry_after_s: Option<u64>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    r#type: String,
    title: &'static str,
    pub(super) status: u16,
    /// Stable: programs go by it.
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Violation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

pub(super) type Answer<T> = Result<T, Problem>;

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str) -> Problem {
        debug_assert!(CODES.contains(&code), "the code {code} is missing in http/codes.rs and docs/errors.md");
        let body = ProblemBody {
            r#type: format!("urn:patchbay:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: None,
            errors: Vec::new(),
            request_id: None,
        };
        Problem { body: Box::new(body), retry_after_s: None }
    }

    pub(super) fn detail(mut self, detail: impl ToString) -> Problem {
        self.body.detail = Some(detail.to_string());
        self
    }

    pub(super) fn not_found(what: &str, id: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found").detail(format!("there is no {what} `{id}`"))
    }

    pub(super) fn conflict(detail: impl ToString) -> Problem {
        Problem::new(StatusCode::CONFLICT, "conflict").detail(detail)
    }

    /// The request is well-formed and asks for what cannot be.
    pub(super) fn invalid(errors: Vec<Violation>) -> Problem {
        let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid").detail("see `errors`");
        problem.body.errors = errors;
        problem
    }

    /// The same for one field.
    pub(super) fn invalid_field(pointer: &str, message: impl ToString) -> Problem {
        Problem::invalid(vec![Violation { pointer: pointer.to_owned(), message: message.to_string() }])
    }

    /// What is said of it where it is one of many.
    pub(super) fn into_body(self) -> Box<ProblemBody> {
        self.body
    }

    pub(super) fn retry_after_s(mut self, seconds: u64) -> Problem {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The cause goes to the log, once, and never to the client.
    fn logged(self, cause: &dyn std::fmt::Display) -> Problem {
        tracing::error!(code = self.body.code, %cause, "request failed");
        self
    }

    fn busy() -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            .detail("too much is under way; try again")
            .retry_after_s(1)
    }

    fn resting(retry_after_s: u64) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "connector_resting")
            .detail("the connector crashed again and again; it is tried again after a while")
            .retry_after_s(retry_after_s)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(*self.body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
            // The rest of the body is still on its way: the connection serves no other request.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        match &error {
            E::Unavailable(_) => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable").retry_after_s(5).logged(&error)
            }
            E::Full { .. } => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store_full")
                .detail("the room for bodies and payloads is used up by what is still to be delivered")
                .retry_after_s(60)
                .logged(&error),
            E::Corrupt(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").logged(&error),
            E::Conflict(why) => Problem::conflict(why),
            E::Changed => Problem::conflict(error),
        }
    }
}

impl From<secret::Error> for Problem {
    fn from(error: secret::Error) -> Self {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").logged(&error)
    }
}

impl From<bundle::Error> for Problem {
    fn from(error: bundle::Error) -> Self {
        use bundle::Error as E;
        let code = match &error {
            E::NotAComponent(_) => "bundle_not_a_component",
            E::WorldNotImplemented(_) => "bundle_world_not_implemented",
            E::ImportRefused(_) => "bundle_import_refused",
            E::ManifestInvalid(_) => "bundle_manifest_invalid",
        };
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code).detail(error)
    }
}

/// Of a connector that is loaded outside a webhook: at an upload.
impl From<sandbox::Error> for Problem {
    fn from(error: sandbox::Error) -> Self {
        use sandbox::Error as E;
        match &error {
            E::NotAConnector(_) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bundle_world_not_implemented").detail(error)
            }
            E::Busy => Problem::busy(),
            E::Resting { retry_after_s } => Problem::resting(*retry_after_s),
            E::DiskRefuses(_) => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable").retry_after_s(5).logged(&error)
            }
            E::Threw(_) | E::Trapped(_) | E::OutOfMemory(_) | E::DeadlinePassed | E::Unloadable(_) => {
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").logged(&error)
            }
        }
    }
}

impl From<upload::Error> for Problem {
    fn from(error: upload::Error) -> Self {
        match error {
            upload::Error::Bundle(error) => error.into(),
            upload::Error::Sandbox(error) => error.into(),
            upload::Error::Store(error) => error.into(),
        }
    }
}

impl From<subscribe::Error> for Problem {
    fn from(error: subscribe::Error) -> Self {
        match error {
            subscribe::Error::Secret(error) => error.into(),
            subscribe::Error::Busy => Problem::busy(),
            subscribe::Error::Resting { retry_after_s } => Problem::resting(retry_after_s),
        }
    }
}

impl From<ingest::Error> for Problem {
    fn from(error: ingest::Error) -> Self {
        use ingest::Error as E;
        match error {
            E::UnknownWebhook => Problem::new(StatusCode::NOT_FOUND, "webhook_unknown").detail(error),
            E::TooLarge => too_large(),
            E::Busy => Problem::busy(),
            E::Resting { retry_after_s } => Problem::resting(retry_after_s),
            E::Store(error) => error.into(),
            E::Secret(error) => error.into(),
            E::HandlerFailed(failure, id) => {
                let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                tracing::warn!(code = failure.code(), request = %id, "handler failed");
                let mut problem = Problem::new(status, failure.code());
                problem.body.request_id = Some(id.to_string());
                problem
            }
        }
    }
}

impl From<replay::Error> for Problem {
    fn from(error: replay::Error) -> Self {
        match error {
            replay::Error::Expired => Problem::new(StatusCode::GONE, "expired").detail(replay::Error::Expired),
            replay::Error::IntegrationGone => Problem::conflict(replay::Error::IntegrationGone),
            replay::Error::Ingest(error) => error.into(),
            replay::Error::Store(error) => error.into(),
        }
    }
}

pub(super) fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").detail("the body is larger than this server accepts")
}

pub(super) async fn no_such_url(uri: axum::http::Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found").detail(format!("there is nothing at {}", uri.path()))
}

pub(super) async fn no_such_method(method: axum::http::Method, uri: axum::http::Uri) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
        .detail(format!("{method} is not possible at {}", uri.path()))
}
