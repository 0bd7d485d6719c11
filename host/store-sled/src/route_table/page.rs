//! One page of the routing table: entries one after the other, and which page goes on. Pure; a page that was damaged is an error.

use std::io;

/// Room for the longest entry or seven usual ones, and no more: a lookup that finds a page in no processor's cache waits for each
/// line of it.
pub(super) const PAGE_BYTES: usize = 512;
/// What of it entries may take.
pub(super) const BODY_BYTES: usize = PAGE_BYTES - HEAD_BYTES;
/// The largest entry, which has its length before it.
pub(super) const ENTRY_BYTES_MAX: usize = BODY_BYTES - 2;
/// Check sum, following page, what is beyond, length of the body.
const HEAD_BYTES: usize = 14;
/// In the place of a following page.
const NONE: u32 = u32::MAX;

/// What the pages that follow one hold, as one bit for each thirty-second part of all addresses: most lookups need not read them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Beyond(u32);

impl Beyond {
    pub(super) fn with(self, entry: &[u8]) -> Beyond {
        Beyond(self.0 | bit_of(entry))
    }

    fn may_hold(self, address: &[u8]) -> bool {
        self.0 & bit_of(address) != 0
    }
}

/// By a byte of the address, which begins an entry, that does not say which bucket it is in.
fn bit_of(address: &[u8]) -> u32 {
    1 << (address.get(8).copied().unwrap_or_default() & 31)
}

/// A page as it was read, for who changes nothing.
pub(super) struct View<'b> {
    next: Option<u32>,
    beyond: Beyond,
    body: &'b [u8],
}

impl<'b> View<'b> {
    pub(super) fn of(bytes: &'b [u8; PAGE_BYTES]) -> io::Result<View<'b>> {
        let read = || {
            let (check, rest) = bytes.split_first_chunk::<4>()?;
            if crc32fast::hash(rest) != u32::from_be_bytes(*check) {
                return None;
            }
            let (next, rest) = rest.split_first_chunk::<4>()?;
            let (beyond, rest) = rest.split_first_chunk::<4>()?;
            let (used, rest) = rest.split_first_chunk::<2>()?;
            let next = Some(u32::from_be_bytes(*next)).filter(|next| *next != NONE);
            let beyond = Beyond(u32::from_be_bytes(*beyond));
            Some(View { next, beyond, body: rest.get(..usize::from(u16::from_be_bytes(*used)))? })
        };
        read().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a page of the routing table is damaged"))
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &'b [u8]> {
        entries(self.body)
    }

    /// The page that goes on, if it or one after it may hold this address.
    pub(super) fn next_for(&self, address: &[u8]) -> Option<u32> {
        self.next.filter(|_| self.beyond.may_hold(address))
    }
}

#[derive(Default)]
pub(super) struct Page {
    pub(super) next: Option<u32>,
    pub(super) beyond: Beyond,
    body: Vec<u8>,
}

impl Page {
    /// An empty page between this one and those that follow it.
    pub(super) fn follower(&self) -> Page {
        Page { next: self.next, beyond: self.beyond, body: Vec::new() }
    }

    pub(super) fn decode(bytes: &[u8; PAGE_BYTES]) -> io::Result<Page> {
        let view = View::of(bytes)?;
        Ok(Page { next: view.next, beyond: view.beyond, body: view.body.to_vec() })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut rest = Vec::with_capacity(PAGE_BYTES);
        rest.extend(self.next.unwrap_or(NONE).to_be_bytes());
        rest.extend(self.beyond.0.to_be_bytes());
        rest.extend(u16::try_from(self.body.len()).unwrap_or(u16::MAX).to_be_bytes());
        rest.extend_from_slice(&self.body);
        rest.resize(PAGE_BYTES - 4, 0);
        let mut bytes = crc32fast::hash(&rest).to_be_bytes().to_vec();
        bytes.append(&mut rest);
        bytes
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &[u8]> {
        entries(&self.body)
    }

    /// Adds an entry; `false` if there is no room for it.
    pub(super) fn push(&mut self, entry: &[u8]) -> bool {
        let has_room = self.body.len() + 2 + entry.len() <= BODY_BYTES;
        if has_room {
            self.body.extend(u16::try_from(entry.len()).unwrap_or(u16::MAX).to_be_bytes());
            self.body.extend_from_slice(entry);
        }
        has_room
    }

    /// Removes the entries that fit, and returns how many bytes they had.
    pub(super) fn remove(&mut self, fits: impl Fn(&[u8]) -> bool) -> usize {
        let mut left = Page::default();
        let mut removed = 0;
        for entry in self.entries() {
            if fits(entry) {
                removed += entry.len();
            } else {
                left.push(entry);
            }
        }
        self.body = left.body;
        removed
    }
}

fn entries(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        rest = after;
        Some(entry)
    })
}
