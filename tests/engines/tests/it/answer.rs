//! A request, and what becomes of it: the engine's answer and this crate's, in a form that can be compared.

use std::fmt;

use http::{Method, Version};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde_json::{Value, json};
use tower_redirect::{
    location::HttpScheme, policy::DecisionKind, redirect::Timing, rules::Rules, testing,
};
use url::Url;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The path and the query.
    pub target: String,
    pub host: String,
    pub scheme: HttpScheme,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
}

impl Request {
    pub fn get(target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            host: "site.example".to_owned(),
            scheme: HttpScheme::Https,
            headers: Vec::new(),
        }
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub fn query(&self) -> Option<&str> {
        Some(self.target.split_once('?')?.1)
    }

    /// The values of a query key.
    pub fn values(&self, key: &str) -> Vec<String> {
        let pairs = url::form_urlencoded::parse(self.query().unwrap_or_default().as_bytes());
        pairs
            .filter(|pair| pair.0 == key)
            .map(|pair| pair.1.into_owned())
            .collect()
    }

    /// The requested URL.
    pub fn url(&self) -> Url {
        let url = format!("{}://{}{}", self.scheme.as_str(), self.host, self.target);
        Url::parse(&url).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    pub fn to_json(&self) -> Value {
        let headers = self.headers.iter().cloned();
        json!({
            "target": self.target,
            "host": self.host,
            "scheme": self.scheme.as_str(),
            "headers": headers.map(|(name, value)| (name, value.into())).collect::<serde_json::Map<_, _>>(),
        })
    }

    /// Reads `/path?query [name: value]`, or an absolute URL instead of the path, as the files have it.
    pub fn parse(line: &str) -> Self {
        let mut parts = line.split(" [");
        let mut request = Self::get(parts.next().unwrap().trim());
        for scheme in [HttpScheme::Http, HttpScheme::Https] {
            let rest = request.target.strip_prefix(scheme.as_str());
            if let Some(rest) = rest.and_then(|rest| rest.strip_prefix("://")) {
                let (host, path) = rest.split_once('/').expect("a path after the host");
                (request.host, request.target) = (host.to_owned(), format!("/{path}"));
                request.scheme = scheme;
                break;
            }
        }
        for header in parts {
            let (name, value) = header
                .strip_suffix(']')
                .and_then(|header| header.split_once(": "))
                .unwrap();
            request.headers.push((name.to_owned(), value.to_owned()));
        }
        request
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.host, self.target)?;
        self.headers
            .iter()
            .try_for_each(|(name, value)| write!(f, " [{name}: {value}]"))
    }
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Pass,
    Redirect {
        status: u16,
        /// As [`canonical`] writes it.
        location: String,
        /// It waits for a 404 of the app.
        waits: bool,
    },
    Refuse(u16),
    /// The engine can't answer.
    Error(String),
}

/// A decision, and the line or the entry that made it, from 1.
#[derive(Clone, Debug)]
pub struct Answer {
    pub decision: Decision,
    pub rule: Option<usize>,
    /// The location as it was before [`canonical`].
    pub raw: Option<String>,
}

impl Answer {
    /// What this crate does. A redirect to the requested URL is never sent, whatever the rules say.
    pub fn of(rules: &Rules, request: &Request) -> Self {
        let mut test = testing::get(&request.target)
            .scheme(request.scheme)
            .header("host", &request.host);
        for (name, value) in &request.headers {
            test = test.header(name, value);
        }
        let rule = rules.find(&test.head());
        let rule = rule.and_then(|rule| usize::try_from(rule.line()?).ok());
        let (decision, raw) = match test.through(rules).decision().kind() {
            DecisionKind::Pass => (Decision::Pass, None),
            DecisionKind::Refuse(refusal) => (Decision::Refuse(refusal.status().as_u16()), None),
            DecisionKind::Redirect(redirect) | DecisionKind::Enforce(redirect) => {
                let location = redirect.location().as_str();
                if is_self(location, request) {
                    return Self {
                        decision: Decision::Pass,
                        rule,
                        raw: None,
                    };
                }
                let decision = Decision::Redirect {
                    status: redirect.status(&Method::GET, Version::HTTP_11).as_u16(),
                    location: canonical(location, request),
                    waits: !matches!(redirect.timing(), Timing::Before),
                };
                (decision, Some(location.to_owned()))
            }
        };
        Self {
            decision,
            rule,
            raw,
        }
    }

    /// An element of what `engine.mjs` writes.
    pub fn from_json(value: &Value, request: &Request) -> Self {
        let number = |name: &str| {
            value[name]
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
        };
        let raw = value["location"].as_str().map(str::to_owned);
        let decision = match (&raw, &value["error"]) {
            (_, Value::String(error)) => Decision::Error(error.clone()),
            (Some(location), _) => Decision::Redirect {
                status: number("status")
                    .and_then(|status| status.try_into().ok())
                    .expect("a status"),
                location: canonical(location, request),
                waits: value["waits"] == true,
            },
            _ => Decision::Pass,
        };
        Self {
            decision,
            rule: number("rule"),
            raw,
        }
    }

    /// What an HTTP server sends.
    pub fn new(
        status: u16,
        location: Option<&str>,
        rule: Option<usize>,
        request: &Request,
    ) -> Self {
        let decision = match location {
            Some(location) => Decision::Redirect {
                status,
                location: canonical(location, request),
                waits: false,
            },
            None if status < 300 => Decision::Pass,
            None => Decision::Refuse(status),
        };
        Self {
            decision,
            rule,
            raw: location.map(str::to_owned),
        }
    }

    /// The engine rejects the whole file.
    pub fn rejected(error: &str) -> Self {
        Self {
            decision: Decision::Error(error.to_owned()),
            rule: None,
            raw: None,
        }
    }

    pub fn location(&self) -> Option<&str> {
        match &self.decision {
            Decision::Redirect { location, .. } => Some(location),
            _ => None,
        }
    }

    pub fn is_pass(&self) -> bool {
        self.decision == Decision::Pass
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.decision {
            Decision::Pass => f.write_str("pass")?,
            Decision::Refuse(status) => write!(f, "refuse with {status}")?,
            Decision::Error(error) => write!(f, "no answer: {error}")?,
            Decision::Redirect { status, waits, .. } => {
                let location = self.raw.as_deref().unwrap_or_default();
                let when = if *waits { " after 404" } else { "" };
                write!(f, "{status} {location}{when}")?;
            }
        }
        match self.rule {
            Some(rule) => write!(f, " (rule {rule})"),
            None => Ok(()),
        }
    }
}

/// Resolves a location against the requested URL, and writes every byte in one way, because engines differ in
/// what they percent-encode: Netlify's decodes the path and encodes it again, and this crate keeps it as received.
/// An encoded slash stays what it is.
pub fn canonical(location: &str, request: &Request) -> String {
    let Ok(url) = request.url().join(location) else {
        return format!("invalid: {location}");
    };
    let mut out = url.origin().ascii_serialization();
    for (at, segment) in url.path().split('/').enumerate() {
        if at > 0 {
            out.push('/');
        }
        let pieces: Vec<_> = segment
            .split("%2F")
            .flat_map(|piece| piece.split("%2f"))
            .map(encoded)
            .collect();
        out += &pieces.join("%2F");
    }
    if let Some(query) = url.query() {
        // `URLSearchParams` drops empty pairs, and doesn't distinguish `k` and `k=`.
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
            .map(|(key, value)| {
                format!(
                    "{}={}",
                    encoded(&key.replace('%', "%25")),
                    encoded(&value.replace('%', "%25"))
                )
            })
            .collect();
        if !pairs.is_empty() {
            out.push('?');
            out += &pairs.join("&");
        }
    }
    if let Some(fragment) = url.fragment().filter(|fragment| !fragment.is_empty()) {
        out.push('#');
        out += &encoded(fragment);
    }
    out
}

fn is_self(location: &str, request: &Request) -> bool {
    let mut url = request.url().join(location).expect("a location is a URL");
    url.set_fragment(None);
    url == request.url()
}

fn encoded(text: &str) -> String {
    const SET: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    let decoded: Vec<u8> = percent_decode_str(text).collect();
    percent_encode(&decoded, SET).to_string()
}
