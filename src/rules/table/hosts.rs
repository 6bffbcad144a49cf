//! The hosts that the rules of a table name. Each name is a group of its own.

use std::collections::HashMap;

/// The hosts that a rule is for, as its table numbers them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::rules) struct HostGroup(pub(super) u32);

impl HostGroup {
    /// The group of the rules that name no host. It is the default.
    pub(in crate::rules) const EVERY: Self = Self(0);
}

/// The hosts of a table.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Hosts {
    exact: HashMap<Box<str>, HostGroup>,
    below: HashMap<Box<str>, HostGroup>,
    /// Hosts together with what is below them.
    domains: HashMap<Box<str>, HostGroup>,
}

impl Hosts {
    /// The group of a host, of `*.` and a host, or of `.` and a host. Adds it if it is new.
    pub(in crate::rules) fn group(&mut self, host: &str) -> HostGroup {
        let count = self.exact.len() + self.below.len() + self.domains.len();
        let next = HostGroup(u32::try_from(count + 1).unwrap_or(u32::MAX));
        let (map, name) = if let Some(name) = host.strip_prefix("*.") {
            (&mut self.below, name)
        } else if let Some(name) = host.strip_prefix('.') {
            (&mut self.domains, name)
        } else {
            (&mut self.exact, host)
        };
        match map.get(name) {
            Some(group) => *group,
            None => {
                map.insert(name.into(), next);
                next
            }
        }
    }

    pub(in crate::rules) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.below.is_empty() && self.domains.is_empty()
    }

    /// Every name with its group. The same name can have more than one.
    pub(in crate::rules) fn all(&self) -> impl Iterator<Item = (&str, HostGroup)> {
        let maps = [&self.exact, &self.below, &self.domains]
            .into_iter()
            .flatten();
        maps.map(|(name, group)| (&**name, *group))
    }

    /// The groups that a host is in, that of every host among them.
    #[inline]
    pub(in crate::rules) fn fitting<'h>(
        &'h self,
        host: Option<&'h str>,
    ) -> impl Iterator<Item = HostGroup> + 'h {
        std::iter::once(HostGroup::EVERY).chain(self.named(host))
    }

    /// The same without that of every host.
    pub(super) fn named<'h>(
        &'h self,
        host: Option<&'h str>,
    ) -> impl Iterator<Item = HostGroup> + 'h {
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
        let groups = ["a.z", "*.a.z", "*.z", "a.z", ".a.z"].map(|host| hosts.group(host).0);
        assert_eq!(groups, [1, 2, 3, 1, 4]);
        let fitting = |host| hosts.fitting(host).map(|group| group.0).collect::<Vec<_>>();
        assert_eq!(fitting(Some("a.z")), [0, 1, 4, 3]);
        assert_eq!(fitting(Some("x.y.a.z")), [0, 2, 4, 3]);
        assert_eq!(fitting(Some("z")), [0]);
        assert_eq!(fitting(None), [0]);
    }
}
