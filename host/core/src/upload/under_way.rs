//! Uploads under way, so that who uploads can see what takes so long. In memory: what has ended is a version, or was refused
//! with a reason. Bounded by the requests that this server takes at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use patchbay_model::clock;

/// How far an upload has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Others are compiled before it.
    Waiting,
    Compiling,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// SHA-256 of the bundle in hexadecimal digits.
    pub digest: String,
    pub connector: String,
    pub step: Step,
    /// Since when it is at this step.
    pub since: Timestamp,
}

#[derive(Default)]
pub struct Uploads(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    /// In the order in which they came; the same bundle may be there twice.
    under_way: BTreeMap<u64, Upload>,
    count: u64,
}

impl Uploads {
    /// An upload is under way until what is returned is dropped.
    pub(super) fn begin(&self, digest: &str, connector: &str) -> UnderWay<'_> {
        let upload = Upload {
            digest: digest.to_owned(),
            connector: connector.to_owned(),
            step: Step::Waiting,
            since: clock::now(),
        };
        let mut entries = self.entries();
        entries.count += 1;
        let number = entries.count;
        entries.under_way.insert(number, upload);
        UnderWay { uploads: self, number }
    }

    /// The upload of a bundle, the one that has come farthest.
    pub fn find(&self, digest: &str) -> Option<Upload> {
        self.entries()
            .under_way
            .values()
            .filter(|upload| upload.digest == digest)
            .max_by_key(|upload| upload.step)
            .cloned()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct UnderWay<'u> {
    uploads: &'u Uploads,
    number: u64,
}

impl UnderWay<'_> {
    pub(super) fn reaches(&self, step: Step) {
        if let Some(upload) = self.uploads.entries().under_way.get_mut(&self.number) {
            (upload.step, upload.since) = (step, clock::now());
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.uploads.entries().under_way.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_found_while_it_is_under_way_and_of_the_same_bytes_the_one_that_is_farthest() {
        let uploads = Uploads::default();
        let step_of = |digest| uploads.find(digest).map(|upload| upload.step);
        let first = uploads.begin("one", "slack");
        let (second, other) = (uploads.begin("one", "slack"), uploads.begin("two", "github"));
        second.reaches(Step::Compiling);
        assert_eq!((step_of("one"), step_of("two")), (Some(Step::Compiling), Some(Step::Waiting)));
        drop(second);
        assert_eq!(step_of("one"), Some(Step::Waiting));
        drop((first, other));
        assert_eq!((step_of("one"), step_of("two")), (None, None));
    }
}
