//! A rule captures single segments.

use serde_json::Value;
use tower_redirect::{Redirect, policy::BoxPolicy, rules::Rule};

use super::{table, text, texts};

classes!(
    "capture",
    15,
    build,
    [
        capture_escape,
        config,
        control,
        crlf,
        host_capture,
        query_injection,
    ]
);

/// Native placeholders; a host that may be captured is written out, once for each that is listed.
fn rules(config: &Value) -> Vec<Rule> {
    let (source, target) = (text(&config["from"]), text(&config["to"]));
    match &config["allow_host_capture"] {
        Value::Null => vec![Rule::permanent(source, target)],
        listed => texts(listed)
            .into_iter()
            .map(|host| {
                let written = |text: &str| text.replace("{tenant}", host);
                Rule::permanent(written(source), written(target))
            })
            .collect(),
    }
}

fn build(config: &Value) -> Result<BoxPolicy<Redirect>, String> {
    table(rules(config))
}
