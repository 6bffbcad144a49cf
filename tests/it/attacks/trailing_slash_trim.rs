//! The slash at the end of a path is trimmed.

use tower_redirect::policy::TrailingSlash;

use super::permanent;

classes!(
    "trailing_slash_trim",
    31,
    |_| permanent(TrailingSlash::Trim),
    [
        absolute_form,
        backslash,
        backslash_only,
        bad_percent,
        control,
        crlf,
        dot_segment,
        encoded_backslash,
        encoded_slash,
        fragment,
        fullwidth,
        host_header,
        idn_dot,
        ip_literal,
        limits,
        preflight,
        raw_control,
        scheme_relative,
        userinfo,
    ]
);
