//! Compiles a rule as it was written.

use std::collections::HashSet;

use super::RulesBuilder;
use crate::{
    observe::escaped,
    rules::{
        Finding, FindingCode, Part, RuleNumber, RuleOffset,
        capture::Slot,
        compiled_options::CompiledOptions,
        compiled_rule::{Draft, FRAGMENT, OptionsIndex, QUERY, SETTLED, SLOTS},
        host_label::HostLabel,
        host_pattern::checked_host,
        options::{Matching, Options},
        outcome::Outcome,
        pattern::MAX_CAPTURES,
        rule::Rule,
        source::{Compiled, Source, SourceKind, compile_source},
        spelling,
        syntax::Word,
        table::HostGroup,
        target::{self, Target},
        target_text::TargetText,
    },
};

/// The only placeholder of a prefix is its tail.
const PREFIX_TAIL_AT: u8 = 0;

impl RulesBuilder {
    pub(super) fn try_rule(&mut self, rule: Rule) -> Result<(), Finding> {
        let number = self.next_number();
        self.count += 1;
        if self.push_plain(number, &rule).is_some() {
            return Ok(());
        }
        let Rule {
            source,
            target,
            outcome,
            mut options,
            conflict,
        } = rule;
        options.matching.ignore_case |= self.matching.ignore_case;
        options.matching.ignore_trailing_slash |= self.matching.ignore_trailing_slash;
        let name = options.name.clone();
        conflict
            .map_or(Ok(()), Err)
            .and_then(|()| self.try_push(number, &source, &target, outcome, options))
            .map_err(|error| error.in_rule(number, name.as_deref()))
    }

    /// Adds a rule that is kept as it is written, as most lines of files are; `None` where it needs
    /// a closer look.
    fn push_plain(&mut self, number: RuleNumber, rule: &Rule) -> Option<RuleOffset> {
        let Rule {
            source,
            target,
            outcome,
            options,
            conflict,
        } = rule;
        let as_it_is = Matching::default();
        let (SourceKind::Text(path) | SourceKind::Exact(Word { text: path, .. })) = &source.kind
        else {
            return None;
        };
        if conflict.is_some()
            || !matches!(outcome, Outcome::Redirect(_))
            || self.matching != as_it_is
            || options.matching != as_it_is
        {
            return None;
        }
        let options = match &self.last {
            _ if *options == Options::default() => None,
            Some((last, at)) if last == options => Some(*at),
            _ => return None,
        };
        if !spelling::is_plain_path(path) {
            return None;
        }
        let target = target::plain(target.plain()?, &self.origin)?;
        let draft = Draft {
            flags: SETTLED,
            outcome: *outcome,
            number,
            origin: target.origin,
            options,
            source: path.as_bytes(),
            target: &target.text,
        };
        draft.push(&mut self.compiled)
    }

    fn try_push(
        &mut self,
        number: RuleNumber,
        source: &Source,
        target: &TargetText,
        outcome: Outcome,
        mut options: Options,
    ) -> Result<(), Finding> {
        outcome.check(&source.text(), &options)?;
        if let Some(name) = &options.name {
            if let Some(at) = name.find(escaped::is_unseen) {
                let message = "control character in the name";
                let error = Finding::new(FindingCode::InvalidOption, message, "remove it");
                let error = error.with_range((at..at + 1).into());
                return Err(error.in_part(Part::Rule, name));
            }
        }
        if let Some(host) = &options.host {
            options.host = Some(checked_host(host)?);
        }
        let shadows = options.shadows;

        let mut compiled = std::mem::take(&mut self.source);
        compiled.clear();
        let flags_and_slots = compile_source(
            source,
            &mut options,
            &mut compiled,
            #[cfg(feature = "regex")]
            &mut self.room,
        );
        let result = flags_and_slots.and_then(
            |Compiled {
                 mut flags,
                 mut slots,
                 is_prefix,
                 regex,
             }| {
                options.compile_exceptions(&compiled, flags)?;
                let merges_slashes = options.merge_slashes;
                let options_at = if options == Options::default() {
                    None
                } else {
                    let at = self
                        .ready(options)
                        .map_err(|error| error.in_part(Part::Condition, ""))?;
                    slots.extend(self.slots_of(at));
                    if let Some(name) = named_twice(&slots).filter(|_| !shadows) {
                        return Err(Finding::duplicate_name().in_part(Part::Condition, name));
                    }
                    Some(at)
                };
                if slots.len() > MAX_CAPTURES {
                    let error = Finding::new(
                        FindingCode::Limit,
                        "too many placeholders",
                        "a rule and its conditions can have at most 16",
                    );
                    return Err(error.in_part(Part::Rule, &source.text()));
                }
                let mut options_at = options_at;
                let mut compiled_target = None;
                if let Outcome::Redirect(_) = outcome {
                    let mut target = self
                        .target(target, &slots)
                        .map_err(|error| error.in_part(Part::Target, &target.to_string()))?;
                    if let Some(label) = target.host_label {
                        options_at = Some(self.with_host_label(options_at, label)?);
                    }
                    if merges_slashes {
                        target = target.with_merged_slashes();
                    }
                    if is_prefix {
                        target = target.with_tail(PREFIX_TAIL_AT);
                    }
                    for (flag, is_set) in [
                        (SLOTS, target.has_slots),
                        (QUERY, target.has_query),
                        (FRAGMENT, target.has_fragment),
                        (SETTLED, target.is_settled),
                    ] {
                        flags |= if is_set { flag } else { 0 };
                    }
                    compiled_target = Some(target);
                }
                let target = compiled_target.as_ref();
                let draft = Draft {
                    flags,
                    outcome,
                    number,
                    origin: target.map_or(0, |target| target.origin),
                    options: options_at,
                    source: &compiled,
                    target: target.map_or(&[], |target| &target.text),
                };
                let at = draft.push(&mut self.compiled).ok_or_else(|| {
                    Finding::table_too_large().in_part(Part::Rule, &source.text())
                })?;
                #[cfg(feature = "regex")]
                self.regexes.extend(regex.map(|regex| (at, regex)));
                #[cfg(not(feature = "regex"))]
                let (_, ()) = (at, regex);
                Ok(())
            },
        );
        self.source = compiled;
        result
    }

    fn target<'t>(
        &mut self,
        target: &'t TargetText,
        slots: &[Slot],
    ) -> Result<Target<'t>, Finding> {
        let plain = target.plain();
        if let Some(target) = plain.and_then(|text| target::plain(text, &self.origin)) {
            return Ok(target);
        }
        let template = target.template()?;
        let compiled = target::compile(&template, slots, &self.origin, !self.is_of_format)?;
        if let Some(origin) = plain.and_then(|text| compiled.origin_in(text)) {
            origin.clone_into(&mut self.origin);
        }
        Ok(compiled)
    }

    /// The index of these options, which are kept once.
    pub(super) fn ready(&mut self, options: Options) -> Result<OptionsIndex, Finding> {
        if let Some((last, at)) = &self.last {
            if *last == options {
                return Ok(*at);
            }
        }
        if let Some(at) = self.known.get(&options) {
            self.last = Some((options, *at));
            return Ok(*at);
        }
        let group = match &options.host {
            Some(host) => self.hosts.group(host),
            None => HostGroup::EVERY,
        };
        let at = OptionsIndex::after(self.options.len());
        self.options.push(CompiledOptions::new(
            options.clone(),
            group,
            #[cfg(feature = "regex")]
            &mut self.room,
        )?);
        self.known.insert(options, at);
        Ok(at)
    }

    /// Returns the index of these options with a placeholder in the host of the target.
    fn with_host_label(
        &mut self,
        options: Option<OptionsIndex>,
        label: HostLabel,
    ) -> Result<OptionsIndex, Finding> {
        let ready = options.and_then(|at| self.options.get(at.get()));
        let options = Options {
            host_label: Some(label),
            ..ready.map_or_else(Options::default, |ready| ready.options.clone())
        };
        self.ready(options)
            .map_err(|error| error.in_part(Part::Condition, ""))
    }

    fn slots_of(&self, options: OptionsIndex) -> Vec<Slot> {
        self.options
            .get(options.get())
            .map(|ready| ready.slots.clone())
            .unwrap_or_default()
    }
}

/// A name that more than one placeholder has.
fn named_twice(slots: &[Slot]) -> Option<&str> {
    let mut seen = HashSet::new();
    let names = slots.iter().map(|slot| &*slot.name);
    names.into_iter().find(|name| !seen.insert(*name))
}
