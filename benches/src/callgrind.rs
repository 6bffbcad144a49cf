//! Counts instructions: runs this program again under valgrind, and reads what callgrind wrote.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

/// The function that callgrind watches. Each call of it ends a section.
const MARK: &str = "*callgrind*set_mark*";

/// Returns whether valgrind is installed.
pub(crate) fn is_available() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Ends one section and begins the next, in a program that [`between_marks`] runs.
#[inline(never)]
pub(crate) fn set_mark() {
    // The compiler would remove a call without any effect.
    std::hint::black_box(());
}

/// Runs this program with these arguments and returns the instructions of each section.
pub(crate) fn between_marks(arguments: &[&str]) -> io::Result<Vec<u64>> {
    let folder = Folder::new()?;
    let mut child = run(&folder, &[&format!("--dump-before={MARK}")], arguments)?;
    let status = child.wait()?;
    if !status.success() {
        return Err(io::Error::other(format!("valgrind: {status}")));
    }
    (1..)
        .map(|part| folder.path.join(format!("out.{part}")))
        .take_while(|file| file.exists())
        .map(|file| total(&file))
        .collect()
}

/// Runs this program with these arguments and returns the instructions of the whole process.
///
/// `meanwhile` receives the running process and sends it requests.
pub(crate) fn whole_process(
    arguments: &[&str],
    meanwhile: impl FnOnce(&mut Child) -> io::Result<()>,
) -> io::Result<u64> {
    let folder = Folder::new()?;
    let mut child = run(&folder, &[], arguments)?;
    let result = meanwhile(&mut child);
    if result.is_err() {
        child.kill()?;
    }
    let status = child.wait()?;
    result?;
    if !status.success() {
        return Err(io::Error::other(format!("valgrind: {status}")));
    }
    total(&folder.path.join("out"))
}

fn run(folder: &Folder, options: &[&str], arguments: &[&str]) -> io::Result<Child> {
    Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!(
            "--callgrind-out-file={}",
            folder.path.join("out").display()
        ))
        .args(options)
        .arg(env::current_exe()?)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
}

/// Reads the total from a file that callgrind wrote.
fn total(file: &Path) -> io::Result<u64> {
    fs::read_to_string(file)?
        .lines()
        .find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
        .ok_or_else(|| io::Error::other(format!("{} has no totals", file.display())))
}

/// A folder for one run. It is deleted on drop.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> io::Result<Self> {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let run = RUNS.fetch_add(1, Relaxed);
        let path = env::temp_dir().join(format!(
            "tower-redirect-benches-{}-{run}",
            std::process::id()
        ));
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The counts are read already. A folder that stays is harmless.
        let _ = fs::remove_dir_all(&self.path);
    }
}
