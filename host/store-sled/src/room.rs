//! How much room kept requests take up: their content, by the segment of the log that it is in, and their records. Each has
//! two numbers: what commits wrote, and what went since. Commits change the first alone and the sweep the second, so
//! neither waits for the other. Knows nothing of what may go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sled::transaction::TransactionalTree;

use super::journal::Row;
use super::keys::{Key, Table};
use super::tree::Tree;
use super::{Abort, ContentRef, Error, decode, encode, write};

/// Where records are counted: segments of content have numbers from 1.
const RECORDS: u32 = 0;

/// Bytes, by segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally(BTreeMap<u32, i64>);

impl Tally {
    pub(super) fn content(&mut self, place: ContentRef) {
        self.add(place.segment, i64::from(place.len));
    }

    pub(super) fn records(&mut self, bytes: u32) {
        self.add(RECORDS, i64::from(bytes));
    }

    /// What was at `from` is at `to`.
    pub(super) fn moved(&mut self, from: ContentRef, to: ContentRef) {
        self.content(from);
        self.add(to.segment, -i64::from(to.len));
    }

    pub(super) fn all(&mut self, other: &Tally) {
        other.0.iter().for_each(|(segment, bytes)| self.add(*segment, *bytes));
    }

    fn add(&mut self, segment: u32, bytes: i64) {
        *self.0.entry(segment).or_default() += bytes;
    }
}

pub(super) struct Room {
    bytes_max: u64,
    accounts: Mutex<Accounts>,
    short: tokio::sync::Notify,
}

struct Accounts {
    written: BTreeMap<u32, i64>,
    gone: BTreeMap<u32, i64>,
    used: i64,
    /// Segments of before the start that are still there; those after the newest of them are all new.
    earlier: BTreeSet<u32>,
    newest_earlier: u32,
    /// New ones that are no more.
    forgotten: BTreeSet<u32>,
}

impl Room {
    /// Reads the accounts. Where there are none yet, what is in segments counts as kept.
    pub(super) fn open(tree: &Tree, segments: &BTreeMap<u32, u64>, bytes_max: u64) -> Result<Room, Error> {
        let (mut written, mut gone) = (read_accounts(tree, Table::Written)?, read_accounts(tree, Table::Gone)?);
        if !written.contains_key(&RECORDS) {
            written = segments.iter().map(|(at, size)| (*at, i64::try_from(*size).unwrap_or(i64::MAX))).collect();
            written.insert(RECORDS, 0);
            let mut batch = sled::Batch::default();
            for (segment, bytes) in &written {
                batch.insert(account_key(Table::Written, *segment), encode(bytes)?);
            }
            tree.apply_batch(batch)?;
        }
        for accounts in [&mut written, &mut gone] {
            accounts.retain(|segment, _| *segment == RECORDS || segments.contains_key(segment));
        }
        let used = written.values().sum::<i64>() - gone.values().sum::<i64>();
        let earlier: BTreeSet<u32> = segments.keys().copied().collect();
        let newest_earlier = earlier.last().copied().unwrap_or(0);
        let accounts = Accounts { written, gone, used, earlier, newest_earlier, forgotten: BTreeSet::new() };
        Ok(Room { bytes_max, accounts: Mutex::new(accounts), short: tokio::sync::Notify::new() })
    }

    /// What kept requests take up, in bytes.
    pub(super) fn used_bytes(&self) -> u64 {
        u64::try_from(self.accounts().used).unwrap_or(0)
    }

    pub(super) fn records_bytes(&self) -> u64 {
        self.live_bytes(RECORDS)
    }

    /// What of a segment belongs to requests that are still there.
    pub(super) fn live_bytes(&self, segment: u32) -> u64 {
        u64::try_from(self.accounts().live(segment)).unwrap_or(0)
    }

    /// How much more there is than there may be.
    pub(super) fn excess_bytes(&self) -> u64 {
        self.used_bytes().saturating_sub(self.bytes_max)
    }

    /// Whether content that takes up so much on disk is too much, with the records.
    pub(super) fn is_too_much(&self, content_bytes: u64) -> bool {
        content_bytes.saturating_add(self.records_bytes()) > self.bytes_max
    }

    /// Somebody should make room.
    pub(super) fn call_for_room(&self) {
        self.short.notify_one();
    }

    pub(super) fn called_for(&self) -> impl Future<Output = ()> {
        self.short.notified()
    }

    /// The rows that say what is written once they are.
    pub(super) fn note_written(&self, added: &Tally) -> Result<Vec<Row>, Error> {
        let accounts = self.accounts();
        let row = |(segment, bytes): (&u32, &i64)| {
            let written = accounts.written.get(segment).copied().unwrap_or(0) + bytes;
            Ok((account_key(Table::Written, *segment), encode(&written)?))
        };
        added.0.iter().map(row).collect()
    }

    /// They are written.
    pub(super) fn written(&self, added: &Tally) {
        let mut accounts = self.accounts();
        for (segment, bytes) in &added.0 {
            *accounts.written.entry(*segment).or_default() += bytes;
            accounts.used += bytes;
        }
        if accounts.used > i64::try_from(self.bytes_max).unwrap_or(i64::MAX) {
            self.short.notify_one();
        }
    }

    /// Says in a transaction what is gone once it holds. For the sweep alone.
    pub(super) fn note_gone(&self, tx: &TransactionalTree, going: &Tally) -> Result<(), Abort> {
        let accounts = self.accounts();
        for (segment, bytes) in going.0.iter().filter(|(segment, _)| accounts.is_there(**segment)) {
            let gone = accounts.gone.get(segment).copied().unwrap_or(0) + bytes;
            write(tx, account_key(Table::Gone, *segment), &gone)?;
        }
        Ok(())
    }

    /// The transaction holds.
    pub(super) fn gone(&self, went: &Tally) {
        let mut accounts = self.accounts();
        for (segment, bytes) in &went.0 {
            if !accounts.is_there(*segment) {
                continue;
            }
            *accounts.gone.entry(*segment).or_default() += bytes;
            accounts.used -= bytes;
        }
    }

    /// Forgets segments that are no more.
    pub(super) fn forget(&self, tree: &Tree, segments: &[u32]) -> Result<(), Error> {
        let mut accounts = self.accounts();
        let mut batch = sled::Batch::default();
        for segment in segments {
            accounts.used -= accounts.live(*segment);
            accounts.written.remove(segment);
            accounts.gone.remove(segment);
            accounts.earlier.remove(segment);
            accounts.forgotten.insert(*segment);
            batch.remove(account_key(Table::Written, *segment));
            batch.remove(account_key(Table::Gone, *segment));
        }
        tree.apply_batch(batch)
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    /// What was in a segment that went as a whole is not counted any more, when its requests go later.
    fn is_there(&self, segment: u32) -> bool {
        let is_new = segment > self.newest_earlier && !self.forgotten.contains(&segment);
        segment == RECORDS || is_new || self.earlier.contains(&segment)
    }

    fn live(&self, segment: u32) -> i64 {
        let written = self.written.get(&segment).copied().unwrap_or(0);
        written - self.gone.get(&segment).copied().unwrap_or(0)
    }
}

fn account_key(table: Table, segment: u32) -> Key {
    Key::new(table).tail(segment.to_be_bytes())
}

fn read_accounts(tree: &Tree, table: Table) -> Result<BTreeMap<u32, i64>, Error> {
    let all = Key::new(table);
    let mut accounts = BTreeMap::new();
    for row in tree.scan_prefix(&all) {
        let (key, value) = row?;
        if let Ok(segment) = all.tail_of(&key).try_into() {
            accounts.insert(u32::from_be_bytes(segment), decode(&value)?);
        }
    }
    Ok(accounts)
}
