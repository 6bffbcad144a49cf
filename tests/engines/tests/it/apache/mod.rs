//! The `.htaccess` of a site, in Apache.

mod known;
mod server;

use fastrand::Rng;
use tower_redirect::{location::HttpScheme, rules::Format};

use crate::{
    answer::Request,
    compare::{Comparison, cases, started},
    files::{self, File, Sample},
    generate::{maybe, pick},
};
use known::KNOWN;
use server::Apache;

#[test]
fn htaccess_files_mean_what_apache_reads() {
    let Some(engine) = started(Apache::find()) else {
        return;
    };
    let mut comparison = Comparison::new(Format::Apache, engine, KNOWN);
    let files = files::read("htaccess", File::lines);
    comparison.compare(
        files
            .into_iter()
            .chain((0..cases()).map(sample))
            .map(plaintext),
    );
    comparison.finish();
}

/// The server of the test has no TLS.
fn plaintext(mut sample: Sample) -> Sample {
    for request in &mut sample.requests {
        request.scheme = HttpScheme::Http;
    }
    sample
}

fn sample(seed: u64) -> Sample {
    let rng = &mut Rng::with_seed(seed);
    let count = rng.usize(1..=4);
    let mut entries: Vec<_> = (0..count).map(|at| entry(rng, at)).collect();
    if entries.iter().any(|entry| entry.contains("Rewrite")) && !maybe(rng, 40) {
        entries.insert(0, "RewriteEngine On".to_owned());
    }
    if maybe(rng, 8) {
        entries.insert(0, "RewriteBase /base".to_owned());
    }
    let requests = (0..8).map(|_| request(rng, &entries)).collect();
    Sample {
        name: format!("seed {seed}"),
        file: File::blocks(entries),
        requests,
    }
}

fn entry(rng: &mut Rng, at: usize) -> String {
    match rng.u8(0..10) {
        0..3 => redirect(rng, at),
        3..5 => redirect_match(rng, at),
        _ => rewrite(rng, at),
    }
}

const WORDS: &[&str] = &[
    "a", "b", "c", "A", "12", "a.html", "café", "a b", "a-b", "x{1}",
];

fn path(rng: &mut Rng) -> String {
    let mut path = String::new();
    for _ in 0..rng.usize(1..=2) {
        path.push('/');
        path += pick(rng, WORDS);
    }
    if maybe(rng, 8) {
        path.push('/');
    }
    path
}

fn redirect(rng: &mut Rng, at: usize) -> String {
    let path = if maybe(rng, 12) {
        "/".to_owned()
    } else {
        path(rng)
    };
    let statuses = [
        "",
        "",
        "301 ",
        "permanent ",
        "seeother ",
        "307 ",
        "308 ",
        "temp ",
    ];
    match rng.u8(0..20) {
        0 => return format!("Redirect gone \"{path}\""),
        1 => return format!("Redirect 403 \"{path}\""),
        2 => return format!("RedirectPermanent \"{path}\" /t{at}"),
        3 if maybe(rng, 20) => return format!("Redirect 200 \"{path}\" /t{at}"),
        4 if maybe(rng, 20) => return format!("Redirect \"{path}\""),
        _ => {}
    }
    let target = match rng.u8(0..8) {
        0 => format!("https://new.example/t{at}"),
        1 => "https://new.example".to_owned(),
        2 => format!("/t{at}?x=1"),
        3 => format!("/t{at}/"),
        4 => "/a".to_owned(),
        5 => format!("/t{at}#f"),
        _ => format!("/t{at}"),
    };
    format!("Redirect {}\"{path}\" {target}", pick(rng, &statuses))
}

fn redirect_match(rng: &mut Rng, at: usize) -> String {
    let regexes = [
        "^/a/(.*)$",
        "^/b(/.*)?$",
        "^/c(/[^/]+)$",
        "/(\\d+)$",
        "\\.html$",
        "^/([^/]+)/([^/]+)$",
        "^/a/?$",
        "^/a",
        "^/café/(.*)$",
        "^/(?!a)(.*)$",
        "\"^/a b(.*)\"",
        "^/(a|b)$",
    ];
    let targets = [
        "/t/$1",
        "/t/$1",
        "/t/$1",
        "https://new.example/t/$1",
        "https://new.example/t/$1",
        "https://new.example$1",
        "/t?y=$1",
        "/t?y=$1",
        "/t",
    ];
    let mut regex = pick(rng, &regexes);
    if regex.contains("(?!") && !maybe(rng, 6) {
        regex = "^/a/(.*)$";
    }
    let status = pick(rng, &["", "301 ", "permanent "]);
    match rng.u8(0..12) {
        0 => format!("RedirectMatch gone {regex}"),
        _ => {
            let target = pick(rng, &targets).replacen("/t", &format!("/t{at}"), 1);
            format!("RedirectMatch {status}{regex} {target}")
        }
    }
}

fn rewrite(rng: &mut Rng, at: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    while maybe(rng, 3) && count < 3 {
        count += 1;
        let condition = pick(rng, CONDITIONS);
        out += match condition.contains("TIME_HOUR") && !maybe(rng, 4) {
            true => "RewriteCond %{HTTPS} off",
            false => condition,
        };
        out += if count < 3 && maybe(rng, 4) {
            " [OR]\n"
        } else {
            "\n"
        };
    }
    let patterns = [
        "^a$",
        "^a/(.*)$",
        "^a/(.*)$",
        "^b/?$",
        "^(.*)\\.html$",
        "^([^/]+)/([^/]+)/?$",
        "^$",
        "(.*)",
        "^c(/.*)?$",
        "(\\d+)",
        "!^a",
        "^(?!a)(.*)$",
        "^A$",
        "\"^a b$\"",
        "^café$",
        ".",
        "^(.+)/$",
        "^(a|b)(/x)?$",
    ];
    let targets = [
        "/t/$1",
        "/t/$1?x=1",
        "https://new.example/t/$1",
        "https://new.example/$1",
        "https://new.example$1",
        "https://new.example%{REQUEST_URI}",
        "/t%{REQUEST_URI}",
        "/t?",
        "/t?%{QUERY_STRING}",
        "/t?c=%1",
        "/t#f",
        "/t\\$1",
        "t",
        "-",
        "/t",
        "/t",
    ];
    let flags = [
        "[R,L]",
        "[R,L]",
        "[R=301,L]",
        "[R=301,L]",
        "[R=308,L]",
        "[R=301,NC,L]",
        "[R,QSA,L]",
        "[R,QSD,L]",
        "[R,NE,L]",
        "[L]",
        "[F]",
        "[G]",
        "[R=301]",
        "",
    ];
    let (mut pattern, mut target) = (pick(rng, &patterns), pick(rng, &targets));
    // Too many of them would leave little else to compare.
    if pattern.contains("(?!") && !maybe(rng, 6) {
        pattern = "^a$";
    }
    let is_odd = target == "t" || target.contains("example$1") || target.contains("t%{");
    if is_odd && !maybe(rng, 4) {
        target = "/t";
    }
    let mut flags = pick(rng, &flags);
    if (flags.is_empty() || flags == "[R=301]") && !maybe(rng, 4) {
        flags = "[R,L]";
    }
    let target = target.replacen("/t", &format!("/t{at}"), 1);
    format!("{out}RewriteRule {pattern} {target} {flags}")
        .trim_end()
        .to_owned()
}

const CONDITIONS: &[&str] = &[
    "RewriteCond %{HTTP_HOST} ^old\\.example$",
    "RewriteCond %{HTTP_HOST} ^(.+)\\.site\\.example$",
    "RewriteCond %{HTTP_HOST} !^www\\.",
    "RewriteCond %{QUERY_STRING} ^k=(\\w+)$",
    "RewriteCond %{QUERY_STRING} (^|&)k=1(&|$)",
    "RewriteCond %{QUERY_STRING} ^$",
    "RewriteCond %{REQUEST_URI} ^/a/",
    "RewriteCond %{REQUEST_URI} ^/a/(.+)$",
    "RewriteCond %{REQUEST_URI} !^/b",
    "RewriteCond %{HTTPS} off",
    "RewriteCond %{HTTPS} =on",
    "RewriteCond %{REQUEST_METHOD} ^(GET|HEAD)$",
    "RewriteCond %{HTTP_USER_AGENT} (bot|spider)",
    "RewriteCond %{REQUEST_FILENAME} !-f",
    "RewriteCond %{TIME_HOUR} >25",
];

fn request(rng: &mut Rng, entries: &[String]) -> Request {
    let own = entries.iter().filter_map(|entry| {
        let path = entry.strip_prefix("Redirect ")?.split('"').nth(1)?;
        path.starts_with('/').then_some(path)
    });
    let own: Vec<_> = own.collect();
    let mut target = if !own.is_empty() && rng.bool() {
        let below = pick(rng, &["", "", "/", "/x", "/x/y"]);
        format!("{}{below}", pick(rng, &own))
    } else {
        let paths = [
            "/",
            "/a",
            "/a/",
            "/a/b",
            "/a/b/c",
            "/a/12",
            "/b",
            "/b/",
            "/b/x",
            "/c",
            "/c/x",
            "/c/x/y",
            "/A",
            "/a.html",
            "/b/a.html",
            "/12",
            "/café",
            "/café/x",
            "/a b",
            "/a bc",
            "/a/x y",
            "/a//b",
        ];
        match maybe(rng, 8) {
            true => path(rng),
            false => pick(rng, &paths).to_owned(),
        }
    };
    target = target
        .replace('é', "%C3%A9")
        .replace(' ', "%20")
        .replace('{', "%7B")
        .replace('}', "%7D");
    if maybe(rng, 3) {
        target += pick(rng, &["?k=1", "?k=2", "?z=a%20b&k=1", "?"]);
    }
    let mut request = Request::get(target);
    if maybe(rng, 3) {
        let hosts = ["old.example", "a.site.example", "www.site.example"];
        request.host = pick(rng, &hosts).to_owned();
    }
    if maybe(rng, 4) {
        request
            .headers
            .push(("user-agent".to_owned(), "a bot".to_owned()));
    }
    request
}
