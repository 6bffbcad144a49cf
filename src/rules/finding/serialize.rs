use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{Finding, FindingCode, Findings, Part, Severity};

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
        for (key, numbers) in [
            ("related_rules", self.related_rules()),
            ("related_lines", self.related_lines()),
            ("also_affected", self.also_affected()),
        ] {
            entry(&mut map, key, Some(numbers).filter(|all| !all.is_empty()))?;
        }
        map.end()
    }
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
