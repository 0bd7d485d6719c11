//! Changes of stored records that somebody else may change at the same time. Nothing that was written meanwhile is lost.

use super::error::{Answer, Problem};
use crate::store;

/// How often a change is made anew because somebody else's came before it.
const TRIED_MAX: usize = 50;

/// Reads a record, changes it, and has it replaced if it is still as it was read; else does all of that again. `replace` gets it
/// as it was and as it is to be, and gives back the latter.
pub(super) async fn change<T: Clone, R: Future<Output = Result<T, store::Error>>>(
    read: impl Fn() -> Answer<T>,
    mut change: impl FnMut(&mut T) -> Answer<()>,
    replace: impl Fn(T, T) -> R,
) -> Answer<T> {
    for _ in 0..TRIED_MAX {
        let earlier = read()?;
        let mut record = earlier.clone();
        change(&mut record)?;
        match replace(earlier, record).await {
            Err(store::Error::Changed) => {}
            replaced => return replaced.map_err(Problem::from),
        }
    }
    Err(store::Error::Changed.into())
}
