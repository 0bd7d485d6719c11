//! Moves what is still wanted out of files of content that hold little else, so that these can be removed. A record is
//! never on disk before the content that it names, and a file goes only when no record on disk names it.

use std::collections::HashSet;

use bytes::Bytes;

use super::retention::{REQUESTS_REMOVED_AT_ONCE_MAX, in_background};
use super::webhooks::{event_key, request_key};
use super::{ContentRef, Error, Store, read, write};
use patchbay_model::event::RoutedEvent;
use patchbay_model::id::{EventId, RequestId};
use patchbay_model::webhook_request::{RequestContent, WebhookRequest};

/// Of a file of which less than 1 / this is wanted, that is moved.
const WANTED_PART: u64 = 2;
/// How much is moved in one pass, in bytes, one request aside.
const BYTES_MOVED_AT_ONCE_MAX: u64 = 8 << 20;

/// A piece that is moved, and whose it is.
struct Move {
    owner: Owner,
    from: ContentRef,
    bytes: Bytes,
}

#[derive(Clone)]
enum Owner {
    Event(EventId),
    Request(RequestId),
}

impl Store {
    /// The payload of an event; `None` if it has expired. It may have been moved since the event was read.
    pub fn payload(&self, event: &RoutedEvent) -> Result<Option<Bytes>, Error> {
        if let Some(payload) = self.content(event.payload)? {
            return Ok(Some(payload));
        }
        match self.event(&event.id)?.filter(|now| now.payload != event.payload) {
            Some(moved) => self.content(moved.payload),
            None => Ok(None),
        }
    }

    /// A request as it was received, a `Received` as JSON and the body; `None` if that has expired.
    pub fn received(&self, request: &WebhookRequest) -> Result<Option<(Bytes, Bytes)>, Error> {
        let read =
            |content: RequestContent| Ok::<_, Error>(self.content(content.received)?.zip(self.content(content.body)?));
        let Some(content) = request.content else { return Ok(None) };
        match read(content)? {
            Some(found) => Ok(Some(found)),
            None => self.webhook_request(&request.id)?.and_then(|now| now.content).map_or(Ok(None), read),
        }
    }

    /// Moves until no file is left of which little is wanted, where there is too much on disk. Returns how many bytes.
    pub(super) async fn move_content<F>(&self, is_stopping: F) -> Result<u64, Error>
    where
        F: Fn() -> bool,
    {
        let from = self.files_to_empty();
        let (mut moved, mut after) = (0, None);
        while !from.is_empty() && !is_stopping() {
            let (store, files) = (self.clone(), from.clone());
            let (moves, last) = in_background(move || store.moves(&files, after.as_ref())).await?;
            moved += moves.iter().map(|one| one.bytes.len() as u64).sum::<u64>();
            let store = self.clone();
            let placed = in_background(move || store.place(moves)).await?;
            // Content first, then the records that name it.
            self.durable().await?;
            let store = self.clone();
            in_background(move || placed.into_iter().try_for_each(|(one, to)| store.rename(&one, to))).await?;
            let Some(last) = last else { break };
            after = Some(last);
        }
        Ok(moved)
    }

    /// Removes the files of which nothing is wanted any more. Returns how many.
    pub(super) async fn remove_empty_files(&self) -> Result<u64, Error> {
        let room = &self.inner.room;
        if self.inner.content.full_segments().iter().all(|(segment, _)| room.live_bytes(*segment) > 0) {
            return Ok(0);
        }
        // No record on disk may name what goes.
        self.durable().await?;
        let store = self.clone();
        in_background(move || {
            // No commit is half done, with content in a file that does not count it yet.
            let _no_commit = store.chains();
            let inner = &store.inner;
            let removed = inner.content.remove_where(|segment, _| Ok(inner.room.live_bytes(segment) == 0))?;
            inner.room.forget(&inner.tree, &removed)?;
            Ok(removed.len() as u64)
        })
        .await
    }

    fn files_to_empty(&self) -> HashSet<u32> {
        let (content, room) = (&self.inner.content, &self.inner.room);
        if !room.is_too_much(content.disk_bytes()) {
            return HashSet::new();
        }
        let is_sparse = |segment: u32, size: u64| (1..=size / WANTED_PART).contains(&room.live_bytes(segment));
        content.full_segments().into_iter().filter(|(at, size)| is_sparse(*at, *size)).map(|(at, _)| at).collect()
    }

    /// What is to be moved of the requests after one, and the last request that was looked at, unless it was the last.
    fn moves(&self, files: &HashSet<u32>, after: Option<&RequestId>) -> Result<(Vec<Move>, Option<RequestId>), Error> {
        let (mut moves, mut bytes, mut last) = (Vec::new(), 0, None);
        let requests = self.next_requests(after)?;
        let is_last_page = requests.len() < REQUESTS_REMOVED_AT_ONCE_MAX;
        for request in requests {
            if files.iter().all(|file| self.inner.room.live_bytes(*file) == 0) {
                return Ok((moves, None));
            }
            let mut wanted: Vec<(Owner, ContentRef)> = Vec::new();
            for place in request.content.iter().flat_map(|content| [content.received, content.body]) {
                wanted.push((Owner::Request(request.id.clone()), place));
            }
            for event in self.events_of_request(&request.id)? {
                wanted.push((Owner::Event(event.id), event.payload));
            }
            for (owner, from) in wanted.into_iter().filter(|(_, place)| files.contains(&place.segment)) {
                match self.content(from) {
                    Ok(Some(piece)) => {
                        bytes += u64::from(from.len);
                        moves.push(Move { owner, from, bytes: piece });
                    }
                    Ok(None) => {}
                    Err(error) => tracing::error!(%error, request = %request.id, "content was not moved"),
                }
            }
            last = Some(request.id);
            if bytes >= BYTES_MOVED_AT_ONCE_MAX {
                return Ok((moves, last));
            }
        }
        Ok((moves, last.filter(|_| !is_last_page)))
    }

    fn place(&self, moves: Vec<Move>) -> Result<Vec<(Move, ContentRef)>, Error> {
        let pieces: Vec<&[u8]> = moves.iter().map(|one| one.bytes.as_ref()).collect();
        let places = self.inner.content.append_moved(&pieces)?;
        Ok(moves.into_iter().zip(places).collect())
    }

    /// Has the owner name the new place, if it still names the old one.
    fn rename(&self, one: &Move, to: ContentRef) -> Result<(), Error> {
        self.transact_going(|tx, going| match &one.owner {
            Owner::Event(id) => {
                let Some(mut event) = read::<RoutedEvent>(tx, &event_key(id))? else { return Ok(()) };
                if event.payload != one.from {
                    return Ok(());
                }
                event.payload = to;
                going.moved(one.from, to);
                write(tx, event_key(id), &event)
            }
            Owner::Request(id) => {
                let Some(mut request) = read::<WebhookRequest>(tx, &request_key(id))? else { return Ok(()) };
                let Some(content) = &mut request.content else { return Ok(()) };
                let places = [&mut content.received, &mut content.body];
                let Some(place) = places.into_iter().find(|place| **place == one.from) else { return Ok(()) };
                *place = to;
                going.moved(one.from, to);
                write(tx, request_key(id), &request)
            }
        })
    }
}
