//! Bodies that must be inflated first: few at the same time, off the threads that others wait for, and their memory is
//! counted. Everything else is decoded at once.

use tokio::runtime::Handle;

use super::Ingest;
use super::decoded::{decode, inflated_bytes_max};
use super::{Error, Incoming};
use crate::permits::Account;
use crate::targets::Target;
use patchbay_sandbox::types;

/// The request for the guest, a line for its log, and the memory that its body takes once it is inflated.
pub(super) async fn decoded(
    ingest: &Ingest,
    target: &Target,
    incoming: &mut Incoming,
) -> Result<(types::WebhookRequest, Option<String>, Account), Error> {
    let (limits, uri) = (&ingest.limits, super::webhook_uri(ingest, &incoming.token));
    let mut account = ingest.bodies.account();
    if !is_encoded(incoming) {
        let (request, note) = decode(limits, &uri, &target.webhook_key, &target.parameters, incoming).await?;
        return Ok((request, note, account));
    }
    let permit = ingest.inflating.acquire().await.map_err(|_| Error::Busy)?;
    if !account.hold(inflated_bytes_max(limits, incoming.body.len())) {
        return Err(Error::Busy);
    }
    let decoding = decode(limits, &uri, &target.webhook_key, &target.parameters, incoming);
    let (request, note) = tokio::task::block_in_place(|| Handle::current().block_on(decoding))?;
    drop(permit);
    Ok((request, note, account))
}

fn is_encoded(incoming: &Incoming) -> bool {
    let is_plain = |encoding: &str| matches!(encoding.trim(), "" | "identity");
    let mut encodings = incoming.headers.iter().filter(|(name, _)| name == "content-encoding");
    encodings.any(|(_, value)| !value.split(',').all(is_plain))
}
