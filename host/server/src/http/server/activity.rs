//! How long a connection may be silent: briefly while a request's head is on its way, longer between two requests, and as long as
//! it takes while one is answered. Knows no HTTP.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::linger::Linger;

/// How long each kind of silence may last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// From the first byte of a request's head, or from the opening of the connection, to the head's end.
    pub(super) head: Duration,
    /// Between a response and the next request.
    pub(super) idle: Duration,
    pub(super) linger: Linger,
}

/// What ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    Head,
    Idle,
}

/// What a connection does, as its stream and its service see it.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    now: Arc<Mutex<Now>>,
}

#[derive(Debug)]
struct Now {
    phase: Phase,
    since: Instant,
    requests: usize,
    is_multiplexed: bool,
    /// Whether the sender may still be sending what nobody reads.
    has_unread: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Head,
    Busy,
    Idle,
}

impl Activity {
    pub(super) fn new() -> Activity {
        let now =
            Now { phase: Phase::New, since: Instant::now(), requests: 0, is_multiplexed: false, has_unread: false };
        Activity { now: Arc::new(Mutex::new(now)) }
    }

    /// A request begins. It ends when what is returned is dropped.
    pub(super) fn begin(&self, is_multiplexed: bool) -> Request {
        let mut now = self.now();
        now.requests += 1;
        (now.phase, now.is_multiplexed) = (Phase::Busy, is_multiplexed);
        Request { activity: self.clone() }
    }

    /// Returns when the connection has been silent for too long.
    pub(super) async fn silence(&self, patience: Patience) -> Silence {
        // Often enough to be late by a quarter at most; nothing has to be woken for each request.
        let interval = patience.head.min(patience.idle) / 4;
        loop {
            let (silence, time_max) = match self.now().phase {
                Phase::Busy => (None, interval),
                Phase::New | Phase::Head => (Some(Silence::Head), patience.head),
                Phase::Idle => (Some(Silence::Idle), patience.idle),
            };
            let passed = self.now().since.elapsed();
            match silence {
                Some(silence) if passed >= time_max => return silence,
                Some(_) => tokio::time::sleep((time_max - passed).min(interval)).await,
                None => tokio::time::sleep(interval).await,
            }
        }
    }

    /// Bytes came. Returns whether a request of HTTP/1 begins with them.
    pub(super) fn received(&self) -> bool {
        let mut now = self.now();
        if now.phase == Phase::New {
            now.phase = Phase::Head;
        }
        if now.phase != Phase::Idle {
            return false;
        }
        now.since = Instant::now();
        // Frames of HTTP/2 may be about the connection alone.
        now.phase = if now.is_multiplexed { Phase::Idle } else { Phase::Head };
        !now.is_multiplexed
    }

    pub(super) fn sent(&self) {
        let mut now = self.now();
        if now.phase == Phase::Idle {
            now.since = Instant::now();
        }
    }

    /// Whether the peer may still be sending what nobody reads.
    pub(super) fn is_unread(&self) -> bool {
        let now = self.now();
        now.has_unread || now.phase == Phase::Head
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Request {
    activity: Activity,
}

impl Request {
    /// Its body was not read to the end.
    pub(super) fn leaves_unread(&self) {
        self.activity.now().has_unread = true;
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let mut now = self.activity.now();
        now.requests -= 1;
        if now.requests == 0 {
            (now.phase, now.since) = (Phase::Idle, Instant::now());
        }
    }
}
