//! Which hosts are known to be this site's.
//!
//! A host is this site's if a rule is for it, or if the caller of the check names it. A redirect to
//! another host leaves the site, so no rule of the table follows it.

use super::{finder::Finder, host::Host};
use crate::rules::{Rules, compiled_rule::CompiledRule, table::HostGroup};

impl<'t> Finder<'t> {
    /// The same with hosts of this site that no rule names.
    pub(super) fn for_hosts(rules: &'t Rules, hosts: Vec<Host>) -> Self {
        let mut finder = Self::new(rules);
        finder.named_hosts = hosts;
        finder
    }

    /// Returns `true` if a host is known to be this site's: the caller or a rule names it. A
    /// redirect to another host leaves the site.
    pub(super) fn is_ours(&self, host: &Host) -> bool {
        let is_named = |own: &Host| own.and(host).is_some();
        let groups = |groups: Vec<HostGroup>| groups.iter().any(|group| *group != HostGroup::EVERY);
        self.is_for_any_address
            || *host == Host::Any
            || self.named_hosts.iter().any(is_named)
            || self.groups(host).is_some_and(groups)
            || host
                .sample()
                .is_some_and(|host| self.is_in_a_condition(&host))
    }

    fn is_in_a_condition(&self, host: &str) -> bool {
        let mut options = self.table.options.iter();
        options.any(|ready| ready.requires_host(host))
    }

    /// Returns the host of an absolute target, if it isn't known to be this site's, and if a rule
    /// would redirect again there.
    pub(super) fn unknown_host(&mut self, rule: &CompiledRule<'t>) -> Option<Host> {
        let (host, _) = rule.target_origin()?;
        if self.is_ours(&host) {
            return None;
        }
        self.named_hosts.push(host.clone());
        let is_followed = !self.leads_nowhere(rule)
            && self.after(rule).is_some_and(|next| {
                let mut successors = self.successors(&next).into_iter();
                successors.any(|(_, step)| step.next.is_some() && !step.suppressed)
            });
        self.named_hosts.pop();
        is_followed.then_some(host)
    }
}
