//! Firebase's tools accept comments in JSON.

/// Returns the text with blanks instead of comments, so every other byte stays where it is.
pub(super) fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_string = false;
    while let Some(char) = rest.chars().next() {
        let comment = match rest.get(..2) {
            Some("//") if !in_string => rest.find('\n').unwrap_or(rest.len()),
            Some("/*") if !in_string => rest.find("*/").map_or(rest.len(), |end| end + 2),
            Some("\\\"" | "\\\\") if in_string => {
                let (escape, behind) = rest.split_at_checked(2).unwrap_or((rest, ""));
                out.push_str(escape);
                rest = behind;
                continue;
            }
            _ => 0,
        };
        if comment > 0 {
            let (comment, behind) = rest.split_at_checked(comment).unwrap_or((rest, ""));
            let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
            out.extend(comment.bytes().map(blank));
            rest = behind;
            continue;
        }
        in_string ^= char == '"';
        out.push(char);
        rest = rest.get(char.len_utf8()..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::blanked;

    #[test]
    fn comments_become_blanks_and_strings_stay() {
        for (text, expected) in [
            ("a // \u{e9}\nb", "a      \nb"),
            ("/* \n */ a", "   \n    a"),
            (
                r#"["http://x", "\"//", "\\"] // "#,
                r#"["http://x", "\"//", "\\"]    "#,
            ),
            ("\"/* */", "\"/* */"),
            ("/* a", "    "),
            ("\u{e9}/", "\u{e9}/"),
        ] {
            assert_eq!(blanked(text), expected);
        }
    }
}
