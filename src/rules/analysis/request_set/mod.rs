//! Sets of requests, and what becomes of them if a rule matches.
//!
//! A set contains each request that is meant, and perhaps more. So two answers are proofs: `None`,
//! which means no request, and `covers`, which means each request. Their opposites prove nothing.

use std::borrow::Cow;

use http::Method;

use crate::{
    location::HttpScheme,
    request::host::NormalizedHost,
    rules::{
        analysis::request_set::{
            except::Exceptions,
            field::Field,
            host::Host,
            method::{may_become_get, next_methods},
            path::{Bound, End, Fresh, Path},
            query::Query,
            unify::unify,
            value_set::ValueSet,
        },
        compiled_rule::CompiledRule,
        condition::{Condition, PathTest, Place},
        methods::Methods,
        options::{Matching, Options, QueryPolicy},
        pattern::Tail,
        spelling,
        table::Table,
        target::{self, Piece},
    },
    status::{Intent, Status, StatusChoice},
};

pub(in crate::rules) mod except;
mod field;
pub(in crate::rules) mod host;
#[cfg(test)]
mod laws;
mod method;
pub(in crate::rules) mod path;
pub(in crate::rules) mod query;
mod remainder;
mod target_path;
pub(in crate::rules) mod unify;
pub(in crate::rules) mod value_set;
mod witness;

pub(in crate::rules) use except::covers;

/// A set of requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::rules) struct RequestSet {
    pub(in crate::rules) path: Path,
    /// Paths that aren't in the set, though they fit.
    pub(in crate::rules) exceptions: Exceptions,
    /// Regexes that match every path of the set.
    pub(in crate::rules) regexes: Vec<(Box<[u8]>, Matching)>,
    pub(in crate::rules) host: Host,
    /// The port, if a target named one. `None` is the default port, or a port that isn't known: a
    /// rule matches every port of its host.
    pub(in crate::rules) port: Option<u16>,
    pub(in crate::rules) scheme: Option<HttpScheme>,
    /// Whether somebody tells the table the scheme, as a rule that asked for it has shown.
    pub(in crate::rules) is_told_scheme: bool,
    pub(in crate::rules) methods: Methods,
    pub(in crate::rules) query: Query,
    /// No segment of the path is empty, as a rule that asked for it has shown.
    pub(in crate::rules) is_whole: bool,
    /// The known text of the path is received as it stands here, because a redirect sent it. In
    /// other sets, `/a` may be received as `/%61`.
    pub(in crate::rules) is_spelled: bool,
    /// How many of the rules that match everything on a host did not match: those before a rule
    /// that redirected to this set on the same host.
    pub(in crate::rules) passed_hosts: usize,
    /// Header fields, cookies and others that conditions have looked at, in the order of their
    /// places.
    pub(in crate::rules) fields: Vec<Field>,
}

/// What becomes of a set of requests if a rule matches.
#[derive(Debug)]
pub(in crate::rules) struct Transfer {
    /// The requests that the rule matches.
    pub(in crate::rules) matched: RequestSet,
    /// The requests that follow the redirect. `None` if the rule passes or refuses.
    pub(in crate::rules) next: Option<RequestSet>,
    /// The rule surely matches each request of the set.
    pub(in crate::rules) covers: bool,
    /// The redirect leads to the requested URL, so it is not sent.
    pub(in crate::rules) suppressed: bool,
}

impl RequestSet {
    /// Every request.
    pub(in crate::rules) fn anything(fresh: &mut Fresh) -> Self {
        Self {
            path: Path::anything(fresh),
            host: Host::Any,
            port: None,
            scheme: None,
            is_told_scheme: false,
            methods: Methods::default(),
            query: Query::anything(),
            exceptions: Exceptions::default(),
            regexes: Vec::new(),
            is_whole: false,
            is_spelled: false,
            passed_hosts: 0,
            fields: Vec::new(),
        }
    }

    /// The set with nothing but its URL and its methods. Two visits of one URL are equal by it.
    pub(in crate::rules) fn key(&self) -> Self {
        Self {
            path: self.path.canonical(),
            exceptions: Exceptions::default(),
            regexes: Vec::new(),
            is_spelled: false,
            passed_hosts: 0,
            fields: Vec::new(),
            ..self.clone()
        }
    }

    /// The same with its unknown parts numbered from left to right, and nothing else left out.
    pub(in crate::rules) fn exact_key(&self) -> Self {
        Self {
            path: self.path.canonical(),
            ..self.clone()
        }
    }

    /// The work of a transfer, about.
    pub(in crate::rules) fn cost(
        &self,
        rule: &CompiledRule<'_>,
        options: Option<&Options>,
    ) -> usize {
        let fields = self.fields.iter().map(|field| 1 + field.text_count());
        let texts = self.query.text_count() + fields.sum::<usize>();
        let length = (rule.source.len() + rule.target.len()) / 32;
        let copied = length + self.path.segments.len() + texts;
        let Some(options) = options else {
            return copied;
        };
        let asked = options.conditions.len() + options.edits.len();
        let named = match options.query {
            QueryPolicy::Merge => asked + rule.target.len() / 4,
            _ => asked,
        };
        copied + named * (asked + texts) + options.exceptions().count()
    }

    /// What becomes of the requests that a rule matches; `None` if it matches none of them.
    pub(in crate::rules) fn transfer(
        &self,
        table: &Table,
        rule: &CompiledRule<'_>,
        fresh: &mut Fresh,
    ) -> Option<Transfer> {
        let nothing = Options::default();
        let options = table.options(rule);
        let options = options.map_or(&nothing, |compiled| &compiled.options);
        let (matched, bounds, covers) = self.matched(rule, options, fresh)?;
        if !rule.redirects() {
            return Some(Transfer {
                matched,
                next: None,
                covers,
                suppressed: false,
            });
        }
        let next = matched.next(rule, options, &bounds, fresh)?;
        // Some host below a domain isn't this host.
        let suppressed = options.host_label.is_none() && matched.is_same_as(&next, rule, options);
        Some(Transfer {
            matched,
            next: Some(next),
            covers,
            suppressed,
        })
    }

    /// Returns `true` if a rule surely matches each request of the set.
    pub(in crate::rules) fn is_covered_by(
        &self,
        table: &Table,
        rule: &CompiledRule<'_>,
        fresh: &mut Fresh,
    ) -> bool {
        let nothing = Options::default();
        let options = table.options(rule);
        let options = options.map_or(&nothing, |compiled| &compiled.options);
        let matched = self.matched(rule, options, fresh);
        matched.is_some_and(|(_, _, covers)| covers)
    }

    /// Returns the requests that a rule matches, what its placeholders stand for, and `true` if
    /// these are surely all requests.
    fn matched(
        &self,
        rule: &CompiledRule<'_>,
        options: &Options,
        fresh: &mut Fresh,
    ) -> Option<(Self, Vec<Bound>, bool)> {
        let mut matched = self.clone();
        let (bounds, mut covers) = matched.narrow_path(rule, options.matching, fresh)?;
        covers &= matched.exceptions.add(options, &matched.path, fresh)?;
        covers &= matched.narrow(options)?;
        if matched.is_whole && matched.path.passes(&PathTest::EmptySegment) == Some(true) {
            return None;
        }
        // Which text is a host label isn't known.
        Some((matched, bounds, covers && options.host_label.is_none()))
    }

    /// Leaves out the paths that a source doesn't match.
    fn narrow_path(
        &mut self,
        rule: &CompiledRule<'_>,
        matching: Matching,
        fresh: &mut Fresh,
    ) -> Option<(Vec<Bound>, bool)> {
        if let Some(parts) = rule.parts() {
            let path = std::mem::replace(&mut self.path, Path::NOTHING);
            let unified = unify(path, parts, matching, fresh)?;
            self.path = unified.path;
            self.is_spelled &= unified.is_all;
            return Some((unified.bounds, unified.is_all));
        }
        let regex = (Box::from(rule.source), matching);
        let is_all = self.regexes.contains(&regex);
        if !is_all {
            self.regexes.push(regex);
        }
        Some((Vec::new(), is_all))
    }

    /// Leaves out the requests that options don't allow, but for their paths. Returns `None` if
    /// these are all requests, and `true` if none is left out.
    fn narrow(&mut self, options: &Options) -> Option<bool> {
        let own_host = Host::of_rule(options.host.as_deref());
        let host = self.host.and(&own_host)?;
        let mut covers = host == self.host;
        self.host = host;
        if let Some(scheme) = options.scheme {
            if self.scheme.is_some_and(|own| own != scheme) {
                return None;
            }
            covers &= self.is_told_scheme;
            self.scheme = Some(scheme);
            self.is_told_scheme = true;
        }
        let methods = self.methods.clone().and(&options.methods);
        if methods.is_empty() {
            return None;
        }
        covers &= methods == self.methods;
        self.methods = methods;
        for (expected, has) in &options.conditions {
            covers &= self.narrow_by(*expected, has, options.last_value)?;
        }
        if options.only_these_parameters {
            covers &= self.query.close(options)?;
        }
        Some(covers)
    }

    /// Leaves out the requests that don't meet a condition. Returns `None` if these are all
    /// requests, and `true` if none is left out.
    fn narrow_by(&mut self, expected: bool, has: &Condition, last_value: bool) -> Option<bool> {
        let values = ValueSet::of(&has.value);
        match &has.place {
            Place::Query(key) if !last_value => {
                return if expected {
                    let covers = self.query.always_has(key, &values);
                    self.query.require(key, &values)?;
                    Some(covers)
                } else {
                    let covers = self.query.never_has(key, &values);
                    self.query.forbid(key, &values)?;
                    Some(covers)
                };
            }
            // The others may be anything.
            Place::Query(key) if expected => self.query.require(key, &values)?,
            Place::Path(test) if values == ValueSet::ANY => {
                let passes = match test {
                    PathTest::EmptySegment if self.is_whole => Some(false),
                    PathTest::BeginsWith(start, _) if !self.is_spelled => {
                        let passes = self.path.passes(test);
                        let is_comparable = spelling::is_spelled(start.as_bytes(), false);
                        passes.filter(|passes| !passes && is_comparable)
                    }
                    test => self.path.passes(test),
                };
                self.is_whole |= !expected && *test == PathTest::EmptySegment;
                if let Some(passes) = passes {
                    return (passes == expected).then_some(true);
                }
            }
            Place::Host => {
                if let Host::Is(name) = &self.host {
                    let host = ValueSet::one(&**name);
                    let never = !values.may_contain(name);
                    let always = host.is_subset(&values);
                    return match if expected {
                        (always, never)
                    } else {
                        (never, always)
                    } {
                        (_, true) => None,
                        (covers, false) => Some(covers),
                    };
                }
            }
            _ => {}
        }
        match self
            .fields
            .binary_search_by(|own| own.place.cmp(&has.place))
        {
            Ok(at) => {
                let field = self.fields.get_mut(at)?;
                let covers = field.meets(expected, &values);
                field.narrow(expected, &values)?;
                Some(covers)
            }
            Err(at) => {
                let mut field = Field::new(has.place.clone());
                field.narrow(expected, &values)?;
                self.fields.insert(at, field);
                Some(false)
            }
        }
    }

    /// The requests that follow a redirect. `None` if the location is too long.
    fn next(
        &self,
        rule: &CompiledRule<'_>,
        options: &Options,
        bounds: &[Bound],
        fresh: &mut Fresh,
    ) -> Option<Self> {
        let rest = rule.target.get(rule.origin.into()..);
        let (path, own_query, _) = target::split(rest.unwrap_or_default());
        let mut next = Self {
            path: Path::of_target(path, bounds, Some(options), fresh)?,
            query: self.query.after(rule, options, own_query),
            exceptions: Exceptions::default(),
            regexes: Vec::new(),
            is_spelled: target::pieces(path).all(|piece| match piece {
                Piece::Text(text) => spelling::is_spelled(text, false),
                Piece::Slot(..) => self.is_spelled || !bounds.iter().any(Bound::has_text),
            }),
            methods: next_methods(rule.status_choice(), &self.methods),
            ..self.clone()
        };
        let is_of_url = |place: &Place| matches!(place, Place::Query(_) | Place::Path(_));
        next.fields.retain(|field| !is_of_url(&field.place));
        // Without a body, a client doesn't send its headers.
        if may_become_get(rule.status_choice(), &self.methods) {
            next.fields.retain(|field| !field.place.belongs_to_body());
        }
        if let Some((host, origin)) = rule.target_origin() {
            if host != next.host {
                let is_kept = |place: &Place| !place.belongs_to_host() && *place != Place::Host;
                next.fields.retain(|field| is_kept(&field.place));
            }
            next.passed_hosts = 0;
            next.host = host;
            next.port = origin.written_port();
            next.scheme = Some(origin.scheme());
        }
        // After the slash of such an end, nothing may follow.
        next.is_whole &= !matches!(next.path.end, End::Open(_, Tail::Any))
            && next.path.passes(&PathTest::EmptySegment) != Some(true);
        Some(next)
    }

    fn is_same_as(&self, next: &Self, rule: &CompiledRule<'_>, options: &Options) -> bool {
        let reads = Methods::only([Method::GET, Method::HEAD]);
        let gets = matches!(
            rule.status_choice(),
            StatusChoice::Status(Status::SeeOther) | StatusChoice::Intent(Intent::SeeOther)
        );
        let may_change = !self.methods.is_subset(&reads);
        let same_scheme = self.scheme.is_none() || self.scheme == next.scheme;
        self.path == next.path
            && !self.path.has_spellings()
            && (rule.origin == 0
                || self.host == next.host && same_scheme && self.is_on_port_of(next))
            && !(gets && may_change)
            && Query::is_kept(&self.query, &next.query, rule, options)
    }

    /// Returns `true` if a redirect to the port of the next request stays on this port, by the rule
    /// of the guard (R9). A port that isn't known counts as the default port.
    fn is_on_port_of(&self, next: &Self) -> bool {
        let requested = NormalizedHost {
            name: Cow::Borrowed(""),
            port: self.port,
            dotted: false,
        };
        requested.same_port(next.port, self.scheme)
    }

    /// Returns `true` if the next request is surely on another port.
    pub(in crate::rules) fn leaves_port(&self, next: &Self) -> bool {
        self.port.is_some() && !self.is_on_port_of(next)
    }

    /// The host as a request names it, with its port.
    pub(in crate::rules) fn authority(&self) -> Option<String> {
        let host = self.host.sample().or_else(|| {
            let mut fields = self.fields.iter();
            let field = fields.find(|field| field.place == Place::Host)?;
            field.samples().first().map(ToString::to_string)
        })?;
        Some(match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        })
    }
}
