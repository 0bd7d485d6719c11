//! What concerned a customer, and what has a selector: found by keys that name it, several lists at once, the newest
//! first. Never looks at what the keys do not name.

use std::cell::RefCell;
use std::collections::BinaryHeap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::connections::connections_of;
use super::keys::{Key, Table};
use super::page::{Order, ROWS_SCANNED_MAX};
use super::subscriptions::routes;
use super::webhooks::{failed, failed_key, of_customer, of_customer_key, unheard_keys};
use super::{Error, Page, PageRequest, Store, decode};
use patchbay_model::connection::Connection;
use patchbay_model::delivery::Delivery;
use patchbay_model::event::{EventStatus, RoutedEvent};
use patchbay_model::id::{DeliveryId, EventId, IntegrationId, RequestId, age_at, age_of};
use patchbay_model::webhook_request::{RequestStatus, WebhookRequest};
use patchbay_store::{Concern, Listening, Span};

/// How long an id is.
const ID_LEN: usize = 30;
/// How many keys are written at once when lists are made for what is there already.
const KEYS_AT_ONCE_MAX: usize = 10_000;

/// Ids of one kind under a key, with what follows them.
struct Source {
    prefix: Key,
    kind: &'static str,
}

impl Source {
    fn events(prefix: Key) -> Source {
        Source { prefix, kind: "evt_" }
    }
}

impl Store {
    /// What concerned a customer: its deliveries, what has a selector that it listens to and went to nobody, and what
    /// failed in some integrations.
    pub fn concerns(
        &self,
        customer: &str,
        listening: &[Listening],
        failing: &[IntegrationId],
        span: &Span,
        request: &PageRequest,
    ) -> Result<Page<Concern>, Error> {
        let mut sources = vec![Source::events(of_customer(customer))];
        for one in listening {
            for table in [Table::Unrouted, Table::Unheard] {
                sources.push(Source::events(routes(table, &one.integration, &one.webhook_key, &one.selector)));
            }
        }
        sources.extend(failing.iter().map(|integration| Source { prefix: failed(integration), kind: "req_" }));
        self.merged(&sources, span, request, |tails| self.concern(tails))
    }

    /// Events with a selector that no subscription wanted, or that were there before, the newest first.
    pub fn events_unheard(
        &self,
        integration: &IntegrationId,
        webhook_key: Option<&str>,
        selector: &str,
        request: &PageRequest,
        fits: impl Fn(&RoutedEvent) -> bool,
    ) -> Result<Page<RoutedEvent>, Error> {
        let mut sources = Vec::new();
        for table in [Table::Unrouted, Table::Unheard] {
            for webhook in self.webhooks_in(table, integration)? {
                if webhook_key.is_none_or(|wanted| wanted == webhook) {
                    sources.push(Source::events(routes(table, integration, &webhook, selector)));
                }
            }
        }
        self.merged(&sources, &Span::default(), request, |tails| Ok(self.event_of_tails(tails)?.filter(&fits)))
    }

    /// The deliveries of a customer, those of the newest events first.
    pub fn deliveries_of_customer(
        &self,
        customer: &str,
        request: &PageRequest,
        fits: impl Fn(&Delivery) -> bool,
    ) -> Result<Page<Delivery>, Error> {
        let find = |tail: &str, _: &[u8]| self.delivery_of_tail(tail);
        self.page_of(&of_customer(customer), Order::NewestFirst, request, find, fits)
    }

    /// The events that brought a customer something, the newest first.
    pub fn events_of_customer(
        &self,
        customer: &str,
        request: &PageRequest,
        fits: impl Fn(&RoutedEvent) -> bool,
    ) -> Result<Page<RoutedEvent>, Error> {
        let sources = [Source::events(of_customer(customer))];
        self.merged(&sources, &Span::default(), request, |tails| Ok(self.event_of_tails(tails)?.filter(&fits)))
    }

    /// The requests that brought a customer something, the newest first.
    pub fn requests_of_customer(
        &self,
        customer: &str,
        request: &PageRequest,
        fits: impl Fn(&WebhookRequest) -> bool,
    ) -> Result<Page<WebhookRequest>, Error> {
        // Events of one request stand together; the page before may have ended between them.
        let before = age_of_cursor(request).and_then(|age| EventId::parse(&format!("evt_{age}")));
        let before = before.map(|id| self.event(&id)).transpose()?.flatten();
        let last: RefCell<Option<RequestId>> = RefCell::new(before.map(|event| event.request));
        let find = |tails: &[String]| {
            let Some(event) = self.event_of_tails(tails)? else { return Ok(None) };
            let is_same = last.replace(Some(event.request.clone())).is_some_and(|last| last == event.request);
            let found = if is_same { None } else { self.webhook_request(&event.request)? };
            Ok(found.filter(&fits))
        };
        self.merged(&[Source::events(of_customer(customer))], &Span::default(), request, find)
    }

    /// Enters what an earlier version wrote in the lists that it did not know, once.
    pub(super) fn list_customers(&self) -> Result<(), Error> {
        let done = Key::new(Table::CustomersListed);
        if self.inner.tree.contains_key(&done)? {
            return Ok(());
        }
        self.enter(Table::Connection, |one: &Connection| vec![connections_of(&one.customer).tail(&one.id)])?;
        self.enter(Table::Delivery, |one: &Delivery| vec![of_customer_key(one)])?;
        let is_unheard = |event: &RoutedEvent| event.status == EventStatus::Duplicate;
        self.enter(
            Table::Event,
            |one: &RoutedEvent| if is_unheard(one) { unheard_keys(one).collect() } else { Vec::new() },
        )?;
        let is_failed = |request: &WebhookRequest| request.status == RequestStatus::Failed;
        self.enter(
            Table::Request,
            |one: &WebhookRequest| if is_failed(one) { vec![failed_key(one)] } else { Vec::new() },
        )?;
        self.inner.tree.insert(done, Vec::new())?;
        Ok(())
    }

    fn enter<T: serde::de::DeserializeOwned>(&self, table: Table, keys: impl Fn(&T) -> Vec<Key>) -> Result<(), Error> {
        let (mut batch, mut count) = (sled::Batch::default(), 0);
        for row in self.inner.tree.scan_prefix(Key::new(table)) {
            for key in keys(&decode(&row?.1)?) {
                batch.insert(key, Vec::new());
                count += 1;
            }
            if count >= KEYS_AT_ONCE_MAX {
                self.inner.tree.apply_batch(std::mem::take(&mut batch))?;
                count = 0;
            }
        }
        self.inner.tree.apply_batch(batch)
    }

    /// The global webhooks that a table has something of, by jumping from one to the next.
    fn webhooks_in(&self, table: Table, integration: &IntegrationId) -> Result<Vec<String>, Error> {
        let all = Key::new(table).part(integration.as_str());
        let mut from = all.as_ref().to_vec();
        let mut webhooks = Vec::new();
        while let Some(row) = self.inner.tree.range(from.clone()..).next() {
            let key = row?.0;
            let Some(webhook) = first_part(&all, &key) else { break };
            from = all.clone().part(&webhook).tail([0xff; 9]).as_ref().to_vec();
            webhooks.push(webhook);
        }
        Ok(webhooks)
    }

    /// One page of what several lists name, the newest first, each thing once.
    fn merged<T>(
        &self,
        sources: &[Source],
        span: &Span,
        request: &PageRequest,
        read: impl Fn(&[String]) -> Result<Option<T>, Error>,
    ) -> Result<Page<T>, Error> {
        let from = span.from_ms.map(age_at).unwrap_or_default();
        let until = [span.to_ms.map(age_at), age_of_cursor(request)].into_iter().flatten().min();
        let mut lists: Vec<_> = sources.iter().map(|source| self.list(source, &from, until.as_deref())).collect();
        let mut heads = BinaryHeap::new();
        for at in 0..lists.len() {
            heads.extend(next(&mut lists, at)?);
        }
        let mut page = Page { items: Vec::new(), cursor: None };
        let mut scanned = 0;
        while let Some((age, first, at)) = heads.pop() {
            let mut tails = vec![first];
            heads.extend(next(&mut lists, at)?);
            while heads.peek().is_some_and(|(other, ..): &Head| *other == age) {
                let Some((_, tail, at)) = heads.pop() else { break };
                tails.push(tail);
                heads.extend(next(&mut lists, at)?);
            }
            scanned += tails.len();
            page.items.extend(read(&tails)?);
            if page.items.len() == request.limit || scanned >= ROWS_SCANNED_MAX {
                page.cursor = Some(URL_SAFE_NO_PAD.encode(age));
                break;
            }
        }
        Ok(page)
    }

    fn list(&self, source: &Source, from: &str, until: Option<&str>) -> List {
        let at = |age: &str| source.prefix.clone().tail(source.kind).tail(age);
        let start = at(from).as_ref().to_vec();
        let end = until.map_or_else(|| source.prefix.clone().tail(source.kind).tail([0xff; 8]), at).as_ref().to_vec();
        let prefix = source.prefix.clone();
        if start >= end {
            return Box::new(std::iter::empty());
        }
        let rows = self.inner.tree.range(start..end).keys().rev();
        Box::new(rows.map(move |key| Ok(prefix.text_tail_of(&key?))))
    }

    fn concern(&self, tails: &[String]) -> Result<Option<Concern>, Error> {
        if let Some(id) = tails.first().and_then(|tail| RequestId::parse(tail)) {
            return Ok(self.webhook_request(&id)?.map(Concern::Failed));
        }
        let Some(event) = self.event_of_tails(tails)? else { return Ok(None) };
        let mut deliveries = Vec::new();
        for tail in tails {
            deliveries.extend(self.delivery_of_tail(tail)?);
        }
        Ok(Some(Concern::Event(event, deliveries)))
    }

    fn event_of_tails(&self, tails: &[String]) -> Result<Option<RoutedEvent>, Error> {
        let id = tails.first().and_then(|tail| EventId::parse(tail.get(..ID_LEN)?));
        Ok(id.map(|id| self.event(&id)).transpose()?.flatten())
    }

    fn delivery_of_tail(&self, tail: &str) -> Result<Option<Delivery>, Error> {
        let id = tail.get(ID_LEN..).and_then(DeliveryId::parse);
        Ok(id.map(|id| self.delivery(&id)).transpose()?.flatten())
    }
}

type List = Box<dyn Iterator<Item = Result<String, Error>>>;
/// Age, what follows the key, and the list that it is from.
type Head = (String, String, usize);

/// The next row of a list.
fn next(lists: &mut [List], at: usize) -> Result<Option<Head>, Error> {
    let tail = lists.get_mut(at).and_then(Iterator::next).transpose()?;
    Ok(tail.map(|tail| (age_of(tail.get(..ID_LEN).unwrap_or_default()).to_owned(), tail, at)))
}

fn age_of_cursor(request: &PageRequest) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(request.cursor.as_deref()?).ok()?;
    String::from_utf8(bytes).ok()
}

fn first_part(all: &Key, key: &[u8]) -> Option<String> {
    if !key.starts_with(all.as_ref()) {
        return None;
    }
    let (length, rest) = all.tail_of(key).split_first_chunk::<2>()?;
    let part = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    Some(String::from_utf8_lossy(part).into_owned())
}
