//! The way of a subscription: run `get-event-selector` for its connection and keep what it found.
//! When that fails the subscription exists all the same, with the reason.

mod source;

use std::sync::Arc;

use crate::connectors::Connectors;
use crate::limits::Limits;
use patchbay_connector::api_client::Transport;
use patchbay_crypto::secret;
use patchbay_egress::Egress;
use patchbay_model::connection::{Connection, credentials_place};
use patchbay_model::connector::ConnectorVersion;
use patchbay_model::integration::Integration;
use patchbay_model::subscription::{EventSource, Reason, Subscription};

pub(crate) use source::{Means, SelectorCall, find_source};

/// Why a subscription cannot even be tried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Secret(#[from] secret::Error),
    /// Worth trying again at once.
    #[error("too many calls are under way")]
    Busy,
    #[error("the connector crashed again and again and rests")]
    Resting { retry_after_s: u64 },
}

/// What subscribes.
pub struct Subscribing {
    pub connectors: Connectors,
    pub egress: Arc<Egress>,
    pub limits: Limits,
}

/// What a subscription is made for.
pub struct Subject<'a> {
    pub integration: &'a Integration,
    pub connection: &'a Connection,
    pub version: &'a ConnectorVersion,
}

/// Finds out where the events of a subscription come from, or why that cannot be found.
pub async fn subscribe(
    subscribing: &Subscribing,
    subject: &Subject<'_>,
    subscription: &Subscription,
) -> Result<Result<EventSource, Reason>, Error> {
    let connection = subject.connection;
    let place = credentials_place(&connection.integration_id, &connection.id);
    let call = SelectorCall {
        manifest: &subject.version.manifest,
        event: &subscription.event,
        event_parameters: &subscription.parameters,
        credentials: &subscribing.connectors.vault.open_sealed(&place, &connection.credentials)?,
        connector_parameters: &subscribing.connectors.parameters_of(subject.integration)?,
    };
    let means = Means {
        sandbox: &subscribing.connectors.sandbox,
        limits: &subscribing.limits,
        transport: Transport::Egress(Arc::clone(&subscribing.egress)),
    };
    find_source(&means, subscribing.connectors.load(subject.version), &call).await
}
