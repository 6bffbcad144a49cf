//! Files that were slow, or that redirected elsewhere than their author wrote.

use tower_redirect::{rules::Format, testing};

/// Each of them took at least quadratic time: with these lengths, minutes.
#[test]
fn long_entries_take_linear_time() {
    let names: String = (0..6_000).map(|number| format!("/:n{number}")).collect();
    for (format, file) in [
        (Format::Netlify, format!("/{} /b\n", "*/".repeat(20_000))),
        (Format::Netlify, format!("{} /b\n", "/:a".repeat(20_000))),
        (
            Format::Apache,
            format!(
                "RewriteEngine On\n{}RewriteRule ^a /b [R]\n",
                "RewriteCond %{HTTP_HOST} !^a$\n".repeat(20_000)
            ),
        ),
        (
            Format::Firebase,
            format!(r#"[{{"source":"{names}","destination":"{names}","type":301}}]"#),
        ),
    ] {
        let parsed = format.parse_lossy(&file);
        assert!(parsed.rules.len() <= 1, "{format}");
    }
}

/// An escaped brace is text. It isn't a placeholder of this crate.
#[test]
fn escapes_of_apache_are_plain_text() {
    for (target, location) in [
        (r"/x\{1\}", "/x%7B1%7D"),
        (r"/x\{y", "/x%7By"),
        (r"/x\#y", "/x%23y"),
        (r"/x\$1", "/x$1"),
    ] {
        let file = format!("RewriteEngine On\nRewriteRule ^a/(b)$ {target} [R]\n");
        let rules = Format::Apache.parse(&file).unwrap();
        testing::get("/a/b")
            .through(&rules)
            .assert_redirect(location);
    }
}

#[test]
fn parentheses_that_apache_rejects_match_nothing() {
    for line in [
        "RedirectMatch a)|(b /x",
        "RewriteEngine On\nRewriteRule a)|(b /x [R]",
    ] {
        let parsed = Format::Apache.parse_lossy(line);
        assert!(!parsed.findings.is_empty(), "{line}");
        for path in ["/a", "/b"] {
            testing::get(path).through(&parsed.rules).assert_pass();
        }
    }
}
