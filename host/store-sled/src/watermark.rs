//! Notices that records were lost. sled takes a damaged file for one whose end was never written, and goes on with what
//! comes before the damage, or with nothing. So the records hold a number that grows, and a file beside them tells how far
//! it had certainly come on disk: a store that knows less than that has lost what it once acknowledged.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::keys::{Key, Table};
use super::tree::Tree;
use super::{Error, decode, encode};

/// What is damaged within this time after a commit may be taken for its torn end.
const GAP: Duration = Duration::from_secs(1);

pub(super) struct Watermark {
    tree: Tree,
    file: PathBuf,
    /// The number in the records.
    number: u64,
    noted_at: Option<Instant>,
}

impl Watermark {
    /// Fails where the records know less than they must.
    pub(super) fn open(store: &Path, tree: Tree) -> Result<Watermark, Error> {
        let file = store.join("watermark");
        let known = Self::read(&tree)?;
        let reached: u64 = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        if known < reached {
            return Err(Error::Corrupt(format!(
                "{db} has lost records that were on disk: it ends at mark {known}, {file} says {reached}. Stop here and restore \
                 the data folder from a backup; to go on with what is left, remove {file}",
                db = store.join("sled/db").display(),
                file = file.display(),
            )));
        }
        let mut watermark = Watermark { tree, file, number: known, noted_at: None };
        watermark.raise()?;
        Ok(watermark)
    }

    /// The number in the records; no two times that a store was open have one in common.
    pub(super) fn read(tree: &Tree) -> Result<u64, Error> {
        Ok(tree.get(key())?.map(|bytes| decode(&bytes)).transpose()?.unwrap_or(0))
    }

    /// Everything written before is on disk.
    pub(super) fn synced(&mut self) {
        if self.noted_at.is_some_and(|at| at.elapsed() < GAP) {
            return;
        }
        self.noted_at = Some(Instant::now());
        if let Err(error) = self.note().and_then(|()| self.raise()) {
            tracing::warn!(%error, file = %self.file.display(), "the watermark was not raised: lost records may go unnoticed");
        }
    }

    /// Written without a sync: a file that lags behind is believed, one that cannot be read is not.
    fn note(&self) -> Result<(), Error> {
        let unfinished = self.file.with_extension("unfinished");
        fs::write(&unfinished, format!("{}\n", self.number))?;
        Ok(fs::rename(&unfinished, &self.file)?)
    }

    fn raise(&mut self) -> Result<(), Error> {
        self.tree.insert(key(), encode(&(self.number + 1))?)?;
        self.number += 1;
        Ok(())
    }
}

fn key() -> Key {
    Key::new(Table::Watermark)
}
