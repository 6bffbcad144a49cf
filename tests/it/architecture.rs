//! The plan of the crate: modules import in one direction, and files stay short.
//!
//! `src/lib.rs` declares the modules in their order. A module may import only modules that are declared
//! before it. The test sees paths that begin with `crate::`, so other paths must not leave a module.

use std::{fs, path::Path};

/// A file may be longer than this only if its first lines say why.
const MAX_LINES: usize = 450;
/// The words with which such a file gives its reason.
const REASON: &str = "This file is long because";

struct Source {
    /// `rules/format/netlify/mod.rs`.
    path: String,
    text: String,
}

#[test]
fn modules_import_only_those_declared_before_them() {
    let sources = sources();
    let order = declared_modules(&sources);
    let mut wrong = Vec::new();
    for source in &sources {
        let Some(own) = order.iter().position(|module| source.is_in(module)) else {
            continue;
        };
        for imported in imported_modules(without_tests(&source.text)) {
            match order.iter().position(|module| *module == imported) {
                Some(at) if at <= own => {}
                Some(_) => wrong.push(format!("{} imports {imported}", source.path)),
                None => wrong.push(format!(
                    "{} imports crate::{imported}; name the module that defines it",
                    source.path
                )),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against the order {order:?}:\n{}",
        wrong.join("\n")
    );
}

/// A path such as `super::rules` in `guard.rs` would hide an import.
#[test]
fn no_path_leaves_its_module_by_super() {
    let mut wrong = Vec::new();
    for source in sources() {
        let code = code(without_tests(&source.text));
        wrong.extend(
            code.lines()
                .filter(|line| leaves_by_super(line, source.depth()))
                .map(|line| format!("{}: {}", source.path, line.trim())),
        );
    }
    assert!(wrong.is_empty(), "write `crate::`:\n{}", wrong.join("\n"));

    assert!(leaves_by_super("use super::rules::Rules;", 1));
    assert!(leaves_by_super("use super::super::rules::Rules;", 2));
    assert!(!leaves_by_super("use super::Rules;", 2));
}

/// The decision half knows nothing of tower, and the mechanism half knows no concrete policy.
#[test]
fn the_two_halves_are_apart() {
    const CONCRETE: [&str; 10] = [
        "Canonical",
        "CanonicalHost",
        "Https",
        "IndexFile",
        "LoginRedirect",
        "LowerCase",
        "MergeSlashes",
        "ReturnTo",
        "Shadow",
        "TrailingSlash",
    ];
    for source in sources() {
        let code = code(without_tests(&source.text));
        let has = |word: &str| words(&code).any(|other| other == word);
        if source.is_in("middleware") {
            for module in ["trust", "rules", "live", "journey"] {
                let imports = imported_modules(&code).any(|other| other == module);
                assert!(!imports, "{} imports {module}", source.path);
            }
            for policy in CONCRETE {
                assert!(!has(policy), "{} names {policy}", source.path);
            }
        } else if !source.is_in("testing") {
            for name in ["tower_layer", "tower_service"] {
                assert!(!has(name), "{} names {name}", source.path);
            }
        }
    }
}

/// `.ci/run` lists packages and features by hand, because each is built by itself.
#[test]
fn ci_checks_every_package_and_feature() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    let script = read(&root.join(".ci/run"));
    let is_listed = |name: &str| {
        script
            .split(|c: char| c.is_whitespace() || "()".contains(c))
            .any(|word| word == name)
    };
    let mut manifests = vec![root.join("benches/Cargo.toml")];
    for folder in ["benches", "examples", "tests"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            manifests.push(entry.unwrap().path().join("Cargo.toml"));
        }
    }
    manifests.retain(|manifest| manifest.is_file());
    assert!(manifests.len() > 10, "{manifests:?}");
    for manifest in manifests {
        let text = read(&manifest);
        let name = text.lines().find_map(|line| line.strip_prefix("name = "));
        let name = name.unwrap().trim_matches('"');
        assert!(is_listed(name), "`.ci/run` doesn't check {name}");
    }
    let manifest = read(&root.join("Cargo.toml"));
    let (_, features) = manifest.split_once("\n[features]\n").unwrap();
    let features = features.lines().take_while(|line| !line.is_empty());
    let names = features.filter_map(|line| Some(line.split_once(" = ")?.0));
    for name in names.filter(|name| !name.starts_with('#') && *name != "default") {
        assert!(
            is_listed(name),
            "`.ci/run` doesn't build the `{name}` feature"
        );
    }
}

#[test]
fn the_order_is_complete_and_is_read() {
    let sources = sources();
    let order = declared_modules(&sources);
    assert_eq!(order.first().map(String::as_str), Some("status"));
    assert_eq!(order.last().map(String::as_str), Some("testing"));
    for source in &sources {
        let is_placed = order.iter().any(|module| source.is_in(module));
        assert!(is_placed || source.path == "lib.rs", "{}", source.path);
    }
    let read = |text: &str| imported_modules(text).collect::<Vec<_>>();
    assert_eq!(read("use crate::rules::{Rule, Rules};"), ["rules"]);
    assert_eq!(
        read("pub(crate) use crate::{\n    guard::{self, Verdict},\n    policy::Policy,\n};"),
        ["guard", "policy"]
    );
    assert_eq!(
        read("let x = crate::location::MAX_LEN; // crate::rules"),
        ["location"]
    );
    assert_eq!(read("/// [`Rules`](crate::rules::Rules)"), [""; 0]);
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests {\n"), "a\n");
}

#[test]
fn no_file_is_long_without_a_reason() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.text.lines().count() > MAX_LINES)
        .filter(|source| {
            !source
                .text
                .lines()
                .take(12)
                .any(|line| line.contains(REASON))
        })
        .map(|source| format!("{}: {} lines", source.path, source.text.lines().count()))
        .collect();
    assert!(
        long.is_empty(),
        "divide these files, or say in their first lines: {REASON} …\n{}",
        long.join("\n")
    );
}

#[test]
fn comments_end_at_column_100() {
    let mut wide = Vec::new();
    for source in sources() {
        for (at, line) in source.text.lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            // A table row or a link can't be wrapped.
            let is_whole = line.contains("| ") || line.contains("](") || line.contains("://");
            if is_comment && !is_whole && line.chars().count() > 100 {
                wide.push(format!("{}:{}", source.path, at + 1));
            }
        }
    }
    assert!(wide.is_empty(), "wrap these comments:\n{}", wide.join("\n"));
}

impl Source {
    /// How many `super` lead from the file to the root: one from `guard.rs` and `rules/mod.rs`.
    fn depth(&self) -> usize {
        let names = self.path.trim_end_matches("/mod.rs").split('/').count();
        if self.path == "lib.rs" { 0 } else { names }
    }

    fn is_in(&self, module: &str) -> bool {
        self.path == format!("{module}.rs") || self.path.starts_with(&format!("{module}/"))
    }
}

/// Every file under `src`.
fn sources() -> Vec<Source> {
    fn visit(folder: &Path, root: &Path, out: &mut Vec<Source>) {
        let mut entries: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                visit(&path, root, out);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let relative = path.strip_prefix(root).unwrap().to_str().unwrap();
                out.push(Source {
                    path: relative.replace('\\', "/"),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    visit(&root, &root, &mut out);
    out
}

/// The modules of the crate, in the order of their declarations.
fn declared_modules(sources: &[Source]) -> Vec<String> {
    let lib = sources
        .iter()
        .find(|source| source.path == "lib.rs")
        .unwrap();
    lib.text
        .lines()
        .filter_map(|line| {
            let line = line.strip_prefix("pub ").unwrap_or(line);
            Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
        })
        .collect()
}

/// The modules that the code names as `crate::…`, in `use` lines and elsewhere.
fn imported_modules(text: &str) -> impl Iterator<Item = String> {
    let code = code(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate` and `my_crate` are something else.
        if code[..at].ends_with(|c: char| c == '$' || c == '_' || c.is_alphanumeric()) {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(first_name(rest)),
            Some(list) => found.extend(first_names(list)),
        }
    }
    found.into_iter()
}

/// The text without comments and without the strings of `doc` attributes.
fn code(text: &str) -> String {
    text.lines()
        .filter(|line| {
            !line
                .trim_start()
                .trim_start_matches("#[")
                .starts_with("doc = ")
        })
        .map(|line| line.split("//").next().unwrap_or_default())
        .fold(String::new(), |code, line| code + line + "\n")
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

/// Whether a line of a file at this depth has enough `super` in a row to reach the root.
fn leaves_by_super(line: &str, depth: usize) -> bool {
    depth > 0 && line.contains(&"super::".repeat(depth))
}

fn first_name(path: &str) -> String {
    path.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The first name of each path of a list, up to the brace that closes the list.
fn first_names(list: &str) -> Vec<String> {
    let (mut depth, mut names, mut is_start) = (0, Vec::new(), true);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_start = true,
            _ if is_start && !c.is_whitespace() => {
                names.push(first_name(&list[at..]));
                is_start = false;
            }
            _ => {}
        }
    }
    names
}

/// Unit tests may import everything.
fn without_tests(text: &str) -> &str {
    let end = text.match_indices("#[cfg(").find(|(at, _)| {
        text[*at..]
            .lines()
            .nth(1)
            .is_some_and(|line| line == "mod tests {")
    });
    end.map_or(text, |(at, _)| &text[..at])
}
