//! A rule redirects one path, or all paths below it.

use http::Method;
use serde_json::Value;
use tower_redirect::{
    Redirect,
    policy::BoxPolicy,
    rules::{Rule, Source},
};

use super::{table, text};

classes!(
    "prefix_map",
    16,
    build,
    [
        backslash,
        concat,
        control,
        dot_segment,
        method,
        query,
        scheme_relative,
    ]
);

/// One path or all below it; a body is not sent to another origin where the row forbids it.
fn rules(config: &Value) -> Vec<Rule> {
    let source = match config["exact"] == true {
        true => Source::exact(text(&config["from"])),
        false => Source::prefix(text(&config["from"])),
    };
    let target = text(&config["to"]);
    let rule = Rule::permanent(source.clone(), target);
    match config["cross_origin_unsafe_methods"].as_str() {
        None => vec![rule],
        Some("see_other_or_reject") => vec![
            rule.methods([Method::GET, Method::HEAD]),
            Rule::see_other(source, target),
        ],
        Some(other) => panic!("a row with {other}"),
    }
}

fn build(config: &Value) -> Result<BoxPolicy<Redirect>, String> {
    table(rules(config))
}
