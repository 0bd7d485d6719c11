//! A hash table in files: who listens to which address. A lookup reads one page, however many entries there are, and none of
//! them is held in memory. It grows by one bucket at a time (linear hashing), so no insert waits for all of it to be rebuilt.
//!
//! Nothing here survives a crash, and nothing has to: the records are the truth, this is a copy that is quick to ask. A table
//! is opened again only if it was closed in order.

mod page;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use self::page::{BODY_BYTES, Beyond, ENTRY_BYTES_MAX, PAGE_BYTES, Page, View};
use super::sync::sync_folder;
use crate::id::SubscriptionId;
use crate::subscription::Recipient;

/// The hash of an integration, a webhook and a selector; 128 bits, as nobody finds a second selector for somebody else's.
pub(super) type Address = [u8; ADDRESS_BYTES];
const ADDRESS_BYTES: usize = 16;
const ID_BYTES: usize = 16;

/// Part of the buckets' room, in per cent, that entries take before there is one bucket more.
const FILL_PCT_MAX: u64 = 50;
const BUCKETS_MIN: u32 = 16;
/// Raised when pages or entries look different.
const FORMAT: u32 = 4;
/// Larger files grow by pieces of this size, each with one write: Linux then keeps them in memory in such pieces, and finds one of
/// a thousand sooner than a page of a million. In larger pieces it takes long to find what to write.
const PIECE_BYTES: u64 = 1 << 20;
/// So many pieces at once that they hold whole pages.
const EXTENT_BYTES: u64 = 5 * PIECE_BYTES;
const _: () = assert!(EXTENT_BYTES.is_multiple_of(PAGE_BYTES as u64), "an extent begins with a page");

pub(super) struct RouteTable {
    folder: PathBuf,
    buckets: File,
    /// Pages for what does not fit into a bucket's own.
    overflow: File,
    shape: Shape,
}

/// What has to be known to read the files.
#[derive(Serialize, Deserialize)]
struct Shape {
    format: u32,
    /// What the records' watermark was when the table was closed.
    watermark: u64,
    buckets: u32,
    entries: u64,
    entry_bytes: u64,
    overflow_pages: u32,
    free: Vec<u32>,
}

#[derive(Clone, Copy)]
enum Place {
    Bucket(u32),
    Overflow(u32),
}

impl RouteTable {
    /// An empty table in place of what is there.
    pub(super) fn create(folder: &Path) -> io::Result<RouteTable> {
        fs::create_dir_all(folder)?;
        unless_missing(fs::remove_file(shape_file(folder)))?;
        sync_folder(folder)?;
        let file = |name| OpenOptions::new().read(true).write(true).create(true).truncate(true).open(folder.join(name));
        let shape = Shape {
            format: FORMAT,
            watermark: 0,
            buckets: BUCKETS_MIN,
            entries: 0,
            entry_bytes: 0,
            overflow_pages: 0,
            free: Vec::new(),
        };
        let table =
            RouteTable { folder: folder.to_owned(), buckets: file("buckets")?, overflow: file("overflow")?, shape };
        (0..BUCKETS_MIN).try_for_each(|bucket| table.write(Place::Bucket(bucket), &Page::default()))?;
        Ok(table)
    }

    /// The table as it was closed; `None` if it was not, or if the records have changed since.
    pub(super) fn open(folder: &Path, watermark: u64) -> io::Result<Option<RouteTable>> {
        let Some(bytes) = unless_missing(fs::read(shape_file(folder)))? else { return Ok(None) };
        let shape = serde_json::from_slice::<Shape>(&bytes).ok();
        let Some(shape) = shape.filter(|shape| shape.format == FORMAT && shape.watermark == watermark) else {
            return Ok(None);
        };
        // From now on the files may differ from it.
        fs::remove_file(shape_file(folder))?;
        sync_folder(folder)?;
        let file = |name| OpenOptions::new().read(true).write(true).open(folder.join(name));
        Ok(Some(RouteTable {
            folder: folder.to_owned(),
            buckets: file("buckets")?,
            overflow: file("overflow")?,
            shape,
        }))
    }

    /// Makes all of it durable, to be opened again by records with this watermark.
    pub(super) fn close(&mut self, watermark: u64) -> io::Result<()> {
        self.buckets.sync_all()?;
        self.overflow.sync_all()?;
        self.shape.watermark = watermark;
        let unfinished = self.folder.join("unfinished");
        fs::write(&unfinished, serde_json::to_vec(&self.shape)?)?;
        File::open(&unfinished)?.sync_all()?;
        fs::rename(&unfinished, shape_file(&self.folder))?;
        sync_folder(&self.folder)
    }

    /// Who listens to an address, in the order in which they were made.
    pub(super) fn find(&self, address: &Address) -> io::Result<Vec<Recipient>> {
        let mut found = Vec::new();
        let mut bytes = [0; PAGE_BYTES];
        let mut place = Some(Place::Bucket(self.bucket_of(address)));
        while let Some(at) = place {
            self.fetch(at, &mut bytes)?;
            let page = View::of(&bytes)?;
            for entry in page.entries().filter(|entry| entry.starts_with(address)) {
                found.push(decode(entry)?);
            }
            place = page.next_for(address).map(Place::Overflow);
        }
        found.sort_by(|one: &Recipient, other| one.id.cmp(&other.id));
        Ok(found)
    }

    /// Adds an entry that is not there yet.
    pub(super) fn add(&mut self, address: &Address, recipient: &Recipient) -> io::Result<()> {
        let entry = encode(address, recipient)?;
        let bucket = Place::Bucket(self.bucket_of(address));
        let mut first = self.read(bucket)?;
        if !self.push(bucket, &mut first, &entry)? {
            self.add_beyond(&mut first, &entry)?;
            first.beyond = first.beyond.with(&entry);
            self.write(bucket, &first)?;
        }
        self.shape.entries += 1;
        self.shape.entry_bytes += entry.len() as u64;
        self.grow()
    }

    /// Adds an entry to the pages that follow a bucket's own.
    fn add_beyond(&mut self, first: &mut Page, entry: &[u8]) -> io::Result<()> {
        // The newest one comes first: if there is room for little, it is there.
        if let Some(place) = first.next.map(Place::Overflow) {
            let mut second = self.read(place)?;
            if self.push(place, &mut second, entry)? {
                return Ok(());
            }
        }
        let mut page = first.follower();
        let place = self.allocate();
        self.push(Place::Overflow(place), &mut page, entry)?;
        first.next = Some(place);
        Ok(())
    }

    /// Takes an entry off, if it is there.
    pub(super) fn remove(&mut self, address: &Address, id: &SubscriptionId) -> io::Result<()> {
        // What has no such id was never added.
        let Some(prefix) = prefix(address, id) else { return Ok(()) };
        let mut place = Some(Place::Bucket(self.bucket_of(address)));
        while let Some(at) = place {
            let mut page = self.read(at)?;
            let removed = page.remove(|entry| entry.starts_with(&prefix));
            if removed > 0 {
                self.shape.entries = self.shape.entries.saturating_sub(1);
                self.shape.entry_bytes = self.shape.entry_bytes.saturating_sub(removed as u64);
                self.write(at, &page)?;
            }
            place = page.next.map(Place::Overflow);
        }
        Ok(())
    }

    fn push(&self, place: Place, page: &mut Page, entry: &[u8]) -> io::Result<bool> {
        let is_added = page.push(entry);
        if is_added {
            self.write(place, page)?;
        }
        Ok(is_added)
    }

    /// Splits the bucket whose turn it is while there is too much in too few.
    fn grow(&mut self) -> io::Result<()> {
        let room = u64::from(self.shape.buckets) * BODY_BYTES as u64;
        if self.shape.entry_bytes * 100 < room * FILL_PCT_MAX {
            return Ok(());
        }
        let new = self.shape.buckets;
        let split = new - (1 << new.ilog2());
        let entries = self.take(split)?;
        self.shape.buckets += 1;
        let (moved, staying): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| self.bucket_of(entry) == new);
        self.fill(split, &staying)?;
        self.fill(new, &moved)
    }

    /// Which bucket an address belongs to; it begins an entry.
    fn bucket_of(&self, address: &[u8]) -> u32 {
        let hash = address.first_chunk::<4>().map_or(0, |hash| u32::from_le_bytes(*hash));
        let level = self.shape.buckets.ilog2();
        let bucket = hash & ((2 << level) - 1);
        if bucket < self.shape.buckets { bucket } else { hash & ((1 << level) - 1) }
    }

    /// All entries of a bucket, whose overflow pages become free.
    fn take(&mut self, bucket: u32) -> io::Result<Vec<Vec<u8>>> {
        let mut page = self.read(Place::Bucket(bucket))?;
        let mut entries: Vec<Vec<u8>> = page.entries().map(<[u8]>::to_vec).collect();
        while let Some(next) = page.next {
            page = self.read(Place::Overflow(next))?;
            entries.extend(page.entries().map(<[u8]>::to_vec));
            self.shape.free.push(next);
        }
        Ok(entries)
    }

    fn fill(&mut self, bucket: u32, entries: &[Vec<u8>]) -> io::Result<()> {
        let (mut place, mut page) = (Place::Bucket(bucket), Page::default());
        for (number, entry) in entries.iter().enumerate() {
            if !page.push(entry) {
                let next = self.allocate();
                page.next = Some(next);
                page.beyond = Beyond::of(entries.iter().skip(number).map(Vec::as_slice));
                self.write(place, &page)?;
                (place, page) = (Place::Overflow(next), Page::default());
                page.push(entry);
            }
        }
        self.write(place, &page)
    }

    fn allocate(&mut self) -> u32 {
        self.shape.free.pop().unwrap_or_else(|| {
            self.shape.overflow_pages += 1;
            self.shape.overflow_pages - 1
        })
    }

    fn read(&self, place: Place) -> io::Result<Page> {
        let mut bytes = [0; PAGE_BYTES];
        self.fetch(place, &mut bytes)?;
        Page::decode(&bytes)
    }

    fn fetch(&self, place: Place, bytes: &mut [u8; PAGE_BYTES]) -> io::Result<()> {
        let (file, offset) = self.find_page(place);
        file.read_exact_at(bytes, offset)
    }

    fn write(&self, place: Place, page: &Page) -> io::Result<()> {
        let (file, offset) = self.find_page(place);
        if offset % EXTENT_BYTES == 0 && offset > 0 {
            extend(file, offset)?;
        }
        file.write_all_at(&page.encode(), offset)
    }

    fn find_page(&self, place: Place) -> (&File, u64) {
        let (file, number) = match place {
            Place::Bucket(number) => (&self.buckets, number),
            Place::Overflow(number) => (&self.overflow, number),
        };
        (file, u64::from(number) * PAGE_BYTES as u64)
    }
}

/// Makes room from `offset` on, unless it is there: a file grows page by page, so an extent's first page comes first.
fn extend(file: &File, offset: u64) -> io::Result<()> {
    if file.metadata()?.len() > offset {
        return Ok(());
    }
    let piece = vec![0; usize::try_from(PIECE_BYTES).unwrap_or_default()];
    (offset..offset + EXTENT_BYTES).step_by(piece.len()).try_for_each(|offset| file.write_all_at(&piece, offset))
}

/// An entry: address, id, order, length of the connection, connection, customer.
fn encode(address: &Address, recipient: &Recipient) -> io::Result<Vec<u8>> {
    let invalid = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
    let mut entry = prefix(address, &recipient.id).ok_or_else(|| invalid("not an id of a subscription"))?;
    entry.push(recipient.ordering.code());
    let connection = recipient.connection.as_bytes();
    entry.push(u8::try_from(connection.len()).map_err(|_| invalid("a name too long for the routing table"))?);
    entry.extend_from_slice(connection);
    entry.extend_from_slice(recipient.customer.as_bytes());
    if entry.len() > ENTRY_BYTES_MAX {
        return Err(invalid("names too long for the routing table"));
    }
    Ok(entry)
}

/// How the entry of a subscription begins.
fn prefix(address: &Address, id: &SubscriptionId) -> Option<Vec<u8>> {
    Some([address.as_slice(), &id.to_bytes()?].concat())
}

fn decode(entry: &[u8]) -> io::Result<Recipient> {
    let read = || {
        let (_, rest) = entry.split_first_chunk::<ADDRESS_BYTES>()?;
        let (id, rest) = rest.split_first_chunk::<ID_BYTES>()?;
        let ([ordering, length], rest) = rest.split_first_chunk::<2>()?;
        let (connection, customer) = rest.split_at_checked(usize::from(*length))?;
        Some(Recipient {
            id: SubscriptionId::of_bytes(*id),
            connection: std::str::from_utf8(connection).ok()?.to_owned(),
            customer: std::str::from_utf8(customer).ok()?.to_owned(),
            ordering: crate::subscription::Ordering::of_code(*ordering)?,
        })
    };
    read().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "an entry of the routing table is malformed"))
}

fn shape_file(folder: &Path) -> PathBuf {
    folder.join("shape")
}

fn unless_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests;
