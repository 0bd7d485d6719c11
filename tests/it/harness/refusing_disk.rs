//! A disk that takes the server's writes, or refuses them: `tools/refuse-writes.c`.

use std::fs;
use std::path::{Path, PathBuf};

use super::host::Settings;
use super::preloaded::preloaded;

/// The error number of a full disk.
pub(crate) const FULL: &str = "28";
/// Of a broken one: syncs fail too.
pub(crate) const BROKEN: &str = "5";
/// Writes are taken, and nobody knows whether they come to the disk.
pub(crate) const UNSYNCED: &str = "-5";

pub(crate) struct RefusingDisk {
    space: PathBuf,
}

impl RefusingDisk {
    /// One in a folder of the test's.
    pub(crate) fn new(space: &Path) -> RefusingDisk {
        RefusingDisk { space: space.to_owned() }
    }

    /// The data folder of the server whose disk it is.
    pub(crate) fn data(&self) -> PathBuf {
        self.space.join("data")
    }

    pub(crate) fn set_up(&self, settings: Settings) -> Settings {
        settings
            .with_env("LD_PRELOAD", preloaded("refuse-writes.c", &self.space))
            .with_env("REFUSE_BELOW", self.data())
            .with_env("REFUSE_WHEN", self.when())
    }

    pub(crate) fn refuse(&self, error: &str) {
        fs::write(self.when(), error).unwrap();
    }

    pub(crate) fn allow(&self) {
        fs::remove_file(self.when()).unwrap();
    }

    fn when(&self) -> PathBuf {
        self.space.join("refuse")
    }
}
