//! The hosts of a rule: `example.com`, `*.example.com` or `.example.com`.

use super::{
    error::{Flaw, Part},
    source::Wrong,
};
use crate::location::Origin;

pub(super) const TWO_HOSTS: &str = "the rule has two hosts; remove one of them";

pub(super) const NO_PLACEHOLDER: &str =
    "a host can't contain a placeholder; write `*.` before a domain to match its subdomains";

/// A host in the spelling that is compared.
pub(super) fn checked_host(host: &str) -> Result<Box<str>, Wrong> {
    const SCHEME: &str = "https://";
    let sentence = if let Some(at) = host.find("://") {
        Some((
            at,
            "a host has no scheme; remove it, and use `scheme` instead",
        ))
    } else {
        let in_braces = host.find('{').filter(|_| host.contains('}'));
        let mut chars = host.chars();
        let elsewhere = chars.next() == Some(':') && chars.next().is_some_and(char::is_alphabetic);
        let at = in_braces.or(elsewhere.then_some(0));
        at.map(|at| (at, NO_PLACEHOLDER))
    };
    if let Some((at, why)) = sentence {
        return Err((Part::Host, host.to_owned(), Flaw::at(at, why)));
    }
    let (star, name) = ["*.", "."]
        .into_iter()
        .find_map(|star| Some((star, host.strip_prefix(star)?)))
        .unwrap_or(("", host));
    let wrong = |flaw: Flaw| (Part::Host, host.to_owned(), flaw);
    let origin = Origin::new(&format!("{SCHEME}{name}"))
        .map_err(|error| wrong(Flaw::location(error.moved_back(SCHEME.len()), star.len())))?;
    if origin.written_port().is_some() || name.ends_with(":443") {
        let at = host.rfind(':').unwrap_or_default();
        return Err(wrong(Flaw::at(
            at,
            "a rule matches every port of its host; remove the port",
        )));
    }
    let name = origin.host().strip_suffix('.').unwrap_or(origin.host());
    Ok(format!("{star}{name}").into())
}
