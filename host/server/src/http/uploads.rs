//! `/v1/uploads`: what becomes of a bundle while `POST /v1/connectors` is not answered yet.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::AppState;
use super::error::{Answer, Problem};
use super::extract::Path;
use patchbay_core::upload::{Step, Upload};

/// A bundle that is being taken in.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Upload)]
#[serde(rename_all = "camelCase")]
pub(super) struct UploadView {
    digest: String,
    /// Key of the connector
    connector: String,
    status: StatusView,
    /// Since when it has this status
    #[schema(format = DateTime)]
    since: String,
}

/// `waiting` while other bundles are compiled before it
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = UploadStatus)]
#[serde(rename_all = "kebab-case")]
enum StatusView {
    Waiting,
    Compiling,
}

impl From<Upload> for UploadView {
    fn from(upload: Upload) -> Self {
        UploadView {
            digest: format!("sha256:{}", upload.digest),
            connector: upload.connector,
            status: match upload.step {
                Step::Waiting => StatusView::Waiting,
                Step::Compiling => StatusView::Compiling,
            },
            since: upload.since.to_string(),
        }
    }
}

/// What the server does with a bundle that was sent to it. When it is done there is no upload any more, but a version.
#[utoipa::path(
    get,
    path = "/v1/uploads/{digest}",
    operation_id = "getUpload",
    tag = "connectors",
    params(("digest" = String, Path, description = "`sha256:` and the digest of the bundle, not encoded")),
    responses(
        (status = 200, description = "The upload", body = UploadView),
        (status = 404, description = "No bundle with these bytes is being taken in"),
    )
)]
pub(super) async fn show(State(app): AppState, Path(digest): Path<String>) -> Answer<Json<UploadView>> {
    let found = digest.strip_prefix("sha256:").and_then(|digest| app.bundles.uploads.find(digest));
    found.map(|upload| Json(upload.into())).ok_or_else(|| Problem::not_found("upload under way of", &digest))
}
