//! How the file of a set is changed.

use std::{
    fmt,
    fs::{self, File},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::version::Versions;

/// One way to change a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Written,
    Renamed,
    Linked,
    Invalid,
    CutOff,
    Emptied,
    Deleted,
    LinkedToInvalid,
    LinkedToNothing,
}

/// What is reported of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Good,
    /// A refusal whose reason has this in it.
    Bad(&'static str),
    Lost,
}

impl Kind {
    pub(crate) fn expected(self) -> Expected {
        match self {
            Self::Written | Self::Renamed | Self::Linked => Expected::Good,
            Self::Invalid | Self::LinkedToInvalid => Expected::Bad("isn't a target"),
            Self::CutOff => Expected::Bad("has no target"),
            Self::Emptied => Expected::Bad("the file is empty"),
            Self::Deleted | Self::LinkedToNothing => Expected::Lost,
        }
    }

    pub(crate) fn is_good(self) -> bool {
        self.expected() == Expected::Good
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Written => "written in place",
            Self::Renamed => "renamed over",
            Self::Linked => "link swapped",
            Self::Invalid => "invalid, renamed over",
            Self::CutOff => "cut off",
            Self::Emptied => "emptied",
            Self::Deleted => "deleted",
            Self::LinkedToInvalid => "link swapped to an invalid one",
            Self::LinkedToNothing => "link swapped to nothing",
        })
    }
}

/// A file of rules, in a folder of its own or in what a ConfigMap looks like.
pub(crate) struct Source {
    folder: PathBuf,
    linked: bool,
}

impl Source {
    /// Puts version 0 there.
    pub(crate) fn new(folder: &Path, linked: bool, versions: &Versions) -> Self {
        fs::create_dir(folder).expect("a folder");
        let source = Self {
            folder: folder.to_owned(),
            linked,
        };
        if linked {
            symlink("..data/_redirects", source.path()).expect("a link");
        }
        let kind = if linked { Kind::Linked } else { Kind::Written };
        source.change(kind, 0, versions);
        source
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("_redirects")
    }

    /// The kind of a change; every fifth is bad.
    pub(crate) fn kind(&self, number: usize) -> Kind {
        let kinds: &[Kind] = match (self.linked, number.is_multiple_of(5)) {
            (true, true) => &[Kind::LinkedToInvalid, Kind::LinkedToNothing],
            (true, false) => &[Kind::Linked],
            (false, true) => &[Kind::Invalid, Kind::CutOff, Kind::Emptied, Kind::Deleted],
            (false, false) => &[Kind::Renamed, Kind::Written, Kind::Renamed],
        };
        let turn = if number.is_multiple_of(5) {
            number / 5
        } else {
            number
        };
        kinds[turn % kinds.len()]
    }

    pub(crate) fn change(&self, kind: Kind, number: usize, versions: &Versions) {
        let good = versions.text(number);
        let invalid = format!("{good}/invalid javascript:alert(1)\n");
        let path = self.path();
        match kind {
            Kind::Written => fs::write(path, good),
            Kind::Renamed => self.rename(&good),
            Kind::Invalid => self.rename(&invalid),
            // In the source of the last rule; the number in the first one is whole.
            Kind::CutOff => fs::write(path, &good[..good.rfind("old").expect("a rule")]),
            Kind::Emptied => File::create(path).map(drop),
            Kind::Deleted => fs::remove_file(path),
            Kind::Linked => self.link(number, Some(&good)),
            Kind::LinkedToInvalid => self.link(number, Some(&invalid)),
            Kind::LinkedToNothing => self.link(number, None),
        }
        .unwrap_or_else(|error| panic!("{kind}: {error}"));
    }

    fn rename(&self, text: &str) -> std::io::Result<()> {
        let beside = self.folder.join("beside");
        fs::write(&beside, text)?;
        fs::rename(beside, self.path())
    }

    /// As Kubernetes does: a new folder, a link beside, the link in its place, the old folder gone.
    fn link(&self, number: usize, text: Option<&str>) -> std::io::Result<()> {
        let name = format!("..{number}");
        if let Some(text) = text {
            let folder = self.folder.join(&name);
            fs::create_dir(&folder)?;
            fs::write(folder.join("_redirects"), text)?;
        }
        let data = self.folder.join("..data");
        let old = fs::read_link(&data);
        let beside = self.folder.join("..data_tmp");
        symlink(name, &beside)?;
        fs::rename(beside, data)?;
        match old {
            Ok(old) if self.folder.join(&old).exists() => fs::remove_dir_all(self.folder.join(old)),
            _ => Ok(()),
        }
    }
}
