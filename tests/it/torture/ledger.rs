//! What was sent, answered and delivered, and the judgement at the end. Knows nothing of processes and sockets.

use std::collections::{BTreeMap, HashMap, HashSet};
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

struct Event {
    place: Place,
    first_sent: Instant,
    answered: Option<Instant>,
}

/// A subscription, known by its number: also where nobody heard that it was made.
pub(super) struct Listener {
    pub(super) place: Place,
    pub(super) id: Option<String>,
    /// Whether only its owner switches it off: then it is known when it is active.
    is_steady: bool,
    /// When it certainly was active: from an answer until the next change was asked for.
    active: Vec<(Instant, Option<Instant>)>,
    /// When its end was asked for, and when it was answered.
    pub(super) asked_to_go: bool,
    gone: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Ledger {
    book: Mutex<Book>,
}

#[derive(Default)]
pub(super) struct Book {
    events: Vec<Event>,
    pub(super) listeners: Vec<Listener>,
    /// How often an event was accepted, by listener and number.
    accepted: HashMap<(usize, usize), u32>,
    /// The `webhook-id`s that a destination accepted.
    pub(super) accepted_ids: HashSet<String>,
    /// Listener and number of what stood in the dead letters.
    pub(super) dead: HashSet<(usize, usize)>,
    /// The deliveries that these were.
    pub(super) dead_ids: HashSet<String>,
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

    /// A new event, about to be sent for the first time.
    pub(super) fn new_event(&self, place: Place) -> Payload {
        let mut book = self.book();
        book.events.push(Event { place, first_sent: Instant::now(), answered: None });
        Payload { number: book.events.len() - 1, place }
    }

    pub(super) fn answered(&self, events: &[Payload]) {
        let mut book = self.book();
        for event in events {
            book.events[event.number].answered = Some(Instant::now());
        }
    }

    pub(super) fn new_listener(&self, place: Place, is_steady: bool) -> usize {
        let mut book = self.book();
        let listener = Listener { place, id: None, is_steady, active: Vec::new(), asked_to_go: false, gone: None };
        book.listeners.push(listener);
        book.listeners.len() - 1
    }

    /// The listener is active from now on, until it is asked to change.
    pub(super) fn is_active(&self, listener: usize) {
        let listener = &mut self.book().listeners[listener];
        if listener.is_steady && listener.active.last().is_none_or(|(_, end)| end.is_some()) {
            listener.active.push((Instant::now(), None));
        }
    }

    /// A change of the listener is about to be asked for.
    pub(super) fn changes(&self, listener: usize) {
        if let Some((_, end @ None)) = self.book().listeners[listener].active.last_mut() {
            *end = Some(Instant::now());
        }
    }

    pub(super) fn is_gone(&self, listener: usize) {
        self.book().listeners[listener].gone = Some(Instant::now());
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

    pub(super) fn accepted(&self, listener: usize, payload: &Payload, id: &str) {
        let mut book = self.book();
        *book.accepted.entry((listener, payload.number)).or_default() += 1;
        book.accepted_ids.insert(id.to_owned());
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
        let is_late = found.gone.is_some_and(|gone| event.first_sent > gone);
        is_late.then(|| format!("{payload:?} came to listener {listener}, which was deleted before it was sent"))
    }

    /// How many pairs of an answered event and a listener that was owed it there are, and those of them that it never
    /// reached and that are no dead letter either.
    pub(super) fn owed_and_lost(&self) -> (usize, Vec<String>) {
        let mut of_place: HashMap<Place, Vec<(usize, &Listener)>> = HashMap::new();
        for (number, listener) in self.listeners.iter().enumerate() {
            of_place.entry(listener.place).or_default().push((number, listener));
        }
        let (mut owed, mut lost) = (0, Vec::new());
        for (number, event) in self.events.iter().enumerate() {
            let Some(answered) = event.answered else { continue };
            let listeners = of_place.get(&event.place).into_iter().flatten();
            for (name, _) in listeners.filter(|(_, listener)| listener.was_active(event.first_sent, answered)) {
                owed += 1;
                if !self.accepted.contains_key(&(*name, number)) && !self.dead.contains(&(*name, number)) {
                    lost.push(format!("event {number} of {:?} never reached listener {name}", event.place));
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

    pub(super) fn listener_of(&self, subscription: &str) -> Option<usize> {
        self.listeners.iter().position(|listener| listener.id.as_deref() == Some(subscription))
    }

    pub(super) fn sent(&self) -> usize {
        self.events.len()
    }

    pub(super) fn arrivals(&self) -> (usize, usize) {
        (self.accepted.len(), self.accepted.values().filter(|times| **times > 1).count())
    }
}

impl Listener {
    fn was_active(&self, from: Instant, to: Instant) -> bool {
        let covers = |(start, end): &(Instant, Option<Instant>)| *start <= from && end.is_none_or(|end| end >= to);
        self.active.iter().any(covers)
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.is_some()
    }
}
