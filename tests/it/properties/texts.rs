//! (a) Texts as paths.

use super::*;

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn a_path_from_any_text_stays_on_the_site(
        text in text(), value in text(), base in select(BASES), target in request_target(),
    ) {
        let base = LocalPath::new(base).unwrap();
        let fragment = after(base.as_str(), '#');
        let rooted = format!("/{text}");

        for given in [&text, &rooted] {
            if let Ok(path) = LocalPath::new(given) {
                stays(path.as_str(), SITE, &target)?;
                prop_assert_eq!(LocalPath::new(path.as_str()), Ok(path));
            }
        }
        match (LocalPath::new(&rooted), Location::from_config(&rooted)) {
            (Ok(path), Ok(location)) => prop_assert_eq!(path.as_str(), location.as_str()),
            (path, location) => prop_assert!(path.is_err() && location.is_err()),
        }
        if let Ok(path) = base.join_encoded(&text) {
            stays(path.as_str(), SITE, &target)?;
            let folder = path_of(base.as_str()).trim_end_matches('/');
            let below = format!("{folder}/");
            prop_assert!(path.as_str().starts_with(&below), "{} left {}", path, base);
            prop_assert_eq!(after(path.as_str(), '#'), fragment);
        }
        if let Ok(path) = base.segment(&text) {
            stays(path.as_str(), SITE, &target)?;
            let last = path_of(path.as_str()).rsplit('/').next().unwrap();
            prop_assert_eq!(percent_decode_str(last).decode_utf8().unwrap(), text.as_str());
            prop_assert_eq!(after(path.as_str(), '#'), fragment);
        }
        prop_assert_eq!(&base.append_encoded_query(None).unwrap(), &base);
        if let Ok(path) = base.append_encoded_query(Some(&text)) {
            stays(path.as_str(), SITE, &target)?;
            prop_assert_eq!(path_of(path.as_str()), path_of(base.as_str()));
            prop_assert_eq!(after(path.as_str(), '#'), fragment);
        }
        if let Ok(path) = base.param(&text, &value) {
            stays(path.as_str(), SITE, &target)?;
            let url = Url::parse(SITE).unwrap().join(path.as_str()).unwrap();
            let (key, parsed) = url.query_pairs().last().unwrap();
            prop_assert_eq!((&*key, &*parsed), (text.as_str(), value.as_str()));
            prop_assert_eq!(after(path.as_str(), '#'), fragment);
        }
    }

    /// What no encoding is needed for is taken, so that the property above is not about errors.
    #[test]
    fn an_ordinary_path_is_sent_as_it_is(
        path in "(/([a-z0-9_~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2}){1,8}){1,5}/?",
        query in proptest::option::of(r"[\[\]a-z0-9/?&=+;:@!'-]{0,12}"),
    ) {
        let is_dots = |segment: &str| matches!(&*segment.to_ascii_lowercase(), "%2e" | "%2e%2e");
        prop_assume!(!path.split('/').any(is_dots));
        let text = query.as_ref().map_or(path.clone(), |query| format!("{path}?{query}"));
        prop_assert_eq!(LocalPath::new(&text).unwrap(), text.as_str());
        let built = LocalPath::new(&path).unwrap().append_encoded_query(query.as_deref()).unwrap();
        prop_assert_eq!(built, text.as_str());
    }

    #[test]
    fn a_long_text_is_refused_and_no_more(text in text(), length in 7_900_usize..8_100) {
        let long: String = text.chars().chain(['a']).cycle().take(length).collect();
        let root = LocalPath::from_static("/");
        let built = [
            LocalPath::new(&format!("/{long}")),
            root.join_encoded(&long),
            root.segment(&long),
            root.append_encoded_query(Some(&long)),
            root.param("k", &long),
        ];
        for path in built.into_iter().flatten() {
            stays(path.as_str(), SITE, "/")?;
        }
        let ascii = "a".repeat(length);
        prop_assert_eq!(LocalPath::new(&format!("/{ascii}")).is_ok(), length < 8_000);
    }
}
