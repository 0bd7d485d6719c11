//! Spans that count. The totals are the process's own, printed when the server stops.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::Step;

/// Every step, with how it is shown.
const STEPS: &[(Step, &str)] = &[
    (Step::Whole, "whole, in the server"),
    (Step::ReadBody, "read the body"),
    (Step::FindTarget, "find what the token stands for"),
    (Step::Decode, "decode"),
    (Step::Handle, "handle"),
    (Step::Load, "– find the loaded connector"),
    (Step::Permits, "– wait for a place"),
    (Step::NewStore, "– make its world"),
    (Step::Instantiate, "– instantiate"),
    (Step::Call, "– call"),
    (Step::Drop, "– drop"),
    (Step::Judge, "judge the result"),
    (Step::Record, "make the record"),
    (Step::Route, "route"),
    (Step::Commit, "commit"),
    (Step::WriteGroup, "– write a group, of all that wait"),
    (Step::AppendContent, "– – append its content"),
    (Step::WriteJournal, "– – write the journal, and sync it"),
    (Step::WriteRecords, "– – write its records"),
    (Step::Checkpoint, "a checkpoint, meanwhile"),
    (Step::SyncContent, "– content to disk"),
    (Step::FlushRecords, "– records out of memory"),
    (Step::SyncRecords, "– records to disk"),
];

struct Total {
    count: AtomicU64,
    ns: AtomicU64,
}

static TOTALS: [Total; STEPS.len()] =
    [const { Total { count: AtomicU64::new(0), ns: AtomicU64::new(0) } }; STEPS.len()];

/// Counts from where it is made to where it is dropped.
#[must_use]
pub struct Span {
    step: Step,
    start: Instant,
}

impl Span {
    /// Ends it earlier than its scope does.
    pub fn end(self) {}
}

pub fn span(step: Step) -> Span {
    Span { step, start: Instant::now() }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(total) = TOTALS.get(self.step as usize) {
            let ns = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            total.count.fetch_add(1, Ordering::Relaxed);
            total.ns.fetch_add(ns, Ordering::Relaxed);
        }
    }
}

/// How often each step was taken and its mean time, as a table.
pub fn table() -> String {
    let mut text = "| step | times | mean µs |\n|---|---|---|\n".to_owned();
    for (step, name) in STEPS {
        let Some(total) = TOTALS.get(*step as usize) else { continue };
        let (count, ns) = (total.count.load(Ordering::Relaxed), total.ns.load(Ordering::Relaxed));
        let mean_us = ns as f64 / count.max(1) as f64 / 1_000.0;
        text.push_str(&format!("| {name} | {count} | {mean_us:.1} |\n"));
    }
    text
}
