//! The differences between Vercel and this crate.

use serde_json::Value;

use crate::compare::{Case, Known, SELF_REDIRECT};

pub const KNOWN: &[Known] = &[
    Known {
        kind: "rejected",
        reason: "an entry with a look-around is left out with a warning before its other errors are found",
        is: |case| case.is_rejected() && case.is_said_of_any("lookaround"),
    },
    Known {
        kind: "look-around",
        reason: "an entry with a look-around is left out",
        is: |case| case.is_left_out("lookaround"),
    },
    Known {
        kind: "whole file",
        reason: "one bad entry switches off the others",
        is: |case| case.is_whole_file_off(),
    },
    Known {
        kind: "source without a slash",
        reason: "a source that doesn't begin with a slash is an error",
        is: |case| {
            case.only_engine()
                .is_some_and(|entry| !source_of(entry).starts_with(['/', '{']))
        },
    },
    Known {
        kind: "relative destination",
        reason: "a destination that doesn't begin with a slash or a scheme is an error",
        is: |case| case.is_left_out("it is relative to the requested page"),
    },
    Known {
        kind: "JavaScript regex",
        reason: "`[\\w-.]` isn't read as JavaScript reads it",
        is: |case| case.is_left_out("invalid range boundary"),
    },
    Known {
        kind: "braces",
        reason: "a destination with braces is left out",
        is: |case| case.is_left_out("groups in braces"),
    },
    Known {
        kind: "loop",
        reason: "an entry that matches its own target is left out",
        is: |case| case.is_left_out("endless redirect") || case.is_left_out("redirect loop"),
    },
    Known {
        kind: "group that isn't there",
        reason: "`$1` is sent as text if the source has no group, and Vercel sends nothing",
        is: |case| case.both().is_some() && case.is_said("the source has no group"),
    },
    Known {
        kind: "two slashes at the start",
        reason: "Vercel's development server also compares the path without its first slash",
        is: |case| {
            !case.is_rejected() && !case.engine.is_pass() && case.request.path().starts_with("//")
        },
    },
    Known {
        kind: "optional at the root",
        reason: "an optional placeholder that is the whole source doesn't match `/`",
        is: |case| {
            let is_optional = |entry| {
                let source = source_of(entry);
                source.starts_with(['/', '{'])
                    && source.contains(':')
                    && source.ends_with(['?', '*'])
                    && source.matches('/').count() == 1
            };
            case.only_engine().is_some_and(is_optional) && case.request.path() == "/"
        },
    },
    SELF_REDIRECT,
    Known {
        kind: "repeated key",
        reason: "if the request repeats a key, the last value counts on Vercel; here any of them may match",
        is: |case| keys_of(case).any(|key| case.request.values(&key).len() > 1),
    },
    Known {
        kind: "empty value",
        reason: "a parameter without a value is there; on Vercel it isn't",
        is: |case| keys_of(case).any(|key| case.request.values(&key) == [""]),
    },
    Known {
        kind: "repeated placeholder",
        reason: "a placeholder that the source has twice is the first of the two; on Vercel it is the last",
        is: |case| {
            case.both().is_some_and(|entry| {
                let source = source_of(entry);
                ["x", "y", "p"]
                    .iter()
                    .any(|name| source.matches(&format!(":{name}")).count() > 1)
            })
        },
    },
    Known {
        kind: "plus in a query",
        reason: "Vercel sends a plus of the path, and that of `?q=:path+`, as a space; here the one stays a plus and \
                 the other isn't sent",
        is: |case| {
            let (Some(engine), Some(ours)) = (case.engine.location(), case.ours.location()) else {
                return false;
            };
            let plain = |location: &str| location.replace("%2B", "").replace("%20", "");
            case.both().is_some() && engine.contains("%20") && plain(engine) == plain(ours)
        },
    },
    Known {
        kind: "encoded source",
        reason: "Vercel compares the path as received with the text of the file; here any encoding of it matches",
        is: |case| {
            case.only_ours()
                .is_some_and(|entry| source_of(entry).contains(['%', 'é', ' ']))
        },
    },
    Known {
        kind: "slash at the end",
        reason: "`:path*` and `:path+` also match a path with an empty segment",
        is: |case| {
            let has_tail = |entry| source_of(entry).ends_with(['*', '+']);
            let path = case.request.path();
            case.only_ours().is_some_and(has_tail) && (path.ends_with('/') || path.contains("//"))
        },
    },
    Known {
        kind: "empty capture",
        reason: "if a placeholder is empty, its slash isn't sent either",
        is: |case| case.both().is_some() && is_but_for_slash(case),
    },
];

fn source_of(entry: &str) -> String {
    let entry: Value = serde_json::from_str(entry).expect("JSON");
    entry["source"].as_str().expect("a source").to_owned()
}

/// The query keys in the conditions of the entry on which the two differ.
fn keys_of(case: &Case<'_>) -> impl Iterator<Item = String> {
    let entry = case.both().or(case.only_engine()).or(case.only_ours());
    let entry: Value = serde_json::from_str(entry.unwrap_or("{}")).expect("JSON");
    let lists = ["has", "missing"].map(|list| entry[list].as_array().cloned().unwrap_or_default());
    let conditions = lists
        .into_iter()
        .flatten()
        .filter(|one| one["type"] == "query");
    conditions.filter_map(|one| Some(one["key"].as_str()?.to_owned()))
}

/// The engine sends a slash more.
fn is_but_for_slash(case: &Case<'_>) -> bool {
    let (Some(engine), Some(ours)) = (case.engine.location(), case.ours.location()) else {
        return false;
    };
    let end = engine.find(['?', '#']).unwrap_or(engine.len());
    let (path, rest) = engine.split_at(end);
    path.strip_suffix('/')
        .is_some_and(|path| format!("{path}{rest}") == ours)
}
