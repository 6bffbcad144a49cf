//! What is known of a header, a cookie or the language of a request.

use crate::rules::{analysis::request_set::value_set::ValueSet, condition::Place};

/// The values of one field. Most fields can have several.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::rules) struct Field {
    pub(in crate::rules) place: Place,
    /// For each of these sets, the field has a value in it.
    pub(super) some: Vec<ValueSet>,
    /// The field has no value in these sets.
    pub(super) none: Vec<ValueSet>,
}

impl Field {
    /// A field of which nothing is known.
    pub(in crate::rules) const fn new(place: Place) -> Self {
        Self {
            place,
            some: Vec::new(),
            none: Vec::new(),
        }
    }

    /// Leaves out the requests that don't meet a condition; `None` if that is all of them.
    pub(in crate::rules) fn narrow(&mut self, expected: bool, values: &ValueSet) -> Option<()> {
        if expected {
            self.require(values.clone())
        } else {
            self.forbid(values)
        }
    }

    fn require(&mut self, values: ValueSet) -> Option<()> {
        let mut values = self
            .none
            .iter()
            .fold(values, |left, none| left.without(none));
        if self.place.has_one_value() {
            values = self.some.drain(..).fold(values, |both, own| both.and(&own));
        }
        if values.is_empty() {
            return None;
        }
        if !self.some.iter().any(|own| own.is_subset(&values)) {
            self.some.retain(|own| !values.is_subset(own));
            self.some.push(values);
        }
        Some(())
    }

    fn forbid(&mut self, values: &ValueSet) -> Option<()> {
        for own in &mut self.some {
            *own = own.without(values);
            if own.is_empty() {
                return None;
            }
        }
        if !self.none.iter().any(|own| values.is_subset(own)) {
            self.none.push(values.clone());
        }
        Some(())
    }

    /// Returns `true` if the field certainly meets a condition.
    pub(in crate::rules) fn meets(&self, expected: bool, values: &ValueSet) -> bool {
        if expected {
            self.some.iter().any(|own| own.is_subset(values))
        } else {
            let is_other = |own: &ValueSet| own.and(values).is_empty();
            self.none.iter().any(|own| values.is_subset(own))
                || self.place.has_one_value() && self.some.iter().any(is_other)
        }
    }

    /// Values that such a request can have: one that is in all sets, or one for each set.
    pub(in crate::rules) fn samples(&self) -> Vec<Box<str>> {
        let in_all = self
            .some
            .iter()
            .fold(ValueSet::ANY, |both, own| both.and(own));
        if self.some.is_empty() {
            Vec::new()
        } else if in_all.is_empty() {
            self.some.iter().map(ValueSet::sample).collect()
        } else {
            vec![in_all.sample()]
        }
    }

    /// How many texts are known of.
    pub(in crate::rules) fn text_count(&self) -> usize {
        let sets = self.some.iter().chain(&self.none);
        sets.map(ValueSet::text_count).sum()
    }
}

impl Place {
    /// Returns `true` if a request has at most one value here. Of a parameter, this is its last.
    fn has_one_value(&self) -> bool {
        match self {
            Self::Header(_) | Self::HeaderInAnyCase(_) | Self::Cookie(_) => false,
            Self::Host | Self::Path(_) | Self::Query(_) | Self::Language(_) => true,
        }
    }

    /// Returns `true` if a client may leave it out when it changes POST to GET (Fetch, section
    /// 4.4).
    pub(in crate::rules) fn belongs_to_body(&self) -> bool {
        match self {
            Self::Header(name) | Self::HeaderInAnyCase(name) => name.starts_with("content-"),
            _ => false,
        }
    }

    /// Returns `true` if a client may send another value to another host.
    pub(in crate::rules) fn belongs_to_host(&self) -> bool {
        match self {
            Self::Header(name) | Self::HeaderInAnyCase(name) => {
                matches!(&**name, "host" | "cookie" | "authorization")
            }
            Self::Cookie(_) | Self::Language(_) => true,
            Self::Host | Self::Path(_) | Self::Query(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, ValueSet};
    use crate::rules::condition::{Condition, Place};

    fn values(values: &[&str]) -> ValueSet {
        ValueSet::of(&Condition::cookie("c").one_of(values).value)
    }

    #[test]
    fn what_contradicts_leaves_nothing() {
        let cookie = || Field::new(Place::Cookie("c".into()));
        let mut field = cookie();
        assert_eq!(field.require(values(&["1", "2"])), Some(()));
        assert_eq!(field.forbid(&values(&["1"])), Some(()));
        assert_eq!(field.samples(), ["2".into()]);
        assert_eq!(field.forbid(&values(&["2", "3"])), None);

        let mut field = cookie();
        assert_eq!(field.forbid(&ValueSet::ANY), Some(()));
        assert!(field.samples().is_empty());
        assert_eq!(field.require(values(&["1"])), None);
    }

    #[test]
    fn only_a_field_with_one_value_narrows_to_it() {
        let both = |place| {
            let mut field = Field::new(place);
            field.require(values(&["de", "fr"]))?;
            field.require(values(&["en", "it"]))?;
            Some(field.samples().len())
        };
        assert_eq!(both(Place::Language("nf_lang".into())), None);
        assert_eq!(both(Place::Cookie("c".into())), Some(2));
    }
}
