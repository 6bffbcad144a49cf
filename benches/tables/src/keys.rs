//! The rules that are measured, and the paths that are asked for: the same in every run.

/// Which sources rules have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Paths without placeholders.
    Exact,
    /// Half of them with a tail, 35 % with one placeholder, 15 % with two.
    Patterns,
    /// Patterns in about so many shapes: which segments are literal, and what stands at the end.
    Shapes(usize),
}

impl Kind {
    /// The kind of this name.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "exact" => Self::Exact,
            "patterns" => Self::Patterns,
            count => Self::Shapes(count.parse().expect("a number of shapes")),
        }
    }

    /// Its name.
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

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn of(number: usize) -> Self {
        Self(number as u64 ^ 0x5eed)
    }

    fn throw(&mut self) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) as usize >> 1
    }

    fn below(&mut self, end: usize) -> usize {
        self.throw() % end
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len())]
    }
}

/// A number in few letters, so that no two paths are the same.
fn short(mut number: usize) -> String {
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

/// The path of a number; those of other numbers share its beginnings.
pub(crate) fn path(number: usize) -> String {
    let dice = &mut Dice::of(number);
    let id = short(number);
    let (year, month, day) = (
        2008 + dice.below(16),
        1 + dice.below(12),
        1 + dice.below(28),
    );
    let (topic, adjective) = (dice.pick(&TOPICS), dice.pick(&ADJECTIVES));
    match dice.below(5) {
        0 => format!(
            "/blog/{year}/{month:02}/{}-{adjective}-{topic}-{id}",
            dice.pick(&VERBS)
        ),
        1 => format!(
            "/shop/{topic}/{adjective}-{topic}-{}-{id}",
            dice.pick(&TOPICS)
        ),
        2 => format!(
            "/docs/v{}.{}/guides/{topic}/{adjective}/{id}.html",
            dice.below(5),
            dice.below(20)
        ),
        3 => format!("/archive/{year}/{month:02}/{day:02}/{id}-{adjective}-{topic}-news"),
        _ => format!(
            "/users/{}-{id}/posts/{topic}/{adjective}",
            dice.pick(&NAMES)
        ),
    }
}

/// The literal part of a pattern.
fn stem(number: usize) -> String {
    let dice = &mut Dice::of(number);
    let id = short(number);
    let (year, topic, adjective) = (
        2008 + dice.below(16),
        dice.pick(&TOPICS),
        dice.pick(&ADJECTIVES),
    );
    match dice.below(5) {
        0 => format!("/blog/{year}/{topic}-{id}"),
        1 => format!("/shop/{topic}/{adjective}-{id}"),
        2 => format!("/docs/v{}/{topic}-{id}", dice.below(9)),
        3 => format!("/archive/{year}-{id}/{topic}"),
        _ => format!("/users/{}-{id}", dice.pick(&NAMES)),
    }
}

/// A pattern of a number, and a path that it matches.
fn pattern(number: usize) -> (String, String) {
    let stem = stem(number);
    let dice = &mut Dice::of(number + 1);
    let (a, b) = (dice.pick(&TOPICS), dice.pick(&ADJECTIVES));
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

/// A pattern of one of so many shapes, and a path that it matches.
fn shaped(number: usize, shapes: usize) -> (String, String) {
    let dice = &mut Dice::of(number);
    let shape = number % shapes;
    // Four to ten segments, a bit for each but the first: whether it is a placeholder.
    let depth = 4 + shape % 7;
    let placeholders = Dice::of(shape).below(1 << (depth - 2));
    let (mut pattern, mut path) = (String::from("/site"), String::from("/site"));
    for at in 1..depth {
        let word = dice.pick(&TOPICS);
        if at == depth - 1 {
            let id = short(number);
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

/// The source of a number's rule.
pub(crate) fn source(kind: Kind, number: usize) -> String {
    match kind {
        Kind::Exact => path(number),
        Kind::Patterns => pattern(number).0,
        Kind::Shapes(shapes) => shaped(number, shapes).0,
    }
}

/// A path that the rule of this number answers, and no other.
pub(crate) fn asked(kind: Kind, number: usize) -> String {
    match kind {
        Kind::Exact => path(number),
        Kind::Patterns => pattern(number).1,
        Kind::Shapes(shapes) => shaped(number, shapes).1,
    }
}

/// Where a number's rule leads; half of them to another site, and those of patterns with what was captured.
pub(crate) fn target(kind: Kind, number: usize) -> String {
    let captured = match (kind, number % 20) {
        (Kind::Exact | Kind::Shapes(_), _) => "",
        (Kind::Patterns, 0..10) => "/{rest}",
        (Kind::Patterns, 10..17) => "/{id}",
        (Kind::Patterns, _) => "/{id}/{slug}",
    };
    let dice = &mut Dice::of(number);
    let id = short(number);
    let site = if number.is_multiple_of(2) {
        ""
    } else {
        "https://www.example.com"
    };
    let (topic, adjective, verb) = (
        dice.pick(&TOPICS),
        dice.pick(&ADJECTIVES),
        dice.pick(&VERBS),
    );
    format!("{site}/articles/{topic}/{verb}-{adjective}-{topic}/{id}{captured}")
}

/// The source of a number's rule as a regex on the whole path.
pub(crate) fn regex(kind: Kind, number: usize) -> String {
    let mut text = String::from("^");
    let source = source(kind, number);
    let mut rest = &*source;
    while let Some((literal, behind)) = rest.split_once('{') {
        text += &regex::escape(literal);
        let (name, tail) = behind.split_once('}').unwrap_or((behind, ""));
        text += if name.starts_with('*') {
            "(.+)"
        } else {
            "([^/]+)"
        };
        rest = tail;
    }
    text + &regex::escape(rest) + "$"
}
