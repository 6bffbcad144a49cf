#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tower_redirect_fuzz::convert(data));
