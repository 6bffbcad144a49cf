//! A slash is appended to the path.

use tower_redirect::policy::TrailingSlash;

use super::permanent;

classes!(
    "trailing_slash_append",
    35,
    |_| permanent(TrailingSlash::Append),
    [
        absolute_form,
        backslash,
        backslash_only,
        bad_percent,
        control,
        dot_segment,
        double_encoded,
        embedded_url,
        encoded_backslash,
        encoded_crlf,
        encoded_lf,
        encoded_slash,
        encoded_tab,
        idn_dot,
        limits,
        method,
        non_ascii,
        path_param,
        preflight,
        request_form,
        scheme_relative,
        strict_escape,
        userinfo,
    ]
);
