//! What a request asks for.

use std::net::Ipv6Addr;

use http::{Method, Request};
use percent_encoding::percent_decode;

use super::Place;

/// A request, as far as rules look at it.
pub struct Asked {
    pub method: Method,
    pub path: String,
    /// What follows the `?`, if that is anything.
    pub query: Option<String>,
    pub scheme: Option<String>,
    pub host: Option<String>,
    headers: Vec<(String, String)>,
}

impl Asked {
    /// `None` where the target is no path: `*`, an authority.
    pub fn read(request: &Request<()>, scheme: Option<&str>) -> Option<Self> {
        let target = request.uri().path_and_query()?.as_str();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if !path.is_empty() && !path.starts_with('/') {
            return None;
        }
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Some(Self {
            method: request.method().clone(),
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            query: (!query.is_empty()).then(|| query.to_owned()),
            scheme: scheme.map(str::to_owned),
            host: None,
            headers: request
                .headers()
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect(),
        })
    }

    /// The names of the parameters, as plain text.
    pub fn keys(&self) -> Vec<String> {
        let query = self.query.as_deref().unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| form(pair.split_once('=').unwrap_or((pair, "")).0))
            .collect()
    }

    /// The values that stand in this place, those of a query as they were received.
    pub fn values(&self, place: &Place) -> Vec<String> {
        match place {
            Place::Query(key) => {
                let query = self.query.as_deref().unwrap_or_default();
                let pairs = query.split('&').filter(|pair| !pair.is_empty());
                pairs
                    .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                    .filter(|(name, _)| form(name) == *key)
                    .map(|(_, value)| value.to_owned())
                    .collect()
            }
            Place::Header(name) => self
                .headers
                .iter()
                .filter(|(own, _)| own.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.clone())
                .collect(),
            Place::Cookie(name) => self
                .headers
                .iter()
                .filter(|(own, _)| own == "cookie")
                .flat_map(|(_, line)| line.split(';'))
                .filter_map(|cookie| cookie.split_once('='))
                .filter(|(own, _)| own.trim() == name)
                .map(|(_, value)| value.trim().to_owned())
                .collect(),
        }
    }
}

/// A part of a query as the plain text that it means (WHATWG URL, `application/x-www-form-urlencoded`).
pub fn form(received: &str) -> String {
    let spaced = received.replace('+', " ");
    let bytes: Vec<u8> = percent_decode(spaced.as_bytes()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The one host that a request names, without its port; an error where it contradicts itself.
pub fn host(request: &Request<()>) -> Result<Option<String>, ()> {
    let mut named: Vec<&str> = Vec::new();
    let fields: Vec<_> = request.headers().get_all("host").iter().collect();
    if fields.len() > 1 {
        return Err(());
    }
    for field in fields {
        named.push(field.to_str().map_err(|_| ())?);
    }
    if let Some(authority) = request.uri().authority() {
        named.push(authority.as_str());
    }
    match named.as_slice() {
        [] => Ok(None),
        [one, rest @ ..] if rest.iter().all(|other| other.eq_ignore_ascii_case(one)) => {
            name(&one.to_ascii_lowercase()).map(Some).ok_or(())
        }
        _ => Err(()),
    }
}

/// A host in the spelling of browsers, if it is one.
fn name(authority: &str) -> Option<String> {
    let behind = authority.rfind(']').map_or(0, |bracket| bracket);
    let (host, port) = match authority[behind..].split_once(':') {
        Some((front, port)) => (&authority[..behind + front.len()], Some(port)),
        None => (authority, None),
    };
    if let Some(port) = port {
        let number: u32 = port.parse().ok()?;
        if number > 65_535 || number.to_string() != port {
            return None;
        }
    }
    if let Some(inside) = host.strip_prefix('[') {
        let address: Ipv6Addr = inside.strip_suffix(']')?.parse().ok()?;
        return Some(match address.to_ipv4_mapped() {
            Some(_) => {
                let [.., high, low] = address.segments();
                format!("[::ffff:{high:x}:{low:x}]")
            }
            None => format!("[{address}]"),
        });
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)
            })
    };
    if host.len() > 253 || !labels.iter().all(is_label) {
        return None;
    }
    let last = labels[labels.len() - 1];
    let is_hex = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let is_number = last.bytes().all(|digit| digit.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(is_hex);
    let is_byte = |label: &&str| {
        label
            .parse::<u8>()
            .is_ok_and(|byte| byte.to_string() == **label)
    };
    let is_address = labels.len() == 4 && labels.iter().all(is_byte);
    (!is_number || is_address).then(|| host.to_owned())
}
