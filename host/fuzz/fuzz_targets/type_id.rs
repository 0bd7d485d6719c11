//! See `patchbay_fuzz::type_id`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = patchbay_fuzz::type_id(bytes);
});
