//! How much processor time a call takes, what its guest makes the host do included, and when it may go on: where several
//! connectors are called, each has half of the processors, and what takes long pauses as long as it ran.
//! Never counts the time in which a call waits, nor what other threads took from it.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::engine::TICK_MS;

/// How long after a call of another connector a connector still keeps to its share.
const COMPANY_MS: u64 = 50;

/// Counts for one call.
#[derive(Default)]
pub(super) struct Meter {
    /// What this thread had used when it took the call up.
    began_ns: AtomicU64,
    spent_ns: AtomicU64,
    held_back_ns: AtomicU64,
    turn: Mutex<Option<Turn>>,
}

/// A place on a processor. Given back whenever the call stops to run.
struct Turn {
    _own: OwnedSemaphorePermit,
    /// Among all calls that take long.
    _all: Option<OwnedSemaphorePermit>,
}

/// The places that a call may take.
#[derive(Clone)]
pub(super) struct Turns {
    /// How long a call runs before it takes long.
    pub(super) brief: Duration,
    pub(super) share: Arc<Share>,
    pub(super) all: Arc<Semaphore>,
}

/// What the calls of one connector have together.
pub(super) struct Share {
    places: Arc<Semaphore>,
    began: Arc<AtomicU64>,
    began_of_all: Arc<AtomicU64>,
    /// How many calls of others there had been when somebody last looked.
    others: AtomicU64,
    alone_from_ms: AtomicU64,
    made: Instant,
}

impl Share {
    /// `began_of_all` counts the calls of all connectors.
    pub(super) fn new(places: usize, began_of_all: &Arc<AtomicU64>) -> Arc<Share> {
        Arc::new(Share {
            places: Arc::new(Semaphore::new(places)),
            began: Arc::default(),
            began_of_all: Arc::clone(began_of_all),
            others: AtomicU64::new(began_of_all.load(Ordering::Relaxed)),
            alone_from_ms: AtomicU64::new(0),
            made: Instant::now(),
        })
    }

    pub(super) fn begin(&self) {
        self.began.fetch_add(1, Ordering::Relaxed);
        self.began_of_all.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether other connectors are called at this time.
    fn has_company(&self) -> bool {
        let others = self.began_of_all.load(Ordering::Relaxed).wrapping_sub(self.began.load(Ordering::Relaxed));
        let now_ms = u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX);
        if self.others.swap(others, Ordering::Relaxed) != others {
            self.alone_from_ms.store(now_ms.saturating_add(COMPANY_MS), Ordering::Relaxed);
        }
        now_ms < self.alone_from_ms.load(Ordering::Relaxed)
    }
}

impl Meter {
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

    /// How long the call waited for its turn.
    pub(super) fn held_back(&self) -> Duration {
        Duration::from_nanos(self.held_back_ns.load(Ordering::Relaxed))
    }

    fn running_ns(&self) -> u64 {
        let now = thread_ns().saturating_sub(self.began_ns.load(Ordering::Relaxed));
        self.spent_ns.load(Ordering::Relaxed).saturating_add(now)
    }

    /// Whether a call should not be interrupted: it will soon be over, and only its own connector is called. Most are, and a
    /// call that is laid aside has to bring its memory back into the processor's cache.
    pub(super) fn may_end_first(&self, turns: &Turns) -> bool {
        self.spent() < Duration::from_millis(TICK_MS) && !turns.share.has_company()
    }

    /// Lets others run. Returns when it is this call's turn again.
    pub(super) fn rest(self: &Arc<Meter>, turns: &Turns) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.keep(None);
        let (meter, turns) = (Arc::clone(self), turns.clone());
        Box::pin(async move {
            tokio::task::yield_now().await;
            meter.take_turn(&turns).await;
        })
    }

    /// Returns when it is this call's turn: connectors take turns, and in each its calls.
    pub(super) async fn take_turn(&self, turns: &Turns) {
        let (takes_long, has_company) = (self.spent() >= turns.brief, turns.share.has_company());
        if !takes_long && !has_company {
            return;
        }
        let start = Instant::now();
        // Neither is ever closed; if one were, the call would go on all the same.
        let Ok(own) = Arc::clone(&turns.share.places).acquire_owned().await else { return };
        if takes_long && has_company {
            // As long as it has just run, and with its place: the next of its connector waits, too.
            tokio::time::sleep(Duration::from_millis(TICK_MS)).await;
        }
        let all = match takes_long {
            true => Arc::clone(&turns.all).acquire_owned().await.ok(),
            false => None,
        };
        let waited_ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.held_back_ns.fetch_add(waited_ns, Ordering::Relaxed);
        self.keep(Some(Turn { _own: own, _all: all }));
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

    /// Places of a connector, and of all; and a count of calls that others may raise.
    fn turns(own: usize, all: usize) -> (Turns, Arc<AtomicU64>) {
        let began = Arc::default();
        let share = Share::new(own, &began);
        (Turns { brief: Duration::from_millis(5), share, all: Arc::new(Semaphore::new(all)) }, began)
    }

    fn free(turns: &Turns) -> (usize, usize) {
        (turns.share.places.available_permits(), turns.all.available_permits())
    }

    fn spin(meter: &Meter, time: Duration) {
        let end = meter.spent() + time;
        while meter.spent() < end {}
    }

    #[tokio::test]
    async fn time_that_a_call_waits_is_not_counted_and_time_that_it_runs_is() {
        let meter = Meter::default();
        meter.run(tokio::time::sleep(Duration::from_millis(60))).await;
        assert!(meter.total() < Duration::from_millis(20), "{:?}", meter.total());
        meter.run(async { spin(&meter, Duration::from_millis(30)) }).await;
        assert!(meter.total() >= Duration::from_millis(30), "{:?}", meter.total());
    }

    #[tokio::test]
    async fn a_call_takes_a_place_when_it_takes_long_and_gives_it_back_whenever_it_waits() {
        let ((turns, _), meter) = (turns(1, 1), Arc::new(Meter::default()));
        let call = async {
            meter.rest(&turns).await;
            assert_eq!(free(&turns), (1, 1), "it was brief so far, and alone");
            spin(&meter, Duration::from_millis(6));
            meter.rest(&turns).await;
            assert_eq!(free(&turns), (0, 0));
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert_eq!(free(&turns), (1, 1));
        };
        meter.run(call).await;
    }

    #[tokio::test]
    async fn a_brief_call_takes_a_place_of_its_connector_where_others_are_called() {
        let ((turns, began), meter) = (turns(1, 1), Meter::default());
        began.fetch_add(1, Ordering::Relaxed);
        let call = async {
            meter.take_turn(&turns).await;
            assert_eq!(free(&turns), (0, 1));
        };
        meter.run(call).await;
        assert_eq!(free(&turns), (1, 1));
        tokio::time::sleep(Duration::from_millis(COMPANY_MS + 10)).await;
        let call = async {
            meter.take_turn(&turns).await;
            assert_eq!(free(&turns), (1, 1), "it is alone again");
        };
        meter.run(call).await;
    }

    #[tokio::test]
    async fn a_call_that_takes_long_waits_until_another_of_its_connector_rests() {
        let ((turns, _), meter) = (turns(1, 2), Arc::new(Meter::default()));
        let other = Arc::clone(&turns.share.places).acquire_owned().await.unwrap();
        let call = async {
            spin(&meter, Duration::from_millis(6));
            meter.rest(&turns).await;
        };
        let mut run = pin!(meter.run(call));
        let waited = tokio::time::timeout(Duration::from_millis(50), &mut run).await;
        assert!(waited.is_err(), "the place is taken");
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(other);
        run.await;
        assert!(meter.held_back() >= Duration::from_millis(40), "{:?}", meter.held_back());
    }

    /// However many of its calls take long: while one pauses, none of the others takes its place.
    #[tokio::test]
    async fn calls_that_take_long_pause_together_where_others_are_called_meanwhile() {
        let ((turns, began), start) = (turns(1, 8), Instant::now());
        let call = |has_company: bool| {
            let (turns, began) = (turns.clone(), Arc::clone(&began));
            async move {
                let meter = Arc::new(Meter::default());
                let call = async {
                    spin(&meter, Duration::from_millis(6));
                    began.fetch_add(u64::from(has_company), Ordering::Relaxed);
                    turns.share.begin();
                    meter.rest(&turns).await;
                };
                meter.run(call).await;
            }
        };
        futures::future::join_all((0..4).map(|_| call(false))).await;
        let alone = start.elapsed();
        assert!(alone < Duration::from_millis(4 * (6 + TICK_MS)), "nobody pauses: {alone:?}");
        futures::future::join_all((0..4).map(|_| call(true))).await;
        assert!(start.elapsed() - alone >= Duration::from_millis(4 * TICK_MS), "{:?}", start.elapsed() - alone);
    }
}
