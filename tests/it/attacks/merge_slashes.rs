//! Repeated slashes are merged.

use tower_redirect::policy::MergeSlashes;

use super::permanent;

classes!(
    "merge_slashes",
    10,
    |_| permanent(MergeSlashes),
    [
        backslash,
        control,
        dot_segment,
        encoded_backslash,
        encoded_slash,
        limits,
        scheme_relative,
    ]
);
