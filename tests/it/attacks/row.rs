//! A row of `vectors/attacks.jsonl`, and the request that it describes.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};
use serde_json::{Map, Value};
use tower_redirect::Status;
use url::Url;

use super::{
    run::{Received, Transport},
    text,
};

#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) source: String,
    pub(super) policy: String,
    pub(super) class: String,
    pub(super) asked: Asked,
    pub(super) config: Value,
    pub(super) must: Map<String, Value>,
    pub(super) refused_by_parsers: bool,
}

/// A request, before anything has parsed it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(super) method: Method,
    pub(super) scheme: String,
    pub(super) host: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(crate) peer: Option<SocketAddr>,
    /// Whether the row is about what only HTTP/2 can say.
    pub(super) pseudo_fields: bool,
}

impl Row {
    pub(super) fn read(line: &str) -> Self {
        let row: Value = serde_json::from_str(line).unwrap();
        let own = |key: &str| text(&row[key]).to_owned();
        let request = &row["request"];
        let headers = request["headers"].as_object().into_iter().flatten();
        let target = match &request["target_gen"] {
            Value::Null => text(&request["target"]).to_owned(),
            long => {
                let n = long["n"].as_u64().unwrap().try_into().unwrap();
                let middle = text(&long["repeat"]).repeat(n);
                format!("{}{middle}{}", text(&long["prefix"]), text(&long["suffix"]))
            }
        };
        Self {
            id: own("id"),
            source: own("source"),
            policy: own("policy"),
            class: own("class"),
            asked: Asked {
                method: text(&request["method"]).parse().unwrap(),
                scheme: request["scheme"].as_str().unwrap_or("https").into(),
                host: request["host"].as_str().unwrap_or("app.example").into(),
                target,
                headers: headers
                    .map(|(name, value)| (name.clone(), text(value).to_owned()))
                    .collect(),
                peer: request["peer"]
                    .as_str()
                    .map(|address| SocketAddr::new(address.parse().unwrap(), 50_000)),
                pseudo_fields: row["config"]["version"] == "h2",
            },
            config: row["config"].clone(),
            must: row["must"].as_object().unwrap().clone(),
            refused_by_parsers: row["wire"] == "uri_refused",
        }
    }

    /// Whether this request can be brought to the layer in this way.
    pub(super) fn can_be_sent(&self, transport: Transport) -> Result<(), &'static str> {
        let asked = &self.asked;
        if self.refused_by_parsers {
            return Err("refused by the server, so never at the layer");
        }
        match transport {
            Transport::Direct => Ok(()),
            Transport::Http1 if asked.pseudo_fields => Err("it is about pseudo-fields of HTTP/2"),
            Transport::Http1 => Ok(()),
            Transport::Http2 if !asked.target.starts_with(['/', '*']) => {
                Err("HTTP/2 has no target of this form")
            }
            Transport::Http2 if asked.lines().any(|(name, _)| name == "connection") => {
                Err("HTTP/2 has no such field as Connection")
            }
            Transport::Http2 if asked.target_as_http2().is_none() => {
                Err("the host is none that the client sends")
            }
            Transport::Http2 => Ok(()),
        }
    }
}

impl Asked {
    /// The lines of the header section after `Host`; `name#2` is a second line of a name.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .filter(|(name, _)| !name.starts_with(':'))
            .map(|(name, value)| (name.split('#').next().unwrap(), value.as_str()))
    }

    /// HTTP/2 says it in `:authority`; a row that says both has two.
    pub(super) fn sends_host(&self, http2: bool) -> bool {
        !http2 || self.pseudo_fields
    }

    pub(super) fn target_as_http2(&self) -> Option<Uri> {
        Uri::builder()
            .scheme(self.pseudo(":scheme").unwrap_or(&self.scheme))
            .authority(self.pseudo(":authority").unwrap_or(&self.host))
            .path_and_query(&*self.target)
            .build()
            .ok()
    }

    pub(super) fn pseudo(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(other, _)| other == name)?;
        Some(value)
    }

    pub(crate) fn request(&self, http2: bool) -> Request<()> {
        let mut request = Request::new(());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.parse().unwrap();
        if http2 {
            *request.version_mut() = Version::HTTP_2;
            *request.uri_mut() = self.target_as_http2().unwrap();
        }
        if self.sends_host(http2) {
            let host = HeaderValue::from_bytes(self.host.as_bytes()).unwrap();
            request.headers_mut().append(http::header::HOST, host);
        }
        for (name, value) in self.lines() {
            let name: HeaderName = name.parse().unwrap();
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append(name, value);
        }
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        request
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let Self {
            method,
            target,
            host,
            ..
        } = self;
        let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n");
        for (name, value) in self.lines() {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("connection: close\r\n\r\n");
        text.into_bytes()
    }

    /// What the inner service has to receive where the request is passed on.
    pub(super) fn unchanged(&self, has_host: bool) -> Received {
        let mut headers: Vec<_> = self.lines().map(pair).collect();
        if has_host {
            headers.push(pair(("host", &self.host)));
        }
        headers.sort();
        Received {
            method: self.method.clone(),
            target: self.target.clone(),
            headers,
        }
    }

    /// The request of a client that follows a location from here, and its address.
    pub(super) fn follow(&self, status: u16, location: &str) -> Result<Self, String> {
        let Self {
            scheme,
            host,
            target,
            ..
        } = self;
        let here = Url::parse(&format!("{scheme}://{host}{target}")).map_err(|e| e.to_string())?;
        let next = here.join(location).map_err(|error| error.to_string())?;
        let status = Status::try_from(status).map_err(|error| error.to_string())?;
        Ok(Self {
            method: status.next_method(&self.method),
            scheme: next.scheme().to_owned(),
            host: next[url::Position::BeforeHost..url::Position::AfterPort].to_owned(),
            target: next[url::Position::BeforePath..url::Position::AfterQuery].to_owned(),
            headers: self.headers.clone(),
            peer: self.peer,
            pseudo_fields: self.pseudo_fields,
        })
    }
}

fn pair((name, value): (&str, &str)) -> (String, Vec<u8>) {
    (name.to_ascii_lowercase(), value.as_bytes().to_vec())
}
