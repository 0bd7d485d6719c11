//! A hash table in files: who listens to which address. A lookup reads one page, however many entries there are, and none of
//! them is held in memory.
//!
//! Buckets are in the order of addresses, each for an equal part of them. The table grows by an eighth in its own file, from the
//! end to the beginning and some buckets at a time, so no insert waits for all of it: whoever looks for an address knows on
//! which side of what has moved it is.
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
use patchbay_model::id::SubscriptionId;
use patchbay_model::subscription::Recipient;

/// The hash of an integration, a webhook and a selector; 128 bits, as nobody finds a second selector for somebody else's.
pub(super) type Address = [u8; ADDRESS_BYTES];
const ADDRESS_BYTES: usize = 16;
const ID_BYTES: usize = 16;

/// Part of the buckets' room, in per cent, that entries take before there are more buckets.
const FILL_PCT_MAX: u64 = 80;
/// A table is so much wider than the one before.
const GROWTH_DIVISOR: u32 = 8;
/// How many buckets are written at once, and the least there are; their number is always a multiple of it.
const MOVED_AT_ONCE: u32 = 32;
/// Raised when pages or entries look different, or are elsewhere.
const FORMAT: u32 = 5;
/// Files grow by pieces of so many pages, each with one write, for Linux keeps in memory in one piece what was written at once:
/// the larger, the sooner it finds a page to read, the later one to write. What every lookup reads is in pieces of 1 MB, what
/// follows it in pieces of 256 KB.
const BUCKETS_PIECE: u32 = 2_048;
const OVERFLOW_PIECE: u32 = 512;
const _: () = assert!(BUCKETS_PIECE.is_multiple_of(MOVED_AT_ONCE), "what moves at once is in one piece");

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
    /// How many buckets there are, before any of them moves.
    buckets: u32,
    /// How many there will be when all have moved.
    wider: u32,
    /// The first of the wider table's buckets that have moved.
    moved_from: u32,
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
            buckets: MOVED_AT_ONCE,
            wider: MOVED_AT_ONCE,
            moved_from: 0,
            entries: 0,
            entry_bytes: 0,
            overflow_pages: 0,
            free: Vec::new(),
        };
        let table =
            RouteTable { folder: folder.to_owned(), buckets: file("buckets")?, overflow: file("overflow")?, shape };
        (0..MOVED_AT_ONCE).try_for_each(|bucket| table.write(Place::Bucket(bucket), &Page::default()))?;
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
        let place = self.allocate()?;
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

    /// Moves the next buckets, which makes some more of them, if there is too much in too few.
    fn grow(&mut self) -> io::Result<()> {
        let Shape { wider, moved_from, entry_bytes, .. } = self.shape;
        let room = u64::from(wider - moved_from + self.remaining(moved_from)) * BODY_BYTES as u64;
        if entry_bytes * 100 < room * FILL_PCT_MAX {
            return Ok(());
        }
        if moved_from == 0 {
            let more = (wider / GROWTH_DIVISOR).next_multiple_of(MOVED_AT_ONCE);
            let wider_still = wider.checked_add(more).ok_or_else(|| io::Error::other("the routing table is full"))?;
            (self.shape.buckets, self.shape.wider, self.shape.moved_from) = (wider, wider_still, wider_still);
        }
        self.move_buckets()
    }

    /// Fills the next buckets of the wider table. Where one begins in the middle of a former bucket, that keeps what has moved,
    /// and nobody looks for it there any more.
    fn move_buckets(&mut self) -> io::Result<()> {
        let Shape { wider, moved_from: end, .. } = self.shape;
        let start = end - MOVED_AT_ONCE;
        let remaining = self.remaining(start);
        let mut moved = vec![Vec::new(); MOVED_AT_ONCE as usize];
        for former in remaining.saturating_sub(1)..self.remaining(end) {
            let (entries, followers) = self.contents(former)?;
            for entry in entries {
                let bucket = share(&entry, wider).checked_sub(start);
                if let Some(bucket) = bucket.and_then(|number| moved.get_mut(number as usize)) {
                    bucket.push(entry);
                }
            }
            if former >= remaining {
                self.shape.free.extend(followers);
            }
        }
        let pages = moved.iter().map(|entries| Ok(self.lay_out(entries)?.encode())).collect::<io::Result<Vec<_>>>()?;
        let piece = (end - 1) / BUCKETS_PIECE * BUCKETS_PIECE;
        // These are the last pages of the file, or of a piece that is not there yet.
        if (end == wider || end.is_multiple_of(BUCKETS_PIECE)) && piece >= self.shape.buckets {
            add_piece(&self.buckets, piece, BUCKETS_PIECE)?;
        }
        self.buckets.write_all_at(&pages.concat(), offset(start))?;
        self.shape.moved_from = start;
        Ok(())
    }

    /// Which bucket an address, which begins an entry, belongs to.
    fn bucket_of(&self, address: &[u8]) -> u32 {
        let bucket = share(address, self.shape.wider);
        if bucket >= self.shape.moved_from { bucket } else { share(address, self.shape.buckets) }
    }

    /// How many former buckets hold what belongs before this one of the wider table; the last of them may hold more than that.
    fn remaining(&self, moved_from: u32) -> u32 {
        let remaining = (u64::from(moved_from) * u64::from(self.shape.buckets)).div_ceil(self.shape.wider.into());
        u32::try_from(remaining).unwrap_or(u32::MAX)
    }

    /// What a bucket holds, and which pages follow its own.
    fn contents(&self, bucket: u32) -> io::Result<(Vec<Vec<u8>>, Vec<u32>)> {
        let mut page = self.read(Place::Bucket(bucket))?;
        let mut entries: Vec<Vec<u8>> = page.entries().map(<[u8]>::to_vec).collect();
        let mut followers = Vec::new();
        while let Some(next) = page.next {
            page = self.read(Place::Overflow(next))?;
            entries.extend(page.entries().map(<[u8]>::to_vec));
            followers.push(next);
        }
        Ok((entries, followers))
    }

    /// A bucket's own page with these entries, those that have no room there in pages that follow.
    fn lay_out(&mut self, entries: &[Vec<u8>]) -> io::Result<Page> {
        let mut pages = vec![Page::default()];
        for entry in entries {
            if !pages.last_mut().is_some_and(|page| page.push(entry)) {
                let mut page = Page::default();
                page.push(entry);
                pages.push(page);
            }
        }
        let mut first = pages.remove(0);
        for mut page in pages.into_iter().rev() {
            let place = self.allocate()?;
            let beyond = page.entries().fold(first.beyond, Beyond::with);
            (page.next, page.beyond) = (first.next, first.beyond);
            self.write(Place::Overflow(place), &page)?;
            (first.next, first.beyond) = (Some(place), beyond);
        }
        Ok(first)
    }

    fn allocate(&mut self) -> io::Result<u32> {
        if let Some(page) = self.shape.free.pop() {
            return Ok(page);
        }
        let page = self.shape.overflow_pages;
        if page.is_multiple_of(OVERFLOW_PIECE) && page > 0 {
            add_piece(&self.overflow, page, OVERFLOW_PIECE)?;
        }
        self.shape.overflow_pages += 1;
        Ok(page)
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
        file.write_all_at(&page.encode(), offset)
    }

    fn find_page(&self, place: Place) -> (&File, u64) {
        match place {
            Place::Bucket(number) => (&self.buckets, offset(number)),
            Place::Overflow(number) => (&self.overflow, offset(number)),
        }
    }
}

fn offset(page: u32) -> u64 {
    u64::from(page) * PAGE_BYTES as u64
}

/// Makes room for so many pages from this one on.
fn add_piece(file: &File, start: u32, pages: u32) -> io::Result<()> {
    file.write_all_at(&vec![0; pages as usize * PAGE_BYTES], offset(start))
}

/// In which of so many equal parts of all addresses this one is.
fn share(address: &[u8], parts: u32) -> u32 {
    let number = address.first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first));
    u32::try_from((u128::from(number) * u128::from(parts)) >> 64).unwrap_or(u32::MAX)
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
            ordering: patchbay_model::subscription::Ordering::of_code(*ordering)?,
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
