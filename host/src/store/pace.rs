//! Keeps what is not urgent from holding up what is.

use std::time::{Duration, Instant};

/// For so long work goes on at a stretch, then it rests as long.
const STRETCH: Duration = Duration::from_millis(2);

/// The same, for work at each of them that leaves others time for theirs. Nothing may be held between two of them.
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
