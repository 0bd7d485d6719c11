//! See `patchbay::fuzz::store_key`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = patchbay::fuzz::store_key(bytes);
});
