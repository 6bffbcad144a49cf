//! A bad literal in a constant does not compile.

use tower_redirect::{LocalPath, Location};

const OFF_SITE: LocalPath = LocalPath::from_static("//evil.example");
const BACKSLASH: LocalPath = LocalPath::from_static("/\\evil.example");
const RELATIVE: Location = Location::from_static("relative/path");
const SCRIPT: Location = Location::from_static("javascript:alert(1)");
const UNENCODED: LocalPath = LocalPath::from_static("/a b");
const CONTROL: LocalPath = LocalPath::from_static("/a\r\nb");
const DOTS: LocalPath = LocalPath::from_static("/a/../b");
const USER: Location = Location::from_static("https://user@evil.example/");
const NO_PATH: Location = Location::from_static("https://example.com");
const PORT: Location = Location::from_static("https://example.com:99999/");
const NOT_LOCAL: LocalPath = LocalPath::from_static("https://example.com/");

fn main() {}
