//! A rule captures the rest of a path.

use serde_json::Value;
use tower_redirect::{Redirect, policy::BoxPolicy, rules::Rule};

use super::{table, text};

classes!(
    "splat",
    20,
    build,
    [
        config,
        control,
        limits,
        r#loop,
        splat_escape,
        splat_external,
    ]
);

/// `/*` and `:splat`, the slash alone included.
fn rules(config: &Value) -> Vec<Rule> {
    let source = text(&config["from"]).replace('*', "{*splat?}");
    let target = text(&config["to"]).replace(":splat", "{splat}");
    let rule = Rule::permanent(source, target);
    vec![match config["when_host"].as_str() {
        Some(host) => rule.host(host),
        None => rule,
    }]
}

fn build(config: &Value) -> Result<BoxPolicy<Redirect>, String> {
    table(rules(config))
}
