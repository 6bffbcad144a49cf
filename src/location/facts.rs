//! What the rest of the crate needs to know about a location: its parts, its origin, and where it
//! leads from a requested URL.

use super::{
    HttpScheme, Location, LocationError, PathForm, Site,
    check::{self, Form},
    parse, parse_origin,
    resolve::{self, Resolved},
};

/// Returns `true` if the text is a path as it's sent, without a query and a fragment (R1, R4).
pub(crate) fn is_local_path(text: &str) -> bool {
    let form = check::literal_form(text.as_bytes());
    matches!(form, Ok(Form::Local)) && !text.contains(['?', '#'])
}

impl Location {
    /// Checks the finished bytes once more before the layer writes the header (R1).
    #[inline]
    pub(crate) fn is_sendable(&self) -> bool {
        check::still_sendable(self.value.as_bytes(), self.form, self.bounds)
    }

    /// Returns `true` if a page may link to the location. An unchecked one may be `javascript:`.
    pub(crate) fn is_checked(&self) -> bool {
        self.form != Form::Unchecked
    }

    /// Returns `true` if some clients rewrite the path or query before they request it.
    #[inline]
    pub(crate) const fn may_be_rewritten(&self) -> bool {
        self.bounds.may_be_rewritten
    }

    /// Returns the path and query, unless the client has to resolve them.
    #[inline]
    pub(crate) fn plain_path(&self) -> Option<&[u8]> {
        match self.form {
            Form::Local | Form::Absolute if !self.bounds.dots => Some(self.written_path()),
            _ => None,
        }
    }

    /// Returns the text between the origin and the fragment.
    #[inline]
    pub(crate) fn written_path(&self) -> &[u8] {
        let (from, to) = (self.bounds.origin, self.bounds.fragment);
        let path = usize::from(from)..usize::from(to);
        self.value.as_bytes().get(path).unwrap_or_default()
    }

    /// Resolves the location against the requested scheme, and the requested path and query.
    pub(crate) fn resolve(&self, scheme: HttpScheme, requested: &str) -> Resolved {
        match self.form {
            Form::Unchecked => resolve::resolve(self.as_str(), scheme, requested),
            Form::Local | Form::Relative => {
                Resolved::Web(resolve::on_origin(None, self.as_str(), requested))
            }
            Form::Absolute => match parse_origin(self.as_str()) {
                Ok((origin, path)) => Resolved::Web(resolve::on_origin(Some(origin), path, "/")),
                Err(_) => Resolved::Unresolvable,
            },
        }
    }

    /// Returns the path and query that a client requests if it follows the location from a page
    /// with this scheme, path and query.
    pub(crate) fn resolved_path(&self, scheme: HttpScheme, requested: &str) -> Option<String> {
        match self.resolve(scheme, requested) {
            Resolved::Web(target) => Some(target.path + &target.query),
            Resolved::Unresolvable | Resolved::UnsupportedScheme => None,
        }
    }

    /// Returns the location that a client reaches if it is at `base` when it follows this one.
    ///
    /// A location without an origin gets the origin of `base`.
    pub(crate) fn on_site_of(&self, base: &Self) -> Result<Self, LocationError> {
        let site = match base.form {
            Form::Absolute => base
                .as_str()
                .get(..usize::from(base.bounds.origin))
                .unwrap_or_default(),
            Form::Local | Form::Relative | Form::Unchecked => "",
        };
        let mut moved = match self.form {
            Form::Local if site.is_empty() => self.clone(),
            Form::Local => Self::finish([site, self.as_str()].concat())?,
            Form::Relative => {
                let requested = base
                    .resolved_path(HttpScheme::Https, "/")
                    .unwrap_or_default();
                let path = self
                    .resolved_path(HttpScheme::Https, &requested)
                    .unwrap_or_default();
                Self::finish(format!("{site}{path}{}", self.fragment()))?
            }
            Form::Unchecked if self.is_path() => Self::unchecked(&format!("{site}{self}"))?,
            Form::Absolute | Form::Unchecked => self.clone(),
        };
        moved.bounds.dots |= self.bounds.dots;
        Ok(moved)
    }

    /// Returns the location on this site instead of its own origin.
    pub(crate) fn moved_to(&self, site: &Site<'_>) -> Result<Self, LocationError> {
        let rest = self.as_str().get(usize::from(self.bounds.origin)..);
        let mut moved = Self::finish(format!("{site}{}", rest.unwrap_or_default()))?;
        moved.bounds.dots = self.bounds.dots;
        Ok(moved)
    }

    /// Returns `true` if the location is a checked path on this site, without an origin.
    pub(crate) fn is_local(&self) -> bool {
        self.form == Form::Local
    }

    /// Returns the location with a prefix before its path. `prefix` has no slash at its end.
    pub(crate) fn below(&self, prefix: &str) -> Result<Self, LocationError> {
        let (origin, rest) = self
            .as_str()
            .split_at_checked(usize::from(self.bounds.origin))
            .unwrap_or_default();
        let mut moved = Self::finish([origin, prefix, rest].concat())?;
        moved.bounds.dots = self.bounds.dots;
        Ok(moved)
    }

    /// Returns `true` if the location begins with its path. Two slashes begin a host.
    fn is_path(&self) -> bool {
        self.as_str().starts_with('/') && !self.as_str().starts_with("//")
    }

    /// Returns the location with a rewritten path, or `None` if `rewrite` returns `None`.
    pub(crate) fn with_path(
        &self,
        rewrite: impl FnOnce(&str) -> Option<PathForm<'_>>,
    ) -> Option<Self> {
        let (origin, rest) = self
            .as_str()
            .split_at_checked(usize::from(self.bounds.origin))?;
        let has_path = !origin.is_empty() || self.is_path();
        if self.bounds.dots || !has_path {
            return None;
        }
        let (path, query, fragment) = parse::split(rest);
        let form = rewrite(path)?;
        let mut out = Vec::with_capacity(self.as_str().len() + form.end.len());
        out.extend_from_slice(origin.as_bytes());
        // The path was percent-encoded when this location was built.
        form.write(&mut out, true);
        out.extend_from_slice(query.as_bytes());
        out.extend_from_slice(fragment.as_bytes());
        let mut moved = Self::finish(out).ok()?;
        if !self.is_checked() {
            // Another path doesn't make it checked: it may still have dot segments.
            moved.form = Form::Unchecked;
        }
        Some(moved)
    }

    /// Returns the scheme and the authority as they are sent, if the location has a checked origin.
    pub(crate) fn written_origin(&self) -> Option<(HttpScheme, &str)> {
        if self.form != Form::Absolute {
            return None;
        }
        let origin = self.value.as_bytes().get(..self.bounds.origin.into())?;
        let origin = std::str::from_utf8(origin).ok()?;
        [HttpScheme::Https, HttpScheme::Http]
            .into_iter()
            .find_map(|scheme| {
                let authority = origin.strip_prefix(scheme.as_str())?;
                Some((scheme, authority.strip_prefix("://")?))
            })
    }

    /// Passes the scheme and the authority to `read`, if the location has them.
    ///
    /// `requested` is the requested scheme, if it's known. An unchecked location may leave it out.
    pub(crate) fn with_origin<R>(
        &self,
        requested: Option<HttpScheme>,
        read: impl FnOnce(HttpScheme, &str) -> R,
    ) -> Option<R> {
        if let Some((scheme, authority)) = self.written_origin() {
            return Some(read(scheme, authority));
        }
        if self.is_checked() {
            return None;
        }
        // The origin of an unchecked location is what a browser makes of it.
        let origin = match self.resolve(requested.unwrap_or(HttpScheme::Https), "/") {
            Resolved::Web(target) => target.origin?,
            Resolved::Unresolvable | Resolved::UnsupportedScheme => return None,
        };
        let text = origin.to_string();
        let (_, authority) = text.split_once("://")?;
        Some(read(origin.scheme(), authority))
    }

    /// Returns the fragment with its `#`, or an empty text.
    pub(crate) fn fragment(&self) -> &str {
        let start = usize::from(self.bounds.fragment);
        self.as_str().get(start..).unwrap_or_default()
    }
}
