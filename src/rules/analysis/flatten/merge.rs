//! Two rules of which the second always answers what the first leads to, as one.
//!
//! Nothing is merged that is not proven: the address that a request ends at is the same before and
//! after, and so is whether it is redirected at all.

use crate::{
    location::is_settled,
    rules::{
        RuleOffset,
        analysis::{
            graph::RuleGraph,
            request_set::{
                RequestSet,
                path::{Bound, End, Path, Text},
                unify::unify,
            },
        },
        compiled_rule::{CompiledRule, FRAGMENT, QUERY, REGEX, SETTLED, SLOTS},
        options::{Options, QueryPolicy},
        parameters::{means, pairs, plain},
        pattern::Tail,
        spelling,
        target::{self, Piece, Write, pieces},
    },
    status::{Intent, Status, StatusChoice},
};

/// What the first of two rules becomes.
#[derive(Debug)]
pub(in crate::rules) struct Merged {
    pub(in crate::rules) how: StatusChoice,
    pub(in crate::rules) origin: u16,
    pub(in crate::rules) target: Vec<u8>,
    /// Of the target alone.
    pub(in crate::rules) flags: u16,
    pub(in crate::rules) policy: QueryPolicy,
}

impl<'t> RuleGraph<'t> {
    /// The rule that always answers where one leads.
    pub(in crate::rules) fn surely_next(&mut self, at: RuleOffset) -> Option<RuleOffset> {
        let rule = self.table.rule(at)?;
        // Whether another host is asked about by this table is not known.
        if rule.origin > 0 {
            return None;
        }
        let next = self.surely_behind(&rule)?;
        let second = self.table.rule(next)?;
        (next != at && !second.has(REGEX)).then_some(next)
    }

    /// A rule merged with the one that always answers where it leads, as that is or as it was
    /// merged.
    pub(in crate::rules) fn merged(
        &mut self,
        at: RuleOffset,
        next: RuleOffset,
        next_merged: Option<&Merged>,
    ) -> Option<Merged> {
        let rule = &self.table.rule(at)?;
        let second = self.table.rule(next)?;
        let second = match next_merged {
            None => second,
            Some(merged) => {
                second.with_target(merged.how, merged.origin, &merged.target, merged.flags)
            }
        };
        let following = self.after(rule)?;
        let end = self.transfer(&following, &second)?.next?;
        // One that leads to where it was asked for is not sent, and the way ends there.
        let (_, second_rest) = second.target.split_at_checked(second.origin.into())?;
        let (second_path, second_query, second_fragment) = target::split(second_rest);
        if !second.is_shortened_to(second_path) && following.path.may_be(&end.path) {
            return None;
        }
        let nothing = Options::default();
        let options =
            |rule: &CompiledRule<'_>| self.table.options(rule).map(|compiled| &compiled.options);
        let (own, other) = (options(rule), options(&second));
        let (own, other) = (own.unwrap_or(&nothing), other.unwrap_or(&nothing));
        // A request that is turned into GET may have asked for the very address it is led to.
        if !own.methods.is_all() && self.may_answer(at, rule, &following) {
            return None;
        }
        let how = both(rule.status_choice(), second.status_choice());
        let is_odd = other.after.is_some()
            || other.host_label.is_some()
            || other.query_keys().next().is_some()
            || other.cache.is_some()
            || !other.edits.is_empty()
            || own.merge_slashes
            || other.merge_slashes
            || own.cache.is_some() && how != rule.status_choice();
        if is_odd {
            return None;
        }
        let other_policy = match next_merged {
            None => policy_of(&second, other),
            Some(merged) => merged.policy,
        };
        let policy = compose(
            (policy_of(rule, own), rule.has(QUERY)),
            (other_policy, second.has(QUERY)),
        )?;
        // One rule drops or replaces parameters before it edits the others.
        let replaces = other_policy == QueryPolicy::Merge && second.has(QUERY);
        if (other_policy == QueryPolicy::Drop || replaces) && !own.edits.is_empty() {
            return None;
        }
        let (first_path, first_query, first_fragment) = target::split(rule.target);
        let has_slots = |text: &[u8]| text.iter().any(|byte| *byte < 0x20);
        let is_bare = |query: &[u8]| query == b"?";
        // What the first sets, the second may have besides; in one rule it could not.
        let second_text = String::from_utf8_lossy(second_query.get(1..).unwrap_or_default());
        let is_set = |name: &str| {
            own.edits
                .iter()
                .any(|edit| edit.sets(|own| means(name, own)))
        };
        if pairs(&second_text).any(|(name, _)| is_set(name)) {
            return None;
        }
        if has_slots(second_query)
            || has_slots(second_fragment)
            || is_bare(first_query)
            || is_bare(second_query)
        {
            return None;
        }
        let path = self.path(rule, first_path, &second, second_path)?;
        if !rule.is_shortened_to(&path) && self.may_answer(at, rule, &end) {
            return None;
        }

        let mut merged = second.target.get(..second.origin.into())?.to_vec();
        merged.extend_from_slice(&path);
        let begin = merged.len();
        merged.extend_from_slice(second_query);
        if other_policy != QueryPolicy::Drop {
            let first_text = std::str::from_utf8(first_query.get(1..).unwrap_or_default()).ok()?;
            for pair in first_text.split('&').filter(|_| !first_query.is_empty()) {
                let name = pair.split('=').next().unwrap_or_default();
                if replaces && has_slots(name.as_bytes()) {
                    return None;
                }
                let mut names = pairs(&second_text).map(|(own, _)| plain(own));
                if replaces && names.any(|own| means(name, &own)) {
                    continue;
                }
                let is_first = merged.len() == begin;
                merged.push(if is_first { b'?' } else { b'&' });
                merged.extend_from_slice(pair.as_bytes());
            }
        }
        let has_query = merged.len() > begin;
        let fragment = if second_fragment.is_empty() {
            first_fragment
        } else {
            second_fragment
        };
        merged.extend_from_slice(fragment);
        let has_slots = has_slots(&merged);
        let flags = [
            (SLOTS, has_slots),
            (SETTLED, !has_slots && is_settled(&merged, second.origin)),
            (QUERY, has_query),
            (FRAGMENT, !fragment.is_empty()),
        ];
        Some(Merged {
            how,
            origin: second.origin,
            target: merged,
            flags: flags
                .into_iter()
                .filter(|(_, is_set)| *is_set)
                .fold(0, |all, (flag, _)| all | flag),
            policy,
        })
    }

    /// Whether a rule may answer one of these requests, by whatever method: then one redirect would
    /// lead to where it was asked for.
    fn may_answer(
        &mut self,
        at: RuleOffset,
        rule: &CompiledRule<'_>,
        address: &RequestSet,
    ) -> bool {
        let Some(parts) = rule.parts() else {
            return self.may_match(at, &address.path);
        };
        let matching = self.table.matching(rule);
        unify(&address.path, parts, matching, &mut self.fresh).is_some()
    }

    #[cfg(feature = "regex")]
    fn may_match(&self, at: RuleOffset, path: &Path) -> bool {
        path.known().is_none_or(|path| {
            let path = String::from_utf8_lossy(&path).into_owned();
            let mut matching = self.table.regexes.matching(&path);
            matching.any(|found| found == at)
        })
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    const fn may_match(&self, _at: RuleOffset, _path: &Path) -> bool {
        true
    }

    /// The path of the second target, in the placeholders of the first rule.
    fn path(
        &mut self,
        first: &CompiledRule<'_>,
        first_path: &[u8],
        second: &CompiledRule<'_>,
        second_path: &[u8],
    ) -> Option<Vec<u8>> {
        let all = Path::anything(&mut self.fresh);
        let bounds = match first.parts() {
            Some(parts) => unify(&all, parts, self.table.matching(first), &mut self.fresh)?.bounds,
            None => Vec::new(),
        };
        if !is_plain(first_path, &bounds, 0) {
            return None;
        }
        let between = Path::of_target(first_path, &bounds, None, &mut self.fresh)?;
        let matching = self.table.matching(second);
        let unified = unify(&between, second.parts()?, matching, &mut self.fresh)?;
        if !unified.is_all {
            return None;
        }
        let inner = unified.bounds;
        let mut out = Vec::new();
        for piece in pieces(second_path) {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Slot(.., transforms) if !transforms.is_none() => return None,
                Piece::Slot(Write::PathToPath, at, _) => match inner.get(at)? {
                    Bound::Segment(text) => push_text(&mut out, text, &bounds)?,
                    _ => return None,
                },
                Piece::Slot(write @ (Write::TailToPath | Write::WholeTail), at, _) => {
                    match inner.get(at)? {
                        Bound::Tail(tail) => {
                            push_tail(&mut out, tail, write == Write::WholeTail, &bounds)?;
                        }
                        _ => return None,
                    }
                }
                Piece::Slot(..) => return None,
            }
        }
        if out.is_empty() {
            out.push(b'/');
        }
        let uses = |path: &[u8]| target::used(path).collect::<std::collections::BTreeSet<_>>();
        let is_right = is_plain(&out, &bounds, second.origin)
            && (second.origin > 0 || !out.starts_with(b"//"))
            && uses(first_path).is_subset(&uses(&out));
        is_right.then_some(out)
    }
}

/// Returns what a rule does with the query of a request. If the target always wins or never does,
/// that is dropping or keeping.
fn policy_of(rule: &CompiledRule<'_>, options: &Options) -> QueryPolicy {
    match options.query {
        QueryPolicy::TargetWins if rule.has(QUERY) => QueryPolicy::Drop,
        QueryPolicy::TargetWins => QueryPolicy::Keep,
        policy => policy,
    }
}

/// Returns what one rule has to do with the query of a request to send what two rules send, one
/// after the other. Each has its policy, and whether its target has a query.
fn compose(
    (first, first_has_query): (QueryPolicy, bool),
    (second, second_has_query): (QueryPolicy, bool),
) -> Option<QueryPolicy> {
    use QueryPolicy::{Drop, Keep, Merge};
    match (first, second) {
        (_, Drop) | (Drop, Keep | Merge) => Some(Drop),
        (Keep, Keep) => Some(Keep),
        (Merge, Merge) => Some(Merge),
        // A target without a query replaces nothing, so merging is keeping.
        (Keep, Merge) if !second_has_query => Some(Keep),
        (Merge, Keep) if !first_has_query => Some(Keep),
        (Keep, Merge) if !first_has_query => Some(Merge),
        (Merge, Keep) if !second_has_query => Some(Merge),
        _ => None,
    }
}

/// What a client makes of two redirects that follow each other.
fn both(first: StatusChoice, second: StatusChoice) -> StatusChoice {
    if let (StatusChoice::Intent(first), StatusChoice::Intent(second)) = (first, second) {
        let both = [first, second];
        return StatusChoice::Intent(if both.contains(&Intent::SeeOther) {
            Intent::SeeOther
        } else if both.contains(&Intent::Temporary) {
            Intent::Temporary
        } else {
            Intent::Permanent
        });
    }
    let both = [first, second].map(|how| match how {
        StatusChoice::Status(status) => status,
        StatusChoice::Intent(intent) => intent.strict_status(),
    });
    if both.contains(&Status::SeeOther) {
        return StatusChoice::Status(Status::SeeOther);
    }
    let rewrites = |status: &Status| matches!(status, Status::MovedPermanently | Status::Found);
    let permanent = both.iter().all(|status| status.is_permanent());
    StatusChoice::Status(match (permanent, both.iter().any(rewrites)) {
        (true, true) => Status::MovedPermanently,
        (true, false) => Status::PermanentRedirect,
        (false, true) => Status::Found,
        (false, false) => Status::TemporaryRedirect,
    })
}

/// Whether every placeholder of a path is a whole segment of the source's path, or its tail, and
/// every text in it is spelled as it is compared: then it is refused for the same texts wherever it
/// stands.
fn is_plain(path: &[u8], bounds: &[Bound], origin: u16) -> bool {
    let mut before: Option<Piece<'_>> = None;
    let mut length = 0;
    for piece in pieces(path) {
        let fits = match (&piece, &before) {
            (Piece::Text(text), None) => spelling::is_spelled(text, false),
            (Piece::Text(text), Some(Piece::Slot(..))) => {
                text.starts_with(b"/") && spelling::is_spelled(text, false)
            }
            (Piece::Slot(write, at, transforms), Some(Piece::Text(text)))
                if text.ends_with(b"/") && transforms.is_none() =>
            {
                match (write, bounds.get(*at)) {
                    (Write::PathToPath, Some(Bound::Segment(_))) => true,
                    // What begins with a slash must not make two at the beginning.
                    (Write::TailToPath, Some(Bound::Tail(tail))) => {
                        matches!(tail.end, End::Open(_, Tail::Some)) && (length > 1 || origin > 0)
                    }
                    _ => false,
                }
            }
            _ => false,
        };
        if !fits {
            return false;
        }
        length += match &piece {
            Piece::Text(text) => text.len(),
            Piece::Slot(..) => 2,
        };
        before = Some(piece);
    }
    true
}

fn push_text(out: &mut Vec<u8>, text: &Text, bounds: &[Bound]) -> Option<()> {
    out.extend_from_slice(&text.before);
    if let Some(unknown) = text.unknown {
        let is_it =
            |bound: &Bound| matches!(bound, Bound::Segment(own) if own.unknown == Some(unknown));
        let at = bounds.iter().position(is_it)?;
        out.extend([Write::PathToPath as u8, u8::try_from(at).ok()?]);
    }
    out.extend_from_slice(&text.behind);
    Some(())
}

fn push_tail(out: &mut Vec<u8>, tail: &Path, whole: bool, bounds: &[Bound]) -> Option<()> {
    let mut slash = whole;
    for text in &tail.segments {
        if slash {
            out.push(b'/');
        }
        push_text(out, text, bounds)?;
        slash = true;
    }
    if let End::Open(unknown, _) = tail.end {
        let is_it = |bound: &Bound| matches!(bound, Bound::Tail(own) if matches!(own.end, End::Open(own, _) if own == unknown));
        let at = bounds.iter().position(is_it)?;
        if slash {
            out.push(b'/');
        }
        out.extend([Write::TailToPath as u8, u8::try_from(at).ok()?]);
    }
    Some(())
}
