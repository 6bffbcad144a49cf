//! Which versions of a set can be live.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tower_redirect::rules::Rules;

/// What is known of one set while it is changed.
pub(crate) struct Versions {
    /// Its source, which leads to `{source}/v/{number}`.
    pub(crate) source: String,
    /// The newest version that is known to serve.
    live: AtomicUsize,
    /// The newest one that may serve.
    newest: AtomicUsize,
    /// Those that may have served at some time. No bad one is among them.
    good: Vec<AtomicBool>,
}

impl Versions {
    pub(crate) fn new(source: String, most: usize) -> Self {
        Self {
            source,
            live: AtomicUsize::new(0),
            newest: AtomicUsize::new(0),
            good: (0..=most)
                .map(|number| AtomicBool::new(number == 0))
                .collect(),
        }
    }

    /// A file of rules, this version of the set among it.
    pub(crate) fn text(&self, number: usize) -> String {
        let source = &self.source;
        let mut text = format!("{source} {source}/v/{number} 302!\n");
        for other in 0..20 {
            text.push_str(&format!("{source}/old/{other} {source}/new/{other} 302!\n"));
        }
        text
    }

    /// The version that a set is.
    pub(crate) fn of(&self, rules: &Rules) -> usize {
        let first = rules.iter().next().expect("a rule");
        self.number(&first.target().to_string()).expect("a version")
    }

    /// To be called before a version is stored.
    pub(crate) fn may_serve(&self, number: usize) {
        self.good[number].store(true, Ordering::SeqCst);
        self.newest.store(number, Ordering::SeqCst);
    }

    /// To be called when it was.
    pub(crate) fn serves(&self) {
        let newest = self.newest.load(Ordering::SeqCst);
        self.live.store(newest, Ordering::SeqCst);
    }

    /// To be called before a request is sent.
    pub(crate) fn live(&self) -> usize {
        self.live.load(Ordering::SeqCst)
    }

    /// Says what is wrong with an answer to a request that was sent when this version was live.
    pub(crate) fn wrong(&self, since: usize, location: &str) -> Option<String> {
        let newest = self.newest.load(Ordering::SeqCst);
        let live = self.number(location).is_some_and(|number| {
            (since..=newest).contains(&number) && self.good[number].load(Ordering::SeqCst)
        });
        (!live).then(|| format!("{location}, where {since} to {newest} were live"))
    }

    fn number(&self, target: &str) -> Option<usize> {
        let number = target.strip_prefix(&self.source)?.strip_prefix("/v/")?;
        number
            .parse()
            .ok()
            .filter(|number| *number < self.good.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Versions;

    #[test]
    fn only_what_was_live_is_right() {
        let versions = Versions::new("/s".to_owned(), 9);
        for number in [2, 3, 5] {
            versions.may_serve(number);
        }
        assert_eq!(versions.live(), 0);
        for (since, location, right) in [
            (0, "/s/v/0", true),
            (3, "/s/v/3", true),
            (3, "/s/v/5", true),
            (3, "/s/v/2", false),  // too old
            (3, "/s/v/4", false),  // a bad one between
            (3, "/s/v/6", false),  // not read yet
            (3, "/s/v/10", false), // never made
            (3, "/t/v/3", false),
            (3, "/s/new/3", false),
            (3, "", false),
        ] {
            assert_eq!(
                versions.wrong(since, location).is_none(),
                right,
                "{location}"
            );
        }
        versions.serves();
        assert_eq!(versions.live(), 5);
    }
}
