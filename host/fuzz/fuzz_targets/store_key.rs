//! See `patchbay_fuzz::store_key`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = patchbay_fuzz::store_key(bytes);
});
