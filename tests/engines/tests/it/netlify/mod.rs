//! `_redirects` of Netlify: its own parser, and the matcher of its command-line tool.

mod known;

use std::{collections::BTreeMap, fmt::Write as _};

use fastrand::Rng;
use tower_redirect::{location::HttpScheme, rules::Format};

use crate::{
    answer::Request,
    compare::{Comparison, cases, started},
    files::{self, File, Sample},
    generate::{maybe, pick},
    node::Node,
};
use known::{KNOWN, conditions, pairs, source_of, status, target_of};

#[test]
fn netlify_files_mean_what_netlify_reads() {
    let Some(engine) = started(Node::start("netlify")) else {
        return;
    };
    let mut comparison = Comparison::new(Format::Netlify, engine, KNOWN);
    comparison.compare(files::read("_redirects", File::lines));
    comparison.compare((0..cases()).map(|seed| sample(seed, Format::Netlify)));
    comparison.finish();
}

#[test]
fn netlify_toml_means_what_netlify_reads() {
    let Some(engine) = started(Node::start("netlify-toml")) else {
        return;
    };
    let mut comparison = Comparison::new(Format::NetlifyToml, engine, KNOWN);
    // The same files in the other syntax.
    comparison.compare(files::read("_redirects", |text| {
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        File::toml(lines.map(toml).collect())
    }));
    comparison.compare((0..cases()).map(|seed| sample(seed, Format::NetlifyToml)));
    comparison.finish();
}

fn sample(seed: u64, format: Format) -> Sample {
    let rng = &mut Rng::with_seed(seed);
    let sources: Vec<_> = (0..rng.usize(1..=5)).map(|_| source(rng)).collect();
    let lines = sources
        .iter()
        .enumerate()
        .map(|(at, source)| line(rng, source, at));
    let lines: Vec<_> = lines.collect();
    let file = match format {
        Format::NetlifyToml => File::toml(lines.iter().map(|line| toml(line)).collect()),
        _ => File::lines(&lines.join("\n")),
    };
    let requests = (0..8).map(|_| request(rng, &sources)).collect();
    Sample {
        name: format!("seed {seed}"),
        file,
        requests,
    }
}

/// An entry with the same as a line.
fn toml(line: &str) -> String {
    let mut out = format!("[[redirects]]\n#: {line}\n");
    writeln!(
        out,
        "from = {:?}\nto = {:?}",
        source_of(line),
        target_of(line)
    )
    .unwrap();
    let table = |pairs: Vec<String>| format!("{{ {} }}", pairs.join(", "));
    let query = pairs(line).filter_map(|pair| pair.split_once('='));
    let query: BTreeMap<_, _> = query.collect();
    if !query.is_empty() {
        let query = query
            .iter()
            .map(|(key, value)| format!("{key} = {value:?}"));
        writeln!(out, "query = {}", table(query.collect())).unwrap();
    }
    if let Some(status) = status(line) {
        let number = status.trim_end_matches('!');
        // A number may be a string.
        let quote = if line.contains("/t2") { "\"" } else { "" };
        writeln!(
            out,
            "status = {quote}{number}{quote}\nforce = {}",
            status.ends_with('!')
        )
        .unwrap();
    }
    if let Some((key, values)) = conditions(line) {
        let values: Vec<_> = values.split(',').collect();
        writeln!(out, "conditions = {{ {key} = {values:?} }}").unwrap();
    }
    out.trim_end().to_owned()
}

const WORDS: &[&str] = &[
    "a",
    "b",
    "c",
    "a",
    "b",
    "blog",
    "A",
    "a.html",
    "café",
    "caf%C3%A9",
    "a%20b",
    "%41",
];

/// A path that may have placeholders.
fn source(rng: &mut Rng) -> String {
    let mut path = String::new();
    for _ in 0..rng.usize(0..=3) {
        path.push('/');
        path += match rng.u8(0..40) {
            0 => "*",
            1 => "blog*",
            2 => "a-:x",
            3 => ":x.html",
            4 => "",
            5..=10 => ":x",
            11..=14 => ":y",
            15 => ":xy",
            _ => pick(rng, WORDS),
        };
    }
    match rng.u8(0..12) {
        0..=3 => path += "/*",
        4 => path += "/",
        _ => {}
    }
    if path.is_empty() {
        path.push('/');
    }
    match rng.u8(0..30) {
        0 if path.len() > 1 => path.split_off(1),
        1 => format!("https://site.example{path}"),
        2 => format!("http://old.example{path}"),
        _ => path,
    }
}

fn line(rng: &mut Rng, source: &str, at: usize) -> String {
    let mut words = vec![source.to_owned()];
    for _ in 0..rng.usize(0..12).saturating_sub(9) {
        words.push(pick(rng, &["k=1", "k=:k", "id=:id", "k=", "k=2", "q=:x", "k"]).to_owned());
    }
    // Targets tell the lines apart.
    let tail = pick(
        rng,
        &[
            "",
            "",
            "/:splat",
            "/:splat",
            "/:x",
            "/:x/:y",
            "?p=:splat",
            "?p=:x",
            "/:k",
            "#f",
            "/:xy",
            "/",
        ],
    );
    words.push(match rng.u8(0..10) {
        0 => format!("https://new.example/t{at}{tail}"),
        1 => format!("https://site.example/t{at}{tail}"),
        2 => pick(
            rng,
            &["/a", "/a/b", "/:splat", "/:x", "/en/:splat", "/a/:x"],
        )
        .to_owned(),
        _ => format!("/t{at}{tail}"),
    });
    let conditions = rng.u8(0..8) == 0;
    if conditions || rng.bool() {
        words.push(
            pick(
                rng,
                &[
                    "301", "302", "301!", "302!", "308!", "307", "303", "200", "200!", "404", "410",
                ],
            )
            .to_owned(),
        );
    }
    if conditions {
        words.push(
            pick(
                rng,
                &[
                    "Language=de",
                    "Language=de,fr",
                    "Cookie=c",
                    "Country=de",
                    "Role=admin",
                    "language=de",
                ],
            )
            .to_owned(),
        );
    }
    if rng.u8(0..20) == 0 {
        words.push("# a comment".to_owned());
    }
    words.join(" ")
}

fn request(rng: &mut Rng, sources: &[String]) -> Request {
    let source = &sources[rng.usize(0..sources.len())];
    let (host, path) = match source.split_once("://") {
        Some((_, rest)) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("site.example", source.as_str()),
    };
    let mut target = String::new();
    for segment in path.split('/') {
        let end = segment.find([':', '*']).unwrap_or(segment.len());
        let (before, placeholder) = segment.split_at(end);
        target += before;
        target += match placeholder {
            "" => "",
            "*" => pick(rng, &["", "a", "a/b", "b/c/", "a%20b", "s"]),
            _ if placeholder.ends_with(".html") => "a.html",
            _ => pick(rng, WORDS),
        };
        target.push('/');
    }
    target.pop();
    if !target.starts_with('/') {
        target.insert(0, '/');
    }
    match rng.u8(0..16) {
        0 | 1 => target.push('/'),
        2 => target += "/c",
        3 => target.push('s'),
        4 => target = target.trim_end_matches(|c| c != '/').to_owned(),
        5 => target = target.to_uppercase().replace("%C3%A9", "%c3%a9"),
        _ => {}
    }
    target = target.replace('é', "%C3%A9");
    if maybe(rng, 3) {
        target += pick(
            rng,
            &[
                "?k=1",
                "?k=",
                "?k=a%20b",
                "?k=1&k=2",
                "?k=2&z=1",
                "?id=7",
                "?z=a%20b&z=c+d",
                "?q=x/y&id=",
                "?k",
                "?",
            ],
        );
    }
    let mut request = Request::get(target);
    request.host = if maybe(rng, 12) { "old.example" } else { host }.to_owned();
    if maybe(rng, 8) {
        request.scheme = HttpScheme::Http;
    }
    if maybe(rng, 6) {
        let header = pick(
            rng,
            &[
                ("accept-language", "de-AT,de;q=0.8"),
                ("accept-language", "fr"),
                ("cookie", "c=1"),
                ("cookie", "nf_lang=de; d=2"),
                ("cookie", "nf_country=de"),
            ],
        );
        request
            .headers
            .push((header.0.to_owned(), header.1.to_owned()));
    }
    request
}
