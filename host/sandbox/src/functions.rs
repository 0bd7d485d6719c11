//! Machine code of single functions, kept between compilations. The code of a JavaScript engine is the same in every
//! connector that was built with it, so only the first upload compiles all of it.
//!
//! Used by the compiling process alone. The compiler names each function by a cryptographic hash of everything that its
//! code depends on, so a bundle cannot plant code under another's name.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasmtime::CacheStore;

/// Beyond this the file keeps only what the latest compilation used, in bytes: room for several engines.
const FILE_BYTES_MAX: usize = 512 << 20;

#[derive(Debug)]
pub(super) struct Functions {
    entries: Mutex<HashMap<Vec<u8>, Entry>>,
}

#[derive(Debug)]
struct Entry {
    code: Vec<u8>,
    is_used: bool,
    is_new: bool,
}

impl Functions {
    /// Reads what is there; a file that is missing or cut short counts as far as it goes.
    pub(super) fn read(path: &Path) -> Functions {
        let bytes = fs::read(path).unwrap_or_default();
        let mut rest = bytes.as_slice();
        let mut entries = HashMap::new();
        while let Some((key, after_key)) = take(rest) {
            let Some((code, after_code)) = take(after_key) else { break };
            entries.insert(key.to_vec(), Entry { code: code.to_vec(), is_used: false, is_new: false });
            rest = after_code;
        }
        Functions { entries: Mutex::new(entries) }
    }

    /// Writes the file anew if there is something new in it.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let entries = self.entries();
        if !entries.values().any(|entry| entry.is_new) {
            return Ok(());
        }
        let total: usize = entries.iter().map(|(key, entry)| key.len() + entry.code.len()).sum();
        let is_kept = |entry: &Entry| total <= FILE_BYTES_MAX || entry.is_used || entry.is_new;
        let partial = path.with_extension("functions-partial");
        let mut file = io::BufWriter::new(fs::File::create(&partial)?);
        for (key, entry) in entries.iter().filter(|(_, entry)| is_kept(entry)) {
            for part in [key, &entry.code] {
                file.write_all(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes())?;
                file.write_all(part)?;
            }
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?;
        fs::rename(partial, path)
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for Functions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let mut entries = self.entries();
        let entry = entries.get_mut(key)?;
        entry.is_used = true;
        Some(Cow::Owned(entry.code.clone()))
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        self.entries().insert(key.to_vec(), Entry { code: value, is_used: true, is_new: true });
        true
    }
}

/// A part behind its length, and what follows.
fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}
