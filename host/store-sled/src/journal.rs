//! The journal: what each group of webhooks wrote, in two files that are written over in turn. A group is acknowledged when
//! its entry is on disk, which is one write and one `fdatasync` at a place that the file has already; sled's records and the
//! content log follow at the next checkpoint. A start does again what they do not have yet.
//!
//! Entries are numbered without a gap, and the records hold the number of the last one that is in them. A file is written
//! over only when a checkpoint holds all of it. Knows nothing of what the records mean.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::{Buf as _, BufMut as _, Bytes};

use super::Error;
use super::content::Written;
use super::keys::{Key, Table};
use super::sync::sync_folder;

/// A checkpoint is worth its while after so many bytes of entries, or after so long.
const CHECKPOINT_BYTES: u64 = 8 << 20;
const CHECKPOINT_GAP: Duration = Duration::from_millis(200);
/// A file that is longer waits for the checkpoint that makes the other one free.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Check sum, length, number.
const HEAD_BYTES: usize = 16;

/// A key and its value.
pub(super) type Row = (Key, Vec<u8>);

/// What a group wrote.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) rows: Vec<(Bytes, Bytes)>,
    pub(super) content: Vec<Written>,
}

pub(super) struct Journal {
    files: [File; 2],
    is_in_second: bool,
    /// Where the next entry goes in the active file.
    end: u64,
    /// The entry that was written last; its memory serves the next one.
    entry: Vec<u8>,
    number: u64,
    turned_at: Instant,
}

impl Journal {
    /// Opens the journal and reads the entries that are in it, in order.
    pub(super) fn open(folder: &Path) -> io::Result<(Journal, Vec<Entry>)> {
        std::fs::create_dir_all(folder)?;
        let (one, first) = open_file(&folder.join("one"))?;
        let (two, second) = open_file(&folder.join("two"))?;
        sync_folder(folder)?;
        let mut runs = [first, second];
        runs.sort_by_key(|run| run.first().map_or(0, |entry| entry.number));
        let entries: Vec<Entry> = runs.into_iter().flatten().collect();
        let number = entries.last().map_or(0, |entry| entry.number);
        Ok((
            Journal {
                files: [one, two],
                is_in_second: false,
                end: 0,
                entry: Vec::new(),
                number,
                turned_at: Instant::now(),
            },
            entries,
        ))
    }

    /// Forgets what is there, for everything up to a number is on disk in the records.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.end = 0;
        self.files.iter().try_for_each(|file| file.set_len(0))
    }

    /// Counts on from what the records hold.
    pub(super) fn begin_after(&mut self, number: u64) {
        self.number = self.number.max(number);
    }

    /// The number of the last entry that is on disk.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Writes an entry. One that fails, or is not synced, is written over by the next.
    pub(super) fn write(&mut self, rows: &[Row], content: &[Written]) -> io::Result<()> {
        encode(&mut self.entry, self.number + 1, rows, content);
        self.file().write_all_at(&self.entry, self.end)
    }

    /// Returns when the entry is on disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.file().sync_data()?;
        self.end += self.entry.len() as u64;
        self.number += 1;
        Ok(())
    }

    fn file(&self) -> &File {
        let [one, two] = &self.files;
        if self.is_in_second { two } else { one }
    }

    pub(super) fn is_worth_a_checkpoint(&self) -> bool {
        self.end >= CHECKPOINT_BYTES || (self.end > 0 && self.turned_at.elapsed() >= CHECKPOINT_GAP)
    }

    pub(super) fn is_full(&self) -> bool {
        self.end >= FILE_BYTES_MAX
    }

    /// Goes on in the other file, all of which a checkpoint holds.
    pub(super) fn turn(&mut self) {
        self.is_in_second = !self.is_in_second;
        self.end = 0;
        self.entry = Vec::new();
        self.turned_at = Instant::now();
    }
}

/// A file of the journal, with what is in it. What a killed process wrote without a sync counts, so it has to last.
fn open_file(path: &Path) -> io::Result<(File, Vec<Entry>)> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    file.sync_all()?;
    Ok((file, entries(std::fs::read(path)?.into())))
}

/// Where the records hold the number of the last entry that is in them.
pub(super) fn number_key() -> Key {
    Key::new(Table::Journal)
}

/// The entries that come after a number, all of them; fails if there is one missing.
pub(super) fn after(entries: &[Entry], number: u64) -> Result<impl Iterator<Item = &Entry>, Error> {
    let missing = || entries.iter().filter(move |entry| entry.number > number);
    let is_gapless = missing().zip(number + 1..).all(|(entry, expected)| entry.number == expected);
    if is_gapless {
        Ok(missing())
    } else {
        Err(Error::Corrupt(format!(
            "records that were on disk are lost: they end at entry {number} of the journal, which goes on later. Restore the data \
             folder from a backup; to go on with what is left, remove its folder store/journal"
        )))
    }
}

fn encode(bytes: &mut Vec<u8>, number: u64, rows: &[Row], content: &[Written]) {
    bytes.clear();
    bytes.put_u32(0);
    bytes.put_u32(0);
    bytes.put_u64(number);
    bytes.put_u32(length(rows));
    for (key, value) in rows {
        put(bytes, key.as_ref());
        put(bytes, value);
    }
    for written in content {
        bytes.put_u32(written.segment);
        bytes.put_u64(written.offset);
        put(bytes, &written.bytes);
    }
    let body = length(bytes.get(HEAD_BYTES..).unwrap_or_default());
    write_at(bytes, 4, body);
    let check = crc32fast::hash(bytes.get(4..).unwrap_or_default());
    write_at(bytes, 0, check);
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.put_u32(length(part));
    bytes.extend_from_slice(part);
}

fn write_at(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(place) = bytes.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}

/// No entry comes near to 4 GiB: requests are bounded, and so are those under way.
fn length<T>(parts: &[T]) -> u32 {
    u32::try_from(parts.len()).unwrap_or(u32::MAX)
}

/// The entries at the start of a file, up to the first that is torn or of an earlier round.
fn entries(mut file: Bytes) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(entry) = take_entry(&mut file) {
        if entries.last().is_some_and(|last| last.number + 1 != entry.number) {
            break;
        }
        entries.push(entry);
    }
    entries
}

fn take_entry(file: &mut Bytes) -> Option<Entry> {
    let check = file.try_get_u32().ok()?;
    let checked = file.clone();
    let length = usize::try_from(file.try_get_u32().ok()?).ok()?;
    let number = file.try_get_u64().ok()?;
    let mut body = take(file, length)?;
    if crc32fast::hash(checked.get(..HEAD_BYTES - 4 + length)?) != check {
        return None;
    }
    let mut entry = Entry { number, rows: Vec::new(), content: Vec::new() };
    for _ in 0..body.try_get_u32().ok()? {
        entry.rows.push((take_part(&mut body)?, take_part(&mut body)?));
    }
    while body.has_remaining() {
        let (segment, offset) = (body.try_get_u32().ok()?, body.try_get_u64().ok()?);
        entry.content.push(Written { segment, offset, bytes: take_part(&mut body)?.into() });
    }
    Some(entry)
}

fn take_part(body: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(body.try_get_u32().ok()?).ok()?;
    take(body, length)
}

fn take(bytes: &mut Bytes, length: usize) -> Option<Bytes> {
    (length <= bytes.len()).then(|| bytes.split_to(length))
}

#[cfg(test)]
mod tests;
