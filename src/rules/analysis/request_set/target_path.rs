//! The paths that a target leads to.

use crate::{
    location::MAX_LEN,
    rules::{
        analysis::request_set::path::{Bound, End, Fresh, Path, Text},
        options::Options,
        pattern::Tail,
        spelling,
        target::{Piece, Write, pieces},
    },
};

impl Path {
    /// Where the path of a target leads; `None` where that is too long to be sent.
    pub(in crate::rules) fn of_target(
        target: &[u8],
        bounds: &[Bound],
        options: Option<&Options>,
        fresh: &mut Fresh,
    ) -> Option<Self> {
        let merges = options.is_some_and(|options| options.merge_slashes);
        let may_be_empty = options.is_some_and(|options| {
            let mut conditions = options.conditions.iter();
            conditions.any(|(_, condition)| condition.value.captures_empty)
        });
        let mut out = Writer {
            merges,
            segments: Vec::new(),
            current: None,
            end: End::Closed,
        };
        for piece in pieces(target) {
            if out.segments.len() > MAX_LEN {
                return None;
            }
            if out.end != End::Closed {
                let has_slash = matches!(out.end, End::Open(_, Tail::Some | Tail::Any))
                    || matches!(piece, Piece::Text([b'/', ..]));
                // If the tail is empty, more text belongs to the segment before it.
                if !has_slash {
                    out.segments.pop();
                }
                return Some(out.wild(fresh));
            }
            match piece {
                Piece::Text(text) => {
                    let mut spelled = Vec::new();
                    spelling::push(&mut spelled, text, false);
                    spelled.iter().for_each(|byte| out.byte(*byte));
                }
                Piece::Slot(write, at, transforms) => {
                    let bound = match write {
                        Write::QueryToPath if may_be_empty => &Bound::Anything,
                        Write::QueryToPath => &Bound::Word,
                        Write::Plain => &Bound::Anything,
                        _ => bounds.get(at).unwrap_or(&Bound::Anything),
                    };
                    match bound {
                        Bound::Segment(text) => {
                            let text = text.transformed(transforms, fresh);
                            out.text(&text, fresh);
                        }
                        Bound::Word => {
                            let word = Text::anything(fresh).transformed(transforms, fresh);
                            out.text(&word, fresh);
                        }
                        Bound::Tail(_) | Bound::Anything if merges => return Some(out.wild(fresh)),
                        Bound::Anything => return Some(out.wild(fresh)),
                        Bound::Tail(tail) => {
                            let tail = tail.transformed(transforms, fresh);
                            out.tail(&tail, write == Write::WholeTail, fresh);
                        }
                    }
                }
            }
        }
        let path = out.finish();
        let length = |text: &Text| 1 + text.before.len() + text.behind.len();
        let length: usize = path.segments.iter().map(length).sum();
        (length <= MAX_LEN).then_some(path)
    }
}

/// A path that is being written.
struct Writer {
    /// Runs of slashes become one.
    merges: bool,
    segments: Vec<Text>,
    current: Option<Text>,
    end: End,
}

impl Writer {
    fn byte(&mut self, byte: u8) {
        let is_empty = |text: &Text| text.is_empty();
        if byte == b'/' && self.merges && self.current.as_ref().is_some_and(is_empty) {
            return;
        }
        if byte == b'/' {
            self.segments.extend(self.current.replace(Text::default()));
        } else if let Some(current) = &mut self.current {
            current.push(byte);
        }
    }

    fn text(&mut self, text: &Text, fresh: &mut Fresh) {
        if let Some(current) = &mut self.current {
            current.append(text, fresh);
        }
    }

    fn tail(&mut self, tail: &Path, whole: bool, fresh: &mut Fresh) {
        let mut segments = tail.segments.iter();
        if tail.segments.is_empty() && tail.end == End::Closed {
            return;
        }
        if whole {
            self.segments.extend(self.current.take());
        } else if let Some(first) = segments.next() {
            self.text(first, fresh);
        } else if let End::Open(unknown, kind) = tail.end {
            // The slash before it is there already.
            let is_bare = self.current.take().is_some_and(|text| text.is_empty());
            self.end = match kind {
                Tail::Some | Tail::Any if is_bare => End::Open(unknown, kind),
                _ => End::Open(fresh.next(), Tail::Any),
            };
            return;
        } else {
            // Of a slash that may follow, only the one before it is written.
            return;
        }
        for segment in segments {
            self.segments.extend(self.current.replace(segment.clone()));
        }
        if tail.end != End::Closed {
            self.segments.extend(self.current.take());
            self.end = tail.end;
        }
    }

    /// From here on, it can be anything.
    fn wild(self, fresh: &mut Fresh) -> Path {
        Path {
            segments: self.segments,
            end: End::Open(fresh.next(), Tail::Any),
        }
    }

    fn finish(mut self) -> Path {
        self.segments.extend(self.current.take());
        if self.segments.is_empty() && self.end == End::Closed {
            self.segments.push(Text::default());
        }
        Path {
            segments: self.segments,
            end: self.end,
        }
    }
}
