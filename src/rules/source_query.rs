//! The query of a source, as conditions.

use super::{
    ask,
    error::{Flaw, Part},
    has::Condition,
    options::Options,
    pattern::{self, Token},
    source::Wrong,
};

/// `a=b&c={d}&e` behind the path of a source, as conditions.
pub(super) fn add_query_conditions(
    query: &str,
    source: &str,
    options: &mut Options,
) -> Result<(), Wrong> {
    let begin = source.len() - query.len();
    let mut at = begin;
    for pair in query.split('&') {
        let wrong = |flaw: Flaw| (Part::Source, source.to_owned(), flaw);
        let (key, value) = match pair.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (pair, None),
        };
        let place = at;
        at += pair.len() + 1;
        if pair.is_empty() {
            continue;
        }
        let tokens = |text| pattern::tokens(text).map_err(|flaw| wrong(Flaw { at: place, ..flaw }));
        let no_placeholder = || {
            wrong(Flaw::at(
                place,
                "a placeholder in a query must be a whole value; write `key={name}`",
            ))
        };
        let key = literal_of(&tokens(key)?).ok_or_else(no_placeholder)?;
        let has = Condition::query(&ask::plain(&key));
        let value = value.map(tokens).transpose()?;
        let has = match value.as_deref() {
            None => has,
            Some([(_, Token::Placeholder(name))]) if pattern::is_name(name) => {
                has.captured_as(name)
            }
            Some(value) => {
                let value = literal_of(value).ok_or_else(no_placeholder)?;
                has.equal_to(&ask::plain(&value))
            }
        };
        options.conditions.push((true, has));
    }
    Ok(())
}

/// A text without placeholders.
fn literal_of(tokens: &[(usize, Token<'_>)]) -> Option<String> {
    let mut all = String::new();
    for (_, token) in tokens {
        match token {
            Token::Literal(text) => all.push_str(text),
            Token::Placeholder(_) => return None,
        }
    }
    Some(all)
}
