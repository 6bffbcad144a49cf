//! From a decision to what the service does: the guard's verdict, and what is sent.
//!
//! Only requests that don't simply pass come here, so this code is `#[cold]`.

use http::HeaderValue;

use crate::{
    guard::{Unsent, Verdict},
    middleware::{
        future::{Pending, PendingResponse},
        layer::Options,
        link_body::LinkPageKind,
        recipient::Recipient,
        refusal_text::RefusalText,
        response::{RedirectResponse, cache_control},
        unauthorized::Unauthorized,
    },
    observe,
    policy::{Decision, Refusal},
    redirect::{CacheControl, Redirect, Timing},
    request::{HeaderReads, RequestHead},
    status::Status,
};

/// What the service does with a request. `vary` lists the headers that the policy read.
pub(crate) enum Action {
    Pass,
    Redirect(RedirectResponse, Option<HeaderValue>),
    /// A script gets this instead of a redirect.
    Unauthorized(Unauthorized, Option<HeaderValue>),
    RespondAfter(Pending),
    /// The flag says whether the refusal is for one visitor only.
    Refuse(Refusal, Option<RefusalText>, Option<HeaderValue>, bool),
}

impl Options {
    /// Prepares a redirect or a refusal, and reports a redirect that isn't sent.
    ///
    /// It takes the head by value: then `call` doesn't write the head into memory if the policy is
    /// inlined and passes.
    #[cold]
    #[inline(never)]
    pub(crate) fn action(
        &self,
        decision: Decision,
        head: RequestHead<'_>,
        reads: &HeaderReads,
    ) -> Action {
        let report = |unsent: Option<Unsent>| {
            if let Some(Unsent { redirect, reason }) = unsent {
                observe::suppressed(&head, &redirect, reason);
            }
        };
        let (sent, status) = match decision.judge(&head, self.disabled) {
            Verdict::Send(sent, status) => (sent, status),
            Verdict::Pass(unsent) => {
                report(unsent);
                return Action::Pass;
            }
            Verdict::Refuse(refusal, unsent) => {
                report(unsent);
                let text = self.text(&refusal, &head);
                return Action::Refuse(refusal, text, reads.vary(), reads.is_personal());
            }
        };
        let mut redirect = sent.redirect;
        if let Some(recipient) = Recipient::of_401(&redirect, head.headers()) {
            return self.unauthorized(redirect, status, recipient, &head, reads);
        }
        if redirect.has_401_for_scripts {
            redirect.cache = Some(CacheControl::no_store());
        }
        let page_kind = self.link_body.then(|| LinkPageKind::for_request(&head));
        let is_presumed = sent.facts.scheme_is_presumed;
        let cache = cache_control(
            redirect.cache,
            self.default_max_age,
            status,
            is_presumed,
            reads,
        );
        let (mut response, timing) = RedirectResponse::new(redirect, status, cache, page_kind);
        response.inserts_redirected = self.inserts_redirected;
        let vary = reads.vary();
        match timing {
            Timing::Before => Action::Redirect(response, vary),
            Timing::After(condition) => Action::RespondAfter(Pending {
                condition,
                response: PendingResponse::Redirect(response),
                vary,
            }),
        }
    }

    /// Prepares the 401 that a script gets instead of a redirect.
    fn unauthorized(
        &self,
        redirect: Redirect,
        status: Status,
        recipient: Recipient,
        head: &RequestHead<'_>,
        reads: &HeaderReads,
    ) -> Action {
        let text = self.text(&Refusal::LOGIN_REQUIRED, head);
        let (response, timing) = RedirectResponse::new(redirect, status, None, None);
        let unauthorized = Unauthorized::new(response.redirected, recipient, text);
        let vary = reads.vary();
        match timing {
            Timing::Before => Action::Unauthorized(unauthorized, vary),
            Timing::After(condition) => Action::RespondAfter(Pending {
                condition,
                response: PendingResponse::Unauthorized(unauthorized),
                vary,
            }),
        }
    }

    fn text(&self, refusal: &Refusal, head: &RequestHead<'_>) -> Option<RefusalText> {
        self.link_body
            .then(|| RefusalText::new(refusal, head.method()))
    }
}
