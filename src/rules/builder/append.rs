//! Tables that become a part of another one.

use super::RulesBuilder;
use crate::rules::{
    Finding, Part, RuleNumber, RuleOffset, RuleRef, Rules,
    compiled_rule::{CompiledRule, Draft, OptionsIndex},
};

impl RulesBuilder {
    /// Adds the rules of a table, for example those of a file.
    ///
    /// Several files form one table this way. In it, a rule of one file can shadow a rule of
    /// another, and a loop through several files is found. Two tables in a tuple are two policies,
    /// which check only their own rules.
    ///
    /// Netlify reads `_redirects` first, then `netlify.toml`:
    ///
    #[cfg_attr(feature = "toml", doc = "```")]
    #[cfg_attr(not(feature = "toml"), doc = "```ignore")]
    /// use tower_redirect::rules::{Format, Rules};
    /// use tower_redirect::testing;
    ///
    /// let redirects = Format::Netlify.parse("/a /from-redirects")?.in_file("_redirects");
    /// let config = "[[redirects]]\nfrom = '/*'\nto = '/from-toml'\nforce = true";
    /// let config = Format::NetlifyToml.parse(config)?.in_file("netlify.toml");
    ///
    /// let rules = Rules::builder().append(redirects).append(config).build()?;
    /// testing::get("/a").through(&rules).assert_redirect("/from-redirects");
    /// testing::get("/b").through(&rules).assert_redirect("/from-toml");
    ///
    /// let files: Vec<_> = rules.iter().map(|rule| rule.file().unwrap()).collect();
    /// assert_eq!(files, ["_redirects", "netlify.toml"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Each rule keeps its file, its line and its options, and gets the next number. Which rule
    /// wins depends on the [precedence](Self::precedence) of this builder, not on that of the
    /// table. The table's [hits](Rules::count_hits) aren't taken over.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the rules become a part of this table"
    )]
    pub fn append(mut self, rules: Rules) -> Self {
        let mut known = vec![None; rules.table.options.len()];
        for (at, rule) in rules.table.rules() {
            let number = self.next_number();
            self.count += 1;
            self.lines
                .push_as(number, Some((&rules.table.lines, rule.number)));
            let added = self.append_rule(&rules, at, &rule, number, &mut known);
            self.errors.extend(added.err().map(|error| {
                let shown = RuleRef::new(&rules.table, rule);
                let error = error.in_part(Part::Rule, shown.source());
                error.in_rule(number, shown.name())
            }));
        }
        self.lines.push_as(self.next_number(), None);
        self.lines.skipped.add(rules.table.lines.skipped);
        self
    }

    /// Adds one rule; `known` has the options of the table that were added already.
    fn append_rule(
        &mut self,
        rules: &Rules,
        at: RuleOffset,
        rule: &CompiledRule<'_>,
        number: RuleNumber,
        known: &mut [Option<OptionsIndex>],
    ) -> Result<(), Finding> {
        let mut options = None;
        if let Some(ready) = rules.table.options(rule) {
            let place = rule.options.and_then(|own| known.get_mut(own.get()));
            let own = match place.as_deref() {
                Some(Some(own)) => *own,
                _ => self.ready(ready.options.clone())?,
            };
            if let Some(place) = place {
                *place = Some(own);
            }
            options = Some(own);
        }
        #[cfg(feature = "regex")]
        let regex = self.regex_of(rules, at, rule)?;
        #[cfg(not(feature = "regex"))]
        let _ = at;
        let draft = Draft {
            flags: rule.flags,
            outcome: rule.outcome(),
            number,
            origin: rule.origin,
            options,
            source: rule.source,
            target: rule.target,
        };
        let _at = draft
            .push(&mut self.compiled)
            .ok_or_else(Finding::table_too_large)?;
        #[cfg(feature = "regex")]
        self.regexes.extend(regex.map(|regex| (_at, regex)));
        Ok(())
    }

    /// The regex of a rule, if there is room for it in this table too.
    #[cfg(feature = "regex")]
    fn regex_of(
        &mut self,
        rules: &Rules,
        at: RuleOffset,
        rule: &CompiledRule<'_>,
    ) -> Result<Option<regex::Regex>, Finding> {
        if rules.table.regexes.get(at).is_none() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(rule.source);
        let ignore_case = rules.table.matching(rule).ignore_case;
        self.room.whole(&text, ignore_case).map(Some)
    }
}
