//! The differences between nginx and this crate.

use crate::compare::{Case, Known, SELF_REDIRECT};

pub const KNOWN: &[Known] = &[
    SELF_REDIRECT,
    Known {
        kind: "rejected",
        reason: "entries that never match with a warning aren't checked further, for example for duplicate keys",
        is: |case| {
            let skips = ["so it never matches", "so this entry is skipped"];
            case.is_rejected() && skips.iter().any(|words| case.is_said_of_any(words))
        },
    },
    Known {
        kind: "host twice",
        reason: "nginx rejects `.a.example` beside `a.example`; here the latter comes first",
        is: |case| {
            let has = |key: &str| case.file.entries.iter().any(|entry| entry.starts_with(key));
            case.is_rejected() && has(".old.example ") && has("old.example ")
        },
    },
    Known {
        kind: "loop",
        reason: "an entry that redirects to itself or closes a redirect loop is left out",
        is: |case| case.is_said("endless redirect") || case.is_said("redirect loop"),
    },
    Known {
        kind: "look-around",
        reason: "an entry with a look-around never matches",
        is: |case| case.is_left_out("look-around"),
    },
    Known {
        kind: "host in a value",
        reason: "a target names its host, so requests for an entry with `$host` pass through",
        is: |case| case.ours.is_pass() && case.is_said("the variable `$host`"),
    },
    Known {
        kind: "end of a host",
        reason: "a host `www.*` is left out",
        is: |case| case.is_left_out("at the end of the host"),
    },
    Known {
        kind: "encoded key",
        reason: "nginx compares `$uri` decoded and `$request_uri` as received; here both match any encoding of the key",
        is: |case| {
            let encoded = |entry: &str| match is_of(case, "$request_uri") {
                true => !entry.is_ascii() || entry.starts_with('"') || entry.contains('%'),
                false => entry.contains('%'),
            };
            case.only_ours().is_some_and(encoded)
        },
    },
    Known {
        kind: "merged slashes",
        reason: "`$uri` has no empty segments in nginx",
        is: |case| {
            let has_value = case.both().is_some_and(|entry| entry.contains("$uri"));
            (has_uri(case) || has_value) && case.request.path().contains("//")
        },
    },
    Known {
        kind: "query of a request",
        reason: "`$request_uri` has the query, but only paths are compared",
        is: |case| is_of(case, "$request_uri") && case.request.query().is_some(),
    },
    Known {
        kind: "decoded for a regex",
        reason: "a regex sees `$uri` decoded in nginx, and here the path as received",
        is: |case| {
            let entry = case.only_engine().or(case.only_ours()).or(case.both());
            let is_regex =
                entry.is_some_and(|entry| entry.trim_start_matches('"').starts_with('~'));
            has_uri(case) && is_regex && case.request.path().contains('%')
        },
    },
];

fn has_uri(case: &Case<'_>) -> bool {
    is_of(case, "$uri") || is_of(case, "$host$uri")
}

/// Whether the keys are compared with this variable.
fn is_of(case: &Case<'_>, variable: &str) -> bool {
    case.file.text().starts_with(&format!("map {variable} "))
}
