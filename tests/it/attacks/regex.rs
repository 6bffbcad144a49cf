//! A rule is a regex.

use serde_json::Value;
use tower_redirect::{
    Redirect,
    policy::BoxPolicy,
    rules::{Rule, Source},
};

use super::{table, text};

classes!(
    "regex",
    16,
    build,
    [config, control, r#loop, redos, regex_escape,]
);

/// A regex with its anchors, and `$1`.
fn rules(config: &Value) -> Vec<Rule> {
    let mut target = text(&config["replace"]).to_owned();
    for group in 1..10 {
        target = target.replace(&format!("${group}"), &format!("{{{group}}}"));
    }
    vec![Rule::permanent(
        Source::regex(text(&config["pattern"])),
        target,
    )]
}

fn build(config: &Value) -> Result<BoxPolicy<Redirect>, String> {
    table(rules(config))
}
