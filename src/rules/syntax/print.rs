//! Writes the native syntax. Reading it gives the same tree.

use std::fmt;

use super::{
    Parameter, ParameterValue, Pattern, Placeholder, Segment, SourceText, Tail, TailKind, Template,
    TemplatePart,
};

/// Writes text so that its braces are literal.
struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace_and_after) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let (brace, after) = brace_and_after.split_at_checked(1).unwrap_or_default();
            write!(f, "{before}{brace}{brace}")?;
            rest = after;
        }
        f.write_str(rest)
    }
}

impl fmt::Display for SourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((scheme, host)) = &self.origin {
            write!(f, "{scheme}://{}", host.text)?;
        }
        self.path.fmt(f)?;
        for (at, parameter) in self.query.iter().enumerate() {
            f.write_str(if at == 0 { "?" } else { "&" })?;
            parameter.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.key.text).fmt(f)?;
        match &self.value {
            None => Ok(()),
            Some(ParameterValue::Literal(value)) => write!(f, "={}", Escaped(&value.text)),
            Some(ParameterValue::Placeholder(name)) => write!(f, "={{{}}}", name.text),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            write!(f, "/{segment}")?;
        }
        match &self.tail {
            Some(tail) => tail.fmt(f),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => Escaped(&text.text).fmt(f),
            Self::Placeholder {
                before,
                name,
                after,
            } => {
                let (before, after) = (Escaped(&before.text), Escaped(&after.text));
                write!(f, "{before}{{{}}}{after}", name.text)
            }
        }
    }
}

impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name.text;
        match self.kind {
            TailKind::NonEmpty => write!(f, "/{{*{name}}}"),
            TailKind::AfterSlash => write!(f, "/{{*{name}?}}"),
            TailKind::Optional => write!(f, "{{/*{name}}}"),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                TemplatePart::Literal(text) => Escaped(&text.text).fmt(f)?,
                TemplatePart::Placeholder(Placeholder {
                    name,
                    has_slash,
                    transforms,
                }) => {
                    let slash = if *has_slash { "/*" } else { "" };
                    write!(f, "{{{slash}{}{transforms}}}", name.text)?;
                }
            }
        }
        Ok(())
    }
}
