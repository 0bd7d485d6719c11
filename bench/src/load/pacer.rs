//! Says when requests are due, evenly, from a thread of its own: the timer of the event loop knows only milliseconds.

use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub(super) struct Pacer {
    due: Mutex<UnboundedReceiver<Instant>>,
}

impl Pacer {
    /// Starts to name `per_second` moments a second. What nobody takes in time waits; it is still due when it was due.
    pub(super) fn start(per_second: f64, time: Duration) -> Pacer {
        let (sender, receiver) = unbounded_channel();
        let start = Instant::now();
        thread::spawn(move || {
            for number in 0u32.. {
                let after = Duration::from_secs_f64(f64::from(number) / per_second);
                let due = start + after;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                if after >= time || sender.send(due).is_err() {
                    return;
                }
            }
        });
        Pacer { due: Mutex::new(receiver) }
    }

    /// Returns when a request is due, with the moment at which it is or was; `None` when it is over.
    pub(super) async fn next(&self) -> Option<Instant> {
        self.due.lock().await.recv().await
    }
}
