//! Requests, events and their lists: where each of them is found.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{Key, Table};
use super::page::Order;
use super::subscriptions::routes;
use super::{Error, Page, PageRequest, Store};
use patchbay_model::delivery::Delivery;
use patchbay_model::event::RoutedEvent;
use patchbay_model::id::{EventId, IntegrationId, RequestId, age_at};
use patchbay_model::webhook_request::WebhookRequest;

impl Store {
    pub fn webhook_request(&self, id: &RequestId) -> Result<Option<WebhookRequest>, Error> {
        self.get(&request_key(id))
    }

    pub fn webhook_requests(
        &self,
        request: &PageRequest,
        fits: impl Fn(&WebhookRequest) -> bool,
    ) -> Result<Page<WebhookRequest>, Error> {
        self.page(&Key::new(Table::Request), Order::NewestFirst, request, fits)
    }

    pub fn event(&self, id: &EventId) -> Result<Option<RoutedEvent>, Error> {
        self.inner.tree.get(event_key(id))?.map(|record| self.event_in(&record)).transpose()
    }

    pub fn events(
        &self,
        request: &PageRequest,
        fits: impl Fn(&RoutedEvent) -> bool,
    ) -> Result<Page<RoutedEvent>, Error> {
        let read = |_: &str, record: &[u8]| self.event_in(record).map(Some);
        self.page_of(&Key::new(Table::Event), Order::NewestFirst, request, read, fits)
    }

    /// The replays of a request, the oldest first.
    pub fn replays(&self, original: &RequestId) -> Result<Vec<WebhookRequest>, Error> {
        self.linked(&replays(original), RequestId::parse, |id| self.webhook_request(id))
    }

    /// Requests from a time on, the oldest first; of an integration those whose handler failed.
    pub fn requests_from(
        &self,
        failed_of: Option<&IntegrationId>,
        from_ms: i64,
        request: &PageRequest,
        fits: impl Fn(&WebhookRequest) -> bool,
    ) -> Result<Page<WebhookRequest>, Error> {
        let start = || URL_SAFE_NO_PAD.encode(format!("req_{}", age_at(from_ms)));
        let request = PageRequest { limit: request.limit, cursor: request.cursor.clone().or_else(|| Some(start())) };
        let prefix = failed_of.map_or_else(|| Key::new(Table::Request), failed);
        let find = |id: &str, _: &[u8]| RequestId::parse(id).map_or(Ok(None), |id| self.webhook_request(&id));
        self.page_of(&prefix, Order::OldestFirst, &request, find, fits)
    }

    /// Requests of an integration whose handler failed.
    pub fn failed_requests(
        &self,
        integration: &IntegrationId,
        request: &PageRequest,
        fits: impl Fn(&WebhookRequest) -> bool,
    ) -> Result<Page<WebhookRequest>, Error> {
        let find = |id: &str, _: &[u8]| RequestId::parse(id).map_or(Ok(None), |id| self.webhook_request(&id));
        self.page_of(&failed(integration), Order::NewestFirst, request, find, fits)
    }

    /// The events of one request, in the order in which its handler returned them.
    pub fn events_of_request(&self, id: &RequestId) -> Result<Vec<RoutedEvent>, Error> {
        let Some((first, last)) = self.webhook_request(id)?.and_then(|request| request.events) else {
            let prefix = Key::new(Table::EventOfRequest).part(id.as_str());
            return self.linked(&prefix, EventId::parse, |id| self.event(id));
        };
        // One thread writes events and names them, so those of a request stand together; but a clock may have gone back
        // before a restart.
        let mut events = Vec::new();
        for row in self.inner.tree.range(event_key(&first)..=event_key(&last)) {
            let event = self.event_in(&row?.1)?;
            if event.request == *id {
                events.push(event);
            }
        }
        Ok(events)
    }
}

/// The place of a delivery in the list of its customer.
pub(super) fn of_customer_key(delivery: &Delivery) -> Key {
    of_customer(&delivery.customer).tail(delivery.event.as_str()).tail(delivery.id.as_str())
}

pub(super) fn of_customer(customer: &str) -> Key {
    Key::new(Table::DeliveryOfCustomer).part(customer)
}

/// Where an event is found that is neither routed nor waiting.
pub(super) fn unheard_keys(event: &RoutedEvent) -> impl Iterator<Item = Key> {
    let of = |selector| routes(Table::Unheard, &event.integration_id, &event.webhook_key, selector);
    event.selectors.iter().map(move |selector| of(selector).tail(event.id.as_str()))
}

pub(super) fn failed_key(request: &WebhookRequest) -> Key {
    failed(&request.integration_id).tail(request.id.as_str())
}

pub(super) fn failed(integration: &IntegrationId) -> Key {
    Key::new(Table::Failed).part(integration.as_str())
}

pub(super) fn replays(original: &RequestId) -> Key {
    Key::new(Table::Replay).part(original.as_str())
}

pub(super) fn request_key(id: &RequestId) -> Key {
    Key::new(Table::Request).tail(id.as_str())
}

pub(super) fn event_key(id: &EventId) -> Key {
    Key::new(Table::Event).tail(id.as_str())
}
