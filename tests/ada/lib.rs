//! What its tests share: `cargo test --release --manifest-path tests/ada/Cargo.toml`.

#![forbid(unsafe_code)]

pub mod generator;
pub mod oracle;

/// Where the app lives.
pub const SITE: &str = "https://app.example";
