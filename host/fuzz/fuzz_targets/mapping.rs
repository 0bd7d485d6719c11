//! See `patchbay_fuzz::mapping`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = patchbay_fuzz::mapping(bytes);
});
