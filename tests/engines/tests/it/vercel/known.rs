//! The differences between Vercel, Next.js and this crate.

use serde_json::Value;

use crate::{
    answer::Decision,
    compare::{Case, Known, SELF_REDIRECT},
};

pub const VERCEL: &[Known] = &[
    REJECTED,
    SOURCE_WITHOUT_A_SLASH,
    RELATIVE_DESTINATION,
    LOOP,
    GROUP_THAT_ISN_T_THERE,
    TWO_SLASHES_AT_THE_START,
    OPTIONAL_AT_THE_ROOT,
    SELF_REDIRECT,
    EMPTY_VALUE,
    PLUS_IN_A_QUERY,
    ENCODED_SOURCE,
    OFF_THE_SITE,
];

pub const NEXT: &[Known] = &[
    REJECTED,
    OBJECT_AS_VALUE,
    GROUP_WITHOUT_A_PREFIX,
    PLACEHOLDER_FIRST,
    FAILURE,
    SLASH_OF_THE_ROOT,
    EMPTY_PATH,
    ABSENT_IN_A_QUERY,
    RELATIVE_DESTINATION,
    LOOP,
    SELF_REDIRECT,
    EMPTY_VALUE,
    PLUS_IN_A_QUERY,
    ENCODED_SOURCE,
];

const REJECTED: Known = Known {
    kind: "rejected",
    reason: "of an entry that is left out with a warning, the other errors aren't found",
    is: |case| case.is_rejected() && case.is_said_of_any("so this redirect is skipped"),
};

const SOURCE_WITHOUT_A_SLASH: Known = Known {
    kind: "source without a slash",
    reason: "an entry whose source doesn't begin with a slash never matches, as on Vercel's servers; its \
                 development server also compares the path without its first slash",
    is: |case| {
        case.only_engine()
            .is_some_and(|entry| !source_of(entry).starts_with(['/', '{']))
    },
};

const RELATIVE_DESTINATION: Known = Known {
    kind: "relative destination",
    reason: "an entry whose destination doesn't begin with a slash or a scheme is left out",
    is: |case| case.is_left_out("is neither a path nor a URL"),
};

const LOOP: Known = Known {
    kind: "loop",
    reason: "an entry that matches its own target is left out",
    is: |case| case.is_left_out("endless redirect") || case.is_left_out("redirect loop"),
};

const GROUP_THAT_ISN_T_THERE: Known = Known {
    kind: "group that isn't there",
    reason: "`$1` is sent as text if the source has no group, and Vercel sends nothing",
    is: |case| case.both().is_some() && case.is_said("the source has no group"),
};

const TWO_SLASHES_AT_THE_START: Known = Known {
    kind: "two slashes at the start",
    reason: "Vercel's development server also compares the path without its first slash",
    is: |case| {
        !case.is_rejected() && !case.engine.is_pass() && case.request.path().starts_with("//")
    },
};

const OPTIONAL_AT_THE_ROOT: Known = Known {
    kind: "optional at the root",
    reason: "an optional placeholder that is the whole source doesn't match `/`, as on Vercel's servers",
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
};

const EMPTY_VALUE: Known = Known {
    kind: "empty value",
    reason: "a parameter without a value is there; on Vercel it isn't",
    is: |case| keys_of(case).any(|key| case.request.values(&key) == [""]),
};

const PLUS_IN_A_QUERY: Known = Known {
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
};

const ENCODED_SOURCE: Known = Known {
    kind: "encoded source",
    reason: "Vercel compares the path as received with the text of the file; here any encoding of it matches",
    is: |case| {
        case.only_ours()
            .is_some_and(|entry| source_of(entry).contains(['%', 'é', ' ']))
    },
};

const OFF_THE_SITE: Known = Known {
    kind: "off the site",
    reason: "a path never becomes another site, such as `//c` from `/:path`",
    is: |case| {
        case.engine
            .raw
            .as_ref()
            .is_some_and(|raw| raw.starts_with("//"))
            && case.ours.is_pass()
    },
};

const OBJECT_AS_VALUE: Known = Known {
    kind: "object as a value",
    reason: "Next rejects `\"value\": {…}`, which is Vercel's",
    is: |case| {
        case.is_rejected()
            && matches!(&case.engine.decision, Decision::Error(error) if error.contains("`value` is no string"))
    },
};

const GROUP_WITHOUT_A_PREFIX: Known = Known {
    kind: "group without a prefix",
    reason: "Next rejects `{:x}*`, which has nothing between its repetitions",
    is: |case| matches!(&case.engine.decision, Decision::Error(error) if error.contains("Can not repeat")),
};

const PLACEHOLDER_FIRST: Known = Known {
    kind: "placeholder first",
    reason: "Next rejects a source that begins with a placeholder instead of a slash",
    is: |case| {
        case.is_rejected()
            && case
                .file
                .entries
                .iter()
                .any(|entry| !source_of(entry).starts_with('/'))
    },
};

const FAILURE: Known = Known {
    kind: "failure",
    reason: "Next fails on `:path` where the source has `:path*`, and sends a 500",
    is: |case| matches!(&case.engine.decision, Decision::Error(error) if error.contains("Expected")),
};

const ABSENT_IN_A_QUERY: Known = Known {
    kind: "absent in a query",
    reason: "Next sends `?q=:path*` as it is if the request has no such segment; here the value is empty",
    is: |case| {
        case.both().is_some()
            && case
                .engine
                .location()
                .is_some_and(|location| location.contains("=%3A"))
    },
};

const SLASH_OF_THE_ROOT: Known = Known {
    kind: "slash of the root",
    reason: "`/t/:path*` is `/t/` for the requested `/`, and `/t` on Next",
    is: |case| {
        let (Some(engine), Some(ours)) = (case.engine.location(), case.ours.location()) else {
            return false;
        };
        case.both().is_some() && case.request.path() == "/" && has_slash_more(ours, engine)
    },
};

const EMPTY_PATH: Known = Known {
    kind: "empty path",
    reason: "if the whole path of a destination is a placeholder without a value, Next sends only the query, \
                 which leads to the requested path again; here it is `/`",
    is: |case| {
        let has_no_path = |raw: &String| raw.is_empty() || raw.starts_with('?');
        case.both().is_some() && case.engine.raw.as_ref().is_some_and(has_no_path)
    },
};

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

/// Whether the first location is the second and a slash at the end of the path.
fn has_slash_more(longer: &str, shorter: &str) -> bool {
    let end = longer.find(['?', '#']).unwrap_or(longer.len());
    let (path, rest) = longer.split_at(end);
    path.strip_suffix('/')
        .is_some_and(|path| format!("{path}{rest}") == shorter)
}
