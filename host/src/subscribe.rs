//! The way of a subscription: run `get-event-selector` for its connection and keep what it found.
//! When that fails the subscription exists all the same, with the reason.

mod source;

use crate::api_client::Transport;
use crate::app::App;
use crate::connection::{Connection, credentials_place};
use crate::connector::ConnectorVersion;
use crate::integration::Integration;
use crate::secret;
use crate::subscription::{EventSource, Reason, Subscription};

pub(crate) use source::{Means, SelectorCall, find_source};

/// Why a subscription cannot even be tried.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Secret(#[from] secret::Error),
    /// Worth trying again at once.
    #[error("too many calls are under way")]
    Busy,
    #[error("the connector crashed again and again and rests")]
    Resting { retry_after_s: u64 },
}

/// What a subscription is made for.
pub(crate) struct Subject<'a> {
    pub(crate) integration: &'a Integration,
    pub(crate) connection: &'a Connection,
    pub(crate) version: &'a ConnectorVersion,
}

/// Finds out where the events of a subscription come from, or why that cannot be found.
pub(crate) async fn subscribe(
    app: &App,
    subject: &Subject<'_>,
    subscription: &Subscription,
) -> Result<Result<EventSource, Reason>, Error> {
    let connection = subject.connection;
    let place = credentials_place(&connection.integration_id, &connection.id);
    let call = SelectorCall {
        manifest: &subject.version.manifest,
        event: &subscription.event,
        event_parameters: &subscription.parameters,
        credentials: &app.vault.open_sealed(&place, &connection.credentials)?,
        connector_parameters: &app.parameters_of(subject.integration)?,
    };
    let means =
        Means { sandbox: &app.sandbox, limits: &app.config.limits, transport: Transport::Egress(app.egress.clone()) };
    find_source(&means, app.load(subject.version), &call).await
}
