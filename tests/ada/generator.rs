//! Hostile texts, the same for the same seed.

use std::env;

/// Texts that attackers write, and some that nobody does.
#[derive(Debug)]
pub struct Generator {
    /// Where everything comes from.
    pub random: fastrand::Rng,
}

impl Generator {
    /// The same texts for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// One of these.
    pub fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.random.usize(..from.len())]
    }

    /// Whatever an attacker might write.
    pub fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.random.usize(..9) {
            match self.random.u8(..100) {
                0..=1 => text.push_str(self.pick(&CONTROL)),
                2..=5 => text.push_str(self.pick(&DOTS)),
                6..=9 => text.push(self.random.char(..)),
                10..=29 => text.push(self.random.char('!'..='~')),
                30..=49 => text.push(self.random.alphanumeric()),
                _ => text.push_str(self.pick(&TOKENS)),
            }
        }
        if self.random.u16(..500) == 0 && !text.is_empty() {
            text = text.repeat(8_100 / text.len());
        }
        text
    }

    /// The path and query of a request, as `http::Uri` takes it.
    pub fn request_target(&mut self) -> String {
        loop {
            let target = format!("/{}", self.text());
            if target.parse::<http::Uri>().is_ok() {
                return target.split('#').next().unwrap().to_owned();
            }
        }
    }

    /// A scheme and something that may be a host.
    pub fn origin(&mut self) -> String {
        let scheme = self.pick(&["http://", "https://", "HTTPS://", "https://", "hTTp://"]);
        let mut host = String::new();
        match self.random.u8(..16) {
            0 => {
                let groups = self.random.usize(1..9);
                let text = |random: &mut fastrand::Rng| match random.u8(..8) {
                    0..=2 => "0".to_owned(),
                    3 => String::new(),
                    4 => "00aB".to_owned(),
                    _ => format!("{:x}", random.u16(..)),
                };
                let groups: Vec<_> = (0..groups).map(|_| text(&mut self.random)).collect();
                let tail = self.pick(&["", "", "::", ":1.2.3.4", "::ffff:1.2.3.4", "%25eth0"]);
                host = format!("[{}{tail}]", groups.join(":"));
            }
            1 => {
                let numbers: Vec<_> = (0..self.random.usize(1..6))
                    .map(|_| self.pick(&NUMBERS).to_owned())
                    .collect();
                host = numbers.join(".");
            }
            _ => {
                for _ in 0..self.random.usize(1..5) {
                    host.push_str(match self.random.u8(..10) {
                        0..=5 => self.pick(&LABELS),
                        6..=7 => self.pick(&ODD_LABELS),
                        8 => self.pick(&NUMBERS),
                        _ => self.pick(&TOKENS),
                    });
                    if self.random.u8(..30) == 0 {
                        host.push(self.random.char(..));
                    }
                    if self.random.u8(..30) == 0 {
                        // Punycode that decodes to nothing, or to what has another spelling.
                        host.push_str("xn--");
                        for _ in 0..self.random.u8(1..7) {
                            host.push(self.random.alphanumeric());
                        }
                    }
                    host.push_str(self.pick(&[".", ".", ".", "", "-", "\u{3002}"]));
                }
                if self.random.bool() {
                    host.truncate(host.trim_end_matches('.').len());
                }
            }
        }
        let port = match self.random.u8(..4) {
            0 => self.pick(&PORTS),
            _ => "",
        };
        format!("{scheme}{host}{port}")
    }
}

const CONTROL: [&str; 9] = [
    "\t", "\r", "\n", "\r\n", "\0", "\x0b", "\x1f", "\x7f", "\u{85}",
];

const DOTS: [&str; 10] = [
    "/../", "/./", "..", ".", "%2e", "%2E", ".%2e", "/%2e%2e/", "/..", "/.%2E//",
];

const TOKENS: [&str; 72] = [
    "/",
    "//",
    "///",
    "/",
    "\\",
    "/\\",
    "\\\\",
    ":",
    "@",
    "?",
    "?",
    "#",
    "%",
    "%2f",
    "%2F",
    "%5c",
    "%5C",
    "%09",
    "%0d%0a",
    "%00",
    "%25",
    "%2525",
    "%zz",
    "%%",
    "%",
    " ",
    "evil.example",
    "//evil.example",
    "/\\evil.example",
    "@evil.example",
    "app.example",
    "https:",
    "https://",
    "http://",
    "HTTPS:\\\\",
    "javascript:alert(1)",
    "data:,",
    "file:",
    "c|",
    "C:",
    "\u{e9}",
    "\u{df}",
    "\u{130}",
    "\u{3002}",
    "\u{ff0e}",
    "\u{ff0f}",
    "\u{ff3c}",
    "\u{2044}",
    "\u{2215}",
    "\u{200d}",
    "\u{ad}",
    "\u{202e}",
    "\u{fffd}",
    "\u{feff}",
    "\u{a0}",
    "\u{10ffff}",
    "[",
    "]",
    "[::1]",
    "&",
    "=",
    "+",
    ";",
    "'",
    "\"",
    "<script>",
    "^",
    "`",
    "{",
    "|",
    "}",
    "~",
];

const LABELS: [&str; 10] = [
    "example",
    "app",
    "a",
    "www",
    "COM",
    "x1",
    "xn--bcher-kva",
    "b\u{fc}cher",
    "a-b",
    "a_b",
];

const ODD_LABELS: [&str; 32] = [
    "xn--",
    "xn--a",
    "xn--abc",
    "xn--abc-",
    "xn--ls8h",
    "XN--BCHER-KVA",
    "xn--0.pt",
    "xn--zca",
    "xn--fa-hia",
    "xn--1ch",
    "xn--iñvalid",
    "ab--cd",
    "-",
    "-a",
    "a-",
    "_",
    "*",
    "%41",
    "%2e",
    " ",
    "\u{df}",
    "\u{131}",
    "\u{fb00}",
    "\u{2126}",
    "\u{ff41}",
    "\u{ff11}",
    "\u{660}",
    "\u{200c}",
    "\u{5d0}",
    "e\u{301}",
    "\u{1f4a9}",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

const NUMBERS: [&str; 19] = [
    "0",
    "1",
    "127",
    "255",
    "256",
    "01",
    "08",
    "0x",
    "0x0",
    "0x7f",
    "0X7F",
    "0xg",
    "00x1",
    "x1",
    "4294967295",
    "4294967296",
    "0377",
    "1e3",
    "9999999999999",
];

const PORTS: [&str; 14] = [
    ":80",
    ":443",
    ":8080",
    ":0",
    ":1",
    ":65535",
    ":65536",
    ":00443",
    ":",
    ":+1",
    ":a",
    ":80:80",
    ":\u{ff11}",
    ":1 ",
];

/// A number from the environment.
///
/// # Panics
///
/// When it is none.
#[must_use]
pub fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().unwrap())
}
