//! The differences between Apache and this crate.

use crate::{
    answer::Decision,
    compare::{Case, Known, SELF_REDIRECT},
};

pub const KNOWN: &[Known] = &[
    SELF_REDIRECT,
    Known {
        kind: "internal rewrite",
        reason: "Apache begins again with a rewritten path; here the request passes through",
        is: |case| case.is_said_of_any("internal rewrites"),
    },
    Known {
        kind: "look-around",
        reason: "a rule with a look-around never matches",
        is: |case| case.is_said_of_any("look-around"),
    },
    Known {
        kind: "no target",
        reason: "Apache reads the path as the target of every request; here the line is an error",
        is: |case| case.is_said_of_any("this line has no target"),
    },
    Known {
        kind: "condition",
        reason: "a rule with a condition that can't be evaluated never matches",
        is: |case| case.is_said_of_any("this condition"),
    },
    Known {
        kind: "no such page",
        reason: "`!-f` waits for a 404 of the app",
        is: |case| {
            let (Decision::Redirect { waits, .. }, ours) = (&case.ours.decision, &case.ours) else {
                return false;
            };
            *waits && ours.location() == case.engine.location()
        },
    },
    Known {
        kind: "rules after a pass",
        reason: "a rule that passes ends all rules, so the rewrite rules after it come after `Redirect`",
        is: |case| {
            let passes = |entry: &String| entry.contains(" - [");
            ours(case).starts_with("Redirect") && case.file.entries.iter().any(passes)
        },
    },
    Known {
        kind: "groups of a condition",
        reason: "only the groups of a regex that a condition compares with can be inserted",
        is: |case| case.is_said_of_any("the groups of the last condition"),
    },
    Known {
        kind: "`OR` at the end",
        reason: "a condition without another one after its `OR` requires nothing, and Apache still inserts its groups",
        is: |case| case.is_said_of_any("no condition follows this `OR`"),
    },
    Known {
        kind: "loop",
        reason: "a rule that closes a redirect loop is left out",
        is: |case| case.is_said_of_any("redirect loop") || case.is_said_of_any("endless redirect"),
    },
    Known {
        kind: "group after a host",
        reason: "text of a request never extends a host",
        is: |case| case.is_said_of_any("a host can't contain a placeholder"),
    },
    Known {
        kind: "without L",
        reason: "a redirect ends the rules, with or without `L`",
        is: |case| ours(case).ends_with("[R=301]"),
    },
    Known {
        kind: "relative target",
        reason: "Apache sends the path of the folder on the disk",
        is: |case| {
            case.engine
                .location()
                .is_some_and(|to| to.contains("/tmp/"))
        },
    },
    Known {
        kind: "the rest after a query",
        reason: "what follows a prefix is a part of the path here, and a query comes before a fragment",
        is: |case| {
            let has_query = is_prefix(case) && ours(case).contains('?');
            has_query || ours(case).contains('#')
        },
    },
    Known {
        kind: "the rest after a host",
        reason: "Apache extends the host by what follows a prefix; here a slash is between them",
        is: |case| is_prefix(case) && ours(case).ends_with("/\" https://new.example"),
    },
    Known {
        kind: "query twice",
        reason: "`%{QUERY_STRING}` and `QSA` send the query once",
        is: |case| ours(case).contains("%{QUERY_STRING} [R,QSA"),
    },
    Known {
        kind: "slash twice",
        reason: "what follows a prefix has one slash before it",
        is: |case| is_prefix(case) && ours(case).ends_with('/'),
    },
    Known {
        kind: "merged slashes",
        reason: "Apache matches the path without empty segments",
        is: |case| case.request.path().contains("//"),
    },
    Known {
        kind: "decoded path",
        reason: "a regex sees the path as received",
        is: |case| case.request.path().contains('%') && !is_prefix(case),
    },
];

/// The last line of the entry that this crate follows.
fn ours<'c>(case: &'c Case<'_>) -> &'c str {
    let entry = case.up_to_ours().last().unwrap_or_default();
    entry.lines().last().unwrap_or_default()
}

fn is_prefix(case: &Case<'_>) -> bool {
    ours(case).starts_with("Redirect ")
}
