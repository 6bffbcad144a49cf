//! The `redirects` of a `vercel.json`: Vercel's library turns them into routes.

mod known;

use fastrand::Rng;
use serde_json::{Value, json};
use tower_redirect::rules::Format;

use crate::{
    answer::Request,
    compare::{Comparison, cases, started},
    files::{self, File, Sample},
    generate::{maybe, pick},
    node::Node,
};
use known::{NEXT, VERCEL};

#[test]
fn vercel_files_mean_what_vercel_reads() {
    let Some(engine) = started(Node::start("vercel")) else {
        return;
    };
    let mut comparison = Comparison::new(Format::Vercel, engine, VERCEL);
    comparison.compare(files::read("vercel", |text| File::json(entries(text))));
    comparison.compare((0..cases()).map(|seed| sample(seed, Format::Vercel)));
    comparison.finish();
}

#[test]
fn next_files_mean_what_next_reads() {
    let Some(engine) = started(Node::start("next")) else {
        return;
    };
    let mut comparison = Comparison::new(Format::Next, engine, NEXT);
    comparison.compare(files::read("next", |text| File::list(entries(text))));
    comparison.compare((0..cases()).map(|seed| sample(seed, Format::Next)));
    comparison.finish();
}

fn sample(seed: u64, format: Format) -> Sample {
    let rng = &mut Rng::with_seed(seed);
    let sources: Vec<_> = (0..rng.usize(1..=4)).map(|_| source(rng)).collect();
    let entries = sources
        .iter()
        .enumerate()
        .map(|(at, source)| entry(rng, source, at, format).to_string());
    let entries = entries.collect();
    let mut requests: Vec<_> = (0..8).map(|_| request(rng, &sources)).collect();
    let file = match format {
        Format::Next => File::list(entries),
        _ => File::json(entries),
    };
    if format == Format::Next {
        // Next redirects them to other paths before it reads the list.
        requests.retain(|request| {
            !request.path().contains("//")
                && (request.path() == "/" || !request.path().ends_with('/'))
        });
    }
    Sample {
        name: format!("seed {seed}"),
        file,
        requests,
    }
}

/// The redirects of a file as it was written.
fn entries(text: &str) -> Vec<String> {
    let file: Value = serde_json::from_str(text).expect("JSON");
    let redirects = file
        .get("redirects")
        .unwrap_or(&file)
        .as_array()
        .expect("redirects");
    redirects.iter().map(Value::to_string).collect()
}

const WORDS: &[&str] = &[
    "a",
    "b",
    "c",
    "blog",
    "A",
    "a.html",
    "12",
    "a-b",
    "a%20b",
    "caf%C3%A9",
    "x.y-z",
];

fn source(rng: &mut Rng) -> String {
    let mut path = String::new();
    for _ in 0..rng.usize(0..=2) {
        path.push('/');
        path += match rng.u8(0..36) {
            0 => ":x(\\d+)",
            1 => ":y(a|b)",
            2 => ":x.html",
            3 => ":x-:y",
            4 => ":x([\\w-.]+)",
            5 => "(a|b)",
            6 => "f-{:x}",
            7 => "é",
            8 => "a\\:b",
            9 => "\\(a\\)",
            10 => "post:x",
            11 => "",
            12..=18 => ":x",
            19..=21 => ":y",
            _ => pick(rng, WORDS),
        };
    }
    path += match rng.u8(0..24) {
        0..=3 => "/:p*",
        4 => "/:p+",
        5 => "/:p?",
        6 => "/(.*)",
        7 => "/:p(.*)",
        8 => "/((?!a|b).*)",
        9 => "{/:p}?",
        10 => "/:p(\\d+)?",
        11 => "/",
        12 => "/:p(a|b)*",
        13 => "/:p((?!a).*)",
        14 if maybe(rng, 5) => "*",
        _ => "",
    };
    if path.is_empty() {
        path.push('/');
    }
    match rng.u8(0..60) {
        0 => path.trim_start_matches('/').to_owned(),
        _ => path,
    }
}

fn entry(rng: &mut Rng, source: &str, at: usize, format: Format) -> Value {
    let mut entry = json!({ "source": source });
    for list in ["has", "missing"] {
        if maybe(rng, 6) {
            let conditions: Vec<_> = (0..rng.usize(1..=2)).map(|_| condition(rng)).collect();
            entry[list] = conditions.into();
        }
    }
    // A destination with an unknown name rejects the file.
    let known = format!("{source} {}", entry["has"]);
    let is_known = |tail: &&&str| {
        let mut names = tail.split(':').skip(1).filter_map(|name| name.get(..1));
        names.all(|name| {
            known.contains(&format!(":{name}"))
                || known.contains(&format!("<{name}>"))
                || known.contains(&format!("\"{name}\""))
        })
    };
    let tails = [
        "", "", "", "/:x", "/:x/:y", "/:p*", "/:p*", "/:p", "/:p+", "/$1", "?q=:x", "?q=:p*",
        "?k=2", "#:x", "/", "-{:x}", "/:h", "/:k", "/:q", "/:x.html", "/:x-:y",
    ];
    let tails: Vec<_> = tails.iter().filter(is_known).copied().collect();
    let tail = if maybe(rng, 100) {
        "/:missing"
    } else {
        pick(rng, &tails)
    };
    let destination = match rng.u8(0..12) {
        0 => format!("https://new.example/t{at}{tail}"),
        1 => format!("https://site.example/t{at}{tail}"),
        2 => {
            let whole = ["/a", "/:x", "/:p*", "/en/:p*", "/a/:x", "t", "/a b"];
            let whole: Vec<_> = whole.iter().filter(is_known).copied().collect();
            pick(rng, &whole).to_owned()
        }
        _ => format!("/t{at}{tail}"),
    };
    entry["destination"] = destination.into();
    match rng.u8(0..8) {
        0 => entry["permanent"] = true.into(),
        1 => entry["permanent"] = false.into(),
        2 => entry["statusCode"] = pick(rng, &[301, 302, 303, 307, 308]).into(),
        // Next rejects the file.
        _ if format == Format::Next && !maybe(rng, 100) => entry["permanent"] = true.into(),
        _ => {}
    }
    entry
}

fn condition(rng: &mut Rng) -> Value {
    match rng.u8(0..14) {
        0 => json!({ "type": "host", "value": "site.example" }),
        1 => json!({ "type": "host", "value": "(?<h>.*)\\.example" }),
        2 => json!({ "type": "host", "value": "old.example" }),
        3 => json!({ "type": "header", "key": "X-A" }),
        4 => json!({ "type": "header", "key": "x-a", "value": "(?<h>\\d+).*" }),
        5 => json!({ "type": "cookie", "key": "c" }),
        6 => json!({ "type": "cookie", "key": "c", "value": "1" }),
        7 => json!({ "type": "query", "key": "k" }),
        8 => json!({ "type": "query", "key": "k", "value": "1" }),
        9 => json!({ "type": "query", "key": "k", "value": "(?<q>.*)" }),
        10 => json!({ "type": "query", "key": "k", "value": "(?<x>\\w+)" }),
        11 => json!({ "type": "query", "key": "k", "value": { "eq": "1" } }),
        12 => json!({ "type": "query", "key": "k", "value": { "inc": ["1", "2"] } }),
        _ => json!({ "type": "header", "key": "x-a", "value": "a|1.*" }),
    }
}

fn request(rng: &mut Rng, sources: &[String]) -> Request {
    let source = &sources[rng.usize(0..sources.len())];
    let mut target = String::new();
    for segment in source.split('/') {
        let segment = match segment.find([':', '(', '{', '*']) {
            Some(at) if !segment.contains('\\') => {
                let (before, placeholder) = segment.split_at(at);
                let after = if placeholder.ends_with(".html") {
                    ".html"
                } else {
                    ""
                };
                let value = match placeholder.ends_with(['*', '+']) || placeholder.contains(".*") {
                    true => pick(rng, &["", "a", "a/b", "c/", "c/d/e", "12", "b"]),
                    false => pick(rng, WORDS),
                };
                format!("{before}{value}{after}")
            }
            _ => segment.replace('\\', ""),
        };
        target += &segment;
        target.push('/');
    }
    target.pop();
    if !target.starts_with('/') {
        target.insert(0, '/');
    }
    match rng.u8(0..20) {
        0 => target.push('/'),
        1 => target += "/c",
        2 => target.push('s'),
        3 => target = target.trim_end_matches(|c| c != '/').to_owned(),
        4 => target = target.to_uppercase().replace("%C3%A9", "%c3%a9"),
        5 => target = target.trim_end_matches('/').to_owned() + "/12",
        _ => {}
    }
    if target.is_empty() {
        target.push('/');
    }
    target = target.replace('é', "%C3%A9").replace('É', "%C3%89");
    if maybe(rng, 3) {
        target += pick(
            rng,
            &[
                "?k=1",
                "?k=",
                "?k=1&k=2",
                "?k=2&z=1",
                "?z=a%20b&z=c+d",
                "?q=x/y&k=ab",
                "?k",
                "?",
                "?k=3&q=4",
            ],
        );
    }
    let mut request = Request::get(target);
    if maybe(rng, 6) {
        request.host = "old.example".to_owned();
    }
    for header in [
        ("x-a", "1"),
        ("x-a", "a"),
        ("cookie", "c=1"),
        ("cookie", "c=2; d=1"),
    ] {
        if maybe(rng, 8) && request.headers.iter().all(|(name, _)| name != header.0) {
            request
                .headers
                .push((header.0.to_owned(), header.1.to_owned()));
        }
    }
    request
}
