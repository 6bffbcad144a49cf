//! The methods of a rule.

use http::Method;

use super::{Part, rule::Rule};

const NO_METHOD: (&str, &str) = (
    "no method is left",
    "leave at least one method that every list has and that isn't excluded",
);

impl Rule {
    /// Restricts the rule to these methods.
    ///
    /// GET doesn't include HEAD.
    ///
    /// ```
    /// use http::Method;
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let pay = Rule::permanent("/pay", "https://pay.example/").methods([Method::GET, Method::HEAD]);
    /// let rules = Rules::new([pay])?;
    /// testing::get("/pay").through(&rules).assert_redirect("https://pay.example/");
    /// testing::post("/pay").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// If you call this twice, the rule matches only the methods that are in both lists. A rule
    /// without any method is an error when the table is built.
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.with_methods(&Methods::only(methods))
    }

    /// Excludes these methods.
    ///
    /// ```
    /// use http::Method;
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let orders = Rule::permanent("/orders/{id}", "/shop/{id}").except_methods([Method::POST]);
    /// let rules = Rules::new([orders])?;
    /// testing::put("/orders/7").through(&rules).assert_redirect("/shop/7");
    /// testing::post("/orders/7").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// A second call excludes more methods. With [`methods`](Self::methods), the rule matches the
    /// methods that are listed and not excluded. A rule without any method is an error when the
    /// table is built.
    pub fn except_methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.with_methods(&Methods::all_except(methods))
    }

    fn with_methods(mut self, methods: &Methods) -> Self {
        let both = std::mem::take(&mut self.options.methods).and(methods);
        if both.is_empty() {
            return self.conflict(Part::Rule, "methods", NO_METHOD);
        }
        self.options.methods = both;
        self
    }
}

/// The methods of a list, or all methods except those of a list. The default is all methods.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Methods {
    pub(super) list: Vec<Method>,
    pub(super) is_excluded: bool,
}

impl Methods {
    pub(super) fn only(list: impl IntoIterator<Item = Method>) -> Self {
        let mut methods = Self {
            list: Vec::new(),
            is_excluded: false,
        };
        methods.list_all(list);
        methods
    }

    pub(super) fn all_except(list: impl IntoIterator<Item = Method>) -> Self {
        Self {
            is_excluded: true,
            ..Self::only(list)
        }
    }

    /// Adds methods to the list, each once.
    fn list_all(&mut self, list: impl IntoIterator<Item = Method>) {
        for method in list {
            if !self.list.contains(&method) {
                self.list.push(method);
            }
        }
    }

    #[inline]
    pub(super) fn is_all(&self) -> bool {
        self.is_excluded && self.list.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.is_excluded && self.list.is_empty()
    }

    pub(super) fn contains(&self, method: &Method) -> bool {
        self.list.contains(method) != self.is_excluded
    }

    pub(super) fn is_subset(&self, other: &Self) -> bool {
        match (self.is_excluded, other.is_excluded) {
            (false, _) => self.list.iter().all(|method| other.contains(method)),
            (true, true) => other.list.iter().all(|method| !self.contains(method)),
            // A client can send any method.
            (true, false) => false,
        }
    }

    /// Returns the methods that are in both sets. They have the order of `self`, so a set that
    /// another one doesn't narrow stays equal.
    pub(super) fn and(mut self, other: &Self) -> Self {
        match (self.is_excluded, other.is_excluded) {
            (false, _) => self.list.retain(|method| other.contains(method)),
            (true, true) => self.list_all(other.list.iter().cloned()),
            (true, false) => {
                let mut narrow = other.clone();
                narrow.list.retain(|method| self.contains(method));
                return narrow;
            }
        }
        self
    }
}

impl Default for Methods {
    fn default() -> Self {
        Self::all_except([])
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::Methods;

    #[test]
    fn the_algebra_agrees_with_membership() {
        let all = [Method::GET, Method::POST, Method::PUT];
        let lists = (0..8_usize).map(|bits| {
            let has = |at: &usize| bits >> at & 1 == 1;
            (0..3).filter(has).map(|at| all[at].clone()).collect()
        });
        let lists: Vec<Vec<Method>> = lists.collect();
        let sets = lists.iter().flat_map(|list| {
            [
                Methods::only(list.clone()),
                Methods::all_except(list.clone()),
            ]
        });
        let sets: Vec<Methods> = sets.collect();
        // DELETE stands for every method that no list has.
        let methods = || all.iter().chain([&Method::DELETE]);
        for one in &sets {
            assert_eq!(
                one.is_empty(),
                methods().all(|method| !one.contains(method))
            );
            assert_eq!(one.is_all(), methods().all(|method| one.contains(method)));
            for other in &sets {
                let both = one.clone().and(other);
                let is_both = |method| {
                    both.contains(method) == (one.contains(method) && other.contains(method))
                };
                assert!(methods().all(is_both), "{one:?} {other:?}");
                let is_subset =
                    methods().all(|method| !one.contains(method) || other.contains(method));
                assert_eq!(one.is_subset(other), is_subset, "{one:?} {other:?}");
                assert!(!is_subset || both == *one, "{one:?} {other:?}");
            }
        }
    }
}
