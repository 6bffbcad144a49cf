//! A request as far as it is known, and what it becomes when a rule answers it.

use std::borrow::Cow;

use http::Method;

use crate::{
    location::{HttpScheme, Origin, OriginBelow},
    request::host::NormalizedHost,
    rules::{
        analysis::request_set::{
            except::Excluded,
            field::Field,
            host::Host,
            path::{Bound, End, Fresh, Path, Text},
            query::Query,
            unify::{Compare, unify},
            value_set::ValueSet,
        },
        compiled_options::CompiledOptions,
        compiled_rule::{CompiledRule, REGEX},
        condition::{Condition, PathTest, Place},
        methods::Methods,
        options::{Options, QueryPolicy},
        pattern::Tail,
        table::Table,
        target,
    },
    status::{Intent, Status, StatusChoice},
};

mod except;
mod field;
pub(in crate::rules) mod host;
pub(in crate::rules) mod path;
pub(in crate::rules) mod query;
mod target_path;
pub(in crate::rules) mod unify;
pub(in crate::rules) mod value_set;
mod witness;

pub(in crate::rules) use except::covers;

/// A request, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::rules) struct RequestSet {
    pub(in crate::rules) path: Path,
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
    /// What does not change from one request to the next: header fields and cookies.
    pub(in crate::rules) fields: Vec<Field>,
}

/// What becomes of a request that a rule answers.
#[derive(Debug)]
pub(in crate::rules) struct Transfer {
    /// The requests that it answers, among those that were asked about.
    pub(in crate::rules) matched: RequestSet,
    /// The request that follows the redirect; `None` if the rule passes or refuses.
    pub(in crate::rules) next: Option<RequestSet>,
    /// It answers all of them, whatever else they have.
    pub(in crate::rules) covers: bool,
    /// The redirect leads to the address that was asked for, and is not sent.
    pub(in crate::rules) suppressed: bool,
}

impl RequestSet {
    /// Any request at all.
    pub(in crate::rules) fn anything(fresh: &mut Fresh) -> Self {
        Self {
            path: Path::anything(fresh),
            host: Host::Any,
            port: None,
            scheme: None,
            is_told_scheme: false,
            methods: Methods::default(),
            query: Query::anything(),
            is_whole: false,
            fields: Vec::new(),
        }
    }

    /// The same without what sets apart two visits of one address.
    pub(in crate::rules) fn key(&self) -> Self {
        Self {
            path: self.path.canonical(),
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

    /// The same requests with a slash at the end of their path.
    pub(in crate::rules) fn with_slash(&self) -> Self {
        let mut slashed = self.clone();
        slashed.path.segments.push(Text::default());
        slashed
    }

    /// How many bytes it takes in memory besides its own, about.
    pub(in crate::rules) fn size(&self) -> usize {
        let fields = self.fields.iter().map(Field::size);
        self.path.size() + self.query.size() + fields.sum::<usize>()
    }

    /// How much a step looks at, about.
    pub(in crate::rules) fn cost(
        &self,
        rule: &CompiledRule<'_>,
        options: Option<&Options>,
    ) -> usize {
        let fields = self.fields.iter().map(|field| 1 + field.text_count());
        let length = (rule.source.len() + rule.target.len()) / 32 + self.size() / 64;
        let Some(options) = options else {
            return length;
        };
        let asked = options.conditions.len() + options.edits.len();
        let mut named = asked;
        if options.query == QueryPolicy::Merge {
            named += rule.target.len() / 4;
        }
        length
            + named * (asked + self.query.text_count() + fields.sum::<usize>())
            + options.exceptions().count()
    }

    /// What becomes of those of these requests that a rule answers.
    pub(in crate::rules) fn transfer(
        &self,
        table: &Table,
        rule: &CompiledRule<'_>,
        fresh: &mut Fresh,
    ) -> Option<Transfer> {
        let compiled = table.options(rule);
        let options = compiled.map(|compiled| &compiled.options);
        let mut matched = self.clone();
        let own_host = Host::of_rule(options.and_then(|options| options.host.as_deref()));
        matched.host = self.host.and(&own_host)?;
        if let Some(options) = options {
            matched.narrow(options)?;
            if options.only_these_parameters {
                matched.query.close(options)?;
            }
        }
        let bounds = match rule.parts() {
            None => Vec::new(),
            Some(parts) => {
                let compare = Compare(table.matching(rule));
                let (path, bounds) = unify(&self.path, parts, compare, fresh)?;
                matched.path = path;
                bounds
            }
        };
        let excluded = options.map_or(Excluded::Nothing, |options| {
            matched.path.excluded(options, fresh)
        });
        if excluded == Excluded::Everything {
            return None;
        }
        let conditions = options.map_or(&[][..], |options| &options.conditions);
        let last_value = options.is_some_and(|options| options.last_value);
        // Which text is a host label isn't known.
        let mut surely_fits = options.is_none_or(|options| options.host_label.is_none());
        for condition in conditions {
            match matched.fits_path(&condition.1) {
                Some(fits) if fits != condition.0 => return None,
                Some(_) => {}
                None => surely_fits &= self.meets(condition, last_value),
            }
        }
        matched.is_whole |= asks_for_whole(conditions);
        let covers = surely_fits
            && excluded == Excluded::Nothing
            && !rule.has(REGEX)
            && matched.path == self.path
            && matched.host == self.host
            && options.is_none_or(|options| {
                // What is known of all of them is no condition any more.
                (options.scheme.is_none() || self.is_told_scheme && self.scheme == options.scheme)
                    && matched.methods == self.methods
                    && (!options.only_these_parameters || matched.query == self.query)
            });
        if !rule.redirects() {
            return Some(Transfer {
                matched,
                next: None,
                covers,
                suppressed: false,
            });
        }
        let next = matched.next(rule, compiled, &bounds, fresh)?;
        // Some host below a domain isn't this host.
        let has_label = options.is_some_and(|options| options.host_label.is_some());
        let suppressed = !has_label && matched.is_same_as(&next, rule, compiled);
        Some(Transfer {
            matched,
            next: Some(next),
            covers,
            suppressed,
        })
    }

    /// Leaves out the requests that don't meet the conditions; `None` if that is all of them.
    fn narrow(&mut self, options: &Options) -> Option<()> {
        let Options {
            scheme,
            methods,
            conditions,
            last_value,
            ..
        } = options;
        match (self.scheme, *scheme) {
            (Some(own), Some(other)) if own != other => return None,
            (own, other) => self.scheme = own.or(other),
        }
        self.is_told_scheme |= scheme.is_some();
        self.methods = std::mem::take(&mut self.methods).and(methods);
        if self.methods.is_empty() {
            return None;
        }
        for (expected, has) in conditions {
            match &has.place {
                // If only the last value counts, the others may be anything.
                Place::Query(_) if !expected && *last_value => {}
                Place::Query(key) if *expected => {
                    self.query.require(key, &ValueSet::of(&has.value))?;
                }
                Place::Query(key) => self.query.forbid(key, &ValueSet::of(&has.value))?,
                // Another host may be asked next.
                Place::Host => {}
                // The rule's source says more about it first.
                Place::Path(_) => {}
                Place::Header(_)
                | Place::HeaderInAnyCase(_)
                | Place::Cookie(_)
                | Place::Language(_) => {
                    self.narrow_field(&has.place, *expected, &ValueSet::of(&has.value))?;
                }
            }
        }
        Some(())
    }

    fn narrow_field(&mut self, place: &Place, expected: bool, values: &ValueSet) -> Option<()> {
        let mut known = self.fields.iter_mut();
        if let Some(field) = known.find(|field| field.place == *place) {
            return field.narrow(expected, values);
        }
        let mut field = Field::new(place.clone());
        field.narrow(expected, values)?;
        self.fields.push(field);
        Some(())
    }

    /// The request that follows; `None` where none does.
    fn next(
        &self,
        rule: &CompiledRule<'_>,
        compiled: Option<&CompiledOptions>,
        bounds: &[Bound],
        fresh: &mut Fresh,
    ) -> Option<Self> {
        let rest = rule.target.get(rule.origin.into()..);
        let (path, own_query, _) = target::split(rest.unwrap_or_default());
        let options = compiled.map(|compiled| &compiled.options);
        let mut next = Self {
            path: Path::of_target(path, bounds, options, fresh)?,
            query: self.query.after(rule, compiled, own_query),
            methods: next_methods(rule.status_choice(), &self.methods),
            ..self.clone()
        };
        if let Some((host, origin)) = rule.target_origin() {
            if host != next.host {
                next.fields.retain(|field| !field.place.belongs_to_host());
            }
            next.host = host;
            next.port = origin.written_port();
            next.scheme = Some(origin.scheme());
        }
        // After the slash of such an end, nothing may follow.
        next.is_whole &= !matches!(next.path.end, End::Open(_, Tail::Any))
            && next.path.passes(&PathTest::EmptySegment) != Some(true);
        Some(next)
    }

    /// Whether these requests have what a condition asks for, if it is one on the path; `None` if
    /// that isn't known.
    pub(in crate::rules) fn fits_path(&self, has: &Condition) -> Option<bool> {
        match &has.place {
            Place::Path(PathTest::EmptySegment) if self.is_whole => Some(false),
            Place::Path(test) if has.value.is_any() => self.path.passes(test),
            _ => None,
        }
    }

    /// Returns `true` if all of these requests certainly meet a condition, which may look only at
    /// the last value of a parameter.
    pub(in crate::rules) fn meets(
        &self,
        (expected, has): &(bool, Condition),
        last_value: bool,
    ) -> bool {
        let values = ValueSet::of(&has.value);
        match &has.place {
            Place::Query(_) if last_value => false,
            Place::Query(key) if *expected => self.query.always_has(key, &values),
            Place::Query(key) => self.query.never_has(key, &values),
            Place::Header(_)
            | Place::HeaderInAnyCase(_)
            | Place::Cookie(_)
            | Place::Language(_) => {
                let field = self.fields.iter().find(|field| field.place == has.place);
                field.is_some_and(|field| field.meets(*expected, &values))
            }
            Place::Path(_) => self.fits_path(has) == Some(*expected),
            Place::Host => false,
        }
    }

    fn is_same_as(
        &self,
        next: &Self,
        rule: &CompiledRule<'_>,
        compiled: Option<&CompiledOptions>,
    ) -> bool {
        let reads = Methods::only([Method::GET, Method::HEAD]);
        let gets = matches!(
            rule.status_choice(),
            StatusChoice::Status(Status::SeeOther) | StatusChoice::Intent(Intent::SeeOther)
        );
        let may_change = !self.methods.is_subset(&reads);
        let same_scheme = self.scheme.is_none() || self.scheme == next.scheme;
        self.path == next.path
            && (rule.origin == 0
                || self.host == next.host && same_scheme && self.is_on_port_of(next))
            && !(gets && may_change)
            && Query::is_kept(&self.query, &next.query, rule, compiled)
    }

    /// Whether a redirect to the port of the next request stays on this port, by the rule of the
    /// guard (R9). A port that isn't known counts as the default port.
    fn is_on_port_of(&self, next: &Self) -> bool {
        let requested = NormalizedHost {
            name: Cow::Borrowed(""),
            port: self.port,
            dotted: false,
        };
        requested.same_port(next.port, self.scheme)
    }

    /// Whether the next request is surely on another port.
    pub(in crate::rules) fn leaves_port(&self, next: &Self) -> bool {
        self.port.is_some() && !self.is_on_port_of(next)
    }

    /// The host as a request names it, with its port.
    pub(in crate::rules) fn authority(&self) -> Option<String> {
        let host = self.host.sample()?;
        Some(match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        })
    }
}

impl CompiledRule<'_> {
    /// Returns the hosts that an absolute target may name, and its origin.
    ///
    /// If the first label of the host is a placeholder, the origin is that of the domain.
    pub(in crate::rules) fn target_origin(&self) -> Option<(Host, Origin)> {
        let text = std::str::from_utf8(self.target.get(..self.origin.into())?).ok()?;
        if let Some((scheme, domain)) = OriginBelow::of_kept(text).map(OriginBelow::parts) {
            let origin = Origin::new(&format!("{scheme}{domain}")).ok()?;
            return Some((Host::Below(host_of(&origin).into()), origin));
        }
        let origin = (!text.is_empty()).then(|| Origin::new(text).ok())??;
        Some((Host::Is(host_of(&origin).into()), origin))
    }
}

/// The host of an origin, as rules compare it.
pub(in crate::rules) fn host_of(origin: &Origin) -> &str {
    origin.host().strip_suffix('.').unwrap_or(origin.host())
}

fn next_methods(how: StatusChoice, methods: &Methods) -> Methods {
    let status = match how {
        StatusChoice::Status(status) => status,
        StatusChoice::Intent(intent) => intent.strict_status(),
    };
    let next = methods.list.iter().map(|method| status.next_method(method));
    match (methods.is_excluded, status) {
        (false, _) => Methods::only(next),
        (true, Status::SeeOther) => Methods::only([Method::GET, Method::HEAD]),
        (true, Status::TemporaryRedirect | Status::PermanentRedirect) => methods.clone(),
        // Another method becomes GET.
        (true, Status::MovedPermanently | Status::Found) => {
            let is_left_out = |method: &&Method| **method != Method::GET;
            Methods::all_except(methods.list.iter().filter(is_left_out).cloned())
        }
    }
}

/// Whether conditions exclude paths with an empty segment.
fn asks_for_whole(conditions: &[(bool, Condition)]) -> bool {
    let mut conditions = conditions.iter();
    conditions.any(|(expected, has)| {
        !expected && matches!(has.place, Place::Path(PathTest::EmptySegment))
    })
}
