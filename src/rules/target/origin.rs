//! The origin of a target: none, a literal one, or one with a placeholder as its first label.

use super::{Place, Write, compile::slot};
use crate::{
    location::{BelowError, Location, LocationError, OriginBelow, parse_origin},
    rules::{
        Finding,
        capture::Slot,
        host_label::HostLabel,
        syntax::{Placeholder, Template, TemplatePart, Word},
    },
};

/// The origin of a target as it is kept, empty on this site, and where the path begins.
pub(super) struct Origin {
    pub(super) text: Vec<u8>,
    /// The part of the template that the path begins in.
    pub(super) part: usize,
    pub(super) path_at: usize,
    pub(super) host_label: Option<HostLabel>,
}

impl Origin {
    pub(super) const fn literal(text: Vec<u8>, path_at: usize) -> Self {
        Self {
            text,
            part: 0,
            path_at,
            host_label: None,
        }
    }

    /// Reads `https://`, the placeholder of a host label, and the domain after it.
    pub(super) fn with_label(
        parts: &[TemplatePart],
        placeholder: &Placeholder,
        slots: &[Slot],
    ) -> Result<Self, Finding> {
        const DOMAIN: usize = 2;
        let here = |placeholder: &Placeholder| {
            Finding::at(
                placeholder.name.range,
                "a host can't contain a placeholder here",
                "write it as the first label only: `https://{name}.example.com/`",
            )
        };
        let (Some(TemplatePart::Literal(scheme)), Some(TemplatePart::Literal(domain))) =
            (parts.first(), parts.get(DOMAIN))
        else {
            return Err(here(placeholder));
        };
        if !domain.text.starts_with('.') {
            return Err(here(placeholder));
        }
        match parts.get(DOMAIN + 1) {
            Some(TemplatePart::Placeholder(next)) if !domain.text.contains(['/', '?', '#']) => {
                return Err(here(next));
            }
            _ => {}
        }
        let (text, rest) =
            OriginBelow::parse(&scheme.text, &domain.text).map_err(|error| match error {
                BelowError::Location(error) => {
                    Finding::location(error, domain.nth(error.position()))
                }
                BelowError::NoDomain => Finding::at(
                    placeholder.name.range,
                    "a domain of at least two labels must follow the placeholder",
                    "write it out: `https://{name}.example.com/`",
                ),
            })?;
        let (write, at) = slot(placeholder, slots, Place::Path, false)?;
        if matches!(write, Write::TailToPath | Write::WholeTail) {
            return Err(Finding::at(
                placeholder.name.range,
                "the rest of a path can't be a host label",
                "capture one segment of the path",
            ));
        }
        Ok(Self {
            text: text.into_bytes(),
            part: DOMAIN,
            path_at: domain.text.len() - rest.len(),
            host_label: Some(HostLabel {
                at,
                transforms: placeholder.transforms,
            }),
        })
    }
}

/// Returns the placeholder right after the scheme of a target.
pub(super) fn label(template: &Template) -> Option<&Placeholder> {
    match &*template.parts {
        [
            TemplatePart::Literal(scheme),
            TemplatePart::Placeholder(placeholder),
            ..,
        ] if ["https://", "http://"]
            .iter()
            .any(|own| scheme.text.eq_ignore_ascii_case(own)) =>
        {
            Some(placeholder)
        }
        _ => None,
    }
}

/// Returns `true` if the host of a target begins with a placeholder.
pub(in crate::rules) fn has_host_label(template: &Template) -> bool {
    label(template).is_some()
}

/// Returns the literal origin of a target.
pub(super) fn origin(first: &Word, second: Option<&TemplatePart>) -> Result<Origin, Finding> {
    let text = &*first.text;
    let invalid = |error: LocationError| {
        let range = first.nth(error.position());
        Finding::location(error, range)
    };
    if let Some(rest) = text.strip_prefix('/') {
        if rest.starts_with(['/', '\\']) {
            let error = Location::from_config(text).err();
            return Err(error.map_or_else(
                || {
                    let message = "`//` redirects to another host";
                    Finding::at(first.nth(1), message, "write one `/`")
                },
                invalid,
            ));
        }
        return Ok(Origin::literal(Vec::new(), 0));
    }
    let has_scheme = ["https://", "http://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !has_scheme {
        return Err(match Location::from_config(text) {
            Err(error) => invalid(error),
            Ok(_) => Finding::at(
                first.nth(0),
                "a target must start with `/` or `https://`",
                "",
            ),
        });
    }
    let placeholder = match second {
        Some(TemplatePart::Placeholder(placeholder)) => Some(placeholder),
        _ => None,
    };
    let (origin, rest) = parse_origin(text).map_err(|error| match placeholder {
        // Nothing is wrong with the host, except that a part of it is missing.
        Some(placeholder) if error.position() + 1 >= text.len() => host_slot(placeholder),
        _ => invalid(error),
    })?;
    match placeholder {
        Some(placeholder) if rest.is_empty() => Err(host_slot(placeholder)),
        _ => Ok(Origin::literal(
            origin.to_string().into_bytes(),
            text.len() - rest.len(),
        )),
    }
}

fn host_slot(placeholder: &Placeholder) -> Finding {
    Finding::at(
        placeholder.name.range,
        "a host can't contain a placeholder",
        "write the host out, and use placeholders after its `/`",
    )
}
