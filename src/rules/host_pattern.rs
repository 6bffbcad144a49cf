//! The hosts of a rule: `example.com`, `*.example.com` or `.example.com`.

use super::{Finding, Part, text_range::TextRange};
use crate::location::Origin;

pub(super) const TWO_HOSTS: (&str, &str) = ("the rule has two hosts", "remove one of them");

const NO_PLACEHOLDER: (&str, &str) = (
    "a host can't contain a placeholder",
    "write `*.` before a domain to match its subdomains",
);

/// The finding about a placeholder at this byte of a host.
pub(super) fn host_placeholder(at: usize) -> Finding {
    Finding::at(TextRange::byte(at), NO_PLACEHOLDER.0, NO_PLACEHOLDER.1)
}

/// A host in the spelling that is compared.
pub(super) fn checked_host(host: &str) -> Result<Box<str>, Finding> {
    const SCHEME: &str = "https://";
    let wrong = |error: Finding| error.in_part(Part::Host, host);
    if let Some(at) = host.find("://") {
        return Err(wrong(Finding::at(
            TextRange::byte(at),
            "a host has no scheme",
            "remove it, and use `scheme` instead",
        )));
    }
    let in_braces = host.find('{').filter(|_| host.contains('}'));
    let mut chars = host.chars();
    let elsewhere = chars.next() == Some(':') && chars.next().is_some_and(char::is_alphabetic);
    if let Some(at) = in_braces.or(elsewhere.then_some(0)) {
        return Err(wrong(host_placeholder(at)));
    }
    let (star, name) = ["*.", "."]
        .into_iter()
        .find_map(|star| Some((star, host.strip_prefix(star)?)))
        .unwrap_or(("", host));
    let origin = Origin::new(&format!("{SCHEME}{name}")).map_err(|error| {
        let at = error.position().saturating_sub(SCHEME.len()) + star.len();
        wrong(Finding::location(error, TextRange::byte(at)))
    })?;
    if origin.written_port().is_some() || name.ends_with(":443") {
        let at = host.rfind(':').unwrap_or_default();
        return Err(wrong(Finding::at(
            at..host.len(),
            "a rule matches every port of its host",
            "remove the port",
        )));
    }
    let name = origin.host().strip_suffix('.').unwrap_or(origin.host());
    Ok(format!("{star}{name}").into())
}
