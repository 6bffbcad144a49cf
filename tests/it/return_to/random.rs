//! Random values.

use super::*;
use crate::properties::as_sent;

type Checked = Result<(), TestCaseError>;

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn r7_any_text_leads_to_the_site_or_to_an_allowed_origin(text in text()) {
        for return_to in [return_to(), with_origins(), with_own()] {
            stays(&return_to, &text)?;
            stays(&return_to, &format!("/{text}"))?;
            stays(&return_to, &format!("https://trusted.example{text}"))?;
            stays(&return_to, &format!("https://{text}.tenant.example/"))?;
            stays(&return_to, &format!("https://app.example{text}"))?;
            stays(&return_to, &format!("http://localhost:3000{text}"))?;
        }
    }

    /// The whole URL of a path on this site is worth as much as the path, and only the path is sent.
    #[test]
    fn r7_a_url_on_our_own_origin_is_its_path(text in text()) {
        let path = format!("/{text}");
        let sent = with_own().check(&format!("{SITE}{path}"));
        prop_assert_eq!(&sent, &with_own().check(&path));
        prop_assert!(sent.is_none_or(|sent| sent.as_str().starts_with('/')));
        // Without the setter, and on an origin that only looks like it, nothing changes.
        prop_assert_eq!(with_origins().check(&format!("{SITE}{path}")), None);
        for other in ["http://app.example", "https://app.example:444", "https://sub.app.example"] {
            prop_assert_eq!(with_own().check(&format!("{other}{path}")), None);
        }
    }

    #[test]
    fn r7_any_bytes_in_a_query_are_read_as_a_form_reads_them(
        bytes in vec(byte(), 0..24), other in "[a-z&=+%]{0,6}", raw in any::<bool>(),
    ) {
        let value = if raw {
            let printable = bytes.iter().filter(|byte| byte.is_ascii_graphic() && **byte != b'#');
            printable.map(|&byte| char::from(byte)).collect()
        } else {
            percent_encode(&bytes, NON_ALPHANUMERIC).to_string()
        };
        let target = format!("/login?{other}&next={value}");
        prop_assume!(target.parse::<Uri>().is_ok());
        let query = target.split_once('?').unwrap().1;

        // The `url` crate reads the query; what is not UTF-8 it replaces.
        let next: Vec<String> = url::form_urlencoded::parse(query.as_bytes())
            .filter(|(key, _)| key == "next")
            .map(|(_, value)| value.into_owned())
            .collect();
        let utf8 = query.split('&').all(|pair| percent_decode_str(pair).decode_utf8().is_ok());
        let sent = sent_by(&return_to().query("next"), &testing::get(&target));
        match next.as_slice() {
            [value] if utf8 => prop_assert_eq!(return_to().location(value), sent.as_str()),
            [_] => {}
            _ => prop_assert_eq!(sent.as_str(), "/home"),
        }
        stays(&return_to(), &sent)?;
    }

    #[test]
    fn r7_a_cookie_and_a_header_lead_where_their_text_does(bytes in vec(byte(), 0..24)) {
        let cookie: Vec<u8> = b"a=b; next=".iter().chain(&bytes).copied().collect();
        let x = HeaderName::from_static("x-next");
        for (policy, name, line) in [
            (return_to().cookie("next"), header::COOKIE, &cookie),
            (return_to().header(x.clone()), x, &bytes),
        ] {
            let Ok(line) = HeaderValue::from_bytes(line) else { continue };
            let mut request = Request::new(());
            request.headers_mut().insert(name, line);
            let sent = decided(&policy, &request);
            let url = Url::parse(SITE).unwrap().join(&sent).unwrap();
            prop_assert_eq!(url.origin().ascii_serialization(), SITE, "{}", sent);
            prop_assert!(!url.path().starts_with("//"));
        }
    }

    /// Both use one rule: what the one writes, the other takes back.
    #[test]
    fn r7_what_login_redirect_writes_return_to_takes_back(target in request_target()) {
        let written = match LoginRedirect::to(LOGIN).decide(&testing::get(&target).head()).target() {
            Some(location) => location.to_string(),
            None => return Ok(()),
        };
        let back = sent_by(&return_to().query("next"), &testing::get(&written));
        match written.strip_prefix("/login?next=") {
            None => {
                prop_assert_eq!(written.as_str(), "/login");
                prop_assert_eq!(return_to().check(&target), None);
            }
            Some(next) => {
                let next = percent_decode_str(next).decode_utf8().unwrap();
                prop_assert_eq!(&*next, target.as_str());
                prop_assert_eq!(place(&back), place(&target));
            }
        }
    }
}

#[test]
fn r7_what_looks_like_a_drive_letter_is_a_segment() {
    stays(&return_to(), "/A|/..").unwrap();
}

/// What is sent for a value stays where it may, and leads where the value does.
fn stays(return_to: &ReturnTo, value: &str) -> Checked {
    let sent = return_to.location(value);
    let text = sent.as_str();
    prop_assert!(text.len() <= 8_000);
    prop_assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)),
        "bytes of {:?}",
        text
    );
    for page in [format!("{SITE}/"), format!("{SITE}/a/b/c?d=//e#f")] {
        let page = Url::parse(&page).unwrap();
        let url = page.join(text);
        prop_assert!(url.is_ok(), "{:?}: {:?}", text, url);
        let url = url.unwrap();
        let origin = url.origin().ascii_serialization();
        let local = text.starts_with('/');
        let allowed = return_to.allowed_here(&origin);
        prop_assert!(
            if local { origin == SITE } else { allowed },
            "{} for {:?}",
            url,
            value
        );
        prop_assert!(url.username().is_empty() && url.password().is_none());
        prop_assert!(!local || !url.path().starts_with("//"), "{}", url);
        if let Some(checked) = return_to.check(value) {
            prop_assert_eq!(&checked, &text);
            // It leads where the value leads by itself; encoded, as it is sent, `A|` is no drive letter, which
            // it is for `file` alone.
            let meant = page.join(&value.replace('|', "%7C"));
            prop_assert!(meant.is_ok(), "{:?}: {:?}", value, meant);
            prop_assert_eq!(spelled(&url), spelled(&meant.unwrap()), "{:?}", value);
        } else {
            prop_assert_eq!(text, "/home");
        }
    }
    // What was sent may be handed in again.
    if text.len() <= 2_048 {
        prop_assert_eq!(return_to.location(text), text);
    }
    Ok(())
}

trait AllowedHere {
    fn allowed_here(&self, origin: &str) -> bool;
}

impl AllowedHere for ReturnTo {
    /// Told by the address, with no rule of the crate: the tests know what they allowed.
    fn allowed_here(&self, origin: &str) -> bool {
        let any = self.check("https://trusted.example/").is_some();
        let host = origin.strip_prefix("https://").unwrap_or_default();
        let subdomain = host
            .strip_suffix(".tenant.example")
            .is_some_and(|name| !name.is_empty() && !name.starts_with('.'));
        any && (subdomain
            || ["trusted.example", "docs.example:8443", "[2001:db8::1]"].contains(&host))
            || origin == "http://localhost:3000" && self.check("http://localhost:3000/").is_some()
    }
}

/// The place that a local reference names.
///
/// A `|` is encoded first: the parser takes `/A|/` for the drive of a file, which `..` does not leave, and
/// the standard has drives under `file:` only.
fn place(reference: &str) -> String {
    let reference = reference.replace('|', "%7C");
    spelled(&Url::parse(SITE).unwrap().join(&reference).unwrap())
}

/// An address with everything encoded that one client encodes and another does not.
fn spelled(url: &Url) -> String {
    let url = Url::parse(&as_sent(url)).unwrap();
    let parts = [
        &url[..Position::BeforePath],
        &url[Position::BeforePath..Position::AfterPath],
        &url[Position::AfterPath..Position::AfterQuery],
        &url[Position::AfterQuery..],
    ];
    parts.map(same_escapes).concat()
}

/// `|` and `%7C` are one text.
fn same_escapes(part: &str) -> String {
    let mut out = part.replace('\'', "%27").replace("#", "\u{1}");
    let first = out.starts_with('\u{1}');
    out = out.replace('\u{1}', "%23");
    for byte in "\"<>\\^`{|} ".bytes() {
        out = out.replace(char::from(byte), &format!("%{byte:02X}"));
    }
    if first {
        out.replacen("%23", "#", 1)
    } else {
        out
    }
}

const TOKENS: &[&str] = &[
    "/",
    "/",
    "//",
    "\\",
    "?",
    "#",
    "@",
    ":",
    ".",
    "..",
    "/.",
    "/..",
    "/./",
    "/../",
    "%2e",
    "%2E%2e",
    "%2f",
    "%5c",
    "%00",
    "%0d%0a",
    "%",
    "%zz",
    "&",
    "=",
    "+",
    " ",
    "http:",
    "https:",
    "https://app.example",
    "http://localhost:3000",
    "https://",
    "javascript:",
    "app.example",
    "stranger.example",
    "trusted.example",
    ".tenant.example",
    "[::1]",
    ":443",
    ":80",
    ":3000",
    "\u{3002}",
    "\u{ff0f}",
    "\u{ad}",
    "\u{e9}",
    "'",
    "|",
    "{",
    "next=",
];

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        1 => select(&["\t", "\r", "\n", "\0", "\x1f", "\x7f", "\u{85}"][..]).prop_map(str::to_owned),
        3 => any::<char>().prop_map(String::from),
        10 => "[a-zA-Z0-9]{1,3}",
        10 => "[!-~]{1,2}",
        30 => select(TOKENS).prop_map(str::to_owned),
    ];
    vec(part, 0..7).prop_map(|parts| parts.concat())
}

fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        8 => select(&b"/////..\\%+&=2ef@:?#"[..]),
        4 => select(&b"abcnext0123456789"[..]),
        2 => any::<u8>(),
    ]
}

fn request_target() -> impl Strategy<Value = String> {
    text().prop_filter_map("not a request target", |text| {
        let target = format!("/{}", text.split('#').next().unwrap_or_default());
        target.parse::<Uri>().is_ok().then_some(target)
    })
}
