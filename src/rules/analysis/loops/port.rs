//! Targets that differ from the requested URL only by their port (R9).
//!
//! A rule for a host matches every port of it. Behind a proxy that drops the port from `Host`, the
//! request that follows such a redirect looks like the first one, so the rule redirects it again.
//! Sample requests of the rule are followed as such a proxy passes them on.

use super::target_text;
use crate::{
    journey::{Client, Followed, TestRequest},
    location::Location,
    rules::{
        FindingCode, RuleOffset, RuleRef,
        analysis::{check::Check, graph::RuleGraph, request_set::host::Host},
        compiled_rule::CompiledRule,
    },
};

impl<'t> Check<'t> {
    pub(in crate::rules) fn port(
        &mut self,
        graph: &mut RuleGraph<'t>,
        at: RuleOffset,
        rule: &CompiledRule<'t>,
    ) {
        if !graph.repeats_without_port(at, rule) {
            return;
        }
        let target = target_text(RuleRef::new(&self.rules.table, *rule));
        let message =
            format!("{target} differs only by its port from a URL that this rule matches");
        let help = "make sure that no proxy drops the port from `Host`, because that causes a \
                    redirect loop";
        self.push(FindingCode::OtherPort, rule.number, &[], message, help);
    }
}

impl RuleGraph<'_> {
    /// Returns `true` if a rule redirects a request again if a proxy drops the port from `Host`.
    fn repeats_without_port(&mut self, at: RuleOffset, rule: &CompiledRule<'_>) -> bool {
        let target = rule.target_origin();
        let target = target.filter(|(_, origin)| origin.written_port().is_some());
        let Some(host) = target.and_then(|(host, _)| host.sample()) else {
            return false;
        };
        self.is_site_host(&Host::Is(host.as_str().into()))
            && self
                .requests(at)
                .into_iter()
                .any(|request| self.comes_back(at, request, &host))
    }

    /// Returns `true` if a request gets the same redirect twice, each time without the port in its
    /// `Host`.
    fn comes_back(&mut self, at: RuleOffset, request: TestRequest, host: &str) -> bool {
        let sent = self.location_on(at, request, host);
        sent.and_then(|(first, next)| Some((first, self.location_on(at, next, host)?.0)))
            .is_some_and(|(first, again)| first == again)
    }

    /// Where a rule redirects a request if its `Host` names this host, and the next request.
    fn location_on(
        &mut self,
        at: RuleOffset,
        request: TestRequest,
        host: &str,
    ) -> Option<(Location, TestRequest)> {
        let mut client = Client::new(request.on_host(host)?);
        let (winner, sent, status) = self.hop(&client)?;
        let is_followed = winner == at && client.follow(status, &sent) == Followed::Requested;
        is_followed.then_some((sent.redirect.location, client.request))
    }
}
