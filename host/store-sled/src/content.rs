//! The content log: bodies and payloads, appended to segment files and named by position.
//!
//! sled writes values of this size to files that it does not sync, and rewrites a whole page for each of them.
//! An append-only log costs one write, and one sync serves everyone who waits. Nothing is ever changed in
//! place; a segment goes as a whole when everything in it has expired.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use patchbay_model::content::ContentRef;

use super::Error;
use super::sync::{sync_folder, unless_gone};

/// Which part of the room, as 1 / this, is kept free for requests with events.
const PART_FOR_EVENTS: u64 = 4;

pub(super) struct ContentLog {
    folder: PathBuf,
    segment_bytes_max: u64,
    bytes_max: u64,
    state: Mutex<State>,
    /// Held while it is synced: who finds nothing to sync waits for who took it.
    syncing: Mutex<()>,
}

/// What was written to a segment, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) segment: u32,
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
}

struct State {
    /// Sizes of all segments; the last one is appended to.
    segments: BTreeMap<u32, u64>,
    active: File,
    /// Segments written to since the last sync.
    unsynced: Vec<File>,
}

impl ContentLog {
    /// Opens the log and starts a new segment: the end of the old one may be torn.
    pub(super) fn open(folder: &Path, segment_bytes_max: u64, bytes_max: u64) -> Result<Self, Error> {
        fs::create_dir_all(folder)?;
        let mut segments = sizes(folder)?;
        if let Some((last, _)) = segments.last_key_value() {
            // A process that was killed may have written what it did not sync.
            File::open(path(folder, *last))?.sync_data()?;
        }
        let next = segments.last_key_value().map_or(1, |(segment, _)| segment + 1);
        let active = create(folder, next)?;
        segments.insert(next, 0);
        let state = Mutex::new(State { segments, active, unsynced: Vec::new() });
        Ok(ContentLog { folder: folder.to_owned(), segment_bytes_max, bytes_max, state, syncing: Mutex::default() })
    }

    /// Begins to append. Nothing is written, nor counts, before `Appender::finish`.
    pub(super) fn appender(&self) -> Appender<'_> {
        let state = self.state();
        let (segment, offset) = state.end();
        let room = self.bytes_max.saturating_sub(state.segments.values().sum());
        Appender { log: self, state, segment, start: offset, buffer: Vec::new(), written: Vec::new(), room }
    }

    /// Appends pieces, in order. They are on disk after the next `sync`.
    #[cfg(test)]
    pub(super) fn append(&self, pieces: &[&[u8]]) -> Result<Vec<ContentRef>, Error> {
        let mut appender = self.appender();
        let places = appender.add(pieces)?;
        appender.finish()?;
        Ok(places)
    }

    /// Appends what is moved so that files can go: for that there is always room.
    pub(super) fn append_moved(&self, pieces: &[&[u8]]) -> Result<Vec<ContentRef>, Error> {
        let mut appender = self.appender();
        appender.room = u64::MAX;
        let places = appender.add(pieces)?;
        appender.finish()?;
        Ok(places)
    }

    /// Returns when everything appended before is on disk.
    pub(super) fn sync(&self) -> Result<(), Error> {
        let _alone = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        let (active, full) = {
            let mut state = self.state();
            (state.active.try_clone()?, std::mem::take(&mut state.unsynced))
        };
        for file in full.iter().chain([&active]) {
            file.sync_data()?;
        }
        Ok(())
    }

    /// Reads a piece back; `None` if its segment has expired.
    pub(super) fn read(&self, place: ContentRef) -> Result<Option<Bytes>, Error> {
        let file = match File::open(path(&self.folder, place.segment)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut bytes = vec![0; place.len as usize];
        file.read_exact_at(&mut bytes, place.offset)
            .map_err(|error| Error::Corrupt(format!("content is cut short: {error}")))?;
        if check(&bytes) != place.check {
            return Err(Error::Corrupt("content does not match its check sum".into()));
        }
        Ok(Some(bytes.into()))
    }

    /// Removes the segments that were last written to before `before`, and says which.
    pub(super) fn expire(&self, before: SystemTime) -> Result<Vec<u32>, Error> {
        let is_old = |segment: u32, _| Ok(fs::metadata(path(&self.folder, segment))?.modified()? < before);
        self.remove_where(is_old)
    }

    /// Removes the segments that are full and of which `is_to_go`, given number and size, and says which.
    pub(super) fn remove_where(&self, is_to_go: impl Fn(u32, u64) -> Result<bool, Error>) -> Result<Vec<u32>, Error> {
        let mut state = self.state();
        let mut removed = Vec::new();
        for (segment, size) in state.full() {
            if is_to_go(segment, size)? {
                fs::remove_file(path(&self.folder, segment))?;
                state.segments.remove(&segment);
                removed.push(segment);
            }
        }
        Ok(removed)
    }

    /// The segments that are not appended to any more, with their sizes.
    pub(super) fn full_segments(&self) -> Vec<(u32, u64)> {
        self.state().full()
    }

    /// All segments, with their sizes.
    pub(super) fn segments(&self) -> BTreeMap<u32, u64> {
        self.state().segments.clone()
    }

    /// How much all of it takes up on disk.
    pub(super) fn disk_bytes(&self) -> u64 {
        self.state().segments.values().sum()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes again, durably, what may not have come to the disk. A segment that is not there any more had nothing wanted in it.
pub(super) fn restore<'w>(folder: &Path, all: impl Iterator<Item = &'w Written>) -> Result<(), Error> {
    let mut files = BTreeMap::new();
    for written in all {
        if let Entry::Vacant(place) = files.entry(written.segment) {
            place.insert(unless_gone(OpenOptions::new().write(true).open(path(folder, written.segment)))?);
        }
        if let Some(Some(file)) = files.get(&written.segment) {
            file.write_all_at(&written.bytes, written.offset)?;
        }
    }
    files.values().flatten().try_for_each(|file: &File| Ok(file.sync_all()?))
}

/// Appends the content of a group of commits with one write for each segment that it touches.
pub(super) struct Appender<'l> {
    log: &'l ContentLog,
    state: MutexGuard<'l, State>,
    segment: u32,
    /// Where the buffer goes in the segment.
    start: u64,
    buffer: Vec<u8>,
    written: Vec<Written>,
    /// How many more bytes the log may hold.
    room: u64,
}

impl Appender<'_> {
    /// Whether the pieces leave the room free that is for requests with events.
    pub(super) fn has_spare_room(&self, pieces: &[&[u8]]) -> bool {
        self.room.saturating_sub(bytes_of(pieces)) >= self.log.bytes_max / PART_FOR_EVENTS
    }

    /// Adds pieces, in order; all of them or none.
    pub(super) fn add(&mut self, pieces: &[&[u8]]) -> Result<Vec<ContentRef>, Error> {
        self.room = self.room.checked_sub(bytes_of(pieces)).ok_or(Error::Full { bytes_max: self.log.bytes_max })?;
        pieces.iter().map(|piece| self.add_one(piece)).collect()
    }

    /// Writes what is not written yet, and returns all that was written.
    pub(super) fn finish(mut self) -> Result<Vec<Written>, Error> {
        self.write()?;
        Ok(self.written)
    }

    fn add_one(&mut self, piece: &[u8]) -> Result<ContentRef, Error> {
        let len = u32::try_from(piece.len()).map_err(|_| Error::Corrupt("content over 4 GiB".into()))?;
        let end = self.end();
        if end > 0 && end + u64::from(len) > self.log.segment_bytes_max {
            self.begin_segment()?;
        }
        let offset = self.end();
        self.buffer.extend_from_slice(piece);
        Ok(ContentRef { segment: self.segment, offset, len, check: check(piece) })
    }

    fn end(&self) -> u64 {
        self.start + self.buffer.len() as u64
    }

    fn begin_segment(&mut self) -> Result<(), Error> {
        self.write()?;
        let next = create(&self.log.folder, self.segment + 1)?;
        let full = std::mem::replace(&mut self.state.active, next);
        self.state.unsynced.push(full);
        self.segment += 1;
        self.start = 0;
        self.state.segments.insert(self.segment, 0);
        Ok(())
    }

    /// A write that fails leaves the log as long as it was: the next one goes to the same place.
    fn write(&mut self) -> Result<(), Error> {
        self.state.active.write_all_at(&self.buffer, self.start)?;
        let (offset, end) = (self.start, self.end());
        self.state.segments.insert(self.segment, end);
        self.start = end;
        self.written.push(Written { segment: self.segment, offset, bytes: std::mem::take(&mut self.buffer) });
        Ok(())
    }
}

impl State {
    fn full(&self) -> Vec<(u32, u64)> {
        let (active, _) = self.end();
        self.segments.iter().filter(|(segment, _)| **segment != active).map(|(at, size)| (*at, *size)).collect()
    }

    fn end(&self) -> (u32, u64) {
        self.segments.last_key_value().map_or((1, 0), |(segment, size)| (*segment, *size))
    }
}

fn path(folder: &Path, segment: u32) -> PathBuf {
    folder.join(format!("{segment:010}.log"))
}

fn create(folder: &Path, segment: u32) -> Result<File, Error> {
    let file = OpenOptions::new().write(true).create_new(true).open(path(folder, segment))?;
    sync_folder(folder)?;
    Ok(file)
}

fn sizes(folder: &Path) -> Result<BTreeMap<u32, u64>, Error> {
    let mut sizes = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".log")?.parse().ok());
        if let Some(number) = number {
            sizes.insert(number, entry.metadata()?.len());
        }
    }
    Ok(sizes)
}

fn bytes_of(pieces: &[&[u8]]) -> u64 {
    pieces.iter().map(|piece| piece.len() as u64).sum()
}

fn check(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(folder: &Path) -> ContentLog {
        ContentLog::open(folder, 10, 1_000).unwrap()
    }

    #[test]
    fn what_was_appended_is_read_back_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let places = log(folder.path()).append(&[b"one", b"", b"three and more than a segment"]).unwrap();
        let log = log(folder.path());
        let read = |place: ContentRef| log.read(place).unwrap().unwrap();
        assert_eq!(places.iter().copied().map(read).collect::<Vec<_>>(), ["one", "", "three and more than a segment"]);
    }

    #[test]
    fn changed_and_missing_content_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(folder.path());
        let place = log.append(&[b"0123456789"]).unwrap()[0];
        fs::write(path(folder.path(), place.segment), b"0123456780").unwrap();
        assert!(matches!(log.read(place), Err(Error::Corrupt(_))));
        fs::write(path(folder.path(), place.segment), b"01234").unwrap();
        assert!(matches!(log.read(place), Err(Error::Corrupt(_))));
    }

    #[test]
    fn old_segments_expire_whole_and_the_active_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(folder.path());
        let old = log.append(&[b"0123456789"]).unwrap()[0];
        let active = log.append(&[b"0123456789"]).unwrap()[0];
        log.expire(SystemTime::now() + std::time::Duration::from_secs(60)).unwrap();
        assert_eq!(log.read(old).unwrap(), None);
        assert_eq!(log.read(active).unwrap().unwrap(), "0123456789");
    }

    #[test]
    fn a_full_log_refuses_more_and_keeps_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(folder.path());
        let kept = log.append(&[&[b'a'; 900]]).unwrap()[0];
        assert!(matches!(log.append(&[&[b'b'; 101]]), Err(Error::Full { bytes_max: 1_000 })));
        assert!(log.read(kept).unwrap().is_some());
    }
}
