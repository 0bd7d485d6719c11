//! What a connector has used of this machine since the server started, and whether it may be called: one that crashes
//! again and again rests for a while, then proves itself with a single call.
//! Time is passed in. A handler that merely throws does not crash: it took no more than others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// When a connector rests.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub crashes_in_a_row_max: u32,
    /// The first rest; each further one is twice as long.
    pub rest_ms_min: u64,
    pub rest_ms_max: u64,
}

/// How a call ended, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Well,
    /// In its own words.
    Failed,
    /// It ran into a limit or trapped.
    Crashed,
    /// It never began.
    Unknown,
}

/// What a call took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) cpu: Duration,
    pub(super) held_back: Duration,
}

/// What a connector has used, for whoever asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub calls: u64,
    /// Calls that failed in the connector's own words.
    pub failed: u64,
    /// Calls that trapped or ran into a limit.
    pub crashed: u64,
    pub cpu_ms: u64,
    /// How long calls waited so that others were served.
    pub held_back_ms: u64,
    /// How long the connector still rests; `None` if it does not.
    pub rests_ms: Option<u64>,
}

/// The standings of all connectors by the digest of their code. They outlive what is loaded.
#[derive(Default)]
pub(super) struct Standings(Mutex<HashMap<String, Arc<Standing>>>);

impl Standings {
    pub(super) fn of(&self, digest: &str) -> Arc<Standing> {
        let mut standings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(standings.entry(digest.to_owned()).or_default())
    }

    pub(super) fn usage(&self, digest: &str, now_ms: u64) -> Usage {
        let standings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        standings.get(digest).map(|standing| standing.usage(now_ms)).unwrap_or_default()
    }

    /// What all calls took together.
    pub(super) fn spent(&self) -> Spent {
        let standings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        standings.values().fold(Spent::default(), |spent, standing| Spent {
            cpu: spent.cpu + Duration::from_nanos(standing.cpu_ns.load(Ordering::Relaxed)),
            held_back: spent.held_back + Duration::from_nanos(standing.held_back_ns.load(Ordering::Relaxed)),
        })
    }
}

#[derive(Default)]
pub(super) struct Standing {
    calls: AtomicU64,
    failed: AtomicU64,
    crashed: AtomicU64,
    cpu_ns: AtomicU64,
    held_back_ns: AtomicU64,
    circuit: Mutex<Circuit>,
}

#[derive(Default)]
struct Circuit {
    crashes_in_a_row: u32,
    rests_in_a_row: u32,
    rests_until_ms: Option<u64>,
    is_proving: bool,
}

/// Leave for one call. Says at its end how that went.
pub(super) struct Leave {
    standing: Arc<Standing>,
    limits: Limits,
    is_proof: bool,
}

impl Standing {
    /// Leave to call the connector, or how long it still rests, in milliseconds.
    pub(super) fn ask(self: &Arc<Standing>, limits: Limits, now_ms: u64) -> Result<Leave, u64> {
        let mut circuit = self.circuit();
        let is_proof = match circuit.rests_until_ms {
            None => false,
            Some(until) if now_ms < until => return Err(until - now_ms),
            Some(_) if circuit.is_proving => return Err(limits.rest_ms_min),
            Some(_) => true,
        };
        circuit.is_proving |= is_proof;
        Ok(Leave { standing: Arc::clone(self), limits, is_proof })
    }

    fn usage(&self, now_ms: u64) -> Usage {
        Usage {
            calls: self.calls.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            crashed: self.crashed.load(Ordering::Relaxed),
            cpu_ms: self.cpu_ns.load(Ordering::Relaxed) / 1_000_000,
            held_back_ms: self.held_back_ns.load(Ordering::Relaxed) / 1_000_000,
            rests_ms: self.circuit().rests_until_ms.map(|until| until.saturating_sub(now_ms)),
        }
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave {
    pub(super) fn end(self, ending: Ending, spent: Spent, now_ms: u64) {
        let standing = &self.standing;
        if ending != Ending::Unknown {
            standing.calls.fetch_add(1, Ordering::Relaxed);
            standing.cpu_ns.fetch_add(nanoseconds(spent.cpu), Ordering::Relaxed);
            standing.held_back_ns.fetch_add(nanoseconds(spent.held_back), Ordering::Relaxed);
        }
        match ending {
            Ending::Unknown => {}
            Ending::Well => self.prove(),
            Ending::Failed => {
                standing.failed.fetch_add(1, Ordering::Relaxed);
                self.prove();
            }
            Ending::Crashed => {
                standing.crashed.fetch_add(1, Ordering::Relaxed);
                self.crash(now_ms);
            }
        }
    }

    fn prove(&self) {
        let mut circuit = self.standing.circuit();
        if circuit.rests_until_ms.is_some() {
            tracing::info!("a connector that rested works again");
        }
        let is_proving = circuit.is_proving;
        *circuit = Circuit { is_proving, ..Circuit::default() };
    }

    fn crash(&self, now_ms: u64) {
        let mut circuit = self.standing.circuit();
        circuit.crashes_in_a_row = circuit.crashes_in_a_row.saturating_add(1);
        let is_resting = circuit.rests_until_ms.is_some();
        // What began before the rest says nothing new.
        if !self.is_proof && (is_resting || circuit.crashes_in_a_row < self.limits.crashes_in_a_row_max) {
            return;
        }
        let doubled = 1_u64.checked_shl(circuit.rests_in_a_row).unwrap_or(u64::MAX);
        let rest_ms = self.limits.rest_ms_min.saturating_mul(doubled).min(self.limits.rest_ms_max);
        circuit.rests_in_a_row = (circuit.rests_in_a_row + 1).min(32);
        circuit.rests_until_ms = Some(now_ms.saturating_add(rest_ms));
        tracing::warn!(crashes = circuit.crashes_in_a_row, rest_ms, "a connector crashes again and again: it rests");
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if self.is_proof {
            self.standing.circuit().is_proving = false;
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { crashes_in_a_row_max: 3, rest_ms_min: 100, rest_ms_max: 350 };

    fn spent(cpu_ms: u64) -> Spent {
        Spent { cpu: Duration::from_millis(cpu_ms), held_back: Duration::from_millis(1) }
    }

    fn call(standing: &Arc<Standing>, ending: Ending, now_ms: u64) -> Result<(), u64> {
        standing.ask(LIMITS, now_ms).map(|leave| leave.end(ending, spent(2), now_ms))
    }

    #[test]
    fn crashes_in_a_row_make_it_rest_and_each_failed_proof_for_twice_as_long() {
        let standing = Arc::new(Standing::default());
        for _ in 0..3 {
            call(&standing, Ending::Crashed, 0).unwrap();
        }
        assert_eq!(call(&standing, Ending::Well, 40), Err(60));
        let mut now = 100;
        for rest in [200, 350, 350] {
            call(&standing, Ending::Crashed, now).unwrap();
            assert_eq!(call(&standing, Ending::Well, now), Err(rest));
            now += rest;
        }
        call(&standing, Ending::Well, now).unwrap();
        call(&standing, Ending::Crashed, now).unwrap();
        call(&standing, Ending::Well, now).unwrap();
        let usage = standing.usage(now);
        assert_eq!((usage.calls, usage.crashed, usage.rests_ms), (9, 7, None));
        assert_eq!((usage.cpu_ms, usage.held_back_ms), (18, 9));
    }

    #[test]
    fn a_success_or_an_error_of_its_own_between_crashes_keeps_it_going() {
        let standing = Arc::new(Standing::default());
        for number in 0..100 {
            call(
                &standing,
                [Ending::Crashed, Ending::Crashed, Ending::Well, Ending::Crashed, Ending::Failed][number % 5],
                0,
            )
            .unwrap();
        }
    }

    #[test]
    fn one_call_proves_it_and_the_others_wait_for_that_one() {
        let standing = Arc::new(Standing::default());
        (0..3).for_each(|_| call(&standing, Ending::Crashed, 0).unwrap());
        let proof = standing.ask(LIMITS, 100).ok().unwrap();
        assert_eq!(call(&standing, Ending::Well, 100), Err(100));
        // A proof that never began does not count, and another call may be it.
        proof.end(Ending::Unknown, spent(0), 100);
        call(&standing, Ending::Well, 100).unwrap();
        call(&standing, Ending::Well, 100).unwrap();
    }

    #[test]
    fn crashes_of_calls_that_began_before_the_rest_do_not_prolong_it() {
        let standing = Arc::new(Standing::default());
        let under_way: Vec<Leave> = (0..20).filter_map(|_| standing.ask(LIMITS, 0).ok()).collect();
        for leave in under_way {
            leave.end(Ending::Crashed, spent(0), 10);
        }
        assert_eq!(call(&standing, Ending::Well, 60), Err(50));
        call(&standing, Ending::Well, 110).unwrap();
    }
}
