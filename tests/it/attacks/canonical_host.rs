//! One host is canonical, and others are listed aliases of it.

use serde_json::Value;
use tower_redirect::{
    Redirect,
    policy::{BoxPolicy, CanonicalHost},
};

use super::{permanent, text, texts};

classes!(
    "canonical_host",
    13,
    build,
    [body_xss, concat, control, forwarded_untrusted, host_header,]
);

/// One host, and listed aliases of it.
fn policy(config: &Value) -> Result<CanonicalHost, String> {
    CanonicalHost::with_aliases(text(&config["canonical"]), texts(&config["aliases"]))
        .map_err(|error| error.to_string())
}

fn build(config: &Value) -> Result<BoxPolicy<Redirect>, String> {
    policy(config).and_then(permanent)
}
