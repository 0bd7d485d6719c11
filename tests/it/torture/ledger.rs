//! What was sent, answered and delivered, and the judgement at the end. Knows nothing of processes and sockets.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use serde::{Deserialize, Serialize};

/// Where an event belongs. Every event's payload names it, and every listener's destination stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) integration: u64,
    pub(super) webhook: u64,
    pub(super) topic: u64,
}

/// What is sent, and arrives as the data of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Payload {
    pub(super) number: usize,
    pub(super) place: Place,
}

/// When something was noted: at what time, and how far the recording of the disk had come, if there is one.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    time: Instant,
    position: u64,
}

impl Moment {
    pub(super) fn position(&self) -> u64 {
        self.position
    }
}

#[derive(Clone)]
struct Event {
    place: Place,
    first_sent: Instant,
    answered: Option<Moment>,
}

/// A subscription, known by its number: also where nobody heard that it was made.
#[derive(Clone)]
pub(super) struct Listener {
    pub(super) place: Place,
    made: Option<(Moment, String)>,
    /// Whether its deliveries come in the order in which events were taken.
    is_ordered: bool,
    /// Whether only its owner switches it off: then it is known when it is active.
    is_steady: bool,
    /// When it certainly was active: from an answer until the next change was asked for.
    active: Vec<(Moment, Option<Moment>)>,
    /// When its end was asked for, and when it was answered.
    asked_to_go: Option<Moment>,
    gone: Option<Moment>,
}

#[derive(Default)]
pub(super) struct Ledger {
    book: Mutex<Book>,
    recording: Mutex<Option<(PathBuf, u64)>>,
}

#[derive(Clone, Default)]
pub(super) struct Book {
    events: Vec<Event>,
    pub(super) listeners: Vec<Listener>,
    /// When an event was accepted, by listener and number.
    accepted: HashMap<(usize, usize), Vec<u64>>,
    /// The `webhook-id`s that a destination accepted, and at which position first.
    accepted_ids: HashMap<String, u64>,
    /// Of what each listener accepted, the event that was sent last.
    latest: HashMap<usize, usize>,
    /// The deliveries that a person had tried again: they keep no order.
    retried_ids: HashSet<String>,
    /// The versions that were answered, by connector.
    versions: Vec<(u64, u64, u64)>,
    /// Listener and number of what stood in the dead letters.
    pub(super) dead: HashSet<(usize, usize)>,
    /// The deliveries that these were.
    pub(super) dead_ids: HashSet<String>,
    /// The deliveries by which each listener accepted each event first.
    first_ids: HashMap<(usize, usize), String>,
    /// Pairs of deliveries that came in the wrong order.
    pub(super) disorders: Vec<[String; 2]>,
    /// What must never happen, in words.
    pub(super) violations: Vec<String>,
    pub(super) counts: BTreeMap<&'static str, u64>,
}

impl Ledger {
    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn count(&self, what: &'static str) {
        *self.book().counts.entry(what).or_default() += 1;
    }

    pub(super) fn violation(&self, what: String) {
        println!("VIOLATION: {what}");
        self.book().violations.push(what);
    }

    /// From now on moments have positions: those in this recording, after what was before it.
    pub(super) fn follow(&self, recording: PathBuf, before: u64) {
        *self.recording.lock().unwrap() = Some((recording, before));
    }

    pub(super) fn now(&self) -> Moment {
        let recording = self.recording.lock().unwrap();
        let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |found| found.len());
        let position = recording.as_ref().map_or(0, |(path, before)| before + length(path));
        Moment { time: Instant::now(), position }
    }

    /// A new event, about to be sent for the first time.
    pub(super) fn new_event(&self, place: Place) -> Payload {
        let mut book = self.book();
        book.events.push(Event { place, first_sent: Instant::now(), answered: None });
        Payload { number: book.events.len() - 1, place }
    }

    pub(super) fn answered(&self, events: &[Payload]) {
        let now = self.now();
        let mut book = self.book();
        for event in events {
            book.events[event.number].answered = Some(now);
        }
    }

    pub(super) fn new_listener(&self, place: Place, is_steady: bool, is_ordered: bool) -> usize {
        let mut book = self.book();
        let (made, active, asked_to_go, gone) = (None, Vec::new(), None, None);
        let listener = Listener { place, made, is_ordered, is_steady, active, asked_to_go, gone };
        book.listeners.push(listener);
        book.listeners.len() - 1
    }

    pub(super) fn is_made(&self, listener: usize, id: &str) {
        let now = self.now();
        self.book().listeners[listener].made = Some((now, id.to_owned()));
        self.is_active(listener);
    }

    /// The listener is active from now on, until it is asked to change.
    pub(super) fn is_active(&self, listener: usize) {
        let now = self.now();
        let listener = &mut self.book().listeners[listener];
        if listener.is_steady && listener.active.last().is_none_or(|(_, end)| end.is_some()) {
            listener.active.push((now, None));
        }
    }

    /// A change of the listener is about to be asked for.
    pub(super) fn changes(&self, listener: usize) {
        let now = self.now();
        if let Some((_, end @ None)) = self.book().listeners[listener].active.last_mut() {
            *end = Some(now);
        }
    }

    pub(super) fn asks_to_go(&self, listener: usize) {
        self.changes(listener);
        let now = self.now();
        self.book().listeners[listener].asked_to_go.get_or_insert(now);
    }

    pub(super) fn is_gone(&self, listener: usize) {
        let now = self.now();
        self.book().listeners[listener].gone = Some(now);
    }

    pub(super) fn uploaded(&self, connector: u64, version: u64) {
        let now = self.now();
        self.book().versions.push((connector, version, now.position));
    }

    /// A delivery came to the destination of `listener`; `of` is what it says of its subscription's place.
    pub(super) fn came(&self, listener: usize, integration: &str, payload: &Payload) {
        let book = self.book();
        let wrong = book.wrong(listener, integration, payload);
        drop(book);
        if let Some(wrong) = wrong {
            self.violation(wrong);
        }
    }

    /// A delivery is about to be tried again by hand.
    pub(super) fn retries(&self, id: &str) {
        self.book().retried_ids.insert(id.to_owned());
    }

    pub(super) fn accepted(&self, listener: usize, payload: &Payload, id: &str) {
        let position = self.now().position;
        let mut book = self.book();
        if let Some(later) = book.out_of_order(listener, payload.number, id) {
            let later_id = book.first_ids.get(&(listener, later)).cloned().unwrap_or_default();
            book.disorders.push([id.to_owned(), later_id]);
            drop(book);
            let number = payload.number;
            self.violation(format!(
                "event {number} came to listener {listener} after event {later}, which was sent later"
            ));
            book = self.book();
        }
        book.first_ids.entry((listener, payload.number)).or_insert_with(|| id.to_owned());
        book.note_latest(listener, payload.number);
        book.accepted.entry((listener, payload.number)).or_default().push(position);
        book.accepted_ids.entry(id.to_owned()).or_insert(position);
    }
}

impl Book {
    /// Why a delivery should not have come at all.
    fn wrong(&self, listener: usize, integration: &str, payload: &Payload) -> Option<String> {
        let Some(found) = self.listeners.get(listener) else { return Some(format!("there is no listener {listener}")) };
        let Some(event) = self.events.get(payload.number) else { return Some(format!("{payload:?} was never sent")) };
        if found.place != payload.place || integration != format!("i{}", payload.place.integration) {
            return Some(format!("{payload:?} came to listener {listener} of {:?} by {integration}", found.place));
        }
        if event.place != payload.place {
            return Some(format!("{payload:?} was sent as {:?}", event.place));
        }
        let is_late = found.gone.is_some_and(|gone| event.first_sent > gone.time);
        is_late.then(|| format!("{payload:?} came to listener {listener}, which was deleted before it was sent"))
    }

    /// The event for which it is too late for this one to be accepted for the first time: it was not even sent when this one
    /// was answered, and has been accepted before.
    fn out_of_order(&self, listener: usize, number: usize, id: &str) -> Option<usize> {
        let answered = self.events.get(number)?.answered?;
        if !self.listeners.get(listener)?.is_ordered
            || self.accepted.contains_key(&(listener, number))
            || self.retried_ids.contains(id)
        {
            return None;
        }
        self.latest.get(&listener).copied().filter(|later| self.events[*later].first_sent > answered.time)
    }

    fn note_latest(&mut self, listener: usize, number: usize) {
        let latest = self.latest.entry(listener).or_insert(number);
        if self.events[*latest].first_sent < self.events[number].first_sent {
            *latest = number;
        }
    }

    /// How many pairs of an answered event and a listener that was owed it there are, and those of them that it never
    /// reached and that are no dead letter either. Where room is short only listeners count that were active to the end: what
    /// waits for others may end, and be gone before anybody has seen it.
    pub(super) fn owed_and_lost(&self, is_tight: bool) -> (usize, Vec<String>) {
        let mut of_place: HashMap<Place, Vec<(usize, &Listener)>> = HashMap::new();
        for (number, listener) in self.listeners.iter().enumerate() {
            of_place.entry(listener.place).or_default().push((number, listener));
        }
        let (mut owed, mut lost) = (0, Vec::new());
        for (number, event) in self.events.iter().enumerate() {
            let Some(answered) = event.answered else { continue };
            let listeners = of_place.get(&event.place).into_iter().flatten();
            let is_owed = |listener: &Listener| {
                listener.was_active(event.first_sent, answered.time) && (!is_tight || listener.is_active())
            };
            for (name, _) in listeners.filter(|(_, listener)| is_owed(listener)) {
                owed += 1;
                if !self.accepted.contains_key(&(*name, number)) && !self.dead.contains(&(*name, number)) {
                    let (place, ago) = (event.place, event.first_sent.elapsed());
                    let off =
                        self.listeners[*name].active.last().and_then(|(_, end)| Some(end.as_ref()?.time.elapsed()));
                    lost.push(format!(
                        "event {number} of {place:?} never reached listener {name}, sent {ago:.0?} ago; it is off since {off:.0?}"
                    ));
                }
            }
        }
        (owed, lost)
    }

    pub(super) fn answered(&self) -> usize {
        self.events.iter().filter(|event| event.answered.is_some()).count()
    }

    /// The answered events of the last while, which no retention may have taken.
    pub(super) fn answered_since(&self, since: Instant) -> Vec<usize> {
        let is_young = |event: &Event| event.answered.is_some_and(|_| event.first_sent > since);
        self.events.iter().enumerate().filter(|(_, event)| is_young(event)).map(|(number, _)| number).collect()
    }

    /// The newest version of a connector that was answered.
    pub(super) fn newest_version(&self, connector: u64) -> Option<u64> {
        self.versions.iter().filter(|(of, ..)| *of == connector).map(|(_, version, _)| *version).max()
    }

    pub(super) fn is_accepted(&self, id: &str) -> bool {
        self.accepted_ids.contains_key(id)
    }

    pub(super) fn accepted_ids(&self) -> usize {
        self.accepted_ids.len()
    }

    /// The world as it was when the recording had come to a position: nothing later was answered, accepted or asked for.
    /// What is dead is to be asked anew.
    pub(super) fn at(&self, position: u64) -> Book {
        let mut book = self.clone();
        for event in &mut book.events {
            event.answered = event.answered.filter(|answered| answered.position <= position);
        }
        book.listeners = book.listeners.into_iter().map(|listener| listener.at(position)).collect();
        book.accepted.values_mut().for_each(|times| times.retain(|time| *time <= position));
        book.accepted.retain(|_, times| !times.is_empty());
        book.latest.clear();
        let accepted: Vec<(usize, usize)> = book.accepted.keys().copied().collect();
        accepted.into_iter().for_each(|(listener, number)| book.note_latest(listener, number));
        book.accepted_ids.retain(|_, first| *first <= position);
        book.versions.retain(|(_, _, at)| *at <= position);
        book.dead.clear();
        book.dead_ids.clear();
        book
    }

    pub(super) fn listener_of(&self, subscription: &str) -> Option<usize> {
        self.listeners.iter().position(|listener| listener.id() == Some(subscription))
    }

    pub(super) fn sent(&self) -> usize {
        self.events.len()
    }

    pub(super) fn arrivals(&self) -> (usize, usize) {
        (self.accepted.len(), self.accepted.values().filter(|times| times.len() > 1).count())
    }
}

impl Listener {
    fn was_active(&self, from: Instant, to: Instant) -> bool {
        let covers =
            |(start, end): &(Moment, Option<Moment>)| start.time <= from && end.is_none_or(|end| end.time >= to);
        self.active.iter().any(covers)
    }

    fn is_active(&self) -> bool {
        self.active.last().is_some_and(|(_, end)| end.is_none())
    }

    /// The id of its subscription, once that is known.
    pub(super) fn id(&self) -> Option<&str> {
        self.made.as_ref().map(|(_, id)| id.as_str())
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.is_some()
    }

    pub(super) fn may_be_gone(&self) -> bool {
        self.asked_to_go.is_some()
    }

    /// What was known of it at a position.
    fn at(mut self, position: u64) -> Listener {
        let is_known = |moment: &Moment| moment.position <= position;
        self.made = self.made.filter(|(moment, _)| is_known(moment));
        self.active.retain(|(start, _)| is_known(start));
        self.active.iter_mut().for_each(|(_, end)| *end = end.filter(is_known));
        self.asked_to_go = self.asked_to_go.filter(is_known);
        self.gone = self.gone.filter(is_known);
        self
    }
}
