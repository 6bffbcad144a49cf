//! The operating system's change events. An event only wakes the watcher thread, which then polls.
//!
//! Events come for folders, so this module finds the folders that can change what the path leads
//! to: the folder of each symbolic link on the way, and the folder of the target. For example, with
//! `current -> releases/2`, the path `/srv/current/rules` needs `/srv` (which holds the link) and
//! `/srv/releases/2` (which holds the file).

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

/// Wakes the watcher thread if something changes in a folder on the way to the target.
pub(super) struct Events {
    wake: SyncSender<()>,
    folders: BTreeSet<Folder>,
    watcher: Option<RecommendedWatcher>,
}

/// A folder, identified by path and inode: a folder that is deleted and created again is another
/// one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Folder {
    path: PathBuf,
    inode: Option<(u64, u64)>,
}

/// The maximum number of links in a walk. Operating systems follow fewer.
const MAX_LINKS: usize = 64;

/// The maximum number of components in a walk, including those of links. Polling still covers
/// longer paths.
const MAX_COMPONENTS: usize = 1024;

impl Events {
    pub(super) const fn new(wake: SyncSender<()>) -> Self {
        Self {
            wake,
            folders: BTreeSet::new(),
            watcher: None,
        }
    }

    /// Listens to the folders that the path currently leads through.
    ///
    /// Listen first and poll afterwards: then no change falls between the two.
    pub(super) fn listen(&mut self, path: &Path) {
        let folders = PathWalk::new(path).folders();
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
                "no change events from the system, the watch only polls"
            );
        }
        self.watcher = watcher.ok();
        self.folders = folders;
    }

    fn watcher(&self, folders: &BTreeSet<Folder>) -> notify::Result<RecommendedWatcher> {
        let wake = self.wake.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Opening or reading a file isn't a change, and the watch itself does both.
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
    fn at(path: &Path) -> Option<Self> {
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

/// Follows a path component by component, as the operating system does.
struct PathWalk {
    /// The position; it contains no link.
    position: PathBuf,
    /// The components ahead, the last one first.
    ahead: Vec<OsString>,
    links: usize,
    components: usize,
}

impl PathWalk {
    fn new(path: &Path) -> Self {
        let mut walk = Self {
            position: PathBuf::new(),
            ahead: Vec::new(),
            links: 0,
            components: 0,
        };
        walk.follow(path);
        walk
    }

    /// Continues from the position along a path, which may be absolute.
    fn follow(&mut self, path: &Path) {
        let is_root = |component: &Component<'_>| {
            matches!(component, Component::Prefix(_) | Component::RootDir)
        };
        let root: PathBuf = path.components().take_while(is_root).collect();
        if root.has_root() {
            self.position.push(root);
        }
        let components = path.components().filter(|component| !is_root(component));
        self.ahead.extend(
            components
                .rev()
                .map(|component| component.as_os_str().to_owned()),
        );
    }

    /// Walks to the end. Returns the folder of each link and of the target, and the target if it is
    /// a folder itself. If a component is missing, the last existing folder takes the place of the
    /// target's.
    fn folders(&mut self) -> BTreeSet<Folder> {
        let mut found = BTreeSet::new();
        while let Some(component) = self.ahead.pop() {
            self.components += 1;
            if self.components > MAX_COMPONENTS {
                return found;
            }
            match component.to_str() {
                Some(".") => continue,
                Some("..") => {
                    self.position.pop();
                    continue;
                }
                _ => {}
            }
            let next = self.position.join(component);
            let Ok(metadata) = fs::symlink_metadata(&next) else {
                found.extend(Folder::at(&self.position));
                return found;
            };
            if !metadata.is_symlink() {
                self.position = next;
                continue;
            }
            found.extend(Folder::at(&self.position));
            self.links += 1;
            match fs::read_link(&next) {
                Ok(target) if self.links <= MAX_LINKS => self.follow(&target),
                _ => return found,
            }
        }
        found.extend(self.position.parent().and_then(Folder::at));
        found.extend(Folder::at(&self.position));
        found
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink, path::PathBuf};

    use super::{Folder, MAX_COMPONENTS, MAX_LINKS, PathWalk};

    /// Returns a folder and its path without links.
    fn temporary() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    fn found(walk: &mut PathWalk) -> Vec<PathBuf> {
        let folders = walk.folders();
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
        assert_eq!(found(&mut PathWalk::new(&path.join("rules"))), folders);
        // The file is missing: the last existing folder.
        assert_eq!(found(&mut PathWalk::new(&path.join("none/rules"))), folders);
        // The target is a folder: itself and its parent.
        folders.push(at);
        folders.sort();
        assert_eq!(found(&mut PathWalk::new(&path)), folders);
    }

    #[test]
    fn endless_links_end_the_walk() {
        let (_folder, at) = temporary();
        // Each leads to the next one twice.
        for number in 0..100 {
            let next = number + 1;
            symlink(format!("{next}/../{next}/."), at.join(number.to_string())).unwrap();
        }
        symlink(".", at.join("100")).unwrap();
        symlink("loop/x", at.join("loop")).unwrap();
        fs::create_dir(at.join("folder")).unwrap();
        symlink(format!("{}long", "folder/../".repeat(400)), at.join("long")).unwrap();
        for name in ["0", "loop", "long"] {
            let mut walk = PathWalk::new(&at.join(name));
            assert_eq!(found(&mut walk), [&*at], "{name}");
            assert!(walk.links <= MAX_LINKS + 1, "{name}: {} links", walk.links);
            assert!(
                walk.components <= MAX_COMPONENTS + 1,
                "{name}: {} components",
                walk.components
            );
        }
    }
}
