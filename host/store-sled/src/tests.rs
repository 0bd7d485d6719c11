//! What every store must do, whichever engine it stands on. The tests speak of connectors, subscriptions, requests
//! and deliveries; only `store_with`, `reopen` and `copy` know how the store under test is made.

mod api_tokens;
mod connectors;
mod customers;
mod duplicates;
mod durability;
mod integrations;
mod lists;
mod order;
mod patience;
mod queue;
mod retention;
mod routing;
mod simulation;
mod size;
mod subject;
mod waiting;

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;

use super::*;
use patchbay_model::clock;
use patchbay_model::delivery::{Attempt, Delivery, DeliveryStatus};
use patchbay_model::event::{EventStatus, RoutedEvent};
use patchbay_model::id::{DeliveryId, EventId, SubscriptionId};
use patchbay_model::integration::Integration;
use patchbay_model::subscription::{Reason, Status, Subscription};
use patchbay_model::webhook_request::{RequestStatus, WebhookRequest};

use patchbay_store::{Claim, Concern, Listening, NewEvent, Period, Repeat, Settlement, Span, Swept, WebhookCommit};

use subject::{event, listener};

/// The webhook key that a test uses where it does not matter.
const HOOK: &str = "hook";

/// A store under test, in a folder of its own.
struct Fixture {
    folder: tempfile::TempDir,
    options: Options,
    store: Option<Store>,
}

fn store() -> Fixture {
    store_with(|_| ())
}

fn store_with(change: impl FnOnce(&mut Options)) -> Fixture {
    let mut options = Options {
        cache_bytes: 16 << 20,
        commit_gather_us: 300,
        content_segment_bytes: 1 << 20,
        content_bytes_max: 64 << 20,
        retention_bytes: u64::MAX,
        unrouted_events_max: 1_000,
        duplicate_window_ms: 60_000,
        attempts: Bounds {
            per_subscription_max: 4,
            per_customer_max: 1_000,
            per_host_max: 1_000,
            silences_in_a_row_max: 1_000,
            new_hosts_max: 1_000,
            silent_hosts_max: 1_000,
        },
        disable_after_ms: 0,
        api_tokens_max: 3,
    };
    change(&mut options);
    open(tempfile::tempdir().unwrap(), options)
}

fn open(folder: tempfile::TempDir, options: Options) -> Fixture {
    let store = Some(Store::open(&folder.path().join("store"), options.clone()).unwrap());
    Fixture { folder, options, store }
}

impl Fixture {
    /// Ends the store and opens it again, as a new process would.
    fn reopen(&mut self) {
        const ENDED_WITHIN: Duration = Duration::from_secs(10);
        self.store = None;
        let start = Instant::now();
        // Within one process an engine may hold its files a moment longer than its last handle lives.
        self.store = loop {
            match Store::open(&self.folder.path().join("store"), self.options.clone()) {
                Err(Error::Unavailable(_)) if start.elapsed() < ENDED_WITHIN => std::thread::yield_now(),
                opened => break Some(opened.unwrap()),
            }
        };
    }

    /// A store that finds what is on disk at this moment, while this one goes on.
    fn copy(&self) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (self.folder.path().join("store"), folder.path().join("store"));
        copy_folder(&from.join("journal"), &to.join("journal"));
        // Goes on meanwhile, so it has what is no longer in the journal.
        for rest in ["content", "sled", "routes", "bundles"] {
            copy_folder(&from.join(rest), &to.join(rest));
        }
        open(folder, self.options.clone())
    }

    /// This store as if nothing but the journal of `later` had come to the disk since.
    fn with_journal_of(self, later: &Fixture) -> Fixture {
        let options = self.options.clone();
        open(self.take_journal_of(later), options)
    }

    fn take_journal_of(self, later: &Fixture) -> tempfile::TempDir {
        let Fixture { folder, store, .. } = self;
        drop(store);
        let (from, to) = (later.folder.path().join("store"), folder.path().join("store"));
        copy_folder(&from.join("journal"), &to.join("journal"));
        // The names of files that content is in came to the disk before it.
        for segment in std::fs::read_dir(from.join("content")).unwrap() {
            let name = segment.unwrap().file_name();
            let file = std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(to.join("content").join(name));
            drop(file.unwrap());
        }
        folder
    }
}

impl Deref for Fixture {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.store.as_ref().unwrap()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A moment of simulated time. It lies after the present, at which waiting events that find a subscription are due.
fn at(ms: u64) -> Timestamp {
    let start: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    clock::after_ms(start, ms)
}

fn first_page(limit: usize) -> PageRequest {
    PageRequest { limit, cursor: None }
}
