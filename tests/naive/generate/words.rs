//! The parts that rules and requests are made of.

/// What no request near a rule has in it.
pub(super) const FILLER: &str = "zzfiller";

pub(super) const SEGMENTS: [&str; 20] = [
    "a",
    "b",
    "a",
    "A",
    "blog",
    "Blog",
    "caf\u{e9}",
    "caf%C3%A9",
    "caf%c3%a9",
    "x-y",
    "%41",
    "a%2Fb",
    "a%2fb",
    "100%",
    "~",
    "%7e",
    "b c",
    "{{b}}",
    "a!",
    "@",
];

pub(super) const BEFORE: [&str; 10] = ["", "", "", "", "x", "a-", "\u{e9}", "%", "X%41", "{{"];

pub(super) const BEHIND: [&str; 10] = ["", "", "", "", ".html", "9", "C3", "\u{e9}", "-%61", "}}"];

/// What stands where a placeholder is, and whatever else somebody sends.
pub(super) const VALUES: [&str; 44] = [
    "a",
    "b",
    "hello",
    "1",
    "12",
    "A",
    "Hello",
    "x",
    "caf\u{e9}",
    "caf%C3%A9",
    "%c3%a9",
    "\u{e9}",
    "a%2Fb",
    "a%2f",
    "a+b",
    "a%20b",
    "..",
    ".",
    "%2e%2e",
    ".%2E",
    "%2E",
    "a.b",
    "...",
    "x-1.html",
    "~",
    "%41",
    "%7E",
    "100%",
    "%",
    "%4",
    "%C3",
    "",
    "a'b",
    "a;b=c",
    "a&b",
    "{x}",
    "\\",
    "%5c",
    "|",
    "@evil.example",
    "javascript:x",
    "%09",
    "%00",
    "9",
];

pub(super) const QUERY_VALUES: [&str; 22] = [
    "{x}",
    "%7Bx%7D",
    "1",
    "2",
    "a",
    "a+b",
    "a%20b",
    "%31",
    "",
    "a/b",
    "a%2Fb",
    "..",
    "%2e%2e",
    "caf%C3%A9",
    "caf\u{e9}",
    "x?y",
    "a=b",
    "%26",
    "%FF",
    "'",
    "%2B",
    "\\",
];

pub(super) const KEYS: [&str; 8] = ["p", "page", "id", "q", "%70", "a b", "utm", "P"];

pub(super) const HOSTS: [&str; 9] = [
    ".a.example",
    ".example",
    "a.example",
    "b.example",
    "*.a.example",
    "*.example",
    "x.a.example",
    "A.Example.",
    "[::1]",
];

pub(super) const ASKED_HOSTS: [&str; 24] = [
    "a.example",
    "b.example",
    "x.a.example",
    "x.y.a.example",
    "A.EXAMPLE",
    "a.example.",
    "a.example:8080",
    "a.example:443",
    "[::1]",
    "[0:0::1]:80",
    "xa.example",
    "example",
    "c.test",
    "1.2.3.4",
    "1.2.3",
    "0x7f",
    "a..example",
    "u@a.example",
    "a.example:",
    "a.example:080",
    "-_.a.example",
    "[::ffff:1.2.3.4]",
    ".example",
    "a example",
];

/// A regex, the placeholders that it has, and paths that it may match.
pub(super) const REGEXES: [(&str, &[&str], &[&str]); 7] = [
    (
        r"/blog/(\d+)",
        &["0", "1"],
        &["/blog/12", "/blog/1a", "/Blog/7"],
    ),
    (
        r"/(?<x>[a-c]+)/(.*)",
        &["x", "2"],
        &["/a/b", "/ab//evil.example", "/a/../b", "/b/", "/a/b\u{e9}"],
    ),
    (
        r"/(a|b)?/?blog",
        &["1"],
        &["/a/blog", "/blog", "//blog", "/blog/"],
    ),
    (r"/a/b|/x", &["0"], &["/a/b", "/x", "/a/b/x"]),
    (
        r"(/.*)\.html",
        &["1"],
        &["/a.html", "//evil.example/a.html", "/\u{e9}.html"],
    ),
    (
        r"(?i)/a(?<y>%[0-9a-f]{2})*",
        &["y"],
        &["/a%C3%A9", "/A", "/a%2f"],
    ),
    (
        r"(?m)^/(.+)/$",
        &["1"],
        &["/a/", "/a/b/", "//evil.example/"],
    ),
];
