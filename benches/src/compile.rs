//! The compile cost of a dependency: crates and CPU seconds.

use std::{
    collections::HashSet,
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::table::{Table, number, ratio};

/// How often each dependency is built. The fastest build counts.
const ROUNDS: usize = 3;

/// The clock ticks per second in `/proc`, on every Linux architecture with Rust tier 1 host tools.
const TICKS: f64 = 100.0;

/// Prints the table.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    println!(
        "\n## Clean build of an empty library with one dependency, default features\n\n\
         cargo build -j1, debug, least of {ROUNDS}; CPU seconds, user and system.\n"
    );
    let this_crate = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let subjects = [
        ("tower-redirect", format!("{{ path = {this_crate:?} }}")),
        ("tower-http", "\"0.7\"".to_owned()),
        ("axum", "\"0.8\"".to_owned()),
    ];
    let folder =
        Folder(env::temp_dir().join(format!("tower-redirect-compile-{}", std::process::id())));
    let mut measured = Vec::new();
    for (name, source) in &subjects {
        let project = folder.0.join(name);
        fs::create_dir_all(project.join("src"))?;
        fs::write(project.join("src/lib.rs"), "")?;
        fs::write(
            project.join("Cargo.toml"),
            format!(
                "[workspace]\n[package]\nname = \"empty\"\nedition = \"2024\"\n\
                 [dependencies]\n{name} = {source}\n"
            ),
        )?;
        cargo(&project, &["fetch", "--quiet"])?;
        let tree = ["tree", "--offline", "--edges=normal,build", "--prefix=none"];
        let tree = cargo(&project, &[&tree[..], &["--no-dedupe"]].concat())?;
        let crates: HashSet<&str> = tree.lines().skip(1).collect();
        measured.push((*name, crates.len() as f64, f64::INFINITY, project));
    }
    for _ in 0..ROUNDS {
        for (_, _, least, project) in &mut measured {
            let target = project.join("target");
            if target.exists() {
                fs::remove_dir_all(target)?;
            }
            let before = seconds_of_children()?;
            cargo(project, &["build", "--offline", "--quiet", "-j1"])?;
            *least = least.min(seconds_of_children()? - before);
        }
    }
    let ours = measured[0].2;
    let mut table = Table::new(["dependency", "crates", "CPU s", "tower-redirect / row"]);
    for (name, crates, seconds, _) in &measured {
        table.row([
            (*name).to_owned(),
            number(Some(*crates), 0),
            number(Some(*seconds), 2),
            ratio(Some(ours), Some(*seconds)),
        ]);
    }
    print!("{table}");
    Ok(())
}

/// Runs cargo and returns its output.
fn cargo(project: &Path, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .current_dir(project)
        .env("CARGO_TARGET_DIR", project.join("target"))
        // Crates from a registry are never built incrementally either.
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTFLAGS")
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("cargo {arguments:?}: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Returns the CPU time of all child processes that have ended (`cutime` plus `cstime`).
fn seconds_of_children() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is a name in parentheses. It may contain spaces.
    let (_, fields) = stat
        .rsplit_once(") ")
        .ok_or("/proc/self/stat has no name")?;
    let mut fields = fields.split(' ').skip(13);
    let mut ticks = || -> Result<f64, Box<dyn Error>> {
        Ok(fields
            .next()
            .ok_or("/proc/self/stat has too few fields")?
            .parse()?)
    };
    Ok((ticks()? + ticks()?) / TICKS)
}

/// A folder that is deleted on drop.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // The results are printed already. A folder that stays is harmless.
        let _ = fs::remove_dir_all(&self.0);
    }
}
