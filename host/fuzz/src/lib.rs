//! What fuzzing calls: each function takes any bytes, as a stranger may send them, and returns. It panics only where the
//! server has a mistake. For the targets in `host/fuzz`, and for the runner in `tests.rs` that needs no fuzzer, which the
//! server's tests bring along.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use serde_json::Value;

use patchbay_connector::bundle;
use patchbay_mapping as formulas;
use patchbay_model::{id, routing};
use patchbay_rules::{decode as bodies, retry};
use patchbay_store_sled as store;

const INFLATED_BYTES_MAX: usize = 1 << 20;

const CONTENT_TYPES: &[&str] = &[
    "application/json",
    "application/json; charset=utf-16le",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "text/plain; charset=shift_jis",
    "text/xml",
    "application/octet-stream",
    "",
];

const CONTENT_ENCODINGS: &[&str] = &["", "gzip", "deflate", "br", "zstd", "gzip, br", "identity"];

/// A body. The first two bytes choose how it is labelled; where the first is 255, its headers stand in front of it.
pub fn decode(bytes: &[u8]) {
    let [kind, encoding, body @ ..] = bytes else { return };
    let content_type = CONTENT_TYPES.get(usize::from(*kind) % CONTENT_TYPES.len()).copied();
    let content_encoding = CONTENT_ENCODINGS.get(usize::from(*encoding) % CONTENT_ENCODINGS.len()).copied();
    let header = String::from_utf8_lossy(body.get(..40).unwrap_or_default());
    let content_type = if *kind == 255 { Some(header.as_ref()) } else { content_type };
    let body = Bytes::copy_from_slice(body);
    let decoded = finish(bodies::decode(content_type, content_encoding, &body, INFLATED_BYTES_MAX));
    if let Ok(bodies::Decoded { decoded: Some(text), .. }) = decoded {
        assert!(text.len() <= INFLATED_BYTES_MAX, "{} bytes came out", text.len());
    }
}

/// A bundle. Returns whether it could be read.
pub fn bundle(bytes: &[u8]) -> bool {
    match bundle::read(bytes) {
        Ok(contents) => {
            assert!(contents.component.len() < bytes.len(), "the manifest is left out");
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// A template of a mapping and its variables, as a JSON list of two.
pub fn mapping(bytes: &[u8]) {
    let Ok((template, variables)) = serde_json::from_slice::<(Value, Value)>(bytes) else { return };
    let problems = formulas::check(&template).err().unwrap_or_default();
    assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
    let _ = formulas::evaluate(&template, &variables);
}

/// Text that may be an id.
pub fn type_id(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(id) = id::EventId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert!(id::DeliveryId::parse(text).is_none());
    }
}

/// Parts of a key, with zero bytes between them.
pub fn store_key(bytes: &[u8]) {
    let mut parts: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let tail = parts.pop().unwrap_or_default();
    store::check_key(&parts, tail);
}

/// A selector, and what a destination may ask for.
pub fn selector(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if routing::selector_refusal(&text, 512).is_none() {
        assert!(!text.trim().is_empty() && text.len() <= 512);
    }
    let _ = retry::retry_after(&text, jiff::Timestamp::UNIX_EPOCH);
}

/// Runs what waits for nothing but bytes that are there.
fn finish<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = work.as_mut().poll(&mut context) {
            return result;
        }
    }
}

#[cfg(test)]
mod tests;
