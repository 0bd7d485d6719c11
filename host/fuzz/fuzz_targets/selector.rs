//! See `patchbay_fuzz::selector`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = patchbay_fuzz::selector(bytes);
});
