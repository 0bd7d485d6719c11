//! A mistake in this server that ends the work on a request: the request is kept all the same, as failed, so that it can be
//! found and replayed. Its body is missing where the guest had it when it happened.

use super::{Error, HandlerFailure, Incoming, Judged, received, record};
use super::{Ingest, refusal::Refused};
use patchbay_model::id::RequestId;
use patchbay_sandbox::{self as sandbox, Called};
use patchbay_store::WebhookCommit;

/// Keeps a request as failed. The panic itself is in the log.
pub async fn keep(ingest: &Ingest, incoming: &Incoming) -> Result<RequestId, Error> {
    let target = ingest.targets.find(&ingest.connectors, &incoming.token)?.ok_or(Error::UnknownWebhook)?;
    let judged = Judged { answer: Err(HandlerFailure::Panicked), events: Vec::new(), refused: Refused::default() };
    let request = record(&target, incoming, &Called::failed(sandbox::Error::Busy), &judged);
    let commit =
        WebhookCommit { request, received: received(incoming), body: incoming.body.clone(), routed: Vec::new() };
    let id = ingest.store.routing().await.commit(commit).await?.id;
    tracing::error!(request = %id, "the work on a webhook panicked; the request is kept as failed");
    Ok(id)
}
