//! The placeholder in the host of a target (R3): `https://{tenant}.example.com/`.
//!
//! It writes the first label below a literal domain. If a request has no valid label for it, the
//! rule doesn't match, and the table tries the next one. The kept target has the origin without the
//! label: `https://.example.com/`.

use super::{
    capture::{Captures, Match},
    compiled_rule::CompiledRule,
    match_input::MatchInput,
    table::Table,
    transform::Transforms,
};
use crate::location::{LabelledOrigin, OriginBelow};

/// The placeholder that writes the first label of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HostLabel {
    /// The number of the placeholder.
    pub(super) at: u8,
    pub(super) transforms: Transforms,
}

impl HostLabel {
    /// Returns the finished origin, or `None` if the captured text isn't a host label.
    pub(super) fn origin(
        self,
        rule: &CompiledRule<'_>,
        captures: &Captures<'_>,
    ) -> Option<LabelledOrigin> {
        let configured = rule.target.get(..rule.origin.into())?;
        let configured = OriginBelow::of_kept(std::str::from_utf8(configured).ok()?)?;
        let mut label = captures.get(self.at.into()).as_bytes().to_vec();
        self.transforms.apply(&mut label);
        configured.with_label(&label)
    }

    /// Writes the placeholder into a kept target.
    pub(super) fn write_into(self, target: &str, names: &[&str]) -> String {
        let name = names.get(usize::from(self.at)).copied().unwrap_or_default();
        let placeholder = format!("://{{{name}{}}}.", self.transforms);
        target.replacen("://.", &placeholder, 1)
    }
}

impl Table {
    /// Returns `true` if a request that a rule is for has a valid host label.
    #[cold]
    #[inline(never)]
    pub(super) fn has_host_label<'a>(
        &self,
        label: HostLabel,
        found: &Match<'a>,
        rule: &CompiledRule<'_>,
        ask: &MatchInput<'_, 'a>,
    ) -> bool {
        let mut captures = Captures::none();
        let all = self.captures(found, rule, ask, &mut captures);
        all.is_some() && label.origin(rule, &captures).is_some()
    }
}
