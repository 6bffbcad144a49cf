//! Why a request was redirected, or not.

use std::fmt;

use super::{
    RuleRef, Rules,
    ask::Ask,
    capture::{Captures, Found},
    has::Condition,
};
use crate::{
    guard::{self, Verdict},
    observe::escaped::Escaped,
    policy::Refusal,
    redirect::{DisabledExemptions, Exemption, Redirect, Suppressed, Timing},
    request::RequestHead,
};

mod question;

/// Every rule that came into question for a request, and what became of each.
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
///      rule 0: /{page} -> /beta/{page} (302 Found): no, it asks for cookie `beta`\n\
///      rule 1: /about-us -> /about (308 Permanent Redirect): answers\n\
///      /about becomes /about?x=1",
/// );
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an explanation is to be read"]
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

/// A rule whose path fits a request, or would but for its case or a slash at its end.
///
/// ```
/// use tower_redirect::rules::{FailedCondition, Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = Rules::new([Rule::found("/a", "/b"), Rule::found("/{x}", "/c")])?;
/// let request = testing::get("/a");
/// let explanation = rules.explain(&request.head());
/// let [first, second] = explanation.candidates() else { unreachable!() };
/// assert_eq!((first.rule().number(), first.unmet()), (0, None));
/// assert_eq!((second.rule().number(), second.unmet()), (1, Some(&FailedCondition::Later)));
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Candidate<'r> {
    rule: RuleRef<'r>,
    unmet: Option<FailedCondition>,
}

/// The first thing that keeps a rule from answering a request.
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
///      rule 0: /About -> /1 (302 Found): no, its path has letters in another case\n\
///      rule 1: /about/ -> /2 (302 Found): no, it differs by the slash at the end\n\
///      rule 2: a.example/about -> /3 (302 Found): no, it is for another host\n\
///      rule 3: /about -> /4 (302 Found): no, it asks for query parameter `id` with 1\n\
///      no rule answers",
/// );
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailedCondition {
    /// The path has letters in another case.
    Case,
    /// The path has a slash at its end that the rule has not, or has none that the rule has.
    TrailingSlash,
    /// The rule is for other hosts, or the request names none.
    Host,
    /// The request came over another scheme, or over one that nobody has established.
    HttpScheme,
    /// The rule is for other methods.
    Method,
    /// The request has not what the rule asks for.
    Lacks(Condition),
    /// The request has what it must not have.
    Forbidden(Condition),
    /// It would answer, but another rule comes first.
    Later,
}

/// Why the redirect of a rule that answers is not sent; the request is passed on then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotSentReason {
    /// What a pattern or a regex matched, or the finished path, has a segment `.` or `..`.
    DotSegments,
    /// What a placeholder stands for would lead to another host.
    OffSite,
    /// The location would be longer than 8,000 bytes.
    TooLong,
    /// It leads to the address that was asked for; a layer never sends that.
    SelfTarget,
    /// A redirect would break the request; a layer sends it only where it is told to.
    Exempt(Exemption),
}

impl Rules {
    /// Says which rules came into question for a request, and why each does or does not answer.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a/{*rest}", "/{rest}")])?;
    /// let request = testing::get("/a/x/../y");
    /// let explanation = rules.explain(&request.head());
    /// assert_eq!(explanation.winner().unwrap().number(), 0);
    /// assert!(explanation.to_string().ends_with("not sent: a segment `.` or `..`"));
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// Every rule of the table is looked at, so that it takes much longer than to decide.
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
                let found = Found::none();
                let ask = Ask::new(request, host.as_ref(), &found);
                self.explain_asked(&ask, &mut explanation);
            }
            Err(refusal) => explanation.refusal = Some(refusal),
        }
        explanation
    }

    fn explain_asked<'r>(&'r self, ask: &Ask<'_, '_>, explanation: &mut Explanation<'r>) {
        let winner = self.table.search(ask, self.precedence);
        (explanation.candidates, explanation.more) = self.in_question(ask, winner);
        let Some((at, record)) = winner.and_then(|at| Some((at, self.table.record(at)?))) else {
            return;
        };
        let mut captures = Captures::none();
        let found = self.table.captures(at, &record, ask, &mut captures);
        if found.is_none() {
            return;
        }
        explanation.winner = Some(RuleRef::new(&self.table, record));
        match self.table.location(&record, &captures, ask) {
            Ok(location) => {
                let redirect = self.table.redirect(at, &record, location);
                explanation.not_sent =
                    match guard::judge(ask.head, &redirect, DisabledExemptions::default()) {
                        Verdict::Pass(Suppressed::SelfTarget) => Some(NotSentReason::SelfTarget),
                        Verdict::Pass(Suppressed::Exempt(exemption)) => {
                            Some(NotSentReason::Exempt(exemption))
                        }
                        _ => None,
                    };
                explanation.redirect = Some(redirect);
            }
            Err(astray) => explanation.not_sent = Some(astray.into()),
        }
    }
}

impl<'r> Explanation<'r> {
    /// The rules whose path fits, the one that is asked first first; of very many, the first hundred and the
    /// one that answers.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate<'r>] {
        &self.candidates
    }

    /// How many rules there are for this path that are not among the candidates.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new((0..500).map(|id| Rule::found(format!("/?id={id}"), "/b")))?;
    /// let request = testing::get("/?id=400");
    /// let explanation = rules.explain(&request.head());
    /// assert_eq!((explanation.candidates().len(), explanation.more()), (101, 399));
    /// assert_eq!(explanation.winner().unwrap().number(), 400);
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    #[must_use]
    pub const fn more(&self) -> usize {
        self.more
    }

    /// The rule that answers.
    #[must_use]
    pub const fn winner(&self) -> Option<RuleRef<'r>> {
        self.winner
    }

    /// The redirect that the table decides for.
    #[must_use]
    pub const fn redirect(&self) -> Option<&Redirect> {
        self.redirect.as_ref()
    }

    /// Where it leads.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        let redirect = self.redirect.as_ref()?;
        Some(redirect.location.as_str())
    }

    /// How a request is refused that contradicts itself about its host; no rule is asked then.
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
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// Why the redirect of the rule that answers is not sent.
    #[must_use]
    pub const fn not_sent(&self) -> Option<NotSentReason> {
        self.not_sent
    }
}

impl<'r> Candidate<'r> {
    /// The rule.
    #[must_use]
    pub const fn rule(&self) -> RuleRef<'r> {
        self.rule
    }

    /// What keeps it from answering; `None` for the one that answers.
    #[must_use]
    pub const fn unmet(&self) -> Option<&FailedCondition> {
        self.unmet.as_ref()
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.asked))?;
        if !self.has_path {
            return f.write_str("\nit names no path, and no rule is asked");
        }
        if let Some(refusal) = &self.refusal {
            let (status, reason) = (refusal.status().as_u16(), refusal.reason());
            return write!(f, "\nrefused with {status}: {reason}");
        }
        let redirect = self.redirect.as_ref();
        let waits = redirect.is_some_and(|redirect| matches!(redirect.timing, Timing::After(_)));
        if self.leaves_regexes_out {
            f.write_str("\nthe path is longer than 8,000 bytes, and no regex is asked")?;
        }
        for Candidate { rule, unmet } in &self.candidates {
            write!(f, "\nrule {}", rule.number())?;
            if let Some(line) = rule.line() {
                write!(f, " (line {line})")?;
            }
            write!(f, ": {}: ", Escaped(rule))?;
            match unmet {
                None if waits => f.write_str("answers, only where the app answers 404"),
                None => f.write_str("answers"),
                Some(unmet) => write!(f, "no, {}", Escaped(unmet)),
            }?;
        }
        match self.more {
            0 => {}
            1 => f.write_str("\nand 1 more rule for this path")?,
            more => write!(f, "\nand {more} more rules for this path")?,
        }
        let Some(winner) = self.winner else {
            return f.write_str("\nno rule answers");
        };
        let target = winner.target();
        match self.location() {
            Some(location) if location == target => {}
            Some(location) => write!(f, "\n{} becomes {}", Escaped(target), Escaped(location))?,
            None => write!(f, "\n{}", Escaped(target))?,
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
            Self::Case => f.write_str("its path has letters in another case"),
            Self::TrailingSlash => f.write_str("it differs by the slash at the end"),
            Self::Host => f.write_str("it is for another host"),
            Self::HttpScheme => f.write_str("it is for another scheme, or none is known"),
            Self::Method => f.write_str("it is for other methods"),
            Self::Lacks(has) => write!(f, "it asks for {has}"),
            Self::Forbidden(has) => write!(f, "it must not have {has}"),
            Self::Later => f.write_str("another rule comes first"),
        }
    }
}

impl fmt::Display for NotSentReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DotSegments => "a segment `.` or `..`",
            Self::OffSite => "it would lead to another host",
            Self::TooLong => "it would be longer than 8,000 bytes",
            Self::SelfTarget => "it leads to the address that was asked for",
            Self::Exempt(exemption) => return Suppressed::Exempt(*exemption).fmt(f),
        })
    }
}
