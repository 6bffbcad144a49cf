//! The map of an nginx configuration, in nginx.

mod known;
mod server;

use std::collections::HashSet;

use fastrand::Rng;
use tower_redirect::{location::HttpScheme, rules::Format};

use crate::{
    answer::Request,
    compare::{Comparison, cases, started},
    files::{self, File, Sample},
    generate::{maybe, pick},
};
use known::KNOWN;
use server::Nginx;

#[test]
fn nginx_maps_mean_what_nginx_reads() {
    let Some(engine) = started(Nginx::find()) else {
        return;
    };
    let mut comparison = Comparison::new(Format::NginxMap, engine, KNOWN);
    let files = files::read("map", File::map);
    comparison.compare(
        files
            .into_iter()
            .chain((0..cases()).map(sample))
            .map(plaintext),
    );
    comparison.finish();
}

/// The server of the test has no TLS, which `$scheme` says.
fn plaintext(mut sample: Sample) -> Sample {
    for request in &mut sample.requests {
        request.scheme = HttpScheme::Http;
    }
    sample
}

fn sample(seed: u64) -> Sample {
    let rng = &mut Rng::with_seed(seed);
    let variable = pick(
        rng,
        &["$uri", "$uri", "$uri", "$request_uri", "$host", "$host$uri"],
    );
    let mut keys: Vec<_> = (0..rng.usize(1..=5)).map(|_| key(rng, variable)).collect();
    // nginx rejects a map with a key twice.
    if !maybe(rng, 50) {
        let mut seen = HashSet::new();
        keys.retain(|key| seen.insert(key.to_lowercase()));
    }
    let entries = keys
        .iter()
        .enumerate()
        .map(|(at, key)| format!("{key} {};", value(rng, key, at)));
    let entries: Vec<_> = entries.collect();
    let hostnames = if variable == "$host" && rng.bool() {
        "hostnames;\n"
    } else {
        ""
    };
    let text = format!(
        "map {variable} $new {{\n{hostnames}{}\n}}",
        entries.join("\n")
    );
    let requests = (0..8).map(|_| request(rng, &keys)).collect();
    Sample {
        name: format!("seed {seed}"),
        file: File::map(&text),
        requests,
    }
}

const WORDS: &[&str] = &[
    "a",
    "b",
    "c",
    "A",
    "12",
    "a.html",
    "caf%C3%A9",
    "café",
    "a%20b",
    "a-b",
];

fn path(rng: &mut Rng) -> String {
    let mut path = String::new();
    for _ in 0..rng.usize(1..=3) {
        path.push('/');
        path += pick(rng, WORDS);
    }
    if maybe(rng, 8) {
        path.push('/');
    }
    path
}

fn key(rng: &mut Rng, variable: &str) -> String {
    if variable == "$host$uri" && !maybe(rng, 8) {
        return format!(
            "{}{}",
            pick(rng, &["site.example", "old.example", "Old.Example"]),
            path(rng)
        );
    }
    if variable == "$host" {
        let hosts = [
            "site.example",
            "old.example",
            "*.site.example",
            ".old.example",
            "www.*",
            "Site.Example",
            "~^www\\.(.*)$",
            "default",
        ];
        return pick(rng, &hosts).to_owned();
    }
    match rng.u8(0..20) {
        0 => "default".to_owned(),
        1 => "\"/a b\"".to_owned(),
        2 => "/".to_owned(),
        3 => "~^/a/(.*)$".to_owned(),
        4 => "~*^/B/(?<rest>.*)$".to_owned(),
        5 => "~/(\\d+)$".to_owned(),
        6 => "~^/a/?$".to_owned(),
        7 => "~^/([^/]+)/([^/]+)$".to_owned(),
        8 => "\"~^/c/(\\w{1,3})\"".to_owned(),
        9 => "~\\.html$".to_owned(),
        10 => format!("{}?k=1", path(rng)),
        11 => "~^/a\\?k=(\\d+)$".to_owned(),
        12 => "~^/(?!a)(.*)$".to_owned(),
        13 if maybe(rng, 20) => "/a \"/b".to_owned(),
        14 if maybe(rng, 20) => "~(".to_owned(),
        _ => path(rng),
    }
}

fn value(rng: &mut Rng, key: &str, at: usize) -> String {
    let group = key.contains('(');
    match rng.u8(0..20) {
        0 => format!("/t{at}$is_args$args"),
        1 => format!("https://new.example/t{at}"),
        2 => format!("https://new.example/t{at}$request_uri"),
        3 => format!("https://new.example/t{at}$uri$is_args$args"),
        4 => format!("$scheme://$host/t{at}"),
        5 => "\"\"".to_owned(),
        6 => format!("\"/t{at} b\""),
        7 => format!("/t{at}?x=1"),
        8 => "/a".to_owned(),
        9 => format!("https://$host/t{at}"),
        10 => format!("/t{at}?$args"),
        _ if key.contains("<rest>") => format!("/t{at}/$rest"),
        _ if group => format!("/t{at}/$1"),
        _ => format!("/t{at}"),
    }
}

fn request(rng: &mut Rng, keys: &[String]) -> Request {
    let key = keys[rng.usize(0..keys.len())].trim_matches('"');
    // `$host$uri`
    let key = key.strip_prefix("site.example").unwrap_or(key);
    let mut target = match key.strip_prefix("~") {
        _ if !key.contains('/') || maybe(rng, 5) => path(rng),
        None => key.to_owned(),
        Some(_) => {
            let prefix = pick(rng, &["/a", "/b", "/c", "/B", ""]);
            format!(
                "{prefix}{}",
                pick(
                    rng,
                    &[
                        "",
                        "/",
                        "/b",
                        "/12",
                        "/a/b",
                        "/x.html",
                        "?k=1",
                        "/a%20b",
                        "/caf%C3%A9"
                    ]
                )
            )
        }
    };
    match rng.u8(0..24) {
        0 => target.push('/'),
        1 => target += "/c",
        2 => target = target.to_uppercase(),
        3 => target.insert(0, '/'),
        _ => {}
    }
    if !target.starts_with('/') {
        target.insert(0, '/');
    }
    target = target
        .replace('é', "%C3%A9")
        .replace('É', "%C3%89")
        .replace(' ', "%20");
    if maybe(rng, 3) && !target.contains('?') {
        target += pick(rng, &["?k=1", "?k=", "?z=a%20b&z=c+d", "?"]);
    }
    let mut request = Request::get(target);
    if maybe(rng, 2) {
        let hosts = [
            "site.example",
            "old.example",
            "a.site.example",
            "www.site.example",
            "b.old.example",
            "www.other.example",
        ];
        request.host = pick(rng, &hosts).to_owned();
    }
    request
}
