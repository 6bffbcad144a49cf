//! (c) Origins and addresses from configuration.

use super::*;

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn an_origin_is_the_one_that_a_browser_reads(
        address in address(), path in text(), target in request_target(),
    ) {
        prop_assume!(!has_unread_punycode(&address));
        let Ok(origin) = Origin::new(&address) else {
            return Ok(());
        };
        let url = Url::parse(&address);
        prop_assert!(url.is_ok(), "took {:?}, which is no URL: {:?}", address, url);
        let url = url.unwrap();
        let written = origin.to_string();
        prop_assert_eq!(&written, &url.origin().ascii_serialization());
        prop_assert_eq!(Some(origin.host()), url.host_str());
        prop_assert_eq!(Some(origin.port()), url.port_or_known_default());
        prop_assert_eq!(origin.scheme().as_str(), url.scheme());
        prop_assert_eq!(Origin::new(&written), Ok(origin.clone()));
        if let Ok(path) = LocalPath::new(&format!("/{path}")) {
            if let Ok(location) = origin.join(&path) {
                stays(location.as_str(), &written, &target)?;
                prop_assert_eq!(location.as_str(), format!("{written}{path}"));
            }
        }
    }

    #[test]
    fn an_address_from_configuration_is_the_one_that_a_browser_reads(
        address in address(), mark in select(&["", "/", "/", "/a/", "?", "#"][..]),
        rest in text(), target in request_target(),
    ) {
        let text = format!("{address}{mark}{rest}");
        prop_assume!(!has_unread_punycode(&text));
        let Ok(location) = Location::from_config(&text) else {
            return Ok(());
        };
        let url = Url::parse(&text);
        prop_assert!(url.is_ok(), "took {:?}, which is no URL: {:?}", text, url);
        let url = url.unwrap();
        stays(location.as_str(), &url.origin().ascii_serialization(), &target)?;
        prop_assert_eq!(Location::from_config(location.as_str()), Ok(location.clone()));
        // Two things that a browser does with what somebody types: a backslash in a path is a
        // slash, and spaces at the end are cut off. Here, both are encoded.
        if !path_of(&text).contains('\\') && !text.ends_with(' ') {
            let sent = Url::parse(location.as_str()).unwrap();
            prop_assert_eq!(sent.as_str(), encoded(&as_sent(&url)));
        }
    }

    /// Hosts that nobody doubts are taken, so that the two properties above are not about errors.
    #[test]
    fn an_ordinary_origin_is_taken(
        host in "([a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?\\.){0,3}[a-wyz]{2,6}",
        scheme in select(&["http", "https", "HTTP"][..]),
        port in proptest::option::of(0_u16..),
    ) {
        let port = port.map_or(String::new(), |port| format!(":{port}"));
        let text = format!("{scheme}://{host}{port}");
        prop_assert!(Origin::new(&text).is_ok(), "{}", text);
        prop_assert!(Location::from_config(&text).is_ok(), "{}", text);
    }
}

/// Punycode that was written by hand is not read, as the docs of `Origin` say.
fn has_unread_punycode(text: &str) -> bool {
    let host = text.split_once("//").map_or(text, |(_, host)| host);
    let host = before_any(host, &['/', '\\', '?', '#']);
    host.is_ascii() && host.to_ascii_lowercase().contains("xn--")
}

fn before_any<'a>(text: &'a str, marks: &[char]) -> &'a str {
    &text[..text.find(marks).unwrap_or(text.len())]
}

/// An address of `url` with the bytes encoded that this crate never sends.
fn encoded(address: &str) -> String {
    let (address, fragment) = address.split_at(address.find('#').unwrap_or(address.len()));
    let mut out = address.to_owned();
    if let Some(fragment) = fragment.strip_prefix('#') {
        out.push('#');
        out.push_str(&fragment.replace('#', "%23"));
    }
    for byte in UNSENDABLE.chars() {
        out = out.replace(byte, &format!("%{:02X}", u32::from(byte)));
    }
    out
}
