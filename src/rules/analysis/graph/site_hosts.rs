//! The hosts of the site, as far as the check knows them.
//!
//! The site has a host if a rule names it, or if the caller of the check does. A redirect to
//! another host leaves the site, so no rule of the table follows it.

use crate::rules::{
    Rules,
    analysis::{graph::RuleGraph, request_set::host::Host},
    compiled_rule::CompiledRule,
    table::HostGroup,
};

impl<'t> RuleGraph<'t> {
    /// Creates a graph that knows all hosts of the site: these, and those that rules name.
    pub(in crate::rules) fn for_hosts(rules: &'t Rules, hosts: Vec<Host>) -> Self {
        let mut graph = Self::new(rules);
        graph.site_hosts = Some(hosts);
        graph
    }

    /// Returns `true` if the site has this host: a rule or the caller names it. A host that can be
    /// any is one of the site.
    pub(in crate::rules) fn is_site_host(&self, host: &Host) -> bool {
        let mut named = self.site_hosts.iter().flatten().chain(&self.assumed_host);
        let is_of_a_rule =
            |groups: Vec<HostGroup>| groups.iter().any(|group| *group != HostGroup::EVERY);
        self.is_for_any_host
            || *host == Host::Any
            || named.any(|own| own.and(host).is_some())
            || self.groups(host).is_some_and(is_of_a_rule)
            || host
                .sample()
                .is_some_and(|host| self.is_in_a_condition(&host))
    }

    fn is_in_a_condition(&self, host: &str) -> bool {
        let mut options = self.table.options.iter();
        options.any(|compiled| compiled.requires_host(host))
    }

    /// Returns the host of an absolute target, if the site isn't known to have it, and if a rule
    /// would redirect again there.
    pub(in crate::rules) fn unknown_host(&mut self, rule: &CompiledRule<'t>) -> Option<Host> {
        let (host, _) = rule.target_origin()?;
        if self.is_site_host(&host) {
            return None;
        }
        self.assumed_host = Some(host.clone());
        let is_followed = !self.leads_nowhere(rule)
            && self.after(rule).is_some_and(|next| {
                let mut successors = self.successors(&next).into_iter();
                successors.any(|(_, transfer)| transfer.next.is_some() && !transfer.suppressed)
            });
        self.assumed_host = None;
        is_followed.then_some(host)
    }
}
