//! The system's word that something has changed; no more than a reason to look.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::{self, Metadata},
    path::{Component, Path, PathBuf},
    sync::mpsc::SyncSender,
};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

#[cfg(feature = "tracing")]
use crate::observe::escaped::Escaped;

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

/// More parts than a path has, those of its links counted too. What lies behind them is found by looking.
const MOST_PARTS: usize = 1024;

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
        let folders = Way::new(path).folders();
        if folders == self.folders {
            return;
        }
        let watcher = self.watcher(&folders);
        #[cfg(feature = "tracing")]
        if let Err(error) = &watcher {
            tracing::debug!(
                target: "tower_redirect",
                path = %Escaped(path.display()),
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
    fn there(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok().filter(Metadata::is_dir)?;
        #[cfg(unix)]
        let inode = {
            use std::os::unix::fs::MetadataExt;
            Some((metadata.dev(), metadata.ino()))
        };
        #[cfg(not(unix))]
        let inode = None;
        let path = path.to_owned();
        Some(Self { path, inode })
    }
}

/// A path that is followed part by part, as the system does.
struct Way {
    /// Where it has come to; no link is in it.
    at: PathBuf,
    /// What is to be followed yet, the last part first.
    rest: Vec<OsString>,
    links: usize,
    parts: usize,
}

impl Way {
    fn new(path: &Path) -> Self {
        let mut way = Self {
            at: PathBuf::new(),
            rest: Vec::new(),
            links: 0,
            parts: 0,
        };
        way.turn(path);
        way
    }

    /// Goes on from here by a path.
    fn turn(&mut self, path: &Path) {
        let is_root =
            |part: &Component<'_>| matches!(part, Component::Prefix(_) | Component::RootDir);
        let root: PathBuf = path.components().take_while(is_root).collect();
        if root.has_root() {
            self.at.push(root);
        }
        let parts = path.components().filter(|part| !is_root(part)).rev();
        self.rest
            .extend(parts.map(|part| part.as_os_str().to_owned()));
    }

    /// The folders of each link on the way, and of what it leads to; a folder itself, too. Where something
    /// is missing, the last one that is there.
    fn folders(&mut self) -> BTreeSet<Folder> {
        let mut found = BTreeSet::new();
        while let Some(part) = self.rest.pop() {
            self.parts += 1;
            if self.parts > MOST_PARTS {
                return found;
            }
            match part.to_str() {
                Some(".") => continue,
                Some("..") => {
                    self.at.pop();
                    continue;
                }
                _ => {}
            }
            let next = self.at.join(part);
            let Ok(metadata) = fs::symlink_metadata(&next) else {
                found.extend(Folder::there(&self.at));
                return found;
            };
            if !metadata.is_symlink() {
                self.at = next;
                continue;
            }
            found.extend(Folder::there(&self.at));
            self.links += 1;
            match fs::read_link(&next) {
                Ok(target) if self.links <= MOST_LINKS => self.turn(&target),
                _ => return found,
            }
        }
        found.extend(self.at.parent().and_then(Folder::there));
        found.extend(Folder::there(&self.at));
        found
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink, path::PathBuf};

    use super::{Folder, MOST_LINKS, MOST_PARTS, Way};

    /// A folder, by its path without links.
    fn temporary() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    fn found(way: &mut Way) -> Vec<PathBuf> {
        let folders = way.folders();
        folders
            .into_iter()
            .map(|Folder { path, .. }| path)
            .collect()
    }

    #[test]
    fn every_link_on_the_way_is_found() {
        let (_folder, at) = temporary();
        let mut path = at.join("0");
        let mut folders = vec![];
        for number in 0..12 {
            let folder = at.join(number.to_string());
            fs::create_dir(&folder).unwrap();
            symlink(format!("../{}", number + 1), folder.join("next")).unwrap();
            path.push("next");
            folders.push(folder);
        }
        let last = at.join("12");
        fs::create_dir(&last).unwrap();
        fs::write(last.join("rules"), "").unwrap();
        folders.push(last);
        folders.sort();
        assert_eq!(found(&mut Way::new(&path.join("rules"))), folders);
        // What is not there is looked for in the last folder that is.
        assert_eq!(found(&mut Way::new(&path.join("none/rules"))), folders);
        // A folder itself, and the one that it is in.
        folders.push(at);
        folders.sort();
        assert_eq!(found(&mut Way::new(&path)), folders);
    }

    #[test]
    fn odd_links_are_followed_for_a_while() {
        let (_folder, at) = temporary();
        // Each leads to the next one twice.
        for number in 0..100 {
            let next = number + 1;
            symlink(format!("{next}/../{next}/."), at.join(number.to_string())).unwrap();
        }
        symlink(".", at.join("100")).unwrap();
        symlink("circle/x", at.join("circle")).unwrap();
        fs::create_dir(at.join("folder")).unwrap();
        symlink(format!("{}long", "folder/../".repeat(400)), at.join("long")).unwrap();
        for name in ["0", "circle", "long"] {
            let mut way = Way::new(&at.join(name));
            assert_eq!(found(&mut way), [&*at], "{name}");
            assert!(way.links <= MOST_LINKS + 1, "{name}: {} links", way.links);
            assert!(way.parts <= MOST_PARTS + 1, "{name}: {} parts", way.parts);
        }
    }
}
