//! Reads the conditions of a rule.

use super::words::{Cursor, Text};
use crate::rules::{Condition, Finding, Rule, condition::PathTest, syntax::is_name};

/// Reads a condition after its first `:`.
pub(super) fn condition(
    cursor: &mut Cursor<'_>,
    mut rule: Rule,
    key: &Text<'_>,
) -> Result<Rule, Finding> {
    let expected = !key.is("not");
    let key = if expected {
        key.clone()
    } else {
        let key = cursor.text(&['=', ':'])?;
        if !cursor.take(":") {
            return Err(key.unknown());
        }
        key
    };
    let name = cursor.text(&['=', '~', ':'])?;
    let mut condition = match &*key.text {
        "query" => Condition::query(&name.text),
        "header" => Condition::header(&name.text),
        "header-in-any-case" => Condition::header_in_any_case(&name.text),
        "cookie" => Condition::cookie(&name.text),
        "language" => Condition::language(&name.text),
        "host" => Condition::host(),
        "path" => Condition::path(path_test(cursor, &name)?),
        _ => return Err(key.unknown()),
    };
    loop {
        if cursor.take("=") {
            let mut values = vec![cursor.text(&['|', '~'])?.text];
            while cursor.take("|") {
                values.push(cursor.text(&['|', '~'])?.text);
            }
            condition = condition.one_of(values);
        } else if cursor.take("~") {
            cursor.check_quote()?;
            let regex = cursor.text(&[])?;
            condition.value.regexes.push((*regex.text).into());
        } else {
            break;
        }
    }
    cursor.end_word()?;
    while cursor.take_word("as") {
        cursor.next_word();
        let name = cursor.text(&['?'])?;
        if !is_name(&name.text) {
            return Err(Finding::at(
                name.range,
                "invalid placeholder name",
                "use at most 64 letters, digits and `_`",
            ));
        }
        condition = if cursor.take("?") {
            condition.captured_or_empty_as(&name.text)
        } else {
            condition.captured_as(&name.text)
        };
        cursor.end_word()?;
    }
    rule.options.conditions.push((expected, condition));
    Ok(rule)
}

/// Reads what a path must be.
fn path_test(cursor: &mut Cursor<'_>, name: &Text<'_>) -> Result<PathTest, Finding> {
    let ignore_case = name.is("begins-with-in-any-case");
    if name.text.is_empty() {
        Ok(PathTest::Any)
    } else if name.is("empty-segment") {
        Ok(PathTest::EmptySegment)
    } else if (ignore_case || name.is("begins-with")) && cursor.take(":") {
        let text = cursor.text(&['=', '~'])?;
        Ok(PathTest::BeginsWith((*text.text).into(), ignore_case))
    } else {
        Err(name.unknown())
    }
}
