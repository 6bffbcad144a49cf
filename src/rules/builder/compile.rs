//! From a rule as it was written to its record.

use std::collections::HashSet;

use super::{RulesBuilder, cut};
use crate::{
    observe::escaped,
    rules::{
        capture::Slot,
        condition::Ready,
        error::{Flaw, Part, RuleError},
        host_pattern::checked_host,
        options::{Matching, Options},
        outcome::Outcome,
        pattern::MAX_CAPTURES,
        record::{Draft, FRAGMENT, QUERY, SETTLED, SLOTS},
        rule::Rule,
        source::{Compiled, Source, SourceKind, Wrong, compile_source},
        spelling,
        syntax::Word,
        table::EVERY_HOST,
        target::{self, Target},
        target_text::TargetText,
        text_range::TextRange,
    },
};

/// The only placeholder of a prefix is its tail.
const PREFIX_TAIL_AT: u8 = 0;

impl RulesBuilder {
    pub(super) fn try_rule(&mut self, rule: Rule) -> Result<(), RuleError> {
        let number = self.count;
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
            .map_or(Ok(()), |conflict| Err(*conflict))
            .and_then(|()| self.try_push(number, &source, &target, outcome, options))
            .map_err(|(part, text, flaw)| RuleError {
                rule: number,
                name,
                part,
                text: cut(&text),
                flaw,
            })
    }

    /// Adds a rule that is kept as it is written, as most lines of files are; `None` where it needs
    /// a closer look.
    fn push_plain(&mut self, number: u32, rule: &Rule) -> Option<u32> {
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
        draft.push(&mut self.records)
    }

    fn try_push(
        &mut self,
        number: u32,
        source: &Source,
        target: &TargetText,
        outcome: Outcome,
        mut options: Options,
    ) -> Result<(), Wrong> {
        outcome.check(&source.text(), &options)?;
        if let Some(name) = &options.name {
            if let Some(at) = name.find(escaped::is_unseen) {
                let flaw = Flaw::new(at..at + 1, "control character in the name", "remove it");
                return Err((Part::Rule, name.to_string(), flaw));
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
                let options_at = if options == Options::default() {
                    None
                } else {
                    let at = self
                        .ready(options)
                        .map_err(|flaw| (Part::Condition, String::new(), flaw))?;
                    slots.extend(self.slots_of(at));
                    if let Some(name) = named_twice(&slots).filter(|_| !shadows) {
                        let flaw = Flaw::duplicate_name(TextRange::default());
                        return Err((Part::Condition, name.to_owned(), flaw));
                    }
                    Some(at)
                };
                if slots.len() > MAX_CAPTURES {
                    let flaw = Flaw::whole(
                        "too many placeholders",
                        "a rule and its conditions can have at most 16",
                    );
                    return Err((Part::Rule, source.text().into_owned(), flaw));
                }
                let mut compiled_target = None;
                if let Outcome::Redirect(_) = outcome {
                    let mut target = self
                        .target(target, &slots)
                        .map_err(|flaw| (Part::Target, target.to_string(), flaw))?;
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
                let at = draft.push(&mut self.records).ok_or_else(|| {
                    (
                        Part::Rule,
                        source.text().into_owned(),
                        Flaw::table_too_large(),
                    )
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

    fn target<'t>(&mut self, target: &'t TargetText, slots: &[Slot]) -> Result<Target<'t>, Flaw> {
        let plain = target.plain();
        if let Some(target) = plain.and_then(|text| target::plain(text, &self.origin)) {
            return Ok(target);
        }
        let compiled = target::compile(&*target.template()?, slots, &self.origin)?;
        if let Some(origin) = plain.and_then(|text| compiled.origin_in(text)) {
            origin.clone_into(&mut self.origin);
        }
        Ok(compiled)
    }

    /// The number of these options, which are kept once.
    pub(super) fn ready(&mut self, options: Options) -> Result<u32, Flaw> {
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
            Some(host) => self.hosts.number(host),
            None => EVERY_HOST,
        };
        let at = u32::try_from(self.options.len()).unwrap_or(u32::MAX);
        self.options.push(Ready::new(
            options.clone(),
            group,
            #[cfg(feature = "regex")]
            &mut self.room,
        )?);
        self.known.insert(options, at);
        Ok(at)
    }

    fn slots_of(&self, options: u32) -> Vec<Slot> {
        self.options
            .get(options as usize)
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
