//! What each change is called.

use super::*;

#[test]
fn what_each_change_is_called() {
    let one = |rule: Rule| rules([rule]);
    let a = || Rule::permanent("/a", "/b");
    for (old, new, expected) in [
        (a(), a(), &[][..]),
        (a(), a().named("a name"), &[]),
        (
            Rule::found("/{x}/{y}", "/n/{y}/{x}"),
            Rule::found("/{p}/{q}", "/n/{q}/{p}"),
            &[],
        ),
        (
            a(),
            Rule::found("/a", "/b"),
            &["~ /a -> /b (308 Permanent Redirect) becomes /b (302 Found)"],
        ),
        (
            a(),
            Rule::permanent("/a", "/c"),
            &["~ /a -> /b (308 Permanent Redirect) becomes /c"],
        ),
        (
            a(),
            a().after(http::StatusCode::NOT_FOUND),
            &["~ /a -> /b (308 Permanent Redirect) becomes a rule that waits for a 404"],
        ),
        (
            a().after(http::StatusCode::NOT_FOUND),
            a().after(http::StatusCode::UNAUTHORIZED),
            &["~ /a -> /b (308 Permanent Redirect) becomes a rule that waits for a 401"],
        ),
        (
            a().after(http::StatusCode::UNAUTHORIZED),
            a(),
            &["~ /a -> /b (308 Permanent Redirect) becomes a rule that doesn't wait for a 401"],
        ),
        (
            a().except_methods([http::Method::POST]),
            a().except_methods([http::Method::POST]),
            &[],
        ),
        (
            a().cache(Duration::from_secs(60)),
            a(),
            &["~ /a -> /b (308 Permanent Redirect) becomes a rule without a cache lifetime"],
        ),
        (
            a(),
            a().query(QueryPolicy::Drop),
            &["~ /a -> /b (308 Permanent Redirect): GET /a?x=1: /b?x=1 before, /b now"],
        ),
        (
            a(),
            a().remove_param("utm"),
            &["~ /a -> /b (308 Permanent Redirect): GET /a?utm=1: /b?utm=1 before, /b now"],
        ),
        // Without a query in the target, these are the same; with one, these.
        (a(), a().query(QueryPolicy::TargetWins), &[]),
        (
            Rule::found("/a", "/b?c").query(QueryPolicy::Drop),
            Rule::found("/a", "/b?c").query(QueryPolicy::TargetWins),
            &[],
        ),
        (
            Rule::new(tower_redirect::status::Intent::Temporary, "/a", "/b"),
            Rule::found("/a", "/b"),
            &["~ /a -> /b (Temporary) becomes /b (302 Found)"],
        ),
        (
            Rule::new(tower_redirect::status::Intent::SeeOther, "/a", "/b"),
            Rule::see_other("/a", "/b"),
            &["~ /a -> /b (SeeOther) becomes /b (303 See Other)"],
        ),
        (
            Rule::found("/a/{x}", "/b/{x}"),
            Rule::found("/a/{x}", "/b/x0"),
            &["~ /a/{x} -> /b/{x} (302 Found) becomes /b/x0"],
        ),
        (
            a().host("a.example"),
            a().host("b.example"),
            &[
                "- a.example/a -> /b (308 Permanent Redirect)",
                "+ b.example/a -> /b (308 Permanent Redirect)",
            ],
        ),
        (
            a().when(Condition::header("x-a").equal_to("1")),
            a().when(Condition::header("x-a").equal_to("2")),
            &[
                "- /a -> /b (308 Permanent Redirect)",
                "+ /a -> /b (308 Permanent Redirect)",
            ],
        ),
        (
            a(),
            a().host("a.example"),
            &[
                "- /a -> /b (308 Permanent Redirect)",
                "! requests with an invalid or conflicting host are now refused",
            ],
        ),
    ] {
        println!("{old:?} {new:?}");
        assert_says(&one(old), &one(new), expected);
    }
}

#[test]
fn what_a_comparison_of_texts_would_miss() {
    let about = || Rule::permanent("/about-us", "/about");
    let page = || Rule::permanent("/{page}", "/pages/{page}");
    let table = |precedence, list: Vec<Rule>| {
        Rules::builder()
            .precedence(precedence)
            .rules(list)
            .build()
            .unwrap()
    };
    let first = |list| table(Precedence::FirstMatch, list);

    // The order.
    assert_says(
        &first(vec![about(), page()]),
        &first(vec![page(), about()]),
        &[
            "! GET /about-us: /{page} -> /pages/{page} (308 Permanent Redirect) matches \
           instead of /about-us -> /about (308 Permanent Redirect)",
        ],
    );
    // Of patterns whose own samples are answered as before.
    let ends = || Rule::found("/{x}/b", "/ends");
    let begins = || Rule::found("/a/{y}", "/begins");
    assert_says(
        &first(vec![ends(), begins()]),
        &first(vec![begins(), ends()]),
        &[
            "! GET /a/b: /a/{y} -> /begins (302 Found) matches instead of /{x}/b -> /ends (302 Found)",
        ],
    );
    // The precedence, with the same rules in the same order.
    assert_says(
        &first(vec![page(), about()]),
        &table(Precedence::MostSpecific, vec![page(), about()]),
        &[
            "! GET /about-us: /about-us -> /about (308 Permanent Redirect) matches \
           instead of /{page} -> /pages/{page} (308 Permanent Redirect)",
        ],
    );
    // A rule that was hidden, and is not any more.
    assert_says(
        &first(vec![page(), about()]),
        &first(vec![about()]),
        &[
            "- /{page} -> /pages/{page} (308 Permanent Redirect)",
            "! GET /about-us: /about-us -> /about (308 Permanent Redirect) matches \
           instead of /{page} -> /pages/{page} (308 Permanent Redirect)",
        ],
    );
    // One that nobody sees, before and after.
    assert_says(&first(vec![page(), about()]), &first(vec![page()]), &[]);
    assert_says(&first(vec![page()]), &first(vec![page(), page()]), &[]);
    // An order that makes no difference.
    let docs = || Rule::found("/docs/{*rest}", "/manual/{rest}");
    assert_says(
        &first(vec![about(), docs()]),
        &first(vec![docs(), about()]),
        &[],
    );
    // A pattern instead of literals redirects more, and keeps escapes.
    let one_by_one = ["a", "b"].map(|one| Rule::found(format!("/p/{one}"), format!("/q/{one}")));
    assert_says(
        &rules(one_by_one),
        &rules([Rule::found("/p/{x}", "/q/{x}")]),
        &[
            "! GET /%70/%61: /p/{x} -> /q/{x} (302 Found) matches instead of /p/a -> /q/a (302 Found)",
            "! GET /%70/%62: /p/{x} -> /q/{x} (302 Found) matches instead of /p/b -> /q/b (302 Found)",
            "+ /p/{x} -> /q/{x} (302 Found)",
        ],
    );
    // A rule for one host among those for all.
    assert_says(
        &first(vec![about(), Rule::found("/x", "/y").host("b.example")]),
        &first(vec![
            Rule::found("/about-us", "/a").host("a.example"),
            about(),
            Rule::found("/x", "/y").host("b.example"),
        ]),
        &[
            "! GET a.example/about-us: a.example/about-us -> /a (302 Found) matches \
           instead of /about-us -> /about (308 Permanent Redirect)",
        ],
    );
}

#[test]
fn a_request_avoids_the_values_that_are_excluded() {
    let cookie = |to: &str| {
        let one = Rule::found("/a", to).when(Condition::cookie("x"));
        rules([one.unless(Condition::cookie("x").one_of(["1", "3"]))])
    };
    assert_says(
        &cookie("/x"),
        &cookie("/y"),
        &["~ /a -> /x (302 Found) becomes /y"],
    );
}

#[test]
fn what_is_not_known_is_said() {
    let regex = |to: &str| {
        rules([
            // No request that can be tried: a path has no control characters.
            Rule::found(Source::regex("/[[:cntrl:]]"), to),
            Rule::found("/c", "/d"),
        ])
    };
    // A request can be made for each regex, but not for both.
    let header = |to: &str| {
        let value = Condition::header("x-a").matching("[a-c]x").matching("c.");
        rules([Rule::found("/a", to).when(value)])
    };
    let never = |to: &str| {
        let one = Rule::found("/a", to).when(Condition::cookie("x"));
        rules([one.unless(Condition::cookie("x"))])
    };
    for (old, new, doubt) in [
        (regex("/x"), regex("/y"), UndecidedReason::Regex),
        (header("/x"), header("/y"), UndecidedReason::NoWitness),
        (never("/x"), never("/y"), UndecidedReason::NoWitness),
    ] {
        let diff = old.diff(&new);
        assert_eq!(diff.changes().len(), 0, "{diff}");
        let doubts: Vec<_> = diff.undecided().iter().map(Undecided::reason).collect();
        assert_eq!(doubts, [doubt], "{diff}");
        assert!(!diff.is_empty());
        let (before, after) = (
            diff.undecided()[0].before().unwrap(),
            diff.undecided()[0].after().unwrap(),
        );
        assert_eq!(
            (before.target(), after.target()),
            ("/x".to_owned(), "/y".to_owned())
        );
    }
    // What is the same in both needs no request.
    for table in [regex, header, never] {
        assert_says(&table("/x"), &table("/x"), &[]);
    }
}

/// The diff makes requests that a regex matches.
#[test]
fn a_regex_that_changed_has_a_witness() {
    for (regex, witness) in [
        (r"/blog/\d+", "/blog/0"),
        ("/a|/b", "/a"),
        ("^/(?:x|y)/(.*)$", "/x/"),
        (r".*\.php", "/.php"),
    ] {
        let table = |to: &str| rules([Rule::found(Source::regex(regex), to)]);
        let (old, new) = (table("/x"), table("/y"));
        let diff = old.diff(&new);
        assert_eq!(
            (diff.changes().len(), diff.undecided().len()),
            (1, 0),
            "{diff}"
        );
        let change = &diff.changes()[0];
        assert_eq!(change.kind(), ChangeKind::Modified);
        assert_eq!(change.witness().head().path(), witness);
    }
    let value = |to: &str| {
        let id = Condition::query("id").matching("[0-9]{3}-[a-z]");
        rules([Rule::found(Source::regex("/p/.*"), to).when(id)])
    };
    let (old, new) = (value("/x"), value("/y"));
    let diff = old.diff(&new);
    let change = &diff.changes()[0];
    assert_eq!(change.witness().head().path_and_query(), "/p/?id=000-a");
}

/// The second example shows what the first doesn't.
#[test]
fn a_rule_before_a_regex_can_hide_its_first_example() {
    let table = |to: &str| {
        rules([
            Rule::found("/a", "/z"),
            Rule::found(Source::regex("/a|/b"), to),
        ])
    };
    let (old, new) = (table("/x"), table("/y"));
    assert_says(&old, &new, &["~ /a|/b -> /x (302 Found) becomes /y"]);
}

/// A literal rule is for each spelling of its path, and a placeholder passes on the one that came.
#[test]
fn a_pattern_instead_of_a_literal_keeps_escapes() {
    let (literal, pattern) = (
        || Rule::found("/x/a", "/t/a"),
        |to| Rule::found("/x/{p}", to),
    );
    let (both, one) = (
        rules([literal(), pattern("/t/{p}")]),
        rules([pattern("/t/{p}")]),
    );
    for (path, before, after) in [("/x/a", "/t/a", "/t/a"), ("/x/%61", "/t/a", "/t/%61")] {
        testing::get(path).through(&both).assert_redirect(before);
        testing::get(path).through(&one).assert_redirect(after);
    }
    for diff in [both.diff(&one), one.diff(&both)] {
        assert_eq!(diff.changes().len(), 1, "{diff}");
        let (change, path) = (&diff.changes()[0], "/%78/%61");
        assert_eq!(change.kind(), ChangeKind::OtherRule);
        assert_eq!(change.witness().head().path(), path);
    }
    // Where nothing is passed on, the spelling makes no difference.
    let (both, one) = (
        rules([literal(), pattern("/t/a")]),
        rules([pattern("/t/a")]),
    );
    assert_says(&both, &one, &[]);
    assert_says(&one, &both, &[]);
}

#[test]
fn rules_of_files_have_their_lines() {
    let old = nginx_map::parse("/a /b;\n\n/c /d;\n", tower_redirect::Status::Found).unwrap();
    let new = nginx_map::parse("/c /e;\n/f /g;\n", tower_redirect::Status::Found).unwrap();
    let diff = old.diff(&new);
    assert_eq!(
        diff.to_string(),
        "- line 1: /a -> /b (302 Found)\n\
         ~ line 3: /c -> /d (302 Found) becomes /e\n\
         + line 2: /f -> /g (302 Found)"
    );
    let kinds: Vec<_> = diff.changes().iter().map(DecisionChange::kind).collect();
    assert_eq!(
        kinds,
        [ChangeKind::Removed, ChangeKind::Modified, ChangeKind::Added]
    );
    assert_eq!(diff.changes()[1].after().unwrap().line(), Some(1));
}

/// A hundred thousand rules where that is quick, every one of them moved and one in a hundred changed.
#[test]
fn large_tables() {
    const COUNT: usize = if cfg!(debug_assertions) {
        10_000
    } else {
        100_000
    };
    let rule = |at: usize, is_new: bool| {
        let changed = if is_new && at % 100 == 0 {
            "-changed"
        } else {
            ""
        };
        match at % 10 {
            0 => Rule::permanent(format!("/b/{at}/{{x}}"), format!("/c/{at}/{{x}}{changed}")),
            1 => Rule::permanent(format!("/d/{at}/{{*x}}"), format!("/e/{at}/{{x}}{changed}")),
            _ => Rule::permanent(format!("/old/{at}"), format!("/new/{at}{changed}")),
        }
    };
    let old = rules((0..COUNT).map(|at| rule(at, false)));
    let new = rules((0..COUNT).rev().map(|at| rule(at, true)));
    let begin = std::time::Instant::now();
    let diff = old.diff(&new);
    println!("{COUNT} rules: {:?}", begin.elapsed());
    assert_eq!(
        (diff.changes().len(), diff.undecided().len()),
        (COUNT / 100, 0)
    );
    assert!(
        diff.changes()
            .iter()
            .all(|change| change.kind() == ChangeKind::Modified)
    );
    let begin = std::time::Instant::now();
    assert!(old.diff(&old).is_empty());
    println!("with itself: {:?}", begin.elapsed());
}

/// Rules that all overlap are not looked at pair by pair for ever.
#[test]
fn tables_that_overlap_everywhere_are_bounded() {
    let rule =
        |at: usize, end: &str| Rule::found(format!("/{{x}}/a{at}/{{*y}}"), format!("/t{at}{end}"));
    let wide = |at: usize| Rule::found(format!("/b{at}/{{x}}/{{*y}}"), format!("/u{at}"));
    let old = rules((0..150).map(|at| rule(at, "")).chain((0..150).map(wide)));
    let new = rules((0..150).map(wide).chain((0..150).map(|at| rule(at, ""))));
    let diff = old.diff(&new);
    assert!(!diff.is_empty());
    assert!(
        diff.undecided()
            .iter()
            .all(|one| one.reason() == UndecidedReason::TooManyOverlaps)
    );
}

/// Rules of one path are gone through one by one, and that not for ever.
#[test]
fn many_conditions_on_one_path_are_bounded() {
    let table = |last: &str| {
        let rule = |at: usize| {
            Rule::found("/a", format!("/t{at}")).when(Condition::cookie(&format!("c{at}")))
        };
        rules((0..3_000).map(rule).chain([Rule::found("/b", last)]))
    };
    let (old, new) = (table("/x"), table("/y"));
    let diff = old.diff(&new);
    let says = diff
        .changes()
        .iter()
        .any(|one| one.after().is_some_and(|rule| rule.source() == "/b"))
        || diff
            .undecided()
            .iter()
            .any(|one| one.reason() == UndecidedReason::TooManyOverlaps);
    assert!(says, "{diff}");
    assert!(old.diff(&table("/x")).is_empty());
}
