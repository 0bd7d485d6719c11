//! Keeps what is not urgent from holding up what is.

use std::time::{Duration, Instant};

/// For so long work goes on before it rests.
const STRETCH: Duration = Duration::from_millis(2);

/// The same items, for work that nobody waits for: whoever works at them rests as long as he worked, so that webhooks get on.
/// Nothing may be held from one item to the next.
pub(super) fn unhurried<T>(items: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    let mut works_since = Instant::now();
    items.inspect(move |_| {
        let worked = works_since.elapsed();
        if worked >= STRETCH {
            std::thread::sleep(worked);
            works_since = Instant::now();
        }
    })
}
