//! The system's word that something has changed; no more than a reason to look.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::mpsc::SyncSender,
};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Wakes the thread where something happens in a folder on the way to what is watched.
pub(super) struct Events {
    wake: SyncSender<()>,
    folders: BTreeSet<Folder>,
    watcher: Option<RecommendedWatcher>,
}

/// A folder; another one of the same name is another.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Folder {
    path: PathBuf,
    inode: Option<(u64, u64)>,
}

/// More links than a system follows.
const MOST_LINKS: usize = 64;

impl Events {
    pub(super) const fn new(wake: SyncSender<()>) -> Self {
        Self {
            wake,
            folders: BTreeSet::new(),
            watcher: None,
        }
    }

    /// Listens where the path leads through now. Whoever looks afterwards misses nothing.
    pub(super) fn listen(&mut self, path: &Path) {
        let folders = folders(path);
        if folders == self.folders {
            return;
        }
        let watcher = self.watcher(&folders);
        #[cfg(feature = "tracing")]
        if let Err(error) = &watcher {
            tracing::debug!(
                path = %path.display(),
                %error,
                "the system tells of no changes here; they are found by looking"
            );
        }
        self.watcher = watcher.ok();
        self.folders = folders;
    }

    fn watcher(&self, folders: &BTreeSet<Folder>) -> notify::Result<RecommendedWatcher> {
        let wake = self.wake.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // That a file was opened or read is no change; we are among those who do.
            if event.map_or(true, |event| !event.kind.is_access()) {
                let _ = wake.try_send(());
            }
        })?;
        for folder in folders {
            watcher.watch(&folder.path, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    }
}

impl Folder {
    /// The folder, or the nearest one above that is there.
    fn nearest(path: &Path) -> Option<Self> {
        path.ancestors().find_map(|path| Self::there(path).ok())
    }

    fn there(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        let metadata = fs::metadata(&path)?;
        if !metadata.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        #[cfg(unix)]
        let inode = {
            use std::os::unix::fs::MetadataExt;
            Some((metadata.dev(), metadata.ino()))
        };
        #[cfg(not(unix))]
        let inode = None;
        Ok(Self { path, inode })
    }
}

/// The folders of the path, of each link on the way, and of what it leads to; a folder itself, too.
fn folders(path: &Path) -> BTreeSet<Folder> {
    let mut found = BTreeSet::new();
    found.extend(Folder::there(path));
    let mut links = 0;
    let mut ways = vec![path.to_owned()];
    while let Some(way) = ways.pop() {
        found.extend(way.parent().and_then(Folder::nearest));
        for link in way.ancestors() {
            let (Some(parent), Ok(target)) = (link.parent(), fs::read_link(link)) else {
                continue;
            };
            found.extend(Folder::nearest(parent));
            links += 1;
            if links <= MOST_LINKS {
                let rest = way.strip_prefix(link).unwrap_or(Path::new(""));
                ways.push(
                    parent
                        .join(target)
                        .components()
                        .chain(rest.components())
                        .collect(),
                );
            }
        }
    }
    found
}
