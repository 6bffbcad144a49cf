//! Nothing but its tests: `cargo test --release --manifest-path tests/ada/Cargo.toml`.
