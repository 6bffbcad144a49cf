//! Paths below `/.well-known/`: the steps on paths skip them, the scheme and the host are still corrected (R12).

use super::*;

/// Files that clients ask for byte for byte, and some of which they ask for without following redirects.
const FILES: [&str; 9] = [
    "/.well-known/a%25B",
    "/.well-known/apple-app-site-association",
    "/.well-known/assetlinks.json",
    "/.well-known/security.txt",
    "/.well-known/pki-validation/0123ABCDEF.txt",
    "/.well-known/openid-configuration/Tenant/",
    "/.well-known/matrix//Server",
    "/.well-known/index.html",
    "/.well-known/",
];

/// Paths that only look so, with their canonical form by `all_steps`.
const OTHERS: [(&str, &str); 12] = [
    ("/.WELL-KNOWN/A/", "/.well-known/a"),
    ("/.Well-Known/A", "/.well-known/a"),
    ("//.well-known/A/", "/.well-known/a"),
    ("/.well-known%2fX/", "/.well-known%2Fx"),
    ("/%2ewell-known/X/", "/%2Ewell-known/x"),
    ("/.well-known/a%2FB", "/.well-known/a%2Fb"),
    ("/.well-known/a%2eB", "/.well-known/a%2Eb"),
    ("/.well-known/a%5CB", "/.well-known/a%5Cb"),
    ("/.well-known/a\\B", "/.well-known/a%5Cb"),
    ("/.well-known", "/.well-known"),
    ("/.well-knownX/", "/.well-knownx"),
    ("/a/.well-known/B/", "/a/.well-known/b"),
];

fn all_steps<H>(start: Canonical<H>) -> Canonical<H> {
    start
        .trim_trailing_slash()
        .merge_slashes()
        .lower_case()
        .index_file(IndexFile::new(["index.html"]).unwrap())
}

#[test]
fn r12_steps_on_paths_skip_well_known_files() {
    let index = IndexFile::new(["index.html"]).unwrap();
    let steps: [&dyn Policy<Target = Location>; 6] = [
        &TrailingSlash::Trim,
        &TrailingSlash::Append,
        &TrailingSlash::AppendToFolders,
        &MergeSlashes,
        &LowerCase,
        &index,
    ];
    for file in FILES {
        for step in steps {
            testing::get(file).through(&step).assert_pass();
            testing::get(&format!("{file}?A=//b/"))
                .through(&step)
                .assert_pass();
        }
        for canonical in paths(Canonical::any_host) {
            testing::get(file).through(&canonical).assert_pass();
        }
    }
    testing::get("/.well-known")
        .through(&TrailingSlash::Append)
        .assert_redirect("/.well-known/");
}

#[test]
fn r12_what_only_looks_like_a_well_known_path_is_an_ordinary_path() {
    for (path, canonical) in OTHERS {
        let answer = testing::get(path).through(&all_steps(Canonical::any_host()));
        if path == canonical {
            answer.assert_pass();
        } else {
            answer.assert_redirect(canonical);
        }
    }
    // A path with dots isn't redirected at all (R4), and over plaintext it is refused (R11).
    let https = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::extension::<Encrypted>());
    let https = all_steps(https);
    for path in [
        "/.well-known/../Admin/",
        "/.well-known/%2e%2e/Admin/",
        "/.well-known/./A",
        "/.well-known/A/..",
    ] {
        let get = || testing::get(path).header("host", "example.com");
        get().extension(Encrypted).through(&https).assert_pass();
        get()
            .through(&https)
            .assert_refused(StatusCode::BAD_REQUEST);
    }
}

#[test]
fn r12_the_scheme_and_the_host_of_a_well_known_file_are_corrected() {
    let host = CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    let canonical = all_steps(Canonical::on(host).https(SchemeSource::extension::<Encrypted>()));
    for file in FILES {
        for host in ["example.com", "www.example.com"] {
            testing::get(file)
                .header("host", host)
                .through(&canonical)
                .assert_redirect(&format!("https://example.com{file}"));
        }
        let www = testing::get(file)
            .header("host", "www.example.com")
            .extension(Encrypted);
        www.through(&canonical)
            .assert_redirect(&format!("https://example.com{file}"));
        let here = testing::get(file)
            .header("host", "example.com")
            .extension(Encrypted);
        here.through(&canonical).assert_pass();
    }
}

#[test]
fn r12_each_step_can_include_well_known_paths() {
    let index = IndexFile::new(["index.html"]).unwrap();
    for (step, path, location) in [
        (
            TrailingSlash::Trim.normalize_well_known(),
            "/.well-known/A//",
            "/.well-known/A",
        ),
        (
            TrailingSlash::Append.normalize_well_known(),
            "/.well-known/A",
            "/.well-known/A/",
        ),
        (
            MergeSlashes.normalize_well_known(),
            "/.well-known//A",
            "/.well-known/A",
        ),
        (
            LowerCase.normalize_well_known(),
            "/.well-known/A/",
            "/.well-known/a/",
        ),
        (
            index.normalize_well_known(),
            "/.well-known/index.html",
            "/.well-known/",
        ),
    ] {
        testing::get(path).through(&step).assert_redirect(location);
        testing::get(location).through(&step).assert_pass();
    }
    let canonical = all_steps(Canonical::any_host()).normalize_well_known();
    testing::get("/.well-known//A/index.html")
        .through(&canonical)
        .assert_redirect("/.well-known/a");
}

#[test]
fn r12_rules_match_well_known_paths() {
    let rules = policy_fn(|request| match request.path() {
        "/.well-known/change-password" => Some(LocalPath::from_static("/account/Password/")),
        "/association" => Some(LocalPath::from_static("/.well-known/Apple/")),
        _ => None,
    });
    let canonical = all_steps(Canonical::host("example.com").unwrap());
    let policy = canonical.then(rules);
    let get = |target: &str| testing::get(target).header("host", "example.com");
    get("/.well-known/change-password")
        .through(&policy)
        .assert_redirect("/account/password");
    // The canonical form of this path is a well-known path.
    get("/.WELL-KNOWN/change-password")
        .through(&policy)
        .assert_redirect("/account/password");
    get("/.well-known/Change-Password")
        .through(&policy)
        .assert_pass();
    // A target below `/.well-known/` stays as it is written.
    get("/association")
        .through(&policy)
        .assert_redirect("/.well-known/Apple/");
    get("/ASSOCIATION/")
        .through(&policy)
        .assert_redirect("/.well-known/Apple/");
}
