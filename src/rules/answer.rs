//! From the rule that answers to the redirect that is sent.

use std::{cell::RefCell, sync::Arc};

use bytes::Bytes;

use super::{
    MatchedRule, NotSentReason, Outcome,
    capture::Captures,
    compiled_options::CompiledOptions,
    compiled_rule::{CompiledRule, FRAGMENT, PATTERN, QUERY, REGEX, SETTLED, SLOTS},
    host_label::HostLabel,
    match_input::MatchInput,
    options::{Options, QueryPolicy},
    parameters,
    sent_parameters::{Fate, Name, SentParameters},
    spelling,
    table::Table,
    target,
};
use crate::{
    location::{LabelledOrigin, Location, MAX_LEN, PartEnds, PrepareError, has_dot_segment, scan},
    policy::Decision,
    redirect::{Redirect, Refusal, RuleOffset, Timing},
};

impl Table {
    /// The redirect of a rule that leads there.
    #[inline]
    pub(super) fn redirect(
        self: &Arc<Self>,
        at: RuleOffset,
        rule: &CompiledRule<'_>,
        location: Location,
    ) -> Redirect {
        let mut cache = None;
        let mut timing = Timing::Before;
        if let Some(ready) = self.options(rule) {
            cache = ready.options.cache;
            if let Some(status) = ready.options.after {
                timing = Timing::after(status);
            }
        }
        Redirect {
            location,
            status_choice: rule.status_choice(),
            timing,
            cache,
            has_401_for_scripts: false,
            rule: Some(self.matched(at, rule)),
        }
    }

    /// The decision of a rule that passes or refuses.
    #[cold]
    pub(super) fn without_redirect(
        self: &Arc<Self>,
        at: RuleOffset,
        rule: &CompiledRule<'_>,
    ) -> Decision {
        match rule.outcome() {
            Outcome::Refuse(status) => {
                Decision::refuse(Refusal::of_rule(status, self.matched(at, rule)))
            }
            Outcome::Pass | Outcome::Redirect(_) => Decision::pass(),
        }
    }

    #[inline]
    fn matched(self: &Arc<Self>, at: RuleOffset, rule: &CompiledRule<'_>) -> MatchedRule {
        MatchedRule::new(Arc::<Self>::clone(self), at, rule.number)
    }

    /// Where a rule leads a request, or why it would lead astray.
    #[inline]
    pub(super) fn location(
        &self,
        rule: &CompiledRule<'_>,
        captures: &Captures<'_>,
        ask: &MatchInput<'_, '_>,
    ) -> Result<Location, PrepareError> {
        let is_plain = rule.has(PATTERN | REGEX) && is_plain(ask.path)?;
        let ready = self.options(rule);
        let policy = ready.map_or(QueryPolicy::Keep, |ready| ready.options.query);
        let query = match policy.for_target(rule.has(QUERY)) {
            QueryPolicy::Drop => None,
            _ => ask.query.filter(|query| !query.is_empty()),
        };
        let edits = ready.is_some_and(|ready| !ready.options.edits.is_empty());
        if let Some(label) = ready.and_then(|ready| ready.options.host_label) {
            return labelled(label, rule, captures, query, ready, is_plain);
        }
        let is_written = rule.has(SLOTS) || query.is_some() || edits;
        let (text, ends) = if is_written {
            let write = |out: &mut Vec<u8>| {
                let push = |out: &mut Vec<u8>, target: &[u8]| {
                    target::push(out, target, captures, is_plain);
                };
                written(out, rule, None, push, query, ready)
            };
            // One that is in use already is another one's.
            SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
                Ok(mut out) => write(&mut out),
                Err(_) => write(&mut Vec::new()),
            })
        } else {
            let text = self.compiled.slice(rule.target_range());
            let fragment = if rule.has(FRAGMENT) {
                scan::first(&text, |word| scan::equal(word, b'#'))
            } else {
                text.len()
            };
            let origin = rule.origin;
            (text, PartEnds { origin, fragment })
        };
        Location::prepared(text, ends, rule.has(SETTLED) && !is_written)
    }
}

/// Whether what was captured of a path is sent as it is, wherever it goes; no pattern has a segment
/// `.` or `..` itself, so that one is captured, whether it is used or not (R4).
#[inline]
fn is_plain(path: &str) -> Result<bool, PrepareError> {
    // One look says it of most.
    if spelling::is_plain_path(path) {
        return Ok(true);
    }
    if has_dot_segment(path.as_bytes()) {
        return Err(PrepareError::DotSegments);
    }
    Ok(spelling::all_plain(path.as_bytes()))
}

impl From<PrepareError> for NotSentReason {
    fn from(astray: PrepareError) -> Self {
        match astray {
            PrepareError::TooLong => Self::TooLong,
            PrepareError::OffSite => Self::OffSite,
            PrepareError::DotSegments => Self::DotSegments,
        }
    }
}

thread_local! {
    /// Where targets are written, so that each takes as much memory as it is long.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Returns the location of a target with a placeholder in its host.
#[cold]
fn labelled(
    label: HostLabel,
    rule: &CompiledRule<'_>,
    captures: &Captures<'_>,
    query: Option<&str>,
    ready: Option<&CompiledOptions>,
    is_plain: bool,
) -> Result<Location, PrepareError> {
    let origin = label.origin(rule, captures).ok_or(PrepareError::OffSite)?;
    let push = |out: &mut Vec<u8>, target: &[u8]| target::push(out, target, captures, is_plain);
    let mut out = Vec::new();
    let (text, ends) = written(&mut out, rule, Some(&origin), push, query, ready);
    Location::prepared_on(&origin, text, ends.fragment)
}

/// A target written for one request, and where its fragment begins.
fn written(
    out: &mut Vec<u8>,
    rule: &CompiledRule<'_>,
    labelled: Option<&LabelledOrigin>,
    push: impl Fn(&mut Vec<u8>, &[u8]),
    query: Option<&str>,
    ready: Option<&CompiledOptions>,
) -> (Bytes, PartEnds) {
    out.clear();
    // What one long request needed is not kept.
    out.shrink_to(2 * MAX_LEN);
    let (address, own_fragment) = if rule.has(FRAGMENT) {
        target::split_before(rule.target, b'#')
    } else {
        (rule.target, &[][..])
    };
    let (path, own_query) = if rule.has(QUERY) {
        target::split_before(address, b'?')
    } else {
        (address, &[][..])
    };
    let mut origin = usize::from(rule.origin);
    if let Some(labelled) = labelled {
        out.extend_from_slice(labelled.as_str().as_bytes());
        push(out, path.get(origin..).unwrap_or_default());
        origin = labelled.as_str().len();
    } else {
        push(out, path);
    }
    // The tail of a prefix may be nothing, and then the slash is missing.
    if out.len() == origin {
        out.push(b'/');
    }
    if ready.is_some_and(|ready| ready.options.merge_slashes) {
        target::merge_slashes(out, origin);
    }
    let begin = out.len();
    if rule.has(QUERY) {
        push(out, own_query);
    }
    if query.is_some() || ready.is_some() {
        let options = ready.map(|ready| &ready.options);
        push_query(out, begin, query, options, rule.has(QUERY));
    }
    let fragment = out.len();
    if rule.has(FRAGMENT) {
        push(out, own_fragment);
    }
    let ends = PartEnds {
        origin: rule.origin,
        fragment,
    };
    (Bytes::copy_from_slice(out), ends)
}

/// Adds the query of a request, as a rule sends it, to a text whose own query begins at `begin`.
fn push_query(
    out: &mut Vec<u8>,
    begin: usize,
    query: Option<&str>,
    options: Option<&Options>,
    has_query: bool,
) {
    let sends_all = options.is_none_or(|options| options.sends_all_parameters(has_query));
    let edits = options.is_some_and(|options| !options.edits.is_empty());
    let own = if sends_all || query.is_none() && !edits {
        String::new()
    } else {
        String::from_utf8_lossy(out.get(begin + 1..).unwrap_or_default()).into_owned()
    };
    // Both queries may be as long as a request.
    let own_names = parameters::pairs(&own).map(|(key, _)| parameters::plain(key));
    let sent = SentParameters::new(options, own_names);
    let is_set = |key: &str| sent.sets(Name::Received(key));
    let has_set = edits && parameters::pairs(&own).any(|(key, _)| is_set(key));
    if has_set {
        out.truncate(begin);
    }
    let mut separator = match out.len() - begin {
        0 => Some(b'?'),
        1 => None,
        _ => Some(b'&'),
    };
    let mut push = |out: &mut Vec<u8>, write: &dyn Fn(&mut Vec<u8>)| {
        out.extend(separator);
        separator = Some(b'&');
        write(out);
    };
    if let Some(query) = query.filter(|_| sends_all) {
        push(out, &|out| target::push_query(out, query));
        return;
    }
    if has_set {
        let kept = own
            .split('&')
            .filter(|pair| !pair.is_empty() && !is_set(key_of(pair)));
        kept.for_each(|pair| push(out, &|out| out.extend_from_slice(pair.as_bytes())));
    }
    let pairs = query.into_iter().flat_map(|query| query.split('&'));
    for pair in pairs.filter(|pair| !pair.is_empty()) {
        let key = key_of(pair);
        match sent.fate(Name::Received(key)) {
            Fate::Dropped => {}
            Fate::Sent => push(out, &|out| target::push_query(out, pair)),
            Fate::Renamed(to) => push(out, &|out| {
                target::push_plain(out, to);
                target::push_query(out, pair.get(key.len()..).unwrap_or_default());
            }),
        }
    }
    for (key, value) in sent.set() {
        push(out, &|out| {
            target::push_plain(out, key);
            out.push(b'=');
            target::push_plain(out, value);
        });
    }
}

/// The name of a pair as it was received.
fn key_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(key, _)| key)
}
