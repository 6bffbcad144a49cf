//! A query parameter says where the visitor wanted to go.

use serde_json::Value;
use tower_redirect::{
    LocalPath, Policy, Redirect, Status,
    policy::{BoxPolicy, ReturnTo},
};

use super::{text, texts};

classes!(
    "return_to",
    83,
    build,
    [
        control,
        return_to_allowlist,
        return_to_bad,
        return_to_dotseg,
        return_to_hpp,
    ]
);

/// Where a visitor wanted to go, from one query parameter.
fn build(config: &Value) -> Result<BoxPolicy<Redirect>, String> {
    let fallback = LocalPath::new(text(&config["fallback"])).map_err(|e| e.to_string())?;
    let mut return_to = ReturnTo::new(fallback);
    for origin in texts(&config["allow_origins"]) {
        return_to = return_to.allow(origin).map_err(|e| e.to_string())?;
    }
    let policy = return_to.query(text(&config["param"]));
    Ok(policy.with(Status::SeeOther).boxed())
}
