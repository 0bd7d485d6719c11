//! The content log: bodies and payloads, appended to segment files and named by position.
//!
//! sled writes values of this size to files that it does not sync, and rewrites a whole page for each of them.
//! An append-only log costs one write, and one sync serves everyone who waits. Nothing is ever changed in
//! place; a segment goes as a whole when everything in it has expired.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Error;
use super::sync::sync_folder;

/// Where a piece of content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContentRef {
    segment: u32,
    offset: u64,
    pub(crate) len: u32,
    check: u32,
}

pub(super) struct ContentLog {
    folder: PathBuf,
    segment_bytes_max: u64,
    bytes_max: u64,
    state: Mutex<State>,
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
        Ok(ContentLog { folder: folder.to_owned(), segment_bytes_max, bytes_max, state })
    }

    /// Appends pieces, in order. They are on disk after the next `sync`.
    pub(super) fn append(&self, pieces: &[&[u8]]) -> Result<Vec<ContentRef>, Error> {
        let mut state = self.state();
        let total: u64 = state.segments.values().sum();
        let added: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        if total + added > self.bytes_max {
            return Err(Error::Full { bytes_max: self.bytes_max });
        }
        pieces.iter().map(|piece| self.append_one(&mut state, piece)).collect()
    }

    fn append_one(&self, state: &mut State, piece: &[u8]) -> Result<ContentRef, Error> {
        let (mut segment, mut offset) = state.end();
        if offset > 0 && offset + piece.len() as u64 > self.segment_bytes_max {
            let full = std::mem::replace(&mut state.active, create(&self.folder, segment + 1)?);
            state.unsynced.push(full);
            (segment, offset) = (segment + 1, 0);
        }
        state.active.write_all_at(piece, offset)?;
        state.segments.insert(segment, offset + piece.len() as u64);
        let len = u32::try_from(piece.len()).map_err(|_| Error::Corrupt("content over 4 GiB".into()))?;
        Ok(ContentRef { segment, offset, len, check: check(piece) })
    }

    /// Returns when everything appended before is on disk.
    pub(super) fn sync(&self) -> Result<(), Error> {
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

    /// Removes the segments that were last written to before `before`.
    pub(super) fn expire(&self, before: SystemTime) -> Result<(), Error> {
        let mut state = self.state();
        let (active, _) = state.end();
        let old: Vec<u32> = state.segments.keys().copied().filter(|segment| *segment != active).collect();
        for segment in old {
            let path = path(&self.folder, segment);
            if fs::metadata(&path)?.modified()? < before {
                fs::remove_file(path)?;
                state.segments.remove(&segment);
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
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
