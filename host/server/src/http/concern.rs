//! What a customer's token is shown of requests and events, which may concern several customers: its own deliveries,
//! the events that they bring and the selectors that brought them. Of others, not even how many there are.

use super::auth::Caller;
use crate::app::App;
use patchbay_model::delivery::Delivery;
use patchbay_model::event::RoutedEvent;
use patchbay_model::page::Page;
use patchbay_model::webhook_request::WebhookRequest;
use patchbay_store::Error;

/// The deliveries of an event that the caller sees.
pub(super) fn deliveries(app: &App, caller: &Caller, event: &RoutedEvent) -> Result<Vec<Delivery>, Error> {
    let mut deliveries = app.store.deliveries_of_event(&event.id)?;
    deliveries.retain(|delivery| caller.sees(&delivery.customer));
    Ok(deliveries)
}

/// An event as the caller sees it; `None` if it brought the caller's customer nothing.
pub(super) fn event(app: &App, caller: &Caller, mut event: RoutedEvent) -> Result<Option<RoutedEvent>, Error> {
    if caller.customer().is_none() {
        return Ok(Some(event));
    }
    let own = deliveries(app, caller, &event)?;
    if own.is_empty() {
        return Ok(None);
    }
    let mut selectors = Vec::new();
    for delivery in &own {
        let source = app.store.subscription(&delivery.subscription)?.and_then(|subscription| subscription.source);
        selectors.extend(source.map(|source| source.global_webhook_event_selector));
    }
    let of_all = event.selectors.len();
    event.selectors.retain(|selector| selectors.contains(selector));
    if event.selectors.len() < of_all {
        // It went to others too, and what names it may name them.
        (event.provider_id, event.ordering_key) = (None, None);
    }
    event.delivery_count = count(own.len());
    Ok(Some(event))
}

/// The events of a request that the caller sees.
pub(super) fn events(app: &App, caller: &Caller, request: &WebhookRequest) -> Result<Vec<RoutedEvent>, Error> {
    let mut events = Vec::new();
    for found in app.store.events_of_request(&request.id)? {
        events.extend(event(app, caller, found)?);
    }
    Ok(events)
}

/// A request as the caller sees it; `None` if no event of it concerns the caller's customer. What was received, logged
/// and refused is of nobody in particular, so it may be anybody's.
pub(super) fn request(
    app: &App,
    caller: &Caller,
    mut request: WebhookRequest,
) -> Result<Option<WebhookRequest>, Error> {
    if caller.customer().is_none() {
        return Ok(Some(request));
    }
    // Most requests concern somebody else: only those with deliveries are looked into.
    let events = if request.delivery_count == 0 { Vec::new() } else { events(app, caller, &request)? };
    if events.is_empty() {
        return Ok(None);
    }
    request.event_count = count(events.len());
    request.delivery_count = events.iter().map(|event| event.delivery_count).sum();
    (request.error, request.replay_of, request.content) = (None, None, None);
    request.refused_events.clear();
    request.log.clear();
    Ok(Some(request))
}

/// A page of what the caller sees.
pub(super) fn page<T>(page: Page<T>, see: impl Fn(T) -> Result<Option<T>, Error>) -> Result<Page<T>, Error> {
    let items = page.items.into_iter().filter_map(|item| see(item).transpose());
    Ok(Page { items: items.collect::<Result<_, _>>()?, cursor: page.cursor })
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
