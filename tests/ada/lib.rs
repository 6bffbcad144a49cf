//! What its tests share: `cargo test --release -p tower-redirect-ada`.

#![forbid(unsafe_code)]

pub mod generator;
pub mod oracle;

/// Where the app lives.
pub const SITE: &str = "https://app.example";
