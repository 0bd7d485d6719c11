//! sled's tree, failing as the store does.

use std::ops::RangeBounds;

use sled::IVec;
use sled::transaction::{TransactionError, TransactionalTree};

use super::{Abort, Error};

#[derive(Clone)]
pub(super) struct Tree(sled::Tree);

impl Tree {
    pub(super) fn open(db: &sled::Db, name: &str) -> Result<Tree, Error> {
        db.open_tree(name).map(Tree).map_err(failure)
    }

    pub(super) fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<IVec>, Error> {
        self.0.get(key).map_err(failure)
    }

    pub(super) fn contains_key(&self, key: impl AsRef<[u8]>) -> Result<bool, Error> {
        self.0.contains_key(key).map_err(failure)
    }

    pub(super) fn insert(&self, key: impl AsRef<[u8]>, value: impl Into<IVec>) -> Result<Option<IVec>, Error> {
        self.0.insert(key, value).map_err(failure)
    }

    pub(super) fn remove(&self, key: impl AsRef<[u8]>) -> Result<Option<IVec>, Error> {
        self.0.remove(key).map_err(failure)
    }

    pub(super) fn apply_batch(&self, batch: sled::Batch) -> Result<(), Error> {
        self.0.apply_batch(batch).map_err(failure)
    }

    pub(super) fn range<K: AsRef<[u8]>, R: RangeBounds<K>>(&self, range: R) -> Rows {
        Rows(self.0.range(range))
    }

    pub(super) fn scan_prefix(&self, prefix: impl AsRef<[u8]>) -> Rows {
        Rows(self.0.scan_prefix(prefix))
    }

    /// Runs `change` as one transaction: all of it, or nothing. It may run several times before it holds.
    pub(super) fn transaction<T>(&self, change: impl Fn(&TransactionalTree) -> Result<T, Abort>) -> Result<T, Error> {
        self.0.transaction(change).map_err(|error| match error {
            TransactionError::Abort(error) => error,
            TransactionError::Storage(error) => failure(error),
        })
    }
}

/// Keys with their values, in order.
pub(super) struct Rows(sled::Iter);

impl Rows {
    pub(super) fn keys(self) -> impl DoubleEndedIterator<Item = Result<IVec, Error>> {
        self.map(|row| row.map(|(key, _)| key))
    }
}

impl Iterator for Rows {
    type Item = Result<(IVec, IVec), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|row| row.map_err(failure))
    }
}

impl DoubleEndedIterator for Rows {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|row| row.map_err(failure))
    }
}

/// What a failure of sled means for the store.
pub(super) fn failure(error: sled::Error) -> Error {
    match error {
        sled::Error::Corruption { .. } => Error::Corrupt(error.to_string()),
        other => Error::Unavailable(other.to_string()),
    }
}
