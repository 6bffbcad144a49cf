use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::location::HttpScheme;

use super::{Finding, FindingCode, Findings, Part, RelatedRule, Severity, TestRequest};

macro_rules! by_name {
    ($($name:ident)+) => {$(
        #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

by_name! { FindingCode Part Severity }

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("code", &self.code())?;
        map.serialize_entry("severity", &self.severity())?;
        map.serialize_entry("message", self.message())?;
        let help = Some(self.help()).filter(|help| !help.is_empty());
        entry(&mut map, "help", help)?;
        entry(&mut map, "file", self.file())?;
        entry(&mut map, "line", self.line())?;
        entry(&mut map, "column", self.column())?;
        entry(&mut map, "end_column", self.end_column())?;
        entry(&mut map, "rule", self.rule())?;
        entry(&mut map, "rule_name", self.rule_name())?;
        entry(&mut map, "part", self.part())?;
        entry(&mut map, "text", self.text())?;
        entry(&mut map, "position", self.position())?;
        entry(&mut map, "related", some(self.related()))?;
        entry(&mut map, "urls", some(self.urls()))?;
        entry(&mut map, "request", self.request().map(RequestFields))?;
        entry(&mut map, "also_affected", some(self.also_affected()))?;
        map.end()
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for RelatedRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("rule", &self.rule())?;
        entry(&mut map, "file", self.file())?;
        entry(&mut map, "line", self.line())?;
        map.end()
    }
}

/// What a client needs to send a request.
struct RequestFields<'f>(&'f TestRequest);

impl Serialize for RequestFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (request, scheme) = self.0.parts();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("method", request.method().as_str())?;
        map.serialize_entry("url", &request.uri().to_string())?;
        entry(&mut map, "scheme", scheme.map(HttpScheme::as_str))?;
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str(), value)
        });
        let headers: Vec<_> = headers.collect();
        entry(&mut map, "headers", some(&headers))?;
        map.end()
    }
}

fn some<T>(list: &[T]) -> Option<&[T]> {
    Some(list).filter(|list| !list.is_empty())
}

/// A list of the findings, and how many are omitted.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Findings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("findings", &self.list)?;
        let omitted = Some(self.omitted()).filter(|omitted| *omitted > 0);
        entry(&mut map, "omitted", omitted)?;
        map.end()
    }
}

fn entry<M: SerializeMap>(
    map: &mut M,
    key: &'static str,
    value: Option<impl Serialize>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(key, &value))
}
