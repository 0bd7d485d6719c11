//! Where the time of a webhook goes, step by step. Only in a build with the feature `bench`; in any other a span is
//! nothing, and costs nothing.

/// A step on the way of a webhook, in order. Those below `Handle` and `Commit` are parts of them.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// From the head of the request to the answer.
    Whole,
    ReadBody,
    FindTarget,
    Decode,
    Handle,
    Load,
    Permits,
    NewStore,
    Instantiate,
    Call,
    Drop,
    Judge,
    Record,
    Route,
    Commit,
    /// Of the thread that commits, for a whole group.
    WriteGroup,
    AppendContent,
    WriteJournal,
    WriteRecords,
    /// Of the thread that makes checkpoints, meanwhile.
    Checkpoint,
    SyncContent,
    FlushRecords,
    SyncRecords,
}

/// Does `work` in a span.
#[inline]
pub fn timed<T>(step: Step, work: impl FnOnce() -> T) -> T {
    let _span = span(step);
    work()
}

#[cfg(not(feature = "bench"))]
mod spans {
    use super::Step;

    #[must_use]
    pub struct Span;

    impl Span {
        #[inline]
        pub fn end(self) {}
    }

    #[inline]
    pub fn span(_: Step) -> Span {
        Span
    }
}

#[cfg(feature = "bench")]
mod spans;

pub use spans::span;
#[cfg(feature = "bench")]
pub use spans::table;
