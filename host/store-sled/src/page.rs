//! Lists: a page at a time, each found again by an opaque cursor that stays right when rows are inserted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;

use super::keys::Key;
use super::{Error, Page, PageRequest, Store, decode};

/// How many rows one page may look at before it stops and hands out a cursor. Bounds a filter that fits little.
pub(super) const ROWS_SCANNED_MAX: usize = 5_000;

/// In which order a table is read.
#[derive(Clone, Copy)]
pub(super) enum Order {
    OldestFirst,
    NewestFirst,
}

type Rows = Box<dyn Iterator<Item = Result<(sled::IVec, sled::IVec), Error>>>;

/// The page of a list, the newest first, of which nothing below `start` is asked for: without a cursor at its end.
pub(super) fn down_to<T>(mut page: Page<T>, start: Option<&str>) -> Page<T> {
    let cursor = page.cursor.as_ref().and_then(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok());
    if let (Some(cursor), Some(start)) = (cursor, start) {
        page.cursor = page.cursor.filter(|_| cursor.as_slice() >= start.as_bytes());
    }
    page
}

impl Store {
    /// The records that the keys under `prefix` name, in order; those that are gone are left out.
    pub(super) fn linked<I, T>(
        &self,
        prefix: &Key,
        parse: impl Fn(&str) -> Option<I>,
        get: impl Fn(&I) -> Result<Option<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        for row in self.inner.tree.scan_prefix(prefix) {
            if let Some(id) = parse(&prefix.text_tail_of(&row?.0)) {
                found.extend(get(&id)?);
            }
        }
        Ok(found)
    }

    /// One page of the records under `prefix` that `fits` lets through.
    pub(super) fn page<T: DeserializeOwned>(
        &self,
        prefix: &Key,
        order: Order,
        request: &PageRequest,
        fits: impl Fn(&T) -> bool,
    ) -> Result<Page<T>, Error> {
        self.page_of(prefix, order, request, |_, value| decode::<T>(value).map(Some), fits)
    }

    /// The same, where `read` finds the record that a row stands for.
    pub(super) fn page_of<T>(
        &self,
        prefix: &Key,
        order: Order,
        request: &PageRequest,
        read: impl Fn(&str, &[u8]) -> Result<Option<T>, Error>,
        fits: impl Fn(&T) -> bool,
    ) -> Result<Page<T>, Error> {
        let mut page = Page { items: Vec::new(), cursor: None };
        for (scanned, row) in self.rows(prefix, order, request)?.enumerate() {
            let (key, value) = row?;
            let tail = prefix.text_tail_of(&key);
            if let Some(item) = read(&tail, &value)?.filter(&fits) {
                page.items.push(item);
            }
            if page.items.len() == request.limit || scanned + 1 == ROWS_SCANNED_MAX {
                page.cursor = Some(URL_SAFE_NO_PAD.encode(prefix.tail_of(&key)));
                break;
            }
        }
        Ok(page)
    }

    fn rows(&self, prefix: &Key, order: Order, request: &PageRequest) -> Result<Rows, Error> {
        let after = request.cursor.as_deref().and_then(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok());
        Ok(match order {
            Order::OldestFirst => Box::new(self.inner.tree.range(prefix.all_after(after.as_deref()))),
            Order::NewestFirst => {
                let end = after.unwrap_or_else(|| vec![0xff; 8]);
                Box::new(self.inner.tree.range(prefix.as_ref()..prefix.clone().tail(end).as_ref()).rev())
            }
        })
    }
}
