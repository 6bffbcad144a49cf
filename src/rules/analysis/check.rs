//! Everything that a table finds out about its own rules on demand.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use http::StatusCode;

use crate::{
    rules::{
        Finding, FindingCode, Findings, RuleNumber, RuleOffset, RuleRef, Rules,
        analysis::{chains::Known, graph::RuleGraph, loops::target_text, request_set::host::Host},
        compiled_rule::{CompiledRule, PATTERN, REGEX},
        condition::Place,
        host_pattern::checked_host,
        options::Options,
        pattern::{MAX_CAPTURES, PatternRef},
        target,
    },
    status::{Intent, StatusChoice},
};

impl Rules {
    /// Checks the table for mistakes: possible loops, redirect chains, unreachable and duplicate
    /// rules, unused captures, and permanent redirects that depend on the user.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b"), Rule::found("/b", "/c")])?;
    /// assert_eq!(
    ///     rules.check().to_string(),
    ///     "rule 0: warning: redirect chain: `/b` is redirected again by rule 1; \
    ///      point this rule at `/c`\n\
    ///      rule 0: note: clients cache this permanent redirect, but the next one (rule 1) is \
    ///      temporary; use 302 or 307",
    /// );
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// Certain loops aren't among the findings, because they are errors when the table is built.
    /// The check takes nearly linear time. If it can't look at everything within the
    /// [limit](Self::work_limit), it adds a finding with the code
    /// [`IncompleteCheck`](FindingCode::IncompleteCheck).
    #[must_use]
    pub fn check(&self) -> Findings {
        self.check_with(&mut RuleGraph::new(self), &mut RuleGraph::new(self))
    }

    /// Checks the table as [`check`](Self::check) does, for a site with these hosts.
    ///
    /// A redirect to another host leaves the site, so the check doesn't follow it. `check` knows
    /// only the hosts that rules name. Name all others here, in the form of
    /// [`Rule::host`](crate::rules::Rule::host): `example.com`, or `*.example.com` for its
    /// subdomains. The result has no finding with the code
    /// [`UnknownHost`](FindingCode::UnknownHost).
    ///
    /// ```
    /// use tower_redirect::rules::{FindingCode, Rule, Rules};
    ///
    /// let rules = Rules::new([
    ///     Rule::permanent("/a", "https://example.com/b"),
    ///     Rule::permanent("/b", "/c"),
    /// ])?;
    /// let codes = rules.check().iter().map(|finding| finding.code()).collect::<Vec<_>>();
    /// assert_eq!(codes, [FindingCode::UnknownHost]);
    ///
    /// let findings = rules.check_for_hosts(["example.com"]);
    /// let codes = findings.iter().map(|finding| finding.code()).collect::<Vec<_>>();
    /// assert_eq!(codes, [FindingCode::RedirectChain]);
    ///
    /// rules.check_for_hosts(["example.org"]).assert_clean();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// A certain loop over these hosts is an error. An invalid host is a finding with the code
    /// [`InvalidHost`](FindingCode::InvalidHost).
    #[must_use]
    pub fn check_for_hosts<H: AsRef<str>>(&self, hosts: impl IntoIterator<Item = H>) -> Findings {
        let mut named = Vec::new();
        let mut invalid = Vec::new();
        for host in hosts {
            match checked_host(host.as_ref()) {
                Ok(host) => named.push(Host::of_rule(Some(&host))),
                Err(error) => invalid.push(error),
            }
        }
        let mut loops = RuleGraph::for_hosts(self, named.clone());
        let mut findings = self.check_with(&mut loops, &mut RuleGraph::for_hosts(self, named));
        findings.list.splice(0..0, invalid);
        findings
    }

    /// The same, with one to look for loops and one for everything else.
    pub(super) fn check_with<'t>(
        &'t self,
        loops: &mut RuleGraph<'t>,
        graph: &mut RuleGraph<'t>,
    ) -> Findings {
        let mut check = Check::new(self);
        let are_all = check.loops(loops);
        for (at, rule) in self.table.rules() {
            check.alone(&rule);
            if !graph.is_over_limit() {
                check.shadow(graph, at, &rule);
                check.port(graph, at, &rule);
            }
        }
        check.chains(graph, &mut Known::new());
        if graph.site_hosts.is_none() {
            check.unknown_hosts(graph);
        }
        #[cfg(feature = "regex")]
        check.regexes(graph);
        if !are_all || graph.is_over_limit() {
            let message = "too many rules overlap, so not all of them were checked";
            let help = "split the table, or use narrower patterns";
            let finding = Finding::new(FindingCode::IncompleteCheck, message, help);
            check.findings.list.push(finding);
        }
        let mut findings = check.findings;
        let order = |one: &Finding| (one.rule().is_none(), one.rule(), one.code());
        findings.list.sort_by_key(order);
        self.add_names(&mut findings);
        findings.fold();
        findings
    }

    /// Adds the names of rules.
    fn add_names(&self, findings: &mut Findings) {
        let mut options = self.table.options.iter();
        if findings.is_empty() || options.all(|compiled| compiled.options.name.is_none()) {
            return;
        }
        let named = self
            .iter()
            .filter_map(|rule| Some((rule.number(), rule.name()?)));
        let names: HashMap<u32, &str> = named.collect();
        for finding in &mut findings.list {
            let name = finding.rule().and_then(|rule| names.get(&rule));
            finding.name_rule(name.copied());
        }
    }

    /// How messages name a rule.
    pub(in crate::rules) fn name_of(&self, number: RuleNumber) -> String {
        self.table.lines.place(number).to_string()
    }
}

pub(super) struct Check<'t> {
    pub(super) rules: &'t Rules,
    pub(super) findings: Findings,
    /// The rules of the loops that were found.
    pub(super) in_loops: HashSet<RuleNumber>,
}

impl<'t> Check<'t> {
    pub(super) fn new(rules: &'t Rules) -> Self {
        Self {
            rules,
            findings: Findings::default(),
            in_loops: HashSet::new(),
        }
    }

    pub(super) fn push(
        &mut self,
        code: FindingCode,
        rule: RuleNumber,
        related: &[RuleNumber],
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) {
        let lines = &self.rules.table.lines;
        let finding = Finding::new(code, message, help).in_table(rule, lines);
        let finding = finding.with_related(related, lines);
        self.findings.list.push(finding);
    }

    /// Says whether all of them are known.
    fn loops(&mut self, graph: &mut RuleGraph<'t>) -> bool {
        let loops = self.rules.loops(graph);
        for one in loops.found {
            let (message, help) = self.rules.described(&one);
            let rules = one.rules.iter().filter_map(|at| self.rules.rule_at(*at));
            let numbers: Vec<RuleNumber> = rules.map(|rule| rule.rule_number()).collect();
            self.in_loops.extend(&numbers);
            if let Some(last) = numbers.into_iter().max() {
                let finding = Finding::new(one.code(), message, help);
                let finding = finding.in_table(last, &self.rules.table.lines);
                let finding = self.rules.in_loop(finding, &one);
                self.findings.list.push(finding);
            }
        }
        loops.are_all
    }

    /// Adds a note for each target host that the site isn't known to have, if rules would redirect
    /// again there.
    fn unknown_hosts(&mut self, graph: &mut RuleGraph<'t>) {
        let mut by_host: HashMap<Host, Vec<RuleNumber>> = HashMap::new();
        for (_, rule) in self.rules.table.rules() {
            if graph.is_over_limit() {
                break;
            }
            if let Some(host) = graph.unknown_host(&rule) {
                by_host.entry(host).or_default().push(rule.number);
            }
        }
        for (host, rules) in by_host {
            let Some((first, others)) = rules.split_first() else {
                continue;
            };
            let message = format!(
                "`{}` isn't known as a host of this site, so the check doesn't follow redirects to it",
                host.as_rule_host()
            );
            let help = "if it is one, add it to the hosts that are checked";
            let finding = Finding::new(FindingCode::UnknownHost, message, help);
            let lines = &self.rules.table.lines;
            let finding = finding.in_table(*first, lines).also_in(others, lines);
            self.findings.list.push(finding);
        }
    }

    /// What is to be said about a redirect without looking at other rules.
    fn alone(&mut self, rule: &CompiledRule<'t>) {
        if !rule.redirects() {
            return;
        }
        let shown = RuleRef::new(&self.rules.table, *rule);
        let mut used = [false; MAX_CAPTURES];
        let host_label = shown.host_label().map(|label| usize::from(label.at));
        for slot in target::used(rule.target).chain(host_label) {
            if let Some(used) = used.get_mut(slot) {
                *used = true;
            }
        }
        if used.iter().filter(|used| **used).count() < self.rules.captures(rule) {
            for (name, used) in shown.names().iter().zip(used) {
                if !used && is_meant_to_be_used(name) {
                    // A file writes its placeholders in its own way.
                    let (message, help) = match shown.line() {
                        None => (
                            format!("the target doesn't use `{{{name}}}`"),
                            "use it in the target, or start its name with `_`",
                        ),
                        Some(_) => (
                            format!("the target doesn't use the placeholder `{name}`"),
                            "check whether the target needs it",
                        ),
                    };
                    self.push(FindingCode::UnusedCapture, rule.number, &[], message, help);
                }
            }
        }
        let options = self
            .rules
            .table
            .options(rule)
            .map(|compiled| &compiled.options);
        let own_target = options.and_then(|options| options.own_target.as_deref());
        // A single URL isn't redirected to itself in any case.
        if own_target.is_some_and(|pattern| pattern.contains('{')) {
            let target = target_text(shown);
            let message = format!(
                "{target} matches this rule again, so the rule skips the URLs that it redirects to"
            );
            let help = match shown.waits_for() {
                Some(StatusCode::NOT_FOUND) => "check that the app has these pages",
                _ => "check how the app responds to these URLs",
            };
            self.push(FindingCode::OwnTarget, rule.number, &[], message, help);
        }
        if let Some(place) = options
            .and_then(depends_on_who_asks)
            .filter(|_| is_permanent(rule.status_choice()))
        {
            let message =
                format!("clients cache this permanent redirect, but it depends on {place}");
            let (code, help) = (FindingCode::PermanentPerUser, "use 302 or 307");
            self.push(code, rule.number, &[], message, help);
        }
    }

    /// Adds a finding if another rule always matches first.
    fn shadow(&mut self, graph: &mut RuleGraph<'t>, at: RuleOffset, rule: &CompiledRule<'t>) {
        let Some(other) = graph.shadow_of(at, rule) else {
            return;
        };
        let (number, name) = (other.number, self.rules.name_of(other.number));
        if self.rules.is_duplicate(rule, &other) {
            let message = format!("duplicate rule (same as {name})");
            let (code, help) = (FindingCode::DuplicateRule, "remove one of them");
            self.push(code, rule.number, &[number], message, help);
            return;
        }
        let lines = &self.rules.table.lines;
        let line = lines.get(rule.number);
        let RuleNumber(own) = rule.number;
        let beside = [own.checked_sub(1), own.checked_add(1)];
        let mut beside = beside.into_iter().flatten().map(RuleNumber);
        let is_part = line.is_some() && beside.any(|number| lines.get(number) == line);
        let message = if is_part {
            format!("one of the rules of this line is unreachable (shadowed by {name})")
        } else {
            format!("unreachable rule (shadowed by {name})")
        };
        let help = format!("move this rule before {name}, or remove it");
        self.push(
            FindingCode::UnreachableRule,
            rule.number,
            &[number],
            message,
            help,
        );
    }
}

#[cfg(feature = "regex")]
impl<'t> Check<'t> {
    /// Adds a finding for each rule that a regex before it may hide.
    fn regexes(&mut self, graph: &mut RuleGraph<'t>) {
        if self.rules.table.regexes_len() == 0 {
            return;
        }
        let shadowed = [FindingCode::UnreachableRule, FindingCode::DuplicateRule];
        let findings = self.findings.iter();
        let shadowed = findings.filter(|one| shadowed.contains(&one.code()));
        let shadowed: HashSet<u32> = shadowed.filter_map(Finding::rule).collect();
        for (at, rule) in self.rules.table.rules() {
            if graph.is_over_limit() {
                return;
            }
            if shadowed.contains(&rule.number.0) {
                continue;
            }
            let Some(other) = graph.regex_before(at, &rule) else {
                continue;
            };
            let name = self.rules.name_of(other.number);
            let message = format!(
                "undecided whether this rule is unreachable: {name} is a regex and comes first"
            );
            let help = format!("move this rule before {name}");
            let code = FindingCode::Undecided;
            self.push(code, rule.number, &[other.number], message, help);
        }
    }
}

impl Rules {
    /// How many placeholders a rule has.
    fn captures(&self, rule: &CompiledRule<'_>) -> usize {
        let compiled = self.table.options(rule);
        let more = compiled.map_or(0, |compiled| compiled.slots.len());
        if rule.has(REGEX) {
            return usize::MAX;
        }
        if !rule.has(PATTERN) {
            return more;
        }
        PatternRef::of(rule.source).names().count() + more
    }
}

/// Groups without a name, and tails that formats name for everybody, need not be used.
fn is_meant_to_be_used(name: &str) -> bool {
    !name.starts_with('_')
        && !name.is_empty()
        && name != "splat"
        && !name.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn is_permanent(how: StatusChoice) -> bool {
    match how {
        StatusChoice::Status(status) => status.is_permanent(),
        StatusChoice::Intent(intent) => intent == Intent::Permanent,
    }
}

fn depends_on_who_asks(options: &Options) -> Option<String> {
    options
        .conditions
        .iter()
        .find_map(|(_, has)| match &has.place {
            Place::Cookie(name) => Some(format!("the cookie `{name}`")),
            Place::Header(name) if &**name == "authorization" => Some("`Authorization`".to_owned()),
            Place::Header(name) if &**name == "cookie" => Some("cookies".to_owned()),
            Place::Language(name) if !name.is_empty() => Some(format!("the cookie `{name}`")),
            _ => None,
        })
}
