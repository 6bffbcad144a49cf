//! A candidate policy that runs beside the live one and is only compared with it.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU32, Ordering},
};

use super::{Decision, DecisionKind, Policy};
use crate::{
    observe::{self, escaped::Escaped},
    redirect::{Redirect, Timing},
    request::{HeaderReads, RequestHead},
};

/// Applies one policy, and reports each request for which a candidate would decide differently.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::{RedirectLayer, policy::Shadow, testing};
///
/// static DIFFERENCES: AtomicUsize = AtomicUsize::new(0);
///
/// let live = Rules::new([Rule::found("/about-us", "/about")])?;
/// let candidate = Rules::new([Rule::permanent("/about-us", "/about")])?;
/// let policy = Shadow::new(live, candidate).on_difference(|difference| {
///     assert_eq!(
///         difference.to_string(),
///         "GET /about-us: 302 Found to /about; candidate: 308 Permanent Redirect to /about",
///     );
///     DIFFERENCES.fetch_add(1, Ordering::Relaxed);
/// });
///
/// testing::get("/about-us").through(&policy).assert_redirect("/about");
/// testing::get("/contact").through(&policy).assert_pass();
/// assert_eq!(DIFFERENCES.load(Ordering::Relaxed), 1);
///
/// let layer = RedirectLayer::new(policy);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # What is compared
///
/// Two decisions are the same if they have the same effect on the request:
///
/// - Redirects have the same status for this request, the same location byte for byte, the same
///   cache lifetime and the same timing. Closures of [`after_response`](Redirect::after_response)
///   can't be compared and count as the same.
/// - Refusals have the same status.
///
/// A redirect is compared even if the layer then doesn't send it, for example because it leads to
/// the requested URL. `Vary` and `Cache-Control: private` aren't compared. They depend on the
/// headers that a policy reads and not on its decision.
///
/// A policy around the shadow, as in `canonical.then(shadow)`, may turn a decision into another
/// one. To compare what is sent in the end, put that policy around both the live policy and the
/// candidate.
///
/// # What the candidate can't do
///
/// The candidate doesn't change the response. The headers that it reads aren't named in `Vary`. A
/// request that it would refuse passes if the live policy passes. If it panics, the panic hook
/// runs, and the panic is caught and reported as a difference. With `panic = "abort"`, the program
/// ends.
///
/// The candidate and the callback run before the response is sent, so they make the request slower.
///
/// # Logging
///
/// The `tracing` feature logs each difference at level debug, with the method, the path without the
/// query, the live decision and the decision of the candidate. It logs both locations in full, as
/// it does for a redirect that is sent. So they may contain the query of the request.
pub struct Shadow<L, C> {
    live: L,
    candidate: C,
    one_in: u32,
    requests: AtomicU32,
    on_difference: Option<Box<Report>>,
}

type Report = dyn Fn(&Difference<'_>) + Send + Sync;

/// A request for which two policies decide differently. [`Shadow`] reports it.
///
/// ```
/// use tower_redirect::{LocalPath, Redirect, policy::Shadow, testing};
///
/// let live = Redirect::found(LocalPath::from_static("/x"));
/// let policy = Shadow::new(live, None::<Redirect>).on_difference(|difference| {
///     assert_eq!(difference.request().path(), "/");
///     assert!(difference.live().target().is_some());
///     assert!(difference.candidate().is_some_and(|decision| decision.is_pass()));
/// });
/// testing::get("/").through(&policy).assert_redirect("/x");
/// ```
///
/// The `Display` text is one line. It has the path and query as they were received, with control
/// characters as `\u{…}`.
#[derive(Clone, Copy, Debug)]
pub struct Difference<'d> {
    request: &'d RequestHead<'d>,
    live: &'d Decision,
    candidate: Option<&'d Decision>,
}

impl<L, C> Shadow<L, C>
where
    L: Policy<Target = Redirect>,
    C: Policy<Target = Redirect>,
{
    /// Applies `live`, and compares each decision with that of `candidate`.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, policy::Shadow, testing};
    ///
    /// let live = Redirect::found(LocalPath::from_static("/live"));
    /// let candidate = Redirect::found(LocalPath::from_static("/candidate"));
    /// testing::get("/").through(&Shadow::new(live, candidate)).assert_redirect("/live");
    /// ```
    pub const fn new(live: L, candidate: C) -> Self {
        Self {
            live,
            candidate,
            one_in: 1,
            requests: AtomicU32::new(0),
            on_difference: None,
        }
    }
}

impl<L, C> Shadow<L, C> {
    /// Calls this closure with each difference, before the response is sent. It must be fast.
    ///
    /// If it panics, the panic hook runs and the panic is caught. Nothing else reports it.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use tower_redirect::{LocalPath, Redirect, policy::Shadow, testing};
    ///
    /// let (sender, differences) = mpsc::channel();
    /// let live = Redirect::found(LocalPath::from_static("/x"));
    /// let policy = Shadow::new(live, None::<Redirect>).on_difference(move |difference| {
    ///     let _ = sender.send(difference.to_string());
    /// });
    /// testing::get("/").through(&policy).assert_redirect("/x");
    /// assert_eq!(differences.recv()?, "GET /: 302 Found to /x; candidate: pass");
    /// # Ok::<(), mpsc::RecvError>(())
    /// ```
    #[must_use]
    pub fn on_difference(
        mut self,
        report: impl Fn(&Difference<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.on_difference = Some(Box::new(report));
        self
    }

    /// Applies the candidate to one of `n` requests: to the first, and to every `n`-th after it.
    ///
    /// 0 switches the candidate off.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use tower_redirect::{LocalPath, Redirect, policy::Shadow, testing};
    ///
    /// static DIFFERENCES: AtomicUsize = AtomicUsize::new(0);
    /// let live = Redirect::found(LocalPath::from_static("/x"));
    /// let policy = Shadow::new(live, None::<Redirect>).one_in(10).on_difference(|_| {
    ///     DIFFERENCES.fetch_add(1, Ordering::Relaxed);
    /// });
    /// for _ in 0..30 {
    ///     testing::get("/").through(&policy).assert_redirect("/x");
    /// }
    /// assert_eq!(DIFFERENCES.load(Ordering::Relaxed), 3);
    /// ```
    #[must_use]
    pub const fn one_in(mut self, n: u32) -> Self {
        self.one_in = n;
        self
    }

    fn is_sampled(&self) -> bool {
        match self.one_in {
            0 => false,
            1 => true,
            one_in => self.requests.fetch_add(1, Ordering::Relaxed) % one_in == 0,
        }
    }

    /// Logs a difference and calls the callback.
    #[cold]
    fn report(&self, difference: &Difference<'_>) {
        observe::differed(
            difference.request,
            &LoggedDecision(Some(difference.live), difference.request),
            &LoggedDecision(difference.candidate, difference.request),
        );
        if let Some(report) = &self.on_difference {
            let _ = catch_unwind(AssertUnwindSafe(|| report(difference)));
        }
    }
}

impl<L, C> Policy for Shadow<L, C>
where
    L: Policy<Target = Redirect>,
    C: Policy<Target = Redirect>,
{
    type Target = Redirect;

    fn decide(&self, request: &RequestHead<'_>) -> Decision {
        if !self.is_sampled() {
            return self.live.decide(request);
        }
        let live = self.live.decide(request);
        let reads = HeaderReads::new();
        let head = request.recording(&reads);
        let candidate = catch_unwind(AssertUnwindSafe(|| self.candidate.decide(&head))).ok();
        let is_same = candidate
            .as_ref()
            .is_some_and(|candidate| live.has_same_effect(candidate, request));
        if !is_same {
            self.report(&Difference {
                request,
                live: &live,
                candidate: candidate.as_ref(),
            });
        }
        live
    }
}

impl<'d> Difference<'d> {
    /// Returns the request.
    #[must_use]
    pub const fn request(&self) -> &'d RequestHead<'d> {
        self.request
    }

    /// Returns the live decision, which is applied.
    pub const fn live(&self) -> &'d Decision {
        self.live
    }

    /// Returns the decision of the candidate, or `None` if it panicked.
    #[must_use]
    pub const fn candidate(&self) -> Option<&'d Decision> {
        self.candidate
    }
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            request,
            live,
            candidate,
        } = self;
        let requested = Escaped(request.path_and_query());
        let live = LoggedDecision(Some(live), request);
        let candidate = LoggedDecision(*candidate, request);
        write!(
            f,
            "{} {requested}: {live}; candidate: {candidate}",
            request.method()
        )
    }
}

/// A decision as text. `None` is a panic.
struct LoggedDecision<'d>(Option<&'d Decision>, &'d RequestHead<'d>);

impl fmt::Display for LoggedDecision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decision = match self.0 {
            None => return f.write_str("panic"),
            Some(decision) => decision,
        };
        let redirect = match decision.kind() {
            DecisionKind::Pass => return f.write_str("pass"),
            DecisionKind::Refuse(refusal) => return refusal.fmt(f),
            DecisionKind::Redirect(redirect) | DecisionKind::Enforce(redirect) => redirect,
        };
        let status = redirect.status(self.1.method(), self.1.version());
        write!(f, "{status} to {}", redirect.location())?;
        if matches!(decision.kind(), DecisionKind::Enforce(_)) {
            f.write_str(", enforced")?;
        } else if let Timing::After(condition) = redirect.timing() {
            write!(f, " after {condition:?}")?;
        }
        match redirect.cache {
            Some(cache) => write!(f, " with {cache}"),
            None => Ok(()),
        }
    }
}

impl<L: fmt::Debug, C: fmt::Debug> fmt::Debug for Shadow<L, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shadow")
            .field("live", &self.live)
            .field("candidate", &self.candidate)
            .field("one_in", &self.one_in)
            .finish_non_exhaustive()
    }
}
