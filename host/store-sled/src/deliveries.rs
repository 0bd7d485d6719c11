//! Deliveries as records: found, listed, and made due again by hand.

use jiff::{SignedDuration, Timestamp};

use super::group::write_delivery;
use super::keys::{Key, Table};
use super::page::{Order, down_to};
use super::queue::due_key;
use super::{Error, Page, PageRequest, Store, abort, read, remove};
use patchbay_model::delivery::{Delivery, DeliveryStatus};
use patchbay_model::id::{DeliveryId, EventId};
use patchbay_store::{Period, Retried};

/// How far the time of a delivery's id may be before that of the delivery, in milliseconds.
const ID_TIME_MS_MAX: i64 = 60_000;

impl Store {
    pub fn delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>, Error> {
        self.get(&delivery_key(id))
    }

    /// Those that were made in a span of time and fit.
    pub fn deliveries(
        &self,
        request: &PageRequest,
        made: Period,
        fits: impl Fn(&Delivery) -> bool,
    ) -> Result<Page<Delivery>, Error> {
        let fits = |delivery: &Delivery| made.holds(delivery.created_at) && fits(delivery);
        let page = self.page(&Key::new(Table::Delivery), Order::NewestFirst, request, fits)?;
        // An id is made after the moment at which its delivery counts as made; but clocks are set back.
        let margin = SignedDuration::from_millis(ID_TIME_MS_MAX);
        let start = made.from.map(|from| DeliveryId::first_at(from.checked_sub(margin).unwrap_or(from)));
        Ok(down_to(page, start.as_ref().map(DeliveryId::as_str)))
    }

    pub fn deliveries_of_event(&self, id: &EventId) -> Result<Vec<Delivery>, Error> {
        let mut deliveries = Vec::new();
        for named in self.event(id)?.into_iter().flat_map(|event| event.deliveries) {
            deliveries.extend(self.delivery(&named)?);
        }
        let prefix = Key::new(Table::DeliveryOfEvent).part(id.as_str());
        deliveries.extend(self.linked(&prefix, DeliveryId::parse, |id| self.delivery(id))?);
        Ok(deliveries)
    }

    /// Makes a delivery due now, with a new round of attempts. One that was settled keeps no order any more.
    pub async fn retry_delivery(&self, id: &DeliveryId, now: Timestamp) -> Result<Option<Delivery>, Error> {
        let retried = self.try_again(id, now, |_| true)?;
        self.durable().await?;
        Ok(retried)
    }

    /// The same for a page of those that fit, of one customer or of all, where nothing stands against it. Those that were
    /// retried before and are due are not counted again.
    pub async fn retry_deliveries(
        &self,
        customer: Option<&str>,
        request: &PageRequest,
        made: Period,
        now: Timestamp,
        fits: impl Fn(&Delivery) -> bool,
    ) -> Result<Retried, Error> {
        let is_due = |delivery: &Delivery| delivery.next_attempt_at.is_some_and(|at| at <= now);
        let wanted = |delivery: &Delivery| fits(delivery) && made.holds(delivery.created_at) && !is_due(delivery);
        let page = match customer {
            Some(customer) => self.deliveries_of_customer(customer, request, wanted)?,
            None => self.deliveries(request, made, wanted)?,
        };
        let mut count = 0;
        for delivery in page.items {
            if self.subscription(&delivery.subscription)?.is_none() {
                continue;
            }
            match self.try_again(&delivery.id, now, &fits) {
                Ok(retried) => count += usize::from(retried.is_some()),
                // It is under way, or waits for one before it.
                Err(Error::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.durable().await?;
        Ok(Retried { count, cursor: page.cursor })
    }

    fn try_again(
        &self,
        id: &DeliveryId,
        now: Timestamp,
        fits: impl Fn(&Delivery) -> bool,
    ) -> Result<Option<Delivery>, Error> {
        let retried = {
            let lanes = self.lanes();
            self.transact(|tx| {
                let Some(mut delivery) = read::<Delivery>(tx, &delivery_key(id))?.filter(&fits) else {
                    return Ok(None);
                };
                if lanes.is_in_flight(&delivery.subscription, id) {
                    return abort(Error::Conflict("an attempt is under way".into()));
                }
                if delivery.status == DeliveryStatus::Pending && delivery.next_attempt_at.is_none() {
                    return abort(Error::Conflict("it waits for an earlier delivery of the same order".into()));
                }
                due_key(&delivery).map_or(Ok(()), |due| remove(tx, due))?;
                if delivery.status != DeliveryStatus::Pending {
                    // The ones after it have gone on.
                    delivery.chain = None;
                }
                delivery.status = DeliveryStatus::Pending;
                delivery.attempt_count = 0;
                delivery.next_attempt_at = Some(now);
                write_delivery(tx, &delivery)?;
                Ok(Some(delivery))
            })?
        };
        if let Some(delivery) = &retried {
            self.lift_hold(&delivery.subscription)?;
            self.announce(&delivery.subscription, now.as_millisecond());
        }
        Ok(retried)
    }
}

pub(super) fn delivery_key(id: &DeliveryId) -> Key {
    Key::new(Table::Delivery).tail(id.as_str())
}
