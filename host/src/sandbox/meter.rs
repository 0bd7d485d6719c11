//! How much processor time a call takes, what its guest makes the host do included, and when a call that takes much of it
//! may go on. Never counts the time in which a call waits, nor what other threads took from it.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cpu_time::ThreadTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::engine::TICK_MS;

/// Counts for one call.
pub(super) struct Meter {
    /// What this thread had used when it took the call up.
    began_ns: AtomicU64,
    spent_ns: AtomicU64,
    /// How many calls of others there had been at its last turn.
    others: AtomicU64,
    turn: Mutex<Option<Turn>>,
}

/// A place among calls that take long: one of its connector's, one of all. Given back whenever the call stops to run.
type Turn = [OwnedSemaphorePermit; 2];

/// The places among calls that take long.
#[derive(Clone)]
pub(super) struct Turns {
    /// How long a call runs without such a place.
    pub(super) brief: Duration,
    pub(super) own: Arc<Semaphore>,
    pub(super) all: Arc<Semaphore>,
    pub(super) calls: Calls,
}

/// How many calls began, of this connector and of all.
#[derive(Clone, Default)]
pub(super) struct Calls {
    pub(super) own: Arc<AtomicU64>,
    pub(super) all: Arc<AtomicU64>,
}

impl Calls {
    pub(super) fn begin(&self) {
        self.own.fetch_add(1, Ordering::Relaxed);
        self.all.fetch_add(1, Ordering::Relaxed);
    }

    fn of_others(&self) -> u64 {
        self.all.load(Ordering::Relaxed).wrapping_sub(self.own.load(Ordering::Relaxed))
    }
}

impl Meter {
    pub(super) fn new() -> Arc<Meter> {
        Arc::new(Meter {
            began_ns: AtomicU64::new(0),
            spent_ns: AtomicU64::new(0),
            others: AtomicU64::new(0),
            turn: Mutex::new(None),
        })
    }

    /// Runs a call. Its `spent` may be asked from inside of it alone.
    pub(super) async fn run<T>(&self, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        std::future::poll_fn(|context| {
            self.began_ns.store(thread_ns(), Ordering::Relaxed);
            let polled = call.as_mut().poll(context);
            self.spent_ns.store(self.running_ns(), Ordering::Relaxed);
            self.keep(None);
            polled
        })
        .await
    }

    /// Asked by the call itself, while it runs.
    pub(super) fn spent(&self) -> Duration {
        Duration::from_nanos(self.running_ns())
    }

    /// After the call.
    pub(super) fn total(&self) -> Duration {
        Duration::from_nanos(self.spent_ns.load(Ordering::Relaxed))
    }

    fn running_ns(&self) -> u64 {
        let now = thread_ns().saturating_sub(self.began_ns.load(Ordering::Relaxed));
        self.spent_ns.load(Ordering::Relaxed).saturating_add(now)
    }

    /// Lets others run. Returns when it is this call's turn: connectors take turns, and in each its calls.
    pub(super) fn rest(self: &Arc<Meter>, turns: &Turns) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.keep(None);
        if self.spent() < turns.brief {
            return Box::pin(tokio::task::yield_now());
        }
        let (meter, turns) = (Arc::clone(self), turns.clone());
        let others = turns.calls.of_others();
        let others_are_called = self.others.swap(others, Ordering::Relaxed) != others;
        Box::pin(async move {
            match others_are_called {
                // As long as it has just run.
                true => tokio::time::sleep(Duration::from_millis(TICK_MS)).await,
                false => tokio::task::yield_now().await,
            }
            // Neither is ever closed; if one were, the call would go on all the same.
            let Ok(own) = turns.own.acquire_owned().await else { return };
            let Ok(all) = turns.all.acquire_owned().await else { return };
            meter.keep(Some([own, all]));
        })
    }

    fn keep(&self, turn: Option<Turn>) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
    }
}

fn thread_ns() -> u64 {
    u64::try_from(ThreadTime::now().as_duration().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(own: &Arc<Semaphore>, all: &Arc<Semaphore>) -> Turns {
        let calls = Calls::default();
        Turns { brief: Duration::from_millis(5), own: Arc::clone(own), all: Arc::clone(all), calls }
    }

    fn spin(meter: &Meter, time: Duration) {
        let end = meter.spent() + time;
        while meter.spent() < end {}
    }

    #[tokio::test]
    async fn time_that_a_call_waits_is_not_counted_and_time_that_it_runs_is() {
        let meter = Meter::new();
        meter.run(tokio::time::sleep(Duration::from_millis(60))).await;
        assert!(meter.total() < Duration::from_millis(20), "{:?}", meter.total());
        meter.run(async { spin(&meter, Duration::from_millis(30)) }).await;
        assert!(meter.total() >= Duration::from_millis(30), "{:?}", meter.total());
    }

    #[tokio::test]
    async fn a_call_takes_a_place_only_when_it_takes_long_and_gives_it_back_whenever_it_waits() {
        let (own, all, meter) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(1)), Meter::new());
        let turns = turns(&own, &all);
        let call = async {
            meter.rest(&turns).await;
            assert_eq!((own.available_permits(), all.available_permits()), (1, 1), "it was brief so far");
            spin(&meter, Duration::from_millis(6));
            meter.rest(&turns).await;
            assert_eq!((own.available_permits(), all.available_permits()), (0, 0));
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert_eq!((own.available_permits(), all.available_permits()), (1, 1));
        };
        meter.run(call).await;
    }

    #[tokio::test]
    async fn a_call_that_takes_long_waits_until_another_of_its_connector_rests() {
        let (own, all, meter) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(2)), Meter::new());
        let other = Arc::clone(&own).acquire_owned().await.unwrap();
        let turns = turns(&own, &all);
        let call = async {
            spin(&meter, Duration::from_millis(6));
            meter.rest(&turns).await;
        };
        let mut run = pin!(meter.run(call));
        let waited = tokio::time::timeout(Duration::from_millis(50), &mut run).await;
        assert!(waited.is_err(), "the place is taken");
        drop(other);
        run.await;
    }

    #[tokio::test]
    async fn a_call_that_takes_long_pauses_only_where_others_are_called_meanwhile() {
        let (own, all, meter) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(1)), Meter::new());
        let (turns, rested) = (turns(&own, &all), Mutex::new(Vec::new()));
        let call = async {
            spin(&meter, Duration::from_millis(6));
            for others in [0, 0, 1, 0] {
                turns.calls.all.fetch_add(others, Ordering::Relaxed);
                turns.calls.begin();
                let start = std::time::Instant::now();
                meter.rest(&turns).await;
                rested.lock().unwrap().push(start.elapsed() >= Duration::from_millis(TICK_MS));
            }
        };
        meter.run(call).await;
        assert!(rested.lock().unwrap()[2], "another was called");
        assert!(!rested.lock().unwrap().iter().all(|rested| *rested));
    }
}
