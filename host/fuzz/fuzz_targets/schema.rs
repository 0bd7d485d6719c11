//! See `patchbay_fuzz::fuzz::schema`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = patchbay_fuzz::fuzz::schema(bytes);
});
