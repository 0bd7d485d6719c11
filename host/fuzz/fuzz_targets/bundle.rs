//! See `patchbay_fuzz::bundle`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = patchbay_fuzz::bundle(bytes);
});
