//! The program: what it prints, and how it ends.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_example-check");

/// A file that is gone when the test is.
struct File(PathBuf);

impl File {
    fn new(text: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tower-redirect-check-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn check(format: &str, text: &str, more: &[&str]) -> Output {
    let file = File::new(text);
    let mut command = Command::new(PROGRAM);
    command.arg("--format").arg(format).arg(&file.0).args(more);
    command.output().unwrap()
}

/// What was printed, and the number it ended with.
fn told(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.code(),
    )
}

#[test]
fn it_ends_with_1_on_errors_alone() {
    for (format, text, code, part, summary) in [
        ("netlify", "/a /b\n", 0, "", "1 rule active"),
        (
            "netlify",
            "/a /b 200\n",
            0,
            "warning: status 200",
            "1 rule active",
        ),
        (
            "netlify",
            "/a /b\n/b /c\n",
            0,
            "1 | /a /b\n  | ^^^^^\n",
            "2 rules active",
        ),
        (
            "netlify",
            "/a /b\n/c /d 301 Role=admin\n",
            0,
            "warning: ",
            "1 rule active, 1 line skipped",
        ),
        (
            "netlify",
            "/c /d 301 Role=admin\n",
            1,
            "error: every line is skipped",
            "0 rules active, 1 line skipped",
        ),
        (
            "netlify",
            "/a\n",
            1,
            "error: the source `/a` has no target",
            "0 rules active, 1 line skipped",
        ),
        (
            "netlify",
            "/a /b 301!\n/b /a 301!\n",
            1,
            "error: ",
            "1 rule active, 1 line skipped",
        ),
        (
            "cloudflare",
            "/a http://b.example/\n",
            1,
            "error: Cloudflare doesn't redirect to `http://`",
            "0 rules active, 1 line skipped",
        ),
        ("vercel", "{", 1, "error: invalid JSON", "0 rules active"),
    ] {
        let output = check(format, text, &[]);
        let (out, err, ended) = told(&output);
        assert_eq!(ended, Some(code), "{text}: {out}{err}");
        assert!(out.contains(part), "{text}: {out}");
        assert_eq!(out.is_empty(), part.is_empty(), "{text}: {out}");
        let end = match part.is_empty() {
            true => format!(": {summary}, no problems found\n"),
            false => format!(": {summary}\n"),
        };
        assert!(err.ends_with(&end), "{text}: {err}");
    }
}

#[test]
fn it_explains_an_address() {
    for (format, text, address, parts) in [
        ("netlify", "/a/:x /b/:x\n", "/a/1?q", ["/b/1?q", "line 1"]),
        (
            "bulk-csv",
            "old.example/a,https://new.example/b\nother.example/a,https://new.example/c\n",
            "https://user@old.example:8443/a",
            ["https://new.example/b", "line 1"],
        ),
        (
            "netlify",
            "http://old.example/a /b 301!\nhttps://old.example/a /c 301!\n",
            "https://old.example/a",
            ["/c", "line 2"],
        ),
        ("netlify", "/a /b\n", "https://old.example", ["no rule", ""]),
    ] {
        let output = check(format, text, &["--explain", address]);
        let (out, err, ended) = told(&output);
        assert_eq!((ended, &*err), (Some(0), ""), "{out}");
        for part in parts {
            assert!(out.contains(part), "{address}: {out}");
        }
    }
}

#[test]
fn it_flattens_a_file() {
    let text = "# moved\n/a  /b  # first\n/b  /c  302!\n";
    let output = check("netlify", text, &["--flatten"]);
    let (out, err, ended) = told(&output);
    assert_eq!(out, "# moved\n/a  /c 302  # first\n/b  /c  302!\n");
    assert_eq!(
        err,
        "line 2: /b (301 Moved Permanently) becomes /c (302 Found), via line 3\n"
    );
    assert_eq!(ended, Some(0));

    let text = "source,destination,permanent\n/a,/b,t\n/b,/c\n";
    let output = check("vercel-bulk", text, &["--flatten"]);
    let (out, err, ended) = told(&output);
    assert_eq!((&*out, ended), (text, Some(0)));
    assert!(
        err.ends_with(
            "not written, because the file has no column `statusCode` for the new status\nno changes\n"
        ),
        "{err}"
    );
}

#[test]
fn it_says_what_it_cannot_do() {
    let output = check("iis", "", &[]);
    let (_, err, ended) = told(&output);
    assert_eq!(ended, Some(2));
    assert!(err.contains("unknown format `iis`; use one of "), "{err}");

    let mut command = Command::new(PROGRAM);
    let output = command
        .args(["--format", "netlify", "no/such/file"])
        .output()
        .unwrap();
    let (_, err, ended) = told(&output);
    assert_eq!(ended, Some(1));
    assert!(err.starts_with("error: no/such/file: "), "{err}");
}

#[test]
fn with_strict_it_ends_with_1_on_warnings() {
    for (text, code) in [
        ("/a /b\n", 0),
        ("/a/:x /b\n", 0),
        ("/a /b\n/b /c\n", 1),
        ("/a /b 200\n", 1),
        ("/a\n", 1),
    ] {
        let output = check("netlify", text, &["--strict"]);
        assert_eq!(told(&output).2, Some(code), "{text}");
    }
}

#[test]
fn redirects_to_named_hosts_are_checked() {
    let file = "/* https://example.com/blog/:splat 301!\n";
    let output = check("netlify", file, &["--strict"]);
    let (said, _, code) = told(&output);
    assert!(
        said.contains("`example.com` isn't known as a host of this site"),
        "{said}"
    );
    assert_eq!(code, Some(0));

    let output = check("netlify", file, &["--strict", "--host", "example.com"]);
    let (said, _, code) = told(&output);
    assert!(said.contains("endless redirect"), "{said}");
    assert_eq!(code, Some(1));

    let output = check("netlify", file, &["--strict", "--host", "example.org"]);
    assert_eq!(told(&output).2, Some(0));
    let output = check("netlify", file, &["--host", "https://example.com"]);
    assert_eq!(told(&output).2, Some(1));
}

#[test]
fn the_sample_of_serve_has_no_warning() {
    let sample = include_str!("../../serve/_redirects");
    let output = check("netlify", sample, &["--strict"]);
    let (out, err, ended) = told(&output);
    assert_eq!((&*out, ended), ("", Some(0)), "{err}");
    assert!(
        err.ends_with(": 6 rules active, no problems found\n"),
        "{err}"
    );
}

#[test]
fn it_says_what_is_wrong_and_what_stays_beside_what_was_asked_for() {
    let text = "/a /b\n/b /c\n /c /a # back\n/d\n";
    let output = check("netlify", text, &["--flatten"]);
    let (out, err, ended) = told(&output);
    assert_eq!((&*out, ended), (text, Some(1)));
    for part in [
        "line 3 stays the same, because line 3 may be part of a loop\nno changes\n",
        "4 | /d\n  | ^^\n",
        ": 3 rules active, 1 line skipped\n",
        "error: the source `/d` has no target\n",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }

    let output = check("netlify", text, &["--explain", "https://www.a.example/b"]);
    let (out, err, _) = told(&output);
    assert_eq!(
        out,
        "GET https://www.a.example/b\nrule 1 (line 2): /b -> /c (301 Moved Permanently): matches, if the \
         app responds with 404\n"
    );
    assert!(
        err.contains("error: the source `/d` has no target\n"),
        "{err}"
    );

    let output = check("netlify", text, &["--explain", "a.example/b"]);
    let (_, err, ended) = told(&output);
    assert_eq!(ended, Some(2));
    assert!(
        err.contains("start it with `https://`, or with `/` for a path alone"),
        "{err}"
    );
}

#[test]
fn two_files_are_compared() {
    let old = File::new("/a /b 301\n/c /d 301\n");
    let older = old.0.to_str().unwrap();
    for (new, expected, ended) in [
        ("/c /d 301\n/a /b 301\n", "", 0),
        (
            "/a /b 302\n/e /f 301\n",
            "~ line 1: /a -> /b (301 Moved Permanently) becomes /b (302 Found)\n\
             - line 2: /c -> /d (301 Moved Permanently)\n\
             + line 2: /e -> /f (301 Moved Permanently)\n",
            1,
        ),
    ] {
        let output = check("netlify", new, &["--diff", older]);
        let (out, errors, status) = told(&output);
        let names = |out: &str| {
            let mut lines = out.lines();
            let is_old = lines.next() == Some(&format!("--- {older}"));
            is_old && lines.next().is_some_and(|line| line.starts_with("+++ "))
        };
        let differs = !expected.is_empty();
        assert_eq!(names(&out), differs, "{out}");
        assert_eq!(out == "no difference\n", !differs, "{out}");
        let found: Vec<_> = out.split_inclusive('\n').skip(2).collect();
        assert_eq!(
            (&*found.concat(), &*errors, status),
            (expected, "", Some(ended))
        );
    }
    let output = check(
        "netlify",
        "/a /b 301\n/c /d 301\n/x http://[ 301\n",
        &["--diff", older],
    );
    let (out, errors, ended) = told(&output);
    // Nothing is compared.
    assert_eq!((&*out, ended), ("", Some(2)));
    assert!(errors.contains("error"), "{errors}");
}
