//! Which hosts the rules of a table name: each gets a number, and 0 is for rules that name none.

use std::collections::HashMap;

/// The number of the rules that are for every host.
pub(in crate::rules) const EVERY_HOST: u32 = 0;

/// The hosts of a table.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Hosts {
    exact: HashMap<Box<str>, u32>,
    below: HashMap<Box<str>, u32>,
    /// Hosts together with what is below them.
    domains: HashMap<Box<str>, u32>,
}

impl Hosts {
    /// The number of a host, of `*.` and a host or of `.` and a host, a new one where it is new.
    pub(in crate::rules) fn number(&mut self, host: &str) -> u32 {
        let count = self.exact.len() + self.below.len() + self.domains.len();
        let next = u32::try_from(count + 1).unwrap_or(u32::MAX);
        let (map, name) = if let Some(name) = host.strip_prefix("*.") {
            (&mut self.below, name)
        } else if let Some(name) = host.strip_prefix('.') {
            (&mut self.domains, name)
        } else {
            (&mut self.exact, host)
        };
        match map.get(name) {
            Some(number) => *number,
            None => {
                map.insert(name.into(), next);
                next
            }
        }
    }

    pub(in crate::rules) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.below.is_empty() && self.domains.is_empty()
    }

    /// Every name with its number, some with more than one.
    pub(in crate::rules) fn all(&self) -> impl Iterator<Item = (&str, u32)> {
        let maps = [&self.exact, &self.below, &self.domains]
            .into_iter()
            .flatten();
        maps.map(|(name, number)| (&**name, *number))
    }

    /// The numbers that fit a host, that of every host among them.
    #[inline]
    pub(in crate::rules) fn fitting<'h>(
        &'h self,
        host: Option<&'h str>,
    ) -> impl Iterator<Item = u32> + 'h {
        std::iter::once(EVERY_HOST).chain(self.named(host))
    }

    /// The same without that of every host.
    pub(super) fn named<'h>(&'h self, host: Option<&'h str>) -> impl Iterator<Item = u32> + 'h {
        let named = host.filter(|_| !self.is_empty());
        let exact = named.and_then(|host| self.exact.get(host)).copied();
        let own = named.and_then(|host| self.domains.get(host)).copied();
        let below = named.into_iter().flat_map(|host| {
            host.match_indices('.')
                .filter_map(|(dot, _)| host.get(dot + 1..))
                .flat_map(|domain| [self.below.get(domain), self.domains.get(domain)])
                .flatten()
                .copied()
        });
        exact.into_iter().chain(own).chain(below)
    }
}

#[cfg(test)]
mod tests {
    use super::Hosts;

    #[test]
    fn every_host_that_fits() {
        let mut hosts = Hosts::default();
        let numbers = ["a.z", "*.a.z", "*.z", "a.z", ".a.z"].map(|host| hosts.number(host));
        assert_eq!(numbers, [1, 2, 3, 1, 4]);
        let fitting = |host| hosts.fitting(host).collect::<Vec<_>>();
        assert_eq!(fitting(Some("a.z")), [0, 1, 4, 3]);
        assert_eq!(fitting(Some("x.y.a.z")), [0, 2, 4, 3]);
        assert_eq!(fitting(Some("z")), [0]);
        assert_eq!(fitting(None), [0]);
    }
}
