//! What must hold of a response: one check for each key of `must` in a row.

use std::time::Duration;

use http::Uri;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tower_redirect::policy::{MergeSlashes, TrailingSlash};
use url::Url;

use super::{
    permanent,
    row::{Asked, Row},
    run::{Build, Run, Runner, Seen, Shared, Transport},
    text,
};

const SITE: &str = "https://app.example";

/// Whether one key of `must` holds.
pub(super) fn holds(
    key: &str,
    value: &Value,
    row: &Row,
    run: &Run,
    again: &dyn Fn(&Asked) -> Result<Seen, String>,
) -> Result<(), String> {
    let must = |holds: bool, why: &str| if holds { Ok(()) } else { Err(why.to_owned()) };
    // What holds, or not, whether there is an answer.
    match key {
        "any" => {
            let alternatives = value.as_array().unwrap().iter().map(|keys| {
                let mut keys = keys.as_object().unwrap().iter();
                keys.try_for_each(|(key, value)| holds(key, value, row, run, again))
            });
            let failed: Vec<_> = alternatives.map_while(Result::err).collect();
            return must(
                failed.len() < value.as_array().unwrap().len(),
                &failed.join(" and "),
            );
        }
        "config_error" => return must(run.seen.is_err(), "it was built"),
        // A panic has ended the run before.
        "no_panic" => return Ok(()),
        "max_ms" if cfg!(debug_assertions) => {
            println!("{}: the time limit is for release builds", row.id);
            return Ok(());
        }
        "max_ms" => {
            let limit = Duration::from_millis(value.as_u64().unwrap());
            return must(run.took <= limit, &format!("took {:?}", run.took));
        }
        "same_origin" | "origin_in" | "origin_in_or_suffix" if run.seen.is_err() => return Ok(()),
        _ => {}
    }
    let Ok(seen) = &run.seen else {
        return Err("nothing was built".to_owned());
    };
    let location = seen.location();
    let here = |seen: &Seen| stays(seen, row, &[Value::from(SITE)]);
    match key {
        "same_origin" => here(seen),
        "origin_in" | "origin_in_or_suffix" => stays(seen, row, value.as_array().unwrap()),
        "reject" => must(seen.rejects(), "not rejected"),
        "reject_or_pass" => must(seen.rejects() || !seen.called.is_empty(), "neither"),
        "reject_or_same_origin" if seen.rejects() => Ok(()),
        "reject_or_same_origin" => must(seen.redirects(), "neither").and_then(|()| here(seen)),
        "pass_through" => must(
            seen.called == [row.asked.unchanged(row.asked.sends_host(seen.http2))]
                && seen.status == 200,
            "not passed on, or not unchanged",
        ),
        "not_pass_through" => must(seen.called.is_empty(), "passed on"),
        "inner_not_called" => must(seen.called.is_empty() && seen.polled == 0, "called"),
        "no_location" => must(seen.locations().count() == 0, "there is one"),
        "status" => must(*value == seen.status, "another status"),
        "status_in" => must(
            value.as_array().unwrap().contains(&seen.status.into()),
            "not in it",
        ),
        "status_not_in" => must(
            !value.as_array().unwrap().contains(&seen.status.into()),
            "in it",
        ),
        "location_is" => must(location == value.as_str(), "another location"),
        "location_ascii" => must(
            seen.locations()
                .flatten()
                .all(|byte| (0x21..=0x7e).contains(byte)),
            "not visible ASCII",
        ),
        "location_no_bytes" => must(
            !seen
                .locations()
                .flatten()
                .any(|byte| text(value).as_bytes().contains(byte)),
            "one of the bytes",
        ),
        "location_path_prefix_or_none" => match location {
            None => Ok(()),
            Some(location) => {
                let url = Url::parse(SITE)
                    .unwrap()
                    .join(location)
                    .map_err(|e| e.to_string())?;
                must(url.path().starts_with(text(value)), "another path")
            }
        },
        "query_keys_are" => {
            let Some(location) = location else {
                return Ok(());
            };
            let url = Url::parse(SITE)
                .unwrap()
                .join(location)
                .map_err(|e| e.to_string())?;
            let keys: Vec<Value> = url
                .query_pairs()
                .map(|(key, _)| Value::from(&*key))
                .collect();
            must(
                keys == *value.as_array().unwrap() && url.fragment().unwrap_or("").is_empty(),
                "another query",
            )
        }
        "no_header_injection" => {
            let mut known = vec![
                "location",
                "cache-control",
                "content-type",
                "content-length",
                "vary",
                "date",
                "connection",
            ];
            if !seen.called.is_empty() {
                known.push("x-inner");
            }
            let foreign = seen
                .headers
                .iter()
                .find(|(name, _)| !known.contains(&name.as_str()));
            let control = |byte: &u8| *byte < 0x20 || *byte == 0x7f;
            must(
                foreign.is_none()
                    && seen.locations().count() <= 1
                    && !seen.locations().flatten().any(control),
                &format!("injected {foreign:?}"),
            )
        }
        "max_hops" => {
            let limit = value.as_u64().unwrap();
            let mut hops = 0;
            let mut asked = row.asked.clone();
            loop {
                let seen = again(&asked)?;
                let Some(location) = seen.location() else {
                    return Ok(());
                };
                hops += 1;
                if hops > limit {
                    return Err(format!("redirect {hops}, to {location}"));
                }
                asked = asked.follow(seen.status, location)?;
            }
        }
        "two_hop_same_origin" => {
            let Some(first) = location else { return Ok(()) };
            let next = row.asked.follow(seen.status, first)?;
            let slashes: [Build; 3] = [
                |_| permanent(TrailingSlash::Trim),
                |_| permanent(TrailingSlash::Append),
                |_| permanent(MergeSlashes),
            ];
            for build in slashes {
                let policy = Shared::from(build(&Value::Null)?);
                let seen = Runner::new(build).exchange(Transport::Direct, &policy, false, &next)?;
                here(&seen)?;
            }
            Ok(())
        }
        "no_body_reflection" => {
            let body = String::from_utf8_lossy(&seen.body).to_ascii_lowercase();
            let target = row.asked.target.to_ascii_lowercase();
            let (_, query) = target.split_once('?').unwrap_or((&target, &target));
            let decoded = percent_decode_str(query).decode_utf8_lossy();
            let sent = location.unwrap_or_default().to_ascii_lowercase();
            must(
                !body.contains("<script")
                    && (decoded == query || !body.contains(&*decoded))
                    && (sent.contains(query) || !body.contains(query)),
                "reflected",
            )
        }
        "empty_body" => must(seen.body.is_empty(), "not empty"),
        "no_header" => must(
            !seen.headers.iter().any(|(name, _)| name == text(value)),
            "sent",
        ),
        other => Err(format!("no check for {other:?} yet")),
    }
}

/// No location, or one that leads to an origin of the list from both pages; `.x` is a suffix.
fn stays(seen: &Seen, row: &Row, origins: &[Value]) -> Result<(), String> {
    for location in seen.locations() {
        let location = std::str::from_utf8(location).map_err(|error| error.to_string())?;
        for page in [format!("{SITE}/"), page_of(&row.asked.target)] {
            let base = Url::parse(&page).map_err(|error| format!("{page}: {error}"))?;
            let url = base
                .join(location)
                .map_err(|error| format!("{location}: {error}"))?;
            let web = matches!(url.scheme(), "http" | "https");
            let named = !url.username().is_empty() || url.password().is_some();
            let origin = url.origin().ascii_serialization();
            let listed = origins
                .iter()
                .map(text)
                .any(|listed| match listed.strip_prefix('.') {
                    None => origin == listed,
                    Some(_) => {
                        url.port().is_none()
                            && url.host_str().is_some_and(|host| {
                                host.strip_suffix(listed)
                                    .is_some_and(|label| !label.is_empty())
                            })
                    }
                });
            if !web || named || !listed {
                return Err(format!("{location} leads from {page} to {url}"));
            }
        }
    }
    Ok(())
}

/// The page that a request target names on the site, whatever its form.
fn page_of(target: &str) -> String {
    match target.parse::<Uri>() {
        Ok(uri) if uri.scheme().is_some() => format!("{SITE}{}", uri.path_and_query().unwrap()),
        _ => format!("{SITE}{target}"),
    }
}
