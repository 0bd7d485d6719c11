//! Changes of stored records that somebody else may change at the same time. Nothing that was written meanwhile is lost, and
//! no answer rests on what may not last.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::AppState;
use super::error::{Answer, Problem};
use patchbay_store as store;

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

/// Has a change refused only for what is on disk. Such as 404, for what was deleted just before: a restart would bring that back
/// if its end is not there yet, or cannot be written at all.
pub(super) async fn refuse_for_what_lasts(State(app): AppState, request: Request, next: Next) -> Answer<Response> {
    const FOR_WHAT_IS_THERE: [StatusCode; 3] =
        [StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY];
    let is_change = !request.method().is_safe();
    let response = next.run(request).await;
    if is_change && FOR_WHAT_IS_THERE.contains(&response.status()) {
        app.store.durable().await?;
    }
    Ok(response)
}
