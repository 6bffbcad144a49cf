//! Two rules of which the second always answers what the first leads to, as one.
//!
//! Nothing is merged that is not proven: the URL that a request ends at is the same before and
//! after, and so is whether it is redirected at all.

use super::{chain::Reason, query::QueryStep};
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
        compiled_options::CompiledOptions,
        compiled_rule::{CompiledRule, FRAGMENT, QUERY, SETTLED, SLOTS},
        methods::Methods,
        options::QueryPolicy,
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

impl RuleGraph<'_> {
    /// A rule merged with the one that always answers where it leads, as that is or as it was
    /// merged.
    pub(super) fn merged(
        &mut self,
        at: RuleOffset,
        next: RuleOffset,
        next_merged: Option<&Merged>,
    ) -> Result<Merged, Reason> {
        use Reason::{First, Next};
        let rules = self.table.rule(at).zip(self.table.rule(next));
        let (rule, second) = &rules.ok_or(Reason::UNPROVEN)?;
        let second = &match next_merged {
            None => *second,
            Some(merged) => {
                second.with_target(merged.how, merged.origin, &merged.target, merged.flags)
            }
        };
        let how = both(rule.status_choice(), second.status_choice());
        let compiled = self.table.options(rule);
        let next_compiled = self.table.options(second);
        can_be_one((rule, compiled), (second, next_compiled), how)?;

        let following = self.after(rule).ok_or(Reason::UNPROVEN)?;
        let transfer = self.transfer(&following, second);
        let end = transfer.and_then(|transfer| transfer.next);
        let end = end.ok_or(Reason::UNPROVEN)?;
        let rest = second.target.get(second.origin.into()..);
        let (second_path, second_query, second_fragment) = target::split(rest.unwrap_or_default());
        // One that leads to where it was asked for is not sent, and the way ends there.
        if !second.is_shortened_to(second_path) && following.path.may_be(&end.path) {
            return Err(Next("may redirect a URL to itself"));
        }
        // A request that is turned into GET may have asked for the very URL it is led to.
        let methods = compiled.map(|compiled| &compiled.options.methods);
        let is_for_all = methods.is_none_or(Methods::is_all);
        if !is_for_all && self.may_answer(at, rule, &following) {
            return Err(First("may match its own target with another method"));
        }
        let (first_path, first_query, first_fragment) = target::split(rule.target);
        let policy = |compiled: Option<&CompiledOptions>| {
            compiled.map_or(QueryPolicy::Keep, |compiled| compiled.options.query)
        };
        let next_policy = next_merged.map_or(policy(next_compiled), |merged| merged.policy);
        let steps = QueryStep::new(rule, policy(compiled), first_query).zip(QueryStep::new(
            second,
            next_policy,
            second_query,
        ));
        let (step, next_step) = steps.ok_or(Reason::UNPROVEN)?;
        let (policy, query) = step.then(next_step, compiled)?;
        if second_fragment.iter().any(|byte| *byte < 0x20) {
            return Err(Next("has a placeholder in the fragment of its target"));
        }
        let path = self.path(rule, first_path, second, second_path)?;
        if !rule.is_shortened_to(&path) && self.may_answer(at, rule, &end) {
            return Err(First("may match the final URL"));
        }

        let origin = second.target.get(..second.origin.into());
        let fragment = if second_fragment.is_empty() {
            first_fragment
        } else {
            second_fragment
        };
        let parts = [
            origin.unwrap_or_default(),
            &path,
            query.as_bytes(),
            fragment,
        ];
        let target = parts.concat();
        let has_slots = target.iter().any(|byte| *byte < 0x20);
        let flags = [
            (SLOTS, has_slots),
            (SETTLED, !has_slots && is_settled(&target, second.origin)),
            (QUERY, !query.is_empty()),
            (FRAGMENT, !fragment.is_empty()),
        ];
        Ok(Merged {
            how,
            origin: second.origin,
            target,
            flags: flags
                .into_iter()
                .filter(|(_, is_set)| *is_set)
                .fold(0, |all, (flag, _)| all | flag),
            policy,
        })
    }

    /// Returns `true` if a rule may answer one of these requests, by whatever method: then one
    /// redirect would lead to where it was asked for.
    fn may_answer(&mut self, at: RuleOffset, rule: &CompiledRule<'_>, set: &RequestSet) -> bool {
        let Some(parts) = rule.parts() else {
            return self.may_match(at, set);
        };
        let matching = self.table.matching(rule);
        unify(set.path.clone(), parts, matching, &mut self.fresh).is_some()
    }

    #[cfg(feature = "regex")]
    fn may_match(&self, at: RuleOffset, set: &RequestSet) -> bool {
        // A regex sees the path as it is received.
        let path = set.path.known().filter(|_| set.is_spelled);
        path.is_none_or(|path| {
            let path = String::from_utf8_lossy(&path).into_owned();
            let mut matching = self.table.regexes.matching(&path);
            matching.any(|found| found == at)
        })
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    const fn may_match(&self, _at: RuleOffset, _set: &RequestSet) -> bool {
        true
    }

    /// The path of the second target, in the placeholders of the first rule.
    fn path(
        &mut self,
        first: &CompiledRule<'_>,
        first_path: &[u8],
        second: &CompiledRule<'_>,
        second_path: &[u8],
    ) -> Result<Vec<u8>, Reason> {
        use Reason::{First, Next};
        let all = Path::anything(&mut self.fresh);
        let bounds = first.parts().map_or(Some(Vec::new()), |parts| {
            Some(unify(all, parts, self.table.matching(first), &mut self.fresh)?.bounds)
        });
        let bounds = bounds.ok_or(Reason::UNPROVEN)?;
        is_plain(first_path, &bounds, 0).map_err(First)?;
        let parts = second.parts().ok_or(Next("is a regex"))?;
        let between = Path::of_target(first_path, &bounds, None, &mut self.fresh);
        let between = between.ok_or(Reason::UNPROVEN)?;
        let unified = unify(between, parts, self.table.matching(second), &mut self.fresh);
        let unified = unified.ok_or(Reason::UNPROVEN)?;
        if !unified.is_all {
            return Err(Reason::UNPROVEN);
        }
        let inner = unified.bounds;
        let mut out = Vec::new();
        for piece in pieces(second_path) {
            let is_written = match piece {
                Piece::Text(text) => {
                    out.extend_from_slice(text);
                    Some(())
                }
                Piece::Slot(write, at, _) => match (write, inner.get(at)) {
                    (Write::PathToPath, Some(Bound::Segment(text))) => {
                        push_text(&mut out, text, &bounds)
                    }
                    (Write::TailToPath | Write::WholeTail, Some(Bound::Tail(tail))) => {
                        push_tail(&mut out, tail, write == Write::WholeTail, &bounds)
                    }
                    _ => {
                        return Err(Next(
                            "has a placeholder that isn't one segment or the rest of the path",
                        ));
                    }
                },
            };
            is_written.ok_or(Next("uses only a part of what a placeholder matches"))?;
        }
        if out.is_empty() {
            out.push(b'/');
        }
        is_plain(&out, &bounds, second.origin).map_err(Next)?;
        if second.origin == 0 && out.starts_with(b"//") {
            return Err(Next(TWO_SLASHES));
        }
        let uses = |path: &[u8]| target::used(path).collect::<std::collections::BTreeSet<_>>();
        if !uses(first_path).is_subset(&uses(&out)) {
            return Err(Next("drops a placeholder of the rule before"));
        }
        Ok(out)
    }
}

const PART_OF_SEGMENT: &str = "has a placeholder that is only a part of a segment";
const TWO_SLASHES: &str = "may redirect to a path that begins with two slashes";

fn transforms(target: &[u8]) -> bool {
    pieces(target).any(|piece| matches!(piece, Piece::Slot(.., one) if !one.is_none()))
}

/// Finds an option of one of two rules that the other one can't have.
fn can_be_one(
    (rule, compiled): (&CompiledRule<'_>, Option<&CompiledOptions>),
    (next, next_compiled): (&CompiledRule<'_>, Option<&CompiledOptions>),
    how: StatusChoice,
) -> Result<(), Reason> {
    use Reason::{First, Next};
    // Whether another host is asked about by this table is not known.
    if rule.origin > 0 {
        return Err(First(
            "redirects to another host, where other rules may match",
        ));
    }
    if transforms(target::split(rule.target).0) {
        return Err(First("transforms a placeholder"));
    }
    if let Some(own) = compiled.map(|compiled| &compiled.options) {
        // In a file, another target would change which URLs the rule doesn't match.
        if own.own_target.is_some() {
            return Err(First("doesn't match its own targets"));
        }
        if own.cache.is_some() && how != rule.status_choice() {
            return Err(First("has a cache lifetime"));
        }
        if own.merge_slashes {
            return Err(First("merges slashes"));
        }
    }
    if transforms(next.target) {
        return Err(Next("transforms a placeholder"));
    }
    let Some(next_compiled) = next_compiled else {
        return Ok(());
    };
    let other = &next_compiled.options;
    Err(Next(if other.after.is_some() {
        "waits for a response of the app; in a `_redirects` file, write its status with `!`"
    } else if other.host_label.is_some() {
        "has a placeholder in the host of its target"
    } else if other.cache.is_some() {
        "has a cache lifetime"
    } else if !other.edits.is_empty() {
        "edits the query"
    } else if other.merge_slashes {
        "merges slashes"
    } else if other.consumed().next().is_some() {
        "requires a parameter of the query"
    } else {
        return Ok(());
    }))
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

/// Checks that every placeholder of a path is a whole segment of the source's path, or its tail,
/// and every text in it is percent-encoded as the table compares it. Then the same requests are
/// refused wherever the path stands.
fn is_plain(path: &[u8], bounds: &[Bound], origin: u16) -> Result<(), &'static str> {
    let mut length = 0;
    let mut ends_with_slash = false;
    let mut is_behind_slot = false;
    for piece in pieces(path) {
        match piece {
            Piece::Text(text) => {
                if is_behind_slot && !text.starts_with(b"/") {
                    return Err(PART_OF_SEGMENT);
                }
                if !spelling::is_spelled(text, false) {
                    return Err("has a target that isn't percent-encoded as usual");
                }
                ends_with_slash = text.ends_with(b"/");
                is_behind_slot = false;
                length += text.len();
            }
            Piece::Slot(write, at, _) => {
                if !ends_with_slash {
                    return Err(PART_OF_SEGMENT);
                }
                match (write, bounds.get(at)) {
                    (Write::PathToPath, Some(Bound::Segment(_))) => {}
                    (Write::TailToPath, Some(Bound::Tail(tail))) => {
                        if !matches!(tail.end, End::Open(_, Tail::Some)) {
                            return Err("has a placeholder that may match nothing");
                        }
                        // What begins with a slash must not make two at the beginning.
                        if length == 1 && origin == 0 {
                            return Err(TWO_SLASHES);
                        }
                    }
                    _ => {
                        return Err(
                            "has a placeholder that isn't one segment or the rest of the path",
                        );
                    }
                }
                ends_with_slash = false;
                is_behind_slot = true;
                length += 2;
            }
        }
    }
    Ok(())
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
