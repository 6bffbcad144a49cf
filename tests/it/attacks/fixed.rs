//! Exact paths redirect to targets from configuration.

use serde_json::Value;
use tower_redirect::{
    Location, Policy, Redirect, Status,
    policy::BoxPolicy,
    testing::{self, End},
};

use super::text;

classes!(
    "fixed",
    20,
    build,
    [
        body_xss, cache, case, config, encoding, head, idn, r#loop, non_ascii,
    ]
);

/// Exact paths, each with a target from configuration; a loop among them is found by following each,
/// as a program would check its own rules before it serves.
fn build(config: &Value) -> Result<BoxPolicy<Redirect>, String> {
    let rule = |rule: &Value| -> Result<_, String> {
        let from = text(&rule["from"]).to_owned();
        let to = Location::from_config(text(&rule["to"])).map_err(|error| error.to_string())?;
        Ok(to
            .when(move |request| request.path() == from)
            .with(Status::PermanentRedirect)
            .boxed())
    };
    let configured = match config["rules"].as_array() {
        Some(rules) => rules.as_slice(),
        None => std::slice::from_ref(config),
    };
    let rules = configured.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    for rule in configured {
        let journey = testing::follow(&rules, testing::get(text(&rule["from"])));
        if *journey.end() == End::TooManyRedirects {
            return Err(format!("a loop:\n{journey}"));
        }
    }
    Ok(rules.boxed())
}
