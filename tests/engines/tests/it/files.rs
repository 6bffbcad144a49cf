//! Rule files and what is requested: generated ones, and those in `files/`, as sites have them.
//!
//! A file there ends with a line `--- requests`, and one request a line.

use std::{fs, path::Path};

use tower_redirect::rules::Rules;

use crate::answer::{Answer, Request};

/// A rule file in pieces, so that a failure can show the fewest that still differ.
#[derive(Clone)]
pub struct File {
    before: String,
    pub entries: Vec<String>,
    between: &'static str,
    after: &'static str,
    /// Entries with a lower rank come first, and the entries of a rank in their order.
    pub rank: fn(&str) -> u8,
}

impl File {
    pub fn text(&self) -> String {
        format!(
            "{}{}{}",
            self.before,
            self.entries.join(self.between),
            self.after
        )
    }

    /// The lines of a file.
    pub fn lines(text: &str) -> Self {
        let entries = text.lines().map(str::to_owned).collect();
        Self {
            before: String::new(),
            entries,
            between: "
",
            after: "",
            rank: |_| 0,
        }
    }

    /// Entries of one or more lines.
    pub fn blocks(entries: Vec<String>) -> Self {
        Self {
            entries,
            ..Self::lines("")
        }
    }

    /// The entries of a `netlify.toml`, each with a comment `#: ` that has the same as a line of `_redirects`.
    pub fn toml(entries: Vec<String>) -> Self {
        Self {
            entries,
            after: "
",
            ..Self::lines("")
        }
    }

    /// The redirects of a `vercel.json`.
    pub fn json(entries: Vec<String>) -> Self {
        let before = "{ \"redirects\": [
"
        .to_owned();
        Self {
            before,
            entries,
            between: ",
",
            after: "
] }",
            rank: |_| 0,
        }
    }

    /// The list that Next.js reads.
    pub fn list(entries: Vec<String>) -> Self {
        Self {
            before: "[
"
            .to_owned(),
            after: "
]",
            ..Self::json(entries)
        }
    }

    /// A map, which sets `$new`. Plain keys come first, then hosts, then regexes.
    pub fn map(text: &str) -> Self {
        let rank = |entry: &str| match entry.trim_start_matches('"') {
            entry if entry.starts_with("default") => 3,
            entry if entry.starts_with('~') => 2,
            entry if entry.starts_with(['*', '.']) || entry.contains(".* ") => 1,
            _ => 0,
        };
        let (head, rest) = text
            .split_once(
                " $new {
",
            )
            .expect("a map of `$new`");
        let entries = rest
            .strip_suffix(
                "
}",
            )
            .expect("the end of a map");
        let entries = entries.lines().map(str::to_owned).collect();
        Self {
            before: format!(
                "{head} $new {{
"
            ),
            entries,
            between: "
",
            after: "
}",
            rank,
        }
    }

    /// The entry on a line, from 1.
    pub fn entry_on(&self, line: usize) -> Option<usize> {
        let mut last = self.before.lines().count();
        let is_on = |entry: &String| {
            last += entry.lines().count().max(1);
            line <= last
        };
        let is_before = line <= self.before.lines().count();
        let index = self.entries.iter().position(is_on).filter(|_| !is_before);
        index.map(|index| index + 1)
    }

    pub fn ours(&self, rules: &Rules, request: &Request) -> Answer {
        let mut answer = Answer::of(rules, request);
        answer.rule = answer.rule.and_then(|line| self.entry_on(line));
        answer
    }
}

/// A file and what is requested.
pub struct Sample {
    pub name: String,
    pub file: File,
    pub requests: Vec<Request>,
}

/// The files of a format, by the end of their names.
pub fn read(extension: &str, file: fn(&str) -> File) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("files");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    assert!(!paths.is_empty(), "no file ends with .{extension}");
    paths.iter().map(|path| read_file(path, file)).collect()
}

fn read_file(path: &Path, file: fn(&str) -> File) -> Sample {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let (text, requests) = text
        .split_once("\n--- requests\n")
        .unwrap_or_else(|| panic!("{name} has no requests"));
    let requests: Vec<_> = requests
        .lines()
        .filter(|line| !line.is_empty())
        .map(Request::parse)
        .collect();
    assert!(requests.len() > 2, "{name} has few requests");
    Sample {
        name,
        file: file(text),
        requests,
    }
}
