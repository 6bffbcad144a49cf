use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU32, Ordering},
};

use super::{Decision, Policy};
use crate::{
    guard,
    observe::{self, escaped::Escaped},
    redirect::{Redirect, Timing},
    request::{HeaderReads, RequestHead},
};

/// Answers as one policy does, and reports where another one would answer differently.
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
///         "GET /about-us: 302 Found to /about; the candidate: 308 Permanent Redirect to /about",
///     );
///     DIFFERENCES.fetch_add(1, Ordering::Relaxed);
/// });
///
/// testing::get("/about-us").through(&policy).assert_redirect("/about");
/// testing::get("/contact").through(&policy).assert_pass();
/// assert_eq!(DIFFERENCES.load(Ordering::Relaxed), 1);
///
/// let layer = RedirectLayer::new(policy);
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
///
/// Two answers are the same where the decision is: of a redirect the status for this request, every byte of
/// the location, the lifetime, and when it is sent; of a refusal the status. Two closures of
/// [`after_response`](Redirect::after_response) cannot be told apart and are taken for the same. What a
/// layer then does not send, for one because it leads to where it was asked for, is compared all the same.
///
/// It compares what the two policies say. What stands around them, as in `canonical.then(shadow)`, may make
/// something else of it, of a pass for one: to compare all that is sent, put it into both.
///
/// Of `Vary` and `Cache-Control: private`, which say what a policy looked at before it decided, nothing is
/// compared.
///
/// The candidate has no say in the answer. What it reads of the header is not named in `Vary`, what it
/// would refuse is passed on if the live policy says so, and where it panics, that is a difference. But it
/// is asked before the answer goes out: its time, and that of the callback, are the request's. Each panic
/// of it runs the panic hook, and then is caught, so that it takes a program down only where
/// `panic = "abort"` is.
///
/// With feature `tracing`, each difference is an event at level debug, with the method, the path without
/// the query, what is answered and what the candidate would answer. The locations of both stand there in
/// full, as that of a redirect that is sent does: the query of the request may be in them.
pub struct Shadow<L, C> {
    live: L,
    candidate: C,
    one_in: u32,
    asked: AtomicU32,
    on_difference: Option<Box<Report>>,
}

type Report = dyn Fn(&Difference<'_>) + Send + Sync;

/// A request that two policies answer differently; [`Shadow`] reports it.
///
/// ```
/// use tower_redirect::{LocalPath, Redirect, policy::Shadow, testing};
///
/// let live = Redirect::found(LocalPath::from_static("/x"));
/// let policy = Shadow::new(live, None::<Redirect>).on_difference(|difference| {
///     assert_eq!(difference.request().path(), "/");
///     assert!(difference.live().clone().into_redirect().is_some());
///     assert!(difference.candidate().is_some_and(|decision| decision.is_pass()));
/// });
/// testing::get("/").through(&policy).assert_redirect("/x");
/// ```
///
/// Its text is one line; what the request has in it stands there as it was received, control characters as
/// `\u{…}`.
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
    /// Answers as `live` does, and compares that with what `candidate` would answer.
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
            asked: AtomicU32::new(0),
            on_difference: None,
        }
    }
}

impl<L, C> Shadow<L, C> {
    /// Calls this with each difference, where the request is answered; it has to be quick.
    ///
    /// A panic in it is caught as one of the candidate is; but for the panic hook, nothing more is heard of
    /// it.
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
    /// assert_eq!(differences.recv()?, "GET /: 302 Found to /x; the candidate: pass");
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

    /// Asks the candidate about one request in so many: the first, and every `n`-th after it, whatever is
    /// asked; about none where `n` is 0.
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
            one_in => self.asked.fetch_add(1, Ordering::Relaxed) % one_in == 0,
        }
    }

    /// Says what is different.
    #[cold]
    fn report(&self, difference: &Difference<'_>) {
        observe::differed(
            difference.request,
            &Told(Some(difference.live), difference.request),
            &Told(difference.candidate, difference.request),
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
        // What a policy in front has said holds for both.
        let was_closed = request.is_closed();
        let live = self.live.decide(request);
        let reads = HeaderReads::new();
        let head = request.recording(&reads);
        if was_closed {
            head.close();
        }
        let decided = catch_unwind(AssertUnwindSafe(|| self.candidate.decide(&head))).ok();
        // What was said in front is for whoever stands there to answer; of the live one it is known only
        // where somebody takes it down.
        let closes = |is_closed| is_closed && !was_closed && request.is_recorded();
        let candidate = decided.map(|decision| in_the_end(decision, closes(reads.is_closed())));
        let ends = in_the_end(live.clone(), closes(request.is_closed()));
        let is_same = candidate
            .as_ref()
            .is_some_and(|candidate| ends.is_same_answer(candidate, request));
        if !is_same {
            self.report(&Difference {
                request,
                live: &ends,
                candidate: candidate.as_ref(),
            });
        }
        live
    }
}

/// What becomes of a decision where the request must not be passed on, or may be.
fn in_the_end(decision: Decision, is_closed: bool) -> Decision {
    match decision {
        Decision::Pass if is_closed => Decision::Refuse(guard::CLOSED),
        decision => decision,
    }
}

impl<'d> Difference<'d> {
    /// The request.
    #[must_use]
    pub const fn request(&self) -> &'d RequestHead<'d> {
        self.request
    }

    /// What is answered.
    pub const fn live(&self) -> &'d Decision {
        self.live
    }

    /// What the candidate would answer; `None` where it panicked.
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
        let asked = Escaped(request.path_and_query());
        let (live, candidate) = (Told(Some(live), request), Told(*candidate, request));
        write!(
            f,
            "{} {asked}: {live}; the candidate: {candidate}",
            request.method()
        )
    }
}

/// A decision in words.
struct Told<'d>(Option<&'d Decision>, &'d RequestHead<'d>);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redirect = match self.0 {
            None => return f.write_str("a panic"),
            Some(Decision::Pass) => return f.write_str("pass"),
            Some(Decision::Refuse(refusal)) => return refusal.fmt(f),
            Some(Decision::Redirect(redirect)) => redirect,
        };
        let status = redirect.status(self.1.method(), self.1.version());
        write!(f, "{status} to {}", redirect.location())?;
        if let Timing::After(condition) = redirect.timing() {
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
