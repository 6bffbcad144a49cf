//! An example as a program, beside the folder of the test that runs it.

use std::path::PathBuf;

/// Where it is; where it is not built, nothing is tested, and that is said.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    let folder = test.parent()?.parent()?;
    let path = folder
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.is_file() {
        println!(
            "skipped: {} is not built; run `cargo build --example {name}`",
            path.display()
        );
        return None;
    }
    Some(path)
}
