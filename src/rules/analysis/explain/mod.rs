//! Explains why a table redirects a request, or doesn't.

use std::fmt;

use crate::{
    guard::Verdict,
    observe::escaped::Escaped,
    policy::{Decision, Refusal},
    redirect::{DisabledExemptions, Exemption, Redirect, Suppressed},
    request::RequestHead,
    rules::{
        Outcome, RuleRef, Rules,
        capture::{Captures, MatchCache},
        condition::Condition,
        match_input::MatchInput,
    },
};

mod question;

/// The explanation of one decision: the candidate rules, and why each matches or doesn't.
///
/// [`Rules::explain`] returns it. `Display` writes one line per candidate.
///
/// ```
/// use tower_redirect::rules::{Condition, Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = Rules::new([
///     Rule::found("/{page}", "/beta/{page}").when(Condition::cookie("beta")),
///     Rule::permanent("/about-us", "/about"),
/// ])?;
/// let request = testing::get("/about-us?x=1");
/// let explanation = rules.explain(&request.head());
///
/// assert_eq!(explanation.winner().unwrap().number(), 1);
/// assert_eq!(explanation.location().unwrap(), "/about?x=1");
/// assert_eq!(
///     explanation.to_string(),
///     "GET /about-us?x=1\n\
///      rule 0: /{page} -> /beta/{page} (302 Found): no match, it requires cookie `beta`\n\
///      rule 1: /about-us -> /about (308 Permanent Redirect): matches\n\
///      location: /about?x=1",
/// );
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an explanation does nothing unless you read it"]
pub struct Explanation<'r> {
    asked: String,
    candidates: Vec<Candidate<'r>>,
    more: usize,
    winner: Option<RuleRef<'r>>,
    redirect: Option<Redirect>,
    not_sent: Option<NotSentReason>,
    refusal: Option<Refusal>,
    has_path: bool,
    /// There are regexes, and the path is too long for them.
    leaves_regexes_out: bool,
}

/// A rule whose path matches a request, or differs from it only by case or by a trailing slash.
///
/// ```
/// use tower_redirect::rules::{FailedCondition, Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = Rules::new([Rule::found("/a", "/b"), Rule::found("/{x}", "/c")])?;
/// let request = testing::get("/a");
/// let explanation = rules.explain(&request.head());
/// let [first, second] = explanation.candidates() else { unreachable!() };
/// assert_eq!((first.rule().number(), first.failed_condition()), (0, None));
/// assert_eq!(second.rule().number(), 1);
/// assert_eq!(second.failed_condition(), Some(&FailedCondition::LowerPrecedence));
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug)]
pub struct Candidate<'r> {
    rule: RuleRef<'r>,
    failed_condition: Option<FailedCondition>,
}

/// The first condition of a rule that a request doesn't meet.
///
/// ```
/// use tower_redirect::rules::{FailedCondition, Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = Rules::new([
///     Rule::found("/About", "/1"),
///     Rule::found("/about/", "/2"),
///     Rule::found("/about", "/3").host("a.example"),
///     Rule::found("/about?id=1", "/4"),
/// ])?;
/// let request = testing::get("/about?id=2").header("host", "b.example");
/// assert_eq!(
///     rules.explain(&request.head()).to_string(),
///     "GET /about?id=2, host b.example\n\
///      rule 0: /About -> /1 (302 Found): no match, its path differs in case\n\
///      rule 1: /about/ -> /2 (302 Found): no match, its path differs in the trailing slash\n\
///      rule 2: a.example/about -> /3 (302 Found): no match, it is for another host\n\
///      rule 3: /about -> /4 (302 Found): no match, it requires query parameter `id` with 1\n\
///      no rule matches",
/// );
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailedCondition {
    /// The path differs from the source in case.
    Case,
    /// The path differs from the source in its trailing slash.
    TrailingSlash,
    /// The rule is for another host, or the request names no host.
    Host,
    /// The rule is for another scheme, or the scheme of the request isn't known.
    Scheme,
    /// The rule is for other methods.
    Method,
    /// The rule [excludes](crate::rules::Rule::except) the path, by this pattern.
    Except(Box<str>),
    /// The request doesn't meet this condition.
    Missing(Condition),
    /// The request meets this condition, but must not.
    Forbidden(Condition),
    /// The query has a parameter that the rule doesn't allow.
    OtherParameters,
    /// The captured text isn't a valid label for the host of the target.
    HostLabel,
    /// The rule waits for a response, and the URL is one that it redirects to. See
    /// [`Rule::after`](crate::rules::Rule::after).
    OwnTarget,
    /// The rule matches, but another rule wins.
    LowerPrecedence,
}

/// Why the redirect of a matching rule isn't sent.
///
/// The request passes through instead.
///
/// ```
/// use tower_redirect::rules::{NotSentReason, Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = Rules::new([Rule::found("/{page}", "/start")])?;
/// let request = testing::get("/start");
/// assert_eq!(rules.explain(&request.head()).not_sent(), Some(NotSentReason::SelfTarget));
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotSentReason {
    /// The path that a pattern or a regex matched, or the path of the location, has a `.` or `..`
    /// segment.
    DotSegments,
    /// The captured text would redirect to another host.
    OffSite,
    /// The location is longer than 8,000 bytes.
    TooLong,
    /// The location is the requested URL. A layer never sends that.
    SelfTarget,
    /// The layer exempts the request, because a redirect would break it.
    ///
    /// [`RedirectLayer::without_exemption`](crate::RedirectLayer::without_exemption) switches the
    /// exemption off.
    Exempt(Exemption),
}

impl Rules {
    /// Explains which rules are candidates for a request, and why each matches or doesn't.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a/{*rest}", "/{rest}")])?;
    /// let request = testing::get("/a/x/../y");
    /// let explanation = rules.explain(&request.head());
    /// assert_eq!(explanation.winner().unwrap().number(), 0);
    /// assert!(explanation.to_string().ends_with("not sent: the path has a `.` or `..` segment"));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// This looks at every rule of the table, so it takes much longer than a decision.
    pub fn explain(&self, request: &RequestHead<'_>) -> Explanation<'_> {
        let mut explanation = Explanation {
            asked: request.describe(""),
            candidates: Vec::new(),
            more: 0,
            winner: None,
            redirect: None,
            not_sent: None,
            refusal: None,
            has_path: request.has_path(),
            leaves_regexes_out: self.table.leaves_regexes_out(request.path()),
        };
        if !request.has_path() {
            return explanation;
        }
        match self.host(request) {
            Ok(host) => {
                let cache = MatchCache::new();
                let ask = MatchInput::new(request, host.as_ref(), &cache);
                self.explain_asked(&ask, &mut explanation);
            }
            Err(refusal) => explanation.refusal = Some(refusal),
        }
        explanation
    }

    fn explain_asked<'r>(&'r self, ask: &MatchInput<'_, '_>, explanation: &mut Explanation<'r>) {
        let winner = self.table.search(ask, self.precedence);
        let at = winner.map(|winner| winner.at);
        (explanation.candidates, explanation.more) = self.in_question(ask, at);
        let Some((winner, at)) = winner.zip(at) else {
            return;
        };
        let Some(rule) = self.table.rule(at) else {
            return;
        };
        if !rule.redirects() {
            explanation.winner = Some(RuleRef::new(&self.table, rule));
            let decision = self.table.without_redirect(at, &rule);
            explanation.refusal = decision.refusal().cloned();
            return;
        }
        let mut captures = Captures::none();
        let all = self.table.captures(&winner, &rule, ask, &mut captures);
        if all.is_none() {
            return;
        }
        explanation.winner = Some(RuleRef::new(&self.table, rule));
        match self.table.location(&rule, &captures, ask) {
            Ok(location) => {
                let redirect = self.table.redirect(at, &rule, location);
                let decision = Decision::redirect(redirect.clone());
                let reason = match decision.judge(ask.head, DisabledExemptions::default()) {
                    Verdict::Pass(unsent) => unsent.map(|unsent| unsent.reason),
                    Verdict::Send(..) | Verdict::Refuse(..) => None,
                };
                explanation.not_sent = match reason {
                    Some(Suppressed::SelfTarget) => Some(NotSentReason::SelfTarget),
                    Some(Suppressed::Exempt(exemption)) => Some(NotSentReason::Exempt(exemption)),
                    _ => None,
                };
                explanation.redirect = Some(redirect);
            }
            Err(astray) => explanation.not_sent = Some(astray.into()),
        }
    }
}

impl<'r> Explanation<'r> {
    /// Returns the rules whose path matches, in the order in which the table tries them.
    ///
    /// The list has at most the first 100 rules, and the rule that wins.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate<'r>] {
        &self.candidates
    }

    /// Returns how many rules for this path the list of candidates omits.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new((0..500).map(|id| Rule::found(format!("/?id={id}"), "/b")))?;
    /// let request = testing::get("/?id=400");
    /// let explanation = rules.explain(&request.head());
    /// assert_eq!((explanation.candidates().len(), explanation.omitted()), (101, 399));
    /// assert_eq!(explanation.winner().unwrap().number(), 400);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub const fn omitted(&self) -> usize {
        self.more
    }

    /// Returns the rule that wins, if one matches.
    #[must_use]
    pub const fn winner(&self) -> Option<RuleRef<'r>> {
        self.winner
    }

    /// Returns the redirect of the rule that wins.
    #[must_use]
    pub const fn redirect(&self) -> Option<&Redirect> {
        self.redirect.as_ref()
    }

    /// Returns the location of the redirect.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        let redirect = self.redirect.as_ref()?;
        Some(redirect.location.as_str())
    }

    /// Returns the refusal if the rule that wins refuses the request, or if the request has an
    /// invalid or conflicting host.
    ///
    /// Because of a host, the table refuses the request before it tries a rule.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").host("a.example")])?;
    /// let request = testing::get("/a").header("host", "a example");
    /// assert!(rules.explain(&request.head()).refusal().is_some());
    ///
    /// let request = testing::get("/a").header("host", "b.example");
    /// let explanation = rules.explain(&request.head());
    /// assert!(explanation.refusal().is_none() && explanation.winner().is_none());
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// Returns why the redirect isn't sent, although a rule matches.
    #[must_use]
    pub const fn not_sent(&self) -> Option<NotSentReason> {
        self.not_sent
    }
}

impl<'r> Candidate<'r> {
    /// Returns the rule.
    #[must_use]
    pub const fn rule(&self) -> RuleRef<'r> {
        self.rule
    }

    /// Returns the condition that failed, or `None` for the rule that wins.
    #[must_use]
    pub const fn failed_condition(&self) -> Option<&FailedCondition> {
        self.failed_condition.as_ref()
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.asked))?;
        if !self.has_path {
            return f.write_str("\nthe request has no path, so no rule matches");
        }
        if let Some(refusal) = self
            .refusal
            .as_ref()
            .filter(|refusal| refusal.rule().is_none())
        {
            let (status, reason) = (refusal.status().as_u16(), refusal.reason());
            return write!(f, "\nrefused with {status}: {reason}");
        }
        let waits_for = self.winner.and_then(|rule| rule.waits_for());
        if self.leaves_regexes_out {
            f.write_str("\nthe path is longer than 8,000 bytes, so no regex matches")?;
        }
        for Candidate {
            rule,
            failed_condition,
        } in &self.candidates
        {
            write!(f, "\nrule {}", rule.number())?;
            if rule.line().is_some() {
                write!(f, " ({})", rule.place())?;
            }
            write!(f, ": {}: ", Escaped(rule))?;
            match failed_condition {
                None => match waits_for {
                    Some(status) => {
                        write!(f, "matches, if the app responds with {}", status.as_u16())
                    }
                    None => f.write_str("matches"),
                },
                Some(unmet) => write!(f, "no match, {}", Escaped(unmet)),
            }?;
        }
        match self.more {
            0 => {}
            1 => f.write_str("\nand 1 more rule for this path")?,
            more => write!(f, "\nand {more} more rules for this path")?,
        }
        let Some(winner) = self.winner else {
            return f.write_str("\nno rule matches");
        };
        match winner.outcome() {
            Outcome::Redirect(_) => {}
            Outcome::Pass => return f.write_str("\nthe request passes through"),
            Outcome::Refuse(status) => return write!(f, "\nrefused with {status}"),
        }
        let target = winner.target();
        match self.location() {
            Some(location) if location == target => {}
            Some(location) => write!(f, "\nlocation: {}", Escaped(location))?,
            None => write!(f, "\ntarget: {}", Escaped(target))?,
        }
        match self.not_sent {
            Some(why) => write!(f, "\nnot sent: {why}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for FailedCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case => f.write_str("its path differs in case"),
            Self::TrailingSlash => f.write_str("its path differs in the trailing slash"),
            Self::Host => f.write_str("it is for another host"),
            Self::Scheme => f.write_str("it is for another scheme, or the scheme isn't known"),
            Self::Method => f.write_str("it is for other methods"),
            Self::Except(pattern) => write!(f, "it excludes `{pattern}`"),
            Self::Missing(has) => write!(f, "it requires {has}"),
            Self::Forbidden(has) => write!(f, "it excludes requests with {has}"),
            Self::OtherParameters => f.write_str("it allows no other query parameters"),
            Self::HostLabel => {
                f.write_str("the text for the host of its target isn't a host label")
            }
            Self::OwnTarget => f.write_str("it redirects to this URL"),
            Self::LowerPrecedence => f.write_str("another rule wins"),
        }
    }
}

impl fmt::Display for NotSentReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DotSegments => "the path has a `.` or `..` segment",
            Self::OffSite => "it would redirect to another host",
            Self::TooLong => "the location is longer than 8,000 bytes",
            Self::SelfTarget => "the location is the requested URL",
            Self::Exempt(exemption) => return Suppressed::Exempt(*exemption).fmt(f),
        })
    }
}
