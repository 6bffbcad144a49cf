//! The rules that are measured, and the paths that are looked up. They are the same in every run.

/// The kind of the sources of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Paths without placeholders.
    Exact,
    /// 50 % with a tail, 35 % with one placeholder, 15 % with two.
    Patterns,
    /// Patterns in about this many shapes. A shape says which segments are literal, and how it
    /// ends.
    Shapes(usize),
}

impl Kind {
    /// Returns the kind of this name.
    pub(crate) fn from_name(name: &str) -> Self {
        match name {
            "exact" => Self::Exact,
            "patterns" => Self::Patterns,
            count => Self::Shapes(count.parse().expect("it is a number of shapes")),
        }
    }

    /// Returns its name.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Exact => "exact".to_owned(),
            Self::Patterns => "patterns".to_owned(),
            Self::Shapes(count) => count.to_string(),
        }
    }
}

const TOPICS: [&str; 16] = [
    "garden", "kitchen", "books", "travel", "music", "health", "science", "history", "sports",
    "art", "food", "tools", "toys", "cameras", "bikes", "lamps",
];
const ADJECTIVES: [&str; 16] = [
    "oak", "folding", "old", "new", "small", "large", "quiet", "red", "blue", "green", "light",
    "heavy", "round", "square", "plain", "fine",
];
const VERBS: [&str; 8] = [
    "how-we-moved",
    "why-we-love",
    "notes-on",
    "a-guide-to",
    "the-end-of",
    "more-about",
    "inside",
    "ten-years-of",
];
const NAMES: [&str; 8] = [
    "anna", "bert", "carla", "dmitri", "elena", "farid", "grace", "hiro",
];

/// A random number generator with a fixed seed (SplitMix64).
struct Rng(u64);

impl Rng {
    fn new(seed: usize) -> Self {
        Self(seed as u64 ^ 0x5eed)
    }

    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) as usize >> 1
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() % end
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len())]
    }
}

/// Writes a number in base 36, so no two paths are equal.
fn base36(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(
            0,
            char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[number % 36]),
        );
        number /= 36;
        if number == 0 {
            return text;
        }
    }
}

/// Returns the path of a number. It has its prefixes in common with those of other numbers.
pub(crate) fn path(number: usize) -> String {
    let rng = &mut Rng::new(number);
    let id = base36(number);
    let (year, month, day) = (2008 + rng.below(16), 1 + rng.below(12), 1 + rng.below(28));
    let (topic, adjective) = (rng.pick(&TOPICS), rng.pick(&ADJECTIVES));
    match rng.below(5) {
        0 => format!(
            "/blog/{year}/{month:02}/{}-{adjective}-{topic}-{id}",
            rng.pick(&VERBS)
        ),
        1 => format!(
            "/shop/{topic}/{adjective}-{topic}-{}-{id}",
            rng.pick(&TOPICS)
        ),
        2 => format!(
            "/docs/v{}.{}/guides/{topic}/{adjective}/{id}.html",
            rng.below(5),
            rng.below(20)
        ),
        3 => format!("/archive/{year}/{month:02}/{day:02}/{id}-{adjective}-{topic}-news"),
        _ => format!("/users/{}-{id}/posts/{topic}/{adjective}", rng.pick(&NAMES)),
    }
}

/// Returns the literal prefix of a pattern.
fn stem(number: usize) -> String {
    let rng = &mut Rng::new(number);
    let id = base36(number);
    let (year, topic, adjective) = (
        2008 + rng.below(16),
        rng.pick(&TOPICS),
        rng.pick(&ADJECTIVES),
    );
    match rng.below(5) {
        0 => format!("/blog/{year}/{topic}-{id}"),
        1 => format!("/shop/{topic}/{adjective}-{id}"),
        2 => format!("/docs/v{}/{topic}-{id}", rng.below(9)),
        3 => format!("/archive/{year}-{id}/{topic}"),
        _ => format!("/users/{}-{id}", rng.pick(&NAMES)),
    }
}

/// Returns the pattern of a number, and a path that it matches.
fn pattern(number: usize) -> (String, String) {
    let stem = stem(number);
    let rng = &mut Rng::new(number + 1);
    let (a, b) = (rng.pick(&TOPICS), rng.pick(&ADJECTIVES));
    match number % 20 {
        0..10 => (format!("{stem}/{{*rest}}"), format!("{stem}/{a}/{b}.html")),
        10..15 => (format!("{stem}/{{id}}"), format!("{stem}/{b}-{a}")),
        15 | 16 => (format!("{stem}/{{id}}/print"), format!("{stem}/{b}/print")),
        17 | 18 => (format!("{stem}/{{id}}/{{slug}}"), format!("{stem}/{a}/{b}")),
        _ => (
            format!("{stem}/{{id}}/in/{{slug}}"),
            format!("{stem}/{a}/in/{b}"),
        ),
    }
}

/// Returns a pattern in one of this many shapes, and a path that it matches.
fn shaped(number: usize, shapes: usize) -> (String, String) {
    let rng = &mut Rng::new(number);
    let shape = number % shapes;
    // Four to ten segments. Each, except the first and the last, has a bit: is it a placeholder?
    let depth = 4 + shape % 7;
    let placeholders = Rng::new(shape).below(1 << (depth - 2));
    let (mut pattern, mut path) = (String::from("/site"), String::from("/site"));
    for at in 1..depth {
        let word = rng.pick(&TOPICS);
        if at == depth - 1 {
            let id = base36(number);
            pattern += &format!("/{word}-{id}");
            path += &format!("/{word}-{id}");
        } else if placeholders >> (at - 1) & 1 == 1 {
            pattern += &format!("/{{p{at}}}");
            path += &format!("/{word}");
        } else {
            pattern += &format!("/{word}");
            path += &format!("/{word}");
        }
    }
    if shape % 2 == 1 {
        pattern += "/{*rest}";
        path += "/x/y.html";
    }
    (pattern, path)
}

/// Returns the source of a number's rule.
pub(crate) fn source(kind: Kind, number: usize) -> String {
    match kind {
        Kind::Exact => path(number),
        Kind::Patterns => pattern(number).0,
        Kind::Shapes(shapes) => shaped(number, shapes).0,
    }
}

/// Returns a path that the rule of this number matches, and no other rule.
pub(crate) fn matching_path(kind: Kind, number: usize) -> String {
    match kind {
        Kind::Exact => path(number),
        Kind::Patterns => pattern(number).1,
        Kind::Shapes(shapes) => shaped(number, shapes).1,
    }
}

/// Returns the target of a number's rule.
///
/// Every second target is on another site. Those of patterns use the captures.
pub(crate) fn target(kind: Kind, number: usize) -> String {
    let captured = match (kind, number % 20) {
        (Kind::Exact | Kind::Shapes(_), _) => "",
        (Kind::Patterns, 0..10) => "/{rest}",
        (Kind::Patterns, 10..17) => "/{id}",
        (Kind::Patterns, _) => "/{id}/{slug}",
    };
    let rng = &mut Rng::new(number);
    let id = base36(number);
    let site = if number.is_multiple_of(2) {
        ""
    } else {
        "https://www.example.com"
    };
    let (topic, adjective, verb) = (rng.pick(&TOPICS), rng.pick(&ADJECTIVES), rng.pick(&VERBS));
    format!("{site}/articles/{topic}/{verb}-{adjective}-{topic}/{id}{captured}")
}

/// Returns the source of a number's rule as a regex for the whole path.
pub(crate) fn regex(kind: Kind, number: usize) -> String {
    let mut text = String::from("^");
    let source = source(kind, number);
    let mut rest = &*source;
    while let Some((literal, after)) = rest.split_once('{') {
        text += &regex::escape(literal);
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        text += if name.starts_with('*') {
            "(.+)"
        } else {
            "([^/]+)"
        };
        rest = tail;
    }
    text + &regex::escape(rest) + "$"
}
