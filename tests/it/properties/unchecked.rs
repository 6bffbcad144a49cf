//! (e) `Location::unchecked`: a browser reads the same host in the given text and in the sent bytes.

use super::*;

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn r1_an_unchecked_text_keeps_its_host(text in reference()) {
        let location = Location::unchecked(&text);
        // Only texts that are no plain reference are refused.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/:@?#.".contains(&byte);
        prop_assert!(location.is_ok() || text.is_empty() || !text.bytes().all(is_plain), "{:?}", text);
        let Ok(location) = location else {
            return Ok(());
        };
        let sent = location.as_str();
        for base in [None, Some("https://base.example/a/b?c"), Some("http://base.example:8080/")] {
            prop_assert_eq!(host(base, &text), host(base, sent), "{:?} sent as {:?}", text, sent);
        }
        prop_assert!(
            sent.bytes()
                .all(|byte| (0x21..=0x7e).contains(&byte) && !UNSENDABLE.contains(char::from(byte))),
            "bytes of {:?}",
            sent
        );
        prop_assert_eq!(Location::unchecked(sent).unwrap(), sent);
        let (before, after) = sent.split_at(sent.find(']').map_or(0, |end| end + 1));
        let brackets_in_host = before.contains("[::1]") && !before.contains(['?', '#']);
        prop_assert!(is_escaped(if brackets_in_host { after } else { sent }), "{:?}", sent);
    }
}

/// Where a browser goes: scheme, host and port, or that the text is no URL.
fn host(base: Option<&str>, text: &str) -> Option<(String, Option<String>, Option<u16>)> {
    let base = base.map(|base| Url::parse(base).unwrap());
    let url = Url::options().base_url(base.as_ref()).parse(text).ok()?;
    let host = url.host_str().map(str::to_owned);
    Some((url.scheme().to_owned(), host, url.port()))
}

/// Texts that are almost URLs.
fn reference() -> impl Strategy<Value = String> {
    let begin = select(
        &[
            "",
            "",
            "/",
            "//",
            "/\\",
            "\\\\",
            "///",
            "https:",
            "http:/",
            "https://",
            "HTTP:\\\\",
            "https:/\\/",
            "ws://",
            "file:",
            "file:///",
            "myapp:",
            "myapp://",
            "myapp:/",
            "mailto:",
            "a.b://",
            " ",
            "https:// ",
        ][..],
    );
    let mark = r"[/\\@:?#.%\[\]]";
    let other = select(
        &[
            "\t",
            "\n",
            " ",
            "\"",
            "<",
            "|",
            "^",
            "`",
            "{",
            "\u{e9}",
            "\u{ff0f}",
            "\u{ff3c}",
            "\u{3002}",
            "[::1]",
            "%5C",
            "%2f",
            "%40",
            "%4",
            "evil.example",
            "c|",
            "xn--a",
            "0x7f.1",
            "80",
        ][..],
    );
    let part = prop_oneof![
        6 => mark.prop_map(String::from),
        4 => "[a-z0-9]{1,2}",
        3 => other.prop_map(str::to_owned),
    ];
    (begin, vec(part, 0..8)).prop_map(|(begin, parts)| format!("{begin}{}", parts.concat()))
}
