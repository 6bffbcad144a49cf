//! Which requests of a set a rule doesn't match.

use super::{RequestSet, path::Fresh, value_set::ValueSet};
use crate::rules::{methods::Methods, options::Options};

impl RequestSet {
    /// Returns parts of the set that a rule with these options doesn't match: one for each reason.
    ///
    /// A part for another path contains only paths that the rule excludes.
    pub(in crate::rules) fn without(&self, options: &Options, fresh: &mut Fresh) -> Vec<Self> {
        let conditions = options.conditions.iter().map(|(expected, has)| Options {
            conditions: vec![(!expected, has.clone())],
            last_value: options.last_value,
            ..Options::default()
        });
        let other_methods = Options {
            methods: Methods {
                is_excluded: !options.methods.is_excluded,
                ..options.methods.clone()
            },
            ..Options::default()
        };
        let mut parts: Vec<Self> = conditions
            .chain([other_methods])
            .filter_map(|reason| {
                let mut part = self.clone();
                part.narrow(&reason)?;
                Some(part)
            })
            .collect();
        if options.only_these_parameters {
            let mut part = self.clone();
            let other = (0..).map(|number| format!("x{number}"));
            let mut other = other.filter(|key| options.query_keys().all(|own| own != key));
            let key = other.next().unwrap_or_default();
            parts.extend(part.query.require(&key, &ValueSet::ANY).map(|()| part));
        }
        let paths = self.path.excluded_paths(options, fresh);
        parts.extend(paths.map(|path| Self {
            path,
            ..self.clone()
        }));
        if options.host.is_some() {
            parts.extend(self.host.others().into_iter().map(|host| Self {
                host,
                ..self.clone()
            }));
        }
        parts
    }
}
