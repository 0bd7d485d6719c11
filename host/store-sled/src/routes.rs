//! Who listens to which selector, asked by every event. The records are the truth; a table beside them gives the same answer at
//! the same cost for ten subscriptions as for ten million. While it is not complete the caller asks the records.
//!
//! After a start on a folder that was not closed in order the table is made anew from the records, in a thread of its own.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, RwLock, RwLockWriteGuard};
use std::thread::JoinHandle;

use super::keys::{Key, Table};
use super::route_table::{Address, RouteTable};
use super::subscriptions::routes;
use super::tree::Tree;
use super::{Error, decode};
use patchbay_crypto::secret::sha256;
use patchbay_model::id::IntegrationId;
use patchbay_model::subscription::{Recipient, Subscription};

/// How many subscriptions are taken over at once; changes of subscriptions wait meanwhile.
const TAKEN_OVER_AT_ONCE_MAX: usize = 500;

/// Not all of the records is in the table yet.
const INCOMPLETE: u8 = 0;
const COMPLETE: u8 = 1;
/// It could not be read or written, and is not asked any more.
const BROKEN: u8 = 2;

pub(super) struct Routes {
    shared: Arc<Shared>,
    taking_over: Option<JoinHandle<()>>,
}

struct Shared {
    /// Changes of routes in the records are made with it locked for writing, so that both are the same to whoever asks.
    table: RwLock<RouteTable>,
    state: AtomicU8,
    is_stopping: AtomicBool,
}

impl Routes {
    /// Opens the table that belongs to records with this watermark, or begins a new one.
    pub(super) fn open(folder: &Path, tree: &Tree, watermark: u64) -> Result<Routes, Error> {
        let opened = RouteTable::open(folder, watermark).unwrap_or_else(|error| {
            tracing::warn!(%error, "the routing table cannot be opened: it is made anew");
            None
        });
        let state = AtomicU8::new(if opened.is_some() { COMPLETE } else { INCOMPLETE });
        let is_opened = opened.is_some();
        let table = RwLock::new(opened.map_or_else(|| RouteTable::create(folder), Ok)?);
        let shared = Arc::new(Shared { table, state, is_stopping: AtomicBool::new(false) });
        let taking_over = (!is_opened).then(|| {
            let (shared, tree) = (Arc::clone(&shared), tree.clone());
            std::thread::Builder::new().name("store-routes".into()).spawn(move || shared.take_over(&tree))
        });
        Ok(Routes { shared, taking_over: taking_over.transpose()? })
    }

    /// Who listens to an address; `None` if the records have to be asked.
    pub(super) fn find(
        &self,
        integration: &IntegrationId,
        webhook_key: &str,
        selector: &str,
    ) -> Option<Vec<Recipient>> {
        if self.shared.state.load(Ordering::Acquire) != COMPLETE {
            return None;
        }
        let address = address(integration, webhook_key, selector);
        let found = match self.shared.table.read() {
            Ok(table) => table.find(&address).map_err(|error| error.to_string()),
            Err(poisoned) => Err(poisoned.to_string()),
        };
        found.map_err(|error| self.shared.give_up(&error)).ok()
    }

    /// Makes a change of one subscription's record, and follows it in the table. `read` reads the record.
    pub(super) fn follow<T>(
        &self,
        read: impl Fn() -> Result<Option<Subscription>, Error>,
        change: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut table = self.shared.write();
        let before = read()?;
        let changed = change().inspect_err(|error| {
            // A conflict changes nothing; of other failures nobody knows.
            if !matches!(error, Error::Conflict(_) | Error::Changed) {
                self.shared.give_up(error);
            }
        })?;
        let followed = read().and_then(|after| {
            remove(&mut table, before.as_ref())?;
            add(&mut table, after.as_ref())
        });
        followed.unwrap_or_else(|error| self.shared.give_up(&error));
        Ok(changed)
    }

    #[cfg(any(test, feature = "bench"))]
    pub(super) fn is_complete(&self) -> bool {
        self.shared.state.load(Ordering::Acquire) == COMPLETE
    }

    /// Adds what the caller writes to the records, or to no records at all.
    #[cfg(feature = "bench")]
    pub(super) fn add(&self, subscription: &Subscription) -> Result<(), Error> {
        add(&mut self.shared.write(), Some(subscription))
    }

    /// Keeps the table for the next start. Everything that it follows is on disk.
    pub(super) fn close(&mut self, watermark: u64) {
        self.stop();
        let mut table = self.shared.write();
        if self.shared.state.load(Ordering::Acquire) != COMPLETE {
            return;
        }
        if let Err(error) = table.close(watermark) {
            tracing::warn!(%error, "the routing table was not kept: the next start makes it anew");
        }
    }

    fn stop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::Release);
        if let Some(thread) = self.taking_over.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Routes {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn write(&self) -> RwLockWriteGuard<'_, RouteTable> {
        self.table.write().unwrap_or_else(|poisoned| {
            self.give_up(&"a change ended in its middle");
            poisoned.into_inner()
        })
    }

    /// Takes all subscriptions over into the empty table.
    fn take_over(&self, tree: &Tree) {
        let mut after = Key::new(Table::Subscription).as_ref().to_vec();
        while !self.is_stopping.load(Ordering::Acquire) && self.state.load(Ordering::Acquire) == INCOMPLETE {
            match self.take_over_some(tree, &mut after) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return self.give_up(&error),
            }
        }
    }

    /// Takes over the next ones; `false` if there was none left.
    fn take_over_some(&self, tree: &Tree, after: &mut Vec<u8>) -> Result<bool, Error> {
        use std::ops::Bound::{Excluded, Unbounded};
        let mut table = self.write();
        let all = Key::new(Table::Subscription);
        let rest = tree.range::<&[u8], _>((Excluded(after.as_slice()), Unbounded));
        let mut last = None;
        for row in rest.take(TAKEN_OVER_AT_ONCE_MAX) {
            let (key, value) = row?;
            if !key.starts_with(all.as_ref()) {
                break;
            }
            let subscription: Subscription = decode(&value)?;
            // One that was changed since the start is there already.
            remove(&mut table, Some(&subscription))?;
            add(&mut table, Some(&subscription))?;
            last = Some(key);
        }
        match last {
            Some(key) => *after = key.to_vec(),
            // Nothing was changed while this was found out, and what is changed from now on is followed.
            None => {
                return Ok(self
                    .state
                    .compare_exchange(INCOMPLETE, COMPLETE, Ordering::AcqRel, Ordering::Acquire)
                    .is_err());
            }
        }
        Ok(true)
    }

    fn give_up(&self, error: &impl std::fmt::Display) {
        if self.state.swap(BROKEN, Ordering::AcqRel) != BROKEN {
            tracing::error!(%error, "the routing table cannot be used: events are routed by the records, which is slower, until the next start");
        }
    }
}

fn add(table: &mut RouteTable, subscription: Option<&Subscription>) -> Result<(), Error> {
    let Some((subscription, address)) = subscription.and_then(|found| Some((found, address_of(found)?))) else {
        return Ok(());
    };
    Ok(table.add(&address, &Recipient::of(subscription))?)
}

fn remove(table: &mut RouteTable, subscription: Option<&Subscription>) -> Result<(), Error> {
    let Some((subscription, address)) = subscription.and_then(|found| Some((found, address_of(found)?))) else {
        return Ok(());
    };
    Ok(table.remove(&address, &subscription.id)?)
}

/// Where events come from that are to be routed to it now, if any are.
fn address_of(subscription: &Subscription) -> Option<Address> {
    let source = subscription.active_source()?;
    let (webhook, selector) = (&source.global_webhook_key, &source.global_webhook_event_selector);
    Some(address(&subscription.integration_id, webhook, selector))
}

fn address(integration: &IntegrationId, webhook_key: &str, selector: &str) -> Address {
    let mut address = Address::default();
    // The hash is longer.
    for (to, from) in address.iter_mut().zip(sha256(routes(Table::Route, integration, webhook_key, selector).as_ref()))
    {
        *to = from;
    }
    address
}
