//! The rules that may lead to a URL: each target is matched in reverse.
//!
//! A placeholder of a target matches what the source can capture for it: `/blog/{slug}.html` leads
//! to `/posts/x` by `/posts/{slug}`, but not to `/posts/`. What isn't known matches, so the rules
//! found are a superset: a rule that isn't among them never leads to the URL.

use std::collections::HashMap;

use crate::{
    location::{Location, LocationError, Origin, parse_origin},
    rules::{
        RuleRef, Rules,
        analysis::request_set::{
            host::{Host, host_of},
            path::{End, Fresh, Path, Text, Unknown},
            query::Query,
            unify::unify,
        },
        compiled_rule::{CompiledRule, SLOTS},
        options::Options,
        parameters::{pairs, plain},
        pattern::Tail,
        spelling,
        table::Table,
        target,
    },
};

impl Rules {
    /// Returns the rules that may lead to a URL, in the order in which they were added.
    ///
    /// The URL is a path on this site or an absolute URL. Use it before you remove a page, or to
    /// find where the visitors of a page come from.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([
    ///     Rule::permanent("/blog/{slug}.html", "/posts/{slug}?from=blog"),
    ///     Rule::permanent("/news", "/posts/latest"),
    ///     Rule::found("/help{/*rest}", "https://help.example/{rest}"),
    /// ])?;
    /// let leading_to = |url: &str| -> Result<Vec<u32>, _> {
    ///     rules.leading_to(url).map(|rules| rules.map(|rule| rule.number()).collect())
    /// };
    /// assert_eq!(leading_to("/posts/latest")?, [0, 1]);
    /// assert_eq!(leading_to("/posts/latest?from=mail")?, [1]);
    /// assert_eq!(leading_to("https://help.example/a")?, [2]);
    /// assert!(leading_to("/posts/")?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A rule that isn't in the list never leads to the URL. A rule in the list may lead there,
    /// with one redirect. The list is a superset: it doesn't look at the conditions of a rule, at
    /// rules that match before it, or at what a regex can capture.
    ///
    /// - A path stands for this site, so it finds the targets without an origin. To find targets
    ///   with an origin, pass an absolute URL. That also finds the targets without an origin of the
    ///   rules that match on its host.
    /// - A URL without a query stands for every query. A URL without a fragment stands for every
    ///   fragment.
    /// - Percent-encoded forms of one path are equal, as in a source.
    ///
    /// This looks at every rule of the table.
    ///
    /// # Errors
    ///
    /// Returns an error if the text isn't a path or an `http` or `https` URL.
    pub fn leading_to(
        &self,
        url: &str,
    ) -> Result<impl Iterator<Item = RuleRef<'_>> + use<'_>, LocationError> {
        let url = Url::new(url)?;
        let table = &*self.table;
        let rules = table.rules();
        Ok(rules
            .filter(move |(_, rule)| rule.redirects() && url.may_follow(table, rule))
            .map(move |(_, rule)| RuleRef::new(table, rule)))
    }
}

/// A URL that rules may lead to.
struct Url {
    origin: Option<Origin>,
    /// In the form that is compared.
    path: Vec<u8>,
    query: Option<Vec<(Box<str>, Box<str>)>>,
    fragment: Option<Box<[u8]>>,
}

impl Url {
    fn new(text: &str) -> Result<Self, LocationError> {
        let location = Location::from_config(text)?;
        let (origin, rest) = match location.as_str() {
            path if path.starts_with('/') => (None, path),
            url => parse_origin(url).map(|(origin, rest)| (Some(origin), rest))?,
        };
        let (path, query, fragment) = target::split(rest.as_bytes());
        let mut spelled = Vec::new();
        spelling::push(&mut spelled, path, false);
        let query = query.strip_prefix(b"?").map(String::from_utf8_lossy);
        Ok(Self {
            origin,
            path: spelled,
            query: query.map(|query| {
                let plain = |text| Box::from(&*plain(text));
                let plain_pair = |(key, value)| (plain(key), plain(value));
                pairs(&query).map(plain_pair).collect()
            }),
            fragment: fragment.strip_prefix(b"#").map(Into::into),
        })
    }

    /// Returns `true` if a rule may lead here.
    fn may_follow(&self, table: &Table, rule: &CompiledRule<'_>) -> bool {
        let rest = rule.target.get(rule.origin.into()..);
        let (path, query, fragment) = target::split(rest.unwrap_or_default());
        let options = table.options(rule).map(|compiled| &compiled.options);
        // Most targets differ in their path.
        self.is_path(table, rule, path)
            && self.is_origin(rule, options)
            && self.is_query(rule, options, query)
            && self.is_fragment(fragment)
    }

    fn is_path(&self, table: &Table, rule: &CompiledRule<'_>, target: &[u8]) -> bool {
        let mut slashes = target.windows(2).filter(|pair| pair == b"//");
        let compiled = table.options(rule);
        let merges = compiled.is_some_and(|compiled| compiled.options.merge_slashes);
        if merges && slashes.next().is_some() {
            // How they are merged isn't known here.
            return true;
        }
        if rule.has(SLOTS) {
            let path = path_after(table, rule, target);
            return path.is_some_and(|path| path.has(&self.path));
        }
        if spelling::is_spelled(target, false) {
            return target == self.path;
        }
        let mut spelled = Vec::new();
        spelling::push(&mut spelled, target, false);
        spelled == self.path
    }

    fn is_origin(&self, rule: &CompiledRule<'_>, options: Option<&Options>) -> bool {
        let Some(origin) = &self.origin else {
            return rule.origin == 0;
        };
        let own_host = Host::Is(host_of(origin).into());
        if let Some((host, target)) = rule.target_origin() {
            return host.and(&own_host).is_some()
                && target.scheme() == origin.scheme()
                && target.written_port() == origin.written_port();
        }
        // The redirect stays on the host and the scheme of the request.
        let host = Host::of_rule(options.and_then(|options| options.host.as_deref()));
        let scheme = options.and_then(|options| options.scheme);
        host.and(&own_host).is_some() && scheme.is_none_or(|scheme| scheme == origin.scheme())
    }

    /// Returns `true` if the rule may send this query.
    fn is_query(&self, rule: &CompiledRule<'_>, options: Option<&Options>, own: &[u8]) -> bool {
        let nothing = Options::default();
        let sent = Query::anything().after(rule, options.unwrap_or(&nothing), own);
        let query = self.query.as_deref();
        query.is_none_or(|query| sent.may_be(query))
    }

    /// Returns `true` if the client may have this fragment afterwards. If the target has none, the
    /// client keeps its own.
    fn is_fragment(&self, target: &[u8]) -> bool {
        let has_slots = target.iter().any(|byte| *byte < 0x20);
        match (&self.fragment, target.strip_prefix(b"#")) {
            (Some(own), Some(target)) if !has_slots => **own == *target,
            _ => true,
        }
    }
}

/// The paths that a rule leads to. `None` if they are too long to be sent.
fn path_after(table: &Table, rule: &CompiledRule<'_>, target: &[u8]) -> Option<Path> {
    let mut fresh = Fresh::default();
    let bounds = match rule.parts() {
        None => Vec::new(),
        Some(parts) => {
            let all = Path::anything(&mut fresh);
            unify(all, parts, table.matching(rule), &mut fresh)?.bounds
        }
    };
    let options = table.options(rule).map(|compiled| &compiled.options);
    Path::of_target(target, &bounds, options, &mut fresh)
}

impl Path {
    /// Returns `true` if a path without anything unknown is one of these.
    fn has(&self, path: &[u8]) -> bool {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        let mut texts = path.split(|byte| *byte == b'/');
        let mut known: HashMap<Unknown, &[u8]> = HashMap::new();
        for own in &self.segments {
            let Some(middle) = texts.next().and_then(|text| own.middle_of(text)) else {
                return false;
            };
            // What is captured once is the same wherever it is written.
            if let Some(unknown) = own.unknown {
                if *known.entry(unknown).or_insert(middle) != middle {
                    return false;
                }
            }
        }
        match (self.end, texts.next()) {
            (End::Closed, next) => next.is_none(),
            (End::Slash, next) => next.is_none_or(<[u8]>::is_empty) && texts.next().is_none(),
            (End::Open(_, Tail::Optional), _) => true,
            (End::Open(_, Tail::Some), Some(b"")) => texts.next().is_some(),
            (End::Open(..), next) => next.is_some(),
        }
    }
}

impl Text {
    /// What stands at the unknown part if this is the text. It is empty for literal text.
    fn middle_of<'p>(&self, text: &'p [u8]) -> Option<&'p [u8]> {
        if self.is_literal() {
            return (self.before == text).then_some(&[]);
        }
        let middle = text.strip_prefix(&*self.before)?;
        let middle = middle.strip_suffix(&*self.behind)?;
        (!middle.is_empty()).then_some(middle)
    }
}
