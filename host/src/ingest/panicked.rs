//! A mistake in this server that ends the work on a request: the request is kept all the same, as failed, so that it can be
//! found and replayed. Its body is missing where the guest had it when it happened.

use super::{Error, HandlerFailure, Incoming, Judged, received, record};
use crate::app::App;
use crate::id::RequestId;
use crate::sandbox::{self, Called};
use crate::store::WebhookCommit;

/// Keeps a request as failed. The panic itself is in the log.
pub(super) async fn keep(app: &App, incoming: &Incoming) -> Result<RequestId, Error> {
    let target = app.targets.find(app, &incoming.token)?.ok_or(Error::UnknownWebhook)?;
    let judged = Judged { answer: Err(HandlerFailure::Panicked), events: Vec::new(), refused: Refused::default() };
    let request = record(&target, incoming, &Called::failed(sandbox::Error::Busy), &judged);
    let commit =
        WebhookCommit { request, received: received(incoming), body: incoming.body.clone(), routed: Vec::new() };
    let id = app.store.routing().await.commit(commit).await?.id;
    tracing::error!(request = %id, "the work on a webhook panicked; the request is kept as failed");
    Ok(id)
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};
    use serde_json::json;

    use super::*;
    use crate::clock;
    use crate::config::Config;
    use crate::connector::ConnectorVersion;
    use crate::id::IntegrationId;
    use crate::integration::{Integration, parameters_place};
    use crate::webhook_request::RequestStatus;

    #[tokio::test]
    async fn a_request_on_which_the_server_fails_can_be_found() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let arguments = ["patchbay".as_ref(), "--data".as_ref(), data.as_os_str()];
        let arguments = Config::augment_args(clap::Command::new("patchbay")).get_matches_from(arguments);
        let app = App::open(Config::from_arg_matches(&arguments).unwrap()).unwrap();
        let token = webhook(&app).await;
        let incoming = Incoming {
            token,
            method: http::Method::POST,
            path: String::new(),
            query: None,
            headers: vec![("x-id".to_owned(), "7".to_owned())],
            body: bytes::Bytes::from_static(b"body"),
            received_at: clock::now(),
            replay_of: None,
        };
        let id = keep(&app, &incoming).await.unwrap();
        let kept = app.store.webhook_request(&id).unwrap().unwrap();
        assert_eq!(
            (kept.status, kept.answer, kept.error.unwrap().code.as_str()),
            (RequestStatus::Failed, 500, "internal")
        );
    }

    async fn webhook(app: &App) -> String {
        let manifest = json!({
            "manifestVersion": 1,
            "connector": { "key": "c", "name": "c" },
            "globalWebhooks": [{ "key": "w", "name": "w", "methods": { "handle": { "implementationType": "javascript" } } }],
        });
        let version = ConnectorVersion {
            connector: "c".to_owned(),
            version: 0,
            digest: "d".to_owned(),
            component: "d".to_owned(),
            size: 1,
            uploaded_at: clock::now(),
            manifest: serde_json::from_value(manifest).unwrap(),
        };
        app.store.add_connector_version(version, b"b").await.unwrap();
        let id = IntegrationId::new();
        let integration = Integration {
            parameters: app.vault.seal(&parameters_place(&id), &json!({})).unwrap(),
            id,
            key: "i".to_owned(),
            connector: "c".to_owned(),
            version: None,
            created_at: clock::now(),
            updated_at: clock::now(),
        };
        app.store.put_integration(&integration).await.unwrap();
        app.store.webhook_token(&integration, "w").await.unwrap()
    }
}
