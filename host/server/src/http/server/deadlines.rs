//! What one connection is doing, and when that has taken too long. Time is passed in.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a connection may do what.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// Until its first byte.
    pub(super) silent: Duration,
    /// Until its first request, the TLS handshake included.
    pub(super) first_request: Duration,
    /// While a response is sent.
    pub(super) response: Duration,
    /// HTTP/2 without a request in flight. HTTP/1.1 has its own timeout, for the next head.
    pub(super) http2_idle: Duration,
}

pub(super) struct Activity {
    opened: Instant,
    has_spoken: AtomicBool,
    state: Mutex<State>,
}

struct State {
    next: u64,
    in_flight: usize,
    /// When each response that is still being sent began, in the order in which they began.
    responses: BTreeMap<u64, Instant>,
    has_asked: bool,
    is_http2: bool,
    /// When the last request ended.
    idle_since: Instant,
    /// Since when the peer takes nothing of what is to be sent.
    stuck_since: Option<Instant>,
}

impl Activity {
    pub(super) fn new(now: Instant) -> Activity {
        let state = State {
            next: 0,
            in_flight: 0,
            responses: BTreeMap::new(),
            has_asked: false,
            is_http2: false,
            idle_since: now,
            stuck_since: None,
        };
        Activity { opened: now, has_spoken: AtomicBool::new(false), state: Mutex::new(state) }
    }

    pub(super) fn has_spoken(&self) {
        self.has_spoken.store(true, Ordering::Relaxed);
    }

    /// Whether the peer takes what is sent.
    pub(super) fn writes(&self, is_stuck: bool) {
        let mut state = self.state();
        match is_stuck {
            true => state.stuck_since = state.stuck_since.or_else(|| Some(Instant::now())),
            false => state.stuck_since = None,
        }
    }

    /// A request begins; it ends when what this returns is dropped.
    pub(super) fn begin(self: &Arc<Self>, is_http2: bool) -> InFlight {
        let mut state = self.state();
        state.in_flight += 1;
        state.next += 1;
        (state.has_asked, state.is_http2) = (true, is_http2);
        InFlight { activity: Arc::clone(self), number: state.next }
    }

    /// Since when there has been nothing to do for it, and whether there ever was.
    pub(super) fn idle_since(&self) -> Option<(bool, Instant)> {
        let state = self.state();
        (state.in_flight == 0).then_some((state.has_asked, state.idle_since))
    }

    /// When the connection is to be closed, if nothing changes.
    pub(super) fn deadline(&self, times: &Times) -> Option<Instant> {
        let state = self.state();
        let oldest = state.responses.values().next().copied();
        if let Some(since) = oldest.into_iter().chain(state.stuck_since).min() {
            return Some(since + times.response);
        }
        if state.in_flight > 0 {
            return None;
        }
        if state.has_asked {
            return state.is_http2.then(|| state.idle_since + times.http2_idle);
        }
        let first = if self.has_spoken.load(Ordering::Relaxed) { times.first_request } else { times.silent };
        Some(self.opened + first)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request, until its response has been sent.
pub(super) struct InFlight {
    activity: Arc<Activity>,
    number: u64,
}

impl InFlight {
    pub(super) fn responds(&self, now: Instant) {
        self.activity.state().responses.insert(self.number, now);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.in_flight -= 1;
        state.responses.remove(&self.number);
        state.idle_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_of_a_connection_has_its_time() {
        let s = Duration::from_secs;
        let times = Times { silent: s(10), first_request: s(30), response: s(60), http2_idle: s(120) };
        let now = Instant::now();
        let activity = Arc::new(Activity::new(now));
        assert_eq!(activity.deadline(&times), Some(now + s(10)));
        activity.has_spoken();
        assert_eq!(activity.deadline(&times), Some(now + s(30)));
        let (first, second) = (activity.begin(true), activity.begin(true));
        assert_eq!((activity.deadline(&times), activity.idle_since()), (None, None), "a handler has its own limits");
        second.responds(now + s(2));
        first.responds(now + s(1));
        assert_eq!(activity.deadline(&times), Some(now + s(61)));
        drop(first);
        assert_eq!(activity.deadline(&times), Some(now + s(62)));
        drop(second);
        let (has_asked, since) = activity.idle_since().unwrap();
        assert!(has_asked && activity.deadline(&times) == Some(since + s(120)));
        activity.writes(true);
        assert!(activity.deadline(&times).unwrap() >= now + s(60), "what was sent is not taken");
        activity.writes(false);
        drop(activity.begin(false));
        assert_eq!(activity.deadline(&times), None, "HTTP/1.1 has a timeout for the next head");
    }
}
